"""The one door to httpx: connections, TLS, proxies, deadlines, caps; it moves bytes and judges nothing.

Network (shared by a scan) --lane()--> Lane (one per concurrency slot) --exchange(Order)--> Answer
"""

from __future__ import annotations

from probe.facts.addresses import AddressClass, classify, literal_class
from probe.transport.failures import WireError
from probe.transport.fetch import absolute, fetch
from probe.transport.guard import refusal
from probe.transport.lane import Answer, Begin, Lane, Order
from probe.transport.network import Allowed, Network, check
from probe.transport.options import ProxyChoice, TransportOptions, proxy_for
from probe.transport.stream import stream
from probe.transport.tls import ca_source

__all__ = [
    "AddressClass",
    "Allowed",
    "Answer",
    "Begin",
    "Lane",
    "Network",
    "Order",
    "ProxyChoice",
    "TransportOptions",
    "WireError",
    "absolute",
    "ca_source",
    "check",
    "classify",
    "fetch",
    "literal_class",
    "proxy_for",
    "refusal",
    "stream",
]
