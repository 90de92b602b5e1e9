"""Ways to write a secret down so that nobody should recognise it; each gives a text with enough of the secret to use it."""

from __future__ import annotations

import base64
import gzip
import html
import json
import quopri
import zlib
from collections.abc import Callable, Mapping
from email.header import Header
from unicodedata import normalize
from urllib.parse import quote

Disguise = Callable[[str], str]


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def between(separator: str, every: int = 1) -> Disguise:
    return lambda secret: separator.join(secret[at : at + every] for at in range(0, len(secret), every))


def shifted(upper: int, lower: int, digit: int) -> Disguise:
    """Letters and digits from another place of Unicode that look like them."""
    places = {range(65, 91): upper, range(97, 123): lower, range(48, 58): digit}

    def one(char: str) -> str:
        return next((chr(start + ord(char) - known[0]) for known, start in places.items() if ord(char) in known), char)

    return lambda secret: "".join(map(one, secret))


def each(shape: str, between: str = "") -> Disguise:
    return lambda secret: between.join(shape.format(ord(char)) for char in secret)


SEPARATORS = {
    "U+2064": "\u2064",
    "U+180E": "\u180e",
    "U+FE0F": "\ufe0f",
    "U+3000": "\u3000",
    "U+205F": "\u205f",
    "next line": "\u0085",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "soft hyphen": "\u00ad",
    "no-break space": "\u00a0",
    "byte order mark": "\ufeff",
    "right-to-left override": "\u202e",
    "tag space": "\U000e0020",
    "hangul filler": "\u3164",
    "combining joiner": "\u034f",
    "<wbr>": "<wbr>",
    "an empty element": "<b></b>",
    "a comment": "<!-- -->",
    "spaces": " ",
    "tabs": "\t",
    "line ends": "\r\n",
    "NUL": "\x00",
    "commas": ", ",
    "dots": ".",
    "hyphens": "-",
    "quotes": '","',
    "an entity": "&#8203;",
    "an escaped line end": "\\n",
}

