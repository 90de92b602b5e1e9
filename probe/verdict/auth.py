"""Family auth: 401, 403 and their like: which credential, header or role is at fault, and whose gateway says so."""

from __future__ import annotations

import re

from probe.model import AuthForm, Confidence, Control, CredentialKind, Diagnosis, Outcome, Purpose
from probe.verdict.case import HEADERS, Case, ScanFacts
from probe.verdict.cause import WORDS, fitting_cause
from probe.verdict.refusals import CAUSES, DENIED, KEY_CODES, NO_SUBSCRIPTION, NO_TOKEN_OF_OURS, OPENAI_KEY
from probe.verdict.server import is_bare_401, is_by_http_sys

REFUSED = (400, 401, 403, 404)
_LACKING = (
    r"lacks the required data action|does ?n[o']t have (access|authori[sz]ation|permission)s? to"
    r"|principal .{0,80}(lacks|not have)|data ?action|rbac"
)
_ROLE_WORDS = r"principal|data action|microsoft\.cognitiveservices|role|object id|api/operation|permission ?denied"
NO_TOKEN = r"(token|jwt) (is )?(missing|not present|required|not in the form|malformed)"
_OPENAIS = r"incorrect api key|platform\.openai\.com|" + NO_TOKEN_OF_OURS
"""OpenAI's own words about a key, which its clones seldom copy whole."""
_KEY_HEADER = re.compile(
    r"(?<![\w-])(?:x-[\w-]{0,30}(?:key|token)|ocp-apim-subscription-key"
    r"|(?<!invalid )(?<!incorrect )(?<!wrong )api-key(?! provided)|apikey(?= header)|subscription-key)(?![\w-])"
)
"""Headers that carry keys, as refusals name them; they follow no standard (HTTP's own is Authorization)."""
_DEFAULT_HEADER = r"(no|missing) api key (found )?in request"
"""Kong's and APISIX's key-auth, whose header is `apikey` unless the operator chose another."""
_OPERATION = re.compile(r"\b(?:get|post|head|put|delete) (/\S+?)'?(?: operation|[\s.,;]|$)", re.IGNORECASE)


def variable(case: Case) -> str:
    """The environment variable that holds the credential of this probe; the form of its header where no variable does."""
    held = (one.variable for one in case.target.credentials if one.kind is case.probe.auth.kind)
    return next(held, HEADERS[case.probe.auth])


def wrong_form(case: Case) -> Diagnosis | None:
    """Another auth form with the same credential is accepted: the key is right and its header is wrong."""
    if case.probe.auth is AuthForm.NONE or not (case.status == 401 or (case.status == 403 and fitting_cause(CAUSES, case) is None)):
        return None
    others = (one for one in case.scan.auth_probes.get(case.target.name, ()) if one.probe.auth is not case.probe.auth)
    accepted = next((one for one in others if one.response is not None and _is_accepted(one)), None)
    if accepted is None or accepted.probe.auth.kind is not case.probe.auth.kind:
        return None
    right = HEADERS[accepted.probe.auth]
    if accepted.probe.auth is AuthForm.APIM and case.says(NO_SUBSCRIPTION):
        return case.found("apim-key-missing", *WORDS, variant="accepted", right=right)
    cites = ("response.status_code", "auth." + accepted.probe.auth.value)
    return case.found("key-in-wrong-header", *cites, right=right)


def _is_accepted(case: Case) -> bool:
    """Whether an answer proves that the credential was taken; a refusal or an overloaded or broken server proves nothing."""
    return case.status not in (0, 401, 403, 407, 408, 429) and case.status < 500


def reached_wrong_host(case: Case) -> Diagnosis | None:
    """OpenAI's words in an answer to an Azure target, or Azure's things asked at OpenAI: the request went to the wrong host.

    What counts is the host that answered, not the provider that the user named: a private host may belong to any provider.
    """
    if case.is_ok or case.response is None or _is_served(case):
        return None
    at_openai = case.host == "api.openai.com" or case.host.endswith(".api.openai.com")
    speaks_openai = case.says(OPENAI_KEY) and case.says(r"platform\.openai\.com|api\.openai\.com")
    if case.is_azure and (at_openai or (speaks_openai and not case.is_by_gateway and not case.scan.took_credential(case))):
        return _wrong_host(case, "openai")
    if case.target.provider == "openai" and case.says(r"unsupported openai-version"):
        return _wrong_host(case, "azure-version")
    if case.status not in REFUSED or not (at_openai or _answers_as_openai(case)):
        return None
    if foreign := next((one for one in case.ids if one.startswith(("gen_", "task_"))), None):
        return _wrong_host(case, "azure-id" if at_openai else "azure-id-elsewhere", foreign)
    return None if not at_openai else _wrong_host(case, "azure-path") if "/openai/" in case.path + "/" else None


