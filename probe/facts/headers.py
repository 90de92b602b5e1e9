"""Header fields of a response by name, read alike by every stage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from probe.model import Pairs


@lru_cache(maxsize=32)
def first_values(headers: Pairs) -> Mapping[str, str]:
    """Give the first value of each field, without white space at its ends, by its name in lower case."""
    return {name.lower(): value.strip() for name, value in reversed(headers)}


def header(headers: Pairs, name: str) -> str:
    """The first value of a header, whose name is given in lower case; "" without one."""
    size = len(name)  # most names differ in it, which is quicker to see
    for one, value in headers:
        if len(one) == size and one.lower() == name:
            return value.strip()
    return ""


def skew(headers: Pairs, now: datetime) -> float | None:
    """By how many seconds `now` is later than the server's Date; None where it sent none that can be read."""
    try:
        return (now - _moment(header(headers, "date"))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    """Read a date of HTTP: within a second all answers of a scan have the same."""
    return parsedate_to_datetime(text).astimezone(UTC)
