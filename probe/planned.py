"""What a scan has planned so far: by id, by target, and in the form that may be shown, each made once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import overload

from probe.model import Pairs, Probe, RawUrl, RedactedUrl, Target
from probe.redact import Redactor
from probe.redact.planned import redacted_probe, redacted_target


class Planned(Mapping[str, Probe[RawUrl]]):
    """The probes of a scan in the order in which they were planned. What is shown is made anew once another secret is known."""

    def __init__(self, redactor: Redactor, headers: Mapping[str, Pairs]) -> None:
        self._redactor = redactor
        self._headers = headers
        self._probes: dict[str, Probe[RawUrl]] = {}
        self._of: dict[str, dict[str, Probe[RawUrl]]] = {}
        self._shown: dict[int, tuple[object, Probe[RedactedUrl] | Target[RedactedUrl]]] = {}
        self._secrets = redactor.secret_count
        self.endpoints: set[str] = set()

    def __getitem__(self, name: str) -> Probe[RawUrl]:
        return self._probes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._probes)

    def __len__(self) -> int:
        return len(self._probes)

    def add(self, probe: Probe[RawUrl]) -> None:
        """Plan a probe, or put it in the place of the one with its id."""
        self._probes[probe.id] = probe
        self._of.setdefault(probe.target, {})[probe.id] = probe
        self.endpoints.add(probe.endpoint)

    def drop(self, name: str) -> Probe[RawUrl]:
        """Take a probe that is not needed out of the plan."""
        probe = self._probes.pop(name)
        return self._of[probe.target].pop(name)

    def of(self, target: str | None) -> list[Probe[RawUrl]]:
        """The probes of one target, or all."""
        return list((self._probes if target is None else self._of.get(target, {})).values())

    @overload
    def shown(self, one: Probe[RawUrl]) -> Probe[RedactedUrl]: ...
    @overload
    def shown(self, one: Target[RawUrl]) -> Target[RedactedUrl]: ...
    def shown(self, one: Probe[RawUrl] | Target[RawUrl]) -> Probe[RedactedUrl] | Target[RedactedUrl]:
        """A probe or a target without its secrets."""
        if self._secrets != self._redactor.secret_count:
            self._shown.clear()
            self._secrets = self._redactor.secret_count
        known = self._shown.get(id(one))
        if known is None:  # the original is kept with it, so that no other object can get its id
            known = self._shown[id(one)] = one, self._masked(one)
        return known[1]

    def _masked(self, one: Probe[RawUrl] | Target[RawUrl]) -> Probe[RedactedUrl] | Target[RedactedUrl]:
        if isinstance(one, Target):
            return redacted_target(one, self._headers.get(one.name, ()), self._redactor)
        return redacted_probe(one, self._redactor)
