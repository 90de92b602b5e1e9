"""How a report is written down: every format is a function from a `Report` to text; a new one is a file here and a line below."""

from probe.registry import Registry

FORMATS = Registry(
    "format",
    {
        "terminal": "probe.formats.terminal:render",
        "markdown": "probe.formats.markdown:render",
        "html": "probe.formats.html:render",
        "json": "probe.formats.json:render",
        "csv": "probe.formats.csv:render",
        "har": "probe.formats.har:render",
        "junit": "probe.formats.junit:render",
        "jsonl": "probe.formats.jsonl:render",
        "ticket": "probe.formats.ticket:render",
        "openmetrics": "probe.formats.openmetrics:render",
    },
)
FILES = {
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
"""File names in a run's folder; `terminal` has none."""
DEFAULT_FORMATS = ("markdown", "html", "json", "csv", "har", "ticket")
