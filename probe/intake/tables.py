"""Tables: rows of CSV, of tabs, of Markdown and of a query's result, whose header names a status, each as a record."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from probe.intake.names import HTTP, words
from probe.intake.records import STATUSES
from probe.intake.urls import API, urls_in
from probe.intake.values import Found

_STATUS = re.compile(r"[ `*]{0,4}(?:HTTP )?(?P<status>" + HTTP + r")\b[ `*:,;)(-]{0,6}(?P<words>[^`*]{0,400}?)[ `*]{0,4}")
_METHOD = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD)\b")
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}")
_PATH = re.compile(r"(?:^|[ \"])(/[^\s\"|,]{3,4096})")
_PAIR = re.compile(r"(?<!\S)([A-Za-z_][\w.]{1,40})=(\"(?:[^\"\\]|\\.){0,4096}\"|'[^'\n]{0,4096}'|[^\s\"']{1,4096})")
_LISTED = re.compile(r"[ \t>*-]{0,8}([a-z]{2,12}[-_][\w-]{6,200})(?:[ \t:,]|->|=>|→){1,6}(?:HTTP )?(" + HTTP + r")[ \t]{0,8}")
"""An id and what it got, as a loop over ids prints them."""
_COLUMNS = (*STATUSES, "result", "response", "code", "http", "statut", "ergebnis", "antwort", "observed", "actual")
_LONGEST = 16 * 1024


def rows(text: str) -> Iterator[Found]:
    """Yield every row that has a status, under the names of its columns; one without a header needs a URL or a path.

    A line of `name=value` pairs is such a row too.
    """
    names: list[str] = []
    sign, column, start = "", -1, 0
    for line in text.split("\n"):
        place, start = start, start + len(line) + 1
        if len(line) > _LONGEST or not (sign and sign in line):
            sign, column, names = "", -1, []
        pairs = {name: value.strip("\"'") for name, value in _PAIR.findall(line)} if "=" in line and len(line) <= _LONGEST else {}
        if listed := _LISTED.fullmatch(line):
            yield Found({"item": listed[1], "resultcode": listed[2], "statuscode": listed[2]}, place, start - 1, "table")
            continue
        if any(words(name) in STATUSES for name in pairs) and API.search(line):
            asked = next((url for url, _start, _end in urls_in(line) if API.search(url)), None)
            yield Found({"url": asked} | pairs if asked else pairs, place, start - 1, "table")
            continue
        own = sign or next((one for one in "|\t;," if one in line), "")
        if not own or len(line) > _LONGEST or line.lstrip()[:1] == "{":
            continue
        cells = _cells(line, own)
        if not sign and _is_header(cells):
            sign, column, names = own, _column(cells), cells
            continue
        told = _STATUS.fullmatch(cells[column]) if -1 < column < len(cells) else None
        status = told or _loose(cells, is_named=len(names) == len(cells))
        if status:
            yield Found(_record(dict(zip(names, cells, strict=False)), status, line, cells), place, start - 1, "table")


def _is_header(cells: list[str]) -> bool:
    """Whether the first row names its columns: words in every cell, neither a number nor a URL nor a path."""
    return len(cells) > 1 and all(re.fullmatch(r"[^\W\d][^\d/|]{0,40}(?:\[[^\]]{0,40}\])?", cell) for cell in cells)


def _column(cells: list[str]) -> int:
    """Tell which column of a header holds the status, -1 for none."""
    plain = [words(re.sub(r"\[[^\]]{0,40}\]", "", name)) for name in cells]
    return next((at for wanted in _COLUMNS for at, name in enumerate(plain) if name == wanted), -1)


def _loose(cells: list[str], *, is_named: bool) -> re.Match[str] | None:
    """Find a status by its place: the first behind the URL or path, else before it.

    Under a header that names no status a bare number counts something else.
    """
    place = next((at for at, cell in enumerate(cells) if "://" in cell or _PATH.search(cell)), None)
    ordered = [] if place is None else [*cells[place + 1 :], *cells[:place]]
    return next((one for cell in ordered if (one := _STATUS.fullmatch(cell)) and not (is_named and cell.isdigit())), None)


def _record(row: dict[str, str], status: re.Match[str], line: str, cells: list[str]) -> dict[str, object]:
    url, method = next((one for one, _start, _end in urls_in(line)), None), _METHOD.search(line)
    said = status["words"].strip()
    error = {"message": said} if status["status"] >= "400" and len(said) > 3 else None
    made: dict[str, object] = {
        **(row or {"cells": cells}),
        "resultcode": status["status"],
        "statuscode": status["status"],
        "error": error,
    }
    path = next((found[1] for cell in cells if (found := _PATH.search(cell))), None)
    host = next((cell for cell in cells if _HOST.fullmatch(cell)), None)
    if url is None and path:
        made |= {"path": path} | ({"host": host} if host else {})
    return made | ({"url": url} if url else {}) | ({"method": method[1]} if method else {})


def _cells(line: str, sign: str) -> list[str]:
    plain = line.strip().strip("|") if sign == "|" else line
    return [cell.strip() for cell in next(csv.reader([plain], delimiter=sign, skipinitialspace=True), [])]
