# ruff: noqa: E501 - recorded texts are kept whole
"""Each cause that the server's words (or the failure word) give away, in the vendors' texts and in other wordings of them."""

from __future__ import annotations

from typing import Any

import pytest

from probe.diagnoses import headline, remedy, summary, tell
from probe.model import AuthForm, Credential, CredentialKind, Outcome, Role
from tests.each import each
from tests.factories import AZURE, NOW, target
from tests.verdict.cases import FILE, IDS, METADATA, OPENAI_VIDEO, ask, error, json_answer, page, plain, report, seen, verdict

KEY_401 = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a "
    "correct regional API endpoint for your resource."
)
OPENAI_401 = "Incorrect API key provided: None. You can find your API key at https://platform.openai.com/account/api-keys."
ROLE = (
    "The principal `0b1` lacks the required data action `Microsoft.CognitiveServices/accounts/OpenAI/videos/action` to perform "
    "`GET /openai/v1/video/generations/{id}/content/video` operation."
)

AZURE_WORDS: list[tuple[int, str | None, str | None, dict[str, Any], str, Outcome]] = [
    (401, KEY_401, "401", {}, "azure-key-wrong", Outcome.DENIED),
    (401, "ACCESS DENIED due to invalid subscription key or wrong API endpoint.", None, {"shape": "flat"}, "azure-key-wrong", Outcome.DENIED),
    (401, ROLE, "PermissionDenied", {}, "azure-role-missing", Outcome.DENIED),
    (401, "Principal does not have access to API/Operation.", "PermissionDenied", {}, "azure-role-missing", Outcome.DENIED),
    (403, "The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.CognitiveServices/accounts/read'", "AuthorizationFailed", {}, "azure-role-missing", Outcome.DENIED),
    (401, "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.", "401", {"shape": "apim"}, "apim-key-missing", Outcome.DENIED),
    (401, "Access denied due to missing application credentials or subscription key.", "401", {"shape": "apim"}, "apim-key-missing", Outcome.DENIED),
    (401, "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.", "401", {"shape": "apim"}, "apim-key-wrong", Outcome.DENIED),
    (401, "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.", "401", {"shape": "apim"}, "entra-token-wrong", Outcome.DENIED),
    (400, "Token tenant 1 does not match resource tenant.", "Tenant provided in token does not match resource token", {}, "entra-token-wrong", Outcome.DENIED),
    (400, "The request is not what we want", None, {}, "request-refused", Outcome.INCONCLUSIVE),
    (403, "Key based authentication is disabled for this resource.", "AuthenticationTypeDisabled", {}, "key-auth-disabled", Outcome.DENIED),
    (403, "Access denied due to Virtual Network/Firewall rules.", "403", {}, "azure-firewall", Outcome.DENIED),
    (403, "A Virtual Network is configured for this resource. Please use the correct endpoint for making requests. Check https://aka.ms/cogsvc-vnet for more details.", "403", {"shape": "flat"}, "azure-vnet", Outcome.DENIED),
    (403, "Traffic is not from an approved private endpoint.", "403", {}, "azure-private-endpoint", Outcome.DENIED),
    (403, "Public access is disabled. Please configure private endpoint.", "403", {}, "azure-private-endpoint", Outcome.DENIED),
    (404, "Subdomain does not map to a resource.", "404", {}, "azure-subdomain-unmapped", Outcome.UNREACHABLE),
    (403, "The resource has been temporarily blocked because of abuse.", "403", {}, "account-suspended", Outcome.DENIED),
    (403, "ApiId openai-api-2025-03-01-preview OperationId get-container not supported for CheckAccess.", None, {}, "azure-checkaccess-unsupported", Outcome.DENIED),
    (404, "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.", "DeploymentNotFound", {}, "azure-deployment-unknown", Outcome.NOT_FOUND),
    (404, "The API deployment 'sora-2' for this resource does not exist.", None, {"kind": "video_generation_user_error"}, "azure-deployment-unknown", Outcome.NOT_FOUND),
    (400, "API version not supported", "BadRequest", {}, "azure-api-version-unknown", Outcome.NOT_FOUND),
    (404, "Unsupported api-version '2024-05-13'.", "UnsupportedApiVersion", {"shape": "flat"}, "azure-api-version-unknown", Outcome.NOT_FOUND),
    (400, "Model o3-mini is enabled only for api versions 2024-12-01-preview and later", "BadRequest", {}, "azure-api-version-too-old", Outcome.NOT_FOUND),
    (400, "Missing required query parameter: api-version", "BadRequest", {}, "azure-api-version-missing", Outcome.NOT_FOUND),
    (400, "The chatCompletion operation does not work with the specified model, gpt-35-turbo.", "OperationNotSupported", {}, "operation-not-supported", Outcome.NOT_FOUND),
    (400, "The response was filtered", "content_filter/ResponsibleAIPolicyViolation", {}, "job-moderated", Outcome.NOT_FOUND),
    (429, "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-05-01-preview have exceeded token rate limit of your current OpenAI S0 pricing tier.", "429", {}, "throttled-tokens", Outcome.THROTTLED),
    (429, "Requests to the X Operation have exceeded call rate limit of your current OpenAI S0 pricing tier.", "429", {}, "throttled-requests", Outcome.THROTTLED),
    (429, "Too many running tasks", None, {"kind": "video_generation_user_error"}, "throttled-jobs", Outcome.THROTTLED),
    (429, "The service is temporarily unable to process your request. Please try again later.", "NoCapacity", {}, "throttled-capacity", Outcome.THROTTLED),
    (503, "The service is temporarily unable to process your request. Please try again later.", "ServiceUnavailable", {}, "server-error", Outcome.SERVER_ERROR),
    (429, "Rate limit is exceeded. Try again in 54 seconds.", "429", {"shape": "apim"}, "throttled-requests", Outcome.THROTTLED),
    (403, "Out of call volume quota. Quota will be replenished in 00:10:00.", "403", {"shape": "apim"}, "throttled-requests", Outcome.THROTTLED),
    (429, None, None, {}, "throttled-requests", Outcome.THROTTLED),
    (402, None, None, {}, "spend-limit", Outcome.THROTTLED),
    (410, None, None, {}, "artefact-expired", Outcome.EXPIRED),
    (410, "The model 'sora' is retired.", "Gone", {}, "model-retired", Outcome.RETIRED),
    (404, "The Sora API has been permanently shut down.", None, {}, "kind-retired", Outcome.RETIRED),
    (404, "The generation has expired.", "NotFound", {}, "artefact-expired", Outcome.EXPIRED),
    (404, "Video content is no longer available", None, {"shape": "fastapi"}, "artefact-expired", Outcome.EXPIRED),
    (400, "Video is not ready yet, use GET /v1/videos/{id} to check status.", "invalid_request_error", {}, "job-pending", Outcome.PENDING),
    (409, "Generation is still processing", None, {"shape": "fastapi"}, "job-pending", Outcome.PENDING),
    (404, "Resource not found", "404", {"shape": "apim"}, "apim-route-unknown", Outcome.NOT_FOUND),
    (500, "The server had an error while processing your request.", "InternalServerError", {}, "server-error", Outcome.SERVER_ERROR),
    (503, "The server is overloaded", None, {}, "throttled-capacity", Outcome.THROTTLED),
    (502, None, None, {}, "gateway-error", Outcome.SERVER_ERROR),
    (501, None, None, {}, "not-implemented", Outcome.NOT_FOUND),
    (401, "nope", None, {"shape": "flat"}, "access-denied", Outcome.DENIED),
    (401, "Invalid API-key provided.", "InvalidApiKey", {"shape": "flat"}, "key-wrong", Outcome.DENIED),
    (403, "No API key found in request", None, {"shape": "flat"}, "key-in-wrong-header", Outcome.DENIED),
    (405, None, None, {}, "method-not-allowed", Outcome.NOT_FOUND),
    (421, None, None, {}, "wrong-host", Outcome.NOT_FOUND),
    (407, None, None, {}, "proxy-auth-required", Outcome.UNREACHABLE),
    (422, "query.limit: Field required", None, {"shape": "fastapi"}, "request-invalid", Outcome.NEEDS_INPUT),
    (418, None, None, {}, "status-unexpected", Outcome.INCONCLUSIVE),
    (400, "task_not_exist", "task_not_exist", {"shape": "flat"}, "id-unknown", Outcome.NOT_FOUND),
    (404, "Project not found", "NotFound", {}, "id-unknown", Outcome.NOT_FOUND),
    (400, "No registered resource provider found for location 'eastus' and API version '2024-10-01' for type 'x'", "NoRegisteredProviderFound", {}, "azure-api-version-unknown", Outcome.NOT_FOUND),
    (400, "The api-version query parameter (?api-version=) is required for all requests.", "MissingApiVersionParameter", {}, "azure-api-version-missing", Outcome.NOT_FOUND),
    (408, "The operation was timeout.", "Timeout", {}, "gateway-error", Outcome.SERVER_ERROR),
    (522, None, None, {}, "gateway-error", Outcome.SERVER_ERROR),
    (403, "The subscription is disabled", "SubscriptionDisabled", {}, "account-suspended", Outcome.DENIED),
    (401, "Authentication Error, No api key passed in.", "401", {"kind": "auth_error"}, "key-in-wrong-header", Outcome.DENIED),
    (401, OPENAI_401, "invalid_api_key", {}, "wrong-host", Outcome.DENIED),
]  # fmt: skip


