"""How outcomes went over time, as lanes of coloured stretches: of a watch by its requests, of two runs side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise

from probe.frozen import Frozen
from probe.language import _
from probe.model import Exchange, Note, Outcome
from probe.view.difference import Difference, Side
from probe.view.page import View
from probe.view.words import outcome_labels, utc

WATCH_NOTE = "watch-changed"
_AT = "%Y-%m-%d %H:%M:%S UTC"
_MOST_LANES = 20
_MOST_STRETCHES = 200
_KINDS = {"works": "works", "none": "not_found", "undecided": "pending"}


class Stretch(Frozen):
    """A time in which nothing changed, in percent of the whole; `kind` is an outcome's word and gives the colour."""

    x: str
    width: str
    kind: str
    label: str


class Track(Frozen):
    """One line of the picture; `words` say the same without it."""

    name: str
    stretches: tuple[Stretch, ...]
    words: str
    is_flaky: bool = False


class Course(Frozen):
    """The whole picture, from `begin` to `end`."""

    lanes: tuple[Track, ...]
    begin: str
    end: str

    @property
    def flaky(self) -> tuple[str, ...]:
        """Names of the lanes that went back to what they had left."""
        return tuple(f"{one.name} ({one.words})" for one in self.lanes if one.is_flaky)


def course(view: View) -> Course | None:
    """The course of a watch; None of a scan that watched nothing."""
    changes = list(_changes(view.evidence.notes))
    if not changes:
        return None
    moments = [one.started_at for _row, one in view.timeline]
    begin = min([*moments, changes[0][0]])
    end = max([*moments, changes[-1][0], view.evidence.ended_at or begin])
    asked = [row for row in view.rows if row.observation and len(row.observation.exchanges) > 1]
    lanes = [_lane(_("answer"), changes, begin, end)]
    for row in asked:
        seen = [(one.started_at, *_seen(one)) for one in row.observation.exchanges] if row.observation else []
        lanes.append(_lane(f"{row.request} · {row.api_version}", seen, begin, end))
    shown = sorted(lanes[1:], key=lambda lane: (not lane.is_flaky, -len(lane.stretches)))[: _MOST_LANES - 1]
    return Course((lanes[0], *shown), utc(begin), utc(end))


def course_of_change(found: Difference) -> Course:
    """Before and after, side by side; the answer first."""
    before, after = found.answers
    both = [(_("answer"), ((_KINDS[before], before), (_KINDS[after], after)))]
    both += [(one.key, (_verdict(one.before), _verdict(one.after))) for one in found.changed[: _MOST_LANES - 1]]
    lanes = tuple(
        Track(name, tuple(Stretch(f"{50 * at}", "50", kind, label) for at, (kind, label) in enumerate(sides)),
             f"{sides[0][1]} → {sides[1][1]}")
        for name, sides in both
    )  # fmt: skip
    return Course(lanes, _("before"), _("after"))


def _verdict(side: Side) -> tuple[str, str]:
    label = outcome_labels()[Outcome(side.outcome)] if side.outcome else ""
    return side.outcome, f"{side.status} {label}".strip()


def _changes(notes: Iterable[Note | str]) -> Iterator[tuple[datetime, str, str]]:
    for note in notes:
        if isinstance(note, Note) and note.code == WATCH_NOTE:
            told = dict(note.values)
            answer = told.get("answer", "")
            with suppress(ValueError):
                yield datetime.strptime(told.get("at", ""), _AT).replace(tzinfo=UTC), _KINDS.get(answer, ""), answer or "?"


def _seen(exchange: Exchange) -> tuple[str, str]:
    """Colour and label of one response: no verdict, for only the last one is judged."""
    if exchange.response is None:
        return "unreachable", exchange.failure or "?"
    status = exchange.response.status_code
    kinds = ((200, "inconclusive"), (300, "works"), (400, "link"), (429, "not_found"), (430, "throttled"), (500, "not_found"))
    return next((kind for below, kind in kinds if status < below), "server_error"), str(status)


def _lane(name: str, seen: Sequence[tuple[datetime, str, str]], begin: datetime, end: datetime) -> Track:
    """Join what is alike and follows each other; each stretch ends where the next begins."""
    runs = [seen[0], *(later for earlier, later in pairwise(seen) if later[1:] != earlier[1:])]
    whole = (end - begin).total_seconds() or 1.0
    starts = [100 * (at - begin).total_seconds() / whole for at, _kind, _label in runs]
    stretches = [
        Stretch(f"{start:.2f}", f"{max(stop - start, 0.4):.2f}", kind, label)
        for (start, stop), (_at, kind, label) in zip(pairwise([*starts, 100.0]), runs, strict=True)
    ]
    words = ", ".join(f"{at:%H:%M:%S} {label}" for at, _kind, label in runs[:12]) + (" …" if len(runs) > 12 else "")
    return Track(name, tuple(stretches[:_MOST_STRETCHES]), words, len(runs) > len({label for _at, _kind, label in runs}))
