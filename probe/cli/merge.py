"""`probe merge`: put runs together, from several networks or from the shards of a fleet, and judge them as one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from probe.cli.answers import EXIT_CODES, check_reports, files_of, named_for, redactor_of
from probe.cli.command import argument, command, group, option
from probe.cli.options import PrintOptions, ReportOptions, lang_option
from probe.cli.show import print_report, talk
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.model import Evidence

_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,39})=(.+)", re.DOTALL)
_STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-(.+)")


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """What `probe merge` can be told."""

    runs: tuple[str, ...] = argument(metavar="[NAME=]RUN...", required=True)
    reports: ReportOptions = group("Reports")
    printing: PrintOptions = group("Terminal")
    output: Path = option("-o", default=Path("reports"), show_default=True, help="Folder of the runs.")
    lang: str = lang_option("reports")


@command(MergeOptions, example="probe merge laptop=reports/2026-01-31T09-30-00Z-contoso vnet=bundle.zip")
def merge(options: MergeOptions) -> None:
    """Put runs together and judge them as one.

    Each RUN is a folder or a bundle.zip; NAME says which network it was made from, such as laptop=RUN vnet=RUN. A request
    whose result differs by network is a finding. Targets that only one run has stay as they are, so this also
    joins the shards of `scan --shard`. Exit codes are those of `scan`.
    """
    from probe.merging import judged
    from probe.reports import write_reports
    from probe.runs.folder import RunFolder

    check_reports(options.reports)
    merged = judged(by_vantage(options.runs))
    report, redactor = named_for(merged, options.reports), redactor_of(merged)
    folder, formats = RunFolder.create(options.output, "merged", datetime.now(UTC)), files_of(options.reports)
    write_reports(folder, report, formats, redactor, is_bundled=options.reports.bundle)
    talk(f"written to {folder.path}", options.printing)
    print_report(report, options.printing, folder.path if "markdown" in formats else None)
    raise SystemExit(int(EXIT_CODES[report.answer]))


def by_vantage(words: tuple[str, ...]) -> dict[str, Evidence]:
    """Load each run under its name: the one that was given, else its folder's, with a number where two are alike."""
    from probe.naming import numbered
    from probe.runs.saved import load_run

    found: dict[str, Evidence] = {}
    for word in words:
        named = _NAMED.fullmatch(word) if not Path(word).exists() else None
        path = Path(named[2] if named else word)
        if named and named[1] in found:
            raise UsageError(f"{word!r}: there are two runs called {named[1]!r}", hint="give each a name of its own")
        own = path.parent.resolve().name if path.name == "bundle.zip" else path.resolve().stem
        stamped = _STAMPED.fullmatch(own)
        name = named[1] if named else numbered(re.sub(r"[^A-Za-z0-9_-]+", "-", stamped[1] if stamped else own), found)
        found[name] = load_run(path)
    return found
