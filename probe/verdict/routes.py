"""Family routes: the router knows no such operation, or not at this api-version, or not by this method."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Endpoint, Outcome, Role, Standing, VersionRule
from probe.providers import provider
from probe.verdict.answers import is_ok, same_answer
from probe.verdict.case import Case, diagnosis, is_head, is_past_router
from probe.verdict.cause import Cause, first
from probe.verdict.ids import FAMILIES, foreign_id

DOUBLED = re.compile(r"(/openai/v1/openai/v1|/openai/v1/openai|/openai/openai|/openai/v1/v1|/v1/v1)(?=/|$)")
"""A prefix that stands twice in a path."""
SINGLE = {"/openai/openai": "/openai", "/v1/v1": "/v1"}
"""What stays of a doubled prefix; of every other, `/openai/v1`."""
_DEPLOYMENT = re.compile(
    r"/openai(?:/v1)?/deployments/[^/]+/(?:files|batches|fine_tuning|videos?|vector_stores|assistants|threads|models|containers)\b"
)
_CITES = ("response.status_code", "response.error_code", "response.error_message")


VERSION_CAUSES = (
    Cause(
        "azure-api-version-too-old",
        Outcome.NOT_FOUND,
        r"only (enabled |available |supported )?for api.?versions? |enabled only for api.?version|api.?versions? .{0,80}(and|or) (later|newer|above)",
        lambda case: (
            _("api-version {version} is too old: {said}", said=case.message, **case.names),
            _("use the api-version that the message names, or the v1 path without one"),
        ),
    ),
    Cause(
        "azure-api-version-missing",
        Outcome.NOT_FOUND,
        r"api.?version.{0,40}(not specified|is required|missing|must be (specified|provided))|missing.{0,30}api.?version|missingapiversion",
        lambda case: (
            _("the request has no api-version, and {route} wants one", **case.names),
            _("add ?api-version=... as the route's description says"),
        ),
    ),
    Cause(
        "azure-api-version-unknown",
        Outcome.NOT_FOUND,
        r"api.?version.{0,120}(not supported|unsupported|invalid|not (a )?valid|unknown|does ?n[o']t exist|not found|not recognized|retired|deprecated|no longer)"
        r"|(unsupported|invalid|unknown|no registered resource provider).{0,30}api.?version|unsupportedapiversion|invalidapiversion",
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
    return "; " + (row.notes.rstrip(".") or _("{version} was never an api-version of this API", **case.names))


def best_version(case: Case) -> str:
    """The api-version that answers on this route, else the catalogue's first, in words."""
    good = next((one.probe.api_version for one in case.siblings if is_past_router(one)), "")
    chosen = (
        good
        if good != ""
        else next((one for one in case.endpoint.api_versions if one != case.probe.api_version), None)
        if case.endpoint
        else "preview"
    )
    return _("api-version={value}", value=chosen) if chosen else _("no api-version")


def version_by_words(case: Case) -> Diagnosis | None:
    """The server speaks of the api-version itself (400, sometimes 404)."""
    if not case.says(r"api.?version"):
        return None
    found = first(VERSION_CAUSES, case)
    is_none_sent = case.probe.api_version is None and "api-version" not in case.probe.url.lower()
    if found and found.code == "azure-api-version-unknown" and is_none_sent and case.target.provider != "openai":
        summary, remedy = next(one for one in VERSION_CAUSES if one.code == "azure-api-version-missing").says(case)
        return diagnosis("azure-api-version-missing", Outcome.NOT_FOUND, summary, remedy, Confidence.HIGH, *_CITES)
    return found


def doubled_openai(case: Case) -> Diagnosis | None:
    """A segment of the API's prefix stands twice in the path: no route begins like this."""
    if not case.is_route_404 or not (found := DOUBLED.search(case.path)):
        return None
    return diagnosis(
        "doubled-openai",
        Outcome.NOT_FOUND,
        _("{part} stands twice in the path {path}", part=found.group(0), path=case.path),
        _("the SDK or tool adds the prefix itself: take it out of the base URL"),
        Confidence.HIGH,
        "request.url",
        "response.error_message",
    )


def missing_openai(case: Case) -> Diagnosis | None:
    """A path of Azure without its `/openai` on one of Azure's own hosts."""
    if not (case.is_azure and case.is_route_404 and owns("azure", case.host)) or case.host.endswith("azure-api.net"):
        return None
    if not re.match(r"/(v1|deployments|files|batches|videos?|containers|fine_tuning|images|models)(/|$)", case.path):
        return None
    return diagnosis(
        "missing-openai",
        Outcome.NOT_FOUND,
        _("the path {path} lacks /openai, with which every path of Azure OpenAI begins", path=case.path),
        _("ask for /openai{path} instead", path=case.path),
        Confidence.HIGH,
        "request.url",
        "response.error_message",
    )


