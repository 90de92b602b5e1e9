"""How a report is written down: every format is a function from a `Report` to text; a new one is a file here and a line below.

A format that holds every probe gives its text piece by piece, so that a large one is never in memory as a whole.
"""

from collections.abc import Callable, Iterable, Iterator

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


class _Formats(Registry):
    def load(self, name: str) -> Callable[..., str]:
        """The function that writes the whole text, by its name."""
        render = super().load(name)
        return lambda report, **how: "".join(_pieces(render(report, **how)))

    def pieces(self, name: str, report: object) -> Iterator[str]:
        """The text, made as it is taken."""
        yield from _pieces(super().load(name)(report))


def _pieces(made: str | Iterable[str]) -> Iterable[str]:
    return (made,) if isinstance(made, str) else made


FORMATS = _Formats("format", {name: f"probe.formats.{name}:render" for name in _FILES})
FILES = {name: file for name, file in _FILES.items() if file}
"""File names in a run's folder; `terminal` has none."""
DEFAULT_FORMATS = ("markdown", "html", "json", "csv", "har", "ticket")
