"""Any other server that delivers artefacts: self-hosted services and clones of the APIs. No key unless one is named."""

from __future__ import annotations

from probe.model import AuthForm, CredentialKind
from probe.providers.base import Provider

GENERIC = Provider(
    name="generic",
    title="another service",
    host_suffixes=(),
    prefixes=(),
    routes=(
        "/models",
        "/chat/completions",
        "/completions",
        "/embeddings",
        "/images/generations",
        "/responses",
        "/docs",
        "/redoc",
        "/openapi.json",
    ),
    auth_forms=(
        (AuthForm.BEARER, CredentialKind.KEY),
        (AuthForm.API_KEY, CredentialKind.KEY),
        (AuthForm.X_API_KEY, CredentialKind.KEY),
        (AuthForm.GOOGLE_KEY, CredentialKind.KEY),
        (AuthForm.KEY_SCHEME, CredentialKind.KEY),
    ),
    url_variables=("LITELLM_PROXY_API_BASE",),
    own_keys=(("LITELLM_PROXY_API_BASE", "LITELLM_PROXY_API_KEY"),),
    copy_instead="copy the base URL of the service",
)
