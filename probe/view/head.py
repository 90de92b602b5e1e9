"""The head of a report: one shape for every outcome, read in ten seconds by the owner of the ticket.

RESULT, RESOURCE, ARTEFACT, TRIED, RESPONSE, REQUEST, FIX, DO, ASK, each only where there is something to say. The terminal,
report.md, report.html and ticket.txt all show this one. Like the rest of the view it is plain, unescaped data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from probe.diagnoses import DIAGNOSES, headline, labelled, next_step, remedy, summary, tell
from probe.facts.answerers import title
from probe.frozen import Frozen, replace
from probe.language import _
from probe.model import Answer, Outcome, Purpose
from probe.view.escape import shorten
from probe.view.page import View
from probe.view.row import Row
from probe.view.words import unique, utc

MOST_SUBJECTS = 10
_LONGEST_QUOTE = 240
_EXCEPTION = re.compile(r"^\w*[Ee]rror: (\[Errno -?\d+\] )?")
"""What Python puts before the words of a failure."""
_EPOCH = re.compile(r"\d{9,10}(\.\d+)?")
_REACHED = frozenset({Outcome.NOT_FOUND, Outcome.RETIRED, Outcome.SERVER_ERROR, Outcome.INCONCLUSIVE})
"""Outcomes after which someone else may have to act, as long as a verdict does not say who."""
_NO_FILE = frozenset({"cites-input-only", "id-not-downloadable", "no-file-produced", "sandbox-path-only"})
"""Codes of things that were found and hold no file."""
_CALLER = "caller"
_TOLD_BELOW = frozenset({"retired", "listed", "day", "source"})
"""Tails of a summary that a remark about the whole scan says with its source."""
_TOLD_BY_RESPONSE = frozenset({"said", "page", "word", "detail"})
"""Tails of a summary that quote the response, as its own line of the head does."""


class HeadLine(Frozen):
    """One entry of the head: its label and its lines."""

    label: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as one."""
        return "  ".join(self.lines)


def head(view: View, *, is_alone: bool = False) -> tuple[HeadLine, ...]:
    """Say what came out, about what, and who has to do what, in the language in use; `is_alone` where no command follows it."""
    run = _("Run the command in report.md.") if is_alone else _("Run the command below.")
    facts = _of_several(view, run) if len(view.decisive) > 1 else _of_one(view, run)
    return tuple(HeadLine(label, lines) for label, texts in facts if (lines := tuple(text for text in texts if text)))


def badge(outcome: Outcome | None, code: str = "") -> str:
    """The word that a result opens with; it never says less or more than the diagnosis behind it."""
    if outcome is Outcome.NOT_FOUND and (code.startswith("job-") or code in _NO_FILE):
        return _("No artefact")
    if code == "html-instead-of-json":
        return _("Not the API")
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
        return _("{good} of {count} can be downloaded", good=good, count=len(view.decisive))
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
        return labelled(verdict_badge(view), headline(view.report))
    if row.outcome is Outcome.WORKS:
        return labelled(verdict_badge(view), _works(view))
    return labelled(verdict_badge(view), _said(row))


def response(row: Row) -> str:
    """What came back, with the service's own words in quotes: `401 "Access denied due to invalid subscription key."`."""
    if row.exchange is None:
        return ""
    answer = row.response
    if answer is None:
        return ": ".join(filter(None, (row.exchange.failure, _EXCEPTION.sub("", row.exchange.failure_detail))))
    if not answer.error_message and (quotes := _quotes(row)):
        return " · ".join(filter(None, (row.status, answer.media_type, *quotes)))
    if answer.error_message:
        return f'{answer.status_code} "{_cut(answer.error_message)}"'
    if answer.title:
        return " · ".join(filter(None, (row.status, answer.media_type, f'"{_cut(answer.title)}"')))
    if answer.error_code:
        return f'{answer.status_code} "{_cut(answer.error_code)}"'
    return row.proof


def _quotes(row: Row) -> tuple[str, ...]:
    """What a good response says of a job, as the diagnosis read it: its state, the reason of its end."""
    given = dict(row.diagnosis.values) if row.diagnosis else {}
    state = f'{_("state")} "{_cut(given["word"])}"' if given.get("word") else ""
    return tuple(filter(None, (state, f'"{_cut(given["said"])}"' if given.get("said") else "")))


