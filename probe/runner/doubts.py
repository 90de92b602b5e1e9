"""Answers over reused connections are held until it is clear that they were meant for their requests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from probe.frozen import replace
from probe.model import Exchange, Probe, RawUrl
from probe.runner.schedule import Host, Job
from probe.transport import Lane, Network

HOLD_SECONDS = 5.0
_LEAST_REST, _MOST_REST = 0.1, 1.0
UNBELIEVED = "answer_of_another_request"


class _Released(NamedTuple):
    """What is still needed of a job that was recorded, should its origin become a suspect later: scans have many."""

    probe: Probe[RawUrl]
    host: Host
    reused: str
    last: Exchange


class Doubts:
    """Ended jobs whose last answer came over a reused connection.

    A server that sends one response too many gives it to the next request on that connection, and every later response on it to the
    wrong request. That shows only afterwards, when more came than was asked for: the origin is then a suspect of the network, and
    what it answered over reused connections is asked again.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._held: dict[str, tuple[Job, float]] = {}  # the longest held first
        self._released: dict[str, _Released] = {}

    def hold(self, job: Job, now: float) -> None:
        """Hold back a finished job."""
        self._held.pop(job.probe.id, None)
        self._held[job.probe.id] = job, now

    def forget(self, job: Job) -> None:
        """Believe a job: its last answer had a connection of its own."""
        self._held.pop(job.probe.id, None)
        self._released.pop(job.probe.id, None)

    def ripe(self, now: float) -> list[Job]:
        """Release the jobs that were held long enough while their origin stayed free of doubt."""
        old = takewhile(lambda one: now - one[1] >= HOLD_SECONDS, self._held.values())
        return self._release(job for job, _since in old if not self._is_suspect(job))

    async def settle(self, target: str, lanes: Iterable[Lane], ends_at: float) -> tuple[list[Job], list[Job]]:
        """Decide on a target's held jobs once its round has ended: those to be recorded, and those to be asked again."""
        held = [job for job, _since in self._held.values() if job.probe.target == target]
        for origin in {job.reused for job in held} - self._network.suspects:
            waits = sorted(job.exchanges[-1].timings.wait or 0.0 for job in held if job.reused == origin)
            time_left = max(0.0, ends_at - asyncio.get_running_loop().time())
            # of many the slowest tenth is left out: where so many ask at once it is we who are slow, not the server
            rest = min(_MOST_REST, max(_LEAST_REST, waits[len(waits) * 9 // 10]), time_left)
            await asyncio.gather(*(lane.settle(origin, rest) for lane in lanes))
        held = [job for job in held if job.probe.id in self._held]  # another target's end may have given up some meanwhile
        good = self._release(job for job in held if not self._is_suspect(job))
        foul = [job for job in held if self._is_suspect(job)]
        late = [one for one in self._released.values() if one.reused in self._network.suspects] if self._network.suspects else []
        again = [*map(_again, foul), *map(_again, late)]
        for job in again:
            self.forget(job)
        return good, again

    def end(self) -> None:
        """Nothing comes any more that could put an answer into doubt."""
        self._released.clear()

    def left(self) -> list[Job]:
        """Release everything still held: the scan was interrupted."""
        return self._release([job for job, _since in self._held.values()])

    def _release(self, jobs: Iterable[Job]) -> list[Job]:
        given = list(jobs)
        for job in given:
            del self._held[job.probe.id]
            self._released[job.probe.id] = _Released(job.probe, job.host, job.reused, job.exchanges[-1])
        return given

    def _is_suspect(self, job: Job) -> bool:
        return job.reused in self._network.suspects


def _again(job: Job | _Released) -> Job:
    """Make the job that asks anew; what is recorded already is not repeated in its observation."""
    before, last = (job.exchanges, job.exchanges[-1]) if isinstance(job, Job) else ((), job.last)
    return Job(job.probe, job.host, before, free_attempts=len(before), is_fresh=True, unbelieved=last)


def disowned(exchange: Exchange) -> Exchange:
    """Drop the response of an exchange that may belong to another request and cannot be requested again."""
    detail = "the server sent an answer that nobody asked for on this connection; this request could not be sent again"
    return replace(exchange, response=None, failure=UNBELIEVED, failure_detail=detail)
