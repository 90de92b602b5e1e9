"""A server that echoes every secret in every form and place cannot get one of them into a report, a journal or a log."""

from __future__ import annotations

import base64
import html
import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from probe import pipeline
from probe.cli import main
from probe.model import Answer
from tests.leaks import files_of, leaking, leaks
from tests.loopback import answer
from tests.scanning import scan as simulated_scan
from tests.scanning import world

KEY = "CANARY9f8e+7d/6c=5b&4a\"'<x>Qz" + "7hK2mW9rT4vB8nL3pX6sD1fG5jC0yA" * 2
GATEWAY = "gW7-1b2c+3d/4e5f\"60718=Zq"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJjb2duaXRpdmUiLCJvaWQiOiI3NyJ9.Zm9vYmFyQkFaMTIzNDU2Nzg5MA-_x"
STORAGE = "St0rage.opaque~token_4f6a8b0c2d4e6f80"
SIGNATURE = "s1Gn/aTure+0123456789abcdefGHIJKLMNOPQRS+uv="
COOKIE = "c00kie5e7a9b1c3d5f7092b4d6f8"
OURS = {"key": KEY, "gateway": GATEWAY, "token": TOKEN, "storage": STORAGE}
THEIRS = {"signature": SIGNATURE, "cookie": COOKIE}
SECRETS = OURS | THEIRS
SIGNED = f"https://stor.blob.core.windows.net/c/v.mp4?se=2026-11-20&sp=r&sig={quote(SIGNATURE, safe='')}"
GIVEN_AWAY = (f"Set-Cookie: session={COOKIE}; Secure", f"x-copy: {SIGNED}")
FORMATS = ("markdown", "html", "json", "csv", "har", "junit", "jsonl")
GENERATION = "gen_01k74fceydeb2rqtaa3ndyhs8d"


def in_base64(secret: str, before: int, *, is_url: bool = False) -> str:
    encode = base64.urlsafe_b64encode if is_url else base64.b64encode
    return encode(("abc"[:before] + secret + "tail").encode()).decode()


FORMS: Mapping[str, Callable[[str], str]] = {
    "raw": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "percent": lambda s: quote(s, safe=""),
    "percent, every byte": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "double percent": lambda s: quote(quote(s, safe=""), safe=""),
    "base64, alignment 0": lambda s: in_base64(s, 0),
    "base64, alignment 1": lambda s: in_base64(s, 1),
    "base64, alignment 2": lambda s: in_base64(s, 2),
    "base64url": lambda s: in_base64(s, 1, is_url=True),
    "base64url without padding": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "JSON": lambda s: json.dumps(s).replace("/", "\\/"),
    "JSON, every character": lambda s: "".join(f"\\u{ord(char):04x}" for char in s),
    "JSON twice": lambda s: json.dumps(json.dumps(s)),
    "HTML": html.escape,
    "HTML, decimal": lambda s: "".join(f"&#{ord(char)};" for char in s),
    "HTML, hexadecimal": lambda s: "".join(f"&#x{ord(char):X};" for char in s),
    "HTML, named": lambda s: html.escape(s).replace("+", "&plus;").replace("/", "&sol;").replace("=", "&equals;"),
    "escape()": lambda s: "".join(f"%u{ord(char):04X}" for char in s),
    "hex": lambda s: s.encode().hex(),
    "hex, upper case": lambda s: s.encode().hex().upper(),
    "split by spaces": lambda s: " ".join(s[at : at + 5] for at in range(0, len(s), 5)),
    "split by new lines": lambda s: "\r\n\t".join(s[at : at + 9] for at in range(0, len(s), 9)),
    "UTF-16": "\0".join,
}


def forms(secrets: Mapping[str, str] = SECRETS, *, in_a_line: bool = False) -> list[str]:
    """Every secret in every form; `in_a_line` leaves out what an HTTP header cannot hold."""
    made = [form(secret) for secret in secrets.values() for form in FORMS.values()]
    return [one for one in made if not in_a_line or not set(one) & set("\r\n\0")]


def bunches(*, in_a_line: bool = False) -> list[str]:
    """The forms, three in a text: what is masked once must not hide what stands beside it."""
    made = forms(in_a_line=in_a_line)
    return [" ; ".join(made[at : at + 3]) for at in range(0, len(made), 3)]


