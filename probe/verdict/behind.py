"""Family behind: a gateway answers for itself, or passes on what the service behind it said to the gateway, not to the caller."""

from __future__ import annotations

import re

from probe.facts.answerers import GATEWAYS, VENDORS
from probe.facts.hosts import vendor_host
from probe.model import Confidence, Control, CredentialKind, Diagnosis, Outcome, Role
from probe.verdict.answered import is_head
from probe.verdict.auth import NO_TOKEN, wrong_form
from probe.verdict.case import Case
from probe.verdict.cause import WORDS, Cause, fitting_cause
from probe.verdict.compare import mentions, same_answer, says_route_unknown
from probe.verdict.jobs import MODERATION, NOT_READY
from probe.verdict.limits import CAUSES as LIMITS
from probe.verdict.refusals import CAUSES as REFUSALS
from probe.verdict.refusals import DENIED, KEY_CODES
from probe.verdict.versions import VERSION_CAUSES

_ADMINS = (
    r"only (the )?(proxy |team |org\w* )?admin|(proxy |master )?admins? only|admin-only|restricted to (proxy )?admin"
    r"|(requires?|needs?) (an? )?(proxy )?(admin|master)[ _-]?(key|role|right|privilege|access|permission|token)?"
    r"|not (an?|a proxy) admin|admin (role|privileges?|access|permissions?|rights) (is |are )?(required|needed)"
    r"|master key (only|is required|required)|only (be )?(available|accessible|allowed) (to|for) (proxy )?admin"
)
_FETCH = (
    r"(domain|host\w*|url|origin|uri)s?\b.{0,60}\b(not|isn't|is not)\b.{0,20}\b(in|on|allowed|permitted"
    r"|part of)?.{0,12}(white|allow)(ed)?[ -]?(list)?"
    r"|(white|allow)[ -]?list\b.{0,60}(domain|host|url)|\bssrf\b|request blocked: |private (ip|address"
    r"|network).{0,40}(not allowed|blocked|denied)"
    r"|(fetch|download|proxy)\w* .{0,40}(blocked|denied|forbidden|not allowed) (by|from|to)"
)
_CALLERS_ADDRESS = (
    r"your (ip|address)|client (ip|address)|(?<!private )ip address .{0,60}(not allowed|not authorized)|public access"
)
_NO_KEY_OF_ITS_OWN = (
    r"api.?key provided: '?(none|null|undefined|nil|empty)?'?(\.|,|\s|$)|api_key client option must be set"
    r"|missing credentials\. please pass"
    r"|(openai|azure|anthropic|upstream|provider|channel)\w*[ _]?(api)?[ _]?key (is )?(not (set|configured|found"
    r"|provided)|missing|empty)"
    r"|(no|missing) (upstream|provider|channel|backend|server-side) (api.?)?(key|credential|token)s?"
    r"|no keys? found (for provider|that support)"  # Bifrost
)
_SETTING = (
    r"defaultazurecredential|credentialunavailable|(failed|unable) to (acquire|retrieve|obtain|get) (an? |the )?(\w+ ){0,3}token|"
    r"(setting|environment variable|env var|\benv\b|config\w*|credential|secret|identity|connection string"
    r"|api[_ ]?base|base[_ ]?url|endpoint"
    r"|\w+_(key|url|base|settings?|endpoint|token|region|bucket|id|version)|api.?key|bucket|database"
    r"|named value|provider)s?\b.{0,60}"
    r"\b(not|n't|never|un)[ -]?(been |fully |properly |correctly )?(set|configured|defined|found|provided"
    r"|initiali[sz]ed|connected|specified|available|enabled|stored)"
    r"|(missing|no|without|lacks?|unset|undefined) (an? |the |any |required )?(\w+ )?(setting|environment variable"
    r"|credential|secret|config\w*"
    r"|api.?key|connection string|base.?url|managed identity|(connected )?db|database|bucket)\b"
    r"|must (be )?set (the )?\w+|please (set|configure)|is required (for|in) .{0,40}(config|azure|vertex|bedrock)"
    r"|keyerror: '?[a-z_]*(key|url|token)"
    r"|set it (on|in) your"
)
_CHANNEL = (
    r"no (available|healthy|usable|valid|enabled) (channel|deployment|provider|backend|endpoint|upstream|account|node|key)s?\b"
    r"|no (channel|deployment|provider|endpoint)s? (is |are )?(available|found|configured|healthy)"
    r"|not find any (channel|deployment)"
    r"|all (channel|deployment|provider)s? .{0,40}(down|failed|cooldown|exhausted|disabled)|no endpoints? found"
)
_RESTRICTED = (
    r"(key|token|team|user|org\w*|project) (is )?not allowed (to )?(access|call|use)|this (key|token) can only (access|call|use)"
    r"|not allowed to (access|call|use) (this |the )?(route|model|endpoint|group)|can only access (models|routes)"
    r"|(key|token) (does ?n[o']t|not) have access to (the )?(model|group|route)|virtual key is (not|blocked"
    r"|disabled)|\bkey is blocked"
    r"|no permission to (access|use) (this |the )?(group|channel|model)|no api ?product match"  # Apigee
    r"|access to this api has been disallowed"  # Tyk
)
_BUDGET = (
    r"budget_?exceeded|budget has been exceeded|exceeded.{0,20}budget|over budget|max_?budget"
    r"|(key|usage) limit (exceeded|reached)|budget exhausted"
)
_CALL_FAILED = (
    r"upstream (connect|request|service|server|error|timeout|response|fetch|unavailable)|no healthy upstream|api_?connection_?error"
    r"|(connect|connection) (to .{0,60} )?(refused|reset|failed|timed? ?out|error)|cannot connect to host"
    r"|getaddrinfo|dial tcp|no such host"
    r"|name or service not known|temporary failure in name resolution|context deadline exceeded|validation errors? for"
    r"|(failed|unable|error|could not) (to )?(fetch|fetching|download|downloading|retriev\w+|proxy|proxying|reach"
    r"|connect|forward|get|request)\w*\b"
    r".{0,60}(upstream|video|content|file|backend|provider|origin|url)|bad response|do request failed|provider returned error"
    r"|max retries exceeded|econnrefused|enotfound|etimedout|econnreset"
)
_NO_ROUTE = (
    r"^(404 )?(page )?not.?found[.!]?$|^404$|^not_?found not found$|^(404 )?resource not found[.!]?$"
    r"|^no such route|method not allowed"
)
_KEEP_KEYS = ("litellm", "new-api", "bifrost")
"""Gateways that hold the vendors' keys: what a vendor says of a key there is about theirs, never about the caller's."""
_MODEL_WORDS = (
    r"deploymentnotfound|api deployment .{0,80}does ?n[o']t exist|deployment .{0,80}not found|model_not_found"
    r"|the model .{0,80}(does ?n[o']t exist|not found)|unknown.model|invalid model name"
)