@each(AZURE_WORDS)
def test_words_of_azure_and_of_what_stands_before_it(
    status: int, message: str | None, code: str | None, more: dict[str, Any], expected: str, outcome: Outcome
) -> None:
    found = verdict(error(status, message, code, **more))
    assert (found.code, found.outcome) == (expected, outcome), summary(found)
    assert summary(found) and found.cites


OPENAI_WORDS: list[tuple[int, str, str | None, str, Outcome]] = [
    (401, "Incorrect API key provided: sk-abc***xyz. You can find your API key at https://platform.openai.com/account/api-keys.", "invalid_api_key", "openai-key-wrong", Outcome.DENIED),
    (401, "Incorrect API key provided: 3f2a****9c1d.", "invalid_api_key", "key-of-other-provider", Outcome.DENIED),
    (401, "Your authentication token is not from a valid issuer.", "invalid_issuer", "key-of-other-provider", Outcome.DENIED),
    (401, "You must be a member of an organization to use the API.", None, "openai-organization-wrong", Outcome.DENIED),
    (401, "OpenAI-Organization header should match organization for API key", "mismatched_organization", "openai-organization-wrong", Outcome.DENIED),
    (403, "You have insufficient permissions for this operation. Missing scopes: api.videos.read.", None, "openai-permission-missing", Outcome.DENIED),
    (403, "Project `proj_1` does not have access to model `sora-2`", "model_not_found", "model-access-missing", Outcome.DENIED),
    (403, "Country, region, or territory not supported", "unsupported_country_region_territory", "region-not-supported", Outcome.DENIED),
    (403, "Your IP is not authorized", "ip_not_authorized", "ip-not-authorized", Outcome.DENIED),
    (404, "Invalid URL (GET /v1/video/generations)", None, "openai-route-unknown", Outcome.NOT_FOUND),
    (404, "Unknown request URL: GET /videos/x. Please check the URL for typos.", "unknown_url", "openai-route-unknown", Outcome.NOT_FOUND),
    (404, "The model `sora-2` does not exist or you do not have access to it.", "model_not_found", "model-unknown", Outcome.NOT_FOUND),
    (404, "The model `sora-2` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations", "model_not_found", "model-retired", Outcome.RETIRED),
    (405, "Not allowed to GET on /v1/images/generations. (HINT: Perhaps you meant to use a different HTTP method?)", None, "method-not-allowed", Outcome.NOT_FOUND),
    (400, "Not allowed to download files of purpose: assistants", None, "purpose-not-downloadable", Outcome.NOT_FOUND),
    (400, "Unsupported OpenAI-Version header provided: 2023-03-15-preview. (HINT: ...)", None, "wrong-host", Outcome.NOT_FOUND),
    (400, "Invalid 'video_id': 'x y'. Expected an ID that begins with 'video'.", "invalid_value", "id-malformed", Outcome.NOT_FOUND),
    (429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "spend-limit", Outcome.THROTTLED),
    (429, "Rate limit reached for sora-2 in organization org-1 on tokens per min (TPM): Limit 1", "rate_limit_exceeded", "throttled-tokens", Outcome.THROTTLED),
    (429, "Rate limit reached for requests per min (RPM)", "rate_limit_exceeded", "throttled-requests", Outcome.THROTTLED),
    (503, "That model is currently overloaded with other requests.", None, "throttled-capacity", Outcome.THROTTLED),
    (404, "Video with id 'video_68f10c5428708190' not found.", None, "id-unknown", Outcome.NOT_FOUND),
    (401, "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth", None, "credential-missing", Outcome.DENIED),
]  # fmt: skip


