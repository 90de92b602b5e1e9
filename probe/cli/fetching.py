"""What the commands share that fetch an artefact or ask again: a scope that costs nothing, progress, and what was saved."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.cli.command import group, option
from probe.cli.options import PrintOptions, ScopeOptions, SendingOptions, TalkOptions, artefacts_option, lang_option, url_option
from probe.cli.order import load_catalogue, make_order, make_scope
from probe.cli.show import has_colour
from probe.cli.stopping import stopped_by_signals
from probe.frozen import replace
from probe.view.escape import document, visible

if TYPE_CHECKING:
    from probe.download import Fetched
    from probe.model import Report
    from probe.order import ScanOrder
    from probe.pipeline import Scan
    from probe.receiving import Progress as Told


@dataclass(frozen=True, slots=True)
class FetchingOptions(SendingOptions):
    """What every command is told that fetches an artefact or asks again."""

    talking: TalkOptions = group("Terminal")
    failing_url: str | None = url_option(metavar="URL", help="The failing URL; requested too.")
    artefacts: tuple[str, ...] = artefacts_option()
    lang: str = lang_option("reports")
    verbose: bool = option("-v", help="Log each request.")
    no_color: bool = option(help="Print without colour.")

    @property
    def printing(self) -> PrintOptions:
        """How the scan and the transfer are shown."""
        return PrintOptions(self.talking.quiet, as_json=False, show_all=False, no_color=self.no_color)


def free_scope(failing_url: str | None, artefacts: tuple[str, ...], only: tuple[str, ...] = (), wait: float = 0.0) -> ScopeOptions:
    """A scope in which nothing that may be billed, and no POST, is ever allowed."""
    return ScopeOptions(
        failing_url=failing_url,
        artefacts=artefacts,
        only=only,
        api_versions=(),
        all_versions=False,
        allow_billable=False,
        allow_post=(),
        wait=wait,
    )


def fresh_order(options: SendingOptions, scope: ScopeOptions, printing: PrintOptions, root: Path) -> ScanOrder:
    """The order of a new scan."""
    catalogue = load_catalogue(options.target.catalogues)
    order = make_order(options, catalogue, make_scope(scope, options.limits), printing)
    return replace(order, root=root, wait=scope.wait)


def done(scan: Scan, work: Coroutine[Any, Any, None]) -> Report:
    """Do the work of a scan, and write the run as `probe scan` does, whatever ended it."""
    from probe.formats import DEFAULT_FORMATS

    try:
        with stopped_by_signals(scan):
            asyncio.run(work)
        report = scan.report()
        scan.write(report, DEFAULT_FORMATS)
    finally:
        scan.close()
    return report


@contextmanager
def transfer(printing: PrintOptions) -> Iterator[Told | None]:
    """Show name, size, rate and time left on a terminal; stay silent elsewhere."""
    if printing.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = Console(stderr=True, no_color=not has_colour(is_refused=printing.no_color))
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def moved(name: str, size: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(escape(visible(name)), total=total)
            bars.update(tasks[name], completed=size, total=total)

        yield moved


def say_fetched(fetched: Fetched | None, report: Report, *, as_json: bool) -> None:
    """Print what was saved, and say what was not."""
    from probe.diagnoses import tell
    from probe.view.words import size_text

    saved, refused = (fetched.saved, fetched.refused) if fetched else ((), ())
    if as_json:
        told = {
            "format_version": 1,
            "answer": report.answer.value,
            "is_whole": fetched is not None and fetched.is_whole,
            "files": [
                {"path": str(one.path), "size": one.size, "sha256": one.sha256, "media_type": one.media_type,
                 "probe_id": one.probe_id, "url": one.url} for one in saved
            ],
            "refused": [{"probe_id": one.probe_id, "reason": tell(one.reason)} for one in refused],
        }  # fmt: skip
        click.echo(document(told), nl=False)
        return
    for one in refused:
        click.echo(visible(f"not kept: {one.probe_id}: {tell(one.reason)}"), err=True)
    for file in saved:
        click.echo(visible(f"{file.path}  {size_text(file.size)} ({file.size} bytes)  sha256 {file.sha256}"))
    if fetched is not None and not fetched.is_whole:
        click.echo(visible(f"{fetched.missing} of the files could not be had whole"), err=True)
