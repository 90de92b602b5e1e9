"""`probe report`: judge a saved run again with today's rules, and render it anew."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probe.cli import completing
from probe.cli.answers import EXIT_CODES, check_reports, files_of, named_for, redactor_of
from probe.cli.command import argument, command, group, option
from probe.cli.options import PrintOptions, ReportOptions, lang_option
from probe.cli.show import print_report, talk
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.model import Report
    from probe.redact import Redactor


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What `probe report` can be told."""

    run: Path | None = argument(shell_complete=completing.runs)
    reports: ReportOptions = group("Reports")
    printing: PrintOptions = group("Terminal")
    as_ticket: bool = option("--ticket", heading="Terminal", help="Print ticket.txt: the answer in at most 2,000 characters.")
    output: Path | None = option("-o", heading="Reports", metavar="DIR", help="Write the reports here; default: only print.")
    is_opened: bool = option("--open", heading="Reports", help="Write report.html and open it in the browser.")
    lang: str = lang_option("reports")


@command(RenderOptions, example="probe report reports/2026-01-31T09-30-00Z-contoso --ticket")
def report(options: RenderOptions) -> None:
    """Judge a saved RUN again, offline, and render it.

    RUN is a folder that `probe scan` wrote, or a bundle.zip; without it, the newest run below reports/. Nothing in it is
    changed; exit codes are those of `scan`.
    """
    from probe.formats import FORMATS
    from probe.reports import judge_run

    check_reports(options.reports)
    run = options.run or newest_run()
    saved = judge_run(run)
    judged = named_for(saved, options.reports)
    if options.output or options.reports.bundle or options.reports.formats or options.is_opened:
        folder = _write(judged, options, run, redactor_of(saved))
        talk(f"written to {folder}", options.printing)
        if options.is_opened:
            open_page(folder / "report.html", options.printing)
    if options.as_ticket and not options.printing.as_json:
        click.echo(FORMATS.load("ticket")(judged), nl=False)
    else:
        print_report(judged, options.printing, None)
    raise SystemExit(int(EXIT_CODES[judged.answer]))


def _write(judged: Report, options: RenderOptions, run: Path, redactor: Redactor) -> Path:
    """Write the reports into a new folder, searched for the secrets that `redactor` knows."""
    from probe.reports import write_reports
    from probe.runs.folder import RunFolder

    name = "-".join(target.name for target in judged.evidence.targets[:3])
    folder = RunFolder.create(options.output or run.parent, name, judged.generated_at)
    formats = dict.fromkeys((*files_of(options.reports), *(("html",) if options.is_opened else ())))
    write_reports(folder, judged, formats, redactor, is_bundled=options.reports.bundle)
    return folder.path


def newest_run() -> Path:
    """The newest run in the usual place."""
    from probe.runs.folder import latest

    root = Path("reports")
    found = latest(root)
    if found is None:
        raise UsageError(f"no run below {root}", hint="name the folder of a run, or scan first")
    return found.path


def open_page(page: Path, printing: PrintOptions) -> None:
    """Open a page in the browser; without a desktop, or where another user could replace it meanwhile, say where it is."""
    import webbrowser

    from probe.runs.folder import changeable_by_others

    shared = changeable_by_others(page.resolve())
    if shared is not None:
        talk(f"not opened: other users can replace files in {shared}; the page is {page}", printing)
        return
    has_desktop = sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not has_desktop or not webbrowser.open(page.resolve().as_uri()):
        talk(f"no desktop here; open it in a browser: {page}", printing)
