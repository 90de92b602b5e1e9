"""How connections are made: our own DNS look-up, the guard over addresses, and streams that report to a `Watch`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from typing import Any

import httpcore

from probe.facts.addresses import AddressClass, classify
from probe.model import TlsFacts
from probe.transport import tls
from probe.transport.failures import WireError
from probe.transport.options import TransportOptions
from probe.transport.watch import Watch

Addresses = tuple[str, ...]
_FAMILIES = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}


class Resolver:
    """Looks every name up once in a scan and keeps the answer, so that the address that was checked is the one connected to."""

    def __init__(self, options: TransportOptions) -> None:
        self._family = _FAMILIES[options.family]
        self._fixed = {(host.lower(), port): address.strip("[]") for host, port, address in options.resolve}
        self._known: dict[str, asyncio.Future[Addresses]] = {}

    async def addresses(self, host: str, port: int) -> Addresses:
        """Addresses of a host in the order in which they should be tried; raises `socket.gaierror`."""
        fixed = self._fixed.get((host.lower(), port))
        name = fixed or host
        if name not in self._known:
            future: asyncio.Future[Addresses] = asyncio.get_running_loop().create_future()
            self._known[name] = future
            threading.Thread(target=self._look_up, args=(name, future, asyncio.get_running_loop()), daemon=True).start()
        try:
            return await asyncio.shield(self._known[name])
        except OSError:
            self._known.pop(name, None)
            raise

    def prefer(self, host: str, port: int, address: str) -> None:
        """Try this address first from now on: it answered."""
        name = self._fixed.get((host.lower(), port), host)
        known = self._known[name].result()
        if known[0] != address:
            future: asyncio.Future[Addresses] = asyncio.get_running_loop().create_future()
            future.set_result((address, *(one for one in known if one != address)))
            self._known[name] = future

    def known(self, host: str) -> Addresses:
        """Addresses of a host that was looked up already, whatever the port."""
        names = {host.lower(), *(address for (name, _), address in self._fixed.items() if name == host.lower())}
        found = (one for name, one in self._known.items() if name.lower() in names)
        return tuple(address for one in found if one.done() and not one.exception() for address in one.result())

    def _look_up(self, name: str, future: asyncio.Future[Addresses], loop: asyncio.AbstractEventLoop) -> None:
        """Run in a thread of its own: a resolver that hangs must not keep the process from ending, as an executor's would."""
        try:
            found = socket.getaddrinfo(name, None, self._family, socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
            outcome: Addresses | Exception = addresses or socket.gaierror(socket.EAI_NONAME, "no address")
        except (OSError, UnicodeError) as exc:
            outcome = exc

        def tell() -> None:
            if future.done():
                return
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
                future.exception()  # marks it as seen: the one who waited may have given up
            else:
                future.set_result(outcome)

        with contextlib.suppress(RuntimeError):  # the scan may have ended meanwhile
            loop.call_soon_threadsafe(tell)


class Dialler(httpcore.AsyncNetworkBackend):
    """Makes the connection of one `Line`; `allowed` are the classes of address that it may reach (None: any, the user named it).

    `top` is the stream that its answers come over, inside TLS where there is TLS. With `peeks_at` it gives up once the handshake
    with that host is done: the certificate is known and nothing was sent.
    """

    def __init__(self, resolver: Resolver, allowed: frozenset[AddressClass] | None, *, proxy: str = "") -> None:
        is_proxied = bool(proxy)
        self.has_proxy_handshake = proxy.startswith("https:")
        self._resolver = resolver
        self._is_proxied = is_proxied
        self._allowed = allowed
        self._backend = httpcore.AnyIOBackend()
        self.watch: Watch | None = None
        self._stream: httpcore.AsyncNetworkStream | None = None
        self.top: httpcore.AsyncNetworkStream | None = None
        self.remote_address: str | None = None
        self.tls: TlsFacts | None = None
        self.peeks_at: str | None = None

    async def connect_tcp(self, host: str, port: int, *_: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        """Look up, check every address, then try one after the other until one accepts."""
        watch = self._watching()
        watch.connecting()
        watch.hop = "proxy" if self._is_proxied else "dns"
        started = time.monotonic()
        addresses = await self._resolver.addresses(host, port)
        self._check(host, addresses)
        watch.phases.dns = time.monotonic() - started
        watch.hop = "proxy" if self._is_proxied else "tcp"
        started = time.monotonic()
        stream, address = await self._first_that_accepts(addresses, port)
        watch.phases.connect = time.monotonic() - started
        self._resolver.prefer(host, port, address)
        if not self._is_proxied:
            self.remote_address = watch.remote_address = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        watch.hop = "proxy" if self._is_proxied else "target"
        watch.silent()
        self._stream = self.top = stream
        return WatchedStream(stream, self)

    async def aclose(self) -> None:
        """Close the socket whatever became of the connection: httpcore forgets it when a handshake is cut short by a deadline."""
        if self._stream is not None:
            await self._stream.aclose()

    async def sleep(self, seconds: float) -> None:
        """Part of httpcore's interface."""
        await asyncio.sleep(seconds)

    def _watching(self) -> Watch:
        assert self.watch is not None
        return self.watch

    def _check(self, host: str, addresses: Addresses) -> None:
        if self._allowed is None:
            return
        for address in addresses:
            kind = classify(address)
            if kind not in self._allowed:
                raise WireError("address_refused", f"{host} leads to a {kind} address")

    async def _first_that_accepts(self, addresses: Addresses, port: int) -> tuple[httpcore.AsyncNetworkStream, str]:
        seconds = self._watching().limits.connect_timeout
        last: Exception = WireError("connect_timeout", f"no connection within {seconds:g} s")
        share = seconds / len(addresses)
        for address in addresses:
            try:
                async with asyncio.timeout(share):
                    return await self._backend.connect_tcp(address, port), address
            except TimeoutError:
                continue
            except (httpcore.ConnectError, OSError) as exc:
                last = exc
        raise last


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
