"""The journal of a run: one JSON object a line, appended as it is known, so that a kill loses only what is in flight.

    {"scan": evidence before the first request, "scope": ..., "salt": ..., "seal": ...}
    {"probe": ..., "seal": ...}
    {"probe": ..., "queued": true, "seal": ...}         it may be billed, and waits
    {"sending": probe id, "seal": ...}                  it may be billed, and goes out now
    {"observation": ..., "after": n, "seal": ...}       its exchanges follow the first n that are already known of this probe
    {"part": evidence of one target, "task_seal": ...}  all that a worker saw of it, at once
    {"ended_at": ..., "seal": ...}                      nothing was left to be sent

A line that is damaged or foreign costs only itself. `seal` stands last and signs all that stands before it in its line.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from probe.errors import LeakError, RunError
from probe.frozen import Frozen, replace
from probe.model import Evidence, Note, Observation, Probe, RedactedUrl
from probe.redact import Redactor
from probe.redact.planned import masked_again
from probe.runs.codec import decode, evidence_of, has_zone, load, observation_strays, pieces, probe_strays, to_line
from probe.runs.folder import JOURNAL, RunFolder, disk_error, open_regular
from probe.runs.lock import try_lock
from probe.runs.seal import Seal

MAX_JOURNAL = 512 * 1024 * 1024
"""A journal never grows beyond what can be read again."""

_BLOCK = 64 * 1024
_SEALED = re.compile(rb'(.*),"seal":"([0-9a-f]{64})"\}', re.DOTALL)


class Journal:
    """The open journal of a run, mode 0600, locked. With `seal` each line is signed, with `is_synced` forced to the disk.

    A line that a kill cut off is taken away when the file is opened again.
    """

    def __init__(
        self, folder: RunFolder, redactor: Redactor | None = None, seal: Seal | None = None, *, is_synced: bool = False
    ) -> None:
        self.folder = folder
        self.seal = seal
        self._redactor = redactor
        self._is_synced = is_synced
        self._descriptor = _locked(folder, os.O_CREAT)
        try:
            _cut_torn_line(self._descriptor)
        except OSError as error:
            self.close()
            raise disk_error(folder.journal, error) from error

    def append(self, item: Mapping[str, Any]) -> None:
        """Append one line; see `extend`."""
        self.extend([item])

    def extend(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Append a line for each item; what cannot be written whole is taken back, so what was there stays readable.

        What was recorded before an answer gave a secret away that it holds is masked again. Of several lines those before one that
        would hold a secret all the same are written.
        """
        values, variable = self._searched(items)
        if variable is not None and self._redactor is not None and self._redactor.has_learned:
            items = [{name: _masked(one, self._redactor) for name, one in item.items()} for item in items]
            values, variable = self._searched(items)
        if variable is not None and len(items) > 1:
            for item in items:
                self.append(item)
        elif variable is not None:
            raise LeakError(
                f"{JOURNAL}: would hold the secret of {variable}; the line was not written", hint="please report this bug"
            )
        else:
            self._write(b"".join(map(self._line, values)))

    def _searched(self, items: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, bytes]], str | None]:
        """What will be written, and the variable of a secret in it."""
        values = [{name: to_line(value) for name, value in item.items()} for item in items]
        return values, self._redactor.find(b"\n".join(_as_filed(items, values)), is_kept=True) if self._redactor else None

    def _write(self, lines: bytes) -> None:
        size = os.fstat(self._descriptor).st_size
        if size + len(lines) > MAX_JOURNAL:
            raise RunError(
                f"{self.folder.journal}: larger than {MAX_JOURNAL // 1024 // 1024} MiB",
                hint="narrow the scan with --only, --api-version or --max-requests, or wait less",
            )
        try:
            _write_all(self._descriptor, lines)
            if self._is_synced:
                os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, size)
            raise disk_error(self.folder.journal, error) from error

    def _line(self, values: Mapping[str, bytes]) -> bytes:
        signed = b"{" + b",".join(b'"%s":%s' % (name.encode(), value) for name, value in values.items())
        if self.seal is None:
            return signed + b"}\n"
        return b'%s,"seal":"%s"}\n' % (signed, self.seal.sign(signed).encode())

    def is_in_place(self) -> bool:
        """Whether what is appended can still be found under the name of the run; nothing more is appended once it is closed."""
        return self._descriptor < 0 or (os.fstat(self._descriptor).st_nlink > 0 and self.folder.is_in_place())

    def rescue(self) -> RunFolder:
        """Copy the journal to where it can be found again, when somebody deleted or replaced its folder; returns that folder."""
        is_free = self.folder.is_in_place() and not os.path.lexists(self.folder.journal)
        folder = self.folder if is_free else self.folder.renewed()
        descriptor = _locked(folder, os.O_CREAT | os.O_EXCL)
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            while block := os.read(self._descriptor, _BLOCK):
                _write_all(descriptor, block)
        except OSError as error:
            os.close(descriptor)
            raise disk_error(folder.journal, error) from error
        self.close()
        self.folder, self._descriptor = folder, descriptor
        return folder

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _masked(value: Any, redactor: Redactor) -> Any:
    return masked_again(value, redactor) if isinstance(value, Frozen) else value


