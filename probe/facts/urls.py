"""The one definition of an origin, by which credentials, connections and redirects are compared; of a host; of an api-version."""

from __future__ import annotations

import re
from functools import lru_cache
from sys import intern
from urllib.parse import parse_qsl, urlsplit

from probe.model import RawUrl

API_VERSION = "api-version"
_DEFAULT_PORTS = {"http": 80, "https": 443}


_AUTHORITY = re.compile(r"(?:[^:/?#]*:)?//[^/?#]*")
"""What comes before the path: all that is read of it is worked out once for all URLs that begin alike."""


def origin(url: str) -> str:
    """Give scheme, host and port of a URL as RFC 6454 compares them, the default port left out.

    The host is compared as it is written: `example.com.` is another origin than `example.com` (a resolver, a certificate and
    `--resolve` may tell them apart), and so is a name in Unicode. What cannot be taken apart is an origin of its own.
    """
    return _origin_and_host(start_of(url))[0] or url


def host_of(url: str) -> str:
    """Give the host of a URL in lower case, without a trailing dot; "" where a URL cannot be taken apart."""
    return _origin_and_host(start_of(url))[1]


def path_of(url: str) -> str:
    """Give the path of any URL as it is written."""
    return url.partition("#")[0].partition("?")[0].removeprefix(start_of(url))


def start_of(url: str) -> str:
    """Give all that stands before the path of a URL, as it is written."""
    found = _AUTHORITY.match(url)
    return found.group(0) if found else ""


@lru_cache(maxsize=1024)
def _origin_and_host(start: str) -> tuple[str, str]:
    """The origin, "" without one, and the host."""
    try:
        parts = urlsplit(start)
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    try:
        port = parts.port
    except ValueError:
        return "", host.rstrip(".")
    shown = f"[{host}]" if ":" in host else host
    end = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{shown}{end}" if host else "", intern(host.rstrip("."))


def without_user_info(url: str) -> RawUrl:
    """Leave out `user:password@`: it is a credential in a place where logs and reports show it, so it is never sent."""
    head, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return RawUrl(f"{head}{separator}{authority.rpartition('@')[2]}{slash}{path}")


def query_of(url: str) -> str:
    """Give the query of any text with one; "" without."""
    return url.partition("?")[2].partition("#")[0]


def version_of(url: str) -> str | None:
    """Read the api-version in the query of any text; None without one."""
    pairs = parse_qsl(query_of(url), keep_blank_values=True)
    return next((value for name, value in pairs if name.lower() == API_VERSION), None)
