"""Evidence as text and back: `evidence.json`, and the journal that survives whatever kills a scan.

The codec is generic over the types of `probe.model` and strict: a saved run comes from somebody else's disk, so a wrong type is a
`RunError` that names the place, never a traceback later. Keys that this version does not know are ignored: a newer one wrote them.
"""

from __future__ import annotations

import json
import math
import os
import stat
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from probe.errors import LeakError, RunError
from probe.model import Evidence, Observation, Probe
from probe.redact import Redactor
from probe.runs.folder import disk_error, read_regular

DATA_FORMAT_VERSION = 1

_DAMAGED = "the file is damaged or was not written by probe; scan again"
_LINED = ("endpoints", "probes", "skipped", "observations")

T = TypeVar("T")
Decoder = Callable[[Any], Any]


class _WrongError(Exception):
    """What is wrong with a value; on its way out each level puts its own step in front of the place."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = ""


# ---- the codec -----------------------------------------------------------------------------------------------------------------


def encode(value: Any) -> Any:
    """Turn a value of `probe.model` into what `json.dumps` takes. Fields that are empty, as they are by default, are left out."""
    if value is None or type(value) in _SCALARS:
        return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if is_dataclass(value):
        encoded = {}
        for name, default in _defaults(cast("Any", type(value))):
            item = getattr(value, name)
            if item or item != default:
                encoded[name] = encode(item)
        return encoded
    return value


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


def decode(kind: type[T], value: Any, where: str) -> T:
    """Build a value of type `kind` from parsed JSON; a wrong type is a `RunError` with the place, `where` in front of it."""
    try:
        return cast("T", _decoder(cast("Any", kind))(value))
    except _WrongError as error:
        place = f"{where}: {error.place.removeprefix('.')}" if error.place else where
        raise RunError(f"{place}: {error.problem}", hint=_DAMAGED) from None


@cache
def _decoder(kind: Any) -> Decoder:
    """Make the function that reads a type; made once for each, so that 5,000 observations cost no reflection."""
    arguments = typing.get_args(kind)
    if isinstance(kind, types.UnionType):
        inner = _decoder(arguments[0])
        # `Note | str`: plain text is what release 0.1.0 wrote
        return (lambda value: value if isinstance(value, str) else inner(value)) if str in arguments[1:] else _optional(inner)
    if typing.get_origin(kind) is tuple:
        if arguments[-1] is Ellipsis:
            return _sequence(_decoder(arguments[0]))
        return _fixed(tuple(_decoder(argument) for argument in arguments))
    if is_dataclass(kind):
        return _record(cast("type", kind))
    if issubclass(kind, StrEnum):
        return _word(kind)
    return _SCALARS[kind]


def _expected(what: str, value: Any) -> _WrongError:
    shown = repr(value)
    return _WrongError(f"expected {what}, got {shown if len(shown) <= 40 else shown[:40] + '...'}")


def _optional(inner: Decoder) -> Decoder:
    return lambda value: None if value is None else inner(value)


def _sequence(inner: Decoder) -> Decoder:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _expected("a list", value)
        return _items([inner] * len(value), value)

    return read


def _fixed(inner: tuple[Decoder, ...]) -> Decoder:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(inner):
            raise _expected(f"a list of {len(inner)}", value)
        return _items(inner, value)

    return read


def _items(decoders: typing.Sequence[Decoder], values: list[Any]) -> tuple[Any, ...]:
    items = []
    for decoder, value in zip(decoders, values, strict=True):
        try:
            items.append(decoder(value))
        except _WrongError as error:
            error.place = f"[{len(items)}]{error.place}"
            raise
    return tuple(items)


def _record(kind: type) -> Decoder:
    hints = typing.get_type_hints(kind)
    decoders = {field.name: _decoder(hints[field.name]) for field in fields(kind)}
    required = [field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING]

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _expected("an object", value)
        values = {}
        for name, item in value.items():
            decoder = decoders.get(name)
            if decoder is not None:
                try:
                    values[name] = decoder(item)
                except _WrongError as error:
                    error.place = f".{name}{error.place}"
                    raise
        missing = next((name for name in required if name not in values), None)
        if missing is not None:
            raise _WrongError(f"the key {missing!r} is missing")
        return kind(**values)

    return read


def _word(kind: type[StrEnum]) -> Decoder:
    words = {word.value: word for word in kind}

    def read(value: Any) -> StrEnum:
        word = words.get(value) if isinstance(value, str) else None
        if word is None:
            raise _expected(f"one of {', '.join(words)}", value)
        return word

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _expected("a text", value)
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _expected("a whole number", value)
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > sys.float_info.max or math.isnan(value):
        raise _expected("a number", value)
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _expected("true or false", value)
    return value


def _time(value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _expected("a time", value) from None
    if time.tzinfo is None:
        raise _expected("a time with its zone", value)
    return time


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _expected("a date", value) from None


_SCALARS: dict[type, Decoder] = {str: _text, int: _whole, float: _number, bool: _truth, datetime: _time, date: _day}


# ---- evidence.json -------------------------------------------------------------------------------------------------------------


def to_json(evidence: Evidence) -> str:
    """Write the evidence, the same text for the same evidence; each probe and each observation has a line of its own."""
    parts = []
    for name, value in encode(evidence).items():
        if name in _LINED:
            lines = ",\n  ".join(_dump(item) for item in value)
            parts.append(f' "{name}": [\n  {lines}\n ]' if value else f' "{name}": []')
        else:
            parts.append(f' "{name}": {_dump(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def from_json(text: str | bytes, where: str) -> Evidence:
    """Read what `to_json` wrote; `where` names the file in messages."""
    return _consistent(_evidence(_load(text, where), where), where)


def _evidence(value: Any, where: str) -> Evidence:
    version = value.get("data_format_version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > DATA_FORMAT_VERSION:
        raise RunError(f"{where}: written by a newer probe (data format {version})", hint="update probe, then try again")
    if version != DATA_FORMAT_VERSION or isinstance(version, bool):
        raise RunError(f"{where}: no evidence of probe", hint="name a folder that `probe scan` wrote, such as reports/2026-...")
    return decode(Evidence, value, where)


def _consistent(evidence: Evidence, where: str) -> Evidence:
    """Refuse what nobody could judge or go on with: an observation of no probe, a probe of no target, a URL that is none."""
    targets, probes = {one.name for one in evidence.targets}, {one.id for one in evidence.probes}
    endpoints = {one.id for one in evidence.endpoints} | {""}
    urls = [one.base_url for one in evidence.targets] + [one.url for one in evidence.probes]
    urls += [exchange.request.url for one in evidence.observations for exchange in one.exchanges]
    strays = [
        f"an observation of {one.probe_id!r}, which is no probe" for one in evidence.observations if one.probe_id not in probes
    ]
    strays += [f"{one.id!r} is of no target" for one in evidence.probes if one.target not in targets]
    strays += [f"{one.id!r} is of no endpoint" for one in evidence.probes if one.endpoint not in endpoints]
    strays += [f"{url[:80]!r} is no URL" for url in urls if not _is_url(url)]
    strays += [] if targets else ["no target"]
    if strays:
        raise RunError(f"{where}: {strays[0]}", hint=_DAMAGED)
    return evidence


def _is_url(text: str) -> bool:
    try:
        return (urlsplit(text).port or 0) >= 0
    except ValueError:
        return False


def _dump(value: Any) -> str:
    # Half a surrogate pair, which servers send and UTF-8 cannot hold, becomes the JSON escape that it came as.
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace").decode()


def _load(text: str | bytes, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else "not readable as JSON in UTF-8"
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise RunError(f"{where}: {problem[:1].lower()}{problem[1:]}{line}", hint=_DAMAGED) from None


# ---- the journal ---------------------------------------------------------------------------------------------------------------


class Journal:
    """A file of JSON lines, mode 0600, to which everything is appended as it is known: a kill loses only what is in flight.

    Each line is one object: `{"scan": ..., "scope": ..., "seals": ...}`, then `{"probe": ...}` and `{"observation": ...}`. A line
    that a kill cut off is taken away when the file is opened again. With `is_synced` each line is also forced to the disk.
    """

    def __init__(self, path: Path, redactor: Redactor | None = None, *, is_synced: bool = False) -> None:
        self.path = path
        self._redactor = redactor
        self._is_synced = is_synced
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
            flags |= getattr(os, name, 0)
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise disk_error(path, error) from error
        try:
            self._take()
        except BaseException:
            self.close()
            raise

    def _take(self) -> None:
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise RunError(f"{self.path}: not a regular file", hint="remove it, or choose another folder with -o")
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise RunError(f"{self.path}: another probe is writing this run", hint="wait until it has ended") from None
        content = read_regular(self.path)
        if not content.endswith(b"\n"):
            os.ftruncate(self._descriptor, content.rfind(b"\n") + 1)

    def append(self, item: Mapping[str, Any]) -> None:
        """Append one line; a line that cannot be written whole is taken back, so what was there stays readable."""
        line = _dump(item).encode() + b"\n"
        variable = self._redactor.find(line) if self._redactor else None
        if variable is not None:
            raise LeakError(
                f"{self.path.name}: would hold the secret of {variable}; the line was not written", hint="please report this bug"
            )
        size = os.fstat(self._descriptor).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            if self._is_synced:
                os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, size)
            raise disk_error(self.path, error) from error

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def read_journal(path: Path) -> tuple[dict[str, Any], tuple[Probe, ...], tuple[Observation, ...]]:
    """Read a journal: its first line as it is, then each probe and each observation once, the last of its kind counting.

    Only the last line may be torn, and only when nothing ends it; kinds of lines that this version does not know are ignored.
    """
    header: dict[str, Any] = {}
    probes: dict[str, Probe] = {}
    observations: dict[str, Observation] = {}
    *lines, tail = read_regular(path).split(b"\n")
    for number, line in enumerate([*lines, tail] if _is_whole(tail) else lines, 1):
        where = f"{path}:{number}"
        item = _load(line, where)
        if not isinstance(item, dict):
            raise RunError(f"{where}: expected an object", hint=_DAMAGED)
        if "scan" in item:
            header = header or item
        elif "probe" in item:
            probe = decode(Probe, item["probe"], f"{where}: probe")
            probes[probe.id] = probe
        elif "observation" in item:
            observation = decode(Observation, item["observation"], f"{where}: observation")
            observations[observation.probe_id] = observation
    if not header:
        raise RunError(f"{path}: nothing was kept of this scan", hint="it was stopped before it began: scan again")
    return header, tuple(probes.values()), tuple(observations.values())


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def from_journal(path: Path) -> Evidence:
    """Put together what the journal of a scan that did not end has kept."""
    header, probes, observations = read_journal(path)
    begun = _evidence(header["scan"], f"{path}: scan")
    known = {probe.id: probe for probe in (*begun.probes, *probes)}
    whole = replace(begun, probes=tuple(known.values()), observations=observations, is_interrupted=True)
    return _consistent(whole, str(path))
