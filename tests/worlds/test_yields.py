"""The commands of a report are run against the world that was scanned: each yields the very file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds.playing import FILES, KEY, World, serving, words_of, worlds

YIELDING = [one for one in worlds() if "yields" in one.entry["expect"]]
needs_curl = pytest.mark.skipif(shutil.which("curl") is None or os.name == "nt", reason="curl in a POSIX shell is not installed")


@needs_curl
@pytest.mark.parametrize("world", YIELDING, ids=lambda world: world.name)
def test_each_command_yields_the_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from probe.cli import main

    monkeypatch.setenv("WORLD_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    with serving(world.entry) as (url, _asked):
        with pytest.raises(SystemExit):
            main(words_of(world, url, tmp_path))
        repro = json.loads(capsys.readouterr().out)["working"][0]["repro"]
        for name, words in (("curl", ["bash", "-c", repro["curl"]]), ("python", [sys.executable, "-c", repro["python"]])):
            place = tmp_path / name
            place.mkdir()
            ended = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=60, check=False)
            files = [one.read_bytes() for one in place.iterdir()]
            assert files == [FILES[world.entry["expect"]["yields"]][1]], (ended.stderr, words[-1])
