"""Family blob: answers of Azure Blob Storage (XML with a code, or `x-ms-error-code`), and of S3-like stores that answer alike."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from probe.language import _
from probe.listing import moment
from probe.model import AuthForm, Confidence, Diagnosis, Outcome
from probe.verdict.case import Case, diagnosis
from probe.verdict.cause import WORDS, Cause, first, named
from probe.verdict.refusals import CAUSES as TOKEN_CAUSES

CAUSES = (
    Cause(
        "blob-sas-expired",
        Outcome.EXPIRED,
        r"signature not valid in the specified time frame|signed expiry time .{0,120}must be|sas .{0,40}expired"
        r"|request has expired|expiredtoken|link (has )?expired|expiry .{0,80}current",
        lambda _case: (_("the signed link has expired"), _("ask the API for the object again: each answer holds a fresh link")),
    ),
    Cause(
        "blob-audience",
        Outcome.DENIED,
        r"audience validation failed|audience did not match|invalid (token )?audience",
        lambda _case: (
            _("blob storage got a token that is not for storage"),
            _("send a token for https://storage.azure.com, or use the signed link without any Authorization header"),
        ),
    ),
    Cause(
        "blob-token-expired",
        Outcome.DENIED,
        r"lifetime validation failed|token (is|has) expired",
        lambda _case: (
            _("the token for storage has expired or is not valid yet"),
            _("fetch a fresh one for https://storage.azure.com"),
        ),
    ),
    Cause(
        "blob-permission-missing",
        Outcome.DENIED,
        r"authorizationpermissionmismatch|insufficientaccountpermissions|authorizationservicemismatch"
        r"|authorizationresourcetypemismatch|authorizationprotocolmismatch"
        r"|not authori[sz]ed to perform this operation using this permission",
        lambda _case: (
            _("the link's signature or the token's role does not allow reading this blob"),
            _("ask for a link with sp=r, or give the principal the role Storage Blob Data Reader on the container"),
        ),
    ),
    Cause(
        "blob-signature-wrong",
        Outcome.DENIED,
        r"signature did not match|signaturedoesnotmatch|signature fields not well formed|signature size is invalid"
        r"|authenticationfailed|failed to authenticate",
        lambda _case: (
            _("the link's signature is not the one that belongs to it: it was changed, cut or escaped twice"),
            _("copy the link whole from the JSON answer through a JSON parser (\\u0026 means &), and change nothing in it"),
        ),
    ),
    Cause(
        "blob-firewall",
        Outcome.DENIED,
        r"authorizationfailure|authorizationsourceipmismatch"
        r"|this request is not authori[sz]ed to perform this operation\b(?! using)",
        lambda _case: (
            _("the storage account's network rules (or the link's allowed addresses) keep this machine out"),
            _("run probe from an allowed network, or add the address under Networking of the storage account"),
        ),
    ),
    Cause(
        "blob-public-access-off",
        Outcome.DENIED,
        r"publicaccessnotpermitted|public access is not permitted",
        lambda _case: (
            _("the storage account gives nothing away without a credential"),
            _("use a signed link, or give an Entra token for storage"),
        ),
    ),
    Cause(
        "blob-credential-missing",
        Outcome.DENIED,
        r"noauthenticationinformation|invalidauthenticationinfo|authentication information is not given"
        r"|please include the authorization header",
        lambda _case: (
            _("the link has no signature and no token was sent"),
            _("give an Entra token for https://storage.azure.com (role Storage Blob Data Reader), or use a signed link"),
        ),
    ),
    Cause(
        "blob-account-disabled",
        Outcome.DENIED,
        r"accountisdisabled|account is disabled",
        lambda _case: (_("the storage account is disabled"), _("ask its owner; the account's subscription may be suspended")),
    ),
    Cause(
        "blob-not-found",
        Outcome.NOT_FOUND,
        r"blobnotfound|containernotfound|resourcenotfound|nosuchkey|nosuchbucket|blob does not exist"
        r"|container does not exist|specified resource does not exist"
        r"|containerbeingdeleted|specified key does not exist",
        lambda _case: (
            _("there is no such blob: deleted after its time, never written, or another name"),
            _("ask the API for the object again; a private container also answers like this to requests without a credential"),
        ),
    ),
    Cause(
        "blob-archived",
        Outcome.PENDING,
        r"blobarchived|blobbeingrehydrated|archived blob|being rehydrated",
        lambda _case: (
            _("the blob is in the archive and cannot be read from there"),
            _("rehydrate it to the hot or cool tier, which takes hours, then scan again"),
        ),
    ),
    Cause(
        "blob-busy",
        Outcome.THROTTLED,
        r"serverbusy|operationtimedout|egress is over the account limit|slow ?down",
        lambda _case: (_("the storage account is overloaded"), _("wait a minute and scan again")),
    ),
)


_NOT_READ = (AuthForm.NONE, AuthForm.API_KEY, AuthForm.APIM)
_AUTHENTICATION = (
    r"authenticationfailed|authorizationfailure|failed to authenticate|noauthenticationinformation|resourcenotfound|accessdenied"
)


def is_store(case: Case) -> bool:
    """Whether the error comes from a storage service: XML, or the service's own code header (a HEAD answer has nothing else)."""
    if case.response is None or case.is_ok:
        return False
    is_named = bool(case.header("x-ms-error-code")) and (".blob." in case.host or "blob" in case.header("server").lower())
    return case.response.error_shape == "xml" or is_named


