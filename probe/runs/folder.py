"""A run on disk: one private folder for each scan, whose files appear whole or not at all.

Nothing is written before its bytes were searched for secrets. A file is made under another name, flushed to the disk and renamed:
neither a full disk nor a kill leaves half a report, and a link planted in the folder is replaced, never followed.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import secrets
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from probe.errors import LeakError, RunError
from probe.redact import Redactor

JOURNAL = "journal.jsonl"
EVIDENCE = "evidence.json"

_STAMP = "%Y-%m-%dT%H-%M-%SZ"
_RUN_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)-[a-z0-9-]+")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,99}(?<![. ])")
_MAX_FILE = 512 * 1024 * 1024
_MAX_TWINS = 1000
_LONGEST_PATH = 300

_CAUSES = {
    errno.ENOSPC: ("no space left on the disk", "free some space, or choose another folder with -o"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another folder with -o"),
    errno.EACCES: ("no permission", "choose a folder that you may write to with -o, or close the program that has the file open"),
    errno.EPERM: ("no permission", "choose a folder that you may write to with -o, or close the program that has the file open"),
    errno.EROFS: ("the disk is read-only", "choose a folder that you may write to with -o"),
    errno.ENOENT: ("it is not there (any more)", "check the name; a folder must stay in place while a scan writes to it"),
    errno.ENOTDIR: ("a part of the path is no folder", "check the name"),
    errno.EISDIR: ("a folder stands where the file should be", "move it away"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.EFBIG: (
        "the file would grow beyond a limit of the disk or the shell",
        "raise the limit (ulimit -f), or choose another disk with -o",
    ),
    errno.ELOOP: ("a symbolic link stands where a file should be", "remove it, or choose another folder with -o"),
}


def disk_error(where: Path | str, error: OSError) -> RunError:
    """Turn an error of the operating system into one that says what to do."""
    problem, hint = _CAUSES.get(
        error.errno or 0, (error.strerror or "the disk failed", "try again, or choose another folder with -o")
    )
    shown = str(where)
    return RunError(f"{shown if len(shown) <= _LONGEST_PATH else shown[:_LONGEST_PATH] + '...'}: {problem}", hint=hint)


class RunFolder:
    """One run. `path` is its folder, `journal` the file that its exchanges are appended to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / JOURNAL

    @classmethod
    def create(cls, root: Path, name: str, started_at: datetime) -> RunFolder:
        """Make a new folder such as `2026-11-20T14-03-11Z-contoso` below `root`, mode 0700; a twin gets `-2`, `-3`, ..."""
        base = f"{started_at.astimezone(UTC).strftime(_STAMP)}-{_slug(name)}"
        try:
            root.mkdir(parents=True, exist_ok=True)
            for number in range(1, _MAX_TWINS):
                path = root / (base if number == 1 else f"{base}-{number}")
                with contextlib.suppress(FileExistsError):
                    path.mkdir(mode=0o700)
                    return cls(path)
        except FileExistsError:
            raise RunError(f"{root}: is no folder", hint="choose another folder with -o") from None
        except OSError as error:
            raise disk_error(root, error) from error
        raise RunError(f"{root / base}: taken {_MAX_TWINS - 1} times", hint="choose another folder with -o")

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open a saved run by its folder or by a file in it."""
        try:
            if path.is_file() and path.name in (EVIDENCE, JOURNAL):
                path = path.parent
            if path.is_dir():
                return cls(path)
            near = latest(path.parent)
        except (OSError, ValueError):  # a name that no file can have
            near = None
        hint = (
            f"the newest run there is {str(near.path)!r}"
            if near
            else "name a folder that `probe scan` wrote, such as reports/2026-..."
        )
        raise RunError(f"{str(path)!r}: no such run", hint=hint)

    def read(self, name: str) -> bytes:
        """Read a file of the run; only a regular one of at most 512 MiB."""
        return read_regular(self.path / name)

    def write(self, name: str, content: str | bytes, redactor: Redactor) -> Path:
        """Write a file of the run whole, mode 0600, and return its path.

        If the content holds a secret (a zip is opened to look), nothing is written: a `LeakError` names the file and the variable.
        """
        if not _FILE_NAME.fullmatch(name):
            raise RunError(f"{name!r}: not a file name", hint="use letters, digits, dots and dashes")
        whole = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        for part, text in _parts(name, whole):
            variable = redactor.find(text)
            if variable is not None:
                raise LeakError(
                    f"{part}: would hold the secret of {variable}; nothing was written",
                    hint="this is a bug of probe: please report it. The journal of the run is kept, and holds no secret",
                )
        return _write_whole(self.path / name, whole)

    def write_private(self, path: Path, content: str) -> Path:
        """Write a file that the user named and that is for their eyes only, mode 0600, whole or not at all."""
        return _write_whole(path, content.encode("utf-8", "backslashreplace"))

    def set_aside(self) -> Path | None:
        """Move all files but the journal into a folder of their own (`earlier-1`), so that a resumed run overwrites nothing."""
        try:
            files = sorted(one for one in self.path.iterdir() if one.name != JOURNAL and not one.is_dir())
            if not files:
                return None
            for number in range(1, _MAX_TWINS):
                earlier = self.path / f"earlier-{number}"
                with contextlib.suppress(FileExistsError):
                    earlier.mkdir(mode=0o700)
                    for file in files:
                        file.rename(earlier / file.name)
                    return earlier
        except OSError as error:
            raise disk_error(self.path, error) from error
        raise RunError(f"{self.path}: resumed too often", hint="start a new scan")


def latest(root: Path) -> RunFolder | None:
    """Find the newest run below `root` that has evidence or a journal."""
    runs: list[tuple[str, int, Path]] = []
    with contextlib.suppress(OSError):
        for path in root.iterdir():
            match = _RUN_NAME.fullmatch(path.name)
            if match and path.is_dir() and ((path / EVIDENCE).is_file() or (path / JOURNAL).is_file()):
                runs.append((match[1], path.stat().st_mtime_ns, path))
    return RunFolder(max(runs)[2]) if runs else None


def read_regular(path: Path) -> bytes:
    """Read a regular file; a pipe, a device or a file beyond 512 MiB is refused instead of waited for."""
    try:
        with io.FileIO(path, opener=_open_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_FILE:
                raise RunError(f"{path}: not a regular file of at most {_MAX_FILE // 1024 // 1024} MiB", hint="name a saved run")
            return file.read(_MAX_FILE)
    except OSError as error:
        raise disk_error(path, error) from error


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe that nobody writes to would be waited for


def _slug(name: str) -> str:
    """Make a name that every file system takes; the time before it keeps it apart from the reserved ones of Windows."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "scan"


def _parts(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield all that must be searched: the content, and what a zip hides by compressing it."""
    yield name, content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield f"{name}/{member}", archive.read(member)


def _write_whole(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        try:
            # O_EXCL follows no link: whoever guesses the name first only makes this fail.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise disk_error(path, error) from error
    return path


def _sync_folder(path: Path) -> None:
    """Make the renaming durable where the system can: Windows opens no folders, some network disks do not flush them."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
