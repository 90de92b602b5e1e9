"""Work grows with its input, not with the square of it: a ratio of two sizes, so that the machine's speed does not matter."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

SMALL = 32 * 1024
TIMES = 4
FLOOR = 0.002  # seconds: below it a clock measures itself


def spent(work: Callable[[str], object], text: str) -> float:
    """CPU seconds without the garbage collector, whose share depends on everything else that this process holds."""
    gc.disable()
    try:
        started = time.process_time()
        work(text)
        return time.process_time() - started
    finally:
        gc.enable()


def assert_linear(work: Callable[[str], object], unit: str, head: str = "") -> None:
    """Fail where four times the text takes more than nine times as long (sixteen times: quadratic), in the best of three."""

    def text(size: int) -> str:
        return head + unit * (size // len(unit))

    small, large = (min(spent(work, text(size)) for _ in range(3)) for size in (SMALL, SMALL * TIMES))
    assert large < 9 * max(small, FLOOR), f"{small:.4f} s for {SMALL} characters, {large:.4f} s for {TIMES} times as many"
