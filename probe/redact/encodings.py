"""The forms in which a text can hide in other text: escapes, peeled off layer by layer, and encodings that peeling cannot undo."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MIN_LENGTH = 6
"""Anything shorter is found in every sentence, so it is not searched for."""

_MAX_LAYERS = 6
STANDARD_BASE64 = bytes.maketrans(b"-_", b"+/")
BASE64_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"

_ASCII_BLANK = b"\x00\t\n\x0b\x0c\r "
_WIDE_BLANK = re.compile(
    rb"\xc2[\xa0\xad]|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xe2\x81\xa0|\xef\xbb\xbf"
    # the same in a header, which is read as Latin-1
    rb"|\xc3\x82\xc2[\xa0\xad]|\xc3\xa2\xc2\x80\xc2[\x80-\x8f\xa8-\xaf]|\xc3\xa2\xc2\x81\xc2\xa0|\xc3\xaf\xc2\xbb\xc2\xbf"
)
_BLANK = re.compile(rb"(?:[\x00\t\n\x0b\x0c\r ]|" + _WIDE_BLANK.pattern + rb")++")
_ESCAPE = re.compile(
    rb"%(?:25){0,8}(?:[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})"  # percent-encoding, any number of times over, and JavaScript's escape()
    rb"|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\."  # JSON and string literals
    rb"|&\#[0-9]{1,7};?|&\#[xX][0-9A-Fa-f]{1,6};?|&[A-Za-z][A-Za-z0-9]{1,31};|&(?:amp|lt|gt|quot)",  # HTML and XML
    re.DOTALL,
)


@lru_cache(maxsize=4096)
def _unescape(token: bytes) -> bytes:
    """Give the bytes that one escape stands for; blanks stand for nothing."""
    if token[:1] == b"%":
        if token[-5:-4] == b"u":
            return chr(int(token[-4:], 16)).encode("utf-8", "surrogatepass")
        return bytes.fromhex(token[-2:].decode())
    if token[:2] in (b"\\u", b"\\x") and len(token) > 2:
        return chr(int(token[2:], 16)).encode("utf-8", "surrogatepass")
    if token[:1] == b"\\":
        return b"" if token[1:] in b"nrtbf" else token[1:]
    if token[:1] == b"&":
        return html.unescape(token.decode("ascii")).replace("\ufffd", "").encode("utf-8", "surrogatepass")
    return b""


def _without_blanks(content: bytes) -> bytes:
    return _WIDE_BLANK.sub(b"", content.translate(None, _ASCII_BLANK))


def views(content: bytes) -> Iterator[bytes]:
    """Yield `content` without white space and NUL (so UTF-16 reads as ASCII), then with one layer of escapes less each time."""
    view = _without_blanks(content)
    yield view
    for _ in range(_MAX_LAYERS):
        peeled = _without_blanks(_ESCAPE.sub(lambda match: _unescape(match[0]), view))
        if peeled == view:
            return
        view = peeled
        yield view


@dataclass(slots=True)
class Mapped:
    """A view whose every byte knows where it began and ended in the content."""

    view: bytes
    starts: list[int]
    ends: list[int]

    def without(self, pattern: re.Pattern[bytes]) -> Mapped:
        """Replace what `pattern` finds by what it stands for."""
        parts: list[bytes] = []
        starts: list[int] = []
        ends: list[int] = []
        position = 0
        for match in pattern.finditer(self.view):
            begin, end = match.span()
            plain = _unescape(match[0])
            parts += (self.view[position:begin], plain)
            starts += self.starts[position:begin] + [self.starts[begin]] * len(plain)
            ends += self.ends[position:begin] + [self.ends[end - 1]] * len(plain)
            position = end
        parts.append(self.view[position:])
        return Mapped(b"".join(parts), starts + self.starts[position:], ends + self.ends[position:])


def mapped_views(content: bytes) -> Iterator[Mapped]:
    """Do what `views` does, slower, with the way back to the content."""
    mapped = Mapped(content, list(range(len(content))), list(range(1, len(content) + 1))).without(_BLANK)
    yield mapped
    for _ in range(_MAX_LAYERS):
        peeled = mapped.without(_ESCAPE).without(_BLANK)
        if peeled.view == mapped.view:
            return
        mapped = peeled
        yield mapped


def _base64_middles(secret: bytes) -> Iterator[bytes]:
    """Yield the characters that every base64 text with `secret` in it must hold, for each of the three alignments."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + secret)
        yield encoded[-(-shift * 8 // 6) : (shift + len(secret)) * 8 // 6]


@dataclass(frozen=True, slots=True)
class Needle:
    """A form of the secret called `name` as it stands in a view; a base64 form minds case and touches its neighbours."""

    name: str
    form: bytes
    is_base64: bool


def needles(name: str, secret: str) -> Iterator[Needle]:
    """Yield all forms of a secret that peeling does not undo."""
    encoded = secret.strip().encode("utf-8", "surrogatepass")
    plain = {*views(encoded), *views(encoded.rstrip(b"\\")), encoded.replace(b" ", b"+")}
    if not secret.isascii():
        # header values are read as Latin-1, whatever the server meant
        plain |= {encoded.decode("latin-1").encode(), next(views(secret.strip().encode("utf-16-le", "surrogatepass")))}
    for form in plain:
        if len(form) >= MIN_LENGTH:
            yield Needle(name, form.lower(), is_base64=False)
    wide = {secret.strip().encode(encoding, "surrogatepass") for encoding in ("utf-16-le", "utf-16-be")}
    for form in {encoded, *views(encoded), *wide}:
        yield Needle(name, form.hex().encode(), is_base64=False)
        for middle in _base64_middles(form):
            yield Needle(name, middle, is_base64=True)
