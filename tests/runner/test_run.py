"""A round of probes: retries, throttled hosts, budgets, deadlines, interruption, bugs."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from probe.diagnoses import tell
from probe.model import Limits, Observation, OwnLimits, Probe
from probe.redact import Redactor
from probe.retry import delay
from probe.runner.schedule import Schedule
from probe.transport import TransportOptions
from tests.loopback import Call, answer, serving
from tests.runner.helpers import QUICK, observe, probe, runner, target

pytestmark = pytest.mark.anyio


def limits(**changes: Any) -> Limits:
    values = {name: getattr(QUICK, name) for name in Limits.__struct_fields__}
    return Limits(**(values | changes))


def many(url: str, count: int) -> list[Probe]:
    return [probe(f"{url}/{at}", id=f"lab/{at}") for at in range(count)]


async def test_sixty_slow_probes_take_a_second_at_concurrency_eight() -> None:
    async def reply(call: Call) -> None:
        await asyncio.sleep(0.1)
        await call.send(answer(b"{}"))

    async with serving(reply) as server:
        started = time.monotonic()
        seen = await observe(server.url, many(server.url, 60), limits=Limits())
        elapsed = time.monotonic() - started
    assert {one.last.response.status_code for one in seen if one.last and one.last.response} == {200}
    assert len(seen) == 60 and server.connections <= 16
    assert 0.75 < elapsed < 10


async def test_rounds_use_the_same_connections() -> None:
    async with serving(answer(b"{}")) as server, runner((target(server.url),)) as one:
        for at in range(3):
            await one.run([probe(f"{server.url}/{at}")], lambda _: None)
            await asyncio.sleep(0.08)
        assert server.connections == 1


async def test_every_attempt_is_an_exchange_of_its_own() -> None:
    async def reply(call: Call) -> None:
        await call.send(answer(b"{}", "503 Busy", "Retry-After: 0") if len(server.calls) < 3 else answer(b"{}"))

    async with serving(reply) as server:
        (seen,) = await observe(server.url, many(server.url, 1), limits=limits(retries=2))
    assert [(one.attempt, one.response and one.response.status_code) for one in seen.exchanges] == [(1, 503), (2, 503), (3, 200)]


async def test_a_throttled_host_slows_only_itself() -> None:
    async def throttled(call: Call) -> None:
        is_first = len(slow.calls) <= 1
        await call.send(answer(b"{}", "429 Too Many", "retry-after-ms: 950") if is_first else answer(b"{}"))

    ended: dict[str, float] = {}
    async with serving(throttled) as slow, serving(answer(b"{}")) as fast:
        started = time.monotonic()
        targets = (target(slow.url, name="slow"), target(fast.url, name="fast"))
        probes = [probe(f"{slow.url}/0", id="slow/0", target="slow")]
        probes += [probe(f"{slow.url}/{at}", id=f"slow/{at}", target="slow") for at in range(1, 10)]
        probes += [probe(f"{fast.url}/{at}", id=f"fast/{at}", target="fast") for at in range(10)]
        async with runner(targets, limits=limits(retries=2, concurrency=1)) as one:
            await one.run(probes, lambda seen: ended.__setitem__(seen.probe_id, time.monotonic() - started))
    first_slow = min(at for name, at in ended.items() if name.startswith("slow"))
    assert first_slow > 0.9
    assert max(at for name, at in ended.items() if name.startswith("fast")) < first_slow
    assert len(ended) == 20


async def test_a_wait_that_is_too_long_is_reported_and_not_waited_for() -> None:
    async with serving(answer(b"{}", "429 Too Many", "Retry-After: 86400")) as server:
        started = time.monotonic()
        (seen,) = await observe(server.url, many(server.url, 1), limits=limits(retries=3))
    assert time.monotonic() - started < 4
    assert seen.last is not None and seen.last.response is not None
    assert (len(seen.exchanges), seen.last.response.retry_after, seen.last.response.limits_hit) == (
        1,
        86400.0,
        ("retry_wait_too_long",),
    )


async def test_a_dead_host_costs_its_retries_once() -> None:
    seen = await observe("http://127.0.0.1:1", many("http://127.0.0.1:1", 20), limits=limits(retries=2, concurrency=1))
    assert sorted(len(one.exchanges) for one in seen) == [1] * 19 + [3]
    assert {one.last.failure for one in seen if one.last} == {"connection_refused"}


@pytest.mark.parametrize("retries", [0, 5])
async def test_the_budget_of_requests_is_never_exceeded(retries: int) -> None:
    async with serving(answer(b"{}", "503 Busy", "Retry-After: 0")) as server:
        seen = await observe(server.url, many(server.url, 20), limits=limits(max_requests=7, retries=retries), sent={"lab": 2})
    assert len(server.calls) == 5
    assert sum(len(one.exchanges) for one in seen) == 5
    skipped = [one for one in seen if one.skip_reason]
    assert len(seen) == 20 and skipped
    assert {tell(one.skip_reason) for one in skipped} == {"the budget of 7 requests is used up"}


async def test_limits_that_a_target_has_for_itself_hold_for_it_alone() -> None:
    async def reply(call: Call) -> None:
        if call.path.startswith("/slow"):
            await asyncio.sleep(0.5)
        await call.send(answer(b"{}", "503 Busy", "Retry-After: 0"))

    async with serving(reply) as server:
        own = target(server.url, name="own", limits=OwnLimits(max_requests=4, retries=1, timeout=0.1))
        urls = [f"{server.url}/{'slow' if at == 4 else at}" for at in range(5)]
        probes = [probe(url, id=f"own/{at}", target="own") for at, url in enumerate(urls)]
        probes += many(server.url, 9)
        limit = limits(max_requests=8, retries=0, max_wait=0.0, concurrency=1)
        async with runner((own, target(server.url)), limits=limit, sent={"own": 1, "lab": 1}) as one:
            seen: dict[str, Observation] = {}
            assert one.requests_left == 3 + 7
            await one.run(probes, lambda each: seen.__setitem__(each.probe_id, each))
            assert one.requests_left == 0
            one.renew()
            assert one.requests_left == 4 + 8
            await one.run(probes[4:5], lambda each: seen.__setitem__("slow", each))
    counts = [len(seen[f"own/{at}"].exchanges) for at in range(5)], [len(seen[f"lab/{at}"].exchanges) for at in range(9)]
    assert counts == ([2, 1, 0, 0, 0], [1] * 7 + [0, 0])
    assert tell(seen["own/4"].skip_reason or "") == "the budget of 4 requests is used up"
    assert tell(seen["lab/8"].skip_reason or "") == "the budget of 8 requests is used up"
    assert seen["slow"].exchanges[0].failure_detail == "no whole answer within 0.1 s"


async def test_a_target_with_a_rate_of_its_own_delays_no_other_on_its_host() -> None:
    rates = {"own": limits(rate_limit=0.01), "lab": limits(rate_limit=0.0)}
    schedule = Schedule(rates.__getitem__, 1)
    schedule.add(probe("http://127.0.0.1:1/", id=f"{name}/{at}", target=name) for name in rates for at in range(2))
    assert [job.probe.id for _ in range(3) if (job := await schedule.next())] == ["own/0", "lab/0", "lab/1"]


async def test_a_target_behind_a_dead_proxy_of_its_own_costs_no_other_on_its_host_its_retries() -> None:
    dead = TransportOptions(proxy="http://127.0.0.1:1")
    count = 0

    async def reply(call: Call) -> None:
        nonlocal count
        count += 1
        await call.send(answer(b"{}", "503 Busy", "Retry-After: 0") if count == 1 else answer(b"{}"))

    seen: dict[str, Observation] = {}
    async with serving(reply) as server:
        targets = (target(server.url, name="own", network=(("proxy", "http://127.0.0.1:1"),)), target(server.url))
        one = runner(targets, networks={"own": dead}, limits=limits(retries=1, max_wait=0.05, concurrency=1))
        async with one:
            probes = [probe(f"{server.url}/{at}", id=f"own/{at}", target="own") for at in range(2)]
            await one.run([*probes, *many(server.url, 1)], lambda each: seen.__setitem__(each.probe_id, each))
    assert [len(seen[name].exchanges) for name in ("own/0", "own/1", "lab/0")] == [2, 1, 2]
    assert {each.failure for each in seen["own/0"].exchanges} == {"connection_refused"}
    assert seen["lab/0"].last is not None and seen["lab/0"].last.response is not None


async def test_the_time_of_the_scan_is_never_exceeded() -> None:
    async def reply(call: Call) -> None:
        await asyncio.sleep(0.2)
        await call.send(answer(b"{}"))

    async with serving(reply) as server:
        started = time.monotonic()
        seen = await observe(server.url, many(server.url, 50), limits=limits(max_time=0.5, concurrency=2))
    assert time.monotonic() - started < 5
    assert len(seen) == 50
    assert [one.last.failure for one in seen if one.last and one.last.failure] == ["total_timeout"] * 2
    assert sum(tell(one.skip_reason) == "the time limit of 0.5 s is used up" for one in seen) > 40


async def test_a_throttled_host_cannot_hold_a_scan_beyond_its_time() -> None:
    async with serving(answer(b"{}", "429 Too Many", "Retry-After: 5")) as server:
        started = time.monotonic()
        seen = await observe(server.url, many(server.url, 20), limits=limits(retries=3, max_wait=10, max_time=0.5))
    assert time.monotonic() - started < 4
    assert [len(one.exchanges) for one in seen] == [1] * 20


async def test_the_rate_of_a_host_is_kept() -> None:
    async with serving(answer(b"{}")) as server:
        started = time.monotonic()
        await observe(server.url, many(server.url, 24), limits=limits(rate_limit=40.0, concurrency=4))
        assert 0.45 < time.monotonic() - started < 8


async def test_a_stale_connection_costs_no_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.transport.lane._REST_SECONDS", 0.0)

    async def reply(call: Call) -> None:
        if call.path == "/1" and server.connections == 1:
            call.writer.close()
        else:
            await call.send(answer(b"{}"))

    async with serving(reply) as server:
        seen = await observe(server.url, many(server.url, 2), limits=limits(concurrency=1, retries=0))
    assert [[one.failure for one in each.exchanges] for each in seen] == [[None], ["eof_error", None]]


async def test_an_interruption_keeps_what_was_recorded_and_drops_what_is_in_flight() -> None:
    async def reply(call: Call) -> None:
        await asyncio.sleep(0 if call.path in ("/0", "/1") else 5)
        await call.send(answer(b"{}"))

    seen: list[Observation] = []
    async with serving(reply) as server, runner((target(server.url),), limits=limits(timeout=30, silence_timeout=30)) as one:
        task = asyncio.create_task(one.run(many(server.url, 30), seen.append))
        while len(seen) < 2:
            await asyncio.sleep(0.01)
        task.cancel()
        started = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert time.monotonic() - started < 4
    assert {each.probe_id for each in seen} == {"lab/0", "lab/1"}


async def test_a_bug_in_one_probe_is_recorded_and_the_others_go_on() -> None:
    async with serving(answer(b"{}")) as server:
        unknown = probe(f"{server.url}/x", id="nobody/x", target="nobody")
        seen = await observe(server.url, [unknown, *many(server.url, 3)])
    bugs = [one for one in seen if one.bug]
    assert [one.probe_id for one in bugs] == ["nobody/x"]
    assert "KeyError" in (bugs[0].bug or "")
    assert sum(one.last is not None for one in seen) == 3


async def test_what_may_change_something_is_not_sent() -> None:
    async with serving(answer(b"{}")) as server:
        probes = [probe(f"{server.url}/{method}", method=method) for method in ("POST", "DELETE", "PUT")]
        waiting = probe(f"{server.url}/{{job_id}}", needs=("job_id",))
        seen = await observe(server.url, [*probes, waiting])
    assert server.calls == []
    assert "POST may change or cost something: not sent" in {tell(one.skip_reason) for one in seen}
    async with serving(answer(b"{}")) as server:
        paid = [probe(f"{server.url}/{method}", method=method, billable=True) for method in ("POST", "GET", "DELETE")]
        await observe(server.url, paid)
        assert server.calls == []
        await observe(server.url, paid, allow_billable=True)
    assert {call.method for call in server.calls} == {"POST", "GET"}
    assert "the id is not known: job_id" in {tell(one.skip_reason) for one in seen}


async def test_a_billable_request_is_sent_once_with_its_body() -> None:
    async with serving(answer(b"{}", "503 Busy", "Retry-After: 0")) as server:
        create = probe(f"{server.url}/jobs", method="POST", billable=True, body='{"model":"sora"}')
        (seen,) = await observe(server.url, [create], limits=limits(retries=3), allow_billable=True)
    assert len(seen.exchanges) == 1
    assert server.calls[0].header("content-type") == "application/json"
    assert server.calls[0].header("content-length") == "16"


async def test_retries_end_with_the_limits_of_retry() -> None:
    async with serving(answer(b"{}", "500 Oops")) as server:
        (seen,) = await observe(server.url, many(server.url, 1), limits=limits(retries=1))
    assert len(seen.exchanges) == 2
    assert seen.last is not None and delay(seen.last, 2, limits(retries=1)) is None


async def test_what_the_recorder_raises_reaches_whoever_gave_it() -> None:
    def full(_: Observation) -> None:
        raise OSError(28, "No space left on device")

    async with serving(answer(b"{}")) as server, runner((target(server.url),)) as one:
        with pytest.raises(OSError, match="No space"):
            await one.run(many(server.url, 5), full)


async def test_the_password_of_a_proxy_is_a_secret() -> None:
    redactor = Redactor({})
    options = TransportOptions(proxy="http://me:CANARY-proxy-password@127.0.0.1:1")
    runner((target("http://127.0.0.1:2"),), redactor=redactor, options=options)
    assert redactor.find(b"... CANARY-proxy-password ...") == "proxy password"


async def test_the_rate_limit_does_not_sleep_beyond_the_time_of_the_scan() -> None:
    async with serving(answer(b"{}")) as server:
        async with asyncio.timeout(10):
            seen = await observe(server.url, many(server.url, 5), limits=limits(rate_limit=0.05, concurrency=1, max_time=0.5))
    assert len(seen) == 5 and len(server.calls) == 1
    assert sum(tell(one.skip_reason) == "the time limit of 0.5 s is used up" for one in seen) == 4


async def test_a_retry_that_waits_does_not_outlast_the_scan() -> None:
    async with serving(answer(b"{}", "503 Busy", "Retry-After: 20")) as server:
        async with asyncio.timeout(10):
            seen = await observe(
                server.url, many(server.url, 3), limits=limits(retries=3, max_wait=60.0, max_time=0.5, concurrency=1)
            )
    assert len(seen) == 3
