"""Every format of two reports, to the letter; `PROBE_GOLDEN=1 pytest tests/formats` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from probe.formats import FILES, FORMATS
from probe.formats.bundle import contents
from probe.formats.terminal import render as terminal
from probe.model import Report
from tests.each import each
from tests.formats.rich import denied_report, rich_report

GOLDEN = Path(__file__).parent / "golden"


def file_of(name: str) -> Callable[[Report], str]:
    return lambda report: FORMATS.load(name)(report)


CASES: dict[str, tuple[Callable[[Report], str], Callable[[], Report]]] = {
    **{FILES[name]: (file_of(name), rich_report) for name in FILES if name != "html"},
    "denied-ticket.txt": (file_of("ticket"), denied_report),
    "denied.md": (file_of("markdown"), denied_report),
    "terminal-100.txt": (lambda report: terminal(report, run_folder="reports/x"), rich_report),
    "terminal-60.txt": (lambda report: terminal(report, width=60), rich_report),
    "terminal-colour.txt": (lambda report: terminal(report, color=True, width=200), rich_report),
    "terminal-denied.txt": (lambda report: terminal(report, show_all=True), denied_report),
    "repro.sh": (lambda report: contents(report, {})["repro.sh"].decode(), rich_report),
    "repro.ps1": (lambda report: contents(report, {})["repro.ps1"].decode(), rich_report),
    "correlation-ids.csv": (lambda report: contents(report, {})["correlation-ids.csv"].decode(), rich_report),
    "MASKED.txt": (lambda report: contents(report, {})["MASKED.txt"].decode(), rich_report),
}


@each(CASES)
def test_rendered_report_is_the_golden_one(name: str) -> None:
    render, report = CASES[name]
    text = render(report())
    path = GOLDEN / name
    if os.environ.get("PROBE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


def test_every_golden_file_has_a_case() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)
