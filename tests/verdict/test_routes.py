"""A 404 has many causes: route, api-version, host, prefix, method; controls and other answers tell them apart."""

from __future__ import annotations

import pytest

from probe.diagnoses import remedy, summary
from probe.model import Confidence, Control, JsonPath, Outcome, Response
from tests.each import each
from tests.factories import AZURE, GENERATION, mp4_response
from tests.verdict.cases import (
    CLASSIC,
    CONTENT,
    CONTENT_VIDEO,
    FILE,
    HEAD,
    METADATA,
    OPENAI_VIDEO,
    ROUTE_404,
    ask,
    beside,
    error,
    json_answer,
    plain,
    report,
    seen,
    verdict,
)

VERSION_400 = error(400, "API version not supported", "BadRequest")
UNSEEN_SERVERS: list[tuple[Response, Response]] = [
    (
        plain(404, sniffed_type="text/html", title="Error", body_size=180),
        plain(404, sniffed_type="text/html", title="Error", body_size=160),
    ),
    (
        plain(404, sniffed_type="text/html", title="404 Not Found", body_size=153),
        plain(404, sniffed_type="text/html", title="404 Not Found", body_size=153),
    ),
    (
        error(
            404,
            "Route not resolved, no path matched",
            None,
            kind="https://stoplight.io/prism/errors#NO_PATH_MATCHED_ERROR",
            shape="fastapi",
        ),
        error(
            404,
            "Route not resolved, no path matched",
            None,
            kind="https://stoplight.io/prism/errors#NO_PATH_MATCHED_ERROR",
            shape="fastapi",
        ),
    ),
    (error(404, "Not Found", shape="fastapi"), error(404, "Not Found", shape="fastapi")),
    (error(404, "Cannot GET /openai/v1/a", shape=""), error(404, "Cannot GET /openai/v1/4f3a9c", shape="")),
    (
        error(404, "no Route matched with those values", shape="flat"),
        error(404, "no Route matched with those values", shape="flat"),
    ),
    (
        error(404, "path 'a/b' unknown (request 8f0a11b2c3)", shape="flat"),
        error(404, "path 'c/d' unknown (request 77aa11b2c3)", shape="flat"),
    ),
    (plain(404, json_paths=(JsonPath("$.x", "string"),)), plain(404, json_paths=(JsonPath("$.x", "string"),))),
    (plain(404), plain(404)),
    (plain(405), plain(405)),
]


def test_azures_404_with_the_same_answer_to_a_nonsense_path_is_surely_an_unknown_route() -> None:
    found = verdict(ROUTE_404, of=ask(CONTENT), bogus_route=ROUTE_404)
    assert (found.code, found.outcome, found.confidence) == ("azure-route-unknown", Outcome.NOT_FOUND, Confidence.HIGH)
    assert "control.bogus_route" in found.cites
    assert remedy(found) == "Use GET /openai/v1/video/generations/{generation_id}/content/video."


def test_without_the_control_the_vendors_exact_words_are_worth_medium_confidence() -> None:
    found = verdict(ROUTE_404, of=ask(CONTENT))
    assert (found.code, found.confidence) == ("azure-route-unknown", Confidence.MEDIUM)


@each(UNSEEN_SERVERS)
def test_servers_that_nobody_has_seen_are_understood_by_the_control(answer: Response, nonsense: Response) -> None:
    found = verdict(answer, of=ask(CONTENT), bogus_route=nonsense)
    assert found.code == "route-unknown"
    assert found.confidence is Confidence.HIGH or "id-unknown" in found.alternatives


@pytest.mark.parametrize(
    ("bogus_id", "expected"),
    [
        (error(404, "Not Found", shape="fastapi"), ("content-not-here", Confidence.MEDIUM)),
        (error(404, "Video job not found", shape="fastapi"), ("route-unknown", Confidence.HIGH)),
    ],
)
def test_a_made_up_path_proves_a_route_unknown_only_where_unknown_ids_look_different(
    bogus_id: Response, expected: tuple[str, Confidence]
) -> None:
    answer = error(404, "Not Found", shape="fastapi")
    good = seen(ask(METADATA), json_answer(("$.id", GENERATION)))
    found = verdict(answer, good, beside(ask(METADATA), Control.BOGUS_ID, bogus_id), of=ask(CONTENT), bogus_route=answer)
    assert (found.code, found.confidence) == expected


