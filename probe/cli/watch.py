"""`probe watch`: wait until it works, is ready or changes, and say so once: here, to a command, to a webhook."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.cli.options import (
    Duration,
    lang_option,
    limit_options,
    target_options,
    transport_options,
    unquoted,
)
from probe.cli.resume import resume_command
from probe.cli.show import talk
from probe.errors import ExitCode, UsageError
from probe.model import Answer

if TYPE_CHECKING:
    from probe.follow import Change
    from probe.pipeline import Order, Scan
    from probe.webhook import Webhook

_COMMAND_SECONDS = 60.0


@click.command()
@target_options
@click.option(
    "--failing-url",
    metavar="URL",
    callback=lambda _context, _option, value: unquoted(value) if value else None,
    help="The failing URL; asked again too.",
)
@click.option("--artefact", "artefacts", multiple=True, metavar="KIND", help="Only this kind of artefact; repeatable.")
@click.option("--only", multiple=True, metavar="GLOB", help="Only endpoints whose id or path matches; repeatable.")
@click.option("--every", type=Duration(may_be_zero=False), default=60.0, show_default="1m", help="Pause between rounds.")
@click.option("--for", "lasts", type=Duration(), default=7200.0, show_default="2h", help="Give up after this time.")
@click.option(
    "--until", type=click.Choice(["works", "ready", "change"]), default="works", show_default=True, help="What to wait for."
)
@click.option("--on-change", metavar="COMMAND", help="Run this at every change: no shell, the change as JSON on standard input.")
@click.option("--webhook", metavar="URL", help="POST every change here as signed JSON.")
@click.option(
    "--webhook-secret-env", metavar="VAR", default="PROBE_WEBHOOK_SECRET", show_default=True, help="Variable with its secret."
)
@click.option(
    "--download", "place", is_flag=False, flag_value=".", metavar="[FILE|DIR]", help="Download when it works; default: here."
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a watch that was stopped.")
@limit_options
@transport_options
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="Folder of the runs."
)
@click.option("--json", "as_json", is_flag=True, help="Print each change as one line of JSON.")
@lang_option("reports")
@click.option("-q", "--quiet", is_flag=True, help="Print only the changes.")
@click.option("-v", "--verbose", is_flag=True, help="Log each request.")
@click.option("--no-color", is_flag=True, help="No colour.")
def watch(**values: Any) -> None:
    """Ask again until the download works, the job is ready, or anything changes.

    Each change is one line; a round without a change prints nothing. A pause that the service asks for is kept. The run's
    report has the timeline. Exit code: 0 what you waited for came; else as for `scan`, and 1 where nothing changed.
    """
    from probe.cli.scan import EXIT_CODES
    from probe.language import use_language

    use_language(values["lang"])
    teller = Teller.of(values)
    place = None
    if values["place"] is not None:
        from probe.download import Place

        place = Place.of(values["place"], is_forced=False, most=16 * 1024**3)
    order = watch_order(values)
    scan, is_reached, answer = followed(order, values, teller)
    if scan.is_interrupted:
        words = resume_command(scan.folder.path, values).replace("probe scan", "probe watch", 1)
        talk(f"to resume: {words}, with the same --every, --until, --on-change and --webhook", values)
        raise SystemExit(int(ExitCode.INTERRUPTED))
    if is_reached and place is not None and answer is Answer.WORKS:
        from probe.cli.download import say_fetched, transfer
        from probe.download import Download

        report = scan.report()
        with transfer(values) as progress:
            fetched = asyncio.run(Download(scan, place, progress).fetch(report))
        say_fetched(fetched, report, values)
        is_reached = fetched.is_whole
    code = EXIT_CODES[answer] or ExitCode.NONE_WORKS
    raise SystemExit(int(ExitCode.OK if is_reached else code))


def watch_order(values: dict[str, Any]) -> Order:
    """Make the order of the scan; nothing that may be billed is ever repeated, so nothing is."""
    from probe.cli.resume import resumed_order
    from probe.cli.scan import new_order

    values |= {"allow_billable": False, "allow_post": (), "wait": 0.0}
    return resumed_order(values, new_order) if values["resume"] else new_order(values)


def followed(order: Order, values: dict[str, Any], teller: Teller) -> tuple[Scan, bool, Answer]:
    """Watch, and write the run whatever ended it; returns whether what was waited for came."""
    from probe.cli.scan import stopped_by_signals
    from probe.cli.show import progress
    from probe.follow import Follow, Until
    from probe.formats import DEFAULT_FORMATS
    from probe.pipeline import Scan

    with progress(values | {"quiet": not values["verbose"]}) as watcher:
        scan = Scan.resume(order, values["resume"], watcher) if values["resume"] else Scan.start(order, watcher)
        try:
            talk(f"watching every {values['every']:g} s, until it {_WANTED[values['until']]}; kept in {scan.folder.path}", values)
            follow = Follow(
                scan,
                every=values["every"],
                lasts=values["lasts"],
                until=Until(values["until"]),
                told=lambda change: teller.tell(change, scan, values),
                is_resumed=bool(values["resume"]),
            )
            with stopped_by_signals(scan):
                asyncio.run(follow.run())
            report = scan.report()
            scan.write(report, DEFAULT_FORMATS)
        finally:
            scan.close()
    return scan, follow.is_reached, report.answer


_WANTED = {"works": "works", "ready": "is ready", "change": "changes"}


@dataclass(frozen=True)
class Teller:
    """Whoever is told of a change: standard output, a command, a webhook."""

    command: tuple[str, ...] = ()
    webhook: Webhook | None = None
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: dict[str, Any]) -> Teller:
        """Read the options; a command that is not there or a secret that is not set is refused before anything is sent."""
        from probe.cli.targets import environment

        command = tuple(shlex.split(values["on_change"], posix=os.name != "nt")) if values["on_change"] else ()
        if values["on_change"] is not None and (not command or shutil.which(command[0]) is None):
            raise UsageError(f"--on-change {values['on_change']!r}: no such command", hint="give a program and its arguments")
        if values["webhook"] is None:
            return cls(command)
        from probe.cli.options import make_transport
        from probe.webhook import Webhook

        name, env = values["webhook_secret_env"], environment()
        if not env.get(name):
            raise UsageError(f"--webhook: the variable {name} is not set", hint="put a long random secret into it")
        return cls(command, Webhook(values["webhook"], env[name], make_transport(values, env, ())), frozenset([name]))

    async def tell(self, change: Change, scan: Scan, values: dict[str, Any]) -> None:
        """Print the change; command and webhook hear of the first look only where it ends the watch."""
        from probe.view.escape import visible

        described = change.described(scan.folder.path.name)
        line = json.dumps(described)
        click.echo(line if values["as_json"] else visible(f"{described['at']}  {change.after.said}"))
        if change.number == 0 and not change.is_end:
            return
        if self.command:
            await self._run(line.encode(), scan, values)
        if self.webhook is not None:
            met = await self.webhook.call(line.encode(), f"{scan.folder.path.name}/{change.number}")
            if met:
                talk(f"warning: the webhook was not reached: {met}", values)

    async def _run(self, line: bytes, scan: Scan, values: dict[str, Any]) -> None:
        """Run the command. It gets no key of ours; what it prints goes to standard error."""
        secret = self.hidden | set(scan.order.secrets)
        env = {name: value for name, value in os.environ.items() if name not in secret}
        problem = ""
        try:
            process = await asyncio.create_subprocess_exec(*self.command, stdin=subprocess.PIPE, stdout=2, env=env)
            try:
                async with asyncio.timeout(_COMMAND_SECONDS):
                    await process.communicate(line)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            problem = f"exit code {process.returncode}" if process.returncode else ""
        except TimeoutError:
            problem = f"not finished within {_COMMAND_SECONDS:g} s"
        except OSError as error:
            problem = error.strerror or "cannot be run"
        if problem:
            talk(f"warning: --on-change: {problem}", values)
