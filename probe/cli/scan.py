"""`probe scan`: plan, send, judge, write the reports, and say the answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.cli import completing
from probe.cli.answers import EXIT_CODES, check_reports, finish
from probe.cli.command import argument, command, group, option
from probe.cli.options import PrintOptions, ReportOptions, ScopeOptions, SendingOptions, lang_option
from probe.cli.order import load_catalogue, make_order, make_scope
from probe.cli.pasted import read_case
from probe.cli.resume import is_finished, resume_command, resumed_order, shell_words
from probe.cli.show import print_plan, print_report, progress, talk
from probe.cli.stopping import stopped_by_signals
from probe.cli.units import Shard
from probe.errors import ExitCode, RunError, UsageError
from probe.frozen import replace

if TYPE_CHECKING:
    from probe.fleet.engine import Engine
    from probe.model import RawUrl, Target
    from probe.order import ScanOrder
    from probe.pipeline import Scan, Watcher


@dataclass(frozen=True, slots=True)
class ScanOptions(SendingOptions):
    """Everything that `probe scan` can be told."""

    paste: str | None = argument()
    scope: ScopeOptions = group("Scope")
    reports: ReportOptions = group("Reports")
    printing: PrintOptions = group("Terminal")
    shard: tuple[int, int] | None = option(
        type=Shard(), heading="Scope", metavar="K/N", help="Scan only the K-th of N parts of the targets."
    )
    engine: str | None = option(
        type=click.Choice(["dask"]), heading="Target", help="Let Dask workers scan the targets, each with its own credentials."
    )
    scheduler: str | None = option(heading="Target", metavar="URL", help="Dask scheduler to use. Default: local processes.")
    vantages: tuple[str, ...] = option(
        "--vantage", heading="Target", metavar="NAME", help="Scan from workers with this Dask resource (repeatable)."
    )
    dry_run: bool = option(heading="Scope", help="Print the whole plan with counts and costs; send nothing.")
    output: Path = option("-o", heading="Reports", default=Path("reports"), show_default=True, help="Folder of the runs.")
    lang: str = lang_option("reports")
    resume: Path | None = option(
        heading="Scope",
        metavar="RUN",
        shell_complete=completing.runs,
        help="Resume an interrupted run; sends only missing requests.",
    )
    verbose: bool = option("-v", heading="Terminal", help="Log each request.")


@command(ScanOptions, example="probe scan --target contoso=https://contoso.openai.azure.com --id task_01k7...")
def scan(options: ScanOptions) -> None:
    """Find the working download route, and say why the others fail.

    PASTE is what you have: a URL, a curl line, an SDK error, code, a HAR; text, a file, or `-` for standard input. Target, failing
    URL, ids and api-version are taken from it; options overrule. Without it they come from options and environment.

    Only GET and HEAD are sent, unless --allow-billable or --allow-post is given. Exit code: 0 a download was proved, 1 none
    works, 2 wrong input, 3 undecided.
    """
    check_reports(options.reports)
    if options.resume and options.paste is not None:
        raise UsageError("--resume: a saved run has its own targets", hint="leave the paste out, or scan anew without --resume")
    if options.resume and is_finished(options.resume, options.scope):
        raise SystemExit(say_finished(options.resume, options.printing))
    order = _order(options)
    engine = _engine(options, order)
    if options.dry_run:
        print_plan(order, options.printing)
        return
    raise SystemExit(run_scan(order, options, engine))


def _order(options: ScanOptions) -> ScanOrder:
    """Make the order of a new scan, or that of the run to resume."""

    def fresh() -> ScanOrder:
        catalogue = load_catalogue(options.target.catalogues)
        case = read_case(options.paste, catalogue, options.printing) if options.paste is not None else None
        told = replace(options, target=case.target(options.target), scope=case.scope(options.scope)) if case else options
        scope = make_scope(told.scope, told.limits)
        is_elsewhere, is_dry = options.scheduler is not None, options.dry_run
        order = make_order(told, catalogue, scope, told.printing, case, is_elsewhere=is_elsewhere, is_dry=is_dry)
        name = "anonymised" if options.reports.anonymise else ""
        order = seen_from(replace(order, targets=sharded(order.targets, options.shard)), options.vantages)
        return replace(order, root=options.output, name=name, wait=options.scope.wait)

    return resumed_order(options.resume, options, options.scope, fresh) if options.resume else fresh()


def _engine(options: ScanOptions, order: ScanOrder) -> Engine | None:
    """Name the engine that runs the scan, None for this process; what cannot run there is refused."""
    if options.engine is None:
        for name, value in (("--scheduler", options.scheduler), ("--vantage", options.vantages)):
            if value:
                raise UsageError(f"{name}: needs --engine", hint="add --engine dask")
        return None
    from probe.fleet.engine import Engine, check_engine

    engine = Engine(options.scheduler, options.vantages, use_entra=options.target.use_entra and bool(options.scheduler))
    check_engine(engine, order)
    return engine


def seen_from(order: ScanOrder, vantages: tuple[str, ...]) -> ScanOrder:
    """Ask each target from each vantage, with the headers and network options that it has for itself."""
    if not vantages:
        return order
    from probe.fleet import engine

    targets = engine.seen_from(order.targets, vantages)
    names = {one.name: one.name.removesuffix(f":{one.vantage}") for one in targets}
    return replace(
        order,
        targets=targets,
        headers={name: order.headers[known] for name, known in names.items() if known in order.headers},
        networks={name: order.networks[known] for name, known in names.items() if known in order.networks},
    )


def sharded(targets: tuple[Target[RawUrl], ...], shard: tuple[int, int] | None) -> tuple[Target[RawUrl], ...]:
    """Pick this machine's part of the targets, every N-th by name: all shards together are all targets, each once."""
    if shard is None:
        return targets
    part = tuple(sorted(targets, key=lambda target: target.name)[shard[0] - 1 :: shard[1]])
    if not part:
        click.echo(f"shard {shard[0]}/{shard[1]}: no target falls to it, nothing to do", err=True)
        raise SystemExit(int(ExitCode.OK))
    return part


