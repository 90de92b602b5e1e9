"""What a saved run says never changes what is sent: one attack a test, against a server that keeps every request raw."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probe.diagnoses import NOTES, tell
from probe.model import Note
from tests.cli.running import Done, probe

KEY = "k3y-0f-a-cust0mer-that-nobody-may-see"
ID = "gen_01k74fceydeb2rqtaa3ndyhs8d"
BODY = json.dumps({"id": ID, "status": "succeeded", "generations": [{"id": ID}], "url": "/files/result.mp4"}).encode()


class Recorder:
    """A server on loopback that answers a job to everything and keeps what arrives, byte for byte."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._answer, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.raw.append(await reader.readuntil(b"\r\n\r\n"))
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + BODY)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def __enter__(self) -> Recorder:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


@pytest.fixture(scope="module")
def server() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@dataclass(frozen=True)
class Honest:
    """A run that was killed (its last answers are missing), what its scan sent, and what an honest resumption sends."""

    run: Path
    whole: list[bytes]
    again: list[bytes]


@pytest.fixture(scope="module")
def honest(server: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Honest:
    folder = tmp_path_factory.mktemp("honest")
    options = ("--only", "azure.sora1.*", "--id", f"generation_id={ID}", "--retries", "0")
    done = probe("scan", "-q", "--target", f"lab={server.url}", "--provider", "azure", *options, folder=folder, **own())
    assert done.code in (0, 1, 3), done.err
    whole = sorted(map(plain, server.raw))
    lines = journal_of(done.run).read_bytes().splitlines(keepends=True)
    answers = [at for at, line in enumerate(lines) if line.startswith(b'{"observation"')]
    journal_of(done.run).write_bytes(b"".join(line for at, line in enumerate(lines[:-1]) if at not in answers[len(answers) // 2 :]))
    shutil.copytree(done.run, folder / "kept")
    done, again = sent(server, done.run)
    assert done.code in (0, 1, 3), done.err
    return Honest(folder / "kept", whole, again)


@pytest.fixture
def run(honest: Honest, tmp_path: Path) -> Path:
    """A copy of the killed run, to be tampered with."""
    return shutil.copytree(honest.run, tmp_path / "reports" / "run")


def own(**more: str) -> dict[str, str]:
    return {"AZURE_OPENAI_API_KEY": KEY, **more}


def journal_of(run: Path) -> Path:
    return run / "journal.jsonl"


def resume(run: Path, *more: str, **variables: str) -> Done:
    return probe("scan", "--resume", str(run), *more, folder=run.parent.parent, **own(**variables))


def sent(server: Recorder, run: Path, *more: str, **variables: str) -> tuple[Done, list[bytes]]:
    """Resume a run; returns what arrived meanwhile, in an order of its own, made-up path segments left out."""
    count = len(server.raw)
    done = resume(run, *more, **variables)
    return done, sorted(map(plain, server.raw[count:]))


def plain(raw: bytes) -> bytes:
    return re.sub(rb"/[0-9a-f]{16}(?=[ ?])", b"/made-up", raw)


def change(run: Path, edit: Callable[[dict[str, Any]], None], kind: str) -> None:
    """Edit each line of a kind, and leave its seal as it was."""
    lines = []
    for line in journal_of(run).read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        if kind in item:
            edit(item[kind])
            line = json.dumps(item, separators=(",", ":"))
        lines.append(line)
    journal_of(run).write_text("\n".join(lines) + "\n", encoding="utf-8")


def headers(*pairs: tuple[str, str]) -> Callable[[dict[str, Any]], None]:
    return lambda item: item.__setitem__("headers", [*map(list, pairs)])


PROBES = {
    "host": headers(("Host", "evil.example")),
    "method-override": headers(("X-HTTP-Method-Override", "DELETE")),
    "framing": headers(("Transfer-Encoding", "chunked"), ("Content-Length", "0")),
    "second-key": headers(("api-key", "of-somebody-else")),
    "injected-line": headers(("X-A", "a\r\nX-B: b")),
    "another-path": lambda item: item.update(url=item["url"].replace("/openai/", "/admin/")),
    "another-host": lambda item: item.update(url="http://127.0.0.1:9/steal"),
    "metadata-address": lambda item: item.update(url="http://169.254.169.254/latest/meta-data", purpose="failing-url"),
    "method": lambda item: item.update(method="DELETE"),
    "body": lambda item: item.update(method="POST", body="{}", billable=True),
    "no-credential": lambda item: item.update(auth="none"),
    "ids": lambda item: item.update(ids=[["generation_id", "../../admin"]]),
}


def test_an_honest_run_is_resumed_with_what_is_missing_alone(honest: Honest) -> None:
    assert 0 < len(honest.again) < len(honest.whole)
    assert set(honest.again) <= set(honest.whole)


@pytest.mark.parametrize("name", PROBES)
def test_a_changed_probe_changes_no_request(server: Recorder, honest: Honest, run: Path, name: str) -> None:
    change(run, PROBES[name], "probe")
    done, requests = sent(server, run)
    assert done.code in (0, 1, 3), done.err
    assert set(honest.again) <= set(requests) <= set(honest.whole), "what cannot be verified is asked again, as it was planned"
    assert len(requests) == len(set(requests))
    assert "of the journal were damaged or not written by this run" in done.err


def test_a_changed_answer_leads_nowhere(server: Recorder, honest: Honest, run: Path) -> None:
    """Links and ids of a forged answer would else be followed."""

    def forge(item: dict[str, Any]) -> None:
        link = {"url": f"{server.url}/admin/delete", "found_in": "header:Location", "same_origin": True}
        item["captures"] = [{"name": "generation_id", "value": "gen_evil", "path": "$.id"}]
        for exchange in item["exchanges"]:
            exchange["response"]["links"] = [link]

    change(run, forge, "observation")
    done, requests = sent(server, run)
    assert done.code in (0, 1, 3), done.err
    assert requests == honest.whole


SCANS: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "limits": ("scope", lambda item: item["limits"].update(max_requests=10**6, concurrency=10**6, retries=10**6, rate_limit=0.0)),
    "billable": ("scope", lambda item: item.update(allow_billable=True)),
    "failing-url": ("scope", lambda item: item.update(failing_url="http://169.254.169.254/latest/meta-data")),
    "only": ("scope", lambda item: item.update(only=["*"])),
    "versions": ("scope", lambda item: item.update(api_versions=["x&admin=1"])),
    "scope-type": ("scope", lambda item: item.update(only=5)),
    "target-ids": ("scan", lambda item: item["targets"][0].update(ids=[["generation_id", "../../admin"]])),
    "target-url": ("scan", lambda item: item["targets"][0].update(base_url="http://169.254.169.254")),
    "no-credentials": ("scan", lambda item: item["targets"][0].update(base_url="http://169.254.169.254", credentials=[])),
    "endpoints": ("scan", lambda item: item["endpoints"][0].update(path="/admin", method="DELETE")),
    "guessable-variable": ("scan", lambda item: item["targets"][0].update(credentials=[{"variable": "LANG", "kind": "key"}])),
    "escape-codes": (
        "scan",
        lambda item: item["targets"][0].update(
            name="a';id;'", credentials=[{"variable": "\x1b]0;owned\x07\u202eKEY", "kind": "key"}], base_url="http://h/\x1b[2J$(id)"
        ),
    ),
}


@pytest.mark.parametrize("name", SCANS)
def test_a_changed_beginning_is_not_believed(server: Recorder, run: Path, name: str) -> None:
    kind, edit = SCANS[name]
    change(run, edit, kind)
    done, requests = sent(server, run)
    assert (done.code, requests) == (2, [])
    assert "which only its file names" in done.err
    assert all(char.isprintable() or char == "\n" for char in done.err)
    assert KEY not in done.err + done.out


def test_a_run_that_is_not_believed_is_planned_by_the_options_alone(server: Recorder, honest: Honest, run: Path) -> None:
    change(run, lambda item: item["limits"].update(max_requests=10**6), "scope")
    options = ("--target", f"lab={server.url}", "--provider", "azure", "--only", "azure.sora1.*", "--retries", "0")
    done, requests = sent(server, run, *options, "--id", f"generation_id={ID}")
    assert done.code in (0, 1, 3), done.err
    assert requests == honest.whole
    assert "every request is sent again" in done.err
    assert (run / "earlier-1" / "journal.jsonl").is_file()
    assert json.loads((run / "evidence.json").read_text(encoding="utf-8"))["limits"]["max_requests"] == 300


def test_the_hint_can_be_pasted_into_a_shell(server: Recorder, run: Path) -> None:
    change(run, lambda item: item["targets"][0].update(name="a'; touch owned; '", base_url="http://h/$(touch owned)`id`"), "scan")
    done, _requests = sent(server, run)
    words = shlex.split(done.err.partition("repeat the run's options: ")[2])
    assert words[:2] == ["--target", "a'; touch owned; '=http://h/$(touch owned)`id`"]


def test_a_failing_url_on_another_host_is_sent_only_as_typed_now(server: Recorder, tmp_path: Path) -> None:
    with Recorder() as other:
        failing = f"{other.url}/v1/result"
        options = (
            "--target",
            f"lab={server.url}",
            "--provider",
            "azure",
            "--only",
            "azure.sora1.*",
            "--id",
            f"generation_id={ID}",
        )
        done = probe("scan", "-q", *options, "--failing-url", failing, folder=tmp_path, **own())
        run = done.run
        lines = journal_of(run).read_bytes().splitlines(keepends=True)
        journal_of(run).write_bytes(b"".join(line for line in lines if b"/failing-url" not in line[:60]))
        asked = len(other.raw)
        assert asked > 0
        done = resume(run)
        assert len(other.raw) == asked
        assert "repeat --failing-url" in (run / "report.md").read_text(encoding="utf-8").replace("`", "")
        kept = b"".join(line for line in journal_of(run).read_bytes().splitlines(keepends=True) if b"/failing-url" not in line[:60])
        journal_of(run).write_bytes(kept)
        done = resume(run, "--failing-url", failing)
        assert len(other.raw) > asked, done.err


def test_limits_of_a_sealed_run_stay_within_the_options() -> None:
    from probe.cli.resume import clamped
    from probe.cli.scan import scan

    options = {one.name: one for one in scan.params}
    assert clamped(options["concurrency"], 10**6) == 256
    assert clamped(options["max_requests"], 10**9) == options["max_requests"].type.max
    assert clamped(options["retries"], -5) == 0
    assert clamped(options["rate_limit"], 0.0) == options["rate_limit"].default
    assert clamped(options["timeout"], 0.0) == options["timeout"].default
    assert clamped(options["max_body"], 0) == options["max_body"].default
    assert clamped(options["max_wait"], 12.5) == 12.5
    assert clamped(options["timeout"], float(10**12)) == options["timeout"].default


@pytest.mark.parametrize("values", [(), (("a", "b"),), (("reason", "{0}"), ("method", "%s"), ("why", "time-used-up"))])
def test_a_note_that_lost_its_values_is_still_told(values: tuple[tuple[str, str], ...]) -> None:
    assert all(tell(Note(code, values)) for code in (*NOTES, "unheard-of"))
