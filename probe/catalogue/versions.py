"""The api-version as a dimension with an order: which versions an endpoint is tried with first, and which only on request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from probe.frozen import Frozen
from probe.model import ApiVersion, Stage

WORDS = ("preview", "v1", "latest")
"""Values that are versions without being dates; they need not be published in the catalogue."""

NONE = "none"
"""How a file writes that no api-version is sent."""

DATED = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?"


class Range(Frozen):
    """A range of dated versions as an endpoint gives it; `chosen` are the ones to try first."""

    since: str | None = None
    until: str | None = None
    chosen: tuple[str | None, ...] = ()


def order(value: str) -> tuple[date, bool] | None:
    """The place of a dated version in time, a preview before the GA of the same day; None when the date does not exist."""
    if not re.fullmatch(DATED, value):
        return None
    try:
        return date.fromisoformat(value[:10]), not value.endswith("-preview")
    except ValueError:
        return None


def newest_first(versions: Iterable[ApiVersion]) -> tuple[ApiVersion, ...]:
    """Published versions by date, newest first, then the words, then the known wrong values."""
    published = [one for one in versions if not one.is_known_wrong]
    dated = sorted(
        (one for one in published if order(one.value)), key=lambda one: order(one.value) or (date.min, False), reverse=True
    )
    words = [one for one in published if not order(one.value)]
    return (*dated, *words, *(one for one in versions if one.is_known_wrong))


def expand(
    given: tuple[str | None, ...] | Range, ranked: tuple[ApiVersion, ...]
) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    """The versions that a normal scan tries, and all others worth a try; `ranked` comes from `newest_first`.

    Of a range the newest GA and then the newest preview are tried, unless it names its own choice. None (nothing sent) is always
    worth a try, and comes before the values that are known to be wrong.
    """
    inside: tuple[ApiVersion, ...] = ()
    if isinstance(given, Range):
        inside = tuple(one for one in ranked if not one.is_known_wrong and _is_inside(one.value, given))
        first = given.chosen or _best(inside)
    else:
        first = given
    published = [one.value for one in inside] + [one.value for one in ranked if not one.is_known_wrong]
    wrong = [one.value for one in ranked if one.is_known_wrong]
    everything: dict[str | None, None] = dict.fromkeys([*published, None, *wrong])
    return first, tuple(value for value in everything if value not in first)


def _best(inside: tuple[ApiVersion, ...]) -> tuple[str | None, ...]:
    found = [next((one.value for one in inside if one.stage is stage), None) for stage in (Stage.GA, Stage.PREVIEW)]
    return tuple(value for value in found if value) or tuple(one.value for one in inside[:1])


def _is_inside(value: str, given: Range) -> bool:
    at = order(value)
    since, until = order(given.since or ""), order(given.until or "")
    return at is not None and (since is None or since <= at) and (until is None or at <= until)
