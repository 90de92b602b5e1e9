"""What becomes of an answer: it is recorded at once, or held while it is in doubt; and a target's next round follows its last."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable

from probe.frozen import Frozen
from probe.model import Observation, Probe, RawUrl
from probe.runner.doubts import Doubts
from probe.runner.networks import Networks
from probe.runner.schedule import Job, Schedule

Record = Callable[[Observation], None]
More = Callable[[str], Iterable[Probe[RawUrl]]]


class Listener(Frozen):
    """Who is told of observations; see `Runner.run`."""

    record: Record
    retrying: Record
    arrived: Record
    more: More


class Rounds:
    """The probes of each target that are under way."""

    def __init__(self, schedule: Schedule, doubts: Doubts, networks: Networks, listener: Listener, ends_at: float) -> None:
        self._schedule, self._doubts, self._networks = schedule, doubts, networks
        self._listener = listener
        self._ends_at = ends_at
        self._under_way: Counter[str] = Counter()

    def add(self, probes: Iterable[Probe[RawUrl]]) -> None:
        """Put probes under way."""
        planned = tuple(probes)
        self._under_way.update(probe.target for probe in planned)
        self._schedule.add(planned)

    async def end(self, job: Job, observation: Observation) -> None:
        """Take the last answer to a probe."""
        target, now = job.probe.target, asyncio.get_running_loop().time()
        self._listener.arrived(observation)
        if job.reused:
            self._doubts.hold(job, now)
            self._listener.retrying(observation)
        else:
            self._doubts.forget(job)
            self._listener.record(observation)
        self._take(self._doubts.ripe(now))
        self._under_way[target] -= 1
        if self._under_way[target]:
            return
        good, again = await self._doubts.settle(target, self._networks.lanes.values(), self._ends_at)
        self._take(good)
        for one in again:
            self._under_way[one.probe.target] += 1
            self._schedule.again(one, 0.0)
        if not self._under_way[target]:
            self.add(self._listener.more(target))

    def give_up(self) -> None:
        """Record what is held: the scan was interrupted."""
        self._take(self._doubts.left())

    def _take(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self._listener.record(job.observation)
