from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.frozen import replace
from probe.model import Control, Diagnosis, Observation, Probe
from probe.verdict import Judge, diagnose, judge, wanted
from probe.verdict.behind import speaks_of_credentials
from probe.verdict.case import Case, ScanFacts
from probe.verdict.cases import Cases
from probe.verdict.controls import DOUBT_THE_KEY, ROUTE_OR_ID, wanted_by
from probe.verdict.jobs import speaks_of_moderation
from tests.factories import NOW, mp4_response
from tests.verdict.cases import ROUTE_404, ask, beside, scan, seen
from tests.verdict.test_any_answer import pairs


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_judging_round_by_round_comes_to_what_judging_at_the_end_does(given_pairs: tuple[tuple[Probe, Observation], ...]) -> None:
    going_on = Judge()
    for count in range(len(given_pairs) + 1):
        so_far = given_pairs[:count]
        for target in {of.target for of, _observation in so_far}:
            own = scan(*(pair for pair in so_far if pair[0].target == target))
            assert going_on.wanted(own) == wanted(own)
        whole, now = scan(*so_far), NOW + timedelta(days=count)
        assert going_on.judge(whole, now) == judge(whole, now)


@settings(max_examples=40, deadline=None)
@given(pairs().flatmap(lambda found: st.tuples(st.just(found), st.permutations(range(len(found))))))
def test_the_order_in_which_answers_come_changes_no_verdict(
    given_pairs: tuple[tuple[tuple[Probe, Observation], ...], list[int]],
) -> None:
    found, order = given_pairs
    whole, going_on = scan(*found), Judge()
    for count in range(len(order) + 1):
        seen_so_far = {found[at][0].id for at in order[:count]}
        so_far = replace(whole, observations=tuple(one for one in whole.observations if one.probe_id in seen_so_far))
        assert going_on.wanted(so_far) == wanted(so_far)
        assert going_on.judge(so_far, NOW) == judge(so_far, NOW)


def test_what_nothing_new_was_said_about_is_not_diagnosed_again() -> None:
    going_on = Judge()
    mine = [seen(ask(id=f"contoso/{n}", ids=(("generation_id", f"gen_{n:08d}"),)), ROUTE_404) for n in range(3)]
    other = seen(ask(id="openai/x", at="openai"), mp4_response())
    before = going_on.judge(scan(*mine), NOW).verdicts
    after = going_on.judge(scan(*mine, other), NOW).verdicts
    assert [one.diagnosis for one in after[:3]] == [one.diagnosis for one in before]
    assert all(one.diagnosis is same.diagnosis for one, same in zip(after, before, strict=False))
    controlled = going_on.judge(scan(*mine, other, beside(mine[0][0], Control.BOGUS_ROUTE, ROUTE_404)), NOW).verdicts
    assert all(one.diagnosis is not same.diagnosis for one, same in zip(controlled[:3], before, strict=True))
    assert controlled[3].diagnosis is after[3].diagnosis


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_what_a_want_rests_on_shows_before_a_case_is_diagnosed(given_pairs: tuple[tuple[Probe, Observation], ...]) -> None:
    evidence = scan(*given_pairs)
    cases = Cases().of(evidence)
    ScanFacts(evidence, NOW, cases)
    for case, code in ((case, diagnose(case).code) for case in cases):
        assert code != "artefact-embedded" or (case.is_ok and case.response and case.response.embedded)
        assert code not in ROUTE_OR_ID or case.is_route_404 or case.status == 404
        assert code != "route-unknown" or case.is_route_404
        assert code != "job-moderated" or speaks_of_moderation(case)
        assert code not in DOUBT_THE_KEY or speaks_of_credentials(case)


def test_a_round_diagnoses_only_answers_that_may_make_a_request_worth_sending() -> None:
    asked: list[str] = []

    def diagnosed(case: Case) -> Diagnosis:
        asked.append(case.probe.id)
        return diagnose(case)

    unknown = [seen(ask(id=f"contoso/{n}", ids=(("generation_id", f"gen_{n:08d}"),)), ROUTE_404) for n in range(9)]
    nonsense = beside(unknown[0][0], Control.BOGUS_ROUTE, ROUTE_404)
    evidence = scan(*unknown, nonsense, beside(unknown[0][0], Control.MODELS, ROUTE_404))
    assert wanted_by(ScanFacts(evidence, NOW, Cases().of(evidence)), diagnosed) == wanted(evidence)
    assert asked == []