def headers(name: str, shape: str = "{}") -> tuple[str, ...]:
    return tuple(f"{name.format(at)}: {shape.format(form)}" for at, form in enumerate(forms(in_a_line=True)))


def document(body: Any, status: str = "200 OK", *lines: str, media_type: str = "application/json") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return answer(content, status, *GIVEN_AWAY, *lines, media_type=media_type)


def echoed_error(text: str) -> dict[str, Any]:
    return {"error": {"code": text, "type": text, "message": f"key {text} is wrong", "innererror": {"code": text}}}


def listing() -> list[dict[str, Any]]:
    names = ("id", "status", "model", "purpose", "type", "reason", "expires_at", "created_at", "video_url", "href")
    return [dict.fromkeys(names, form) for form in forms()]


def wide(text: str) -> bytes:
    return text.encode("utf-16")


REPLIES: Mapping[str, Callable[[], list[bytes]]] = {
    "reason phrase": lambda: [document({}, f"404 {text}") for text in bunches(in_a_line=True)],
    "header values": lambda: [document({}, "404 Not Found", *headers("x-echo-{}"))],
    "header names": lambda: [
        document({}, "404 Not Found", *(f"{one}: x" for one in forms(in_a_line=True) if one.replace("-", "").replace("_", "").isalnum()))
    ],
    "Location": lambda: [document({}, "302 Found", *headers("Location", "/x/{}?code={}"[:5]), *headers("Content-Location"))],
    "Location of another host": lambda: [document({}, "302 Found", f"Location: http://127.0.0.1:1/{form}?q={form}") for form in forms(in_a_line=True)],
    "Location of another scheme": lambda: [document({}, "302 Found", f"Location: {form}:opaque") for form in forms(in_a_line=True)],
    "Link and Operation-Location": lambda: [
        document({}, "200 OK", *headers("Link", "</a/{}>; rel=alternate"), *headers("Operation-Location", "https://h.example/{}"))
    ],
    "Set-Cookie and WWW-Authenticate": lambda: [
        document({}, "401 Unauthorized", *headers("Set-Cookie", "s{}=1; Path=/"), *headers("WWW-Authenticate", 'Bearer realm="{}"'))
    ],
    "request ids and region": lambda: [
        document({}, "404 Not Found", *(f"{name}: {text}" for name in ("x-request-id", "apim-request-id", "x-ms-region", "retry-after")))
        for text in bunches(in_a_line=True)
    ],
    "media type": lambda: [answer(b"{}", "404 Not Found", *GIVEN_AWAY, media_type=f"text/{form}") for form in forms(in_a_line=True)],
    "JSON keys": lambda: [document({form: {"id": {form: 1}} for form in forms()})],
    "JSON values": lambda: [document({"data": listing(), "generations": listing(), "status": "succeeded"})],
    "JSON error": lambda: [document(echoed_error(text), "400 Bad Request") for text in bunches()],
    "FastAPI error": lambda: [document({"detail": [{"loc": ["query", text], "msg": text}]}, "422 Unprocessable") for text in bunches()],
    "HTML title": lambda: [
        document(f"<html><title>{'x' * at * 9} {text}</title></html>".encode(), "502 Bad Gateway", media_type="text/html")
        for at, text in enumerate(bunches())
    ],
    "XML error": lambda: [
        document(f"<?xml version='1.0'?><Error><Code>{text}</Code><Message>{text}</Message></Error>".encode(), "403 No", media_type="application/xml")
        for text in map(html.escape, bunches())
    ],
    "plain text": lambda: [
        document(" ".join(forms()).encode(), "403 No", media_type="text/plain"),
        *(document(f"{'. ' * at * 9}{text}".encode(), "403 No", media_type="text/plain") for at, text in enumerate(bunches())),
        document((KEY + " ").encode() * 400, "403 No", media_type="text/plain"),
        document(wide("\n".join(forms())), "403 No", media_type="text/plain"),
    ],
    "malformed head": lambda: [
        reply.encode("latin-1")
        for form in forms(OURS, in_a_line=True)
        for reply in (
            f"HTTP/1.1 {form}\r\n\r\n",
            f"{form}\r\n\r\n",
            f"HTTP/1.1 200 OK\r\n{form}\r\n\r\n",
            f"HTTP/1.1 200 OK\r\nContent-Length: {form}\r\n\r\n",
            f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {form}\r\n\r\n",
            f"HTTP/1.1 200 OK\r\nx: a\0{form}\r\n\r\n",
        )
    ],
    "chunks and trailers": lambda: [
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n" + part.encode("latin-1")
        for form in forms(OURS, in_a_line=True)
        for part in (f"2;x={form}\r\n{{}}\r\n0\r\nx-trailer: {form}\r\n\r\n", f"{form}\r\n{{}}\r\n0\r\n\r\n", f"2\r\n{{}}{form}\r\n0\r\n\r\n")
    ],
}  # fmt: skip


