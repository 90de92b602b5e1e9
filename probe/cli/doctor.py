"""`probe doctor`: check variables, DNS, proxy, TCP, TLS, clock and key without a scan."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import click

from probe.cli.options import lang_option, limit_options, load_catalogue, target_options, transport_options
from probe.errors import ExitCode


@click.command()
@target_options
@limit_options
@transport_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")
@lang_option("checks")
@click.option("-q", "--quiet", is_flag=True, help="Print only the answer.")
def doctor(**values: Any) -> None:
    """Check keys, DNS, proxy, TLS and clock without a scan.

    Sends one free request a target (its list of models), and the few controls that tell causes apart.

    Exit code: 0 nothing failed, 3 something did.
    """
    from probe.cli.scan import make_order, warn_of_weak_keys
    from probe.doctor import examine, is_healthy
    from probe.language import use_language
    from probe.view.escape import document, visible

    use_language(values["lang"])
    order = make_order(values, load_catalogue(values["catalogues"]))
    warn_of_weak_keys(order, values)
    checks = asyncio.run(examine(order))
    if values["as_json"]:
        click.echo(document([dataclasses.asdict(check) for check in checks]))
    else:
        wide = max(len(check.subject) for check in checks)
        for name in dict.fromkeys(check.target for check in checks):
            click.echo(visible(name))
            for check in (one for one in checks if one.target == name):
                click.echo(f"  {check.state:<7} {check.subject:<{wide}}  {visible(check.seen)}")
                if check.remedy:
                    click.echo(f"  {'':<7} {'':<{wide}}  -> {visible(check.remedy)}")
    raise SystemExit(int(ExitCode.OK if is_healthy(checks) else ExitCode.UNDECIDED))
