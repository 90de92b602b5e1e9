"""What all connections of a scan share: options, looked-up names, the TLS context; and how one connection is made."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpcore

from probe.facts.addresses import AddressClass, classify, literal_class, named_class
from probe.model import TlsFacts
from probe.transport.dialling import Dialler, Resolver
from probe.transport.failures import NETWORK_ERRORS, WireError
from probe.transport.options import ProxyChoice, TransportOptions, proxy_for
from probe.transport.tls import make_context
from probe.transport.wire import httpx

if TYPE_CHECKING:
    import ssl

Allowed = frozenset[AddressClass] | None
"""Classes of address that a request may reach, None for an origin that the user named."""

_KEEP_SECONDS = 30.0
_GLANCE_SECONDS = 0.05
_IDLE_TIMEOUT = re.compile(rb"HTTP/1\.\d 408\b")


class Line:
    """One connection with the dialler that made it; `host` is how the other side's name stands in what is sent."""

    def __init__(self, connection: httpcore.AsyncConnectionInterface, dialler: Dialler, host: bytes) -> None:
        self.connection = connection
        self.host = host
        self.dialler = dialler
        self.rests_since = 0.0
        self.answers = 0

    def is_fit(self) -> bool:
        """Whether nothing came over it since its last answer, not even its end."""
        return self.connection.is_idle() and not self.connection.has_expired()

    async def has_surplus(self) -> bool:
        """Whether an answer that nobody asked for came over a resting connection, so that its last ones may be mixed up.

        Its end alone is no such thing, nor is the 408 that some servers send before they close an idle connection (RFC 9110,
        15.5.9): a 408 is asked again anyway. TLS may have sent something of its own, such as a session ticket.
        """
        stream = self.dialler.top
        if stream is None or not stream.get_extra_info("is_readable"):
            return False
        try:
            async with asyncio.timeout(_GLANCE_SECONDS):
                data = await stream.read(64)
        except NETWORK_ERRORS:
            return False
        return bool(data) and not _IDLE_TIMEOUT.match(data)

    async def close(self) -> None:
        """Close it, whatever it is doing."""
        self.dialler.watch = None
        try:
            await self.connection.aclose()
        finally:
            await self.dialler.aclose()


class Network:
    """Makes connections. `suspects` are origins that sent more than was asked for: no connection to them is used twice."""

    def __init__(self, options: TransportOptions | None = None) -> None:
        self.options = options or TransportOptions()
        self.resolver = Resolver(self.options)
        self.suspects: set[str] = set()
        self.peeked: dict[str, TlsFacts | None] = {}
        self._context: ssl.SSLContext | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """The one TLS context: 20 ms to make, so only where an https URL is asked for."""
        if self._context is None:
            self._context = make_context(self.options)
        return self._context

    def prepare(self) -> None:
        """Make the TLS context now: a wrong certificate file is the user's mistake, better told before the first request."""
        _context = self.context

    def classes_of(self, host: str) -> frozenset[AddressClass]:
        """Classes of the addresses of a host, as far as they are known by now."""
        literal = literal_class(host)
        return frozenset({literal}) if literal else frozenset(classify(one) for one in self.resolver.known(host))

    def shown_class(self, url: str) -> AddressClass | None:
        """Class that a URL shows before anything is looked up; through a proxy its name has to tell."""
        host = urlsplit(url).hostname or ""
        return literal_class(host) if proxy_for(url, self.options) is None else named_class(host)

    def line(self, url: httpx.URL, allowed: Allowed, context: ssl.SSLContext | None = None) -> Line:
        """Make a connection to the origin of a URL, direct or through its proxy; it connects when it is first used."""
        if url.scheme not in ("http", "https") or not url.host:
            raise httpx.UnsupportedProtocol(f"cannot ask a URL with scheme {url.scheme!r}")
        port = url.port or (443 if url.scheme == "https" else 80)
        proxy = proxy_for(str(url), self.options)
        # httpcore forgets the brackets of an IPv6 address in what it writes to an HTTP proxy.
        is_bracketed = b":" in url.raw_host and proxy is not None and not proxy.url.startswith("socks")
        host = b"[%b]" % url.raw_host if is_bracketed else url.raw_host
        origin = httpcore.Origin(url.scheme.encode("ascii"), host, port)
        if url.scheme == "https":
            context = context or self.context
        if proxy is None:
            dialler = Dialler(self.resolver, allowed)
            direct = httpcore.AsyncHTTPConnection(origin, context, keepalive_expiry=_KEEP_SECONDS, network_backend=dialler)
            return Line(direct, dialler, host)
        # The proxy looks names up itself: only what the URL shows can be guarded.
        kind = named_class(url.host)
        if allowed is not None and kind is not None and kind not in allowed:
            raise WireError("address_refused", f"{url.host} leads to a {kind} address")
        dialler = Dialler(self.resolver, None, proxy=proxy.url)
        return Line(self._through(proxy, context, dialler).create_connection(origin), dialler, host)

    def _through(self, proxy: ProxyChoice, context: ssl.SSLContext | None, dialler: Dialler) -> httpcore.AsyncConnectionPool:
        """Make the factory of connections through a proxy; https goes through a CONNECT tunnel, the proxy sees no header of it."""
        auth = (proxy.auth[0].encode(), proxy.auth[1].encode()) if proxy.auth else None
        if proxy.url.startswith("socks"):
            url = proxy.url.replace("socks5h", "socks5", 1)
            return httpcore.AsyncSOCKSProxy(url, auth, context, keepalive_expiry=_KEEP_SECONDS, network_backend=dialler)
        return httpcore.AsyncHTTPProxy(
            proxy.url,
            proxy_headers=[(b"Proxy-Authorization", b"Basic " + base64.b64encode(b":".join(auth)))] if auth else [],
            ssl_context=context,
            proxy_ssl_context=self.context if proxy.url.startswith("https") else None,
            keepalive_expiry=_KEEP_SECONDS,
            network_backend=dialler,
        )
