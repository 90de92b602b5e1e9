"""Findings about the scan as a whole: what no single probe can say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from probe.diagnoses import fitting
from probe.facts.answerers import INTERCEPTORS
from probe.facts.headers import skew
from probe.model import AuthForm, Control, Diagnosis, Finding, Note, Outcome, Purpose, Response, Role
from probe.verdict.answered import is_head
from probe.verdict.auth import as_sent, header_named
from probe.verdict.case import HEADERS, Case, ScanFacts
from probe.verdict.ends import listed, retired
from probe.verdict.routes import DOUBLED

Diagnoses = Mapping[str, Diagnosis]
Rule = Callable[[ScanFacts, Diagnoses], Iterator[Finding]]

_EVERYWHERE = {
    Outcome.DENIED: "denied-everywhere",
    Outcome.THROTTLED: "throttled-everywhere",
    Outcome.SERVER_ERROR: "failing-everywhere",
    Outcome.UNREACHABLE: "unreachable-everywhere",
}
_SKEW_SECONDS = 300
_OLD_SECONDS = 60
_CLOSED = frozenset({Outcome.WORKS, Outcome.DENIED, Outcome.UNREACHABLE})
_MOST_PATTERNS = 5
_NOT_THE_KEY = frozenset(
    {"gateway-admins-only", "gateway-key-restricted", "upstream-credential-missing", "upstream-credential-wrong", "upstream-denied"}
)
"""Refusals that say that the key was read."""
_EXPLAINED_BY_THE_END = frozenset(
    {
        "azure-deployment-unknown",
        "azure-route-unknown",
        "id-unknown",
        "model-unknown",
        "not-found-unclear",
        "openai-route-unknown",
        "route-or-id-unknown",
        "route-unknown",
        "upstream-route-unknown",
    }
)
"""Codes behind which a kind may be that the vendor has switched off."""
_MODEL = re.compile(r"\$\.(data|value|models)\[\d+\]\.(id|model|name)")
_MODEL_CODES = frozenset({"model-unknown", "model-access-missing", "upstream-model-unknown"})
_NAMED_MODEL = re.compile(r"model[ :=]+[`'\"]?([\w.:/-]*\d[\w.:/-]*)", re.IGNORECASE)


def findings(scan: ScanFacts, diagnoses: Diagnoses) -> tuple[Finding, ...]:
    """Everything worth saying about the whole scan."""
    return tuple(one for rule in RULES for one in _found(rule, scan, diagnoses))


def _found(rule: Rule, scan: ScanFacts, diagnoses: Diagnoses) -> tuple[Finding, ...]:
    try:
        return tuple(rule(scan, diagnoses))
    except Exception as error:  # noqa: BLE001 - one broken rule must not cost the whole report
        return (finding("probe-bug", variant="rule", rule=rule.__name__, family="findings", error=repr(error)),)


def finding(code: str, /, variant: str = "", *, more: Mapping[str, object] | None = None, **values: object) -> Finding:
    """Make a finding of a code of the registry."""
    return Finding(code, fitting(code, variant, {**(more or {}), **values}.get), variant)


def _by_target(scan: ScanFacts, diagnoses: Diagnoses) -> dict[str, list[Case]]:
    """The judged candidates of each target."""
    found: dict[str, list[Case]] = {}
    for case in scan.real:
        is_judged = diagnoses[case.probe.id].outcome not in (Outcome.SKIPPED, Outcome.NEEDS_INPUT)
        if is_judged and case.probe.purpose is not Purpose.LINK and not is_head(case):
            found.setdefault(case.target.name, []).append(case)
    return found


def alike(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """Every request to a target came to the same kind of refusal."""
    for name, cases in _by_target(scan, diagnoses).items():
        outcomes = {diagnoses[case.probe.id].outcome for case in cases}
        code = _EVERYWHERE.get(min(outcomes)) if len(cases) > 1 and len(outcomes) == 1 else None
        if code:
            yield finding(code, target=scan.called(name))


def content_unknown(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """The key works, metadata answers, and no download route is known to the router."""
    for name, cases in _by_target(scan, diagnoses).items():
        known = [case for case in cases if case.is_ok and case.probe.role in (Role.METADATA, Role.STATUS)]
        has_metadata = any(diagnoses[case.probe.id].outcome is not Outcome.NOT_FOUND for case in known)
        downloads = [case for case in cases if case.probe.role is Role.DOWNLOAD and not is_head(case)]
        if has_metadata and downloads and all(diagnoses[case.probe.id].code.endswith("route-unknown") for case in downloads):
            yield finding("content-routes-unknown", target=scan.called(name))


def doubled(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """Every route of a target is unknown because its base URL holds the API's prefix, which the paths add again."""
    for name, cases in _by_target(scan, diagnoses).items():
        if len(cases) > 1 and all(DOUBLED.search(case.path) for case in cases) and not any(case.is_ok for case in cases):
            yield finding("doubled-openai-everywhere", target=scan.called(name))


