"""`probe discover`: what artefacts a target holds, by free GET listings alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from probe.cli.command import command, group, option
from probe.cli.options import SendingOptions, TalkOptions, artefacts_option, lang_option
from probe.cli.order import load_catalogue, make_order
from probe.cli.show import talk, width
from probe.errors import ExitCode
from probe.language import _
from probe.view.escape import document, visible

if TYPE_CHECKING:
    from probe.discovery import Discovered
    from probe.listing import Item

SHOWN = 10
"""Items that are shown of a listing unless all are asked for."""


@dataclass(frozen=True, slots=True)
class DiscoverOptions(SendingOptions):
    """What `probe discover` can be told."""

    talking: TalkOptions = group("Terminal")
    artefacts: tuple[str, ...] = artefacts_option("Scope")
    pages: int = option(
        heading="Scope", type=click.IntRange(1, 50), default=3, show_default=True, help="Pages read of each listing."
    )
    show_all: bool = option("--all", heading="Terminal", help="Show every item.")
    as_json: bool = option("--json", heading="Terminal", help="Print JSON to standard output.")
    lang: str = lang_option("listings")


@command(DiscoverOptions, example="probe discover --artefact file")
def discover(options: DiscoverOptions) -> None:
    """List a target's existing artefacts by free requests.

    Newest first, with age, state, expiry and size; says which one `probe scan` would pick and why. Sends only the GET listings of
    the catalogue. Exit code: 0 something was found, 1 nothing is there, 3 no listing could be read.
    """
    from probe.discovery import discover as run
    from probe.order import Scope

    scope = Scope(artefacts=options.artefacts, limits=options.limits)
    order = make_order(options, load_catalogue(options.target.catalogues), scope, options.talking)
    now = datetime.now(UTC)
    found = asyncio.run(run(order, pages=options.pages))
    if options.as_json:
        click.echo(document([_as_json(one) for one in found]))
    else:
        _print(found, now, options)
    if any(one.items for one in found):
        code = ExitCode.OK
    else:
        code = ExitCode.NONE_WORKS if any(one.is_read for one in found) else ExitCode.UNDECIDED
    raise SystemExit(int(code))


def _as_json(one: Discovered) -> dict[str, Any]:
    """Give one listing as plain values."""
    return {
        "target": one.target,
        "artefact": one.artefact,
        "surface": one.surface,
        "endpoint": one.endpoint,
        "status": one.said,
        "pick": one.pick,
        "reason": one.reason,
        "items": [
            {
                "id": item.id,
                "state": item.state,
                "created_at": item.created_at.isoformat() if item.created_at else None,
                "expires_at": item.expires_at.isoformat() if item.expires_at else None,
                "size": item.size,
            }
            for item in one.items
        ],
    }


def _print(found: tuple[Discovered, ...], now: datetime, options: DiscoverOptions) -> None:
    """Print one table a listing that holds something new, and one line for each of the others."""
    shown: dict[tuple[str, ...], str] = {}
    for one in found:
        head = "  ".join(visible(text) for text in (one.target, one.artefact, one.surface) if text)
        if not one.items:
            talk(f"{head}: {one.said} ({one.endpoint})", options.talking)
            continue
        ids = tuple(sorted(item.id for item in one.items))
        if ids in shown:
            click.echo(f"{head}  ({_('the same {count} by {endpoint}', count=len(ids), endpoint=one.endpoint)})\n")
            continue
        shown[ids] = one.endpoint
        click.echo(f"{head}  ({_('{count} found by {endpoint}', count=len(ids), endpoint=one.endpoint)})")
        most = len(one.items) if options.show_all else SHOWN
        for item in one.items[:most]:
            _print_item(item, now, is_pick=item.id == one.pick)
        if len(one.items) > most:
            click.echo("   " + _("… {count} more; --all shows them", count=len(one.items) - most))
        click.echo("   " + _("scan would pick {id}: {reason}", id=visible(one.pick or _("none")), reason=one.reason) + "\n")


def _print_item(item: Item, now: datetime, *, is_pick: bool) -> None:
    """Print one item on one line, or on two where the terminal is narrow."""
    from probe.view.words import size_text

    made = _("{span} old", span=_span(item.created_at, now)) if item.created_at else _("age unknown")
    expiry = ""
    if item.expires_at:
        expiry = _("expired") if item.expires_at <= now else _("expires in {span}", span=_span(now, item.expires_at))
    facts = " · ".join(
        visible(fact) for fact in (made, item.state or _("no state"), size_text(item.size), item.purpose or "", expiry) if fact
    )
    name = f" {'*' if is_pick else ' '} {visible(item.id)}"
    click.echo(f"{name}  {facts}" if len(name) + len(facts) + 2 <= width() else f"{name}\n     {facts}")


def _span(first: datetime, last: datetime) -> str:
    """Say how long it is from one moment to another, in the unit that a person would use."""
    seconds = max(0.0, (last - first).total_seconds())
    for unit, length in ((_("d"), 86400), (_("h"), 3600), (_("min"), 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} {_('s')}"
