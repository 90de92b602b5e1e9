"""Judge what a paste tells, offline, by the recorder and the rules of a scan: a scan of requests that somebody else has sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from probe import __version__
from probe.diagnoses import fitting, remedy, summary
from probe.errors import UsageError
from probe.facts.inner import unwrapped
from probe.facts.statuses import status_of
from probe.facts.urls import host_of, version_of
from probe.frozen import Frozen, field, members, replace
from probe.intake import Asked, Knowledge, Told, Understood, document_of, understand
from probe.language import _
from probe.model import (
    Catalogue,
    Endpoint,
    Evidence,
    Finding,
    Limits,
    Observation,
    Outcome,
    Pairs,
    Probe,
    Purpose,
    RawUrl,
    Report,
    Role,
    Standing,
    Target,
    Vantage,
)
from probe.plan.urls import fill, match
from probe.proposal import Proposal, propose, sdk_request
from probe.providers import REGION_HEADERS, REQUEST_ID_HEADERS, normalise, provider, provider_of
from probe.redact import Redactor
from probe.redact.planned import redacted_probe, redacted_target
from probe.repair import Repair, repair
from probe.runner.memory import Memory
from probe.runner.networks import Networks
from probe.runner.orders import Orders
from probe.runner.recorder import Recorder
from probe.transport import WireAnswer, WireRequest
from probe.verdict import judge
from probe.view.unpasted import NAME, NO_PATH, UNNAMED, begun, plainly

_MOST_CALLS = 50
_ROUTER_SAYS = "resource not found"
"""What Azure's router says of a path that it does not know, with code 404, which SDKs leave out of their message."""
_KINDS = (("text/html", ("<!doctype", "<html")), ("application/json", ("{", "[")), ("application/xml", ("<?xml", "<error>")))
"""Media types, and how a body of each begins."""


class Judged(Frozen):
    """A paste and what can be said of it. `report` is None where the paste tells of no response.

    `assumed` says what the judgement takes for granted, `findings` what the catalogue alone knows of the requests, `missing` the
    fields that would help, `next` the scan that decides, `repair` the request that works where the catalogue knows it.
    """

    understood: Understood
    report: Report | None = None
    assumed: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    next: Proposal = field(default_factory=Proposal)
    repair: Repair | None = None


def knowledge_of(catalogue: Catalogue) -> Knowledge:
    """Make what intake knows about vendors from the catalogue and the providers."""
    wrong_last = sorted(catalogue.endpoints, key=lambda one: one.standing is Standing.REFUTED)
    names = {one.name: one for artefact in catalogue.artefacts for one in artefact.ids}
    return Knowledge(
        ids=tuple(names.values()),
        templates=tuple(dict.fromkeys((one.provider, one.path) for one in wrong_last)),
        request_id_headers=(*REQUEST_ID_HEADERS, "x-litellm-call-id", "x-oneapi-request-id"),
        region_headers=REGION_HEADERS,
        provider_of=provider_of,
        base_of=_base_of,
    )


def diagnose(catalogue: Catalogue, understood: Understood, now: datetime | None = None) -> Judged:
    """Judge what was understood; nothing is sent and nothing is looked up."""
    moment = now or datetime.now(UTC)
    told, asked = understood, None if understood.url else sdk_request(understood)
    if asked:
        understood = _asking(understood, asked)
    answered, assumed = answered_calls(understood)
    assumed += (_("request GET {url}: it is what the SDK call sends", url=asked),) if asked else ()
    target = _target(understood, answered)
    report = plainly(judge(_evidence(catalogue, target, answered, moment), moment)) if answered else None
    known = tuple(_known(catalogue, understood, target))
    missing = missing_of(understood, is_judged=bool(answered))
    return Judged(told, report, assumed, known, missing, propose(told), _repair(catalogue, understood, target, report))


def _repair(catalogue: Catalogue, understood: Understood, target: Target[RawUrl], report: Report | None) -> Repair | None:
    """Give the request that works, unless the response has another cause than the request."""
    is_about_it = report is None or report.verdicts[0].diagnosis.outcome is Outcome.NOT_FOUND
    call = _first(understood)
    endpoint, ids = _endpoint(catalogue, target, call.url, call.method or "GET")
    if not is_about_it or endpoint is None or call.url is None or understood.base_url is None:
        return None
    found = repair(catalogue, target, endpoint, call.url, dict(understood.ids) | dict(ids), understood.language)
    is_same = found is not None and report is not None and found.url == call.url and not found.sdk
    return None if is_same else found


