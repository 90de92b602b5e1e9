"""Command lines that a user can copy into the shell of this system."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable


def line_of(words: Iterable[str]) -> str:
    """Write words as one command line: for a POSIX shell, on Windows for cmd and PowerShell."""
    return " ".join(map(windows_word, words)) if os.name == "nt" else shlex.join(words)


def windows_word(word: str) -> str:
    """Quote one word so that neither cmd nor PowerShell finds a second word or a command in it.

    In double quotes both leave `&`, `|` and commas alone, and take a doubled quote for one; before `$`, a backtick or a typographic
    quote, which PowerShell would obey, stands a backtick. A line end, which cmd takes for Enter, becomes a space. Only `%NAME%`
    has no quoting in cmd.
    """
    if re.fullmatch(r"[\w\\/:.=+-]+", word):
        return word
    plain = re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", word)
    quoted = re.sub("([`$\u201c\u201d\u201e])", r"`\1", plain).replace('"', '""')
    ends = len(quoted) - len(quoted.rstrip("\\"))  # a backslash before the closing quote would take it away
    return '"' + quoted + "\\" * ends + '"'
