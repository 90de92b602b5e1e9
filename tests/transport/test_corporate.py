"""Corporate networks: proxies of every kind, certificates of every kind, and TLS that somebody reads along."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from probe.errors import UsageError
from probe.model import Limits
from probe.transport import Lane, Network, TransportOptions, WireAnswer, WireRequest, proxy_for
from probe.transport.certificate import read
from probe.transport.fetching import fetch
from probe.transport.options import is_exempt
from tests.loopback import Server, answer, serving
from tests.proxying import proxying

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parents[1] / "certificates"
CA = str(HERE / "ca.pem")
QUICK = Limits(timeout=5.0, connect_timeout=2.0, silence_timeout=2.0)


def context(name: str, **changes: Any) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(HERE / f"{name}.pem")
    for key, value in changes.items():
        setattr(made, key, value)
    return made


async def ask(url: str, *homes: str, **options: Any) -> WireAnswer:
    options.setdefault("environment", {})
    network = Network(TransportOptions(**options))
    network.homes.update(homes)
    lane = Lane(network)
    try:
        return await lane.exchange(WireRequest("GET", url, (("api-key", "CANARY"),)), QUICK, lambda _: 1000)
    finally:
        await lane.aclose()


class TestTls:
    async def test_a_named_authority_is_trusted_and_the_facts_are_recorded(self) -> None:
        async with serving(answer(b"{}"), context("server")) as server:
            seen = await ask(server.url, ca_file=CA)
        assert seen.status_code == 200 and seen.tls is not None and seen.timings.tls is not None
        assert (seen.tls.issuer, seen.tls.verified) == ("CN=Probe Test CA, O=Probe Tests, C=CH", True)
        assert (seen.tls.subject, seen.tls.not_after) == ("CN=localhost, O=Probe Tests, C=CH", "2126-01-01T00:00:00Z")
        assert seen.tls.version.startswith("TLSv1.")

    @pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "ssl_cert_file"])
    async def test_the_environment_names_an_authority(self, name: str) -> None:
        async with serving(answer(b"{}"), context("server")) as server:
            assert (await ask(server.url, environment={name: CA})).status_code == 200

    @pytest.mark.parametrize(
        ("name", "options", "failure", "issuer"),
        [
            ("server", {}, "ssl_unknown_authority", "CN=Probe Test CA, O=Probe Tests, C=CH"),
            ("intercepted", {"ca_file": CA}, "ssl_unknown_authority", "CN=Corporate Inspection CA, O=Probe Tests, C=CH"),
            ("expired", {"ca_file": CA}, "ssl_invalid_certificate", "CN=Probe Test CA, O=Probe Tests, C=CH"),
            ("other-name", {"ca_file": CA}, "ssl_invalid_hostname", "CN=Probe Test CA, O=Probe Tests, C=CH"),
        ],
    )
    async def test_a_certificate_that_is_not_right_has_its_word_and_names_its_issuer(
        self, name: str, options: dict[str, Any], failure: str, issuer: str
    ) -> None:
        async with serving(answer(b"{}"), context(name)) as server:
            seen = await ask(server.url, **options)
        assert (seen.failure, server.calls) == (failure, [])
        assert seen.tls is not None and (seen.tls.issuer, seen.tls.verified) == (issuer, False)

    async def test_an_interception_is_looked_at_once(self) -> None:
        async with serving(answer(b"{}"), context("intercepted")) as server:
            lane = Lane(Network(TransportOptions(environment={})))
            seen = [await lane.exchange(WireRequest("GET", server.url, ()), QUICK, lambda _: 10) for _ in range(3)]
            await lane.aclose()
        assert {one.tls.issuer for one in seen if one.tls} == {"CN=Corporate Inspection CA, O=Probe Tests, C=CH"}

    async def test_insecure_reads_the_certificate_all_the_same(self) -> None:
        async with serving(answer(b"{}"), context("other-name")) as server:
            seen = await ask(server.url, insecure=True)
        assert seen.status_code == 200 and seen.tls is not None
        assert (seen.tls.subject, seen.tls.verified) == ("CN=other.example, O=Probe Tests, C=CH", False)

    async def test_a_client_certificate_is_shown_where_it_is_wanted(self) -> None:
        wanted = context("server", verify_mode=ssl.CERT_REQUIRED)
        wanted.load_verify_locations(CA)
        async with serving(answer(b"{}"), wanted) as server:
            own = str(HERE / "client.pem")
            assert (await ask(server.url, server.url, ca_file=CA, client_cert=own)).status_code == 200
            assert (await ask(server.url, server.url, ca_file=CA, client_cert=own, client_key=own)).status_code == 200
            without = await ask(server.url, server.url, ca_file=CA)
        assert without.failure in ("ssl_failed_handshake", "connection_reset", "eof_error")

    async def test_a_client_certificate_names_its_holder_to_no_other_origin(self) -> None:
        asking = context("server", verify_mode=ssl.CERT_OPTIONAL)
        asking.load_verify_locations(CA)
        shown: list[object] = []

        async def reply(call: Any) -> None:
            shown.append(call.writer.get_extra_info("peercert"))
            await call.send(b"HTTP/1.1 204 No Content\r\n\r\n")

        async with serving(reply, asking) as server:
            own = str(HERE / "client.pem")
            for home in ("https://elsewhere.example", server.url):
                assert (await ask(server.url, home, ca_file=CA, client_cert=own)).status_code == 204
        assert [bool(one) for one in shown] == [False, True]

    async def test_a_plain_port_is_no_tls(self) -> None:
        async def reply(call: Any) -> None:
            await call.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        listener = await asyncio.start_server(
            lambda _r, w: (w.write(b"HTTP/1.1 400 Bad Request\r\n\r\n"), w.close()), "127.0.0.1", 0
        )
        port = listener.sockets[0].getsockname()[1]
        seen = await ask(f"https://127.0.0.1:{port}")
        listener.close()
        assert seen.failure == "ssl_failed_handshake"

    async def test_garbage_is_no_certificate(self) -> None:
        import ssl as library

        der = library.PEM_cert_to_DER_cert(Path(CA).read_text())
        assert read(der)[0] == "CN=Probe Test CA, O=Probe Tests, C=CH"
        assert read(b"") == read(b"\x30\x80") == read(b"\xff" * 50) == ("", "", "")
        assert all(isinstance(read(der[:size] + b"\xff" * 9), tuple) for size in range(len(der)))


class TestProxies:
    async def test_https_goes_through_a_tunnel_that_shows_the_proxy_nothing(self) -> None:
        async with serving(answer(b"{}"), context("server")) as server, proxying() as proxy:
            seen = await ask(server.url, ca_file=CA, proxy=f"http://{proxy.url}")
            assert seen.status_code == 200 and seen.tls is not None and seen.tls.verified
            assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n")
            assert "CANARY" not in "".join(proxy.heads) and "proxy-authorization" not in proxy.heads[0].lower()
            assert seen.remote_address is None

    async def test_plain_http_is_forwarded(self) -> None:
        async with serving(answer(b"{}")) as server, proxying() as proxy:
            assert (await ask(server.url + "/x?y=1", proxy=proxy.url)).status_code == 200
            assert proxy.heads[0].startswith(f"GET {server.url}/x?y=1 HTTP/1.1\r\n")
            assert server.calls[0].path == "/x?y=1"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_a_proxy_gets_its_own_credential_and_the_server_does_not(self, scheme: str) -> None:
        tls = context("server") if scheme == "https" else None
        async with serving(answer(b"{}"), tls) as server, proxying(user="me:p@ss word") as proxy:
            right = await ask(server.url, ca_file=CA, proxy=f"http://me:p%40ss%20word@{proxy.url}")
            wrong = await ask(server.url, ca_file=CA, proxy=f"http://me:wrong@{proxy.url}")
            none = await ask(server.url, ca_file=CA, proxy=f"http://{proxy.url}")
        assert right.status_code == 200
        assert "proxy-authorization" not in server.heads.lower()
        if scheme == "https":
            assert wrong.failure == none.failure == "proxy_authentication_required"
        else:
            assert wrong.status_code == none.status_code == 407

    async def test_a_proxy_that_speaks_tls(self) -> None:
        async with serving(answer(b"{}"), context("server")) as server, proxying(context=context("server")) as proxy:
            seen = await ask(server.url, ca_file=CA, proxy=f"https://{proxy.url}")
            assert seen.status_code == 200, seen
            assert proxy.destinations == [f"127.0.0.1:{server.port}"]

    @pytest.mark.parametrize("user", [None, "me:secret"])
    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_socks(self, scheme: str, user: str | None) -> None:
        tls = context("server") if scheme == "https" else None
        async with serving(answer(b"{}"), tls) as server, proxying("socks5", user=user) as proxy:
            url = server.url.replace("127.0.0.1", "localhost")
            for kind in ("socks5", "socks5h"):
                seen = await ask(url, ca_file=CA, proxy=f"{kind}://{user + '@' if user else ''}{proxy.url}")
                assert seen.status_code == 200, seen
            assert proxy.destinations == [f"localhost:{server.port}"] * 2

    async def test_names_are_left_to_the_proxy(self) -> None:
        async with serving(answer(b"{}")) as server, proxying() as proxy:
            assert (await ask(f"http://only-the-proxy-knows.example:{server.port}/", proxy=proxy.url)).status_code == 200

    @pytest.mark.parametrize(
        ("kind", "reply", "failure"),
        [
            ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "proxy_authentication_required"),
            ("http", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "proxy_failed"),
            ("http", b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n", "proxy_failed"),
            ("http", b"nonsense\r\n\r\n", "http_response_malformed"),
            ("http", b"", "eof_error"),
            ("socks5", b"\x05\xff", "proxy_authentication_required"),
            ("socks5", b"\x04\x00nonsense", "proxy_failed"),
            ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n", "proxy_failed"),
        ],
    )
    async def test_a_proxy_that_fails_has_its_word(self, kind: str, reply: bytes, failure: str) -> None:
        async with proxying(kind, refusal=reply) as proxy:
            scheme = "http" if kind == "http" else "socks5"
            assert (await ask("https://nowhere.example/", proxy=f"{scheme}://{proxy.url}")).failure == failure

    async def test_a_dead_proxy_is_not_bypassed(self) -> None:
        async with serving(answer(b"{}")) as server:
            assert (await ask(server.url, proxy="http://127.0.0.1:1")).failure == "connection_refused"
        assert server.calls == []

    async def test_an_interception_by_the_proxy_names_its_issuer(self) -> None:
        async with serving(answer(b"{}"), context("intercepted")) as server, proxying() as proxy:
            seen = await ask(server.url, proxy=proxy.url)
            assert seen.failure == "ssl_unknown_authority"
            assert seen.tls is not None and "Corporate Inspection CA" in seen.tls.issuer

    @pytest.mark.parametrize(
        ("url", "environment", "chosen"),
        [
            ("https://h.example/", {}, None),
            ("https://h.example/", {"https_proxy": "p:1", "HTTPS_PROXY": "q:2"}, ("http://p:1", "https_proxy")),
            ("https://h.example/", {"HTTPS_PROXY": "http://q"}, ("http://q:80", "HTTPS_PROXY")),
            ("http://h.example/", {"HTTPS_PROXY": "http://q"}, None),
            ("http://h.example/", {"HTTP_PROXY": "http://q:3", "REQUEST_METHOD": "GET"}, None),
            ("http://h.example/", {"http_proxy": "http://q:3", "REQUEST_METHOD": "GET"}, ("http://q:3", "http_proxy")),
            ("https://h.example/", {"ALL_PROXY": "socks5://s"}, ("socks5://s:1080", "ALL_PROXY")),
            ("https://h.example/", {"HTTPS_PROXY": "http://q:3", "NO_PROXY": "example"}, None),
            ("https://h.example/", {"HTTPS_PROXY": "http://q:3", "NO_PROXY": "ample"}, ("http://q:3", "HTTPS_PROXY")),
            ("https://h.example/", {"HTTPS_PROXY": "  "}, None),
            ("https://h.example/", {"HTTPS_PROXY": "http://[::1]:3"}, ("http://[::1]:3", "HTTPS_PROXY")),
        ],
    )
    async def test_the_environment_chooses_as_curl_does(
        self, url: str, environment: dict[str, str], chosen: tuple[str, str] | None
    ) -> None:
        found = proxy_for(url, TransportOptions(environment=environment))
        assert (None if found is None else (found.url, found.source)) == chosen

    async def test_the_option_wins_and_an_empty_one_means_none(self) -> None:
        environment = {"HTTPS_PROXY": "http://q:3"}
        found = proxy_for("https://h.example/", TransportOptions(proxy="http://u:p@x:9", environment=environment))
        assert found is not None and (found.url, found.source, found.auth) == ("http://x:9", "--proxy", ("u", "p"))
        assert proxy_for("https://h.example/", TransportOptions(proxy="", environment=environment)) is None

    @pytest.mark.parametrize("text", ["ftp://p:1", "http://", "http://p:port", "socks4://p:1", "http://user:CANARY@", "http//p:1"])
    async def test_what_is_no_proxy_is_said_without_its_password(self, text: str) -> None:
        with pytest.raises(UsageError) as caught:
            proxy_for("https://h.example/", TransportOptions(proxy=text))
        assert "CANARY" not in str(caught.value)

    @pytest.mark.parametrize(
        ("host", "port", "no_proxy", "is_free"),
        [
            ("a.b.example", 443, "b.example", True),
            ("a.b.example", 443, ".b.example", True),
            ("a.b.example", 443, "*.b.example", True),
            ("b.example", 443, ".b.example", True),
            ("xb.example", 443, "b.example", False),
            ("a.example", 443, "*", True),
            ("a.example", 443, "a.example:443", True),
            ("a.example", 443, "a.example:80", False),
            ("10.1.2.3", 443, "10.0.0.0/8", True),
            ("11.1.2.3", 443, "10.0.0.0/8", False),
            ("::1", 80, "::1", True),
            ("::1", 80, "[::1]:80", True),
            ("fd00::5", 80, "fd00::/8", True),
            ("A.Example.", 443, "x, a.example", True),
            ("a.example", 443, "", False),
            ("a.example", 443, " , ,", False),
            ("a.example", 443, "10.0.0.0/99", False),
        ],
    )
    async def test_no_proxy_exempts_hosts(self, host: str, port: int, no_proxy: str, is_free: bool) -> None:
        assert is_exempt(host, port, no_proxy) is is_free

    async def test_a_link_to_an_inner_address_is_refused_before_the_proxy_is_asked(self) -> None:
        from probe.facts.addresses import AddressClass

        async with proxying() as proxy:
            lane = Lane(Network(TransportOptions(proxy=proxy.url)))
            for host in ("10.0.0.1", "169.254.169.254", "localhost", "0x7f.1"):
                order = WireRequest("GET", f"http://{host}/", (), allowed=frozenset({AddressClass.PUBLIC}))
                assert (await lane.exchange(order, QUICK, lambda _: 10)).failure == "address_refused"
            await lane.aclose()
            assert proxy.heads == []


async def test_six_is_asked_where_six_is_wanted() -> None:
    try:
        running = serving(answer(b"{}"), host="::1")
        async with running as server:
            assert (await ask(server.url)).remote_address == f"[::1]:{server.port}"
            assert (
                await ask(f"http://localhost:{server.port}", family=6, resolve=(("localhost", server.port, "::1"),))
            ).status_code == 200
            assert (await ask(server.url, family=4)).failure in ("dns_nxdomain_error", "dns_non_recoverable_failure")
    except OSError:
        pytest.skip("no IPv6 on this machine")


class TestFetch:
    async def run(self, server: Server, path: str = "/", size: int = 100) -> bytes:
        return await asyncio.to_thread(fetch, server.url + path, size, TransportOptions(environment={}))

    async def test_a_document_is_fetched_and_a_redirect_followed(self) -> None:
        async def reply(call: Any) -> None:
            await call.send(answer(b"spec") if call.path == "/there" else answer(b"", "302 Found", "Location: /there"))

        async with serving(reply) as server:
            assert await self.run(server) == b"spec"
            assert "api-key" not in server.heads.lower()

    @pytest.mark.parametrize(
        ("reply", "message"),
        [
            (answer(b"", "404 Not Found"), "the server answered 404"),
            (answer(b"x" * 101), "larger than 100 bytes"),
            (answer(b"", "302 Found", "Location: /"), "the server answered 302"),
            (answer(b"", "302 Found", "Location: file:///etc/passwd"), "cannot be fetched"),
            (answer(b"", "302 Found", "Location: http://127.0.0.1:99999/"), "cannot be fetched"),
            (answer(b"", "302 Found", "Location: http://[::zz]/"), "cannot be fetched"),
            (answer(b"", "302 Found", "Location: http://169.254.169.254/"), "address_refused"),
            (b"nonsense\r\n\r\n", "http_response_malformed"),
        ],
    )
    async def test_anything_else_is_the_users_mistake(self, reply: bytes, message: str) -> None:
        async with serving(reply) as server:
            with pytest.raises(UsageError, match=message):
                await self.run(server)

    @pytest.mark.parametrize("host", ["127.0.0.1:1", "127.0.0.1:99999", "[::zz]"])
    async def test_a_url_with_a_password_is_not_repeated(self, host: str) -> None:
        with pytest.raises(UsageError) as caught:
            await asyncio.to_thread(fetch, f"http://me:CANARY@{host}/", 100)
        assert "CANARY" not in str(caught.value)
