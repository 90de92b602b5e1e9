"""From the bytes of a body to its content: content encodings undone within a limit, types read from headers."""

from __future__ import annotations

import re
import zlib

from probe.facts.headers import header
from probe.model import Embedded, Limits, Pairs
from probe.runner.links import base64_head
from probe.sniff import sniff

_JSON = re.compile(r"[/+]json$")
_STEP = 64 * 1024
_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_MOST_ENCODINGS = 3


def media_type(headers: Pairs) -> str | None:
    """Media type that the server claims, lower case, without parameters."""
    return header(headers, "content-type").partition(";")[0].strip().lower() or None


def is_json_type(claimed: str | None) -> bool:
    """Whether a claimed type is JSON; JSON lines are an artefact, not a document."""
    return bool(claimed and _JSON.search(claimed))


def total_size(headers: Pairs, status_code: int) -> int | None:
    """Size of the whole thing: `Content-Range: bytes 0-4095/4200000`, else Content-Length where it is not that of a part."""
    ranged = re.search(r"/\s*(\d{1,18})\s*$", header(headers, "content-range"))
    if ranged:
        return int(ranged[1])
    length = header(headers, "content-length")
    return int(length) if status_code != 206 and length.isdecimal() and len(length) < 19 else None


def coding(headers: Pairs) -> str:
    """How the content is encoded, "" where it is not; of an encoded one the headers give the size of the encoded form alone."""
    said = header(headers, "content-encoding").lower()
    return "" if said == "identity" else said


def is_part(headers: Pairs, status_code: int | None, size: int) -> bool:
    """Whether an answer of `size` bytes is only a part of the whole, as far as it says."""
    return status_code == 206 and total_size(headers, 206) != size


def decoded(body: bytes, headers: Pairs, limits: Limits, *, is_whole: bool) -> tuple[bytes, tuple[str, ...]]:
    """Undo Content-Encoding, though none was requested; the words name the limits that were hit.

    gzip and deflate are undone up to `limits.max_decompressed` bytes; any other encoding leaves the bytes as they are.
    """
    encodings = [word.strip() for word in coding(headers).split(",")]
    encodings = [one for one in encodings if one and one != "identity"]
    if len(encodings) > _MOST_ENCODINGS or not set(encodings) <= _ENCODINGS:
        return body, ("encoding_not_supported",)
    for _encoding in encodings:
        body, word = _inflated(body, limits.max_decompressed, is_whole=is_whole)
        if word:
            return body, (word,)
    return body, ()


def unwrapped(body: bytes, sniffed: str | None, limits: Limits) -> Embedded | None:
    """What a whole body is once base64 or gzip is undone; None where nothing is, or what comes out proves nothing."""
    if sniffed == "application/gzip":
        encoding, inner = "gzip", _inflated(body, limits.max_artefact * 16, is_whole=False)[0]
    elif sniffed == "text/plain":
        text = "".join(body[:_STEP].decode("ascii", "replace").split()).strip("\"'")
        encoding, inner = "base64", base64_head(text) or b""
        if inner.startswith(b"\x1f\x8b\x08"):
            encoding, inner = "base64 gzip", _inflated(inner, limits.max_artefact * 16, is_whole=False)[0]
    else:
        return None
    kind = sniff(inner, is_truncated=True) if inner else None
    return Embedded("$", kind, len(inner), encoding) if kind and kind not in ("text/plain", "text/html") else None


def _inflated(body: bytes, limit: int, *, is_whole: bool) -> tuple[bytes, str]:
    """Inflate gzip, zlib or raw deflate (RFC 9110, 8.4.1.2: some servers send it raw)."""
    if not body:
        return body, ""
    try:
        return _run(zlib.decompressobj(zlib.MAX_WBITS | 32), body, limit, is_whole=is_whole)
    except zlib.error:
        try:
            return _run(zlib.decompressobj(-zlib.MAX_WBITS), body, limit, is_whole=is_whole)
        except zlib.error:
            return body, "encoding_broken"


def _run(engine: zlib._Decompress, body: bytes, limit: int, *, is_whole: bool) -> tuple[bytes, str]:
    content = bytearray()
    while body and not engine.eof:
        try:
            content += engine.decompress(body, min(_STEP, limit + 1 - len(content)))
        except zlib.error:
            if not content:
                raise
            return bytes(content), "encoding_broken"
        if len(content) > limit:
            return bytes(content[:limit]), "decompressed_too_large"
        body = engine.unconsumed_tail
    return bytes(content), "" if engine.eof or not is_whole else "encoding_broken"
