"""Family blob: answers of Azure Blob Storage (XML with a code, or `x-ms-error-code`), and of S3-like stores that answer alike."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from probe.facts.hosts import vendor_host
from probe.listing import moment
from probe.model import AuthForm, Confidence, Diagnosis
from probe.verdict.case import Case
from probe.verdict.cause import WORDS, Cause, first

CAUSES = (
    Cause(
        "blob-sas-expired",
        r"signature not valid in the specified time frame|signed expiry time .{0,120}must be|sas .{0,40}expired"
        r"|request has expired|expiredtoken|link (has )?expired|expiry .{0,80}current",
    ),
    Cause("blob-audience", r"audience validation failed|audience did not match|invalid (token )?audience"),
    Cause("blob-token-expired", r"lifetime validation failed|token (is|has) expired"),
    Cause(
        "blob-permission-missing",
        r"authorizationpermissionmismatch|insufficientaccountpermissions|authorizationservicemismatch"
        r"|authorizationresourcetypemismatch|authorizationprotocolmismatch"
        r"|not authori[sz]ed to perform this operation using this permission",
    ),
    Cause(
        "blob-signature-wrong",
        r"signature did not match|signaturedoesnotmatch|signature fields not well formed|signature size is invalid"
        r"|authenticationfailed|failed to authenticate",
    ),
    Cause(
        "blob-firewall",
        r"authorizationfailure|authorizationsourceipmismatch"
        r"|this request is not authori[sz]ed to perform this operation\b(?! using)",
    ),
    Cause("blob-public-access-off", r"publicaccessnotpermitted|public access is not permitted"),
    Cause(
        "blob-credential-missing",
        r"noauthenticationinformation|invalidauthenticationinfo|authentication information is not given"
        r"|please include the authorization header",
    ),
    Cause("blob-account-disabled", r"accountisdisabled|account is disabled"),
    Cause(
        "blob-not-found",
        r"blobnotfound|containernotfound|resourcenotfound|nosuchkey|nosuchbucket|blob does not exist"
        r"|container does not exist|specified resource does not exist"
        r"|containerbeingdeleted|specified key does not exist",
    ),
    Cause("blob-archived", r"blobarchived|blobbeingrehydrated|archived blob|being rehydrated"),
    Cause(
        "blob-permission-missing",
        r"accessdenied|access denied|no right to access|bucket acl|not have .{0,40}(permission|access)",
        statuses=(403,),
        confidence=Confidence.MEDIUM,
        variant="acl",
    ),
    Cause("blob-busy", r"serverbusy|operationtimedout|egress is over the account limit|slow ?down"),
)


_LINK = ("request.url", "response.error_code", "response.error_message")
_NOT_READ = (AuthForm.NONE, AuthForm.API_KEY, AuthForm.APIM)
_AUTHENTICATION = (
    r"authenticationfailed|authorizationfailure|failed to authenticate|noauthenticationinformation|resourcenotfound|accessdenied"
    r"|missing key-pair-id"
)


def is_store(case: Case) -> bool:
    """Whether the error comes from a storage service: XML, or the service's own code header (a HEAD answer has nothing else)."""
    if case.response is None or case.is_ok:
        return False
    is_named = bool(case.header("x-ms-error-code")) and (
        ".blob." in vendor_host(case.host) or "blob" in case.header("server").lower()
    )
    return case.response.error_shape == "xml" or is_named or case.answered_by == "storage"


def signed_link(case: Case) -> Diagnosis | None:
    """The link itself tells: expired (`se`), not valid yet (`st`), made without reading (`sp`), or not signed at all."""
    if not is_store(case) or not case.says(_AUTHENTICATION) or case.says("audience"):
        return None
    query = dict(parse_qsl(urlsplit(case.asked).query))
    if not _is_signed(query) and case.probe.auth in _NOT_READ:
        is_azures = bool(case.header("x-ms-version") or case.header("x-ms-error-code")) or ".blob." in vendor_host(case.host)
        return case.found("blob-credential-missing", *_LINK, variant="" if is_azures else "elsewhere", target=case.called)
    expiry, start = moment(query.get("se") or query.get("Expires", "")), moment(query.get("st", ""))
    if expiry and expiry <= case.seen_at:
        return case.found("blob-sas-expired", *_LINK)
    if start and start > case.seen_at:
        return case.found("blob-sas-not-yet-valid", "request.url", start=query["st"])
    if "sp" in query and "r" not in query["sp"] and not case.says("resourcenotfound"):
        return case.found("blob-permission-missing", *_LINK)
    return None


def _is_signed(query: dict[str, str]) -> bool:
    """Whether a query holds a signature, whatever its store calls it: `sig`, `X-Amz-Signature`, `Signature`, `q-signature`."""
    return any(key.lower().endswith(("sig", "signature")) for key in query)


def refused_token(case: Case) -> Diagnosis | None:
    """A link without a signature was asked with a token: what storage cannot authenticate is the token."""
    found = first(CAUSES, case) if is_store(case) else None
    if (
        found is None
        or found.code != "blob-signature-wrong"
        or case.probe.auth in _NOT_READ
        or _is_signed(dict(parse_qsl(urlsplit(case.asked).query)))
    ):
        return None
    if case.scan.took_credential(case):
        return None
    return case.found("entra-token-wrong", "request.url", *WORDS, variant="storage")


def blob_error(case: Case) -> Diagnosis | None:
    """A storage service names the reason by its code; other XML is left to the other families."""
    return first(CAUSES, case) if is_store(case) else None


RULES = (signed_link, refused_token, blob_error)
