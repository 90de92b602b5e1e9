"""`probe simulate`: a simulated service on loopback, to try every command without a key and without a bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from probe.cli.command import command, option
from probe.errors import UsageError
from probe.providers import provider
from probe.registry import nearest

if TYPE_CHECKING:
    from probe.simulator import Server, World


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """What `probe simulate` can be told."""

    world: str = option(default="sora1", show_default=True, metavar="NAME", help="The service to simulate; see --list.")
    port: int = option(type=click.IntRange(0, 65_535), default=0, show_default="a free one", help="Loopback port.")
    latency: float = option(
        type=click.FloatRange(min=0), default=0.0, show_default=True, metavar="SECONDS", help="Wait before each answer."
    )
    is_list: bool = option("--list", help="List the worlds and exit.")


@command(SimulateOptions, example="probe simulate --world expired")
def simulate(options: SimulateOptions) -> None:
    """Serve a simulated Azure OpenAI, OpenAI or self-hosted service on loopback until Ctrl-C.

    A world is one service in one condition: `sora1` works, `expired`, `firewall` or `blob-expired` fail in their own way.
    """
    from probe.simulator import WORLDS, serve

    if options.is_list:
        width = max(map(len, WORLDS))
        click.echo("\n".join(f"{one.name:{width}}  {one.description}" for one in WORLDS.values()))
        return
    if options.world not in WORLDS:
        hint = f"{nearest(options.world, WORLDS)} `probe simulate --list` names all".lstrip()
        raise UsageError(f"--world: no world {options.world!r}", hint=hint)
    try:
        serve(options.world, port=options.port, latency=options.latency, announce=lambda server: click.echo(invitation(server)))
    except OSError as error:
        raise UsageError(
            f"--port {options.port}: {error.strerror or error}", hint="take another port, or 0 for a free one"
        ) from None
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def key_variable(world: World) -> str:
    """Name the environment variable that the world's secret belongs into; empty where none is wanted."""
    if world.credential == "none":
        return ""
    if world.credential == "token":
        return "AZURE_OPENAI_AD_TOKEN"
    return next(iter(provider(world.provider).key_variables), "LAB_KEY")


def invitation(server: Server) -> str:
    """Write what a user needs to scan the world: its URL, ids, key, and a command line that works as it stands."""
    world, variable = server.world, key_variable(server.world)
    options = [] if variable in ("", "AZURE_OPENAI_AD_TOKEN", *provider(world.provider).key_variables) else ["--key-env", variable]
    words = " ".join([*options, *(f"--id {name}={value}" for name, value in world.ids.items())])
    lines = [f"world {world.name}: {world.description}", f"url   {server.url}"]
    lines += [f"id    {name} = {value}" for name, value in world.ids.items()]
    if variable:
        lines += ["", "set the key:", f"  export {variable}={world.key}", f'  $env:{variable} = "{world.key}"        (PowerShell)']
    lines += [
        "",
        "scan it:",
        f"  probe scan --target lab={server.url} --provider {world.provider} {words}".rstrip(),
        "",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines)
