"""Azure OpenAI: resource hosts, Foundry projects and gateways in front of them.

Hosts and auth forms: Azure-Samples/AI-Gateway AIFoundryOpenAIV1.json @561d7199 (`securitySchemes`, `servers`), openai-python
`lib/azure.py`, azure-identity `_constants.py`. Variables: openai-python, azure-ai-projects, azure-ai-inference, LiteLLM.
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
        "models.ai.azure.com",
        "inference.ml.azure.com",
        "api.cognitive.microsoft.com",
        "azure-api.net",
        "openai.azure.us",
        "cognitiveservices.azure.us",
        "services.ai.azure.us",
        "azure-api.us",
        "openai.azure.cn",
        "cognitiveservices.azure.cn",
        "services.ai.azure.cn",
        "azure-api.cn",
    ),
    path_marks=("/openai/",),
    prefixes=("/openai/v1", "/openai"),
    routes=("/models", "/chat/completions", "/completions", "/embeddings", "/images/generations", "/responses", "/score"),
    auth_forms=(
        (AuthForm.API_KEY, CredentialKind.KEY),
        (AuthForm.ENTRA, CredentialKind.ENTRA_TOKEN),
        (AuthForm.BEARER, CredentialKind.KEY),
        (AuthForm.APIM, CredentialKind.KEY),
    ),
    key_variables=("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_KEY", "AZURE_API_KEY"),
    url_variables=(
        "AZURE_OPENAI_ENDPOINT",
        "AZURE_API_BASE",
        "AZURE_OPENAI_API_BASE",
        "AZURE_OPENAI_BASE_URL",
        "AZURE_AI_PROJECT_ENDPOINT",
        "AZURE_INFERENCE_ENDPOINT",
        "AZURE_AI_API_BASE",
    ),
    shared_url_variables=("PROJECT_ENDPOINT",),
    token_variables=("AZURE_OPENAI_AD_TOKEN",),
    version_variables=("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION", "AZURE_API_VERSION"),
    own_keys=(("AZURE_INFERENCE_ENDPOINT", "AZURE_INFERENCE_CREDENTIAL"), ("AZURE_AI_API_BASE", "AZURE_AI_API_KEY")),
    project_prefix="/api/projects/",
    portal_hosts=(
        "portal.azure.com",
        "portal.azure.us",
        "portal.azure.cn",
        "ai.azure.com",
        "ai.azure.us",
        "oai.azure.com",
        "ml.azure.com",
        "azure.microsoft.com",
        "learn.microsoft.com",
        "docs.microsoft.com",
        "management.azure.com",
        "login.microsoftonline.com",
    ),
    copy_instead="copy the endpoint from the resource's page Keys and Endpoint: https://RESOURCE.openai.azure.com",
    resource_host="openai.azure.com",
)
