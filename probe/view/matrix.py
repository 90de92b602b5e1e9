"""The matrix of routes and api-versions: one grid per target, one cell per probe, what helps the reader first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from probe.frozen import Frozen
from probe.language import _
from probe.model import Control, Outcome, Purpose, RedactedUrl, Role, Stage, Standing, Target
from probe.view.head import response
from probe.view.page import ORDER, View
from probe.view.row import Row
from probe.view.words import unique

CONTROL = "control"
"""What stands in the place of an outcome for a control that was sent: controls are not judged."""

FEW_VERSIONS = 4
"""Api-versions up to which one target's requests are easier to read as a list than as a matrix."""

MOST_COLUMNS = 6
"""Api-versions up to which a matrix shows all; of more, those that tell nothing new are folded away."""


class Cell(Frozen):
    """One probe in a grid; `index` is its place in the page's details, `outcome` one of `Outcome` or `CONTROL`."""

    index: int
    outcome: str
    label: str
    status: str
    api_version: str
    response: str = ""


@dataclass(slots=True)
class MatrixLine:
    """One route of a grid, with its cells by api-version."""

    method: str
    route: str
    note: str
    cells: dict[str, Cell] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        """Place of the best outcome on the line."""
        return min(_rank(cell.outcome) for cell in self.cells.values())


@dataclass(slots=True)
class Section:
    """Lines that belong together: an artefact kind on one surface, the links, the controls."""

    title: str
    place: int
    lines: list[MatrixLine] = field(default_factory=list)

    @property
    def order(self) -> tuple[int, int]:
        """The customer's own URL, then the catalogue's routes by what they came to, then what only served to tell causes apart."""
        return (self.place, min(line.rank for line in self.lines))


@dataclass(slots=True)
class Grid:
    """Everything that was asked of one target."""

    name: str
    base_url: str
    columns: tuple[str, ...] = ()
    folded: frozenset[str] = frozenset()
    is_list: bool = False
    sections: list[Section] = field(default_factory=list)


def outcome_of(row: Row) -> str:
    """The outcome as the page's class and filter value."""
    return row.outcome.value if row.outcome else CONTROL


def grids(view: View) -> tuple[Grid, ...]:
    """One grid per target, in the order of the evidence; every probe but the controls is in exactly one cell."""
    by_target: dict[str, list[tuple[int, Row]]] = {}
    for index, row in enumerate(view.by_id.values()):
        if not row.is_control:
            by_target.setdefault(row.probe.target, []).append((index, row))
    made = tuple(_grid(view, name, rows) for name, rows in by_target.items())
    if len(made) == 1:
        lines = [line for section in made[0].sections for line in section.lines]
        is_sparse = 2 * sum(len(line.cells) for line in lines) < len(lines) * len(made[0].columns)
        made[0].is_list = is_sparse or len(made[0].columns) <= FEW_VERSIONS
    return made


def controls(view: View) -> tuple[tuple[Cell, str], ...]:
    """The requests that only served to tell causes apart, each with its name."""
    found = [(index, row) for index, row in enumerate(view.by_id.values()) if row.is_control]
    return tuple((_cell(view, index, row), f"{_note(row, is_bound=False)} · {row.request}") for index, row in found)


def _cell(view: View, index: int, row: Row) -> Cell:
    return Cell(index, outcome_of(row), _label(view, row), row.status, row.api_version, response(row))


def _grid(view: View, name: str, rows: list[tuple[int, Row]]) -> Grid:
    target: Target[RedactedUrl] | None = rows[0][1].target
    grid = Grid(name, target.base_url if target else "", _columns(row for _index, row in rows))
    sections: dict[tuple[int, str], Section] = {}
    lines: dict[tuple[object, ...], list[MatrixLine]] = {}
    several = _several_bindings(row for _index, row in rows)
    for index, row in rows:
        place, title = _section_of(view, row)
        section = sections.setdefault((place, title), Section(title, place))
        note = _note(row, is_bound=(row.probe.endpoint in several))
        cell = _cell(view, index, row)
        alike = lines.setdefault((place, title, row.probe.method, row.route, note), [])
        line = next((one for one in alike if cell.api_version not in one.cells), None)
        if line is None:
            line = MatrixLine(row.probe.method, row.route, note)
            alike.append(line)
            section.lines.append(line)
        line.cells[cell.api_version] = cell
    for section in sections.values():
        section.lines.sort(key=lambda line: line.rank)
    grid.sections = sorted(sections.values(), key=lambda section: section.order)
    grid.folded = _folded(grid) if len(grid.columns) > MOST_COLUMNS else frozenset()
    return grid