def _answers_as_openai(case: Case) -> bool:
    """Whether a host that is not OpenAI's own answers in OpenAI's words, and no gateway that passes them on shows itself."""
    is_openais = case.says(r"invalid url \(|unknown_url|unknown request url")
    return case.target.provider == "openai" and is_openais and not case.is_by_gateway and not case.scan.knows_any(case)


def _is_served(case: Case) -> bool:
    """Whether this target gave a good answer about the last id of the request, or one that names it."""
    return any(case.scan.knows(case, one) for one in case.ids[-1:])


def _wrong_host(case: Case, variant: str, foreign: str | None = None) -> Diagnosis:
    outcome = Outcome.DENIED if case.status in DENIED else Outcome.NOT_FOUND
    sure = Confidence.MEDIUM if variant == "azure-id-elsewhere" else Confidence.HIGH
    cites = ("response.error_message", "request.url")
    return case.found("wrong-host", *cites, variant=variant, confidence=sure, outcome=outcome, id=foreign)


def misdirected(case: Case) -> Diagnosis | None:
    """421, or the page with which Windows' HTTP.sys refuses a request by its host name: the server does not serve it."""
    if case.status != 421 and not is_by_http_sys(case):
        return None
    return case.found("wrong-host", variant="misdirected", outcome=Outcome.NOT_FOUND, confidence=Confidence.MEDIUM)


def foreign_key(case: Case) -> Diagnosis | None:
    """The key's form, its variable's name, or another target that accepts it shows that it is one of the other provider."""
    refusal = OPENAI_KEY + "|subscription key|" + NO_TOKEN_OF_OURS
    if case.status != 401 or case.probe.auth is AuthForm.NONE or not case.says(refusal) or case.scan.took_credential(case):
        return None
    name, looks_like = variable(case), _looks_like(case)
    accepted = case.scan.accepting.get(name, set()) - {case.target.provider}
    is_foreign = looks_like not in ("", case.target.provider)
    if not accepted and not is_foreign and not (_looks_like_openais(name) if case.is_azure else _looks_like_azures(case, name)):
        return None
    owner = "OpenAI" if case.is_azure else "Azure"
    return case.found(
        "key-of-other-provider",
        "response.error_message",
        "target.credentials",
        confidence=Confidence.HIGH if accepted or is_foreign else Confidence.MEDIUM,
        variable=name,
        provider=owner,
    )


def _looks_like(case: Case) -> str:
    """The provider whose key format the credential has, as the scan noted it without keeping the key; "" when none tells."""
    return next((one.looks_like for one in case.target.credentials if one.variable == variable(case)), "")


def _looks_like_openais(name: str) -> bool:
    """Whether the variable is the one that OpenAI's SDK reads."""
    return "OPENAI" in name.upper() and "AZURE" not in name.upper()


def _looks_like_azures(case: Case, name: str) -> bool:
    """Whether a key or token refused by OpenAI is Azure's: OpenAI's own begin with `sk-`, as its message shows them half masked."""
    echoed = r"provided: '?(?!sk-|none|redacted|\*|')[\w-]{2,}\*+"
    return "AZURE" in name.upper() or case.probe.auth is AuthForm.ENTRA or case.says(NO_TOKEN_OF_OURS) or case.says(echoed)


def regional_host(case: Case) -> Diagnosis | None:
    """A key refused by a regional host: only keys of resources in that region are known there."""
    found = re.fullmatch(r"([a-z0-9]+)\.api\.cognitive\.\S+", case.host) if case.status == 401 else None
    if found is None or not case.says("subscription key"):
        return None
    cites = ("response.error_message", "request.url")
    return case.found("azure-key-of-other-region", *cites, confidence=Confidence.MEDIUM, region=found.group(1))


def role_missing(case: Case) -> Diagnosis | None:
    """Entra token valid, data action not granted; the message names the operation that the route was matched to."""
    is_role = case.says(_LACKING) and case.says(_ROLE_WORDS) and not case.says("checkaccess")
    if case.status not in DENIED or not is_role:
        return None
    found = _OPERATION.search(case.response.error_message or "") if case.response else None
    operation = found.group(1).strip("`'\"") if found else None
    return case.found("azure-role-missing", "response.status_code", "response.error_message", operation=operation)


