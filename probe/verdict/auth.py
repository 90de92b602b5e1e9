"""Family auth: 401, 403 and their like: which credential, header or role is at fault, and whose gateway says so."""

from __future__ import annotations

import re
from dataclasses import replace

from probe.language import _
from probe.model import AuthForm, Confidence, Control, CredentialKind, Diagnosis, Outcome
from probe.verdict.case import Case, diagnosis
from probe.verdict.cause import first, named
from probe.verdict.refusals import CAUSES, DENIED, HEADERS, NO_SUBSCRIPTION, NO_TOKEN_OF_OURS, OPENAI_KEY

_KINDS = {AuthForm.ENTRA: CredentialKind.ENTRA_TOKEN, AuthForm.STORAGE: CredentialKind.STORAGE_TOKEN}
REFUSED = (400, 401, 403, 404)
_LACKING = (
    r"lacks the required data action|does ?n[o']t have (access|authori[sz]ation|permission)s? to"
    r"|principal .{0,80}(lacks|not have)|data ?action|rbac"
)
_ROLE_WORDS = r"principal|data action|microsoft\.cognitiveservices|role|object id|api/operation|permission ?denied"
_NO_TOKEN = r"(token|jwt) (is )?(missing|not present|required)"
_OPERATION = re.compile(r"\b(?:get|post|head|put|delete) (/\S+?)'?(?: operation|[\s.,;]|$)", re.IGNORECASE)


def variable(case: Case) -> str:
    """The environment variable that holds the credential of this probe, or words for it."""
    kind = _kind(case.probe.auth)
    return next((one.variable for one in case.target.credentials if one.kind is kind), _("the credential"))


def wrong_form(case: Case) -> Diagnosis | None:
    """Another auth form with the same credential is accepted: the key is right and its header is wrong."""
    if case.probe.auth is AuthForm.NONE or not (case.status == 401 or (case.status == 403 and first(CAUSES, case) is None)):
        return None
    others = (one for one in case.scan.auth_probes.get(case.target.name, ()) if one.probe.auth is not case.probe.auth)
    accepted = next((one for one in others if one.response is not None and _is_accepted(one)), None)
    if accepted is None or _kind(accepted.probe.auth) is not _kind(case.probe.auth):
        return None
    right = HEADERS[accepted.probe.auth]
    if accepted.probe.auth is AuthForm.APIM and case.says(NO_SUBSCRIPTION):
        found = named(CAUSES, "apim-key-missing").diagnosis(case)
        return replace(found, remedy=_("send it as {right}: so it is accepted", right=right))
    return diagnosis(
        "key-in-wrong-header",
        Outcome.DENIED,
        _(
            "{target} refuses the credential as {sent} and accepts it as {right}",
            sent=HEADERS[case.probe.auth],
            right=right,
            **case.names,
        ),
        _("send it as {right}", right=right),
        Confidence.HIGH,
        "response.status_code",
        "auth." + accepted.probe.auth.value,
    )


def _kind(form: AuthForm) -> CredentialKind:
    return _KINDS.get(form, CredentialKind.KEY)


def _is_accepted(case: Case) -> bool:
    """Whether an answer proves that the credential was taken; a refusal or an overloaded or broken server proves nothing."""
    return case.status not in (0, 401, 403, 407, 408, 429) and case.status < 500


