"""Check the transport's options before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable

from probe.transport.options import TransportOptions, ca_source, proxy_for


def check(options: TransportOptions, urls: Iterable[str], *, is_dry: bool = False) -> None:
    """Refuse what would fail for every request to these URLs: an invalid proxy, an unreadable certificate file.

    Where nothing will be sent, the certificates that the environment names need not be loaded: there are many.
    """
    known = {url.partition(":")[0]: proxy_for(url, options) for url in urls}
    is_named = options.ca_file or options.client_cert or (ca_source(options)[1] and not is_dry)
    if "https" in known and is_named:
        from probe.transport.tls import make_context  # loads ssl

        make_context(options)
