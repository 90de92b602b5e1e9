"""What must never be stored and is needed to go on: links with their signatures and ids as the wire gave them, for one scan."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from probe.model import Probe, Purpose, RawUrl
from probe.redact import MARK


class Memory:
    """Raw values behind the redacted ones."""

    def __init__(self) -> None:
        self._links: dict[str, tuple[RawUrl, ...]] = {}
        self._ids: dict[tuple[str, str, str], str] = {}

    def keep_links(self, probe_id: str, urls: tuple[RawUrl, ...]) -> None:
        """Keep the raw form of the links in the answer of a probe."""
        self._links[probe_id] = urls

    def keep_id(self, target: str, name: str, stored: str, raw: str) -> None:
        """Keep the raw form of a captured id that was changed by redaction: for its own target, since others may have one alike."""
        if stored != raw:
            self._ids[target, name, stored] = raw

    def url_of(self, probe: Probe[RawUrl]) -> RawUrl | None:
        """Return the URL to be sent for a probe, None where its secret part is gone with an earlier run."""
        if probe.purpose is Purpose.LINK and probe.of is not None and probe.link is not None:
            raw = self._links.get(probe.of, ())
            if probe.link < len(raw):
                return _with_version(raw[probe.link], probe)
        url = probe.url
        for name, value in probe.ids:
            if (raw_id := self._ids.get((probe.target, name, value))) is not None:
                url = RawUrl(url.replace(quote(value, safe=":@._-~"), quote(raw_id, safe=":@._-~")))
        return None if MARK in url else url


def _with_version(url: RawUrl, probe: Probe[RawUrl]) -> RawUrl:
    """Add the plan's api-version to a link that lacks one."""
    query = urlsplit(url).query
    if probe.api_version is None or "api-version=" in query.lower() or "api-version=" not in probe.url.lower():
        return url
    base, hash_mark, fragment = url.partition("#")
    return RawUrl(f"{base}{'&' if query else '?'}api-version={quote(probe.api_version, safe='')}{hash_mark}{fragment}")
