"""`probe completion`: the script that teaches a shell to complete commands, options, kinds, endpoints, runs and codes."""

from __future__ import annotations

from dataclasses import dataclass

import click
from click.shell_completion import get_completion_class

from probe.cli import powershell
from probe.cli.command import argument, command
from probe.cli.completing import VARIABLE

PROGRAM = "probe"
SHELLS = ("bash", "zsh", "fish", powershell.PowerShellComplete.name)


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """Which shell to write for."""

    shell: str = argument(type=click.Choice(SHELLS), metavar="SHELL")


_EXAMPLE = """\
bash        probe completion bash > ~/.local/share/bash-completion/completions/probe
zsh         probe completion zsh > "${fpath[1]}/_probe"
fish        probe completion fish > ~/.config/fish/completions/probe.fish
PowerShell  probe completion powershell | Out-String | Invoke-Expression      (in $PROFILE)"""


@command(CompletionOptions, example=_EXAMPLE)
def completion(options: CompletionOptions) -> None:
    """Print the script that completes `probe` in a shell.

    SHELL is bash, zsh, fish or powershell. It completes commands, options, kinds of artefacts, endpoints, runs and codes.
    """
    made = get_completion_class(options.shell)
    assert made is not None
    # The group itself is not needed for the script, which calls the program.
    click.echo(made(click.Command(PROGRAM), {}, PROGRAM, VARIABLE).source())
