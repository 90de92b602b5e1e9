"""Most answers of a server repeat most of the one before: what is equal is kept once, what is alike is looked into once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from probe.redact import Redactor

_SMALL, _MOST_KEPT, _MOST_EQUAL = 16 * 1024, 256, 8192

T = TypeVar("T")


class Alike:
    """Of what servers say only so much is kept; all of it is forgotten then, so that what a long scan meets now is kept too."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._found: dict[tuple[int, Hashable], Any] = {}
        self._equal: dict[Any, Any] = {}

    def once(self, value: T) -> T:
        """Keep equal values once."""
        if len(self._equal) >= _MOST_EQUAL:
            self._equal.clear()
        return self._equal.setdefault(value, value)  # type: ignore[no-any-return]

    def found(self, key: Hashable, size: int, look: Callable[[], T]) -> T:
        """What was found in all that has this key, which weighs `size` bytes.

        It is looked for again where something had to be masked, which is counted each time, and once another secret is known.
        """
        redactor = self._redactor
        before, masked = redactor.secret_count, redactor.mask_count
        found: T | None = self._found.get((before, key))
        if found is not None:
            return found
        found = look()
        if size <= _SMALL and (redactor.secret_count, redactor.mask_count) == (before, masked):
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            self._found[before, key] = found
        return found
