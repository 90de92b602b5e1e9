"""What a person sees while and after a command runs: talk and progress on stderr, the answer on stdout."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probe.cli.options import PrintOptions, TalkOptions
from probe.view.escape import document, visible

if TYPE_CHECKING:
    from probe.model import Observation, Probe, RawUrl, Report
    from probe.order import ScanOrder
    from probe.pipeline import Watcher


def talk(text: str, options: TalkOptions) -> None:
    """Say something to the person, unless asked to be quiet."""
    if not options.quiet:
        for line in text.splitlines() or [""]:
            click.echo(visible(line), err=True)


def has_colour(*, is_refused: bool = False) -> bool:
    """Whether standard output gets colour: a terminal does, and FORCE_COLOR or CLICOLOR_FORCE; NO_COLOR and --no-color win."""
    if is_refused or os.environ.get("NO_COLOR"):
        return False
    is_forced = os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") != "0"
    return bool(is_forced) or sys.stdout.isatty()


def width() -> int:
    """The width to fit to: the terminal's, 40 to 200 columns; 100 without a terminal."""
    return max(40, min(200, shutil.get_terminal_size((100, 24)).columns))


def print_report(report: Report, options: PrintOptions, folder: Path | None) -> None:
    """Print the answer, or with --json the whole report.json."""
    from probe.formats import FORMATS

    if options.as_json:
        click.echo(FORMATS.load("json")(report), nl=False)
        return
    from probe.formats.terminal import head_text, render

    if options.quiet:
        click.echo(head_text(report, width=width(), color=has_colour(is_refused=options.no_color)), color=True, nl=False)
        return
    text = render(
        report, width=width(), color=has_colour(is_refused=options.no_color), show_all=options.show_all, run_folder=_shown(folder)
    )
    click.echo(text, color=True, nl=not text.endswith("\n"))


def _shown(folder: Path | None) -> str | None:
    """Write a folder as the person would type it: relative to where they are, when it lies there."""
    if folder is None:
        return None
    path = folder.resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def print_plan(order: ScanOrder, options: PrintOptions) -> None:
    """Print the whole plan; nothing is sent."""
    from probe.formats.plan import render_plan
    from probe.plan import expand
    from probe.redact.planned import redacted_plan

    redactor = order.redactor()
    # before the text is fitted to a width: nobody recognises a secret that a table has cut in two
    plan = redacted_plan(expand(order.catalogue, order.targets, order.scope), redactor)
    if options.as_json:
        from probe.runs.codec import encode

        click.echo(redactor.known(document(encode(plan))))
        return
    click.echo(redactor.known(render_plan(plan, width=width(), max_requests=order.max_requests)))


@contextmanager
def progress(options: PrintOptions, *, is_verbose: bool = False) -> Iterator[Watcher]:
    """Show progress on a terminal, say each request with -v, stay silent otherwise."""
    from probe.diagnoses import tell
    from probe.pipeline import Watcher

    def ended(probe: Probe[RawUrl], observation: Observation) -> None:
        if is_verbose:
            last = observation.last
            seen = tell(observation.skip_reason) or (
                str(last.response.status_code) if last and last.response else last.failure if last else "bug"
            )
            talk(f"{seen}  {probe.method} {probe.id}", options)

    if options.quiet or not sys.stderr.isatty() or is_verbose:
        yield Watcher(ended=ended, said=lambda text: talk(text, options))
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True, no_color=not has_colour(is_refused=options.no_color))
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("asking", total=0)

    def planned(count: int) -> None:
        # Not before: what is said while a bar stands there would be written into its line.
        bar.start()
        bar.update(task, total=(bar.tasks[task].total or 0) + count)

    try:
        yield Watcher(
            planned=planned,
            ended=lambda *_: bar.advance(task),
            said=lambda text: bar.update(task, description=visible(text)),
        )
    finally:
        bar.stop()
