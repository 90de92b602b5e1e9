"""Sends probes within every limit and records what came back; it judges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType, TracebackType

from probe import retry
from probe.facts.within import limits_of
from probe.frozen import replace
from probe.model import Artefact, Endpoint, Exchange, Limits, Observation, Pairs, Probe, Purpose, RawUrl, Target
from probe.redact import Redactor
from probe.redact.planned import redacted_note
from probe.runner.content import coding
from probe.runner.doubts import Doubts, disowned
from probe.runner.memory import Memory
from probe.runner.networks import Networks
from probe.runner.orders import NotSentError, Orders
from probe.runner.recorder import Recorded, Recorder, bug_text, cap_for
from probe.runner.rounds import Listener, More, Record, Rounds
from probe.runner.schedule import Job, Schedule
from probe.transport import Lane, TransportOptions, WireAnswer, WireRequest

_FREE_ATTEMPTS = 2
_SMALL = 8 * 1024


class Runner:
    """Runs rounds of probes over the same connections.

    `secrets` maps variable names to values, `target_headers` target names to raw extra headers, `networks` those of targets that
    have options for themselves to these. `sent` counts by target what an earlier part of the same scan has used up, `billing`
    gets each probe that may be billed right before it goes out. Without
    `allow_billable` nothing is sent that may cost or change something, whatever a plan says; `allow_post` names the kinds of POST
    that create nothing and may be sent. Only the `failing_url` that the user typed may lead into any network; None believes the
    plan about it. Use it as an async context manager.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        redactor: Redactor,
        secrets: Mapping[str, str],
        targets: Sequence[Target[RawUrl]],
        endpoints: Mapping[str, Endpoint],
        artefacts: Mapping[str, Artefact],
        options: TransportOptions | None = None,
        networks: Mapping[str, TransportOptions] = MappingProxyType({}),
        target_headers: Mapping[str, Pairs] | None = None,
        sent: Mapping[str, int] = MappingProxyType({}),
        allow_billable: bool = False,
        failing_url: str | None = None,
        allow_post: Collection[str] = (),
        billing: Callable[[Probe[RawUrl]], None] | None = None,
    ) -> None:
        self.limits = limits
        self._redactor, self._billing = redactor, billing
        self._networks = Networks(options, networks, targets)
        self._networks.prepare(targets, redactor)
        by_name = {target.name: target for target in targets}
        self._limits_of = {target.name: limits_of(target, limits) for target in targets}
        self._budget_of = {target.name: target.name for target in targets if target.limits.max_requests is not None}
        self._budgets = self._fresh_budgets(sent)
        self._memory = Memory()
        self._orders = Orders(
            targets=by_name,
            secrets=secrets,
            target_headers=target_headers or {},
            memory=self._memory,
            networks=self._networks,
            limits=limits,
            allow_billable=allow_billable,
            failing_url=failing_url,
            allow_post=allow_post,
        )
        self._recorder = Recorder(
            limits=limits,
            redactor=redactor,
            memory=self._memory,
            orders=self._orders,
            targets=by_name,
            endpoints=endpoints,
            artefacts=artefacts,
        )
        self._doubts = Doubts(self._networks.shared)
        self._reading = asyncio.Lock()
        self._ends_at: float | None = None

    async def __aenter__(self) -> Runner:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; what was believed of them stays believed."""
        await self._networks.aclose()
        self._doubts.end()

    def renew(self) -> None:
        """Start the next round with a fresh budget and a fresh time limit."""
        self._budgets, self._ends_at = self._fresh_budgets(), None

    @property
    def requests_left(self) -> int:
        """How many requests may still be sent, to whichever target."""
        shared = len(self._budget_of) < len(self._limits_of)
        return sum(max(0, left) for name, left in self._budgets.items() if name or shared)

    def _fresh_budgets(self, sent: Mapping[str, int] = MappingProxyType({})) -> dict[str, int]:
        """The budget of each target that has its own, and under "" that of all others together, less what was sent already."""
        budgets = {"": self.limits.max_requests} | {name: self._limits(name).max_requests for name in self._budget_of}
        for name, count in sent.items():
            budgets[self._budget_of.get(name, "")] -= count
        return budgets

    def _left(self, target: str) -> int:
        return self._budgets[self._budget_of.get(target, "")]

    def _limits(self, target: str) -> Limits:
        """The limits of a target: its own over those of the scan."""
        return self._limits_of.get(target, self.limits)

    def order(self, probe: Probe[RawUrl]) -> WireRequest:
        """The request of a probe for the whole of what it asks for; raises `NotSentError` where it may not go out."""
        order = self._orders.build(probe)
        return replace(order, headers=tuple(pair for pair in order.headers if pair[0].lower() != "range"))

    async def run(
        self,
        probes: Iterable[Probe[RawUrl]],
        record: Record,
        retrying: Record = lambda _observation: None,
        more: More = lambda _target: (),
        arrived: Record = lambda _observation: None,
    ) -> None:
        """Send probes; `record` gets each observation as its probe ends, skipped ones too.

        `arrived` gets it first, at once, to show progress.

        `retrying` gets what is known of a probe that will be tried again, so that no attempt is lost while it waits. `more` names a
        target's next round as soon as the last probe of this one has ended, so that a slow target holds up no other. An answer over
        a reused connection is recorded a little later: first it must be clear that it was not another request's.

        Cancelled, it drops what is in flight; what was recorded stays. The time limit of the scan runs from the first round on.
        """
        if self._ends_at is None:
            self._ends_at = asyncio.get_running_loop().time() + self.limits.max_time
        schedule = Schedule(self._limits, self.limits.concurrency, self._ends_at, self._networks.of)
        rounds = Rounds(schedule, self._doubts, self._networks, Listener(record, retrying, arrived, more), self._ends_at)
        rounds.add(probes)
        try:
            async with asyncio.TaskGroup() as group:
                for _slot in range(self.limits.concurrency):
                    group.create_task(self._work(schedule, rounds, retrying))
        except asyncio.CancelledError:
            rounds.give_up()
            raise
        except BaseExceptionGroup as failed:
            # what `record` raises, such as a full disk, is for whoever gave it
            raise failed.exceptions[0] from None

    async def _work(self, schedule: Schedule, rounds: Rounds, retrying: Record) -> None:
        """One slot: take the next job that may be sent, until none is left."""
        while (job := await schedule.next()) is not None:
            try:
                wait, observation = await self._one(self._networks.lane(job.probe.target), job, schedule)
                if wait is None:
                    await rounds.end(job, observation)
                else:
                    retrying(observation)
                    schedule.again(job, wait)
            finally:
                schedule.done()

    async def _one(self, lane: Lane, job: Job, schedule: Schedule) -> tuple[float | None, Observation]:
        """Attempt a job once: the seconds to wait before the next attempt, None after the last, and what is known by now."""
        wait = None
        try:
            wait = await self._attempt(lane, job, schedule)
        except NotSentError as reason:
            job.reused = ""
            if job.unbelieved is not None:
                job.exchanges, job.captures = (*job.exchanges[:-1], disowned(job.unbelieved)), ()
            return None, replace(job.observation, skip_reason=None if job.exchanges else redacted_note(reason.note, self._redactor))
        except Exception as exc:  # noqa: BLE001 - a bug in one probe must not end the scan
            job.reused = ""
            return None, replace(job.observation, bug=self._redactor.text(bug_text(exc)))
        return wait, job.observation

    async def _attempt(self, lane: Lane, job: Job, schedule: Schedule) -> float | None:
        """Send the job's probe once; returns the seconds to wait before the next attempt, None when this was the last."""
        probe, now = job.probe, asyncio.get_running_loop().time()
        limits = self._limits(probe.target)
        assert self._ends_at is not None
        # others wait for these: they leave no doubt to be settled
        is_decisive = probe.control is not None or probe.purpose is Purpose.LINK
        is_fresh = job.is_fresh or probe.billable or is_decisive
        order = self._orders.build(probe, is_fresh=is_fresh, is_unranged=job.is_unranged)
        if self._left(probe.target) <= 0:
            raise NotSentError("budget-used-up", count=str(limits.max_requests))
        if now >= self._ends_at:
            raise NotSentError("time-used-up", seconds=f"{limits.max_time:g}")
        self._budgets[self._budget_of.get(probe.target, "")] -= 1
        self._orders.note_sent(order)
        if probe.billable and self._billing is not None:
            self._billing(probe)
        started_at = datetime.now(UTC)
        answer = await lane.exchange(order, limits, cap_for(probe, limits), until=self._ends_at)
        exchange, job.captures, bug = await self._record(probe, order, answer, len(job.exchanges) + 1, started_at)
        job.bug = job.bug or bug
        if exchange.failure in retry.UNSENT_FAILURES:
            self._orders.note_unsent(order)
        job.unbelieved, job.reused = None, answer.origin if answer.is_reused else ""
        is_range_refused = _status(exchange) == 416 and not job.is_unranged and self._orders.is_ranged(probe)
        if is_range_refused and self._left(probe.target) > 0:  # asked for once more without the range
            job.is_unranged = True
            job.free_attempts += 1
            job.exchanges += (exchange,)
            return 0.0
        if self._is_in_doubt(job, answer) and job.free_attempts < _FREE_ATTEMPTS:
            job.free_attempts += 1
            job.is_fresh = job.is_fresh or not answer.is_stale
            job.exchanges += (exchange,)
            return 0.0
        if retry.is_wait_too_long(exchange, limits) and exchange.response is not None:
            hit = (*exchange.response.limits_hit, "retry_wait_too_long")
            exchange = replace(exchange, response=replace(exchange.response, limits_hit=hit))
        job.exchanges += (exchange,)
        return self._wait(job, exchange, schedule)

    async def _record(
        self, probe: Probe[RawUrl], order: WireRequest, answer: WireAnswer, attempt: int, started_at: datetime
    ) -> Recorded:
        """Record an answer, a large one in a thread: reading it must not make the others miss their deadlines.

        One at a time, since the recorder learns secrets as it goes.
        """
        read = partial(self._recorder.record, probe, order, answer, attempt, started_at)
        size = len(answer.content) + sum(len(name) + len(value) for name, value in answer.headers)
        is_small = size <= _SMALL and not coding(answer.headers)
        if is_small and not self._reading.locked():
            return read()
        async with self._reading:
            return read() if is_small else await asyncio.to_thread(read)

    def _is_in_doubt(self, job: Job, answer: WireAnswer) -> bool:
        """Whether an answer must be asked for again at once, since nothing can show any more that it was meant for its request.

        That is so where a reused connection ended with it: it was already closed, was cut, or received more. A slow server does not
        count: it would be waited for twice.
        """
        is_ended = answer.is_reused and not answer.is_kept and "timeout" not in (answer.failure or "")
        return self._left(job.probe.target) > 0 and is_ended

    def _wait(self, job: Job, exchange: Exchange, schedule: Schedule) -> float | None:
        """Decide on another attempt, and let a host rest that throttles or is away.

        Once a probe used up its attempts in vain, no other probe of this host is repeated until the host answers properly: a dead
        or throttling host costs a scan its retries once, not once per probe.
        """
        host, is_billable, limits = job.host, job.probe.billable, self._limits(job.probe.target)
        if not retry.is_retriable(exchange, is_billable=is_billable):
            host.is_hopeless = host.is_hopeless and exchange.response is None
            return None
        if host.is_hopeless:
            return None
        wait = retry.delay(exchange, len(job.exchanges) - job.free_attempts, limits, is_billable=is_billable)
        if wait is None:
            host.is_hopeless = limits.retries > 0
            return None
        assert self._ends_at is not None
        if self._left(job.probe.target) <= 0 or asyncio.get_running_loop().time() + wait >= self._ends_at:
            return None
        if exchange.failure in retry.UNSENT_FAILURES or _status(exchange) in (429, 503):
            schedule.block(host, wait)
        return wait


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status_code if exchange.response is not None else None
