"""`probe discover`: what artefacts a target holds, by free GET listings alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from probe.cli.options import artefact_option, lang_option, limit_options, load_catalogue, target_options, transport_options
from probe.cli.show import talk, width
from probe.errors import ExitCode

if TYPE_CHECKING:
    from probe.discovery import Discovered
    from probe.listing import Item

SHOWN = 10
"""Items that are shown of a listing unless all are asked for."""


@click.command()
@target_options
@artefact_option
@click.option("--pages", type=click.IntRange(1, 50), default=3, show_default=True, help="Pages read of each listing.")
@limit_options
@transport_options
@click.option("--all", "show_all", is_flag=True, help="Show every item.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")
@lang_option("listings")
@click.option("-q", "--quiet", is_flag=True, help="Print only the answer.")
def discover(**values: Any) -> None:
    """List a target's existing artefacts by free requests.

    Newest first, with age, state, expiry and size; says which one `probe scan` would pick and why. Sends only the GET listings of
    the catalogue. Exit code: 0 something was found, 1 nothing is there, 3 no listing could be read.
    """
    from probe.cli.scan import make_order, warn_of_weak_keys
    from probe.discovery import discover as run
    from probe.language import use_language
    from probe.view.escape import document

    use_language(values["lang"])
    catalogue = load_catalogue(values["catalogues"])
    order = make_order(values, catalogue)
    warn_of_weak_keys(order, values)
    now = datetime.now(UTC)
    found = asyncio.run(run(order, pages=values["pages"]))
    if values["as_json"]:
        click.echo(document([_as_json(one) for one in found]))
    else:
        _print(found, now, values)
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


def _print(found: tuple[Discovered, ...], now: datetime, values: dict[str, Any]) -> None:
    """Print one table a listing that holds something new, and one line for each of the others."""
    from probe.language import _
    from probe.view.escape import visible

    shown: dict[tuple[str, ...], str] = {}
    for one in found:
        head = "  ".join(visible(text) for text in (one.target, one.artefact, one.surface) if text)
        if not one.items:
            talk(f"{head}: {one.said} ({one.endpoint})", values)
            continue
        ids = tuple(sorted(item.id for item in one.items))
        if ids in shown:
            click.echo(f"{head}  ({_('the same {count} by {endpoint}', count=len(ids), endpoint=one.endpoint)})\n")
            continue
        shown[ids] = one.endpoint
        click.echo(f"{head}  ({_('{count} found by {endpoint}', count=len(ids), endpoint=one.endpoint)})")
        most = len(one.items) if values["show_all"] else SHOWN
        for item in one.items[:most]:
            _print_item(item, now, is_pick=item.id == one.pick)
        if len(one.items) > most:
            click.echo("   " + _("… {count} more; --all shows them", count=len(one.items) - most))
        click.echo("   " + _("scan would pick {id}: {reason}", id=visible(one.pick or _("none")), reason=one.reason) + "\n")


def _print_item(item: Item, now: datetime, *, is_pick: bool) -> None:
    """Print one item on one line, or on two where the terminal is narrow."""
    from probe.language import _
    from probe.view.escape import visible
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
    from probe.language import _

    seconds = max(0.0, (last - first).total_seconds())
    for unit, length in ((_("d"), 86400), (_("h"), 3600), (_("min"), 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} {_('s')}"
