"""Runs put together: vantages stay apart and their difference is a finding, shards become what one scan of all would have been."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.diagnoses import remedy, summary
from probe.errors import RunError
from probe.frozen import replace
from probe.merging import merged
from probe.model import Answer, Evidence, Report
from probe.runs.codec import from_json, to_json
from probe.verdict import judge
from tests.scanning import Scanned, scan, world


def scanned(name: str, folder: Path) -> Scanned:
    with world(name) as server:
        return scan(server, folder)


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return scanned("sora1", tmp_path_factory.mktemp("inside")).evidence


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory, inside: Evidence) -> Evidence:
    """The same resource asked from elsewhere: the worlds stand on different ports, so the second is given the first one's URL."""
    evidence = scanned("private-endpoint", tmp_path_factory.mktemp("outside")).evidence
    targets = tuple(replace(one, base_url=inside.targets[0].base_url) for one in evidence.targets)
    return replace(evidence, targets=targets)


def judged(evidence: Evidence) -> Report:
    assert evidence.ended_at is not None
    return judge(evidence, evidence.ended_at)


def test_what_works_only_from_inside_is_said_to_be_private(inside: Evidence, outside: Evidence) -> None:
    report = judged(merged({"vnet": inside, "laptop": outside}))
    assert report.answer is Answer.WORKS
    assert [target.name for target in report.evidence.targets] == ["lab:vnet", "lab:laptop"]
    found = [one for one in report.findings if one.code == "vantages-differ"]
    assert found[0].variant == "private"
    assert "works from vnet" in summary(found[0])
    assert "403 azure-private-endpoint from laptop" in summary(found[0])
    assert "ask the resource's owner" in remedy(found[0])
    assert "targets-differ" not in {one.code for one in report.findings}


def test_two_equal_vantages_differ_in_nothing(inside: Evidence) -> None:
    report = judged(merged({"a": inside, "b": inside}))
    assert "vantages-differ" not in {one.code for one in report.findings}
    assert len(report.working) == 2 * len(judged(inside).working)


def test_a_merged_run_is_a_run(inside: Evidence, outside: Evidence) -> None:
    evidence = merged({"vnet": inside, "laptop": outside})
    assert from_json(to_json(evidence), "merged") == evidence
    assert {one.target for one in evidence.probes} == {"lab:vnet", "lab:laptop"}
    ids = {one.id for one in evidence.probes}
    assert all({*one.depends_on, one.of} - {None} <= ids for one in evidence.probes)


def test_the_same_request_is_judged_as_in_its_own_run(inside: Evidence, outside: Evidence) -> None:
    whole = {one.probe_id: one.diagnosis.code for one in judged(merged({"vnet": inside, "laptop": outside})).verdicts}
    for name, alone in (("vnet", inside), ("laptop", outside)):
        for verdict in judged(alone).verdicts:
            renamed = verdict.probe_id.replace("lab/", f"lab:{name}/", 1)
            assert whole[renamed] == verdict.diagnosis.code


def test_shards_have_no_vantage_and_keep_their_names(inside: Evidence) -> None:
    def called(name: str) -> Evidence:
        return replace(
            inside,
            targets=(replace(inside.targets[0], name=name),),
            probes=tuple(replace(one, id=one.id.replace("lab/", f"{name}/"), target=name) for one in inside.probes),
            skipped=(),
            observations=tuple(replace(one, probe_id=one.probe_id.replace("lab/", f"{name}/")) for one in inside.observations),
        )

    evidence = merged({"1": called("a"), "2": called("b")})
    assert [(one.name, one.vantage) for one in evidence.targets] == [("a", ""), ("b", "")]
    assert len(evidence.probes) == 2 * len(inside.probes)


def test_a_limit_of_one_target_that_differs_is_said(inside: Evidence) -> None:
    hasty = replace(inside, targets=(replace(inside.targets[0], limits=replace(inside.targets[0].limits, retries=1)),))
    for other, is_said in ((inside, False), (hasty, True)):
        assert ("merged-limits-differ" in {one.code for one in merged({"a": inside, "b": other}).notes}) is is_said


def test_one_run_alone_is_nothing_to_merge(inside: Evidence) -> None:
    with pytest.raises(RunError, match="only one run"):
        merged({"a": inside})
