"""Corporate networks through the whole command: certificates, proxies, addresses; and what `probe doctor` says of each."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from probe.formats import FORMATS
from probe.simulator import running
from tests.desk import KEY, call, furnish, newest_run
from tests.hostile.tricks import MP4
from tests.loopback import Call, Server, answer, serving
from tests.proxying import Proxy, proxying

HERE = Path(__file__).parents[1] / "certificates"
CA = str(HERE / "ca.pem")
MODELS = answer(b'{"object":"list","data":[]}')


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return furnish(tmp_path, monkeypatch)


def tls(name: str, **changes: Any) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(HERE / f"{name}.pem")
    made.load_verify_locations(CA)
    for key, value in changes.items():
        setattr(made, key, value)
    return made


@contextmanager
def service(context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Server]:
    """A service in a thread of its own that has the clip, a list of models, and nothing else."""

    async def reply(call: Call) -> None:
        path = call.path.partition("?")[0]
        missing = answer(b'{"error":{"code":"404","message":"Resource not found"}}', "404 Not Found")
        known = {"/openai/v1/clips/task_1": answer(MP4, media_type="video/mp4"), "/openai/v1/models": MODELS}
        await call.send(known.get(path, missing))

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(reply, context, host)) as server:
        yield server


@contextmanager
def proxy(**options: Any) -> Iterator[Proxy]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(proxying(**options)) as one:
        yield one


@contextmanager
def demanding(version: ssl.TLSVersion) -> Iterator[int]:
    """A port that ends every handshake without a client certificate by an alert, as nginx does; asyncio resets it."""
    context = tls("server", verify_mode=ssl.CERT_REQUIRED, minimum_version=version, maximum_version=version)

    def serve() -> None:
        with suppress(OSError):  # the listener was closed: the end
            while True:
                with listener.accept()[0] as raw, suppress(OSError):
                    met = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
                    with met:
                        with suppress(ssl.SSLError):
                            met.do_handshake()
                        met.shutdown(socket.SHUT_WR)
                        while socket.socket.recv(met, 4096):  # what is left unread would turn the alert into a reset
                            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def scan(url: str, *more: str) -> tuple[int, dict[str, str]]:
    """Scan a service for its clip in every format; returns the exit code and the content of each file."""
    formats = [part for name in FORMATS if name != "terminal" for part in ("-f", name)]
    base = ("scan", "--catalogue", "small.yaml", "--target", f"lab={url}", "--provider", "azure", "--retries", "0")
    code = call(*base, "--id", "task_1", "--connect-timeout", "1", *formats, *more)
    content = {one.name: one.read_text(encoding="utf-8") for one in newest_run().iterdir()}
    assert KEY not in str(content)
    return code, content


class TestScan:
    def test_a_named_authority_is_trusted_and_none_is_not(self, desk: Path) -> None:
        with service(tls("server")) as server:
            assert scan(server.url, "--cacert", CA)[0] == 0
            code, content = scan(server.url)
        assert code == 3
        assert "Probe Test CA" in content["report.md"]
        assert "ssl_unknown_authority" in content["report.json"]

    def test_a_client_certificate_is_shown_where_it_is_wanted(self, desk: Path) -> None:
        own = str(HERE / "client.pem")
        with service(tls("server", verify_mode=ssl.CERT_REQUIRED)) as server:
            assert scan(server.url, "--cacert", CA, "--cert", own)[0] == 0
            assert scan(server.url, "--cacert", CA, "--cert", own, "--key", own)[0] == 0
            assert scan(server.url, "--cacert", CA)[0] == 3

    @pytest.mark.parametrize(("version", "code"), [("TLSv1_3", "client-certificate-wanted"), ("TLSv1_2", "tls-failed")])
    def test_a_client_certificate_that_is_missing_is_named(self, desk: Path, version: str, code: str) -> None:
        with demanding(ssl.TLSVersion[version]) as port:
            assert scan(f"https://127.0.0.1:{port}", "--cacert", CA)[0] == 3
        told = json.loads((newest_run() / "report.json").read_text("utf-8"))
        main = next(one for one in told["verdicts"] if one["probe_id"] == told["main"])
        assert main["diagnosis"] == code and "client-certificate-wanted" in (code, *main["alternatives"])

    def test_unchecked_certificates_are_announced(self, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with service(tls("expired")) as server:
            code, content = scan(server.url, "-k")
        assert code == 0
        assert json.loads(content["evidence.json"])["vantage"]["verify_tls"] is False
        for name in ("report.md", "report.html"):
            assert "TLS checked" in content[name], name
        assert "certificates are not checked" in capfd.readouterr().err

    def test_a_name_is_resolved_as_told(self, desk: Path) -> None:
        with service() as server:
            code, _content = scan(f"http://contoso.example:{server.port}", "--resolve", f"contoso.example:{server.port}:127.0.0.1")
            assert server.calls[0].header("host") == f"contoso.example:{server.port}"
        assert code == 0

    def test_only_the_wanted_kind_of_address_is_used(self, desk: Path) -> None:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("no IPv6 loopback here")
        with service(host="::1") as server:
            fixed = ("--resolve", f"localhost:{server.port}:::1")
            assert [scan(f"http://localhost:{server.port}", option, *fixed)[0] for option in ("-6", "-4")] == [0, 3]

    def test_an_address_of_version_six_is_asked_through_a_proxy(self, desk: Path) -> None:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("no IPv6 loopback here")
        with ExitStack() as stack:
            secure, plain = stack.enter_context(service(tls("server"), "::1")), stack.enter_context(service(host="::1"))
            between = stack.enter_context(proxy())
            assert scan(plain.url, "-x", between.url)[0] == 0
            assert scan(secure.url, "-x", between.url, "-k")[0] == 0
        assert {f"[::1]:{plain.port}", f"[::1]:{secure.port}"} == set(between.destinations)

    @pytest.mark.parametrize("context", [None, "server"])
    def test_a_proxy_is_used_with_its_password_and_named_with_its_source(
        self, context: str | None, desk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with service(tls(context) if context else None) as server, proxy(user="me:CANARY-proxy-pass") as between:
            variable = "HTTPS_PROXY" if context else "HTTP_PROXY"
            monkeypatch.setenv(variable, f"http://me:CANARY-proxy-pass@{between.url}")
            code, content = scan(server.url, "--cacert", CA)
            assert between.heads
            assert "CANARY" not in str(content)
            assert f"http://{between.url} {variable}" in content["report.md"]
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            count = len(between.heads)
            assert scan(server.url, "--cacert", CA)[0] == 0
            assert len(between.heads) == count
            monkeypatch.delenv("NO_PROXY")
            assert scan(server.url, "--cacert", CA, "-x", between.url)[0] == 3
            assert "proxy-authorization" not in server.heads.lower()
        assert code == 0


def examine(capfd: pytest.CaptureFixture[str], url: str, *more: str) -> tuple[int, dict[str, Any]]:
    """Let the doctor look at a target; returns exit code and its lines by subject."""
    capfd.readouterr()
    base = ("doctor", "--catalogue", "small.yaml", "--target", f"lab={url}", "--provider", "azure", "--connect-timeout", "1")
    code = call(*base, "--json", *more)
    out, err = capfd.readouterr()
    assert KEY not in out + err
    lines = {one["subject"]: one for one in json.loads(out)}
    for one in lines.values():
        assert one["remedy"] or one["state"] in ("ok", "unknown"), f"{one}: no remedy"
    return code, lines


class TestDoctor:
    def test_all_is_well(self, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with service(tls("server")) as server:
            code, lines = examine(capfd, server.url, "--cacert", CA)
        assert code == 0
        assert (lines["TCP"]["state"], lines["credentials"]["state"]) == ("ok", "ok")
        assert "AZURE_OPENAI_API_KEY" in lines["credentials"]["seen"]
        assert "Probe Test CA" in lines["TLS"]["seen"]

    @pytest.mark.parametrize(
        ("name", "options", "failure", "issuer", "remedy"),
        [
            ("server", (), "ssl_unknown_authority", "Probe Test CA", "--cacert"),
            ("intercepted", ("--cacert", CA), "ssl_unknown_authority", "Corporate Inspection CA", "--cacert"),
            ("expired", ("--cacert", CA), "ssl_invalid_certificate", "Probe Test CA", "expired"),
            ("other-name", ("--cacert", CA), "ssl_invalid_hostname", "other.example", "name"),
        ],
    )
    def test_a_certificate_that_is_not_right_shows_who_issued_it(
        self,
        name: str,
        options: tuple[str, ...],
        failure: str,
        issuer: str,
        remedy: str,
        desk: Path,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        with service(tls(name)) as server:
            code, lines = examine(capfd, server.url, *options)
        assert code == 3
        assert lines["TLS"]["state"] == "fail"
        assert failure in lines["TLS"]["seen"]
        assert issuer in lines["TLS"]["seen"]
        assert remedy in lines["TLS"]["remedy"]

    @pytest.mark.parametrize("context", [None, "server"])
    def test_a_dead_proxy_and_one_that_wants_a_password(
        self, context: str | None, desk: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with service(tls(context) if context else None) as server, proxy(user="me:secret") as between:
            code, lines = examine(capfd, server.url, "-x", "http://127.0.0.1:9", "--cacert", CA)
            assert code == 3
            assert lines["proxy"]["state"] == "fail"
            assert "127.0.0.1:9" in lines["proxy"]["seen"] and "connection_refused" in lines["proxy"]["seen"]
            code, lines = examine(capfd, server.url, "-x", between.url, "--cacert", CA)
            assert code == 3
            assert lines["proxy"]["state"] == "fail"
            assert "password" in lines["proxy"]["remedy"]

    def test_a_name_that_does_not_exist(self, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
        code, lines = examine(capfd, "https://nonexistent.invalid")
        assert code == 3
        assert (lines["DNS"]["state"], "nonexistent.invalid" in lines["DNS"]["seen"]) == ("fail", True)

    def test_a_port_where_nobody_listens(self, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
        code, lines = examine(capfd, "http://127.0.0.1:9")
        assert (code, lines["TCP"]["state"]) == (3, "fail")

    def test_a_clock_that_is_wrong(self, desk: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        with running("clock-skew") as server:
            monkeypatch.setenv("AZURE_OPENAI_API_KEY", server.world.key)
            code, lines = examine(capfd, server.url, "--catalogue", "default")
        assert (code, lines["clock"]["state"]) == (0, "warn")
        assert "-7200" in lines["clock"]["seen"] or "-7199" in lines["clock"]["seen"]

    def test_a_key_that_is_wrong(self, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with running("wrong-key") as server:
            code, lines = examine(capfd, server.url, "--catalogue", "default")
        assert (code, lines["key"]["state"]) == (3, "fail")

    def test_no_key_at_all(self, desk: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AZURE_OPENAI_API_KEY")
        with service() as server:
            code, lines = examine(capfd, server.url)
        assert (code, lines["credentials"]["state"]) == (3, "fail")

    def test_the_page_for_people_is_one_line_each(self, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with service() as server:
            assert call("doctor", "--target", f"lab={server.url}", "--provider", "azure") == 0
        lines = capfd.readouterr().out.splitlines()
        assert lines[0] == "lab"
        assert all(line.startswith("  ") for line in lines[1:])


class TestFleet:
    def test_each_target_of_a_file_has_its_own_way_if_the_file_is_trusted(
        self, desk: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        (desk / "certificates").mkdir()
        (desk / "certificates" / "own.pem").write_bytes(Path(CA).read_bytes())
        with service(tls("server")) as secure, service() as plain, proxy() as between:
            ways = {
                "known": (secure.url, "cacert: certificates/own.pem"),
                "unchecked": (secure.url, "insecure: true"),
                "unknown": (secure.url, "retries: 0"),
                "proxied": (plain.url, f"proxy: '{between.url}'"),
                "placed": (f"http://contoso.example:{plain.port}", f"resolve: ['contoso.example:{plain.port}:127.0.0.1']"),
                "direct": (plain.url, "proxy: ''"),
            }
            lines = [f"- {{name: {name}, url: '{url}', provider: azure, {own}}}\n" for name, (url, own) in ways.items()]
            (desk / "fleet.yaml").write_text("".join(lines), encoding="utf-8")
            base = ("scan", "--catalogue", "small.yaml", "--targets", "fleet.yaml", "--id", "task_1", "--retries", "0")
            assert call(*base) == 2
            said = capfd.readouterr().err
            assert "a file decides where a credential goes and how requests travel:" in said
            assert f"  insecure true -> {secure.url}, named by fleet.yaml:2" in said
            assert f"  proxy http://{between.url} -> {plain.url}, named by fleet.yaml:4" in said
            assert not secure.calls and not plain.calls
            assert call(*base, "--trust", "fleet.yaml") == 0
            assert "warning: unchecked: certificates are not checked (insecure)" in capfd.readouterr().err
            assert set(between.destinations) == {f"127.0.0.1:{plain.port}"}
            run, count = newest_run(), len(plain.calls)
            journal = run / "journal.jsonl"
            lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
            lost = [line for line in lines if '"ended_at"' in line[:20] or ('"observation"' in line[:20] and '"placed/' in line)]
            journal.write_text("".join(line for line in lines if line not in lost), encoding="utf-8")
            again = ("scan", "--resume", str(run), "--catalogue", "small.yaml", "--retries", "0")
            assert call(*again) == 2
            assert "give it again with --targets FILE" in capfd.readouterr().err
            assert call(*again, "--id", "task_1", "--targets", "fleet.yaml", "--trust", "fleet.yaml") == 0
            assert {one.header("host") for one in plain.calls[count:]} == {f"contoso.example:{plain.port}"}
            assert len(lost) > 1
        evidence = json.loads((newest_run() / "evidence.json").read_text(encoding="utf-8"))
        report = json.loads((run / "report.json").read_text(encoding="utf-8"))
        assert {one["target"] for one in report["working"]} == set(ways) - {"unknown"}
        assert dict(map(tuple, evidence["targets"][0]["network"])) == {"cacert": "certificates/own.pem"}
        assert evidence["vantage"]["verify_tls"] is False
        assert "; unchecked: insecure true; unknown: retries 0; proxied: proxy http://" in (run / "report.md").read_text(
            encoding="utf-8"
        )