def reached_wrong_host(case: Case) -> Diagnosis | None:
    """OpenAI's words in an answer to an Azure target, or Azure's things asked at OpenAI: the request is at the wrong house."""
    if case.is_ok or case.response is None:
        return None
    at_openai = case.host == "api.openai.com" or case.host.endswith(".api.openai.com")
    speaks_openai = case.says(OPENAI_KEY) and case.says(r"platform\.openai\.com|api\.openai\.com")
    if case.is_azure and (speaks_openai or at_openai):
        return _wrong_host(
            case,
            _(
                "the answer to a request for {target} came from OpenAI itself, which does not know Azure's keys and ids",
                **case.names,
            ),
        )
    if not (at_openai or case.target.provider == "openai"):
        return None
    if case.says(r"unsupported openai-version"):
        return _wrong_host(
            case, _("{host} takes the api-version for OpenAI's own version header: it is an Azure request", **case.names)
        )
    if case.status in REFUSED and (foreign := next((one for one in case.ids if one.startswith(("gen_", "task_"))), None)):
        return _wrong_host(case, _("{id} is an id of Azure's video jobs, and {host} is OpenAI", id=foreign, **case.names))
    if case.status in REFUSED and "/openai/" in case.path + "/":
        return _wrong_host(case, _("{route} is a path of Azure, and {host} is OpenAI", **case.names))
    return None


def _wrong_host(case: Case, summary: str) -> Diagnosis:
    return diagnosis(
        "wrong-host",
        Outcome.DENIED if case.status in DENIED else Outcome.NOT_FOUND,
        summary,
        _("ask the Azure resource that made the artefact: https://NAME.openai.azure.com/openai/v1, with its own key"),
        Confidence.HIGH,
        "response.error_message",
        "request.url",
    )


def misdirected(case: Case) -> Diagnosis | None:
    """421: the server does not serve this host name."""
    if case.status != 421:
        return None
    summary = _("the server says that it does not serve the host name {host}", **case.names)
    return diagnosis("wrong-host", Outcome.NOT_FOUND, summary, _("check the host of the URL and what DNS makes of it"))


