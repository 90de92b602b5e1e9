"""Family versions: the api-version is unknown, missing or too old, by the server's words or by experiment."""

from __future__ import annotations

from probe.facts.lifecycle import is_wrong_at
from probe.model import Confidence, Control, Diagnosis, VersionRule
from probe.verdict.case import Case
from probe.verdict.cause import WORDS, Cause, fitting_cause

VERSION_CAUSES = (
    Cause(
        "azure-api-version-too-old",
        r"only (enabled |available |supported )?for api.?versions? |enabled only for api.?version"
        r"|api.?versions? .{0,80}(and|or) (later|newer|above)",
    ),
    Cause(
        "azure-api-version-missing",
        r"api.?version.{0,40}(not specified|is required|missing|must be (specified|provided))|missing.{0,30}api.?version"
        r"|missingapiversion",
    ),
    Cause(
        "azure-api-version-unknown",
        r"api.?version.{0,120}(not supported|unsupported|invalid|not (a )?valid|unknown|does ?n[o']t exist|not found|not recognized"
        r"|retired|deprecated|no longer)"
        r"|(unsupported|invalid|unknown).{0,30}api.?version|no registered resource provider.{0,120}api.?version"
        r"|unsupportedapiversion"
        r"|invalidapiversion",
    ),
)


def known_wrong(case: Case) -> dict[str, object]:
    """What the catalogue knows about a wrong api-version, as values of a sentence."""
    row = next((one for one in case.scan.evidence.api_versions if one.value == case.probe.api_version), None)
    if row is None or not is_wrong_at(row, case.surface):
        return {}
    if row.notes:
        return {"known_wrong": row.notes.rstrip(".")}
    return {"never_was": "yes"} if row.is_known_wrong else {}


def best_version(case: Case) -> str | None:
    """The api-version that answers on this route, else the catalogue's first; None stands for none."""
    good = [one for one in case.scan.versions(case)[0] if one != case.probe.api_version]
    usual = [one for one in case.endpoint.api_versions if one != case.probe.api_version] if case.endpoint else ["preview"]
    return next(iter(good or usual), None)


def _found(case: Case, code: str, *cites: str, confidence: Confidence = Confidence.HIGH) -> Diagnosis:
    """Name what is wrong with the api-version, and the one to use instead."""
    best = best_version(case)
    variant = "none" if code == "azure-api-version-unknown" and not best else ""
    return case.found(code, *(cites or WORDS), variant=variant, confidence=confidence, best=best, more=known_wrong(case))


def version_by_words(case: Case) -> Diagnosis | None:
    """The server speaks of the api-version itself (400, sometimes 404)."""
    cause = fitting_cause(VERSION_CAUSES, case) if case.says(r"api.?version") else None
    if cause is None:
        return None
    is_none_sent = case.probe.api_version is None and "api-version" not in case.probe.url.lower()
    is_missing = cause.code == "azure-api-version-unknown" and is_none_sent and case.target.provider != "openai"
    return _found(case, "azure-api-version-missing" if is_missing else cause.code)


def version_by_experiment(case: Case) -> Diagnosis | None:
    """A router's 404 that is about the api-version: the same path answers at another one, or a nonsense version gets the same."""
    if not case.is_route_404 or not case.is_azure:
        return None
    surface = case.scan.surface(case)
    has_better = bool(set(case.scan.versions(case)[0]) - {case.probe.api_version})
    confidence = Confidence.HIGH if has_better else Confidence.MEDIUM
    if case.probe.api_version is None:
        is_required = surface is not None and surface.api_version is VersionRule.REQUIRED
        if has_better or (is_required and not case.scan.reached(case, case.probe.api_version)):
            return _found(case, "azure-api-version-missing", *WORDS, "evidence.observations", confidence=confidence)
        return None
    is_proved_bad = has_better and not case.scan.reached(case, case.probe.api_version)
    if is_proved_bad or (case.is_like(Control.BOGUS_VERSION) and not _is_route_bad(case)):
        return _found(case, "azure-api-version-unknown", *WORDS, "control.bogus_version", confidence=confidence)
    return None


def _is_route_bad(case: Case) -> bool:
    """Whether the route explains the 404: the version works elsewhere or is published, or good versions fail here too."""
    published = {one.value for one in case.scan.evidence.api_versions if not is_wrong_at(one, case.surface)}
    return any(one in published or case.scan.reached(case, one) for one in case.scan.versions(case)[1])


def other_version_works(case: Case) -> Diagnosis | None:
    """The version is known on this surface, and this path answers only at another one."""
    good = [one for one in case.scan.versions(case)[0] if one != case.probe.api_version]
    if not case.is_route_404 or case.probe.api_version is None or not good:
        return None
    variant = "" if good[0] else "none"
    return case.found("route-unknown-at-version", *WORDS, "evidence.observations", variant=variant, best=good[0])


SAID = (version_by_words,)
RULES = (version_by_experiment, other_version_works)
