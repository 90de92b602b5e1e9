"""`junit.xml`: one test case an artefact's route, for CI systems that watch whether a download still works."""

from __future__ import annotations

from probe.diagnoses import remedy, summary
from probe.model import Outcome, Report
from probe.view.escape import xml
from probe.view.page import View
from probe.view.row import Row
from probe.view.words import utc

_ERRORS = frozenset({Outcome.UNREACHABLE, Outcome.SERVER_ERROR, Outcome.PROBE_BUG})
_PASSES = frozenset({Outcome.WORKS, Outcome.LINK, Outcome.METADATA_ONLY})


def render(report: Report) -> str:
    """One suite a target: what works or answers passes; a wrong guess that is refuted, and what was not sent, is skipped."""
    view = View(report)
    suites: dict[str, list[Row]] = {}
    for row in view.candidates:
        suites.setdefault(row.probe.target, []).append(row)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for target, rows in suites.items():
        cases = [_case(row) for row in rows]
        counts = {tag: sum(f"<{tag} " in case for case in cases) for tag in ("failure", "error", "skipped")}
        spent = sum(row.elapsed or 0 for row in rows)
        lines.append(
            f'<testsuite name="{xml(target)}" tests="{len(rows)}" failures="{counts["failure"]}" errors="{counts["error"]}"'
            f' skipped="{counts["skipped"]}" time="{spent:.3f}" timestamp="{utc(report.evidence.started_at)}">'
        )
        lines += [*cases, "</testsuite>"]
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _case(row: Row) -> str:
    group = row.artefact or row.probe.purpose.value
    start = f'<testcase classname="{xml(group)}" name="{xml(row.probe.id)}" time="{row.elapsed or 0:.3f}"'
    tag = _tag(row)
    if not tag or row.diagnosis is None:
        return start + (f'><skipped message="{xml(tag)}"/></testcase>' if tag else "/>")
    kind = f' type="{xml(row.diagnosis.code)}"' if tag != "skipped" else ""
    body = "" if tag == "skipped" else xml(f"{row.status} {row.probe.method} {row.probe.url} {remedy(row.diagnosis)}")
    return f'{start}><{tag} message="{xml(summary(row.diagnosis))}"{kind}>{body}</{tag}></testcase>'


def _tag(row: Row) -> str:
    """The element for a row's outcome; "" for a pass."""
    if row.outcome in _PASSES:
        return ""
    if row.outcome in {Outcome.SKIPPED, Outcome.NEEDS_INPUT, None} or (row.is_refuted and row.outcome is Outcome.NOT_FOUND):
        return "skipped"
    return "error" if row.outcome in _ERRORS else "failure"
