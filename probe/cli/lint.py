"""`probe targets`: check a file of targets before a fleet is scanned by it, and describe it for editors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from probe.cli.command import argument, command
from probe.cli.env import environment
from probe.view.escape import visible


@dataclass(frozen=True, slots=True)
class TargetsFileOptions:
    """Which file to check."""

    file: Path = argument(metavar="FILE")


@click.group()
def targets() -> None:
    """Check a file of targets, and print its schema."""


@command(TargetsFileOptions, parent=targets, example="probe targets lint fleet.yaml")
def lint(options: TargetsFileOptions) -> None:
    """Check a targets file without sending anything.

    Every mistake is one line, FILE:LINE:COLUMN, with a hint. Variables that are not set here are named: a worker may have them.
    Exit code: 0 right, 2 wrong.
    """
    from probe.cli.fleet import read_fleet

    described, env = read_fleet(options.file), environment()
    variables = {name for one in described for name in (one.key_variable, one.token_variable) if name}
    click.echo(visible(f"{options.file}: {len(described)} targets, {len(variables)} variables"))
    if missing := sorted(name for name in variables if not env.get(name)):
        click.echo(f"not set here: {', '.join(missing)}", err=True)


@targets.command()
def schema() -> None:
    """Print the JSON Schema of a targets file, for editors."""
    from probe.cli.fleet import schema as made

    click.echo(json.dumps(made(), indent=2))
