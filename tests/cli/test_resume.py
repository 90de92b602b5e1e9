"""Nothing is lost: interruptions keep what is known, and a resumed run sends only what is missing."""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from probe.simulator import running
from tests.cli.running import Done, environment, probe

VERSIONS = ("preview", "v1", "none", "2024-10-21", "2025-04-01-preview", "2024-06-01", "2024-02-01", "2023-05-15")
IDS = ("video_id=video_1", "file_id=file-1", "batch_id=batch_1", "container_id=cntr_1", "deployment=dep")
ROUNDS = int(os.environ.get("PROBE_KILL_ROUNDS", "2"))
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def start(folder: Path, server, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "probe", "scan", "--target", f"lab={server.url}", "--provider", "azure", *more],
        cwd=folder,
        env=environment({"AZURE_OPENAI_API_KEY": server.world.key}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def scan(folder: Path, server, *more: str) -> Done:
    """The same to its end."""
    target = ("--target", f"lab={server.url}", "--provider", "azure")
    return probe("scan", *target, *more, folder=folder, AZURE_OPENAI_API_KEY=server.world.key)


def resume(folder: Path, run: Path, server, *more: str, **variables: str) -> Done:
    """Take a run up again with the key that it was made with."""
    return probe("scan", "--resume", str(run), *more, folder=folder, AZURE_OPENAI_API_KEY=server.world.key, **variables)


def the_run(folder: Path, wait: float = 20.0, root: str = "reports") -> Path:
    """The run folder, once its journal holds an observation."""
    ends = time.monotonic() + wait
    while time.monotonic() < ends:
        for journal in folder.glob(f"{root}/*/journal.jsonl"):
            if b'"observation"' in journal.read_bytes():
                return journal.parent
        time.sleep(0.01)
    raise AssertionError("no observation was journalled in time")


def unfinished(run: Path) -> None:
    """Cut the journal of a finished run as a kill would have done, before its last answer."""
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    last = max(at for at, line in enumerate(lines) if line.startswith(b'{"observation"'))
    (run / "journal.jsonl").write_bytes(b"".join(lines[:last]))


def observed(run: Path) -> list[str]:
    lines = (run / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["observation"]["probe_id"] for line in lines if line.startswith('{"observation"')]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_cleanly_with_reports(tmp_path: Path, number: signal.Signals) -> None:
    with running("sora1", latency=0.3) as server:
        begun = start(tmp_path, server, "-c", "2")
        run = the_run(tmp_path)
        begun.send_signal(number)
        _out, err = begun.communicate(timeout=30)
    assert begun.returncode == 130, err
    assert "stopping" in err
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert report["format_version"] == 1
    assert json.loads((run / "evidence.json").read_text(encoding="utf-8"))["is_interrupted"] is True


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    with running("sora1", latency=0.3) as server:
        begun = start(tmp_path, server, "-c", "2")
        run = the_run(tmp_path)
        begun.send_signal(signal.SIGINT)
        time.sleep(0.05)
        begun.send_signal(signal.SIGINT)
        begun.communicate(timeout=30)
    assert begun.returncode == 130
    assert observed(run)


def lines_of(found: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Count requests by method and what stands behind the host."""
    return Counter((method, url.removeprefix("http://").partition("/")[2]) for method, url in found)


@pytest.mark.timeout(60 + 20 * ROUNDS)
def test_a_killed_scan_is_taken_up_where_its_journal_ends(tmp_path: Path) -> None:
    """More than 300 requests, killed at any moment: each probe is observed once, and sent again only if no answer was kept."""
    chance = random.Random(20261121)
    for at in range(ROUNDS):
        folder = tmp_path / str(at)
        folder.mkdir()
        with running("sora1", latency=0.02) as server:
            options = [option for one in VERSIONS for option in ("--api-version", one)]
            options += [option for one in (server.world.ids["job_id"], *IDS) for option in ("--id", one)]
            begun = start(folder, server, *options, "-c", "16", "--rate-limit", "1000", "--max-requests", "2000", "--retries", "0")
            run = the_run(folder)
            time.sleep(chance.uniform(0.0, 1.5))
            begun.kill()
            begun.communicate(timeout=30)
            before = set(observed(run))
            count = len(server.requests)
            done = resume(folder, run, server)
            again = lines_of(
                (one.method, f"{server.url}{one.path}{'?' * bool(one.query)}{one.query}") for one in server.requests[count:]
            )
        assert done.code == 0, done.err
        evidence = json.loads((run / "evidence.json").read_text(encoding="utf-8"))
        counted = Counter(one["probe_id"] for one in evidence["observations"])
        assert sum(counted.values()) > 300
        assert set(counted.values()) == {1}, "a probe has two observations"
        assert before <= counted.keys(), "a journalled observation was lost"
        assert {one["id"] for one in evidence["probes"] if not one.get("needs")} == counted.keys()
        fresh = [one for one in evidence["observations"] if one["probe_id"] not in before]
        requests = [exchange["request"] for one in fresh for exchange in one["exchanges"]]
        assert again == lines_of((one["method"], one["url"]) for one in requests), "something else was sent than what was missing"


def test_reports_of_an_interrupted_run_are_set_aside_not_overwritten(tmp_path: Path) -> None:
    with running("sora1", latency=0.05) as server:
        begun = start(tmp_path, server, "-c", "2")
        run = the_run(tmp_path)
        begun.send_signal(signal.SIGINT)
        begun.communicate(timeout=30)
        first = (run / "report.md").read_bytes()
        done = resume(tmp_path, run, server)
    assert done.code == 0, done.err
    kept = [path.read_bytes() for path in run.rglob("report.md")]
    assert len(kept) == 2
    assert first in kept


def test_two_scans_at_once_do_not_collide(tmp_path: Path) -> None:
    with running("sora1") as server:
        both = [start(tmp_path, server) for _ in range(2)]
        codes = [one.wait(timeout=60) for one in both]
        for one in both:
            one.communicate()
    assert codes == [0, 0]
    runs = [path for path in (tmp_path / "reports").iterdir() if path.is_dir()]
    assert len(runs) == 2
    assert all((run / "report.json").is_file() for run in runs)


def test_a_run_is_taken_up_with_the_very_key_that_it_was_made_with(tmp_path: Path) -> None:
    with running("sora1") as server:
        scan(tmp_path, server)
        (run,) = (path for path in (tmp_path / "reports").iterdir() if path.is_dir())
        unfinished(run)
        count = len(server.requests)
        for variables, complaint in (
            ({}, "AZURE_OPENAI_API_KEY is not set"),
            ({"AZURE_OPENAI_API_KEY": "another-key-of-somebody"}, "the run would send AZURE_OPENAI_API_KEY to"),
        ):
            done = probe("scan", "--resume", str(run), folder=tmp_path, **variables)
            assert done.code == 2
            assert complaint in done.err
        assert len(server.requests) == count
        assert resume(tmp_path, run, server).code == 0
        assert len(server.requests) == count + 1


def test_a_finished_run_is_called_finished_and_sends_nothing(tmp_path: Path) -> None:
    with running("sora1") as server:
        first = scan(tmp_path, server)
        (run,) = (path for path in (tmp_path / "reports").iterdir() if path.is_dir())
        count = len(server.requests)
        before = (run / "journal.jsonl").read_bytes()
        done = resume(tmp_path, run, server)
        assert len(server.requests) == count
    assert done.code == first.code == 0
    assert "this run is finished: nothing is sent" in done.err
    assert done.out.splitlines()[:3] == first.out.splitlines()[:3]
    assert (run / "journal.jsonl").read_bytes() == before


def test_a_run_that_was_killed_before_its_reports_were_written_gets_them_and_sends_nothing(tmp_path: Path) -> None:
    with running("sora1") as server:
        first = scan(tmp_path, server)
        run = first.run
        for path in run.iterdir():
            if path.name != "journal.jsonl":
                path.unlink()
        count = len(server.requests)
        done = resume(tmp_path, run, server)
        assert len(server.requests) == count
    assert done.code == first.code == 0, done.err
    assert {"evidence.json", "report.md", "report.json", "ticket.txt"} <= {path.name for path in run.iterdir()}


def test_an_interruption_says_how_to_resume(tmp_path: Path) -> None:
    folder = tmp_path / "a b; $(id)"
    folder.mkdir()
    with running("sora1", latency=0.3) as server:
        begun = start(folder, server, "-c", "2", "-o", "it's")
        the_run(folder, root="it's")
        begun.send_signal(signal.SIGINT)
        _out, err = begun.communicate(timeout=30)
        command = shlex.split(err.partition("to resume: ")[2])
        assert command[:3] == ["probe", "scan", "--resume"]
        assert command[3].startswith("it's/")
        done = probe(*command[1:], folder=folder, AZURE_OPENAI_API_KEY=server.world.key)
    assert done.code == 0, done.err


def test_a_run_folder_that_is_deleted_during_the_scan_is_made_again(tmp_path: Path) -> None:
    with running("sora1", latency=0.3) as server:
        begun = start(tmp_path, server, "-c", "2")
        run = the_run(tmp_path)
        kept = observed(run)
        shutil.rmtree(tmp_path / "reports")
        _out, err = begun.communicate(timeout=60)
    assert begun.returncode == 0, err
    assert f"{run.relative_to(tmp_path)} was deleted or replaced during the scan" in err
    assert set(kept) <= set(observed(run))
    evidence = json.loads((run / "evidence.json").read_text(encoding="utf-8"))
    assert "run-folder-lost" in {note["code"] for note in evidence["notes"] if isinstance(note, dict)}


def test_a_run_folder_that_becomes_a_link_is_not_written_through(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with running("sora1", latency=0.3) as server:
        begun = start(tmp_path, server, "-c", "2")
        run = the_run(tmp_path)
        run.rename(tmp_path / "moved")
        run.symlink_to(elsewhere)
        _out, err = begun.communicate(timeout=60)
    assert begun.returncode == 0, err
    assert list(elsewhere.iterdir()) == []
    twin = run.with_name(run.name + "-2")
    assert (twin / "report.md").is_file()
    assert set(observed(tmp_path / "moved")) <= set(observed(twin))


def test_a_resumed_run_bills_only_with_leave_of_its_own_and_only_what_cannot_have_been_billed(tmp_path: Path) -> None:
    with running("images") as server:
        scan(tmp_path, server, "--artefact", "image", "--id", "deployment=gpt-image-1", "--allow-billable")
        (run,) = (path for path in (tmp_path / "reports").iterdir() if path.is_dir())
        journal = run / "journal.jsonl"
        lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
        methods = [one.method for one in server.requests]
        killed = [line for line in lines if not line.startswith('{"observation"')]
        journal.write_text("".join(killed), encoding="utf-8")
        resume(tmp_path, run, server, "--allow-billable")
        said = (run / "report.json").read_text(encoding="utf-8")
        unannounced = [line for line in killed if not line.startswith('{"sending"')]
        journal.write_text("".join(unannounced), encoding="utf-8")
        resume(tmp_path, run, server)
        again = [one.method for one in server.requests[len(methods) :]]
        resume(tmp_path, run, server, "--allow-billable")
    assert "POST" in methods
    assert "sent once" in said
    assert "POST" not in again
    assert "POST" in [one.method for one in server.requests[len(methods) + len(again) :]]


def test_a_strangers_run_gets_no_key_unless_its_target_is_named_here_too(tmp_path: Path) -> None:
    """Whoever sends a run folder could else collect the key of whoever looks into it."""
    with running("sora1") as mine, running("sora1") as theirs:
        scan(tmp_path, mine)
        (run,) = (path for path in (tmp_path / "reports").iterdir() if path.is_dir())
        unfinished(run)
        journal, key = run / "journal.jsonl", mine.world.key
        moved = journal.read_text(encoding="utf-8").replace(mine.url, theirs.url)
        own = {"AZURE_OPENAI_ENDPOINT": "https://contoso.openai.azure.com", "AZURE_OPENAI_API_KEY": key}
        for text, more in ((moved, ()), (moved, ("-H", "X-Team: a")), (moved.replace('"salt"', '"_"'), ())):
            journal.write_text(text, encoding="utf-8")
            done = probe("scan", "--resume", str(run), *more, folder=tmp_path, **own)
            assert done.code == 2
            assert f"the run would send AZURE_OPENAI_API_KEY to {theirs.url}, which only its file names" in done.err
        assert theirs.requests == []
        hint = shlex.split(done.err.partition("repeat the run's options: ")[2])
        done = probe("scan", "--resume", str(run), *hint, folder=tmp_path, AZURE_OPENAI_API_KEY=key)
        assert done.code == 0, done.err
        assert "every request is sent again" in done.err
        journal.write_text(moved, encoding="utf-8")
        done = probe("scan", "--resume", str(run), folder=tmp_path, **own | {"AZURE_OPENAI_ENDPOINT": theirs.url})
        assert done.code == 0, done.err
