"""Commands are run as a reader would run them, against a server that records what reached it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from probe.frozen import replace
from probe.model import (
    AuthForm,
    Credential,
    CredentialKind,
    Diagnosis,
    Embedded,
    Link,
    Outcome,
    Probe,
    Purpose,
    Report,
    Role,
    Target,
    Verdict,
)
from probe.view.call import Variable, keys_of
from probe.view.page import View
from probe.view.repro import commands
from tests import factories as make
from tests.formats.hostile_text import HOSTILE, MARKDOWN, PATHS
from tests.formats.rich import rich_report

MP4 = b"\x00\x00\x00\x18ftypisom" + b"\x00" * 100
needs_curl = pytest.mark.skipif(shutil.which("curl") is None or os.name == "nt", reason="curl in a POSIX shell is not installed")
PATH_TEXTS = (
    *PATHS,
    *MARKDOWN[:6],
    "it's",
    "a b",
    "*?[1-9]{a,b}",
    "%2F..%2F",
    "é/日本",
    "$HOME",
    "!!",
    "\\n",
    "a&b",
    "a;b",
    'q"q',
    "x#y",
)


@dataclass
class Server:
    """A loopback server: it answers every path with MP4 bytes, `/json` with a link, `/moved` with another host."""

    url: str = ""
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            body = (
                json.dumps({"data": [{"odd 'key'": f"{server.url}/blob?sig=fresh"}]}).encode()
                if self.path.startswith("/json")
                else MP4
            )
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header(
                "Location",
                f"{server.url.replace('127.0.0.1', 'localhost')}/stolen"
                if self.path == "/moved"
                else f"{server.url}/blob?sig=fresh",
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_POST = do_GET

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


def report_of(probe: Probe, target: Target | None = None, *more: Probe) -> Report:
    seen = [(one, make.observation(one, make.mp4_response())) for one in (probe, *more)]
    evidence = make.evidence(*seen, targets=(target or make.target(),))
    return replace(rich_report(), evidence=evidence, verdicts=(), working=(probe.id,), failing_url_probe=None)


def made(probe: Probe, target: Target | None = None) -> dict[str, str]:
    view = View(report_of(probe, target))
    return commands(view, view.by_id[probe.id])


def run(language: str, text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", text] if language == "curl" else [sys.executable, "-c", text]
    environment = {"PATH": os.environ["PATH"], "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""), "NO_PROXY": "*", **variables}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=20, check=False)


def linked(found_in: str, auth: AuthForm, url: str) -> View:
    """A download behind a link, whose signature is masked, that the answer of `/json` named at `found_in`."""
    sas = f"{url}/blob?sig=REDACTED"
    parent = make.probe(id="p", url=f"{url}/json")
    link = Probe("p+link1", "contoso", "", "GET", sas, auth=auth, purpose=Purpose.LINK, of="p", link=0)
    answer = make.response(links=(Link(sas, found_in, same_origin=auth is not AuthForm.NONE),))
    seen = ((parent, make.observation(parent, answer)), (link, make.observation(link, make.mp4_response())))
    return View(replace(rich_report(), evidence=make.evidence(*seen), verdicts=(), working=(link.id,)))


def embedded(url: str, path: str = "$.data[0].b64_json") -> View:
    """A JSON answer that holds an image as base64."""
    probe = make.probe(url=f"{url}/image", role=Role.CREATE)
    answer = make.response(embedded=(Embedded(path, "image/png", 100),))
    found = Diagnosis("artefact-embedded", Outcome.WORKS, "")
    evidence = make.evidence((probe, make.observation(probe, answer)))
    return View(replace(rich_report(), evidence=evidence, verdicts=(Verdict(probe.id, found),), working=(probe.id,)))


POWERSHELL_COMMANDS = {"Invoke-WebRequest", "Select-Object", "ConvertFrom-Json", "Add-Type"}
each_language = pytest.mark.parametrize("language", [pytest.param("curl", marks=needs_curl), "python"])


@each_language
def test_hostile_paths_reach_the_server_unchanged_and_start_nothing_else(language: str, running: Server, tmp_path: Path) -> None:
    probes = [
        make.probe(id=f"p{number}", url=f"{running.url}/x/{text.partition('#')[0].partition('?')[0]}/end")
        for number, text in enumerate(PATH_TEXTS)
    ]
    view = View(report_of(probes[0], None, *probes[1:]))
    scripts = [commands(view, view.by_id[one.id])[language] for one in probes]
    if language == "curl":
        script = "\n".join(scripts)
    else:
        script = "\n".join(f"exec({one!r})" for one in scripts)
    running.seen.clear()
    done = run(language, script, tmp_path, AZURE_OPENAI_API_KEY="k3y")
    assert done.returncode == 0, done.stderr
    for probe, (method, path, headers) in zip(probes, running.seen, strict=True):
        sent = probe.url.removeprefix(running.url)
        assert (method, unquote(path)) == ("GET", unquote(sent))
        assert headers["api-key"] == "k3y"
    assert [one.name for one in tmp_path.iterdir()] == ["video.mp4"]
    assert (tmp_path / "video.mp4").read_bytes() == MP4


@each_language
def test_hostile_header_values_arrive_as_one_header(language: str, running: Server, tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if len(text) < 200 and text.isascii()]
    scripts = []
    for text in texts:
        target = make.target(base_url=running.url, headers=(("X-Team", f"<{text}>"),))
        scripts.append(made(make.probe(url=f"{running.url}/v"), target)[language])
    running.seen.clear()
    done = run(
        language,
        "\n".join(scripts if language == "curl" else [f"exec({one!r})" for one in scripts]),
        tmp_path,
        AZURE_OPENAI_API_KEY="k3y",
    )
    assert done.returncode == 0, done.stderr
    for text, (_method, _path, headers) in zip(texts, running.seen, strict=True):
        assert headers["x-team"] == "<" + "".join(char if char.isprintable() else " " for char in text) + ">"
        assert "x-injected" not in headers
    assert [one.name for one in tmp_path.iterdir()] == ["video.mp4"]


@each_language
@pytest.mark.parametrize(
    ("form", "credential", "header", "value"),
    [
        (AuthForm.API_KEY, Credential("AZURE_OPENAI_API_KEY", CredentialKind.KEY), "api-key", "s3cret"),
        (AuthForm.BEARER, Credential("OPENAI_API_KEY", CredentialKind.KEY), "authorization", "Bearer s3cret"),
        (AuthForm.ENTRA, Credential("AZURE_OPENAI_AD_TOKEN", CredentialKind.ENTRA_TOKEN), "authorization", "Bearer s3cret"),
        (AuthForm.APIM, Credential("APIM_KEY", CredentialKind.KEY), "ocp-apim-subscription-key", "s3cret"),
        (AuthForm.STORAGE, Credential("STORE_TOKEN", CredentialKind.STORAGE_TOKEN), "authorization", "Bearer s3cret"),
    ],
)
def test_every_auth_form_reads_its_secret_from_its_variable(
    language: str, form: AuthForm, credential: Credential, header: str, value: str, running: Server, tmp_path: Path
) -> None:
    text = made(make.probe(url=f"{running.url}/v", auth=form), make.target(credentials=(credential,)))[language]
    done = run(language, text, tmp_path, **{credential.variable: "s3cret"})
    assert done.returncode == 0, done.stderr
    headers = running.seen[-1][2]
    assert headers[header] == value
    assert ("x-ms-version" in headers) is (form is AuthForm.STORAGE)


@each_language
def test_no_auth_form_sends_no_credential(language: str, running: Server, tmp_path: Path) -> None:
    assert run(language, made(make.probe(url=f"{running.url}/v", auth=AuthForm.NONE))[language], tmp_path).returncode == 0
    assert not {"api-key", "authorization"} & running.seen[-1][2].keys()


@each_language
def test_a_key_does_not_follow_a_redirect_to_another_host(language: str, running: Server, tmp_path: Path) -> None:
    running.seen.clear()
    run(language, made(make.probe(url=f"{running.url}/moved"))[language], tmp_path, AZURE_OPENAI_API_KEY="k3y")
    assert [path for _method, path, headers in running.seen if "api-key" in headers] == ["/moved"]


@each_language
def test_a_masked_header_and_a_masked_query_value_become_variables(language: str, running: Server, tmp_path: Path) -> None:
    target = make.target(base_url=running.url, headers=(("X-Gateway", "REDACTED"),))
    text = made(make.probe(url=f"{running.url}/v?subscription-key=REDACTED&a=1"), target)[language]
    done = run(language, text, tmp_path, AZURE_OPENAI_API_KEY="k3y", HEADER_X_GATEWAY="team one", URL_SUBSCRIPTION_KEY="sub")
    assert done.returncode == 0, done.stderr
    assert running.seen[-1][1] == "/v?subscription-key=sub&a=1"
    assert running.seen[-1][2]["x-gateway"] == "team one"


@each_language
@pytest.mark.parametrize("found_in", ["$.data[0]['odd \\'key\\'']", "$.data[*]['odd \\'key\\'']", "header:Location"])
def test_a_masked_link_is_fetched_afresh_in_two_steps_without_a_key(
    language: str, found_in: str, running: Server, tmp_path: Path
) -> None:
    view = linked(found_in, AuthForm.NONE, running.url)
    running.seen.clear()
    done = run(language, commands(view, view.by_id["p+link1"])[language], tmp_path, AZURE_OPENAI_API_KEY="k3y")
    assert done.returncode == 0, done.stderr
    assert [(path, "api-key" in headers) for _method, path, headers in running.seen] == [
        ("/json", True),
        ("/blob?sig=fresh", False),
    ]
    assert (tmp_path / "video.mp4").read_bytes() == MP4


@each_language
def test_head_shows_headers_and_post_sends_its_body(language: str, running: Server, tmp_path: Path) -> None:
    head = run(language, made(make.probe(url=f"{running.url}/v", method="HEAD"))[language], tmp_path, AZURE_OPENAI_API_KEY="k3y")
    assert "200" in head.stdout
    assert running.seen[-1][0] == "HEAD"
    run(
        language,
        made(make.probe(url=f"{running.url}/v", method="POST", body='{"prompt": "it\'s @home"}'))[language],
        tmp_path,
        AZURE_OPENAI_API_KEY="k3y",
    )
    assert running.seen[-1][0] == "POST"
    assert running.seen[-1][2]["content-length"] == "24"


def test_headers_of_a_target_go_to_its_own_origin_only() -> None:
    target = make.target(headers=(("X-Team", "one"),))
    assert "X-Team" in made(make.probe(auth=AuthForm.NONE), target)["curl"]
    assert "X-Team" not in made(make.probe(auth=AuthForm.NONE, url="https://elsewhere.example/v"), target)["curl"]


def test_curl_command_reads_as_in_the_documentation() -> None:
    assert made(make.probe())["curl"] == (
        'curl --fail-with-body -sS -g -H "api-key: $AZURE_OPENAI_API_KEY" -o video.mp4 '
        f"'{make.AZURE}/openai/v1/video/generations/{make.GENERATION}/content/video?api-version=preview'"
    )


def test_powershell_command_reads_as_in_the_documentation() -> None:
    assert made(make.probe())["powershell"] == (
        "Invoke-WebRequest -UseBasicParsing -MaximumRedirection 0 "
        f"-Uri '{make.AZURE}/openai/v1/video/generations/{make.GENERATION}/content/video?api-version=preview' "
        "-Headers @{ 'api-key' = $env:AZURE_OPENAI_API_KEY } -OutFile 'video.mp4'"
    )


def test_file_name_comes_from_the_bytes_and_never_from_the_server() -> None:
    probe = make.probe()
    answer = make.mp4_response(sniffed_type="image/png", headers=(("content-disposition", "attachment; filename=../../evil.sh"),))
    view = View(replace(rich_report(), evidence=make.evidence((probe, make.observation(probe, answer)))))
    assert " -o image.png " in commands(view, view.by_id[probe.id])["curl"]
    answer = make.mp4_response(sniffed_type="../../evil")
    view = View(replace(rich_report(), evidence=make.evidence((probe, make.observation(probe, answer)))))
    assert "'artefact.bin'" in commands(view, view.by_id[probe.id])["python"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "-o/etc/passwd", "gopher://x/", "", "http:[", "javascript:alert(1)"])
def test_only_http_urls_get_a_command(url: str) -> None:
    assert made(make.probe(url=url)) == {}


def test_a_probe_that_still_waits_for_an_id_gets_no_command() -> None:
    probe = make.probe(needs=("video_id",))
    view = View(replace(rich_report(), evidence=make.evidence(probes=(probe,))))
    assert commands(view, view.by_id[probe.id]) == {}


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("$.data[0].url", ("data", 0, "url")),
        ("$.data[*]['a b']", ("data", 0, "a b")),
        ("$['it\\'s']['\\u263a']", ("it's", "☺")),
        ("$", ()),
        ("$..url", ()),
        ("header:Location", ()),
        ("$.a[?@.b]", ()),
    ],
)
def test_keys_of_a_key_path(path: str, keys: tuple[str | int, ...]) -> None:
    assert keys_of(path) == keys


@pytest.mark.parametrize(
    ("name", "safe"), [("OPENAI_API_KEY", "OPENAI_API_KEY"), ("X;rm -rf /", "X_rm__rf__"), ("1A", "_1A"), ("", "SECRET")]
)
def test_variable_names_cannot_hold_code(name: str, safe: str) -> None:
    assert Variable(name).name == safe


def test_powershell_parses_with_a_real_grammar() -> None:
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    view = View(rich_report())
    scripts = [commands(view, row)["powershell"] for row in view.sent]
    for found_in in ("$.data[0].url", "header:Location", "header:Operation-Location"):
        for auth in (AuthForm.NONE, AuthForm.API_KEY):
            view = linked(found_in, auth, make.AZURE)
            scripts.append(commands(view, view.by_id["p+link1"])["powershell"])
    scripts.append(commands(view := embedded(make.AZURE), view.sent[0])["powershell"])
    for text in (*HOSTILE, *PATH_TEXTS):
        target = make.target(headers=(("X-Team", text),))
        for auth in (AuthForm.API_KEY, AuthForm.BEARER):
            scripts.append(made(make.probe(url=f"{make.AZURE}/{text}", auth=auth), target)["powershell"])
    for script in scripts:
        tree = parser.parse(script.encode())
        assert not tree.root_node.has_error, script
        commands_in = [node for node in _nodes(tree.root_node) if node.type == "command_name"]
        assert {node.text.decode() for node in commands_in} <= POWERSHELL_COMMANDS, script


def _nodes(node):
    yield node
    for child in node.children:
        yield from _nodes(child)


def test_powershell_keeps_typographic_quotes_inside_the_string() -> None:
    text = made(make.probe(), make.target(headers=(("X-Team", "\u2019; touch pwned; \u2019"),)))["powershell"]
    assert "'\u2019\u2019; touch pwned; \u2019\u2019'" in text


def test_link_row_of_the_rich_report_takes_the_fresh_link_in_every_language() -> None:
    view = View(rich_report())
    [row] = [row for row in view.rows if row.outcome is Outcome.LINK]
    made_ = commands(view, row)
    assert made_["curl"].startswith("link=$(curl")
    assert "[string]($answer.Content | ConvertFrom-Json).'data'[0].'url')" in made_["powershell"]
    assert "find(answer, ['data', 0, 'url'])" in made_["python"]
    assert all("REDACTED" not in text and "MIRROR_KEY" in text for text in made_.values())
