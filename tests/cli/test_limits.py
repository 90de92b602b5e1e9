"""Every limit has an option with an effect, and a place in the reports: a table."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from probe.cli.command import parameters
from probe.cli.options import SendingOptions
from probe.model import Limits
from tests.desk import call, furnish, newest_run
from tests.hostile.tricks import MP4
from tests.loopback import Call, Server, answer, serving

Behaviour = bytes | Callable[[Call], Awaitable[None]]
Seen = dict[str, Any]
CLIP = "lab/azure.clip@preview"


async def dripping(call: Call) -> None:
    for _ in range(40):
        await call.send(b"H" if _ else b"HTTP/1.1 200 OK\r\n", pause=0.05)


async def silent(_call: Call) -> None:
    await asyncio.sleep(3)


async def slow(call: Call) -> None:
    await asyncio.sleep(0.1)
    await call.send(answer(b"{}", "404 Not Found"))


@dataclass(frozen=True)
class Row:
    """A limit as a user sets it, the server that hits it, and what must be seen of the clip's probe."""

    limit: str
    value: str
    reply: Behaviour
    is_seen: Callable[[Seen], object]
    more: tuple[str, ...] = ()
    has_none: Callable[[Seen], object] = field(default=lambda _: True)


def response(seen: Seen) -> Seen:
    return dict(seen["exchanges"][-1].get("response") or {})


def hit(word: str) -> Callable[[Seen], object]:
    return lambda seen: word in response(seen).get("limits_hit", ()) or seen["exchanges"][-1].get("failure") == word


def misses(word: str) -> Callable[[Seen], object]:
    return lambda seen: not hit(word)(seen)


def limited(limit: str, value: str, word: str, reply: Behaviour) -> Row:
    return Row(limit, value, reply, hit(word), has_none=misses(word))


