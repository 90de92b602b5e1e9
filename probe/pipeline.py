"""Plan, run, judge and write: the stages in order, in rounds, and the library entry point.

run = Scan.start(order)          # plans, opens the run folder and its journal
asyncio.run(run.run())           # sends, round by round, within the announced budget
report = run.report()            # judges what was seen
run.write(report, ["markdown"])  # renders into the run folder
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from probe import __version__
from probe.errors import ProbeError
from probe.language import _
from probe.model import (
    Answer,
    Catalogue,
    Evidence,
    Exchange,
    Note,
    Observation,
    Outcome,
    Pairs,
    Plan,
    Probe,
    Purpose,
    Report,
    Role,
    Skipped,
    Target,
    Vantage,
)
from probe.plan import Scope, bind, controls, expand, leftovers, links, reauthorise
from probe.redact import Redactor
from probe.redact.planned import masked_again, redacted_probe, redacted_target
from probe.runs import codec as evidence_file
from probe.runs.folder import RunFolder
from probe.runs.saved import load_journal, write_reports
from probe.runs.seal import make_seals
from probe.verdict import judge, wanted

if TYPE_CHECKING:
    from probe.runner import Runner
    from probe.transport import TransportOptions

POLL_SECONDS = 5.0
"""The pace at which Microsoft's quickstart polls a video job (azure-ai-docs video-generation-rest.md @09f66cd2)."""


