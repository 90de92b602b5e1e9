"""Records that programs keep of requests, as JSON: a log's lines, a trace's rows, a client's export, an event around a body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from probe.frozen import members, replace
from probe.intake.body import Error, error_of, ids_in, text_of
from probe.intake.curl import relative, request
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.har import moment, pairs
from probe.intake.names import words
from probe.intake.urls import API
from probe.intake.values import Found, objects

_URLS = ("url", "uri", "requesturl", "requesturi", "httpurl", "urlfull", "fullurl", "httprequesturl", "data")
_METHODS = ("method", "verb", "httpmethod", "requestmethod", "httprequestmethod")
STATUSES = (
    *("status", "statuscode", "httpstatus", "httpstatuscode", "responsestatus", "responsestatuscode", "httpresponsestatuscode"),
    *("resultcode", "resultsignature", "responsecode", "httpcode"),
)
_PATHS = ("path", "requestpath", "rawpath", "urlpath", "httptarget")
_HOSTS = ("baseurl", "host", "authority", "httphost", "serveraddress")
_QUERIES = ("params", "queries", "query", "queryparameters")
_TIMES = ("timestamp", "time", "ts", "startedat", "date")
_PART = re.compile(
    r"req(?:uest)?|res(?:ponse)?|http(?:request)?|inputs|outputs|config|properties|err(?:or)?|errordetails|attributes"
)
_LINE = re.compile(r"(?P<method>[A-Z]{3,7}) (?P<path>/\S{3,4096})(?: HTTP/[\d.]{1,3})?")
"""The request's line as one value, as nginx writes it."""
_MOST = 500
_LONGEST = 16 * 1024


def read(found: Found, knowledge: Knowledge) -> list[Fragment]:
    """Read every record of a value: an object that tells a request's URL, or a status with the error that came with it."""
    if found.language == "loose" and not {"url", "status"} <= found.value.keys():
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
    told = list(_flat(one))
    method = _first(told, _METHODS, r"[A-Za-z]{3,7}")
    status = _first(told, STATUSES, r"[1-5]\d\d")
    asked = _asked(told, method, found, knowledge)
    if asked is None and "errorMessage" not in one and (error_of(one) is not None or "id" in one):
        return None  # it is a body itself
    error, body = _error(one)
    is_row = error is None and status is not None and any(name in ("resultsignature", "resultcode") for name, _value in told)
    if not (asked and (method or status or error)) and error is None and not is_row:
        return None
    if asked is None and any(name in _URLS and "://" in str(value) for name, value in told):
        return None
    kind = {"table": "table", "loose": "object"}.get(found.language, "json")
    made = replace(asked or Fragment(kind), kind=kind, language="", start=found.start, end=found.end)
    headers = tuple(pair for name, value in told if name == "headers" and isinstance(value, dict) for pair in value.items())
    return replace(
        made,
        ids=tuple((dict(ids_in(one, knowledge)) | dict(made.ids)).items()),
        headers=pairs([{"name": name, "value": value} for name, value in headers]),
        body=None if kind == "table" else body,
        answers=status is not None or error is not None,
        at=next((at for name, value in told if name in _TIMES and (at := moment(value))), None),
        **(members(error or Error()) | ({"status_code": int(status)} if status else {})),
    )


def _flat(one: dict[str, Any], depth: int = 4) -> Iterator[tuple[str, Any]]:
    """Yield the members of a record and of its parts, the outer ones first, by their folded names."""
    yield from ((words(name), value) for name, value in one.items())
    for name, part in one.items() if depth else ():
        if isinstance(part, dict) and words(name) == "url":
            yield from (("url" + words(inner), value) for inner, value in part.items())
        elif isinstance(part, dict) and _PART.fullmatch(words(name)):
            yield from _flat(part, depth - 1)


def _first(told: list[tuple[str, Any]], names: tuple[str, ...], form: str) -> str | None:
    return next((str(value) for name, value in told if name in names and re.fullmatch(form, str(value))), None)


def _asked(told: list[tuple[str, Any]], method: str | None, found: Found, knowledge: Knowledge) -> Fragment | None:
    """Make the request of a record: its URL, or a path with the host beside it; with the parameters beside it."""
    verb = method.upper() if method else None
    line = next((one for name, value in told if name == "request" and (one := _LINE.fullmatch(str(value)))), None)
    if line is not None:
        verb, told = line["method"], [("path", line["path"]), *told]
    url = _first(told, _URLS, r"https?://\S+")
    if url is None and (path := _first(told, (*_URLS, *_PATHS), r"/\S{3,4096}")) is not None:
        host = _first(told, _HOSTS, r"(?:https?://)?(?:[\w-]+\.)+[\w-]+(?::\d{1,5})?(?:/\S*)?")
        url = host.rstrip("/") + path if host else None
        if url is None and API.search(path):
            return relative(path, verb, knowledge, "json", found.start)
    if url is None:
        return None
    given = [value for name, value in told if name in _QUERIES and isinstance(value, dict)]
    query = [f"{name}={value}" for one in given for name, value in one.items() if f"{name}=" not in url and isinstance(value, str)]
    if query:
        url += ("&" if "?" in url else "?") + "&".join(query)
    return request(url, verb, knowledge, "json", found.start, found.end)


def _error(one: dict[str, Any]) -> tuple[Error | None, str | None]:
    """Find the error that a record holds, itself or written out in one of its texts, and its body."""
    values = list(one.values())[:100]
    for _level in range(4):
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
