"""The command line: the only place that knows click, standard output and exit codes.

One file per command; a command is imported only when it is called, so that `probe --help` costs nothing but click.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

from probe import __version__
from probe.cli.completing import VARIABLE
from probe.cli.streams import standard_streams
from probe.errors import ExitCode, ProbeError
from probe.registry import Registry

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_ALLOCATIONS = 20_000
"""How many more objects are there before the collector looks for circles again: evidence only grows, and holds none."""
SUMMARIES = {
    "scan": "Find the working download route, and say why the others fail.",
    "diagnose": "Judge a pasted response, offline; nothing is sent.",
    "download": "Download the artefact by the route that works, whole and checked.",
    "watch": "Ask again until it works, is ready or changes.",
    "report": "Judge and render a saved run or bundle again.",
    "diff": "Show what changed between two runs.",
    "merge": "Put runs from several networks or shards together.",
    "discover": "List a target's existing artefacts by free requests.",
    "doctor": "Check keys, DNS, proxy, TLS and clock without a scan.",
    "explain": "Explain a diagnosis code.",
    "targets": "Check a file of targets, and print its schema.",
    "catalogue": "Check, list, show and extend the catalogue of endpoints.",
    "demo": "Run a scan against a simulated service, without a key.",
    "simulate": "Serve a simulated service on loopback.",
    "completion": "Print the script that completes `probe` in a shell.",
}
COMMANDS = Registry("command", {name: f"probe.cli.{'lint' if name == 'targets' else name}:{name}" for name in SUMMARIES})
"""Each stands in a file of its name; what `targets` is stands in `probe.cli.targets` for all others."""
ALIASES = {"catalog": "catalogue"}
"""American spellings."""

START = """\
Find where a finished Azure OpenAI or OpenAI artefact can really be downloaded.

Without a key     probe demo
Scan a resource   probe scan --target https://NAME.openai.azure.com --id JOB     (key in AZURE_OPENAI_API_KEY)
Paste an error    probe diagnose                                                 (offline; nothing is sent)

All commands      probe --help
"""


def _leave_no_core() -> None:
    """Allow no core file of this process: it would hold the key, in the folder that the command was called in."""
    try:
        import resource  # of POSIX
    except ImportError:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


class LazyGroup(click.Group):
    """Loads a command when it is called, and turns every way to end into its own exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is no command of that name."""
        cmd_name = ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = COMMANDS.load(cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the commands from the table, importing none of them; of an option, what click offers."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=SUMMARIES[name]) for name in COMMANDS if name.startswith(incomplete)]

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest name for one that is unknown; click itself knows only commands that are imported."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in COMMANDS])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and exit: 2 for a mistake of the user, 70 for a bug of ours, 130 for an interruption."""
        if os.environ.get(VARIABLE, "").startswith("powershell"):
            import probe.cli.powershell  # noqa: F401 - makes this shell known to click
        _leave_no_core()
        gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
        atexit.register(gc.freeze)  # what ends with the process need not be looked through once more
        with standard_streams() as out:
            code = self._run(*args, **kwargs | {"standalone_mode": False, "complete_var": VARIABLE})
            if out is not None and out.error is not None and code != ExitCode.INTERRUPTED:
                from probe.runs.folder import disk_error

                complain(f"error: {disk_error('standard output', out.error)}")
                code = ExitCode.USAGE
        sys.exit(int(code or 0))

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and turn every way to end into an exit code."""
        try:
            return super().main(*args, **kwargs)
        except click.exceptions.Exit as stop:
            return stop.exit_code
        except SystemExit as stop:
            return stop.code
        except click.ClickException as error:
            said = StringIO()
            error.show(said)
            complain(said.getvalue().rstrip("\n"))
            return ExitCode.USAGE
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            return ExitCode.INTERRUPTED
        except ProbeError as error:
            complain(f"error: {error}")
            return ExitCode.USAGE
        except Exception as error:  # noqa: BLE001 - the last line of defence: a bug of ours gets its own exit code
            complain(safe_traceback(error))
            click.echo("this is a bug in probe; no request is in flight and no report was half-written", err=True)
            return ExitCode.BUG


_KEY_LENGTH = 32
"""Letters and digits without a mark between them, from which on a word may be a key; ids and names of runs have marks."""


def safe_traceback(error: BaseException) -> str:
    """Format where an exception came from, without its message: it may hold what a server, a customer or a header said."""
    import traceback

    lines = ["Traceback (most recent call last):"]
    chain = [error]
    while (before := chain[0].__cause__ or chain[0].__context__) is not None and before not in chain:
        chain.insert(0, before)
    for one in chain:
        lines += [line.rstrip("\n") for line in traceback.format_tb(one.__traceback__)]
        # Python's own words about names are ours and say which bug it is.
        is_harmless = isinstance(one, AttributeError | ImportError | NameError)
        lines.append(type(one).__name__ + (f": {one}" if is_harmless else ""))
    return "\n".join(lines)


def complain(text: str) -> None:
    """Say what went wrong on standard error, with no secret in it: people mistype URLs with passwords, and logs keep everything."""
    from probe.redact import Redactor
    from probe.view.escape import visible

    secrets = {name: value for name, value in os.environ.items() if name in sys.argv or _names_a_secret(name)}
    for at, word in enumerate(sys.argv[1:], 1):
        name, _equals, value = word.partition("=")
        address, header = word.partition("://")[2], word.partition(":")[2] if word[1:3] not in (":\\", ":/") else ""  # C:\\
        password = address.rpartition("@")[0].partition(":")[2] if address else header
        bare = word if len(word) >= _KEY_LENGTH and word.isascii() and word.isalnum() else ""
        secrets |= {f"argument {at}": value if _names_a_secret(name) else bare, f"password {at}": password.strip()}
    click.echo("\n".join(map(visible, Redactor.of(secrets).text(text).split("\n"))), err=True)


def _names_a_secret(name: str) -> bool:
    return any(word in name.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"))


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from probe.shipped import default_updated

    click.echo(f"probe {__version__} (catalogue of {default_updated()})")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    no_args_is_help=False,
    subcommand_metavar="[COMMAND] [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "PROBE", "max_content_width": 100},
)
@click.option(
    "-V", "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version and exit."
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Find where a finished Azure OpenAI or OpenAI artefact can really be downloaded.

    A job says `succeeded` and there is no link? `probe scan` tries every route that the catalogue knows, safely, and reports
    the one that works, with the reason why the others fail. Try it without a key: `probe demo`.
    """
    if ctx.invoked_subcommand is not None:
        return
    if not sys.stdout.isatty():
        raise click.exceptions.NoArgsIsHelpError(ctx)
    click.echo(START, nl=False)
