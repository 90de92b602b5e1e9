"""The answer on one screen of a terminal: what works, why the others fail, what to run, where the report is."""

from __future__ import annotations

from pathlib import Path

from probe.diagnoses import headline, next_step, remedy, summary, tell
from probe.formats.table import Column, fitted
from probe.language import _
from probe.model import Answer, Outcome, Report
from probe.view.escape import visible
from probe.view.page import View
from probe.view.repro import commands
from probe.view.row import Row
from probe.view.width import fit, width_of, wrap
from probe.view.words import confidence_label, split_url

_LONGEST = 2000
_GROUPS = 8
_ROUTES = 3
_TARGETS = 5
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

    def gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def verbatim(self, text: str) -> None:
        """Add a command: it is not wrapped, so that it can be copied; a long single line is broken where the shell allows it."""
        if "\n" not in text and width_of(text) > self.width:
            text = " \\\n  ".join(text.rsplit(" ", 1))
        self.lines += [visible(line) for line in text.split("\n")]


def render(
    report: Report, *, width: int = 100, color: bool = False, show_all: bool = False, run_folder: Path | str | None = None
) -> str:
    """The report for `width` columns; SGR codes only with `color`, every row only with `show_all`."""
    view, page = View(report), _Page(width, color=color)
    _say_scope(page, view)
    page.gap()
    page.say(headline(report), _ANSWERS[report.answer])
    if view.chosen:
        _say_chosen(page, view, view.chosen)
    _say_table(page, view, show_all=show_all)
    _say_groups(page, view, show_all=show_all)
    _say_advice(page, view)
    if view.chosen:
        page.gap()
        page.verbatim(commands(view, view.chosen).get("curl", ""))
    if run_folder is not None:
        page.gap()
        page.say(_("Report for the ticket: {path}  No secret is in it.", path=str(Path(run_folder) / "report.md")))
    return "\n".join(page.lines).strip("\n") + "\n"


def _say_scope(page: _Page, view: View) -> None:
    """Say who was asked, with which key, how often and for how long."""
    targets = view.evidence.targets
    for target in targets[:_TARGETS]:
        keys = ", ".join(one.variable for one in target.credentials)
        page.say("  ".join((target.name, target.base_url, _("key from {names}", names=keys) if keys else _("no key"))), "2")
    if len(targets) > _TARGETS:
        page.say(_("… {count} more targets", count=len(targets) - _TARGETS), "2")
    methods = ", ".join(sorted({row.probe.method for row, _exchange in view.timeline}))
    spent = f" · {view.elapsed:.1f} s" if view.elapsed is not None else ""
    page.say(_("{count} requests", count=view.request_count) + (f" ({methods})" if methods else "") + spent, "2")
    if view.evidence.is_interrupted:
        page.say(_("The scan was interrupted; this is what is known so far."), "33")
    if view.is_catalogue_old:
        page.say(_("The catalogue is {days} days old: routes may have changed since.", days=view.catalogue_age), "33")


def _say_chosen(page: _Page, view: View, row: Row) -> None:
    page.gap()
    label = view.labels[row.outcome] if row.outcome else ""
    base = split_url(row.target.base_url if row.target else "")
    origin = f"{base.scheme}://{base.netloc}"
    page.say(
        f"{row.probe.method} {row.probe.url.removeprefix(origin)}",
        _COLOURS.get(row.outcome or Outcome.SKIPPED, ""),
        label=label.upper(),
    )
    page.say(row.proof, indent=2)


def _say_table(page: _Page, view: View, *, show_all: bool) -> None:
    rows = view.candidates if show_all else view.telling
    if not rows:
        return
    is_wide = page.width >= 80
    several_targets = len(view.evidence.targets) > 1
    several_methods = len({row.probe.method for row in rows}) > 1

    def cells(texts: list[str]) -> list[str]:
        return [visible(text) for text in texts]

    columns = (
        Column(_("verdict"), [view.labels[row.outcome] if row.outcome else _("control") for row in rows], least=9, give=1),
        Column(_("status"), cells([row.status for row in rows]), least=6, give=2, drop=2),
        Column(_("target"), cells([row.probe.target if several_targets else "" for row in rows]), least=6, give=2, drop=4),
        Column(_("method"), cells([row.probe.method if several_methods else "" for row in rows]), least=4, drop=3),
        Column(
            _("route"), cells([row.route for row in rows]), least=40 if is_wide else 17, give=4 if is_wide else 2, keep_end=True
        ),
        Column(_("api-version"), cells([row.api_version for row in rows]), least=8, give=3, drop=1),
        Column(_("why"), cells([row.diagnosis.code if row.diagnosis else "" for row in rows]), least=20, give=5, drop=5),
    )
    page.gap()
    shades = [_COLOURS.get(row.outcome, "31") if row.outcome else "2" for row in rows]
    table = fitted(columns, page.width - 2, lambda row, text: page.paint(text, "1" if row < 0 else shades[row]))
    page.lines += ["  " + line for line in table.split("\n")]
    hidden = len(view.candidates) - len(rows)
    if hidden > 0:
        page.say(_("… {count} more; --all shows them", count=hidden), "2", indent=2)


def _say_groups(page: _Page, view: View, *, show_all: bool) -> None:
    """Say why the others fail, each reason once."""
    if not view.groups and not view.not_tried:
        return
    page.gap()
    page.say(_("Why the others fail") if view.working else _("Why nothing works"), "1")
    shown = view.groups if show_all else view.groups[:_GROUPS]
    for group in shown:
        confidence = _("confidence {level}", level=confidence_label(group.diagnosis.confidence))
        head = f"{group.count} × {view.labels[group.diagnosis.outcome]}"
        page.say(f"{summary(group.diagnosis)} [{group.diagnosis.code}, {confidence}]", indent=2, label=head)
        if len(group.routes) * len(group.api_versions) > 1:
            more = " …" if len(group.routes) > _ROUTES else ""
            routes = ", ".join(group.routes[:_ROUTES]) + more
            page.say(_("{routes} at {versions}", routes=routes, versions=", ".join(group.api_versions)), "2", indent=4)
    if len(shown) < len(view.groups):
        page.say(_("… {count} more reasons; --all shows them", count=len(view.groups) - len(shown)), "2", indent=2)
    for reason, ones in view.not_tried[: None if show_all else 3]:
        page.say(reason, indent=2, label=f"{len(ones)} × {_('not tried')}")


def _say_advice(page: _Page, view: View) -> None:
    report = view.report
    change = report.smallest_change
    if change:
        page.gap()
        page.say(change.from_url, label=_("Your URL"))
        page.say(_("becomes right with: {changes}", changes="; ".join(change.differences)), "1", indent=2)
    for finding in report.findings:
        page.gap()
        page.say(summary(finding), label="!")
        if remedy(finding):
            page.say(remedy(finding), indent=3, label="→")
    if step := next_step(report):
        page.gap()
        page.say(step, "1", label=_("Next"))
    for ask in report.asks:
        page.say(tell(ask), indent=2, label="·")
    if report.answer is not Answer.WORKS:
        for row in view.sent[:3]:
            if row.request_ids:
                text = " ".join(f"{name}: {value}" for name, value in row.request_ids)
                page.say(fit(visible(text), page.width * 3), indent=2, label=_("for the ticket"))
