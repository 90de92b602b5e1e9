"""What artefacts a target holds: its free listings, read page by page, and which item a scan would pick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from probe.diagnoses import tell
from probe.frozen import Frozen, replace
from probe.language import _
from probe.listing import Item, is_ready, item_path, items, newest_first
from probe.model import Artefact, Endpoint, Observation, Probe, RawUrl, Role
from probe.order import ScanOrder
from probe.plan import expand


class Discovered(Frozen):
    """One listing of one target. `said` is its status in words, `pick` the id that a scan would take, `reason` why."""

    target: str
    artefact: str
    surface: str
    endpoint: str
    said: str
    items: tuple[Item, ...] = ()
    is_read: bool = False
    pick: str | None = None
    reason: str = ""


@dataclass
class _Listing:
    """A listing while its pages are read."""

    probe: Probe[RawUrl]
    found: list[Item] = field(default_factory=list)
    offered: set[str] = field(default_factory=set)
    said: str = ""
    is_read: bool = False


async def discover(order: ScanOrder, *, pages: int) -> tuple[Discovered, ...]:
    """Read the first api-version of every free listing that answers, `pages` pages at the most; nothing else is sent."""
    endpoints = {endpoint.id: endpoint for endpoint in order.catalogue.endpoints}
    artefacts = {artefact.name: artefact for artefact in order.catalogue.artefacts}
    planned = expand(order.catalogue, order.targets, order.scope).probes
    listings = {
        probe.id: _Listing(probe) for probe in planned if probe.role is Role.LIST and not probe.needs and probe.method == "GET"
    }
    ready = {listing.probe.id: listing.probe for listing in listings.values()}
    async with order.runner(order.redactor()) as runner:
        for _page in range(pages):
            seen: dict[str, Observation] = {}
            await runner.run(ready.values(), lambda one, seen=seen: seen.__setitem__(one.probe_id, one))  # type: ignore[misc]
            ready = {key: more for key, one in seen.items() if (more := _next_page(listings[key], one))}
            if not ready:
                break
    now = datetime.now(UTC)
    return _one_a_kind([_discovered(one, endpoints[one.probe.endpoint], artefacts, now) for one in listings.values()])


def _next_page(listing: _Listing, observation: Observation) -> Probe[RawUrl] | None:
    """Take in a page; return the probe of the next one, if the answer says that there is more."""
    response = observation.response
    if response is None:
        last = observation.last
        listing.said = tell(observation.skip_reason) or (last.failure if last and last.failure else _("no answer"))
        return None
    listing.said = f"HTTP {response.status_code}" + (f" {response.error_message}" if response.error_message else "")
    if not 200 <= response.status_code < 300 or response.sniffed_type != "application/json":
        return None
    listing.is_read = True
    fresh = [item for item in items(response) if item.id not in {one.id for one in listing.found}]
    listing.found += fresh
    at = {item.at: item.id for item in items(response)}
    listing.offered |= {at[path] for capture in observation.captures if (path := item_path(capture.path)) in at}
    values = {value.path: value.value for value in response.values}
    if not fresh or values.get("$.has_more", "").lower() != "true":
        return None
    after = values.get("$.last_id") or fresh[-1].id
    base = listing.probe.url
    return replace(listing.probe, url=RawUrl(f"{base}{'&' if '?' in base else '?'}after={quote(after, safe='')}"))


def _discovered(listing: _Listing, endpoint: Endpoint, artefacts: Mapping[str, Artefact], now: datetime) -> Discovered:
    """Order what was found, and pick what a scan would pick."""
    artefact = artefacts.get(endpoint.artefact)
    ordered = newest_first(tuple(listing.found), artefact, now)
    # A scan takes only what the catalogue's capture paths offer: they leave out what is not downloadable or not finished.
    first = next((item for item in ordered if item.id in listing.offered), ordered[0] if ordered else None)
    ready = first is not None and is_ready(first, artefact)
    is_expired = bool(first and first.expires_at and first.expires_at <= now)
    if first is None:
        reason, said = "", _("none is there") if listing.is_read else listing.said or _("not asked")
    elif is_expired:
        reason, said = _("the newest one, although it has expired: no better one is there"), listing.said
    else:
        reason = _("the newest finished one") if ready else _("the newest one, although none is finished")
        said = listing.said
    return Discovered(
        target=listing.probe.target,
        artefact=artefact.name if artefact else "",
        surface=endpoint.surface,
        endpoint=endpoint.id,
        said=said,
        items=ordered,
        is_read=listing.is_read,
        pick=first.id if first else None,
        reason=reason,
    )


def _one_a_kind(found: list[Discovered]) -> tuple[Discovered, ...]:
    """Keep one listing of each endpoint: the first api-version that found something, else that could be read, else the first."""
    best: dict[tuple[str, str], Discovered] = {}
    for one in found:
        key = (one.target, one.endpoint)
        if key not in best or (bool(one.items), one.is_read) > (bool(best[key].items), best[key].is_read):
            best[key] = one
    return tuple(best.values())
