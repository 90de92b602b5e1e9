"""The artefact itself, fetched by a route that a scan proved: whole, checked, and under a name that overwrites nothing.

    Report --groups--> routes to the same file, best first --Receiver--> Part --checks--> Saved

A file that is not what the scan saw, or not whole by its own structure, is never kept: the next route to the same file is tried.
What broke off, or was interrupted, stays under its temporary name, and the same download goes on there.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.facts.headers import header
from probe.facts.within import limits_of
from probe.frozen import Frozen
from probe.jsonpath import parse
from probe.model import Artefact, Embedded, Magic, Note, Pairs, Probe, Purpose, RedactedUrl, Report, Response
from probe.naming import file_name, numbered, suggested
from probe.pipeline import Scan
from probe.receiving import Part, Progress, Receiver, exists
from probe.runner.links import artefact_in, strings
from probe.runner.networks import Networks
from probe.runner.orders import NotSentError
from probe.runs.folder import disk_error
from probe.sniff import sniff
from probe.transport import Lane
from probe.whole import flaw

_BROKEN_OFF = "file-broken-off"
_HEAD = 64 * 1024
_STEP = 1024 * 1024
_MOST_JSON = 256 * 1024 * 1024
_DEEPEST = 64
_VAGUE = ("text/csv", "text/plain", None)
"""Types that the beginning of a file and the whole of it may show differently."""
_LINES = ("application/json", "application/jsonl")
"""What the scan may have seen of a long first line, and what it is the first line of."""


class Place(Frozen):
    """Where files go: a folder, and a name where the user gave one; `is_forced` allows to replace what has it."""

    folder: Path
    name: str = ""
    is_forced: bool = False
    most: int = 16 * 1024**3

    @classmethod
    def of(cls, text: str, *, is_forced: bool, most: int) -> Place:
        """Read `-o`: a folder that is there or ends like one, else a file that must not be there unless it may be replaced."""
        path = Path(text)
        try:
            if path.is_dir() or text.endswith(("/", os.sep)):
                path.mkdir(parents=True, exist_ok=True)
                return cls(path, "", is_forced, most)
        except OSError as error:
            raise disk_error(path, error) from error
        if os.path.lexists(path) and not is_forced:
            raise exists(path)
        if not path.parent.is_dir():
            raise UsageError(
                f"-o {text!r}: the folder {str(path.parent)!r} does not exist", hint="create it first, or use another one"
            )
        return cls(path.parent, path.name, is_forced, most)


class Saved(Frozen):
    """A file that is whole. `url` is redacted."""

    path: Path
    size: int
    sha256: str
    media_type: str | None
    probe_id: str
    url: str


class Refused(Frozen):
    """A route whose file was not kept, and why."""

    probe_id: str
    reason: Note


class Fetched(Frozen):
    """What came of a download; `missing` counts files that no route delivered whole."""

    saved: tuple[Saved, ...]
    refused: tuple[Refused, ...]
    missing: int

    @property
    def is_whole(self) -> bool:
        """Whether everything that was wanted is there, whole."""
        return bool(self.saved) and not self.missing


class DownloadRoute(Frozen):
    """A proved request, what the scan saw of it, and the kind of thing it delivers; `at` counts artefacts inside its JSON."""

    probe: Probe[RedactedUrl]
    seen: Response
    kind: Artefact | None
    at: int | None = None

    @property
    def media_type(self) -> str | None:
        """What the bytes of the file itself must be."""
        return self.seen.sniffed_type if self.at is None else self.seen.embedded[self.at].sniffed_type

    @property
    def magic(self) -> tuple[Magic, ...]:
        """Magic numbers of the kind."""
        return self.kind.magic if self.kind else ()

    @property
    def our_name(self) -> str:
        """A name made of the kind and the id, where the server suggests none."""
        return "-".join([self.kind.name if self.kind else "artefact", *(value for _name, value in self.probe.ids[-1:])])


def groups(report: Report, *, is_all: bool) -> list[list[DownloadRoute]]:
    """Routes to the same file, best first; only the best file's unless all are wanted.

    Routes lead to the same file where type, size and target are the same. Where all files are wanted two of them may be of one
    size, so there the ids count too.
    """
    found: dict[tuple[object, ...], list[DownloadRoute]] = {}
    for route in _routes(report, is_all=is_all):
        size = route.seen.total_size if route.at is None else route.at
        ids = route.probe.ids if is_all or size is None else ()
        found.setdefault((route.probe.target, route.media_type, size, ids), []).append(route)
    return list(found.values()) if is_all else list(found.values())[:1]


def _routes(report: Report, *, is_all: bool) -> Iterator[DownloadRoute]:
    evidence = report.evidence
    probes = {one.id: one for one in evidence.probes}
    seen = {one.probe_id: one.response for one in evidence.observations}
    endpoints = {one.id: one.artefact for one in evidence.endpoints}
    kinds = {one.name: one for one in evidence.artefacts}
    codes = {one.probe_id: one.diagnosis.code for one in report.verdicts}
    proved = {_kind_of(probes[name], probes, endpoints) for name in report.working}
    # Of the same kind at the same target one control was enough, so another file there is confirmed by it too.
    beside = [name for name, code in codes.items() if code == "download-unconfirmed" and is_all]
    for name in (*report.working, *(one for one in beside if _kind_of(probes[one], probes, endpoints) in proved)):
        probe, response = probes[name], seen[name]
        if probe.method != "GET" or response is None:
            continue
        kind = kinds.get(_kind_of(probe, probes, endpoints)[1])
        if codes[name] != "artefact-embedded":
            yield DownloadRoute(probe, response, kind)
            continue
        for at in range(len(response.embedded) if is_all else 1):
            yield DownloadRoute(probe, response, kind, at)


def _kind_of(probe: Probe[RedactedUrl], probes: Mapping[str, Probe[RedactedUrl]], endpoints: Mapping[str, str]) -> tuple[str, str]:
    """Target and kind of what a probe delivers."""
    return probe.target, endpoints.get(_origin_of(probe, probes).endpoint, "")


def _origin_of(probe: Probe[RedactedUrl], probes: Mapping[str, Probe[RedactedUrl]]) -> Probe[RedactedUrl]:
    """The probe of the catalogue's that a link was found by."""
    while probe.purpose is Purpose.LINK and probe.of is not None and probe.of in probes:
        probe = probes[probe.of]
    return probe


