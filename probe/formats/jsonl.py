"""`results.jsonl`: one JSON object a line and probe, controls too, for log pipelines."""

from __future__ import annotations

from collections.abc import Iterator

from probe.formats.json import verdict
from probe.model import Report
from probe.view.escape import document
from probe.view.page import View


def render(report: Report) -> Iterator[str]:
    """One line for each probe, in presentation order."""
    return (document(verdict(row), is_indented=False) + "\n" for row in View(report).rows)
