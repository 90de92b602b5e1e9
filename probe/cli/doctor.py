"""`probe doctor`: check variables, DNS, proxy, TCP, TLS, clock and key without a scan."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import click

from probe.cli.command import command, group, option
from probe.cli.options import SendingOptions, TalkOptions, lang_option
from probe.cli.order import load_catalogue, make_order
from probe.errors import ExitCode
from probe.frozen import members
from probe.view.escape import document, visible


@dataclass(frozen=True, slots=True)
class DoctorOptions(SendingOptions):
    """What `probe doctor` can be told."""

    talking: TalkOptions = group("Terminal")
    as_json: bool = option("--json", heading="Terminal", help="Print JSON to standard output.")
    lang: str = lang_option("checks")


@command(DoctorOptions, example="probe doctor --target https://contoso.openai.azure.com")
def doctor(options: DoctorOptions) -> None:
    """Check keys, DNS, proxy, TLS and clock without a scan.

    Sends one free request per target (its list of models) and a few controls that tell causes apart.

    Exit code: 0 nothing failed, 3 something did.
    """
    from probe.doctor import State, examine
    from probe.order import Scope

    order = make_order(options, load_catalogue(options.target.catalogues), Scope(limits=options.limits), options.talking)
    found = asyncio.run(examine(order))
    checks = [check for each in found.values() for check in each]
    if options.as_json:
        click.echo(document([{"target": name} | members(check) for name, each in found.items() for check in each]))
    else:
        wide = max(len(check.subject) for check in checks)
        for name, each in found.items():
            click.echo(visible(name))
            for check in each:
                click.echo(f"  {check.state:<7} {check.subject:<{wide}}  {visible(check.seen)}")
                if check.remedy:
                    click.echo(f"  {'':<7} {'':<{wide}}  -> {visible(check.remedy)}")
    raise SystemExit(int(ExitCode.UNDECIDED if any(check.state is State.FAIL for check in checks) else ExitCode.OK))