def signed_link(case: Case) -> Diagnosis | None:
    """The link itself tells: expired (`se`), not valid yet (`st`), made without reading (`sp`), or not signed at all."""
    if not is_store(case) or not case.says(_AUTHENTICATION) or case.says("audience"):
        return None
    query = _query(case)
    if not _is_signed(query) and case.probe.auth in _NOT_READ:
        return _known("blob-credential-missing", case)
    expiry, start = moment(query.get("se", "")), moment(query.get("st", ""))
    if expiry and expiry <= case.seen_at:
        return _known("blob-sas-expired", case)
    if start and start > case.seen_at:
        summary = _("the signed link is not valid before {start}", start=query["st"])
        return diagnosis(
            "blob-sas-not-yet-valid",
            Outcome.DENIED,
            summary,
            _("check the clock of the machine that made the link, then try again"),
            Confidence.HIGH,
            "request.url",
        )
    if "sp" in query and "r" not in query["sp"] and not case.says("resourcenotfound"):
        return _known("blob-permission-missing", case)
    return None


def _query(case: Case) -> dict[str, str]:
    """The query of the request that got the answer."""
    last = case.observation.last if case.observation else None
    return dict(parse_qsl(urlsplit(last.request.url if last else case.probe.url).query))


def _is_signed(query: dict[str, str]) -> bool:
    return "sig" in query or "x-amz-signature" in {key.lower() for key in query}


def refused_token(case: Case) -> Diagnosis | None:
    """A link without a signature was asked with a token: what storage cannot authenticate is the token."""
    found = first(CAUSES, case) if is_store(case) else None
    if found is None or found.code != "blob-signature-wrong" or case.probe.auth in _NOT_READ or _is_signed(_query(case)):
        return None
    token = named(TOKEN_CAUSES, "entra-token-wrong").diagnosis(case, Confidence.HIGH, "request.url", *WORDS)
    return replace(token, remedy=named(CAUSES, "blob-token-expired").says(case)[1])


def _known(code: str, case: Case) -> Diagnosis:
    return named(CAUSES, code).diagnosis(case, Confidence.HIGH, "request.url", "response.error_code", "response.error_message")


def blob_error(case: Case) -> Diagnosis | None:
    """A storage service names the reason by its code; other XML is left to the other families."""
    return first(CAUSES, case) if is_store(case) else None


RULES = (signed_link, refused_token, blob_error)