def admins_only(case: Case) -> Diagnosis | None:
    """The gateway reserves the route for its admins: the key was accepted but is not an admin's."""
    if case.is_at_vendor or case.status not in (400, *DENIED) or not case.says(_ADMINS):
        return None
    return case.found("gateway-admins-only", *WORDS, confidence=_sure(case))


def fetch_blocked(case: Case) -> Diagnosis | None:
    """The gateway's own allow list forbids it to fetch the artefact from where it lies."""
    if case.is_at_vendor or not _is_error(case) or not case.says(_FETCH) or case.says(_CALLERS_ADDRESS) or case.is_page:
        return None
    return case.found("gateway-fetch-blocked", *WORDS, confidence=_sure(case))


def key_restricted(case: Case) -> Diagnosis | None:
    """The gateway knows the key and does not allow it this model, route or group."""
    if case.is_at_vendor or case.inner or case.status not in (400, 403, 401) or not case.says(_RESTRICTED):
        return None
    code = "model-access-missing" if case.says("model") else "openai-permission-missing" if case.says("route") else ""
    return case.found(code or "gateway-key-restricted", *WORDS, variant="gateway" if code else "", confidence=_sure(case))


def budget_used(case: Case) -> Diagnosis | None:
    """The gateway's own budget for this key, user or team."""
    if case.is_at_vendor or case.inner or not _is_error(case) or not case.says(_BUDGET):
        return None
    return case.found("spend-limit", *WORDS, variant="gateway", confidence=_sure(case))


def no_channel(case: Case) -> Diagnosis | None:
    """The gateway has no backend for this request."""
    if case.is_at_vendor or not _is_error(case) or not case.response or not case.response.error_shape or not case.says(_CHANNEL):
        return None
    is_models = case.says(r"channel for model|渠道")
    code, variant = ("model-unknown", "gateway") if is_models else ("gateway-has-no-channel", "")
    return case.found(code, *WORDS, variant=variant, confidence=_sure(case))


def credential_missing(case: Case) -> Diagnosis | None:
    """The key that is missing is the gateway's own for the service behind it, as the words or this scan show."""
    if not _is_error(case) or case.is_at_vendor or not case.says(_NO_KEY_OF_ITS_OWN):
        return None
    if case.probe.auth.value == "none" and not case.inner and case.status in DENIED:
        return None
    variant = "unnamed-id" if case.ids and case.says(r"client option must be set|please pass") else ""
    return case.found("upstream-credential-missing", *WORDS, variant=variant, confidence=_sure(case))


