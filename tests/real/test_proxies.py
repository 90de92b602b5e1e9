"""Real squid, tinyproxy and mitmproxy between probe and its target: each way to fail names the proxy and the hop."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import probe
from tests.real.servers import free_port, serving

pytestmark = pytest.mark.real

needs_squid = pytest.mark.skipif(shutil.which("squid") is None, reason="squid is not installed")
needs_mitmproxy = pytest.mark.skipif(shutil.which("mitmdump") is None, reason="mitmdump is not installed (pip install mitmproxy)")
needs_tinyproxy = pytest.mark.skipif(shutil.which("tinyproxy") is None, reason="tinyproxy is not installed")
HTTPS, HTTP = "https://lab.invalid", "http://lab.invalid"


@contextmanager
def squid(folder: Path, rules: str) -> Iterator[str]:
    port = free_port()
    folder.chmod(0o777)
    config = folder / "squid.conf"
    config.write_text(
        f"http_port 127.0.0.1:{port}\npid_filename none\ncache deny all\naccess_log none\ncache_log {folder}/cache.log\n"
        f"coredump_dir {folder}\nshutdown_lifetime 0 seconds\nvisible_hostname gate.corp\nnetdb_filename none\n{rules}\n"
    )
    with serving(["squid", "-N", "-f", str(config)], port, folder):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def tinyproxy(folder: Path, rules: str = "") -> Iterator[str]:
    port = free_port()
    config = folder / "tinyproxy.conf"
    config.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 5\nMaxClients 20\nLogLevel Error\n{rules}\n")
    with serving(["tinyproxy", "-d", "-c", str(config)], port, folder):
        yield f"http://127.0.0.1:{port}"


def scan(folder: Path, target: str, proxy: str) -> tuple[str, set[str]]:
    done = probe(
        *("scan", "--target", f"lab={target}", "--provider", "azure", "--key-env", "K", "--only", "azure.sora1.list*", "-x", proxy),
        *("--json", "--retries", "0", "-o", str(folder / "reports")),
        folder=folder,
        K="key-5f0c2e7a91d84b36",
    )
    report = json.loads(done.out)
    return report["headline"], {one["diagnosis"] for one in report["verdicts"]}


@needs_squid
@pytest.mark.parametrize(("target", "code"), [(HTTPS, "proxy-refused"), (HTTP, "proxy-refused")])
def test_squid_that_denies_is_named(tmp_path: Path, target: str, code: str) -> None:
    with squid(tmp_path, "http_access deny all") as proxy:
        headline, codes = scan(tmp_path, target, proxy)
    assert code in codes and proxy[7:] in headline and headline.startswith("Blocked") and "ERR_ACCESS_DENIED" in headline


@needs_squid
def test_squid_that_finds_no_host_is_named(tmp_path: Path) -> None:
    with squid(tmp_path, "http_access allow all") as proxy:
        for target in (HTTPS, HTTP):
            headline, codes = scan(tmp_path, target, proxy)
            assert "proxy-failed" in codes and proxy[7:] in headline, headline


@needs_squid
def test_squid_that_wants_a_password_is_named(tmp_path: Path) -> None:
    rules = "auth_param basic program /bin/true\nacl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all"
    with squid(tmp_path, rules) as proxy:
        for target in (HTTPS, HTTP):
            headline, codes = scan(tmp_path, target, proxy)
            assert "proxy-auth-required" in codes and proxy[7:] in headline, headline


@needs_mitmproxy
def test_mitmproxy_that_wants_a_password_is_named_without_one_and_with_a_wrong_one(tmp_path: Path) -> None:
    port = free_port()
    command = [
        "mitmdump",
        "--listen-host",
        "127.0.0.1",
        "-p",
        str(port),
        "--set",
        f"confdir={tmp_path}",
        "--proxyauth",
        "a:b",
        "-q",
    ]
    with serving(command, port, tmp_path):
        for given in ("", "a:wrong-word@"):
            for target in (HTTPS, HTTP):
                headline, codes = scan(tmp_path, target, f"http://{given}127.0.0.1:{port}")
                assert codes == {"proxy-auth-required"} and f"127.0.0.1:{port}" in headline, headline
                assert "wrong-word" not in headline


@needs_tinyproxy
def test_tinyproxy_with_a_dead_upstream_is_named(tmp_path: Path) -> None:
    with tinyproxy(tmp_path, f"Upstream http 127.0.0.1:{free_port()}") as proxy:
        for target in (HTTPS, HTTP):
            headline, codes = scan(tmp_path, target, proxy)
            assert "proxy-failed" in codes and proxy[7:] in headline, headline


@needs_tinyproxy
def test_tinyproxy_that_filters_is_named(tmp_path: Path) -> None:
    (tmp_path / "filter").write_text("lab.invalid\n")
    with tinyproxy(tmp_path, f'Filter "{tmp_path}/filter"') as proxy:
        for target in (HTTPS, HTTP):
            headline, codes = scan(tmp_path, target, proxy)
            assert "proxy-refused" in codes and proxy[7:] in headline, headline


def test_a_dead_proxy_is_named(tmp_path: Path) -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    headline, codes = scan(tmp_path, HTTPS, proxy)
    assert codes == {"proxy-unreachable"} and proxy[7:] in headline
