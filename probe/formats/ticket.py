"""`ticket.txt`: the head of the report and a short table of requests, as plain text to paste into a ticket."""

from __future__ import annotations

from probe.language import _
from probe.model import Report
from probe.view.escape import visible
from probe.view.head import head
from probe.view.page import View
from probe.view.repro import commands, short
from probe.view.row import Row
from probe.view.words import utc

MOST = 2000
"""Characters of the whole file: a field of a ticket form takes as much."""
_LONGEST_LINE = 400
_LONGEST_QUERY = 60


def render(report: Report) -> str:
    """The ticket in at most `MOST` characters; what does not fit is left out from the end of the table."""
    view = View(report)
    facts = head(view)
    width = max((len(fact.label) for fact in facts), default=0)
    lines = []
    for fact in facts:
        for number, line in enumerate(fact.lines):
            lines.append(f"{'' if number else fact.label:<{width}}  {visible(line)[:_LONGEST_LINE]}")
    command = short(commands(view, view.chosen)) if view.chosen else ""
    lines += ["", *map(visible, command.split("\n"))] if command else []
    lines += ["", _("status  time (UTC)  request id  request"), *(_line(row) for row in _rows(view) if row.started_at)]
    return _within(lines, _("Contains no secrets. Made by probe {version}.", version=report.evidence.vantage.tool_version))


def _rows(view: View) -> tuple[Row, ...]:
    """The telling rows, those that decide first: what does not fit is cut from the end."""
    return tuple(sorted(view.telling, key=lambda row: row not in view.decisive))


def _line(row: Row) -> str:
    """One request; its path is whole, so that it can be copied, and a long query (a signature) goes."""
    when = utc(row.started_at, is_precise=True) if row.started_at else ""
    query = row.path_and_query[len(row.route) :]
    asked = row.route + (query if len(query) <= _LONGEST_QUERY else "?…")
    return visible(f"{row.status}  {when}  {row.request_id or '-'}  {row.probe.method} {asked}{row.told_apart}")


def _within(lines: list[str], last: str) -> str:
    """As many lines as fit, and the last one in any case."""
    room = MOST - len(last) - 2
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, "", last]) + "\n"
