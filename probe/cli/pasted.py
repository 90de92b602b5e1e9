"""What was pasted, for the commands that take it: read, understood, shown, and turned into what a scan is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from probe.errors import UsageError
from probe.language import _

if TYPE_CHECKING:
    from probe.cli.described import Described
    from probe.cli.options import ScopeOptions, TalkOptions, TargetOptions
    from probe.intake import Understood
    from probe.model import Catalogue, Note, Pairs
    from probe.proposal import Proposal

PLACE = "the pasted text"
"""Who names a URL that stands in a paste which is no file: nobody the user vouches for yet."""


@dataclass(frozen=True, slots=True)
class Paste:
    """The text of a paste and `place`, the file that it stands in or `PLACE`; `is_argument` means that the shell has kept it."""

    text: str
    place: str = PLACE
    is_argument: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """An understood paste on its way into a scan."""

    paste: Paste
    understood: Understood
    proposal: Proposal


def read_paste(paste: str | None) -> Paste:
    """Read a paste: a file, standard input for `-` or nothing, else the argument itself."""
    from probe.intake import MAX_PASTE, decode

    if paste is None or paste == "-":
        if sys.stdin.isatty():
            click.echo(_how_to_paste(), err=True)
        return Paste(decode(sys.stdin.buffer.read(MAX_PASTE + 1)))
    path = _file(paste)
    if path is None:
        return Paste(paste, is_argument=True)
    try:
        with path.open("rb") as file:
            return Paste(decode(file.read(MAX_PASTE + 1)), str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="make it readable, or pipe its text in") from None


def _how_to_paste() -> str:
    return _(
        "Paste the failing request, its response, an error message, code or a URL, then press Ctrl-D (Windows: Ctrl-Z, then Enter)."
    )


def _file(paste: str) -> Path | None:
    """Tell whether an argument names a file; text never does."""
    if len(paste) > 1024 or "\n" in paste or "\0" in paste or "://" in paste:
        return None
    try:
        path = Path(paste)
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def with_paste(case: Case, target: TargetOptions, scope: ScopeOptions, talking: TalkOptions) -> tuple[TargetOptions, ScopeOptions]:
    """Say what was understood of the PASTE of a scan, and put it where the options stand; options overrule."""
    from probe.cli.show import talk

    for line in (_("UNDERSTOOD"), *understood_lines(case.understood), *secret_lines(case.understood, case.paste)):
        talk(line, talking)
    proposal = case.proposal
    ids = (*(f"{name}={value}" for name, value in _usable(proposal.ids)), *target.ids)
    is_named = bool(case.understood.base_url or target.providers or not proposal.provider)
    providers = target.providers if is_named else (str(proposal.provider),)
    return replace(target, ids=ids, providers=providers), replace(scope, failing_url=scope.failing_url or proposal.failing_url)


def understand_case(paste: Paste, catalogue: Catalogue) -> Case:
    """Understand the paste of a scan. One that names nothing to ask about, or a place that hands out credentials, is refused."""
    from probe.diagnosing import knowledge_of
    from probe.facts.addresses import AddressClass, literal_class
    from probe.intake import understand
    from probe.proposal import propose

    if not paste.text.strip():
        raise UsageError("scan: nothing was pasted", hint="probe scan 'TEXT', probe scan FILE, or pipe it in: probe scan -")
    understood = understand(paste.text, knowledge_of(catalogue))
    if understood.is_empty:
        raise UsageError(
            "scan: the paste names no endpoint, URL, id or error",
            hint="paste a URL, a curl line, an error message or an id; `probe scan --help` lists the options",
        )
    for url in (understood.url, understood.base_url):
        host = urlsplit(url).hostname if url else None
        if host and literal_class(host) in (AddressClass.METADATA, AddressClass.LINK_LOCAL):
            raise UsageError(f"the paste names {host}, a metadata address", hint="paste the request to the API instead")
    return Case(paste, understood, propose(understood))


def _usable(ids: Pairs) -> Pairs:
    """Leave out what can be no id, such as one that was cut off: the paste's line shows it, and nobody typed it."""
    from probe.cli.ids import check_id

    def is_good(value: str) -> bool:
        try:
            check_id(value)
        except UsageError:
            return False
        return True

    return tuple((name, value) for name, value in ids if is_good(value))


