"""`probe demo`: the story that this tool was made for, over real sockets against a simulated Azure, without a key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from probe.cli.answers import EXIT_CODES, check_reports, finish
from probe.cli.command import command, group, option
from probe.cli.options import PrintOptions, ReportOptions, lang_option
from probe.cli.show import progress, talk

VARIABLE = "PROBE_DEMO_KEY"
STORY = """\
A customer's Azure Sora job says `succeeded`, but there is no link in it, and this URL returns 404:
  GET {url}
Four hand-made requests later the conclusion was: there is no download endpoint.
Now the same with one command, against a simulated resource on this machine ({origin}):
  probe scan --id {job} --failing-url '.../generations/{generation}/content?api-version=preview'
"""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What `probe demo` can be told."""

    reports: ReportOptions = group("Reports")
    printing: PrintOptions = group("Terminal")
    output: Path = option("-o", heading="Reports", default=Path("reports"), show_default=True, help="Folder of the runs.")
    lang: str = lang_option("reports")


@command(DemoOptions, example="probe demo --bundle")
def demo(options: DemoOptions) -> None:
    """Run a scan against a simulated service, without a key.

    It starts a simulated Azure resource on a free loopback port, scans it for real, and writes a real report.
    """
    import asyncio

    from probe.cli.described import Wish
    from probe.cli.order import load_catalogue
    from probe.cli.targets import choose
    from probe.model import Note
    from probe.order import ScanOrder, Scope
    from probe.pipeline import Scan
    from probe.simulator import running
    from probe.transport import TransportOptions

    check_reports(options.reports)
    with running("sora1") as server:
        ids = server.world.ids
        failing = f"{server.url}/openai/v1/video/generations/{ids['generation_id']}/content?api-version=preview"
        talk(STORY.format(url=failing, origin=server.origin, job=ids["job_id"], generation=ids["generation_id"]), options.printing)
        catalogue = load_catalogue(())
        wish = Wish(
            targets=(f"demo={server.url}",),
            providers=("azure",),
            key_variables=(VARIABLE,),
            ids=(ids["job_id"],),
            failing_url=failing,
        )
        chosen = choose(wish, {VARIABLE: server.world.key}, catalogue.artefacts)
        order = ScanOrder(
            catalogue=catalogue,
            targets=chosen.targets,
            scope=Scope(failing_url=failing),
            secrets=chosen.secrets,
            options=TransportOptions(proxy="", environment={}),
            root=options.output,
            notes=(Note("demonstration"),),
        )
        with progress(options.printing) as watcher:
            scan = Scan.start(order, watcher)
            asyncio.run(scan.run())
    report = finish(scan, options.reports, options.printing)
    raise SystemExit(int(EXIT_CODES[report.answer]))
