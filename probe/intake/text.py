"""A paste as plain text: decoded, without what only a terminal or an attacker puts there, in one kind of quotes and line ends."""

from __future__ import annotations

import re

from probe.errors import UsageError

MAX_PASTE = 16 * 1024 * 1024
"""Bytes (and characters) that a paste may have; a HAR of a whole afternoon is smaller."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|[@-Z\\-_])")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_PLAIN = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2028": "\n",
        "\u2029": "\n",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2018": "'",
        "\u2019": "'",
    }
)
_AMPERSAND = re.compile(r"&amp;|\\u0026")


def decode(content: bytes) -> str:
    """Decode a file or a pipe: UTF-8, or UTF-16 as PowerShell's `>` writes it; what fits neither is replaced, not refused."""
    if len(content) > MAX_PASTE:
        raise too_large()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if content[1:64:2].count(0) > len(content[:64]) // 3:
        return content.decode("utf-16-le", "replace")
    return content.decode("utf-8-sig", "replace")


def clean(text: str) -> str:
    """Take out escape sequences, control and direction characters, and unify line ends, quotes and ampersands."""
    if len(text) > MAX_PASTE:
        raise too_large()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    return _AMPERSAND.sub("&", _INVISIBLE.sub("", text).translate(_PLAIN))


def too_large() -> UsageError:
    """Say that a paste is refused for its size."""
    return UsageError(
        f"paste: larger than {MAX_PASTE // 1024 // 1024} MB", hint="paste the failing request and its response, not the whole log"
    )