NESTED = answer(b'{"a":{"b":{"c":{"d":1}}}}')
LINKS = answer(json.dumps({f"url_{at}": f"ftp://x.example/{at}" for at in range(5)}).encode())
ROWS = (
    limited("timeout", "0.3", "total_timeout", dripping),
    limited("silence_timeout", "0.2", "silence_timeout", silent),
    limited("max_wait", "0", "retry_wait_too_long", answer(b"{}", "429 Slow", "Retry-After: 1")),
    limited("max_body", "10", "body_too_large", answer(b'{"id":"abcdefghijklmnop"}')),
    limited(
        "max_decompressed",
        "100",
        "decompressed_too_large",
        answer(gzip.compress(bytes(5000), mtime=0), "200 OK", "Content-Encoding: gzip"),
    ),
    limited("max_header_bytes", "100", "response_header_too_large", answer(b"{}", "200 OK", "X-Long: " + "x" * 200)),
    limited("max_header_count", "2", "response_header_too_large", answer(b"{}", "200 OK", "X-A: 1")),
    limited("max_informational", "0", "too_many_informational", b"HTTP/1.1 100 Continue\r\n\r\n" + answer()),
    limited("max_json_depth", "2", "json_too_deep", NESTED),
    limited("max_json_paths", "2", "json_paths_too_many", NESTED),
    limited("max_links", "2", "links_too_many", LINKS),
    Row(
        "max_artefact",
        "16",
        answer(MP4, media_type="video/mp4"),
        lambda seen: response(seen)["body_size"] == 16 and ["Range", "bytes=0-15"] in seen["exchanges"][0]["request"]["headers"],
        has_none=lambda seen: response(seen)["body_size"] == 4096,
    ),
    Row(
        "retries",
        "1",
        answer(b"{}", "503 Busy", "retry-after-ms: 1"),
        lambda seen: len(seen["exchanges"]) == 2,
        has_none=lambda seen: len(seen["exchanges"]) == 3,
    ),
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return furnish(tmp_path, monkeypatch)


def scan(reply: Behaviour, *more: str, scheme: str = "http") -> tuple[Server, Seen, float]:
    """Scan a server that answers everything alike; returns it, the evidence, and how long the scan took."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(reply)) as server:
        url = server.url.replace("http", scheme, 1)
        base = ("scan", "-q", "--catalogue", "small.yaml", "--target", f"lab={url}", "--provider", "azure", "--id", "task_1")
        call(*base, *more)
    evidence = json.loads((newest_run() / "evidence.json").read_text(encoding="utf-8"))
    return server, evidence, time.monotonic()


def clip(evidence: Seen) -> Seen:
    return next(dict(one) for one in evidence["observations"] if one["probe_id"] == CLIP)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.limit)
def test_a_limit_that_is_hit_is_an_observation_with_its_own_word(row: Row, desk: Path) -> None:
    quick = [] if row.limit in ("retries", "max_wait") else ["--retries", "0"]
    option = "--" + row.limit.replace("_", "-")
    _server, evidence, _at = scan(row.reply, *quick, option, row.value, "--max-requests", "30")
    assert row.is_seen(clip(evidence)), clip(evidence)
    assert evidence["limits"][row.limit] == float(row.value)
    if row.limit not in ("silence_timeout", "timeout", "max_wait"):  # they would take their usual time
        assert row.has_none(clip(scan(row.reply, *quick, "--max-requests", "30")[1])), "it is hit without the option too"


def test_time_to_connect_is_limited_and_a_handshake_is_part_of_it(desk: Path) -> None:
    started = time.monotonic()
    _server, evidence, ended = scan(silent, "--connect-timeout", "0.3", "--retries", "0", "-k", scheme="https")
    assert clip(evidence)["exchanges"][0]["failure"] == "connect_timeout"
    assert ended - started < 2.5


def test_requests_of_a_scan_are_limited(desk: Path) -> None:
    server, evidence, _at = scan(answer(b"{}", "404 Not Found"), "--max-requests", "1")
    assert len(server.calls) == 1
    reasons = [one["skip_reason"] for one in evidence["observations"] if one.get("skip_reason")]
    assert reasons and all(one == {"code": "budget-used-up", "values": [["count", "1"]]} for one in reasons)


def test_time_of_a_scan_is_limited(desk: Path) -> None:
    started = time.monotonic()
    _server, evidence, ended = scan(silent, "--max-time", "0.3")
    assert clip(evidence)["exchanges"][0]["failure"] == "total_timeout"
    assert ended - started < 1.5


def many(count: int) -> list[str]:
    return [part for at in range(count) for part in ("--api-version", f"v{at}")]


def test_requests_at_once_are_limited(desk: Path) -> None:
    under_way, most = 0, 0

    async def count(call: Call) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await slow(call)
        under_way -= 1

    scan(count, "-c", "2", *many(8))
    assert most == 2
    scan(count, "-c", "6", *many(8))
    assert most == 6


def test_requests_a_second_are_limited(desk: Path) -> None:
    times: list[float] = []

    async def note(call: Call) -> None:
        times.append(time.monotonic())
        await call.send(answer(b"{}", "404 Not Found"))

    began = time.monotonic()
    scan(note, "--rate-limit", "20/s", "-c", "1", *many(12))
    assert len(times) > 11  # how late each came is the machine's, that none came early is the limit's
    assert all(at - began >= 0.05 * place for place, at in enumerate(sorted(times)))


def test_links_in_a_row_are_limited(desk: Path) -> None:
    async def onward(call: Call) -> None:
        await call.send(answer(b"", "302 Found", f"Location: {call.path.partition('?')[0]}x"))

    for most in (0, 3):
        _server, evidence, _at = scan(onward, "--max-redirects", str(most), "--max-requests", "60")
        followed = [one["id"] for one in evidence["probes"] if one["id"].startswith(f"{CLIP}+link")]
        assert max((one.count("+link") for one in followed), default=0) == most


def test_the_table_knows_every_limit_and_every_limit_has_an_option() -> None:
    others = {"connect_timeout", "max_requests", "max_time", "concurrency", "rate_limit", "max_redirects"}
    assert {row.limit for row in ROWS} | others == set(Limits.__struct_fields__)
    offered = {option.name for option in parameters(SendingOptions)}
    assert set(Limits.__struct_fields__) <= offered


def test_every_limit_stands_in_the_reports(desk: Path) -> None:
    scan(answer(b"{}", "404 Not Found"), "--max-links", "7", "--max-body", "64k")
    (run,) = Path("reports").iterdir()
    evidence = json.loads((run / "evidence.json").read_text(encoding="utf-8"))
    page = (run / "report.md").read_text(encoding="utf-8")
    for name, value in evidence["limits"].items():
        assert f"{name} {value:.10g}" in page
    assert (evidence["limits"]["max_links"], evidence["limits"]["max_body"]) == (7, 65536)
