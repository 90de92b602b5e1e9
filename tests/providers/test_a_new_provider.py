"""A provider is one file and one line: what it says is honoured by variables, catalogue, plan, wire and command line."""

from __future__ import annotations

import asyncio
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import probe.simulator
from probe.catalogue import load
from probe.catalogue.fields import schema
from probe.cli.described import Wish
from probe.cli.targets import choose
from probe.errors import UsageError
from probe.model import Answer
from probe.pipeline import Scan, ScanOrder, Scope
from probe.providers import PROVIDERS, normalise, provider_of
from probe.transport import TransportOptions

FILE = """
from probe.model import AuthForm, CredentialKind
from probe.providers.base import Provider

ACME = Provider(
    name="acme",
    title="Acme Video",
    host_suffixes=("api.acme.example",),
    prefixes=("/acme/v2",),
    auth_forms=((AuthForm.API_KEY, CredentialKind.KEY),),
    key_variables=("ACME_KEY",),
    url_variables=("ACME_URL",),
    version_variables=("ACME_VERSION",),
    default_url="https://api.acme.example",
    portal_hosts=("console.acme.example",),
    copy_instead="Acme's API is at https://api.acme.example",
    extra_headers=(("Acme-Team", "ACME_TEAM"),),
)
"""
CATALOGUE = """
version: 1
updated: 2026-11-20
surfaces:
  acme: {provider: acme, prefix: /acme/v2, api_version: unused}
endpoints:
  - id: acme.clip
    artefact: generic-video
    role: download
    request: GET /acme/v2/clips/{job_id}
    sources: [{at: "https://acme.example/docs", read: 2026-11-20}]
"""
CLIP = (Path(probe.simulator.__file__).parent / "media" / "clip.mp4").read_bytes()


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "acme_provider.py").write_text(FILE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(PROVIDERS, "acme", "acme_provider:ACME")
    yield tmp_path
    sys.modules.pop("acme_provider", None)


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_right = (
            self.headers["api-key"] == "k" * 20 and self.headers["Acme-Team"] == "blue" and self.path.endswith("/clips/task_1")
        )
        body = CLIP if is_right else b'{"error": {"message": "no"}}'
        self.send_response(200 if is_right else 404)
        self.send_header("Content-Type", "video/mp4" if is_right else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


def test_a_scan_of_a_new_provider_finds_its_route(acme: Path) -> None:
    (acme / "acme.yaml").write_text(CATALOGUE)
    catalogue = load([str(acme / "acme.yaml")])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        env = {"ACME_URL": f"http://127.0.0.1:{server.server_port}/acme/v2/", "ACME_KEY": "k" * 20, "ACME_TEAM": "blue"}
        chosen = choose(Wish(ids=("task_1",)), env, catalogue.artefacts)
        options = TransportOptions(proxy="", environment={})
        order = ScanOrder(catalogue, chosen.targets, Scope(), chosen.secrets, chosen.headers, options, root=acme)
        scan = Scan.start(order)
        asyncio.run(scan.run())
        scan.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    report = scan.report()
    assert report.answer is Answer.WORKS
    assert [one.split("/")[1] for one in report.working] == ["acme.clip@none"]


def test_its_hosts_variables_and_portal_are_known_everywhere(acme: Path) -> None:
    assert provider_of("eu.api.acme.example") == "acme"
    (target,) = choose(Wish(), {"ACME_KEY": "k" * 20}, ()).targets
    assert (target.provider, target.base_url, target.credentials[0].variable) == ("acme", "https://api.acme.example", "ACME_KEY")
    (target,) = choose(Wish(), {"ACME_URL": "https://x.example", "ACME_VERSION": "2"}, ()).targets
    assert (target.base_url, target.api_version) == ("https://x.example", "2")
    with pytest.raises(UsageError, match="a web site of Acme Video"):
        normalise("https://console.acme.example/clips/7")
    assert '"acme"' in str(schema()).replace("'", '"')