def say_finished(run: Path, printing: PrintOptions) -> int:
    """Show the answer of a finished run instead of sending anything; returns its exit code."""
    from probe.reports import judge_run

    again = shell_words("probe", "report", str(run))
    talk(
        f"this run is finished: nothing is sent. `{again}` renders its reports again; start a new scan to send the requests again",
        printing,
    )
    report = judge_run(run)
    print_report(report, printing, None)
    return int(EXIT_CODES[report.answer])


def run_scan(order: ScanOrder, options: ScanOptions, engine: Engine | None) -> int:
    """Send, judge, write and print; returns the exit code."""
    import asyncio

    printing = options.printing
    with progress(printing, is_verbose=options.verbose) as watcher:
        scan, run = _begun(order, options, engine, watcher)
        talk(f"{_spoken_plan(scan)}; the run is kept in {scan.folder.path}", printing)
        with _resumable(scan, options), stopped_by_signals(scan):
            asyncio.run(run())
    with _resumable(scan, options):
        report = finish(scan, options.reports, printing)
    if scan.is_interrupted:
        talk(f"to resume: {_resume_words(scan, options)}", printing)
    return int(ExitCode.INTERRUPTED if scan.is_interrupted else EXIT_CODES[report.answer])


def _begun(
    order: ScanOrder, options: ScanOptions, engine: Engine | None, watcher: Watcher
) -> tuple[Scan, Callable[[], Coroutine[Any, Any, None]]]:
    """Begin or resume the scan; returns it and what runs it, here or on an engine."""
    from probe.pipeline import Scan

    if engine is None:
        scan = Scan.resume(order, options.resume, watcher) if options.resume else Scan.start(order, watcher)
        return scan, scan.run
    from probe.fleet.engine import scan_fleet
    from probe.fleet.gathered import Gathered

    fleet = Gathered.resume(order, options.resume, watcher) if options.resume else Gathered.start(order, watcher)
    return fleet, lambda: scan_fleet(fleet, engine)


@contextmanager
def _resumable(scan: Scan, options: ScanOptions) -> Iterator[None]:
    """Tell how to resume a run whose folder can no longer be written."""
    try:
        yield
    except RunError as error:
        scan.close()
        is_kept = scan.folder.journal.is_file()
        more = f"what is known is in the journal; to resume: {_resume_words(scan, options)}" if is_kept else ""
        raise RunError(error.message, hint="; ".join(part for part in (error.hint, more) if part)) from error


def _resume_words(scan: Scan, options: ScanOptions) -> str:
    """The command that resumes the run, on its engine if it had one: only its workers can confirm what they saw."""
    again = resume_command(scan.folder.path, options)
    if options.engine is None and not scan.order.networks:
        return again
    pairs = (("--targets", options.target.targets_file), ("--engine", options.engine), ("--scheduler", options.scheduler))
    words = [word for option, value in pairs if value for word in (option, str(value))]
    words += [word for file in options.target.trusted for word in ("--trust", str(file))]
    words += [word for name in options.vantages for word in ("--vantage", name)]
    return f"{again} {shell_words(*words)}, with the same ids and limits"


def _spoken_plan(scan: Scan) -> str:
    """Say what is about to be sent."""
    count = len(scan.probes)
    waiting = sum(bool(probe.needs) for probe in scan.probes.values())
    billable = [probe for probe in scan.probes.values() if probe.billable and not scan.may_have_cost(probe)]
    costs = "; ".join(sorted({probe.cost for probe in billable}))
    wait = f" ({waiting} of them wait for an id from a response)" if waiting else ""
    bill = f"; {len(billable)} may be billed: {costs}" if billable else ""
    return f"{count} requests planned{wait}, plus control requests and links{bill}"
