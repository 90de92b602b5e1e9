"""Two processes cannot write one run, on Windows neither."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from probe.runs.lock import FAR, lock_byte, try_lock

posix = pytest.mark.skipif(sys.platform == "win32", reason="lockf stands in for msvcrt.locking")
OTHER = """
import os, sys
from probe.runs.lock import lock_byte
file = os.open(sys.argv[1], os.O_RDWR)
print(lock_byte(file, lambda one: os.lockf(one, os.F_TLOCK, 1)))
"""


@pytest.fixture
def journal(tmp_path: Path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"{}\n")
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    yield path, descriptor
    os.close(descriptor)


def test_a_second_holder_is_refused_until_the_first_closes(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first, second = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert try_lock(first)
    assert not try_lock(second)
    os.close(first)
    assert try_lock(second)
    os.close(second)


@posix
def test_the_byte_that_windows_locks_lies_behind_the_content_and_the_position_stays(journal) -> None:
    path, descriptor = journal
    os.lseek(descriptor, 1, os.SEEK_SET)
    seen: list[int] = []
    assert lock_byte(descriptor, lambda one: seen.append(os.lseek(one, 0, os.SEEK_CUR)))
    assert seen == [FAR]
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 1
    assert path.read_bytes() == b"{}\n"


@posix
def test_another_process_cannot_lock_the_same_byte(journal) -> None:
    path, descriptor = journal

    def other() -> str:
        return subprocess.run([sys.executable, "-c", OTHER, str(path)], capture_output=True, text=True, check=True).stdout.strip()

    assert lock_byte(descriptor, lambda one: os.lockf(one, os.F_TLOCK, 1))
    assert other() == "False"
    os.write(descriptor, b"{}\n")
    assert path.read_bytes() == b"{}\n{}\n"
