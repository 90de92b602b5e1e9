"""An independent eye for secrets: looks for parts of them in every decoding of some bytes; shares no code with `probe.redact`."""

from __future__ import annotations

import base64
import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

_BLANK = re.compile("[\\s\\x00\u00ad\u200b-\u200f\u2060\ufeff]+")
_STRING_ESCAPE = re.compile(r"[\\%]u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\([nrtbf])|\\(.)")
_WINDOW = 12


def _unescaped(match: re.Match[str]) -> str:
    if match[1] or match[2]:
        return chr(int(match[1] or match[2], 16))
    return "" if match[3] else match[4]


def _texts(content: bytes) -> Iterator[str]:
    """The content as text, without blanks, then with one layer of escapes less each time."""
    view = _BLANK.sub("", content.decode("utf-8", "replace"))
    for _ in range(5):
        yield view
        peeled = _BLANK.sub("", html.unescape(unquote(_STRING_ESCAPE.sub(_unescaped, view))))
        if peeled == view:
            return
        view = peeled


def _decoded(text: str) -> Iterator[bytes]:
    """What runs of base64 and of hexadecimal digits hold, at every alignment."""
    yield from map(_of_base64, set(re.findall(r"[A-Za-z0-9+/_-]{16,}", text)))
    yield from map(_of_hexadecimal, set(re.findall(r"[0-9A-Fa-f]{24,}", text)))


@lru_cache(100_000)
def _of_base64(run: str) -> bytes:
    plain = run.replace("-", "+").replace("_", "/")
    return b"\n".join(base64.b64decode(part[: len(part) // 4 * 4]) for part in (plain[offset:] for offset in range(4)))


@lru_cache(100_000)
def _of_hexadecimal(run: str) -> bytes:
    return b"\n".join(bytes.fromhex(part[: len(part) // 2 * 2]) for part in (run, run[1:]))


def _windows(secret: str) -> set[str]:
    """Parts of a secret that give it away: its beginning, its end, and pieces of what lies between."""
    starts = [*range(0, len(secret) - _WINDOW, _WINDOW), len(secret) - _WINDOW]
    return {secret[start : start + _WINDOW].lower() for start in starts}


def _dimmed(secret: str) -> set[str]:
    """The same for base64 that somebody wrote in lower case: enough is left to guess the rest."""
    found = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret.encode()).decode().lower()[4:-4]
        found |= {text[start : start + 20] for start in range(0, len(text) - 20, 20)}
    return found


def leaks(content: bytes, secrets: Mapping[str, str]) -> list[str]:
    """The names of the secrets of which a part of 12 characters or more stands in `content`, in whatever form."""
    texts = set(_texts(content))
    haystack = "\n".join({text.lower() for text in texts})
    dug = b"\n".join({part for text in texts for part in _decoded(text)}).replace(b"\0", b"").decode("latin-1").lower()
    return [
        name
        for name, secret in secrets.items()
        if any(part in haystack or part in dug for part in _windows(secret)) or any(part in haystack for part in _dimmed(secret))
    ]


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder with its content; the members of a zip too."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from ((f"{path.name}/{name}", archive.read(name)) for name in archive.namelist())


def leaking(files: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> dict[str, list[str]]:
    """The files that hold a part of a secret, with the names of the secrets."""
    seen: dict[bytes, list[str]] = {}  # the members of a bundle are the files beside it
    for _name, content in (files := list(files)):
        if content not in seen:
            seen[content] = leaks(content, secrets)
    return {name: seen[content] for name, content in files if seen[content]}
