"""A server that echoes every secret in every form and place cannot get one of them into a report, a journal or a log."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from probe import pipeline
from probe.model import Answer
from tests.echoes import (
    FORMATS,
    FORMS,
    GATEWAY,
    GIVEN_AWAY,
    KEY,
    OURS,
    SECRETS,
    SIGNATURE,
    STORAGE,
    THEIRS,
    TOKEN,
    bunches,
    echoing,
    forms,
    headers,
    in_base64,
    run,
    scan,
)
from tests.leaks import files_of, leaking, leaks
from tests.loopback import answer
from tests.scanning import scan as simulated_scan
from tests.scanning import world

FEW = {"key": KEY, "signature": SIGNATURE}


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


MALFORMED = (
    "HTTP/1.1 {}\r\n\r\n",
    "{}\r\n\r\n",
    "HTTP/1.1 200 OK\r\n{}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: {}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nx: a\0{}\r\n\r\n",
)
CHUNKS = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = (
    CHUNKS + "2;x={0}\r\n[]\r\n0\r\nx-trailer: {0}\r\n\r\n",
    CHUNKS + "{}\r\n[]\r\n0\r\n\r\n",
    CHUNKS + "2\r\n[]{}\r\n0\r\n\r\n",
)


def broken(shapes: tuple[str, ...]) -> list[bytes]:
    """Every form of our own secrets in one of these shapes, the raw ones in all of them; theirs cannot be known here."""
    made = [shapes[at % len(shapes)].format(form) for at, form in enumerate(forms(OURS, in_a_line=True))]
    return [one.encode("latin-1") for one in (*made, *(shape.format(secret) for shape in shapes for secret in OURS.values()))]


REPLIES: Mapping[str, Callable[[], list[bytes]]] = {
    "reason phrase": lambda: [document({}, f"404 {text}") for text in bunches(in_a_line=True)],
    "header values": lambda: [document({}, "404 Not Found", *headers("x-echo-{}"))],
    "header names": lambda: [
        document(
            {}, "404 Not Found", *(f"{one}: x" for one in forms(in_a_line=True) if one.replace("-", "").replace("_", "").isalnum())
        )
    ],
    "Location": lambda: [document({}, "302 Found", *headers("Location", "/x/{}"), *headers("Content-Location"))],
    "Location of another host": lambda: [
        document({}, "302 Found", f"Location: http://127.0.0.1:1/{form}?q={form}") for form in forms(FEW, in_a_line=True)
    ],
    "Location of another scheme": lambda: [
        document({}, "302 Found", f"Location: {form}:opaque") for form in forms(FEW | THEIRS, in_a_line=True)
    ],
    "Link and Operation-Location": lambda: [
        document({}, "200 OK", *headers("Link", "</a/{}>; rel=alternate"), *headers("Operation-Location", "https://h.example/{}"))
    ],
    "Set-Cookie and WWW-Authenticate": lambda: [
        document({}, "401 Unauthorized", *headers("Set-Cookie", "s{}=1; Path=/"), *headers("WWW-Authenticate", 'Bearer realm="{}"'))
    ],
    "request ids and region": lambda: [
        document(
            {}, "404 Not Found", *(f"{name}: {text}" for name in ("x-request-id", "apim-request-id", "x-ms-region", "retry-after"))
        )
        for text in bunches(in_a_line=True)
    ],
    "media type": lambda: [
        answer(b"{}", "404 Not Found", *GIVEN_AWAY, media_type=f"text/{form}") for form in forms(FEW, in_a_line=True)
    ],
    "JSON keys": lambda: [document({form: {"id": {form: 1}} for form in forms()})],
    "JSON values": lambda: [document({"data": listing(), "generations": listing(), "status": "succeeded"})],
    "JSON error": lambda: [document(echoed_error(text), "400 Bad Request") for text in bunches()],
    "FastAPI error": lambda: [
        document({"detail": [{"loc": ["query", text], "msg": text}]}, "422 Unprocessable") for text in bunches()
    ],
    "HTML title": lambda: [
        document(f"<html><title>{'x' * at * 9} {text}</title></html>".encode(), "502 Bad Gateway", media_type="text/html")
        for at, text in enumerate(bunches())
    ],
    "XML error": lambda: [
        document(
            f"<?xml version='1.0'?><Error><Code>{text}</Code><Message>{text}</Message></Error>".encode(),
            "403 No",
            media_type="application/xml",
        )
        for text in map(html.escape, bunches())
    ],
    "plain text": lambda: [
        document(" ".join(forms()).encode(), "403 No", media_type="text/plain"),
        *(document(f"{'. ' * at * 9}{text}".encode(), "403 No", media_type="text/plain") for at, text in enumerate(bunches())),
        document((KEY + " ").encode() * 400, "403 No", media_type="text/plain"),
        document(wide("\n".join(forms())), "403 No", media_type="text/plain"),
    ],
    "malformed head": lambda: broken(MALFORMED),
    "chunks and trailers": lambda: broken(CHUNKED),
}


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


def test_a_secret_of_the_server_that_shows_late_is_masked_where_it_was_seen_before(tmp_path: Path) -> None:
    value = "Zx81-aB3kx9Yz0123456789"
    said = document({"error": {"message": f"session {value} is closed; " + "please come back " * 20}}, "404 Not Found")
    shown = document({}, "404 Not Found", f"Set-Cookie: session={value}; Path=/")
    with echoing([]) as server:
        server.choose = lambda _head: said if len(server.heads) < 4 else shown
        done = scan(tmp_path / "runs", server.url, 8, *ALL_KEYS, "-c", "1", **VARIABLES)
    assert done.code == 1, done.text
    reports = {name: content for name, content in done.files if name not in ("journal.jsonl",)}
    assert "report.md" in reports and "evidence.json" in reports
    assert [name for name, content in reports.items() if value.encode() in content] == []
    assert b"session REDACTED is closed" in reports["evidence.json"]


def test_half_a_secret_that_relative_links_leave_in_a_path_is_not_shown(tmp_path: Path) -> None:
    first, then = (document({}, "302 Found", f"Location: {place}") for place in (f"/v/{GATEWAY}", "next/clip"))
    with echoing([]) as server:
        server.choose = lambda head: then if b" /v/" in head else first
        done = scan(tmp_path / "runs", server.url, 1, *ALL_KEYS, **VARIABLES)
    assert any(b" /v/gW7-1b2c+3d/next/clip " in head for head in server.heads)
    assert leaking(done.files, SECRETS) == {}
    assert b"gW7-1b2c" not in b"".join(content for _name, content in done.files)


@pytest.mark.parametrize("command", ["doctor", "discover"])
def test_the_other_commands_that_ask_a_server_say_no_secret_either(command: str, tmp_path: Path) -> None:
    replies = [*REPLIES["JSON error"]()[:20], *REPLIES["JSON values"](), *REPLIES["plain text"]()[:9]]
    with echoing(replies) as server:
        target = ("--target", f"lab={server.url}", "--provider", "azure", "-x", "", "--retries", "0")
        done = [run(tmp_path, command, *target, *ALL_KEYS, *more, **VARIABLES) for more in ((), ("--json",))]
    assert server.heads and {one.code for one in done} <= {0, 1, 3}
    assert [leaks(one.text.encode(), SECRETS) for one in done] == [[], []]


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
        again = ("scan", "--resume", str(folder), "--target", f"lab={server.url}", "--provider", "azure", *ALL_KEYS[:6])
        lost = run(tmp_path, *again, **VARIABLES)
        more = run(tmp_path, *again, *ALL_KEYS[6:], "-v", **VARIABLES)
        added = server.heads[count:]
    told = run(tmp_path, "report", str(folder), "--bundle", "-o", str(tmp_path / "again"), **VARIABLES)
    bare = run(tmp_path, "report", str(folder), "--json")
    assert (first.code, lost.code, more.code, told.code, bare.code) == (3, 2, 3, 3, 3), lost.text + more.text + told.text
    assert "X-Gateway-Key" in lost.text and "-H" in lost.text
    assert added and all(b"X-Gateway-Key" in head for head in added)
    said = [("output", one.text.encode()) for one in (first, lost, more, told, bare)]
    assert leaking([*said, *files_of(tmp_path)], SECRETS) == {}


def forget_the_second_half(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]))


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, OSError])
def test_a_bug_of_ours_shows_where_it_is_and_no_value(
    kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> object:
        secret, customer = KEY, 4700 + 11
        try:
            raise kind(f"header b'Bearer {secret}' of customer {customer}")
        except kind as error:
            raise RuntimeError(base64.b64encode(secret.encode())) from error

    monkeypatch.setattr(pipeline.Scan, "report", fails)
    with echoing([answer(b"{}")]) as server:
        done = scan(tmp_path / "runs", server.url, 2, *ALL_KEYS, **VARIABLES)
    assert done.code == 70
    assert "in fails" in done.text and kind.__name__ in done.text and "4711" not in done.text
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
    assert any(
        value in text for one in done.evidence.observations for _, value in (one.response.request_ids if one.response else ())
    )
    assert "$AZURE_OPENAI_API_KEY" in text or "$K" in text
    assert dict(done.evidence.masked).keys() == {"header api-key"}
    assert len(written) == len(FORMATS) + 2


@pytest.mark.parametrize(
    "word", ["test", "secret", "preview", "video", "content", "azure", "Succeeded", "generations", "2024-10-21", "404"]
)
def test_a_key_that_is_a_common_word_does_not_blank_the_report(word: str, tmp_path: Path) -> None:
    with world("sora1") as server:
        extra = {"OTHER": word, "header X-Route": word}
        done = simulated_scan(server, tmp_path, only=("azure.sora1.content-video", "azure.sora1.content"))
        order = done.scan.order
        one = pipeline.Scan.start(
            pipeline.replace(
                order, secrets={**order.secrets, **extra}, headers={"lab": (("X-Route", word), ("Accept", "application/json"))}
            )
        )
        pipeline.asyncio.run(one.run())
        one.write(one.report(), FORMATS, is_bundled=True)
        one.close()
    report = one.report()
    assert report.answer is Answer.WORKS
    assert [probe.url for probe in report.evidence.probes[:6]] == [probe.url for probe in done.evidence.probes[:6]]
    assert dict(report.evidence.targets[0].headers) == {"X-Route": "REDACTED", "Accept": "application/json"}
    assert ("X-Route", "REDACTED") in report.evidence.observations[0].exchanges[0].request.headers