@each(OPENAI_WORDS)
def test_words_of_openai(status: int, message: str, code: str | None, expected: str, outcome: Outcome) -> None:
    found = verdict(error(status, message, code, kind="invalid_request_error"), of=ask(OPENAI_VIDEO, at="openai"))
    assert (found.code, found.outcome) == (expected, outcome), summary(found)


FAILURES = [
    ("dns_nxdomain_error", "dns-not-found"),
    ("dns_temporary_failure", "dns-failed"),
    ("connection_refused", "tcp-refused"),
    ("connection_reset", "connection-lost"),
    ("eof_error", "connection-lost"),
    ("host_unreachable", "tcp-unreachable"),
    ("network_unreachable", "tcp-unreachable"),
    ("connect_timeout", "connect-timeout"),
    ("generic_timeout_error", "response-timeout"),
    ("silence_timeout", "response-timeout"),
    ("total_timeout", "response-timeout"),
    ("ssl_invalid_hostname", "tls-hostname"),
    ("ssl_unknown_authority", "tls-unknown-authority"),
    ("ssl_invalid_certificate", "tls-certificate-invalid"),
    ("ssl_failed_handshake", "tls-failed"),
    ("proxy_authentication_required", "proxy-auth-required"),
    ("proxy_failed", "proxy-failed"),
    ("address_refused", "address-refused"),
    ("redirect_refused", "address-refused"),
    ("http_response_malformed", "answer-malformed"),
    ("response_header_too_large", "answer-malformed"),
    ("unknown_failure", "network-failed"),
]


