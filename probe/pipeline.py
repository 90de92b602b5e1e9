"""Plan, run, judge and write: the stages in order, in rounds, and the library entry point.

run = Scan.start(order)          # plans, opens the run folder and its journal
asyncio.run(run.run())           # sends, round by round, within the announced budget
report = run.report()            # judges what was seen
run.write(report, ["markdown"])  # renders into the run folder
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from probe.diagnoses import tell
from probe.errors import ProbeError
from probe.facts.urls import origin
from probe.frozen import Frozen, replace
from probe.language import _
from probe.model import Answer, Evidence, Note, Observation, Plan, Probe, Purpose, RawUrl, Report, Role, Skipped
from probe.order import ScanOrder
from probe.plan import Scope, bind, controls, expand, leftovers, links, reauthorise, spared
from probe.planned import Planned
from probe.recall import Recall, joined
from probe.redact.planned import masked_again, redacted_note
from probe.reports import write_reports
from probe.runs.folder import RunFolder
from probe.runs.journal import Journal
from probe.runs.saved import load_journal
from probe.runs.seal import Seal
from probe.vantage import addresses, vantage
from probe.verdict import Judge
from probe.waiting import pending_in, worth_again

if TYPE_CHECKING:
    from probe.runner import Runner
    from probe.transport import WireRequest as Sent

    Then = Callable[[Runner], Awaitable[None]]

POLL_SECONDS = 5.0
"""The pace at which Microsoft's quickstart polls a video job (azure-ai-docs video-generation-rest.md @09f66cd2)."""


class Watcher(Frozen):
    """What a front end wants to be told while a scan runs."""

    planned: Callable[[int], None] = lambda _count: None
    ended: Callable[[Probe[RawUrl], Observation], None] = lambda _probe, _observation: None
    said: Callable[[str], None] = lambda _text: None


