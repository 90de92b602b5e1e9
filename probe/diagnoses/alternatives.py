"""What a diagnosis that is not sure may be instead, by its code; a rule that knows better says so itself."""

from __future__ import annotations

from collections.abc import Mapping

_NOT_FOUND = ("id-unknown", "route-unknown", "artefact-expired")

ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "access-denied": ("key-wrong", "openai-permission-missing", "ip-not-authorized"),
    "apim-key-wrong": ("apim-key-missing", "upstream-credential-wrong"),
    "artefact-expired": ("id-unknown", "kind-retired"),
    "artefact-wrong-type": ("error-in-success",),
    "azure-deployment-unknown": ("model-retired",),
    "azure-key-of-other-region": ("azure-key-wrong",),
    "azure-route-unknown": ("api-version-unknown", "id-unknown"),
    "blob-auth-failed": ("blob-signature-broken",),
    "blob-permission-missing": ("blob-sas-expired", "blob-credential-missing"),
    "body-not-artefact": ("error-in-success",),
    "body-unproved": ("body-not-artefact", "download-proved"),
    "catch-all-gateway": ("download-proved",),
    "content-not-here": ("artefact-expired", "upstream-failed"),
    "download-proved": ("catch-all-gateway",),
    "download-unconfirmed": ("download-proved", "catch-all-gateway"),
    "gateway-admins-only": ("gateway-key-restricted",),
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
    "not-found-unclear": _NOT_FOUND,
    "openai-key-wrong": ("key-of-other-provider", "upstream-credential-wrong"),
    "openai-route-unknown": ("id-unknown", "kind-retired"),
    "request-invalid": ("id-malformed", "request-refused"),
    "request-refused": ("request-invalid", "id-malformed"),
    "route-or-id-unknown": ("route-unknown", "id-unknown"),
    "route-unknown": ("route-or-id-unknown", "id-unknown"),
    "route-refuses-credential": ("openai-permission-missing", "upstream-credential-wrong"),
    "spend-limit": ("throttled-requests", "upstream-limit"),
    "status-unexpected": ("server-error", "request-refused"),
    "throttled-requests": ("throttled-tokens", "spend-limit"),
    "upstream-credential-missing": ("upstream-credential-wrong",),
    "upstream-credential-wrong": ("upstream-credential-missing", "upstream-denied", "route-refuses-credential"),
    "upstream-denied": ("upstream-credential-wrong",),
    "upstream-failed": ("server-error", "gateway-error"),
    "upstream-limit": ("spend-limit", "throttled-requests"),
    "upstream-route-unknown": ("id-unknown", "route-or-id-unknown"),
    "wrong-host": ("id-of-other-base", "key-of-other-provider"),
}
"""Codes by the code that they are mistaken for."""
