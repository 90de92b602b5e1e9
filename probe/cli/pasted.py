"""What was pasted, for the commands that take it: read, understood, shown, and turned into what a scan is told."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from probe.cli.described import Described
from probe.errors import UsageError
from probe.frozen import Frozen, replace
from probe.language import _

if TYPE_CHECKING:
    from probe.cli.described import Wish
    from probe.cli.options import ScopeOptions, TalkOptions, TargetOptions
    from probe.intake import Understood
    from probe.model import Catalogue, Note, Pairs
    from probe.proposal import Proposal

_FILE_NAME = re.compile(r"\S*[/\\]\S+|\S+\.[A-Za-z][A-Za-z0-9]{1,7}")
"""An argument that looks like the name of a file rather than like a text."""
PLACE = "the pasted text"
"""Source of a URL in pasted text that did not come from a file: the user has not vouched for it yet."""


class Paste(Frozen):
    """The text of a paste and `place`, the file that it stands in or `PLACE`; `is_argument` means that the shell has kept it."""

    text: str
    place: str = PLACE
    is_argument: bool = False


class PastedCase(Frozen):
    """An understood paste, and how it completes what the options of a scan say; the options overrule."""

    paste: Paste
    understood: Understood
    proposal: Proposal

    def target(self, options: TargetOptions) -> TargetOptions:
        """Complete the options by the ids and, where no host tells it, the provider."""
        ids = (*(f"{name}={value}" for name, value in _usable(self.proposal.ids)), *options.ids)
        told = self.proposal.provider
        is_needed = told is not None and self.understood.base_url is None and not options.providers
        return replace(options, ids=ids, providers=(str(told),) if is_needed else options.providers)

    def scope(self, options: ScopeOptions) -> ScopeOptions:
        """Complete the options by the failing URL."""
        return replace(options, failing_url=options.failing_url or self.proposal.failing_url)

    def names(self, failing_url: str | None) -> bool:
        """Whether the failing URL is that of the paste: nobody has typed it."""
        return failing_url == self.proposal.failing_url

    def wish(self, wish: Wish) -> Wish:
        """Name the target of the paste, and where it stands: its host gets a credential only by the rules of `probe.cli.trust`."""
        place, one = self.paste.place, self.proposal
        target = Described(None, one.target, one.provider, source=place, url_place=place, is_guessed=True) if one.target else None
        return replace(wish, pasted=target, url_place=place if self.names(wish.failing_url) else "")

    def notes(self) -> tuple[Note, ...]:
        """What the report keeps of the paste: what was understood, and the response in it, apart from what the scan itself sees."""
        from probe.diagnosing import answered_calls, missing_of
        from probe.intake import document_of
        from probe.model import Note

        one = self.understood
        answered, _assumed = answered_calls(one)
        document = {
            "understood": document_of(one),
            "missing": list(missing_of(one, is_judged=bool(answered))),
            "next": self.proposal.line if self.proposal.words else None,
        }
        lines = "; ".join(f"{name} {text}" for name, text in _facts(one) if text)
        kept = (("lines", lines), ("language", one.language), ("document", json.dumps(document, ensure_ascii=False)))
        notes = [Note("as-pasted", kept)]
        if answered and one.calls[0].is_answered and answered[0].url:
            first = answered[0]
            at = f"{first.at:%Y-%m-%d %H:%M} UTC" if first.at else ""
            asked = (("method", first.method or "GET"), ("url", str(first.url)))
            answer = (
                ("status", str(first.status_code or "")),
                ("failure", first.failure or ""),
                ("words", _words(one)),
                ("at", at),
            )
            notes.append(Note("pasted-response", (*asked, *answer)))
        return tuple(notes)


def read_paste(paste: str | None) -> Paste:
    """Read a paste: a file, standard input for `-` or nothing, else the argument itself."""
    from probe.intake import MAX_PASTE, decode

    if paste is None or paste == "-":
        if sys.stdin.isatty():
            how = _(
                "Paste the failing request, its response, an error message, code or a URL, "
                "then press Ctrl-D (Windows: Ctrl-Z, then Enter)."
            )
            click.echo(how, err=True)
        return Paste(decode(sys.stdin.buffer.read(MAX_PASTE + 1)))
    path = _file(paste)
    if path is None:
        return Paste(paste, is_argument=True)
    try:
        with path.open("rb") as file:
            return Paste(decode(file.read(MAX_PASTE + 1)), str(path))
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


def read_case(text: str, catalogue: Catalogue, talking: TalkOptions) -> PastedCase:
    """Read and understand the PASTE of a scan, and say what was understood before anything is sent."""
    from probe.cli.show import talk

    case = understand_case(read_paste(text), catalogue)
    for line in (_("UNDERSTOOD"), *understood_lines(case.understood), *secret_lines(case.understood, case.paste)):
        talk(line, talking)
    return case


def understand_case(paste: Paste, catalogue: Catalogue) -> PastedCase:
    """Understand the paste of a scan. One that names nothing to ask about, or a place that hands out credentials, is refused."""
    from probe.diagnosing import knowledge_of
    from probe.facts.addresses import AddressClass, literal_class
    from probe.intake import understand
    from probe.proposal import propose

    if not paste.text.strip():
        raise UsageError("scan: nothing was pasted", hint="probe scan 'TEXT', probe scan FILE, or pipe it in: probe scan -")
    understood = understand(paste.text, knowledge_of(catalogue))
    if understood.is_empty:
        refuse_what_is_no_text(paste)
        raise UsageError(
            "scan: the paste names no endpoint, URL, id or error",
            hint="paste a URL, a curl line, an error message or an id; `probe scan --help` lists the options",
        )
    for url in (understood.url, understood.base_url):
        host = urlsplit(url).hostname if url else None
        if host and literal_class(host) in (AddressClass.METADATA, AddressClass.LINK_LOCAL):
            raise UsageError(f"the paste names {host}, a metadata address", hint="paste the request to the API instead")
    return PastedCase(paste, understood, propose(understood))


def refuse_what_is_no_text(paste: Paste) -> None:
    """Tell where a paste that says nothing is wrong: a path without a file, a file that is not text, JSON that breaks off."""
    if paste.is_argument and _FILE_NAME.fullmatch(paste.text):
        is_folder = Path(paste.text).is_dir()
        raise UsageError(
            f"{paste.text}: {'a folder' if is_folder else 'no such file'}", hint="name a file, or paste the text itself"
        )
    if paste.text.count("\ufffd") * 20 > len(paste.text):
        raise UsageError(f"{paste.place}: not text", hint="paste the text, not a picture or an archive of it")
    if paste.text.lstrip()[:1] in ("{", "["):
        try:
            json.loads(paste.text, strict=False)
        except json.JSONDecodeError as error:
            where = f"{paste.place}:{error.lineno}:{error.colno}"
            raise UsageError(f"{where}: not valid JSON: {error.msg}", hint="export it again, whole") from None
        except (ValueError, RecursionError):
            return


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


def understood_lines(one: Understood) -> Iterator[str]:
    """Give one line for each thing that was understood, so that a wrong reading is seen."""
    yield from (f"  {name:<11} {text}" for name, text in _facts(one) if text)
    for line in one.contradictions:
        yield "  " + _("contradiction: {line}", line=line)


def _words(one: Understood) -> str:
    code = one.error_code if one.error_code != str(one.status_code) else None
    return " ".join(part for part in (code, f'"{one.error_message}"' if one.error_message else "") if part)


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
    yield _("answered by"), one.answered_by or ""
    yield from one.told
    others = len(one.calls) - 1
    yield _("more"), _("other requests in the paste: {count}", count=others) if others > 0 else ""


def secret_lines(one: Understood, paste: Paste) -> Iterator[str]:
    """Say which secrets were dropped, which variable a scan reads, and that a pasted key must be replaced."""
    if not one.secrets_dropped:
        return
    from probe.proposal import propose
    from probe.providers import provider

    asked = provider(propose(one).provider or one.provider or "azure")
    yield "SECRETS     " + _(
        "Dropped, not stored: {names}. Rotate what was pasted, and set {variable} for the scan.",
        names=", ".join(one.secrets_dropped),
        variable=next(iter(asked.key_variables), "--key-env"),
    )
    if paste.is_argument:
        yield "            " + _("The shell keeps arguments in its history: pipe the paste in next time.")
