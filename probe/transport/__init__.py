"""The one door to httpx: connections, TLS, proxies, deadlines, caps; it moves bytes and judges nothing.

Network (what connections share) --> Lane (the connections) --exchange(WireRequest)--> WireAnswer

Whatever needs httpx is imported on first use: neither a dry run nor a saved run needs it. No name here is that of a module
below: Python would hand out the module (`transport.fetching.fetch` is imported from where it is).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from probe.transport.checking import check
from probe.transport.options import ProxyChoice, TransportOptions, ca_source, proxy_for

if TYPE_CHECKING:
    from probe.transport.fetching import absolute
    from probe.transport.guard import refusal
    from probe.transport.lane import Lane, WireAnswer, WireRequest
    from probe.transport.network import Network
    from probe.transport.streaming import stream

_LATER = {
    "fetching": ("absolute",),
    "guard": ("refusal",),
    "lane": ("WireAnswer", "Lane", "WireRequest"),
    "network": ("Network",),
    "streaming": ("stream",),
}

__all__ = [
    "Lane", "Network", "ProxyChoice", "TransportOptions", "WireAnswer", "WireRequest", "absolute", "ca_source", "check",
    "proxy_for", "refusal", "stream",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
