"""Runs the real command in a process of its own, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    done = subprocess.run(
        [sys.executable, "-m", "probe", *arguments],
        cwd=folder,
        env=environment(variables),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr, folder)
