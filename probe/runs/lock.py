"""Holds an open file for one process: by `flock`, on Windows by a locked byte far behind the end of the file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

FAR = 1 << 40
"""Where the locked byte is. Locks of Windows are mandatory, so a byte of the content would keep readers out."""


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed or the process ends; False if another process holds it."""
    if sys.platform == "win32":
        import msvcrt

        return lock_byte(descriptor, lambda one: msvcrt.locking(one, msvcrt.LK_NBLCK, 1))
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def lock_byte(descriptor: int, lock: Callable[[int], None]) -> bool:
    """Lock the far byte with a function that locks at the file's position, as `msvcrt.locking` does; the position stays."""
    before = os.lseek(descriptor, 0, os.SEEK_CUR)
    try:
        os.lseek(descriptor, FAR, os.SEEK_SET)
        lock(descriptor)
    except OSError:
        return False
    finally:
        os.lseek(descriptor, before, os.SEEK_SET)
    return True
