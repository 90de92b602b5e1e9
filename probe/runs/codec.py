"""Evidence as JSON and back: one encoding for `evidence.json` and the journal, strict when it is read again.

A saved run comes from somebody else's disk, so whatever is wrong with it is a `RunError` that names the place, never a traceback
later. Keys that this version does not know are ignored: a newer one wrote them. What is written is ASCII: a text of a server cannot
move the cursor or reorder a line of a terminal that shows the file.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from probe.errors import RunError
from probe.frozen import members
from probe.model import Evidence, Observation, Probe, RedactedUrl

DATA_FORMAT_VERSION = 2
"""1: release 0.1.0, with reasons and notes as sentences. 2: they may be codes with values (`Note`)."""

DAMAGED = "the file is damaged or was not written by probe; scan again"
_LINED = ("endpoints", "probes", "skipped", "observations")
_NOT_ASCII = re.compile(rb"[\x7f-\xff]+")
_PLACED = re.compile(r"(.*) - at `\$(.*)`", re.DOTALL)
_MOST = 2**63
_ONE_AT_A_TIME = threading.Lock()
"""msgspec works a type out when it first meets it, and two threads that do so at once crash the process (seen with 0.22.0)."""

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Turn a value of `probe.model` into what `json.dumps` takes."""
    return msgspec.to_builtins(value)


def to_line(value: Any) -> bytes:
    """Write a value of `probe.model`, or a mapping of such, as JSON on one line of printable ASCII."""
    try:
        line = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, which servers send and UTF-8 cannot hold
        line = json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()
    return line if line.isascii() and b"\x7f" not in line else _NOT_ASCII.sub(_escaped, line)


def _escaped(run: re.Match[bytes]) -> bytes:
    return json.dumps(run[0].decode())[1:-1].replace("\x7f", "\\u007f").encode()


def decode(kind: type[T], value: Any, where: str) -> T:
    """Build a value of type `kind` from parsed JSON; a wrong type is a `RunError` with the place, `where` in front of it."""
    try:
        with _ONE_AT_A_TIME:
            return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        placed = _PLACED.fullmatch(str(error))
        problem, place = placed.groups() if placed else (str(error), "")
        problem = problem.replace("`", "")
        named = f"{where}: {place.removeprefix('.')}" if place else where
        raise RunError(f"{named}: {problem[:1].lower()}{problem[1:]}", hint=DAMAGED) from None
    except UnicodeEncodeError:
        raise RunError(f"{where}: half a surrogate pair where a word is expected", hint=DAMAGED) from None


def load(text: str | bytes, where: str) -> Any:
    """Parse JSON that a stranger may have written: no key twice, no number beyond 64 bits, no NaN, no bottomless nesting."""
    try:
        return json.loads(text, object_pairs_hook=_each_once, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except json.JSONDecodeError as error:
        problem = f"{error.msg[:1].lower()}{error.msg[1:]}, line {error.lineno}"
    except UnicodeDecodeError:
        problem = "not readable as JSON in UTF-8"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise RunError(f"{where}: {problem}", hint=DAMAGED)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return members


def _whole(text: str) -> int:
    if len(text) > 20 or not -_MOST <= (number := int(text)) < _MOST:
        raise ValueError("a number is too large")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def to_json(evidence: Evidence) -> str:
    """Write the evidence, the same text for the same evidence; each probe and each observation has a line of its own."""
    return b"".join(pieces(evidence)).decode()


def pieces(evidence: Evidence) -> Iterator[bytes]:
    """Yield what `to_json` writes, in ASCII, each probe and each observation when it is asked for."""
    opening = b"{\n"
    for name, value in members(evidence).items():
        yield b'%b "%b": ' % (opening, name.encode())
        opening = b",\n"
        if name in _LINED and value:
            for at, one in enumerate(value):
                yield (b",\n  " if at else b"[\n  ") + to_line(one)
            yield b"\n ]"
        else:
            yield to_line(value)
    yield b"\n}\n"


def from_json(text: str | bytes, where: str) -> Evidence:
    """Read what `to_json` wrote; `where` names the file in messages."""
    evidence = evidence_of(load(text, where), where)
    strays = probe_strays(evidence, evidence.probes) | observation_strays(evidence.probes, evidence.observations)
    if strays:
        raise RunError(f"{where}: {next(iter(strays.values()))}", hint=DAMAGED)
    return evidence


def evidence_of(value: Any, where: str) -> Evidence:
    """Make evidence of parsed JSON whose version this probe knows; its targets are ones that can be asked."""
    version = value.get("data_format_version") if isinstance(value, dict) else None
    if type(version) is int and version > DATA_FORMAT_VERSION:
        raise RunError(f"{where}: written by a newer probe (data format {version})", hint="update probe, then try again")
    if type(version) is not int or version < 1:
        raise RunError(f"{where}: no evidence of probe", hint="name a folder that `probe scan` wrote, such as reports/2026-...")
    evidence = decode(Evidence, value, where)
    problems = [] if evidence.targets else ["no target"]
    problems += [f"{one.base_url[:80]!r} is not a URL" for one in evidence.targets if not _is_url(one.base_url)]
    times = (evidence.started_at, evidence.ended_at or evidence.started_at)
    problems += [] if all(has_zone(one) for one in times) else ["a time without its zone, or out of range"]
    if problems:
        raise RunError(f"{where}: {problems[0]}", hint=DAMAGED)
    return evidence


def probe_strays(evidence: Evidence, probes: Iterable[Probe[RedactedUrl]]) -> dict[str, str]:
    """Map each probe that cannot be judged or resumed to what is wrong: unknown target or endpoint, missing URL."""
    targets = {one.name for one in evidence.targets}
    endpoints = {one.id for one in evidence.endpoints} | {""}
    found = {}
    for one in probes:
        if one.target not in targets:
            found[one.id] = f"{one.id!r} has no target"
        elif one.endpoint not in endpoints:
            found[one.id] = f"{one.id!r} has no endpoint"
        elif not _is_url(one.url):
            found[one.id] = f"{one.url[:80]!r} is not a URL"
    return found


def observation_strays(probes: Iterable[Probe[RedactedUrl]], observations: Iterable[Observation]) -> dict[str, str]:
    """Map each observation that cannot be judged, by its probe's id, to what is wrong: unknown probe, missing URL or time zone."""
    known = {one.id for one in probes}
    found = {}
    for one in observations:
        if one.probe_id not in known:
            found[one.probe_id] = f"an observation of {one.probe_id!r}, which is not a probe"
        elif not all(_is_url(exchange.request.url) for exchange in one.exchanges):
            found[one.probe_id] = f"the observation of {one.probe_id!r} has a request without a URL"
        elif not all(has_zone(exchange.started_at) for exchange in one.exchanges):
            found[one.probe_id] = f"the observation of {one.probe_id!r} has a time without its zone, or out of range"
    return found


def has_zone(time: datetime) -> bool:
    """Whether a time can be compared with others."""
    return time.tzinfo is not None and 1 < time.year < 9999


def _is_url(text: str) -> bool:
    try:
        return (urlsplit(text).port or 0) >= 0
    except ValueError:
        return False