def _asking(understood: Understood, url: str) -> Understood:
    """Let the first call ask for a URL that the paste does not tell itself."""
    first = _first(understood)
    call = replace(first, method=first.method or "GET", url=url, api_version=first.api_version or version_of(url))
    return replace(understood, url=url, calls=(call, *understood.calls[1:]))


def overridden(understood: Understood, knowledge: Knowledge, given: dict[str, str | int | None]) -> Understood:
    """Let what the user says in options overrule what was understood."""
    url, method, version = given.get("url") or understood.url, given.get("method"), given.get("api_version")
    if version and url and "api-version=" not in str(url):
        url = f"{url}{'&' if '?' in str(url) else '?'}api-version={version}"
    if url and url != understood.url:
        said = understand(f"{method or 'GET'} {url}", knowledge)
        call = replace(_first(understood), url=said.url, api_version=said.api_version, ids=said.ids, method=understood.method)
        understood = replace(
            understood,
            url=said.url,
            base_url=said.base_url,
            provider=said.provider or understood.provider,
            api_version=said.api_version or understood.api_version,
            deployment=said.deployment or understood.deployment,
            ids=tuple((dict(understood.ids) | dict(said.ids)).items()),
            missing=said.missing,
            calls=(call, *understood.calls[1:]),
        )
    fields = {"status": "status_code", "message": "error_message"}
    changes = {fields.get(name, name): value for name, value in given.items() if value and name != "url"}
    if not changes:
        return understood
    of_call = {name: value for name, value in changes.items() if name != "provider"}
    first = replace(_first(understood), **of_call)  # type: ignore[arg-type]
    if "status_code" in changes or "error_message" in changes:
        first = replace(first, body=first.body if "error_message" not in changes else None, failure=None)
    calls = (first, *understood.calls[1:])
    return replace(understood, calls=calls, **changes)  # type: ignore[arg-type]


def json_of(judged: Judged, render_json: Callable[[Report], str]) -> str:
    """Write the document of `diagnose --json`: what was understood, what is missing, the next command, verdicts, findings."""
    document = json.loads(render_json(judged.report)) if judged.report else {}
    for verdict in document.get("verdicts", []):
        verdict["summary"], verdict["remedy"] = begun(verdict["summary"]), begun(verdict["remedy"])
        if verdict["url"].endswith(NO_PATH):
            verdict["url"] = None
    findings = [{"code": one.code, "summary": summary(one), "remedy": remedy(one)} for one in judged.findings]
    return json.dumps(
        {
            "understood": document_of(judged.understood),
            "missing": list(judged.missing),
            "next": judged.next.line if judged.next.words else None,
            "assumed": list(judged.assumed),
            "repair": members(judged.repair) if judged.repair else None,
            "answer": document.get("answer", "undecided"),
            "verdicts": document.get("verdicts", []),
            "findings": [*document.get("findings", []), *findings],
        },
        indent=2,
        ensure_ascii=False,
    )


def _first(understood: Understood) -> Asked:
    return next(iter(understood.calls), None) or Asked(**{name: getattr(understood, name) for name in Told.__struct_fields__})


def answered_calls(understood: Understood) -> tuple[list[Asked], tuple[str, ...]]:
    """The requests with a response that can be judged; a missing status is inferred from the words, and the output says so."""
    answered, assumed = [], []
    is_vendors = provider_of(host_of(understood.base_url or ""), "") is not None
    for call in map(_direct, understood.calls[:_MOST_CALLS]) if is_vendors else understood.calls[:_MOST_CALLS]:
        status = call.status_code or _status_of(call)
        if call.failure is None and status is None:
            continue
        if call.failure is None and call.status_code is None:
            words = (call.error_code or _("an error")) if call.is_failing else _("the body")
            assumed.append(_("status {status}: the paste does not name it, {words} goes with it", status=status, words=words))
        version = call.api_version or (understood.api_version if call.url is None else None)
        answered.append(replace(call, status_code=status, api_version=version))
    is_shown = any(one.failure or one.body or one.headers or (one.status_code or 0) >= 300 for one in answered)
    return answered if is_shown else [], tuple(dict.fromkeys(assumed))


def _direct(call: Asked) -> Asked:
    """Take LiteLLM's wrapping off an error: beside a vendor's own host it is the caller's library and not a gateway."""
    inner = unwrapped(call.error_message or "")
    call = replace(call, body=None) if '"litellm.' in (call.body or "")[:40] else call
    return replace(call, error_message=inner.message, error_code=inner.code or call.error_code) if inner else call