def request(row: Row) -> str:
    """Which id and time a support engineer has to search for."""
    if row.started_at is None:
        return ""
    time = utc(row.started_at, is_precise=True)
    if not row.request_ids:
        return _("no request id was returned; sent at {time}", time=time)
    return f"{' '.join(row.request_ids[0])} {_('at {time}', time=time)}"


def _of_one(view: View, run: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    row = view.decisive[0] if view.decisive else None
    yield _("RESULT"), (result(view),)
    yield _("RESOURCE"), (_resource(view, row),)
    if row is not None and (_ids(row) or len({one.artefact for one in view.candidates}) < 2):
        yield _("ARTEFACT"), (_artefact(view, row),)
    if row is not None and row.is_sent:
        yield _("TRIED"), (_tried(view, row),)
        yield _("RESPONSE"), (response(row),)
        yield _("REQUEST"), unique(request(one) for one in reversed(_way(view, row)) if one is row or one.request_ids)
    yield from _advice(view, (row,) if row else (), run)


def _of_several(view: View, run: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    shown = view.decisive[:MOST_SUBJECTS]
    more = len(view.decisive) - len(shown)
    lines = [_subject(view, row) for row in shown]
    open_ = [row for row in shown if row.outcome is not Outcome.WORKS]
    yield _("RESULT"), (verdict_badge(view), *lines, _("and {count} more in the table", count=more) if more > 0 else "")
    yield _("RESOURCE"), unique(_resource(view, row) for row in shown)
    yield _("REQUEST"), unique(f"{_name(view, row)}  {request(row)}" for row in open_ or shown if row.started_at)
    yield from _advice(view, shown, run)


def _advice(view: View, rows: tuple[Row, ...], run: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    change = view.report.smallest_change
    if change:
        yield _("FIX"), tuple(map(tell, change.differences))
    first = _to_run(view, run, rows) if view.working else next_step(view.report) if len(rows) < 2 else ""
    yield _("DO"), unique((first, *_remedies(view, rows)))
    if any(_is_for_others(row) for row in rows):
        yield _("ASK"), tuple(tell(one) for one in view.report.asks)


def _to_run(view: View, run: str, rows: tuple[Row, ...]) -> str:
    """Where only some of several things work, the command is named by the one that it downloads."""
    is_for_some = view.chosen is not None and any(row.outcome is not Outcome.WORKS for row in rows)
    return f"{_name(view, view.chosen)}  {run}" if is_for_some and view.chosen else run


def _remedies(view: View, rows: tuple[Row, ...]) -> Iterator[str]:
    """Of several things, what is to be done about each that does not work; what is the same for all stands once."""
    left = [row for row in rows if row.diagnosis and row.outcome is not Outcome.WORKS] if len(rows) > 1 else []
    said = unique(remedy(row.diagnosis) for row in left if row.diagnosis)
    for row in left:
        advice = remedy(row.diagnosis) if row.diagnosis else ""
        if advice:
            yield advice if len(said) == 1 and len(left) == len(rows) else f"{_name(view, row)}  {advice}"


def _is_for_others(row: Row) -> bool:
    """Whether someone other than the caller has to act, and the request reached them."""
    if row.response is None or row.diagnosis is None:
        return False
    return row.owner != _CALLER if row.owner else row.outcome in _REACHED


def _subject(view: View, row: Row) -> str:
    """One thing of several on one line: where, what, and what came out."""
    where = _name(view, row) if len(view.evidence.targets) > 1 else _what(view, row)
    if row.outcome is Outcome.WORKS:
        return f"{where}  {badge(row.outcome)}: {row.probe.method} {_place(row)}"
    found = row.diagnosis
    return f"{where}  {labelled(badge(row.outcome, found.code if found else ''), _told(row, _TOLD_BELOW))}"


def _name(view: View, row: Row) -> str:
    """What tells one of several things from the others: the target's name, the ids, or both."""
    has_targets = len(view.evidence.targets) > 1
    same = [one for one in view.decisive if one.probe.target == row.probe.target]
    ids = _ids(row) if len(same) > 1 else ()
    return " ".join((*((row.probe.target,) if has_targets else ()), *ids)) or _what(view, row)


def _ids(row: Row) -> tuple[str, ...]:
    return tuple(value for name, value in row.probe.ids if not name.startswith(("deployment", "project")))


def _works(view: View) -> str:
    count = sum(not view.is_by_product(row) for row in view.working)
    return _("{count} requests return the file", count=count) if count > 1 else _("this request returns the file")


def _said(row: Row) -> str:
    """What the diagnosis says, without what other lines of the head or the remarks below it say."""
    answer, found = row.response, row.diagnosis
    if found and found.code == "artefact-expired" and not found.variant.startswith("gone"):
        when = dict(found.values).get("when")  # what expired stands in ARTEFACT
        return _("Expired") + (_(" at {when}", when=when) if when else "")
    is_quoted = answer is None or bool(answer.error_message or answer.title or _quotes(row))
    return _told(row, _TOLD_BELOW | (_TOLD_BY_RESPONSE if is_quoted else frozenset()))


def _told(row: Row, told: frozenset[str]) -> str:
    """The summary of a row's diagnosis without these of its tails."""
    found = row.diagnosis
    if found is None:
        return ""
    tails = {name for name, _template in DIAGNOSES[found.code].tails} if found.code in DIAGNOSES else set()
    return summary(replace(found, values=tuple(pair for pair in found.values if pair[0] not in tails & told)))


def _resource(view: View, row: Row | None) -> str:
    targets = view.evidence.targets
    target = (row.target if row else None) or (targets[0] if targets else None)
    if target is None:
        return ""
    facts: list[str] = [f"{target.name} = {target.base_url}" if len(targets) > 1 else target.base_url]
    if row is not None and row.region:
        facts.append(f"{_('REGION')} {row.region}")
    if row is not None and row.answered_by:
        facts.append(f"{_('ANSWERED BY')} {title(row.answered_by)}")
    return "   ".join(facts)


def _what(view: View, row: Row) -> str:
    kinds = {one.name: _(one.title) for one in view.evidence.artefacts}
    title = kinds.get(row.artefact, row.artefact)
    return " ".join(filter(None, (title, *_ids(row))))


def _artefact(view: View, row: Row) -> str:
    """What is looked for, and what a status answer said about it: its state, and until when it is kept."""
    source = view.by_id.get(row.probe.of or "") or row
    kind = next((one for one in view.evidence.artefacts if one.name == source.artefact), None)
    facts = [_what(view, source)]
    told = dict(row.diagnosis.values) if row.diagnosis else {}
    if row.outcome is Outcome.INCONCLUSIVE or (row.diagnosis and row.diagnosis.code.startswith("job-")):
        return facts[0]  # what the response says of the artefact is doubted, or it is said in RESPONSE
    wanted = [("word", kind.status_paths, _state), ("when", kind.expiry_paths, _kept)] if kind else []
    for paths, write in ((paths, write) for name, paths, write in wanted if name not in told):
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
    others = _(" (and {count} more)", count=more) if more > 0 else ""
    asked = [f"{one.probe.method} {_place(one)}{one.told_apart}" for one in _way(view, row)]
    return f"{', '.join(asked[:1])}{''.join(f' → {one}' for one in asked[1:])}{others}"


def _way(view: View, row: Row) -> tuple[Row, ...]:
    """The request that named a link, and the one that followed it; for everything else the request alone."""
    source = view.by_id.get(row.probe.of or "") if row.probe.purpose is Purpose.LINK else None
    if source is None or not source.is_sent:
        return (row,)
    asked = (one for one in view.sent if one.probe.url == source.probe.url and one.probe.method == "GET")
    return (next(asked, source), row)


def _place(row: Row) -> str:
    """Path and query of a request; of a link, whose query may be a long signature, without it."""
    return row.path_and_query if row.probe.purpose is not Purpose.LINK else row.route


def _cut(text: str) -> str:
    return shorten(" ".join(text.split()), _LONGEST_QUOTE)
