"""A scan that goes on until something changes: the few requests that decide are asked again, round after round, in one run.

A round costs what decides. Only when that changed is everything asked again, so that the report at the end is about one moment. The
run's journal holds every answer and every change; a watch that was stopped, or whose machine slept, goes on from there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from probe.diagnoses import headline
from probe.frozen import Frozen
from probe.model import Answer, Note, Pairs, Report
from probe.pipeline import Scan
from probe.waiting import all_again, deciding, pending_in

if TYPE_CHECKING:
    from probe.runner import Runner

CHANGED = "watch-changed"
_JITTER = 0.1
_TELLING = ("word", "status", "state")


class Until(StrEnum):
    """What a watch waits for."""

    WORKS = "works"
    READY = "ready"
    CHANGE = "change"


class Moment(Frozen):
    """What a report says, reduced to what counts as a change when it becomes another; `said` is for people and does not count."""

    answer: Answer
    codes: tuple[tuple[str, str, Pairs], ...]
    working: tuple[str, ...]
    said: str

    @classmethod
    def of(cls, report: Report) -> Moment:
        """Take from a report what decides it: not times, sizes or words of the service, which may differ every time."""
        names = {*report.decisive, report.main, report.failing_url_probe}
        codes = tuple(
            (one.probe_id, one.diagnosis.code, tuple(pair for pair in one.diagnosis.values if pair[0] in _TELLING))
            for one in report.verdicts
            if one.probe_id in names
        )
        return cls(report.answer, codes, report.working[:1], headline(report))

    def differs(self, other: Moment) -> bool:
        """Whether anything that counts is another."""
        return (self.answer, self.codes, self.working) != (other.answer, other.codes, other.working)


class WatchedChange(Frozen):
    """One change, `number` counted over the whole run from the first look, which is 0; `before` is None for a process's first."""

    number: int
    at: datetime
    before: Moment | None
    after: Moment
    is_end: bool

    def described(self, run: str) -> dict[str, Any]:
        """The change for machines; everything in it was redacted when it was recorded."""
        return {
            "format_version": 1,
            "run": run,
            "number": self.number,
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "is_end": self.is_end,
            "before": _described(self.before) if self.before else None,
            "after": _described(self.after),
        }


def _described(moment: Moment) -> dict[str, Any]:
    codes = [{"probe_id": name, "code": code} | dict(values) for name, code, values in moment.codes]
    return {"answer": moment.answer.value, "said": moment.said, "decisive": codes, "working": list(moment.working)}


class Follow:
    """Watches a scan: `every` and `lasts` are seconds, `told` hears of the first look and of every change."""

    def __init__(
        self,
        scan: Scan,
        *,
        every: float,
        lasts: float,
        until: Until,
        told: Callable[[WatchedChange], Awaitable[None]],
        is_resumed: bool,
    ) -> None:
        self.is_reached = False
        self._scan, self._every, self._lasts, self._until, self._told = scan, every, lasts, until, told
        self._is_resumed = is_resumed
        self._moment: Moment | None = None

    async def run(self) -> None:
        """Scan, then watch on the same connections."""
        await self._scan.run(self._rounds)

    async def _rounds(self, runner: Runner) -> None:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._lasts
        report = self._scan.report()
        await self._look(report)
        pause = 0.0 if self._is_resumed else self._pause(report)
        while not self.is_reached and loop.time() + pause <= ends_at:
            await asyncio.sleep(pause)
            report = await self._ask(runner, report)
            await self._look(report)
            pause = self._pause(report)

    async def _ask(self, runner: Runner, report: Report) -> Report:
        """Ask what decides; if that is another answer than before, ask all the rest."""
        runner.renew()
        probes = self._scan.probes
        asked = deciding(report, probes.values()) or all_again(report, probes.values())
        await self._scan.ask_again(runner, asked)
        fresh = self._scan.report()
        if self._moment is not None and not Moment.of(fresh).differs(self._moment):
            return fresh
        names = {one.id for one in asked}
        await self._scan.ask_again(runner, [one for one in all_again(fresh, probes.values()) if one.id not in names])
        return self._scan.report()

    async def _look(self, report: Report) -> None:
        """Compare with what was, keep and tell a change; what is waited for may also come without one."""
        moment, before = Moment.of(report), self._moment
        is_other = before is None or moment.differs(before)
        self.is_reached = self._has_reached(report, is_change=before is not None and is_other)
        if not is_other and not self.is_reached:
            return
        self._moment = moment
        kept = [note for note in self._scan.notes if isinstance(note, Note) and note.code == CHANGED]
        if before is None and kept and ("said", moment.said) in kept[-1].values:
            return  # a resumed watch told this before it was stopped
        change = WatchedChange(len(kept), datetime.now(UTC), before, moment, self.is_reached)
        await self._told(change)
        # Kept when it was told: a watch that is killed in between tells it again, under the same number, rather than never.
        told = (("at", f"{change.at:%Y-%m-%d %H:%M:%S} UTC"), ("said", moment.said), ("answer", moment.answer.value))
        self._scan.keep_note(Note(CHANGED, told))

    def _has_reached(self, report: Report, *, is_change: bool) -> bool:
        match self._until:
            case Until.WORKS:
                return report.answer is Answer.WORKS
            case Until.READY:
                return not pending_in(report) and report.answer is not Answer.UNDECIDED
            case Until.CHANGE:
                return is_change

    def _pause(self, report: Report) -> float:
        """Seconds until the next round: the pace, a little uneven, and never sooner than the service asked for."""
        probes = deciding(report, self._scan.probes.values())
        asked = [response.retry_after for one in probes if (response := self._scan.seen[one.id].response) is not None]
        return max([self._every * random.uniform(1 - _JITTER, 1 + _JITTER), *(wait for wait in asked if wait is not None)])
