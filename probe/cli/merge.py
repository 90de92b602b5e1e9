"""`probe merge`: put runs together, from several networks or from the shards of a fleet, and judge them as one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.cli.options import lang_option
from probe.cli.show import print_report, talk
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.model import Evidence

_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,39})=(.+)", re.DOTALL)
_STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-(.+)")


@click.command()
@click.argument("runs", metavar="[NAME=]RUN...", nargs=-1, required=True)
@click.option("-f", "--format", "formats", multiple=True, metavar="NAME", help="Report formats to write; default: all usual ones.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="Folder of the runs."
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json to standard output.")
@click.option("--bundle", is_flag=True, help="Also write one zip for the ticket.")
@lang_option("reports")
@click.option("--all", "show_all", is_flag=True, help="Show every probe.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the answer.")
@click.option("--no-color", is_flag=True, help="No colour.")
def merge(runs: tuple[str, ...], **values: Any) -> None:
    """Put runs together and judge them as one.

    Each RUN is a folder or a bundle.zip; NAME says which network it was made from, such as laptop=RUN vnet=RUN. What the
    same request came to from different networks is a finding. Targets that only one run has stay as they are, so this also
    joins the shards of `scan --shard`. Exit codes are those of `scan`.
    """
    from probe.cli.scan import EXIT_CODES, check_formats
    from probe.cli.targets import environment
    from probe.formats import DEFAULT_FORMATS
    from probe.language import use_language
    from probe.merging import merged
    from probe.redact import Redactor
    from probe.reports import write_reports
    from probe.runs.folder import RunFolder
    from probe.verdict import judge

    use_language(values["lang"])
    check_formats(values["formats"])
    evidence = merged(by_vantage(runs))
    report = judge(evidence, evidence.ended_at or datetime.now(UTC))
    env = environment()
    variables = {credential.variable for target in evidence.targets for credential in target.credentials}
    redactor = Redactor.of({name: env[name] for name in variables if env.get(name)})
    folder = RunFolder.create(values["output"], "merged", datetime.now(UTC))
    formats = [name for name in values["formats"] or DEFAULT_FORMATS if name != "terminal"]
    write_reports(folder, report, formats, redactor, is_bundled=values["bundle"])
    talk(f"written to {folder.path}", values)
    print_report(report, values, folder.path if "markdown" in formats else None)
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
