"""The answer on one screen of a terminal: what works, why the others fail, what to run, where the report is."""

from __future__ import annotations

from pathlib import Path

from probe.diagnoses import remedy, summary, why
from probe.formats.table import Column, fitted
from probe.language import _
from probe.model import Answer, Outcome, Report
from probe.view.escape import visible
from probe.view.head import head
from probe.view.page import View
from probe.view.repro import commands, short
from probe.view.row import Row
from probe.view.width import width_of, wrap
from probe.view.words import confidence_label, sentences, unique

_LONGEST = 2000
_ROWS = 6
_SCREEN = 30
"""Length of a report unless `--all` is given, in lines."""
_FOOT = 6
"""Lines that may follow the findings."""
_TABLE = 4
"""Lines around the rows of the table."""
_COLOURS = {
    Outcome.WORKS: "1;32",
    Outcome.LINK: "32",
    Outcome.PENDING: "33",
    Outcome.METADATA_ONLY: "36",
    Outcome.NEEDS_INPUT: "33",
    Outcome.THROTTLED: "33",
    Outcome.EXPIRED: "35",
    Outcome.RETIRED: "35",
    Outcome.SKIPPED: "2",
    Outcome.INCONCLUSIVE: "33",
}
_ANSWERS = {Answer.WORKS: "1;32", Answer.NONE: "1;31", Answer.UNDECIDED: "1;33"}


class _Page:
    """Lines of a fixed width; everything that is put on it is made visible here, and coloured afterwards."""

    def __init__(self, width: int, *, color: bool) -> None:
        self.width = max(20, width)
        self.color = color
        self.lines: list[str] = []

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color and style and text else text

    def say(self, text: str, style: str = "", *, indent: int = 0, label: str = "") -> None:
        """Add a paragraph; behind a `label`, which then has the style, its lines stand below each other."""
        label = visible(label)
        if width_of(label) > self.width // 2:
            self.say(label, style, indent=indent)
            label = ""
            style, indent = "", indent + 2
        lead = width_of(label) + 2 if label else 0
        lines = wrap(visible(text[:_LONGEST]), max(self.width - indent - lead, 10))
        for number, line in enumerate(lines):
            start = (self.paint(label, style) + "  ") * bool(label) if number == 0 else " " * lead
            self.lines.append(" " * indent + start + (line if label else self.paint(line, style)))

    @property
    def text(self) -> str:
        """All lines, with one line end after the last."""
        return "\n".join(self.lines).strip("\n") + "\n"

    def gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def verbatim(self, text: str) -> None:
        """Add a command: it is not wrapped, so that it can be copied; a long single line is broken where the shell allows it."""
        if text.startswith("curl ") and "\n" not in text and width_of(text) > self.width:
            text = " \\\n  ".join(text.rsplit(" ", 1))
        self.lines += [visible(line) for line in text.split("\n")]


def render(
    report: Report, *, width: int = 100, color: bool = False, show_all: bool = False, run_folder: Path | str | None = None
) -> str:
    """The report for `width` columns, on one screen unless `show_all`; SGR codes only with `color`."""
    view, page = View(report), _Page(width, color=color)
    _say_head(page, view)
    if view.chosen:
        page.gap()
        page.verbatim(short(commands(view, view.chosen)))
    _say_table(page, view, show_all=show_all)
    if show_all:
        _say_groups(page, view)
    _say_findings(page, view, show_all=show_all)
    page.gap()
    _say_scope(page, view)
    if run_folder is not None:
        page.say(_("Report for the ticket: {path}  Contains no secrets.", path=str(Path(run_folder) / "report.md")))
    return page.text


def _say_findings(page: _Page, view: View, *, show_all: bool) -> None:
    """Say what is true of the whole scan, as far as the screen has room for it."""
    page.gap()
    for number, finding in enumerate(view.remarks):
        before = len(page.lines)
        page.say(sentences(summary(finding), remedy(finding)), label="!")
        if not show_all and len(page.lines) > _SCREEN - _FOOT:
            del page.lines[before:]
            page.say(_("… more remarks: {count}; --all shows them", count=len(view.remarks) - number), "2")
            return


