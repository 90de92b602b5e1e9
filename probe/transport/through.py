"""Connections by httpcore: over TLS, and through proxies of every kind; their streams report to a `Watch`."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any

import httpcore

from probe.transport import tls
from probe.transport.dialling import Dialler
from probe.transport.failures import WireError
from probe.transport.options import ProxyChoice
from probe.transport.talk import Ask, Reply
from probe.transport.wire import httpx
from probe.transport.wireurl import WireUrl

_KEEP_SECONDS = 30.0


class Backend(httpcore.AsyncNetworkBackend):
    """What httpcore connects with: a dialler."""

    def __init__(self, dialler: Dialler) -> None:
        self._dialler = dialler
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *_: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        """Connect by the dialler."""
        stream = await self._dialler.connect(host, port, self._backend.connect_tcp)
        return WatchedStream(stream, self._dialler)

    async def sleep(self, seconds: float) -> None:
        """Part of httpcore's interface."""
        await asyncio.sleep(seconds)


class WatchedStream(httpcore.AsyncNetworkStream):
    """A stream that tells the dialler's current `Watch` of everything that passes."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, dialler: Dialler) -> None:
        self._stream = stream
        self._dialler = dialler

    async def read(self, max_bytes: int, *_: Any, **_options: Any) -> bytes:
        """Read; the watch keeps the time, httpcore's own limits are not used."""
        if self._dialler.watch is not None:
            self._dialler.watch.silent()
        data = await self._stream.read(max_bytes)
        if self._dialler.watch is not None:
            self._dialler.watch.received(data)
        return data

    async def write(self, buffer: bytes, *_: Any, **_options: Any) -> None:
        """Write; see `read`."""
        if buffer and self._dialler.watch is not None:
            self._dialler.watch.wrote()
        await self._stream.write(buffer)

    async def aclose(self) -> None:
        """Close without waiting for the other side."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, *_: Any, **_options: Any
    ) -> httpcore.AsyncNetworkStream:
        """Shake hands and keep what the certificate says."""
        watch = self._dialler.watch
        server_hostname = server_hostname.strip("[]") if server_hostname else None
        started = time.monotonic()
        is_of_proxy, self._dialler.has_proxy_handshake = self._dialler.has_proxy_handshake, False
        if watch is not None:
            watch.connecting()
            watch.hop = "proxy" if is_of_proxy else "tls"
        self._dialler.top = stream = await self._stream.start_tls(ssl_context, server_hostname)
        verified = ssl_context.verify_mode != ssl.CERT_NONE
        self._dialler.tls = tls.facts(stream.get_extra_info("ssl_object"), verified=verified)
        if watch is not None:
            watch.phases.tls = time.monotonic() - started
            watch.tls = self._dialler.tls
            watch.hop = "proxy" if is_of_proxy else "target"
            watch.silent()
        if server_hostname is not None and server_hostname == self._dialler.peeks_at:
            raise WireError("not_sent", "only the certificate was asked for")
        return WatchedStream(stream, self._dialler)

    def get_extra_info(self, info: str) -> Any:
        """Pass the question on: httpcore asks whether an idle socket is readable."""
        return self._stream.get_extra_info(info)


class Through:
    """One connection of httpcore's; see `talk.Connection`. `host` is how the other side's name stands in what is sent."""

    def __init__(self, connection: httpcore.AsyncConnectionInterface, host: bytes, dialler: Dialler) -> None:
        self._connection = connection
        self._host = host
        self._dialler = dialler
        self._answer: httpcore.Response | None = None
        self._pieces: AsyncIterator[bytes] | None = None

    async def ask(self, ask: Ask) -> Reply:
        """Send a request and wait for the head of its answer."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in ask.headers]
        url = httpx.URL(scheme=ask.url.scheme, host=ask.url.host, port=ask.url.port, raw_path=ask.url.target)
        made = httpx.Request(ask.method, url, headers=headers, content=ask.body)
        target = httpcore.URL(scheme=ask.url.scheme, host=self._host, port=ask.url.port, target=ask.url.target)
        request = httpcore.Request(ask.method, target, headers=made.headers.raw, content=made.stream)
        try:
            self._answer = answer = await self._connection.handle_async_request(request)
        except AssertionError as exc:  # how httpcore meets a SOCKS proxy that talks nonsense
            raise WireError("proxy_failed", "the proxy's answer makes no sense") from exc
        self._pieces = aiter(answer.stream) if answer.status != 101 else None  # type: ignore[arg-type]
        reason = answer.extensions.get("reason_phrase", b"").decode("latin-1")
        version = answer.extensions.get("http_version", b"HTTP/1.1").decode("latin-1")
        return Reply(answer.status, reason, version, tuple((_word(name), _word(value)) for name, value in answer.headers))

    async def piece(self) -> bytes:
        """Wait for the next piece of the body; b"" is its end."""
        if self._pieces is not None:
            async for data in self._pieces:
                if data:
                    return data
        return b""

    async def finish(self) -> None:
        """Leave the answer as far as it was read."""
        answer, self._answer, self._pieces = self._answer, None, None
        if answer is not None:
            await answer.aclose()

    def is_idle(self) -> bool:
        """Whether the last answer was whole, and nothing in it forbids another request."""
        return self._connection.is_idle()

    def left_nothing(self, method: str, status_code: int) -> bool:
        """Whether what came was exactly one answer."""
        return self._dialler.watch is not None and self._dialler.watch.left_nothing(method, status_code)

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or received anything meanwhile, its end included."""
        return self._connection.has_expired()

    async def aclose(self) -> None:
        """Close it, whatever it is doing."""
        await self._connection.aclose()


def through(
    url: WireUrl, proxy: ProxyChoice | None, context: ssl.SSLContext | None, proxy_context: ssl.SSLContext | None, dialler: Dialler
) -> Through:
    """Make a connection to the origin of a URL; https goes through a CONNECT tunnel, whose proxy sees no header of it."""
    # httpcore forgets the brackets of an IPv6 address in what it writes to an HTTP proxy.
    is_bracketed = b":" in url.raw_host and proxy is not None and not proxy.url.startswith("socks")
    host = b"[%b]" % url.raw_host if is_bracketed else url.raw_host
    origin, backend = httpcore.Origin(url.scheme.encode("ascii"), host, url.port), Backend(dialler)
    if proxy is None:
        direct = httpcore.AsyncHTTPConnection(origin, context, keepalive_expiry=_KEEP_SECONDS, network_backend=backend)
        return Through(direct, host, dialler)
    return Through(_pool(proxy, context, proxy_context, backend).create_connection(origin), host, dialler)


def _pool(
    proxy: ProxyChoice, context: ssl.SSLContext | None, proxy_context: ssl.SSLContext | None, backend: Backend
) -> httpcore.AsyncConnectionPool:
    """Make the factory of connections through a proxy."""
    auth = (proxy.auth[0].encode(), proxy.auth[1].encode()) if proxy.auth else None
    if proxy.url.startswith("socks"):
        url = proxy.url.replace("socks5h", "socks5", 1)
        return httpcore.AsyncSOCKSProxy(url, auth, context, keepalive_expiry=_KEEP_SECONDS, network_backend=backend)
    return httpcore.AsyncHTTPProxy(
        proxy.url,
        proxy_headers=[(b"Proxy-Authorization", b"Basic " + base64.b64encode(b":".join(auth)))] if auth else [],
        ssl_context=context,
        proxy_ssl_context=proxy_context,
        keepalive_expiry=_KEEP_SECONDS,
        network_backend=backend,
    )


def _word(raw: bytes) -> str:
    return raw.decode("latin-1")