def header_named(scan: ScanFacts, case: Case) -> str | None:
    """The header in which the service wants the key, where it names one that this scan did not send: by refusal or description."""
    sent = {HEADERS[one].partition(":")[0].lower() for one in scan.sent_forms.get(case.target.name, ())}
    told = f"{case.header('www-authenticate')} {case.text}".lower()
    named = [found.group(0) for found in _KEY_HEADER.finditer(told)]
    named += ["apikey"] if re.search(_DEFAULT_HEADER, told) else []
    if "authorization" in told.replace("www-authenticate", "") and re.search(r"authorization['\"]?:? ?bearer", told):
        named = []
    if re.search(r"authorization: key |\bkey <", told) and case.probe.auth is not AuthForm.KEY_SCHEME:
        named.append("Authorization: Key")
    described = scan.controls.get((case.target.name, case.surface, Control.DESCRIPTION))
    for value in described.values if described else ():
        if value.path.endswith(".name") and ("securitySchemes" in value.path or "securityDefinitions" in value.path):
            named.append(value.value)
    own = HEADERS[case.probe.auth].partition(":")[0].lower()
    fitting = [one for one in named if one.lower() != own]
    return next((one for one in fitting if one.lower() not in sent), next(iter(fitting), None))


def other_header(case: Case) -> Diagnosis | None:
    """The service names the header in which it wants the key, and the key was sent in another one."""
    if case.status not in DENIED or case.probe.auth is AuthForm.NONE or case.is_at_vendor or not case.is_at_home:
        return None
    if re.match(r"basic\b", case.header("www-authenticate"), re.IGNORECASE):
        code = "page-denies" if case.is_page else "key-in-wrong-header"
        return case.found(code, "response.headers.www-authenticate", variant="basic", confidence=Confidence.MEDIUM)
    named = header_named(case.scan, case)
    # each API of an API Management may have a header of its own
    is_of_one_api = case.response is not None and case.response.error_shape == "apim"
    if named is None or (case.scan.took_credential(case) and not is_of_one_api):
        return None
    described = case.scan.controls.get((case.target.name, case.surface, Control.DESCRIPTION))
    cites = ("response.headers.www-authenticate", "response.error_message", *(("control.description",) if described else ()))
    return case.found("key-in-wrong-header", *cites, variant="named", confidence=Confidence.MEDIUM, right=as_sent(named))


def as_sent(named: str) -> str:
    """A header that a service names, as it carries a key: `X-Api-Key: KEY`, `Authorization: Key KEY`."""
    return f"{_spelt(named)} KEY" if ":" in named else f"{_spelt(named)}: KEY"


def _spelt(name: str) -> str:
    """A header as one types it: `X-API-Key`; a scheme of Authorization stays as it is."""
    return name if ":" in name or name != name.lower() else "-".join(part.capitalize() for part in name.split("-"))


def led_away(case: Case) -> Diagnosis | None:
    """A link leads to another origin, which wants a credential: none was sent there, for it was given for the target alone."""
    is_away = case.probe.purpose is Purpose.LINK and not case.is_at_home and _was_sent_none(case)
    cause = fitting_cause(CAUSES, case)
    if not is_away or case.is_page or not (case.status == 401 or (cause is not None and cause.code in KEY_CODES)):
        return None
    return case.found("credential-missing", *WORDS, "request.url", variant="link", heard=case.message, target=case.called)


