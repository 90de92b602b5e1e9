"""How a report is written down: every format is a function from a `Report` to text; a new one is a file here and a line below."""

from probe.registry import Registry

_FILES = {
    "terminal": "",
    "markdown": "report.md",
    "html": "report.html",
    "json": "report.json",
    "csv": "results.csv",
    "har": "exchanges.har",
    "junit": "junit.xml",
    "jsonl": "results.jsonl",
    "ticket": "ticket.txt",
    "openmetrics": "probe.prom",
}
FORMATS = Registry("format", {name: f"probe.formats.{name}:render" for name in _FILES})
PIECES = Registry("format", {name: f"probe.formats.{name}:pieces" for name in ("json", "csv", "har", "jsonl")})
"""The formats that hold every probe: their text piece by piece, so that a large one is never in memory as a whole."""
FILES = {name: file for name, file in _FILES.items() if file}
"""File names in a run's folder; `terminal` has none."""
DEFAULT_FORMATS = ("markdown", "html", "json", "csv", "har", "ticket")
