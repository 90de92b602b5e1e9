"""The request that repeats one probe, taken apart so that any language can quote it: literal text and names of variables.

A secret is never in it: it is read from the environment variable that the user documented. A link whose secret part was masked
(a SAS signature) becomes two steps: ask the parent again, take the fresh link by its key path, download without a key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from probe.frozen import Frozen, replace
from probe.model import AuthForm, Outcome, Purpose, Role
from probe.naming import saved_as
from probe.providers import auth_headers
from probe.redact import MARK
from probe.view.escape import is_visible
from probe.view.page import View
from probe.view.row import Row
from probe.view.words import split_url

_VARIABLES = {
    AuthForm.API_KEY: "AZURE_OPENAI_API_KEY",
    AuthForm.BEARER: "OPENAI_API_KEY",
    AuthForm.ENTRA: "AZURE_OPENAI_AD_TOKEN",
    AuthForm.APIM: "APIM_SUBSCRIPTION_KEY",
    AuthForm.STORAGE: "AZURE_STORAGE_TOKEN",
}
_SEGMENT = re.compile(r"""\.([^.\[\]]+)|\[(\d+|\*)\]|\['((?:[^'\\]|\\.)*)'\]""", re.DOTALL)


class Variable(Frozen):
    """An environment variable inside a text: its name, as somebody gave it, never its value."""

    given: str

    @property
    def name(self) -> str:
        """The name as it can stand in a command."""
        name = re.sub(r"[^A-Za-z0-9_]", "_", self.given) or "SECRET"
        return f"_{name}" if name[0].isdigit() else name


Text = tuple[str | Variable, ...]
"""A text of a command: literal parts and variables."""


class Call(Frozen):
    """One request, ready to be quoted. `output` is the file to save to, None to show the answer.

    `origin` is where the credential belongs. `embedded` are the keys under which the JSON answer holds the file; `undo` names what
    turns the answer (or the text under these keys) into the file: "base64", "gzip". `is_encoded` says that the server compresses
    without being asked.
    """

    method: str
    url: Text
    headers: tuple[tuple[str, Text], ...]
    body: Text | None
    output: str | None
    has_secret: bool
    origin: str = ""
    embedded: tuple[str | int, ...] = ()
    undo: tuple[str, ...] = ()
    is_encoded: bool = False


class Step(Frozen):
    """Where a fresh link is found in the answer of `call`: a `header`, or a key path as its `keys`; a redirect is followed."""

    call: Call
    header: str = ""
    is_redirect: bool = False
    keys: tuple[str | int, ...] = ()


def call_of(row: Row) -> Call:
    """The request of a row's probe."""
    probe = row.probe
    keys, undo, sniffed = _embedded(row)
    is_download = bool(undo) or (probe.role is Role.DOWNLOAD and probe.method != "HEAD")
    headers = dict(_headers(row))
    return Call(
        method=re.sub(r"[^A-Z]", "", probe.method.upper()) or "GET",
        url=masked(_address(probe.url), "SECRET_IN_URL"),
        headers=tuple(headers.values()),
        body=None if probe.body is None else masked(printable(probe.body), "SECRET_IN_BODY"),
        output=saved_as(sniffed) if is_download else None,
        has_secret=any(isinstance(part, Variable) for _name, text in headers.values() for part in text),
        origin="://".join(split_url(_address(probe.url))[:2]),
        embedded=keys,
        undo=undo,
        is_encoded=_is_encoded(row),
    )


def _is_encoded(row: Row) -> bool:
    """Whether the response was compressed although none of our requests allows it."""
    headers = row.response.headers if row.response else ()
    return any(name.lower() == "content-encoding" and value.lower() in ("gzip", "x-gzip", "deflate") for name, value in headers)


def _embedded(row: Row) -> tuple[tuple[str | int, ...], tuple[str, ...], str]:
    """Where the answer of a row holds its artefact, if it does, what has to be undone, and what the artefact's bytes are."""
    found = row.response.embedded if row.response and row.outcome is Outcome.WORKS else ()
    for one in found:
        keys = keys_of(one.path)
        if keys or one.path == "$":
            return keys, tuple(one.encoding.split()), one.sniffed_type
    return (), (), (row.response.sniffed_type if row.response else None) or ""


