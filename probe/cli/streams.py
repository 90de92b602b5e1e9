"""Standard output and error that cannot break a command: closed from the start, full, or with nobody left to read them."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NOBODY_READS = (errno.EPIPE, errno.EINVAL)  # Windows calls a broken pipe an invalid argument


class Outlet(io.RawIOBase):
    """Passes bytes on. Once they are not taken they go nowhere, and `error` says why unless the reader only went away."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.error: OSError | None = None

    def writable(self) -> bool:
        """Part of the interface of raw streams, as are the next three."""
        return True

    def isatty(self) -> bool:
        """Ask the stream behind."""
        return bool(self._raw.isatty())

    def fileno(self) -> int:
        """Ask the stream behind."""
        return int(self._raw.fileno())

    def write(self, data: Any) -> int | None:
        """Write; never raises an `OSError`, which would come up anywhere in a scan."""
        try:
            written: int | None = self._raw.write(data)
        except OSError as error:
            if error.errno not in _NOBODY_READS:
                self.error = error
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(data)
        return written


@contextmanager
def standard_streams() -> Iterator[Outlet | None]:
    """Put an outlet behind standard output and error while a command runs; yields that of standard output.

    What the terminal's encoding cannot show is escaped. A stream that is not a file, as in a test, is left alone.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))  # as long as the process
    before = sys.stdout, sys.stderr
    out = _behind(sys.stdout)
    err = _behind(sys.stderr)
    sys.stdout = _text(out, before[0]) if out else before[0]
    sys.stderr = _text(err, before[1]) if err else before[1]
    try:
        yield out
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def _behind(stream: Any) -> Outlet | None:
    try:
        stream.flush()
        stream.fileno()
        return Outlet(getattr(stream.buffer, "raw", stream.buffer))
    except (AttributeError, OSError):
        return None


def _text(outlet: Outlet, like: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(outlet), encoding=like.encoding, errors="backslashreplace", line_buffering=True, write_through=True
    )
