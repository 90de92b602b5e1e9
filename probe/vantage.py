"""Where and how a scan is run, as far as it matters to a reader of its report."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from probe import __version__
from probe.facts.addresses import classify
from probe.facts.urls import host_of
from probe.model import Observation, Pairs, RawUrl, Target, Vantage

if TYPE_CHECKING:
    from probe.transport import TransportOptions


def vantage(targets: Sequence[Target[RawUrl]], options_of: Callable[[str], TransportOptions | None]) -> Vantage:
    """Describe this machine and its way to the first target. TLS counts as checked where it is for every target."""
    from probe.transport import TransportOptions, ca_source, proxy_for

    ways = [options_of(target.name) or TransportOptions() for target in targets]
    options = ways[0]
    proxy = proxy_for(targets[0].base_url, options)
    return Vantage(
        tool_version=__version__,
        python=platform.python_version(),
        platform=platform.system() or "unknown",
        proxy=proxy.url if proxy else None,
        proxy_source=proxy.source if proxy else None,
        verify_tls=not any(one.insecure for one in ways),
        ca_source=ca_source(options)[0],
    )


def addresses(seen: Iterable[Observation]) -> Pairs:
    """Tell for each host that was asked which class of address answered: public, private (a private endpoint) or loopback."""
    exchanges = (exchange for one in seen for exchange in one.exchanges if exchange.remote_address)
    asked = {(host_of(one.request.url), one.remote_address or ""): None for one in exchanges}
    return tuple({host or "?": str(classify(address.rpartition(":")[0].strip("[]"))) for host, address in asked}.items())
