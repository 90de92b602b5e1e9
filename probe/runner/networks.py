"""The network that each target is asked through: that of the scan, or one for each set of options that a fleet file names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from probe.facts.urls import origin
from probe.model import RawUrl, Target
from probe.transport import Lane, Network, TransportOptions

Slot = dict[Network, Lane]
"""The lanes of one concurrency slot: one a network, since a connection belongs to the options that it was made with."""


class Networks:
    """`own` maps names of targets to options; targets with the very same object share a network.

    An origin that sent more than was asked for is a suspect on every way to it.
    """

    def __init__(
        self,
        options: TransportOptions | None = None,
        own: Mapping[str, TransportOptions] = MappingProxyType({}),
        targets: Iterable[Target[RawUrl]] = (),
    ) -> None:
        self.shared = Network(options)
        made: dict[int, Network] = {}
        self._own = {name: made.setdefault(id(one), Network(one)) for name, one in own.items()}
        for network in made.values():
            network.suspects = self.shared.suspects
        for target in targets:
            self.of(target.name).homes.add(origin(target.base_url))

    def of(self, target: str) -> Network:
        """The network of a target, by its name."""
        return self._own.get(target, self.shared)

    def lane(self, slot: Slot, target: str) -> Lane:
        """The lane of a slot that leads to a target."""
        network = self.of(target)
        if network not in slot:
            slot[network] = Lane(network)
        return slot[network]
