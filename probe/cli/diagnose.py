"""`probe diagnose`: understand what was pasted and judge it, offline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from probe.cli.answers import EXIT_CODES
from probe.cli.command import argument, command, option
from probe.cli.options import catalogues_option, lang_option, url_option
from probe.cli.order import load_catalogue
from probe.cli.pasted import Paste, read_paste, refuse_what_is_no_text, secret_lines, understood_lines
from probe.errors import ExitCode, UsageError
from probe.language import _
from probe.model import Outcome
from probe.providers.registry import PROVIDERS
from probe.view.escape import visible

if TYPE_CHECKING:
    from probe.diagnosing import Judged

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
    provider: str | None = option(type=click.Choice(list(PROVIDERS)), help="Provider of the request.")
    catalogues: tuple[str, ...] = catalogues_option()
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

    given = {name: getattr(options, name) for name in ("url", "method", "api_version", "status", "message", "provider")}
    paste = read_paste(options.paste) if options.paste is not None or not any(given.values()) else Paste("")
    catalogue = load_catalogue(options.catalogues)
    knowledge = knowledge_of(catalogue)
    if not paste.text.strip() and not any(given.values()):
        raise UsageError("diagnose: nothing was pasted", hint="probe diagnose 'TEXT', probe diagnose FILE, or pipe it in")
    understood = understand(paste.text, knowledge)
    if understood.is_empty and not any(given.values()):
        refuse_what_is_no_text(paste)
    judged = judged_paste(catalogue, overridden(understood, knowledge, given))
    if options.as_json:
        click.echo(json_of(judged, FORMATS.load("json")))
    else:
        for line in lines_of(judged, paste):
            click.echo(visible(line))
    raise SystemExit(int(EXIT_CODES[judged.report.answer] if judged.report else ExitCode.UNDECIDED))


def lines_of(judged: Judged, paste: Paste) -> Iterator[str]:
    """Say what was understood, what it means, what it rests on and what decides."""
    from probe.diagnoses import remedy, summary
    from probe.view.unpasted import begun

    yield _("UNDERSTOOD")
    yield from understood_lines(judged.understood)
    if judged.report is not None:
        verdict = judged.report.verdicts[0]
        yield ""
        yield _entry(_("DIAGNOSIS"), f"{begun(summary(verdict.diagnosis))} [{verdict.diagnosis.code}]")
        yield from _fix(begun(remedy(verdict.diagnosis)))
        yield from _right(judged)
        for at, other in enumerate(judged.report.verdicts[1:], 2):
            yield _detail(_("request {number}", number=at), f"{begun(summary(other.diagnosis))} [{other.diagnosis.code}]")
        grounds = ", ".join(verdict.diagnosis.cites)
        certainty = _("certainty: {confidence}", confidence=_(verdict.diagnosis.confidence.value))
        yield _detail(_("rests on"), f"{grounds} ({certainty})")
        yield from (_detail(_("assumed"), text) for text in judged.assumed)
    for finding in judged.findings:
        yield ""
        yield _entry(_("KNOWN"), f"{summary(finding)} [{finding.code}]")
        yield from _fix(remedy(finding))
    yield from _right(judged) if judged.report is None else ()
    yield ""
    yield from _next(judged)
    yield from secret_lines(judged.understood, paste)


def _entry(name: str, text: str) -> str:
    return f"{name:<12}{text}"


def _detail(name: str, text: str) -> str:
    return f"  {name:<12}{text}"


def _fix(text: str) -> Iterator[str]:
    if text:
        yield _detail(_("fix"), text)


def _right(judged: Judged) -> Iterator[str]:
    """Give the request that works, and the SDK call that sends it, for those who pasted code."""
    if judged.repair is not None:
        yield _detail(_("request"), f"{judged.repair.method} {judged.repair.url}")
        for at, line in enumerate(line for line in judged.repair.sdk.splitlines() if line):
            yield _detail(_("SDK call") if at == 0 else "", line)


def _next(judged: Judged) -> Iterator[str]:
    """Say what one response cannot tell, what is missing, and the scan that decides."""
    from probe.diagnoses.record import Owner

    if judged.report is None:
        said = judged.understood.error_message or judged.understood.error_code
        yield _entry(
            _("UNDECIDED"),
            _("The paste gives an error without its HTTP status, and these words alone do not tell the cause.")
            if said
            else _("The paste does not show what the service returned, so there is nothing to judge yet."),
        )
    else:
        first = judged.report.verdicts[0]
        is_stopped = first.owner == Owner.NETWORK  # before it reached what could judge the key
        yield _entry(_("UNKNOWN"), open_question(Outcome.UNREACHABLE if is_stopped else first.diagnosis.outcome))
    asked = list(dict.fromkeys(_ASKS.get(name, _("--id {name}=VALUE (in the scan)", name=name)) for name in judged.missing))
    if asked:
        yield _entry(_("MISSING"), _("{names}: add {options}", names=", ".join(judged.missing), options=", ".join(asked)))
    if judged.next.words:
        yield _entry(_("NEXT"), judged.next.line)


def open_question(outcome: Outcome) -> str:
    """Say what one response of this kind leaves open, and what a scan does about it."""
    match outcome:
        case Outcome.WORKS | Outcome.LINK | Outcome.METADATA_ONLY:
            return _("One response does not prove a download: a scan asks for the file and checks its bytes.")
        case Outcome.PENDING:
            return _("One response cannot tell when the job ends: a scan with --wait 10m asks again until it has.")
        case Outcome.DENIED:
            return _(
                "One response cannot tell a wrong key from the key of another resource, a wrong header or a missing role: "
                "a scan tries the other header forms and the other routes."
            )
        case Outcome.THROTTLED:
            return _(
                "One response cannot tell a short burst from a used-up quota: a scan waits as the service asks and tries again."
            )
        case Outcome.SERVER_ERROR:
            return _(
                "One response cannot tell a passing fault from one of this route or id: a scan asks again and on other routes."
            )
        case Outcome.UNREACHABLE:
            return _("This says nothing about route, id or key: a scan from the same network shows what can be reached.")
        case Outcome.EXPIRED | Outcome.RETIRED:
            return _("One response cannot tell whether the file is still kept elsewhere: a scan tries the other routes.")
        case _:
            return _("One response cannot tell a wrong route from a wrong id or version: a scan compares it with made-up ones.")