@dataclass
class Echo:
    """A running server; each request gets the next reply, round and round."""

    url: str
    replies: list[bytes]
    heads: list[bytes] = field(default_factory=list)


@contextmanager
def echoing(replies: list[bytes]) -> Iterator[Echo]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
                head += line
            if head:
                echo.heads.append(head)
                self.wfile.write(echo.replies[(len(echo.heads) - 1) % len(echo.replies)])

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        echo = Echo(f"http://127.0.0.1:{server.server_address[1]}", replies)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield echo
        finally:
            server.shutdown()
            thread.join()


CATALOGUE = """\
version: 1
updated: 2026-11-20
surfaces:
  azure-v1: {provider: azure, prefix: /openai/v1, api_version: optional}
artefacts:
  clip: {title: Clip, media_types: [video/mp4], ids: {clip_id: {prefixes: [clip_]}}, status_paths: [$.status], states: {ready: [succeeded]}}
endpoints:
  - {id: azure.jobs, artefact: clip, role: list, request: GET /openai/v1/clips, api_versions: [none], \
captures: {clip_id: ["$.data[*].id", "$..id"]}, sources: [{at: tests, read: 2026-11-20}]}
"""
DOWNLOAD = """\
  - {{id: azure.case-{at}, artefact: clip, role: download, request: GET /openai/v1/case/{at}, api_versions: [none], \
sources: [{{at: tests, read: 2026-11-20}}]}}
"""


@dataclass(frozen=True)
class Said:
    """What a command said and wrote."""

    code: int
    text: str
    folder: Path

    @property
    def files(self) -> list[tuple[str, bytes]]:
        return [("output", self.text.encode()), *files_of(self.folder)]


def run(folder: Path, *arguments: str, **variables: str) -> Said:
    done = CliRunner().invoke(main, arguments, env={name: value for name, value in variables.items() if value})
    return Said(done.exit_code, done.output, folder)


def scan(folder: Path, url: str, routes: int, *more: str, **variables: str) -> Said:
    folder.mkdir(exist_ok=True)
    file = folder.parent / f"routes-{routes}.yaml"
    file.write_text(CATALOGUE + "".join(DOWNLOAD.format(at=at) for at in range(routes)))
    options = ["--catalogue", str(file), "--retries", "0", "--timeout", "3", "--rate-limit", "100000", "-v", "--bundle", "-x", ""]
    options += [word for name in FORMATS for word in ("-f", name)]
    target = [] if "--target" in more else ["--target", f"lab={url}", "--provider", "azure"]
    return run(folder, "scan", *target, *options, "-o", str(folder), *more, **variables)


ALL_KEYS = ("--key-env", "K", "--token-env", "T", "--storage-token-env", "S", "-H", f"X-Gateway-Key: {GATEWAY}")
VARIABLES = {"K": KEY, "T": TOKEN, "S": STORAGE}


def test_the_eye_sees_every_form_and_parts_of_a_secret() -> None:
    for name, secret in SECRETS.items():
        for form, encode in FORMS.items():
            assert name in leaks(f"before {encode(secret)} after".encode(), SECRETS), (name, form)
        assert leaks(secret[:12].encode(), SECRETS) == leaks(secret[-12:].encode(), SECRETS) == [name]
    assert leaks(wide(KEY), SECRETS) == ["key"]
    assert leaks(b"nothing of that kind stands here, nor there", SECRETS) == []


