"""The shipped catalogue as it was built before, kept in the user's cache: reading it again is many times faster than its YAML.

It counts only for the very bytes of the YAML and the very code that it was built from. A user's own YAML is never kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec

import probe
from probe import model
from probe.model import Catalogue

_NAME = "catalogue.json"
_MOST_BYTES = 32 * 1024 * 1024
_OTHERS = 0o022 if hasattr(os, "getuid") else 0


def through_cache(content: bytes, build: Callable[[], Catalogue]) -> Catalogue:
    """Return what `build` makes of the YAML `content`, from the cache where it was kept before."""
    folder = _folder()
    if folder is None:
        return build()
    key = _key(content)
    if (found := _read(folder / _NAME, key)) is not None:
        return found
    made = build()
    if not made.notes:  # they are told in the language of the day
        with contextlib.suppress(OSError):  # who has no place for a cache goes without
            _write(folder, key.encode() + b"\n" + msgspec.json.encode(made))
    return made


def _folder() -> Path | None:
    named = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", "")
    if Path(named).is_absolute():
        return Path(named) / "probe"
    home = Path("~").expanduser()
    return home / ".cache" / "probe" if home.is_absolute() else None


def _key(content: bytes) -> str:
    """Name the YAML and the code: in a checkout that changes without its version."""
    mark = hashlib.sha256(content)
    code = [Path(model.__file__), *sorted(Path(__file__).parent.glob("*.py"))]
    facts = [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in code if one.is_file()]
    mark.update(repr((probe.__version__, facts)).encode())
    return mark.hexdigest()


def _read(path: Path, key: str) -> Catalogue | None:
    """Read what was kept under this key; a file that others could have written counts for nothing."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            found = os.fstat(file.fileno())
            if (
                not stat.S_ISREG(found.st_mode)
                or found.st_mode & _OTHERS
                or not _is_ours(found)
                or file.readline(100) != key.encode() + b"\n"
            ):
                return None
            return msgspec.json.decode(file.read(_MOST_BYTES), type=Catalogue)
    except (OSError, ValueError, msgspec.DecodeError, RecursionError):
        return None


def _is_ours(found: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # opening a pipe without a writer would wait forever


def _write(folder: Path, content: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(os.lstat(folder)):  # a link of somebody else's would let them choose which file is replaced
        return
    temporary = folder / f".{_NAME}.{secrets.token_hex(4)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.replace(folder / _NAME)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
