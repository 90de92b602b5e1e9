"""The connections of a network: those at rest are used again, the longest resting first, and one in doubt is dropped."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from probe.frozen import Frozen
from probe.model import Limits, Pairs, RawUrl, Timings, TlsFacts
from probe.transport.failures import failure_of, is_failure, is_kind
from probe.transport.network import Allowed, Line, Network
from probe.transport.talk import Ask
from probe.transport.tls import careless_context
from probe.transport.watch import Watch
from probe.transport.wireurl import wire_url

Key = tuple[str, Allowed]
_REST_SECONDS = 0.02
"""What comes unasked comes at once in most cases; what comes later is found by `probe.runner.doubts`."""
_KEPT_LINES = 128
_MOST_PIECES = 10_000
_PIECES_AT_ONCE = 100
_HEAD = 4096
_CERTIFICATE = frozenset({"ssl_unknown_authority", "ssl_invalid_certificate", "ssl_invalid_hostname"})
_OURS = frozenset({"address_refused", "url_refused", "http_request_invalid", "not_sent", "out_of_sockets"})
_STALE = frozenset({"eof_error", "connection_reset", "connection_aborted"})


class WireRequest(Frozen):
    """One request as it goes out. `allowed` are the address classes it may reach, None for an origin that the user named."""

    method: str
    url: RawUrl
    headers: Pairs
    body: bytes | None = None
    allowed: Allowed = None
    granted: frozenset[str] = frozenset()
    """Names of the credential headers that the user gave for this origin, lower case; no other one goes out."""
    may_post: bool = False
    is_given: bool = False
    """Whether the URL came whole from the user or from an answer, a credential of its own in its query included."""
    is_fresh: bool = False
    """Whether it needs a new connection, so that the response cannot belong to another request."""

    def __repr__(self) -> str:
        return f"WireRequest({self.method!r}, {self.url!r})"  # the others may be secret


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
    """A kept connection was already closed when the request was sent: the request may be sent again at once."""


Cap = Callable[[WireAnswer], int]
"""How many bytes of a body may be read, told once its headers are known, and anew once its first 4 KiB have come."""

Begin = Callable[[WireAnswer], Callable[[bytes], None] | None]
"""Told the status and headers of an answer, gives what takes its body piece by piece; None where it shall be read as usual."""


class Lane:
    """Any number of requests at a time. It stores no cookie, follows no redirect and reads no environment of its own."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._kept: dict[Line, Key] = {}
        self._lines: dict[Key, dict[Line, None]] = {}

    async def exchange(
        self, order: WireRequest, limits: Limits, cap: Cap, *, until: float = math.inf, begin: Begin | None = None
    ) -> WireAnswer:
        """Send one request and read at most as much as `cap` allows, until the loop's time `until` at the latest.

        A failure of the network is a `WireAnswer`, never an exception; what `begin`, or what it gave, raises is for the caller.
        """
        answer = WireAnswer()
        started = time.monotonic()
        watch: Watch | None = None
        ends_at = min(asyncio.get_running_loop().time() + limits.timeout, until)
        try:
            async with asyncio.timeout(None) as timer:
                watch = Watch(limits, timer, ends_at)
                await self._converse(order, watch, answer, cap, begin)
        except Exception as exc:
            if not is_failure(exc):
                raise
            _fail(answer, watch, watch.expired() if watch is not None and timer.expired() else exc)
        finally:
            if watch is not None:
                watch.close()
        _note(answer, watch, started)
        if answer.failure in _CERTIFICATE:
            answer.tls = await self._peek(order, limits)
        return answer

    async def aclose(self) -> None:
        """Close every kept connection."""
        for line in list(self._kept):
            self._take(line)
            await line.close()

    async def _converse(self, order: WireRequest, watch: Watch, answer: WireAnswer, cap: Cap, begin: Begin | None) -> None:
        """Send over the kept connection to this origin, or a new one, and take what comes."""
        url = wire_url(order.url)
        answer.origin = url.origin
        key = (url.origin, order.allowed)
        line = (None if order.is_fresh else await self._rested(key)) or self.network.line(url, order.url, order.allowed)
        watch.remote_address, watch.tls = line.dialler.remote_address, line.dialler.tls
        line.dialler.watch = watch
        try:
            reply = await line.connection.ask(Ask(order.method, url, order.headers, order.body))
        except BaseException:
            await line.close()
            raise
        answer.status_code, answer.reason_phrase = reply.status_code, reply.reason_phrase
        answer.http_version, answer.headers = reply.http_version, reply.headers
        is_whole = False
        try:
            write = begin(answer) if begin is not None else None
            if write is not None:
                is_whole = await _pass_on(line, write)
            elif reply.status_code != 101:
                is_whole = await _read(line, answer, cap)
            answer.is_whole = is_whole
        finally:
            await self._end(key, line, watch, order.method, answer, is_whole=is_whole)

    async def _end(self, key: Key, line: Line, watch: Watch, method: str, answer: WireAnswer, *, is_whole: bool) -> None:
        """Keep the connection if the answer was whole and left nothing behind, else close it."""
        try:
            watch.enough()
            await line.connection.finish()
            is_reusable = is_whole and line.connection.is_idle()
            if is_reusable and not line.connection.left_nothing(method, answer.status_code or 0):
                self.network.suspects.add(key[0])
        except BaseException:
            await line.close()
            raise
        line.dialler.watch = None
        if is_reusable and key[0] not in self.network.suspects:
            await self.keep(key, line)
            answer.is_kept = True
        else:
            await line.close()

    async def keep(self, key: Key, line: Line) -> None:
        """Keep a connection for a later request to the same origin, instead of the one that rests the longest if there are many."""
        line.rests_since = time.monotonic()
        line.answers += 1
        self._kept[line] = key
        self._lines.setdefault(key, {})[line] = None
        if len(self._kept) > _KEPT_LINES:
            await self._drop(next(iter(self._kept)))

    async def settle(self, origin: str, seconds: float) -> None:
        """Look whether a server sent more than was asked for, once each connection that was used again has rested for `seconds`."""
        for line in [line for line, key in self._kept.items() if key[0] == origin and line.answers > 1]:
            await asyncio.sleep(max(0.0, line.rests_since + seconds - time.monotonic()))
            if line in self._kept and not line.is_fit():
                await self._drop(line)

    def _take(self, line: Line) -> Key:
        key = self._kept.pop(line)
        del self._lines[key][line]
        return key

    async def _drop(self, line: Line) -> None:
        """Close a resting connection; if more came over it than was asked for, its origin is not trusted any more."""
        key = self._take(line)
        if await line.has_surplus():
            self.network.suspects.add(key[0])
        await line.close()

    async def _rested(self, key: Key) -> Line | None:
        """Take a kept connection that has been idle long enough to show a surplus response.

        A surplus response would otherwise be taken for that of the next request. All requests of a scan share the connections, so
        as many are open as give each its rest.
        """
        while (line := next(iter(self._lines.get(key, ())), None)) is not None:
            if time.monotonic() - line.rests_since < _REST_SECONDS:
                return None
            if line.is_fit() and key[0] not in self.network.suspects:
                self._take(line)
                return line
            await self._drop(line)
        return None

    async def _peek(self, order: WireRequest, limits: Limits) -> TlsFacts | None:
        """Shake hands once more without verifying, send nothing, and read the certificate: it names an intercepting proxy."""
        url = wire_url(order.url)
        if url.origin not in self.network.peeked:
            self.network.peeked[url.origin] = None
            ends_at = asyncio.get_running_loop().time() + limits.connect_timeout
            line = self.network.line(url, order.url, order.allowed, careless_context())
            line.dialler.peeks_at = url.host
            try:
                async with asyncio.timeout(None) as timer:
                    line.dialler.watch = watch = Watch(limits, timer, ends_at)
                    await line.connection.ask(Ask("HEAD", url))
            except Exception as exc:
                if not is_failure(exc):
                    raise
            finally:
                watch.close()
                self.network.peeked[url.origin] = line.dialler.tls
                await line.close()
        return self.network.peeked[url.origin]


