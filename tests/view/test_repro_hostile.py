"""Two-step commands take their link from a live answer: they stay safe when that answer is meant to do harm."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from probe.model import AuthForm
from probe.view.page import View
from probe.view.repro import commands
from tests.scanning import scan, world
from tests.view.test_repro import MP4, each_language, embedded, linked, run

PLACES = ("$.data[0].url", "header:Location", "header:Operation-Location")
WORLDS = ("sora1", "sora2", "redirect", "redirect-blob", "redirect-other-origin", "generic", "location-header")
LINKS = ("-Kconfig", "-oPWNED", "file:///etc/passwd", "\\\\host\\share", "FILE:/etc/passwd", "gopher://127.0.0.1/x", "", "@config")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@dataclass
class Hostile:
    """A server whose answer names `link`, or that of `links` for its path; `seen` are each path, and whether it came with a key."""

    url: str = ""
    link: str = ""
    links: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, bool]] = field(default_factory=list)


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    server = Hostile()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.seen.append((self.headers["host"].partition(":")[0] + self.path, "api-key" in self.headers))
            named = server.links.get(self.path, server.link)
            link, is_json = named.encode("latin-1", "replace").decode("latin-1"), self.path.endswith("/json")
            self.send_response(302 if is_json and named != server.url else 200)
            if is_json:
                self.send_header("Location", link)
                self.send_header("Operation-Location", link)
            body = json.dumps({"data": [{"url": named}]}).encode() if is_json else MP4
            body = json.dumps({"data": [{"b64_json": server.link}]}).encode() if self.path == "/image" else body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    listening.shutdown()
    thread.join()
    listening.server_close()


@each_language
@pytest.mark.parametrize("found_in", PLACES)
@pytest.mark.parametrize("auth", [AuthForm.NONE, AuthForm.API_KEY])
def test_a_hostile_link_reads_no_file_and_is_no_option(
    language: str, found_in: str, auth: AuthForm, hostile: Hostile, tmp_path: Path
) -> None:
    """Each link has a command in a folder of its own; all run in one process."""
    hostile.links = {f"/{number}/json": link for number, link in enumerate(LINKS)}
    for number in range(len(LINKS)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "config").write_text('output = "PWNED"\nurl = "file:///etc/passwd"\n')
    views = [linked(found_in, auth, f"{hostile.url}/{number}") for number in range(len(LINKS))]
    texts = [commands(view, view.by_id["p+link1"])[language] for view in views]
    done = run(language, in_folders(language, texts), tmp_path, AZURE_OPENAI_API_KEY="k3y")
    assert done.stdout.count("ended\n") == len(LINKS), done.stderr
    assert {host for host, _has_key in hostile.seen} >= {f"127.0.0.1/{number}/json" for number in range(len(LINKS))}
    for number, link in enumerate(LINKS):
        files = {one.name: one.read_bytes() for one in (tmp_path / str(number)).iterdir()}
        assert files.keys() <= {"config", "video.mp4"}, link
        assert b"root:" not in files.get("video.mp4", b""), link
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(map(str, range(len(LINKS))))
    assert all(host.startswith("127.0.0.1/") for host, _has_key in hostile.seen)


def in_folders(language: str, texts: Sequence[str]) -> str:
    """One script that runs each command in the folder of its number, goes on where one fails, and prints when each ended."""
    if language == "curl":
        return "\n".join(f"( cd {number} || exit\n{text}\n)\necho ended" for number, text in enumerate(texts))
    return f"""import os, traceback
top = os.getcwd()
for number, text in enumerate({list(texts)!r}):
    os.chdir(os.path.join(top, str(number)))
    try:
        exec(text, {{"__name__": "__main__"}})
    except BaseException:
        traceback.print_exc()
    print("ended", flush=True)
"""


@each_language
@pytest.mark.parametrize("found_in", PLACES)
@pytest.mark.parametrize("auth", [AuthForm.NONE, AuthForm.API_KEY])
def test_a_link_to_another_origin_never_gets_the_key(
    language: str, found_in: str, auth: AuthForm, hostile: Hostile, tmp_path: Path
) -> None:
    hostile.link = hostile.url.replace("127.0.0.1", "localhost") + "/stolen"
    view = linked(found_in, auth, hostile.url)
    run(language, commands(view, view.by_id["p+link1"])[language], tmp_path, AZURE_OPENAI_API_KEY="k3y")
    assert ("127.0.0.1/json", True) in hostile.seen
    assert ("localhost/stolen", True) not in hostile.seen


@each_language
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_an_embedded_artefact_is_decoded_into_the_file(language: str, prefix: str, hostile: Hostile, tmp_path: Path) -> None:
    hostile.link = prefix + base64.b64encode(PNG).decode()
    view = embedded(hostile.url)
    done = run(language, commands(view, view.sent[0])[language], tmp_path, AZURE_OPENAI_API_KEY="k3y")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "image.png").read_bytes() == PNG


@each_language
@pytest.mark.parametrize(
    "name", ["sora1", "sora2", "redirect", "redirect-blob", "redirect-other-origin", "generic", "location-header"]
)
def test_the_command_of_a_scan_downloads_the_artefact(language: str, name: str, tmp_path: Path) -> None:
    with world(name) as server:
        report = scan(server, tmp_path / "runs").report
        view = View(report)
        assert view.chosen is not None
        text = commands(view, view.chosen)[language]
        done = run(language, text, tmp_path, K=server.world.key or "none")
    assert done.returncode == 0, text + done.stderr
    assert b"ftyp" in (tmp_path / "video.mp4").read_bytes()[:12]


def test_no_command_needs_a_curl_newer_than_that_of_ubuntu_22_04() -> None:
    for found_in in PLACES:
        view = linked(found_in, AuthForm.API_KEY, "https://contoso.openai.azure.com")
        text = commands(view, view.by_id["p+link1"])["curl"]
        assert "%header" not in text
        assert '--proto =http,https --url "$link"' in text


def test_a_command_runs_nothing_that_lies_in_the_folder(hostile: Hostile, tmp_path: Path) -> None:
    """A folder of downloads may hold a `json.py`."""
    for name in ("json", "functools", "base64", "urllib"):
        (tmp_path / f"{name}.py").write_text("open('PWNED', 'w')\n")
    hostile.link = hostile.url + "/file"
    view = linked(PLACES[0], AuthForm.NONE, hostile.url)
    done = run("curl", commands(view, view.by_id["p+link1"])["curl"], tmp_path)
    hostile.link = base64.b64encode(PNG).decode()
    run("curl", commands(embedded(hostile.url), embedded(hostile.url).sent[0])["curl"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "PWNED").exists()
    assert {"video.mp4", "image.png"} <= {one.name for one in tmp_path.iterdir()}


@pytest.mark.parametrize("auth", [AuthForm.NONE, AuthForm.API_KEY])
def test_a_header_that_is_no_web_link_is_neither_followed_nor_shown(auth: AuthForm, hostile: Hostile, tmp_path: Path) -> None:
    """A newer curl reads `--url @FILE`, and takes a host for http."""
    for link in ("@config", hostile.url.removeprefix("http://") + "/other\x1b]0;owned\x07"):
        hostile.link = link
        view = linked("header:Operation-Location", auth, hostile.url)
        done = run("curl", commands(view, view.by_id["p+link1"])["curl"], tmp_path, AZURE_OPENAI_API_KEY="k3y")
        assert done.returncode != 0 and "\x1b" not in done.stderr
    assert {path for path, _has_key in hostile.seen} == {"127.0.0.1/json"}
