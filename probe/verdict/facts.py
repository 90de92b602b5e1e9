"""What the answers of a scan tell about single artefacts: their state and when they expire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from probe.facts.states import meaning, plain
from probe.frozen import Frozen
from probe.jsonpath import folded, values_by_path
from probe.listing import item_path, moment
from probe.model import Artefact, Pairs, Response

_EXPIRY_KEYS = ("expires_at", "expires", "expiration", "expires_on", "expiry")
_STATE_KEYS = ("status", "state")
_OTHER_KEYS = ("task_status", "done", "name", "last_active_at", "created_at")
"""More keys of an object that may tell its state or its age."""
_INSIDES = ("data", "output", "task", "result", "job", "response", "video")
_ENVELOPE = re.compile(rf"\$(?:\.(?:{'|'.join(_INSIDES)})){{1,3}}\.(?:task_status|status|state)")
"""Where gateways keep the state of a job below their own status (`{"code": "success", "data": {"status": "IN_PROGRESS"}}`)."""


class Fact(Frozen):
    """What one answer says about one artefact, with the reason of a failure.

    `is_estimate` marks an expiry that was worked out from an age and not named by the server.
    """

    ids: frozenset[str]
    word: str | None
    state: str | None
    expires_at: datetime | None
    is_estimate: bool
    reason: str = ""


def state_of(word: str, artefact: Artefact | None) -> str | None:
    """Map a server's status word to pending, ready, failed or expired; None for an unknown word."""
    if artefact is not None:
        own = artefact.states
        for state, words in (("pending", own.pending), ("ready", own.ready), ("failed", own.failed), ("expired", own.expired)):
            if plain(word) in map(plain, words):
                return state
    return meaning(word)


def facts_in(response: Response, artefact: Artefact | None, asked: Pairs, message: str) -> Iterator[Fact]:
    """Everything that one answer says about artefacts: of a listing each item, else the object itself with the ids inside it.

    `asked` are the ids of the request, `message` the error's words.
    """
    status_keys, expiry_keys = _keys(artefact)
    named = {folded(value.path.rpartition(".")[2]) for value in response.values}
    if named.isdisjoint((*map(folded, status_keys), *expiry_keys, *_OTHER_KEYS)):
        return
    groups: dict[str, dict[str, str]] = {}
    for value in response.values:
        at = item_path(value.path)
        groups.setdefault(at, {}).setdefault(value.path[len(at) :].lstrip("."), value.value)
    every = frozenset(value.value for value in response.values)
    for at, fields in groups.items():
        own = next((fields[key] for key in status_keys if fields.get(key)), None)
        word = _nested_state(response, artefact, own) if at == "$" else own
        expires_at, is_estimate = _expiry(fields, expiry_keys, artefact)
        if word or expires_at:
            ids = every | {value for _name, value in asked} if at == "$" else frozenset(fields.values())
            state = state_of(word, artefact) if word else None
            yield Fact(frozenset(ids), word, state, expires_at, is_estimate, message or _reason(fields))


def _reason(fields: dict[str, str]) -> str:
    """Why a job failed, by a bare code."""
    codes = (fields.get(key, "") for key in ("failure_reason", "error.code", "error.type", "incomplete_details.reason"))
    return next(filter(None, codes), "")


def _keys(artefact: Artefact | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of state and expiry fields: the artefact kind's own first."""
    states = tuple(path.rsplit(".", 1)[-1] for path in artefact.status_paths) if artefact else ()
    expiries = tuple(path.rsplit(".", 1)[-1] for path in artefact.expiry_paths) if artefact else ()
    return (*states, *_STATE_KEYS), (*expiries, *_EXPIRY_KEYS)


def _nested_state(response: Response, artefact: Artefact | None, own: str | None) -> str | None:
    """The state word of one object: where its kind says, else in a gateway's envelope, else its own; last, whether it is done."""
    declared, values = tuple(map(folded, artefact.status_paths)) if artefact else (), values_by_path(response)

    def at(paths: Iterable[str]) -> Iterator[str]:
        return (word for path in paths for word in values.get(path, ()))

    named = next(at(path for path in declared if path.count(".") > 1), None)
    inside = (word for word in at(filter(_ENVELOPE.fullmatch, values)) if state_of(word, artefact))
    return named or next(inside, None) or own or next(at(declared), None) or _done(values)


def _done(values: Mapping[str, tuple[str, ...]]) -> str | None:
    """The state of a long-running operation (google.longrunning.Operation): `done` is left out while false, an error ends it."""
    done = next(iter(values.get("$.done", ())), None)
    if done == "true":
        return "failed" if values.get("$.error.message") or values.get("$.error.code") else "done"
    is_operation = any("operations/" in name for name in values.get("$.name", ()))
    return "running" if done == "false" or is_operation else None


def _expiry(fields: dict[str, str], keys: tuple[str, ...], artefact: Artefact | None) -> tuple[datetime | None, bool]:
    """When an artefact expires, and whether that is an estimate: named by the server, else last use or age plus usual lifetime."""
    for key in keys:
        if key in fields and (named := moment(fields[key])):
            return named, False
    if artefact and artefact.lifetime and (begun := moment(fields.get("last_active_at", "") or fields.get("created_at", ""))):
        with suppress(OverflowError):  # of a saved run, which may say anything
            return begun + timedelta(seconds=artefact.lifetime), True
    return None, False
