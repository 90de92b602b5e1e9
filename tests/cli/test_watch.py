"""`probe watch` as a user runs it: one line for each change, across a restart of the service and of the watch itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from probe.simulator import WORLDS, running
from probe.simulator.media import media
from probe.webhook import verifies
from tests.cli.running import environment, probe

KEY = WORLDS["sora1"].key
SECRET = "a-long-random-secret-of-the-receiver"
IDS = [word for name, value in WORLDS["sora1"].ids.items() for word in ("--id", f"{name}={value}")]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def arguments(port: int, *more: str) -> list[str]:
    target = f"lab=http://127.0.0.1:{port}{WORLDS['sora1'].base}"
    quick = ("--every", "300ms", "--retries", "0", "--for", "90s", "--only", "*video/generations*")
    return ["watch", "--target", target, "--provider", "azure", *IDS, *quick, *more]


@contextmanager
def watching(folder: Path, *words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", *words],
        cwd=folder,
        env=environment({"AZURE_OPENAI_API_KEY": KEY, **variables}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def receiver(*statuses: int) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A webhook receiver that answers with these statuses, then with 204."""
    calls: list[tuple[dict[str, str], bytes]] = []
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(left.pop(0) if left else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook/T0KEN", calls
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    text = process.stdout.readline()
    assert text, process.stderr.read() if process.stderr else ""
    return json.loads(text)


def lines_until(process: subprocess.Popen[str], word: str) -> list[Any]:
    """Changes up to the first one in which the word stands: a service that stops may fail in more than one way."""
    seen = [line(process)]
    while word not in json.dumps(seen[-1]["after"]):
        seen.append(line(process))
    return seen


def test_a_job_is_followed_across_a_restart_of_the_service_and_each_change_is_called_once(tmp_path: Path) -> None:
    port = free_port()
    with (
        receiver(503) as (url, calls),
        watching(
            tmp_path, *arguments(port, "--json", "--webhook", url, "--download", "got/"), PROBE_WEBHOOK_SECRET=SECRET
        ) as process,
    ):
        told = lines_until(process, "tcp-refused")
        with running("pending", port=port):
            told += lines_until(process, "job-pending")
        told += lines_until(process, "tcp-refused")
        with running("sora1", port=port):
            told += lines_until(process, '"works"')
            assert process.wait(timeout=90) == 0, process.stderr.read() if process.stderr else ""
    assert told[-1]["is_end"]
    assert [one["number"] for one in told] == list(range(len(told)))
    bodies = [json.loads(body) for _headers, body in calls]
    assert [one["number"] for one in bodies] == [1, *range(1, len(told))], "the first call was refused with 503 and repeated"
    assert calls[0][0]["probe-delivery"] == calls[1][0]["probe-delivery"]
    assert len({headers["probe-delivery"] for headers, _body in calls}) == len(told) - 1
    for headers, body in calls:
        assert verifies(SECRET, headers["probe-signature"], body)
        assert not verifies("another", headers["probe-signature"], body)
        assert KEY.encode() not in body
    (run,) = (tmp_path / "reports").iterdir()
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count("not finished") >= 1
    kept = json.loads((run / "evidence.json").read_text(encoding="utf-8"))["notes"]
    assert [one["code"] for one in kept].count("watch-changed") == len(told)
    assert all(secret not in (run / name).read_text() for name in ("report.json", "journal.jsonl") for secret in (KEY, SECRET, url))
    assert next((tmp_path / "got").iterdir()).read_bytes() == media("clip.mp4")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_watch_that_was_stopped_goes_on_and_tells_nothing_twice(tmp_path: Path) -> None:
    port = free_port()
    with running("pending", port=port), watching(tmp_path, *arguments(port, "--json")) as process:
        line(process)
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "probe watch --resume" in err
    (run,) = (tmp_path / "reports").iterdir()
    with running("sora1", port=port):
        done = probe("watch", "--resume", str(run), "--every", "300ms", "--json", folder=tmp_path, AZURE_OPENAI_API_KEY=KEY)
    assert done.code == 0, done.err
    (told,) = [json.loads(text) for text in done.out.splitlines()]
    assert (told["number"], told["after"]["answer"]) == (1, "works")
    kept = json.loads((run / "evidence.json").read_text(encoding="utf-8"))["notes"]
    assert [one["code"] for one in kept].count("watch-changed") == 2


def test_nothing_that_changes_is_exit_code_3_after_its_time_with_one_line(tmp_path: Path) -> None:
    port = free_port()
    with running("pending", port=port) as server:
        done = probe(*arguments(port, "--for", "1s"), folder=tmp_path, AZURE_OPENAI_API_KEY=KEY)
        asked = len(server.requests)
    assert done.code == 3, done.err
    assert len(done.out.splitlines()) == 1
    assert "not finished" in done.out
    assert asked > 5


def test_a_command_gets_the_change_and_no_key(tmp_path: Path) -> None:
    (tmp_path / "tell.py").write_text(
        "import json, os, sys\n"
        f"open('told.json', 'w').write(json.dumps([json.load(sys.stdin), sys.argv[1:], {KEY!r} in os.environ.values()]))\n"
    )
    port = free_port()
    with running("sora1", port=port):
        done = probe(
            *arguments(port, "--on-change", f"{sys.executable} tell.py '$(id)' ';'"),
            folder=tmp_path,
            AZURE_OPENAI_API_KEY=KEY,
            THE_SAME_KEY=KEY,
        )
    assert done.code == 0, done.err
    change, words, has_key = json.loads((tmp_path / "told.json").read_text())
    assert change["is_end"] is True
    assert words == ["$(id)", ";"]
    assert has_key is False


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--on-change", "no-such-program-here x"), "no such command"),
        (("--webhook", "http://127.0.0.1:9/"), "PROBE_WEBHOOK_SECRET is not set"),
        (("--every", "0"), "--every"),
        (("--until", "later"), "--until"),
    ],
)
def test_what_could_never_work_is_refused_before_anything_is_sent(tmp_path: Path, more: tuple[str, ...], problem: str) -> None:
    done = probe(*arguments(free_port(), *more), folder=tmp_path, AZURE_OPENAI_API_KEY=KEY)
    assert done.code == 2
    assert problem in done.err
    assert not (tmp_path / "reports").exists()