class Download:
    """Fetches what a scan proved, over connections of its own, with the requests that the scan would send."""

    def __init__(self, scan: Scan, place: Place, progress: Progress | None = None) -> None:
        self._scan, self._place, self._progress = scan, place, progress
        self._saved: list[Saved] = []
        self._refused: list[Refused] = []

    async def fetch(self, report: Report, *, is_all: bool = False) -> Fetched:
        """Fetch the best file, or all; of each, the first route that delivers it whole counts."""
        wanted = groups(report, is_all=is_all)
        if self._place.name and len(wanted) > 1:
            raise UsageError(f"-o {self._place.name!r}: {len(wanted)} files do not fit in one", hint="name a folder")
        order = self._scan.order
        networks = Networks(order.options, order.networks, order.targets)
        missing = 0
        try:
            for routes in wanted:
                missing += not await self._first_whole(networks.lane, routes)
        finally:
            await networks.aclose()
        return Fetched(tuple(self._saved), tuple(self._refused), missing)

    async def _first_whole(self, lane_to: Callable[[str], Lane], routes: Iterable[DownloadRoute]) -> bool:
        left: list[Part] = []
        for route in routes:
            part = Part(self._place.folder, self._key(route), self._scan.redactor.find)
            is_whole = False
            try:
                reason = await self._one(lane_to(route.probe.target), route, part)
                is_whole = reason is None
                if reason is None or reason.code != _BROKEN_OFF:
                    part.discard()
            finally:
                left += [part] if part.leave() else []
                for one in left if is_whole else ():
                    one.discard()
            if reason is None:
                return True
            self._refused.append(Refused(route.probe.id, reason))
        return False

    def _key(self, route: DownloadRoute) -> str:
        """Name what is fetched by a route, the same in the next process; a link has another query each time."""
        told = (route.probe.url.partition("?")[0], route.probe.id, route.media_type, route.seen.total_size)
        return sha256(repr(told).encode()).hexdigest()[:16]

    async def _one(self, lane: Lane, route: DownloadRoute, part: Part) -> Note | None:
        """Fetch by one route; returns why the file was not kept, None where it was (or is there already, byte for byte)."""
        try:
            order = self._scan.request(route.probe.id)
        except NotSentError as error:
            return error.note
        target = next(one for one in self._scan.order.targets if one.name == route.probe.target)
        limits = limits_of(target, self._scan.order.scope.limits)
        most = self._place.most if route.at is None else _MOST_JSON
        receiver = Receiver(lane, limits, part, most, lambda headers: self._name(route, headers), self._progress)
        reason = await receiver.receive(order)
        if reason is not None:
            return reason
        part.forget()
        reason = _unpacked(route, part, receiver.headers, most) or _unlike(route, part, receiver)
        if reason is not None:
            return reason
        digest = _digest(part)
        if digest in {one.sha256 for one in self._saved}:
            return None
        path = part.keep_as(self._name(route, receiver.headers), is_forced=self._place.is_forced)
        url = self._scan.redactor.url(route.probe.url)
        self._saved.append(Saved(path, part.size, digest, route.media_type, route.probe.id, url))
        return None

    def _name(self, route: DownloadRoute, headers: Pairs) -> str:
        """Choose the name; a taken one is refused before anything is received. One that holds a secret is not taken over."""
        server = suggested(headers) if route.at is None else ""
        mine = {one.path.name for one in self._saved}
        name = file_name(server, route.our_name, route.media_type)
        if self._scan.redactor.text(name) != name:
            name = file_name("", route.our_name, route.media_type)
        name = self._place.name or numbered(name, mine)
        if os.path.lexists(self._place.folder / name) and not self._place.is_forced:
            raise exists(self._place.folder / name)
        return name


