"""Everything that a text can be read as: escapes peeled off layer by layer, and what its base64 and hexadecimal digits hold.

One walk serves both the search of a file and the masking of a text: with `View.of(content, mapped=True)` every byte of every view
also knows where it came from.
"""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

_MAX_LAYERS = 6
_MAX_DEPTH = 3
_MAX_INFLATED = 1 << 16
_MAX_REMEMBERED = 16384

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LOWER = bytes.maketrans(_LETTERS[:26], _LETTERS[26:52])
_NO_LETTERS = bytes(set(range(256)) - set(_LETTERS))
_BLANK = b"\x00\t\n\x0b\x0c\r "
_NOT_PRINTED = _BLANK + bytes(range(0x80, 0x100))
_STANDARD_BASE64 = bytes.maketrans(b"-_", b"+/")

_ESCAPE = re.compile(
    rb"%(?:25){0,8}(?:[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})"  # percent-encoding, any number of times over, and JavaScript's escape()
    rb"|\\u[0-9A-Fa-f]{4}|\\[ux]\{[0-9A-Fa-f]{1,6}\}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2}|\\."  # string literals
    rb"|&\#[0-9]{1,20};?|&\#[xX][0-9A-Fa-f]{1,20};?|&[A-Za-z][A-Za-z0-9]{1,31};|&(?:amp|lt|gt|quot)"  # HTML and XML
    rb"|<[A-Za-z/!][^<>]{0,64}>",  # a tag between two characters: <wbr>
    re.DOTALL,
)
_ESCAPE_SIGNS = (b"\\", b"%", b"&", b"<")
_ALIKE = re.compile(
    rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]"  # what JSON in ASCII writes in two escapes
    rb"|[\xc2-\xca\xe1\xe2\xef\xf0](?:"
    rb"(?<=\xc2)[\xaa-\xba]|(?<=[\xc3-\xca])[\x80-\xbf]|(?<=\xe1)[\xb4-\xb6\xb8-\xbb][\x80-\xbf]"  # with an accent, raised, lowered
    rb"|(?<=\xe2)[\x81-\x84\x91-\x93][\x80-\xbf]|(?<=\xef)[\xac\xbc\xbd][\x80-\xbf]"  # in a circle, in full width
    rb"|(?<=\xf0)(?:\x9d[\x90-\x9f]|\x9f[\x84-\x86\xaf])[\x80-\xbf])"  # of mathematics, in a square
)
_NUMBERS_SIGN = re.compile(rb"(?<![0-9A-Za-z])(?:(?:[0-9]{2,3}|[01]{8})[^0-9A-Za-z]{1,8}){14}")
_NUMBER = re.compile(rb"(?<![0-9A-Za-z])(?:[0-9]{2,3}|[01]{8})(?![0-9A-Za-z])")
_QUOTED_SIGN = re.compile(rb"=(?:3[dD]|[0-9A-Fa-f]{2}(?:=[0-9A-Fa-f]{2}){2}|\?[\w-]{1,40}\?[bBqQ]\?|\r?\n)")
_QUOTED = re.compile(rb"=\?[\w-]{1,40}\?[bBqQ]\?[^\s?]{0,1024}\?=|=\r?\n|=[0-9A-Fa-f]{2}")
_SHORTEST_RUN, _SHORTEST_HEX = 24, 32
_ONLY_BASE64 = bytes(88 if byte in _LETTERS + b"+/_-" else 32 for byte in range(256))
_ONLY_HEX = bytes(88 if byte in b"0123456789abcdef" else 32 for byte in range(256))
_ONLY_DIGITS = bytes(88 if byte in b"0123456789" else 32 for byte in range(256))
_SHORTEST_NUMBERS = 28
_HEX_SIGN = re.compile(rb"0x")


@lru_cache(maxsize=4096)
def _unescape(token: bytes) -> bytes:
    """Give the bytes that one escape stands for; blanks and tags stand for nothing."""
    kind = token[:1]
    if kind == b"%":
        return _character(token[-4:], 16) if token[-5:-4] == b"u" else bytes.fromhex(token[-2:].decode())
    if kind == b"&":
        return html.unescape(token.decode("ascii")).replace("\ufffd", "").encode("utf-8", "surrogatepass")
    if kind != b"\\":
        return b""
    if token[1:2] in b"uUx" and len(token) > 2:
        return _character(token[2:].strip(b"{}"), 16)
    if len(token) > 2:
        return _character(token[1:], 8)
    return b"" if token[1:] in b"nrtbf" else token[1:]


@lru_cache(maxsize=4096)
def _plain_letter(token: bytes) -> bytes:
    """Give the letters and digits of ASCII that a character is a form of, by Unicode's own tables."""
    text = token.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore")
    return plain if plain.isalnum() else token


def _number(token: bytes, base: int) -> bytes:
    """Give the byte that a number stands for: `107` in a list of bytes, `153` in an octal dump, `01101011`."""
    base = 2 if len(token) == 8 else base
    code = int(token, base) if base != 8 or not token.strip(b"01234567") else 0
    return bytes((code,)) if code < 0x80 else token


