"""A fleet on Dask: the same verdicts as one process and as merged shards, and no secret on the wire, in pages or in answers."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probe.cli.described import Wish
from probe.cli.targets import choose
from probe.errors import UsageError
from probe.fleet.engine import Engine, check_engine, scan_fleet, seen_from
from probe.fleet.gathered import Gathered
from probe.frozen import replace
from probe.merging import merged
from probe.model import Evidence, Report
from probe.order import ScanOrder, Scope
from probe.pipeline import Scan
from probe.runs.saved import load_run
from probe.simulator import running
from probe.transport import TransportOptions
from probe.verdict import judge
from tests.fleet.cluster import Wire, cluster
from tests.scanning import QUICK, catalogue

pytest.importorskip("distributed", reason="the extra `fleet` is not installed")

VARIABLE = "FLEET_TEST_KEY"
WORLDS = ("sora1", "wrong-key", "pending")
PAGES = ("/info/main/workers.html", "/info/main/info.html", "/health", "/metrics", "/json/identity.json", "/sitemap.json")


@dataclass
class Fleet:
    """Three services, two targets on each, and a cluster whose worker holds the key."""

    servers: list[Any]
    wire: Wire
    key: str

    def order(self, root: Path, *, env: dict[str, str] | None = None, **changes: Any) -> ScanOrder:
        """The order of a user whose own environment holds no key, unless `env` does."""
        urls = [server.url for server in self.servers] * 2
        ids = tuple(f"{name}={value}" for name, value in self.servers[0].world.ids.items())
        wish = Wish(
            targets=tuple(f"{name}={url}" for name, url in zip("abcdef", urls, strict=True)),
            providers=("azure",),
            key_variables=(VARIABLE,),
            ids=ids,
            is_elsewhere=env is None,
        )
        chosen = choose(wish, env or {}, catalogue().artefacts)
        made = ScanOrder(
            catalogue=catalogue(),
            targets=chosen.targets,
            scope=Scope(only=("*sora1.status", "*sora1.content-video"), limits=QUICK),
            secrets=chosen.secrets,
            options=TransportOptions(proxy=""),
            root=root,
        )
        return replace(made, **changes)

    def asked(self) -> list[int]:
        return [len(server.requests) for server in self.servers]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with pytest.MonkeyPatch.context() as patch, running("sora1") as one, running("wrong-key") as two, running("pending") as three:
        patch.setenv(VARIABLE, one.world.key)
        with cluster(str(tmp_path_factory.mktemp("worker"))) as wire:
            yield Fleet([one, two, three], wire, one.world.key)


def gathered(scan: Gathered, engine: Engine) -> Report:
    try:
        asyncio.run(scan_fleet(scan, engine))
    finally:
        scan.close()
    return scan.report()


@pytest.fixture(scope="module")
def done(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Gathered, Report]:
    scan = Gathered.start(fleet.order(tmp_path_factory.mktemp("fleet")))
    report = gathered(scan, Engine(fleet.wire.address))
    scan.write(report, ("json", "markdown", "html"))
    return scan, report


def told(report: Report) -> dict[str, tuple[Any, ...]]:
    """All that a verdict says, but for what differs each time (ids of requests, times)."""
    return {
        one.probe_id: (one.diagnosis.code, one.diagnosis.outcome, one.diagnosis.confidence, one.owner) for one in report.verdicts
    }


def judged(evidence: Evidence) -> Report:
    assert evidence.ended_at is not None
    return judge(evidence, evidence.ended_at)


def scanned(order: ScanOrder) -> Evidence:
    scan = Scan.start(order)
    try:
        asyncio.run(scan.run())
    finally:
        scan.close()
    return scan.evidence()


def test_workers_one_process_and_merged_shards_come_to_the_same(
    fleet: Fleet, done: tuple[Gathered, Report], tmp_path: Path
) -> None:
    order = fleet.order(tmp_path, env={VARIABLE: fleet.key})
    whole = judged(scanned(order))
    shards = {str(at): scanned(replace(order, targets=order.targets[at::2])) for at in range(2)}
    assert len({one.target for one in whole.evidence.probes}) == 6
    for report in (done[1], judged(merged(shards))):
        assert told(report) == told(whole)
        assert (report.answer, set(report.working)) == (whole.answer, set(whole.working))
        assert sorted(report.evidence.skipped, key=str) == sorted(whole.evidence.skipped, key=str)
        assert set(report.evidence.targets) == set(whole.evidence.targets)


def test_no_secret_travels_and_none_stands_in_pages_or_files(fleet: Fleet, done: tuple[Gathered, Report]) -> None:
    key, wire = fleet.key.encode(), bytes(fleet.wire.seen)
    assert fleet.servers[0].url.encode() in wire, "the wire could not be read"
    assert b"download-proved" not in wire, "workers do not judge"
    assert b"generations" in wire
    assert key not in wire
    found = 0
    for page in PAGES:
        try:
            with urllib.request.urlopen(fleet.wire.pages + page, timeout=10) as answer:
                assert key not in answer.read()
                found += 1
        except urllib.error.HTTPError as error:
            assert key not in error.read()  # a page that this release does not have, or cannot make
    assert found >= 3
    for file in done[0].folder.path.iterdir():
        assert key not in file.read_bytes(), file.name


def test_the_journal_alone_tells_what_the_scan_told(done: tuple[Gathered, Report]) -> None:
    (done[0].folder.path / "evidence.json").rename(done[0].folder.path / "kept.json")
    try:
        saved = load_run(done[0].folder.path)
    finally:
        (done[0].folder.path / "kept.json").rename(done[0].folder.path / "evidence.json")
    assert told(judged(saved)) == told(done[1])
    assert set(saved.skipped) == set(done[1].evidence.skipped)


def test_a_client_that_died_goes_on_and_only_what_is_missing_is_asked(
    fleet: Fleet, done: tuple[Gathered, Report], tmp_path: Path
) -> None:
    """Three targets are in the journal, the fourth was being written, and one line was made up by a stranger."""
    lines = done[0].folder.journal.read_bytes().splitlines(keepends=True)
    assert sum(line.startswith(b'{"part"') for line in lines) == 6
    forged = re.sub(rb'"status_code":\d+', b'"status_code":503', lines[1])
    assert forged != lines[1]
    run = tmp_path / "2026-01-01T00-00-00Z-fleet"
    run.mkdir()
    (run / "journal.jsonl").write_bytes(b"".join([lines[0], forged, *lines[2:4], lines[4][:900]]))
    kept = {name for line in lines[2:4] for name in "abcdef" if b'"target":"%s"' % name.encode() in line}
    before = fleet.asked()
    scan = Gathered.resume(fleet.order(tmp_path), run)
    report = gathered(scan, Engine(fleet.wire.address))
    assert told(report) == told(done[1])
    assert len(kept) == 2
    again = {name: fleet.order(tmp_path).targets["abcdef".index(name)].base_url for name in sorted(set("abcdef") - kept)}
    asked = [after - count for after, count in zip(fleet.asked(), before, strict=True)]
    sent = [one.probe_id[0] for one in done[1].evidence.observations for _exchange in one.exchanges]
    for first, server, count in zip("abc", fleet.servers, asked, strict=True):
        assert count == sent.count(first) * list(again.values()).count(server.url), "what is kept is not asked again"
    names = [
        name
        for line in scan.folder.journal.read_bytes().splitlines()[1:]
        for name in "abcdef"
        if line.startswith(b'{"part"') and b'"name":"%s"' % name.encode() in line
    ]
    assert sorted(names) == list("abcdef"), "each target once"


def test_several_vantages_ask_each_target_once_from_each(fleet: Fleet, tmp_path: Path) -> None:
    order = fleet.order(tmp_path)
    order = replace(order, targets=seen_from(order.targets[:1], ("lan", "vnet")))
    report = gathered(Gathered.start(order), Engine(fleet.wire.address, ("lan", "vnet")))
    assert [(one.name, one.vantage) for one in report.evidence.targets] == [("a:lan", "lan"), ("a:vnet", "vnet")]
    assert len(report.working) == 2 * len([name for name in report.working if name.startswith("a:lan/")])
    with pytest.raises(UsageError, match="no worker offers this resource") as refused:
        gathered(Gathered.start(order), Engine(fleet.wire.address, ("moon",)))
    assert "lab, lan, vnet" in str(refused.value)


def test_a_variable_that_the_worker_lacks_costs_this_target_alone(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = fleet.order(tmp_path)
    first = order.targets[0]
    lacking = replace(order.targets[1], credentials=(replace(first.credentials[0], variable="NOT_SET_ON_ANY_WORKER"),))
    report = gathered(Gathered.start(replace(order, targets=(first, lacking))), Engine(fleet.wire.address))
    assert report.working
    reasons = {str(one.skip_reason) for one in report.evidence.observations if one.probe_id.startswith("b/")}
    assert len(reasons) == 1
    assert "NOT_SET_ON_ANY_WORKER" in reasons.pop()


@pytest.mark.parametrize(
    ("change", "engine", "problem"),
    [
        (
            {"scope": Scope(failing_url="https://a.blob.core.windows.net/c/x.mp4?sig=c2VjcmV0c2VjcmV0&se=2026")},
            Engine(),
            "failing URL",
        ),
        ({"headers": {"a": (("x-my-key", "v4lue-of-a-secret"),)}}, Engine(), "a header of -H"),
        ({"options": TransportOptions(proxy="http://me:pass@proxy:8080")}, Engine(), "password"),
        ({"secrets": {"PYTHONPATH": "modules-of-a-stranger"}}, Engine(), "rules how a process starts"),
        ({"secrets": {"LD_PRELOAD": "./stranger.so"}}, Engine(), "rules how a process starts"),
        ({}, Engine(vantages=("vnet",)), "--vantage"),
    ],
)
def test_what_would_send_a_secret_or_run_a_strangers_code_is_refused_before_anything_begins(
    fleet: Fleet, tmp_path: Path, change: dict[str, Any], engine: Engine, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        check_engine(engine, fleet.order(tmp_path, **change))
    assert refused.value.hint
    assert not list(tmp_path.iterdir())


def test_a_scheduler_that_is_not_there_is_one_error(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.fleet.engine._CONNECT_SECONDS", 0.1)
    with pytest.raises(UsageError, match="no Dask scheduler responds"):
        gathered(Gathered.start(fleet.order(tmp_path)), Engine("tcp://127.0.0.1:9"))


WORKER = """
import asyncio, sys
from distributed import Worker