def head_text(report: Report, *, width: int = 100, color: bool = False) -> str:
    """The head alone: what `--quiet` prints."""
    page = _Page(width, color=color)
    _say_head(page, View(report), is_alone=True)
    return page.text


def _say_head(page: _Page, view: View, *, is_alone: bool = False) -> None:
    facts = head(view, is_alone=is_alone)
    labels = max((width_of(visible(fact.label)) for fact in facts), default=0)
    for number, fact in enumerate(facts):
        style = _ANSWERS[view.report.answer] if number == 0 else "2"
        for place, line in enumerate(fact.lines):
            label = "" if place else visible(fact.label)
            page.say(line, style, label=label + " " * (labels - width_of(label)))


def _say_scope(page: _Page, view: View) -> None:
    """Say how often was asked and for how long, with which key, and what makes the answer less sure."""
    methods = ", ".join(sorted({row.probe.method for row, _exchange in view.timeline}))
    spent = f" · {view.elapsed:.1f} s" if view.elapsed is not None else ""
    keys = ", ".join(unique(one.variable for target in view.evidence.targets for one in target.credentials))
    told = f" · {_('key from {names}', names=keys) if keys else _('no key')}"
    page.say(_("{count} requests", count=view.request_count) + (f" ({methods})" if methods else "") + spent + told, "2")
    if view.evidence.is_interrupted:
        page.say(_("The scan was interrupted; this is what is known so far."), "33")
    if view.is_catalogue_old:
        page.say(_("The catalogue is {days} days old: routes may have changed since.", days=view.catalogue_age), "33")


def _say_table(page: _Page, view: View, *, show_all: bool) -> None:
    room = min(_ROWS, _SCREEN - _FOOT - _TABLE - len(page.lines))
    if room < 2 and len(view.decisive) > 1 and not show_all:
        page.gap()
        page.say(_("The table of {count} requests: --all shows it.", count=len(view.candidates)), "2")
        return
    room = max(2, room)
    rows = view.candidates if show_all else _first(view, room)
    if not rows:
        return
    several_targets = len(view.evidence.targets) > 1

    def cells(texts: list[str]) -> list[str]:
        return [visible(text) for text in texts]

    columns = (
        Column(_("verdict"), [view.labels[row.outcome] if row.outcome else _("control") for row in rows], least=9, give=1),
        Column(_("status"), cells([row.status for row in rows]), least=6, give=2, drop=3),
        Column(_("target"), cells([row.probe.target if several_targets else "" for row in rows]), least=6, give=2, drop=2),
        Column(_("request"), cells([row.request for row in rows]), least=17, give=5, is_route=True),
        Column(_("api-version"), cells([row.api_version for row in rows]), least=7, give=3, drop=4),
        Column(_("why"), cells([why(row.diagnosis) for row in rows]), least=18, give=4, drop=1),
    )
    page.gap()
    shades = [_COLOURS.get(row.outcome, "31") if row.outcome else "2" for row in rows]
    table = fitted(columns, page.width - 2, lambda row, text: page.paint(text, "1" if row < 0 else shades[row]))
    page.lines += ["  " + line for line in table.split("\n")]
    hidden = len(view.candidates) - len(rows)
    if hidden > 0:
        page.say(_("… {count} more; --all shows them", count=hidden), "2", indent=2)


def _first(view: View, room: int) -> tuple[Row, ...]:
    """As many of the telling rows as there is room for, in their order; what decides is always among them."""
    decisive = [row for row in view.telling if row in view.decisive]
    chosen = [*decisive, *(row for row in view.telling if row not in decisive)][:room]
    return tuple(row for row in view.telling if row in chosen)


def _say_groups(page: _Page, view: View) -> None:
    """Say why the others fail, each reason once."""
    if not view.groups and not view.not_tried:
        return
    page.gap()
    page.say(_("Why the others fail") if view.working else _("Why nothing works"), "1")
    for group in view.groups:
        confidence = _("confidence {level}", level=confidence_label(group.diagnosis.confidence))
        title = f"{group.count} × {view.labels[group.diagnosis.outcome]}"
        page.say(f"{group.summary} [{group.diagnosis.code}, {confidence}]", indent=2, label=title)
    for reason, ones in view.not_tried:
        page.say(reason, indent=2, label=f"{len(ones)} × {_('not tried')}")
