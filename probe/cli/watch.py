"""`probe watch`: wait until it works, is ready or changes, and say so once: here, to a command, to a webhook."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probe.cli.answers import EXIT_CODES
from probe.cli.command import command, option
from probe.cli.env import environment
from probe.cli.fetching import FetchingOptions, done, free_scope, fresh_order, say_fetched, transfer
from probe.cli.options import ScopeOptions
from probe.cli.order import make_transport
from probe.cli.resume import resume_command, resumed_order
from probe.cli.show import progress, talk
from probe.cli.units import Duration
from probe.errors import ExitCode, UsageError
from probe.frozen import replace
from probe.model import Answer
from probe.view.escape import legible, visible

if TYPE_CHECKING:
    from probe.follow import WatchedChange
    from probe.model import Report
    from probe.order import ScanOrder
    from probe.pipeline import Scan
    from probe.webhook import Webhook

_COMMAND_SECONDS = 60.0
_LEAST_KEY = 6
_MOST = 16 * 1024**3
_WANTED = {"works": "works", "ready": "is ready", "change": "changes"}


@dataclass(frozen=True, slots=True)
class WatchOptions(FetchingOptions):
    """What `probe watch` can be told."""

    only: tuple[str, ...] = option(metavar="GLOB", help="Only endpoints whose id or path matches (repeatable).")
    every: float = option(type=Duration(may_be_zero=False), default=60.0, show_default="1m", help="Pause between rounds.")
    lasts: float = option("--for", type=Duration(), default=7200.0, show_default="2h", help="Give up after this time.")
    until: str = option(type=click.Choice(list(_WANTED)), default="works", show_default=True, help="What to wait for.")
    on_change: str | None = option(
        metavar="COMMAND", help="Run this at every change: no shell, the change as JSON on standard input."
    )
    webhook: str | None = option(metavar="URL", help="POST every change here as signed JSON.")
    webhook_secret_env: str = option(
        metavar="VAR", default="PROBE_WEBHOOK_SECRET", show_default=True, help="Variable with the secret that signs it."
    )
    place: str | None = option(
        "--download", is_flag=False, flag_value=".", metavar="[FILE|DIR]", help="Download when it works; default: here."
    )
    resume: Path | None = option(metavar="RUN", help="Go on with a watch that was stopped.")
    output: Path = option("-o", default=Path("reports"), show_default=True, help="Folder of the runs.")
    as_json: bool = option("--json", help="Print each change as one line of JSON.")

    @property
    def scope(self) -> ScopeOptions:
        """What is scanned for."""
        return free_scope(self.failing_url, self.artefacts, self.only)


@command(WatchOptions, example="probe watch --id task_01k7... --every 1m --until works --for 2h")
def watch(options: WatchOptions) -> None:
    """Ask again until the download works, the job is ready, or anything changes.

    Each change is one line; a round without a change prints nothing. It waits as long as the service
    asks. The run's report has the timeline. Exit code: 0 the condition was met; else as for `scan`, and 1 if nothing changed.
    """
    from probe.download import Download, Place

    teller = Teller.of(options)
    place = None if options.place is None else Place.of(options.place, is_forced=False, most=_MOST)
    scan, is_reached, report = _followed(_order(options), options, teller)
    if scan.is_interrupted:
        words = resume_command(scan.folder.path, options).replace("probe scan", "probe watch", 1)
        talk(f"to resume: {words}, with the same --every, --until, --on-change and --webhook", options.talking)
        raise SystemExit(int(ExitCode.INTERRUPTED))
    if is_reached and place is not None and report.answer is Answer.WORKS:
        with transfer(options.printing) as progress:
            fetched = asyncio.run(Download(scan, place, progress).fetch(report))
        say_fetched(fetched, report, as_json=options.as_json)
        is_reached = fetched.is_whole
    code = EXIT_CODES[report.answer] or ExitCode.NONE_WORKS
    raise SystemExit(int(ExitCode.OK if is_reached else code))


def _order(options: WatchOptions) -> ScanOrder:
    """Make the order of the scan, or that of the run to go on with."""
    fresh = partial(fresh_order, options, options.scope, options.printing, options.output)
    return resumed_order(options.resume, options, options.scope, fresh) if options.resume else fresh()


def _followed(order: ScanOrder, options: WatchOptions, teller: Teller) -> tuple[Scan, bool, Report]:
    """Watch; returns whether what was waited for came."""
    from probe.follow import Follow, Until
    from probe.pipeline import Scan

    with progress(replace(options.printing, quiet=not options.verbose), is_verbose=options.verbose) as watcher:
        scan = Scan.resume(order, options.resume, watcher) if options.resume else Scan.start(order, watcher)
        wanted = _WANTED[options.until]
        talk(f"watching every {options.every:g} s, until it {wanted}; kept in {scan.folder.path}", options.talking)
        follow = Follow(
            scan,
            every=options.every,
            lasts=options.lasts,
            until=Until(options.until),
            told=lambda change: teller.tell(change, scan, options),
            is_resumed=bool(options.resume),
        )
        report = done(scan, follow.run())
    return scan, follow.is_reached, report


@dataclass(frozen=True)
class Teller:
    """Whoever is told of a change: standard output, a command, a webhook."""

    command: tuple[str, ...] = ()
    webhook: Webhook | None = None
    hidden: str = ""

    @classmethod
    def of(cls, options: WatchOptions) -> Teller:
        """Read the options; a command that is not there or a secret that is not set is refused before anything is sent."""
        command = tuple(shlex.split(options.on_change, posix=os.name != "nt")) if options.on_change else ()
        if options.on_change is not None and (not command or shutil.which(command[0]) is None):
            raise UsageError(f"--on-change {options.on_change!r}: no such command", hint="give a program and its arguments")
        if options.webhook is None:
            return cls(command)
        from probe.webhook import Webhook

        name, env = options.webhook_secret_env, environment()
        if not env.get(name):
            raise UsageError(f"--webhook: the variable {name} is not set", hint="put a long random secret into it")
        return cls(command, Webhook(options.webhook, env[name], make_transport(options.connection, env, ())), env[name])

    async def tell(self, change: WatchedChange, scan: Scan, options: WatchOptions) -> None:
        """Print the change; command and webhook hear of the first look only where it ends the watch."""
        described = change.described(scan.folder.path.name)
        line = legible(json.dumps(described))
        click.echo(line if options.as_json else visible(f"{described['at']}  {change.after.said}"))
        if change.number == 0 and not change.is_end:
            return
        if self.command:
            await self._run(line.encode(), scan, options)
        if self.webhook is not None:
            met = await self.webhook.call(line.encode(), f"{scan.folder.path.name}/{change.number}")
            if met:
                talk(f"warning: the webhook was not reached: {met}", options.talking)

    async def _run(self, line: bytes, scan: Scan, options: WatchOptions) -> None:
        """Run the command. It gets no key of ours; what it prints goes to standard error."""
        secrets = scan.order.secrets
        hidden = {one for one in (self.hidden, *secrets.values()) if len(one) >= _LEAST_KEY}
        env = {name: value for name, value in os.environ.items() if name not in secrets and value.strip() not in hidden}
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
            talk(f"warning: --on-change: {problem}", options.talking)
