"""What the headers of a response say, read alike by every stage."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from probe.model import Pairs


def header(headers: Pairs, name: str) -> str:
    """The first value of a header, whose name is given in lower case; "" without one."""
    return next((value.strip() for key, value in headers if key.lower() == name), "")


def skew(headers: Pairs, now: datetime) -> float | None:
    """By how many seconds `now` is later than the server's Date; None where it sent none that can be read."""
    try:
        return (now - parsedate_to_datetime(header(headers, "date")).astimezone(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