def _character(digits: bytes, base: int) -> bytes:
    code = int(digits, base)
    return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else b""


def _unquote(token: bytes) -> bytes:
    """Give what one piece of quoted-printable text, or one encoded word of RFC 2047, stands for."""
    if not token.startswith(b"=?"):
        return bytes.fromhex(token[1:].decode()) if len(token) == 3 and token[1:2] not in b"\r\n" else b""
    _, _charset, kind, text, _ = token.split(b"?")
    if kind in b"qQ":
        return _QUOTED.sub(lambda match: _unquote(match[0]), text)
    return _of_base64(text.rstrip(b"="))


def _of_base64(run: bytes) -> bytes:
    """Decode as many whole bytes as the digits hold."""
    usable = run[: len(run) - (len(run) % 4 == 1)].translate(_STANDARD_BASE64)
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))


@dataclass(slots=True)
class TextView:
    """Bytes that a content can be read as; where the way back is wanted, each knows where it began and ended there."""

    data: bytes
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    @classmethod
    def of(cls, content: bytes, *, mapped: bool = False) -> TextView:
        """Begin with a content as it is."""
        return cls(content, range(len(content)), range(1, len(content) + 1)) if mapped else cls(content)

    def squeezed(self) -> TextView:
        """Keep letters and digits alone, in lower case: whatever else stands between the characters of a secret is gone."""
        return self._without(_NO_LETTERS, self.data.translate(_LOWER, _NO_LETTERS))

    def printed(self) -> TextView:
        """Keep what is printed in ASCII, in lower case: for secrets that are too short to be known by letters and digits."""
        return self._without(_NOT_PRINTED, self.data.translate(_LOWER, _NOT_PRINTED))

    def dense(self) -> TextView:
        """Leave out white space and NUL, so that UTF-16 reads as ASCII and no escape is cut by the end of a line."""
        return self._without(_BLANK, self.data.translate(None, _BLANK))

    def _without(self, left_out: bytes, data: bytes) -> TextView:
        if self.starts is None or self.ends is None:
            return TextView(data)
        kept = [at for at, byte in enumerate(self.data) if byte not in left_out]
        return TextView(data, [self.starts[at] for at in kept], [self.ends[at] for at in kept])

    def replaced(self, pattern: re.Pattern[bytes], plain: object = _unescape) -> TextView:
        """Put in place of what `pattern` finds what it stands for."""
        assert callable(plain)
        if self.starts is None or self.ends is None:
            return TextView(pattern.sub(lambda match: plain(match[0]), self.data))
        parts: list[TextView] = []
        position = 0
        for match in pattern.finditer(self.data):
            begin, end = match.span()
            parts += (self.part(position, begin), self.decoded(begin, end, plain(match[0])))
            position = end
        return _joined([*parts, self.part(position, len(self.data))], b"")

    def part(self, begin: int, end: int) -> TextView:
        """Cut a piece out."""
        if self.starts is None or self.ends is None:
            return TextView(self.data[begin:end])
        return TextView(self.data[begin:end], self.starts[begin:end], self.ends[begin:end])

    def decoded(self, begin: int, end: int, data: bytes) -> TextView:
        """Make a view of what a piece as a whole stands for."""
        if self.starts is None or self.ends is None or not data:
            return TextView(data, [], []) if self.starts is not None else TextView(data)
        return TextView(data, [self.starts[begin]] * len(data), [self.ends[end - 1]] * len(data))

    def digits(self, begin: int, data: bytes, places: Sequence[tuple[int, int]]) -> TextView:
        """Make a view of what digits stand for, of which byte n was written at `places[n % len]` of its group."""
        if self.starts is None or self.ends is None:
            return TextView(data)
        group = 4 if len(places) == 3 else 2
        at = [(begin + n // len(places) * group + places[n % len(places)][0]) for n in range(len(data))]
        return TextView(data, [self.starts[one] for one in at], [self.ends[one + 1] for one in at])


def _joined(parts: Sequence[TextView], between: bytes) -> TextView:
    data = between.join(part.data for part in parts)
    if not parts or parts[0].starts is None:
        return TextView(data)
    starts: list[int] = []
    ends: list[int] = []
    for number, part in enumerate(parts):
        if number and between:
            starts.append(0)
            ends.append(0)
        starts += part.starts or ()
        ends += part.ends or ()
    return TextView(data, starts, ends)


class Reader:
    """Reads a content in every way; runs of digits that were seen to hold nothing are not decoded again."""

    def __init__(self) -> None:
        self._boring: set[bytes] = set()

    def views(self, content: TextView, seen: set[bytes]) -> Iterator[tuple[TextView, TextView]]:
        """Yield every view of a content, the plainest first, each with its letters and digits; `seen` collects what was decoded."""
        return self._unfolded(content, _MAX_DEPTH, seen)

    def skip(self, seen: set[bytes]) -> None:
        """Remember runs that hold no secret."""
        if len(self._boring) < _MAX_REMEMBERED:
            self._boring |= {run for run in seen if len(run) <= 1024}

    def forget(self) -> None:
        """Decode everything again: another secret is known now."""
        self._boring.clear()

    def _unfolded(self, content: TextView, depth: int, seen: set[bytes]) -> Iterator[tuple[TextView, TextView]]:
        for view in _layers(content):
            letters = view.squeezed()
            yield view, letters
            if depth and len(view.data) >= _SHORTEST_RUN and (runs := list(self._runs(view, letters, seen))):
                yield from self._unfolded(_joined(runs, b"\n"), depth - 1, seen)
        if b"=" in content.data and _QUOTED_SIGN.search(content.data):
            yield from ((view, view.squeezed()) for view in _layers(content.replaced(_QUOTED, _unquote)))
        digits = content.data.translate(_ONLY_DIGITS, _NO_LETTERS)
        if b"X" * _SHORTEST_NUMBERS in digits and _NUMBERS_SIGN.search(content.data):
            for base in (10, 8):
                view = content.replaced(_NUMBER, partial(_number, base=base))
                yield view, view.squeezed()

    def _runs(self, view: TextView, letters: TextView, seen: set[bytes]) -> Iterator[TextView]:
        """Decode runs of base64 and of hexadecimal digits, wherever in them a secret's own digits begin."""
        for begin, run in _words(view.data, _ONLY_BASE64, _SHORTEST_RUN):
            if run not in seen and run not in self._boring:
                seen.add(run)
                for offset in range(4):
                    data = _of_base64(run[offset:])
                    yield view.digits(begin + offset, data, ((0, 1), (1, 2), (2, 3)))
                    if _is_packed(data):
                        yield view.decoded(begin + offset, begin + len(run), _inflated(data))
        if len(letters.data) < _SHORTEST_HEX:
            return
        if b"0x" in letters.data:
            letters = letters.replaced(_HEX_SIGN, lambda _token: b"")
        for begin, run in _words(letters.data, _ONLY_HEX, _SHORTEST_HEX):
            known = b"hex " + run
            if known not in seen and known not in self._boring:
                seen.add(known)
                for offset in range(2):
                    digits = run[offset:]
                    data = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
                    yield letters.digits(begin + offset, data, ((0, 1),))
                    if _is_packed(data):
                        yield letters.decoded(begin + offset, begin + len(run), _inflated(data))


def _layers(content: TextView) -> Iterator[TextView]:
    """Yield a content, then with one layer of escapes less each time; each as it is, and with plain letters where it has others."""
    view = content
    for _ in range(1 + _MAX_LAYERS):
        yield view
        plain = _undressed(view)
        if plain is not view:
            yield plain
        if not _has_escapes(plain):
            return
        dense = plain.dense()
        view = _unescaped(dense)
        if view.data == dense.data:
            return


def _has_escapes(view: TextView) -> bool:
    return any(sign in view.data for sign in _ESCAPE_SIGNS)


def _unescaped(view: TextView) -> TextView:
    """Peel off one layer of escapes; the quotes of JSON first and at once where that is the same: mostly they are all."""
    if view.starts is None and b"\\\\" not in view.data and b"<" not in view.data:
        view = TextView(view.data.replace(b'\\"', b'"'))
    return view.replaced(_ESCAPE) if _has_escapes(view) else view


def _undressed(view: TextView) -> TextView:
    """Put the plain letters in the place of those with accents, in full width, in circles."""
    return view if view.data.isascii() or not _ALIKE.search(view.data) else view.replaced(_ALIKE, _plain_letter)


def _words(data: bytes, shape: bytes, shortest: int) -> Iterator[tuple[int, bytes]]:
    """Yield the runs of at least this length, with their places, of the bytes that `shape` makes an X of and of others a blank."""
    shown, wanted = data.translate(shape), b"X" * shortest
    begin = shown.find(wanted)
    while begin >= 0:
        end = shown.find(b" ", begin + shortest)
        end = len(data) if end < 0 else end
        yield begin, data[begin:end]
        begin = shown.find(wanted, end)


def _is_packed(data: bytes) -> bool:
    """Whether this begins as gzip or zlib does (RFC 1952, RFC 1950)."""
    return data[:2] == b"\x1f\x8b" or (data[:1] == b"\x78" and int.from_bytes(data[:2], "big") % 31 == 0)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(47).decompress(data, _MAX_INFLATED)
    except zlib.error:
        return b""


def squeeze(data: bytes) -> bytes:
    """Keep letters and digits alone, in lower case."""
    return data.translate(_LOWER, _NO_LETTERS)


def printed(data: bytes) -> bytes:
    """Keep what is printed in ASCII, in lower case."""
    return data.translate(_LOWER, _NOT_PRINTED)


def readings(secret: bytes) -> Iterable[bytes]:
    """Give a secret as it is and with its own escapes peeled off: what the layers of a text would make of it."""
    return {view.data for start in (secret, secret.rstrip(b"\\")) for view in _layers(TextView.of(start))}
