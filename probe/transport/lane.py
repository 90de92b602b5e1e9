"""The connections of one concurrency slot as an httpx transport: one kept per origin, dropped whenever it is in doubt."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import lru_cache

import httpcore

from probe.model import Limits, Pairs, RawUrl, Timings, TlsFacts
from probe.transport.failures import NETWORK_ERRORS, WireError, failure_of
from probe.transport.network import Allowed, Line, Network
from probe.transport.tls import careless_context
from probe.transport.watch import Watch
from probe.transport.wire import httpx

Key = tuple[str, Allowed]
_REST_SECONDS = 0.075
_KEPT_LINES = 2
_MOST_PIECES = 10_000
_PIECES_AT_ONCE = 100
_HEAD = 4096
_SHORT = 64
_CERTIFICATE = frozenset({"ssl_unknown_authority", "ssl_invalid_certificate", "ssl_invalid_hostname"})
_OURS = frozenset({"address_refused", "url_refused", "http_request_invalid", "not_sent", "out_of_sockets"})
_STALE = frozenset({"eof_error", "connection_reset", "connection_aborted"})


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request as it goes out. `allowed` are the address classes it may reach, None for an origin that the user named."""

    method: str
    url: RawUrl
    headers: Pairs = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    allowed: Allowed = None
    granted: frozenset[str] = frozenset()
    """Names of the credential headers that the user gave for this origin, lower case; no other one goes out."""
    may_post: bool = False
    is_given: bool = False
    """Whether the URL came whole from the user or from an answer, a credential of its own in its query included."""
    is_fresh: bool = False
    """Whether it needs a connection of its own, because no doubt about whose answer comes back can be borne."""


@dataclass(slots=True)
class WireAnswer:
    """What one attempt brought, raw and unredacted: it never leaves memory. Without `status_code` there is a `failure`.

    `origin` is whom it came from. One over a reused connection (`is_reused`) may be another request's, if the server sent an answer
    too many; `is_kept` tells that its connection is still there to show whether it did.
    """

    elapsed: float = 0.0
    timings: Timings = field(default_factory=Timings)
    status_code: int | None = None
    reason_phrase: str = ""
    http_version: str = ""
    headers: Pairs = field(default=(), repr=False)
    content: bytes = field(default=b"", repr=False)
    is_whole: bool = False
    limits_hit: tuple[str, ...] = ()
    failure: str | None = None
    failure_detail: str = ""
    remote_address: str | None = None
    tls: TlsFacts | None = None
    hop: str | None = None
    proxy_status: int | None = None
    """What the proxy answered instead of opening the way; its headers and the beginning of its page are beside it."""
    proxy_headers: Pairs = field(default=(), repr=False)
    proxy_content: bytes = field(default=b"", repr=False)
    origin: str = ""
    is_reused: bool = False
    is_kept: bool = False
    is_stale: bool = False
    """A kept connection turned out to be closed before a byte of an answer came: the request may be sent again at once."""


Cap = Callable[[WireAnswer], int]
"""How many bytes of a body may be read, told once its headers are known, and anew as its first bytes come."""

Begin = Callable[[WireAnswer], Callable[[bytes], None] | None]
"""Told the status and headers of an answer, gives what takes its body piece by piece; None where it shall be read as usual."""


