"""The wire: connections kept or dropped, deadlines, caps, addresses, and a failure word for everything that can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import inspect
import socket
import ssl
import time
from typing import Any

import httpcore
import httpx
import pytest
import respx

from probe.errors import UsageError
from probe.facts.addresses import AddressClass, classify, literal_class
from probe.model import Limits
from probe.transport import Lane, Network, TransportOptions, WireAnswer, WireRequest, proxy_for
from probe.transport.dialling import Resolver
from probe.transport.direct import Direct
from probe.transport.failures import TABLE, WireError, failure_of, is_failure, is_kind
from tests.loopback import Call, answer, serving

pytestmark = pytest.mark.anyio

QUICK = Limits(timeout=5.0, connect_timeout=1.0, silence_timeout=1.0)
PUBLIC = frozenset({AddressClass.PUBLIC})


async def ask(url: str, limits: Limits = QUICK, network: Network | None = None, cap: int = 1 << 20, **changes: Any) -> WireAnswer:
    lane = Lane(network or Network(TransportOptions(proxy="")))
    try:
        return await lane.exchange(
            WireRequest(**({"method": "GET", "url": url, "headers": (("Accept", "*/*"),)} | changes)), limits, lambda _: cap
        )
    finally:
        await lane.aclose()


async def test_an_answer_is_kept_as_it_came() -> None:
    head = b"HTTP/1.1 207 Very \xe9 Nice\r\nX-A: 1\r\nx-a: \xff\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi"
    async with serving(head) as server:
        seen = await ask(server.url + "/a%2Fb?q=1%20+&q=2#part")
    assert (seen.status_code, seen.reason_phrase, seen.http_version, seen.content, seen.is_whole) == (
        207,
        "Very é Nice",
        "HTTP/1.1",
        b"hi",
        True,
    )
    assert seen.headers == (("X-A", "1"), ("x-a", "ÿ"), ("Set-Cookie", "a=b"), ("Content-Length", "2"))
    assert server.calls[0].head.startswith(b"GET /a%2Fb?q=1%20+&q=2 HTTP/1.1\r\n")
    assert seen.remote_address == f"127.0.0.1:{server.port}"
    assert seen.timings.connect is not None and seen.timings.wait is not None and seen.timings.tls is None
    assert 0 < seen.timings.wait <= seen.elapsed


async def test_respx_can_stand_in_for_the_wire() -> None:
    with respx.mock:
        route = respx.get("https://contoso.openai.azure.com/openai/v1/models").mock(
            return_value=httpx.Response(200, json={"data": []})
        )
        seen = await ask("https://contoso.openai.azure.com/openai/v1/models", headers=(("api-key", "k"),))
        assert (seen.status_code, seen.content) == (200, b'{"data":[]}')
        assert route.calls.last.request.headers["api-key"] == "k"
        respx.get("https://contoso.openai.azure.com/down").mock(side_effect=httpx.ConnectError("no"))
        assert (await ask("https://contoso.openai.azure.com/down")).failure == "connection_reset"


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept connections may be used again at once."""
    monkeypatch.setattr("probe.transport.lane._REST_SECONDS", 0.0)


