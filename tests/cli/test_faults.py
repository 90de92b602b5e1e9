"""Disks, terminals and pipes that fail: one clear message, the right exit code, no half file, and a journal that is whole."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import probe.cli
from probe.simulator import Server, running
from tests.cli.running import environment

pty = pytest.importorskip("pty")
resource = pytest.importorskip("resource")
REPORTS = {"report.md", "report.html", "report.json", "results.csv", "ticket.txt", "exchanges.har", "evidence.json"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("sora1") as one:
        yield one


def arguments(server: Server, *more: str) -> list[str]:
    ids = server.world.ids
    return ["scan", "--target", f"lab={server.url}", "--provider", "azure", "--id", ids["job_id"], "--key-env", "K", *more]


def run(folder: Path, server: Server, *more: str, shell: str = '"$@"', **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a scan in a process of its own, wrapped into a shell script that calls it as "$@"."""
    return subprocess.run(
        ["bash", "-c", shell, "bash", sys.executable, "-m", "probe", *arguments(server, *more)],
        cwd=folder,
        env=environment({"K": server.world.key}),
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=60,
        check=False,
        **options,
    )


def call(server: Server, *more: str) -> int:
    """Run a scan in this process; returns its exit code."""
    with pytest.raises(SystemExit) as ended:
        probe.cli.main(arguments(server, *more))
    return int(ended.value.code or 0)


