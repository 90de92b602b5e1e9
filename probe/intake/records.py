"""Records that programs keep of requests, as JSON: a log's lines, a trace's rows, a client's export, an event around a body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from probe.intake.body import Error, error_of, ids_in, text_of
from probe.intake.curl import request
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.har import moment
from probe.intake.names import words
from probe.intake.values import Found, objects

_URLS = ("url", "uri", "requesturl", "requesturi", "httpurl", "urlfull", "fullurl", "httprequesturl", "data")
_METHODS = ("method", "verb", "httpmethod", "requestmethod", "httprequestmethod")
_STATUSES = (
    "status",
    "statuscode",
    "httpstatus",
    "httpstatuscode",
    "responsestatus",
    "responsestatuscode",
    "httpresponsestatuscode",
    "resultcode",
    "resultsignature",
    "responsecode",
    "httpcode",
)
_TIMES = ("timestamp", "time", "ts", "startedat", "date")
_PARTS = frozenset({"errordetails", "request", "req", "response", "res", "http", "properties", "err", "error", "attributes"})
_MOST = 500
_LONGEST = 16 * 1024


def read(found: Found, knowledge: Knowledge) -> list[Fragment]:
    """Read every record of a value: an object that tells a request's URL, or a status with the error that came with it."""
    if found.language == "loose":
        return []
    return [made for one in _objects(found.value) if (made := _record(one, found, knowledge)) is not None]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a value that may be records, the outer ones first."""
    stack, left = [value], _MOST
    while stack and left:
        left -= 1
        one = stack.pop()
        if isinstance(one, dict):
            yield one
            stack += [inner for name, inner in one.items() if isinstance(inner, list) or words(name) in ("data", "message")]
        elif isinstance(one, list):
            stack += one[:_MOST][::-1]


def _record(one: dict[str, Any], found: Found, knowledge: Knowledge) -> Fragment | None:
    told = {words(name): value for name, value in one.items()}
    parts = [part for name, part in told.items() if name in _PARTS and isinstance(part, dict)]
    for part in parts:
        told = {words(name): value for name, value in part.items()} | told
    url = next((told[name] for name in _URLS if isinstance(told.get(name), str) and "://" in told[name]), None)
    method = next((told[name].upper() for name in _METHODS if isinstance(told.get(name), str)), None)
    status = next((int(str(told[name])) for name in _STATUSES if re.fullmatch(r"[1-5]\d\d", str(told.get(name)))), None)
    if url is None and "errorMessage" not in one and (error_of(one) is not None or "id" in one):
        return None  # it is a body itself
    error, body = _error(one)
    is_row = url is None and error is None and status is not None and "resultsignature" in told
    if not (url and (method or status or error)) and error is None and not is_row:
        return None
    asked = request(url, method, knowledge, "json", found.start, found.end) if url else None
    if url and asked is None:
        return None
    made = replace(asked or Fragment("json"), kind="json", language="", start=found.start, end=found.end)
    return replace(
        made,
        ids=tuple((dict(ids_in(one, knowledge)) | dict(made.ids)).items()),
        status_code=status or (error.status_code if error else None),
        error_code=error.error_code if error else None,
        error_type=error.error_type if error else None,
        error_message=error.error_message if error else None,
        body=body,
        answers=status is not None or error is not None,
        at=next((at for name in _TIMES if (at := moment(told.get(name)))), None),
    )


def _error(one: dict[str, Any]) -> tuple[Error | None, str | None]:
    """Find the error that a record holds, itself or written out in one of its texts, and its body."""
    values = list(one.values())[:100]
    for _level in range(2):
        values += [inner for value in values if isinstance(value, dict) for inner in list(value.values())[:50]]
        values = [inner for value in values for inner in (value[:20] if isinstance(value, list) else [value])][:500]
    for value in values:
        inside = [value] if isinstance(value, dict) else []
        if isinstance(value, str) and "{" in value:
            inside = [part.value for part in objects(value[:_LONGEST]) if part.language == "json"]
        for part in inside:
            error = error_of(part) or (error_of({"error": part}) if isinstance(part, dict) and "message" in part else None)
            if error is not None and (error.error_code or error.error_message):
                return error, text_of(part if isinstance(part, dict) and "error" in part else {"error": part})
    return error_of(one), None
