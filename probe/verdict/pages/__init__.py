"""What `probe explain CODE` says: one file per family, one page per code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """A page about one code: what it is called, how it is decided, what else looks the same, and what to do."""

    title: str
    how_decided: str
    lookalikes: str
    what_to_do: str
