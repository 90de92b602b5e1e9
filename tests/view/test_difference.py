"""Two runs compared: the question first, then what changed; a run equals itself, and the comparison mirrors."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from probe.facts.digests import digests
from probe.formats.difference import as_json, as_markdown, text
from probe.frozen import replace
from probe.model import Finding, Report
from probe.reports import write_reports
from probe.verdict import judge
from probe.view.difference import difference, of_target
from tests.scanning import Scanned, scan, world


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    with world("sora1") as server:
        return scan(server, tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    with world("wrong-key") as server:
        return scan(server, tmp_path_factory.mktemp("refused"))


def test_a_run_does_not_differ_from_itself(good: Scanned) -> None:
    found = difference(good.report, good.report)
    assert found.is_empty
    assert text(found).startswith("No difference")
    assert json.loads(as_json(found))["is_same"] is True


def test_the_key_is_named_where_only_the_key_became_wrong(good: Scanned, refused: Scanned) -> None:
    found = difference(good.report, refused.report)
    assert found.answers == ("works", "undecided")
    assert {change.after.diagnosis.code for change in found.changed if change.is_verdict and change.after.diagnosis} >= {
        "azure-key-wrong"
    }
    assert "azure-key-wrong" in text(found)
    assert "azure-key-wrong" in as_markdown(found)
    assert {note.code for note in found.asked} >= {"diff-targets"}, "the worlds listen on other ports, so the question differs too"


def test_findings_are_compared_by_what_they_are_about(good: Scanned) -> None:
    ours = good.report.evidence.targets[0].name
    one, other = (Finding("answers-everything", (("target", name),)) for name in (ours, "elsewhere"))
    before, after = (replace(good.report, findings=found) for found in ((one,), (one, other)))
    assert difference(before, after).findings == (("answers-everything:elsewhere",), ())
    moved = replace(good.report.evidence, targets=(replace(good.report.evidence.targets[0], name="elsewhere"),))
    there = replace(good.report, evidence=moved, findings=(other,))
    assert difference(before, there).findings == ((), ()), "the same finding at another place is no news"


def test_the_comparison_mirrors(good: Scanned, refused: Scanned) -> None:
    one, other = difference(good.report, refused.report), difference(refused.report, good.report)
    assert one.answers == other.answers[::-1]
    assert one.working == other.working[::-1]
    assert one.findings == other.findings[::-1]
    assert (one.gone, one.new) == (other.new, other.gone)
    assert {(each.key, each.before, each.after) for each in one.changed} == {
        (each.key, each.after, each.before) for each in other.changed
    }
    assert {note.code for note in one.asked} == {note.code for note in other.asked}


def changed_at_random(report: Report, dice: random.Random) -> Report:
    """The same scan on another day: answers missing, later, shorter or other; a credential, an id or a limit changed."""
    evidence = report.evidence
    seen = [one for one in evidence.observations if dice.random() > 0.1]
    for at, one in enumerate(seen):
        if one.exchanges and one.exchanges[-1].response is not None and dice.random() < 0.3:
            last = one.exchanges[-1]
            assert last.response is not None
            response = replace(
                last.response,
                status_code=dice.choice((200, 206, 401, 404, 429, 500)),
                headers=tuple(pair for pair in last.response.headers if dice.random() > 0.2),
                json_paths=tuple(path for path in last.response.json_paths if dice.random() > 0.2),
            )
            seen[at] = replace(one, exchanges=(*one.exchanges[:-1], replace(last, response=response)))
    targets = evidence.targets
    if dice.random() < 0.3:
        targets = tuple(replace(one, ids=(("job_id", f"task_{dice.random()}"),)) for one in targets)
    limits = replace(evidence.limits, retries=dice.randrange(3))
    probes = [one for one in evidence.probes if dice.random() > 0.05]
    known = {one.id for one in probes}
    return judge(
        replace(
            evidence,
            targets=targets,
            limits=limits,
            probes=tuple(one for one in probes if {*one.depends_on, one.of} - {None} <= known),
            observations=tuple(one for one in seen if one.probe_id in known),
        ),
        report.generated_at,
    )


@pytest.mark.parametrize("seed", range(12))
def test_whatever_two_runs_are_each_equals_itself_and_the_comparison_mirrors(good: Scanned, refused: Scanned, seed: int) -> None:
    dice = random.Random(seed)
    one, other = (changed_at_random(dice.choice((good, refused)).report, dice) for _side in range(2))
    for report in (one, other):
        assert difference(report, report).is_empty
    there, back = difference(one, other), difference(other, one)
    assert there.is_empty is back.is_empty
    assert (there.answers, there.working, there.digests) == (back.answers[::-1], back.working[::-1], back.digests[::-1])
    assert (there.findings, there.gone, there.new) == (back.findings[::-1], back.new, back.gone)
    assert {(each.key, each.before, each.after) for each in there.changed} == {
        (each.key, each.after, each.before) for each in back.changed
    }
    mirrored = {"before": "after", "after": "before"}
    assert [(note.code, dict(note.values)) for note in there.asked] == [
        (note.code, {mirrored.get(name, name): value for name, value in note.values}) for note in back.asked
    ]


def test_the_same_order_has_one_digest_of_its_plan_whatever_the_service_said(good: Scanned, refused: Scanned) -> None:
    url = good.evidence.targets[0].base_url
    there = replace(refused.evidence, targets=tuple(replace(one, base_url=url) for one in refused.evidence.targets))
    planned, sent = (dict(digests(good.evidence))[name] for name in ("planned", "executed"))
    assert dict(digests(there))["planned"] == planned
    assert dict(digests(there))["executed"] != sent
    narrowed = replace(good.evidence, probes=good.evidence.probes[1:])
    found = difference(good.report, replace(good.report, evidence=narrowed))
    assert [note.code for note in found.asked] == ["diff-plan"]
    assert text(found).splitlines()[1].startswith("! The scans planned different requests")
    stored = json.loads(write_reports(good.scan.folder, good.report, ["json"], good.scan.redactor)[-1].read_text())
    assert dict(stored["digests"]) == dict(digests(good.evidence))


def test_a_target_of_a_run_is_compared_by_itself(good: Scanned) -> None:
    assert difference(of_target(good.report, "lab"), good.report).is_empty
    assert not of_target(good.report, "nobody").evidence.probes


def test_a_screen_is_never_wider_than_the_terminal(good: Scanned, refused: Scanned, tmp_path: Path) -> None:
    lines = text(difference(good.report, refused.report), width=80).split("\n")
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 40