def _status_of(call: Asked) -> int | None:
    """Tell the status that goes with an error's code or words; a body without an error comes with 200."""
    if call.error_message or call.error_code:
        return status_of(call.error_code or "", f"{call.error_message or ''} {call.error_type or ''}")
    return 200 if call.body and not call.body.startswith("<") else None


def _target(understood: Understood, answered: Sequence[Asked]) -> Target[RawUrl]:
    """Make the target of the paste; where it names none, Azure's router is known by its own words."""
    named = understood.provider
    if named is None and understood.base_url is None and any(_is_routers(one) for one in answered):
        named = "azure"
    base = RawUrl(understood.base_url or (provider(named).default_url if named else None) or UNNAMED)
    host = host_of(base)
    name = host if base != UNNAMED else NAME
    return Target(name, named or "generic", base, understood.deployment, ids=understood.ids)


def _is_routers(call: Asked) -> bool:
    return call.status_code == 404 and call.error_code == "404" and (call.error_message or "").lower() == _ROUTER_SAYS


def _evidence(catalogue: Catalogue, target: Target[RawUrl], calls: list[Asked], now: datetime) -> Evidence:
    """Record the pasted responses as a scan records its own."""
    limits, memory, redactor = Limits(), Memory(), Redactor.of({})
    targets = {target.name: target}
    orders = Orders(
        targets=targets, secrets={}, target_headers={}, memory=memory, networks=Networks(), limits=limits, allow_billable=False
    )
    recorder = Recorder(
        limits=limits,
        redactor=redactor,
        memory=memory,
        orders=orders,
        targets=targets,
        endpoints={one.id: one for one in catalogue.endpoints},
        artefacts={one.name: one for one in catalogue.artefacts},
    )
    probes, observations = [], []
    for at, call in enumerate(calls):
        planned = _probe(catalogue, target, call, at)
        order = WireRequest(planned.method, planned.url, ())
        exchange, captures, _bug = recorder.record(planned, order, _answer(call), 1, call.at or now)
        probes.append(redacted_probe(planned, redactor))
        observations.append(Observation(planned.id, (exchange,), captures))
    return Evidence(
        started_at=now,
        vantage=Vantage(__version__, "", "paste"),
        limits=limits,
        catalogue_updated=catalogue.updated,
        catalogue_sha256=catalogue.sha256,
        catalogue_source=catalogue.source,
        targets=(redacted_target(target, (), redactor),),
        artefacts=catalogue.artefacts,
        surfaces=catalogue.surfaces,
        api_versions=catalogue.api_versions,
        endpoints=catalogue.endpoints,
        probes=tuple(probes),
        observations=tuple(observations),
        failing_url=next((redactor.url(one.url) for one in calls if one.url), None),
        ended_at=now,
    )


def _answer(call: Asked) -> WireAnswer:
    """Make the raw answer that the recorder takes; an error that came without its body gets the usual one."""
    if call.failure is not None and call.status_code is None:
        if call.failure.startswith("proxy_"):
            return WireAnswer(failure=call.failure.replace("proxy_unreachable", "connection_refused"), hop="proxy")
        return WireAnswer(failure=call.failure)
    body = call.body
    if body is None and (call.error_message or call.error_code):
        code = call.error_code or ("404" if (call.error_message or "").lower() == _ROUTER_SAYS else None)
        error = {"code": code, "message": call.error_message, "type": call.error_type}
        body = json.dumps({"error": {name: value for name, value in error.items() if value}})
    headers = tuple(
        pair for pair in call.headers if pair[0].lower() not in ("content-length", "content-encoding", "transfer-encoding")
    )
    if body and not any(name.lower() == "content-type" for name, _value in headers):
        start = body.lstrip()[:9].lower()
        kind = next((kind for kind, marks in _KINDS if start.startswith(marks)), "text/plain")
        headers = (*headers, ("content-type", kind))
    return WireAnswer(status_code=call.status_code, headers=headers, content=(body or "").encode(), is_whole=True)


def _probe(catalogue: Catalogue, target: Target[RawUrl], call: Asked, at: int) -> Probe[RawUrl]:
    endpoint, ids = _endpoint(catalogue, target, call.url, call.method or "GET")
    prefix = {"azure": "/openai/v1", "openai": "/v1"}.get(target.provider, "")
    url = RawUrl(call.url or target.base_url + prefix + NO_PATH)
    return Probe(
        id=f"pasted/{at + 1}",
        target=target.name,
        endpoint=endpoint.id if endpoint else "",
        method=call.method or "GET",
        url=url,
        api_version=call.api_version or version_of(url),
        purpose=Purpose.FAILING_URL if at == 0 else Purpose.CANDIDATE,
        role=endpoint.role if endpoint else Role.METADATA,
        auth=provider(target.provider).auth_forms[0][0],
        ids=ids or call.ids or tuple(pair for pair in target.ids if pair[1] in (call.error_message or "")),
        reason="pasted",
    )


