"""`probe demo`: the story that this tool was made for, over real sockets against a simulated Azure, without a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from probe.cli.options import anonymise_option, format_option, lang_option, load_catalogue
from probe.cli.show import progress, talk

VARIABLE = "PROBE_DEMO_KEY"
STORY = """\
A customer's Azure Sora job says `succeeded`, but there is no link in it, and this URL answers 404:
  GET {url}
Four hand-made requests later the conclusion was: there is no download endpoint.
Now the same with one command, against a simulated resource on this machine ({origin}):
  probe scan --id {job} --failing-url '.../generations/{generation}/content?api-version=preview'
"""


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="Folder of the runs."
)
@format_option("all usual ones")
@click.option("--json", "as_json", is_flag=True, help="Print report.json to standard output.")
@click.option("--bundle", is_flag=True, help="Also write one zip for the ticket.")
@anonymise_option
@lang_option("reports")
@click.option("--all", "show_all", is_flag=True, help="Show every request in the terminal.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the answer.")
@click.option("--no-color", is_flag=True, help="Print without colour.")
def demo(**values: Any) -> None:
    """Run a scan against a simulated service, without a key.

    It starts a simulated Azure resource on a free loopback port, scans it for real, and writes a real report.
    """
    import asyncio

    from probe.cli.scan import EXIT_CODES, check_formats, finish
    from probe.cli.targets import Wish, choose
    from probe.language import _, use_language
    from probe.pipeline import Order, Scan, Scope
    from probe.simulator import running
    from probe.transport import TransportOptions

    use_language(values["lang"])
    check_formats(values["formats"])
    with running("sora1") as server:
        ids = server.world.ids
        failing = f"{server.url}/openai/v1/video/generations/{ids['generation_id']}/content?api-version=preview"
        talk(STORY.format(url=failing, origin=server.origin, job=ids["job_id"], generation=ids["generation_id"]), values)
        catalogue = load_catalogue(())
        wish = Wish(
            targets=(f"demo={server.url}",),
            providers=("azure",),
            key_variables=(VARIABLE,),
            ids=(ids["job_id"],),
            failing_url=failing,
        )
        chosen = choose(wish, {VARIABLE: server.world.key}, catalogue.artefacts)
        order = Order(
            catalogue=catalogue,
            targets=chosen.targets,
            scope=Scope(failing_url=failing),
            secrets=chosen.secrets,
            options=TransportOptions(proxy="", environment={}),
            root=values["output"],
            notes=(_("a demonstration: the service that answered is simulated"),),
        )
        with progress(values) as watcher:
            scan = Scan.start(order, watcher)
            asyncio.run(scan.run())
    report = finish(scan, values | {"mapping": None})
    raise SystemExit(int(EXIT_CODES[report.answer]))
