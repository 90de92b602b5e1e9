"""One call to a webhook: signed JSON, repeated until it is received, under one delivery number, so that it is acted on once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time

from probe import __version__
from probe.errors import UsageError
from probe.model import Limits, RawUrl
from probe.transport import Lane, Network, TransportOptions, WireRequest, refusal

_ATTEMPTS = 5
_FIRST_PAUSE = 1.0
_MOST_ANSWER = 4096


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`t=TIME,v1=HEX`: HMAC-SHA256 over the time, a dot and the body, so that an old call cannot be sent again unnoticed."""
    signed = hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()
    return f"t={timestamp},v1={signed}"


def verifies(secret: str, header: str, body: bytes) -> bool:
    """Whether a `Probe-Signature` header is that of the body; for receivers in Python and for tests."""
    time_part, _comma, _rest = header.partition(",")
    stamp = time_part.removeprefix("t=")
    return stamp.isdecimal() and hmac.compare_digest(signature(secret, int(stamp), body), header)


class Webhook:
    """A receiver that the user named, so it may be in any network. Its URL may be a secret: it stands in no message and no report.

    It gets no key and no client certificate, its redirects are not followed, and nothing of its answer is kept but the status.
    """

    def __init__(self, url: str, secret: str, options: TransportOptions | None, pause: float = _FIRST_PAUSE) -> None:
        self._url, self._secret, self._pause = RawUrl(url), secret, pause
        self._network = Network(options)
        refused = refusal(self._order(b"", ""))
        if refused is not None:
            raise UsageError("--webhook: not a URL that can be called", hint="give an http(s) URL without a user name in it")

    async def call(self, body: bytes, delivery: str) -> str:
        """Deliver; returns "" when it was received, else what the last attempt met."""
        met = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._pause * 2 ** (attempt - 1))
            lane = Lane(self._network)
            try:
                answer = await lane.exchange(self._order(body, delivery), Limits(), lambda _answer: _MOST_ANSWER)
            finally:
                await lane.aclose()
            status = answer.status_code
            met = answer.failure or f"status {status}"
            if status is not None and 200 <= status < 300:
                return ""
            if status is not None and status < 500 and status not in (408, 425, 429):
                return met
        return met

    def _order(self, body: bytes, delivery: str) -> WireRequest:
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", f"probe/{__version__}"),
            ("Probe-Delivery", hashlib.sha256(delivery.encode()).hexdigest()[:32]),
            ("Probe-Signature", signature(self._secret, int(time.time()), body)),
        )
        return WireRequest("POST", self._url, headers, body, may_post=True, is_given=True)
