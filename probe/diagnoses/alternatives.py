"""What an uncertain diagnosis may be instead, by its code; a rule can name others itself."""

from __future__ import annotations

from collections.abc import Mapping

_NOT_FOUND = ("id-unknown", "route-unknown", "artefact-expired")

ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "access-denied": ("key-wrong", "openai-permission-missing", "ip-not-authorized"),
    "apim-key-wrong": ("apim-key-missing", "upstream-credential-wrong"),
    "artefact-expired": ("id-unknown", "kind-retired"),
    "azure-deployment-unknown": ("model-retired",),
    "azure-key-of-other-region": ("azure-key-wrong",),
    "azure-key-wrong": ("upstream-credential-wrong",),
    "azure-route-unknown": ("azure-api-version-unknown", "id-unknown"),
    "blob-permission-missing": ("blob-sas-expired", "blob-credential-missing"),
    "body-not-artefact": ("error-in-success",),
    "body-unproved": ("body-not-artefact", "download-proved"),
    "catch-all-gateway": ("download-proved",),
    "connection-lost": ("client-certificate-wanted", "tls-failed"),
    "content-not-here": ("artefact-expired", "upstream-failed"),
    "download-proved": ("catch-all-gateway",),
    "download-unconfirmed": ("download-proved", "catch-all-gateway"),
    "gateway-admins-only": ("gateway-key-restricted",),
    "gateway-fetch-blocked": ("access-denied", "upstream-denied"),
    "gateway-has-no-channel": ("model-unknown", "upstream-failed"),
    "gateway-key-restricted": ("openai-permission-missing", "key-wrong"),
    "gateway-error": ("server-error", "upstream-failed"),
    "gateway-setting-missing": ("upstream-credential-missing", "server-error"),
    "id-malformed": ("id-of-other-family", "request-invalid"),
    "id-unknown": ("artefact-expired", "id-of-other-base"),
    "key-in-wrong-header": ("key-wrong", "credential-missing"),
    "key-of-other-provider": ("openai-key-wrong", "azure-key-wrong"),
    "key-wrong": ("key-in-wrong-header", "upstream-credential-wrong"),
    "credential-missing": ("key-in-wrong-header", "key-wrong"),
    "job-pending": ("content-not-here",),
    "kind-retired": ("route-unknown", "model-access-missing"),
    "method-not-allowed": ("route-unknown",),
    "model-access-missing": ("gateway-key-restricted", "model-unknown"),
    "model-unknown": ("gateway-has-no-channel", "id-unknown"),
    "openai-permission-missing": ("gateway-key-restricted", "key-wrong"),
    "network-failed": ("connection-lost", "tls-failed"),
    "not-found-unclear": _NOT_FOUND,
    "openai-key-wrong": ("key-of-other-provider", "upstream-credential-wrong"),
    "openai-route-unknown": ("id-unknown", "kind-retired"),
    "request-invalid": ("id-malformed", "request-refused"),
    "request-refused": ("request-invalid", "id-malformed"),
    "route-or-id-unknown": ("route-unknown", "id-unknown"),
    "route-unknown": ("route-or-id-unknown", "id-unknown"),
    "route-refuses-credential": ("openai-permission-missing", "upstream-credential-wrong"),
    "server-error": ("upstream-failed", "gateway-error"),
    "spend-limit": ("throttled-requests", "upstream-limit"),
    "status-unexpected": ("server-error", "request-refused"),
    "tls-failed": ("client-certificate-wanted", "tls-not-spoken"),
    "throttled-capacity": ("server-error", "throttled-requests"),
    "throttled-jobs": ("throttled-requests",),
    "throttled-tokens": ("throttled-requests",),
    "throttled-requests": ("throttled-tokens", "spend-limit"),
    "upstream-credential-missing": ("upstream-credential-wrong",),
    "upstream-credential-wrong": ("upstream-credential-missing", "upstream-denied", "route-refuses-credential"),
    "upstream-denied": ("upstream-credential-wrong",),
    "upstream-failed": ("server-error", "gateway-error"),
    "upstream-limit": ("spend-limit", "throttled-requests"),
    "upstream-model-unknown": ("upstream-route-unknown", "gateway-has-no-channel"),
    "upstream-route-unknown": ("id-unknown", "route-or-id-unknown"),
    "wrong-host": ("id-of-other-base", "key-of-other-provider"),
}
"""Codes by the code that they are mistaken for."""

_DECIDING: Mapping[str, str] = {
    "Ask for the list of models with the same credential.": (
        "access-denied azure-key-wrong gateway-key-restricted key-of-other-provider key-wrong kind-retired "
        "model-access-missing model-retired model-unknown openai-key-wrong openai-permission-missing "
        "route-refuses-credential"
    ),
    "Ask for a made-up path beside it, and compare.": "azure-api-version-unknown catch-all-gateway route-unknown",
    'Send the same credential in another header: -H "NAME: KEY".': "apim-key-missing credential-missing key-in-wrong-header",
    "Ask for the state and the expiry of the job or file.": "artefact-expired content-not-here",
    "Ask for the link again with a storage token.": "blob-credential-missing",
    "Ask for the state again: it gives a fresh link.": "blob-sas-expired",
    "Download the whole body and open it.": "body-not-artefact download-proved error-in-success",
    "Send it with --cert and --key.": "client-certificate-wanted",
    "Send the same request again in a few minutes.": (
        "connection-lost gateway-error server-error throttled-requests throttled-tokens"
    ),
    "Have the gateway's operator send the request to the service behind it with the gateway's own credential.": (
        "gateway-has-no-channel upstream-credential-missing upstream-credential-wrong upstream-denied upstream-failed "
        "upstream-limit upstream-route-unknown"
    ),
    "Ask the same route for an id that a listing of this host names.": (
        "id-malformed id-of-other-family id-unknown route-or-id-unknown"
    ),
    "Ask the other resources for the same id (--target, repeated).": "id-of-other-base",
    "Send the same request from a network that is allowed.": "ip-not-authorized",
    "Send the same request past the proxy (NO_PROXY).": "proxy-refused",
    "Read the message, and change the one thing that it names.": "request-invalid request-refused",
    "Look at the account's usage and limits.": "spend-limit",
    "Run probe doctor: it shows at which step the connection ends.": "tls-failed",
    "Use http:// in the target's URL.": "tls-not-spoken",
}
DECIDED_BY: Mapping[str, str] = {code: request for request, codes in _DECIDING.items() for code in codes.split()}
"""The request that shows whether an alternative is the cause."""
