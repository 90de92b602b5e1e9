"""Which media type the bytes themselves prove: magic numbers, and structure where a format has no magic.

Servers claim what they like (`video/mp4` over a JSON error), so a claim is never looked at here. Every check is linear.
"""

from __future__ import annotations

import codecs
import csv
import html
import json
import re
from collections.abc import Callable, Iterable, Set

from probe.model import Magic

_ERROR_WORDS = frozenset({
    "message", "msg", "error", "errors", "detail", "details", "reason", "title", "errmsg", "error_message", "errormessage",
    "errcode", "error_code", "errorcode", "retmsg", "fault", "responsestatus",
})  # fmt: skip
_ERROR_KEYS = _ERROR_WORDS | {
    "code", "status", "success", "statuscode", "status_code", "request_id", "requestid", "trace_id", "traceid", "timestamp", "path",
    "type", "instance", "ok", "retcode", "description", "maintenance",
}  # fmt: skip

_MAGIC = tuple(
    (re.compile(head, re.DOTALL), media_type)
    for head, media_type in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"OggS\x00", "audio/ogg"),
        (rb"fLaC\x00\x00\x00\x22", "audio/flac"),
        (rb"PK(?:\x03\x04|\x05\x06\x00\x00)", "application/zip"),
        (rb"\x1f\x8b\x08", "application/gzip"),
        (rb"\x1a\x45\xdf\xa3", "video/webm"),
        (rb"\xff\xd8\xff[\xc0-\xcf\xdb\xe0-\xef\xfe]", "image/jpeg"),
        (rb"RIFF....WEBPVP8[ LX]", "image/webp"),
        (rb"RIFF....WAVE", "audio/wav"),
        (rb"%PDF-[12]\.[0-9]", "application/pdf"),
        (rb"ID3[\x02-\x04][\x00-\x0f].[\x00-\x7f]{4}", "audio/mpeg"),
    )
)
_BRANDS = {b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"avif": "image/avif", b"heic": "image/heic"}

_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
_HTML = re.compile(
    r"(?:\s*<!--(?:(?!-->).){0,4096}-->)*\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html|head|title|body)[\s>]", re.I | re.S
)
_HTML_FRAGMENT = re.compile(r"\s*<(?:h[1-6]|p|div|center|pre|br|table|script|style|meta|b|a)(?:\s[^<]{0,500})?/?>", re.IGNORECASE)
_XML = re.compile(r"\s*(?:<\?xml\s[^>]{0,200}\?>|<([A-Za-z_][\w.:-]{0,100})(?:\s[^<>]{0,1000})?/?>)")
_JSON_TOKENS = re.compile(
    r'(?:[\s{}\[\]:,]++|"(?:[^"\\]|\\.)*+"|-?\d[\d.eE+-]*+|true|false|null|NaN|-?Infinity)*+(?:"(?:[^"\\]|\\.)*+\\?|[a-zA-Z-]{1,8})?',
    re.S,
)
_MANY_SIGNS, _HEAD = 400_000, 1 << 16
_DECODER = json.JSONDecoder(parse_int=str)  # a number of 5,000 digits must not fail here
_TITLE = re.compile(r"<title(?:\s[^>]{0,200})?>", re.IGNORECASE)
_TITLE_END = re.compile(r"</title", re.IGNORECASE)


def sniff(content: bytes, extra: Iterable[Magic] = (), *, is_truncated: bool = False, is_json: bool = False) -> str | None:
    """Name the media type that `content` proves, else None.

    `extra` are magic numbers of the catalogue, tried first. With `is_truncated` the content is the beginning of something longer:
    its last line or character may be cut. Text that was read as an object or an array `is_json`. Empty content proves nothing.
    """
    for magic in extra:
        if content.startswith(bytes.fromhex(magic.hex), magic.offset):
            return magic.media_type
    for head, media_type in _MAGIC:
        if head.match(content):
            return media_type
    if is_json:
        return "application/json"
    return _mp4(content, is_truncated) or _audio_frames(content) or _text_type(content, is_truncated)


def html_title(content: bytes) -> str | None:
    """Return the title of an HTML page in one line, whole: whoever stores it takes secrets out first, then cuts it."""
    text = content[:65536].decode("utf-8", "replace")
    begin = _TITLE.search(text)
    end = _TITLE_END.search(text, begin.end()) if begin else None
    return " ".join(html.unescape(text[begin.end() : end.start()]).split()) or None if begin and end else None


