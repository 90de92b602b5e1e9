"""Which probe is sent next: a host that must wait, because of throttling or the rate limit, does not delay other hosts."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from probe.facts.urls import origin
from probe.model import Capture, Exchange, Limits, Observation, Probe, RawUrl


@dataclass(slots=True)
class Job:
    """A probe on its way, with what its attempts brought so far.

    `reused` names the origin whose reused connection brought the last answer, "" where it had a connection of its own. A job that
    `is_fresh` gets one of its own, one that `is_unranged` asks for the whole; `unbelieved` is the answer because of which it is
    asked again.
    """

    probe: Probe[RawUrl]
    host: Host
    exchanges: tuple[Exchange, ...] = ()
    captures: tuple[Capture, ...] = ()
    free_attempts: int = 0
    is_fresh: bool = False
    is_unranged: bool = False
    reused: str = ""
    unbelieved: Exchange | None = None
    bug: str | None = None

    @property
    def observation(self) -> Observation:
        """What is known of the probe by now."""
        return Observation(self.probe.id, self.exchanges, self.captures, bug=self.bug)


@dataclass(slots=True, eq=False)
class Host:
    """One origin: its waiting jobs, when it may be asked next, and whether its retries were seen to be in vain.

    `interval` is the time between two requests. Targets with a rate or a network of their own have a host of
    their own: what is slow for one of them delays no other.
    """

    name: str
    interval: float = 0.0
    waiting: deque[Job] = field(default_factory=deque)
    ready_at: float = 0.0
    blocked_until: float = 0.0
    allowance_at: float = 0.0
    is_hopeless: bool = False
    is_queued: bool = False


class Schedule:
    """A heap of hosts by the time when each may be asked next. Times are those of the running loop.

    `limits` and `way` tell a target's limits and network by its name, `burst` is how many may be sent to a host at once. After
    `ends_at` nothing waits: every job is handed out at once, to be recorded as out of time.
    """

    def __init__(
        self,
        limits: Callable[[str], Limits],
        burst: int,
        ends_at: float = math.inf,
        way: Callable[[str], Hashable] = lambda _target: None,
    ) -> None:
        self._ends_at = ends_at
        self._limits, self._way = limits, way
        self._burst = max(burst, 1)
        self._hosts: dict[tuple[str, float, Hashable], Host] = {}
        self._heap: list[tuple[float, int, Host]] = []
        self._retries: list[tuple[float, int, Job]] = []
        self._order = 0
        self._in_flight = 0
        self._changed = asyncio.Event()

    def add(self, probes: Iterable[Probe[RawUrl]]) -> None:
        """Queue probes, each host's in their order."""
        for probe in probes:
            name, rate = origin(probe.url), self._limits(probe.target).rate_limit
            host = self._hosts.setdefault((name, rate, self._way(probe.target)), Host(name, 1 / rate if rate > 0 else 0.0))
            host.waiting.append(Job(probe, host))
            self._queue(host)

    async def next(self) -> Job | None:
        """Wait for the next job that may be sent; None once nothing is left and nothing is under way that could come back."""
        while True:
            now = self._now()
            is_over = now >= self._ends_at
            self._wake_retries(math.inf if is_over else now)
            if self._heap and (is_over or self._heap[0][0] <= now):
                host = heapq.heappop(self._heap)[2]
                host.is_queued = False
                if host.ready_at > now and not is_over:
                    self._queue(host)
                    continue
                job = host.waiting.popleft()
                self._spend(host, now)
                self._queue(host)
                self._in_flight += 1
                return job
            if not self._heap and not self._retries and not self._in_flight:
                self._changed.set()
                return None
            await self._pause(now)

    def again(self, job: Job, wait: float) -> None:
        """Take a job back, to be sent again after `wait` seconds."""
        self._order += 1
        heapq.heappush(self._retries, (self._now() + wait, self._order, job))

    def block(self, host: Host, wait: float) -> None:
        """Send nothing to this host for `wait` seconds: it is throttling."""
        host.blocked_until = max(host.blocked_until, self._now() + wait)
        host.ready_at = max(host.ready_at, host.blocked_until)

    def done(self) -> None:
        """Note that a job came back, whether it ended or waits for another attempt."""
        self._in_flight -= 1
        self._changed.set()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _queue(self, host: Host) -> None:
        if host.waiting and not host.is_queued:
            self._order += 1
            host.is_queued = True
            heapq.heappush(self._heap, (host.ready_at, self._order, host))

    def _spend(self, host: Host, now: float) -> None:
        """Take one from the host's allowance: a burst of as many as run at once, then one per interval."""
        host.allowance_at = max(host.allowance_at, now) + host.interval
        host.ready_at = max(host.blocked_until, host.allowance_at - (self._burst - 1) * host.interval)

    def _wake_retries(self, now: float) -> None:
        while self._retries and self._retries[0][0] <= now:
            job = heapq.heappop(self._retries)[2]
            job.host.waiting.appendleft(job)
            self._queue(job.host)

    async def _pause(self, now: float) -> None:
        """Sleep until something can have changed."""
        times = [self._heap[0][0]] if self._heap else []
        times += [self._retries[0][0]] if self._retries else []
        times += [self._ends_at] if times else []
        self._changed.clear()
        try:
            async with asyncio.timeout(max(0.0, min(times) - now) if times else None):
                await self._changed.wait()
        except TimeoutError:
            pass
