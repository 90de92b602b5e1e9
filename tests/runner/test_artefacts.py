"""Artefacts in the forms that servers choose: encoded, in parts or not, behind links in UTF-8."""

from __future__ import annotations

import gzip
import random
from typing import Any

import pytest

from probe.model import Probe, Purpose, Response, Role
from tests.hostile import tricks
from tests.loopback import Call, answer, serving
from tests.runner.helpers import observe, one_response, probe, runner, target

pytestmark = pytest.mark.anyio

MP4 = tricks.MP4 + random.Random(1).randbytes(2000)
PACKED = gzip.compress(MP4, mtime=0)


def download(url: str, **changes: Any) -> Probe:
    return probe(f"{url}/clip", role=Role.DOWNLOAD, **changes)


async def fetched(body: bytes, status: str = "200 OK", *headers: str) -> Response:
    async with serving(answer(body, status, *headers, media_type="video/mp4")) as server:
        return await one_response(server.url, probe=download(server.url))


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
async def test_a_packed_artefact_is_recognised_and_measured_unpacked(encoding: str) -> None:
    seen = await fetched(PACKED, "200 OK", f"Content-Encoding: {encoding}")
    assert (seen.sniffed_type, seen.body_size, seen.total_size) == ("video/mp4", len(MP4), len(MP4))
    assert (seen.body_is_truncated, seen.limits_hit) == (False, ())


async def test_a_part_of_a_packed_artefact_is_no_broken_one() -> None:
    half = PACKED[: len(PACKED) // 2 + 1]
    part = f"Content-Range: bytes 0-{len(half) - 1}/{len(PACKED)}"
    seen = await fetched(half, "206 Partial Content", "Content-Encoding: gzip", part)
    assert (seen.sniffed_type, seen.total_size, seen.body_is_truncated, seen.limits_hit) == ("video/mp4", None, True, ())


async def test_a_whole_range_of_a_packed_artefact_is_whole() -> None:
    part = f"Content-Range: bytes 0-{len(PACKED) - 1}/{len(PACKED)}"
    seen = await fetched(PACKED, "206 Partial Content", "Content-Encoding: gzip", part)
    assert (seen.total_size, seen.body_is_truncated) == (len(MP4), False)


async def test_sizes_of_plain_artefacts_are_those_of_the_headers() -> None:
    seen = await fetched(MP4[:100], "206 Partial Content", f"Content-Range: bytes 0-99/{len(MP4)}", "Content-Encoding: identity")
    assert (seen.body_size, seen.total_size) == (100, len(MP4))
    unknown = await fetched(b"\x0b\x02\x80", "200 OK", "Content-Encoding: br")
    assert (unknown.total_size, unknown.limits_hit) == (3, ("encoding_not_supported",))


async def test_a_refused_range_is_asked_for_whole_once() -> None:
    async def reply(call: Call) -> None:
        refused = answer(b"", "416 Range Not Satisfiable", "Content-Range: bytes */9")
        await call.send(refused if call.header("range") else answer(MP4[:3000], media_type="video/mp4"))

    async with serving(reply) as server:
        (seen,) = await observe(server.url, [download(server.url)])
    assert [one.response and one.response.status_code for one in seen.exchanges] == [416, 200]
    assert [call.header("range") for call in server.calls] == ["bytes=0-4095", None]
    assert seen.response is not None and seen.response.sniffed_type == "video/mp4"


async def test_a_range_that_is_always_refused_is_asked_about_no_third_time() -> None:
    async with serving(answer(b"", "416 Range Not Satisfiable")) as server:
        (seen,) = await observe(server.url, [download(server.url)])
        assert len(seen.exchanges) == 2
        (seen,) = await observe(server.url, [download(server.url, headers=(("Range", "bytes=5-"),))])
    assert len(seen.exchanges) == 1, "the range of a catalogue is no whim of ours"


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/ok/視頻".encode(), "/ok/%E8%A6%96%E9%A0%BB"),
        ("/ok/é?q=ü".encode(), "/ok/%C3%A9?q=%C3%BC"),
        (b"/ok/\xe9", "/ok/%E9"),
        (b"/ok/%E8%A6%96", "/ok/%E8%A6%96"),
        (b"ok/x y", "/ok/x%20y"),
    ],
)
@pytest.mark.parametrize("name", [b"Location", b"Content-Location", b"Link"])
async def test_a_link_in_a_header_is_asked_for_by_the_bytes_that_were_meant(name: bytes, location: bytes, asked: str) -> None:
    shown = b"<" + location + b">" if name == b"Link" else location

    async def reply(call: Call) -> None:
        head = b"HTTP/1.1 302 Found\r\n" + name + b": " + shown + b"\r\nContent-Length: 0\r\n\r\n"
        await call.send(head if call.path == "/a" else answer(b"{}"))

    async with serving(reply) as server, runner((target(server.url),)) as one:
        first: list[Any] = []
        await one.run([probe(f"{server.url}/a", id="lab/a")], first.append)
        (link,) = first[0].response.links
        await one.run([probe(link.url, id="lab/b", purpose=Purpose.LINK, of="lab/a", link=0)], first.append)
    assert server.calls[-1].path == asked