class Scan:
    """One scan: what is planned, what was seen, and where it is written."""

    def __init__(
        self, order: ScanOrder, plan: Plan[RawUrl], folder: RunFolder, seal: Seal | None, begun: datetime, watcher: Watcher
    ) -> None:
        self.order = order
        self.folder = folder
        self.started_at = begun
        self.watcher = watcher
        self.redactor = order.redactor()
        self.probes = Planned(self.redactor, order.headers)
        for probe in plan.probes:
            self.probes.add(probe)
        self.skipped: list[Skipped] = list(plan.skipped)
        self.seen: dict[str, Observation] = {}
        self.is_interrupted = False
        self.ended_at: datetime | None = None
        self.notes: list[Note | str] = [*order.notes, *plan.notes]
        self._targets = {one.name: one for one in order.targets}
        self._here = vantage(order.targets, order.options_of)
        self._saved = Recall()
        self._judge = Judge()
        self._kept: dict[str, Observation] = {}
        self._unwritten: list[Mapping[str, object]] = []
        self._journal = Journal(folder, self.redactor, seal)
        self._usual = {one.id: () if one.hosts else one.api_versions for one in order.catalogue.endpoints}
        self._runner: Runner | None = None
        self._broken: ProbeError | None = None
        self._running: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def start(cls, order: ScanOrder, watcher: Watcher | None = None) -> Self:
        """Plan a new scan and open its run folder; nothing is sent yet."""
        started_at = datetime.now(UTC)
        plan = expand(order.catalogue, order.targets, order.scope)  # an order that plans nothing leaves no folder
        name = order.name or "-".join(target.name for target in order.targets[:3])
        return cls._begin(order, plan, RunFolder.create(order.root, name, started_at), started_at, watcher)

    @classmethod
    def _begin(cls, order: ScanOrder, plan: Plan[RawUrl], folder: RunFolder, started_at: datetime, watcher: Watcher | None) -> Self:
        """Open the journal with all that must be known to resume the run."""
        seal = Seal.make(order.secrets)
        scan = cls(order, plan, folder, seal, started_at, watcher or Watcher())
        failing = order.scope.failing_url
        scope = replace(order.scope, failing_url=scan.redactor.url(failing) if failing else None)
        scan._append({"scan": scan.evidence(), "scope": scope, "salt": seal.salt if seal else None})
        return scan

    @classmethod
    def resume(cls, order: ScanOrder, path: Path, watcher: Watcher | None = None) -> Self:
        """Resume a saved run: plan anew, and take from its journal the answers that this very order would ask for again.

        Only lines count that were sealed with the secrets of the order. Where not even the first line was, nothing of the folder
        is used: its files are set aside and the scan begins anew in it.
        """
        folder = RunFolder.open(path)
        kept, plan = load_journal(path), expand(order.catalogue, order.targets, order.scope)
        seal = Seal.again(order.secrets, kept.salt)
        if not kept.is_sealed_by(seal):
            Journal(folder).close()  # refuses a run that is being written
            folder.set_aside(with_journal=True)
            scan = cls._begin(order, plan, folder, datetime.now(UTC), watcher)
            scan._saved = Recall(is_whole=False)
            scan._say(Note("answers-not-verified"))
            return scan
        scan = cls(order, plan, folder, seal, kept.evidence.started_at, watcher or Watcher())
        kept = load_journal(path, seal)  # once it is locked: another process may have sent something meanwhile
        scan._saved = Recall(kept, is_whole=not kept.skipped_lines)
        scan.notes += kept.notes
        if kept.skipped_lines:
            scan._say(Note("journal-lines-skipped", (("count", str(kept.skipped_lines)),)))
        folder.set_aside()
        return scan

    async def run(self, then: Then | None = None) -> None:
        """Send round after round while that is worth it, then wait for jobs or do `then`; an interruption keeps what is known."""
        self._runner = runner = self.order.runner(self.redactor, sent=self._saved.sent, billing=self._announce)
        with self._under_way():
            async with runner:
                await self._rounds(runner)
                await (then or self._wait_until_ready)(runner)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        """Let `stop` end what is done in between, and note the end either way."""
        self._running, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        if self.is_interrupted:
            self.stop()
        try:
            yield
            self._append({"ended_at": datetime.now(UTC)})
        except asyncio.CancelledError:
            self.is_interrupted = True
            self._write_out()
            if self._broken is not None:
                raise self._broken from None
        finally:
            self.skipped += leftovers(self.probes.values(), self.seen)
            self.ended_at = datetime.now(UTC)

    def stop(self) -> None:
        """Stop sending, or do not begin; what was seen stays."""
        self.is_interrupted = self.ended_at is None
        if self._running is not None and self._loop is not None:
            # A signal handler may run while the loop sleeps: only this call wakes it.
            self._loop.call_soon_threadsafe(self._running.cancel)

    def request(self, probe_id: str) -> Sent:
        """The request of a probe that this scan sent, for the whole of what it asks for; its secrets are those of this memory."""
        assert self._runner is not None
        return self._runner.order(self.probes[probe_id])

    async def ask_again(self, runner: Runner, probes: Iterable[Probe[RawUrl]]) -> None:
        """Ask once more, and send what the new answers make worth sending."""
        asked = [one for one in probes if self._may_be_asked(one)]
        await runner.run(asked, self._record, self._keep, arrived=self._tell)
        await self._rounds(runner)

    async def _rounds(self, runner: Runner) -> None:
        """Let each target go through its rounds by itself, until no answer of it makes another request worth sending."""
        first = [probe for target in self.order.targets for probe in self._next_round(target.name)]
        await runner.run(first, self._record, self._keep, self._next_round, self._tell)

    def _next_round(self, target: str) -> list[Probe[RawUrl]]:
        """Announce and journal what is sent next to a target."""
        ready = self._ready(target)
        self.watcher.planned(len(ready))
        self._append(*({"probe": self.probes.shown(one), **({"queued": True} if one.billable else {})} for one in ready))
        return ready

    def _announce(self, probe: Probe[RawUrl]) -> None:
        """Journal that a request which may be billed goes out now: if its answer is lost, it is not sent again."""
        self._append({"sending": probe.id})

    def _ready(self, target: str) -> list[Probe[RawUrl]]:
        """Name what to send next to a target, passing over what the journal of a resumed run has an answer to."""
        while due := self._due(target):
            if unanswered := [probe for probe in due if not self._recall(probe) and self._may_be_asked(probe)]:
                return unanswered
        return []

    def _due(self, target: str) -> list[Probe[RawUrl]]:
        """Name what is due next: first choices of api-versions, controls and auth forms, then vendors' own routes and the rest.

        So a budget that is too small for `--all-versions` is spent on the sensible requests and on what decides them.
        """
        order, probes, asked = self.order, self.probes.of(target), [self._targets[target]]
        self._take(bind(order.catalogue, asked, probes, self.seen, datetime.now(UTC)))
        self._take(links(probes, self.seen, asked, order.scope.limits.max_redirects))
        self._take(reauthorise(probes, self.seen))
        for name, why in spared(order.catalogue, self.probes.of(target), self.seen):
            spare = self.probes.drop(name)
            self.skipped.append(Skipped(name, spare.endpoint, target, why))
        ready = [probe for probe in self.probes.of(target) if not probe.needs and probe.id not in self.seen]
        first = [probe for probe in ready if self._is_first_choice(probe)]
        if not first:
            wanted = self._judge.wanted(self.evidence(target))
            first = self._take(controls(wanted, order.catalogue, asked, self.probes.of(target)))
        return first or ready

    def _recall(self, probe: Probe[RawUrl]) -> bool:
        """Take the answer to a probe from the journal of a resumed run; returns whether it has one."""
        found = self._saved.answer(self.probes.shown(probe))
        if found is None:
            return False
        if probe.control is not None:
            self.probes.add(replace(probe, url=RawUrl(found[0])))  # a made-up path is another one each time
        self.seen[probe.id] = self._kept[probe.id] = found[1]
        return True

    def _may_be_asked(self, probe: Probe[RawUrl]) -> bool:
        """Whether this user asked for it, once: neither a URL of another origin that only a file names nor a second bill."""
        if self.may_have_cost(probe):
            before = Note("billed-before")
            self._append({"probe": self.probes.shown(probe)})  # for whoever resumes this run in turn
            if before not in self.notes:
                self._say(before)
            self.seen.setdefault(probe.id, Observation(probe.id, skip_reason=before))
            return False
        if probe.purpose is not Purpose.FAILING_URL or self.order.is_url_typed:
            return True
        if origin(probe.url) in {origin(target.base_url) for target in self.order.targets}:
            return True
        self.seen.setdefault(probe.id, Observation(probe.id, skip_reason=Note("failing-url-not-typed")))
        return False

    def may_have_cost(self, probe: Probe[RawUrl]) -> bool:
        """Whether a request may have been billed by an earlier part of this run."""
        return self._saved.may_have_cost(self.probes.shown(probe))

    def _take(self, probes: Iterable[Probe[RawUrl]]) -> list[Probe[RawUrl]]:
        """Add probes to the plan; returns those that were not sent yet."""
        fresh = [probe for probe in probes if probe.id not in self.seen]
        for probe in fresh:
            self.probes.add(probe)
        return fresh

    def _is_first_choice(self, probe: Probe[RawUrl]) -> bool:
        """Whether a normal scan would send this api-version too; always so for links, controls and the customer's URL."""
        return probe.purpose is not Purpose.CANDIDATE or probe.api_version in self._usual.get(probe.endpoint, (probe.api_version,))

    async def _wait_until_ready(self, runner: Runner) -> None:
        """Poll unfinished jobs at the documented pace for as long as the user allows; then ask for the artefact again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.order.wait
        while loop.time() + POLL_SECONDS <= deadline:
            report = self.report()
            pending = pending_in(report)
            if report.answer is Answer.WORKS or not pending:
                return
            if runner.requests_left <= 0:
                self._say(Note("wait-out-of-budget", (("count", str(self.order.max_requests)),)))
                return
            self.watcher.said(_("not finished yet: asking again in {seconds:.0f} s", seconds=POLL_SECONDS))
            await asyncio.sleep(POLL_SECONDS)
            left = runner.requests_left
            again = [self.probes[name] for name in self.probes if name in pending]
            await runner.run(again, self._record, self._keep, arrived=self._tell)
            if runner.requests_left == left:
                self._say(Note("wait-out-of-time"))
                return
            await self.ask_again(runner, [one for one in worth_again(report, self.probes.values()) if one.id not in pending])

    def _record(self, observation: Observation) -> None:
        """Keep and journal an observation as it ends."""
        before = self.seen.get(observation.probe_id)
        whole = joined(before, observation)
        if whole is not before:
            self._write_down(whole)
            whole = self._kept[whole.probe_id]  # the same as it was held, once in memory
        self.seen[whole.probe_id] = whole

    def _tell(self, observation: Observation) -> None:
        """Show that an answer is there, though it may not be recorded yet."""
        self.watcher.ended(self.probes[observation.probe_id], observation)

    def _keep(self, observation: Observation) -> None:
        """Journal what is known so far of a probe that is tried again."""
        self._write_down(joined(self.seen.get(observation.probe_id), observation))

    def _write_down(self, whole: Observation) -> None:
        """Journal of an observation what the journal does not hold yet."""
        before = self._kept.get(whole.probe_id)
        if before is whole or before == whole:
            return
        self._kept[whole.probe_id] = whole
        pairs = zip(before.exchanges if before else (), whole.exchanges, strict=False)
        known = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))
        kept = replace(whole, exchanges=whole.exchanges[known:]) if known else whole
        if not self._unwritten and self._loop is not None:
            self._loop.call_soon(self._write_out)  # answers that came together are searched and written together
        self._unwritten.append({"observation": kept, "after": known})

    def _write_out(self) -> None:
        """Write the observations that wait to be journalled."""
        try:
            self._append()
        except ProbeError as error:
            # Sending on would spend requests whose evidence cannot be kept.
            self._broken = error
            self.stop()

    def _append(self, *items: Mapping[str, object]) -> None:
        """Journal what waits and these lines where they can be found, even if somebody took the run folder away meanwhile."""
        lines, self._unwritten = [*self._unwritten, *items], []
        if lines:
            self._stay_in_place()
            self._journal.extend(lines)

    def _stay_in_place(self) -> None:
        if not self._journal.is_in_place():
            lost = self.folder.path
            self.folder = self._journal.rescue()
            self._say(Note("run-folder-lost", (("lost", str(lost)), ("path", str(self.folder.path)))))

    def keep_note(self, note: Note) -> None:
        """Keep a note in the journal, and so in every report, also after the run is resumed."""
        self.notes.append(note)
        self._append({"note": redacted_note(note, self.redactor)})

    def _say(self, note: Note) -> None:
        """Tell now, and in every report."""
        self.notes.append(note)
        self.watcher.said(tell(note))

    def evidence(self, target: str | None = None) -> Evidence:
        """Everything known so far, redacted; with `target`, what decides the next round of this one."""
        order, catalogue, probes = self.order, self.order.catalogue, self.probes.of(target)
        seen = tuple(self.seen[probe.id] for probe in probes if probe.id in self.seen)
        used = self.probes.endpoints | {one.endpoint for one in self.skipped}
        endpoints = tuple(one for one in catalogue.endpoints if one.id in used or one.role is Role.CONTROL)
        kinds = {one.artefact for one in endpoints}
        failing = order.scope.failing_url
        return Evidence(
            started_at=self.started_at,
            vantage=replace(self._here, addresses=addresses(seen)) if target is None else self._here,
            limits=order.scope.limits,
            catalogue_updated=catalogue.updated,
            catalogue_sha256=catalogue.sha256,
            catalogue_source=catalogue.source,
            targets=tuple(map(self.probes.shown, order.targets if target is None else [self._targets[target]])),
            artefacts=tuple(one for one in catalogue.artefacts if one.name in kinds),
            surfaces=catalogue.surfaces,
            api_versions=catalogue.api_versions,
            endpoints=endpoints,
            probes=tuple(map(self.probes.shown, probes)),
            skipped=tuple(one for one in self.skipped if target in (None, one.target)),
            observations=masked_again(seen, self.redactor) if target is None and self.redactor.has_learned else seen,
            failing_url=self.redactor.url(failing) if failing else None,
            ended_at=self.ended_at,
            is_interrupted=self.is_interrupted,
            masked=self.redactor.masked,
            notes=tuple(dict.fromkeys(redacted_note(note, self.redactor) for note in self.notes)),
        )

    def report(self) -> Report:
        """Judge what was seen so far."""
        return self._judge.judge(self.evidence(), self.ended_at or datetime.now(UTC))

    def write(self, report: Report, formats: Iterable[str], *, is_bundled: bool = False) -> list[Path]:
        """Write evidence and reports into the run folder; each file is searched for secrets before it exists."""
        self._stay_in_place()
        return write_reports(self.folder, report, formats, self.redactor, is_bundled=is_bundled)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()


__all__ = ["ScanOrder", "Scan", "Scope", "Watcher"]
