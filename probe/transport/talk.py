"""What a lane asks of a connection, whatever makes it: one request, the head of its answer, then the body piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from probe.model import Pairs
from probe.transport.wireurl import WireUrl


@dataclass(slots=True)
class Ask:
    """A request as it is put onto a connection."""

    method: str
    url: WireUrl
    headers: Pairs = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Reply:
    """The head of an answer."""

    status_code: int
    reason_phrase: str
    http_version: str
    headers: Pairs = field(repr=False)


class Connection(Protocol):
    """A connection to one origin, direct or through a proxy; it connects when it is first asked."""

    async def ask(self, ask: Ask) -> Reply:
        """Send a request and wait for the head of its answer."""

    async def piece(self) -> bytes:
        """Wait for the next piece of the body; b"" is its end."""

    async def finish(self) -> None:
        """Leave the answer as far as it was read: a connection that is not idle then cannot be used again."""

    def is_idle(self) -> bool:
        """Whether the last answer was whole, and nothing in it forbids another request."""

    def left_nothing(self, method: str, status_code: int) -> bool:
        """Whether what came was exactly one answer."""

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or received anything meanwhile, its end included."""

    async def aclose(self) -> None:
        """Close it, whatever it is doing."""
