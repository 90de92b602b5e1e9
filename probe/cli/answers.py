"""What follows a scan, whichever command made it: reports are written, the answer is printed, an exit code says it too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from probe.cli.env import environment
from probe.cli.options import PrintOptions, ReportOptions
from probe.cli.show import print_report, talk
from probe.errors import ExitCode, UsageError
from probe.model import Answer
from probe.view.escape import document

if TYPE_CHECKING:
    from probe.model import Report
    from probe.pipeline import Scan
    from probe.redact import Redactor

EXIT_CODES = {Answer.WORKS: ExitCode.OK, Answer.NONE: ExitCode.NONE_WORKS, Answer.UNDECIDED: ExitCode.UNDECIDED}


def check_reports(options: ReportOptions) -> None:
    """Refuse an unknown format, and a mapping of nothing, before anything is sent."""
    from probe.formats import FORMATS

    for name in options.formats:
        FORMATS.load(name)
    if options.mapping and not options.anonymise:
        raise UsageError("--mapping: nothing is replaced without --anonymise", hint="give both, or leave --mapping out")


def files_of(options: ReportOptions) -> tuple[str, ...]:
    """Name the formats that are written into files."""
    from probe.formats import DEFAULT_FORMATS

    return tuple(name for name in options.formats or DEFAULT_FORMATS if name != "terminal")


def redactor_of(report: Report) -> Redactor:
    """Know the secrets that a saved run's variables hold today; asked before `named_for`, which renames variables too."""
    from probe.redact import Redactor

    env = environment()
    variables = {credential.variable for target in report.evidence.targets for credential in target.credentials}
    return Redactor.of({name: env[name] for name in variables if env.get(name)})


def named_for(report: Report, options: ReportOptions) -> Report:
    """Replace names by pseudonyms where that was asked for, and write what they stand for where the user wants it."""
    from probe.reports import anonymised

    if not options.anonymise:
        return report
    report, mapping = anonymised(report)
    keep_mapping(mapping, options.mapping)
    return report


def finish(scan: Scan, options: ReportOptions, printing: PrintOptions) -> Report:
    """Write the reports and print the answer."""
    formats = files_of(options)
    report = named_for(scan.report(), options)
    if options.anonymise:
        talk("journal.jsonl keeps the real names, for --resume: attach the reports or the bundle, never the whole folder", printing)
    scan.write(report, formats, is_bundled=options.bundle)
    scan.close()
    print_report(report, printing, scan.folder.path if "markdown" in formats else None)
    return report


def keep_mapping(mapping: Mapping[str, str], path: Path | None) -> None:
    """Write what each pseudonym stands for into a private file of the user's choice."""
    from probe.runs.folder import RunFolder

    if path is not None:
        RunFolder(path.parent).write_private(path, document(dict(mapping)) + "\n")
