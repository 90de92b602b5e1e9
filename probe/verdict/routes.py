"""Family routes: the router does not know the operation, or not at this api-version, or not by this method."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.facts.hosts import vendor_host
from probe.model import Confidence, Control, Diagnosis, Standing
from probe.providers import provider
from probe.verdict.answered import is_head
from probe.verdict.case import Case
from probe.verdict.cause import WORDS
from probe.verdict.compare import is_ok, same_answer, says_route_unknown
from probe.verdict.ends import retirement
from probe.verdict.ids import family, foreign_id
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
    return case.found("doubled-openai", "request.url", "response.error_message", part=found.group(0))


def missing_openai(case: Case) -> Diagnosis | None:
    """A path of Azure without its `/openai` on one of Azure's own hosts."""
    is_at_azure = owns("azure", case.host) or case.scan.is_target_good(case.target.name)
    if not (case.is_azure and case.is_route_404 and is_at_azure) or vendor_host(case.host).endswith("azure-api.net"):
        return None
    if not re.match(r"/(v1|deployments|files|batches|videos?|containers|fine_tuning|images|models(?!/\w+/))(/|$)", case.path):
        return None
    return case.found("missing-openai", "request.url", "response.error_message")


@lru_cache(maxsize=256)
def owns(name: str, host: str) -> bool:
    """Whether a host is one of a provider's own."""
    return provider(name).owns(vendor_host(host))


def unknown_route(case: Case) -> Diagnosis | None:
    """The router does not know the operation: a made-up path gets the very same answer, or the words are a vendor's own."""
    if not case.is_route_404 or (case.status == 405 and not case.is_like(Control.BOGUS_ROUTE)):
        return None
    is_same = case.is_like(Control.BOGUS_ROUTE)
    code = _route_code(case)
    premise = has_premise(case) if code == "route-unknown" and is_same else None
    if premise is False and not is_routers_word(case) and case.scan.knows(case, case.ids[-1]):
        return case.found("content-not-here", *WORDS, "evidence.observations", confidence=Confidence.MEDIUM, id=case.ids[-1])
    if premise is False and not is_routers_word(case):
        cites = (*WORDS, "control.bogus_route", "control.bogus_id")
        return case.found("route-or-id-unknown", *cites, confidence=Confidence.MEDIUM, id=case.ids[-1], more=retirement(case))
    is_sure = is_same and (premise is True or code != "route-unknown" or is_routers_word(case))
    variant, right = instead_of(case)
    if not variant and case.answered_by in ("kong", "envoy", "apisix", "tyk", "aws-api-gateway", "cloudflare-ai-gateway"):
        variant = "gateway"
    return case.found(
        code,
        *WORDS,
        *(["control.bogus_route"] if is_same else []),
        variant=variant,
        confidence=Confidence.HIGH if is_sure else Confidence.MEDIUM if is_same or code != "route-unknown" else Confidence.LOW,
        at_version=case.probe.api_version,
        made_up_path="yes" if is_same else None,
        page=case.response.title if case.response and case.response.sniffed_type == "text/html" else None,
        more=known_wrong(case) | retirement(case) | right,
    )


def is_routers_word(case: Case) -> bool:
    """Whether the words are a router's own, never used about an object."""
    return case.response is not None and says_route_unknown(case.response)


def has_premise(case: Case) -> bool | None:
    """Whether an unknown id is known to look different from an unknown path at this target; None where nothing shows it.

    Without that the answer to a made-up path says nothing about the route: some services give both the same. A request without
    an id needs no such premise.
    """
    if not case.ids:
        return True
    listed = case.control(Control.LISTED_ID)
    if listed is not None and case.response is not None and same_answer(case.response, listed):
        return True
    return case.scan.tells_ids_apart(case.target.name)


def _route_code(case: Case) -> str:
    if case.answered_by == "customer-apim" and case.response and case.response.error_shape == "apim":
        return "apim-route-unknown"
    if case.says(r"invalid url \(|unknown_url|unknown request url"):
        return "openai-route-unknown"
    return "azure-route-unknown" if case.is_azure and case.says(r"resource not found") else "route-unknown"


def instead_of(case: Case) -> tuple[str, dict[str, object]]:
    """What to ask for instead, as a variant and its values: the catalogue's right route, or the one for this id's family."""
    if case.endpoint and (right := case.scan.endpoints.get(case.endpoint.instead or "")):
        return "right", {"right": f"{right.method} {right.path}"}
    if foreign := foreign_id(case):
        kind, route = family(foreign[0], foreign[1])
        return "family", {"id": foreign[0], "kind": kind, "right": route}
    if _DEPLOYMENT.search(case.path):
        return "deployment", {}
    is_doubted = case.endpoint is not None and case.endpoint.standing is not Standing.DOCUMENTED
    if case.endpoint and is_doubted and (documented := case.scan.documented.get((case.endpoint.artefact, case.endpoint.provider))):
        return "right", {"right": f"{documented.method} {documented.path}"}
    return "", {}


def apim_route(case: Case) -> Diagnosis | None:
    """The customer's own API Management lacks the operation; it answers in its own shape."""
    if (
        case.status != 404
        or case.response is None
        or case.response.error_shape != "apim"
        or case.answered_by != "customer-apim"
        or not case.says(r"resource not found|operation|^404 not found$")
    ):
        return None
    return case.found("apim-route-unknown", *WORDS)


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
    variant, right = instead_of(case) if case.probe.method == "GET" else ("get", {})
    cites = ("response.status_code", "response.error_message")
    return case.found("method-not-allowed", *cites, variant=variant, allowed=case.header("allow"), more=right)


def operation_unsupported(case: Case) -> Diagnosis | None:
    """The model behind the deployment cannot do this operation."""
    if case.status not in (400, 404) or not case.says(
        r"operationnotsupported|operation does not work with the specified model|operation .{0,60}not supported"
    ):
        return None
    return case.found("operation-not-supported", *WORDS)


def unclear_404(case: Case) -> Diagnosis | None:
    """A 404 that neither words nor controls explain."""
    if case.status != 404 or is_head(case):
        return None
    nonsense = case.control(Control.BOGUS_ROUTE)
    same = nonsense is not None and case.response is not None and same_answer(case.response, nonsense)
    variant = "listed" if is_ok(case.control(Control.MODELS)) else ""
    cites = (*WORDS, *(["control.bogus_route"] if same else []))
    return case.found("not-found-unclear", *cites, variant=variant, confidence=Confidence.LOW)


PATHS = (apim_route, doubled_openai, missing_openai, wrong_method)
"""What the words say and the path shows; asked before the api-version is doubted."""
RULES = (unknown_route, operation_unsupported, unclear_404)