def _unpacked(route: DownloadRoute, part: Part, headers: Pairs, most: int) -> Note | None:
    """Undo what the server wrapped around the file: an unrequested content encoding, base64 in JSON."""
    encoding = header(headers, "content-encoding").lower() or "identity"
    if encoding in ("gzip", "x-gzip", "deflate"):
        reason = _inflate(part, most)
        if reason is not None:
            return reason
    elif encoding != "identity":
        return Note("file-encoded", (("encoding", encoding[:40]),))
    return None if route.at is None else _extract(route.seen.embedded[route.at], route.at, part, most)


def _inflate(part: Part, most: int) -> Note | None:
    engine, plain = zlib.decompressobj(zlib.MAX_WBITS | 32), Part(part.folder)
    try:
        part.file.seek(0)
        while not engine.eof and (packed := engine.unconsumed_tail or part.file.read(_STEP)):
            plain.append(engine.decompress(packed, _STEP))
            if plain.size > most:
                return Note("file-too-large", (("bytes", str(most)),))
        if not engine.eof:
            return Note("file-not-whole", (("flaw", "cut"), ("type", "gzip")))
        _replace(part, plain)
    except zlib.error:
        return Note("file-not-whole", (("flaw", "damaged"), ("type", "gzip")))
    finally:
        plain.discard()
    return None


def _replace(part: Part, plain: Part) -> None:
    """Make the content of one part that of another."""
    part.restart()
    plain.file.seek(0)
    while piece := plain.file.read(_STEP):
        part.append(piece)


def _extract(embedded: Embedded, at: int, part: Part, most: int) -> Note | None:
    """Put the artefact in the place of what it is wrapped in: JSON, base64 (a `data:` URL too), gzip."""
    part.file.seek(0)
    content = part.file.read()
    if embedded.path == "$":
        text = content.decode("ascii", "replace").strip().strip("\"'")
    else:
        try:
            value: Any = parse(content, _DEEPEST)
        except ValueError:
            return Note("file-not-whole", (("flaw", "cut"), ("type", "application/json")))
        texts = [text for _path, _key, text in strings(value) if artefact_in(text)]
        if at >= len(texts):
            return Note("file-not-embedded")
        text = texts[at]
    encodings = embedded.encoding.split()
    if "base64" in encodings:
        encoded = "".join(text.rpartition(",")[2].split()).replace("-", "+").replace("_", "/").rstrip("=")
        try:
            content = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            return Note("file-not-whole", (("flaw", "damaged"), ("type", "base64")))
        part.restart()
        part.append(content)
    return _inflate(part, most) if "gzip" in encodings else None


def _unlike(route: DownloadRoute, part: Part, receiver: Receiver) -> Note | None:
    """Say in what the file differs from what the scan saw, or from a whole file of its type."""
    seen, is_encoded = route.seen, header(receiver.headers, "content-encoding").lower() not in ("", "identity")
    part.file.seek(0)
    sniffed = sniff(part.file.read(_HEAD), route.magic, is_truncated=part.size > _HEAD)
    is_vague = (sniffed in _VAGUE and route.media_type in _VAGUE) or (route.media_type, sniffed) == _LINES
    if sniffed != route.media_type and not is_vague:
        return Note("file-other-type", (("type", sniffed or "-"), ("seen", route.media_type or "-")))
    if route.at is None and not is_encoded and seen.total_size is not None and part.size != seen.total_size:
        return Note("file-other-size", (("size", str(part.size)), ("seen", str(seen.total_size))))
    part.file.seek(0)
    found = flaw(part.file, sniffed)
    return Note("file-not-whole", (("flaw", found), ("type", sniffed or "-"))) if found else None


def _digest(part: Part) -> str:
    summed = sha256()
    part.file.seek(0, io.SEEK_SET)
    while piece := part.file.read(_STEP):
        summed.update(piece)
    return summed.hexdigest()
