"""Family versions: the api-version is unknown, missing or too old, by the server's words or by experiment."""

from __future__ import annotations

from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Outcome, VersionRule
from probe.verdict.case import Case, diagnosis
from probe.verdict.cause import WORDS, Cause, first, named

VERSION_CAUSES = (
    Cause(
        "azure-api-version-too-old",
        Outcome.NOT_FOUND,
        r"only (enabled |available |supported )?for api.?versions? |enabled only for api.?version"
        r"|api.?versions? .{0,80}(and|or) (later|newer|above)",
        lambda case: (
            _("api-version {version} is too old: {said}", said=case.message, **case.names),
            _("use the api-version that the message names, or the v1 path without one"),
        ),
    ),
    Cause(
        "azure-api-version-missing",
        Outcome.NOT_FOUND,
        r"api.?version.{0,40}(not specified|is required|missing|must be (specified|provided))|missing.{0,30}api.?version"
        r"|missingapiversion",
        lambda case: (
            _("the request has no api-version, and {route} wants one", **case.names),
            _("add ?api-version=... as the route's description says"),
        ),
    ),
    Cause(
        "azure-api-version-unknown",
        Outcome.NOT_FOUND,
        r"api.?version.{0,120}(not supported|unsupported|invalid|not (a )?valid|unknown|does ?n[o']t exist|not found|not recognized"
        r"|retired|deprecated|no longer)"
        r"|(unsupported|invalid|unknown).{0,30}api.?version|no registered resource provider.{0,120}api.?version"
        r"|unsupportedapiversion"
        r"|invalidapiversion",
        lambda case: (
            _("{target} does not know api-version {version} on {route}", **case.names) + known_wrong(case),
            _("use {best}", best=best_version(case)),
        ),
    ),
)


def known_wrong(case: Case) -> str:
    """What the catalogue knows about a wrong api-version: `; 2024-10-01 is a control-plane version`."""
    row = next((one for one in case.scan.evidence.api_versions if one.value == case.probe.api_version), None)
    if row is None or not row.is_known_wrong:
        return ""
    return "; " + (_(row.notes).rstrip(".") or _("{version} was never an api-version of this API", **case.names))


def best_version(case: Case) -> str:
    """The api-version that answers on this route, else the catalogue's first, in words."""
    good = [one for one in case.scan.versions(case)[0] if one != case.probe.api_version]
    usual = [one for one in case.endpoint.api_versions if one != case.probe.api_version] if case.endpoint else ["preview"]
    chosen = next(iter(good or usual), None)
    return _("api-version={value}", value=chosen) if chosen else _("no api-version")


def version_by_words(case: Case) -> Diagnosis | None:
    """The server speaks of the api-version itself (400, sometimes 404)."""
    if not case.says(r"api.?version"):
        return None
    found = first(VERSION_CAUSES, case)
    is_none_sent = case.probe.api_version is None and "api-version" not in case.probe.url.lower()
    if found and found.code == "azure-api-version-unknown" and is_none_sent and case.target.provider != "openai":
        return named(VERSION_CAUSES, "azure-api-version-missing").diagnosis(case)
    return found


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
            return named(VERSION_CAUSES, "azure-api-version-missing").diagnosis(case, confidence, *WORDS, "evidence.observations")
        return None
    is_proved_bad = has_better and not case.scan.reached(case, case.probe.api_version)
    if is_proved_bad or (case.is_like(Control.BOGUS_VERSION) and not _is_route_bad(case)):
        return named(VERSION_CAUSES, "azure-api-version-unknown").diagnosis(case, confidence, *WORDS, "control.bogus_version")
    return None


def _is_route_bad(case: Case) -> bool:
    """Whether the route explains the 404: the version works elsewhere or is published, or good versions fail here too."""
    published = {one.value for one in case.scan.evidence.api_versions if not one.is_known_wrong}
    return any(one in published or case.scan.reached(case, one) for one in case.scan.versions(case)[1])


def other_version_works(case: Case) -> Diagnosis | None:
    """The version is known on this surface, and this path answers only at another one."""
    good = [one for one in case.scan.versions(case)[0] if one != case.probe.api_version]
    if not case.is_route_404 or case.probe.api_version is None or not good:
        return None
    return diagnosis(
        "route-unknown-at-version",
        Outcome.NOT_FOUND,
        _(
            "{target} has {route} at {good}, and not at api-version {version}",
            good=_("api-version {value}", value=good[0] or _("none")),
            **case.names,
        ),
        _("use {best}", best=best_version(case)),
        Confidence.HIGH,
        *WORDS,
        "evidence.observations",
    )


SAID = (version_by_words,)
RULES = (version_by_experiment, other_version_works)
