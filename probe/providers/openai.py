"""OpenAI's own API, its regional hosts included (openai-python `_data_residency.py`)."""

from __future__ import annotations

from probe.model import AuthForm, CredentialKind
from probe.providers.base import Provider

OPENAI = Provider(
    name="openai",
    title="OpenAI",
    host_suffixes=("api.openai.com",),
    prefixes=("/v1",),
    routes=("/models", "/chat/completions", "/completions", "/embeddings", "/images/generations", "/responses"),
    auth_forms=((AuthForm.BEARER, CredentialKind.KEY), (AuthForm.API_KEY, CredentialKind.KEY)),
    key_variables=("OPENAI_API_KEY",),
    url_variables=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    key_marks=("sk-",),
    default_url="https://api.openai.com",
    extra_headers=(("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")),
    portal_hosts=("openai.com", "chatgpt.com", "chat.com"),
    copy_instead="OpenAI's API is at https://api.openai.com/v1",
)
