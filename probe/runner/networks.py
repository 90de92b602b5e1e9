"""The network that each target is asked through: that of the scan, or one for each set of options that a fleet file names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from probe.facts.urls import origin
from probe.model import RawUrl, Target
from probe.redact import Redactor
from probe.transport import Lane, Network, TransportOptions, proxy_for


class Networks:
    """`own` maps names of targets to options; targets with the very same object share a network, and so its connections.

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
        self.lanes = {network: Lane(network) for network in (self.shared, *made.values())}
        for target in targets:
            self.of(target.name).homes.add(origin(target.base_url))

    def prepare(self, targets: Iterable[Target[RawUrl]], redactor: Redactor) -> None:
        """Load what connections need before the first one, and let the redactor know the passwords of proxies."""
        for target in targets:
            network = self.of(target.name)
            if urlsplit(target.base_url).scheme == "https":
                network.prepare()
            proxy = proxy_for(target.base_url, network.options)
            if proxy is not None and proxy.auth is not None:
                redactor.know("proxy password", proxy.auth[1])

    def of(self, target: str) -> Network:
        """The network of a target, by its name."""
        return self._own.get(target, self.shared)

    def lane(self, target: str) -> Lane:
        """The lane that leads to a target."""
        return self.lanes[self.of(target)]

    async def aclose(self) -> None:
        """Close every connection."""
        for lane in self.lanes.values():
            await lane.aclose()
