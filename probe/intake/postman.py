"""Requests saved by API clients: Postman collections and environments, Bruno's .bru files and exports, Insomnia-like lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from probe.frozen import replace
from probe.intake.curl import request
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.har import pairs

_VARIABLE = re.compile(r"\{\{\s?([\w.-]{1,80})\s?\}\}")
_BRU = re.compile(r"(?m)^(get|post|put|patch|delete|head)\s*\{\s*\n(?P<body>(?:[^}\n][^\n]*\n|\n){1,60})\}")
_BRU_URL = re.compile(r"(?m)^\s{0,8}url:\s{0,4}(\S{1,8192})")
_MOST = 2000


def read(document: Any, knowledge: Knowledge) -> Iterator[Fragment] | None:
    """Read a Postman or Bruno export, None where the document is neither."""
    if not isinstance(document, dict):
        return None
    is_postman = isinstance(document.get("item"), list) and isinstance(document.get("info"), dict)
    is_bruno = isinstance(document.get("items"), list) and "version" in document
    if not is_postman and not is_bruno:
        return None
    kind = "postman" if is_postman else "bruno"
    variables = _variables(document.get("variable"))
    listed = document.get("environments")
    for one in listed if isinstance(listed, list) else ():
        variables |= _variables(one.get("variables")) if isinstance(one, dict) else {}
    return _items(document, kind, variables, knowledge)


def read_bru(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read a .bru file: `get { url: ... }`; variables of the text were filled in before."""
    for match in _BRU.finditer(text):
        url = _BRU_URL.search(match["body"])
        found = request(url[1], match[1].upper(), knowledge, "bruno", match.start(), match.end()) if url else None
        if found is not None:
            yield found


def _items(document: dict[str, Any], kind: str, variables: dict[str, str], knowledge: Knowledge) -> Iterator[Fragment]:
    stack, place = [document], 0
    while stack and place < _MOST:
        one = stack.pop()
        children = one.get("item") if kind == "postman" else one.get("items")
        stack += [child for child in reversed(children) if isinstance(child, dict)] if isinstance(children, list) else []
        asked = one.get("request")
        if not isinstance(asked, dict):
            continue
        place += 1
        url = asked.get("url")
        raw = url.get("raw") if isinstance(url, dict) else url
        if not isinstance(raw, str):
            continue
        raw = _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), raw)
        raw = _with_path_variables(raw, url)
        found = request(raw, str(asked.get("method") or "GET").upper(), knowledge, kind, place * 2, place * 2)
        if found is None:
            continue
        saved = one.get("response")
        answers = [got for got in saved if isinstance(got, dict)] if isinstance(saved, list) else []
        if not answers:
            yield found
        for got in answers:
            status = got.get("code") or got.get("status")
            yield replace(
                found,
                status_code=status if isinstance(status, int) else None,
                headers=pairs(got.get("header")),
                body=got.get("body") if isinstance(got.get("body"), str) else None,
                answers=True,
            )


def _with_path_variables(raw: str, url: Any) -> str:
    """Fill in Postman's `/:name`; one without a value stays a placeholder."""
    given = _variables(url.get("variable")) if isinstance(url, dict) else {}
    return re.sub(r"/:(\w+)", lambda match: "/" + given.get(match[1], f"{{{match[1]}}}"), raw)


def _variables(listed: Any) -> dict[str, str]:
    if not isinstance(listed, list):
        return {}
    found = {str(one.get("key", one.get("name"))): one.get("value") for one in listed[:500] if isinstance(one, dict)}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}
