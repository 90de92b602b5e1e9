"""What a signal does to a scan that is under way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from probe.errors import ExitCode

if TYPE_CHECKING:
    from probe.pipeline import Scan

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""The signals that ask for an end; a system has some of them (Windows: Ctrl-C, and Ctrl-Break for a closed console)."""


@contextmanager
def stopped_by_signals(scan: Scan) -> Iterator[None]:
    """Stop cleanly at the first Ctrl-C, SIGTERM or closed terminal, at once at the second; the journal is kept either way."""
    said = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal said
        said += 1
        if said > 1:
            os._exit(ExitCode.INTERRUPTED)
        with suppress(OSError):
            # Unbuffered: the signal may come while something else is being written, and the terminal may be gone.
            os.write(2, b"\nstopping: what is known is being written; once more stops at once\n")
        scan.stop()

    numbers = [getattr(signal, name) for name in STOPPING if hasattr(signal, name)]
    # What `nohup` told us to ignore stays ignored.
    before = {one: signal.signal(one, stop) for one in numbers if one == signal.SIGINT or signal.getsignal(one) != signal.SIG_IGN}
    try:
        yield
    finally:
        # Once told to stop, the process only writes what is known: a second signal must still end it at once, and well.
        for number, handler in before.items() if not said else ():
            signal.signal(number, handler)
