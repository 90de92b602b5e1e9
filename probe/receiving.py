"""One file over the wire: written under a temporary name, resumed after a break, and believed only while it is the same file.

A break is resumed with Range and If-Range (RFC 9110, 14.2 and 13.1.5). The last bytes are asked for once more and compared, since
not every server has validators and not every server that has them heeds them.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from probe import retry
from probe.errors import RunError
from probe.facts.headers import header
from probe.frozen import Frozen, replace
from probe.model import Limits, Note, Pairs
from probe.runs.codec import decode, load, to_line
from probe.runs.folder import RunFolder, changeable_by_others, disk_error
from probe.runs.lock import try_lock
from probe.transport import Lane, WireAnswer, WireRequest, stream

_OVERLAP = 512
_MOST_BREAKS = 1000
_MOST_RESTARTS = 3
_FIRST_PAUSE = 0.2
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_NOTED = ("etag", "last-modified", "content-disposition", "content-encoding")
_MOST_NOTE = 16 * 1024
Progress = Callable[[str, int, "int | None"], object]
"""How a front end is told of a file under way: its name, how many bytes there are, and how many there will be."""
_HOPELESS = frozenset({"address_refused", "url_refused", "http_request_invalid", "not_sent"})


class Part:
    """A file that grows under a name of its own in the folder where it will stay; mode 0600.

    With a `key`, the next process finds it again, if a server's validators were kept beside it: `kept` are those headers, `total`
    the size that was promised. What others could have written, or hold open, is not touched, and no secret that `find` finds in the
    headers is kept.
    """

    def __init__(self, folder: Path, key: str = "", find: Callable[[bytes], str | None] = lambda _content: None) -> None:
        self.folder = folder
        self._find = find
        self.kept: Pairs = ()
        self.total: int | None = None
        self.path = folder / f".probe-{key}.part"
        self._note = self.path.with_suffix(".json")
        try:
            descriptor = _claimed(self.path) if key else None
            self._has_key = descriptor is not None
            if descriptor is None:
                self.path = folder / f".probe-{secrets.token_hex(6)}.part"
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                descriptor = os.open(self.path, flags, 0o600)
            self.file: BinaryIO = os.fdopen(descriptor, "w+b")
            self.size = self.file.seek(0, io.SEEK_END)
        except OSError as error:
            raise disk_error(folder, error) from error
        if self._has_key and self.size:
            self._remember()
        if not self.kept:
            self.restart()

    def _remember(self) -> None:
        """Read what was noted of the file, if it is ours and whole."""
        try:
            descriptor = _claimed(self._note, is_new=False)
            if descriptor is None:
                return
            with os.fdopen(descriptor, "rb") as file:
                noted = decode(_Noted, load(file.read(_MOST_NOTE), str(self._note)), str(self._note))
        except (OSError, RunError):
            return
        self.kept, self.total = noted.headers, noted.total

    def note(self, headers: Pairs, total: int | None) -> None:
        """Note by what the next process can ask for the rest; without a validator nothing could show that it is the same file."""
        kept = tuple((name, value) for name, value in headers if name.lower() in _NOTED)
        line = to_line(_Noted(kept, total))
        if self._has_key and _validator(headers) and self._find(line) is None:
            self.kept, self.total = kept, total
            RunFolder(self.folder).write_private(self._note, line.decode())

    def forget(self) -> None:
        """From here on the file is changed, so another download can no longer continue it."""
        self.kept = ()
        if self._has_key:
            with suppress(OSError):
                self._note.unlink()

    def append(self, chunk: bytes) -> None:
        """Write at the end."""
        try:
            self.file.seek(self.size)
            self.file.write(chunk)
        except OSError as error:
            raise disk_error(self.path, error) from error
        self.size += len(chunk)

    def tail(self, count: int) -> bytes:
        """The last bytes so far."""
        self.file.seek(max(0, self.size - count))
        return self.file.read(count)

    def restart(self) -> None:
        """Forget what was written."""
        self.size = 0
        self.file.seek(0)
        self.file.truncate()

    def keep_as(self, name: str, *, is_forced: bool) -> Path:
        """Flush it to the disk and give it its name; another file of this name is replaced only by force."""
        path = self.folder / name
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            ours = os.fstat(self.file.fileno())
            self.file.close()
            if is_forced:
                self.path.replace(path)
            else:
                _rename_to_nothing(self.path, path)
            # only there: on some network disks a file is not known by its number
            if changeable_by_others(path) is not None and not os.path.samestat(ours, os.lstat(path)):
                raise RunError(
                    f"{path}: another user put another file in its place", hint="download into a folder that only you can change"
                )
        except FileExistsError:
            raise exists(path) from None
        except OSError as error:
            raise disk_error(path, error) from error
        return path

    def leave(self) -> bool:
        """Close it, and leave it for the next process if that can go on with it; returns whether it stays."""
        if not self.kept or not self.size:
            self.discard()
            return False
        with suppress(OSError):
            self.file.close()
        return True

    def discard(self) -> None:
        """Close it and take it away, if it did not get its name."""
        self.forget()
        with suppress(OSError):
            self.file.close()
        with suppress(OSError):
            self.path.unlink()


class _Noted(Frozen):
    headers: Pairs
    total: int | None


def _claimed(path: Path, *, is_new: bool = True) -> int | None:
    """Open a file that only this user can have written, for this process alone; None where it is anything else."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags | (os.O_CREAT if is_new else 0), 0o600)
    except OSError:
        return None
    found = os.fstat(descriptor)
    is_ours = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o077)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and is_ours and try_lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _rename_to_nothing(path: Path, name: Path) -> None:
    """Rename, unless something has the new name already; by a hard link, which is one step where the disk knows them."""
    try:
        os.link(path, name)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(name):
            raise FileExistsError from None
        path.rename(name)
        return
    path.unlink()


