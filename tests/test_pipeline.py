"""The stages together: waiting for a job, the smallest change, other auth forms, the budget, and replaying a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe import pipeline
from probe.diagnoses import headline, tell
from probe.frozen import replace
from probe.model import Answer, AuthForm, Note, Outcome, Purpose
from probe.pipeline import Scan
from probe.reports import judge_run
from probe.runs.saved import load_journal
from tests.scanning import QUICK, WORLDS, order, scan, world


@pytest.mark.parametrize("name", ["ready-soon", "ready-soon-video"])
def test_waiting_polls_until_the_job_is_ready_and_then_downloads(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "POLL_SECONDS", 0.05)
    with world(name) as server:
        first = scan(server, tmp_path / "a")
    with world(name) as server:
        waited = scan(server, tmp_path / "b", wait=5.0)
    assert first.report.answer is Answer.UNDECIDED
    assert Outcome.PENDING in first.outcomes
    assert waited.report.answer is Answer.WORKS, headline(waited.report)
    polled = [one for one in waited.evidence.observations if len(one.exchanges) > 1]
    assert polled, "no probe was asked again"
    assert [one.attempt for one in polled[0].exchanges] == list(range(1, len(polled[0].exchanges) + 1))


def test_waiting_ends_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "POLL_SECONDS", 0.05)
    with world("pending") as server:
        done = scan(server, tmp_path, wait=0.2)
    assert done.report.answer is Answer.UNDECIDED


PATH = "/openai/v1/video/generations/{g}/content"


@pytest.mark.parametrize(
    ("failing", "differences"),
    [
        (PATH + "?api-version=preview", ["path: /content -> /content/video"]),
        (PATH + "/video?api-version=2024-10-21", ["api-version: 2024-10-21 -> preview"]),
        ("/openai/openai/v1/video/generations/{g}/content/video?api-version=preview", None),
    ],
)
def test_the_smallest_change_is_the_smallest(failing: str, differences: list[str] | None, tmp_path: Path) -> None:
    with world("sora1") as server:
        url = server.url + failing.format(g=server.world.ids["generation_id"])
        done = scan(server, tmp_path, failing_url=url)
    change = done.report.smallest_change
    assert change is not None
    assert change.from_url == url
    if differences is None:
        assert len(change.differences) == 1
        assert "openai" in tell(change.differences[0])
    else:
        assert list(map(tell, change.differences)) == differences


def test_another_auth_form_that_is_accepted_is_used_for_the_rest(tmp_path: Path) -> None:
    with world("wrong-header") as server:
        done = scan(server, tmp_path)
    assert done.report.answer is Answer.WORKS
    best = next(probe for probe in done.evidence.probes if probe.id == done.report.working[0])
    assert best.auth is AuthForm.BEARER
    assert "auth-form-accepted" in {finding.code for finding in done.report.findings}
    assert sum(probe.purpose is Purpose.AUTH for probe in done.evidence.probes) <= 2


@pytest.mark.parametrize("budget", [1, 7, 19])
def test_the_budget_is_never_exceeded_controls_and_retries_counted(budget: int, tmp_path: Path) -> None:
    with world("throttled") as server:
        done = scan(server, tmp_path, limits=replace(QUICK, max_requests=budget, retries=2))
    assert len(done.requests) <= budget
    skipped = [one for one in done.evidence.observations if one.skip_reason]
    assert skipped and "budget" in tell(skipped[0].skip_reason)


def test_a_saved_run_judges_the_same_offline(tmp_path: Path) -> None:
    with world("sora1") as server:
        done = scan(server, tmp_path)
    done.scan.write(done.report, ["json"])
    again = judge_run(done.scan.folder.path, done.report.generated_at)
    assert again.verdicts == done.report.verdicts
    assert replace(again.evidence, digests=()) == done.report.evidence
    assert replace(again, evidence=done.report.evidence) == done.report


@pytest.mark.parametrize("name", ["sora1", "files", "wrong-key", "batch", "version-missing", "catch-all-video"])
def test_the_requests_stay_within_what_the_plan_announced(name: str, tmp_path: Path) -> None:
    from probe.plan import Scope, expand
    from tests.scanning import catalogue

    with world(name) as server:
        done = scan(server, tmp_path)
    plan = expand(catalogue(), done.scan.order.targets, Scope(limits=QUICK))
    assert len(done.requests) <= plan.request_count + plan.control_count


def test_no_world_is_unknown_to_a_test() -> None:
    assert len(WORLDS) > 100


@pytest.mark.parametrize(
    "name",
    [
        "redirect",
        "redirect-absolute",
        "redirect-blob",
        "redirect-other-origin",
        "location-header",
        "location-without-version",
        "doubled-openai",
        "prefixed",
        "no-head",
        "octet-stream",
        "ignore-range",
        "throttled-once",
    ],
)
def test_a_detour_to_the_artefact_is_followed_and_proved(name: str, tmp_path: Path) -> None:
    with world(name) as server:
        done = scan(server, tmp_path)
    assert done.report.answer is Answer.WORKS, headline(done.report)
    best = next(one for one in done.evidence.observations if one.probe_id == done.report.working[0])
    assert best.response is not None
    assert best.response.sniffed_type in ("video/mp4", "application/jsonl")
    assert best.response.body_size <= QUICK.max_artefact


def test_a_doubled_prefix_of_the_target_is_said(tmp_path: Path) -> None:
    with world("doubled-openai") as server:
        done = scan(server, tmp_path)
    assert any("twice" in tell(note) for note in done.evidence.notes)


def test_a_key_of_the_other_provider_is_called_that(tmp_path: Path) -> None:
    with world("sora1") as server:
        done = scan(server, tmp_path, key="sk-proj-0123456789abcdefghijkl")
    assert done.report.answer is Answer.UNDECIDED
    assert "key-of-other-provider" in done.codes


def test_waiting_ends_and_says_so_when_the_budget_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "POLL_SECONDS", 0.02)
    with world("pending") as server:
        first = scan(server, tmp_path / "a")
        budget = len(first.requests) + 20
        done = scan(server, tmp_path / "b", wait=60.0, limits=replace(QUICK, max_requests=budget))
    assert len(done.requests) - len(first.requests) <= budget
    assert Note("wait-out-of-budget", (("count", str(budget)),)) in done.evidence.notes


def test_polling_appends_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "POLL_SECONDS", 0.02)
    with world("pending") as server:
        done = scan(server, tmp_path, wait=1.0, limits=replace(QUICK, max_requests=200))
    kept = load_journal(done.scan.folder.path).whole
    polled = max(kept.observations, key=lambda one: len(one.exchanges))
    assert len(polled.exchanges) > 1
    assert [one.attempt for one in polled.exchanges] == list(range(1, len(polled.exchanges) + 1))
    assert {one.probe_id: one for one in kept.observations} == {one.probe_id: one for one in done.evidence.observations}
    text = done.scan.folder.journal.read_text(encoding="utf-8")
    assert text.count('"attempt":') == sum(len(one.exchanges) for one in kept.observations)
    lines = [line.partition(',"seal"')[0] for line in text.splitlines()]
    assert len(lines) == len(set(lines))


def test_the_next_round_of_a_target_looks_at_no_other_one(tmp_path: Path) -> None:
    with world("sora1") as server:
        one = order(server, tmp_path)
    targets = tuple(replace(one.targets[0], name=name) for name in ("a", "b", "c"))
    run = Scan.start(replace(one, targets=targets))
    run.close()
    whole, own = run.evidence(), run.evidence("b")
    assert [target.name for target in whole.targets] == ["a", "b", "c"]
    assert [target.name for target in own.targets] == ["b"]
    assert {probe.target for probe in own.probes} == {skipped.target for skipped in own.skipped} == {"b"}
    assert len(whole.probes) == 3 * len(own.probes) and len(whole.skipped) == 3 * len(own.skipped)
