"""Sends probes within every limit and records what came back; it judges nothing."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import urlsplit

from probe import retry
from probe.language import _
from probe.model import Artefact, Endpoint, Exchange, Limits, Observation, Pairs, Probe, Target
from probe.redact import Redactor
from probe.runner.memory import Memory
from probe.runner.orders import NotSentError, Orders
from probe.runner.recorder import Recorder, cap_for
from probe.runner.schedule import Job, Schedule
from probe.transport import Lane, Network, TransportOptions, proxy_for

Record = Callable[[Observation], None]
More = Callable[[str], Iterable[Probe]]
_FREE_ATTEMPTS = 2


class Runner:
    """Runs rounds of probes over the same connections.

    `secrets` maps variable names to values, `target_headers` target names to raw extra headers. `sent` counts requests that an
    earlier part of the same scan has used up. Without `allow_billable` nothing is sent that may cost or change something, whatever
    a plan says; `allow_post` names the kinds of POST that create nothing and may be sent. Use it as an async context manager.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        redactor: Redactor,
        secrets: Mapping[str, str],
        targets: Sequence[Target],
        endpoints: Mapping[str, Endpoint],
        artefacts: Mapping[str, Artefact],
        options: TransportOptions | None = None,
        target_headers: Mapping[str, Pairs] | None = None,
        sent: int = 0,
        allow_billable: bool = False,
        allow_post: Collection[str] = (),
    ) -> None:
        self.limits = limits
        self.requests_left = max(0, limits.max_requests - sent)
        self._redactor = redactor
        self._network = Network(options)
        if any(urlsplit(target.base_url).scheme == "https" for target in targets):
            self._network.prepare()
        for target in targets:
            proxy = proxy_for(target.base_url, self._network.options)
            if proxy is not None and proxy.auth is not None:
                redactor.know("proxy password", proxy.auth[1])
        by_name = {target.name: target for target in targets}
        self._memory = Memory()
        self._orders = Orders(
            targets=by_name,
            secrets=secrets,
            target_headers=target_headers or {},
            memory=self._memory,
            network=self._network,
            limits=limits,
            allow_billable=allow_billable,
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
        self._lanes: list[Lane] = []
        self._ends_at: float | None = None

    async def __aenter__(self) -> Runner:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            await lane.aclose()

    async def run(
        self,
        probes: Iterable[Probe],
        record: Record,
        retrying: Record = lambda _observation: None,
        more: More = lambda _target: (),
    ) -> None:
        """Send probes; `record` gets each observation as its probe ends, skipped ones too.

        `retrying` gets what is known of a probe that will be tried again, so that no attempt is lost while it waits. `more` names a
        target's next round as soon as the last probe of this one has ended, so that a slow target holds up no other.

        Cancelled, it drops what is in flight; what was recorded stays. The time limit of the scan runs from the first round on.
        """
        if self._ends_at is None:
            self._ends_at = asyncio.get_running_loop().time() + self.limits.max_time
        schedule = Schedule(self.limits)
        under_way: Counter[str] = Counter()

        def add(fresh: Iterable[Probe]) -> None:
            planned = tuple(fresh)
            under_way.update(probe.target for probe in planned)
            schedule.add(planned)

        def end(probe: Probe, observation: Observation) -> None:
            record(observation)
            under_way[probe.target] -= 1
            if not under_way[probe.target]:
                add(more(probe.target))

        add(probes)
        while len(self._lanes) < self.limits.concurrency:
            self._lanes.append(Lane(self._network))
        try:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes:
                    group.create_task(self._work(lane, schedule, end, retrying))
        except BaseExceptionGroup as failed:
            # what `record` raises, such as a full disk, is for whoever gave it
            raise failed.exceptions[0] from None

    async def _work(self, lane: Lane, schedule: Schedule, end: Callable[[Probe, Observation], None], retrying: Record) -> None:
        """One slot: take the next job that may be sent, until none is left."""
        while (job := await schedule.next()) is not None:
            observation: Observation | None = None
            try:
                wait = await self._attempt(lane, job, schedule)
                if wait is None:
                    observation = Observation(job.probe.id, tuple(job.exchanges), job.captures)
                else:
                    retrying(Observation(job.probe.id, tuple(job.exchanges)))
                    schedule.again(job, wait)
            except NotSentError as reason:
                observation = Observation(job.probe.id, tuple(job.exchanges), skip_reason=None if job.exchanges else str(reason))
            except Exception:  # noqa: BLE001 - a bug in one probe must not end the scan
                bug = self._redactor.text(traceback.format_exc(limit=-8))
                observation = Observation(job.probe.id, tuple(job.exchanges), job.captures, bug=bug)
            finally:
                schedule.done()
            if observation is not None:
                end(job.probe, observation)

    async def _attempt(self, lane: Lane, job: Job, schedule: Schedule) -> float | None:
        """Send the job's probe once; returns the seconds to wait before the next attempt, None when this was the last."""
        probe, now = job.probe, asyncio.get_running_loop().time()
        assert self._ends_at is not None
        order = self._orders.build(probe)
        if self.requests_left <= 0:
            raise NotSentError(_("the budget of {count} requests is used up", count=self.limits.max_requests))
        if now >= self._ends_at:
            raise NotSentError(_("the time limit of {seconds:g} s is used up", seconds=self.limits.max_time))
        self.requests_left -= 1
        started_at = datetime.now(UTC)
        answer = await lane.exchange(order, self.limits, cap_for(probe, self.limits), until=self._ends_at)
        exchange, job.captures = self._recorder.record(probe, order, answer, len(job.exchanges) + 1, started_at)
        if answer.is_stale and job.free_attempts < _FREE_ATTEMPTS and not probe.billable:
            job.free_attempts += 1
            job.exchanges.append(exchange)
            return 0.0
        if retry.is_wait_too_long(exchange, self.limits) and exchange.response is not None:
            hit = (*exchange.response.limits_hit, "retry_wait_too_long")
            exchange = replace(exchange, response=replace(exchange.response, limits_hit=hit))
        job.exchanges.append(exchange)
        return self._wait(job, exchange, schedule)

    def _wait(self, job: Job, exchange: Exchange, schedule: Schedule) -> float | None:
        """Decide on another attempt, and let a host rest that throttles or is away.

        Once a probe used up its attempts in vain, no other probe of this host is repeated until the host answers properly: a dead
        or throttling host costs a scan its retries once, not once per probe.
        """
        host, is_billable = job.host, job.probe.billable
        if not retry.is_retriable(exchange, is_billable=is_billable):
            host.is_hopeless = host.is_hopeless and exchange.response is None
            return None
        if host.is_hopeless:
            return None
        wait = retry.delay(exchange, len(job.exchanges) - job.free_attempts, self.limits, is_billable=is_billable)
        if wait is None:
            host.is_hopeless = self.limits.retries > 0
            return None
        assert self._ends_at is not None
        if self.requests_left <= 0 or asyncio.get_running_loop().time() + wait >= self._ends_at:
            return None
        if exchange.failure in retry.UNSENT_FAILURES or _status(exchange) in (429, 503):
            schedule.block(host, wait)
        return wait


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status_code if exchange.response is not None else None
