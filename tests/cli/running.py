"""Runs the real command in a process of its own, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.cli import zygote

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def run(self) -> Path:
        """The one run folder that it wrote."""
        (path,) = [one for one in (self.folder / "reports").iterdir() if one.is_dir()]
        return path

    @property
    def report(self) -> Any:
        """Its report.json."""
        return json.loads((self.run / "report.json").read_text(encoding="utf-8"))


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a user who set these variables and nothing else of ours."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **variables}


def probe(*arguments: str, folder: Path, stdin: str | None = None, **variables: str) -> Done:
    """Run `probe` in a folder."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write((stdin or "").encode("utf-8", "surrogateescape"))
        given.seek(0)
        streams = (given, out, err)
        code = run(arguments, folder, environment(variables), [one.fileno() for one in streams])
        texts = [_text(one) for one in (out, err)]
    return Done(code, *texts, folder)


def run(arguments: Sequence[str], folder: Path, env: Mapping[str, str], streams: Sequence[int]) -> int:
    """Run `probe` on three open files as its standard streams; the exit code."""
    if zygote.CAN_FORK:
        return zygote.call(arguments, cwd=folder, env=env, fds=streams, timeout=100)
    stdin, stdout, stderr = streams
    line = [sys.executable, "-m", "probe", *arguments]
    return subprocess.run(line, cwd=folder, env=env, stdin=stdin, stdout=stdout, stderr=stderr, timeout=100, check=False).returncode


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8").replace("\r\n", "\n")