@dataclass(frozen=True)
class Order:
    """Everything that a scan is asked to do.

    `secrets` (variable names to values) and `headers` (target names to raw extra headers) never leave memory. `name` names the run.
    """

    catalogue: Catalogue
    targets: tuple[Target, ...]
    scope: Scope
    secrets: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Pairs] = field(default_factory=dict)
    options: TransportOptions | None = None
    root: Path = Path("reports")
    wait: float = 0.0
    notes: tuple[Note | str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Watcher:
    """What a front end wants to be told while a scan runs."""

    planned: Callable[[int], None] = lambda _count: None
    ended: Callable[[Probe, Observation], None] = lambda _probe, _observation: None
    said: Callable[[str], None] = lambda _text: None


class Scan:
    """One scan: what is planned, what was seen, and where it is written."""

    def __init__(self, order: Order, plan: Plan, folder: RunFolder, started_at: datetime, watcher: Watcher) -> None:
        self.order = order
        self.folder = folder
        self.started_at = started_at
        self.watcher = watcher
        self.redactor = Redactor(order.secrets, [name for pairs in order.headers.values() for name, _value in pairs])
        self.redactor.know_url("the failing URL", order.scope.failing_url or "")
        self.probes: dict[str, Probe] = {probe.id: probe for probe in plan.probes}
        self.skipped: list[Skipped] = list(plan.skipped)
        self.seen: dict[str, Observation] = {}
        self.is_interrupted = False
        self.ended_at: datetime | None = None
        self.notes: list[Note | str] = [*order.notes, *plan.notes]
        self._journal = evidence_file.Journal(folder.journal, self.redactor)
        self._usual = {endpoint.id: endpoint.api_versions for endpoint in order.catalogue.endpoints}
        self._broken: ProbeError | None = None
        self._running: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def start(cls, order: Order, watcher: Watcher | None = None) -> Scan:
        """Plan a new scan and open its run folder; nothing is sent yet."""
        started_at = datetime.now(UTC)
        plan = expand(order.catalogue, order.targets, order.scope)
        name = order.name or "-".join(target.name for target in order.targets[:3])
        scan = cls(order, plan, RunFolder.create(order.root, name, started_at), started_at, watcher or Watcher())
        failing = order.scope.failing_url
        scope = replace(order.scope, failing_url=scan.redactor.url(failing) if failing else None)
        seals = make_seals(order.targets, order.secrets, order.headers)
        scan._journal.append({"scan": evidence_file.encode(scan.evidence()), "scope": evidence_file.encode(scope), "seals": seals})
        return scan

    @classmethod
    def resume(cls, order: Order, path: Path, watcher: Watcher | None = None) -> Scan:
        """Take up a saved run where its journal ends: what was seen is never sent again, its reports are set aside, not lost."""
        folder = RunFolder.open(path)
        saved = load_journal(path)
        scan = cls(order, expand(order.catalogue, order.targets, order.scope), folder, saved.started_at, watcher or Watcher())
        scan.probes |= {probe.id: probe for probe in saved.probes}
        scan.seen = {one.probe_id: one for one in saved.observations if one.exchanges}
        folder.set_aside()
        return scan

    async def run(self) -> None:
        """Send round after round until no answer makes another request worth sending; an interruption keeps what is known."""
        from probe.runner import Runner

        self._running, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        if self.is_interrupted:
            self.stop()
        runner = Runner(
            limits=self.order.scope.limits,
            options=self.order.options,
            redactor=self.redactor,
            secrets=self.order.secrets,
            targets=self.order.targets,
            endpoints={endpoint.id: endpoint for endpoint in self.order.catalogue.endpoints},
            artefacts={artefact.name: artefact for artefact in self.order.catalogue.artefacts},
            target_headers=self.order.headers,
            sent=sum(len(one.exchanges) for one in self.seen.values()),
            allow_billable=self.order.scope.allow_billable,
        )
        try:
            async with runner:
                await self._rounds(runner)
                await self._wait_until_ready(runner)
        except asyncio.CancelledError:
            self.is_interrupted = True
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

    async def _rounds(self, runner: Runner) -> None:
        """Let each target go through its rounds by itself, until no answer of it makes another request worth sending."""
        first = [probe for target in self.order.targets for probe in self._next_round(target.name)]
        await runner.run(first, self._record, self._keep, self._next_round)

    def _next_round(self, target: str) -> list[Probe]:
        """Announce and journal what is sent next to a target."""
        ready = self._ready(target)
        self.watcher.planned(len(ready))
        for probe in ready:
            self._journal.append({"probe": evidence_file.encode(redacted_probe(probe, self.redactor))})
        return ready

    def _ready(self, target: str) -> list[Probe]:
        """Name what to send next to a target: first choices of api-versions, then controls and auth forms, then the rest.

        So a budget that is too small for `--all-versions` is spent on the sensible requests and on what decides them.
        """
        order, probes = self.order, self._probes_of(target)
        self._take(bind(order.catalogue, order.targets, probes, self.seen, datetime.now(UTC)))
        self._take(links(probes, self.seen, order.targets, order.scope.limits.max_redirects))
        self._take(reauthorise(probes, self.seen))
        ready = [probe for probe in self._probes_of(target) if not probe.needs and probe.id not in self.seen]
        first = [probe for probe in ready if self._is_first_choice(probe)]
        if not first:
            asked = controls(wanted(self.evidence(target)), order.catalogue, order.targets, self._probes_of(target))
            first = self._take(asked)
        return first or ready

    def _probes_of(self, target: str | None) -> list[Probe]:
        return [probe for probe in self.probes.values() if target in (probe.target, None)]

    def _take(self, probes: Iterable[Probe]) -> list[Probe]:
        """Add probes to the plan; returns those that were not sent yet."""
        fresh = [probe for probe in probes if probe.id not in self.seen]
        self.probes |= {probe.id: probe for probe in fresh}
        return fresh

    def _is_first_choice(self, probe: Probe) -> bool:
        """Whether a normal scan would send this api-version too; always so for links, controls and the customer's URL."""
        return probe.purpose is not Purpose.CANDIDATE or probe.api_version in self._usual.get(probe.endpoint, (probe.api_version,))

    async def _wait_until_ready(self, runner: Runner) -> None:
        """Poll unfinished jobs at the documented pace for as long as the user allows; then ask for the artefact again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.order.wait
        while loop.time() + POLL_SECONDS <= deadline:
            report = self.report()
            pending = {one.probe_id for one in report.verdicts if one.diagnosis.outcome is Outcome.PENDING}
            if report.answer is Answer.WORKS or not pending:
                return
            self.watcher.said(_("not finished yet: asking again in {seconds:.0f} s", seconds=POLL_SECONDS))
            await asyncio.sleep(POLL_SECONDS)
            again = [probe for probe in self.probes.values() if probe.id in pending]
            await runner.run(again, self._record, self._keep)
            await runner.run([probe for probe in self._worth_again(report) if probe.id not in pending], self._record, self._keep)
            await self._rounds(runner)

    def _worth_again(self, report: Report) -> list[Probe]:
        """Name the download probes that failed while the job was pending."""
        failed = {one.probe_id for one in report.verdicts if one.diagnosis.outcome is Outcome.NOT_FOUND}
        return [
            probe
            for probe in self.probes.values()
            if probe.id in failed and probe.role is Role.DOWNLOAD and probe.purpose is not Purpose.CONTROL
        ]

    def _record(self, observation: Observation) -> None:
        """Keep and journal an observation as it ends; a repeated probe's exchanges are joined, the last decides."""
        before = self.seen.get(observation.probe_id)
        if before is not None:
            joined = tuple(replace(one, attempt=at) for at, one in enumerate((*before.exchanges, *observation.exchanges), 1))
            observation = replace(observation, exchanges=joined, captures=observation.captures or before.captures)
        self.seen[observation.probe_id] = observation
        self._keep(observation)
        self.watcher.ended(self.probes[observation.probe_id], observation)

    def _keep(self, observation: Observation) -> None:
        """Journal an observation, whole or so far: of one probe the last line counts."""
        try:
            self._journal.append({"observation": evidence_file.encode(observation)})
        except ProbeError as error:
            # Sending on would spend requests whose evidence cannot be kept.
            self._broken = error
            self.stop()

    def evidence(self, target: str | None = None) -> Evidence:
        """Everything known so far, redacted; with `target`, what is known of this one."""
        seen = tuple(one for one in self.seen.values() if target in (self.probes[one.probe_id].target, None))
        order, catalogue = self.order, self.order.catalogue
        used = {probe.endpoint for probe in self.probes.values()} | {one.endpoint for one in self.skipped}
        endpoints = tuple(one for one in catalogue.endpoints if one.id in used or one.role is Role.CONTROL)
        kinds = {one.artefact for one in endpoints}
        failing = order.scope.failing_url
        return Evidence(
            started_at=self.started_at,
            vantage=self._vantage(seen),
            limits=order.scope.limits,
            catalogue_updated=catalogue.updated,
            catalogue_sha256=catalogue.sha256,
            catalogue_source=catalogue.source,
            targets=tuple(redacted_target(target, order.headers.get(target.name, ()), self.redactor) for target in order.targets),
            artefacts=tuple(one for one in catalogue.artefacts if one.name in kinds),
            surfaces=catalogue.surfaces,
            api_versions=catalogue.api_versions,
            endpoints=endpoints,
            probes=tuple(redacted_probe(probe, self.redactor) for probe in self._probes_of(target)),
            skipped=tuple(self.skipped),
            observations=masked_again(seen, self.redactor) if target is None and self.redactor.has_learned else seen,
            failing_url=self.redactor.url(failing) if failing else None,
            ended_at=self.ended_at,
            is_interrupted=self.is_interrupted,
            masked=self.redactor.masked,
            notes=tuple(dict.fromkeys(masked_again(tuple(self.notes), self.redactor))),
        )

    def _vantage(self, seen: Iterable[Observation]) -> Vantage:
        from probe.transport import TransportOptions, ca_source, proxy_for

        options = self.order.options or TransportOptions()
        proxy = proxy_for(self.order.targets[0].base_url, options)
        return Vantage(
            tool_version=__version__,
            python=platform.python_version(),
            platform=platform.system() or "unknown",
            proxy=proxy.url if proxy else None,
            proxy_source=proxy.source if proxy else None,
            addresses=addresses(exchange for one in seen for exchange in one.exchanges),
            verify_tls=not options.insecure,
            ca_source=ca_source(options)[0],
        )

    def report(self) -> Report:
        """Judge what was seen so far."""
        return judge(self.evidence(), self.ended_at or datetime.now(UTC))

    def write(self, report: Report, formats: Iterable[str], *, is_bundled: bool = False) -> list[Path]:
        """Write evidence and reports into the run folder; each file is searched for secrets before it exists."""
        return write_reports(self.folder, report, formats, self.redactor, is_bundled=is_bundled)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()


def addresses(exchanges: Iterable[Exchange]) -> Pairs:
    """Tell for each host that was asked which class of address answered: public, private (a private endpoint) or loopback."""
    from probe.transport import classify

    found: dict[str, str] = {}
    for exchange in exchanges:
        if exchange.remote_address:
            address = exchange.remote_address.rpartition(":")[0].strip("[]")
            found[urlsplit(exchange.request.url).hostname or "?"] = str(classify(address))
    return tuple(found.items())


__all__ = ["Order", "Scan", "Scope", "Watcher"]
