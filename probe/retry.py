"""Which exchange may be sent again, and after how many seconds: pure functions."""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from probe.facts.headers import first_values, header
from probe.model import Exchange, Limits, Pairs

STATUS_CODES = frozenset({408, 429, 500, 502, 503, 504})
CONNECTION_FAILURES = frozenset({
    "connection_aborted", "connection_refused", "connection_reset", "connect_timeout", "dns_temporary_failure", "eof_error",
    "generic_timeout_error", "host_unreachable", "network_unreachable", "proxy_failed",
})  # fmt: skip
UNSENT_FAILURES = frozenset(
    {"connect_timeout", "connection_refused", "dns_temporary_failure", "host_unreachable", "network_unreachable"}
)
"""Failures that prove that no request reached the server: only after these may a billable request be sent again."""

_FIRST_DELAY = 0.4
_LONGEST_DELAY = 8.0
_RESETS = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-rate-limit-reset-requests", "x-rate-limit-reset-tokens")
_DURATION = re.compile(r"(?<![\d.])(\d++(?:\.\d++)?+)(ms|h|m|s)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def advised_wait(headers: Pairs, now: datetime, status_code: int = 429) -> float | None:
    """Seconds that the server asks to wait; None without a value that can be read.

    The order is that of the official SDKs: `retry-after-ms`, `retry-after` as seconds, `retry-after` as a date (RFC 9110, 10.2.3);
    then, for 429 alone, the reset times of the rate-limit headers, which good answers carry too. Negative, infinite and garbled
    values count as not said.
    """
    said = first_values(headers)
    milliseconds = _seconds(said.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    after = said.get("retry-after", "")
    seconds = _seconds(after)
    if seconds is None and after:
        seconds = _until(after, now)
    if seconds is not None or status_code != 429:
        return seconds
    resets = [wait for name in _RESETS if (wait := _duration(said.get(name, ""))) is not None]
    return max(resets, default=None)


def delay(
    exchange: Exchange, attempt: int, limits: Limits, *, is_billable: bool = False, jitter: float | None = None
) -> float | None:
    """Seconds to wait before the next attempt after `attempt` (from 1), None where the exchange must not be repeated.

    `jitter` is a number from 0 to 1, random by default, so that a fleet of scans does not come back in step. A server's own wish
    is kept to the millisecond; one that is longer than `limits.max_wait` ends the attempts (see `is_wait_too_long`).
    """
    if attempt > limits.retries or not is_retriable(exchange, is_billable=is_billable):
        return None
    if is_wait_too_long(exchange, limits):
        return None
    advised = exchange.response.retry_after if exchange.response else None
    if advised is not None:
        return advised
    share = random.random() if jitter is None else jitter
    return min(_FIRST_DELAY * 2.0 ** (attempt - 1), _LONGEST_DELAY, limits.max_wait) * (0.5 + share / 2)


def is_retriable(exchange: Exchange, *, is_billable: bool = False) -> bool:
    """Whether the same request could have another answer soon; `x-should-retry` of the server overrides an error's status code.

    A good answer is never asked for again, whatever its headers wish: the official SDKs look at them only in errors.
    """
    if is_billable:
        return exchange.failure in UNSENT_FAILURES
    if exchange.response is None:
        return exchange.failure in CONNECTION_FAILURES
    if exchange.response.status_code < 400:
        return False
    wish = header(exchange.response.headers, "x-should-retry").lower()
    if wish in ("true", "false"):
        return wish == "true"
    return exchange.response.status_code in STATUS_CODES


def is_wait_too_long(exchange: Exchange, limits: Limits) -> bool:
    """Whether the server wants a longer wait before another attempt than the user allows."""
    return exchange.response is not None and is_retriable(exchange) and (exchange.response.retry_after or 0.0) > limits.max_wait


def _seconds(text: str) -> float | None:
    if not text.isascii() or not re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text):
        return None
    return float(text)


def _until(text: str, now: datetime) -> float | None:
    try:
        when = parsedate_to_datetime(text)
        seconds = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _duration(text: str) -> float | None:
    """Read `55`, `1s`, `6m0s` or `20ms`; OpenAI sends Go durations, Azure bare seconds, and both -1 or 0 for "not known"."""
    seconds = _seconds(text)
    if seconds is None:
        parts = _DURATION.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            return None
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return seconds or None
