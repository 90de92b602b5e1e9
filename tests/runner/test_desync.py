"""A server that sends an answer too many never gives one probe the answer of another, whenever it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from probe.model import Control, Observation, Purpose, Role
from probe.runner.doubts import HOLD_SECONDS, UNBELIEVED, Doubts
from probe.runner.schedule import Host, Job
from probe.transport import Lane, Network
from tests.factories import exchange
from tests.loopback import Call, answer, serving
from tests.runner.helpers import observe, probe, runner, target
from tests.runner.test_run import limits, many

pytestmark = pytest.mark.anyio

EVIL = answer(b'{"id":"evil"}')
GONE = answer(b'{"error":{"code":"404","message":"no"}}', "404 Not Found")
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41\0\0\x20\0free" + bytes(8000)
SLOW = limits(concurrency=1, rate_limit=10.0, timeout=30.0, connect_timeout=30.0, silence_timeout=30.0)


def statuses(seen: list[Observation]) -> list[int | None]:
    ordered = sorted(seen, key=lambda one: one.probe_id)
    return [one.last.response.status_code if one.last and one.last.response else None for one in ordered]


async def delayed(call: Call) -> None:
    """300 ms after its answer comes another, and only then the next request is read."""
    await call.send(GONE)
    await asyncio.sleep(0.3)
    await call.send(EVIL)


def before_the_second(extra: bytes) -> tuple[Callable[[Call], Awaitable[None]], list[Call]]:
    """A reply that sends `extra` in front of the answer to the second request of the first connection; no clock decides."""
    calls: list[Call] = []

    async def reply(call: Call) -> None:
        calls.append(call)
        if len([one for one in calls if one.writer is calls[0].writer]) == 2 and call.writer is calls[0].writer:
            await call.send(extra)
            await asyncio.sleep(0.02)
        await call.send(GONE)

    return reply, calls


async def test_a_second_answer_after_300_ms_is_nobodys_in_50_rounds() -> None:
    async def round_of_five(_at: int) -> list[int | None]:
        async def reply(call: Call) -> None:
            await (delayed(call) if call is server.calls[0] else call.send(GONE))

        async with serving(reply) as server:
            return statuses(await observe(server.url, many(server.url, 5), limits=SLOW))

    found = await asyncio.gather(*(round_of_five(at) for at in range(50)))
    assert [one for one in found if one != [404] * 5] == []


@pytest.mark.parametrize(
    "extra",
    [
        EVIL,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        answer(b"{}", "200 OK", "Connection: close"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"garbage",
    ],
    ids=["length", "chunks", "no-content", "closing", "cut", "garbage"],
)
async def test_an_answer_before_the_right_one_is_asked_again_on_a_fresh_connection(extra: bytes) -> None:
    reply, _calls = before_the_second(extra)
    async with serving(reply) as server:
        seen = await observe(server.url, many(server.url, 5), limits=SLOW)
    assert statuses(seen) == [404] * 5
    assert len(seen) == 5
    fouled = [one for one in seen if len(one.exchanges) > 1]
    assert fouled, "nothing was fouled"
    assert [one.attempt for one in fouled[0].exchanges] == [1, 2]


async def test_both_exchanges_are_recorded_and_the_fresh_one_decides() -> None:
    reply, calls = before_the_second(EVIL)
    async with serving(reply) as server:
        seen = await observe(server.url, many(server.url, 5), limits=SLOW)
        connections = server.connections
    pairs = [tuple(e.response.status_code for e in one.exchanges if e.response) for one in seen if len(one.exchanges) > 1]
    assert (200, 404) in pairs
    assert connections < len(calls), "no connection was used twice: the test shows nothing"


async def test_a_cut_artefact_over_a_reused_connection_is_asked_for_again() -> None:
    """Its connection is closed, so nothing can show any more whose answer it was."""
    reply, _calls = before_the_second(answer(MP4, media_type="video/mp4"))
    async with serving(reply) as server:
        probes = [probe(f"{server.url}/{at}", id=f"lab/{at}", role=Role.DOWNLOAD) for at in range(4)]
        seen = await observe(server.url, probes, limits=SLOW)
    assert statuses(seen) == [404] * 4


async def test_an_honest_artefact_that_is_cut_works_after_two_requests() -> None:
    async def reply(call: Call) -> None:
        await call.send(answer(MP4, media_type="video/mp4") if call.path == "/2" else GONE)

    async with serving(reply) as server:
        probes = [probe(f"{server.url}/{at}", id=f"lab/{at}", role=Role.DOWNLOAD) for at in range(4)]
        seen = await observe(server.url, probes, limits=SLOW)
    assert statuses(seen) == [404, 404, 200, 404]


async def test_without_a_budget_the_doubtful_answer_is_taken_out() -> None:
    reply, _calls = before_the_second(EVIL)
    async with serving(reply) as server:
        seen = await observe(server.url, many(server.url, 3), limits=limits(concurrency=1, rate_limit=10.0, max_requests=3))
    by_id = {one.probe_id: one for one in seen}
    assert len(seen) == 3
    assert 200 not in statuses(seen)
    assert UNBELIEVED in {one.last.failure for one in by_id.values() if one.last}


async def test_a_suspect_origin_gets_no_connection_twice_and_another_keeps_its_own() -> None:
    reply, _calls = before_the_second(EVIL)
    async with serving(reply) as bad, serving(GONE) as good:
        targets = (target(bad.url, name="bad"), target(good.url, name="good"))
        probes = [probe(f"{bad.url}/{at}", id=f"bad/{at}", target="bad") for at in range(5)]
        async with runner(targets, limits=SLOW) as one:
            await one.run(probes, lambda _: None)
            before = bad.connections, len(bad.calls)
            await one.run([probe(f"{bad.url}/x{at}", target="bad") for at in range(3)], lambda _: None)
            await one.run([probe(f"{good.url}/{at}", id=f"good/{at}", target="good") for at in range(4)], lambda _: None)
    assert (bad.connections - before[0], len(bad.calls) - before[1]) == (3, 3)
    assert good.connections < 4


async def test_a_control_has_a_connection_of_its_own_and_is_recorded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.transport.lane._REST_SECONDS", 0.0)
    held: list[str] = []
    async with serving(GONE) as server, runner((target(server.url),), limits=limits(concurrency=1)) as one:
        await one.run(many(server.url, 3), lambda _seen: None)
        control = probe(server.url + "/none", id="lab/control", purpose=Purpose.CONTROL, control=Control.BOGUS_ROUTE)
        await one.run([control], lambda _seen: None, lambda seen: held.append(seen.probe_id))
    assert (server.connections, held) == (2, [])


async def test_the_end_of_an_idle_connection_makes_nobody_a_suspect() -> None:
    """Servers close idle connections, some with a 408 in front: nothing is asked twice for that."""

    async def reply(call: Call) -> None:
        await call.send(GONE)
        await asyncio.sleep(0.03)
        if len(server.calls) == 3:
            await call.send(answer(b"", "408 Request Timeout", "Connection: close"))
        if len(server.calls) in (2, 3):
            call.writer.close()

    async with serving(reply) as server:
        seen = await observe(server.url, many(server.url, 6), limits=SLOW)
        calls = len(server.calls)
    assert statuses(seen) == [404] * 6
    assert calls == 6


async def test_the_next_round_begins_after_the_doubtful_answers_are_settled() -> None:
    reply, _calls = before_the_second(EVIL)
    known: list[list[int | None]] = []
    seen: list[Observation] = []

    def more(_target: str) -> list[object]:
        known.append(statuses(seen))
        return []

    async with serving(reply) as server, runner((target(server.url),), limits=SLOW) as one:
        await one.run(many(server.url, 5), seen.append, more=more)  # type: ignore[arg-type]
    assert known == [[404] * 5]


async def test_an_interruption_records_what_was_held() -> None:
    async def reply(call: Call) -> None:
        if call.path == "/3":
            await asyncio.sleep(10)
        await call.send(GONE)

    seen: list[Observation] = []
    kept: list[Observation] = []
    async with serving(reply) as server, runner((target(server.url),), limits=limits(concurrency=1, rate_limit=10.0)) as one:
        task = asyncio.create_task(one.run(many(server.url, 4), seen.append, kept.append))
        while len(server.calls) < 4:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sorted(one.probe_id for one in seen) == ["lab/0", "lab/1", "lab/2"]
    assert kept, "what is held is journalled at once"


async def test_an_answer_is_told_of_the_moment_it_is_there_though_its_round_goes_on() -> None:
    told: list[str] = []
    are_there, order = asyncio.Event(), []

    async def reply(call: Call) -> None:
        if call.path == "/slow":
            await are_there.wait()
        await call.send(GONE)

    def arrived(one: Observation) -> None:
        told.append(one.probe_id)
        if len(told) == 6:
            are_there.set()

    async with serving(reply) as server, runner((target(server.url),), limits=limits(concurrency=2)) as one:
        probes = [probe(server.url + "/slow", id="lab/slow"), *many(server.url, 6)]
        await one.run(probes, lambda seen: order.append(seen.probe_id), arrived=arrived)
    assert told[-1] == "lab/slow"
    assert sorted(told) == sorted(order) == sorted(one.id for one in probes)


async def test_what_another_target_gave_up_while_this_one_settles_is_recorded_once() -> None:
    doubts, given, now = Doubts(Network()), [], asyncio.get_running_loop().time()
    one = Job(probe("http://lab.example/x"), Host("lab.example:80"), reused="http://lab.example")
    one.exchanges = [exchange(one.probe, None)]
    doubts.hold(one, now - HOLD_SECONDS)

    class Meanwhile(Lane):
        async def settle(self, origin: str, seconds: float) -> None:
            given.extend(doubts.ripe(now))
            await super().settle(origin, seconds)

    assert await doubts.settle("lab", [Meanwhile(Network())], now + 60) == ([], [])
    assert given == [one]
