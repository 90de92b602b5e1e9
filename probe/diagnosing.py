"""Judge what a paste tells, offline, by the same recorder and the same rules as a scan."""

from __future__ import annotations

from probe.intake import Knowledge
from probe.model import Catalogue
from probe.providers import PROVIDERS, REGION_HEADERS, REQUEST_ID_HEADERS, normalise, provider, provider_of
from probe.errors import UsageError


def knowledge_of(catalogue: Catalogue) -> Knowledge:
    """Make what intake knows about vendors from the catalogue and the providers."""
    names = {one.name: one for artefact in catalogue.artefacts for one in artefact.ids}
    return Knowledge(
        ids=tuple(names.values()),
        templates=tuple(dict.fromkeys((one.provider, one.path) for one in catalogue.endpoints)),
        hosts=tuple(suffix for name in PROVIDERS for suffix in provider(name).host_suffixes),
        request_id_headers=(*REQUEST_ID_HEADERS, "x-litellm-call-id", "x-oneapi-request-id"),
        region_headers=REGION_HEADERS,
        provider_of=provider_of,
        base_of=_base_of,
    )


def _base_of(url: str, named: str | None) -> str | None:
    """Cut a URL to the base of a target; a host of nobody we know is cut before `/v1`, else to its origin."""
    from urllib.parse import urlsplit

    plain = url.partition("?")[0].partition("#")[0]
    try:
        parts = urlsplit(plain)
        netloc = parts.netloc.rpartition("@")[2]
        if named is None and "/v1" not in parts.path:
            return f"{parts.scheme.lower()}://{netloc.lower()}" if netloc else None
        return normalise(f"{parts.scheme}://{netloc}{parts.path}", named or "openai").base_url
    except (UsageError, ValueError):
        return None
