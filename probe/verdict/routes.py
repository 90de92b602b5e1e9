"""Family routes: the router knows no such operation, or not at this api-version, or not by this method."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Endpoint, Outcome, Role, Standing
from probe.providers import provider
from probe.verdict.case import Case, diagnosis, is_head
from probe.verdict.cause import WORDS
from probe.verdict.compare import is_ok, same_answer
from probe.verdict.ids import FAMILIES, foreign_id
from probe.verdict.jobs import retirement
from probe.verdict.versions import known_wrong

DOUBLED = re.compile(r"(/openai/v1/openai/v1|/openai/v1/openai|/openai/openai|/openai/v1/v1|/v1/v1)(?=/|$)")
"""A prefix that stands twice in a path."""
SINGLE = {"/openai/openai": "/openai", "/v1/v1": "/v1"}
"""What stays of a doubled prefix; of every other, `/openai/v1`."""
_DEPLOYMENT = re.compile(
    r"/openai(?:/v1)?/deployments/[^/]+/(?:files|batches|fine_tuning|videos?|vector_stores|assistants|threads|models|containers)\b"
)


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
    is_at_azure = owns("azure", case.host) or case.scan.is_target_good(case.target.name)
    if not (case.is_azure and case.is_route_404 and is_at_azure) or case.host.endswith("azure-api.net"):
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
    summary += (_(": a nonsense path gets the same answer") if is_same else "") + known_wrong(case) + retirement(case)
    confidence = Confidence.HIGH if is_same else Confidence.MEDIUM if code != "route-unknown" else Confidence.LOW
    return diagnosis(
        code, Outcome.NOT_FOUND, summary, instead_of(case), confidence, *WORDS, *(["control.bogus_route"] if is_same else [])
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
            "{id} is the id of {kind}: ask for it at {right}", id=foreign[0], kind=_(kind), right=route.replace("{id}", foreign[0])
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
        *WORDS,
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
        *WORDS,
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
        "not-found-unclear", Outcome.NOT_FOUND, summary, hint, Confidence.LOW, *WORDS, *(["control.bogus_route"] if same else [])
    )


PATHS = (apim_route, doubled_openai, missing_openai, wrong_method)
"""What the words say and the path shows; asked before the api-version is doubted."""
RULES = (unknown_route, operation_unsupported, unclear_404)
