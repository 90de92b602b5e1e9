"""The route is right: is it the id, the job, the date, or the kind that was switched off?"""

from __future__ import annotations

from datetime import date

import pytest

from probe.diagnoses import remedy, summary
from probe.frozen import replace
from probe.model import CaptureRule, Confidence, JsonPath, Lifecycle, Outcome, Role, Stage
from probe.verdict import judge
from tests.factories import GENERATION, NOW, SOURCE, artefact, route_404
from tests.verdict.cases import (
    CONTENT_VIDEO,
    ENDPOINTS,
    FILE,
    JOB,
    KINDS,
    METADATA,
    OPENAI_VIDEO,
    ROUTE_404,
    SAYS_MOVED,
    SORA1_JOB,
    ask,
    error,
    json_answer,
    link,
    plain,
    report,
    scan,
    seen,
    verdict,
)

PAST, FUTURE = str(int(NOW.timestamp()) - 3600), str(int(NOW.timestamp()) + 3600)


def job(*values: tuple[str, str], **changes: object) -> tuple[object, object]:
    return seen(ask(SORA1_JOB), json_answer(("$.id", JOB), ("$.generations[0].id", GENERATION), *values), **changes)


def test_a_bogus_id_with_the_same_answer_makes_an_unknown_id_sure() -> None:
    found = verdict(SAYS_MOVED, bogus_route=ROUTE_404, bogus_id=error(404, "Video with id 'gen_000000' not found.", "NotFound"))
    assert (found.code, found.confidence) == ("id-unknown", Confidence.HIGH)
    assert {"control.bogus_id", "control.bogus_route"} <= set(found.cites)


@pytest.mark.parametrize(
    ("of", "right"),
    [
        (ask(CONTENT_VIDEO, ids=(("generation_id", JOB),)), "/jobs/" + JOB),
        (ask(OPENAI_VIDEO, at="self", ids=(("video_id", GENERATION),)), GENERATION + "/content/video"),
        (ask(FILE, ids=(("file_id", "cfile_68f10c54287"),)), "/containers/{container_id}/files/cfile_68f10c54287/content"),
        (
            ask(endpoint="", ids=(), url="https://contoso.openai.azure.com/openai/v1/videos/gen_01k74fce/content"),
            "gen_01k74fce/content/video",
        ),
    ],
)
def test_the_prefix_of_an_id_names_its_family_and_its_route(of: object, right: str) -> None:
    found = verdict(error(404, "The requested object was not found", "NotFound"), of=of)
    assert (found.code, found.outcome) == ("id-of-other-family", Outcome.NOT_FOUND)
    assert right in remedy(found)


@pytest.mark.parametrize("state", [("$.status", "running"), ("$.expires_at", PAST)])
def test_the_state_of_a_job_does_not_excuse_its_id_in_the_wrong_place(state: tuple[str, str]) -> None:
    of = ask(CONTENT_VIDEO, ids=(("generation_id", JOB),))
    assert verdict(SAYS_MOVED, job(state), of=of).code == "id-of-other-family"


def test_an_unknown_route_with_a_foreign_id_stays_an_unknown_route_with_a_hint() -> None:
    of = ask(endpoint="", ids=(), url="https://contoso.openai.azure.com/openai/v1/videos/gen_01k74fce/content")
    found = verdict(ROUTE_404, of=of)
    assert (found.code, "gen_01k74fce" in remedy(found)) == ("azure-route-unknown", True)


def test_an_id_that_another_target_serves_was_made_there() -> None:
    there = seen(ask(FILE, at="self"), json_answer(("$.id", "file-4a5b6c7d8e")))
    found = verdict(error(404, "No such File object", None), there, of=ask(FILE))
    assert (found.code, "localhost:8000 does" in summary(found)) == ("id-of-other-base", True)


def test_an_object_that_metadata_knows_is_not_called_unknown() -> None:
    metadata = seen(ask(METADATA), json_answer(("$.id", GENERATION)))
    assert verdict(SAYS_MOVED, metadata).code == "content-not-here"


def test_containers_of_projects_are_named_in_the_remedy() -> None:
    of = ask(
        endpoint="",
        ids=(("container_id", "cntr_123456789"),),
        url="https://contoso.openai.azure.com/openai/v1/containers/cntr_123456789/files",
    )
    assert "/api/projects/NAME" in remedy(verdict(error(404, "Container with id 'cntr_123456789' not found."), of=of))


def test_an_expiry_that_another_answer_names_explains_the_404() -> None:
    found = verdict(SAYS_MOVED, job(("$.status", "succeeded"), ("$.expires_at", PAST)))
    assert (found.code, found.outcome, found.confidence) == ("artefact-expired", Outcome.EXPIRED, Confidence.HIGH)
    assert "2026-11-20 13:03 UTC" in summary(found)


def test_an_expiry_in_the_future_explains_nothing() -> None:
    assert verdict(SAYS_MOVED, job(("$.status", "succeeded"), ("$.expires_at", FUTURE))).code != "artefact-expired"


def test_an_expiry_of_another_item_of_a_listing_explains_nothing() -> None:
    listing = seen(
        ask(
            METADATA, role=Role.LIST, ids=(), id="contoso/list", url="https://contoso.openai.azure.com/openai/v1/video/generations"
        ),
        json_answer(("$.data[0].id", "gen_other"), ("$.data[0].expires_at", PAST)),
    )
    assert verdict(SAYS_MOVED, listing).code == "id-unknown"


def test_an_expired_date_does_not_excuse_an_unknown_route() -> None:
    found = verdict(ROUTE_404, job(("$.status", "succeeded"), ("$.expires_at", PAST)), bogus_route=ROUTE_404)
    assert found.code == "azure-route-unknown"