async def main():
    async with Worker(sys.argv[1], nthreads=1, resources={"lab": 1}, local_directory=sys.argv[2]) as worker:
        print("up", flush=True)
        await worker.finished()

asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of POSIX")
def test_the_targets_of_killed_workers_are_done_again_and_none_twice(
    fleet: Fleet, done: tuple[Gathered, Report], tmp_path: Path
) -> None:
    words = [sys.executable, "-c", WORKER, fleet.wire.address, str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false"}
    workers = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env) for _ in range(2)]
    before = fleet.asked()

    def kill_two() -> None:
        while any(
            now < then + 3 for now, then in zip(fleet.asked(), before, strict=True)
        ):  # each worker is in the middle of a target
            time.sleep(0.002)
        for one in workers:
            one.kill()

    try:
        assert all(one.stdout is not None and one.stdout.readline() == b"up\n" for one in workers)
        killer = threading.Thread(target=kill_two)
        killer.start()
        scan = Gathered.start(fleet.order(tmp_path))
        report = gathered(scan, Engine(fleet.wire.address, ("lab",)))
        killer.join()
        assert [one.wait(10) for one in workers] == [-signal.SIGKILL] * 2
    finally:
        for one in workers:
            one.kill()
            one.communicate()
    assert told(report) == told(done[1])
    parts = [line for line in scan.folder.journal.read_bytes().splitlines() if line.startswith(b'{"part"')]
    assert len(parts) == 6
    sent = sum(len(one.exchanges) for one in report.evidence.observations)
    assert sum(fleet.asked()) - sum(before) >= sent, "what is reported was sent"
