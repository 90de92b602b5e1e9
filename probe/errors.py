"""The errors that a user can fix, and the exit codes of the command.

    ProbeError                 one clear message, optional hint; exit 2
    ├── UsageError             an argument, a variable or a target is wrong
    ├── CatalogueError         every problem of the catalogue at once, each with file:line:column
    ├── RunError               a saved run cannot be read or written
    └── LeakError              bytes to be written hold a secret: nothing was written

A network failure is not an error here: it is an `Exchange` with a `failure`.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What `probe` exits with; scripts rely on it."""

    OK = 0
    NONE_WORKS = 1
    USAGE = 2
    UNDECIDED = 3
    BUG = 70
    INTERRUPTED = 130


class ProbeError(Exception):
    """A mistake that the user can fix: `where: what is wrong`, and a hint with something to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class UsageError(ProbeError):
    """An argument, an environment variable or a target is wrong."""


class CatalogueError(ProbeError):
    """All problems of a catalogue; the message has one line each."""


class RunError(ProbeError):
    """A saved run cannot be read or written."""


class LeakError(ProbeError):
    """A rendered file holds a secret and was not written. The message names file and variable, nothing of the value."""
