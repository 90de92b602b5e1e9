"""The shared view: order, short routes, groups, what was not tried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from probe.frozen import replace
from probe.model import AuthForm, Credential, CredentialKind, Diagnosis, Finding, Observation, Outcome, Skipped, Verdict
from probe.view.page import ORDER, View
from probe.view.words import outcome_labels, size_text, split_url, utc
from tests import factories as make
from tests.formats.rich import CONTENT, CONTENT_VIDEO, FILE_CONTENT, GENERATION, VIDEOS, rich_report


@pytest.fixture
def view() -> View:
    return View(rich_report())


def test_working_routes_come_first_and_their_wrong_guesses_right_below(view: View) -> None:
    assert [(row.endpoint.id if row.endpoint else "", row.outcome) for row in view.rows[:5]] == [
        (CONTENT_VIDEO.id, Outcome.WORKS),
        (CONTENT_VIDEO.id, Outcome.WORKS),
        (CONTENT.id, Outcome.NOT_FOUND),
        (CONTENT.id, Outcome.NOT_FOUND),
        (CONTENT.id, Outcome.NOT_FOUND),
    ]


def test_then_outcomes_follow_by_what_helps_most_and_controls_are_last(view: View) -> None:
    places = [ORDER.index(row.outcome) for row in view.rows[5:] if row.outcome]
    assert places == sorted(places)
    assert view.rows[-1].is_control
    assert view.rows[-1].outcome is None


def test_every_probe_has_one_row(view: View) -> None:
    assert sorted(row.probe.id for row in view.rows) == sorted(one.id for one in view.evidence.probes)


def test_a_customers_own_url_comes_before_other_failures() -> None:
    report = rich_report()
    view = View(
        replace(report, working=(), verdicts=tuple(one for one in report.verdicts if one.diagnosis.outcome is not Outcome.WORKS))
    )
    assert view.rows[0] is view.failing


def test_order_names_every_outcome_once_and_every_outcome_has_a_label() -> None:
    assert sorted(ORDER) == sorted(Outcome)
    assert set(outcome_labels()) == set(Outcome)


def test_routes_are_the_whole_real_paths_of_the_requests(view: View) -> None:
    routes = {row.endpoint.id: row.route for row in view.sent if row.endpoint}
    assert routes[CONTENT_VIDEO.id] == f"/openai/v1/video/generations/{GENERATION}/content/video"
    assert routes[VIDEOS.id] == f"/openai/v1/videos/{GENERATION}/content"
    assert view.by_id["mirror/generic.sora.status@none"].route.startswith("/api/status/task_")


def test_the_same_request_with_another_form_of_the_credential_is_told_apart(view: View) -> None:
    requests = [(row.request, row.api_version) for row in view.candidates if row.endpoint and row.endpoint.id == FILE_CONTENT.id]
    assert len(set(requests)) == len(requests)


def test_what_decides_is_never_among_the_hidden_rows() -> None:
    """An expired download was once hidden behind twelve answers that only hold metadata."""
    report = rich_report()
    [expired] = [one.probe_id for one in report.verdicts if one.diagnosis.outcome is Outcome.EXPIRED]
    view = View(replace(report, working=(), decisive=(expired,)))
    assert expired in [row.probe.id for row in view.telling]
    assert {row.probe.id for row in view.telling} | {row.probe.id for row in view.untold} == {row.probe.id for row in view.sent}
    assert {row.diagnosis.code for row in view.sent if row.diagnosis} == {
        row.diagnosis.code for row in view.telling if row.diagnosis
    }


def test_route_of_a_link_is_its_url_without_the_query(view: View) -> None:
    [row] = [row for row in view.rows if row.outcome is Outcome.LINK]
    assert row.route == "https://store.blob.core.windows.net/private/images/1/generated_00.png"


def test_failures_with_the_same_cause_are_one_group(view: View) -> None:
    [group] = [group for group in view.groups if group.diagnosis.code == "azure-route-unknown"]
    assert group.count == 4
    assert group.api_versions == ("preview", "none", "2024-10-01", "2025-03-01-preview")
    assert len(group.routes) == 2
    assert sum(group.count for group in view.groups) == 11


def test_what_was_not_tried_is_said_once_with_its_reason() -> None:
    report = rich_report()
    probe = make.probe(id="contoso/x@none")
    evidence = replace(
        report.evidence,
        probes=(*report.evidence.probes, probe),
        observations=(*report.evidence.observations, Observation(probe.id, skip_reason="the budget was used up")),
        skipped=(*report.evidence.skipped, Skipped("contoso/y@none", "y", "contoso", "the budget was used up")),
    )
    not_tried = View(replace(report, evidence=evidence)).not_tried
    assert [(reason, [one.probe_id for one in ones]) for reason, ones in not_tried] == [
        ("the budget was used up", ["contoso/y@none", "contoso/x@none"]),
        ("needs video_id, which nobody gave and no answer held", ["contoso/azure.sora2.content@v1"]),
    ]


def test_timeline_holds_every_attempt_in_order_of_time(view: View) -> None:
    assert len(view.timeline) == view.request_count == 20
    times = [exchange.started_at for _row, exchange in view.timeline]
    assert times == sorted(times)


def test_without_a_working_route_the_first_link_is_chosen() -> None:
    report = rich_report()
    chosen = View(replace(report, working=())).chosen
    assert chosen is not None
    assert chosen.outcome is Outcome.LINK
    assert View(replace(report, working=(), verdicts=())).chosen is None


def test_the_credential_of_a_row_is_the_one_its_auth_form_takes() -> None:
    key, token = Credential("KEY", CredentialKind.KEY), Credential("TOKEN", CredentialKind.ENTRA_TOKEN)
    probes = [make.probe(id=form.value, auth=form) for form in (AuthForm.API_KEY, AuthForm.ENTRA, AuthForm.BEARER, AuthForm.NONE)]
    evidence = make.evidence(probes=tuple(probes), targets=(make.target(credentials=(token, key)),))
    view = View(replace(rich_report(), evidence=evidence))
    assert [view.by_id[one.id].credential for one in probes] == [key, token, key, None]


@pytest.mark.parametrize(("days", "is_old"), [(180, False), (181, True)])
def test_catalogue_is_old_after_180_days(days: int, is_old: bool) -> None:
    report = rich_report()
    evidence = replace(report.evidence, catalogue_updated=report.generated_at.date() - timedelta(days=days))
    assert View(replace(report, evidence=evidence)).is_catalogue_old is is_old


def test_a_report_about_nothing_has_empty_lists() -> None:
    report = replace(rich_report(), evidence=make.evidence(), verdicts=(), working=("gone",), failing_url_probe="gone")
    view = View(report)
    assert (view.rows, view.groups, view.not_tried, view.timeline, view.chosen, view.failing) == ((), (), (), (), None, None)


def test_our_own_fault_is_a_failure_and_not_something_untried() -> None:
    probe = make.probe()
    bug = make.worded("probe-bug", Outcome.PROBE_BUG, "KeyError in probe")
    evidence = make.evidence((probe, Observation(probe.id, bug="KeyError: 'x'")))
    view = View(replace(rich_report(), evidence=evidence, verdicts=(Verdict(probe.id, bug),)))
    assert [group.diagnosis for group in view.groups] == [bug]
    assert view.not_tried == ()


def test_unknown_size_of_a_cut_body_is_not_claimed() -> None:
    probe = make.probe()
    answer = make.mp4_response(total_size=None)
    view = View(replace(rich_report(), evidence=make.evidence((probe, make.observation(probe, answer)))))
    assert view.by_id[probe.id].size is None


def test_numbers_and_times_are_written_for_people() -> None:
    assert [size_text(size) for size in (None, 0, 999, 1000, 4_200_000, 5 * 10**12)] == [
        "",
        "0 B",
        "999 B",
        "1.0 kB",
        "4.2 MB",
        "5.0 TB",
    ]
    paris = datetime(2026, 11, 20, 15, 3, 11, 5000, tzinfo=timezone(timedelta(hours=1)))
    assert utc(paris) == "2026-11-20T14:03:11Z"
    assert utc(paris, is_precise=True) == "2026-11-20T14:03:11.005Z"
    assert utc(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
    assert split_url("http://[").path == "http://["


@pytest.mark.parametrize(
    ("outcome", "code", "values", "finding", "is_shown"),
    [
        (Outcome.DENIED, "azure-key-wrong", {}, "denied-everywhere", False),
        (Outcome.NOT_FOUND, "azure-route-unknown", {}, "denied-everywhere", True),
        (Outcome.INCONCLUSIVE, "catch-all-gateway", {}, "answers-everything", False),
        (Outcome.PENDING, "job-pending", {}, "content-routes-unknown", False),
        (Outcome.NOT_FOUND, "azure-route-unknown", {}, "content-routes-unknown", True),
        (Outcome.EXPIRED, "artefact-expired", {"when": "2026-11-26 12:09 UTC"}, "kind-past-its-date", False),
        (Outcome.EXPIRED, "artefact-expired", {}, "kind-past-its-date", True),
        (Outcome.NOT_FOUND, "job-failed", {}, "kind-past-its-date", False),
        (Outcome.SERVER_ERROR, "gateway-error", {}, "kind-past-its-date", False),
        (Outcome.WORKS, "download-proved", {}, "kind-past-its-date", False),
        (Outcome.WORKS, "download-proved", {}, "clock-skew", True),
    ],
)
def test_a_remark_is_made_only_where_the_head_leaves_it_open(
    outcome: Outcome, code: str, values: dict[str, str], finding: str, *, is_shown: bool
) -> None:
    probe, kind = make.probe(), make.artefact()
    evidence = make.evidence((probe, make.observation(probe, make.response(404))), endpoints=(make.endpoint(),), artefacts=(kind,))
    verdict = Verdict(probe.id, Diagnosis(code, outcome, tuple(values.items())))
    found = Finding(finding, (("title", kind.title),))
    view = View(replace(rich_report(), evidence=evidence, verdicts=(verdict,), decisive=(probe.id,), working=(), findings=(found,)))
    assert view.remarks == ((found,) if is_shown else ())
