"""`probe completion`: the script that teaches a shell to complete commands, options, kinds, endpoints, runs and codes."""

from __future__ import annotations

from dataclasses import dataclass

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from probe.cli import COMPLETE_VARIABLE
from probe.cli.command import argument, command

PROGRAM = "probe"
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $line, $at)
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $line.ToString()
    $env:COMP_CWORD = $word
    try {
        %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_CWORD
    }
}
"""


@add_completion_class
class PowerShellComplete(ShellComplete):
    """PowerShell, which click does not know: it hands over the line and the word under the cursor."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Take the words before the one that is being typed from the variables that the script sets."""
        import os

        from click.shell_completion import split_arg_string

        word = os.environ.get("COMP_CWORD", "")
        words = split_arg_string(os.environ.get("COMP_WORDS", ""))[1:]
        return (words[:-1] if word and words and words[-1] == word else words), word

    def format_completion(self, item: CompletionItem) -> str:
        """Write one candidate a line, with its help behind a tab."""
        return f"{item.value}\t{item.help or ''}"


SHELLS = ("bash", "zsh", "fish", "powershell")


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
    click.echo(made(click.Command(PROGRAM), {}, PROGRAM, COMPLETE_VARIABLE).source())
