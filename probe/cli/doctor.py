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
    from probe.doctor import examine, is_healthy
    from probe.order import Scope

    order = make_order(options, load_catalogue(options.target.catalogues), Scope(limits=options.limits), options.talking)
    checks = asyncio.run(examine(order))
    if options.as_json:
        click.echo(document([members(check) for check in checks]))
    else:
        wide = max(len(check.subject) for check in checks)
        for name in dict.fromkeys(check.target for check in checks):
            click.echo(visible(name))
            for check in (one for one in checks if one.target == name):
                click.echo(f"  {check.state:<7} {check.subject:<{wide}}  {visible(check.seen)}")
                if check.remedy:
                    click.echo(f"  {'':<7} {'':<{wide}}  -> {visible(check.remedy)}")
    raise SystemExit(int(ExitCode.OK if is_healthy(checks) else ExitCode.UNDECIDED))
