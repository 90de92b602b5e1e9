"""Check the transport's options before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable

from probe.transport.options import TransportOptions, ca_source, proxy_for


def check(options: TransportOptions, urls: Iterable[str]) -> None:
    """Refuse what would fail for every request to these URLs: an invalid proxy, an unreadable certificate file."""
    known = {url.partition(":")[0]: proxy_for(url, options) for url in urls}
    if "https" in known and (ca_source(options)[1] or options.client_cert):
        from probe.transport.tls import make_context  # loads ssl

        make_context(options)
