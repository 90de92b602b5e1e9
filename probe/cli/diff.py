"""`probe diff`: what changed between two runs, both judged by today's rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probe.cli.command import argument, command, option
from probe.cli.options import lang_option
from probe.cli.show import width
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.model import Report


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """What `probe diff` can be told."""

    before: str = argument(metavar="A")
    after: str = argument(metavar="B")
    as_json: bool = option("--json", help="Print the whole difference as JSON.")
    as_markdown: bool = option("--markdown", help="Print it as Markdown, for a ticket.")
    as_html: bool = option("--html", help="Print it as a page with a picture; no script in it.")
    show_all: bool = option("--all", help="Show every change, not only a screen of them.")
    lang: str = lang_option("text")


@command(DiffOptions, example="probe diff reports/2026-01-31T09-30-00Z-contoso reports/2026-02-01T09-30-00Z-contoso")
def diff(options: DiffOptions) -> None:
    """Show what changed between two runs, A and B.

    Each is a run's folder, a bundle.zip, or RUN@TARGET for one target of a run. Differences between the scans themselves come
    first, then what the service returned differently. Exit code: 0 the same, 1 different, 2 wrong input.
    """
    from probe.formats import difference as written
    from probe.view.difference import difference

    forms = (("--json", options.as_json, written.as_json), ("--markdown", options.as_markdown, written.as_markdown),
             ("--html", options.as_html, written.as_html))  # fmt: skip
    chosen = [(name, form) for name, is_chosen, form in forms if is_chosen]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(name for name, _form in chosen)} exclude each other", hint="leave one out")
    found = difference(one_side(options.before), one_side(options.after))
    if chosen:
        click.echo(chosen[0][1](found), nl=False)
    else:
        click.echo(written.text(found, width=width(), show_all=options.show_all))
    raise SystemExit(0 if found.is_empty else 1)


def one_side(text: str) -> Report:
    """Judge one side: a whole run, or one target of it."""
    from probe.reports import judge_run, judge_target

    run, at, name = text.rpartition("@")
    return judge_target(Path(run), name) if at and not Path(text).exists() else judge_run(Path(text))