class Lane(httpx.AsyncBaseTransport):
    """One request at a time. It stores no cookie, follows no redirect and reads no environment of its own."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._lines: dict[Key, list[Line]] = {}

    async def exchange(
        self, order: WireRequest, limits: Limits, cap: Cap, *, until: float = math.inf, begin: Begin | None = None
    ) -> WireAnswer:
        """Send one request and read at most as much as `cap` allows, until the loop's time `until` at the latest.

        A failure of the network is an `Answer`, never an exception; what `begin`, or what it gave, raises is for the caller.
        """
        answer = WireAnswer()
        started = time.monotonic()
        watch: Watch | None = None
        ends_at = min(asyncio.get_running_loop().time() + limits.timeout, until)
        try:
            async with asyncio.timeout_at(ends_at) as timer:
                watch = Watch(limits, timer, ends_at)
                request = httpx.Request(order.method, order.url, headers=_encoded(order.headers), content=order.body)
                request.extensions = {"watch": watch, "allowed": order.allowed, "is_fresh": order.is_fresh}
                answer.origin = _origin(request.url)
                await self._converse(request, answer, cap, begin)
        except NETWORK_ERRORS as exc:
            _fail(answer, watch, watch.expired() if watch is not None and timer.expired() else exc)
        _note(answer, watch, started)
        if answer.failure in _CERTIFICATE:
            answer.tls = await self._peek(httpx.Request("HEAD", order.url, extensions={"allowed": order.allowed}), limits)
        return answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send over the kept connection to this origin, or a new one."""
        watch: Watch | None = request.extensions.get("watch")
        allowed = request.extensions.get("allowed")
        key = (_origin(request.url), allowed)
        line = None if request.extensions.get("is_fresh") else await self._rested(key)
        line = line or self.network.line(request.url, allowed)
        if watch is not None:
            watch.remote_address, watch.tls = line.dialler.remote_address, line.dialler.tls
        line.dialler.watch = watch
        try:
            answer = await line.connection.handle_async_request(_core(request, line.host))
        except BaseException as exc:
            await line.close()
            if isinstance(exc, AssertionError):  # how httpcore meets a SOCKS proxy that talks nonsense
                raise WireError("proxy_failed", "the proxy's answer makes no sense") from exc
            raise
        stream = _Body(self, key, line, answer)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close every kept connection."""
        kept, self._lines = self._lines, {}
        for line in (line for lines in kept.values() for line in lines):
            await line.close()

    async def _converse(self, request: httpx.Request, answer: WireAnswer, cap: Cap, begin: Begin | None) -> None:
        response = await self.handle_async_request(request)
        answer.status_code = response.status_code
        answer.reason_phrase = response.extensions.get("reason_phrase", b"").decode("latin-1")
        answer.http_version = response.extensions.get("http_version", b"HTTP/1.1").decode("latin-1")
        answer.headers = tuple((_word(name), _word(value)) for name, value in response.headers.raw)
        body = response.stream
        assert isinstance(body, _Body)
        is_whole = False
        try:
            write = begin(answer) if begin is not None else None
            if write is not None:
                is_whole = await _pass_on(body, write)
            elif response.status_code != 101:
                is_whole = await _read(body, answer, cap)
            answer.is_whole = is_whole
        finally:
            await body.end(request.method, answer, is_whole=is_whole)

    async def keep(self, key: Key, line: Line) -> None:
        """Keep a connection for a later request to the same origin."""
        lines = self._lines.setdefault(key, [])
        line.rests_since = time.monotonic()
        line.answers += 1
        lines.append(line)
        while len(lines) > _KEPT_LINES:
            await self._drop(key, lines.pop(0))

    async def settle(self, origin: str, seconds: float) -> None:
        """Look whether a server sent more than was asked for, once each connection that was used again has rested for `seconds`."""
        for key in [key for key in self._lines if key[0] == origin]:
            for line in [line for line in self._lines[key] if line.answers > 1]:
                await asyncio.sleep(max(0.0, line.rests_since + seconds - time.monotonic()))
                if line in self._lines.get(key, ()) and not line.is_fit():
                    self._lines[key].remove(line)
                    await self._drop(key, line)

    async def _drop(self, key: Key, line: Line) -> None:
        """Close a resting connection; if more came over it than was asked for, its origin is not trusted any more."""
        if await line.has_surplus():
            self.network.suspects.add(key[0])
        await line.close()

    async def _rested(self, key: Key) -> Line | None:
        """Take a kept connection that had time to show that its last answer was really its last.

        A second answer that nobody asked for would otherwise be taken for that of the next request. Two connections in turn give
        each the time of the other's exchange to rest, so where round trips are long nothing is lost.
        """
        lines = self._lines.get(key, [])
        while lines and time.monotonic() - lines[0].rests_since >= _REST_SECONDS:
            line = lines.pop(0)
            if line.is_fit() and key[0] not in self.network.suspects:
                return line
            await self._drop(key, line)
        return None

    async def _peek(self, request: httpx.Request, limits: Limits) -> TlsFacts | None:
        """Shake hands once more without verifying, send nothing, and read the certificate: it names an intercepting proxy."""
        origin = _origin(request.url)
        if origin not in self.network.peeked:
            self.network.peeked[origin] = None
            ends_at = asyncio.get_running_loop().time() + limits.connect_timeout
            with contextlib.suppress(*NETWORK_ERRORS):
                line = self.network.line(request.url, request.extensions["allowed"], careless_context())
                line.dialler.peeks_at = request.url.host
                try:
                    async with asyncio.timeout_at(ends_at) as timer:
                        line.dialler.watch = Watch(limits, timer, ends_at)
                        await line.connection.handle_async_request(_core(request, line.host))
                finally:
                    self.network.peeked[origin] = line.dialler.tls
                    await line.close()
        return self.network.peeked[origin]


class _Body(httpx.AsyncByteStream):
    """The body of an answer and the fate of its connection."""

    def __init__(self, lane: Lane, key: Key, line: Line, answer: httpcore.Response) -> None:
        self._lane, self._key, self._line, self._answer = lane, key, line, answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self._answer.stream
        async for chunk in stream:  # type: ignore[union-attr]
            yield chunk

    async def aclose(self) -> None:
        """Close body and connection: without `end` nobody knows what is left on it."""
        await self._answer.aclose()
        await self._line.close()

    async def end(self, method: str, answer: WireAnswer, *, is_whole: bool) -> None:
        """Keep the connection if the answer was whole and left nothing behind, else close it."""
        watch = self._line.dialler.watch
        self._line.dialler.watch = None
        try:
            if watch is not None:
                watch.enough()
            await self._answer.aclose()
        except BaseException:
            await self._line.close()
            raise
        is_reusable = is_whole and watch is not None and self._line.connection.is_idle()
        if is_reusable and watch is not None and not watch.left_nothing(method, answer.status_code or 0):
            self._lane.network.suspects.add(self._key[0])
        if is_reusable and self._key[0] not in self._lane.network.suspects:
            await self._lane.keep(self._key, self._line)
            answer.is_kept = True
        else:
            await self._line.close()


async def _read(body: httpx.AsyncByteStream, answer: WireAnswer, cap_of: Cap) -> bool:
    """Read up to the cap; True if that was all. A body of exactly so many bytes is read to its end: its connection survives."""
    content, pieces, declared, cap = bytearray(), 0, _declared_size(answer.headers), cap_of(answer)
    async for chunk in body:
        if len(content) < _HEAD:
            answer.content = bytes(content + chunk)[:_HEAD]
            cap = min(cap, cap_of(answer))
        content += chunk
        pieces += 1
        if pieces % _PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)  # pieces that came together are read without a pause: others have deadlines
        if pieces > _MOST_PIECES:
            answer.limits_hit = ("body_in_too_many_pieces",)
        if pieces > _MOST_PIECES or len(content) > cap or (len(content) == cap and declared != cap):
            answer.content = bytes(content[:cap])
            return False
    answer.content = bytes(content)
    return True


async def _pass_on(body: httpx.AsyncByteStream, write: Callable[[bytes], None]) -> bool:
    """Give a body away piece by piece, to its end."""
    pieces = 0
    async for chunk in body:
        write(chunk)
        pieces += 1
        if pieces % _PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)
    return True


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _declared_size(headers: Pairs) -> int | None:
    sizes = [value.strip() for name, value in headers if name.lower() == "content-length"]
    return int(sizes[0]) if sizes and sizes[0].isdecimal() and len(sizes[0]) < 20 else None


def _word(raw: bytes) -> str:
    """Read a header's name or value; a short one, which most answers of a server repeat, is kept once."""
    return _shared(raw) if len(raw) <= _SHORT else raw.decode("latin-1")


