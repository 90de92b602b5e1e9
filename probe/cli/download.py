"""`probe download`: scan, fetch the artefact by the route that was proved, and keep it only if it is whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from probe.cli.answers import EXIT_CODES
from probe.cli.command import command, option
from probe.cli.fetching import FetchingOptions, done, free_scope, fresh_order, say_fetched, transfer
from probe.cli.options import ScopeOptions
from probe.cli.show import print_report, progress, talk
from probe.cli.units import Duration, Size
from probe.errors import ExitCode, RunError
from probe.frozen import replace
from probe.model import Answer

if TYPE_CHECKING:
    from probe.model import Report
    from probe.order import ScanOrder
    from probe.pipeline import Scan

_MOST = 16 * 1024**3


@dataclass(frozen=True, slots=True)
class DownloadOptions(FetchingOptions):
    """What `probe download` can be told."""

    run: Path | None = option(metavar="RUN", help="Use the proved route of this run.")
    wait: float = option(type=Duration(), default=0.0, show_default=True, help="Poll unfinished jobs for up to DURATION.")
    place: str = option("-o", "--output", default=".", show_default=True, metavar="FILE|DIR", help="Where to write.")
    is_forced: bool = option("--force", help="Replace a file of the same name.")
    is_all: bool = option("--all", help="Fetch every variant, generation, result and error file.")
    max_size: int = option(type=Size(), default=_MOST, show_default="16 GiB", help="Largest file to accept.")
    reports: Path = option(default=Path("reports"), show_default=True, help="Folder for the scan's run.")
    as_json: bool = option("--json", help="Print what was saved as JSON.")

    @property
    def scope(self) -> ScopeOptions:
        """What is scanned for."""
        return free_scope(self.failing_url, self.artefacts, wait=self.wait)


@command(DownloadOptions, example="probe download --id task_01k7... -o video.mp4")
def download(options: DownloadOptions) -> None:
    """Download the artefact by the route that works, and check that it is whole.

    It scans first (with --run, only the route that this run proved), then writes under a temporary name, resumes after a
    break, and compares size, type and structure. A file of the same name is kept unless --force is given; --all fetches every
    variant, generation, result and error file. Exit code: 0 whole, 1 no route works or the file is not whole, 2 wrong input,
    3 undecided.
    """
    from probe.download import Download, Place

    printing, place = options.printing, Place.of(options.place, is_forced=options.is_forced, most=options.max_size)
    scan, report = _scanned(_order(options), options)
    if report.answer is not Answer.WORKS or scan.is_interrupted:
        if options.as_json:
            say_fetched(None, report, as_json=True)
        else:
            print_report(report, replace(printing, quiet=True), None)
        raise SystemExit(int(ExitCode.INTERRUPTED if scan.is_interrupted else EXIT_CODES[report.answer]))
    try:
        with transfer(printing) as watcher:
            fetched = asyncio.run(Download(scan, place, watcher).fetch(report, is_all=options.is_all))
    except KeyboardInterrupt:
        talk("stopped; the same command resumes the download where the server allows it", printing)
        raise
    say_fetched(fetched, report, as_json=options.as_json)
    raise SystemExit(int(ExitCode.OK if fetched.is_whole else ExitCode.NONE_WORKS))


def _order(options: DownloadOptions) -> ScanOrder:
    """Make the order of the scan: a new one, or one of the routes that a run proved."""
    fresh = partial(fresh_order, options, options.scope, options.printing, options.reports)
    return replace(_proved_order(options, options.run, fresh), root=options.reports) if options.run else fresh()


def _proved_order(options: DownloadOptions, run: Path, fresh: Callable[[], ScanOrder]) -> ScanOrder:
    """Make an order for the routes that a run proved. The run is untrusted: who is asked, its seal or the options decide."""
    from probe.cli.resume import check_receivers, resumed_order
    from probe.redact import MARK
    from probe.reports import judge_run

    report = judge_run(run)
    probes = {one.id: one for one in report.evidence.probes}
    routes = [probes[name] for name in report.working]
    if not routes:
        raise RunError(f"{run}: no route works in this run", hint="leave out --run to scan again")
    if (run / "journal.jsonl").is_file():
        order = resumed_order(run, options, options.scope, fresh)
    else:
        order = fresh()
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


def _scanned(order: ScanOrder, options: DownloadOptions) -> tuple[Scan, Report]:
    """Scan, and say where the run is kept."""
    from probe.pipeline import Scan

    with progress(options.printing, is_verbose=options.verbose) as watcher:
        scan = Scan.start(order, watcher)
        report = done(scan, scan.run())
    talk(f"the scan is kept in {scan.folder.path}", options.printing)
    return scan, report
