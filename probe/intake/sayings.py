"""How clients and SDKs print a failed request: one table a language, read by one function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

from probe.frozen import Frozen, members, replace
from probe.intake.body import error_of, text_of
from probe.intake.curl import request
from probe.intake.fragment import Fragment, Knowledge, filled
from probe.intake.names import words
from probe.intake.urls import ids_named, trimmed
from probe.intake.values import Found, object_at

_CODE = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")
"""A code in the place of a reason phrase: `PermissionDenied`, not `Unauthorized` or `Not Found`."""
_WORD = re.compile(r"(?<![\w/.-])[A-Za-z]{2,12}[_-][A-Za-z0-9_-]{4,256}")

CLASSES = {
    **{words(one.phrase): one.value for one in HTTPStatus},
    "authentication": 401,
    "clientauthentication": 401,
    "accessdenied": 401,
    "permissiondenied": 403,
    "resourcenotfound": 404,
    "unprocessableentity": 422,
    "ratelimit": 429,
    "internalserver": 500,
}
"""Reason phrases, and error classes that stand for one status (openai-python `_exceptions.py`, openai-node `error.ts`)."""


class Saying(Frozen):
    """A shape of error text. Groups of the pattern: status, method, url, code, message, klass; an object may follow."""

    kind: str
    pattern: re.Pattern[str]
    language: str


_PARTS = {
    "status": r"[1-5]\d\d",
    "method": r"GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS",
    "url": r"https?://[^\s\"'<>`]{1,4096}",
    "message": r"[^\n]{1,2000}",
}
"""What `<status>` and its kin in the pattern of a row stand for."""


def saying(kind: str, pattern: str, language: str = "") -> Saying:
    """Compile one row of a table."""
    pattern = re.sub(r"(?<!\?P)<(status|method|url|message)>", lambda part: f"(?P{part[0]}{_PARTS[part[1]]})", pattern)
    return Saying(kind, re.compile(pattern), language)


def read_sayings(text: str, table: tuple[Saying, ...], knowledge: Knowledge) -> Iterator[Fragment]:
    """Read every error text of a table, with the object that follows it."""
    for row in table:
        for match in row.pattern.finditer(text):
            fragment = _read(text, row, match, knowledge)
            if fragment is not None:
                yield fragment


def _read(text: str, row: Saying, match: re.Match[str], knowledge: Knowledge) -> Fragment | None:
    groups = match.groupdict()
    reason = groups.get("reason") or ""
    code = (groups.get("code") or (reason if _CODE.fullmatch(reason) else "")).removeprefix("None")
    klass = words(re.sub(r"(?:Error|Exception)$", "", groups.get("klass") or ""))
    told = (
        groups.get("status") or groups.get("status2") or CLASSES.get(klass) or (code if re.fullmatch(r"[45]\d\d", code) else None)
    )
    status = int(told) if told else None
    message, end = groups.get("message"), match.end()
    found = _object(text, row, match, message)
    if found is not None and isinstance(found.value, dict) and {"config", "request"} & found.value.keys():
        end, found, message = found.start, None, None  # a record of the request, which is read as one
    is_python = found is not None and found.language == "python" and row.kind == "javascript-error"
    fragment = Fragment(
        "python-error" if is_python else row.kind,
        match.start(),
        max(end, found.end if found and row.kind not in ("az", "powershell", "text") else 0),
        "python" if is_python else row.language,
        status_code=status,
        error_code=code or None,
        error_message=_sentence(message) if message and found is None else None,
        ids=ids_named(_WORD.findall((message or "")[:2000]), knowledge),  # they tell which request it answers
        answers=status is not None or found is not None or bool(message),
    )
    if found is not None:
        error = error_of(found.value)
        said = f"{match[0].strip()} {text_of(found.value)}" if match[0].startswith("litellm.") else ""
        outer = {"error": {"message": said, "code": str(status or "")}}  # LiteLLM's own answer, with that of the service in it
        fragment = replace(fragment, body=text_of(outer if said else found.value))
        if error:
            fragment = replace(
                fragment,
                **members(error)
                | {"error_code": error.error_code or fragment.error_code, "status_code": status or error.status_code},
            )
    if groups.get("url"):
        asked = request(trimmed(groups["url"]), groups.get("method") or None, knowledge, row.kind, match.start(), match.end())
        if asked is not None:
            fragment = filled(fragment, asked)
    return fragment if fragment.url or fragment.is_answered else None


def _object(text: str, row: Saying, match: re.Match[str], message: str | None) -> Found | None:
    """Find the object that follows an error text, or stands in its message; one behind plain words must be an error."""
    found = object_at(text, match.end())
    if found is None and message and -1 < (brace := message.find("{")) < 60:
        found = object_at(text, match.start("message") + brace)
        found = found if found and (brace < 4 or error_of(found.value)) else None
    return None if found is not None and row.kind == "text" and error_of(found.value) is None else found


def _sentence(message: str) -> str | None:
    """Take a message as one line, without the quotes around it."""
    plain = " ".join(message.split()) if message[:1] != "," else ""  # the sentence goes on
    for quote in "'\"`":
        if plain.count(quote) % 2 or (plain[:1] + plain[-1:] == 2 * quote and plain.count(quote) == 2):
            plain = plain.strip(quote)
    return None if plain.startswith("<") else plain[:2000] or None