def catch_all(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """A target gives real requests what it gives made-up ones; one good answer of another sort shows that it does not."""
    for name, cases in _by_target(scan, diagnoses).items():
        good = {diagnoses[case.probe.id].code in ("catch-all-gateway", "html-instead-of-json") for case in cases if case.is_ok}
        if good == {True} and scan.accepted_nonsense(name):
            yield finding("answers-everything", target=scan.called(name))


def auth_form(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """Which auth forms a target accepted and which not: every form that was sent counts, the first one too."""
    for name, tried in scan.auth_probes.items():
        accepted = [one.probe.auth for one in tried if one.is_ok or one.status in (404, 400, 409)]
        for form in dict.fromkeys(accepted):
            yield finding("auth-form-accepted", target=scan.called(name), right=HEADERS[form])
        if not tried or accepted or scan.took_any(name) or any(one.status not in (401, 403) for one in tried):
            continue
        refused = [one for one in scan.real_of(name) if one.status in (401, 403) and one.is_at_home]
        sent = dict.fromkeys(HEADERS[one.probe.auth] for one in refused if one.probe.auth is not AuthForm.NONE)
        codes = {diagnoses[one.probe.id].code for one in refused}
        if not codes & _NOT_THE_KEY:
            named = next(filter(None, (header_named(scan, one) for one in refused)), None)
            values = {"target": scan.called(name), "forms": ", ".join(sent), "header": as_sent(named) if named else None}
            yield finding("auth-forms-refused", "named" if named else "", more=values)


def no_credential_needed(scan: ScanFacts, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """A target answered well without any credential although it has one."""
    for (name, _surface, kind), response in scan.controls.items():
        if kind is Control.NO_CREDENTIAL and 200 <= response.status_code < 300:
            yield finding("no-credential-needed", target=scan.called(name))


def version_ignored(scan: ScanFacts, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """An api-version that never was is taken like any other."""
    for (name, surface, kind), response in scan.controls.items():
        if kind is Control.BOGUS_VERSION and 200 <= response.status_code < 300:
            yield finding("api-version-ignored", target=scan.called(name), surface=surface)


def model_missing(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """A model that a request or its refusal names is not in the list of models, which is whole."""
    for (name, _surface, kind), response in scan.controls.items():
        listed = models_in(response) if kind is Control.MODELS and not response.body_is_truncated else []
        if not listed:
            continue
        named = (_model_of(case) for case in scan.real_of(name) if diagnoses[case.probe.id].code in _MODEL_CODES)
        for model in dict.fromkeys(one for one in named if one and one not in listed):
            yield finding("model-not-listed", target=scan.called(name), count=len(listed), model=model)


def models_in(response: Response) -> list[str]:
    """The names in a list of models."""
    return [value.value for value in response.values if _MODEL.fullmatch(value.path)]


def _model_of(case: Case) -> str | None:
    found = _NAMED_MODEL.search(case.message)
    return found.group(1) if found else None


def clock_skew(scan: ScanFacts, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """This machine's clock and the server's differ: tokens and signed links fail, and expiry is judged wrong."""
    for case in scan.real:
        seconds = (skew(case.response.headers, case.seen_at) if case.response else None) or 0.0
        if abs(seconds) > _SKEW_SECONDS and not case.header("age"):
            yield finding("clock-skew", host=case.shown_host, seconds=f"{abs(seconds):.0f}")
            return


def cached_answer(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """A refusal of an artefact came out of a cache: the service itself may say something else by now."""
    for case in scan.real:
        age = case.header("age")
        is_refusal = (
            case.status >= 400 and case.probe.role is Role.DOWNLOAD and diagnoses[case.probe.id].outcome is not Outcome.WORKS
        )
        if is_refusal and age.isdigit() and int(age) >= _OLD_SECONDS:
            yield finding("answer-from-cache", status=case.status, route=case.route, seconds=int(age))
            return


def targets_differ(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """The same request works at one target, and another has no such route: each route once, whatever its api-versions.

    A key that is rejected or a thing that has expired tells the targets apart too, but says nothing of region or features.
    """
    seen: dict[tuple[str, str | None], dict[str, Case]] = {}
    for case in scan.real:
        if case.probe.endpoint and case.probe.purpose is Purpose.CANDIDATE and case.response is not None:
            seen.setdefault((case.probe.endpoint, case.probe.api_version), {}).setdefault(case.target.name, case)
    told: set[str] = set()
    for (endpoint, _version), cases in seen.items():
        found = {name: diagnoses[case.probe.id] for name, case in cases.items()}
        if len({case.target.base_url for case in cases.values()}) == 1 and all(one.target.vantage for one in cases.values()):
            continue  # one resource asked from several networks: `vantages_differ` says that
        works = any(one.outcome is Outcome.WORKS for one in found.values())
        if endpoint not in told and works and any(_is_of_the_route(one) for one in found.values()):
            told.add(endpoint)
            said = ", ".join(f"{name} {one.outcome.value}" + _where(cases[name]) for name, one in found.items())
            case = next(iter(cases.values()))
            yield finding("targets-differ", endpoint=f"{case.probe.method} {case.route}", outcomes=said)


def _is_of_the_route(found: Diagnosis) -> bool:
    is_of_the_thing = found.code == "id-unknown" or found.code.startswith("job-")
    return found.outcome in (Outcome.NOT_FOUND, Outcome.RETIRED) and not is_of_the_thing


def _where(case: Case) -> str:
    return f" ({case.response.region})" if case.response and case.response.region else ""


def vantages_differ(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """The same request to the same resource came to something else from another network; the most frequent difference first."""
    seen: dict[tuple[str, str], dict[str, Case]] = {}
    for case in scan.real:
        if case.target.vantage and diagnoses[case.probe.id].outcome not in (Outcome.SKIPPED, Outcome.NEEDS_INPUT):
            seen.setdefault((case.target.base_url, case.probe.id.partition("/")[2]), {})[case.target.vantage] = case
    patterns: dict[tuple[str, str, str], list[Case]] = {}
    for (base_url, _request), cases in seen.items():
        if len({diagnoses[case.probe.id].code for case in cases.values()}) > 1:
            said = "; ".join(f"{_came_to(case, diagnoses)} from {name}" for name, case in sorted(cases.items()))
            outcomes = {diagnoses[case.probe.id].outcome for case in cases.values()}
            variant = "private" if Outcome.WORKS in outcomes and outcomes <= _CLOSED else ""
            patterns.setdefault((base_url, said, variant), []).append(next(iter(cases.values())))
    for (_url, said, variant), alike in sorted(patterns.items(), key=lambda one: (one[0][2] == "", -len(one[1])))[:_MOST_PATTERNS]:
        yield finding("vantages-differ", variant, target=alike[0].host, outcomes=said, count=len(alike))


def _came_to(case: Case, diagnoses: Diagnoses) -> str:
    found = diagnoses[case.probe.id]
    return "works" if found.outcome is Outcome.WORKS else f"{case.status or case.failure or ''} {found.code}".strip()


def retired_kind(scan: ScanFacts, diagnoses: Diagnoses) -> Iterator[Finding]:
    """What the vendors published about the end of the artefact kinds that were asked for."""
    told = set()
    for case in scan.real:
        kind, is_judged = case.artefact, diagnoses[case.probe.id].outcome is not Outcome.SKIPPED
        if kind is not None and kind.name not in told and is_judged and (life := retired(case)) is not None:
            told.add(kind.name)
            if _may_be_retired(scan, diagnoses, case):
                yield finding("kind-past-its-date", title=kind.title, more=listed(life))


def _may_be_retired(scan: ScanFacts, diagnoses: Diagnoses, case: Case) -> bool:
    """Whether the end of a kind could explain what came of it: it was not found, and nothing of it works."""
    same = [one for one in scan.real_of(case.target.name) if one.artefact == case.artefact and not is_head(one)]
    found = [diagnoses[one.probe.id] for one in same]
    is_gone = any(one.outcome in (Outcome.RETIRED, Outcome.EXPIRED) or one.code in _EXPLAINED_BY_THE_END for one in found)
    return is_gone and not any(one.outcome in (Outcome.WORKS, Outcome.PENDING, Outcome.LINK) for one in found)


def intercepted(scan: ScanFacts, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """A certificate by the maker of a TLS-reading proxy, or one that was not verified at all."""
    for case in scan.cases:
        tls = case.last.tls if case.last else None
        if tls and re.search(INTERCEPTORS, tls.issuer, re.IGNORECASE):
            yield finding("tls-intercepted", host=case.shown_host, issuer=tls.issuer)
            return


def pasted_response(scan: ScanFacts, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """The response in the paste and the one that the same request gets now: alike, or changed since."""
    notes = scan.evidence.notes
    told = next((dict(one.values) for one in notes if isinstance(one, Note) and one.code == "pasted-response"), None)
    if told is None or told["method"] != "GET":
        return
    again = next((case for case in scan.real if case.probe.method == "GET" and case.probe.url == told["url"]), None)
    if again is None or again.last is None:
        return
    then, now = told["status"] or told["failure"], str(again.status or again.failure)
    code = "pasted-response-same" if then == now else "pasted-response-differs"
    yield finding(code, then=then, now=now, at=told["at"], said=told["words"] if then != now else "")


RULES: tuple[Rule, ...] = (
    alike,
    doubled,
    content_unknown,
    catch_all,
    auth_form,
    no_credential_needed,
    version_ignored,
    model_missing,
    targets_differ,
    vantages_differ,
    retired_kind,
    clock_skew,
    cached_answer,
    intercepted,
    pasted_response,
)
