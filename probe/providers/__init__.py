"""Who we talk to: base URLs, auth forms, where the api-version goes, which headers carry request ids.

A new provider is one file with a `Provider` and one line in `registry.PROVIDERS`.
"""

from __future__ import annotations

from probe.model import AuthForm, Credential, Pairs, RawUrl, Target
from probe.providers.base import Pasted, Provider
from probe.providers.pasted import normalise
from probe.providers.registry import PROVIDERS, looks_like, owner_of_variable, provider, provider_of

__all__ = [
    "PROVIDERS", "REGION_HEADERS", "REQUEST_ID_HEADERS", "Pasted", "Provider", "auth_headers", "credential_for", "forms",
    "looks_like", "normalise", "owner_of_variable", "provider", "provider_of",
]  # fmt: skip

REQUEST_ID_HEADERS = (
    "apim-request-id",
    "x-request-id",
    "x-ms-request-id",
    "x-ms-client-request-id",
    "request-id",
    "cf-ray",
    "x-amzn-requestid",
    "x-goog-request-id",
)
"""Headers that name a request to the vendor's support (litellm `PROVIDER_REQUEST_ID_HEADERS`, azure-rest-api-specs)."""

REGION_HEADERS = ("x-ms-region",)

STORAGE_VERSION = "2021-08-06"
"""A blob service version that every storage account accepts; needed beside an Entra token (azure-storage-blob `_serialize.py`)."""


def forms(target: Target[RawUrl]) -> tuple[tuple[AuthForm, Credential | None], ...]:
    """Name the auth forms that the target's credentials allow, the provider's own first; without any, one `none`."""
    allowed = [
        (form, credential)
        for form, kind in provider(target.provider).auth_forms
        for credential in target.credentials
        if credential.kind is kind
    ]
    return tuple(allowed) or ((AuthForm.NONE, None),)


def credential_for(form: AuthForm, target: Target[RawUrl]) -> Credential | None:
    """Pick the credential that an auth form carries, None where the form needs none or the target has none."""
    held = target.credentials if form is not AuthForm.NONE else ()
    return next((one for one in held if one.kind is form.kind), None)


def auth_headers(form: AuthForm, secret: str) -> Pairs:
    """Build the headers that carry `secret` in an auth form."""
    if form is AuthForm.NONE or not secret:
        return ()
    if form is AuthForm.API_KEY:
        return (("api-key", secret),)
    if form is AuthForm.APIM:
        return (("Ocp-Apim-Subscription-Key", secret),)
    if form in (AuthForm.X_API_KEY, AuthForm.GOOGLE_KEY):
        return ((form.value, secret),)
    if form is AuthForm.KEY_SCHEME:
        return (("Authorization", f"Key {secret}"),)
    if form is AuthForm.STORAGE:
        return (("Authorization", f"Bearer {secret}"), ("x-ms-version", STORAGE_VERSION))
    return (("Authorization", f"Bearer {secret}"),)
