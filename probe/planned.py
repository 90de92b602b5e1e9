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
        self._shown: dict[str, Probe[RedactedUrl]] = {}
        self._targets: dict[int, tuple[Target[RawUrl], Target[RedactedUrl]]] = {}
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
        self._shown.pop(probe.id, None)
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
            self._targets.clear()
            self._secrets = self._redactor.secret_count
        if isinstance(one, Target):
            known = self._targets.get(id(one))
            if known is None:  # the original is kept with it, so that no other object can get its id
                known = self._targets[id(one)] = one, redacted_target(one, self._headers.get(one.name, ()), self._redactor)
            return known[1]
        if self._probes.get(one.id) is not one:
            return redacted_probe(one, self._redactor)
        if one.id not in self._shown:
            self._shown[one.id] = redacted_probe(one, self._redactor)
        return self._shown[one.id]
