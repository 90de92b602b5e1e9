"""The ids that answers gave: all of them, in the order in which they are worth asking for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from probe.facts.ids import VARIABLES
from probe.frozen import Frozen
from probe.listing import item_path, items, newest_first
from probe.model import Catalogue, Endpoint, Observation, Probe, RawUrl, Response, Role, Target
from probe.plan.urls import names_in

MOST = 10
"""At most this many ids of one name are requested: a job has up to five generations, a fine-tune a few result files."""

Seen = Mapping[str, Observation]


def answer_to(probe: Probe[RawUrl], seen: Seen) -> Response | None:
    """What answered a probe that was sent, if anything did."""
    return seen[probe.id].response if probe.id in seen else None


class Given(Frozen):
    """An id that an answer gave, with the object of the answer that it stood in: ids of one object belong together."""

    value: str
    parent: tuple[str, str]
    is_own: bool


class Captured:
    """What every answer gave, by target and id name: answers about the user's own ids first, else a listing's newest item."""

    def __init__(
        self, catalogue: Catalogue, targets: Sequence[Target[RawUrl]], probes: Sequence[Probe[RawUrl]], seen: Seen, now: datetime
    ) -> None:
        self.found: dict[tuple[str, str], list[Given]] = {}
        self._endpoints = {endpoint.id: endpoint for endpoint in catalogue.endpoints}
        self._artefacts = {artefact.name: artefact for artefact in catalogue.artefacts}
        self._targets = {target.name: target for target in targets}
        for probe in probes:
            observation = seen.get(probe.id)
            if observation and observation.captures:
                self._read(probe, observation, now)

    def all(self, target: str, name: str) -> tuple[Given, ...]:
        """Every value worth requesting, best first; from listings only one, since their other items are other people's jobs."""
        found = self.found.get((target, name), [])
        own = tuple({one.value: one for one in found if one.is_own}.values())
        return own[:MOST] or tuple(found[:1])

    def mate(self, target: str, name: str, other: Given) -> Given | None:
        """The value of `name` that belongs to another captured id: from the same object, else the best one."""
        found = self.found.get((target, name), [])
        return next((one for one in found if one.parent == other.parent), None) or next(iter(self.all(target, name)), None)

    def _read(self, probe: Probe[RawUrl], observation: Observation, now: datetime) -> None:
        response, endpoint = observation.response, self._endpoints.get(probe.endpoint)
        if response is None or endpoint is None or not 200 <= response.status_code < 300:
            return
        artefact = self._artefacts.get(endpoint.artefact)
        users = {value for name, value in self._targets[probe.target].ids if name not in VARIABLES}
        is_own = probe.role is not Role.LIST or any(value in users for _name, value in probe.ids)
        taboo = set() if is_own or artefact is None else self._own_names(endpoint, self._targets[probe.target])
        order = {item.at: at for at, item in enumerate(newest_first(items(response), artefact, now))}
        for capture in sorted(observation.captures, key=lambda one: order.get(item_path(one.path), len(order))):
            if capture.name not in taboo:
                parent = (probe.id, capture.path.rpartition(".")[0])
                self.found.setdefault((probe.target, capture.name), []).append(Given(capture.value, parent, is_own))

    def _own_names(self, endpoint: Endpoint, target: Target[RawUrl]) -> set[str]:
        """Name the ids that a listing must not give: the user's own, and those that an answer about the user's own id gives.

        Otherwise a listing's newest item, perhaps someone else's, would be taken for the one wanted.
        """
        given = {name for name, _value in target.ids if name not in VARIABLES}
        if not given & {one.name for one in self._artefacts[endpoint.artefact].ids}:
            return set()
        asked: Iterable[Endpoint] = (
            one for one in self._endpoints.values() if one.artefact == endpoint.artefact and one.role is not Role.LIST
        )
        return given | {rule.name for one in asked if set(names_in(one)) & given for rule in one.captures}
