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

_MODELS = "Ask for the list of models with the same credential."
_OTHER_HEADER = 'Send the same credential in another header: -H "NAME: KEY".'
_MADE_UP_PATH = "Ask for a made-up path beside it, and compare."
_LISTED_ID = "Ask the same route for an id that a listing of this host names."
_STATE = "Ask for the state and the expiry of the job or file."
_BYTES = "Download the whole body and open it."
_LATER = "Send the same request again in a few minutes."
_OPERATOR = "Have the gateway's operator send the request to the service behind it with the gateway's own credential."
_CERTIFICATE = "Send it with --cert and --key."
_READ = "Read the message, and change the one thing that it names."

DECIDED_BY: Mapping[str, str] = {
    "access-denied": _MODELS,
    "azure-api-version-unknown": _MADE_UP_PATH,
    "apim-key-missing": _OTHER_HEADER,
    "artefact-expired": _STATE,
    "azure-key-wrong": _MODELS,
    "blob-credential-missing": "Ask for the link again with a storage token.",
    "blob-sas-expired": "Ask for the state again: it gives a fresh link.",
    "body-not-artefact": _BYTES,
    "catch-all-gateway": _MADE_UP_PATH,
    "client-certificate-wanted": _CERTIFICATE,
    "connection-lost": _LATER,
    "content-not-here": _STATE,
    "credential-missing": _OTHER_HEADER,
    "download-proved": _BYTES,
    "error-in-success": _BYTES,
    "gateway-error": _LATER,
    "gateway-has-no-channel": _OPERATOR,
    "gateway-key-restricted": _MODELS,
    "id-malformed": _LISTED_ID,
    "id-of-other-base": "Ask the other resources for the same id (--target, repeated).",
    "id-of-other-family": _LISTED_ID,
    "id-unknown": _LISTED_ID,
    "ip-not-authorized": "Send the same request from a network that is allowed.",
    "key-in-wrong-header": _OTHER_HEADER,
    "key-of-other-provider": _MODELS,
    "key-wrong": _MODELS,
    "kind-retired": _MODELS,
    "model-access-missing": _MODELS,
    "model-retired": _MODELS,
    "model-unknown": _MODELS,
    "openai-key-wrong": _MODELS,
    "openai-permission-missing": _MODELS,
    "proxy-refused": "Send the same request past the proxy (NO_PROXY).",
    "request-invalid": _READ,
    "request-refused": _READ,
    "route-or-id-unknown": _LISTED_ID,
    "route-unknown": _MADE_UP_PATH,
    "server-error": _LATER,
    "spend-limit": "Look at the account's usage and limits.",
    "throttled-requests": _LATER,
    "throttled-tokens": _LATER,
    "tls-failed": "Run probe doctor: it shows at which step the connection ends.",
    "tls-not-spoken": "Use http:// in the target's URL.",
    "upstream-credential-missing": _OPERATOR,
    "upstream-credential-wrong": _OPERATOR,
    "upstream-denied": _OPERATOR,
    "upstream-failed": _OPERATOR,
    "upstream-limit": _OPERATOR,
    "upstream-route-unknown": _OPERATOR,
    "route-refuses-credential": _MODELS,
}
"""The request that shows whether an alternative is the cause."""
