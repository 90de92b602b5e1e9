"""Plays a world from a YAML table on loopback and scans it by the command line, as a user would.

A world is one entry:

    - name: gateway-without-its-own-key
      source: BerriAI/litellm#33423                # where the behaviour was reported
      provider: openai                             # --provider; with `base` the path of the target, `ids` and `options` as typed
      base: /v1
      ids: [video_abc]
      routes:                                      # first match wins; `*` is one path segment, `**` anything
        - {at: GET /v1/models, body: {"object": "list", "data": []}}
        - {at: GET /v1/videos/*, status: 500, headers: {x-litellm-version: "1.0"}, body: {"error": {"message": "..."}}}
      otherwise: {status: 404, body: {"detail": "Not Found"}}
      expect:
        answer: undecided                          # of report.json; `exit` follows from it
        codes: [upstream-credential-missing]       # one of them stands in a verdict or finding
        never: [key-wrong]                         # none of these stands anywhere
        headline: "upstream"                       # a regular expression that the words match; `unsaid`: one that they do not
        main: job-pending                          # the code that the headline is told by, or a list of codes
        decisive: 2                                # how many things are decided on
        main_unsaid: "no route"                    # a regular expression that the headline does not match
        works: /v1/videos/video_abc/content        # the path of the first working route, or a list of paths
        change: "/content/ -> /content"            # a regular expression that the smallest change matches
        owner: gateway-operator                    # of one of the verdicts, or a list of parties; `answered_by` likewise
        confidence: medium                         # the most that the headline's verdict may have where nothing works
        unasked: [/hook]                           # paths that are never requested

A HEAD is answered as a GET unless a route names it. A route's `needs_key: false` answers without a credential too, and a name
says which header must hold it; everywhere else a request without the key gets `refusal`.
`file: mp4` (or another of `FILES`) gives real bytes; "{base}" in a body is the server's own URL, and "{elsewhere}"
that of the same server under another host name.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

FOLDER = Path(__file__).parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KEY = "world-key-5f0c2e7a91d84b36"
REFUSAL = {"status": 401, "body": {"error": {"message": "No api key passed in.", "type": "auth_error", "code": "401"}}}
EXITS = {"works": 0, "none": 1, "undecided": 3}


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("SKILL.md", "# skill\n" * 20)
    return made.getvalue()


CSV = b"step,train_loss,valid_loss\n" + b"".join(b"%d,0.5,0.6\n" % at for at in range(40))
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00\x00\x10\x00mdat" + bytes(range(256)) * 16
JSONL = b'{"custom_id": "a", "response": {"status_code": 200}, "error": null}\n' * 20
FILES = {
    "mp4": ("video/mp4", MP4),
    "png": (
        "image/png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x00\x00\x10\x00\x00\x00\x10\x08\x02\x00\x00\x00" + b"\x00" * 600,
    ),
    "zip": ("application/zip", _zip()),
    "csv": ("text/csv", CSV),
    "csv64": ("application/octet-stream", base64.b64encode(CSV)),
    "csv64-lines": ("text/plain", base64.encodebytes(CSV)),
    "jsonl": ("application/jsonl", JSONL),
    "jsonl-gz": ("application/octet-stream", gzip.compress(JSONL, mtime=0)),
    "mp4-data": ("text/plain", b"data:video/mp4;base64," + base64.b64encode(MP4)),
    "mp4-data-json": ("application/json", b'"data:video/mp4;base64,' + base64.b64encode(MP4) + b'"'),
    "mp4-gz": ("application/octet-stream", gzip.compress(MP4, mtime=0)),
    "mp4-gz64": ("text/plain", base64.b64encode(gzip.compress(MP4, mtime=0))),
}


@dataclass(frozen=True)
class World:
    """One entry of a table."""

    name: str
    family: str
    entry: Mapping[str, Any]


@dataclass
class Played:
    """What a scan of a world came to."""

    report: Mapping[str, Any]
    exit_code: int
    asked: list[str] = field(default_factory=list)

    @property
    def codes(self) -> set[str]:
        return {one["diagnosis"] for one in self.report["verdicts"]} | {one["code"] for one in self.report["findings"]}

    @property
    def text(self) -> str:
        said = [self.report["headline"], self.report["next_step"], *self.report["asks"]]
        said += [one[key] for one in (*self.report["verdicts"], *self.report["findings"]) for key in ("summary", "remedy")]
        return "\n".join(filter(None, said))


@cache
def worlds() -> list[World]:
    """Every world of every table, in order."""
    return [
        World(entry["name"], file.stem, entry)
        for file in sorted(FOLDER.glob("*.yaml"))
        for entry in yaml.load(file.read_text("utf-8"), Loader=_LOADER)
    ]


def _matches(pattern: str, method: str, path: str) -> bool:
    verb, _space, template = pattern.partition(" ")
    expression = re.escape(template).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
    return verb in (method, "ANY") and re.fullmatch(expression, path) is not None


def _handler(entry: Mapping[str, Any], asked: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer goes out in one piece: a second one would wait for the first to be acknowledged

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            asked.append(target.path)
            wholly = target.path + (f"?{target.query}" if target.query else "")
            methods = ("HEAD", "GET") if self.command == "HEAD" else (self.command,)
            routes = [
                one
                for method in methods
                for one in entry["routes"]
                if _matches(one["at"], method, wholly if "?" in one["at"] else target.path)
            ]
            route = routes[0] if routes else entry.get("otherwise", {"status": 404, "body": {"detail": "Not Found"}})
            wanted = route.get("needs_key", entry.get("needs_key", True))
            sent = self.headers.get_all(wanted, []) if isinstance(wanted, str) else self.headers.values()
            if wanted and not any(KEY in value for value in sent):
                route = entry.get("refusal", REFUSAL)
            self._send(route)

        do_HEAD = do_GET
        do_POST = do_GET

        def _send(self, route: Mapping[str, Any]) -> None:
            media_type, body = FILES[route["file"]] if "file" in route else ("application/json", b"")
            if "body" in route:
                given = route["body"]
                text = given if isinstance(given, str) else json.dumps(given)
                body = self._placed(text).encode()
            headers = {"Content-Type": media_type} | {
                key: self._placed(str(value)) for key, value in (route.get("headers") or {}).items()
            }
            self.send_response(route.get("status", 200))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _placed(self, text: str) -> str:
            port = self.server.server_address[1]
            return text.replace("{base}", f"http://127.0.0.1:{port}").replace("{elsewhere}", f"http://localhost:{port}")

        def version_string(self) -> str:
            return str(entry.get("server", "uvicorn"))

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def serving(entry: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Serve a world; gives its URL and the paths as they are asked for."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(entry, asked))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def play(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Played:
    """Scan a world with the command line in this process."""
    from probe.cli import main

    monkeypatch.setenv("WORLD_KEY", KEY)
    monkeypatch.chdir(folder)
    with serving(world.entry) as (url, asked), pytest.raises(SystemExit) as ended:
        main(words_of(world, url, folder))
    printed = capsys.readouterr()
    assert ended.value.code in (0, 1, 3), printed.err
    return Played(json.loads(printed.out), int(ended.value.code or 0), asked)


def words_of(world: World, url: str, folder: Path) -> list[str]:
    """The command line that scans a world."""
    words = ["scan", "--target", f"lab={url}{world.entry.get('base', '')}", "--provider", world.entry.get("provider", "openai")]
    words += [] if world.entry.get("unkeyed") else ["--key-env", "WORLD_KEY"]
    words += [
        "--json",
        "-f",
        "json",
        "-o",
        str(folder / "reports"),
        "--retries",
        "0",
        "--rate-limit",
        "1000",
    ]
    words += [word for one in world.entry.get("ids", ()) for word in ("--id", str(one))]
    return words + [str(word).replace("{base}", url) for word in world.entry.get("options", ())]
