"""Azure OpenAI: resource hosts, Foundry projects and gateways in front of them.

Hosts and auth forms: Azure-Samples/AI-Gateway AIFoundryOpenAIV1.json @561d7199 (`securitySchemes`, `servers`), openai-python
`lib/azure.py`, azure-identity `_constants.py`.
"""

from __future__ import annotations

from probe.model import AuthForm, CredentialKind
from probe.providers.base import Provider

AZURE = Provider(
    name="azure",
    title="Azure OpenAI",
    host_suffixes=(
        "openai.azure.com",
        "cognitiveservices.azure.com",
        "services.ai.azure.com",
        "api.cognitive.microsoft.com",
        "azure-api.net",
        "openai.azure.us",
        "cognitiveservices.azure.us",
        "openai.azure.cn",
        "cognitiveservices.azure.cn",
    ),
    prefixes=("/openai/v1", "/openai"),
    auth_forms=(
        (AuthForm.API_KEY, CredentialKind.KEY),
        (AuthForm.ENTRA, CredentialKind.ENTRA_TOKEN),
        (AuthForm.BEARER, CredentialKind.KEY),
        (AuthForm.APIM, CredentialKind.KEY),
    ),
    key_variables=("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_KEY", "AZURE_API_KEY"),
    url_variables=("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"),
    token_variables=("AZURE_OPENAI_AD_TOKEN",),
    project_prefix="/api/projects/",
    api_version_parameter="api-version",
)
