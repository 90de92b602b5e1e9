"""Whose host a URL names, as far as its suffix tells."""

from __future__ import annotations

import re

from probe.facts.urls import host_of

BLOB_SUFFIXES = (".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn")
"""Azure Blob Storage in the public, the US government and the China cloud."""

_PSEUDONYM = re.compile(r"(azure|apim|storage)-\d+(?:-\d+)?\.invalid")
_SERVICES = {"azure": "openai.azure.com", "apim": "azure-api.net", "storage": "blob.core.windows.net"}


def vendor_host(host: str) -> str:
    """Give the host by which rules judge: `azure-1.invalid` of anonymised evidence stands for a host of that vendor's service."""
    found = _PSEUDONYM.fullmatch(host)
    return f"{host.removesuffix('.invalid')}.{_SERVICES[found[1]]}" if found else host


def is_blob_host(url: str) -> bool:
    """Whether a URL lies in Azure Blob Storage."""
    return vendor_host(host_of(url)).endswith(BLOB_SUFFIXES)
