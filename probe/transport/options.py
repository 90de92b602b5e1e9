"""How the user wants the network to be used: proxy, certificates, addresses; and which proxy a URL gets."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from probe.errors import UsageError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Options in curl's words.

    `proxy` None means "as the environment says", "" means none at all. `resolve` holds `(host, port, address)`. `family` is 4, 6
    or 0 for both. `environment` is `os.environ` unless a test says otherwise.
    """

    proxy: str | None = field(default=None, repr=False)
    no_proxy: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    insecure: bool = False
    resolve: tuple[tuple[str, int, str], ...] = ()
    family: int = 0
    environment: Mapping[str, str] | None = field(default=None, repr=False)

    def variable(self, *names: str) -> tuple[str, str]:
        """Name and value of the first of these environment variables that is set, lower case before upper; else two empty texts."""
        environment = os.environ if self.environment is None else self.environment
        for name in names:
            for spelling in (name.lower(), name):
                if value := environment.get(spelling, "").strip():
                    return spelling, value
        return "", ""


@dataclass(frozen=True, slots=True)
class ProxyChoice:
    """The proxy of one URL: `url` without its credential, the credential, and who asked for it (`--proxy`, `https_proxy`)."""

    url: str
    source: str
    auth: tuple[str, str] | None = field(default=None, repr=False)


def ca_source(options: TransportOptions) -> tuple[str, str]:
    """Where trust comes from: who said it (`--cacert`, a variable, `system`) and the path, empty for the system's own store."""
    if options.ca_file:
        return "--cacert", options.ca_file
    name, path = options.variable(*_CA_VARIABLES)
    return (name, path) if name else ("system", "")


def proxy_for(url: str, options: TransportOptions) -> ProxyChoice | None:
    """Choose as curl does: the option, else `https_proxy`/`http_proxy` by scheme, else `all_proxy`; `NO_PROXY` exempts hosts.

    Upper-case `HTTP_PROXY` is ignored under CGI (`REQUEST_METHOD` is set), where a client of the server could have set it.
    """
    parts = urlsplit(url)
    exempt = options.no_proxy if options.no_proxy is not None else options.variable("NO_PROXY")[1]
    if is_exempt(parts.hostname or "", parts.port, exempt):
        return None
    if options.proxy is not None:
        return _choice(options.proxy, "--proxy") if options.proxy else None
    source, value = options.variable(f"{parts.scheme.upper()}_PROXY")
    if source == "HTTP_PROXY" and options.variable("REQUEST_METHOD")[1]:
        value = ""
    if not value:
        source, value = options.variable("ALL_PROXY")
    return _choice(value, source) if value else None


def _choice(text: str, source: str) -> ProxyChoice:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in _SCHEMES or parts.path not in ("", "/"):
        raise UsageError(f"{source}: not a proxy URL", hint="write scheme://host:port, scheme one of " + ", ".join(_SCHEMES))
    port = port or (443 if parts.scheme == "https" else 1080 if parts.scheme.startswith("socks") else 80)
    auth = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
    shown = f"[{host}]" if ":" in host else host
    return ProxyChoice(f"{parts.scheme}://{shown}:{port}", source, auth)


def is_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    """Whether `NO_PROXY` names this host: `*`, a name with its subdomains, an address, a network, each with an optional port."""
    host = host.strip("[]").rstrip(".").lower()
    return any(entry == "*" or _fits(host, port, entry) for entry in no_proxy.replace(",", " ").lower().split())


def _fits(host: str, port: int | None, entry: str) -> bool:
    before, colon, wanted = entry.rpartition(":")
    if colon and wanted.isdigit() and (":" not in before or before.endswith("]")):
        if wanted != str(port):
            return False
        entry = before
    entry = entry.strip("[]").rstrip(".")
    name = entry.removeprefix("*").removeprefix(".")
    if host == name or (name and host.endswith(f".{name}")):
        return True
    try:
        return "/" in entry and ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
