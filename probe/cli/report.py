"""`probe report`: judge a saved run again with today's rules, and render it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from probe.cli.options import anonymise_option, format_option, lang_option
from probe.cli.show import print_report, talk


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@format_option("all usual ones")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write the reports here; default: only print.")
@click.option("--json", "as_json", is_flag=True, help="Print report.json to standard output.")
@click.option("--ticket", "as_ticket", is_flag=True, help="Print ticket.txt: the answer in at most 2,000 characters.")
@click.option("--bundle", is_flag=True, help="Also write one zip for the ticket.")
@anonymise_option
@click.option(
    "--mapping", type=click.Path(path_type=Path), metavar="FILE", help="With --anonymise: write the pseudonyms' meanings here."
)
@lang_option("reports")
@click.option("--all", "show_all", is_flag=True, help="Show every request.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the answer.")
@click.option("--no-color", is_flag=True, help="Print without colour.")
def report(**values: Any) -> None:
    """Judge a saved RUN again, offline, and render it.

    RUN is a folder that `probe scan` wrote. Nothing in it is changed; exit codes are those of `scan`.
    """
    from probe.cli.scan import EXIT_CODES, check_formats, check_mapping, keep_mapping
    from probe.cli.targets import environment
    from probe.language import use_language
    from probe.redact import Redactor
    from probe.reports import anonymised, judge_run, write_reports
    from probe.runs.folder import RunFolder

    use_language(values["lang"])
    check_formats(values["formats"])
    check_mapping(values)
    judged = judge_run(values["run"])
    if values["anonymise"]:
        judged, mapping = anonymised(judged)
        keep_mapping(mapping, values["mapping"])
    if values["output"] or values["bundle"] or values["formats"]:
        from probe.formats import DEFAULT_FORMATS

        env = environment()
        variables = {credential.variable for target in judged.evidence.targets for credential in target.credentials}
        redactor = Redactor.of({name: env[name] for name in variables if env.get(name)})
        name = "-".join(target.name for target in judged.evidence.targets[:3])
        folder = RunFolder.create(values["output"] or values["run"].parent, name, judged.generated_at)
        formats = [name for name in values["formats"] or DEFAULT_FORMATS if name != "terminal"]
        write_reports(folder, judged, formats, redactor, is_bundled=values["bundle"])
        talk(f"written to {folder.path}", values)
    print_report(judged, values, None)
    raise SystemExit(int(EXIT_CODES[judged.answer]))