@lru_cache(maxsize=256)
def owns(name: str, host: str) -> bool:
    """Whether a host is one of a provider's own."""
    return provider(name).owns(host)


def version_by_experiment(case: Case) -> Diagnosis | None:
    """A router's 404 that is about the api-version: the same path answers at another one, or a nonsense version gets the same."""
    if not case.is_route_404 or not case.is_azure:
        return None
    rule = next((one.api_version for one in case.scan.evidence.surfaces if one.name == case.surface), None)
    has_better = any(is_past_router(one) and one.probe.api_version != case.probe.api_version for one in case.siblings)
    if case.probe.api_version is None:
        if has_better or (rule is VersionRule.REQUIRED and not case.scan.reached(case)):
            summary, remedy = next(one for one in VERSION_CAUSES if one.code == "azure-api-version-missing").says(case)
            confidence = Confidence.HIGH if has_better else Confidence.MEDIUM
            return diagnosis(
                "azure-api-version-missing", Outcome.NOT_FOUND, summary, remedy, confidence, *_CITES, "evidence.observations"
            )
        return None
    is_proved_bad = has_better and not case.scan.reached(case)
    if is_proved_bad or (case.is_like(Control.BOGUS_VERSION) and not _is_route_bad(case)):
        summary, remedy = next(one for one in VERSION_CAUSES if one.code == "azure-api-version-unknown").says(case)
        confidence = Confidence.HIGH if has_better else Confidence.MEDIUM
        return diagnosis(
            "azure-api-version-unknown", Outcome.NOT_FOUND, summary, remedy, confidence, *_CITES, "control.bogus_version"
        )
    return None


def _is_route_bad(case: Case) -> bool:
    """Whether the route, not the version, explains the 404: the version works elsewhere, is a published one, or others fail here too."""
    versions = {one.value: one for one in case.scan.evidence.api_versions}
    row = versions.get(case.probe.api_version or "")
    is_published = row is not None and not row.is_known_wrong
    good_ones_fail = any(
        one.is_route_404
        and (
            case.scan.reached(one) or one.probe.api_version in {key for key, value in versions.items() if not value.is_known_wrong}
        )
        for one in case.siblings
    )
    return case.scan.reached(case) or is_published or good_ones_fail


def other_version_works(case: Case) -> Diagnosis | None:
    """The version is known on this surface, and this path answers only at another one."""
    if not case.is_route_404 or case.probe.api_version is None or not any(is_past_router(one) for one in case.siblings):
        return None
    good = next(one for one in case.siblings if is_past_router(one))
    if good.probe.api_version == case.probe.api_version:
        return None
    return diagnosis(
        "route-unknown-at-version",
        Outcome.NOT_FOUND,
        _(
            "{target} has {route} at {good}, and not at api-version {version}",
            good=_("api-version {value}", value=good.version),
            **case.names,
        ),
        _("use {best}", best=best_version(case)),
        Confidence.HIGH,
        *_CITES,
        "evidence.observations",
    )


def unknown_route(case: Case) -> Diagnosis | None:
    """The router knows no such operation: a nonsense path gets the very same answer, or the words are a vendor's own."""
    if not case.is_route_404 or (case.status == 405 and not case.is_like(Control.BOGUS_ROUTE)):
        return None
    is_same = case.is_like(Control.BOGUS_ROUTE)
    code = _route_code(case)
    summary = (
        _("{target} has no route {route} at api-version {version}", **case.names)
        if case.probe.api_version
        else _("{target} has no route {route}", **case.names)
    )
    summary += (_(": a nonsense path gets the same answer") if is_same else "") + known_wrong(case)
    confidence = Confidence.HIGH if is_same else Confidence.MEDIUM if code != "route-unknown" else Confidence.LOW
    return diagnosis(
        code, Outcome.NOT_FOUND, summary, instead_of(case), confidence, *_CITES, *(["control.bogus_route"] if is_same else [])
    )


def _route_code(case: Case) -> str:
    if case.response and case.response.error_shape == "apim":
        return "apim-route-unknown"
    if case.says(r"invalid url \(|unknown_url|unknown request url"):
        return "openai-route-unknown"
    return "azure-route-unknown" if case.is_azure and case.says(r"resource not found") else "route-unknown"