def test_age_and_usual_lifetime_give_an_estimate() -> None:
    kinds = (replace(artefact(), lifetime=86400.0), *KINDS[1:])
    old = str(int(NOW.timestamp()) - 90000)
    found = report(seen(ask(), SAYS_MOVED), job(("$.created_at", old)), artefacts=kinds).verdicts[0].diagnosis
    assert (found.code, found.confidence) == ("artefact-expired", Confidence.MEDIUM)


@pytest.mark.parametrize("word", ["queued", "preprocessing", "running", "in_progress", "InProgress", "notRunning", "Validating"])
def test_pending_words_of_every_service(word: str) -> None:
    found = verdict(json_answer(("$.id", JOB), ("$.status", word)), of=ask(SORA1_JOB))
    assert (found.code, found.outcome) == ("job-pending", Outcome.PENDING)
    assert word in summary(found)


def test_content_of_a_pending_job_is_pending() -> None:
    assert verdict(SAYS_MOVED, job(("$.status", "running"))).code == "job-pending"
    assert verdict(plain(202)).code == "job-pending"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((("$.status", "failed"), ("$.failure_reason", "internal_error")), "job-failed"),
        ((("$.status", "failed"), ("$.failure_reason", "input_moderation")), "job-moderated"),
        ((("$.status", "failed"), ("$.error.code", "moderation_blocked")), "job-moderated"),
        ((("$.status", "canceled"),), "job-cancelled"),
    ],
)
def test_jobs_that_ended_badly(values: tuple[tuple[str, str], ...], expected: str) -> None:
    found = verdict(json_answer(("$.id", JOB), *values), of=ask(SORA1_JOB))
    assert (found.code, found.outcome) == (expected, Outcome.NOT_FOUND)


def test_a_failed_job_with_its_error_in_the_body_is_a_failed_job_and_no_hidden_error() -> None:
    answer = json_answer(
        ("$.status", "failed"),
        error_code="moderation_blocked",
        error_message="Your request was blocked by our moderation system.",
        error_shape="azure",
    )
    assert verdict(answer, of=ask(SORA1_JOB)).code == "job-moderated"


def test_a_ready_job_with_an_empty_list_made_nothing() -> None:
    status = replace(SORA1_JOB, captures=(CaptureRule("generation_id", ("$.generations[*].id",)),))
    answer = json_answer(("$.status", "succeeded"), json_paths=(JsonPath("$.status", "string"), JsonPath("$.generations", "array")))
    found = report(seen(ask(status), answer), endpoints=(*ENDPOINTS, status)).verdicts[0].diagnosis
    assert (found.code, "$.generations is empty" in summary(found)) == ("job-empty", True)


def test_a_ready_job_with_a_link_is_a_link() -> None:
    answer = json_answer(("$.status", "succeeded"), links=(link("https://x.blob.core.windows.net/a"),))
    assert verdict(answer, of=ask(SORA1_JOB)).code == "link-found"


def test_a_container_that_is_idle_too_long_is_expired() -> None:
    found = verdict(error(404, "Container is expired.", None))
    assert found.code == "artefact-expired"
    state = verdict(json_answer(("$.status", "expired")), of=ask(SORA1_JOB))
    assert (state.code, state.outcome) == ("artefact-expired", Outcome.EXPIRED)


def test_410_on_a_kind_that_is_listed_as_retired_is_its_end() -> None:
    found = verdict(plain(410), of=ask(OPENAI_VIDEO, at="openai"))
    assert (found.code, found.outcome, found.confidence) == ("kind-retired", Outcome.RETIRED, Confidence.HIGH)
    assert "2026-09-24" in summary(found)


def test_a_date_alone_is_no_proof_of_retirement() -> None:
    answer = error(404, "Invalid URL (GET /v1/videos/x/content)")
    assert verdict(answer, of=ask(OPENAI_VIDEO, at="openai")).code == "openai-route-unknown"


def test_a_documented_route_that_is_unknown_after_its_date_on_a_right_host_is_retired() -> None:
    answer = error(404, "Invalid URL (GET /v1/videos/x/content)")
    found = verdict(answer, of=ask(OPENAI_VIDEO, at="openai"), models=json_answer(("$.data[0].id", "gpt-5")))
    assert (found.code, found.confidence) == ("kind-retired", Confidence.MEDIUM)
    assert SOURCE.at in summary(found)


def test_a_kind_whose_date_is_to_come_is_not_retired() -> None:
    life = Lifecycle(Stage.RETIRED, date(2027, 1, 1))
    kinds = (KINDS[0], KINDS[1], replace(KINDS[2], lifecycle=life))
    found = report(seen(ask(OPENAI_VIDEO, at="openai"), plain(410)), artefacts=kinds).verdicts[0].diagnosis
    assert found.code == "artefact-expired"


def test_a_saved_run_is_judged_the_same_a_year_later() -> None:
    evidence = scan(seen(ask(), SAYS_MOVED), job(("$.status", "succeeded"), ("$.expires_at", FUTURE)))
    later = NOW.replace(year=2027)
    assert judge(evidence, NOW).verdicts == judge(evidence, later).verdicts


def test_a_malformed_id_is_told_from_a_foreign_one() -> None:
    assert verdict(error(400, "Invalid id: not a valid uuid", None)).code == "id-malformed"
    of = ask(FILE, ids=(("file_id", "cfile_68f10c54287"),))
    assert (
        verdict(error(400, "Invalid 'file_id': 'cfile_1'. Expected an ID that begins with 'file'."), of=of).code
        == "id-of-other-family"
    )


def test_the_routers_404_is_the_same_in_all_its_wrappings() -> None:
    for code in ("404", "NotFound"):
        assert verdict(route_404(error_code=code, error_shape="flat")).code == "azure-route-unknown"
