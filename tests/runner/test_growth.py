"""Reading an answer takes time in proportion to its size, and never the event loop's."""

from __future__ import annotations

import base64
import json
import threading
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from probe.runner.recorder import Recorder
from probe.transport import WireAnswer, WireRequest
from tests.each import each
from tests.growth import assert_linear
from tests.loopback import answer, serving
from tests.runner.helpers import observe, one_response, probe
from tests.runner.test_foreign_json import recorder

URL = "http://127.0.0.1:9/x"
IMAGE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()


def listed(size: int) -> bytes:
    items = [{"id": f"video_{at:08d}", "url": f"https://x.example/{at}", "status": "done"} for at in range(size // 75)]
    return json.dumps({"data": items}).encode()


def nested(size: int) -> bytes:
    return b'{"resultJson":' + json.dumps(json.dumps({"urls": ["/a/b"] * (size // 10)})).encode() + b"}"


@each(
    [
        (listed, "application/json", 200),
        (nested, "application/json", 200),
        (lambda size: b"[" * size, "application/json", 200),
        (lambda size: json.dumps({"error": {"message": "sk-aaaaa." * (size // 9)}}).encode(), "application/json", 400),
        (lambda size: json.dumps({"error": {"message": "x" * size}}).encode(), "application/json", 400),
        (lambda size: json.dumps(["/a" * 40] * (size // 84)).encode(), "application/json", 200),
        (lambda size: b"<html><title>x" + b"<p>hello world " * (size // 15), "text/html", 502),
        (lambda size: b"lorem ipsum sk-aaaaa. " * (size // 22), "text/plain", 500),
        (lambda size: b"a,b,c\n" + b"1,2,3\n" * (size // 6), "text/csv", 200),
        (lambda size: b'{"a":1}\n' * (size // 8), "application/jsonl", 200),
        (lambda size: b'{"b64_json":"' + b"iVBORw0KGgo" * (size // 11), "application/json", 200),
    ]
)
def test_reading_an_answer_is_linear(make: Callable[[int], bytes], media_type: str, status_code: int) -> None:
    def read(body: bytes) -> None:
        seen = WireAnswer(status_code=status_code, headers=(("Content-Type", media_type),), content=body, is_whole=True)
        recorder().record(probe(URL, endpoint="e"), WireRequest("GET", URL, ()), seen, 1, datetime.now(UTC))

    assert_linear(read, make)


@each([("", 3000), ("/a/b{}", 600), ("/a/b", 600), (IMAGE, 250)])
def test_a_long_path_above_many_values_makes_no_small_answer_large(text: str, count: int) -> None:
    def body(number: int) -> object:
        value: object = [text.format(at) for at in range(count)]
        for key in (f"{number}{'k' * 50}", *["k" * 63] * 59):
            value = {key: value}
        return value

    assert memory_of(body)[1] < 1_500_000


def test_a_text_that_is_no_status_is_not_kept() -> None:
    assert memory_of(lambda number: {"status": str(number) + "x" * 200_000})[0] < 200_000


def memory_of(body: Callable[[int], object]) -> tuple[int, int]:
    """The bytes that reading three answers keeps, and those that it takes."""
    reader = recorder()

    def read(number: int) -> None:
        content = json.dumps(body(number), separators=(",", ":")).encode()
        seen = WireAnswer(status_code=200, headers=(("Content-Type", "application/json"),), content=content, is_whole=True)
        reader.record(probe(URL, endpoint="e"), WireRequest("GET", URL, ()), seen, 1, datetime.now(UTC))

    read(0)
    tracemalloc.start()
    for number in range(1, 4):
        read(number)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept, peak


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("reply", "is_apart"),
    [
        (answer(b'{"id":"x"}'), False),
        (answer(listed(100_000)), True),
        (answer(b"{}", "200 OK", "Content-Encoding: gzip"), True),
    ],
)
async def test_a_large_answer_is_read_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch, reply: bytes, is_apart: bool) -> None:
    readers: list[str] = []
    record = Recorder.record

    def noted(self: Recorder, *given: Any) -> Any:
        readers.append(threading.current_thread().name)
        return record(self, *given)

    monkeypatch.setattr(Recorder, "record", noted)
    async with serving(reply) as server:
        await observe(server.url, [probe(f"{server.url}/{at}") for at in range(3)])
    assert {name != "MainThread" for name in readers} == {is_apart}


@pytest.mark.anyio
@pytest.mark.parametrize("padding", [0, 500, 590, 4000, 4600, 4690, 5000])
async def test_a_long_message_is_cut_without_showing_half_a_secret(padding: int) -> None:
    secret = "sk-proj-" + "Ab1" * 30
    for filling in ("x" * padding, "x " * (padding // 2), (secret + " ") * 60 + "y" * padding):
        body = json.dumps({"error": {"message": filling + " " + secret + " " + "z" * 6000}}).encode()
        async with serving(answer(body, "400 Bad")) as server:
            seen = await one_response(server.url)
        assert seen.error_message is not None and len(seen.error_message) <= 600
        assert "Ab1Ab1" not in seen.error_message
