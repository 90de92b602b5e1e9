"""The evidence of a whole scan, indexed once, so that judging thousands of probes stays quick.

How much a piece of evidence counts, the stronger first, for every rule:

1. what this scan proved: a 2xx to the same credential (`took_credential`), for the id or in a listing that names it (`knows`), and
   a control whose premise holds (`Case.is_like`, `tells_ids_apart`);
2. what the server says of this very request, unwrapped where a gateway wrapped it (`Case.inner`);
3. what the shape of the answer or a vendor's words suggest (`answerer`, the tables of words);
4. what the prefix of an id or the provider's name suggests: it chooses what to ask, and decides nothing against the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from probe.facts.answerers import GATEWAYS
from probe.listing import items, shutdowns
from probe.model import (
    AuthForm,
    Capture,
    Control,
    CredentialKind,
    Endpoint,
    Evidence,
    JsonValue,
    Pairs,
    Purpose,
    Response,
    Role,
    Standing,
    Surface,
)
from probe.verdict.answered import Answered, is_head, is_past_router, route_key
from probe.verdict.compare import is_ok, is_telling, same_answer
from probe.verdict.facts import Fact

_ID_KEY = re.compile(r"(?:^|[._])(?:id|version|name)$")
"""Keys whose values name a thing."""
Versions = tuple[str | None, ...]
T = TypeVar("T")
C = TypeVar("C", bound=Answered)
"""A case, which knows the scan that it is seen in; nothing here asks it for that."""


class ScanOf(Generic[C]):
    """What every case of a scan may ask about the others, indexed once."""

    def __init__(self, evidence: Evidence, now: datetime, cases: tuple[C, ...]) -> None:
        self.evidence = evidence
        self.now = now
        hosts = {one.name: urlsplit(one.base_url).netloc for one in evidence.targets}
        counted = Counter(hosts.values())
        self._called = {name: host for name, host in hosts.items() if host and counted[host] == 1}
        self._surfaces = {one.name: one for one in evidence.surfaces}
        self.endpoints = {one.id: one for one in evidence.endpoints}
        self.order = {name: at for at, name in enumerate(self.endpoints)}
        self._apart: dict[str, bool | None] = {}
        self.cases = cases
        self.by_id = {one.probe.id: one for one in self.cases}
        self.of_target: dict[str, list[C]] = {}
        self.real = tuple(one for one in self.cases if one.probe.control is None)
        self._real_of: dict[str, list[C]] = {}
        self.controls: dict[tuple[str, str, Control], Response] = {}
        self.control_paths: dict[tuple[str, str, Control], str] = {}
        self.in_vain: set[tuple[str, str, Control]] = set()
        self.kinds: dict[tuple[str, str], list[C]] = {}
        self.sent_forms: dict[str, set[AuthForm]] = {}
        self._by_path: dict[tuple[str, str], C] = {}
        self._by_last_id: dict[tuple[str, str], list[C]] = {}
        self._facts: dict[tuple[str, str, str], list[Fact]] = {}
        for case in self.cases:
            self._index(case)

    def forget(self) -> None:
        """Let go of every case: each knows the scan, and so many circles would wait long for the collector."""
        vars(self).clear()

    def _index(self, case: C) -> None:
        probe, target = case.probe, case.target.name
        self.of_target.setdefault(target, []).append(case)
        if probe.control is not None:
            key = case.control_key(probe.control)
            if case.response is not None:
                self.controls.setdefault(key, case.response)
                self.control_paths.setdefault(key, case.path)
            if not is_telling(case.response):
                self.in_vain.add(key)
            return
        self._real_of.setdefault(target, []).append(case)
        self.sent_forms.setdefault(target, set()).add(probe.auth)
        if case.response is not None and not is_head(case):
            self._by_path.setdefault((target, case.path.rstrip("/")), case)
        for value in case.ids[-1:]:
            self._by_last_id.setdefault((target, value), []).append(case)
        if case.artefact is not None:
            kind = case.artefact.name
            self.kinds.setdefault((target, kind), []).append(case)
            for fact in case.facts:
                for value in fact.ids:
                    self._facts.setdefault((target, kind, value), []).append(fact)

    @cached_property
    def gateways(self) -> frozenset[str]:
        """Targets where a gateway gave itself away."""
        return frozenset(name for name, parties in self._parties.items() if parties & GATEWAYS)

    @cached_property
    def _parties(self) -> dict[str, set[str]]:
        """Every party that gave itself away, by target."""
        return _grouped((one.target.name, one.answered_by) for one in self.cases if one.answered_by)

    @cached_property
    def documented(self) -> dict[tuple[str, str], Endpoint]:
        """The documented download of each artefact kind at each provider."""
        downloads = (one for one in reversed(self.evidence.endpoints) if one.role is Role.DOWNLOAD)
        return {(one.artefact, one.provider): one for one in downloads if one.standing is Standing.DOCUMENTED}

    @cached_property
    def auth_probes(self) -> dict[str, list[C]]:
        """What was asked with other auth forms, by target."""
        found: dict[str, list[C]] = {one.name: [] for one in self.evidence.targets}
        for case in (one for one in self.real if one.probe.purpose is Purpose.AUTH):
            found.setdefault(case.target.name, []).append(case)
        return found

    @cached_property
    def _followed(self) -> frozenset[str]:
        """The probes whose links were asked for, and every URL that was."""
        links = (one.probe for one in self.real if one.probe.purpose is Purpose.LINK and one.observation is not None)
        return frozenset(one.of for one in links if one.of) | frozenset(one.probe.url for one in self.real)

    @cached_property
    def _successes(self) -> dict[str, set[str]]:
        """The surfaces that gave a good answer, by target."""
        return _grouped((one.target.name, one.surface) for one in self.real if one.is_ok and is_past_router(one))

    @cached_property
    def _made_up(self) -> dict[str, list[tuple[str, Control, Response]]]:
        """What made-up ids and paths got, by target, with what each speaks for."""
        found: dict[str, list[tuple[str, Control, Response]]] = {}
        for (name, scope, kind), response in self.controls.items():
            if kind in (Control.BOGUS_ID, Control.BOGUS_ROUTE):
                found.setdefault(name, []).append((scope, kind, response))
        return found

    def fact_about(self, case: C) -> Fact | None:
        """The most telling fact about the artefact that a probe asked for: one with a state before one with a date only.

        A generation that no answer knows is judged by the unfinished job that the user named beside it.
        """
        if not self._facts:
            return None
        place = (case.target.name, case.artefact.name if case.artefact else "")
        known = [fact for one in case.ids for fact in self._facts.get((*place, one), ())]
        if not known:
            given = [fact for _name, one in case.target.ids for fact in self._facts.get((*place, one), ())]
            known = [fact for fact in given if fact.state in ("pending", "failed", "expired")]
        return min(known, key=lambda fact: (fact.state is None, fact.expires_at is None), default=None)

    def called(self, target: str) -> str:
        """A target as a sentence names it: its host, or its own name where another target has the same host."""
        return self._called.get(target, target)

    def grounds(self, cases: Sequence[C]) -> tuple[object, ...]:
        """All that the diagnoses of a target rest on, given every case of it: equal grounds have equal diagnoses.

        What is known of other targets counts only where a rule may ask for it: who took the same credential, whose an id is.
        """
        one, evidence = cases[0].target, self.evidence
        elsewhere = {each: names - {one.name} for each, names in self.owners.items() if names != {one.name}}
        return (
            (evidence.targets, evidence.artefacts, evidence.surfaces, evidence.api_versions, evidence.endpoints),
            cases,
            {each: elsewhere[each] for case in cases for each in case.ids if each in elsewhere} if elsewhere else {},
            [self.accepting.get(each.variable, set()) - {one.provider} for each in one.credentials],
        )

    def real_of(self, target: str) -> Sequence[C]:
        """Every case of a target but the controls."""
        return self._real_of.get(target, ())

    def origin_of(self, case: C) -> tuple[C, int]:
        """Where the links that led to a case began: the answer that named the first of them, and its place in that answer."""
        at = 0
        while case.probe.purpose is Purpose.LINK and case.probe.of in self.by_id:
            case, at = self.by_id[case.probe.of], case.probe.link or 0
        return case, at

    @cached_property
    def shutdowns(self) -> dict[str, Mapping[str, date | None]]:
        """The models that a target lists with the day of their end, where its lists name such days, by target."""
        lists: dict[str, list[Response]] = {}
        for (name, _scope, kind), one in self.controls.items():
            if kind is Control.MODELS and is_ok(one):
                lists.setdefault(name, []).append(one)
        return {name: shutdowns(found) for name, found in lists.items()}

    def surface(self, case: C) -> Surface | None:
        """The surface that a case was asked on."""
        return self._surfaces.get(case.surface)

    def has_success(self, case: C) -> bool:
        """Whether any probe of the same target and surface got a good answer: host and key are right there."""
        return case.surface in self._successes.get(case.target.name, ())

    def is_target_good(self, target: str) -> bool:
        """Whether any surface of a target gave a good answer."""
        return target in self._successes

    def accepted_nonsense(self, target: str) -> list[tuple[Control, Response]]:
        """Controls of a target that were made to fail and got a good answer."""
        return [(kind, one) for _scope, kind, one in self._made_up.get(target, ()) if is_ok(one)]

    def answerers_of(self, target: str) -> frozenset[str]:
        """Every party that gave itself away in an answer of a target."""
        return frozenset(self._parties.get(target, ()))

    def took_any(self, target: str) -> bool:
        """Whether a target gave a 2xx to any credential."""
        return target in self._taken

    def took_credential(self, case: C) -> bool:
        """Whether this target gave a 2xx to the same credential, and is not known to give it without one as well."""
        return case.probe.auth is not AuthForm.NONE and case.probe.auth.kind in self._taken.get(case.target.name, ())

    def knows(self, case: C, value: str) -> bool:
        """Whether the target of a case proved that it knows an id: a 2xx that was asked for it, or one that names it."""
        return case.target.name in self.owners.get(value, ()) or case.target.name in self.named.get(value, ())

    @cached_property
    def keepers(self) -> frozenset[str]:
        """Targets whose API Management refused a key, or its lack, in its own words: the key that it lets past is its own."""
        return frozenset(one.target.name for one in self.cases if one.status == 401 and one.answered_by == "customer-apim")

    def tells_ids_apart(self, target: str) -> bool | None:
        """Whether a target answers otherwise to an unknown id than to an unknown path; None where it was not seen to do either."""
        if target not in self._apart:
            self._apart[target] = self._tells_apart(target)
        return self._apart[target]

    def _tells_apart(self, target: str) -> bool | None:
        known = {one.probe.endpoint for one in self.real_of(target) if one.is_ok and one.probe.ids}
        made_up = self._made_up.get(target, ())
        nonsense = [one for _scope, kind, one in made_up if kind is Control.BOGUS_ROUTE]
        ids = [one for scope, kind, one in made_up if kind is Control.BOGUS_ID and scope in known]
        bogus = [one for one in ids if one.status_code in (400, 404, 410, 422)]
        if any(one.is_resource_404 for one in self.real_of(target) if one.inner is None):
            return True
        if not bogus or not nonsense:
            return None
        return not any(same_answer(one, other) for one in bogus for other in nonsense)

    def listed_beside(self, case: C) -> Pairs | None:
        """The ids of a case with the last one exchanged for one of the same name that a listing of its target gave."""
        name, value = case.probe.ids[-1]
        others = (one.value for one in self._in_lists.get(case.target.name, ()) if one.name == name and one.value != value)
        other = next(others, None)
        return None if other is None else (*case.probe.ids[:-1], (name, other))

    @cached_property
    def _in_lists(self) -> dict[str, list[Capture]]:
        """The ids that were read out of the lists of a target."""
        found: dict[str, list[Capture]] = {}
        for case in self.real:
            if case.is_ok and case.probe.role is Role.LIST:
                found.setdefault(case.target.name, []).extend(case.captures)
        return found

    def knows_any(self, case: C) -> bool:
        """Whether the target proved that it knows one of the ids of a case."""
        return any(self.knows(case, one) for one in case.ids)

    def about(self, target: str, value: str) -> Sequence[C]:
        """The requests to a target that ask for an id, as the last one in their path."""
        return self._by_last_id.get((target, value), ())

    def is_missing(self, case: C, value: str) -> bool:
        """Whether this target answered a request for this id alone as one for a thing that it does not have."""
        return any(one.is_resource_404 for one in self.about(case.target.name, value))

    def collection(self, case: C) -> C | None:
        """The list that a case's thing would stand in, where it was asked and gave an answer."""
        path = case.path.rstrip("/")
        while "/" in path:
            path = path.rpartition("/")[0]
            above = self._by_path.get((case.target.name, path))
            if above is not None and len(above.ids) < len(case.ids) and path.rpartition("/")[2] not in above.ids:
                return above
        return None

    def has_links(self, case: C) -> bool:
        """Whether links of this answer were followed, or asked for anyway: then their own verdicts count."""
        named = {link.url for link in case.response.links} if case.response else set()
        return case.probe.id in self._followed or not named.isdisjoint(self._followed)

    def versions(self, case: C) -> tuple[Versions, Versions]:
        """Api-versions at which this very route, ids and all, got past the router, and at which the router knew nothing."""
        return self._versions.get(route_key(case), ((), ()))

    @cached_property
    def _versions(self) -> dict[tuple[object, ...], tuple[Versions, Versions]]:
        found: dict[tuple[object, ...], tuple[dict[str | None, None], dict[str | None, None]]] = {}
        for case in self.real:
            past, lost = found.setdefault(route_key(case), ({}, {}))
            if is_past_router(case):
                past[case.probe.api_version] = None
            if case.is_route_404:
                lost[case.probe.api_version] = None
        return {key: (tuple(past), tuple(lost)) for key, (past, lost) in found.items()}

    def reached(self, case: C, api_version: str | None) -> bool:
        """Whether any probe with this api-version got past the router of the same surface: then the version is known there."""
        return (case.target.name, "surface " + case.surface, api_version) in self._past

    def answers(self, case: C) -> bool:
        """Whether the same endpoint answers at this api-version for another id: then the route exists."""
        return (
            bool(case.probe.endpoint)
            and case.probe.control is None
            and (case.target.name, "endpoint " + case.probe.endpoint, case.probe.api_version) in self._past
        )

    @cached_property
    def _past(self) -> frozenset[tuple[str, str, str | None]]:
        return frozenset(
            (one.target.name, scope, one.probe.api_version)
            for one in self.real
            if is_past_router(one)
            for scope in ("surface " + one.surface, "endpoint " + one.probe.endpoint)
        )

    @cached_property
    def listed(self) -> dict[str, tuple[str, ...]]:
        """Ids in the lists of a target, by target."""
        found: dict[str, dict[str, None]] = {}
        for case in self.real:
            if case.is_ok and case.response and case.probe.role is Role.LIST:
                found.setdefault(case.target.name, {}).update((item.id, None) for item in items(case.response))
        return {name: tuple(ids) for name, ids in found.items()}

    def is_kind_unknown(self, case: C) -> bool:
        """Whether every answer about this artefact kind at this target is that of a router which knows no such route."""
        return case.artefact is None or (case.target.name, case.artefact.name) not in self._known_kinds

    @cached_property
    def _known_kinds(self) -> frozenset[tuple[str, str]]:
        told = (one for one in self.real if one.response is not None and not is_head(one) and not one.is_route_404)
        return frozenset((one.target.name, one.artefact.name) for one in told if one.artefact is not None)

    @cached_property
    def accepting(self) -> dict[str, set[str]]:
        """Which providers took the credential of a variable: variable -> providers."""
        took = (one.target for one in self.real if one.is_ok and one.probe.auth is not AuthForm.NONE)
        return _grouped((credential.variable, target.provider) for target in took for credential in target.credentials)

    @cached_property
    def _taken(self) -> dict[str, set[CredentialKind]]:
        """Targets that took a credential, with its kind; an answer that everybody gets proves nothing of a credential."""
        sent = (one for one in self.cases if one.is_ok and one.probe.auth is not AuthForm.NONE and one.is_at_home)
        proofs = (one for one in sent if not is_ok(one.control(Control.NO_CREDENTIAL)) and not one.is_page)
        return _grouped((one.target.name, one.probe.auth.kind) for one in proofs)

    @cached_property
    def named(self) -> dict[str, set[str]]:
        """Which targets named an id in a good answer, in a listing or as part of another thing: id -> targets."""
        good = [one for one in self.real if one.is_ok and one.is_at_home]
        values = [(value.value, one.target.name) for one in good for value in _values(one) if _ID_KEY.search(value.path)]
        return _grouped([*values, *((capture.value, one.target.name) for one in good for capture in one.captures)])

    @cached_property
    def owners(self) -> dict[str, set[str]]:
        """Which targets gave a good answer about an id, or named it in one: id -> targets."""
        good = [one for one in self.real if one.is_ok and one.response and one.response.sniffed_type not in (None, "text/html")]
        asked = [(value, one.target.name) for one in good for _name, value in one.probe.ids]
        return _grouped([*asked, *((capture.value, one.target.name) for one in good for capture in one.captures)])


def _values(case: Answered) -> tuple[JsonValue, ...]:
    return case.response.values if case.response else ()


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, set[T]]:
    """Gather what stands beside each key."""
    found: dict[str, set[T]] = {}
    for key, one in pairs:
        found.setdefault(key, set()).add(one)
    return found