def assert_whole(folder: Path) -> Path:
    """What is in the run folder is whole: the journal line by line, each report to its end; returns the folder."""
    (path,) = [one for one in folder.glob("reports/*") if one.is_dir()]
    journal = (path / "journal.jsonl").read_text(encoding="utf-8")
    assert journal.endswith("\n")
    assert all(json.loads(line) for line in journal.splitlines())
    names = {one.name for one in path.iterdir()}
    assert names <= REPORTS | {"journal.jsonl"}, "a temporary file was left behind"
    for name in names & {"report.json", "exchanges.har", "evidence.json"}:
        assert json.loads((path / name).read_text(encoding="utf-8"))
    if "report.html" in names:
        assert (path / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    return path


def assert_explained(err: str, problem: str) -> None:
    assert "Traceback" not in err
    assert err.count("error: ") == 1, err
    assert problem in err
    assert "hint: " in err


FAULTS = [
    (errno.ENOSPC, "no space left on the disk"),
    (errno.EACCES, "no permission"),
    (errno.EIO, "Input/output error"),
    (errno.EROFS, "the disk is read-only"),
]


@pytest.mark.parametrize(("code", "problem"), FAULTS)
@pytest.mark.parametrize(("function", "left"), [("fsync", 0), ("replace", 2)])
def test_a_report_that_cannot_be_written_leaves_no_half_file(
    function: str,
    left: int,
    code: int,
    problem: str,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The third report fails: while all are flushed, before one appears; while they appear, when two are there already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("K", server.world.key)
    real, calls = getattr(os, function), 0

    def fail(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError(code, os.strerror(code))
        return real(*args, **options)

    monkeypatch.setattr(os, function, fail)
    assert call(server, "-q") == 2
    assert_explained(capfd.readouterr().err, problem)
    path = assert_whole(tmp_path)
    assert len(REPORTS & {one.name for one in path.iterdir()}) == left


@pytest.mark.parametrize(("code", "problem"), FAULTS)
def test_a_journal_that_fails_in_the_middle_stops_the_scan_and_can_be_resumed(
    code: int, problem: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The disk takes half a line and then no more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("K", server.world.key)
    real, count = os.write, len(server.requests)

    def fail(descriptor: int, data: Any) -> int:
        if bytes(data).startswith(b'{"observation"') and len(server.requests) - count > 6:
            return real(descriptor, data[: len(data) // 2])
        if not bytes(data).startswith(b"{") and len(data) > 40:
            raise OSError(code, os.strerror(code))
        return real(descriptor, data)

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", fail)
        assert call(server, "-q", "-c", "1") == 2
    err = capfd.readouterr().err
    assert_explained(err, problem)
    path = assert_whole(tmp_path)
    assert f"probe scan --resume {path.relative_to(tmp_path)}" in err
    assert {one.name for one in path.iterdir()} == {"journal.jsonl"}
    assert len(server.requests) - count < 12, "it went on sending what cannot be kept"
    with pytest.raises(SystemExit) as ended:
        probe.cli.main([*arguments(server, "-q"), "--resume", str(path)])
    assert ended.value.code == 0
    assert {one.name for one in assert_whole(tmp_path).iterdir()} >= REPORTS


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("reports", "not a folder"),
        ("reports/deeper", "not a folder"),
        ("x" * 300, "the name is too long"),
        ("/".join(["y" * 200] * 30), "the name is too long"),
    ],
)
def test_a_place_for_runs_that_is_none_is_one_error(
    place: str, problem: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("K", server.world.key)
    (tmp_path / "reports").write_text("a file")
    count = len(server.requests)
    assert call(server, "-o", place) == 2
    err = capfd.readouterr().err
    assert_explained(err, problem)
    assert len(err) < 1000
    assert len(server.requests) == count


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_place_is_one_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir(mode=0o500)
    done = run(tmp_path, server)
    assert done.returncode == 2
    assert_explained(done.stderr, "no permission")


def test_a_run_folder_that_vanishes_is_made_again_and_told(tmp_path: Path) -> None:
    with running("sora1", latency=0.05) as slow:
        scan = subprocess.Popen(
            [sys.executable, "-m", "probe", *arguments(slow, "-c", "2")],
            cwd=tmp_path,
            env=environment({"K": slow.world.key}),
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: list(tmp_path.glob("reports/*/journal.jsonl")))
        shutil.rmtree(tmp_path / "reports")
        err = scan.communicate(timeout=30)[1]
    assert scan.returncode == 0, err
    (run,) = (tmp_path / "reports").iterdir()
    assert "was deleted or replaced during the scan" in (run / "report.md").read_text(encoding="utf-8")


def wait_for(found: Any, seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < ends, "it did not come in time"
        time.sleep(0.01)


@pytest.mark.parametrize("size", [60_000, 120_000])
def test_a_file_that_may_grow_no_more_is_one_error(size: int, server: Server, tmp_path: Path) -> None:
    """At 60 kB the journal fails, at 120 kB the page."""
    done = run(tmp_path, server, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    assert done.returncode == 2, done.stderr
    assert_explained(done.stderr, "the file would grow beyond a limit")
    assert_whole(tmp_path)


@cache
def can_mount() -> bool:
    line = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(line, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("size", [64, 300])
def test_a_disk_that_is_really_full_is_one_error(size: int, server: Server, tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("no user namespace to mount a small disk in")
    (tmp_path / "reports").mkdir()
    done = run(
        tmp_path,
        server,
        shell=f'exec unshare -rm bash -c \'mount -t tmpfs -o size={size}k tmpfs reports; "$@"; code=$?; '
        'mkdir kept; umask 077; cp -r reports/. kept; exit $code\' bash "$@"',
    )
    assert done.returncode == 2, done.stderr
    assert_explained(done.stderr, "no space left on the disk")
    (tmp_path / "reports").rmdir()
    (tmp_path / "kept").rename(tmp_path / "reports")
    assert_whole(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("option", ["--all", "--json"])
def test_output_that_cannot_be_written_is_said_and_the_reports_are_there(option: str, server: Server, tmp_path: Path) -> None:
    done = run(tmp_path, server, option, shell='"$@" > /dev/full')
    assert done.returncode == 2
    assert_explained(done.stderr, "standard output: no space left on the disk")
    assert {one.name for one in assert_whole(tmp_path).iterdir()} >= REPORTS


@pytest.mark.parametrize(
    "shell",
    [
        '"$@" >&-',
        '"$@" <&- >&- 2>&-',
        '"$@" -v 2> /dev/full',
        '"$@" --all | head -1 > /dev/null; exit ${PIPESTATUS[0]}',
        '{ "$@" -v 2>&1 > /dev/null; echo $? > code; } | head -1; exit $(cat code)',
        'PYTHONUTF8=0 PYTHONIOENCODING=cp1252 "$@" --all',
    ],
)
def test_what_nobody_can_hear_changes_nothing(shell: str, server: Server, tmp_path: Path) -> None:
    """Closed, full and broken streams: the scan goes on to its end, with its exit code and its reports."""
    done = run(tmp_path, server, shell=shell)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert {one.name for one in assert_whole(tmp_path).iterdir()} >= REPORTS


@pytest.mark.parametrize(
    "command", [("catalogue", "list"), ("explain",), ("--help",), ("simulate", "--list"), ("catalogue", "schema")]
)
def test_every_listing_takes_a_reader_that_goes_away_and_a_full_disk(command: tuple[str, ...], tmp_path: Path) -> None:
    line = f"{sys.executable} -m probe {' '.join(command)}"
    script = f"{line} | true; echo ${{PIPESTATUS[0]}}; {line} > /dev/full; echo $?"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment({}), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["0", "2"], done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_terminal_stops_cleanly_with_reports(tmp_path: Path) -> None:
    """SIGHUP comes, and from then on every write to the terminal fails."""
    outer, inner = pty.openpty()
    with running("sora1", latency=0.3) as slow:
        scan = subprocess.Popen(
            [sys.executable, "-m", "probe", *arguments(slow, "-c", "2")],
            cwd=tmp_path,
            env=environment({"K": slow.world.key}),
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)
        wait_for(lambda: any(b'"observation"' in one.read_bytes() for one in tmp_path.glob("reports/*/journal.jsonl")))
        os.close(outer)
        scan.send_signal(signal.SIGHUP)
        assert scan.wait(timeout=30) == 130
    path = assert_whole(tmp_path)
    assert {one.name for one in path.iterdir()} >= REPORTS
    assert json.loads((path / "evidence.json").read_text(encoding="utf-8"))["is_interrupted"] is True


def test_nohup_is_respected(tmp_path: Path) -> None:
    with running("sora1", latency=0.1) as slow:
        scan = subprocess.Popen(
            ["bash", "-c", 'trap "" HUP; exec "$@"', "bash", sys.executable, "-m", "probe", *arguments(slow)],
            cwd=tmp_path,
            env=environment({"K": slow.world.key}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: list(tmp_path.glob("reports/*/journal.jsonl")))
        scan.send_signal(signal.SIGHUP)
        assert scan.wait(timeout=30) == 0


def test_a_signal_before_the_first_request_is_not_lost(server: Server, tmp_path: Path) -> None:
    """Stopped before it began, a scan sends nothing and still ends with its evidence."""
    import asyncio

    from tests.scanning import order

    count = len(server.requests)
    from probe.pipeline import Scan

    scan = Scan.start(order(server, tmp_path))
    scan.stop()
    asyncio.run(scan.run())
    scan.close()
    assert len(server.requests) == count
    assert scan.is_interrupted and scan.report().evidence.is_interrupted
