"""What the answers of a scan tell about single artefacts: their state and when they expire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from sys import intern

from probe.facts.answerers import answered_by
from probe.facts.inner import Inner, inner_error
from probe.facts.states import meaning, plain
from probe.frozen import Frozen
from probe.jsonpath import folded, values_by_path
from probe.listing import item_path, moment
from probe.model import Artefact, Observation, Response
from probe.verdict.case import Case, words_of

_EXPIRY_KEYS = ("expires_at", "expires", "expiration", "expires_on", "expiry")
_STATE_KEYS = ("status", "state")
_INSIDES = ("data", "output", "task", "result", "job", "response", "video")
ENVELOPES = tuple(f"$.{inside}.{key}" for inside in _INSIDES for key in ("task_status", "status", "state"))
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


def fact_of(case: Case) -> Fact | None:
    """What a status or metadata answer says about the one artefact that it describes."""
    return next((fact for fact in case.scan.facts.of(case) if fact.state or fact.expires_at), None) if case.is_ok else None


def facts_in(case: Case) -> Iterator[Fact]:
    """Everything that one answer says about artefacts: of a listing each item, else the object itself with the ids inside it."""
    response, artefact = case.response, case.artefact
    if response is None or not response.values:
        return
    groups: dict[str, dict[str, str]] = {}
    for value in response.values:
        at = item_path(value.path)
        groups.setdefault(at, {}).setdefault(value.path[len(at) :].lstrip("."), value.value)
    status_keys, expiry_keys = _keys(artefact)
    every = frozenset(value.value for value in response.values)
    for at, fields in groups.items():
        own = next((fields[key] for key in status_keys if fields.get(key)), None)
        word = _nested_state(response, artefact, own) if at == "$" else own
        expires_at, is_estimate = _expiry(fields, expiry_keys, artefact)
        if word or expires_at:
            ids = every | {value for _name, value in case.probe.ids} if at == "$" else frozenset(fields.values())
            state = state_of(word, artefact) if word else None
            yield Fact(frozenset(ids), word, state, expires_at, is_estimate, _reason(case, fields))


def _reason(case: Case, fields: dict[str, str]) -> str:
    """Why a job failed, in the server's words; a bare code where there are none."""
    codes = (fields.get(key, "") for key in ("failure_reason", "error.code", "error.type"))
    return case.message or next(filter(None, codes), "")


def _keys(artefact: Artefact | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of state and expiry fields: the artefact kind's own first."""
    states = tuple(path.rsplit(".", 1)[-1] for path in artefact.status_paths) if artefact else ()
    expiries = tuple(path.rsplit(".", 1)[-1] for path in artefact.expiry_paths) if artefact else ()
    return (*states, *_STATE_KEYS), (*expiries, *_EXPIRY_KEYS)


def _nested_state(response: Response, artefact: Artefact | None, own: str | None) -> str | None:
    """The state word of one object: where its kind says, else in a gateway's envelope, else its own; last, whether it is done."""
    declared, values = artefact.status_paths if artefact else (), values_by_path(response)

    def at(paths: Iterable[str]) -> Iterator[str]:
        return (word for path in paths for word in values.get(folded(path), ()))

    named = next(at(path for path in declared if path.count(".") > 1), None)
    inside = (word for word in at(ENVELOPES) if state_of(word, artefact))
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
    begun = moment(fields.get("last_active_at", "") or fields.get("created_at", ""))
    if begun and artefact and artefact.lifetime:
        with suppress(OverflowError):  # of a saved run, which may say anything
            return begun + timedelta(seconds=artefact.lifetime), True
    return None, False


class Facts:
    """Facts of a whole scan, found by target, artefact kind and id; `read` gives those of one answer."""

    def __init__(self, cases: Iterable[Case], read: Callable[[Case], tuple[Fact, ...]]) -> None:
        self._read = read
        self._by_id: dict[tuple[str, str, str], list[Fact]] = {}
        for case in cases:
            if case.is_ok and case.artefact is not None:
                for fact in read(case):
                    for one in fact.ids:
                        self._by_id.setdefault((case.target.name, case.artefact.name, one), []).append(fact)

    def of(self, case: Case) -> tuple[Fact, ...]:
        """Everything that the answer of this very case says."""
        return self._read(case)

    def about(self, case: Case) -> Fact | None:
        """The most telling fact about the artefact that a probe asked for: one with a state before one with a date only.

        A generation that no answer knows is judged by the unfinished job that the user named beside it.
        """
        kind = case.artefact.name if case.artefact else ""
        known = [fact for one in case.ids for fact in self._by_id.get((case.target.name, kind, one), ())]
        if not known:
            given = [fact for _name, one in case.target.ids for fact in self._by_id.get((case.target.name, kind, one), ())]
            known = [fact for fact in given if fact.state in ("pending", "failed", "expired")]
        return min(known, key=lambda fact: (fact.state is None, fact.expires_at is None), default=None)


@dataclass(slots=True)
class Reading:
    """An observation with the error that it holds, who gave it, and the facts about artefacts once somebody asked for them.

    `path` to `is_ok` are properties of its case that rest on nothing else.
    """

    observation: Observation
    inner: Inner | None
    text: str
    answerer: str | None
    facts: tuple[Fact, ...] | None = None
    path: str | None = None
    host: str = ""
    ids: tuple[str, ...] = ()
    is_ok: bool = False


class Readings:
    """Readings by probe id; a new observation of a probe is read anew."""

    def __init__(self) -> None:
        self._known: dict[str, Reading] = {}

    def of(self, observation: Observation) -> Reading:
        """Read an observation."""
        known = self._known.get(observation.probe_id)
        if known is None or known.observation is not observation:
            last = observation.last
            response = last.response if last else None
            inner = inner_error(response)
            found = answered_by(response, last.request.url) if last else None
            known = Reading(observation, inner, words_of(response, inner), found.name if found else None)
            self._known[observation.probe_id] = known
        return known

    def complete(self, case: Case) -> Case:
        """Give a case what was worked out for it in an earlier round."""
        if case.observation is not None:
            own = self.of(case.observation)
            if own.path is None:
                own.path, own.host, own.ids, own.is_ok = case.path, intern(case.host), case.ids, case.is_ok
            else:
                vars(case).update(path=own.path, host=own.host, ids=own.ids, is_ok=own.is_ok)
        return case

    def facts(self, case: Case) -> tuple[Fact, ...]:
        """Everything that the answer of a case says about artefacts."""
        if case.observation is None:
            return ()
        reading = self.of(case.observation)
        if reading.facts is None:
            reading.facts = tuple(facts_in(case))
        return reading.facts
