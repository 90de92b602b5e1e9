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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from urllib.parse import urlsplit

from probe.facts.answerers import GATEWAYS
from probe.listing import items, shutdowns
from probe.model import (
    AuthForm,
    Control,
    CredentialKind,
    Endpoint,
    Evidence,
    Pairs,
    Probe,
    Purpose,
    RedactedUrl,
    Response,
    Role,
    Surface,
    Target,
)
from probe.verdict.case import Case, is_head, is_past_router, route_key
from probe.verdict.compare import is_ok, is_telling, same_answer
from probe.verdict.facts import Facts, Readings

_ID_KEY = re.compile(r"(?:^|[._])(?:id|version|name)$")
"""Keys whose values name a thing."""
Versions = tuple[str | None, ...]


class ScanFacts:
    """The evidence, indexed once, and a `Case` for every probe. `readings` knows what earlier rounds read."""

    def __init__(self, evidence: Evidence, now: datetime, readings: Readings | None = None) -> None:
        self.evidence = evidence
        self._readings = readings or Readings()
        self.now = now
        self.seen = {one.probe_id: one for one in evidence.observations}
        self._targets = {one.name: one for one in evidence.targets}
        hosts = {one.name: urlsplit(one.base_url).netloc for one in evidence.targets}
        self._called = {name: host for name, host in hosts.items() if host and list(hosts.values()).count(host) == 1}
        self._endpoints = {one.id: one for one in evidence.endpoints}
        self._artefacts = {one.name: one for one in evidence.artefacts}
        self._surfaces = {one.name: one for one in evidence.surfaces}
        self.order = {one.id: at for at, one in enumerate(evidence.endpoints)}
        self._shutdowns: dict[str, Mapping[str, date | None]] = {}
        self._apart: dict[str, bool | None] = {}
        self.cases = tuple(self._readings.complete(self._case(one)) for one in evidence.probes)
        self.by_id = {one.probe.id: one for one in self.cases}
        self.real = tuple(one for one in self.cases if one.probe.control is None)
        self._real_of: dict[str, list[Case]] = {}
        self.controls: dict[tuple[str, str, Control], Response] = {}
        self.control_paths: dict[tuple[str, str, Control], str] = {}
        self.in_vain: set[tuple[str, str, Control]] = set()
        self.routes: dict[tuple[object, ...], list[Case]] = {}
        self.kinds: dict[tuple[str, str], list[Case]] = {}
        self._gates: frozenset[tuple[str, str, str | None]] | None = None
        self._versions: dict[tuple[object, ...], tuple[Versions, Versions]] = {}
        self._listed: dict[str, tuple[str, ...]] = {}
        self._unknown_kinds: dict[tuple[str, str], bool] = {}
        for case in self.cases:
            self._index(case)
        self._seen_parties = self._parties()
        self.gateways = frozenset(name for name, parties in self._seen_parties.items() if parties & GATEWAYS)
        self._nonsense: dict[str, list[tuple[Control, Response]]] = {}
        for (name, _scope, kind), response in self.controls.items():
            if kind in (Control.BOGUS_ID, Control.BOGUS_ROUTE) and is_ok(response):
                self._nonsense.setdefault(name, []).append((kind, response))
        links = [one.probe for one in self.real if one.probe.purpose is Purpose.LINK and one.observation is not None]
        self._followed = frozenset(one.of for one in links if one.of) | frozenset(one.probe.url for one in self.real)
        self.auth_probes = {
            name: [one for one in self.real_of(name) if one.probe.purpose is Purpose.AUTH] for name in self._targets
        }
        self.sent_forms: dict[str, set[AuthForm]] = {}
        self._by_path: dict[tuple[str, str], Case] = {}
        self._by_last_id: dict[tuple[str, str], list[Case]] = {}
        self._index_paths()
        self.facts = Facts(self.real, self._readings.facts)
        self.accepting = self._accepting()
        self.owners = self._owners()
        self.named = self._named()
        self._taken = frozenset(self._took())
        self._successes = frozenset((one.target.name, one.surface) for one in self.real if one.is_ok and is_past_router(one))

    def forget(self) -> None:
        """Let go of every case: each knows the scan, and so many circles would wait long for the collector."""
        vars(self).clear()

    def _case(self, probe: Probe[RedactedUrl]) -> Case:
        endpoint = self._endpoints.get(probe.endpoint)
        observation = self.seen.get(probe.id)
        last = observation.last if observation else None
        said = self._readings.of(observation) if observation else None
        return Case(
            probe=probe,
            target=self._targets.get(probe.target) or Target(probe.target, "generic", RedactedUrl("")),
            endpoint=endpoint,
            artefact=self._artefacts.get(endpoint.artefact) if endpoint else None,
            surface=self._surface_of(probe, endpoint),
            observation=observation,
            response=last.response if last else None,
            failure=last.failure if last else None,
            text=said.text if said else "",
            scan=self,
            now=self.now,
            inner=said.inner if said else None,
        )

    def _surface_of(self, probe: Probe[RedactedUrl], endpoint: Endpoint | None) -> str:
        """Name an endpoint's surface; that of a URL that the catalogue does not know by the longest prefix in its path.

        A vendor's own version beside the target's base (`/v2/videos` beside `/v1`) is a surface of its own: what answers for the
        one may not answer for the other.
        """
        target = self._targets.get(probe.target)
        if endpoint is not None:
            is_beside = (
                endpoint.hosts and target and probe.purpose is not Purpose.LINK and not probe.url.startswith(target.base_url)
            )
            return f"{endpoint.surface}, beside its base" if is_beside else endpoint.surface
        path = urlsplit(probe.url).path + "/"
        fitting: Iterable[Surface] = (
            one for one in self.evidence.surfaces if target and one.provider == target.provider and one.prefix + "/" in path
        )
        return max(((len(one.prefix), one.name) for one in fitting), default=(0, ""))[1]

    def _index(self, case: Case) -> None:
        probe = case.probe
        if probe.control is not None:
            key = case.control_key(probe.control)
            if case.response is not None:
                self.controls.setdefault(key, case.response)
                self.control_paths.setdefault(key, case.path)
            if not is_telling(case.response):
                self.in_vain.add(key)
            return
        self._real_of.setdefault(case.target.name, []).append(case)
        self.routes.setdefault(route_key(case), []).append(case)
        if case.artefact is not None:
            self.kinds.setdefault((case.target.name, case.artefact.name), []).append(case)

    def _parties(self) -> dict[str, set[str]]:
        """Every party that gave itself away, by target."""
        found: dict[str, set[str]] = {}
        for case in self.cases:
            if name := case.answered_by:
                found.setdefault(case.target.name, set()).add(name)
        return found

    def _index_paths(self) -> None:
        """Index what was asked by path and by last id, and in which forms each credential was sent."""
        for case in self.real:
            self.sent_forms.setdefault(case.target.name, set()).add(case.probe.auth)
            if case.response is not None and not is_head(case):
                self._by_path.setdefault((case.target.name, case.path.rstrip("/")), case)
            for value in case.ids[-1:]:
                self._by_last_id.setdefault((case.target.name, value), []).append(case)

    def called(self, target: str) -> str:
        """A target as a sentence names it: its host, or its own name where another target has the same host."""
        return self._called.get(target, target)

    def grounds(self, cases: Sequence[Case]) -> tuple[object, ...]:
        """All that the diagnoses of a target rest on, given every case of it: equal grounds have equal diagnoses.

        What is known of other targets counts only where a rule may ask for it: who took the same credential, whose an id is.
        """
        one, evidence = cases[0].target, self.evidence
        met = {each for case in cases for each in case.ids}
        return (
            (evidence.targets, evidence.artefacts, evidence.surfaces, evidence.api_versions, evidence.endpoints),
            [case.probe for case in cases],
            [case.observation for case in cases],
            {each: self.owners[each] - {one.name} for each in met if self.owners.get(each, frozenset()) - {one.name}},
            [self.accepting.get(each.variable, frozenset()) - {one.provider} for each in one.credentials],
        )

    def real_of(self, target: str) -> Sequence[Case]:
        """Every case of a target but the controls."""
        return self._real_of.get(target, ())

    def origin_of(self, case: Case) -> tuple[Case, int]:
        """Where the links that led to a case began: the answer that named the first of them, and its place in that answer."""
        at = 0
        while case.probe.purpose is Purpose.LINK and case.probe.of in self.by_id:
            case, at = self.by_id[case.probe.of], case.probe.link or 0
        return case, at

    def imagine(self, url: RedactedUrl, like: Case) -> Case:
        """A case for a URL that was not sent, as if with the method and credential of another one."""
        return self._case(
            Probe("", like.target.name, "", like.probe.method, url, auth=like.probe.auth, purpose=Purpose.FAILING_URL)
        )

    def shutdowns(self, target: str) -> Mapping[str, date | None]:
        """The models that a target lists with the day of their end, where its lists name such days; read once."""
        if target not in self._shutdowns:
            lists = (one for (name, _scope, kind), one in self.controls.items() if name == target and kind is Control.MODELS)
            self._shutdowns[target] = shutdowns(one for one in lists if is_ok(one))
        return self._shutdowns[target]

    def surface(self, case: Case) -> Surface | None:
        """The surface that a case was asked on."""
        return self._surfaces.get(case.surface)

    def has_success(self, case: Case) -> bool:
        """Whether any probe of the same target and surface got a good answer: host and key are right there."""
        return (case.target.name, case.surface) in self._successes

    def is_target_good(self, target: str) -> bool:
        """Whether any surface of a target gave a good answer."""
        return any(name == target for name, _surface in self._successes)

    def accepted_nonsense(self, target: str) -> list[tuple[Control, Response]]:
        """Controls of a target that were made to fail and got a good answer."""
        return self._nonsense.get(target, [])

    def answerer(self, case: Case) -> str | None:
        """Who gave the deciding answer to a probe, None where nothing gives it away."""
        return self._readings.of(case.observation).answerer if case.observation else None

    def answerers_of(self, target: str) -> frozenset[str]:
        """Every party that gave itself away in an answer of a target."""
        return frozenset(self._seen_parties.get(target, ()))

    def took_any(self, target: str) -> bool:
        """Whether a target gave a 2xx to any credential."""
        return any(name == target for name, _kind in self._taken)

    def took_credential(self, case: Case) -> bool:
        """Whether this target gave a 2xx to the same credential, and is not known to give it without one as well."""
        return case.probe.auth is not AuthForm.NONE and (case.target.name, case.probe.auth.kind) in self._taken

    def knows(self, case: Case, value: str) -> bool:
        """Whether the target of a case proved that it knows an id: a 2xx that was asked for it, or one that names it."""
        return case.target.name in self.owners.get(value, ()) or case.target.name in self.named.get(value, ())

    @cached_property
    def keepers(self) -> frozenset[str]:
        """Targets whose API Management refused a key, or its lack, in its own words: the key that it lets past is its own."""
        refused = (one for one in self.cases if one.status == 401 and one.response and one.response.error_shape == "apim")
        return frozenset(one.target.name for one in refused)

    def tells_ids_apart(self, target: str) -> bool | None:
        """Whether a target answers otherwise to an unknown id than to an unknown path; None where it was not seen to do either."""
        if target not in self._apart:
            self._apart[target] = self._tells_apart(target)
        return self._apart[target]

    def _tells_apart(self, target: str) -> bool | None:
        nonsense = [one for (name, _scope, kind), one in self.controls.items() if name == target and kind is Control.BOGUS_ROUTE]
        known = {one.probe.endpoint for one in self.real_of(target) if one.is_ok and one.probe.ids}
        bogus = [
            one
            for (name, scope, kind), one in self.controls.items()
            if name == target and kind is Control.BOGUS_ID and scope in known and one.status_code in (400, 404, 410, 422)
        ]
        if any(one.is_resource_404 for one in self.real_of(target) if one.inner is None):
            return True
        if not bogus or not nonsense:
            return None
        return not any(same_answer(one, other) for one in bogus for other in nonsense)

    def listed_beside(self, case: Case) -> Pairs | None:
        """The ids of a case with the last one exchanged for one of the same name that a listing of its target gave."""
        name, value = case.probe.ids[-1]
        for one in self.real_of(case.target.name):
            if one.probe.role is Role.LIST and one.is_ok:
                for capture in one.captures:
                    if capture.name == name and capture.value != value:
                        return (*case.probe.ids[:-1], (name, capture.value))
        return None

    def knows_any(self, case: Case) -> bool:
        """Whether the target proved that it knows one of the ids of a case."""
        return any(self.knows(case, one) for one in case.ids)

    def about(self, target: str, value: str) -> Sequence[Case]:
        """The requests to a target that ask for an id, as the last one in their path."""
        return self._by_last_id.get((target, value), ())

    def is_missing(self, case: Case, value: str) -> bool:
        """Whether this target answered a request for this id alone as one for a thing that it does not have."""
        return any(one.is_resource_404 for one in self.about(case.target.name, value))

    def collection(self, case: Case) -> Case | None:
        """The list that a case's thing would stand in, where it was asked and gave an answer."""
        path = case.path.rstrip("/")
        while "/" in path:
            path = path.rpartition("/")[0]
            above = self._by_path.get((case.target.name, path))
            if above is not None and len(above.ids) < len(case.ids) and path.rpartition("/")[2] not in above.ids:
                return above
        return None

    def has_links(self, case: Case) -> bool:
        """Whether links of this answer were followed, or asked for anyway: then their own verdicts count."""
        named = {link.url for link in case.response.links} if case.response else set()
        return case.probe.id in self._followed or not named.isdisjoint(self._followed)

    def versions(self, case: Case) -> tuple[Versions, Versions]:
        """Api-versions at which this very route, ids and all, got past the router, and at which the router knew nothing."""
        key = route_key(case)
        if key not in self._versions:
            asked = self.routes.get(key, ())
            past = tuple(dict.fromkeys(one.probe.api_version for one in asked if is_past_router(one)))
            lost = tuple(dict.fromkeys(one.probe.api_version for one in asked if one.is_route_404))
            self._versions[key] = (past, lost)
        return self._versions[key]

    def reached(self, case: Case, api_version: str | None) -> bool:
        """Whether any probe with this api-version got past the router of the same surface: then the version is known there."""
        return (case.target.name, "surface " + case.surface, api_version) in self._past()

    def answers(self, case: Case) -> bool:
        """Whether the same endpoint answers at this api-version for another id: then the route exists."""
        return (
            bool(case.probe.endpoint)
            and case.probe.control is None
            and (case.target.name, "endpoint " + case.probe.endpoint, case.probe.api_version) in self._past()
        )

    def _past(self) -> frozenset[tuple[str, str, str | None]]:
        if self._gates is None:
            past = [one for one in self.real if is_past_router(one)]
            self._gates = frozenset(
                (one.target.name, scope, one.probe.api_version)
                for one in past
                for scope in ("surface " + one.surface, "endpoint " + one.probe.endpoint)
            )
        return self._gates

    def listed(self, target: str) -> tuple[str, ...]:
        """Ids in the lists of a target."""
        if target not in self._listed:
            lists = (one.response for one in self.real_of(target) if one.is_ok and one.probe.role is Role.LIST)
            self._listed[target] = tuple(dict.fromkeys(item.id for response in lists if response for item in items(response)))
        return self._listed[target]

    def is_kind_unknown(self, case: Case) -> bool:
        """Whether every answer about this artefact kind at this target is that of a router which knows no such route."""
        key = (case.target.name, case.artefact.name if case.artefact else "")
        if key not in self._unknown_kinds:
            self._unknown_kinds[key] = all(
                one.is_route_404 for one in self.kinds.get(key, ()) if one.response is not None and not is_head(one)
            )
        return self._unknown_kinds[key]

    def _accepting(self) -> dict[str, frozenset[str]]:
        """Which providers took the credential of a variable: variable -> providers."""
        found: dict[str, set[str]] = {}
        for case in self.real:
            if case.is_ok and case.probe.auth is not AuthForm.NONE:
                for credential in case.target.credentials:
                    found.setdefault(credential.variable, set()).add(case.target.provider)
        return {name: frozenset(providers) for name, providers in found.items()}

    def _took(self) -> Iterator[tuple[str, CredentialKind]]:
        """Targets that took a credential, with its kind; an answer that everybody gets proves nothing of a credential."""
        for case in self.cases:
            is_sent = case.probe.auth is not AuthForm.NONE and case.is_ok and case.is_at_home
            is_open = is_ok(case.control(Control.NO_CREDENTIAL))
            if is_sent and not is_open and case.response and not case.is_page:
                yield case.target.name, case.probe.auth.kind

    def _named(self) -> dict[str, frozenset[str]]:
        """Which targets named an id in a good answer, in a listing or as part of another thing: id -> targets."""
        found: dict[str, set[str]] = {}
        for case in self.real:
            if case.is_ok and case.is_at_home and case.response:
                values = [one.value for one in case.response.values if _ID_KEY.search(one.path)]
                for value in (*values, *(one.value for one in case.captures)):
                    found.setdefault(value, set()).add(case.target.name)
        return {value: frozenset(names) for value, names in found.items()}

    def _owners(self) -> dict[str, frozenset[str]]:
        """Which targets gave a good answer about an id, or named it in one: id -> targets."""
        found: dict[str, set[str]] = {}
        for case in self.real:
            if case.is_ok and case.response and case.response.sniffed_type not in (None, "text/html"):
                for value in (*(value for _name, value in case.probe.ids), *(one.value for one in case.captures)):
                    found.setdefault(value, set()).add(case.target.name)
        return {value: frozenset(names) for value, names in found.items()}
