"""`probe diagnose`: understand what was pasted and judge it, offline."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probe.cli.answers import EXIT_CODES
from probe.cli.command import argument, command, option
from probe.cli.options import lang_option, url_option
from probe.cli.order import load_catalogue
from probe.errors import ExitCode, UsageError
from probe.providers.registry import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.diagnosing import Judged
    from probe.intake import Understood

_HOW = "Paste the failing request, its response, an error message, code or a URL, then press Ctrl-D (Windows: Ctrl-Z, Enter)."
_ASKS = {
    "url": "--url URL",
    "base_url": "--url URL",
    "status_code": "--status CODE",
    "api_version": "--api-version V",
    "error_message": "--message TEXT",
    "provider": "--provider NAME",
}


@dataclass(frozen=True, slots=True)
class DiagnoseOptions:
    """What `probe diagnose` can be told."""

    paste: str | None = argument()
    url: str | None = url_option(help="The URL of the request.")
    method: str | None = option(metavar="NAME", help="The method of the request.")
    api_version: str | None = option(metavar="V", help="The api-version of the request.")
    status: int | None = option(type=click.IntRange(100, 599), metavar="CODE", help="The status code of the response.")
    message: str | None = option(metavar="TEXT", help="The error message of the response.")
    provider: str | None = option(type=click.Choice(list(PROVIDERS)), help="Who was asked.")
    catalogues: tuple[str, ...] = option("--catalogue", metavar="FILE", help="Instead of the built-in one; repeatable.")
    as_json: bool = option("--json", help="Print what was understood and judged as JSON.")
    lang: str = lang_option("diagnosis")


@command(DiagnoseOptions, example="probe diagnose --status 404 --message 'Resource not found'")
def diagnose(options: DiagnoseOptions) -> None:
    """Judge a pasted response, offline; nothing is sent.

    PASTE is text, a file, or `-` for standard input: a URL, a curl or PowerShell command, an SDK error, a traceback, a HAR, code,
    an .env file, or several of these. Keys in it are dropped at once. Exit codes are those of `scan`.
    """
    from probe.diagnosing import diagnose as judged_paste
    from probe.diagnosing import json_of, knowledge_of, overridden
    from probe.formats import FORMATS
    from probe.intake import understand
    from probe.language import use_language

    use_language(options.lang)
    text, is_argument = read_paste(options.paste)
    catalogue = load_catalogue(options.catalogues)
    knowledge = knowledge_of(catalogue)
    given = {
        "url": options.url,
        "method": options.method,
        "api_version": options.api_version,
        "status": options.status,
        "message": options.message,
        "provider": options.provider,
    }
    if not text.strip() and not any(given.values()):
        raise UsageError("diagnose: nothing was pasted", hint="probe diagnose 'TEXT', probe diagnose FILE, or pipe it in")
    judged = judged_paste(catalogue, overridden(understand(text, knowledge), knowledge, given))
    if options.as_json:
        click.echo(json_of(judged, FORMATS.load("json")))
    else:
        from probe.view.escape import visible

        for line in lines_of(judged, is_argument=is_argument):
            click.echo(visible(line))
    raise SystemExit(exit_code(judged))


def read_paste(paste: str | None) -> tuple[str, bool]:
    """Read the paste: a file, standard input for `-` or nothing, else the argument itself; tells whether it was the latter."""
    from probe.intake import MAX_PASTE, decode

    if paste is None or paste == "-":
        if paste is None and sys.stdin.isatty():
            click.echo(_HOW, err=True)
        return decode(sys.stdin.buffer.read(MAX_PASTE + 1)), False
    path = _file(paste)
    if path is None:
        return paste, True
    try:
        with path.open("rb") as file:
            return decode(file.read(MAX_PASTE + 1)), False
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="make it readable, or pipe its text in") from None


def _file(paste: str) -> Path | None:
    """Tell whether an argument names a file; text never does."""
    if len(paste) > 1024 or "\n" in paste or "\0" in paste or "://" in paste:
        return None
    try:
        path = Path(paste)
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def exit_code(judged: Judged) -> int:
    """Map the answer to an exit code, as for a scan; without any response nothing is decided."""
    return int(EXIT_CODES[judged.report.answer] if judged.report else ExitCode.UNDECIDED)


def lines_of(judged: Judged, *, is_argument: bool) -> Iterator[str]:
    """Say what was understood, what it means, what it rests on and what decides."""
    from probe.diagnoses import remedy, summary

    one = judged.understood
    yield "UNDERSTOOD"
    yield from (f"  {name:<12}{text}" for name, text in _understood(one) if text)
    for line in one.contradictions:
        yield f"  contradiction: {line}"
    if judged.report is not None:
        verdict = judged.report.verdicts[0]
        yield ""
        yield f"DIAGNOSIS   {summary(verdict.diagnosis)} [{verdict.diagnosis.code}]"
        if remedy(verdict.diagnosis):
            yield f"  fix         {remedy(verdict.diagnosis)}"
        for at, other in enumerate(judged.report.verdicts[1:], 1):
            yield f"  request {at + 1}   {summary(other.diagnosis)} [{other.diagnosis.code}]"
        yield f"  rests on    {', '.join(verdict.diagnosis.cites)} (certainty: {verdict.diagnosis.confidence.value})"
        for text in judged.assumed:
            yield f"  assumed     {text}"
    for finding in judged.findings:
        yield ""
        yield f"KNOWN       {summary(finding)} [{finding.code}]"
        if remedy(finding):
            yield f"  fix         {remedy(finding)}"
    yield ""
    yield from _next(judged)
    yield from _secrets(one, is_argument)


def _understood(one: Understood) -> Iterator[tuple[str, str]]:
    """Give one line for each thing that was understood."""
    words = " ".join(part for part in (one.error_code, f'"{one.error_message}"' if one.error_message else "") if part)
    yield "kind", ", ".join(one.kinds)
    yield "request", " ".join(part for part in (one.method, one.url) if part) if one.url else one.method or ""
    yield "endpoint", one.base_url or ""
    yield "provider", one.provider or ""
    yield "api-version", one.api_version or ""
    yield "deployment", one.deployment or ""
    yield "ids", ", ".join(f"{name}={value}" for name, value in one.ids)
    yield "response", " ".join(part for part in (str(one.status_code or ""), words) if part)
    yield "failure", one.failure or ""
    yield "request id", ", ".join(f"{name} {value}" for name, value in one.request_ids)
    yield "region", one.region or ""
    yield "retry after", one.retry_after or ""
    yield "answered by", ", ".join(one.answered_by)
    yield from one.told
    others = len(one.calls) - 1
    yield "more", f"{others} other request{'s' if others > 1 else ''} in the paste" if others > 0 else ""


def _next(judged: Judged) -> Iterator[str]:
    """Say what one response cannot tell, what is missing, and the scan that decides."""
    if judged.report is None:
        yield "UNDECIDED   The paste tells of no response, so there is nothing to judge yet."
    else:
        yield "UNKNOWN     One response cannot tell a wrong route from a wrong id or version: a scan compares it with made-up ones."
    asked = list(dict.fromkeys(_ASKS.get(name, f"--id {name}=VALUE (in the scan)") for name in judged.missing))
    if asked:
        yield f"MISSING     {', '.join(judged.missing)}: add {', '.join(asked)}"
    if judged.command:
        yield f"NEXT        {judged.line}"


def _secrets(one: Understood, is_argument: bool) -> Iterator[str]:
    """Say which secrets were dropped, which variable a scan reads, and that a pasted key must be replaced."""
    if not one.secrets_dropped:
        return
    names = ", ".join(one.secrets_dropped)
    variable = "OPENAI_API_KEY" if one.provider == "openai" else "AZURE_OPENAI_API_KEY"
    yield f"SECRETS     Dropped, not stored: {names}. Rotate what was pasted, and set {variable} for the scan."
    if is_argument:
        yield "            The shell keeps arguments in its history: pipe the paste in next time."
