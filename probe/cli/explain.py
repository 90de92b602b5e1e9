"""`probe explain`: what a diagnosis code means, how it is decided, what looks the same, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from probe.cli import completing
from probe.cli.command import argument, command, option
from probe.cli.options import lang_option
from probe.errors import UsageError
from probe.language import _
from probe.registry import nearest


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What `probe explain` can be told."""

    code: str | None = argument(shell_complete=completing.codes)
    as_markdown: bool = option("--markdown", help="Print the pages of all codes as Markdown (docs/diagnoses.md).")
    lang: str = lang_option("page; the Markdown is English")


@command(ExplainOptions, example="probe explain azure-route-unknown")
def explain(options: ExplainOptions) -> None:
    """Explain a diagnosis CODE; without one, list them all. An HTTP status such as 404 lists the codes that it can mean."""
    from probe.diagnoses import DIAGNOSES, markdown

    if options.as_markdown:
        click.echo(markdown(), nl=False)
        return
    if options.code is None:
        _list(DIAGNOSES)
        return
    code = options.code.strip().lower().replace("_", "-")
    if code.isdigit():
        wanted = re.compile(rf"\b({code}|{code[0]}xx)\b")
        found = [name for name, page in DIAGNOSES.items() if wanted.search(f"{page.title} {page.how_decided} {page.lookalikes}")]
        if not found:
            raise UsageError(f"explain {code}: no diagnosis mentions this status", hint="`probe explain` lists them all")
        _list({name: DIAGNOSES[name] for name in found})
        return
    if code not in DIAGNOSES:
        raise UsageError(
            f"explain {code!r}: no such diagnosis", hint=nearest(code, DIAGNOSES, most=3) or "`probe explain` lists them all"
        )
    page = DIAGNOSES[code]
    click.echo(f"{code}: {_(page.title)}\n")
    sections = (
        (_("How it is decided"), (page.how_decided,)),
        (_("What looks the same"), (page.lookalikes,)),
        (_("What to do"), page.advice),
    )
    for title, texts in sections:
        text = " ".join(map(_, texts))
        click.echo(f"{title}\n{click.wrap_text(text, width=92, initial_indent='  ', subsequent_indent='  ')}\n")


def _list(pages: Mapping[str, Any]) -> None:
    """Print codes with their titles."""
    wide = max(map(len, pages))
    for name, page in pages.items():
        click.echo(f"{name:<{wide}}  {_(page.title)}")
