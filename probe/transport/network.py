"""What all connections of a scan share: options, looked-up names, the TLS context; and how one connection is made."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from probe.facts.addresses import AddressClass, classify, literal_class, named_class
from probe.facts.urls import origin
from probe.frozen import replace
from probe.model import TlsFacts
from probe.transport.dialling import Dialler, Resolver
from probe.transport.direct import Direct
from probe.transport.failures import WireError, is_failure
from probe.transport.options import TransportOptions, proxy_for
from probe.transport.talk import Connection
from probe.transport.tls import make_context
from probe.transport.wireurl import WireUrl

if TYPE_CHECKING:
    import ssl

Allowed = frozenset[AddressClass] | None
"""Classes of address that a request may reach, None for an origin that the user named."""

_GLANCE_SECONDS = 0.05
_IDLE_TIMEOUT = re.compile(rb"HTTP/1\.\d 408\b")


class Line:
    """One connection with the dialler that made it."""

    def __init__(self, connection: Connection, dialler: Dialler) -> None:
        self.connection = connection
        self.dialler = dialler
        self.rests_since = 0.0
        self.answers = 0

    def is_fit(self) -> bool:
        """Whether nothing, not even its end, arrived since its last response."""
        return self.connection.is_idle() and not self.connection.has_expired()

    async def has_surplus(self) -> bool:
        """Whether an idle connection received a surplus response, so that its last ones may be mixed up.

        Its end alone does not count, nor does the 408 that some servers send before they close an idle connection (RFC 9110,
        15.5.9): a 408 is asked again anyway. TLS may have sent something of its own, such as a session ticket.
        """
        stream = self.dialler.top
        if stream is None or not stream.get_extra_info("is_readable"):
            return False
        try:
            async with asyncio.timeout(_GLANCE_SECONDS):
                data = await stream.read(64)
        except Exception as exc:
            if not is_failure(exc):
                raise
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
    """Makes connections. `suspects` are origins that sent more than was asked for: no connection to them is used twice.

    `homes` are the origins that the client certificate was given for: it names its holder, and is shown nowhere else.
    """

    def __init__(self, options: TransportOptions | None = None) -> None:
        self.options = options or TransportOptions()
        self.resolver = Resolver(self.options)
        self.suspects: set[str] = set()
        self.homes: set[str] = set()
        self.peeked: dict[str, TlsFacts | None] = {}
        self._context: ssl.SSLContext | None = None
        self._nameless: ssl.SSLContext | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """The one TLS context: 20 ms to make, so only where an https URL is asked for."""
        if self._context is None:
            self._context = make_context(self.options)
        return self._context

    def _context_for(self, url: str) -> ssl.SSLContext:
        if not self.options.client_cert or origin(url) in self.homes:
            return self.context
        if self._nameless is None:
            self._nameless = make_context(replace(self.options, client_cert=None, client_key=None))
        return self._nameless

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

    def line(self, url: WireUrl, text: str, allowed: Allowed, context: ssl.SSLContext | None = None) -> Line:
        """Make a connection to the origin of a URL, direct or through its proxy; it connects when it is first used."""
        proxy = proxy_for(text, self.options)
        if proxy is None and url.scheme == "http":
            dialler = Dialler(self.resolver, allowed)
            return Line(Direct(url.raw_host.decode("ascii"), url.port, dialler), dialler)
        from probe.transport.through import through  # loads httpx

        if url.scheme == "https":
            context = context or self._context_for(text)
        if proxy is None:
            dialler = Dialler(self.resolver, allowed)
            return Line(through(url, None, context, None, dialler), dialler)
        # The proxy looks names up itself: only what the URL shows can be guarded.
        kind = named_class(url.host)
        if allowed is not None and kind is not None and kind not in allowed:
            raise WireError("address_refused", f"{url.host} leads to a {kind} address")
        dialler = Dialler(self.resolver, None, proxy=proxy.url)
        return Line(through(url, proxy, context, self.context if proxy.url.startswith("https") else None, dialler), dialler)