def _folded(grid: Grid) -> frozenset[str]:
    """The dated columns that tell nothing new: of columns whose requests came to the same, the one that was asked most stays."""
    lines = [line.cells for section in grid.sections for line in section.lines]
    told = {
        version: {
            number: (cells[version].outcome, cells[version].status)
            for number, cells in enumerate(lines)
            if version in cells and cells[version].outcome != Outcome.SKIPPED
        }
        for version in grid.columns
        if version[:1].isdigit()
    }
    kept: list[str] = []
    for version in sorted(told, key=lambda one: -len(told[one])):
        if not any(told[version].items() <= told[other].items() for other in kept):
            kept.append(version)
    return frozenset(told) - set(kept)


def _label(view: View, row: Row) -> str:
    if row.outcome:
        return view.labels[row.outcome]
    return _("control") if row.is_control else _("not judged")


def _columns(rows: Iterable[Row]) -> tuple[str, ...]:
    """Words (`preview`, `v1`) first, then without one, then the dates from new to old."""
    found = unique(row.api_version for row in rows)
    dates = sorted((one for one in found if one[:1].isdigit()), reverse=True)
    words = [one for one in found if not one[:1].isdigit() and one != _("none")]
    return (*words, *(one for one in found if one == _("none")), *dates)


def _several_bindings(rows: Iterable[Row]) -> frozenset[str]:
    """Endpoints that were asked with more than one set of ids: their lines must name the ids."""
    bindings: dict[str, set[object]] = {}
    for row in rows:
        if row.probe.purpose is Purpose.CANDIDATE:
            bindings.setdefault(row.probe.endpoint, set()).add(row.probe.ids)
    return frozenset(name for name, ids in bindings.items() if len(ids) > 1)


def _section_of(view: View, row: Row) -> tuple[int, str]:
    if row.probe.purpose is Purpose.FAILING_URL:
        return 0, _("The URL that fails")
    if row.probe.purpose is Purpose.LINK:
        return 1, _("Links that answers named")
    if row.probe.purpose is Purpose.AUTH:
        return 2, _("The same with another form of the credential")
    if row.probe.purpose is Purpose.CONTROL or row.endpoint is None:
        return 3, _("Controls: sent only to tell causes apart")
    artefacts = {one.name: _(one.title) for one in view.evidence.artefacts}
    prefixes = {(one.provider, one.name): one.prefix for one in view.evidence.surfaces}
    prefix = prefixes.get((row.endpoint.provider, row.endpoint.surface), "")
    return 1, " · ".join(filter(None, (artefacts.get(row.artefact, row.artefact), prefix)))


def _note(row: Row, *, is_bound: bool) -> str:
    """What tells a line from its neighbours, in a few words."""
    probe = row.probe
    words = [_control_words()[probe.control]] if probe.control else [_role_words()[probe.role]]
    if row.endpoint and probe.purpose is Purpose.CANDIDATE:
        words.append(
            {Standing.REFUTED: _("known wrong route"), Standing.UNDOCUMENTED: _("undocumented")}.get(row.endpoint.standing, "")
        )
        words.append({Stage.RETIRED: _("retired"), Stage.DEPRECATED: _("deprecated")}.get(row.endpoint.lifecycle.stage, ""))
    words.append(probe.auth.value if probe.purpose is Purpose.AUTH else "")
    words.append(probe.variant)
    words += [value for _name, value in probe.ids] if is_bound else []
    return " · ".join(filter(None, words))


def _role_words() -> dict[Role, str]:
    return {
        Role.LIST: _("list"),
        Role.STATUS: _("status"),
        Role.METADATA: _("metadata"),
        Role.DOWNLOAD: _("download"),
        Role.CONTROL: _("control"),
        Role.CREATE: _("create"),
    }


def _control_words() -> dict[Control, str]:
    return {
        Control.BOGUS_ROUTE: _("a route that cannot exist"),
        Control.BOGUS_ID: _("an id that cannot exist"),
        Control.BOGUS_VERSION: _("an api-version that cannot exist"),
        Control.NO_CREDENTIAL: _("without a credential"),
        Control.MODELS: _("list of models"),
        Control.LISTED_ID: _("an id from the list"),
        Control.DESCRIPTION: _("description of the service"),
    }


def _rank(outcome: str) -> int:
    return ORDER.index(Outcome(outcome)) if outcome != CONTROL else len(ORDER)