def _endpoint(catalogue: Catalogue, target: Target[RawUrl], url: str | None, method: str) -> tuple[Endpoint | None, Pairs]:
    """Recognise a URL as an entry of the catalogue: the one with the fewest names whose ids have the right prefixes."""
    prefixes = {one.name: one.prefixes for artefact in catalogue.artefacts for one in artefact.ids}
    found: list[tuple[int, int, int, Endpoint, Pairs]] = []
    for one in catalogue.endpoints if url else ():
        is_fit = one.provider == target.provider and one.method == method
        ids = match(one, target.base_url, url or "") if is_fit else None
        if ids is None:
            continue
        misfits = sum(bool(prefixes.get(name)) and not value.startswith(prefixes.get(name, ())) for name, value in ids)
        found.append((misfits, len(ids), len(found), one, ids))
    return min(found, key=lambda fit: fit[:3])[3:] if found else (None, ())


def _known(catalogue: Catalogue, understood: Understood, target: Target[RawUrl]) -> Iterable[Finding]:
    """Say what the catalogue knows of requests whose response the paste does not tell: wrong routes, wrong api-versions."""
    by_id = {one.id: one for one in catalogue.endpoints}
    wrong = {one.value: one for one in catalogue.api_versions if one.is_known_wrong}
    said: set[str] = set()
    for call in understood.calls:
        if call.is_answered or call.url is None:
            continue
        endpoint, _ids = _endpoint(catalogue, target, call.url, call.method or "GET")
        if endpoint is not None and endpoint.standing is Standing.REFUTED and endpoint.id not in said:
            said.add(endpoint.id)
            right = by_id.get(endpoint.instead or "")
            use = f"{right.method} {fill(right.path, dict(understood.ids))}{_version_for(right)}" if right else ""
            yield _finding(
                "known-wrong-route", "" if right else "no-right-one", method=endpoint.method, path=endpoint.path, right=use
            )
    version = understood.api_version
    if version in wrong and not any(call.is_answered for call in understood.calls):
        yield _finding("known-wrong-version", version=version, why=wrong[version].notes)


def _finding(code: str, variant: str = "", **values: object) -> Finding:
    return Finding(code, fitting(code, variant, values.get), variant)


def _version_for(endpoint: Endpoint) -> str:
    best = next((one for one in endpoint.api_versions if one), None)
    return f" with api-version={best}" if best and None not in endpoint.api_versions[:1] else ""


def missing_of(understood: Understood, *, is_judged: bool) -> tuple[str, ...]:
    """Name what the paste does not tell and the diagnosis could use."""
    missing = list(understood.missing)
    if understood.url is None:
        missing.append("url")
    if understood.base_url is None:
        missing.append("base_url")
    if not is_judged:
        missing += [] if understood.status_code else ["status_code"]
    elif (understood.status_code or 0) >= 400 and not understood.error_message and not any(one.body for one in understood.calls):
        missing.append("error_message")
    path = urlsplit(understood.url or "").path
    if understood.provider == "azure" and understood.api_version is None and "/openai/v1" not in path and path:
        missing.append("api_version")
    return tuple(dict.fromkeys(missing))


def _base_of(url: str, named: str | None) -> str | None:
    """Cut a URL to the base of a target; a host of nobody we know is cut before `/v1`, else to its origin."""
    plain = url.partition("?")[0].partition("#")[0]
    try:
        parts = urlsplit(plain)
        netloc = parts.netloc.rpartition("@")[2]
        if named is None and not re.search(r"/v1(?:/|$)", parts.path):
            return f"{parts.scheme.lower()}://{netloc.lower()}" if netloc else None
        is_vendors = named == "azure" and not netloc.lower().endswith(".azure-api.net")
        if is_vendors and not re.search(r"/(?:openai|api)(?:/|$)", parts.path, re.IGNORECASE):
            return f"{parts.scheme.lower()}://{netloc.lower()}"
        path = re.split(r"[{<$…]", parts.path)[0]  # a placeholder id does not make the base before it wrong
        return normalise(f"{parts.scheme}://{netloc}{path}", named or "openai").base_url
    except (UsageError, ValueError):
        return None
