"""Raw HTTP as curl -v, a proxy, a browser or a .http file shows it: request heads, response heads, bodies, header blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.parser import HeaderParser
from email.utils import parsedate_to_datetime

from probe.facts.headers import header
from probe.frozen import replace
from probe.intake.curl import relative, request
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.sayings import saying
from probe.intake.urls import trimmed
from probe.intake.values import object_at
from probe.model import Pairs
from probe.redact import MARK

_HEAD = re.compile(
    r"(?m)(?:^[ \t]{0,8}|(?<=\.\.\.))(?P<mark>[<>*] )?(?:(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD"
    r"|OPTIONS) (?P<path>[^\s\"]{1,8192}) HTTP/\d(?:\.\d)?"
    r"|HTTP/(?P<version>\d(?:\.\d)?) (?P<status>[1-5]\d\d)(?: (?P<reason>[^\n]{0,120}))?)[ \t]*$"
)
_HEADER_LINE = re.compile(r"[ \t]{0,8}(?:[<>] )?(:?[A-Za-z][A-Za-z0-9_-]{0,80})[ \t]{0,4}:[ \t]?([^\n]{0,8192})(?:\n|$)")
SAYINGS = (
    saying(
        "http", r"Request URL:?\s{1,4}<url>\s{1,4}(?:Request )?Method:?\s{1,4}<method>(?:\s{1,4}Status(?: Code)?:?\s{1,4}<status>)?"
    ),
)
"""How a browser sums a request up."""
_ACCESS = re.compile(
    r"\"?(?P<method>GET|POST|HEAD|DELETE|PUT"
    r"|PATCH) (?P<path>(?:https?:/)?/[^\s\"]{1,4096})(?: HTTP/\d(?:\.\d)?)?(?:\"[ \t]{0,4}|[ \t]{1,4})"
    r"(?:->|=>|:|returned|→)?[ \t]{0,3}(?P<status>[1-5]\d\d)\b"
)
_PATH = re.compile(r"\b(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD) (?P<path>/(?:openai|v1|api)/[^\s\"'`<>{}]{3,1024}+)(?!\{)")
_SERVED = re.compile(
    r"(?:(?:(?P<slow>upstream timed out)|upstream prematurely|no live upstreams|connect\(\) failed)[^\n]{0,400}?)?"
    r"request: \"(?P<method>[A-Z]{3,7}) (?P<path>/\S{1,4096}) HTTP/[\d.]{1,3}\"[^\n]{0,4096}?, host: \"(?P<host>[^\"\s/]{1,255})\""
)
"""The request of a line in nginx's error log, and why its upstream gave no response: nginx returns 504 or 502 for that."""
_LOOSE = re.compile(
    r"(?<![\w-])(?P<pair>\(b?[\"'])?(?P<name>apim-request-id|x-request-id|x-ms-request-id|x-ms-client-request-id|request-id|cf-ray|x-ms-region"
    r"|retry-after(?:-ms)?|openai-processing-ms"
    r"|x-litellm-version|x-litellm-call-id|x-ms-deployment-name|x-ms-rai-invoked|openai-organization|www-authenticate"
    r"|x-oneapi-request-id)"
    r"(?(pair)[\"'],\s{0,4}b?|(?:[\"'\]]{0,2}\s{0,12}(?:[:=]|=>)\s{0,12}|\n))(?:\[\s{0,4})?(?:\"(?P<a>[^\"\n]{1,400})\"|'(?P<b>[^'\n]{1,400})'"
    r"|(?P<c>[^\s,;\"'}\]]{1,400}))",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(r"(?m)^[ \t]{0,8}(?:[<>*] |HTTP/|curl |###|GET |POST |Invoke-|\$ )")
_REQUEST_ID = re.compile(
    r"(?i)(?<![\w-])(?:[\"']?request_?id[\"']?\s{0,3}[:=]\s{0,3}(?=[\"'])|request[_ ]id\s{0,3}(?:[:=]\s{0,3}|(?=req_)))[\"']?"
    r"(?P<value>req_[A-Za-z0-9-]{6,80}|[0-9a-f-]{32,40})(?![\w-])"
)


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read heads with their bodies, the browser's summary, access log lines, and loose headers of interest."""
    end = -1
    for match in _HEAD.finditer(text):
        if match.start() < end:
            continue
        lines, position = _headers(text, match.end() + 1)
        if match["status"]:
            body, position = _body(text, position)
            status, at = int(match["status"]), _date(lines)
            yield Fragment("http", match.start(), position, status_code=status, headers=lines, body=body, at=at, answers=True)
        else:
            found = _request(match["method"], match["path"], lines, knowledge, match.start(), position)
            if found is not None:
                yield found
        end = position
    for match in _SERVED.finditer(text):
        found = request(match["host"] + match["path"], match["method"], knowledge, "http", match.start(), match.end())
        if found is not None:
            has_failed = match.start("method") - match.start() > len('request: "')
            yield replace(found, status_code=504 if match["slow"] else 502, answers=True) if has_failed else found
    yield from _access(text, knowledge)
    yield from loose_headers(text)


def loose_headers(text: str) -> Iterator[Fragment]:
    """Read headers of interest wherever they stand: in a .NET block, a Node object, a list in prose."""
    for match in _LOOSE.finditer(text):
        value = (match["a"] or match["b"] or match["c"] or "").strip().rstrip(".")
        if match["name"].lower() == "x-ms-region" and match["c"]:
            value = text[match.start("c") : match.end("c") + 40].partition("\n")[0].strip(" \",'}")
        if value and MARK not in value and value.lower() not in ("redacted", "undefined", "null", "none"):
            yield Fragment("headers", match.start(), match.end(), headers=((match["name"].lower(), value),))
    for match in _REQUEST_ID.finditer(text):
        yield Fragment("headers", match.start(), match.end(), headers=(("x-request-id", match["value"]),))


def _headers(text: str, position: int) -> tuple[Pairs, int]:
    """Read header lines from a position on; returns them and where the head ends."""
    lines: list[str] = []
    while len(lines) < 200:
        match = _HEADER_LINE.match(text, position)
        if match is None:
            break
        lines.append(f"{match[1].lstrip(':')}: {match[2].strip()}")
        position = match.end()
    message = HeaderParser().parsestr("\n".join(lines) + "\n\n")
    return tuple((name, str(value)) for name, value in message.items()), min(position, len(text))


def _body(text: str, position: int) -> tuple[str | None, int]:
    """Read what follows a response head: an object, else the text up to the next head or blank line."""
    blank = re.compile(r"(?:[ \t]*(?:[<>*][^\n]{0,200}|[{}] \[\d+ bytes data\])?\n){0,8}").match(text, position)
    begin = blank.end() if blank else position
    found = object_at(text, begin)
    if found is not None:
        return text[begin : found.end].strip(), found.end
    stop = _BOUNDARY.search(text, begin)
    limit = stop.start() if stop else len(text)
    paragraph = text.find("\n\n", begin, limit)
    limit = min(paragraph if paragraph >= 0 else limit, begin + 65536)
    body = text[begin:limit].strip()
    return (body, limit) if body else (None, position)


def _request(method: str, path: str, lines: Pairs, knowledge: Knowledge, start: int, end: int) -> Fragment | None:
    host = header(lines, "host") or header(lines, "authority")
    url = path if "://" in path else host and host + path
    return request(url, method, knowledge, "http", start, end) if url else None


def _access(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read lines of an access log: method, path or URL, status; a path alone makes no URL."""
    for match in _ACCESS.finditer(text):
        if match["path"].startswith("http"):
            found = request(match["path"].rstrip(".,:"), match["method"], knowledge, "http", match.start(), match.end())
            if found is None:
                continue
            yield replace(found, status_code=int(match["status"]), answers=True)
        elif match["path"].count("/") > 1:
            found = relative(match["path"], match["method"], knowledge, "http", match.start())
            yield replace(found, end=match.end(), status_code=int(match["status"]), answers=True)
    for match in _PATH.finditer(text):
        yield relative(trimmed(match["path"]), match["method"], knowledge, "", match.start())


def _date(lines: Pairs) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header(lines, "date"))
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo is not None else None