class TestConnections:
    pytestmark = pytest.mark.usefixtures("restless")

    async def test_a_whole_answer_keeps_its_connection(self) -> None:
        async with serving(answer(b"{}")) as server:
            network = Network()
            lane = Lane(network)
            for at in range(5):
                assert (await lane.exchange(WireRequest("GET", f"{server.url}/{at}", ()), QUICK, lambda _: 10)).status_code == 200
            await lane.aclose()
        assert server.connections == 1

    async def test_requests_at_the_same_time_share_what_the_last_ones_left(self) -> None:
        async with serving(answer(b"{}")) as server:
            lane = Lane(Network())
            for _ in range(3):
                await asyncio.gather(
                    *(lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _answer: 10) for _ in range(5))
                )
            await lane.aclose()
        assert (server.connections, len(server.calls)) == (5, 15)

    async def test_of_many_resting_connections_the_oldest_is_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("probe.transport.lane._KEPT_LINES", 2)
        async with serving(answer(b"{}")) as server, serving(answer(b"{}")) as other:
            lane = Lane(Network())
            for url in (server.url, other.url, other.url, server.url):
                await asyncio.gather(*(lane.exchange(WireRequest("GET", url, ()), QUICK, lambda _answer: 10) for _ in range(2)))
            await lane.aclose()
        assert (server.connections, other.connections) == (4, 2)

    @pytest.mark.parametrize(
        ("reply", "connections"),
        [
            (answer(b"{}"), 1),
            (b"HTTP/1.1 204 No Content\r\n\r\n", 1),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 1),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\n{}\r\n0\r\nTrailer: x\r\n\r\n", 1),
            (b"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n" + answer(b"{}"), 1),
            (answer(b"{}", "200 OK", "Connection: close"), 3),
            (answer(b"x" * 50), 3),  # more than may be read
            (answer(b"{}") + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 3),
            (b"HTTP/1.1 204 No Content\r\n\r\nbody", 3),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + answer(b""),
                3,
            ),
        ],
    )
    async def test_a_connection_is_kept_only_after_exactly_one_answer(self, reply: bytes, connections: int) -> None:
        async with serving(reply) as server:
            lane = Lane(Network())
            for _ in range(3):
                seen = await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 10)
                assert seen.failure is None and b"evil" not in seen.content
            await lane.aclose()
        assert server.connections == connections

    async def test_an_answer_that_comes_unasked_later_is_never_given_to_the_next_request(self) -> None:
        async def reply(call: Call) -> None:
            await call.send(answer(b"right"))
            if server.connections == 1:
                await asyncio.sleep(0.05)
                await call.send(answer(b"wrong"))

        async with serving(reply) as server:
            lane = Lane(Network())
            first = await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 100)
            await asyncio.sleep(0.15)
            second = await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 100)
            await lane.aclose()
        assert (first.content, second.content, server.connections) == (b"right", b"right", 2)

    async def test_a_connection_rests_before_it_is_used_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("probe.transport.lane._REST_SECONDS", 0.05)

        async def reply(call: Call) -> None:
            await call.send(answer(b"right"))
            if len(server.calls) == 1:
                await asyncio.sleep(0.02)
                await call.send(answer(b"wrong"))
            await asyncio.sleep(0.03)

        async with serving(reply) as server:
            lane = Lane(Network())
            contents = []
            for _ in range(6):
                contents.append((await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 100)).content)
                await asyncio.sleep(0.03)
            await lane.aclose()
        assert contents == [b"right"] * 6
        assert server.connections == 6  # once one was spoilt, none is used twice

    async def test_an_origin_that_said_too_much_gets_a_connection_for_each_request(self) -> None:
        async def reply(call: Call) -> None:
            await call.send(answer(b"right") + (answer(b"wrong") if len(server.calls) == 1 else b""))

        async with serving(reply) as server:
            network = Network()
            for _ in range(2):
                lane = Lane(network)
                for _ in range(2):
                    await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 100)
                await lane.aclose()
        assert server.connections == 4

    async def test_a_body_of_exactly_the_cap_is_read_to_its_end(self) -> None:
        async with serving(answer(b"x" * 4096, "206 Partial Content")) as server:
            lane = Lane(Network())
            seen = [await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 4096) for _ in range(2)]
            await lane.aclose()
        assert [len(one.content) for one in seen] == [4096, 4096]
        assert all(one.is_whole for one in seen)
        assert server.connections == 1

    async def test_an_endless_body_is_cut_and_closed(self) -> None:
        closed = asyncio.Event()

        async def reply(call: Call) -> None:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")
            try:
                while True:
                    await call.send(b"x" * 65536)
            finally:
                closed.set()

        async with serving(reply) as server:
            seen = await ask(server.url, cap=4096)
            await asyncio.wait_for(closed.wait(), 2)
        assert (len(seen.content), seen.is_whole, seen.failure) == (4096, False, None)

    @pytest.mark.parametrize("is_cancelled", [False, True])
    async def test_closing_has_no_deadline_and_leaves_no_connection(
        self, monkeypatch: pytest.MonkeyPatch, is_cancelled: bool
    ) -> None:
        async def slow(connection: Direct) -> None:
            closing.set()
            await asyncio.sleep(0.4)
            await finish(connection)

        async def reply(call: Call) -> None:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"x" * 8000)
            await call.reader.read()
            gone.set()

        closing, gone, finish = asyncio.Event(), asyncio.Event(), Direct.finish
        monkeypatch.setattr(Direct, "finish", slow)
        async with serving(reply) as server:
            asking = asyncio.create_task(ask(server.url, Limits(timeout=0.2), cap=4096))
            await closing.wait()
            if is_cancelled:
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            else:
                seen = await asking
                assert (seen.status_code, len(seen.content), seen.failure) == (200, 4096, None)
            await asyncio.wait_for(gone.wait(), 5)

    async def test_a_kept_connection_that_died_is_marked_as_stale(self) -> None:
        async def reply(call: Call) -> None:
            if call.path == "/first":
                await call.send(answer(b"{}"))
            else:
                call.writer.close()

        async with serving(reply) as server:
            lane = Lane(Network())
            await lane.exchange(WireRequest("GET", server.url + "/first", ()), QUICK, lambda _: 100)
            second = await lane.exchange(WireRequest("GET", server.url + "/second", ()), QUICK, lambda _: 100)
            third = await lane.exchange(WireRequest("GET", server.url + "/third", ()), QUICK, lambda _: 100)
            await lane.aclose()
        assert (second.failure, second.is_stale) == ("eof_error", True)
        assert (third.failure, third.is_stale) == ("eof_error", False)

    async def test_cookies_are_neither_kept_nor_sent(self) -> None:
        async with serving(answer(b"{}", "200 OK", "Set-Cookie: session=1; Path=/")) as server:
            lane = Lane(Network())
            for _ in range(2):
                await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 100)
            await lane.aclose()
        assert "cookie" not in server.heads.lower()

    async def test_redirects_are_not_followed(self) -> None:
        async with serving(answer(b"", "302 Found", "Location: /elsewhere")) as server:
            assert (await ask(server.url)).status_code == 302
        assert len(server.calls) == 1


