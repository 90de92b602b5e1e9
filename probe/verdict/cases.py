"""Makes a case of every probe of a scan, and keeps it for the next round as long as what it is made of stays the same."""

from __future__ import annotations

from collections.abc import Iterable

from probe.facts.urls import path_of
from probe.model import Endpoint, Evidence, Probe, Purpose, RedactedUrl, Surface, Target
from probe.verdict.case import Case


class Cases:
    """The cases of one scan that goes on, by probe id."""

    def __init__(self) -> None:
        self._known: dict[str, Case] = {}

    def of(self, evidence: Evidence) -> tuple[Case, ...]:
        """A case for every probe, in their order."""
        targets = {one.name: one for one in evidence.targets}
        endpoints = {one.id: one for one in evidence.endpoints}
        artefacts = {one.name: one for one in evidence.artefacts}
        seen = {one.probe_id: one for one in evidence.observations}
        made = []
        for probe in evidence.probes:
            endpoint = endpoints.get(probe.endpoint)
            target = targets.get(probe.target) or Target(probe.target, "generic", RedactedUrl(""))
            artefact = artefacts.get(endpoint.artefact) if endpoint else None
            surface = _surface_of(probe, endpoint, target, evidence.surfaces)
            parts = (probe, target, endpoint, artefact, surface, seen.get(probe.id))
            case = self._known.get(probe.id)
            if case is None or not case.is_made_of(*parts):
                case = self._known[probe.id] = Case(*parts)
            made.append(case)
        return tuple(made)


def imagined(url: RedactedUrl, like: Case, surfaces: Iterable[Surface]) -> Case:
    """A case for a URL that was not sent, as if with the method and credential of another one."""
    probe = Probe("", like.target.name, "", like.probe.method, url, auth=like.probe.auth, purpose=Purpose.FAILING_URL)
    return Case(probe, like.target, None, None, _surface_of(probe, None, like.target, surfaces), None)


def _surface_of(
    probe: Probe[RedactedUrl], endpoint: Endpoint | None, target: Target[RedactedUrl], surfaces: Iterable[Surface]
) -> str:
    """Name an endpoint's surface; that of a URL that the catalogue does not know by the longest prefix in its path.

    A vendor's own version beside the target's base (`/v2/videos` beside `/v1`) is a surface of its own: what answers for the
    one may not answer for the other.
    """
    if endpoint is not None:
        is_beside = endpoint.hosts and probe.purpose is not Purpose.LINK and not probe.url.startswith(target.base_url)
        return f"{endpoint.surface}, beside its base" if is_beside else endpoint.surface
    path = path_of(probe.url) + "/"
    fitting = (one for one in surfaces if one.provider == target.provider and one.prefix + "/" in path)
    return max(((len(one.prefix), one.name) for one in fitting), default=(0, ""))[1]
