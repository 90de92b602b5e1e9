"""Promise: no answer keeps the event loop from its other work for more than 50 ms, or one probe would cost another."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import random
import time

import pytest

from probe.model import Observation, Role
from probe.redact import Redactor
from tests.loopback import answer, listening
from tests.runner.helpers import QUICK, probe, runner, target

pytestmark = pytest.mark.anyio

KEY = "CANARY-9f8e7d6c5b4a07hK2mW9rT4vB8nL3p"
LONGEST = 0.05
MIB = 1 << 20
NOISE = random.Random(1)


def base64_of(size: int) -> str:
    return base64.b64encode(NOISE.randbytes(size * 3 // 4)).decode()


def packed(body: bytes, media_type: str = "application/json") -> bytes:
    return answer(gzip.compress(body, 1), "400 Bad Request", "Content-Encoding: gzip", media_type=media_type)


HEAVY = {
    "a cookie of 60 KB": answer(b"{}", "200 OK", f"Set-Cookie: a={base64_of(60_000)}"),
    "180 cookies": answer(b"{}", "200 OK", *(f"Set-Cookie: c{at}={base64_of(300)}" for at in range(180))),
    "180 signatures": answer(b"{}", "200 OK", *(f"X-{at}: ?sig=A1b2C3d4E5{at:08d} {'A1/' * 90}" for at in range(180))),
    "headers of base64": answer(b"{}", "200 OK", f"X-A: {base64_of(60_000)}"),
    "headers of escapes": answer(b"{}", "200 OK", "Location: /" + "%2541" * 11_000),
    "450,000 lists": answer(b"[" + b",".join([b"[" * 50 + b"]" * 50] * 9000) + b"]"),
    "2,000,000 numbers": packed(b"[" + b"1," * (2 * MIB) + b"1]"),
    "1,400,000 texts": packed(b"[" + b'"",' * (4 * MIB // 3) + b"1]"),
    "4 MiB that look like keys": packed(b'{"a":"sig ' + b"sk-aaaa." * (MIB // 2) + b'"}'),
    "4 MiB of words": packed(b"word " * (4 * MIB // 5), "text/plain"),
    "an error of 1 MB": answer(b"sk-aaaa." * (MIB // 8), "400 Bad Request", media_type="text/plain"),
    "an error of 1 MB of bytes as numbers": answer(b"107, 51, " * (MIB // 9), "400 Bad Request", media_type="text/plain"),
    "an error of 1 MB of accents": answer("é".encode() * (MIB // 2), "400 Bad Request", media_type="text/plain"),
    "links by the thousand": answer(
        json.dumps({"data": [{"url": f"https://h.example/{at}?sig=A1b2C3d4E5f6{at}"} for at in range(8000)]}).encode()
    ),
}


async def longest_wait(reply: bytes) -> float:
    """CPU seconds of the longest time for which the loop did nothing else while it took this answer."""
    waits: list[float] = []
    seen: list[Observation] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        said = answer(b"{}", "200 OK", "Connection: close") if b"/first " in head else reply
        for begin in range(0, len(said), 1 << 15):
            writer.write(said[begin : begin + (1 << 15)])
            await writer.drain()

    async def watch() -> None:
        while True:
            before = time.process_time()
            await asyncio.sleep(0)
            waits.append(time.process_time() - before)

    async with listening(serve) as port:
        url = f"http://127.0.0.1:{port}"
        async with runner((target(url),), limits=QUICK, redactor=Redactor.of({"KEY": KEY})) as one:
            await one.run([probe(f"{url}/first", role=Role.LIST)], seen.append)
            watcher = asyncio.create_task(watch())
            await one.run([probe(f"{url}/x", role=Role.LIST)], seen.append)
            watcher.cancel()
    assert seen[-1].bug is None and seen[-1].last is not None and seen[-1].last.response is not None
    return max(waits)


@pytest.mark.parametrize("name", HEAVY)
async def test_no_answer_holds_up_the_others(name: str) -> None:
    for _ in range(3):
        if (longest := await longest_wait(HEAVY[name])) < LONGEST:
            return
    raise AssertionError(f"{longest:.3f} s")