def described(case: Case | None) -> Described | None:
    """Describe the target that a paste names; its host gets a credential only by the rules of `probe.cli.trust`."""
    if case is None or case.proposal.target is None:
        return None
    from probe.cli.described import Described

    return Described(
        None, case.proposal.target, case.proposal.provider, source=case.paste.place, url_place=case.paste.place, is_guessed=True
    )


def is_pasted_url(case: Case | None, failing_url: str | None) -> bool:
    """Whether the failing URL is that of a paste: nobody has typed it."""
    return case is not None and failing_url is not None and failing_url == case.proposal.failing_url


def place_of_url(case: Case | None, failing_url: str | None) -> str:
    """Say where the failing URL stands, "" where an option named it."""
    return case.paste.place if case is not None and is_pasted_url(case, failing_url) else ""


def notes_of(case: Case | None) -> tuple[Note, ...]:
    """What the report keeps of a paste: what was understood, and the response in it, apart from what the scan itself sees."""
    if case is None:
        return ()
    from probe.diagnosing import answered_calls, missing_of
    from probe.intake import document_of
    from probe.model import Note

    one = case.understood
    answered, _assumed = answered_calls(one)
    document = {
        "understood": document_of(one),
        "missing": list(missing_of(one, is_judged=bool(answered))),
        "next": case.proposal.line if case.proposal.words else None,
    }
    lines = "; ".join(f"{name} {text}" for name, text in _facts(one) if text)
    notes = [
        Note("as-pasted", (("lines", lines), ("language", one.language), ("document", json.dumps(document, ensure_ascii=False))))
    ]
    if answered and one.calls[0].is_answered:
        first = answered[0]
        at = f"{first.at:%Y-%m-%d %H:%M} UTC" if first.at else ""
        asked = (("method", first.method or "GET"), ("url", first.url or ""))
        answer = (("status", str(first.status_code or "")), ("failure", first.failure or ""), ("words", _words(one)), ("at", at))
        notes.append(Note("pasted-response", (*asked, *answer)))
    return tuple(notes)


def understood_lines(one: Understood) -> Iterator[str]:
    """Give one line for each thing that was understood, so that a wrong reading is seen."""
    yield from (f"  {name:<12}{text}" for name, text in _facts(one) if text)
    for line in one.contradictions:
        yield "  " + _("contradiction: {line}", line=line)


def _words(one: Understood) -> str:
    return " ".join(part for part in (one.error_code, f'"{one.error_message}"' if one.error_message else "") if part)


def _facts(one: Understood) -> Iterator[tuple[str, str]]:
    """Name everything that was understood; what the paste does not tell is empty."""
    yield _("kind"), ", ".join(one.kinds)
    yield _("request"), " ".join(part for part in (one.method, one.url) if part)
    yield _("endpoint"), one.base_url or ""
    yield _("provider"), one.provider or ""
    yield _("api-version"), one.api_version or ""
    yield _("deployment"), one.deployment or ""
    yield _("ids"), ", ".join(f"{name}={value}" for name, value in one.ids)
    yield _("response"), " ".join(part for part in (str(one.status_code or ""), _words(one)) if part)
    yield _("failure"), one.failure or ""
    yield _("request id"), ", ".join(f"{name} {value}" for name, value in one.request_ids)
    yield _("region"), one.region or ""
    yield _("retry after"), one.retry_after or ""
    yield _("answered by"), ", ".join(one.answered_by)
    yield from one.told
    others = len(one.calls) - 1
    yield _("more"), _("other requests in the paste: {count}", count=others) if others > 0 else ""


def secret_lines(one: Understood, paste: Paste) -> Iterator[str]:
    """Say which secrets were dropped, which variable a scan reads, and that a pasted key must be replaced."""
    if not one.secrets_dropped:
        return
    yield "SECRETS     " + _(
        "Dropped, not stored: {names}. Rotate what was pasted, and set {variable} for the scan.",
        names=", ".join(one.secrets_dropped),
        variable="OPENAI_API_KEY" if one.provider == "openai" else "AZURE_OPENAI_API_KEY",
    )
    if paste.is_argument:
        yield "            " + _("The shell keeps arguments in its history: pipe the paste in next time.")