def wrapped_refusal(case: Case) -> Diagnosis | None:
    """A refusal that the gateway wrapped was spoken to the gateway: its key, its role, its network."""
    if case.inner is None or _is_about_the_artefact(case):
        return None
    said = _key_refusal(case)
    if (case.status not in DENIED and said is None) or _is_callers(case):
        return None
    if said is None:
        return case.found("upstream-denied", *WORDS, confidence=_sure(case))
    is_missing = said.code == "credential-missing" or case.says(_NO_KEY_OF_ITS_OWN)
    code = "upstream-credential-missing" if is_missing else "upstream-credential-wrong"
    return case.found(code, *WORDS, confidence=_sure(case))


def contradicted_refusal(case: Case) -> Diagnosis | None:
    """The same credential got a 2xx of this target: then it is not the credential that is wrong, whatever the words say."""
    said = _key_refusal(case)
    is_managements_own = case.response is not None and case.response.error_shape == "apim"
    if said is not None and is_managements_own and said.code == "apim-key-missing":
        return None  # each API of an API Management may want a key in a header of its own
    if said is None and (named := fitting_cause(REFUSALS, case)) is not None and named.code == "wrong-host":
        said = named  # nor can the host be wrong that took the credential elsewhere
    # a token is wanted here, whatever the key is good for elsewhere
    is_other_kind = case.probe.auth.kind is CredentialKind.KEY and case.says(NO_TOKEN)
    if said is None or is_other_kind or wrong_form(case) is not None:
        return None
    is_failure = case.status >= 500 and not case.is_at_vendor
    is_passed_on = case.answered_by in _KEEP_KEYS and said.code in ("azure-key-wrong", "openai-key-wrong")
    if not (case.scan.took_credential(case) or is_failure or is_passed_on):
        return None
    cites = (*WORDS, "evidence.observations")
    if case.is_at_vendor or is_managements_own or case.says(r"\bx-[\w-]*(key|token)\b"):
        return case.found("route-refuses-credential", *cites, confidence=Confidence.MEDIUM)
    codes = {"credential-missing": "upstream-credential-missing", "wrong-host": "upstream-denied"}
    code = codes.get(said.code, "upstream-credential-wrong")
    sure = Confidence.MEDIUM if _is_gateways_own_word(case) else _sure(case)
    return case.found(code, *cites, confidence=sure)


def behind_api_management(case: Case) -> Diagnosis | None:
    """Azure's own refusal at a customer's API Management: the identity that lacks the role or key is the gateway's."""
    if case.status not in DENIED or case.response is None or case.response.error_shape not in ("azure", "flat"):
        return None
    if not vendor_host(case.host).endswith(".azure-api.net") and "customer-apim" not in case.scan.answerers_of(case.target.name):
        return None
    if case.says(r"principal|data action|access token is missing|audience|checkaccess"):
        return case.found("upstream-denied", *WORDS, confidence=Confidence.MEDIUM)
    if case.says(r"wrong api endpoint") and (case.scan.took_credential(case) or case.target.name in case.scan.keepers):
        return case.found("upstream-credential-wrong", *WORDS, confidence=Confidence.MEDIUM)
    return None


def wrapped_limit(case: Case) -> Diagnosis | None:
    """A limit of the account with which the gateway calls the service behind it."""
    is_passed_on = case.is_by_gateway and case.says(r"check your plan and billing|billing_hard_limit|account is not active")
    if not (case.inner or is_passed_on) or case.is_at_vendor:
        return None
    if case.status == 429 or fitting_cause(LIMITS, case) is not None:
        return case.found("upstream-limit", *WORDS, confidence=_sure(case))
    return None


def wrapped_route(case: Case) -> Diagnosis | None:
    """A router's 404 that the gateway wrapped: the service behind lacks the route."""
    if case.inner is None or case.status not in (404, 405, 501) or case.response is None:
        return None
    words = case.inner.message.strip().lower()
    is_routers = not words or mentions(_NO_ROUTE, words) or says_route_unknown(case.inner_response)
    if not is_routers:
        return None
    if not words and case.ids and case.scan.knows(case, case.ids[-1]):
        return case.found("content-not-here", *WORDS, variant="gateway", confidence=Confidence.MEDIUM, id=case.ids[-1])
    whole = "yes" if is_list_alike(case) else None
    return case.found("upstream-route-unknown", *WORDS, confidence=_sure(case), whole=whole)


def list_alike(case: Case) -> Diagnosis | None:
    """A list that is not found, or an item whose list gets the same answer: the id is not at fault."""
    if (
        case.status != 404
        or is_head(case)
        or case.is_at_vendor
        or case.answered_by in VENDORS
        or case.is_route_404
        or case.response is None
        or case.scan.knows_any(case)
    ):
        return None
    nonsense = case.control(Control.BOGUS_ROUTE)
    if nonsense is None or same_answer(case.response, nonsense):
        return None
    is_list = case.probe.role is Role.LIST and not case.ids
    if not is_list and not is_list_alike(case):
        return None
    return case.found("upstream-route-unknown", *WORDS, "control.bogus_route", confidence=Confidence.MEDIUM, whole="yes")


