"""The evidence of a whole scan, indexed once, so that judging thousands of probes stays quick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from probe.model import AuthForm, Control, Evidence, Probe, Purpose, Response, Surface, Target
from probe.verdict.case import ENDPOINT_CONTROLS, Case, is_past_router, route_key, words_of
from probe.verdict.facts import Facts


class Scan:
    """The evidence, indexed once, and a `Case` for every probe."""

    def __init__(self, evidence: Evidence, now: datetime) -> None:
        self.evidence = evidence
        self.now = now
        self.probes: Mapping[str, Probe] = {one.id: one for one in evidence.probes}
        self.seen = {one.probe_id: one for one in evidence.observations}
        self._targets = {one.name: one for one in evidence.targets}
        self._endpoints = {one.id: one for one in evidence.endpoints}
        self._artefacts = {one.name: one for one in evidence.artefacts}
        self.cases = tuple(self._case(one) for one in evidence.probes)
        self.controls: dict[tuple[str, str, Control], Response] = {}
        self.routes: dict[tuple[object, ...], list[Case]] = {}
        self.kinds: dict[tuple[str, str], list[Case]] = {}
        self._gates: frozenset[tuple[str, str, str | None]] | None = None
        self._unknown_kinds: dict[tuple[str, str], bool] = {}
        for case in self.cases:
            self._index(case)
        self.auth_probes = {
            name: [one for one in self.real if one.target.name == name and one.probe.purpose is Purpose.AUTH] for name in self._targets
        }
        self.facts = Facts(self.real)
        self.accepting = self._accepting()
        self.owners = self._owners()

    def _case(self, probe: Probe) -> Case:
        endpoint = self._endpoints.get(probe.endpoint)
        observation = self.seen.get(probe.id)
        last = observation.last if observation else None
        response = last.response if last else None
        return Case(
            probe=probe,
            target=self._targets.get(probe.target) or Target(probe.target, "generic", ""),
            endpoint=endpoint,
            artefact=self._artefacts.get(endpoint.artefact) if endpoint else None,
            surface=endpoint.surface if endpoint else self._surface_of(probe),
            observation=observation,
            response=response,
            failure=last.failure if last else None,
            text=words_of(response),
            scan=self,
            now=self.now,
        )

    def _surface_of(self, probe: Probe) -> str:
        """Infer the surface of a URL that the catalogue does not know, by the longest prefix in its path."""
        path, target = urlsplit(probe.url).path + "/", self._targets.get(probe.target)
        fitting: Iterable[Surface] = (
            one for one in self.evidence.surfaces if target and one.provider == target.provider and one.prefix + "/" in path
        )
        return max(((len(one.prefix), one.name) for one in fitting), default=(0, ""))[1]

    def _index(self, case: Case) -> None:
        probe = case.probe
        if probe.control is not None:
            if case.response is not None:
                scope = probe.endpoint if probe.control in ENDPOINT_CONTROLS else case.surface
                self.controls.setdefault((case.target.name, scope, probe.control), case.response)
            return
        self.routes.setdefault(route_key(case), []).append(case)
        if case.artefact is not None:
            self.kinds.setdefault((case.target.name, case.artefact.name), []).append(case)

    @property
    def real(self) -> Iterator[Case]:
        """Every case but the controls."""
        return (case for case in self.cases if case.probe.control is None)

    def surface(self, case: Case) -> Surface | None:
        """The surface that a case was asked on."""
        return next((one for one in self.evidence.surfaces if one.name == case.surface), None)

    def reached(self, case: Case) -> bool:
        """Whether another probe with this api-version got past the router of the same surface: then the version is known there."""
        if self._gates is None:
            self._gates = frozenset((one.target.name, one.surface, one.probe.api_version) for one in self.real if is_past_router(one))
        return (case.target.name, case.surface, case.probe.api_version) in self._gates

    def is_kind_unknown(self, case: Case) -> bool:
        """Whether every answer about this artefact kind at this target is that of a router which knows no such route."""
        key = (case.target.name, case.artefact.name if case.artefact else "")
        if key not in self._unknown_kinds:
            self._unknown_kinds[key] = all(one.is_route_404 for one in self.kinds.get(key, ()) if one.response is not None)
        return self._unknown_kinds[key]

    def _accepting(self) -> dict[str, frozenset[str]]:
        """Which providers took the credential of a variable: variable -> providers."""
        found: dict[str, set[str]] = {}
        for case in self.real:
            if case.is_ok and case.probe.auth is not AuthForm.NONE:
                for credential in case.target.credentials:
                    found.setdefault(credential.variable, set()).add(case.target.provider)
        return {name: frozenset(providers) for name, providers in found.items()}

    def _owners(self) -> dict[str, frozenset[str]]:
        """Which targets gave a good answer about an id: id -> targets."""
        found: dict[str, set[str]] = {}
        for case in self.real:
            if case.is_ok and case.response and case.response.sniffed_type not in (None, "text/html"):
                for _name, value in case.probe.ids:
                    found.setdefault(value, set()).add(case.target.name)
        return {value: frozenset(names) for value, names in found.items()}
