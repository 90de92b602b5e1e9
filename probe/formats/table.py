"""Tables as text; the one door to tabulate."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from probe.frozen import Frozen
from probe.view.width import fit, fit_route, width_of

_GAP = 2


class Column(Frozen):
    """A column of a terminal table.

    `least` is the width below which it becomes useless, `drop` its place among the columns that may go when there is no room (the
    highest first, 0 never), `give` its place among those that may be shortened. `is_route` shortens as routes are.
    """

    title: str
    cells: Sequence[str]
    least: int = 4
    drop: int = 0
    give: int = 0
    is_route: bool = False

    @property
    def natural(self) -> int:
        """The width that nothing is lost at."""
        return max(map(width_of, (self.title, *self.cells)))


def pipe(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of cells that are already escaped.

    Tabulate lays out stand-ins of the right width, then the cells are put in their places: so wide characters are measured by us,
    whatever else is installed, and no cell is stripped or read as a number.
    """
    from tabulate import tabulate

    cells = iter([cell for row in (titles, *rows) for cell in row if width_of(cell)])
    head, *body = [["x" * width_of(cell) for cell in row] for row in (titles, *rows)]
    drawn = tabulate(body, head, tablefmt="pipe", disable_numparse=True)
    return "\n".join(line.rstrip() for line in re.sub("x+", lambda _match: next(cells), drawn).split("\n"))


def fitted(columns: Sequence[Column], width: int, paint: Callable[[int, str], str]) -> str:
    """A table for a terminal in at most `width` columns; `paint(row, text)` colours a cell (row -1: a title) and adds no width.

    Empty columns are left out; then columns are dropped and shortened as they allow.
    """
    kept = [column for column in columns if any(column.cells)]
    while (
        len(kept) > 1 and sum(min(one.least, one.natural) + _GAP for one in kept) - _GAP > width and any(one.drop for one in kept)
    ):
        kept.remove(max(kept, key=lambda one: one.drop))
    widths = [one.natural for one in kept]
    excess = sum(widths) + _GAP * (len(kept) - 1) - width
    for place in sorted(range(len(kept)), key=lambda place: -kept[place].give):
        taken = max(0, min(excess, widths[place] - min(kept[place].least, widths[place])))
        widths[place] -= taken
        excess -= taken
    titles = [fit(one.title, size) for one, size in zip(kept, widths, strict=True)]
    lines = zip(
        *([(fit_route if one.is_route else fit)(cell, size) for cell in one.cells] for one, size in zip(kept, widths, strict=True)),
        strict=True,
    )
    return _plain(titles, list(lines), paint)


def _plain(titles: Sequence[str], rows: Sequence[Sequence[str]], paint: Callable[[int, str], str]) -> str:
    """Columns two blanks apart: tabulate would take longer to load than all else that a terminal needs."""
    widths = [max(map(width_of, cells)) for cells in zip(titles, *rows, strict=True)]
    lines = []
    for index, row in enumerate((titles, *rows), -1):
        cells = (
            (paint(index, cell) if cell else "") + " " * (size - width_of(cell)) for cell, size in zip(row, widths, strict=True)
        )
        lines.append((" " * _GAP).join(cells).rstrip())
    return "\n".join(lines)
