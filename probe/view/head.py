"""The head of a report: one shape for every outcome, read in ten seconds by whoever gets the ticket.

RESULT, RESOURCE, ARTEFACT, TRIED, RESPONSE, REQUEST, FIX, DO, ASK, each only where there is something to say. The terminal,
report.md, report.html and ticket.txt all show this one. Like the rest of the view it is plain, unescaped data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from probe.diagnoses import headline, next_step, remedy, summary, tell
from probe.facts.answerers import title
from probe.language import _
from probe.model import Answer, Diagnosis, Outcome
from probe.view.page import View
from probe.view.row import Row
from probe.view.words import size_text, unique, utc

MOST_SUBJECTS = 10
_LONGEST_QUOTE = 240
_EPOCH = re.compile(r"\d{9,10}(\.\d+)?")
_REACHED = frozenset({Outcome.NOT_FOUND, Outcome.RETIRED, Outcome.SERVER_ERROR, Outcome.INCONCLUSIVE})
"""Outcomes after which someone else may have to act, as long as a verdict does not say who."""
_CALLER = "caller"


@dataclass(frozen=True, slots=True)
class HeadLine:
    """One entry of the head: its label and its lines."""

    label: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as one."""
        return "  ".join(self.lines)


def head(view: View) -> tuple[HeadLine, ...]:
    """Say what came out, about what, and who has to do what, in the language in use."""
    facts = _of_several(view) if len(view.decisive) > 1 else _of_one(view)
    return tuple(HeadLine(label, lines) for label, texts in facts if (lines := tuple(text for text in texts if text)))


def badge(outcome: Outcome | None, code: str = "") -> str:
    """The word that a result opens with; it never says less or more than the diagnosis behind it."""
    if outcome is Outcome.NOT_FOUND and code.startswith("job-"):
        return _("No artefact")
    if outcome is Outcome.NOT_FOUND and code.endswith("route-unknown"):
        return _("No route")
    return {
        Outcome.WORKS: _("Works"),
        Outcome.LINK: _("Link found, not proved"),
        Outcome.PENDING: _("Not ready yet"),
        Outcome.NEEDS_INPUT: _("Needs input"),
        Outcome.DENIED: _("Blocked"),
        Outcome.NOT_FOUND: _("Not found"),
        Outcome.EXPIRED: _("Expired"),
        Outcome.RETIRED: _("Retired"),
        Outcome.THROTTLED: _("Throttled"),
        Outcome.SERVER_ERROR: _("Server error"),
        Outcome.UNREACHABLE: _("Unreachable"),
        Outcome.PROBE_BUG: _("Bug in probe"),
    }.get(outcome or Outcome.INCONCLUSIVE, _("Not decided"))


def verdict_badge(view: View) -> str:
    """The badge of the whole scan; of several things it says how many can be downloaded."""
    if len(view.decisive) > 1:
        good = sum(row.outcome is Outcome.WORKS for row in view.decisive)
        return _("{good} of {count} work", good=good, count=len(view.decisive))
    row = view.decisive[0] if view.decisive else None
    if view.report.answer is Answer.WORKS:
        return badge(Outcome.WORKS)
    return badge(row.outcome, row.diagnosis.code if row and row.diagnosis else "") if row else _("Not decided")


def result(view: View) -> str:
    """The one sentence that says what came out of the scan."""
    row = view.decisive[0] if view.decisive else None
    if len(view.decisive) > 1:
        return verdict_badge(view)
    if row is None or row.diagnosis is None:
        return f"{verdict_badge(view)}: {headline(view.report)}"
    if row.outcome is Outcome.WORKS:
        return f"{verdict_badge(view)}: {_works(view, row)}"
    return f"{verdict_badge(view)}: {_said(row.diagnosis)}"


def response(row: Row) -> str:
    """What came back, with the service's own words in quotes: `401 "Access denied due to invalid subscription key."`."""
    if row.exchange is None:
        return ""
    answer = row.response
    if answer is None:
        return ": ".join(filter(None, (row.exchange.failure, row.exchange.failure_detail)))
    if answer.error_message:
        return f'{answer.status_code} "{_cut(answer.error_message)}"'
    if answer.title:
        return f'{answer.status_code} {answer.media_type or ""} "{_cut(answer.title)}"'
    if answer.error_code:
        return f'{answer.status_code} "{_cut(answer.error_code)}"'
    return row.proof


def request(row: Row) -> str:
    """Which id and time a support engineer has to search for."""
    if row.started_at is None:
        return ""
    at = _("at {time}", time=utc(row.started_at, is_precise=True))
    named = " ".join(row.request_ids[0]) if row.request_ids else _("no request id was returned")
    return f"{named} {at}"


def _of_one(view: View) -> Iterator[tuple[str, tuple[str, ...]]]:
    row = view.decisive[0] if view.decisive else None
    yield _("RESULT"), (result(view),)
    yield _("RESOURCE"), (_resource(view, row),)
    if row is not None:
        yield _("ARTEFACT"), (_artefact(view, row),)
    if row is not None and row.is_sent:
        yield _("TRIED"), (_tried(view, row),)
        yield _("RESPONSE"), (response(row),)
        yield _("REQUEST"), (request(row),)
    yield from _advice(view, (row,) if row else ())


