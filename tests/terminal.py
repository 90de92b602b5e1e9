"""A terminal for a command under test: a pty, what is typed on it, and what its screen would show."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.cli import zygote
from tests.cli.running import environment


@dataclass(frozen=True)
class Session:
    """What a command left on the screen."""

    code: int
    raw: str

    @property
    def lines(self) -> list[str]:
        """The lines as they stand on the screen in the end."""
        return screen(self.raw)


def screen(raw: str) -> list[str]:
    """Play what was written as a terminal of endless height and width does: CR, LF, cursor up (CUU), erase in line (EL)."""
    rows, row, column = [""], 0, 0
    for found in re.finditer(r"\x1b\[([0-9;?]*)([A-Za-z])|[\r\n]|[^\x1b\r\n]+", raw):
        text, number, order = found[0], found[1], found[2]
        if text == "\r":
            column = 0
        elif text == "\n":
            row += 1
            rows += [""] * (row + 1 - len(rows))
        elif order == "A":
            row -= int(number or 1)
        elif order == "K":
            rows[row] = ""
        elif order is None:
            rows[row] = rows[row].ljust(column)[:column] + text + rows[row][column + len(text) :]
            column += len(text)
    return rows


def typed(*arguments: str, folder: Path, answers: str = "", waits_for: str = "", **variables: str) -> Session:
    """Run `probe` on a pty, and type `answers` once `waits_for` is seen."""
    import pty

    line = [sys.executable, "-SE", "-c", zygote.script()] if zygote.CAN_FORK else [sys.executable, "-m", "probe"]
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        screen = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        os.execve(line[0], [*line, *arguments], environment(screen | variables))
    seen, is_open, until = b"", True, time.monotonic() + 100
    while is_open and time.monotonic() < until:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the other end is closed
            piece = b""
        is_open, seen = bool(piece), seen + piece
        if answers and waits_for.encode() in seen:
            os.write(terminal, answers.encode())
            answers = ""
    os.close(terminal)
    _pid, status = os.waitpid(process, 0)
    return Session(os.waitstatus_to_exitcode(status), seen.decode("utf-8", "replace"))
