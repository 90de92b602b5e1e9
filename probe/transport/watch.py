"""What one attempt on the wire is watched for: its deadlines, the size of its head, its timing phases, and what it left behind."""

from __future__ import annotations

import asyncio
import math
import re
import time
from dataclasses import dataclass

from probe.model import Limits, TlsFacts
from probe.transport.failures import WireError

_BLANK_LINE = re.compile(rb"\n\r?\n")
_INFORMATIONAL = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d")
_SMALL_BODY = 256 * 1024
_GRACE_SECONDS = 0.02


@dataclass(slots=True)
class Phases:
    """Seconds of each phase so far; None where it did not happen."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None


class Watch:
    """Follows the bytes of one attempt.

    The stream tells it of every write and read. A write begins a new answer, so that the replies of proxies before it count for
    nothing. One clock serves three limits: connecting, silence between two reads, and the whole attempt; who moves a limit on only
    notes it, and it is seen to when the limit before would have ended. Then `timer`, which has no time of its own, goes off.
    """

    def __init__(self, limits: Limits, timer: asyncio.Timeout, ends_at: float) -> None:
        self.limits = limits
        self.phases = Phases()
        self.remote_address: str | None = None
        self.tls: TlsFacts | None = None
        self.is_fresh = False
        self.hop: str | None = None
        self.sent_at: float | None = None
        self.first_byte_at: float | None = None
        self.received_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._allowed = round(ends_at - self._loop.time(), 3)
        self._timer = timer
        self._ends_at = ends_at
        self._check: asyncio.TimerHandle | None = None
        self._searched = 0
        self._begin_answer()
        self.silent()

    def connecting(self) -> None:
        """Start the clock of the connection phase."""
        self._doing, self.is_fresh = "connect", True
        self._allow(self.limits.connect_timeout)

    def silent(self) -> None:
        """Start the clock of silence anew."""
        self._doing = "silence"
        self._allow(self.limits.silence_timeout)

    def enough(self) -> None:
        """Stop the clock: everything wanted has arrived, and closing takes no time."""
        self.close()
        if not self._timer.expired():
            self._timer.reschedule(None)  # it may be about to go off

    def close(self) -> None:
        """Look at the clock no more."""
        if self._check is not None:
            self._check.cancel()
            self._check = None

    def expired(self) -> WireError:
        """Say which limit the timer stood for when it went off."""
        if self._loop.time() >= self._ends_at - 0.001:
            return WireError("total_timeout", f"no whole answer within {min(self.limits.timeout, self._allowed):g} s")
        if self._doing == "connect":
            return WireError("connect_timeout", f"no connection within {self.limits.connect_timeout:g} s")
        return WireError("silence_timeout", f"not a byte for {self.limits.silence_timeout:g} s")

    def wrote(self) -> None:
        """Note that request bytes leave us: whatever came before belongs to no answer."""
        self._begin_answer()
        self.silent()
        self.sent_at = time.monotonic()

    def received(self, data: bytes) -> None:
        """Follow bytes of the answer; raises `WireError` when its head grows beyond a limit."""
        self.came(data, time.monotonic())
        self.follow(data)

    def came(self, data: bytes, at: float) -> None:
        """Note that bytes arrived, and when: while we process them, the server does not count as silent."""
        if self.first_byte_at is None:
            self.first_byte_at = at
        self.received_bytes += len(data)
        self._quiet_until = math.inf

    def follow(self, data: bytes) -> None:
        """Count what came as head and body of an answer; raises `WireError` when its head grows beyond a limit."""
        if self.has_head:
            self._count_body(data)
            return
        self._head += data
        while not self.has_head and (blank := _BLANK_LINE.search(self._head, self._searched)):
            self._end_of_block(blank.end())
        self._searched = max(0, len(self._head) - 3)
        if self.head_bytes + (0 if self.has_head else len(self._head)) > self.limits.max_header_bytes:
            raise WireError("response_header_too_large", f"more than {self.limits.max_header_bytes} bytes of header")

    @property
    def is_foreign(self) -> bool:
        """Whether bytes came that cannot begin an HTTP/1 answer: HTTP/0.9, TLS, another protocol."""
        start = bytes(self._head[:5])
        return not self.has_head and bool(start) and not b"HTTP/".startswith(start)

    @property
    def is_tls(self) -> bool:
        """Whether what came instead of an answer is a record of TLS: the port speaks https."""
        return self.is_foreign and bytes(self._head[:2]) == b"\x15\x03"

    def head(self) -> tuple[tuple[str, str], ...]:
        """Header fields of the answer that came last, as far as they can be told apart."""
        lines = bytes(self._head).decode("latin-1").splitlines()[1:] if self.has_head else []
        return tuple((name.strip(), value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon)

    def body(self) -> bytes:
        """Beginning of the body of the answer that came last, as far as it was read."""
        return bytes(self._chunks)

    def left_nothing(self, method: str, status_code: int) -> bool:
        """Whether the bytes that came are exactly one answer: only then may the connection be used again."""
        if not self.has_head or status_code == 101:
            return False
        if method == "HEAD" or status_code in (204, 304):
            return self.body_bytes == 0
        lines = bytes(self._head).lower().split(b"\n")
        if any(line.startswith(b"transfer-encoding:") for line in lines):
            return self.body_bytes == len(self._chunks) and _is_one_chunked_body(bytes(self._chunks))
        lengths = {bytes(line.partition(b":")[2].strip()) for line in lines if line.startswith(b"content-length:")}
        return len(lengths) == 1 and lengths.pop() == str(self.body_bytes).encode()

    def _begin_answer(self) -> None:
        self.has_head = False
        self.head_bytes = 0
        self.body_bytes = 0
        self.informational = 0
        self._head = bytearray()
        self._searched = 0
        self._chunks = bytearray()

    def _allow(self, seconds: float) -> None:
        """Allow this much silence; the clock is checked when the previous limit would have ended, unless this one ends sooner."""
        self._quiet_until = self._loop.time() + seconds
        self._is_overdue = False
        self._look_at(min(self._quiet_until, self._ends_at))

    def _look_at(self, when: float) -> None:
        if self._check is None or self._check.when() > when:
            self.close()
            self._check = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._check = None
        now = self._loop.time()
        if now >= self._ends_at:
            self._go_off(now)
        elif self._quiet_until > now:
            self._look_at(min(self._quiet_until, self._ends_at))
        elif not self._is_overdue:  # whoever was held up looks late: what came meanwhile is read first
            self._is_overdue = True
            self._look_at(now + _GRACE_SECONDS)
        else:
            self._go_off(now)

    def _go_off(self, now: float) -> None:
        if not self._timer.expired():
            self._timer.reschedule(now)

    def _end_of_block(self, end: int) -> None:
        block, rest = self._head[:end], self._head[end:]
        self.head_bytes += end
        self._searched = 0
        if block.count(b"\n") - 2 > self.limits.max_header_count:
            raise WireError("response_header_too_large", f"more than {self.limits.max_header_count} header fields")
        if _INFORMATIONAL.match(block):
            self.informational += 1
            if self.informational > self.limits.max_informational:
                raise WireError("too_many_informational", f"more than {self.limits.max_informational} answers with a 1xx status")
            self._head = rest
        else:
            self.has_head = True
            self._head = block
            self._count_body(rest)

    def _count_body(self, data: bytes | bytearray) -> None:
        self.body_bytes += len(data)
        if len(self._chunks) < _SMALL_BODY:
            self._chunks += data


def _is_one_chunked_body(raw: bytes) -> bool:
    """Whether `raw` is a chunked body (RFC 9112, 7.1) and not a byte more."""
    at = 0
    while True:
        end = raw.find(b"\r\n", at)
        try:
            size = int(raw[at:end].partition(b";")[0].strip(), 16)
        except ValueError:
            return False
        if end < 0 or size < 0:
            return False
        at = end + 2
        if size == 0:
            break
        at += size + 2
    if raw[at : at + 2] == b"\r\n":
        return at + 2 == len(raw)
    return raw.find(b"\r\n\r\n", at) == len(raw) - 4
