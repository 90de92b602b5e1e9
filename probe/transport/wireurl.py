"""A URL as it goes onto the wire: what httpx makes of it, without httpx where it would change nothing."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address
from sys import intern

from probe.frozen import Frozen

_HOST = r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?"
_SAFE = r"A-Za-z0-9._~!$&()*+,;=:@/-"
_PLAIN = re.compile(
    rf"(https?)://({_HOST})(?::([1-9][0-9]{{0,4}}))?"
    rf"((?:/[{_SAFE}]*(?:%[0-9A-F]{{2}}[{_SAFE}]*)*)?)((?:\?(?!$)[{_SAFE}?]*(?:%[0-9A-F]{{2}}[{_SAFE}?]*)*)?)"
)
_PORTS = {"http": 80, "https": 443}


class WireUrl(Frozen):
    """Where a request goes: `netloc` has brackets and no default port, the hosts have no brackets, `target` is path and query."""

    scheme: str
    host: str
    raw_host: bytes
    port: int
    netloc: str
    target: bytes

    @property
    def origin(self) -> str:
        """Scheme, host and port, by which connections are kept apart."""
        return intern(f"{self.scheme}://{self.netloc}")  # every answer keeps it


def wire_url(url: str) -> WireUrl:
    """Take a URL apart; raises `httpx.InvalidURL` or `httpx.UnsupportedProtocol` for what cannot be asked."""
    return plain_url(url) or _by_httpx(url)


@lru_cache(maxsize=256)
def plain_url(url: str) -> WireUrl | None:
    """Take a URL apart that can be read in one way only, None for any other; it is asked for at each step of a request."""
    found = _PLAIN.fullmatch(url)
    if found is not None and "/." not in found[4] and _is_plain(found[2]):
        scheme, host, port, path, query = found.groups()
        number = int(port) if port else _PORTS[scheme]
        if number <= 65535 and (not port or number != _PORTS[scheme]):
            netloc = f"{host}:{port}" if port else host
            return WireUrl(scheme, host, host.encode(), number, netloc, f"{path or '/'}{query}".encode())
    return None


@lru_cache(maxsize=256)
def _is_plain(host: str) -> bool:
    """Whether a host is written as it is sent: no name in punycode, and no number that is not a whole address."""
    if "xn--" in host or ".." in host:
        return False
    if not re.fullmatch(r"[0-9.]+", host):
        return True
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _by_httpx(url: str) -> WireUrl:
    from probe.transport.wire import httpx

    parsed = httpx.URL(url)
    if parsed.scheme not in _PORTS or not parsed.host:
        raise httpx.UnsupportedProtocol(f"cannot ask a URL with scheme {parsed.scheme!r}")
    port = parsed.port or _PORTS[parsed.scheme]
    return WireUrl(parsed.scheme, parsed.host, parsed.raw_host, port, parsed.netloc.decode("ascii"), parsed.raw_path)