@pytest.mark.parametrize("place", REPLIES)
def test_no_form_of_a_secret_reaches_a_file_or_the_terminal(place: str, tmp_path: Path) -> None:
    replies = REPLIES[place]()
    routes = max(4, min(len(replies), 160))
    with echoing(replies) as server:
        done = scan(tmp_path / "runs", server.url, routes, *ALL_KEYS, "--max-requests", "400", **VARIABLES)
    assert done.code in (0, 1, 3), done.text
    assert len(server.heads) >= min(len(replies), 150)
    assert any(GATEWAY.encode() in head for head in server.heads) and any(KEY.encode() in head for head in server.heads)
    names = {name for name, _ in done.files}
    assert {"output", "report.md", "bundle.zip/report.html", "journal.jsonl", "evidence.json", "junit.xml"} <= names
    assert leaking(done.files, SECRETS) == {}


def echo_of(secret: str) -> bytes:
    text = f"no such route: {secret}, {quote(secret, safe='')} or {in_base64(secret, 1)}"
    return answer(json.dumps({"error": {"code": "404", "message": text}}).encode(), "404 Not Found", f"x-echo: {secret}")


WAYS = {
    "user-info of the failing URL": ("--failing-url", "http://jane:{secret}@{host}/openai/v1/case/0"),
    "api-key in the failing URL": ("--failing-url", "http://{host}/openai/v1/case/0?api-key={secret}&x=1"),
    "subscription-key in the failing URL": ("--failing-url", "http://{host}/openai/v1/case/0?x=1&subscription-key={secret}"),
    "code in a failing URL elsewhere": ("--failing-url", "http://localhost:{port}/api/v?code={secret}"),
    "sig in the failing URL": ("--failing-url", "http://{host}/c/v.mp4?sv=1&sig={secret}"),
    "a key header": ("-H", "api-key: {raw}"),
    "a header of another name": ("-H", "X-Route-Pin: {raw}"),
    "proxy credentials": ("--proxy", "http://jane:{secret}@{host}"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", ["k3y-Of/The+Customer=0815", "hunter2!"])
def test_a_secret_that_the_user_gives_in_another_way_stays_out_too(way: str, secret: str, tmp_path: Path) -> None:
    option, shape = WAYS[way]
    with echoing([echo_of(secret)]) as server:
        host = server.url.removeprefix("http://")
        value = shape.format(secret=quote(secret, safe=""), raw=secret, host=host, port=host.rpartition(":")[2])
        url = "http://gateway.example" if option == "--proxy" else server.url
        done = scan(tmp_path / "runs", url, 2, option, value)
        again = scan(tmp_path / "runs", url, 2, option, value, "--dry-run")
        narrow = scan(tmp_path / "runs", url, 2, option, value, "--dry-run", "--json")
    assert (done.code, again.code, narrow.code) == (1, 0, 0), done.text + again.text
    heads = b"".join(server.heads).decode()
    sent = (secret, quote(secret, safe=""), base64.b64encode(f"jane:{secret}".encode()).decode())
    assert any(one in heads for one in sent) or way.startswith("user-info")
    for said in (done, again, narrow):
        assert leaking_short(said.files, secret) == []


def leaking_short(files: list[tuple[str, bytes]], secret: str) -> list[str]:
    """Files that hold a secret of any length: raw, percent-encoded or in base64."""
    shapes = {secret, quote(secret, safe=""), in_base64(secret, 1)[4:-8], json.dumps(secret)[1:-1], html.escape(secret)}
    return [name for name, content in files if any(shape.encode() in content for shape in shapes)]


def test_a_run_that_is_reported_again_or_taken_up_again_leaks_nothing(tmp_path: Path) -> None:
    replies = [*REPLIES["JSON error"]()[:6], *REPLIES["header values"]()]
    failing = f"/openai/v1/case/1?subscription-key={quote(KEY, safe='')}"
    with echoing(replies) as server:
        first = scan(tmp_path / "runs", server.url, 20, *ALL_KEYS, "--failing-url", server.url + failing, **VARIABLES)
        (folder,) = (tmp_path / "runs").iterdir()
        forget_the_second_half(folder / "journal.jsonl")
        count = len(server.heads)
        lost = run(tmp_path, "scan", "--resume", str(folder), **VARIABLES)
        more = run(tmp_path, "scan", "--resume", str(folder), "-H", f"X-Gateway-Key: {GATEWAY}", "-v", **VARIABLES)
        added = server.heads[count:]
    told = run(tmp_path, "report", str(folder), "--bundle", "-o", str(tmp_path / "again"), **VARIABLES)
    bare = run(tmp_path, "report", str(folder), "--json")
    assert (first.code, lost.code, more.code, told.code, bare.code) == (3, 2, 3, 3, 3), lost.text + more.text + told.text
    assert "X-Gateway-Key" in lost.text and "-H" in lost.text
    assert added and all(b"X-Gateway-Key" in head for head in added)
    assert leaking([*first.files, *lost.files, *more.files, *told.files, *bare.files], SECRETS) == {}


def forget_the_second_half(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]))


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, OSError])
def test_a_bug_of_ours_shows_where_it_is_and_no_value(
    kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> object:
        secret, customer = KEY, 4700 + 11
        try:
            raise kind(f"header b'Bearer {secret}' of customer {customer}")
        except kind as error:
            raise RuntimeError(base64.b64encode(secret.encode())) from error

    monkeypatch.setattr(pipeline.Scan, "report", broken)
    with echoing([answer(b"{}")]) as server:
        done = scan(tmp_path / "runs", server.url, 2, *ALL_KEYS, **VARIABLES)
    assert done.code == 70
    assert "in broken" in done.text and kind.__name__ in done.text and "4711" not in done.text
    assert leaking(done.files, SECRETS) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "--target", f"https://jane:{KEY}@contoso"),
        ("scan", "--target", f"lab=ftp://h/?api-key={quote(KEY)}"),
        ("scan", "--target", "lab=https://h", "--provider", "azure", "--key-env", KEY),
        ("scan", "--id", f"api-key={KEY}", "--target", "lab=https://h", "--provider", "azure"),
        ("scan", "--id", KEY, "--target", "lab=https://h", "--provider", "azure", "--key-env", "K"),
        ("scan", "-H", f"api key: {KEY}", "--target", "lab=https://h", "--provider", "azure"),
        ("scan", "--target", "lab=https://h", "--provider", "azure", "--proxy", f"gopher://jane:{quote(KEY)}@p"),
        ("scan", "--target", "lab=https://h", "--provider", "azure", "--timeout", KEY, "--key-env", "K"),
        ("scan", f"--api-key={KEY}"),
        ("scan", "--id", f"clip_id=https://h/v?sig={quote(KEY)}", "--target", "lab=https://h", "--provider", "azure"),
    ],
)
def test_a_usage_error_repeats_no_secret(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["probe", *arguments])
    done = run(tmp_path, *arguments, "-o", str(tmp_path), K=KEY)
    assert done.code == 2
    assert "rror" in done.text
    assert leaks(done.text.encode(), SECRETS) == []


