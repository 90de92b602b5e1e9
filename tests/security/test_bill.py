"""Nothing is billed twice: what an earlier part of a run may have sent as a create, a resumed run never sends again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe.errors import UsageError
from probe.fleet.engine import Engine, check_engine
from probe.frozen import replace
from probe.model import Observation, Probe, RawUrl
from probe.order import ScanOrder
from probe.pipeline import Scan, Watcher
from tests.scanning import QUICK, order, world


def billing(server: Any, root: Path, **changes: Any) -> ScanOrder:
    limits = replace(QUICK, concurrency=1)
    return order(server, root, ids=("deployment=gpt-image-1",), artefacts=("image",), allow_billable=True, limits=limits, **changes)


def stopped_at_the_first_create(made: ScanOrder) -> Path:
    """Run a scan until one create was answered and the others still wait; returns its folder."""

    def ended(probe: Probe[RawUrl], _observation: Observation) -> None:
        if probe.billable:
            scan.stop()

    scan = Scan.start(made, Watcher(ended=ended))
    asyncio.run(scan.run())
    scan.close()
    return scan.folder.path


def resumed(made: ScanOrder, run: Path) -> set[str]:
    """Resume the run to its end; returns the codes of its notes."""
    scan = Scan.resume(made, run)
    try:
        asyncio.run(scan.run())
        return {getattr(note, "code", "") for note in scan.evidence().notes}
    finally:
        scan.close()


def posted(server: Any) -> Counter[str]:
    return Counter(one.path for one in server.requests if one.method == "POST")


def test_a_create_that_still_waited_when_the_run_was_stopped_is_sent_when_it_is_resumed(tmp_path: Path) -> None:
    with world("images") as server:
        run = stopped_at_the_first_create(billing(server, tmp_path))
        assert sum(posted(server).values()) == 1
        resumed(billing(server, tmp_path), run)
        assert set(posted(server).values()) == {1}
        assert len(posted(server)) >= 3, "of four only the one may be missing that was about to go out"


def another_key(made: ScanOrder, _journal: Path) -> ScanOrder:
    return replace(made, secrets={"K": "another-key-of-the-same-resource"})


def tampered(made: ScanOrder, journal: Path) -> ScanOrder:
    journal.write_bytes(journal.read_bytes().replace(b'"seal":"', b'"seal":"0'))
    return made


def without_its_creates(made: ScanOrder, journal: Path) -> ScanOrder:
    lines = [line for line in journal.read_bytes().splitlines(keepends=True) if b"POST" not in line or b'"scan"' in line]
    journal.write_bytes(b"".join(lines).replace(b'"salt":"', b'"salt":"0'))
    return made


@pytest.mark.parametrize("break_seal", [another_key, tampered, without_its_creates])
def test_a_run_whose_seal_does_not_fit_is_resumed_without_any_create(
    break_seal: Callable[[ScanOrder, Path], ScanOrder], tmp_path: Path
) -> None:
    """Neither then nor when it is resumed once more, with a seal that fits by now."""
    with world("images") as server:
        run = stopped_at_the_first_create(billing(server, tmp_path))
        made = break_seal(billing(server, tmp_path), run / "journal.jsonl")
        for _again in range(2):
            assert "billed-before" in resumed(made, run)
        assert sum(posted(server).values()) == 1


def test_a_create_that_was_sent_is_known_by_its_request_under_another_name(tmp_path: Path) -> None:
    with world("images") as server:
        run = stopped_at_the_first_create(billing(server, tmp_path))
        made = billing(server, tmp_path)
        resumed(replace(made, targets=tuple(replace(one, name="another") for one in made.targets)), run)
        assert set(posted(server).values()) == {1}


def test_workers_send_nothing_that_may_be_billed(tmp_path: Path) -> None:
    """A scheduler gives the task of a lost worker to the next one, which cannot know what was sent."""
    with world("images") as server, pytest.raises(UsageError, match="--allow-billable"):
        check_engine(Engine(), billing(server, tmp_path))
