"""A server that does everything wrong: every observation is right, nothing hangs, and honest answers in between stay honest."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from probe.frozen import replace
from probe.model import Limits, Observation, Probe
from tests.hostile.tricks import LIMITS, TRICKS, Trick
from tests.loopback import Call, Server, answer, serving
from tests.runner.helpers import observe, probe

pytestmark = pytest.mark.anyio

BY_NAME = {trick.name: trick for trick in TRICKS}
HONEST = answer(b'{"id":"honest"}')


@asynccontextmanager
async def hostile() -> AsyncIterator[Server]:
    async def reply(call: Call) -> None:
        trick = BY_NAME.get(call.path.strip("/"))
        if trick is None:
            await call.send(HONEST)
        else:
            await trick.play(call)

    async with serving(reply) as server:
        yield server


def probe_of(url: str, trick: Trick) -> Probe:
    return probe(f"{url}/{trick.name}", id=f"lab/{trick.name}", role=trick.role, method=trick.method)


def complaint(trick: Trick, seen: Observation) -> str | None:
    """Say what is wrong with an observation, None if it is as expected."""
    last = seen.last
    if seen.bug or last is None:
        return f"{trick.name}: bug {seen.bug}"
    if trick.failure is not None:
        is_right = last.failure is not None and (trick.failure in ("either", last.failure))
        return None if is_right else f"{trick.name}: {last.failure} {last.failure_detail} instead of {trick.failure}"
    if last.response is None:
        return f"{trick.name}: {last.failure} {last.failure_detail} instead of {trick.status_code}"
    found = (last.response.status_code, last.response.limits_hit)
    if found != (trick.status_code, trick.words):
        return f"{trick.name}: {found} instead of {(trick.status_code, trick.words)}"
    return None if trick.check(last.response) else f"{trick.name}: {last.response}"


def test_the_table_is_long_and_its_names_are_unique() -> None:
    assert len(BY_NAME) == len(TRICKS) >= 70
    assert all((trick.status_code is None) != (trick.failure is None) for trick in TRICKS)


async def patient() -> Limits:
    """Limits with room for this machine, as busy as it is just now: what takes most work was read alone, and took so long."""
    worst, unhurried = BY_NAME["chunks-of-one-byte-endless"], replace(LIMITS, timeout=30.0, silence_timeout=30.0)
    async with hostile() as server:
        (seen,) = await observe(server.url, [probe_of(server.url, worst)], limits=unhurried)
    assert complaint(worst, seen) is None
    timeout = min(max(LIMITS.timeout, 4 * seen.exchanges[-1].elapsed), 15.0)
    return replace(LIMITS, timeout=timeout, silence_timeout=timeout / 2.5, max_informational=200, max_time=300.0)


async def test_every_misbehaviour_is_an_observation_and_disturbs_no_other_probe() -> None:
    async with hostile() as server:
        probes = []
        for trick in TRICKS:
            probes += [probe_of(server.url, trick), probe(f"{server.url}/", id=f"honest/{trick.name}")]
        seen = await observe(server.url, probes, limits=await patient())
    by_id = {one.probe_id: one for one in seen}
    assert len(by_id) == len(seen) == len(probes)
    complaints = [text for trick in TRICKS if (text := complaint(trick, by_id[f"lab/{trick.name}"]))]
    assert not complaints, "\n".join(complaints)
    for trick in TRICKS:
        honest = by_id[f"honest/{trick.name}"].exchanges[-1].response
        assert honest is not None, by_id[f"honest/{trick.name}"]
        assert [(one.path, one.value) for one in honest.values] == [("$.id", "honest")], trick.name
    assert "evil" not in str([one.exchanges[-1].response and one.exchanges[-1].response.values for one in seen])
    assert "X-Evil" not in str(seen)
    assert all(call.header("cookie") is None for call in server.calls)


async def test_hostile_answers_are_read_within_their_memory() -> None:
    names = (
        "endless-body",
        "header-endless",
        "gzip-bomb",
        "gzip-bomb-in-gzip",
        "json-of-a-hundred-thousand-levels",
        "json-of-ten-thousand-items",
    )
    async with hostile() as server:
        probes = [probe(f"{server.url}/{name}", id=f"{name}/{at}") for name in names for at in range(3)]
        tracemalloc.start()
        try:
            seen = await observe(server.url, probes, limits=LIMITS)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert len(seen) == len(probes)
    assert peak < 150 * 1024 * 1024
