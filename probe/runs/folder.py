"""A run on disk: one private folder for each scan, whose files appear whole or not at all.

Nothing is written before its bytes were searched for secrets. A file is made under another name, flushed to the disk and renamed:
neither a full disk nor a kill leaves half a report, and a link planted in the folder is replaced, never followed. A folder is known
by what it is, not only by its name: whatever stands in its place later gets nothing.
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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from probe.errors import LeakError, RunError
from probe.redact import Redactor

Content = str | bytes | Iterable[str | bytes]
"""What a file is to hold, as a whole or in pieces."""
JOURNAL = "journal.jsonl"
EVIDENCE = "evidence.json"

_STAMP = "%Y-%m-%dT%H-%M-%SZ"
_RUN_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)-[a-z0-9-]+")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,99}(?<![. ])")
_MAX_FILE = 1024 * 1024 * 1024
_HAS_PLACES = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd
_MAX_TWINS = 1000
_BLOCK, _OVERLAP = 1024 * 1024, 64 * 1024
_LONGEST_PATH = 300

_CAUSES = {
    errno.ENOSPC: ("no space left on the disk", "free some space, or choose another folder with -o"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another folder with -o"),
    errno.EACCES: ("no permission", "choose a folder that you may write to with -o, or close the program that has the file open"),
    errno.EPERM: ("no permission", "choose a folder that you may write to with -o, or close the program that has the file open"),
    errno.EROFS: ("the disk is read-only", "choose a folder that you may write to with -o"),
    errno.ENOENT: ("no such folder, or it was deleted", "check the path; a folder must stay in place while a scan writes to it"),
    errno.ENOTDIR: ("a part of the path is not a folder", "check the name"),
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
        self._identity = _identity(path)

    @classmethod
    def create(cls, root: Path, name: str, started_at: datetime) -> RunFolder:
        """Make a new folder such as `2026-11-20T14-03-11Z-contoso` below `root`, mode 0700; a twin gets `-2`, `-3`, ..."""
        base = f"{started_at.astimezone(UTC).strftime(_STAMP)}-{_slug(name)}"
        return cls._make(root, base)

    @classmethod
    def _make(cls, root: Path, base: str) -> RunFolder:
        try:
            root.mkdir(parents=True, exist_ok=True)
            for number in range(1, _MAX_TWINS):
                path = root / (base if number == 1 else f"{base}-{number}")
                with contextlib.suppress(FileExistsError):
                    path.mkdir(mode=0o700)
                    return cls(path)
        except FileExistsError:
            raise RunError(f"{root}: not a folder", hint="choose another folder with -o") from None
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
                return cls(path.resolve() if path.is_symlink() else path)
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
        """Read a file of the run; only a regular one of at most 1 GiB."""
        with open_regular(self.path / name) as file:
            return file.read(_MAX_FILE)

    def is_in_place(self) -> bool:
        """Whether the folder that was made or opened still stands under its name, and not another one or a link."""
        return self._identity is not None and _identity(self.path) == self._identity

    def renewed(self) -> RunFolder:
        """Make the folder anew after it was deleted; beside it when something else stands in its place."""
        return self._make(self.path.parent, self.path.name)

    def open_file(self, name: str, flags: int) -> int:
        """Open a file of the folder, mode 0600, and follow no link; returns its descriptor."""
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with self._entered() as place:
                return os.open(self._at(name, place), flags, 0o600, dir_fd=place)
        except OSError as error:
            raise disk_error(self.path / name, error) from error

    @contextmanager
    def _entered(self) -> Iterator[int | None]:
        """Hold the folder itself open, so that its name may point elsewhere meanwhile; None where the system cannot."""
        if not _HAS_PLACES:
            self._check(self.is_in_place())
            yield None
            return
        try:
            place = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except (NotADirectoryError, FileNotFoundError):
            self._check(is_same=not self.path.is_symlink() and not self.path.exists())
            raise
        try:
            found = os.fstat(place)
            self._check(is_same=(found.st_dev, found.st_ino) == self._identity)
            yield place
        finally:
            os.close(place)

    def _check(self, is_same: bool) -> None:
        if not is_same:
            raise RunError(
                f"{self.path}: something else stands there now; nothing was written into it",
                hint="a folder must stay in place while a scan writes to it",
            )

    def _at(self, name: str, place: int | None) -> str:
        return name if place is not None else str(self.path / name)

    def write_all(self, files: Mapping[str, Content], redactor: Redactor) -> list[Path]:
        """Write files of the run whole, mode 0600, and return their paths; each appears, in this order, once all are on the disk.

        If one holds a secret (a zip is opened to look), nothing is written: a `LeakError` names the file and the variable.
        """
        for name in files:
            if not _FILE_NAME.fullmatch(name):
                raise RunError(f"{name!r}: not a file name", hint="use letters, digits, dots and dashes")
        self._write_whole({name: _searched(name, content, redactor) for name, content in files.items()})
        return [self.path / name for name in files]

    def write_private(self, path: Path, content: str) -> Path:
        """Write a file that the user named and that is for their eyes only, mode 0600, whole or not at all."""
        RunFolder(path.parent.resolve())._write_whole({path.name: [content.encode("utf-8", "backslashreplace")]})
        return path

    def _write_whole(self, files: Mapping[str, Iterable[bytes]]) -> None:
        made: dict[str, str] = {}
        name = next(iter(files))
        try:
            with self._entered() as place, self._tidied(made, place):
                for name, content in files.items():
                    made[name] = self._at(f".{name}.{secrets.token_hex(4)}", place)
                    _write_new(made[name], content, place)
                for name, temporary in made.items():
                    os.replace(temporary, self._at(name, place), src_dir_fd=place, dst_dir_fd=place)
                if place is not None:
                    with contextlib.suppress(OSError):  # some network disks do not flush folders
                        os.fsync(place)
        except OSError as error:
            raise disk_error(self.path / name, error) from error

    @contextmanager
    def _tidied(self, made: Mapping[str, str], place: int | None) -> Iterator[None]:
        """Leave none of the temporary files behind when something fails."""
        try:
            yield
        except BaseException:
            for temporary in made.values():
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=place)
            raise

    def set_aside(self, *, with_journal: bool = False) -> Path | None:
        """Move all files (but the journal) into a folder of their own (`earlier-1`), so that a resumed run overwrites nothing."""
        try:
            with self._entered() as place:
                found = [one for one in self.path.iterdir() if not one.is_dir() and (with_journal or one.name != JOURNAL)]
                return self._moved(sorted(one.name for one in found), place) if found else None
        except OSError as error:
            raise disk_error(self.path, error) from error

    def _moved(self, files: list[str], place: int | None) -> Path:
        """Move files into a new folder, by the folders themselves: who owns the run could put a link in the place of either."""
        for number in range(1, _MAX_TWINS):
            name = f"earlier-{number}"
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._at(name, place), 0o700, dir_fd=place)
                if place is None:
                    for file in files:
                        (self.path / file).rename(self.path / name / file)
                    return self.path / name
                earlier = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
                try:
                    for file in files:
                        os.rename(file, file, src_dir_fd=place, dst_dir_fd=earlier)
                finally:
                    os.close(earlier)
                return self.path / name
        raise RunError(f"{self.path}: resumed too often", hint="start a new scan")


def changeable_by_others(path: Path) -> Path | None:
    """The folder above a file in which another user could put another file in its place; None where nobody else can, or on Windows.

    A folder that all may write to is safe where it is sticky, as /tmp is; members of a group are trusted.
    """
    if not hasattr(os, "getuid"):
        return None
    for folder in path.absolute().parents:
        found = folder.stat()
        if found.st_uid not in (0, os.getuid()) or (found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX):
            return folder
    return None


def latest(root: Path) -> RunFolder | None:
    """Find the newest run below `root` that has evidence or a journal."""
    runs: list[tuple[str, int, Path]] = []
    with contextlib.suppress(OSError):
        for path in root.iterdir():
            match = _RUN_NAME.fullmatch(path.name)
            if match and path.is_dir() and ((path / EVIDENCE).is_file() or (path / JOURNAL).is_file()):
                runs.append((match[1], path.stat().st_mtime_ns, path))
    return RunFolder(max(runs)[2]) if runs else None


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading; a pipe, a device or a file beyond 1 GiB is refused instead of waited for."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_FILE:
                raise RunError(f"{path}: not a regular file of at most {_MAX_FILE // 1024 // 1024} MiB", hint="name a saved run")
            yield file
    except OSError as error:
        raise disk_error(path, error) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """What a folder is, whatever its name; None where no folder stands (a link to one does not count)."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # opening a pipe without a writer would wait forever


