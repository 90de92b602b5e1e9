"""Secrets in every form, a server that echoes what a test wants, and the command run against it in this process."""

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
from urllib.parse import quote

from click.testing import CliRunner

from probe.cli import main
from tests.leaks import files_of

KEY = "CANARY9f8e+7d/6c=5b&4a\"'<x>Qz" + "7hK2mW9rT4vB8nL3pX6sD1fG5jC0yA" * 2
GATEWAY = 'gW7-1b2c+3d/4e5f"60718=Zq'
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


@dataclass
class Echo:
    """A running server; each request gets the next reply, round and round, unless `choose` picks one."""

    url: str
    replies: list[bytes]
    heads: list[bytes] = field(default_factory=list)
    choose: Callable[[bytes], bytes] | None = None


@contextmanager
def echoing(replies: list[bytes]) -> Iterator[Echo]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
                head += line
            if head:
                echo.heads.append(head)
                self.wfile.write(echo.choose(head) if echo.choose else echo.replies[(len(echo.heads) - 1) % len(echo.replies)])

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
  clip: {title: Clip, media_types: [video/mp4], ids: {clip_id: {prefixes: [clip_]}}, status_paths: [$.status], \
states: {ready: [succeeded]}}
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