WRITTEN: Mapping[str, Disguise] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "percent": lambda s: quote(s, safe=""),
    "percent, every byte": each("%{:02x}"),
    "percent twice": lambda s: quote(each("%{:02X}")(s), safe=""),
    "JSON": json.dumps,
    "JSON, every character": each("\\u{:04x}"),
    "braces": each("\\u{{{:x}}}"),
    "eight digits": each("\\U{:08X}"),
    "braces after x": each("\\x{{{:x}}}"),
    "in full width": shifted(0xFF21, 0xFF41, 0xFF10),
    "letters of mathematics": shifted(0x1D400, 0x1D41A, 0x1D7CE),
    "letters in circles": shifted(0x24B6, 0x24D0, 0x1D7F6),
    "letters with accents": lambda s: normalize("NFC", "".join(char + "\u0301" for char in s)),
    "a list of bytes": lambda s: str(list(s.encode())),
    "a Buffer of Node": lambda s: json.dumps(json.dumps({"type": "Buffer", "data": list(s.encode())})),
    "a dump in octal": each("{:03o}", " "),
    "a dump in binary": each("{:08b}", " "),
    "octal": each("\\{:03o}"),
    "string escapes": each("\\x{:02x}"),
    "escape()": each("%u{:04x}"),
    "HTML": html.escape,
    "decimal entities": each("&#{};"),
    "zero-padded decimal entities": each("&#{:09d};"),
    "hexadecimal entities": each("&#x{:x};"),
    "zero-padded hexadecimal entities": each("&#X{:010X};"),
    "quoted-printable": lambda s: quopri.encodestring(s.encode()).decode(),
    "quoted-printable, every byte": each("={:02X}"),
    "quoted-printable, soft breaks": lambda s: "=\r\n".join(s[at : at + 9] for at in range(0, len(s), 9)),
    "encoded word, base64": lambda s: Header(s, "utf-8", maxlinelen=60).encode(),
    "encoded word, quoted": lambda s: f"=?utf-8?Q?{each('={:02X}')(s)}?=",
    "hexadecimal": lambda s: s.encode().hex(),
    "hexadecimal, upper case": lambda s: s.encode().hex().upper(),
    "hexadecimal of upper case": lambda s: s.upper().encode().hex(),
    "hexadecimal of lower case": lambda s: s.lower().encode().hex(),
    "colons": each("{:02x}", ":"),
    "0x and commas": each("0x{:02x}", ", "),
    "0x at the front": lambda s: "0x" + s.encode().hex(),
    "bytes in brackets": lambda s: "<" + s.encode().hex(" ", 4) + ">",
    "base64": lambda s: base64_of(s.encode()),
    "base64, shifted": lambda s: base64_of(b"a" + s.encode()),
    "base64, shifted by two": lambda s: base64_of(b"ab" + s.encode() + b"tail"),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64, lower case": lambda s: base64_of(s.encode()).lower(),
    "base64 in lines": lambda s: base64.encodebytes(s.encode() * 2).decode(),
    "base64 of upper case": lambda s: base64_of(s.upper().encode()),
    "base64 of lower case": lambda s: base64_of(s.lower().encode()),
    "base64 of UTF-16": lambda s: base64_of(s.encode("utf-16-le")),
    "base64 twice": lambda s: base64_of(base64_of(s.encode()).encode()),
    "base64 three times": lambda s: base64_of(base64_of(base64_of(s.encode()).encode()).encode()),
    "base64 of hexadecimal": lambda s: base64_of(s.encode().hex().encode()),
    "hexadecimal of base64": lambda s: base64_of(s.encode()).encode().hex(),
    "hexadecimal twice": lambda s: s.encode().hex().encode().hex(),
    "base64 of percent": lambda s: base64_of(each("%{:02X}")(s).encode()),
    "percent of base64": lambda s: quote(base64_of(s.encode()), safe=""),
    "base64 of JSON": lambda s: base64_of(json.dumps({"key": s}).encode()),
    "base64 of entities": lambda s: base64_of(each("&#{};")(s).encode()),
    "Basic": lambda s: "Basic " + base64_of(f"user:{s}".encode()),
    "base32": lambda s: base64.b32encode(s.encode()).decode(),
    "base32, lower case": lambda s: base64.b32encode(b"abc" + s.encode()).decode().lower(),
    "base85": lambda s: base64.b85encode(s.encode()).decode(),
    "base85, shifted": lambda s: base64.b85encode(b"a" + s.encode() + b"b").decode(),
    "Ascii85": lambda s: base64.a85encode(b"ab" + s.encode()).decode(),
    "Ascii85 with its frame": lambda s: base64.a85encode(s.encode(), adobe=True).decode(),
    "zlib in base64": lambda s: base64_of(zlib.compress(s.encode())),
    "zlib in hexadecimal": lambda s: zlib.compress(s.encode()).hex(),
    "gzip in hexadecimal": lambda s: gzip.compress(s.encode()).hex(" "),
    "gzip in base64": lambda s: base64_of(gzip.compress(s.encode())),
    "UTF-16 read as text": "\0".join,
    "read as Latin-1": lambda s: "\u200b".join(s).encode().decode("latin-1"),
    **{f"between {name}": between(separator) for name, separator in SEPARATORS.items()},
    **{f"in pieces, {name}": between(separator, 5) for name, separator in SEPARATORS.items()},
}

CUT: Mapping[str, Disguise] = {
    "the first 64": lambda s: s[:64],
    "the first 16": lambda s: s[:16],
    "the last 16": lambda s: s[-16:],
    "the last 20": lambda s: s[-20:],
    "all but the first": lambda s: s[1:],
    "all but the last": lambda s: s[:-1],
    "shortened by dots": lambda s: f"{s[:20]}...{s[-4:]}",
    "the middle": lambda s: s[8:31],
    "the first 24, percent": lambda s: each("%{:02X}")(s[:24]),
    "the first 24, base64": lambda s: base64_of(s[:24].encode()),
    "the last 24, base64": lambda s: base64_of(b"x" + s[-24:].encode()),
    "the first 24, hexadecimal": lambda s: s[:24].encode().hex(),
    "the first 24, upper case": lambda s: s[:24].upper(),
    "the first 24, base64 twice": lambda s: base64_of(base64_of(s[:24].encode()).encode()),
}
DISGUISES: Mapping[str, Disguise] = {**WRITTEN, **CUT}
