"""Plain HTTP by our own hand is what httpx and httpcore make of it: the same request on the wire, the same answer from it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.frozen import replace
from probe.model import Limits
from probe.transport import Lane, Network, TransportOptions, WireAnswer, WireRequest
from probe.transport.dialling import Dialler
from probe.transport.direct import Pipe
from probe.transport.through import Through, through
from probe.transport.wireurl import WireUrl, wire_url
from tests.loopback import Call, answer, serving

QUICK = Limits(timeout=5.0, connect_timeout=1.0, silence_timeout=1.0)
PARTS = ["/", "a", "B9", "%2F", "%2f", "%zz", "~", "!$&()*+,;=:@", ".", "..", "-_", "'", "[", "|", "//", "é", " ", "?", "??", "#x"]
HOSTS = [
    "a.example",
    "A.b",
    "127.0.0.1",
    "01.2.3.4",
    "1.2.3",
    "a..b",
    "-a.b",
    "xn--bcher-kva.example",
    "[::1]",
    "user@host",
    "ü.example",
]
PORTS = ["", ":80", ":443", ":8080", ":0", ":99999", ":65535"]


@given(
    st.sampled_from(["http", "https"]), st.sampled_from(HOSTS), st.sampled_from(PORTS), st.lists(st.sampled_from(PARTS), max_size=8)
)
def test_a_url_goes_onto_the_wire_as_httpx_sends_it(scheme: str, host: str, port: str, parts: list[str]) -> None:
    url = f"{scheme}://{host}{port}/{''.join(parts)}"
    try:
        wanted = httpx.URL(url)
        number = wanted.port or (443 if wanted.scheme == "https" else 80)
    except httpx.InvalidURL:
        with pytest.raises(httpx.InvalidURL):
            wire_url(url)
        return
    found = wire_url(url)
    assert (found.scheme, found.host, found.raw_host, found.port) == (wanted.scheme, wanted.host, wanted.raw_host, number)
    assert (found.netloc, found.target) == (wanted.netloc.decode(), wanted.raw_path)


@contextlib.contextmanager
def by_httpcore() -> Iterator[None]:
    """Let httpcore send plain http too."""

    def direct(host: str, port: int, dialler: Dialler) -> Through:
        return through(WireUrl("http", host, host.encode(), port, host, b"/"), None, None, None, dialler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("probe.transport.network.Direct", direct)
        yield


async def ask(order: WireRequest, cap: int) -> WireAnswer:
    lane = Lane(Network(TransportOptions(proxy="")))
    try:
        return await lane.exchange(order, QUICK, lambda _: cap)
    finally:
        await lane.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "body", "headers"),
    [
        ("GET", None, (("Accept", "*/*"), ("api-key", "k 1"), ("X-Empty", ""), ("X-Latin", "\xe9"))),
        ("HEAD", None, ()),
        ("POST", b'{"a": 1}', (("Content-Type", "application/json"),)),
        ("POST", None, ()),
        ("GET", None, (("Host", "other.example"),)),
    ],
)
async def test_the_request_is_the_same(method: str, body: bytes | None, headers: tuple[tuple[str, str], ...]) -> None:
    async with serving(answer(b"")) as server:
        order = WireRequest(method, f"{server.url}/a%2Fb?c=d&e", headers, body, may_post=True)
        await ask(order, 100)
        with by_httpcore():
            await ask(order, 100)
    assert len(server.calls) == 2
    assert server.calls[0].head == server.calls[1].head


OK = b"HTTP/1.1 200 OK\r\n"
REPLIES = [
    answer(b"{}"),
    answer(b"", "302 Found", "Location: /x"),
    answer(b"x" * 300),
    answer(b"\xff\x00", "207 Very \xe9 Nice", "X-A:1", "x-a:  \xe9 \t", "X-Empty:", "Set-Cookie: a=b", "Set-Cookie: c=d"),
    answer(b"{}", "200 OK", "Connection: close"),
    b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
    b"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n" + answer(b"{}"),
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    OK + b"Content-Length: +2\r\n\r\n{}",
    OK + b"Content-Length: 9\r\n\r\n{}",
    OK + b"X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    OK + b"X-Bad : a\r\nContent-Length: 2\r\n\r\n{}",
    OK + b"X-Nul: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    OK + b"no colon\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/2 200 OK\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
    b"HTTP/1.1 200 OK\r\nContent-Le",
    b"",
]


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("reply", REPLIES)
async def test_the_answer_is_the_same(reply: bytes, method: str) -> None:
    async def closing(call: Call) -> None:
        await call.send(reply)
        call.writer.close()

    async with serving(closing) as server:
        order = WireRequest(method, f"{server.url}/x", ())
        ours = await ask(order, 100)
        with by_httpcore():
            theirs = await ask(order, 100)
    seen = [replace(one, elapsed=0, timings=theirs.timings, failure_detail="", is_kept=False) for one in (ours, theirs)]
    assert seen[0] == seen[1]


@pytest.mark.anyio
async def test_the_wait_ends_when_the_bytes_come_not_when_somebody_has_time_to_read_them() -> None:
    pipe = Pipe()
    pipe.data_received(b"a")
    came_at = pipe.came_at
    pipe.data_received(b"b")
    assert (await pipe.read(), pipe.came_at) == (b"ab", came_at)
    pipe.data_received(b"c")
    assert came_at <= pipe.came_at <= time.monotonic()
    assert await pipe.read() == b"c"
