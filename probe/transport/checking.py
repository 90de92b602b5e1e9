"""What of the transport's options could only fail, refused before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable

from probe.transport.options import TransportOptions, ca_source, proxy_for


def check(options: TransportOptions, urls: Iterable[str]) -> None:
    """Refuse what could only fail for every request to these URLs: a proxy that is none, a certificate file that is none."""
    known = {url.partition(":")[0]: proxy_for(url, options) for url in urls}
    if "https" in known and (ca_source(options)[1] or options.client_cert):
        from probe.transport.tls import make_context  # loads ssl

        make_context(options)
