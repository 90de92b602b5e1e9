"""The ids that a user names with `--id`: what comes along when something is copied is taken off, what can be no id is refused."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from probe.cli.units import unquoted
from probe.errors import UsageError
from probe.facts import ids as prefixes
from probe.facts.families import UNSERVED, unserved
from probe.facts.ids import VARIABLES
from probe.model import Artefact, Note, Pairs
from probe.plan import ids_in

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_LABEL = re.compile(r"""^["']?([A-Za-z_]*id)["']?\s*(?::|=)\s*(?=\S)""", re.IGNORECASE)
PLACEHOLDER = re.compile(r"[{<][A-Za-z_-]+[}>]")
_OF_COLLECTION = {"projects": "cloud_project", "locations": "cloud_location", "models": "model", "operations": "job_id"}
_WRAPPED = re.compile(r"(?:^|[;,:])custom_llm_provider:(?P<provider>[^;]*)|(?:video|file|batch|response)_id[:,](?P<id>[\w-]+)")


def parse_ids(texts: Iterable[str], artefacts: Sequence[Artefact]) -> tuple[Pairs, tuple[Note, ...]]:
    """Read `--id VALUE` (its prefix tells the name) and `--id NAME=VALUE`; the notes say what was read out of a value."""
    known = {one.name for artefact in artefacts for one in artefact.ids} | set(VARIABLES)
    pairs: list[tuple[str, str]] = []
    notes: list[Note] = []
    for text in map(_bare, texts):
        name, separator, value = (_bare(part) for part in text.partition("="))
        is_named = bool(separator) and _NAME.fullmatch(name) is not None
        if is_named and name not in known and not _unwrap(text):
            raise UsageError(f"--id {name!r}: no such id in the catalogue", hint="known: " + ", ".join(sorted(known)))
        if is_named and name in known:
            check_id(value.replace("/", "") if name.endswith("_path") else value)
            found: Pairs = ((name, value),)
        elif "://" in text:
            found = _of_url(text, artefacts)
        elif "/operations/" in text:
            found = _of_operation(text)
        else:
            check_id(text)
            found = tuple((name, text) for name in names_of(text, artefacts))
        pairs += found
        notes += [note for value in dict.fromkeys(value for _name, value in found) if (note := unwrapped(value))]
    return joined(tuple(pairs), ()), tuple(notes)


def names_of(value: str, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
    """Decide which ids a bare value can be: by its prefix, by what is wrapped in it, else every kind that people look for.

    Clones give ids of any shape (`eEqy3T7r-_du4NKx`, a UUID), so a value without a known prefix is tried as each id of a video and
    as a file. What is known to lead to no file is kept by a name of its own, so that the report can say which id does.
    """
    if names := prefixes.names_of(value, artefacts):
        return names
    if unserved(value):
        return (UNSERVED,)
    if (inner := dict(_unwrap(value)).get("id")) and (names := prefixes.names_of(inner, artefacts)):
        return names
    known = {one.name for artefact in artefacts for one in artefact.ids}
    videos = [
        one.name
        for artefact in artefacts
        if "video/mp4" in artefact.media_types
        for one in artefact.ids
        if one.prefixes or not any(other.prefixes for other in artefact.ids)  # else the name of what only an answer gives
    ]
    return tuple(dict.fromkeys([*videos, *(name for name in ("file_id",) if name in known)]))


def unwrapped(value: str) -> Note | None:
    """Tell what LiteLLM has wrapped into an id; None for any other id."""
    found = dict(_unwrap(value))
    if "id" not in found:
        return None
    return Note("id-unwrapped", (("wrapped", value), ("id", found["id"]), ("provider", found.get("provider") or "unknown")))


def _unwrap(value: str) -> Pairs:
    """Decode an id of LiteLLM: base64 of `litellm:custom_llm_provider:..;model_id:..;video_id:..`, with or without a prefix."""
    text = re.sub(r"^[a-z]+[_-](?=bGl0ZWxs)", "", value)
    if not text.startswith("bGl0ZWxs"):  # base64 of "litell"
        return ()
    try:
        inner = base64.urlsafe_b64decode(
            (text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)).replace("+", "-").replace("/", "_")
        )
        plain = inner.decode("ascii")
    except (binascii.Error, ValueError):
        return ()
    return tuple((name, found) for one in _WRAPPED.finditer(plain) for name, found in one.groupdict().items() if found)


def _bare(text: str) -> str:
    """Take off what comes along when an id is copied: quotes, a comma, a label such as `"id":`."""
    text = text.strip().rstrip(",;").strip()
    if not _LABEL.match(text):
        text = unquoted(text)
    if found := _LABEL.match(text):
        name, rest = found[1].lower(), unquoted(text[found.end() :].rstrip(",;"))
        text = rest if name == "id" else f"{name}={rest}"
    return text


def _of_url(text: str, artefacts: Sequence[Artefact]) -> Pairs:
    """Read the ids out of a URL that was given instead of one."""
    if found := ids_in(text, artefacts):
        return found
    raise UsageError("--id: this is a URL without a known id", hint="a URL that fails belongs to --failing-url")


def _of_operation(text: str) -> Pairs:
    """Take the name of an operation of Google apart: `models/M/operations/O`, with or without project and location before it."""
    parts = text.strip("/").split("/")
    found = tuple((_OF_COLLECTION[one], value) for one, value in pairwise(parts) if one in _OF_COLLECTION)
    for _name, value in found:
        check_id(value)
    return found


def check_id(value: str) -> None:
    """Refuse what can be no id."""
    if value.endswith(("...", "…")):
        raise UsageError(f"--id {value[:40]!r}: the id was cut off", hint="copy it whole, without the dots")
    is_odd = any(c.isspace() or ord(c) < 32 or c in "/\\?#\x7f" for c in value)
    if not value or len(value) > 256 or is_odd or PLACEHOLDER.search(value) or value in (".", ".."):
        raise UsageError(
            f"--id {value[:40]!r}: not an id", hint="an id is one word of at most 256 characters, as an answer or a log shows it"
        )


def joined(first: Pairs, second: Pairs) -> Pairs:
    """Join two sets of ids: of a name that the first has, the second counts for nothing; several values of one name all stay."""
    taken = {name for name, _value in first}
    return tuple(dict.fromkeys([*first, *((name, value) for name, value in second if name not in taken)]))
