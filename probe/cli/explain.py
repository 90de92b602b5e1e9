"""`probe explain`: what a diagnosis code means, how it is decided, what looks the same, and what to do."""

from __future__ import annotations

import difflib

import click

from probe.cli.options import lang_option
from probe.errors import UsageError
from probe.language import _, use_language


@click.command()
@click.argument("code", required=False)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the pages of all codes as Markdown (docs/diagnoses.md).")
@lang_option("page; the Markdown is English")
def explain(code: str | None, as_markdown: bool, lang: str) -> None:
    """Explain a diagnosis CODE; without one, list them all."""
    from probe.diagnoses import DIAGNOSES, markdown

    use_language(lang)
    if as_markdown:
        click.echo(markdown(), nl=False)
        return
    if code is None:
        wide = max(len(one) for one in DIAGNOSES)
        for name, page in DIAGNOSES.items():
            click.echo(f"{name:<{wide}}  {_(page.title)}")
        return
    if code not in DIAGNOSES:
        near = difflib.get_close_matches(code, DIAGNOSES, n=3)
        raise UsageError(
            f"explain {code!r}: no such diagnosis",
            hint="did you mean " + " or ".join(repr(one) for one in near) + "?" if near else "`probe explain` lists them all",
        )
    page = DIAGNOSES[code]
    click.echo(f"{code}: {_(page.title)}\n")
    sections = (
        (_("How it is decided"), page.how_decided),
        (_("What looks the same"), page.lookalikes),
        (_("What to do"), page.what_to_do),
    )
    for title, text in sections:
        if text:
            click.echo(f"{title}\n{click.wrap_text(_(text), width=92, initial_indent='  ', subsequent_indent='  ')}\n")
