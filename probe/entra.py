"""A token of Microsoft Entra ID through azure-identity: of the signed-in user (`az login`), a workload or a managed identity."""

from __future__ import annotations

from probe.errors import UsageError

ENTRA_VARIABLE = "AZURE_OPENAI_AD_TOKEN"
_ENTRA_SCOPES = "https://cognitiveservices.azure.com/.default"


def entra_token() -> str:
    """Ask azure-identity for a token; needs the extra `entra`."""
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        raise UsageError("--entra: azure-identity is not installed", hint="pip install 'probe-artefacts[entra]'") from None
    try:
        token: str = DefaultAzureCredential().get_token(_ENTRA_SCOPES).token
    except Exception as error:  # noqa: BLE001 - azure-identity raises many kinds; the name is enough, its text may hold tenant details
        raise UsageError(
            f"--entra: no token ({type(error).__name__})", hint="run `az login`, or set AZURE_OPENAI_AD_TOKEN"
        ) from None
    return token