def test_an_ordinary_scan_stays_readable(tmp_path: Path) -> None:
    with world("sora1") as server:
        done = simulated_scan(server, tmp_path)
        written = done.scan.write(done.report, FORMATS, is_bundled=True)
    text = (done.scan.folder.path / "report.md").read_text()
    ids = server.world.ids
    assert f"/openai/v1/video/generations/{ids['generation_id']}/content/video?api-version=preview" in text
    assert any(value in text for one in done.evidence.observations for _, value in (one.response.request_ids if one.response else ()))
    assert "$AZURE_OPENAI_API_KEY" in text or "$K" in text
    assert dict(done.evidence.masked).keys() == {"header api-key"}
    assert len(written) == len(FORMATS) + 2


@pytest.mark.parametrize("word", ["test", "secret", "preview", "video", "content", "azure", "Succeeded", "generations", "2024-10-21", "404"])
def test_a_key_that_is_a_common_word_does_not_blank_the_report(word: str, tmp_path: Path) -> None:
    with world("sora1") as server:
        extra = {"OTHER": word, "header X-Route": word}
        done = simulated_scan(server, tmp_path, only=("azure.sora1.content-video", "azure.sora1.content"))
        order = done.scan.order
        one = pipeline.Scan.start(
            pipeline.replace(order, secrets={**order.secrets, **extra}, headers={"lab": (("X-Route", word), ("Accept", "application/json"))})
        )
        pipeline.asyncio.run(one.run())
        one.write(one.report(), FORMATS, is_bundled=True)
        one.close()
    report = one.report()
    assert report.answer is Answer.WORKS
    assert [probe.url for probe in report.evidence.probes[:6]] == [probe.url for probe in done.evidence.probes[:6]]
    assert dict(report.evidence.targets[0].headers) == {"X-Route": "REDACTED", "Accept": "application/json"}
    assert ("X-Route", "REDACTED") in report.evidence.observations[0].exchanges[0].request.headers
