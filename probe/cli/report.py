"""`probe report`: judge a saved run again with today's rules, and render it anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from probe.cli.options import lang_option
from probe.cli.show import print_report, talk
from probe.errors import UsageError


@click.command()
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option("-f", "--format", "formats", multiple=True, metavar="NAME", help="Report formats to write; default: all usual ones.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write the reports here; default: only print.")
@click.option("--json", "as_json", is_flag=True, help="Print report.json to standard output.")
@click.option("--ticket", "as_ticket", is_flag=True, help="Print ticket.txt: the answer in at most 2,000 characters.")
@click.option("--bundle", is_flag=True, help="Also write one zip for the ticket.")
@click.option("--anonymise", is_flag=True, help="Replace hosts, names and ids by pseudonyms.")
@click.option(
    "--mapping", type=click.Path(path_type=Path), metavar="FILE", help="With --anonymise: write the pseudonyms' meanings here."
)
@lang_option("reports")
@click.option("--open", "is_opened", is_flag=True, help="Write report.html and open it in the browser.")
@click.option("--all", "show_all", is_flag=True, help="Show every probe.")
@click.option("-q", "--quiet", is_flag=True, help="No talk.")
@click.option("--no-color", is_flag=True, help="No colour.")
def report(**values: Any) -> None:
    """Judge a saved RUN again, offline, and render it.

    RUN is a folder that `probe scan` wrote, or a bundle.zip; without it, the newest run below reports/. Nothing in it is
    changed; exit codes are those of `scan`.
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
    run = values["run"] or newest_run()
    judged = judge_run(run)
    if values["anonymise"]:
        judged, mapping = anonymised(judged)
        keep_mapping(mapping, values["mapping"])
    if values["output"] or values["bundle"] or values["formats"] or values["is_opened"]:
        from probe.formats import DEFAULT_FORMATS

        env = environment()
        variables = {credential.variable for target in judged.evidence.targets for credential in target.credentials}
        redactor = Redactor.of({name: env[name] for name in variables if env.get(name)})
        name = "-".join(target.name for target in judged.evidence.targets[:3])
        folder = RunFolder.create(values["output"] or run.parent, name, judged.generated_at)
        formats = [name for name in values["formats"] or DEFAULT_FORMATS if name != "terminal"]
        formats += ["html"] if values["is_opened"] and "html" not in formats else []
        write_reports(folder, judged, formats, redactor, is_bundled=values["bundle"])
        talk(f"written to {folder.path}", values)
        if values["is_opened"]:
            open_page(folder.path / "report.html", values)
    print_report(judged, values, None)
    raise SystemExit(int(EXIT_CODES[judged.answer]))


def newest_run() -> Path:
    """The newest run in the usual place."""
    from probe.runs.folder import latest

    root = Path("reports")
    found = latest(root)
    if found is None:
        raise UsageError(f"no run below {root}", hint="name the folder of a run, or scan first")
    return found.path


def open_page(page: Path, values: dict[str, Any]) -> None:
    """Open a page in the browser; without a desktop, say where it is."""
    import webbrowser

    has_desktop = sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not has_desktop or not webbrowser.open(page.resolve().as_uri()):
        talk(f"no desktop here; open it in a browser: {page}", values)
