"""A scan whose targets are scanned elsewhere: it plans, keeps what comes back, judges all of it and writes; it sends nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self, cast

from probe.diagnoses import tell
from probe.errors import RunError
from probe.fleet.task import TaskAnswer
from probe.frozen import replace
from probe.model import Evidence, Note, Observation, Probe, RawUrl, RedactedUrl, Target
from probe.pipeline import Scan, Watcher
from probe.redact.planned import summed
from probe.runs.codec import observation_strays, probe_strays
from probe.runs.journal import TaskSeal
from probe.runs.saved import load_journal

Parts = Mapping[str, tuple[Evidence, TaskSeal | None]]


class Gathered(Scan):
    """`kept` is what an earlier process was given, by target: a file's word, until a worker that holds the secrets confirms it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.kept: Parts = {}
        self._journalled: Parts = {}
        self._parts: dict[str, Evidence] = {}

    @classmethod
    def resume(cls, order: Any, path: Path, watcher: Watcher | None = None) -> Self:
        """Resume a saved run; a journal that only workers can vouch for is begun anew, with what they confirm."""
        saved = load_journal(path)
        scan = super().resume(order, path, watcher)
        scan.kept = saved.parts
        scan._journalled = saved.parts if scan.started_at == saved.evidence.started_at else {}
        return scan

    async def gather(self, answers: AsyncGenerator[tuple[str, TaskAnswer], None]) -> None:
        """Take the answers as they arrive, by target; an interruption keeps what came."""
        self.watcher.planned(len(self.probes))
        with self._under_way():
            async with aclosing(answers) as arriving:
                async for name, answer in arriving:
                    self._take_in(name, answer)
            self._say(Note("workers-scanned", (("count", str(len(self._parts))), ("total", str(len(self.order.targets))))))

    def _take_in(self, name: str, answer: TaskAnswer) -> None:
        part, seal = self.kept[name] if answer.is_kept else (answer.evidence, answer.seal)
        problem = answer.problem
        if part is not None and problem is None:
            try:
                self._check(name, part)
                self._adopt(name, part, seal)
                return
            except RunError as error:
                problem = Note("worker-failed", (("what", error.message),))
        problem = problem or Note("worker-failed", (("what", "no evidence"),))
        self.watcher.said(f"{name}: {tell(problem)}")
        for probe in self.probes.of(name):  # not in the journal: a resumed run asks for this target again
            self.seen[probe.id] = Observation(probe.id, skip_reason=problem)
            self.watcher.ended(probe, self.seen[probe.id])

    def _check(self, name: str, part: Evidence) -> None:
        """Refuse an answer to another question."""
        asked = next(self.probes.shown(one) for one in self.order.targets if one.name == name)
        known = replace(part, endpoints=self.order.catalogue.endpoints)
        strays = probe_strays(known, part.probes) | observation_strays(part.probes, part.observations)
        if [(one.name, one.base_url) for one in part.targets] != [(name, asked.base_url)] or strays:
            raise RunError("evidence of something else")

    def _adopt(self, name: str, part: Evidence, seal: TaskSeal | None) -> None:
        """Take over all that was seen of a target; the journal gets it in one line, so it is there whole or not at all."""
        if self._journalled.get(name) != (part, seal):
            self._append({"part": part, "task_seal": seal})
        self._parts[name] = part
        for probe in part.probes:
            self.probes.add(cast("Probe[RawUrl]", probe))  # only shown from here on: nothing is sent by this process
        for one in part.observations:
            self.seen[one.probe_id] = one
            self.watcher.ended(self.probes[one.probe_id], one)
        self.skipped = [*(one for one in self.skipped if one.target != name), *part.skipped]
        self.notes += part.notes

    def evidence(self, target: str | None = None) -> Evidence:
        """Everything known so far; where and how it was asked is what the workers say of themselves."""
        known, parts = super().evidence(target), list(self._parts.values())
        if not parts:
            return known
        proxies = {(one.vantage.proxy, one.vantage.proxy_source) for one in parts}
        proxy, source = proxies.pop() if len(proxies) == 1 else (None, None)
        return replace(
            known,
            targets=tuple(self._target(one) for one in known.targets),
            skipped=tuple(dict.fromkeys(known.skipped)),
            masked=summed([known.masked, *(one.masked for one in parts)]),
            vantage=replace(
                parts[0].vantage,
                addresses=known.vantage.addresses,
                proxy=proxy,
                proxy_source=source,
                verify_tls=known.vantage.verify_tls,
            ),
        )

    def _target(self, one: Target[RedactedUrl]) -> Target[RedactedUrl]:
        return self._parts[one.name].targets[0] if one.name in self._parts else one
