"""The one definition of an origin: what a credential, a connection and a redirect are compared by."""

from __future__ import annotations

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


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
