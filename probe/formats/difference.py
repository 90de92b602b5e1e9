"""Two runs side by side in one screen: as text for a terminal, as Markdown for a ticket, as JSON for a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from probe.diagnoses import tell
from probe.formats.table import Column, fitted, pipe
from probe.language import _
from probe.model import Outcome
from probe.view.difference import Changed, Difference, Side
from probe.view.escape import document, markdown, markdown_code, visible
from probe.view.width import wrap
from probe.view.words import outcome_labels

_MOST_ROWS = 20
_MOST_FACTS = 3
_MOST_MOVES = 5


def text(found: Difference, *, width: int = 100, show_all: bool = False) -> str:
    """The difference for a terminal; the changed verdicts first, at most a screen unless all is wanted."""
    lines = [_headline(found)]
    told = [f"! {tell(note)}" for note in found.asked] + [f"  {line}" for line in _moves(found)]
    lines += [line for one in told for line in wrap(visible(one), width)]
    shown = found.changed if show_all else found.changed[:_MOST_ROWS]
    if shown:
        titles, rows = _table(shown)
        cells = [[visible(cell) for cell in column] for column in zip(*rows, strict=True)]
        gives = (1, 2, 2, 3)
        columns = [
            Column(title, column, least=12, give=give, is_route=at == 0)
            for at, (title, column, give) in enumerate(zip(titles, cells, gives, strict=True))
        ]
        lines += ["", fitted(columns, width, lambda _row, cell: cell)]
    lines += [line for one in _rest(found, len(shown)) for line in wrap(visible(one), width)]
    return "\n".join(lines)


def as_markdown(found: Difference) -> str:
    """The difference for a ticket."""
    lines = [f"# {markdown(_headline(found))}", ""]
    lines += [f"- {markdown(tell(note))}" for note in found.asked]
    lines += [f"- {markdown(line)}" for line in _moves(found)]
    if found.changed:
        titles, rows = _table(found.changed[: 5 * _MOST_ROWS])
        lines += ["", pipe(titles, [[markdown_code(row[0]), *map(markdown, row[1:])] for row in rows]), ""]
    lines += [f"- {markdown(line)}" for line in _rest(found, min(len(found.changed), 5 * _MOST_ROWS))]
    return "\n".join(lines) + "\n"


def as_html(found: Difference) -> str:
    """The difference as one page that works offline and runs no script."""
    from probe.formats.html import page
    from probe.view.course import course_of_change

    shown = found.changed[: 25 * _MOST_ROWS]
    titles, rows = _table(shown)
    return page(
        "difference.html.j2",
        {
            "headline": _headline(found),
            "asked": [tell(note) for note in found.asked],
            "moves": list(_moves(found)),
            "course": course_of_change(found),
            "titles": titles,
            "rows": rows,
            "rest": list(_rest(found, len(shown))),
        },
    )


def as_json(found: Difference) -> str:
    """The whole difference; keys may be added, never renamed."""
    came_codes, gone_codes = found.findings
    return document({
        "format_version": 1,
        "is_same": found.is_empty,
        "digests": {"before": dict(found.digests[0]), "after": dict(found.digests[1])},
        "asked": [{"code": note.code, **dict(note.values)} for note in found.asked],
        "answer": {"before": found.answers[0], "after": found.answers[1]},
        "working": {"before": list(found.working[0]), "after": list(found.working[1])},
        "changed": [_changed(one) for one in found.changed],
        "only_before": list(found.gone),
        "only_after": list(found.new),
        "findings": {"new": list(came_codes), "gone": list(gone_codes)},
    })  # fmt: skip


def _headline(found: Difference) -> str:
    if found.is_empty:
        return _("No difference: the same questions got the same answers.")
    verdicts = sum(change.is_verdict for change in found.changed)
    before, after = found.answers
    if before != after:
        changed = _("The answer changed from {before} to {after}", before=before, after=after)
    else:
        changed = _("The answer is {answer} in both", answer=after)
    return f"{changed}; {_('{count} verdicts changed.', count=verdicts)}"


def _moves(found: Difference) -> Iterator[str]:
    """How often one verdict became another, the most frequent change first: `12 × 206 Works -> 401 Blocked (azure-key-wrong)`."""
    counted = Counter((_verdict(one.before), _verdict(one.after)) for one in found.changed if one.is_verdict)
    for (before, after), count in counted.most_common(_MOST_MOVES):
        yield f"{count} × {before} -> {after}"


def _table(changed: Sequence[Changed]) -> tuple[list[str], list[list[str]]]:
    titles = [_("request"), _("before"), _("after"), _("what else changed")]
    return titles, [[change.key, _verdict(change.before), _verdict(change.after), "; ".join(_facts(change))] for change in changed]


def _verdict(side: Side) -> str:
    label = outcome_labels()[Outcome(side.outcome)] if side.outcome else ""
    code = f"({side.diagnosis.code})" if side.diagnosis else ""
    return " ".join(filter(None, (side.status, label, code)))


def _facts(change: Changed) -> Iterator[str]:
    for name, (came, went) in ((_("keys"), change.key_paths), (_("headers"), change.headers)):
        signed = [f"+{one}" for one in came] + [f"-{one}" for one in went]
        if signed:
            more = f" … {len(signed) - _MOST_FACTS}" if len(signed) > _MOST_FACTS else ""
            yield f"{name} {' '.join(signed[:_MOST_FACTS])}{more}"


def _rest(found: Difference, shown: int) -> Iterator[str]:
    if len(found.changed) > shown:
        yield _("{count} more changes; --all or --json shows them", count=len(found.changed) - shown)
    for names, template in ((found.gone, _("sent only before: {names}")), (found.new, _("sent only after: {names}"))):
        if names:
            more = f" … {len(names) - 5}" if len(names) > 5 else ""
            yield template.replace("{names}", ", ".join(names[:5]) + more)
    came, went = found.findings
    if came:
        yield _("new findings: {codes}", codes=", ".join(came))
    if went:
        yield _("findings that are gone: {codes}", codes=", ".join(went))


def _changed(change: Changed) -> dict[str, Any]:
    came_keys, gone_keys = change.key_paths
    came_headers, gone_headers = change.headers
    return {
        "probe_id": change.key,
        "before": _side(change.before),
        "after": _side(change.after),
        "json_paths": {"new": list(came_keys), "gone": list(gone_keys)},
        "headers": {"new": list(came_headers), "gone": list(gone_headers)},
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "probe_id": side.probe.id,
        "url": side.probe.url,
        "status": side.status,
        "outcome": side.outcome or None,
        "diagnosis": side.diagnosis.code if side.diagnosis else None,
    }