def _headers(row: Row) -> Iterator[tuple[str, tuple[str, Text]]]:
    """Headers by lower-case name, the credential's last so that it wins."""
    is_targets_own = row.target is not None and split_url(row.probe.url)[:2] == split_url(row.target.base_url)[:2]
    for name, value in (*(row.target.headers if row.target and is_targets_own else ()), *row.probe.headers):
        token = re.sub(r"[^A-Za-z0-9!#$%&'*+.^_`|~-]", "", name)
        if token and token.lower() not in {"range", "accept-encoding"}:
            yield token.lower(), (token, masked(printable(value).strip(), f"HEADER_{token.upper()}"))
    variable = row.credential.variable if row.credential else _VARIABLES.get(row.probe.auth, "")
    for name, value in auth_headers(row.probe.auth, MARK):
        yield name.lower(), (name, masked(value, variable))


def printable(text: str) -> str:
    """The text with a space for everything that cannot be seen: no request needs it, and no reader would notice it."""
    return "".join(char if is_visible(char) else " " for char in text)


def masked(text: str, variable: str) -> Text:
    """Put a variable where the redactor put its mark; in a query the parameter's own name says what is missing."""
    parts: list[str | Variable] = []
    for index, literal in enumerate(text.split(MARK)):
        if index:
            parameter = re.search(r"[?&]([A-Za-z0-9_-]+)=$", parts[-1] if parts and isinstance(parts[-1], str) else "")
            parts.append(Variable(f"URL_{parameter[1].upper()}" if parameter else variable))
        if literal:
            parts.append(literal)
    return tuple(parts)


def _address(url: str) -> str:
    """The URL as it goes over the wire: printable ASCII without a character that means something to a shell, percent-encoded."""
    text = url.encode("utf-8", "replace").decode()
    origin, slash, rest = text.partition("://")
    authority = re.match(r"[^/?#]*", rest)
    end = authority.end() if authority else 0
    return origin + slash + quote(rest[:end], safe="[]:@-._~%") + quote(rest[end:], safe="/?#[]@!$&'()*+,;=:%-._~")


def step_of(view: View, row: Row) -> Step | None:
    """How to get a fresh link, when this one lost its secret part to the redactor."""
    parent = view.by_id.get(row.probe.of or "")
    if row.probe.purpose is not Purpose.LINK or MARK not in row.probe.url or parent is None or parent.response is None:
        return None
    index = row.probe.link
    if index is None or not 0 <= index < len(parent.response.links):
        return None
    found_in = parent.response.links[index].found_in
    call = replace(call_of(_as_get(view, parent)), output=None, embedded=(), undo=())
    if found_in.startswith("header:"):
        name = re.sub(r"[^A-Za-z0-9-]", "", found_in.removeprefix("header:"))
        is_redirect = name.lower() == "location" and 300 <= parent.response.status_code < 400
        return Step(call, name, is_redirect) if name.lower() != "link" else None
    keys = keys_of(found_in)
    return Step(call, keys=keys) if keys else None


def _as_get(view: View, row: Row) -> Row:
    """The GET of the same request where it was a HEAD that named the link: services refuse HEAD where GET works."""
    same = (one for one in view.sent if (one.probe.url, one.probe.auth, one.probe.method) == (row.probe.url, row.probe.auth, "GET"))
    return next(same, row) if row.probe.method == "HEAD" else row


def keys_of(path: str) -> tuple[str | int, ...]:
    """The keys of a key path, `$.data[*]['odd key']` -> ("data", 0, "odd key"); empty when the path is not plain."""
    keys: list[str | int] = []
    position = 1
    while position < len(path):
        segment = _SEGMENT.match(path, position)
        if segment is None:
            return ()
        if segment[1] is not None:
            keys.append(segment[1])
        elif segment[2] is not None:
            keys.append(0 if segment[2] == "*" else int(segment[2]))
        else:
            keys.append(_unquoted(segment[3]))
        position = segment.end()
    return tuple(keys) if path.startswith("$") else ()


def _unquoted(name: str) -> str:
    """A member name of a normalised path (RFC 9535, section 2.7) without its escapes."""
    try:
        return str(json.loads('"' + name.replace("\\'", "'").replace('"', '\\"') + '"', strict=False))
    except ValueError:
        return name