def _write_new(path: str, content: Iterable[bytes], place: int | None) -> None:
    """Write a file that is not there yet; O_EXCL follows no link: guessing its name first only makes this fail."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600, dir_fd=place)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())


def _slug(name: str) -> str:
    """Make a name that every file system takes; the time before it keeps it apart from the reserved ones of Windows."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "scan"


def _searched(name: str, content: Content, redactor: Redactor) -> Iterator[bytes]:
    """Pass on what holds no secret; what comes in pieces is searched in blocks, each with the end of the one before it."""
    if isinstance(content, (str, bytes)):
        content = _encoded(content)
        for part, text in _parts(name, content):
            _refuse_secret(part, text, redactor)
        yield content
        return
    tail = b""
    for block in _blocks(map(_encoded, content)):
        _refuse_secret(name, tail + block, redactor)
        yield block
        tail = block[-_OVERLAP:]


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join small pieces: one search of many is cheaper than many."""
    waiting, size = list[bytes](), 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _encoded(text: str | bytes) -> bytes:
    return text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text


def _refuse_secret(part: str, text: bytes, redactor: Redactor) -> None:
    variable = redactor.find(text)
    if variable is not None:
        raise LeakError(
            f"{part}: would hold the secret of {variable}; nothing was written",
            hint="this is a bug of probe: please report it. The journal of the run is kept, and holds no secret",
        )


def _parts(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield all that must be searched: the content, and what a zip hides by compressing it."""
    yield name, content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield f"{name}/{member}", archive.read(member)
