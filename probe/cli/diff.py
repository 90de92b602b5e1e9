"""`probe diff`: what changed between two runs, both judged by today's rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probe.cli.command import argument, command, option
from probe.cli.options import lang_option
from probe.cli.show import width
from probe.errors import RunError, UsageError

if TYPE_CHECKING:
    from probe.model import Report


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """What `probe diff` can be told."""

    before: str = argument(metavar="A")
    after: str = argument(metavar="B")
    as_json: bool = option("--json", help="Print the whole difference as JSON.")
    as_markdown: bool = option("--markdown", help="Print it as Markdown, for a ticket.")
    show_all: bool = option("--all", help="Show every change, not only a screen of them.")
    lang: str = lang_option("text")


@command(DiffOptions)
def diff(options: DiffOptions) -> None:
    """Show what changed between two runs, A and B.

    Each is a run's folder, a bundle.zip, or RUN@TARGET for one target of a run. What was asked differently is said first: a
    difference of the question is not one of the service. Exit code: 0 the same, 1 different, 2 wrong input.
    """
    from probe.formats import difference as written
    from probe.language import use_language
    from probe.view.difference import difference

    if options.as_json and options.as_markdown:
        raise UsageError("--json and --markdown: only one of them", hint="leave one out")
    use_language(options.lang)
    found = difference(one_side(options.before), one_side(options.after))
    if options.as_json:
        click.echo(written.as_json(found), nl=False)
    elif options.as_markdown:
        click.echo(written.as_markdown(found), nl=False)
    else:
        click.echo(written.text(found, width=width(), show_all=options.show_all))
    raise SystemExit(0 if found.is_empty else 1)


def one_side(text: str) -> Report:
    """Judge one side: a whole run, or one target of it as if nothing else had been asked."""
    from probe.reports import judge_run
    from probe.verdict import judge
    from probe.view.difference import of_target

    run, at, name = text.rpartition("@")
    if not at or Path(text).exists():
        return judge_run(Path(text))
    report = judge_run(Path(run))
    names = [target.name for target in report.evidence.targets]
    if name not in names:
        raise RunError(f"{text!r}: the run has no target {name!r}", hint="its targets: " + ", ".join(names))
    return judge(of_target(report, name).evidence, report.generated_at)
