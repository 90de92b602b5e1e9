"""The one definition of an origin, which a credential, a connection and a redirect are compared by, and of a host."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from probe.model import RawUrl

_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=4096)
def origin(url: str) -> str:
    """Give scheme, host and port of a URL as RFC 6454 compares them, the default port left out.

    The host is compared as it is written: `example.com.` is another origin than `example.com` (a resolver, a certificate and
    `--resolve` may tell them apart), and so is a name in Unicode. What cannot be taken apart is an origin of its own.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if not host:
        return url
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}")


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """Give the host of a URL in lower case, without a trailing dot; "" where a URL cannot be taken apart."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def without_user_info(url: str) -> RawUrl:
    """Leave out `user:password@`: it is a credential in a place where logs and reports show it, so it is never sent."""
    head, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return RawUrl(f"{head}{separator}{authority.rpartition('@')[2]}{slash}{path}")