def _mp4(content: bytes, is_truncated: bool) -> str | None:
    """Ask for a whole `ftyp` box and the head of the next one (ISO 14496-12, section 4.2): the four letters alone prove nothing."""
    size, brand = int.from_bytes(content[:4], "big"), content[8:12]
    if content[4:8] != b"ftyp" or not 16 <= size <= 4096 or not re.fullmatch(rb"[A-Za-z0-9 _.-]{4}", brand):
        return None
    if not re.fullmatch(rb"(?:[A-Za-z0-9 _.-]{4}|\0{4})*.{0,3}", content[16:size], re.DOTALL):
        return None
    following = content[size : size + 8]
    if len(following) < 8:
        return _BRANDS.get(brand, "video/mp4") if is_truncated and len(content) >= 16 else None
    if not re.fullmatch(rb"[A-Za-z0-9 \xa9_-]{4}", following[4:]) or 1 < int.from_bytes(following[:4], "big") < 8:
        return None
    return _BRANDS.get(brand, "video/mp4")


_BITRATES = {  # kbit/s by (is MPEG 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def _audio_frames(content: bytes) -> str | None:
    """Recognise MP3 and AAC by two frames in a row: the eleven bits of one frame's head occur in any noise."""
    for frame_size, media_type in ((_mpeg_frame, "audio/mpeg"), (_adts_frame, "audio/aac")):
        size = frame_size(content)
        if size and (frame_size(content[size : size + 8]) or size == len(content)):
            return media_type
    return None


def _mpeg_frame(head: bytes) -> int:
    """Size of the MPEG audio frame that begins here, 0 if none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return 0
    is_first = version == 3
    hertz = (44100, 48000, 32000)[rate] // {3: 1, 2: 2, 0: 4}[version]
    bits = _BITRATES[is_first, layer][bitrate] * 1000
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    return (144 if is_first or layer == 2 else 72) * bits // hertz + padding


def _adts_frame(head: bytes) -> int:
    """Size of the ADTS frame that begins here, 0 if none does."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else 0


def _text_type(content: bytes, is_truncated: bool) -> str | None:
    text = _decode(content, is_truncated)
    if not text or not text.strip() or _CONTROL.search(text):
        return None
    checks: tuple[tuple[Callable[[str, bool], bool], str], ...] = (
        (_is_json, "application/json"),
        (_is_jsonl, "application/jsonl"),
        (_is_html, "text/html"),
        (_is_xml, "application/xml"),
        (_is_csv, "text/csv"),
    )
    return next((media_type for check, media_type in checks if check(text, is_truncated)), "text/plain")


def _decode(content: bytes, is_truncated: bool) -> str | None:
    name = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return codecs.getincrementaldecoder(name)().decode(content, final=not is_truncated)
    except UnicodeDecodeError:
        return None


def _is_json(text: str, is_truncated: bool) -> bool:
    """Only objects and arrays count: `12` and `"x"` are JSON and plain text alike."""
    core = text.strip()
    if core[0] not in "{[":
        return False
    if sum(map(core.count, '[{,"')) > _MANY_SIGNS:  # the decoder would hold up everything else until it has read the last one
        core, is_truncated = core[:_HEAD], True
    try:
        _DECODER.decode(core)
    except RecursionError:
        return True
    except ValueError:
        is_begun = core[0] == "[" or not core[1:].strip() or core[1:].lstrip()[0] in '"}'
        return is_truncated and is_begun and bool(_JSON_TOKENS.fullmatch(core[:_HEAD])) and not _is_jsonl(text, is_truncated)
    return True


def _is_object(line: str) -> bool:
    try:
        return isinstance(_DECODER.decode(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_jsonl(text: str, is_truncated: bool) -> bool:
    """At least one full line is an object, and all full lines are; the line that was cut off does not count."""
    lines = text.split("\n")
    full = [line for line in (lines[:-1] if is_truncated else lines) if line.strip()]
    return len(lines) > 1 and bool(full) and all(_is_object(line) for line in full)


def _is_html(text: str, _is_truncated: bool) -> bool:
    return bool(_HTML.match(text) or _HTML_FRAGMENT.match(text))


def _is_xml(text: str, is_truncated: bool) -> bool:
    match = _XML.match(text)
    if not match:
        return False
    return is_truncated or text.rstrip().endswith((">",) if match[1] is None else (f"</{match[1]}>", "/>"))


def speaks_of_error(names: Set[str]) -> bool:
    """Whether fields of these names, in lower case, are an error and nothing else."""
    return not names.isdisjoint(_ERROR_WORDS) and names <= _ERROR_KEYS


def _is_csv(text: str, is_truncated: bool) -> bool:
    """At least two rows of the same two or more columns under a header of distinct names: prose has commas too.

    A table of nothing but an error is none: `code,message` over `NotFound,...` is no result of a job.
    """
    lines = text.splitlines(keepends=True)
    try:
        rows = [row for row in csv.reader(lines[:-1] if is_truncated else lines, strict=True) if row]
    except csv.Error:
        return False
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return False
    header = rows[0]
    if speaks_of_error({name.strip().lower() for name in header}):
        return False
    return len(set(header)) == len(header) and all(name and name == name.strip() and len(name) <= 64 for name in header)
