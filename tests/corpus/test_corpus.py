"""Recorded answers of real services are judged right, and none is called working that is not."""

from __future__ import annotations

from collections import Counter

import pytest

from probe.diagnoses import DIAGNOSES, summary
from probe.model import Diagnosis, Outcome, Verdict
from tests.corpus.replay import Case, cases, recorded
from tests.each import each

CASES = cases()


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    found = recorded().items()
    return {name: next(one for one in report.verdicts if one.probe_id == probe_id) for name, (report, probe_id) in found}


@pytest.fixture(scope="module")
def judged(verdicts: dict[str, Verdict]) -> dict[str, Diagnosis]:
    return {name: one.diagnosis for name, one in verdicts.items()}


def calibration(judged: dict[str, Diagnosis]) -> list[tuple[str, int, int]]:
    """How often each level of confidence was given, and how often the cause was right then."""
    given: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for case in CASES:
        level = judged[case.name].confidence.value
        given[level] += 1
        right[level] += judged[case.name].code in case.codes
    return [(level, count, right[level]) for level, count in sorted(given.items())]


@pytest.mark.xdist_group("corpus")
def test_every_recorded_answer_is_judged_right(judged: dict[str, Diagnosis], capsys: pytest.CaptureFixture[str]) -> None:
    table = Counter((case.outcome, judged[case.name].outcome.value) for case in CASES)
    with capsys.disabled():
        print("\nexpected -> judged (recorded answers)")
        for (expected, got), count in sorted(table.items()):
            print(f"  {expected:14} -> {got:14} {count:4}{'' if expected == got else '   WRONG'}")
        print("\nconfidence, and how often it was right")
        for level, count, right in calibration(judged):
            print(f"  {level:8} {right:4} of {count:4}  {right / count:.1%}")
    wrong = []
    for case in CASES:
        got = judged[case.name]
        if got.outcome.value != case.outcome or got.code not in case.codes:
            wrong.append(
                f"{case.family}/{case.name}: {got.outcome} {got.code}, expected {case.outcome} {case.codes}: {summary(got)}"
            )
    assert not wrong, f"{len(wrong)} of {len(CASES)}:\n" + "\n".join(wrong)


@pytest.mark.xdist_group("corpus")
def test_who_answered_and_who_must_act_is_said_right(verdicts: dict[str, Verdict]) -> None:
    wrong = []
    for case in CASES:
        for field in ("owner", "answered_by"):
            expected, got = case.entry["expect"].get(field), getattr(verdicts[case.name], field)
            if expected is not None and got != expected:
                wrong.append(f"{case.name}: {field} {got}, expected {expected}")
    assert wrong == []


@pytest.mark.xdist_group("corpus")
def test_nothing_is_called_working_that_is_not(judged: dict[str, Diagnosis]) -> None:
    false = [case.name for case in CASES if judged[case.name].outcome is Outcome.WORKS and case.outcome != "works"]
    assert false == []


def test_there_are_enough_cases_each_with_its_source() -> None:
    assert len(CASES) >= 120
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(len(str(case.entry["source"])) > 5 for case in CASES)
    assert {code for case in CASES for code in case.codes} <= DIAGNOSES.keys()


@each(sorted({case.outcome for case in CASES}))
def test_expected_outcomes_are_outcomes(outcome: str) -> None:
    assert outcome in list(Outcome)
    assert any(isinstance(case, Case) and case.outcome == outcome for case in CASES)