def _of_several(view: View) -> Iterator[tuple[str, tuple[str, ...]]]:
    shown = view.decisive[:MOST_SUBJECTS]
    more = len(view.decisive) - len(shown)
    lines = [_subject(view, row) for row in shown]
    yield _("RESULT"), (verdict_badge(view), *lines, _("and {count} more in the table", count=more) if more > 0 else "")
    yield _("RESOURCE"), unique(_resource(view, row) for row in shown)
    yield _("REQUEST"), unique(request(row) for row in shown)
    yield from _advice(view, shown)


def _advice(view: View, rows: tuple[Row, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    change = view.report.smallest_change
    if change:
        yield _("FIX"), tuple(map(tell, change.differences))
    yield _("DO"), unique((_("Run the command below."),) if view.working else (next_step(view.report), *_remedies(rows)))
    if any(_is_for_others(row) for row in rows):
        yield _("ASK"), tuple(tell(one) for one in view.report.asks)


def _remedies(rows: tuple[Row, ...]) -> tuple[str, ...]:
    return unique(remedy(row.diagnosis) for row in rows if row.diagnosis) if len(rows) > 1 else ()


def _is_for_others(row: Row) -> bool:
    """Whether someone other than the caller has to act, and the request reached them."""
    if row.response is None or row.diagnosis is None:
        return False
    return row.owner != _CALLER if row.owner else row.outcome in _REACHED


def _subject(view: View, row: Row) -> str:
    """One thing of several on one line: where, what, and what came out."""
    where = row.target.base_url if row.target and len(view.evidence.targets) > 1 else _what(view, row)
    if row.outcome is Outcome.WORKS:
        return f"{where}  {badge(row.outcome)}: {row.probe.method} {row.path_and_query}"
    said = _said(row.diagnosis) if row.diagnosis else ""
    return f"{where}  {badge(row.outcome, row.diagnosis.code if row.diagnosis else '')}: {said}"


def _works(view: View, row: Row) -> str:
    kind = (row.response.sniffed_type if row.response else None) or _("the file")
    count = len(view.working)
    text = _("the download returns {kind}", kind=kind)
    if row.size:
        text += f" ({size_text(row.size)})"
    return text + (_("; {count} requests do", count=count) if count > 1 else "")


def _said(found: Diagnosis) -> str:
    return summary(found)


def _resource(view: View, row: Row | None) -> str:
    targets = view.evidence.targets
    target = (row.target if row else None) or (targets[0] if targets else None)
    if target is None:
        return ""
    facts: list[str] = [target.base_url]
    if row is not None and row.region:
        facts.append(f"{_('REGION')} {row.region}")
    if row is not None and row.answered_by:
        facts.append(f"{_('ANSWERED BY')} {title(row.answered_by)}")
    return "   ".join(facts)


def _what(view: View, row: Row) -> str:
    kinds = {one.name: _(one.title) for one in view.evidence.artefacts}
    title = kinds.get(row.artefact, row.artefact)
    return " ".join(
        filter(None, (title, *(value for name, value in row.probe.ids if not name.startswith(("deployment", "project")))))
    )


def _artefact(view: View, row: Row) -> str:
    """What is looked for, and what a status answer said about it: its state, and until when it is kept."""
    source = view.by_id.get(row.probe.of or "") or row
    kind = next((one for one in view.evidence.artefacts if one.name == source.artefact), None)
    facts = [_what(view, source)]
    for paths, write in ((kind.status_paths, _state), (kind.expiry_paths, _kept)) if kind else ():
        found = (
            _value(one, paths) for one in view.sent if one.probe.target == row.probe.target and one.artefact == source.artefact
        )
        value = next(filter(None, found), "")
        facts += [write(value)] if value else []
    return ", ".join(filter(None, facts))


def _state(value: str) -> str:
    return _("job {state}", state=value)


def _kept(value: str) -> str:
    if not _EPOCH.fullmatch(value):
        return _("kept until {time}", time=value)
    return _("kept until {time}", time=f"{datetime.fromtimestamp(float(value), UTC):%Y-%m-%d %H:%M} UTC")


def _value(row: Row, paths: tuple[str, ...]) -> str:
    """The value of the first of these key paths that the answer of a single thing (no list) has."""
    values = {one.path: one.value for one in row.response.values} if row.response and not row.is_control else {}
    return next((values[path] for path in paths if path in values), "")


def _tried(view: View, row: Row) -> str:
    more = len({(one.probe.method, one.probe.url, one.probe.auth) for one in view.sent}) - 1
    others = _(" (and {count} other requests)", count=more) if more > 0 else ""
    return f"{row.probe.method} {row.path_and_query}{row.told_apart}{others}"


def _cut(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_QUOTE else words[: _LONGEST_QUOTE - 1] + "…"