@each(FAILURES)
def test_failure_words_name_the_step_that_failed(word: str, expected: str) -> None:
    found = verdict(None, failure=word)
    assert (found.code, found.outcome) == (expected, Outcome.UNREACHABLE)
    assert "contoso.openai.azure.com" in summary(found) or expected == "address-refused"


SAS = "https://x.blob.core.windows.net/c/b.mp4?se={se}&sp={sp}&sr=b&sig=REDACTED"
PAST, FUTURE = "2026-11-20T13:00:00Z", "2026-11-20T16:00:00Z"
FAILED = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."
BLOB: list[tuple[str, int, str, str, str, Outcome]] = [
    (SAS.format(se=PAST, sp="r"), 403, "AuthenticationFailed", FAILED, "blob-sas-expired", Outcome.EXPIRED),
    (SAS.format(se=FUTURE, sp="r"), 403, "AuthenticationFailed", FAILED + "\nSignature not valid in the specified time frame: Start [a] - Expiry [b] - Current [c]", "blob-sas-expired", Outcome.EXPIRED),
    (SAS.format(se=FUTURE, sp="r"), 403, "AuthenticationFailed", FAILED + "\nSigned expiry time [Thu] must be after signed start time [Thu]", "blob-sas-expired", Outcome.EXPIRED),
    (SAS.format(se=FUTURE, sp="r") + f"&st={FUTURE}", 403, "AuthenticationFailed", FAILED, "blob-sas-not-yet-valid", Outcome.DENIED),
    (SAS.format(se=FUTURE, sp="r"), 403, "AuthenticationFailed", FAILED + "\nSignature did not match. String to sign used was ...", "blob-signature-wrong", Outcome.DENIED),
    (SAS.format(se=FUTURE, sp="w"), 403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.", "blob-permission-missing", Outcome.DENIED),
    (SAS.format(se=FUTURE, sp="w"), 403, "AuthorizationFailure", FAILED, "blob-permission-missing", Outcome.DENIED),
    (SAS.format(se=FUTURE, sp="r"), 403, "AuthorizationFailure", "This request is not authorized to perform this operation.", "blob-firewall", Outcome.DENIED),
    (SAS.format(se=FUTURE, sp="r"), 404, "BlobNotFound", "The specified blob does not exist.", "blob-not-found", Outcome.NOT_FOUND),
    (SAS.format(se=FUTURE, sp="r"), 409, "BlobArchived", "This operation is not permitted on an archived blob.", "blob-archived", Outcome.PENDING),
    (SAS.format(se=FUTURE, sp="r"), 503, "ServerBusy", "The server is busy.", "blob-busy", Outcome.THROTTLED),
    (SAS.format(se=FUTURE, sp="r"), 403, "AccountIsDisabled", "The specified account is disabled.", "blob-account-disabled", Outcome.DENIED),
    ("https://x.blob.core.windows.net/c/b.mp4", 404, "ResourceNotFound", "The specified resource does not exist.", "blob-credential-missing", Outcome.DENIED),
    ("https://x.blob.core.windows.net/c/b.mp4", 401, "NoAuthenticationInformation", "Server failed to authenticate the request.", "blob-credential-missing", Outcome.DENIED),
    ("https://x.blob.core.windows.net/c/b.mp4", 409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.", "blob-public-access-off", Outcome.DENIED),
    ("https://x.blob.core.windows.net/c/b.mp4", 401, "InvalidAuthenticationInfo", "Server failed to authenticate the request.\nAudience validation failed. Audience did not match.", "blob-audience", Outcome.DENIED),
    ("https://x.blob.core.windows.net/c/b.mp4", 401, "InvalidAuthenticationInfo", "Server failed to authenticate the request.\nLifetime validation failed. The token is expired.", "blob-token-expired", Outcome.DENIED),
    ("https://x.blob.core.windows.net/c/b.mp4?sig=REDACTED", 403, "AuthorizationFailure", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.", "blob-signature-wrong", Outcome.DENIED),
]  # fmt: skip


@each(BLOB)
def test_blob_storage_names_its_reason(url: str, status: int, code: str, message: str, expected: str, outcome: Outcome) -> None:
    sent = AuthForm.STORAGE if "token" in expected else AuthForm.NONE
    of = ask(url=url, auth=sent, id="contoso/link")
    found = verdict(error(status, message, code, shape="xml", sniffed_type="application/xml"), of=of)
    assert (found.code, found.outcome) == (expected, outcome), summary(found)


def test_a_policy_header_alone_betrays_the_firewall() -> None:
    assert verdict(plain(403, headers=(("Policy-Id", "ThrowExceptionDueToTrafficDenied"),))).code == "azure-firewall"


def test_a_policy_header_alone_betrays_the_token_quota() -> None:
    assert (
        verdict(error(429, "Too many requests", "429", headers=(("policy-id", "DeploymentRatelimit-Token"),))).code
        == "throttled-tokens"
    )


def test_the_wait_that_the_server_asks_for_is_in_the_remedy() -> None:
    assert "55 s" in remedy(verdict(error(429, "slow down", retry_after=55.0)))


def test_a_missing_role_names_the_matched_route_as_proof() -> None:
    found = verdict(error(401, ROLE, "PermissionDenied"))
    assert "matched the route /openai/v1/video/generations/{id}/content/video" in summary(found)


def test_a_key_refused_by_a_regional_host_may_be_of_another_region() -> None:
    of = ask(
        url="https://swedencentral.api.cognitive.microsoft.com/openai/v1/video/generations/gen_1/content/video?api-version=preview"
    )
    assert verdict(error(401, KEY_401, "401"), of=of).code == "azure-key-of-other-region"


def test_a_key_named_for_openai_is_one_of_the_other_provider() -> None:
    other = target(credentials=(Credential("OPENAI_API_KEY", CredentialKind.KEY),))
    found = report(seen(ask(), error(401, KEY_401, "401")), targets=(other,)).verdicts[0].diagnosis
    assert (found.code, found.confidence.value) == ("key-of-other-provider", "medium")


def test_a_key_that_another_providers_target_accepts_is_surely_its_key() -> None:
    key = (Credential("MY_KEY", CredentialKind.KEY),)
    targets = (
        target(credentials=key),
        target(name="openai", provider="openai", base_url="https://api.openai.com", credentials=key),
    )
    good = seen(ask(OPENAI_VIDEO, at="openai", role=Role.METADATA), json_answer(("$.id", IDS["video_id"])))
    found = report(seen(ask(), error(401, KEY_401, "401")), good, targets=targets).verdicts[0].diagnosis
    assert (found.code, found.confidence.value) == ("key-of-other-provider", "high")


def test_an_azure_id_asked_at_openai_is_at_the_wrong_host_whatever_the_status() -> None:
    of = ask(OPENAI_VIDEO, at="openai", ids=(("video_id", "gen_01k74fceydeb2rqtaa3ndyhs8d"),))
    for answer in (error(404, "Not found"), error(401, OPENAI_401, "invalid_api_key"), error(404, "Invalid URL (GET /v1/x)")):
        assert verdict(answer, of=of).code == "wrong-host"


def test_an_entra_token_is_refused_by_the_header_of_rfc_6750() -> None:
    answer = plain(401, headers=(("WWW-Authenticate", 'Bearer error="invalid_token"'),))
    assert verdict(answer, of=ask(auth=AuthForm.ENTRA)).code == "entra-token-wrong"


def test_without_a_credential_a_plain_401_is_a_missing_credential() -> None:
    found = verdict(plain(401), of=ask(auth=AuthForm.NONE))
    assert found.code == "credential-missing"


@pytest.mark.parametrize(
    "said", ["Access denied due to invalid subscription key or wrong API endpoint.", "Incorrect API key provided: . You can find"]
)
def test_no_key_is_not_called_a_wrong_key_whatever_the_server_says(said: str) -> None:
    found = verdict(error(401, said, "401"), of=ask(auth=AuthForm.NONE))
    assert (found.code, summary(found)) == (
        "credential-missing",
        "contoso.openai.azure.com requires a credential, and none was sent",
    )
    assert verdict(error(401, said, "401")).code != "credential-missing"


def test_a_denying_page_and_a_login_page_are_not_the_service() -> None:
    assert verdict(page(403, "Attention Required! | Cloudflare")).code == "page-denies"
    captive = report(seen(ask(), page(511, "Guest network")))
    assert headline(captive) == 'Blocked: the network requires a login before it lets requests out (511): "Guest network"'
    assert "allowed to reach" in tell(captive.asks[0])
    found = verdict(page(200, "Sign in to your account"))
    assert (found.code, "Sign in to your account" in summary(found)) == ("html-instead-of-json", True)


def test_redirects_that_were_not_followed() -> None:
    assert verdict(plain(302, headers=(("Location", "https://login.microsoftonline.com/x/oauth2"),))).code == "redirect-to-login"
    assert verdict(plain(302, headers=(("location", "http://10.0.0.1/x"),))).code == "redirect-not-followed"


def test_words_in_other_case_quotes_and_wrapping_mean_the_same() -> None:
    for message in (
        "the api deployment “x” for this resource DOES NOT EXIST",
        "The API deployment for this resource doesn’t exist",
    ):
        assert verdict(error(404, message, None, shape="flat")).code == "azure-deployment-unknown"


def test_a_moment_of_now_is_used_only_where_no_answer_has_its_own() -> None:
    assert report(seen(ask(METADATA), json_answer(("$.id", "x"))), started_at=NOW).generated_at == NOW
    assert AZURE in ask(FILE).url
