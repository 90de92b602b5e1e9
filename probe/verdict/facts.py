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
_DONE = ("done", "is_done", "finished", "is_finished", "completed", "is_completed", "ready", "is_ready")
_GONE = ("deleted", "is_deleted", "expired", "is_expired")
_OTHER_KEYS = ("task_status", *_DONE, *_GONE, "deleted_at", "progress", "name", "last_active_at", "created_at")
"""More keys of an object that may tell its state or its age."""
_INSIDES = ("data", "output", "task", "result", "job", "response", "video")
_ENVELOPE = re.compile(rf"\$(?:\.(?:{'|'.join(_INSIDES)})){{1,3}}\.(?:task_status|status|state)")
"""Where gateways keep the state of a job below their own status (`{"code": "success", "data": {"status": "IN_PROGRESS"}}`)."""
_FLAG = re.compile(rf"(?:(?:{'|'.join(_INSIDES)})\.){{0,3}}(?:{'|'.join((*_DONE, *_GONE))}|deleted_at|progress)")
"""Where an object, or what an envelope holds, says with a flag, a date or a number how far it is."""
_PART = re.compile(r"\d{1,2}(\.\d+)?", re.ASCII)


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
        flags = {key.rpartition(".")[2]: value for key, value in fields.items() if _FLAG.fullmatch(key)}
        word = _gone(flags) or (_nested_state(response, artefact, own) if at == "$" else own)
        if not word or not state_of(word, artefact):
            word = _done(flags, fields) or word
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
    """The state word of one object: where its kind says, else in a gateway's envelope, else its own."""
    declared, values = tuple(map(folded, artefact.status_paths)) if artefact else (), values_by_path(response)

    def at(paths: Iterable[str]) -> Iterator[str]:
        return (word for path in paths for word in values.get(path, ()))

    named = next(at(path for path in declared if path.count(".") > 1), None)
    inside = (word for word in at(filter(_ENVELOPE.fullmatch, values)) if state_of(word, artefact))
    return named or next(inside, None) or own or next(at(declared), None)


def _gone(flags: Mapping[str, str]) -> str | None:
    """The state of an object that says with a flag or a date that it is no more, whatever its status once was."""
    is_deleted = moment(flags.get("deleted_at", "")) is not None
    return "deleted" if is_deleted else next((key for key in _GONE if flags.get(key) == "true"), None)


def _done(flags: Mapping[str, str], fields: Mapping[str, str]) -> str | None:
    """The state of an object that has no word for it: a flag, what is done of a hundred, or that it is a long-running operation.

    An operation (google.longrunning.Operation) leaves out `done` while it is false, and an error ends it.
    """
    done = next((f"{key}={flags[key]}" for key in _DONE if flags.get(key) in ("true", "false")), "")
    if done and (fields.get("error.message") or fields.get("error.code")):
        return "failed"
    share = flags.get("progress", "")
    is_part = _PART.fullmatch(share) and float(share) != 1  # which may be a hundredth or all of it
    word = f"progress={share}" if is_part else "running" if "operations/" in fields.get("name", "") else None
    return "done" if done.endswith("=true") else done or word


def _expiry(fields: dict[str, str], keys: tuple[str, ...], artefact: Artefact | None) -> tuple[datetime | None, bool]:
    """When an artefact expires, and whether that is an estimate: named by the server, else last use or age plus usual lifetime."""
    for key in keys:
        if key in fields and (named := moment(fields[key])):
            return named, False
    if artefact and artefact.lifetime and (begun := moment(fields.get("last_active_at", "") or fields.get("created_at", ""))):
        with suppress(OverflowError):  # of a saved run, which may say anything
            return begun + timedelta(seconds=artefact.lifetime), True
    return None, False
