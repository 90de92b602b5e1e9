"""Which kind of network an address belongs to: a link in an answer must never lead a scan into the user's own network."""

from __future__ import annotations

import ipaddress
import socket
from enum import StrEnum
from functools import lru_cache


class AddressClass(StrEnum):
    """Where an address leads; `METADATA` is a cloud's instance metadata service, which hands out credentials."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    METADATA = "metadata"
    RESERVED = "reserved"


_SERVICES = "169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254"
_METADATA = frozenset(map(ipaddress.ip_address, _SERVICES.split()))
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")
_RANGES = (
    "0.0.0.0/8 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 "
    "2001::/23 2001:db8::/32 3fff::/20 5f00::/16"
)
"""IANA's special-purpose registries (read 2026-11-26), as far as Python's own tables may lack a range or call it global."""
_SPECIAL = tuple(map(ipaddress.ip_network, _RANGES.split()))
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_LOOPBACK_NAMES = (".localhost", ".localdomain", ".localtest.me", ".lvh.me")
_PRIVATE_NAMES = (
    ".internal", ".local", ".lan", ".home", ".corp", ".intranet", ".private", ".home.arpa", ".svc", ".kubernetes.default",
    ".cluster.local", ".in-addr.arpa", ".ip6.arpa", ".nip.io", ".sslip.io", ".xip.io",
)  # fmt: skip
_METADATA_NAMES = ("metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal")


@lru_cache(maxsize=4096)
def classify(address: str) -> AddressClass:
    """Class of an IP address as text; IPv4 that is wrapped in IPv6 (mapped, 6to4, NAT64) counts as what is inside.

    An ISATAP address (RFC 5214) is never public: whatever its prefix, a router in between unwraps it.

    Of IPv6 only 2000::/3 is public (IANA's registry of the address space): IPv4-compatible and site-local addresses and the local
    NAT64 prefix of RFC 8215, whose mapping is unknown here, lead where their network wants.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if int(found) >> 32 & 0xFFFFFFFF in _ISATAP:
            tunnelled = classify(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
            return AddressClass.RESERVED if tunnelled is AddressClass.PUBLIC else tunnelled
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    if found in _METADATA:
        return AddressClass.METADATA
    if found.is_loopback:
        return AddressClass.LOOPBACK
    if found.is_link_local:
        return AddressClass.LINK_LOCAL
    if found.is_unspecified or found.is_multicast:
        return AddressClass.RESERVED
    if isinstance(found, ipaddress.IPv6Address) and found not in _UNICAST and found not in _UNIQUE_LOCAL:
        return AddressClass.RESERVED
    if (isinstance(found, ipaddress.IPv4Address) and found in _SHARED) or (found.is_private and not found.is_reserved):
        return AddressClass.PRIVATE
    is_special = any(found.version == one.version and found in one for one in _SPECIAL)
    return AddressClass.PUBLIC if found.is_global and not is_special else AddressClass.RESERVED


def literal_class(host: str) -> AddressClass | None:
    """Class that a host name shows by itself, without DNS: an address in any spelling (`127.1`, `0x7f000001`), `localhost`."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return AddressClass.LOOPBACK
    if name in _METADATA_NAMES:
        return AddressClass.METADATA
    try:
        return classify(name)
    except ValueError:
        pass
    if not name or not set(name) <= set("0123456789abcdefx."):
        return None
    try:
        return classify(socket.inet_ntoa(socket.inet_aton(name)))
    except OSError:
        return None


def named_class(host: str) -> AddressClass | None:
    """Class that a name shows where somebody else looks it up, such as a proxy: a name that only an inner network knows is private.

    So are names without a dot and names under the domains that are kept for inner networks (RFC 6762, 8375, ICANN's `.internal`).
    """
    literal = literal_class(host)
    name = host.strip("[]").rstrip(".").lower()
    if literal is not None or not name:
        return literal
    if any(f".{name}".endswith(one) for one in _LOOPBACK_NAMES):
        return AddressClass.LOOPBACK
    is_inner = "." not in name or any(f".{name}".endswith(one) for one in _PRIVATE_NAMES)
    return AddressClass.PRIVATE if is_inner else None
