"""HAR files of browsers, Fiddler and mitmproxy."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from probe.facts.outgoing import CREDENTIALS
from probe.frozen import replace
from probe.intake.curl import request
from probe.intake.fragment import Fragment, Knowledge
from probe.model import Pairs

_MOST = 20_000
_MOST_CALLS = 1000
_LONGEST_BODY = 256 * 1024
_CREDENTIALS = CREDENTIALS | {"set-cookie", "proxy-authorization"}


def read(document: Any, knowledge: Knowledge) -> Iterator[Fragment] | None:
    """Read the entries of a HAR; None if the document is not one. Pages, scripts and images of a browser's session are left out."""
    entries = _listed(document)
    return None if entries is None else _read(entries, knowledge)


def _listed(document: Any) -> list[Any] | None:
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else None


def _read(entries: list[Any], knowledge: Knowledge) -> Iterator[Fragment]:
    for at, entry in _chosen(entries):
        asked = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(asked, dict) or not isinstance(asked.get("url"), str):
            continue
        place = at + 1
        found = request(asked["url"], str(asked.get("method") or "GET").upper(), knowledge, "har", place, place)
        got = entry.get("response")
        got = got if isinstance(got, dict) else {}
        if found is None:
            continue
        status = got.get("status")
        is_answer = isinstance(status, int) and status >= 100
        yield replace(
            found,
            status_code=status if is_answer else None,
            answers=is_answer,
            headers=pairs(got.get("headers")),
            body=_text(got.get("content")),
            at=moment(entry.get("startedDateTime")),
            failure=None if is_answer or not entry.get("_error") else "connection_aborted",
        )


def _chosen(entries: list[Any]) -> Iterator[tuple[int, Any]]:
    """Take the newest failing entries and the newest others, each with its place: a browser's afternoon has far more."""
    left = {True: _MOST_CALLS, False: _MOST_CALLS}
    for at in range(len(entries) - 1, -1, -1):
        got = entries[at].get("response") if isinstance(entries[at], dict) else None
        status = got.get("status") if isinstance(got, dict) else None
        is_failing = not isinstance(status, int) or not 100 <= status < 400
        if left[is_failing] and not _is_asset(got if isinstance(got, dict) else {}):
            left[is_failing] -= 1
            yield at, entries[at]


def pairs(headers: Any) -> Pairs:
    """Read `[{"name": ..., "value": ...}]`, without those that carry credentials."""
    return tuple((name, value) for name, value in _all(headers) if name.lower() not in _CREDENTIALS)


def _all(headers: Any) -> Pairs:
    listed = [one for one in headers[:200] if isinstance(one, dict)] if isinstance(headers, list) else []
    found = ((one.get("name", one.get("key")), one.get("value")) for one in listed)
    return tuple((name, value) for name, value in found if isinstance(name, str) and isinstance(value, str))


def moment(text: Any) -> datetime | None:
    """Read an ISO time; one without a zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def _text(content: Any) -> str | None:
    if not isinstance(content, dict):
        return None
    text = content.get("text")
    if isinstance(text, str) and content.get("encoding") == "base64":
        try:
            text = base64.b64decode(text[:_LONGEST_BODY]).decode("utf-8", "replace")
        except ValueError:
            return None
    return text[:_LONGEST_BODY] if isinstance(text, str) and text else None


def _is_asset(got: dict[str, Any]) -> bool:
    content = got.get("content")
    kind = str(content.get("mimeType", "")) if isinstance(content, dict) else ""
    return kind.startswith(("text/css", "application/javascript", "text/javascript", "font/", "image/svg"))


def secrets_in(document: Any) -> tuple[str, ...]:
    """Name the credentials that the entries carry: headers by their names, cookies."""
    names: dict[str, None] = {}
    for entry in (_listed(document) or ())[:_MOST]:
        for side in ("request", "response"):
            part = entry.get(side) if isinstance(entry, dict) else None
            if not isinstance(part, dict):
                continue
            named = [name.lower() for name, value in _all(part.get("headers")) if value]
            names |= dict.fromkeys([name for name in named if name in _CREDENTIALS] + (["cookie"] if part.get("cookies") else []))
    return tuple(names)