def wrapped_model(case: Case) -> Diagnosis | None:
    """The gateway's configuration names a model, deployment or api-version that is not there."""
    if case.inner is None or case.status not in (400, 404):
        return None
    if fitting_cause(VERSION_CAUSES, case) is not None:  # the caller's own version never reaches the service behind
        return case.found("upstream-model-unknown", *WORDS, variant="version", confidence=_sure(case))
    if not case.says(_MODEL_WORDS):
        return None
    return case.found("upstream-model-unknown", *WORDS, confidence=_sure(case))


def setting_missing(case: Case) -> Diagnosis | None:
    """A 5xx that names what the operator forgot to set will not pass by waiting."""
    is_failure = case.status >= 500 or (case.response is not None and case.response.status_code >= 500)
    is_failure = is_failure or (case.is_by_gateway and _is_error(case) and case.says(r"\bdb\b|database"))
    if case.is_at_vendor or not is_failure or case.is_page or not case.says(_SETTING) or case.says(MODERATION):
        return None
    outcome = Outcome.DENIED if case.status in DENIED else None
    return case.found("gateway-setting-missing", *WORDS, confidence=_sure(case), outcome=outcome)


def call_failed(case: Case) -> Diagnosis | None:
    """The gateway says that its call to the service behind it failed."""
    is_dependency = case.status == 424  # RFC 4918, 11.4: what the request depends on failed
    is_failure = case.status >= 500 or is_dependency or (case.inner is not None and case.inner.status is None)
    if case.is_at_vendor or not is_failure or case.status == 501 or not case.response:
        return None
    if not case.response.error_shape and not case.is_by_gateway:
        return None
    if _is_about_the_artefact(case):
        return None
    if not case.says(_CALL_FAILED) and not is_dependency and not (case.inner and case.status >= 500):
        return None
    is_status = re.search(r"'status(_code)?': '?(401|403)", case.text)
    if is_status:
        return case.found("upstream-credential-wrong", *WORDS, confidence=Confidence.MEDIUM)
    return case.found("upstream-failed", *WORDS, confidence=_sure(case))


def _sure(case: Case) -> Confidence:
    """How sure words alone are: they are a gateway's own only where it marked the answer, by what it sends or by how it wraps."""
    return Confidence.HIGH if case.answered_by in GATEWAYS or case.inner is not None else Confidence.MEDIUM


def _key_refusal(case: Case) -> Cause | None:
    """The words by which a key is refused, under whatever status they are passed on; None where others fit better."""
    if not _is_error(case) or case.is_route_404:
        return None
    said = fitting_cause(REFUSALS, case)
    if said is not None:
        return said if said.code in KEY_CODES else None
    is_odd = case.status >= 500 or (case.inner is not None and case.inner.status is None)
    return next((one for one in REFUSALS if is_odd and one.code in KEY_CODES and not one.shape and case.says(one.pattern)), None)


def speaks_of_credentials(case: Case) -> bool:
    """Whether an answer is one that may be about a credential, the caller's or a gateway's own."""
    is_refusal = case.status in DENIED or case.status >= 500 or case.inner is not None
    return is_refusal or fitting_cause(REFUSALS, case) is not None or case.says(_NO_KEY_OF_ITS_OWN)


def _is_error(case: Case) -> bool:
    return case.response is not None and not case.is_ok and case.status >= 400


def _is_about_the_artefact(case: Case) -> bool:
    return case.says(NOT_READY) or case.says(MODERATION)


def _is_callers(case: Case) -> bool:
    """Whether the wrapped words are the gateway's own about its caller, wrapped by a gateway in front of it or by an SDK."""
    return _is_gateways_own_word(case) and not case.scan.took_credential(case)


def _is_gateways_own_word(case: Case) -> bool:
    """Whether the words are those of a gateway about the keys that it gives out itself."""
    return case.says(r"virtual key|proxy server token|litellm_verificationtoken|无效的令牌|未提供令牌|令牌")


def is_list_alike(case: Case) -> bool:
    """Whether the list in which a case's thing would stand got the same error."""
    above = case.scan.collection(case)
    return bool(
        above and above.response and case.response and above.status == case.status and same_answer(case.response, above.response)
    )


RULES = (
    admins_only,
    fetch_blocked,
    budget_used,
    no_channel,
    credential_missing,
    wrapped_limit,
    wrapped_refusal,
    behind_api_management,
    contradicted_refusal,
    key_restricted,
    wrapped_route,
    wrapped_model,
    setting_missing,
    call_failed,
)