def foreign_key(case: Case) -> Diagnosis | None:
    """The key's form, its variable's name, or another target that accepts it shows that it is one of the other provider."""
    refusal = OPENAI_KEY + "|subscription key|" + NO_TOKEN_OF_OURS
    if case.status != 401 or case.probe.auth is AuthForm.NONE or not case.says(refusal):
        return None
    name, looks_like = variable(case), _looks_like(case)
    accepted = case.scan.accepting.get(name, frozenset()) - {case.target.provider}
    is_foreign = looks_like not in ("", case.target.provider)
    if not accepted and not is_foreign and not (_looks_like_openais(name) if case.is_azure else _looks_like_azures(case, name)):
        return None
    owner = "OpenAI" if case.is_azure else "Azure"
    return diagnosis(
        "key-of-other-provider",
        Outcome.DENIED,
        _("{target} refuses the credential in {variable}, which is one for {owner}", variable=name, owner=owner, **case.names),
        _("set the key of the resource itself: Keys and Endpoint in the Azure portal, or platform.openai.com/api-keys for OpenAI"),
        Confidence.HIGH if accepted or is_foreign else Confidence.MEDIUM,
        "response.error_message",
        "target.credentials",
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
    found = re.fullmatch(r"([a-z0-9]+)\.api\.cognitive\.\S+", case.host)
    if found is None or case.status != 401 or not case.says("subscription key"):
        return None
    return diagnosis(
        "azure-key-of-other-region",
        Outcome.DENIED,
        _("{host} only knows keys of resources in region {region}, and refuses this one", region=found.group(1), **case.names),
        _("use the resource's own endpoint https://NAME.openai.azure.com, or the host of its region"),
        Confidence.MEDIUM,
        "response.error_message",
        "request.url",
    )


def role_missing(case: Case) -> Diagnosis | None:
    """Entra token valid, data action not granted; the message names the operation that the route was matched to."""
    if case.status not in DENIED or not case.says(_LACKING) or not case.says(_ROLE_WORDS):
        return None
    found = _OPERATION.search(case.response.error_message or "") if case.response else None
    proof = _("; it matched the route {operation}, so the route exists", operation=found.group(1).strip("`'\"")) if found else ""
    return diagnosis(
        "azure-role-missing",
        Outcome.DENIED,
        _("the token is good, but its principal has no role for this operation on {target}", **case.names) + proof,
        _(
            "give the principal the role Cognitive Services OpenAI User on the resource (it may take minutes to count), "
            "then scan again"
        ),
        Confidence.HIGH,
        "response.status_code",
        "response.error_message",
    )


def telling_words(case: Case) -> Diagnosis | None:
    """The server says what is wrong with the credential."""
    found = first(CAUSES, case)
    if found is None or (found.code == "key-wrong" and case.probe.auth is AuthForm.NONE):
        return None
    if found.code.endswith("-key-wrong") and _was_sent_none(case):
        return _missing(case)
    if found.code == "credential-missing" and case.probe.auth not in (AuthForm.NONE, AuthForm.BEARER, AuthForm.ENTRA):
        return diagnosis("key-in-wrong-header", found.outcome, found.summary, found.remedy, Confidence.HIGH, *found.cites)
    if case.is_azure and case.probe.auth is AuthForm.BEARER and case.says(r"access token is missing"):
        # a key where Azure looks for an Entra token, which it therefore misses
        summary, _remedy = named(CAUSES, "credential-missing").says(case)
        remedy = _("send it as {right}", right=HEADERS[AuthForm.API_KEY])
        return diagnosis("key-in-wrong-header", found.outcome, summary, remedy, Confidence.MEDIUM, *found.cites)
    if found.code == "entra-token-wrong" and _kind(case.probe.auth) is CredentialKind.KEY and case.says(_NO_TOKEN):
        sent = HEADERS[case.probe.auth]
        summary = _("{target} wants a token (of Entra, a JWT), and was sent a key as {sent}", sent=sent, **case.names)
        return replace(
            found, summary=summary, remedy=named(CAUSES, "key-auth-disabled").says(case)[1] if case.is_azure else found.remedy
        )
    return found


def _was_sent_none(case: Case) -> bool:
    """Whether the request carried no credential, not even in a header that the user added."""
    return case.probe.auth is AuthForm.NONE and not case.target.headers


def _missing(case: Case) -> Diagnosis:
    """No credential was sent, whatever the server calls wrong about it: many speak of a wrong key then."""
    summary = _("{target} wants a credential and was sent none", **case.names)
    remedy = _("name the variable that holds the key with --key-env")
    return diagnosis("credential-missing", Outcome.DENIED, summary, remedy, Confidence.HIGH)


def plain_denial(case: Case) -> Diagnosis | None:
    """401, 403 or 451 without words that we know."""
    if case.status not in (*DENIED, 451):
        return None
    if case.response and case.response.sniffed_type == "text/html":
        return None
    if case.status == 401 and _was_sent_none(case):
        return _missing(case)
    said = _(": {said}", said=case.message) if case.message else ""
    summary = _("{target} does not allow this request", **case.names) + said
    without = case.control(Control.NO_CREDENTIAL)
    if without is not None and case.status == 401:
        is_read = not case.is_like(Control.NO_CREDENTIAL)
        summary += _("; it reads the credential and refuses it") if is_read else _("; it says the same without any credential")
    remedy = (
        _("check the key, its role and the address that the request came from")
        if case.status == 401
        else _("the credential is known but not allowed to do this: ask the owner of the resource")
    )
    cites = ("response.status_code", "response.error_message", *(("control.no_credential",) if without else ()))
    return diagnosis("access-denied", Outcome.DENIED, summary, remedy, Confidence.MEDIUM, *cites)


def refused_token(case: Case) -> Diagnosis | None:
    """A 401 whose WWW-Authenticate header says that the token is invalid (RFC 6750 section 3.1)."""
    is_told = "invalid_token" in case.header("www-authenticate").lower()
    if case.status != 401 or case.probe.auth is not AuthForm.ENTRA or not is_told:
        return None
    cites = ("response.status_code", "response.headers.www-authenticate")
    return named(CAUSES, "entra-token-wrong").diagnosis(case, Confidence.HIGH, *cites)


RULES = (
    reached_wrong_host,
    misdirected,
    wrong_form,
    foreign_key,
    regional_host,
    role_missing,
    telling_words,
    refused_token,
    plain_denial,
)
