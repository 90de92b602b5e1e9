"""Whose host a URL names, as far as its suffix tells."""

from __future__ import annotations

from probe.facts.urls import host_of

BLOB_SUFFIXES = (".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn")
"""Azure Blob Storage in the public, the US government and the China cloud."""


def is_blob_host(url: str) -> bool:
    """Whether a URL lies in Azure Blob Storage."""
    return host_of(url).endswith(BLOB_SUFFIXES)
