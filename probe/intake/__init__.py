"""What people paste, understood: method, URL, ids, answer; nothing is executed, no secret is kept, what is not told stays empty.

text --clean, unwrapped--> --secrets.scrub--> --readers--> Fragments --join--> Understood

A new kind of paste is one file with a reader and one line in `READERS`; a new text of an error is one row in `clients` or `words`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from probe.frozen import members, replace
from probe.intake import (
    az,
    clients,
    code,
    curl,
    har,
    http,
    network,
    postman,
    powershell,
    prose,
    records,
    sdk,
    tables,
    urls,
    words,
    xml,
)
from probe.intake.bindings import expanded
from probe.intake.body import read as read_body
from probe.intake.fragment import Fragment, Knowledge, asked, outermost, united
from probe.intake.join import join
from probe.intake.sayings import Saying, read_sayings
from probe.intake.secrets import scrub
from probe.intake.text import MAX_PASTE, clean, decode, unwrapped
from probe.intake.understood import Asked, Told, Understood, document_of
from probe.intake.values import Found, objects, reprs
from probe.redact import Redactor

__all__ = ["MAX_PASTE", "READERS", "SAYINGS", "Asked", "Knowledge", "Told", "Understood", "decode", "document_of", "understand"]

Reader = Callable[[str, Knowledge], Iterable[Fragment]]
Read = TypeVar("Read", Understood, Asked)

READERS: tuple[Reader, ...] = (
    curl.read,
    powershell.read,
    az.read,
    postman.read_bru,
    http.read,
    code.read,
    sdk.read,
    xml.read,
    urls.read,
    prose.read,
)
"""Readers of free text, in any order: of two that claim the same place, the one that claims more counts."""

SAYINGS: tuple[Saying, ...] = (
    *az.SAYINGS,
    *http.SAYINGS,
    *powershell.SAYINGS,
    *clients.SAYINGS,
    *words.SAYINGS,
)
"""Every shape of error text that is known."""

_DOCUMENTS: tuple[Callable[[Any, Knowledge], Iterator[Fragment] | None], ...] = (har.read, postman.read)
_LONGEST_TEXT = 32 * 1024
"""Of a text more than twice as long only the first and the last part are read: a log's newest lines are its last."""


def understand(text: str, knowledge: Knowledge) -> Understood:
    """Understand a paste. Raises `UsageError` only for one that is too large; an empty one is an empty `Understood`."""
    text = clean(text)
    document = _document(text)
    if len(text) > 2 * _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + "\n" + text[-_LONGEST_TEXT:]
    text, dropped, values = scrub(unwrapped(text))
    redactor = Redactor.of({f"secret {at}": value for at, value in enumerate(values)})
    fragments: list[Fragment] | None = None
    if document is not None:
        dropped += har.secrets_in(document)
        fragments = next((list(found) for read in _DOCUMENTS if (found := read(document, knowledge)) is not None), None)
    if fragments is None:
        fragments = list(_free(text, knowledge))
    understood = join([_with_body(one, knowledge) for one in fragments], knowledge)
    named = {name.lower(): name for name in reversed(dropped)}
    return _redacted(replace(understood, secrets_dropped=tuple(dict.fromkeys(named[name.lower()] for name in dropped))), redactor)


def _document(text: str) -> dict[str, Any] | None:
    """Read a whole paste that is one JSON object and may be a client's export; None for any other."""
    if text.lstrip()[:1] != "{" or not ('"log"' in text[:4096] or '"item"' in text or '"items"' in text):
        return None
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _free(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read free text by every reader; names are filled in first, so that `$endpoint/openai` is a URL for all of them."""
    text = expanded(text)
    found = [fragment for read in READERS for fragment in read(text, knowledge)]
    found += read_sayings(text, SAYINGS, knowledge)
    found += network.read(text)
    for one in (*objects(text), *reprs(text)):
        found += _told(one, knowledge)
    for one in tables.rows(text):
        found += records.read(one, knowledge)
    yield from asked(outermost(found), text)


def _told(one: Found, knowledge: Knowledge) -> list[Fragment]:
    """Read an object of a text: a client's export that stands between words, records of requests, a body."""
    for read in _DOCUMENTS:
        if (entries := read(one.value, knowledge)) is not None:
            return [replace(entry, start=one.start, end=one.end) for entry in entries]
    kept = records.read(one, knowledge)
    body = None if kept else read_body(one, knowledge)
    return kept if body is None else [body]


def _with_body(fragment: Fragment, knowledge: Knowledge) -> Fragment:
    """Read the body of a response that a structured kind brought: its error, its ids."""
    if fragment.body is None or fragment.error_message or fragment.kind == "json":
        return fragment
    body = next((read for one in objects(fragment.body[: 256 * 1024]) if (read := read_body(one, knowledge)) is not None), None)
    if body is None:
        return fragment
    return replace(
        fragment,
        ids=united(fragment.ids, body.ids),
        error_code=body.error_code,
        error_type=body.error_type,
        error_message=body.error_message,
        status_code=fragment.status_code or body.status_code,
    )


def _redacted(one: Read, redactor: Redactor) -> Read:
    """Pass every text through the redactor once more: what no place gave away, its shape may."""

    def masked(name: str, value: Any) -> Any:
        if name == "headers":
            return redactor.headers(value)
        if isinstance(value, str):
            return redactor.url(value) if name == "url" else redactor.text(value)
        if isinstance(value, Asked):
            return _redacted(value, redactor)
        return tuple(masked("", part) for part in value) if isinstance(value, tuple) else value

    return replace(one, **{name: masked(name, value) for name, value in members(one).items()})
