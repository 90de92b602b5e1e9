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
    """Quote one word so that cmd and PowerShell read it alike: in double quotes unless every character is harmless.

    No quoting of both keeps `%` (cmd) and `$` or a backtick (PowerShell) from being expanded; a name with these is shown in
    PowerShell's single quotes, since PowerShell is what Windows opens.
    """
    if re.fullmatch(r"[\w\\/:.=,+@-]+", word):
        return word
    if any(one in word for one in '$`"'):
        return "'" + word.replace("'", "''") + "'"
    ends = len(word) - len(word.rstrip("\\"))  # a backslash before the closing quote would take it away
    return '"' + word + "\\" * ends + '"'
