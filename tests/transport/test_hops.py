"""Where a request ended that got no answer: at the proxy, in DNS, TCP or TLS, or at the target."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from probe.model import Exchange
from probe.retry import is_retriable
from probe.transport import TransportOptions
from tests.loopback import Call, answer, serving
from tests.proxying import proxying
from tests.runner.helpers import observe, probe
from tests.runner.test_run import limits

pytestmark = pytest.mark.anyio

CERTIFICATES = Path(__file__).parents[1] / "certificates"
PAGE = b"<html><head><title>ERROR: Access Denied by policy 7</title></head></html>"
HEADERS = (
    "Server: squid/5.7",
    "X-Squid-Error: ERR_ACCESS_DENIED 0",
    "Via: 1.1 gate.corp (squid/5.7)",
    "Set-Cookie: sid=abcdefgh12345",
)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    return context


async def failed(url: str, options: TransportOptions | None = None, *, retries: int = 0) -> Exchange:
    (seen,) = await observe(url, [probe(f"{url}/x")], options=options or TransportOptions(proxy=""), limits=limits(retries=retries))
    assert seen.last is not None and seen.last.failure is not None, seen
    assert len(seen.exchanges) == 1 or is_retriable(seen.last)
    return seen.last


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxy", ["http", "https", "socks5"])
async def test_a_dead_proxy_is_the_hop(scheme: str, proxy: str) -> None:
    seen = await failed(f"{scheme}://lab.example", TransportOptions(proxy=f"{proxy}://127.0.0.1:1", insecure=True))
    assert (seen.hop, seen.failure) == ("proxy", "connection_refused")


@pytest.mark.parametrize(
    ("status", "word", "is_again"),
    [
        ("403 Forbidden", "proxy_refused", False),
        ("405 No", "proxy_refused", False),
        ("407 Proxy Authentication Required", "proxy_authentication_required", False),
        ("429 Slow", "proxy_failed", True),
        ("502 Bad Gateway", "proxy_failed", True),
        ("503 No upstream", "proxy_failed", True),
    ],
)
async def test_a_refused_tunnel_keeps_what_the_proxy_said(status: str, word: str, is_again: bool) -> None:
    async with proxying(refusal=answer(PAGE, status, *HEADERS, media_type="text/html")) as proxy:
        seen = await failed("https://lab.example", TransportOptions(proxy=f"http://{proxy.url}", insecure=True), retries=1)
        heads = len(proxy.heads)
    assert (seen.hop, seen.failure, heads) == ("proxy", word, 2 if is_again else 1)
    assert seen.response is None and seen.proxy_response is not None
    assert seen.proxy_response.status_code == int(status[:3])
    assert {("Server", "squid/5.7"), ("X-Squid-Error", "ERR_ACCESS_DENIED 0")} <= set(seen.proxy_response.headers)
    assert seen.proxy_response.title == "ERROR: Access Denied by policy 7"
    assert "abcdefgh12345" not in str(seen)


async def test_a_proxy_that_talks_nonsense_is_the_hop() -> None:
    for kind, scheme in (("http", "http"), ("socks5", "socks5")):
        async with proxying(kind, refusal=b"\x00\xffnonsense\r\n\r\n") as proxy:
            seen = await failed("https://lab.example", TransportOptions(proxy=f"{scheme}://{proxy.url}", insecure=True))
        assert seen.hop == "proxy" and seen.proxy_response is None


async def test_behind_an_open_tunnel_it_is_tls_or_the_target() -> None:
    async with proxying() as proxy:
        options = TransportOptions(proxy=f"http://{proxy.url}", insecure=True)
        async with serving(b"HTTP/1.1 400 Bad\r\n\r\n") as plain:
            assert (await failed(f"https://lab.example:{plain.port}", options)).hop == "tls"

        async def close(call: Call) -> None:
            call.writer.close()

        async with serving(close, server_context()) as closing:
            assert (await failed(f"https://lab.example:{closing.port}", options)).hop == "target"


async def test_dns_tcp_tls_and_the_target_are_told_apart() -> None:
    assert (await failed("http://nobody.invalid")).hop == "dns"
    assert (await failed("http://127.0.0.1:1")).hop == "tcp"
    async with serving(answer(b"{}"), server_context()) as server:
        strict = await failed(server.url.replace("127.0.0.1", "localhost"))
        assert (strict.hop, (strict.failure or "")[:4]) == ("tls", "ssl_")
        insecure = TransportOptions(proxy="", insecure=True)
        plain = await failed(server.url.replace("https", "http"), insecure)
        assert plain.hop in ("tls", "target")
    async with serving(b"\x15\x03\x01\x00\x02\x02\x46") as alert:
        seen = await failed(alert.url)
        assert (seen.hop, seen.failure_detail) == ("tls", "the server answered in TLS: this port speaks https")


async def test_a_wanted_client_certificate_is_a_failure_of_tls() -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(CERTIFICATES / "ca.pem")
    async with serving(answer(b"{}"), context) as server:
        seen = await failed(server.url, TransportOptions(proxy="", insecure=True))
    assert seen.hop in ("tls", "target")
    assert "SSLWant" not in str(seen.failure_detail)  # that TLS waits for more bytes is no failure: the reset is


async def test_an_answer_has_no_hop() -> None:
    async with serving(answer(b"{}", "502 Bad Gateway")) as server:
        (seen,) = await observe(server.url, [probe(f"{server.url}/x")])
    assert seen.last is not None and (seen.last.hop, seen.last.proxy_response) == (None, None)