class TestDeadlines:
    async def test_a_byte_at_a_time_does_not_outlive_the_total(self) -> None:
        async def reply(call: Call) -> None:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            await call.send(*(b"x" for _ in range(1000)), pause=0.02)

        async with serving(reply) as server:
            started = time.monotonic()
            seen = await ask(server.url, Limits(timeout=0.3, silence_timeout=0.2))
        assert seen.failure == "total_timeout" and seen.status_code is None
        assert "after status 200" in seen.failure_detail
        assert time.monotonic() - started < 8

    async def test_endless_informational_answers_end(self) -> None:
        async def reply(call: Call) -> None:
            await call.send(*(b"HTTP/1.1 100 Continue\r\n\r\n" for _ in range(1000)))

        async with serving(reply) as server:
            seen = await ask(server.url)
        assert seen.failure == "too_many_informational"

    async def test_what_we_do_with_an_answer_is_not_the_silence_of_the_server(self) -> None:
        is_read = asyncio.Event()

        async def reply(call: Call) -> None:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4098\r\n\r\n" + b"ab" * 2048)
            await is_read.wait()
            await call.send(b"cd")

        def busy(answer: WireAnswer) -> int:
            if answer.content:
                time.sleep(0.3)
                is_read.set()
            return 5000

        async with serving(reply) as server:
            lane = Lane(Network(TransportOptions(proxy="")))
            seen = await lane.exchange(WireRequest("GET", server.url, ()), Limits(timeout=30, silence_timeout=0.25), busy)
            await lane.aclose()
        assert (seen.failure, seen.content[-4:]) == (None, b"abcd")

    async def test_a_machine_that_was_held_up_reads_what_came_meanwhile_before_it_speaks_of_silence(self) -> None:
        async def reply(call: Call) -> None:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            asyncio.get_running_loop().call_later(0.02, time.sleep, 0.3)
            await asyncio.sleep(0.05)
            await call.send(b"cd")

        async with serving(reply) as server:
            seen = await ask(server.url, Limits(timeout=30, silence_timeout=0.15))
        assert (seen.failure, seen.content) == (None, b"abcd")

    async def test_silence_is_told_from_slowness(self) -> None:
        async def reply(call: Call) -> None:
            await asyncio.sleep(5)

        async with serving(reply) as server:
            seen = await ask(server.url, Limits(timeout=3, silence_timeout=0.15))
            assert seen.failure == "silence_timeout"
            seen = await ask(server.url, Limits(timeout=0.15, silence_timeout=3))
            assert seen.failure == "total_timeout"

    async def test_a_handshake_that_never_comes_is_a_connect_timeout(self) -> None:
        async def reply(call: Call) -> None:
            await asyncio.sleep(5)

        async with serving(reply) as server:
            seen = await ask(server.url.replace("http", "https"), Limits(connect_timeout=0.2))
        assert seen.failure == "connect_timeout"

    async def test_a_port_that_drops_packets_is_a_connect_timeout(self) -> None:
        with socket.socket() as full, socket.socket() as one, socket.socket() as two:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for filler in (one, two):
                filler.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    filler.connect(full.getsockname())
            seen = await ask(f"http://127.0.0.1:{full.getsockname()[1]}/", Limits(connect_timeout=0.2))
        assert seen.failure in ("connect_timeout", "connection_refused"), seen  # refused: not every system drops

    async def test_the_end_of_the_scan_ends_an_exchange(self) -> None:
        async def reply(call: Call) -> None:
            await asyncio.sleep(5)

        async with serving(reply) as server:
            lane = Lane(Network())
            until = asyncio.get_running_loop().time() + 0.1
            seen = await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 10, until=until)
            await lane.aclose()
        assert seen.failure == "total_timeout"

    @pytest.mark.parametrize(
        "head",
        [b"X-Long: " + b"a" * 70_000 + b"\r\n", b"X-Many: 1\r\n" * 300, b"X-Endless: " + b"a" * 3_000_000],
        ids=["long", "many", "endless"],
    )
    async def test_heads_beyond_the_limits_are_refused(self, head: bytes) -> None:
        async with serving(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n") as server:
            assert (await ask(server.url)).failure == "response_header_too_large"


class TestFailures:
    async def test_every_exception_class_of_the_libraries_has_a_word(self) -> None:
        unmapped = []
        for library in (httpx, httpcore):
            for name, kind in inspect.getmembers(library, inspect.isclass):
                if issubclass(kind, Exception) and not issubclass(kind, Warning) and not isinstance_of_table(kind):
                    unmapped.append(f"{library.__name__}.{name}")
        assert unmapped == []

    async def test_bugs_of_ours_are_no_failures_of_the_network(self) -> None:
        for bug in (ValueError("x"), KeyError("x"), AssertionError("x"), AttributeError("x"), RuntimeError("x")):
            assert failure_of(bug) is None
            assert not is_failure(bug)

    @pytest.mark.parametrize(
        ("exc", "word"),
        [
            (socket.gaierror(socket.EAI_NONAME, "x"), "dns_nxdomain_error"),
            (socket.gaierror(socket.EAI_AGAIN, "x"), "dns_temporary_failure"),
            (socket.gaierror(socket.EAI_FAIL, "x"), "dns_non_recoverable_failure"),
            (ConnectionRefusedError(), "connection_refused"),
            (ConnectionResetError(), "connection_reset"),
            (ConnectionAbortedError(), "connection_aborted"),
            (BrokenPipeError(), "connection_reset"),
            (OSError(errno.EHOSTUNREACH, "x"), "host_unreachable"),
            (OSError(errno.ENETUNREACH, "x"), "network_unreachable"),
            (OSError(errno.ETIMEDOUT, "x"), "generic_timeout_error"),
            (OSError(errno.EMFILE, "x"), "out_of_sockets"),
            (OSError(errno.EIO, "x"), "unknown_failure"),
            (ssl.SSLEOFError(8, "x"), "eof_error"),
            (ssl.SSLError(1, "wrong version number"), "ssl_failed_handshake"),
            (httpcore.ProxyError("407 Proxy Authentication Required"), "proxy_authentication_required"),
            (httpcore.ProxyError("502 Bad Gateway"), "proxy_failed"),
            (httpcore.RemoteProtocolError("Server disconnected without sending a response."), "eof_error"),
            (httpcore.RemoteProtocolError("illegal status line"), "http_response_malformed"),
            (httpcore.LocalProtocolError("illegal header"), "http_request_invalid"),
            (httpcore.ConnectTimeout(), "connect_timeout"),
            (httpcore.ReadTimeout(), "generic_timeout_error"),
            (httpx.InvalidURL("x"), "url_refused"),
            (WireError("address_refused", "x"), "address_refused"),
        ],
    )
    async def test_an_exception_has_its_ooni_word(self, exc: BaseException, word: str) -> None:
        found = failure_of(exc)
        assert found is not None and found[0] == word

    async def test_a_line_that_is_no_http_is_not_quoted_for_it_may_hold_half_a_key(self) -> None:
        for line in (
            b"HTTP/1.1 200 OK\r\n: CANARY-4f1d\r\n\r\n",
            b"CANARY-4f1d\n9c2b7e6a5038\r\n\r\n",
            b"HTTP/1.1 CANARY-4f1d\r\n\r\n",
        ):
            async with serving(line) as server:
                seen = await ask(server.url)
            assert seen.failure == "http_response_malformed"
            assert "CANARY" not in seen.failure_detail

    @pytest.mark.parametrize(
        ("code", "word"),
        [
            (10, "ssl_invalid_certificate"),
            (18, "ssl_unknown_authority"),
            (20, "ssl_unknown_authority"),
            (62, "ssl_invalid_hostname"),
        ],
    )
    async def test_certificate_errors_are_told_apart(self, code: int, word: str) -> None:
        exc = ssl.SSLCertVerificationError(1, "certificate verify failed")
        exc.verify_code = code
        wrapped = httpcore.ConnectError("x")
        wrapped.__cause__ = exc
        found = failure_of(wrapped)
        assert found is not None and found[0] == word

    async def test_what_the_system_said_comes_before_what_a_library_made_of_it(self) -> None:
        wrapped = httpcore.ConnectError("all attempts failed")
        wrapped.__cause__ = OSError("all attempts failed")
        wrapped.__cause__.__cause__ = ConnectionRefusedError(111, "refused")
        found = failure_of(wrapped)
        assert found is not None and found[0] == "connection_refused"

    async def test_a_dead_port_refuses(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        seen = await ask(f"http://127.0.0.1:{port}/")
        assert (seen.failure, seen.status_code) == ("connection_refused", None)

    @pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://[::1", "http://\x00/"])
    async def test_what_is_no_http_url_is_refused(self, url: str) -> None:
        assert (await ask(url)).failure == "url_refused"

    @pytest.mark.parametrize("value", ["CANARY\n", "CANARY\r\nX-Evil: 1", "CANARY\0", "CANARY \u043a\u043b\u044e\u0447"])
    async def test_a_key_that_cannot_be_sent_is_not_quoted(self, value: str) -> None:
        async with serving(answer(b"{}")) as server:
            seen = await ask(server.url, headers=(("api-key", value),))
        assert (seen.failure, server.calls) == ("http_request_invalid", [])
        assert "CANARY" not in seen.failure_detail

    async def test_nothing_secret_is_in_the_text_of_orders_and_options(self) -> None:
        order = WireRequest("GET", "http://h/", (("api-key", "CANARY"),), b"CANARY")
        options = TransportOptions(proxy="http://user:CANARY@proxy:1", environment={"HTTPS_PROXY": "http://u:CANARY@p"})
        seen = WireAnswer(headers=(("Set-Cookie", "CANARY"),), content=b"CANARY")
        assert "CANARY" not in repr(order) + repr(options) + repr(proxy_for("https://h/", options)) + repr(seen)


def isinstance_of_table(kind: type[Exception]) -> bool:
    return any(is_kind(kind.__new__(kind), row[0]) for row in TABLE)


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "kind"),
        [
            ("20.42.0.1", "public"),
            ("2603:1030::1", "public"),
            ("10.1.2.3", "private"),
            ("172.31.0.1", "private"),
            ("192.168.0.1", "private"),
            ("100.64.0.1", "private"),
            ("fd12::1", "private"),
            ("127.0.0.1", "loopback"),
            ("127.9.9.9", "loopback"),
            ("::1", "loopback"),
            ("169.254.1.1", "link-local"),
            ("fe80::1%eth0", "link-local"),
            ("169.254.169.254", "metadata"),
            ("fd00:ec2::254", "metadata"),
            ("168.63.129.16", "metadata"),
            ("100.100.100.200", "metadata"),
            ("::ffff:169.254.169.254", "metadata"),
            ("64:ff9b::a9fe:a9fe", "metadata"),
            ("2002:a00:1::", "private"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::169.254.169.254", "reserved"),
            ("::ffff:0:169.254.169.254", "reserved"),
            ("64:ff9b:1::a9fe:a9fe", "reserved"),
            ("fec0::1", "reserved"),
            ("0.0.0.0", "reserved"),
            ("::", "reserved"),
            ("224.0.0.1", "reserved"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"),
        ],
    )
    async def test_an_address_has_its_class(self, address: str, kind: str) -> None:
        assert classify(address) == kind

    @pytest.mark.parametrize(
        ("host", "kind"),
        [
            ("localhost", "loopback"),
            ("LOCALHOST.", "loopback"),
            ("a.localhost", "loopback"),
            ("127.1", "loopback"),
            ("2130706433", "loopback"),
            ("0x7f000001", "loopback"),
            ("0251.0376.0251.0376", "metadata"),
            ("metadata.google.internal", "metadata"),
            ("metadata.goog", "metadata"),
            ("[::1]", "loopback"),
            ("contoso.openai.azure.com", None),
            ("face", None),
            ("", None),
        ],
    )
    async def test_a_host_shows_its_class_in_every_spelling(self, host: str, kind: str | None) -> None:
        assert literal_class(host) == kind

    @pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "169.254.1.1", "fd00:ec2::254", "127.0.0.1", "0.0.0.0"])
    async def test_a_name_that_leads_home_is_refused_before_any_socket(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        opened: list[Any] = []

        async def record(*args: Any, **_: Any) -> Any:
            opened.append(args)
            raise AssertionError("a socket was opened")

        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", record)
        monkeypatch.setattr("probe.transport.direct.open_pipe", record)
        resolve = (("evil.example", 80, address), ("evil.example", 443, address))
        network = Network(TransportOptions(proxy="", resolve=resolve))
        for scheme in ("http", "https"):
            seen = await ask(f"{scheme}://evil.example/", network=network, allowed=PUBLIC)
            assert (seen.failure, opened) == ("address_refused", [])

    async def test_one_forbidden_address_among_many_is_enough(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def two(name: str, *_: Any) -> list[Any]:
            return [(2, 1, 6, "", ("20.42.0.1", 0)), (2, 1, 6, "", ("169.254.169.254", 0))]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        assert (await ask("http://evil.example/", allowed=PUBLIC)).failure == "address_refused"

    async def test_the_address_that_was_checked_is_the_one_that_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter([[(2, 1, 6, "", ("127.0.0.1", 0))], [(2, 1, 6, "", ("169.254.169.254", 0))]])
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: next(answers))
        async with serving(answer(b"{}")) as server:
            network = Network(TransportOptions(proxy=""))
            for _ in range(3):
                seen = await ask(f"http://changing.example:{server.port}/", network=network)
                assert (seen.status_code, seen.remote_address) == (200, f"127.0.0.1:{server.port}")

    async def test_a_name_is_looked_up_once_for_all_lanes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def slow(name: str, *_: Any) -> list[Any]:
            asked.append(name)
            time.sleep(0.05)
            return [(2, 1, 6, "", ("127.0.0.1", 0))]

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        resolver = Resolver(TransportOptions())
        found = await asyncio.gather(*(resolver.addresses("h.example", 80) for _ in range(8)))
        assert (asked, set(found)) == (["h.example"], {("127.0.0.1",)})

    async def test_a_resolver_that_hangs_is_a_connect_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: time.sleep(0.6) or [])
        seen = await ask("http://slow.example/", Limits(connect_timeout=0.1))
        assert seen.failure == "connect_timeout"

    async def test_the_second_address_is_tried_and_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with serving(answer(b"{}")) as server:
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(10, 1, 6, "", ("::1", 0)), (2, 1, 6, "", ("127.0.0.1", 0))])
            network = Network(TransportOptions(proxy=""))
            seen = await ask(f"http://two.example:{server.port}/", network=network)
            assert (seen.status_code, seen.remote_address) == (200, f"127.0.0.1:{server.port}")
            assert await network.resolver.addresses("two.example", server.port) == ("127.0.0.1", "::1")

    async def test_resolve_and_family_are_honoured(self) -> None:
        async with serving(answer(b"{}")) as server:
            network = Network(TransportOptions(proxy="", resolve=(("CONTOSO.example", server.port, "127.0.0.1"),)))
            assert (await ask(f"http://contoso.example:{server.port}/", network=network)).status_code == 200
            assert server.calls[0].header("host") == f"contoso.example:{server.port}"
            only_six = Network(TransportOptions(proxy="", family=6))
            assert (await ask(server.url, network=only_six)).failure in ("dns_nxdomain_error", "dns_non_recoverable_failure")
            only_four = Network(TransportOptions(proxy="", family=4))
            assert (await ask(server.url, network=only_four)).status_code == 200


async def test_a_wrong_certificate_file_is_told_before_anything_is_sent(tmp_path: Any) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for options in (
        TransportOptions(ca_file=str(broken)),
        TransportOptions(ca_file=str(tmp_path / "missing.pem")),
        TransportOptions(client_cert=str(broken)),
        TransportOptions(environment={"SSL_CERT_FILE": str(broken)}),
    ):
        with pytest.raises(UsageError, match="pem"):
            Network(options).prepare()
