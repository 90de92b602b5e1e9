"""Findings about the scan as a whole: what no single probe can say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime

from probe.language import _
from probe.model import Control, Diagnosis, Finding, Outcome, Purpose, Role
from probe.verdict.case import Case, header, is_head
from probe.verdict.jobs import retired, sourced
from probe.verdict.refusals import HEADERS
from probe.verdict.routes import DOUBLED
from probe.verdict.scan import Scan

Diagnoses = Mapping[str, Diagnosis]
Rule = Callable[[Scan, Diagnoses], Iterator[Finding]]

_SKEW_SECONDS = 300
_INTERCEPTORS = (
    r"zscaler|netskope|fortinet|fortigate|palo ?alto|blue ?coat|forcepoint|mcafee|sophos|umbrella|mitmproxy|charles|fiddler|burp"
    r"|portswigger|squid|avast|kaspersky"
)


def findings(scan: Scan, diagnoses: Diagnoses) -> tuple[Finding, ...]:
    """Everything worth saying about the whole scan."""
    return tuple(one for rule in RULES for one in _found(rule, scan, diagnoses))


def _found(rule: Rule, scan: Scan, diagnoses: Diagnoses) -> tuple[Finding, ...]:
    try:
        return tuple(rule(scan, diagnoses))
    except Exception as error:  # noqa: BLE001 - one broken rule must not cost the whole report
        summary = _("the rule {rule} of family {family} failed: {error}", rule=rule.__name__, family="findings", error=repr(error))
        return (Finding("probe-bug", summary, _("report it with the run folder")),)


def _by_target(scan: Scan, diagnoses: Diagnoses) -> dict[str, list[Case]]:
    """The judged candidates of each target."""
    found: dict[str, list[Case]] = {}
    for case in scan.real:
        is_judged = diagnoses[case.probe.id].outcome not in (Outcome.SKIPPED, Outcome.NEEDS_INPUT)
        if is_judged and case.probe.purpose is not Purpose.LINK and not is_head(case):
            found.setdefault(case.target.name, []).append(case)
    return found


def alike(scan: Scan, diagnoses: Diagnoses) -> Iterator[Finding]:
    """Every request to a target came to the same kind of refusal."""
    for name, cases in _by_target(scan, diagnoses).items():
        outcomes = {diagnoses[case.probe.id].outcome for case in cases}
        if len(cases) > 1 and len(outcomes) == 1 and (found := _everywhere(name, *outcomes)):
            yield found


def _everywhere(name: str, outcome: Outcome) -> Finding | None:
    if outcome is Outcome.DENIED:
        remedy = _("the routes were not judged: solve the credential or network problem first, then scan again")
        return Finding("denied-everywhere", _("{target} denied every request", target=name), remedy)
    if outcome is Outcome.THROTTLED:
        return Finding(
            "throttled-everywhere",
            _("{target} throttled every request", target=name),
            _("wait, lower --rate-limit, and scan again"),
        )
    if outcome is Outcome.SERVER_ERROR:
        return Finding(
            "failing-everywhere",
            _("{target} failed on every request", target=name),
            _("wait for the service to recover, and scan again"),
        )
    if outcome is Outcome.UNREACHABLE:
        return Finding(
            "unreachable-everywhere",
            _("{target} could not be reached at all", target=name),
            _("probe doctor shows at which step it ends"),
        )
    return None


def content_unknown(scan: Scan, diagnoses: Diagnoses) -> Iterator[Finding]:
    """The key works, metadata answers, and no download route is known to the router."""
    for name, cases in _by_target(scan, diagnoses).items():
        has_metadata = any(case.is_ok and case.probe.role in (Role.METADATA, Role.STATUS) for case in cases)
        downloads = [case for case in cases if case.probe.role is Role.DOWNLOAD and not is_head(case)]
        if has_metadata and downloads and all(diagnoses[case.probe.id].code.endswith("route-unknown") for case in downloads):
            summary = _(
                "the key works and the metadata answers on {target}, but every download route is unknown to its router", target=name
            )
            yield Finding(
                "content-routes-unknown",
                summary,
                _("this resource may lack the feature, or serve it under another base: ask the vendor with the request ids"),
            )


def doubled(scan: Scan, diagnoses: Diagnoses) -> Iterator[Finding]:
    """Every route of a target is unknown because its base URL holds the API's prefix, which the paths add again."""
    for name, cases in _by_target(scan, diagnoses).items():
        if len(cases) > 1 and all(DOUBLED.search(case.path) for case in cases) and not any(case.is_ok for case in cases):
            summary = _("every path of {target} holds /openai twice: its base URL already ends with it", target=name)
            yield Finding("doubled-openai-everywhere", summary, _("take /openai (and /v1) out of the base URL"))


def catch_all(scan: Scan, diagnoses: Diagnoses) -> Iterator[Finding]:
    """A target says yes to nonsense."""
    fooled = (case for case in scan.real if diagnoses[case.probe.id].code in ("catch-all-gateway", "html-instead-of-json"))
    for name in dict.fromkeys(case.target.name for case in fooled if scan.accepted_nonsense(case.target.name)):
        summary = _("{target} answers nonsense as it answers the right requests: what it says proves nothing", target=name)
        yield Finding("answers-everything", summary, _("ask the service behind the gateway directly"))