@lru_cache(maxsize=4096)
def _shared(raw: bytes) -> str:
    return raw.decode("latin-1")


def _encoded(headers: Pairs) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _core(request: httpx.Request, host: bytes) -> httpcore.Request:
    url = request.url
    target = httpcore.URL(scheme=url.raw_scheme, host=host, port=url.port, target=url.raw_path)
    return httpcore.Request(request.method, target, headers=request.headers.raw, content=request.stream)


def _fail(answer: WireAnswer, watch: Watch | None, exc: BaseException) -> None:
    """Make the answer a failure; what was known of it goes into the detail, and a half body is no body."""
    word, detail = failure_of(exc) or ("unknown_failure", type(exc).__name__)
    if word == "eof_error" and watch is not None and watch.is_foreign:
        word, detail = "http_response_malformed", "what came is no HTTP/1 answer"
    if watch is not None and watch.is_tls:
        detail = "the server answered in TLS: this port speaks https"
    if watch is not None and word not in _OURS:
        _locate(answer, watch, word, exc)
    if answer.status_code is not None:
        detail = f"after status {answer.status_code} and {watch.body_bytes if watch else 0} bytes of body: {detail}"
    answer.failure, answer.failure_detail = word, detail
    answer.is_stale = watch is not None and not watch.is_fresh and not watch.received_bytes and word in _STALE
    answer.status_code, answer.content, answer.headers = None, b"", ()


def _locate(answer: WireAnswer, watch: Watch, word: str, exc: BaseException) -> None:
    """Tell the hop at which it failed, and keep what a proxy said that opened no way."""
    answer.hop = "tls" if word.startswith("ssl_") or watch.is_tls else watch.hop or "target"
    if isinstance(exc, httpcore.ProxyError) and str(exc)[:3].isdecimal():
        answer.proxy_status, answer.proxy_headers, answer.proxy_content = int(str(exc)[:3]), watch.head(), watch.body()


def _note(answer: WireAnswer, watch: Watch | None, started: float) -> None:
    """Fill in times and facts of the connection."""
    ended = time.monotonic()
    answer.elapsed = ended - started
    if watch is None:
        return
    answer.is_reused = not watch.is_fresh and watch.sent_at is not None
    phases, first = watch.phases, watch.first_byte_at
    wait = receive = None
    if first is not None and watch.sent_at is not None and first >= watch.sent_at:
        wait, receive = first - watch.sent_at, ended - first
    answer.timings = Timings(phases.dns, phases.connect, phases.tls, wait, receive)
    answer.remote_address, answer.tls = watch.remote_address, watch.tls
