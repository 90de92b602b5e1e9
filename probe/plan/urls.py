"""URLs of probes: path templates filled in, the api-version added or exchanged, templates recognised in a customer's URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from probe.facts.urls import API_VERSION
from probe.model import Endpoint, Pairs, RawUrl

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d*)?")


def names_in(endpoint: Endpoint) -> tuple[str, ...]:
    """List the placeholders of a whole request, path first."""
    texts = [endpoint.path, *(value for _, value in endpoint.query), *(value for _, value in endpoint.headers), endpoint.body or ""]
    return tuple(dict.fromkeys(name for text in texts for name in _NAME.findall(text)))


def fill(template: str, ids: Mapping[str, str], *, is_quoted: bool = True) -> str:
    """Put ids into a template; unknown ones keep their `{name}`. Quoted, an id can never add a path segment or a query."""

    def one(found: re.Match[str]) -> str:
        value = ids.get(found.group(1))
        if value is None:
            return found.group(0)
        return quote(value, safe=":@._-~") if is_quoted else value

    return _NAME.sub(one, template)


def join(base_url: str, path: str, endpoint: Endpoint) -> str:
    """Put a path behind a base. Of a clone's base nothing comes twice: people give it with or without `/v1` or `/api/v3`.

    Of two versions the base's counts, but a vendor's own route keeps its own: `/v2/videos` stands beside `/v1`.
    """
    if endpoint.provider != "generic":
        return base_url + path
    base, segments = base_url.split("/"), path.split("/")[1:]
    shared = next((n for n in range(min(len(segments), len(base) - 3), 0, -1) if base[-n:] == segments[:n]), 0)
    version = next((at for at in range(len(base) - 1, 2, -1) if _VERSION.fullmatch(base[at])), None)
    if not shared and version is not None and _VERSION.fullmatch(segments[0]):
        if endpoint.hosts:
            return "/".join([*base[:version], *segments])
        shared = 1
    return "/".join([base_url, *segments[shared:]])


def build(base_url: RawUrl, endpoint: Endpoint, ids: Mapping[str, str], api_version: str | None) -> RawUrl:
    """Make the absolute URL of an endpoint at a target."""
    path = fill(endpoint.path, ids)
    url = path if "://" in endpoint.path else join(base_url, path, endpoint)
    query: list[tuple[str, str]] = [(name, fill(value, ids, is_quoted=False)) for name, value in endpoint.query]
    if api_version is not None:
        query.append((API_VERSION, api_version))
    return RawUrl(url + ("?" + urlencode(query, safe="{}:@._-~", quote_via=quote) if query else ""))


def with_version(url: str, api_version: str | None) -> RawUrl:
    """Exchange, add or (None) drop the api-version of a URL; everything else stays as it is."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.split("=")[0].lower() != API_VERSION]
    if api_version is not None:
        kept.append(f"{API_VERSION}={quote(api_version, safe='')}")
    return RawUrl(urlunsplit(parts._replace(query="&".join(kept))))


def match(endpoint: Endpoint, base_url: str, url: str) -> Pairs | None:
    """Recognise a URL as this endpoint at this target: its ids, or None. The query is not looked at."""
    if "://" in endpoint.path or not url.startswith(base_url + "/"):
        return None
    path = urlsplit(url).path
    template = urlsplit(join(base_url, endpoint.path, endpoint)).path
    parts = enumerate(_NAME.split(template))  # a literal, a name, a literal …
    found = re.fullmatch("".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in parts), path.rstrip("/"))
    return tuple((name, unquote(value)) for name, value in found.groupdict().items()) if found else None