def test_an_id_from_the_list_on_the_same_route_tells_route_and_id_apart() -> None:
    answer = error(404, "Not Found", shape="fastapi")
    listed = beside(ask(CONTENT), Control.LISTED_ID, json_answer(("$.id", "gen_other")))
    assert verdict(answer, listed, of=ask(CONTENT), bogus_route=answer).code == "id-unknown"
    same = beside(ask(CONTENT), Control.LISTED_ID, answer)
    found = verdict(answer, same, of=ask(CONTENT), bogus_route=answer)
    assert (found.code, found.confidence) == ("route-unknown", Confidence.HIGH)


@pytest.mark.parametrize(
    "answer", [plain(404), error(404, "Not Found", shape="fastapi"), plain(404, sniffed_type="text/html", title="404")]
)
def test_a_404_without_words_and_control_stays_unclear(answer: Response) -> None:
    found = verdict(answer)
    assert (found.code, found.confidence) == ("not-found-unclear", Confidence.LOW)


def test_a_404_that_differs_from_the_nonsense_path_is_about_the_id() -> None:
    found = verdict(plain(404, body_size=40, sniffed_type="application/json"), bogus_route=ROUTE_404)
    assert (found.code, found.outcome) == ("id-unknown", Outcome.NOT_FOUND)


def test_a_nonsense_path_that_was_denied_says_nothing() -> None:
    assert verdict(plain(404), bogus_route=plain(401)).code == "not-found-unclear"


def test_the_same_path_at_another_version_shows_that_the_version_is_the_fault() -> None:
    good = seen(ask(CONTENT_VIDEO), mp4_response())
    found = verdict(ROUTE_404, good, of=ask(CONTENT_VIDEO, api_version="2024-10-01"), bogus_route=ROUTE_404)
    assert (found.code, found.confidence) == ("azure-api-version-unknown", Confidence.HIGH)
    assert "control-plane" in summary(found)
    assert remedy(found) == "Use api-version=preview."


def test_the_same_path_without_a_version_shows_that_it_is_missing() -> None:
    good = seen(ask(CONTENT_VIDEO), mp4_response())
    found = verdict(ROUTE_404, good, of=ask(CONTENT_VIDEO, api_version=None), bogus_route=ROUTE_404)
    assert (found.code, found.confidence) == ("azure-api-version-missing", Confidence.HIGH)


def test_a_classic_path_without_a_version_lacks_it() -> None:
    found = verdict(ROUTE_404, of=ask(CLASSIC, api_version=None))
    assert (found.code, found.confidence) == ("azure-api-version-missing", Confidence.MEDIUM)


def test_a_version_that_works_elsewhere_on_the_surface_lacks_this_route_only() -> None:
    good = seen(ask(CONTENT_VIDEO), mp4_response())
    metadata = seen(ask(METADATA, api_version="v1"), json_answer(("$.id", GENERATION)))
    found = verdict(ROUTE_404, good, metadata, of=ask(CONTENT_VIDEO, api_version="v1"))
    assert (found.code, found.confidence) == ("route-unknown-at-version", Confidence.HIGH)


def test_a_wrong_version_on_a_wrong_route_is_called_a_wrong_route_and_both_are_said() -> None:
    metadata = seen(ask(METADATA), json_answer(("$.id", GENERATION)))
    at_preview = seen(ask(CONTENT), ROUTE_404)
    found = verdict(
        ROUTE_404, metadata, at_preview, of=ask(CONTENT, api_version="2024-10-01"), bogus_route=ROUTE_404, bogus_version=ROUTE_404
    )
    assert found.code == "azure-route-unknown"
    assert "a control-plane (ARM) version" in summary(found)


