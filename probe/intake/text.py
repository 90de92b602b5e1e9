"""A paste as plain text: decoded, without what only a terminal or an attacker puts there, in one kind of quotes and line ends."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from html import unescape
from urllib.parse import unquote

from probe.errors import UsageError
from probe.intake.layout import plain

MAX_PASTE = 16 * 1024 * 1024
"""Bytes (and characters) that a paste may have; a HAR of a whole afternoon is smaller."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|[@-Z\\-_])")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_PLAIN = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2028": "\n",
        "\u2029": "\n",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2018": "'",
        "\u2019": "'",
    }
    | {wide: chr(wide - 0xFEE0) for part in ("０９", "ＡＺ", "ａｚ") for wide in range(ord(part[0]), ord(part[1]) + 1)}
)
_SCHEME = re.compile(r"\bHttps?://|\bHTTPS?://")
_AMPERSAND = re.compile(r"&amp;|\\u0026")
_ENTITY = re.compile(r"&(?!quot;)(?:#\d{1,6}|#x[0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});")
_WRAPPED = re.compile(
    r"(https?://[^\s\"'<>`|]{8,1024}+)\n[ \t]{0,20}(?=[?&][\w.-]{1,40}="
    r"|(?<=[/_=&-]\n)(?:[a-z]{2,12}[_-][\w-]{6,200}(?![\w=])|[\w.-]{1,80}/)[\w.~%+=&?/-]{0,512}+(?=[ \t\n\"'`]|$)"
    r"|(?<=[\w%]\n)[\w.~%-]{1,200}[/?][\w.~%+=&?/-]{0,512}+[ \t]{0,8}(?:\n|$))"
)
"""A URL that goes on in the next line: with its query, after a sign that ends no URL, or as a line of nothing but a path."""
_NAMED = re.compile(
    r"(?m)(?P<quote>[\"']?)\b(?:name|key)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?P<name>[A-Z][A-Z0-9_]{2,60})[\"']?,?\s{1,40}"
    r"[\"']?value[\"']?[ \t]{0,4}(?P<equals>[:=])[ \t]{0,4}(?=[^\s])"
)
"""`name: X` and `value: Y` in two lines or two attributes, as Kubernetes, Azure and .NET write an environment."""
_CUT = re.compile(r"(?m)^(\+ [^\n]{1,400}\S) (?:\.\.\.|…)[ \t]*$")
"""A line that PowerShell's error record shows in part: its last word may be cut."""
_ESCAPED_BREAK = re.compile(r"(?:\\r)?\\n(?=(?:Status|ErrorCode|Content|Headers|Code|Message): )")
"""A line end inside a string of a log, before a line of an error's block."""
_COMMENTED = re.compile(r"(?m)^[ \t]{0,8}(?:#|//)[ \t]{0,4}(?:export[ \t]+)?[A-Z][A-Z0-9_]{3,60}[ \t]{0,4}=[^\n]*$")
_SETTING = re.compile(r"(?m)^[ \t]{0,8}(?:export[ \t]+)?[A-Z][A-Z0-9_]{3,60}[ \t]{0,4}=")
_ADDED = re.compile(r"(?<=<add )[ ]{0,8}key=[\"']([\w:.-]{2,80})[\"'] {1,8}value=", re.IGNORECASE)
"""An entry of .NET's XML configuration."""
_LISTED = re.compile(r"(?m)^([ \t-]{0,40})name:[ \t]{0,4}[\"']?([\w.-]{2,60})[\"']?[ \t]{0,4}\n[ \t]{1,40}value:[ \t]{1,4}(?=\S)")
"""The same of a header in a list of YAML."""


