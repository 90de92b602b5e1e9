"""`probe download` as a user runs it, against the simulator."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from probe.simulator import running
from probe.simulator.media import JSONL, JSONL_ERRORS, media
from tests.cli.running import probe

CLIP = media("clip.mp4")


def call(folder: Path, server, *more: str, key: str = ""):
    ids = [word for name, value in server.world.ids.items() for word in ("--id", f"{name}={value}")]
    target = ("--target", f"lab={server.url}", "--provider", server.world.provider)
    keys = {"AZURE_OPENAI_API_KEY": key or server.world.key, "OPENAI_API_KEY": key or server.world.key}
    return probe("download", *target, *ids, *more, "--retries", "0", folder=folder, **keys)


def test_the_artefact_is_written_here_and_its_digest_printed(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = call(tmp_path, server)
        methods = {one.method for one in server.requests}
    assert done.code == 0, done.err
    (path,) = tmp_path.glob("*.mp4")
    assert path.read_bytes() == CLIP
    assert sha256(CLIP).hexdigest() in done.out
    assert f"{path.name}" in done.out
    assert methods <= {"GET", "HEAD"}
    assert (done.run / "report.json").is_file()


def test_json_tells_what_was_saved(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = call(tmp_path, server, "--json", "-o", "got/", "-q")
    told = json.loads(done.out)
    assert (told["is_whole"], told["answer"]) == (True, "works")
    (file,) = told["files"]
    assert (tmp_path / file["path"]).read_bytes() == CLIP
    assert file["sha256"] == sha256(CLIP).hexdigest()
    assert server.world.key not in done.out


def test_a_file_that_is_there_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("mine")
    with running("sora1") as server:
        done = call(tmp_path, server, "-o", "x.mp4")
        assert (done.code, server.requests) == (2, [])
        assert "--force" in done.err
        assert call(tmp_path, server, "-o", "x.mp4", "--force").code == 0
    assert (tmp_path / "x.mp4").read_bytes() == CLIP


def test_where_nothing_works_the_exit_code_is_that_of_the_scan(tmp_path: Path) -> None:
    with running("wrong-key") as server:
        done = call(tmp_path, server)
        assert done.code == 3
        assert done.out.startswith("RESULT")
        told = json.loads(call(tmp_path, server, "--json").out)
    assert (told["is_whole"], told["files"]) == (False, [])
    assert not list(tmp_path.glob("*.mp4"))


@pytest.mark.parametrize("form", ["folder", "bundle"])
def test_a_run_gives_its_proved_route_and_little_else_is_asked(tmp_path: Path, form: str) -> None:
    with running("sora1") as server:
        target = ("--target", f"lab={server.url}", "--provider", "azure")
        ids = [word for name, value in server.world.ids.items() for word in ("--id", f"{name}={value}")]
        first = probe("scan", *target, *ids, "--bundle", "-o", "runs", folder=tmp_path, AZURE_OPENAI_API_KEY=server.world.key)
        assert first.code == 0, first.err
        (run,) = (tmp_path / "runs").iterdir()
        asked = len(server.requests)
        named = () if form == "folder" else target
        path = run if form == "folder" else run / "bundle.zip"
        done = probe("download", *named, "--run", str(path), folder=tmp_path, AZURE_OPENAI_API_KEY=server.world.key)
        assert done.code == 0, done.err
        assert len(server.requests) - asked < asked / 2
    assert next(tmp_path.glob("*.mp4")).read_bytes() == CLIP


def test_a_run_of_a_stranger_gets_no_key(tmp_path: Path) -> None:
    """The run's target is only in its file: neither its seal nor this user's options name it."""
    with running("sora1") as server:
        target = ("--target", f"lab={server.url}", "--provider", "azure")
        ids = [word for name, value in server.world.ids.items() for word in ("--id", f"{name}={value}")]
        first = probe("scan", *target, *ids, "-o", "runs", folder=tmp_path, AZURE_OPENAI_API_KEY=server.world.key)
        assert first.code == 0
        (run,) = (tmp_path / "runs").iterdir()
        asked = len(server.requests)
        done = probe("download", "--run", str(run), folder=tmp_path, AZURE_OPENAI_API_KEY="another-key-4f1d9c2b7e6a")
        assert done.code == 2
        assert len(server.requests) == asked
        assert "trust" in done.err or "No target" in done.err or "no target" in done.err


def test_all_fetches_every_variant_under_a_name_of_its_own(tmp_path: Path) -> None:
    with running("openai") as server:
        done = call(tmp_path, server, "--all", "--json", "-o", "got/")
    told = json.loads(done.out)
    assert done.code == 0, done.err
    assert {one["media_type"] for one in told["files"]} == {"video/mp4", "image/webp", "image/jpeg"}
    assert len({one["path"] for one in told["files"]}) == len(list((tmp_path / "got").iterdir())) == 3


def test_all_fetches_results_and_errors_of_a_batch(tmp_path: Path) -> None:
    with running("azure") as server:
        done = call(tmp_path, server, "--all", "--json", "--artefact", "batch-output", "-o", "got/")
    told = json.loads(done.out)
    assert done.code == 0, done.err
    assert {(tmp_path / one["path"]).read_bytes() for one in told["files"]} == {JSONL, JSONL_ERRORS}
    assert sum(one["path"].endswith(".jsonl") for one in told["files"]) >= 1