def instead_of(case: Case) -> str:
    """What to ask for instead: the catalogue's right route, the route for this id's family, or the working version."""
    endpoints = {one.id: one for one in case.scan.evidence.endpoints}
    right = endpoints.get(case.endpoint.instead or "") if case.endpoint else None
    if right is not None:
        return _("use {method} {path}", method=right.method, path=right.path)
    if foreign := foreign_id(case):
        kind, route = FAMILIES[foreign[1]]
        return _(
            "{id} is the id of {kind}: ask for it at {right}", id=foreign[0], kind=kind, right=route.replace("{id}", foreign[0])
        )
    if _DEPLOYMENT.search(case.path):
        return _("take /deployments/NAME out of the path: only eight operations have it, and this is none of them")
    if (
        case.endpoint
        and case.endpoint.standing is not Standing.DOCUMENTED
        and (documented := _documented(case.endpoint, endpoints.values()))
    ):
        return _("use {method} {path}", method=documented.method, path=documented.path)
    return _("compare the path with the vendor's description; the host may serve another API than you think")


def _documented(endpoint: Endpoint, endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """The documented download of the same artefact at the same provider."""
    fitting = (
        one for one in endpoints if (one.artefact, one.provider, one.role) == (endpoint.artefact, endpoint.provider, Role.DOWNLOAD)
    )
    return next((one for one in fitting if one.standing is Standing.DOCUMENTED), None)


def apim_route(case: Case) -> Diagnosis | None:
    """The customer's own API Management has no such operation; it answers in its own shape."""
    if (
        case.status != 404
        or case.response is None
        or case.response.error_shape != "apim"
        or not case.says(r"resource not found|operation|not found")
    ):
        return None
    return diagnosis(
        "apim-route-unknown",
        Outcome.NOT_FOUND,
        _("a customer's own API Management in front of {target} has no operation for {route}", **case.names),
        _("ask the gateway's owner which paths it publishes (often another prefix), or ask the resource directly"),
        Confidence.HIGH,
        *_CITES,
    )


def wrong_method(case: Case) -> Diagnosis | None:
    """405, or words about the method: the path exists under another verb."""
    if (
        is_head(case)
        or case.is_like(Control.BOGUS_ROUTE)
        or not (
            case.status == 405
            or (
                case.status in (400, 404)
                and case.says(r"not allowed to (get|post|head|put|delete) on|method not allowed|different http method")
            )
        )
    ):
        return None
    allowed = case.header("allow")
    return diagnosis(
        "method-not-allowed",
        Outcome.NOT_FOUND,
        _("{route} does not take {method}", method=case.probe.method, **case.names)
        + (_("; it takes {allowed}", allowed=allowed) if allowed else ""),
        _("this path makes things and does not deliver them; {hint}", hint=instead_of(case))
        if case.probe.method == "GET"
        else _("use GET"),
        Confidence.HIGH,
        "response.status_code",
        "response.error_message",
    )


def operation_unsupported(case: Case) -> Diagnosis | None:
    """The model behind the deployment cannot do this operation."""
    if case.status not in (400, 404) or not case.says(
        r"operationnotsupported|operation does not work with the specified model|operation .{0,60}not supported"
    ):
        return None
    summary = _("{route} exists, and the model behind it cannot do this: {said}", said=case.message, **case.names)
    return diagnosis(
        "operation-not-supported",
        Outcome.NOT_FOUND,
        summary,
        _("use a deployment of a model that can; the model may also be retired"),
        Confidence.HIGH,
        *_CITES,
    )


def unclear_404(case: Case) -> Diagnosis | None:
    """A 404 that neither words nor controls explain."""
    if case.status != 404 or is_head(case):
        return None
    nonsense, model = case.control(Control.BOGUS_ROUTE), case.control(Control.MODELS)
    hint = (
        _("the host answers its list of models, so host and key are right")
        if is_ok(model)
        else _("compare host and path with the vendor's description")
    )
    same = nonsense is not None and case.response is not None and same_answer(case.response, nonsense)
    summary = _("{target} answers 404 for {route}; whether route or id is unknown cannot be told", **case.names)
    return diagnosis(
        "not-found-unclear", Outcome.NOT_FOUND, summary, hint, Confidence.LOW, *_CITES, *(["control.bogus_route"] if same else [])
    )


RULES = (
    apim_route,
    doubled_openai,
    missing_openai,
    wrong_method,
    version_by_experiment,
    other_version_works,
    unknown_route,
    operation_unsupported,
    unclear_404,
)
"""In this order: what the words say, what the path shows, what other answers prove, then the plain unknown route."""
