"""A watch in this process: what it waits for, what it counts as a change, how long it waits, and what it tells whom, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probe.catalogue import load
from probe.cli.described import Wish
from probe.cli.targets import choose
from probe.follow import Follow, Until, WatchedChange
from probe.frozen import replace
from probe.model import Answer, Limits, Note
from probe.order import ScanOrder, Scope
from probe.pipeline import Scan
from probe.simulator.media import media
from probe.transport import TransportOptions
from tests.desk import CATALOGUE, KEY
from tests.loopback import Call, Server, answer, serving

pytestmark = pytest.mark.anyio

STATUS = """\
  - {id: generic.job, artefact: clip, role: status, request: "GET /jobs/{job_id}", sources: [{at: tests, read: 2026-11-20}]}
"""
CLIP = media("clip.mp4")
GONE = answer(b'{"detail": "Not Found"}', "404 Not Found")


class Job:
    """A job whose states come one after the other, one more for each time that its status is asked; the last one stays."""

    def __init__(self, *states: str, headers: tuple[str, ...] = ()) -> None:
        self.states, self.headers = list(states), headers
        self.times: list[float] = []

    async def __call__(self, call: Call) -> None:
        state = self.states[0]
        if call.path == "/jobs/task_1":
            self.times.append(asyncio.get_running_loop().time())
            if len(self.states) > 1:
                self.states.pop(0)
            if state == "down":
                await call.send(answer(b"{}", "503 Service Unavailable", *self.headers))
                return
            await call.send(
                answer(json.dumps({"id": "task_1", "status": state, "now": len(self.times)}).encode(), "200 OK", *self.headers)
            )
        elif call.path == "/clips/task_1" and state == "succeeded":
            await call.send(answer(CLIP, media_type="video/mp4"))
        else:
            await call.send(GONE)


@asynccontextmanager
async def ordered(job: Job, folder: Path, **limits: float) -> AsyncIterator[tuple[ScanOrder, Server]]:
    states = "states: {pending: [queued, running], ready: [succeeded], failed: [failed]}, status_paths: [$.status], media_types:"
    (folder / "small.yaml").write_text(CATALOGUE.replace("media_types:", states, 1) + STATUS)
    async with serving(job) as server:
        catalogue = load((str(folder / "small.yaml"),))
        wish = Wish(targets=(f"lab={server.url}",), providers=("generic",), key_variables=("K",), ids=("job_id=task_1",))
        chosen = choose(wish, {"K": KEY}, catalogue.artefacts)
        changed = replace(Limits(retries=0, max_wait=0.0, timeout=5.0, rate_limit=10_000.0), **limits)  # type: ignore[arg-type]
        yield (
            ScanOrder(
                catalogue=catalogue,
                targets=chosen.targets,
                scope=Scope(limits=changed),
                secrets=chosen.secrets,
                options=TransportOptions(proxy="", environment={}),
                root=folder / "reports",
            ),
            server,
        )


async def followed(
    scan: Scan, until: Until, *, lasts: float = 30.0, is_resumed: bool = False, most: int = 99
) -> tuple[Follow, list[WatchedChange]]:
    told: list[WatchedChange] = []

    async def tell(change: WatchedChange) -> None:
        told.append(change)
        if len(told) == most:
            scan.stop()

    follow = Follow(scan, every=0.005, lasts=lasts, until=until, told=tell, is_resumed=is_resumed)
    await follow.run()
    scan.close()
    return follow, told


@pytest.mark.parametrize(
    ("until", "states", "answers"),
    [
        (Until.WORKS, ("queued", "queued", "running", "succeeded"), None),
        (Until.READY, ("running", "running", "succeeded"), ["undecided", "works"]),
        (Until.READY, ("running", "failed"), ["undecided", "none"]),
        (Until.READY, ("running", "down", "running", "succeeded"), None),
        (Until.CHANGE, ("queued", "queued", "running"), ["undecided", "undecided"]),
        (Until.CHANGE, ("running", "down"), ["undecided", "undecided"]),
        (Until.WORKS, ("succeeded",), ["works"]),
    ],
)
async def test_a_watch_ends_when_what_it_waits_for_comes_and_tells_each_change_once(
    tmp_path: Path, until: Until, states: tuple[str, ...], answers: list[str] | None
) -> None:
    async with ordered(Job(*states), tmp_path) as (order, _server):
        scan = Scan.start(order)
        follow, told = await followed(scan, until)
    assert follow.is_reached
    assert [change.number for change in told] == list(range(len(told)))
    assert [change.is_end for change in told] == [False] * (len(told) - 1) + [True]
    assert told[0].after.answer is (Answer.WORKS if states == ("succeeded",) else Answer.UNDECIDED)
    if answers is not None:
        assert [change.after.answer.value for change in told] == answers
    assert told[-1].after.answer is not Answer.UNDECIDED or until is Until.CHANGE
    kept = [note for note in scan.report().evidence.notes if isinstance(note, Note) and note.code == "watch-changed"]
    assert {dict(note.values)["answer"] for note in kept} == {change.after.answer.value for change in told}


async def test_a_watch_that_may_last_no_longer_gives_up(tmp_path: Path) -> None:
    async with ordered(Job("running"), tmp_path) as (order, _server):
        follow, told = await followed(Scan.start(order), Until.WORKS, lasts=0.0)
    assert (follow.is_reached, len(told)) == (False, 1)


async def test_a_round_without_a_change_tells_nothing(tmp_path: Path) -> None:
    job = Job(*["running"] * 6, "succeeded")
    async with ordered(job, tmp_path) as (order, _server):
        _follow, told = await followed(Scan.start(order), Until.WORKS)
    assert [change.after.answer.value for change in told] == ["undecided", "works"]
    assert len(job.times) >= 6


async def test_a_pause_that_the_service_asks_for_is_kept(tmp_path: Path) -> None:
    """The service asks for a minute, which is more than the watch may last: it is asked in the scan alone."""
    job = Job("running", headers=("Retry-After: 60",))
    async with ordered(job, tmp_path) as (order, _server):
        follow, told = await followed(Scan.start(order), Until.WORKS, lasts=50.0)
    assert not follow.is_reached
    assert len(told) == 1
    assert len(job.times) <= 2


async def test_a_stopped_watch_goes_on_where_it_was_and_numbers_its_changes_on(tmp_path: Path) -> None:
    job = Job("queued", "queued", "running", "running", "running", "succeeded")
    async with ordered(job, tmp_path) as (order, _server):
        first = Scan.start(order)
        _follow, before = await followed(first, Until.WORKS, most=2)
        assert first.is_interrupted
        again = Scan.resume(order, first.folder.path)
        follow, after = await followed(again, Until.WORKS, is_resumed=True)
    assert follow.is_reached
    numbers = [change.number for change in (*before, *after)]
    assert sorted(set(numbers)) == list(range(max(numbers) + 1)), "no number is left out"
    assert numbers.count(max(numbers)) == 1
    assert after[-1].after.answer is Answer.WORKS
    told = [change.described("run")["number"] for change in after if change.number not in {one.number for one in before}]
    assert told == sorted(set(told))
