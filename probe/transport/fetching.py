"""Fetch one document that the user named by URL, such as an OpenAPI description: no credential, within limits."""

from __future__ import annotations

import asyncio
from urllib.parse import urljoin, urlsplit

from probe import __version__
from probe.errors import UsageError
from probe.facts.addresses import AddressClass
from probe.facts.headers import header
from probe.facts.urls import origin
from probe.model import Limits, RawUrl
from probe.transport.lane import Lane, WireAnswer, WireRequest
from probe.transport.network import Network
from probe.transport.options import TransportOptions

_REDIRECTS = 5
_HEADERS = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", f"probe/{__version__}"))
_PUBLIC = frozenset({AddressClass.PUBLIC})


def fetch(url: str, max_bytes: int, options: TransportOptions | None = None) -> bytes:
    """Return the body of `url`; anything but a whole 200 of at most `max_bytes` is a `UsageError`.

    Up to five redirects are followed, but from a public name never into a private network.
    """
    return asyncio.run(_fetch(url, max_bytes, Network(options)))


async def _fetch(url: str, max_bytes: int, network: Network) -> bytes:
    lane, limits, at = Lane(network), Limits(max_body=max_bytes), RawUrl(url)
    try:
        for hop in range(_REDIRECTS + 1):
            _check(url, at)
            order = WireRequest("GET", at, _HEADERS, allowed=None if origin(at) == origin(url) else _PUBLIC)
            answer = await lane.exchange(order, limits, lambda _: max_bytes + 1)
            location = header(answer.headers, "location")
            if answer.status_code not in (301, 302, 303, 307, 308) or not location or hop == _REDIRECTS:
                return _body(url, answer, max_bytes)
            at = absolute(at, location)
    finally:
        await lane.aclose()
    raise AssertionError("unreachable")


def _check(url: str, at: str) -> None:
    """Refuse what cannot or must not be asked: a user name, no http(s), no URL at all."""
    if "@" in at.partition("//")[2].partition("/")[0]:
        raise UsageError("a URL with a user name in it is not fetched", hint="download it and give the file")
    try:
        parts = urlsplit(at)
        is_url = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise UsageError(f"{url!r}: cannot be fetched", hint="give an http(s) URL, or a file")


def absolute(base: str, text: str) -> RawUrl:
    """Join a URL to the one that it was found at; what cannot be joined stays as it is."""
    try:
        return RawUrl(urljoin(base, text))
    except ValueError:
        return RawUrl(text)


def _body(url: str, answer: WireAnswer, max_bytes: int) -> bytes:
    if answer.status_code != 200:
        seen = f"{answer.failure} ({answer.failure_detail})" if answer.failure else f"the server answered {answer.status_code}"
        raise UsageError(f"{url!r}: {seen}", hint="check the URL, or download it and give the file")
    if len(answer.content) > max_bytes:
        raise UsageError(f"{url!r}: larger than {max_bytes} bytes", hint="download it and give the part that is needed as a file")
    return answer.content
