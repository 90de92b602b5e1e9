"""Keeps a process on loopback: every other connection and every look-up of a foreign name fails at once and is noted.

It listens to Python's own audit events, so no library can go around it, and it serves a child process as well:
`python -c "from tests.guard import loopback_only; ..."`.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = (None, "", "localhost", "127.0.0.1", "::1", b"localhost")
_guards: list[list[str]] = []


def _is_loopback(host: Any) -> bool:
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if not _guards:
        return
    if event == "socket.connect" and isinstance(args[1], tuple) and not _is_loopback(args[1][0]):
        _guards[-1].append(f"{args[1][0]}:{args[1][1]}")
        raise ConnectionRefusedError("kept on loopback")
    if event == "socket.getaddrinfo" and args[0] not in _NAMES and not _is_address(args[0]):
        raise socket.gaierror(socket.EAI_NONAME, "kept on loopback")


def _is_address(host: Any) -> bool:
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True


@contextmanager
def loopback_only() -> Iterator[list[str]]:
    """Guard this process; yields the list of foreign addresses (`host:port`) that somebody tried to connect to."""
    if _listen not in _installed:
        sys.addaudithook(_listen)
        _installed.append(_listen)
    reached: list[str] = []
    _guards.append(reached)
    try:
        yield reached
    finally:
        _guards.remove(reached)


_installed: list[Any] = []
