"""The name that a downloaded file gets: what the server suggests is cleaned until no system sees more in it than a plain name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from probe.facts.headers import header
from probe.model import Pairs

_EXTENDED = re.compile(r"filename\*\s*=\s*([A-Za-z0-9-]{1,20})'[^']{0,20}'([^;\s]{1,1000})", re.IGNORECASE)
_PLAIN = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.){1,1000})"|([^;\s]{1,1000}))', re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\\/`$&;!%\'~\s]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
_LONGEST = 120
_EXTENSIONS: dict[str | None, tuple[str, ...]] = {
    "video/mp4": (".mp4", ".m4v"),
    "video/quicktime": (".mov",),
    "video/webm": (".webm", ".mkv"),
    "audio/mp4": (".m4a",),
    "audio/mpeg": (".mp3",),
    "audio/aac": (".aac",),
    "audio/wav": (".wav",),
    "audio/ogg": (".ogg", ".opus"),
    "audio/flac": (".flac",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "image/avif": (".avif",),
    "image/heic": (".heic",),
    "application/pdf": (".pdf",),
    "application/zip": (".zip", ".docx", ".xlsx", ".pptx"),
    "application/gzip": (".gz", ".tgz"),
    "application/json": (".json",),
    "application/jsonl": (".jsonl", ".ndjson"),
    "application/xml": (".xml",),
    "text/html": (".html",),
    "text/csv": (".csv",),
    "text/plain": (".txt", ".md", ".log", ".csv", ".jsonl", ".srt", ".vtt"),
    None: (".bin", ".dat"),
}
_STEMS = {
    "application/zip": "files",
    "application/pdf": "document",
    "application/gzip": "archive",
    "application/json": "answer",
    "application/jsonl": "lines",
    "application/xml": "answer",
    "text/csv": "table",
    "text/html": "page",
    "text/plain": "text",
}


def suggested(headers: Pairs) -> str:
    """The file name that Content-Disposition suggests (RFC 6266; `filename*` before `filename`), as it came; "" without one."""
    said = header(headers, "content-disposition")[:4096]
    extended = _EXTENDED.search(said)
    if extended:
        charset = "latin-1" if extended[1].lower() == "iso-8859-1" else "utf-8"
        return unquote_to_bytes(extended[2]).decode(charset, "replace")
    plain = _PLAIN.search(said)
    if not plain:
        return ""
    text = re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] and "/" not in plain[1] and ":" not in plain[1] else plain[1] or plain[2]
    try:
        return text.encode("latin-1").decode("utf-8")  # many servers send UTF-8 where Latin-1 is meant
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def cleaned(name: str) -> str:
    """Only the last part of a path, without what a system or a terminal would obey; "" where nothing is left."""
    name = unicodedata.normalize("NFKC", re.split(r"[\\/]", name)[-1])
    name = "".join(char for char in name if unicodedata.category(char)[0] not in "CZ" or char == " ")
    name = _FORBIDDEN.sub("_", name).strip("._- ")
    stem, dot, extension = name.rpartition(".")
    name = (stem[: _LONGEST - len(extension)] + dot + extension) if dot and len(extension) < 12 else name[:_LONGEST]
    while len(name.encode()) > 2 * _LONGEST:
        name = name[1:]
    return "" if _RESERVED.fullmatch(name) else name.strip("._- ")


def file_name(server: str, ours: str, media_type: str | None) -> str:
    """The server's name cleaned, else ours; with an extension that fits its bytes, so that it opens as nothing else."""
    name = cleaned(server) or cleaned(ours) or "artefact"
    fitting = _EXTENSIONS.get(media_type, _EXTENSIONS[None])
    return name if name.lower().endswith(fitting) else name + fitting[0]


def saved_as(media_type: str) -> str:
    """What a download is saved as by a command: chosen by the bytes, never by a name that a server sent."""
    kind = media_type.partition("/")[0]
    stem = _STEMS.get(media_type, kind if kind in ("video", "image", "audio") else "artefact")
    return stem + _EXTENSIONS.get(media_type, _EXTENSIONS[None])[0]


def numbered(name: str, taken: Iterable[str]) -> str:
    """The name, with a number before its extension where it is taken; without regard to case, as many disks see it."""
    used = {one.lower() for one in taken}
    stem, dot, extension = name.rpartition(".")
    number, found = 1, name
    while found.lower() in used:
        number += 1
        found = f"{stem or name}-{number}{dot}{extension if stem else ''}"
    return found
