"""Servers that nobody here wrote: where they are installed, and how they are started on a free loopback port and stopped again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTING = 90.0


def installed(variable: str, name: str) -> str:
    """The path of an npm command: the one that a variable names, else the checkout's own; the test is skipped where it is not."""
    found = os.environ.get(variable) or shutil.which(name, path=str(ROOT / "node_modules" / ".bin"))
    if found is None:
        pytest.skip(f"{name} is not installed: name it with {variable}, or run npm install in the checkout")
    if shutil.which(found) is None:
        pytest.fail(f"{variable} names {found!r}, which cannot be run")
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until the block ends; the block begins when the port accepts connections."""
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT)
    try:
        ends_at = time.monotonic() + STARTING
        while not is_listening(port):
            if process.poll() is not None or time.monotonic() > ends_at:
                pytest.fail(f"{command[0]} does not answer on port {port}:\n{log.read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def is_listening(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0