def exists(path: Path) -> RunError:
    """The error of a name that is taken."""
    return RunError(f"{path}: it already exists", hint="use --force to replace it, or -o to choose another name")


class _OtherFileError(Exception):
    """What comes is not the rest of what was received."""


class Receiver:
    """Receives one file into a part; `headers` are those of the answer that it came with.

    `begun` is told the headers before the first byte, so that a name that is taken is said before anything is received.
    """

    def __init__(
        self, lane: Lane, limits: Limits, part: Part, most: int, begun: Callable[[Pairs], str], progress: Progress | None
    ) -> None:
        self.headers: Pairs = part.kept
        self.total: int | None = part.total
        self._lane, self._limits, self._part, self._most = lane, limits, part, most
        self._begun, self._progress = begun, progress
        self._name = ""
        self._start = 0
        self._expected = b""
        self._is_other = False
        self._is_too_large = False

    async def receive(self, order: WireRequest) -> Note | None:
        """Receive the whole file, over as many breaks as it takes; returns why it could not be had, None where it is all there.

        Attempts that bring not a byte more are counted, the others are not; a file that keeps changing is given up.
        """
        vain = restarts = 0
        if self.headers:
            self._name = self._begun(self.headers)
        for _ in range(_MOST_BREAKS):
            before = self._part.size
            answer = await self._ask(order)
            if self._is_too_large:
                return Note("file-too-large", (("bytes", str(self._most)),))
            if answer.failure is None and answer.is_whole and answer.status_code in (200, 206) and self._is_complete():
                return None
            pause = self._pause(answer, vain)
            if pause is None:
                return self._reason(answer)
            restarts += self._is_other
            vain = 0 if self._part.size > before else vain + 1
            if restarts > _MOST_RESTARTS:
                return Note("file-changes", ())
            if vain > self._limits.retries:
                return self._reason(answer)
            await asyncio.sleep(pause if vain else 0.0)
        return self._reason(answer)

    async def _ask(self, order: WireRequest) -> WireAnswer:
        """Ask for what is missing, or for the whole where nothing is there that could be the beginning."""
        is_new = self._is_other or self._part.size <= _OVERLAP
        self._start = 0 if is_new else self._part.size - _OVERLAP
        self._is_other = False
        headers = order.headers
        if self._start:
            headers += (("Range", f"bytes={self._start}-"),)
            validator = _validator(self.headers)
            headers += (("If-Range", validator),) if validator else ()
        try:
            return await stream(self._lane, replace(order, headers=headers), self._limits, self._begin)
        except _OtherFileError:
            return WireAnswer(status_code=206)

    def _begin(self, answer: WireAnswer) -> Callable[[bytes], None] | None:
        if answer.status_code == 200:
            self._accept(answer.headers, _length(answer.headers))
            self._expected = b""
            return self._write
        if answer.status_code == 416:
            self._is_other = True
        if answer.status_code != 206 or not self._start:
            return None
        if not self._continues(answer.headers):
            self._is_other = True
            return None
        self._expected = self._part.tail(_OVERLAP)
        if self.total is None and (ranged := _RANGE.match(header(answer.headers, "content-range"))) and ranged[3] != "*":
            self.total = int(ranged[3])
        return self._write

    def _continues(self, headers: Pairs) -> bool:
        """Whether a part begins where it was asked for and belongs to the same file, as far as the server says."""
        ranged = _RANGE.match(header(headers, "content-range"))
        if ranged is None or int(ranged[1]) != self._start:
            return False
        total = None if ranged[3] == "*" else int(ranged[3])
        tags = [header(one, "etag") for one in (self.headers, headers)]
        return (None in (total, self.total) or total == self.total) and (not all(tags) or tags[0] == tags[1])

    def _accept(self, headers: Pairs, total: int | None) -> None:
        """Take the headers of a whole answer for those of the file; refuse early what cannot be kept."""
        self._name = self._begun(headers)
        self._part.forget()
        self.headers, self.total = headers, total
        if total is not None and total > self._most:
            self._is_too_large = True
            raise _OtherFileError
        if total is not None and total > shutil.disk_usage(self._part.folder).free:
            raise RunError(
                f"{self._part.folder}: no space left for {total} bytes", hint="free some space, or choose another folder with -o"
            )

        self._part.restart()
        self._part.note(headers, total)

    def _write(self, chunk: bytes) -> None:
        if self._expected:
            count = min(len(chunk), len(self._expected))
            if chunk[:count] != self._expected[:count]:
                self._is_other = True
                raise _OtherFileError
            self._expected, chunk = self._expected[count:], chunk[count:]
        if self._part.size + len(chunk) > self._most:
            self._is_too_large = True
            raise _OtherFileError
        self._part.append(chunk)
        if self._progress is not None:
            self._progress(self._name, self._part.size, self.total)

    def _is_complete(self) -> bool:
        return not self._is_other and (self.total is None or self._part.size == self.total)

    def _pause(self, answer: WireAnswer, vain: int) -> float | None:
        """Seconds until the next attempt; None where another one would bring the same."""
        usual = _FIRST_PAUSE * float(2**vain)
        if answer.failure is not None:
            is_hopeless = answer.failure in _HOPELESS or answer.failure.startswith("ssl_")
            return None if is_hopeless else usual
        status = answer.status_code or 0
        if status in (200, 206) or (status == 416 and self._part.size):
            return usual
        if status not in retry.STATUS_CODES:
            return None
        advised = retry.advised_wait(answer.headers, datetime.now(UTC), status)
        wait = usual if advised is None else advised
        return wait if wait <= self._limits.max_wait else None

    def _reason(self, answer: WireAnswer) -> Note:
        if answer.failure is None and answer.status_code not in (200, 206):
            return Note("file-refused", (("status", str(answer.status_code)),))
        have, total = str(self._part.size), str(self.total) if self.total is not None else "?"
        why = answer.failure or "the server ended it"
        return Note("file-broken-off", (("have", have), ("total", total), ("why", why)))


def _length(headers: Pairs) -> int | None:
    text = header(headers, "content-length")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _validator(headers: Pairs) -> str:
    """What If-Range may carry: a strong entity tag, else a date (RFC 9110, 13.1.5); "" where the server gave neither."""
    tag = header(headers, "etag")
    if tag.startswith('"') and tag.isascii():
        return tag
    return header(headers, "last-modified") if not tag else ""