def telling_words(case: Case) -> Diagnosis | None:
    """The server says what is wrong with the credential."""
    cause = None if case.is_route_404 else fitting_cause(CAUSES, case)
    if cause is None or (cause.code == "key-wrong" and case.probe.auth is AuthForm.NONE):
        return None
    if cause.code == "azure-key-wrong" and not (case.is_azure or case.is_at_vendor):
        return case.found(cause.code, *WORDS, variant="elsewhere", confidence=Confidence.MEDIUM)
    if case.is_pasted:
        variant = "asked" if cause.code == "credential-missing" else cause.variant
        return case.found(cause.code, *WORDS, variant=variant, confidence=cause.confidence)
    if cause.code == "openai-key-wrong" and not (case.is_at_vendor or case.says(_OPENAIS)):
        return case.found("key-wrong", *WORDS)  # others have taken OpenAI's code for their own keys
    if cause.code.endswith("-key-wrong") and _was_sent_none(case):
        return case.found("credential-missing")
    if cause.code == "credential-missing" and case.probe.auth not in (AuthForm.NONE, AuthForm.BEARER, AuthForm.ENTRA):
        return case.found("key-in-wrong-header", *WORDS, variant="unseen", confidence=Confidence.MEDIUM)
    if case.is_azure and case.probe.auth is AuthForm.BEARER and case.says(r"access token is missing"):
        # a key where Azure looks for an Entra token, which it therefore misses
        right = HEADERS[AuthForm.API_KEY]
        return case.found("key-in-wrong-header", *WORDS, variant="unseen-by-azure", confidence=Confidence.MEDIUM, right=right)
    variant = cause.variant
    if cause.code == "entra-token-wrong" and _is_a_services_own(case):
        return case.found("credential-missing" if _was_sent_none(case) else "key-wrong", *WORDS)
    if cause.code == "entra-token-wrong" and case.probe.auth.kind is CredentialKind.KEY and case.says(NO_TOKEN):
        variant = "key-sent-to-azure" if case.is_azure else "key-sent"
    if cause.code == "credential-missing" and case.probe.auth is not AuthForm.NONE:
        return case.found(cause.code, *WORDS, variant="unseen", confidence=Confidence.MEDIUM, heard=case.message)
    return case.found(cause.code, *WORDS, variant=variant, confidence=cause.confidence)


def _is_a_services_own(case: Case) -> bool:
    """Whether the token of which a refusal speaks is what this service calls its keys, and none of Entra's."""
    is_entras = case.is_azure or case.probe.auth.kind is not CredentialKind.KEY
    return not is_entras and not case.says(r"audience|tenant|issuer|entra|access token is missing") and not case.says(NO_TOKEN)


def _was_sent_none(case: Case) -> bool:
    """Whether the request carried no credential, not even in a header that the user added."""
    return case.probe.auth is AuthForm.NONE and not case.target.headers


def plain_denial(case: Case) -> Diagnosis | None:
    """401, 403 or 451 without words that we know."""
    if case.status not in (*DENIED, 451):
        return None
    if (case.is_page and not is_bare_401(case)) or case.is_route_404:
        return None
    if case.status == 401 and _was_sent_none(case):
        return case.found("credential-missing")
    if case.status == 401 and case.scan.took_credential(case):
        cites = ("response.status_code", "response.error_message", "evidence.observations")
        return case.found("route-refuses-credential", *cites, confidence=Confidence.MEDIUM)
    without = case.control(Control.NO_CREDENTIAL) if case.status == 401 else None
    is_gateways = case.is_by_gateway or case.is_before_vendor
    is_read = not case.is_like(Control.NO_CREDENTIAL)
    return case.found(
        "access-denied",
        "response.status_code",
        "response.error_message",
        *(("control.no_credential",) if case.control(Control.NO_CREDENTIAL) else ()),
        variant="" if case.status == 401 else "gateway" if is_gateways else "owner",
        confidence=Confidence.MEDIUM,
        said=case.message or (case.response.title if case.response else None),
        read="yes" if without and is_read else None,
        unread="yes" if without and not is_read else None,
    )


def refused_token(case: Case) -> Diagnosis | None:
    """A 401 whose WWW-Authenticate header says that the token is invalid (RFC 6750 section 3.1)."""
    is_token = case.status == 401 and case.probe.auth is AuthForm.ENTRA
    if not is_token or "invalid_token" not in case.header("www-authenticate").lower():
        return None
    return case.found("entra-token-wrong", "response.status_code", "response.headers.www-authenticate")


def wants_token(case: Case) -> Diagnosis | None:
    """A 401 to a key whose WWW-Authenticate header names where Entra gives out tokens: a sign-in stands in front."""
    is_told = "authorization_uri" in case.header("www-authenticate").lower()
    if case.status != 401 or case.is_at_vendor or not is_told or case.probe.auth.kind is not CredentialKind.KEY:
        return None
    return case.found("entra-token-wrong", "response.headers.www-authenticate", variant="key-sent", confidence=Confidence.MEDIUM)


RULES = (
    reached_wrong_host,
    misdirected,
    wrong_form,
    other_header,
    foreign_key,
    regional_host,
    role_missing,
    led_away,
    telling_words,
    refused_token,
    wants_token,
    plain_denial,
)
