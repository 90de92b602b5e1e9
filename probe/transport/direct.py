"""HTTP/1.1 to an origin without TLS or a proxy between: the plain case by hand, and h11 for whatever is not plain.

Plain is an answer that can be read in one way only: a strict head of HTTP/1.1, no transfer coding, one Content-Length. Everything
else, and all that is broken, goes to h11 from its first byte on, and is counted by the `Watch`.
"""

from __future__ import annotations

import asyncio
import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from probe.model import Pairs
from probe.transport.dialling import Dialler
from probe.transport.failures import WireError
from probe.transport.talk import Ask, Reply

if TYPE_CHECKING:
    import h11

    from probe.transport.watch import Watch

_KEEP_SECONDS = 30.0
_MOST_AHEAD = 128 * 1024
_MOST_HEAD = 100 * 1024
_SHORT = 160
_START = b"HTTP/1.1 "
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?")
_FIELD = re.compile(rf"({_TOKEN}):([\t\x20-\x7e\x80-\xff]*)".encode("latin-1"))
_NAME = re.compile(_TOKEN)
_SIZE = re.compile(r"[0-9]{1,18}")
_VALUE = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Pipe(asyncio.Protocol):
    """The bytes of one connection, as they come."""

    def __init__(self) -> None:
        self._came = bytearray()
        self.came_at = 0.0
        self._is_ended = False
        self._error: Exception | None = None
        self._is_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's interface."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's interface: stop reading while too much waits to be taken."""
        if not self._came:
            self.came_at = time.monotonic()  # whoever reads may have to wait for others first
        self._came += data
        if len(self._came) > _MOST_AHEAD and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Part of asyncio's interface."""
        self._is_ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio's interface."""
        self._is_ended, self._error = True, exc
        self._wake()

    async def read(self, _most: int = 0) -> bytes:
        """Wait for bytes and take them all; b"" at the end. Raises `OSError` where the connection broke."""
        while not self._came:
            if self._error is not None:
                raise self._error
            if self._is_ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data = bytes(self._came)
        self._came.clear()
        if self._is_paused and self._transport is not None and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
        return data

    def send(self, data: bytes) -> None:
        """Send without waiting: requests are small. A server that has closed already may have said why."""
        if self._transport is not None and not self._is_ended:
            self._transport.write(data)

    def get_extra_info(self, info: str) -> Any:
        """Whether unrequested bytes, or the end of the connection, have arrived."""
        return bool(self._came) or self._is_ended if info == "is_readable" else None

    async def aclose(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def open_pipe(address: str, port: int) -> Pipe:
    """Connect to an address; raises `OSError`."""
    _transport, pipe = await asyncio.get_running_loop().create_connection(Pipe, address, port)
    return pipe


class Direct:
    """One connection of plain HTTP/1.1; see `talk.Connection`."""

    def __init__(self, host: str, port: int, dialler: Dialler) -> None:
        self._host, self._port = host, port
        self._dialler = dialler
        self._pipe: Pipe | None = None
        self._parser: h11.Connection | None = None
        self._rest = b""
        self._left = 0
        self._is_last = False
        self._is_whole = False
        self._ended_at = 0.0

    async def ask(self, ask: Ask) -> Reply:
        """Send a request in one piece and wait for the head of its answer."""
        self._is_whole, self._is_last, self._rest, self._left, self._parser = False, False, b"", 0, None
        sent = _head_of(ask) + (ask.body or b"")
        if self._pipe is None:
            self._pipe = await self._dialler.connect(self._host, self._port, open_pipe)
        watch = self._watching()
        watch.wrote()
        self._pipe.send(sent)
        came = b""
        while True:
            data = await self._read()
            came += data
            is_plain = data and (came.startswith(_START) if len(came) >= len(_START) else _START.startswith(came))
            end = came[-len(data) - 2 :]
            is_ended = b"\n\r\n" in end or b"\n\n" in end  # h11 takes lines that end in a line feed alone
            if is_plain and not is_ended and len(came) <= watch.limits.max_header_bytes:
                continue
            reply = self._plain(ask, came, came.find(b"\r\n\r\n") + 4, watch) if is_plain and is_ended else None
            return reply or await self._parsed_head(ask, came)

    async def piece(self) -> bytes:
        """Wait for the next piece of the body; b"" is its end."""
        if self._parser is not None:
            return await self._parsed_piece(self._parser)
        if not self._left:
            self._is_whole = True
            return b""
        data, self._rest = self._rest, b""
        if not data and not (data := await self._read()):
            raise WireError("eof_error", "RemoteProtocolError: peer closed connection before the whole body came")
        self._watching().body_bytes += len(data)
        if len(data) > self._left:
            data, self._rest = data[: self._left], data[self._left :]
        self._left -= len(data)
        return data

    async def finish(self) -> None:
        """See whether the connection may be asked again."""
        parser, self._parser = self._parser, None
        if parser is not None:
            import h11

            self._is_whole = parser.our_state is h11.DONE and parser.their_state is h11.DONE
        self._ended_at = time.monotonic()
        if not self.is_idle():
            await self.aclose()

    def is_idle(self) -> bool:
        """Whether the last answer was whole, and nothing in it forbids another request."""
        return self._is_whole and not self._is_last

    def left_nothing(self, method: str, status_code: int) -> bool:
        """Whether what came was exactly one answer: of a plain one nothing is left, others were counted."""
        watch = self._watching()
        return watch.left_nothing(method, status_code) if watch.has_head else self._is_whole and not self._rest

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or received anything meanwhile, its end included."""
        is_touched = self._pipe is None or self._pipe.get_extra_info("is_readable")
        return bool(is_touched) or time.monotonic() - self._ended_at > _KEEP_SECONDS

    async def aclose(self) -> None:
        """Close it, whatever it is doing."""
        self._is_whole = False
        if self._pipe is not None:
            await self._pipe.aclose()

    def _watching(self) -> Watch:
        assert self._dialler.watch is not None
        return self._dialler.watch

    async def _read(self) -> bytes:
        assert self._pipe is not None
        watch = self._watching()
        watch.silent()
        data = await self._pipe.read()
        watch.came(data, self._pipe.came_at if data else time.monotonic())
        return data

    def _plain(self, ask: Ask, came: bytes, end: int, watch: Watch) -> Reply | None:
        """Read the head of a plain answer; None for any other."""
        if ask.method == "HEAD" or not 4 < end <= watch.limits.max_header_bytes:
            return None
        first, *lines = came[: end - 4].split(b"\r\n")
        found, headers = _STATUS_LINE.fullmatch(first), [one for line in lines if (one := _field(line))]
        if found is None or found[1] in (b"204", b"304") or len(headers) < len(lines):
            return None
        names = [name.lower() for name, _value in headers]
        is_coded = "transfer-encoding" in names or "upgrade" in names
        if is_coded or names.count("content-length") != 1 or len(headers) > watch.limits.max_header_count:
            return None
        size = headers[names.index("content-length")][1]
        if not _SIZE.fullmatch(size):
            return None
        words = (value.lower() for name, (_name, value) in zip(names, headers, strict=True) if name == "connection")
        self._left, self._rest, self._is_last = int(size), came[end:], any(word != "keep-alive" for word in words)
        return Reply(int(found[1]), (found[2] or b"").decode("latin-1"), "HTTP/1.1", tuple(headers))

    async def _parsed_head(self, ask: Ask, came: bytes) -> Reply:
        """Let h11 read an answer, beginning with the bytes already received."""
        import h11

        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)
        self._parser.send(h11.Request(method=ask.method, target=ask.url.target, headers=[("Host", ask.url.netloc or "-")]))
        self._parser.send(h11.EndOfMessage())
        self._watching().follow(came)
        self._take(self._parser, came)
        while True:
            event = await self._event(self._parser)
            if isinstance(event, h11.Response) or (isinstance(event, h11.InformationalResponse) and event.status_code == 101):
                break
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items())
        return Reply(event.status_code, event.reason.decode("latin-1"), f"HTTP/{event.http_version.decode()}", headers)

    async def _parsed_piece(self, parser: h11.Connection) -> bytes:
        import h11

        while True:
            event = await self._event(parser)
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                return b""

    async def _event(self, parser: h11.Connection) -> Any:
        import h11

        while (event := parser.next_event()) is h11.NEED_DATA:
            data = await self._read()
            self._watching().follow(data)
            self._take(parser, data)
        return event

    def _take(self, parser: h11.Connection, data: bytes) -> None:
        import h11

        if not data and parser.their_state is h11.SEND_RESPONSE:
            raise h11.RemoteProtocolError("Server disconnected without sending a response.")
        parser.receive_data(data)


@lru_cache(maxsize=4096)
def _short_field(line: bytes) -> tuple[str, str] | None:
    found = _FIELD.fullmatch(line)
    return (found[1].decode("latin-1"), found[2].strip(b" \t").decode("latin-1")) if found else None


def _field(line: bytes) -> tuple[str, str] | None:
    """Read a header, None for what is none; a short one, which most answers of a server repeat, is read once."""
    return _short_field(line) if len(line) <= _SHORT else _short_field.__wrapped__(line)


def _head_of(ask: Ask) -> bytes:
    """Write the head of a request as httpx does: Host first, then the headers as they were given."""
    names, lines = _lines(ask.headers)
    host = b"" if "host" in names else f"Host: {ask.url.netloc}\r\n".encode("ascii")
    size = b""
    if "content-length" not in names and (ask.body or ask.method in _WITH_BODY):
        size = b"Content-Length: %d\r\n" % len(ask.body or b"")
    return b"%b %b HTTP/1.1\r\n%b%b%b\r\n" % (ask.method.encode("ascii"), ask.url.target, host, lines, size)


@lru_cache(maxsize=64)
def _lines(headers: Pairs) -> tuple[frozenset[str], bytes]:
    """Write headers, which most requests of a scan share; raises `WireError` for what HTTP does not allow."""
    if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers):
        raise WireError("http_request_invalid", "the URL or a header holds a character that HTTP does not allow")
    text = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return frozenset(name.lower() for name, _value in headers), text.encode("latin-1")