_MISREAD = re.compile(r"(?<!\w)([45])[Oo]([0-9Oo])(?!\w)")
"""A status as OCR reads it."""
_CARRIED = re.compile(
    r"https?://(?:urldefense\.com/v3/__(?P<plain>https?://[^\s\"'<>]{1,4096}?)__;[^\s\"'<>]{0,4096}"
    r"|(?:[\w-]{1,63}\.){0,6}(?:safelinks\.protection\.outlook\.com|google\.com/url|slack-redir\.net)[^\s\"'<>=]{0,200}="
    r"(?P<carried>https?%3A[^\s&\"'<>]{1,4096}+)[^\s\"'<>]{0,4096}+)|(?P<before>(?:^|(?<=\s))[\w.]{1,40}=|(?<![\w=%/]))(?P<bare>https?%3A%2F%2F[^\s\"'<>]{1,4096}+)",
    re.IGNORECASE | re.MULTILINE,
)
"""A URL inside a mail scanner's link, or one that is percent-encoded as a whole."""
_POOL = re.compile(
    r"(?P<scheme>HTTPS?)ConnectionPool\(host='(?P<host>[^'\s]{1,255})', port=(?P<port>\d{1,5})\)"
    r"(?:: Max retries exceeded with url: (?P<path>/\S{0,4096}))?"
)
"""How requests names the URL of a request that got no response."""
_VALUED = re.compile(
    r"(?P<name>[\"'][\w.-]{2,80}[\"']\s{0,4}:\s{0,4})\{(?:\s{0,80}\"(?:type|sensitive)\"\s{0,4}:\s{0,4}[\w\"]{2,20},){1,3}"
    r"\s{0,80}\"value\"\s{0,4}:\s{0,4}(?=\")"
)
"""An output of a deployment (ARM, Bicep, Terraform): a name, and its value beside the type."""
_DUMPED = re.compile(
    r"(?m)^(?:(?:[<=]=|=>) [A-Z][^\n]{0,400}|[0-9a-f]{4,6}: (?:(?P<hex>(?:[0-9a-f]{2} ){1,16}) {0,48}[^\n]{1,16}"
    r"|(?P<plain>[^\n]{0,64})))(?:\n|\Z)"
)
"""A line of `curl --trace`: what it is about, 16 bytes as numbers and as text;
or of `--trace-ascii`, which breaks a line after 64 signs."""
_ARROW = re.compile(r"\"\s?=>\s?%?(?P<nil>nil\b)?")
"""What stands between a key and its value where Ruby and Elixir print a map."""
_PACKED = re.compile(r"\"((?:eyJ|ewo|H4sI)[A-Za-z0-9+/]{24,65536}={0,2})\"")
"""A string that holds JSON, or what gzip made of it, in base64."""
_LABELLED = re.compile(r"(?m)(?:^[ \t]*\|[ \t]*[^|\n/\d]{1,40}[ \t]*\|[^|\n]{1,4096}\|?[ \t]*(?:\n|\Z)){2,200}")
"""A table of two columns, a name and its value in each row."""
_COLUMNS = re.compile(r"(?i)status|code|result|response|statut|ergebnis|antwort|observed|actual|^\W*[45]\d\d\b")
_PAGE = re.compile(r"(?i)<(?:title|h1)\b")
"""What an error page has, and a mail or a ticket in HTML has not."""
_LINK = re.compile(r"<a\b[^<>]{0,400}?\bhref=\"(https?:[^\"<>]{1,4096})\"[^<>]{0,400}>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:(?P<block>p|br|div|pre|tr|table|thead|tbody|li|ul|ol|h[1-6]|blockquote)|(?P<cell>t[dh])|a|b|body|code|em|font|html|i|samp|span|strong|tt|u)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)


def decode(content: bytes) -> str:
    """Decode a file or a pipe: UTF-8, or UTF-16 as PowerShell's `>` writes it; what fits neither is replaced, not refused."""
    if len(content) > MAX_PASTE:
        raise too_large()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if content[1:64:2].count(0) > len(content[:64]) // 3:
        return content.decode("utf-16-le", "replace")
    return content.decode("utf-8-sig", "replace")


def clean(text: str) -> str:
    """Take out escape sequences, control and direction characters, and unify line ends, quotes and ampersands."""
    if len(text) > MAX_PASTE:
        raise too_large()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    text = _SCHEME.sub(lambda scheme: scheme[0].lower(), text)
    return _AMPERSAND.sub("&", _INVISIBLE.sub("", text).translate(_PLAIN))


def unwrapped(text: str) -> str:
    """Take out of a text what a mail, a page or a form put around its parts: entities, marks, breaks, names apart from values."""
    if not _PAGE.search(text) and len(_TAG.findall(text[:65536])) >= 3:
        text = _TAG.sub(lambda tag: "\n" if tag["block"] else " | " if tag["cell"] else "", _LINK.sub(r"\1 ", text))
    if text.count("&quot;") > text.count('"') or "</" not in text:
        text = text.replace("&quot;", '"')
    text = plain(_ENTITY.sub(lambda one: unescape(one[0]).replace("\xa0", " "), text))
    for pattern, plainer in _REWRITES:
        text = pattern.sub(plainer, text)
    if "\n0000: " in text:
        text = _DUMPED.sub(_dumped, text)
    if _SETTING.search(text):  # a setting that is commented out beside others is not in force
        text = _COMMENTED.sub("", text)
    for _line in range(4):
        text = _WRAPPED.sub(r"\1", text)
    text = _LISTED.sub(r"\1\2: ", text)
    return _NAMED.sub(r"\g<quote>\g<name>\g<quote>\g<equals> ", text)


def _status(match: re.Match[str]) -> str:
    return match[1] + "0" + match[2].replace("O", "0").replace("o", "0")


def _unpacked(match: re.Match[str]) -> str:
    """Write a body as the JSON it is; what is none, or is the head of a token, stays as it stands."""
    try:
        content = base64.b64decode(match[1])
        if content[:2] == b"\x1f\x8b":
            content = zlib.decompressobj(31).decompress(content, MAX_PASTE // 256)
        value = json.loads(content)
    except (ValueError, zlib.error, RecursionError):
        return match[0]
    return json.dumps(json.dumps(value)) if isinstance(value, dict) and "alg" not in value else match[0]


def _dumped(match: re.Match[str]) -> str:
    if match["hex"]:
        return bytes.fromhex(match["hex"]).decode("latin-1").replace("\r", "")
    plain = match["plain"]
    return "" if plain is None else plain + ("" if len(plain) == 64 else "\n")


def _lines(table: re.Match[str]) -> str:
    """Write a table of names and values as lines, unless a row names columns."""
    rows = [[cell.strip() for cell in row.strip().strip("|").split("|", 1)] for row in table[0].strip().split("\n")]
    rows = [row for row in rows if row[0].strip("-: ")]
    return table[0] if _COLUMNS.search(rows[0][1]) else "\n".join(": ".join(row) for row in rows) + "\n"


def _carried(match: re.Match[str]) -> str:
    return match["plain"] or (match["before"] or "") + unquote(match["carried"] or match["bare"])


def _address(match: re.Match[str]) -> str:
    return f"{match['scheme'].lower()}://{match['host']}:{match['port']}{match['path'] or ''}"


_REWRITES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_MISREAD, _status),
    (_VALUED, r"\g<name>"),
    (_CARRIED, _carried),
    (_POOL, _address),
    (_ESCAPED_BREAK, "\n"),
    (_ADDED, r"\1="),
    (_CUT, r"\1…"),
    (_ARROW, lambda arrow: f'": {"null" if arrow["nil"] else ""}'),
    (_LABELLED, _lines),
    (_PACKED, _unpacked),
)
"""What is rewritten, and as what, in this order."""


def too_large() -> UsageError:
    """Say that a paste is refused for its size."""
    return UsageError(
        f"paste: larger than {MAX_PASTE // 1024 // 1024} MB", hint="paste the failing request and its response, not the whole log"
    )
