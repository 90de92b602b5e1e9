"""Promise: nothing that lies in the working folder is run; it may be a folder that somebody else made."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.cli.completing import _runs
from tests.cli.running import probe


def test_no_module_of_the_working_folder_is_imported(tmp_path: Path) -> None:
    for name in ("click", "json", "httpx", "dotenv", "pathlib", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open('ran-{name}', 'w')\nraise SystemExit\n")
    done = probe("explain", "key-rejected", folder=tmp_path)
    assert not list(tmp_path.glob("ran-*"))
    assert done.code in (0, 2) and done.out + done.err


def test_no_name_in_the_working_folder_is_offered_that_a_shell_would_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bash puts what is offered into the line as it is: `$(...)` would run at the next Enter."""
    monkeypatch.chdir(tmp_path)
    good = "2026-01-31T09-30-00Z-lab"
    for name in (good, "$(touch owned)", "a`id`", "b;id", "c\x1b[2J", "d'e", "-o", "~", "f g", "h\u202e"):
        (tmp_path / "reports" / name).mkdir(parents=True)
        (tmp_path / "reports" / name / "evidence.json").touch()
    assert _runs() == [f"reports/{good}"]