def test_a_bogus_version_with_the_same_404_points_at_an_unpublished_version() -> None:
    found = verdict(ROUTE_404, of=ask(CLASSIC, api_version="2024-10-01"), bogus_route=ROUTE_404, bogus_version=ROUTE_404)
    assert found.code == "azure-api-version-unknown"


def test_a_surface_that_names_unknown_versions_with_400_clears_the_version() -> None:
    found = verdict(ROUTE_404, of=ask(CLASSIC, api_version="2024-10-01"), bogus_route=ROUTE_404, bogus_version=VERSION_400)
    assert found.code == "azure-route-unknown"


def test_words_about_an_unsupported_version_where_none_was_sent_mean_a_missing_one() -> None:
    assert verdict(VERSION_400, of=ask(CONTENT_VIDEO, api_version=None)).code == "azure-api-version-missing"


@pytest.mark.parametrize(
    "path", ["/openai/openai/v1/videos/x", "/openai/v1/openai/v1/videos/x", "/v1/v1/videos", "/openai/v1/v1/videos"]
)
def test_a_doubled_prefix_is_seen_in_the_path(path: str) -> None:
    found = verdict(ROUTE_404, of=ask(url=AZURE + path + "?api-version=preview"), bogus_route=ROUTE_404)
    assert found.code == "doubled-openai"


def test_a_missing_prefix_is_seen_on_azures_own_hosts_only() -> None:
    assert verdict(ROUTE_404, of=ask(url=AZURE + "/v1/videos/video_1/content")).code == "missing-openai"
    gateway = ask(url="https://contoso.azure-api.net/v1/videos/video_1/content")
    assert verdict(ROUTE_404, of=gateway).code == "azure-route-unknown"


def test_a_deployment_segment_before_files_is_named_in_the_remedy() -> None:
    of = ask(
        FILE,
        url=AZURE + "/openai/deployments/x/files/file-4a5b6c7d8e/content?api-version=2024-10-21",
        endpoint="",
        api_version="2024-10-21",
    )
    assert "Remove /deployments/NAME" in remedy(verdict(ROUTE_404, of=of))


def test_a_405_that_nonsense_does_not_get_is_a_wrong_method() -> None:
    answer = plain(405, headers=(("Allow", "POST"),))
    found = verdict(answer, bogus_route=ROUTE_404)
    assert (found.code, "it accepts POST" in summary(found)) == ("method-not-allowed", True)


def test_azure_words_on_an_openai_target_are_still_openais_when_the_url_is_invalid() -> None:
    answer = error(404, "Invalid URL (GET /v1/video/generations/x)", kind="invalid_request_error")
    found = verdict(
        answer,
        of=ask(OPENAI_VIDEO, at="openai"),
        bogus_route=error(404, "Invalid URL (GET /v1/9c2e)", kind="invalid_request_error"),
    )
    assert (found.code, found.confidence) == ("openai-route-unknown", Confidence.HIGH)


def test_a_route_that_answers_for_another_id_exists_although_its_404_looks_like_the_routers() -> None:
    other = seen(ask(FILE, ids=(("file_id", "file-other00000"),), id="contoso/other"), json_answer(("$.x", "1")))
    found = verdict(
        error(404, "Not Found", shape="fastapi"), other, of=ask(FILE), bogus_route=error(404, "Not Found", shape="fastapi")
    )
    assert found.code == "id-unknown"


def test_head_never_decides() -> None:
    refused = report(seen(ask(HEAD, method="HEAD"), plain(404)), seen(ask(), mp4_response()))
    assert (refused.verdicts[0].diagnosis.code, refused.answer.value) == ("head-refused", "works")
    answered = verdict(plain(200, headers=(("content-length", "4200000"),)), of=ask(HEAD, method="HEAD"))
    assert (answered.code, answered.outcome) == ("head-answered", Outcome.METADATA_ONLY)
