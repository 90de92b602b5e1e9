"""How connections are made: our own DNS look-up, and the guard over addresses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from probe.facts.addresses import AddressClass, classify
from probe.model import TlsFacts
from probe.transport.failures import WireError, is_failure
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


class Stream(Protocol):
    """What a dialler needs of an open connection."""

    async def read(self, most: int, /) -> bytes:
        """Wait for bytes."""

    def get_extra_info(self, info: str) -> Any:
        """Tell of `is_readable` and `ssl_object`."""

    async def aclose(self) -> None:
        """Close it."""


S = TypeVar("S", bound=Stream)
Open = Callable[[str, int], Awaitable[S]]


class Dialler:
    """Makes the connection of one `Line`; `allowed` are the classes of address that it may reach (None: any, the user named it).

    `top` is the stream that its answers come over, inside TLS where there is TLS. With `peeks_at` it gives up once the handshake
    with that host is done: the certificate is known and nothing was sent.
    """

    def __init__(self, resolver: Resolver, allowed: frozenset[AddressClass] | None, *, proxy: str = "") -> None:
        self.has_proxy_handshake = proxy.startswith("https:")
        self._resolver = resolver
        self._is_proxied = bool(proxy)
        self._allowed = allowed
        self.watch: Watch | None = None
        self._stream: Stream | None = None
        self.top: Stream | None = None
        self.remote_address: str | None = None
        self.tls: TlsFacts | None = None
        self.peeks_at: str | None = None

    async def connect(self, host: str, port: int, open_one: Open[S]) -> S:
        """Look up, check every address, then try one after the other with `open_one` until one accepts."""
        watch = self._watching()
        watch.connecting()
        watch.hop = "proxy" if self._is_proxied else "dns"
        started = time.monotonic()
        addresses = await self._resolver.addresses(host, port)
        self._check(host, addresses)
        watch.phases.dns = time.monotonic() - started
        watch.hop = "proxy" if self._is_proxied else "tcp"
        started = time.monotonic()
        stream, address = await self._first_that_accepts(addresses, port, open_one)
        watch.phases.connect = time.monotonic() - started
        self._resolver.prefer(host, port, address)
        if not self._is_proxied:
            self.remote_address = watch.remote_address = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        watch.hop = "proxy" if self._is_proxied else "target"
        watch.silent()
        self._stream = self.top = stream
        return stream

    async def aclose(self) -> None:
        """Close the socket whatever became of the connection: httpcore forgets it when a handshake is cut short by a deadline."""
        if self._stream is not None:
            await self._stream.aclose()

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

    async def _first_that_accepts(self, addresses: Addresses, port: int, open_one: Open[S]) -> tuple[S, str]:
        seconds = self._watching().limits.connect_timeout
        last: Exception = WireError("connect_timeout", f"no connection within {seconds:g} s")
        share = seconds / len(addresses)
        for address in addresses:
            try:
                async with asyncio.timeout(share):
                    return await open_one(address, port), address
            except TimeoutError:
                continue
            except Exception as exc:
                if not is_failure(exc):
                    raise
                last = exc
        raise last
