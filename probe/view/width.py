"""How wide text is on a terminal, and how to make it fit: East Asian characters take two columns, combining marks none."""

from __future__ import annotations

import unicodedata

_ROOM = 30
"""Columns left on a line from which on a word too long for any line begins there."""


def width_of(text: str) -> int:
    """Columns that a text takes."""
    return len(text) if text.isascii() else sum(_char_width(char) for char in text)


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


def fit(text: str, width: int, *, keep_end: bool = False, share: float = 0.5) -> str:
    """The text in at most `width` columns, shortened at its end, or in its middle when the end says the most and gets a `share`."""
    if width_of(text) <= width:
        return text
    if width < 2:
        return "…"[:width]
    end = _head(text[::-1], int((width - 1) * share))[::-1] if keep_end else ""
    return _head(text, width - 1 - width_of(end)) + "…" + end


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
