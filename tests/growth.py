"""Work grows with its input, not with the square of it: a ratio of two sizes, so that the machine's speed does not matter."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
KIBIBYTES = 32 * 1024
TIMES = 4
FLOOR = 0.002  # seconds: below it a clock measures itself


def repeated(unit: str, head: str = "") -> Callable[[int], str]:
    """Text of any size, all of one kind."""
    return lambda size: head + unit * (size // len(unit))


def spent(work: Callable[[T], object], given: T) -> float:
    """CPU seconds without the garbage collector, whose share depends on everything else that this process holds."""
    gc.disable()
    try:
        started = time.process_time()
        work(given)
        return time.process_time() - started
    finally:
        gc.enable()


def assert_linear(work: Callable[[T], object], make: Callable[[int], T], size: int = KIBIBYTES) -> None:
    """Fail where four times the input takes more than nine times as long (sixteen times: quadratic), in the best of three.

    One look is enough where the first shows clearly less.
    """
    given = make(size), make(size * TIMES)
    small, large = (spent(work, one) for one in given)
    for _again in range(2):
        if large < 6 * max(small, FLOOR):
            return
        small, large = (min(known, spent(work, one)) for known, one in zip((small, large), given, strict=True))
    assert large < 9 * max(small, FLOOR), f"{small:.4f} s for {size}, {large:.4f} s for {TIMES} times as much"