async def _read(line: Line, answer: WireAnswer, cap_of: Cap) -> bool:
    """Read up to the cap; True if that was all. A body of exactly so many bytes is read to its end: its connection survives."""
    content, pieces, cap = bytearray(), 0, cap_of(answer)
    while chunk := await line.connection.piece():
        is_head = len(content) < _HEAD
        content += chunk
        if is_head and len(content) >= _HEAD:
            answer.content = bytes(content[:_HEAD])
            cap = min(cap, cap_of(answer))
        pieces += 1
        if pieces % _PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)  # pieces that came together are read without a pause: others have deadlines
        if pieces > _MOST_PIECES:
            answer.limits_hit = ("body_in_too_many_pieces",)
        if pieces > _MOST_PIECES or len(content) > cap or (len(content) == cap and _declared_size(answer.headers) != cap):
            answer.content = bytes(content[:cap])
            return False
    answer.content = bytes(content)
    return True


async def _pass_on(line: Line, write: Callable[[bytes], None]) -> bool:
    """Pass a body on, piece by piece, to its end."""
    pieces = 0
    while chunk := await line.connection.piece():
        write(chunk)
        pieces += 1
        if pieces % _PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)
    return True


def _declared_size(headers: Pairs) -> int | None:
    sizes = [value.strip() for name, value in headers if name.lower() == "content-length"]
    return int(sizes[0]) if sizes and sizes[0].isdecimal() and len(sizes[0]) < 20 else None


def _fail(answer: WireAnswer, watch: Watch | None, exc: BaseException) -> None:
    """Turn the answer into a failure: what was received goes into the detail, and a partial body is dropped."""
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
    """Name the hop at which it failed, and keep the response of a proxy that refused the tunnel."""
    answer.hop = "tls" if word.startswith("ssl_") or watch.is_tls else watch.hop or "target"
    if is_kind(exc, "httpcore.ProxyError") and str(exc)[:3].isdecimal():
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
