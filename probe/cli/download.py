"""`probe download`: scan, fetch the artefact by the route that was proved, and keep it only if it is whole."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.cli.options import (
    Duration,
    Size,
    lang_option,
    limit_options,
    target_options,
    transport_options,
    unquoted,
)
from probe.cli.show import has_colour, print_report, progress, talk
from probe.errors import ExitCode, RunError
from probe.model import Answer

if TYPE_CHECKING:
    from probe.download import Fetched
    from probe.model import Report
    from probe.pipeline import Order, Scan
    from probe.receiving import Progress


@click.command()
@target_options
@click.option(
    "--failing-url",
    metavar="URL",
    callback=lambda _context, _option, value: unquoted(value) if value else None,
    help="The failing URL; scanned too.",
)
@click.option("--run", type=click.Path(path_type=Path), metavar="RUN", help="Use the proved route of this run.")
@click.option("--artefact", "artefacts", multiple=True, metavar="KIND", help="Only this kind of artefact; repeatable.")
@click.option("--wait", type=Duration(), default=0.0, help="Poll unfinished jobs for up to DURATION.")
@click.option("-o", "--output", "place", default=".", show_default=True, metavar="FILE|DIR", help="Where to write.")
@click.option("--force", "is_forced", is_flag=True, help="Replace a file of the same name.")
@click.option("--all", "is_all", is_flag=True, help="Fetch every variant, generation, result and error file.")
@click.option("--max-size", type=Size(), default=16 * 1024**3, show_default="16 GiB", help="Largest file to accept.")
@limit_options
@transport_options
@click.option(
    "--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="Folder for the scan's run."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was saved as JSON.")
@lang_option("reports")
@click.option("-q", "--quiet", is_flag=True, help="Print only the answer.")
@click.option("-v", "--verbose", is_flag=True, help="Log each request.")
@click.option("--no-color", is_flag=True, help="No colour.")
def download(**values: Any) -> None:
    """Download the artefact by the route that works, and check that it is whole.

    It scans first (with --run, only the route that this run proved), then writes under a temporary name, resumes after a
    break, and compares size, type and structure. A file of the same name is kept unless --force is given. Exit code: 0 whole,
    1 no route works or no whole file came, 2 wrong input, 3 undecided.
    """
    from probe.download import Place
    from probe.language import use_language

    use_language(values["lang"])
    place = Place.of(values["place"], is_forced=values["is_forced"], most=values["max_size"])
    order = download_order(values)
    scan, report = scanned(order, values)
    if report.answer is not Answer.WORKS or scan.is_interrupted:
        from probe.cli.scan import EXIT_CODES

        if values["as_json"]:
            say_fetched(None, report, values)
        else:
            print_report(report, values | {"quiet": True}, None)
        raise SystemExit(int(ExitCode.INTERRUPTED if scan.is_interrupted else EXIT_CODES[report.answer]))
    from probe.download import Download

    with transfer(values) as watcher:
        fetched = asyncio.run(Download(scan, place, watcher).fetch(report, is_all=values["is_all"]))
    say_fetched(fetched, report, values)
    raise SystemExit(int(ExitCode.OK if fetched.is_whole else ExitCode.NONE_WORKS))


def download_order(values: dict[str, Any]) -> Order:
    """Make the order of the scan. Nothing that may be billed is ever allowed."""
    from probe.cli.scan import new_order

    values |= {"allow_billable": False, "allow_post": (), "resume": values["run"], "output": values["reports"]}
    if values["run"] is None:
        return new_order(values)
    return replace(_proved_order(values), root=values["reports"])


def _proved_order(values: dict[str, Any]) -> Order:
    """Make an order for the routes that a run proved. The run is untrusted: who is asked, its seal or the options decide."""
    from probe.cli.resume import check_receivers, resumed_order
    from probe.cli.scan import new_order
    from probe.redact import MARK
    from probe.reports import judge_run

    report = judge_run(values["run"])
    probes = {one.id: one for one in report.evidence.probes}
    routes = [probes[name] for name in report.working]
    if not routes:
        raise RunError(f"{values['run']}: no route works in this run", hint="leave out --run to scan again")
    if (values["run"] / "journal.jsonl").is_file():
        order = resumed_order(values, new_order)
    else:
        order = new_order(values)
        check_receivers(report.evidence.targets, order.targets)
    for one in routes:  # grows as it goes: what a link was found by belongs to its route
        if one.of in probes and probes[one.of] not in routes:
            routes.append(probes[one.of])
    ids = {target.name: target.ids for target in order.targets}
    for one in routes:
        known = ids.get(one.target, ())
        ids[one.target] = (*known, *(pair for pair in one.ids if pair not in known and MARK not in pair[1]))
    only = tuple(dict.fromkeys(one.endpoint for one in routes if one.endpoint))
    targets = tuple(replace(target, ids=tuple(dict.fromkeys(ids[target.name]))) for target in order.targets)
    return replace(order, targets=targets, scope=replace(order.scope, only=only))


def scanned(order: Order, values: dict[str, Any]) -> tuple[Scan, Report]:
    """Scan, and write the run as `probe scan` does."""
    from probe.cli.scan import stopped_by_signals
    from probe.formats import DEFAULT_FORMATS
    from probe.pipeline import Scan

    with progress(values) as watcher:
        scan = Scan.start(order, watcher)
        try:
            with stopped_by_signals(scan):
                asyncio.run(scan.run())
            report = scan.report()
            scan.write(report, DEFAULT_FORMATS)
        finally:
            scan.close()
    talk(f"the scan is kept in {scan.folder.path}", values)
    return scan, report


def say_fetched(fetched: Fetched | None, report: Report, values: dict[str, Any]) -> None:
    """Print what was saved, and say what was not."""
    from probe.diagnoses import tell
    from probe.view.escape import document, visible
    from probe.view.words import size_text

    saved, refused = (fetched.saved, fetched.refused) if fetched else ((), ())
    if values["as_json"]:
        click.echo(
            document({
                "format_version": 1,
                "answer": report.answer.value,
                "is_whole": fetched is not None and fetched.is_whole,
                "files": [
                    {"path": str(one.path), "size": one.size, "sha256": one.sha256, "media_type": one.media_type,
                     "probe_id": one.probe_id, "url": one.url} for one in saved
                ],
                "refused": [{"probe_id": one.probe_id, "reason": tell(one.reason)} for one in refused],
            }), nl=False,
        )  # fmt: skip
        return
    for one in refused:
        click.echo(visible(f"not kept: {one.probe_id}: {tell(one.reason)}"), err=True)
    for file in saved:
        click.echo(visible(f"{file.path}  {size_text(file.size)} ({file.size} bytes)  sha256 {file.sha256}"))
    if fetched is not None and not fetched.is_whole:
        click.echo(visible(f"{fetched.missing} of the files could not be had whole"), err=True)


@contextmanager
def transfer(values: dict[str, Any]) -> Iterator[Progress]:
    """Show name, size, rate and time left on a terminal; stay silent elsewhere."""
    from probe.receiving import Progress

    if values["quiet"] or not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    from probe.view.escape import visible

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True, no_color=not has_colour(values)), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def moved(name: str, size: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(escape(visible(name)), total=total)
            bars.update(tasks[name], completed=size, total=total)

        yield Progress(moved)
