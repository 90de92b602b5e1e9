"""Whether a file is whole, as far as its own structure tells: a server may close a connection in the middle and call it the end.

Every check reads forward in small steps, whatever the size, and asks only for what every writer of the format must write.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

_STEP = 256 * 1024
_MOST_BOXES = 1_000_000
_LONGEST_LINE = 64 * 1024 * 1024
_END_OF_ZIP = 65_557
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
_BOX = re.compile(rb"[ -~\xa9]{4}")
_MP4 = ("video/mp4", "video/quicktime", "audio/mp4", "image/avif", "image/heic")
_DECODER = json.JSONDecoder(parse_int=str)


def flaw(file: BinaryIO, media_type: str | None) -> str:
    """Say in a word what shows that a file of this sniffed type is not whole; "" where nothing does."""
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        return "empty"
    check = _CHECKS.get(media_type or "")
    return check(file, size) if check else ""


def _at(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)


def _mp4(file: BinaryIO, size: int) -> str:
    """Walk the boxes (ISO 14496-12, 4.2): they fill the file to its last byte, with an index and what it is of."""
    place = 0
    kinds: set[bytes] = set()
    for _ in range(_MOST_BOXES):
        if place == size:
            return "" if {b"moov", b"mdat"} <= kinds or kinds & {b"moof", b"meta"} else "incomplete"
        head = _at(file, place, 16)
        length, least = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, least = int.from_bytes(head[8:16], "big"), 16
        length = length or size - place
        if length < least or place + length > size:
            return "cut"
        if not _BOX.fullmatch(head[4:8]):
            return "damaged"
        kinds.add(head[4:8])
        place += length
    return "cut"


def _png(file: BinaryIO, size: int) -> str:
    """Walk the chunks (PNG, 5.3) with their check sums, to IEND."""
    place = 8
    while place + 12 <= size:
        head = _at(file, place, 8)
        length, summed = int.from_bytes(head[:4], "big"), zlib.crc32(head[4:])
        if place + 12 + length > size:
            return "cut"
        for piece in _pieces(file, length):
            summed = zlib.crc32(piece, summed)
        if file.read(4) != summed.to_bytes(4, "big"):
            return "damaged"
        if head[4:] == b"IEND":
            return ""
        place += 12 + length
    return "cut"


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(_STEP, size))):
        size -= len(piece)
        yield piece


def _ends_with(end: bytes) -> Callable[[BinaryIO, int], str]:
    """A check that the file ends so, padding aside."""
    return lambda file, size: "" if _at(file, max(0, size - 4096), 4096).rstrip(b"\0").endswith(end) else "cut"


def _riff(file: BinaryIO, size: int) -> str:
    told = int.from_bytes(_at(file, 4, 4), "little")
    return "" if told in _UNKNOWN_SIZES or told + 8 <= size else "cut"


def _pdf(file: BinaryIO, size: int) -> str:
    return "" if b"%%EOF" in _at(file, max(0, size - 1024), 1024) else "cut"


def _zip(file: BinaryIO, size: int) -> str:
    """Find the end record and look whether the directory that it names stands before it (APPNOTE.TXT, 4.3.16)."""
    tail = _at(file, max(0, size - _END_OF_ZIP), _END_OF_ZIP)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < 22:
        return "cut"
    end = tail[place : place + 22]
    count, length, start = (int.from_bytes(end[a:b], "little") for a, b in ((10, 12), (12, 16), (16, 20)))
    if count == 0xFFFF or 0xFFFFFFFF in (length, start):  # then a locator of the 64-bit record stands before it (4.3.15)
        return "" if tail[max(0, place - 20) : place].startswith(b"PK\x06\x07") else "cut"
    at = size - len(tail) + place
    if start + length > at:
        return "cut"
    return "" if count == 0 or _at(file, at - length, 4) == b"PK\x01\x02" else "damaged"


def _gzip(file: BinaryIO, _size: int) -> str:
    """Inflate it to its end, one member after the other, and let the check sums speak (RFC 1952, 2.2)."""
    file.seek(0)
    engine, rest = zlib.decompressobj(zlib.MAX_WBITS | 16), b""
    try:
        while packed := rest or file.read(_STEP):
            engine.decompress(packed, _STEP)
            rest = engine.unconsumed_tail or engine.unused_data
            if engine.eof and rest.startswith(b"\x1f\x8b"):
                engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
            elif engine.eof:
                return ""
    except zlib.error:
        return "damaged"
    return "cut"


def _json(file: BinaryIO, size: int) -> str:
    """Parse it; what is too large to parse here must at least end as it began."""
    if size > _LONGEST_LINE:
        return "" if _at(file, size - 4096, 4096).rstrip()[-1:] in (b"}", b"]") else "cut"
    return "" if _is_json(_at(file, 0, size)) else "cut"


def _jsonl(file: BinaryIO, _size: int) -> str:
    """Every line parses; the last one is the one that a break cuts."""
    file.seek(0)
    while line := file.readline(_LONGEST_LINE):
        if line.strip(b"\xef\xbb\xbf \t\r\n") and not _is_json(line):
            return "damaged" if line.endswith(b"\n") else "cut"
    return ""


def _is_json(content: bytes) -> bool:
    try:
        _DECODER.decode(content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig").strip())
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _csv(file: BinaryIO, _size: int) -> str:
    """The last row is as wide as the header, and no quoted field is left open."""
    file.seek(0)
    name = "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=name, newline="")
    first: list[str] = []
    last: list[str] = []
    try:
        for row in csv.reader(text, strict=True):
            if row:
                first, last = first or row, row
    except (csv.Error, UnicodeDecodeError) as error:
        return "" if "field larger" in str(error) else "cut"
    finally:
        text.detach()
    return "" if len(last) == len(first) else "cut"


_CHECKS: dict[str, Callable[[BinaryIO, int], str]] = {
    **dict.fromkeys(_MP4, _mp4),
    "image/png": _png,
    "image/jpeg": _ends_with(b"\xff\xd9"),
    "image/gif": _ends_with(b"\x3b"),
    "image/webp": _riff,
    "audio/wav": _riff,
    "application/pdf": _pdf,
    "application/zip": _zip,
    "application/gzip": _gzip,
    "application/json": _json,
    "application/jsonl": _jsonl,
    "text/csv": _csv,
}
