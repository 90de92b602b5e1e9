"""A bundle, read again: the evidence in a zip that a stranger sent is data, and whatever is wrong with it is one clear error.

Nothing is unpacked to the disk. Only evidence and manifest are read, each up to a limit, whatever the archive says of itself.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

from probe.errors import RunError
from probe.model import Evidence
from probe.runs.codec import from_json
from probe.runs.folder import EVIDENCE, open_regular

MANIFEST = "MANIFEST.sha256"

_MOST_PACKED = 256 * 1024 * 1024
_MOST_UNPACKED = 512 * 1024 * 1024
_MOST_TIMES, _ALWAYS_UNPACKED = 100, 4 * 1024 * 1024
"""A bundle may unpack to this many times its size: evidence reaches about forty, a zip bomb a thousand."""
_MOST_MANIFEST = 64 * 1024
_MOST_MEMBERS = 100
_MOST_DIRECTORY = 64 * 1024
_END_SIZE = 22
_HINT = "ask for the bundle again: `probe scan --bundle` and `probe report RUN --bundle` write it"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError, KeyError)


def load_bundle(path: Path) -> Evidence:
    """Read the evidence in a bundle; a `RunError` says why it cannot be believed or read."""
    with open_regular(path) as file:
        content = file.read(_MOST_PACKED + 1)
    if len(content) > _MOST_PACKED:
        raise RunError(f"{path}: larger than {_MOST_PACKED // 1024 // 1024} MiB", hint=_HINT)
    _check_directory(path, content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(path, archive.infolist())
            listed = _read(path, archive, MANIFEST, _MOST_MANIFEST)
            most = min(_MOST_UNPACKED, max(_ALWAYS_UNPACKED, _MOST_TIMES * len(content)))
            evidence = _read(path, archive, EVIDENCE, most)
    except _BROKEN:
        raise RunError(f"{path}: a damaged zip", hint=_HINT) from None
    if f"{sha256(evidence).hexdigest()}  {EVIDENCE}" not in listed.decode("utf-8", "replace").splitlines():
        raise RunError(f"{path}: {EVIDENCE} was changed after the bundle was made", hint=_HINT)
    return from_json(evidence, f"{path}/{EVIDENCE}")


def _check_directory(path: Path, content: bytes) -> None:
    """Refuse a directory that would fill the memory before it can be checked; ours ends the file, without a comment.

    The end record is the one that `zipfile` takes: the last 22 bytes (APPNOTE.TXT, 4.3.16), with no 64-bit one before it.
    """
    end = content[-_END_SIZE:]
    if not end.startswith(b"PK\x05\x06") or end[-2:] != b"\0\0" or content[-_END_SIZE - 20 :].startswith(b"PK\x06\x07"):
        raise RunError(f"{path}: not a bundle of probe", hint=_HINT)
    count, size = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    if count > _MOST_MEMBERS or size > _MOST_DIRECTORY:
        raise RunError(f"{path}: more than {_MOST_MEMBERS} files in it; not a bundle of probe", hint=_HINT)


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    odd = [name for name in names if "/" in name or "\\" in name or ":" in name or name in ("", ".", "..")]
    if odd:
        raise RunError(f"{path}: {odd[0][:80]!r} is not a file of a bundle", hint=_HINT)
    if len(set(names)) != len(names):
        raise RunError(f"{path}: it contains a file twice", hint=_HINT)
    for name in (EVIDENCE, MANIFEST):
        if name not in names:
            raise RunError(f"{path}: no {name} in it", hint=_HINT)


def _read(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Read a member up to a limit; the size that it claims is not believed."""
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise RunError(f"{path}: {name} unpacks to more than {most} bytes", hint=_HINT)
    return content