def _as_filed(items: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, bytes]]) -> Iterator[bytes]:
    """Yield what the lines hold, evidence as its own file has it: whoever searches that one need not search the same again."""
    for item, line in zip(items, lines, strict=True):
        yield from (b"".join(pieces(item[name])) if isinstance(item[name], Evidence) else text for name, text in line.items())


def _locked(folder: RunFolder, flags: int) -> int:
    """Open the journal of a folder for this process alone."""
    descriptor = folder.open_file(JOURNAL, os.O_RDWR | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RunError(f"{folder.journal}: not a regular file", hint="remove it, or choose another folder with -o")
    if not try_lock(descriptor):
        os.close(descriptor)
        raise RunError(f"{folder.journal}: another probe is writing this run", hint="wait until it has ended")
    return descriptor


def _cut_torn_line(descriptor: int) -> None:
    """Take away what stands after the last line's end, looking from the end on."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _BLOCK)
        os.lseek(descriptor, start, os.SEEK_SET)
        at = os.read(descriptor, end - start).rfind(b"\n")
        if at >= 0:
            end = start + at + 1
            break
        end = start
    if end < os.fstat(descriptor).st_size:
        os.ftruncate(descriptor, end)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


class TaskSeal(Frozen):
    """What a worker says of its evidence: that a holder of the target's credentials got it by the very task it was given."""

    salt: str
    signature: str


@dataclass(slots=True)
class Kept:
    """What a journal kept. `scope` and `salt` are as the file says them; `is_sealed` tells whether a seal vouches for them.

    `probes` and `observations` are by probe id, each once; `parts` are what workers saw, by target; `skipped_lines` counts the
    lines that said nothing usable, `billed` names what may have been billed: it was about to be sent, answered or not.
    """

    evidence: Evidence
    scope: Any = None
    salt: Any = None
    head: bytes = b""
    probes: dict[str, Probe[RedactedUrl]] = field(default_factory=dict)
    observations: dict[str, Observation] = field(default_factory=dict)
    ended_at: datetime | None = None
    skipped_lines: int = 0
    notes: tuple[Note | str, ...] = ()
    parts: dict[str, tuple[Evidence, TaskSeal | None]] = field(default_factory=dict)
    billed: set[str] = field(default_factory=set)

    def is_sealed_by(self, seal: Seal | None) -> bool:
        """Whether the run was begun with the secrets that the seal was made of."""
        return seal is not None and _is_signed(self.head, seal)

    @property
    def whole(self) -> Evidence:
        """The evidence that is known, as far as it can be judged."""
        notes = (*self.evidence.notes, *self.notes)
        if self.skipped_lines:
            notes += (Note("journal-lines-skipped", (("count", str(self.skipped_lines)),)),)
        seen = {name: part.targets[0] for name, (part, _seal) in self.parts.items()}
        skipped = [one for one in self.evidence.skipped if one.target not in seen]
        return replace(
            self.evidence,
            targets=tuple(seen.get(one.name, one) for one in self.evidence.targets),
            skipped=(*skipped, *(one for part, _seal in self.parts.values() for one in part.skipped)),
            probes=tuple(self.probes.values()),
            observations=tuple(self.observations.values()),
            ended_at=self.ended_at,
            is_interrupted=self.ended_at is None,
            notes=notes,
        )


def read_journal(folder: RunFolder, seal: Seal | None = None) -> Kept:
    """Read a journal line by line. With `seal` only lines count that it signed.

    A line that is damaged, foreign or says something about nothing is skipped and counted; the last line may be torn, for nothing
    ends it. Without its first line nothing can be judged: that is a `RunError`.
    """
    kept: Kept | None = None
    skipped = 0
    for number, line in enumerate(_lines(folder), 1):
        where = f"{folder.journal}:{number}"
        try:
            item = load(line, where)
            if kept is None and isinstance(item, dict) and "scan" in item:
                kept = _begun(item, line, where)
            elif kept is None or not isinstance(item, dict) or not (seal is None or _is_signed(line, seal)):
                skipped += 1
            else:
                skipped += not _take(kept, item, where)
        except RunError as error:
            if "written by a newer probe" in error.message:
                raise
            skipped += line.endswith(b"\n")
    if kept is None:
        raise RunError(f"{folder.journal}: nothing was kept of this scan", hint="it was stopped before it began: scan again")
    kept.skipped_lines = skipped + _drop_strays(kept)
    return kept


def _lines(folder: RunFolder) -> Iterator[bytes]:
    with open_regular(folder.journal) as file:
        yield from file


def _is_signed(line: bytes, seal: Seal) -> bool:
    parts = _SEALED.fullmatch(line.rstrip(b"\n"))
    return parts is not None and seal.fits(parts[1], parts[2].decode())


def _begun(item: dict[str, Any], line: bytes, where: str) -> Kept:
    evidence = evidence_of(item["scan"], f"{where}: scan")
    probes = {one.id: one for one in evidence.probes}
    return Kept(evidence, item.get("scope"), item.get("salt"), line, probes)


def _take(kept: Kept, item: dict[str, Any], where: str) -> bool:
    """Add what a line says; returns whether it said anything."""
    if "probe" in item:
        probe = decode(Probe, item["probe"], f"{where}: probe")
        kept.probes[probe.id] = probe
        if probe.billable and item.get("queued") is not True:
            kept.billed.add(probe.id)
    elif "sending" in item:
        kept.billed.add(decode(str, item["sending"], f"{where}: sending"))
    elif "observation" in item:
        observation = decode(Observation, item["observation"], f"{where}: observation")
        known = decode(int, item.get("after", 0), f"{where}: after")
        before = kept.observations.get(observation.probe_id)
        if before is not None and known > 0:
            observation = replace(observation, exchanges=(*before.exchanges[:known], *observation.exchanges))
        kept.observations[observation.probe_id] = observation
    elif "part" in item:
        part = evidence_of(item["part"], f"{where}: part")
        kept.parts[part.targets[0].name] = part, decode(TaskSeal | None, item.get("task_seal"), f"{where}: task_seal")  # type: ignore[arg-type]
        kept.probes |= {one.id: one for one in part.probes}
        kept.observations |= {one.probe_id: one for one in part.observations}
        kept.notes += part.notes
    elif "note" in item:
        kept.notes += (decode(Note, item["note"], f"{where}: note"),)
    elif "ended_at" in item:
        ended_at = decode(datetime, item["ended_at"], f"{where}: ended_at")
        kept.ended_at = ended_at if has_zone(ended_at) else None
        return has_zone(ended_at)
    else:
        return False
    kept.ended_at = None
    return True


def _drop_strays(kept: Kept) -> int:
    """Drop what could neither be judged nor resumed; returns the number of dropped records."""
    probes = probe_strays(kept.evidence, kept.probes.values())
    kept.probes = {name: one for name, one in kept.probes.items() if name not in probes}
    observations = observation_strays(kept.probes.values(), kept.observations.values())
    kept.observations = {name: one for name, one in kept.observations.items() if name not in observations}
    return len(probes) + len(observations)