def auth_form(scan: Scan, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """Which auth forms a target accepted and which not."""
    for name, tried in scan.auth_probes.items():
        accepted = [one.probe.auth for one in tried if one.is_ok or one.status in (404, 400, 409)]
        for form in dict.fromkeys(accepted):
            yield Finding(
                "auth-form-accepted",
                _("{target} accepts the credential as {form}", target=name, form=HEADERS[form]),
                _("send it like this"),
            )
        if tried and not accepted and all(one.status in (401, 403) for one in tried):
            forms = ", ".join(dict.fromkeys(HEADERS[one.probe.auth] for one in tried))
            yield Finding(
                "auth-forms-refused",
                _("{target} refuses the credential in every form: {forms}", target=name, forms=forms),
                _("it is the credential that is wrong, not its header"),
            )


def no_credential_needed(scan: Scan, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """A target answered well without any credential although it has one."""
    for (name, _surface, kind), response in scan.controls.items():
        if kind is Control.NO_CREDENTIAL and 200 <= response.status_code < 300:
            yield Finding(
                "no-credential-needed",
                _("{target} answers without any credential", target=name),
                _("whoever reaches it can use it: check whether that is meant"),
            )


def version_ignored(scan: Scan, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """An api-version that never was is taken like any other."""
    for (name, surface, kind), response in scan.controls.items():
        if kind is Control.BOGUS_VERSION and 200 <= response.status_code < 300:
            summary = _(
                "{target} does not look at the api-version on {surface}: one that never was gets a good answer",
                target=name,
                surface=surface,
            )
            yield Finding("api-version-ignored", summary, "")


def model_missing(scan: Scan, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """The list of models answers and holds no video model, although video was looked for."""
    is_video = any("sora" in case.artefact.name or "video" in case.artefact.name for case in scan.real if case.artefact)
    for (name, _surface, kind), response in scan.controls.items():
        models = [
            value.value for value in response.values if re.fullmatch(r"\$\.(data|value|models)\[\d+\]\.(id|model|name)", value.path)
        ]
        if (
            kind is Control.MODELS
            and is_video
            and models
            and not response.body_is_truncated
            and not any("sora" in one.lower() for one in models)
        ):
            summary = _("the list of models of {target} ({count} models) has no sora model", target=name, count=len(models))
            yield Finding(
                "model-not-listed", summary, _("the account has no access to video models, or they are switched off there")
            )


def clock_skew(scan: Scan, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """This machine's clock and the server's differ: tokens and signed links fail, and expiry is judged wrong."""
    for case in scan.real:
        stamp = header(case.response, "date")
        try:
            served = parsedate_to_datetime(stamp) if stamp else None
            seconds = (case.seen_at - served).total_seconds() if served else 0.0
        except (ValueError, TypeError, OverflowError):
            continue
        if abs(seconds) > _SKEW_SECONDS and not case.header("age"):
            summary = _("this machine's clock and that of {host} differ by {seconds:.0f} s", seconds=abs(seconds), **case.names)
            yield Finding("clock-skew", summary, _("set the clock: tokens and signed links depend on it"))
            return


def targets_differ(scan: Scan, diagnoses: Diagnoses) -> Iterator[Finding]:
    """The same request has different outcomes at different targets."""
    seen: dict[tuple[str, str | None], dict[str, Case]] = {}
    for case in scan.real:
        if case.probe.endpoint and case.probe.purpose is Purpose.CANDIDATE and case.response is not None:
            seen.setdefault((case.probe.endpoint, case.probe.api_version), {}).setdefault(case.target.name, case)
    for (endpoint, _version), cases in seen.items():
        outcomes = {name: diagnoses[case.probe.id].outcome for name, case in cases.items()}
        if Outcome.WORKS in outcomes.values() and len(set(outcomes.values())) > 1:
            said = ", ".join(f"{name} {outcome.value}" + _where(cases[name]) for name, outcome in outcomes.items())
            yield Finding(
                "targets-differ",
                _("{endpoint} differs between targets: {said}", endpoint=endpoint, said=said),
                _("use the target where it works; its region or features differ"),
            )


def _where(case: Case) -> str:
    return f" ({case.response.region})" if case.response and case.response.region else ""


def retired_kind(scan: Scan, diagnoses: Diagnoses) -> Iterator[Finding]:
    """What the vendors published about the end of the artefact kinds that were asked for."""
    told = set()
    for case in scan.real:
        kind = case.artefact
        if (
            kind is None
            or kind.name in told
            or diagnoses[case.probe.id].outcome is Outcome.SKIPPED
            or (life := retired(case)) is None
        ):
            continue
        told.add(kind.name)
        summary = _("{title} is listed as retired", title=_(kind.title)) + sourced(life)
        yield Finding("kind-past-its-date", summary, _("a date is no proof: what the service answered decides, and dates move"))


def intercepted(scan: Scan, _diagnoses: Diagnoses) -> Iterator[Finding]:
    """A certificate by the maker of a TLS-reading proxy, or one that was not verified at all."""
    for case in scan.cases:
        tls = case.observation.last.tls if case.observation and case.observation.last else None
        if tls and re.search(_INTERCEPTORS, tls.issuer, re.IGNORECASE):
            summary = _(
                "the certificate of {host} was made by {issuer}: a proxy reads this traffic", issuer=tls.issuer, **case.names
            )
            yield Finding("tls-intercepted", summary, _("errors may come from that proxy; compare from another network"))
            return


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
    retired_kind,
    clock_skew,
    intercepted,
)
