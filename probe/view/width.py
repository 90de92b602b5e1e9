"""How wide text is on a terminal, and how to make it fit: East Asian characters take two columns, combining marks none."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ROOM = 30
"""Columns left on a line from which on a word too long for any line begins there."""
_SEGMENTS = 16
"""Segments of a path of which a shortened one keeps fewer: a server may name a link of thousands."""
_LONG_ID = re.compile(r"^((?:[A-Za-z]{2,10}[_-])?(?=[^/]*\d)[\w.-]{0,2})[\w.-]{8,}([\w.-]{4})(?= |$)")
"""An id of 14 characters or more, as a segment of a path: its prefix and its end tell it from others."""


def width_of(text: str) -> int:
    """Columns that a text takes."""
    return len(text) if text.isascii() else sum(_char_width(char) for char in text)


@lru_cache(maxsize=4096)
def _char_width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _head(text: str, width: int) -> str:
    """The longest beginning that fits."""
    taken = 0
    for index, char in enumerate(text):
        taken += _char_width(char)
        if taken > width:
            return text[:index]
    return text


def fit(text: str, width: int) -> str:
    """The text in at most `width` columns, shortened at its end."""
    return text if width_of(text) <= width else _head(text, width - 1) + "…"[:width]


def fit_route(text: str, width: int) -> str:
    """A method and its path in at most `width` columns: ids give way first, then whole segments in the middle, its end last."""
    if width_of(text) <= width:
        return text
    parts = [_LONG_ID.sub(r"\1…\2", part) for part in text.split("/")]
    if width_of(short := "/".join(parts)) <= width:
        return short
    most = min(len(parts), _SEGMENTS)
    cuts = [(lead, tail) for lead in range(1, most) for tail in range(1, most - lead)]
    sizes = [width_of(part) + 1 for part in parts]
    fitting = [(lead, tail) for lead, tail in cuts if sum(sizes[:lead]) + 1 + sum(sizes[-tail:]) <= width]
    if fitting:  # the last two segments tell routes apart, the first one surfaces
        lead, tail = max(fitting, key=lambda cut: (cut[1] > 1, cut[0] > 1, sum(cut)))
        return "/".join((*parts[:lead], "…", *parts[-tail:]))
    return "…"[:width] + _head(text[::-1], width - 1)[::-1]


def _head_at_mark(text: str, width: int) -> str:
    """The longest beginning that fits and ends where a URL may be broken, else just the longest."""
    head = _head(text, width)
    after = max(head.rfind(mark) for mark in "/?&") + 1
    return head[:after] if after > len(head) // 2 else head


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces, else inside a word that is too long; such a word fills its line."""
    lines = [""]
    for word in text.split(" "):
        rest = word
        room = width - width_of(lines[-1]) - 1
        is_long = width_of(rest) > (width - _ROOM if "/" in rest else width)
        if lines[-1] and is_long and _ROOM <= room < width_of(rest):
            head = _head_at_mark(rest, room)
            lines[-1] += " " + head
            lines.append("")
            rest = rest[len(head) :]
        if lines[-1] and width_of(lines[-1]) + 1 + width_of(rest) <= width:
            lines[-1] += " " + rest
            continue
        if lines[-1]:
            lines.append("")
        while width_of(rest) > width:
            head = _head_at_mark(rest, max(width, 2))
            lines[-1] = head
            lines.append("")
            rest = rest[len(head) :]
        lines[-1] = rest
    return lines
