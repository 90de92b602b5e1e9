"""Promise: nothing that lies in the working folder is run; it may be a folder that somebody else made."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import probe


def test_no_module_of_the_working_folder_is_imported(tmp_path: Path) -> None:
    for name in ("click", "json", "httpx", "dotenv", "pathlib", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open('ran-{name}', 'w')\nraise SystemExit\n")
    done = probe("explain", "key-rejected", folder=tmp_path)
    assert not list(tmp_path.glob("ran-*"))
    assert done.code in (0, 2) and done.out + done.err
