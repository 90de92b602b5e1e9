"""`works` needs proof from the bytes; everything else with a good status gets its own name."""

from __future__ import annotations

from typing import Any

import pytest

from probe.diagnoses import summary
from probe.frozen import replace
from probe.model import Confidence, Control, Embedded, JsonPath, Outcome, Purpose, Role
from probe.verdict import wanted
from tests.each import each
from tests.factories import GENERATION, mp4_response, response
from tests.verdict.cases import (
    CONTENT,
    CONTENT_VIDEO,
    FILE,
    FILE_KIND,
    LIST,
    METADATA,
    OPENAI_VIDEO,
    ROUTE_404,
    SAYS_MOVED,
    ask,
    beside,
    json_answer,
    link,
    page,
    plain,
    report,
    scan,
    seen,
    verdict,
)


def bytes_answer(sniffed: str | None, size: int = 4096, **changes: Any) -> Any:
    values: dict[str, Any] = {"sniffed_type": sniffed, "media_type": "application/octet-stream", "body_size": size, "headers": ()}
    return response(200, **(values | changes))


def test_an_mp4_by_its_first_bytes_works() -> None:
    found = verdict(mp4_response(), bogus_id=SAYS_MOVED, bogus_route=ROUTE_404)
    assert (found.code, found.outcome, found.confidence) == ("download-proved", Outcome.WORKS, Confidence.HIGH)
    assert "4200000 bytes" in summary(found)
    assert "control.bogus_id" in found.cites


def test_octet_stream_can_be_a_fine_mp4() -> None:
    assert verdict(bytes_answer("video/mp4")).outcome is Outcome.WORKS


@each(
    [
        (mp4_response(sniffed_type=None, body_size=6, total_size=6), "body-too-small"),
        (mp4_response(body_size=40, total_size=40), "body-too-small"),
        (mp4_response(total_size=6), "body-too-small"),
        (mp4_response(sniffed_type=None, body_size=0, total_size=0), "body-empty"),
        (mp4_response(sniffed_type="application/json", json_paths=(JsonPath("$.id", "string"),)), "body-not-artefact"),
        (mp4_response(sniffed_type="application/json", error_message="gone", error_shape="azure"), "error-in-success"),
        (mp4_response(sniffed_type="application/json", json_paths=(JsonPath("$.message", "string"),)), "error-in-success"),
        (
            mp4_response(sniffed_type="application/json", json_paths=(JsonPath("$.message", "string"), JsonPath("$.data", "null"))),
            "error-in-success",
        ),
        (
            mp4_response(sniffed_type="application/json", json_paths=(JsonPath("$.status", "string"), JsonPath("$.error", "null"))),
            "body-not-artefact",
        ),
        (mp4_response(sniffed_type="text/html", title="Login"), "html-instead-of-json"),
        (mp4_response(sniffed_type="text/plain"), "body-unproved"),
        (mp4_response(sniffed_type=None), "body-unproved"),
        (mp4_response(sniffed_type="image/webp"), "body-not-artefact"),
        (plain(204), "body-empty"),
    ]
)
def test_a_claimed_video_whose_bytes_are_none_is_named_by_its_bytes(answer: Any, code: str) -> None:
    found = verdict(answer)
    assert (found.code, found.outcome) == (code, Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("kind", ["bogus_id", "bogus_route"])
def test_the_same_bytes_for_nonsense_withhold_the_proof(kind: str) -> None:
    found = verdict(mp4_response(), **{kind: mp4_response(total_size=99)})
    assert (found.code, found.outcome) == ("catch-all-gateway", Outcome.INCONCLUSIVE)
    assert f"control.{kind}" in found.cites


def test_metadata_that_nonsense_gets_too_is_a_catch_all() -> None:
    answer = json_answer(("$.id", "x"))
    assert verdict(answer, of=ask(METADATA), bogus_route=answer).code == "catch-all-gateway"
    assert verdict(answer, of=ask(METADATA), bogus_route=page(200)).code == "metadata-without-link"


def test_a_page_for_nonsense_does_not_withhold_a_real_video() -> None:
    assert verdict(mp4_response(), bogus_route=page(200, "Home")).outcome is Outcome.WORKS


@pytest.mark.parametrize(
    "sniffed", ["application/pdf", "application/zip", "application/jsonl", "text/csv", "image/png", "application/json"]
)
def test_a_file_of_any_type_needs_a_control_that_got_something_else(sniffed: str) -> None:
    answer = bytes_answer(sniffed, json_paths=(JsonPath("$.custom_id", "string"),) if sniffed == "application/json" else ())
    assert verdict(answer, of=ask(FILE)).code == "download-unconfirmed"
    assert verdict(answer, of=ask(FILE), bogus_id=SAYS_MOVED).outcome is Outcome.WORKS
    assert verdict(answer, of=ask(FILE), bogus_route=ROUTE_404).outcome is Outcome.WORKS
    assert verdict(answer, of=ask(FILE), bogus_id=bytes_answer(sniffed, json_paths=answer.json_paths)).code == "catch-all-gateway"


@pytest.mark.parametrize("answer", [plain(429), plain(408), page(503), None])
def test_a_bogus_id_that_was_throttled_or_lost_confirms_nothing(answer: Any) -> None:
    jsonl, of = bytes_answer("application/jsonl"), ask(FILE)
    nothing, path = beside(of, Control.BOGUS_ID, answer), beside(of, Control.BOGUS_ROUTE, ROUTE_404)
    assert report(seen(of, jsonl), nothing, path).verdicts[0].diagnosis.code == "download-unconfirmed"
    video = report(seen(ask(), mp4_response()), beside(ask(), Control.BOGUS_ID, answer), path).verdicts[0].diagnosis
    assert (video.outcome, video.confidence) == (Outcome.WORKS, Confidence.MEDIUM)
    assert "got no response" in summary(video)
    assert not any(cite.startswith("control.") for cite in video.cites)


@pytest.mark.parametrize(
    ("sniffed", "code"), [("application/json", "link-unproved"), ("application/xml", "link-unproved"), ("text/csv", "link-proved")]
)
def test_a_document_behind_a_link_is_no_proof_of_a_file_of_any_type(sniffed: str, code: str) -> None:
    of = ask(FILE, purpose=Purpose.LINK, url="https://contoso.openai.azure.com/api/folders/7")
    answer = bytes_answer(sniffed, json_paths=(JsonPath("$.items[*].x", "integer"),))
    assert verdict(answer, of=of, bogus_id=SAYS_MOVED, bogus_route=ROUTE_404).code == code


def test_a_link_that_a_bogus_id_is_given_too_proves_nothing() -> None:
    of, url = ask(METADATA), "https://contoso.openai.azure.com/static/sample.mp4"
    named = json_answer(("$.id", "x"), links=(link(url),))
    behind = replace(of, id="contoso/link", purpose=Purpose.LINK, role=Role.DOWNLOAD, of=of.id, link=0, url=url)
    pairs = [seen(of, named), seen(behind, mp4_response())]
    assert [(one.of, one.control) for one in wanted(scan(*pairs)) if one.control is Control.BOGUS_ID] == [(of.id, Control.BOGUS_ID)]

    def judged(bogus: Any) -> str:
        return report(*pairs, beside(of, Control.BOGUS_ID, bogus)).verdicts[1].diagnosis.code

    assert judged(SAYS_MOVED) == judged(json_answer(("$.id", "y"))) == "link-proved"
    assert judged(json_answer(("$.id", "y"), links=(link(url + "?2"),))) == "catch-all-gateway"


def test_a_link_to_what_the_customer_put_in_is_no_link_to_the_artefact() -> None:
    answer = json_answer(("$.id", "x"), links=(link("https://x.blob.core.windows.net/c/in.mp4", "$.input_url"),))
    assert verdict(answer, of=ask(METADATA)).code == "metadata-without-link"


@pytest.mark.parametrize("sniffed", ["text/plain", "text/html", None])
def test_text_without_structure_never_proves_even_a_file_of_any_type(sniffed: str | None) -> None:
    assert (
        verdict(bytes_answer(sniffed, title="x" if sniffed else None), of=ask(FILE), bogus_id=SAYS_MOVED).outcome
        is Outcome.INCONCLUSIVE
    )


def test_an_error_or_its_own_description_is_no_file() -> None:
    error_body = bytes_answer("application/json", error_message="not found", error_shape="azure")
    assert verdict(error_body, of=ask(FILE), bogus_id=SAYS_MOVED).code == "error-in-success"
    itself = json_answer(("$.id", "file-4a5b6c7d8e"), ("$.object", "file"))
    assert verdict(itself, of=ask(FILE), bogus_id=SAYS_MOVED).code == "body-not-artefact"


def test_content_that_is_json_by_declaration_may_hold_the_id() -> None:
    kinds = (replace(FILE_KIND, media_types=("application/json",)),)
    of, items = ask(FILE), json_answer(("$.data[0].file_id", "file-4a5b6c7d8e"))
    found = report(seen(of, items), beside(of, Control.BOGUS_ID, SAYS_MOVED), artefacts=kinds).verdicts[0].diagnosis
    assert found.outcome is Outcome.WORKS
    itself = json_answer(("$.id", "file-4a5b6c7d8e"))
    assert (
        report(seen(of, itself), beside(of, Control.BOGUS_ID, SAYS_MOVED), artefacts=kinds).verdicts[0].diagnosis.code
        == "body-not-artefact"
    )


def test_a_json_error_for_a_bogus_id_does_not_make_a_json_file_a_catch_all() -> None:
    answer = bytes_answer("application/json", json_paths=(JsonPath("$.rows", "array"), JsonPath("$.rows[*].at", "number")))
    soft = bytes_answer("application/json", error_message="no such file", error_shape="azure")
    assert verdict(answer, of=ask(FILE), bogus_id=soft).outcome is Outcome.WORKS


def test_base64_inside_json_works_when_it_is_the_artefact() -> None:
    good = json_answer(("$.created", "1"), embedded=(Embedded("$.data[0].b64_json", "video/mp4", 5000),))
    assert (verdict(good, of=ask(METADATA)).code, verdict(good, of=ask(METADATA)).outcome) == ("artefact-embedded", Outcome.WORKS)
    other = json_answer(("$.created", "1"), embedded=(Embedded("$.thumb", "image/png", 5000),))
    assert verdict(other, of=ask(METADATA)).outcome is Outcome.METADATA_ONLY


def test_a_binary_answer_of_a_create_call_works() -> None:
    assert verdict(mp4_response(), of=ask(role=Role.CREATE, method="POST")).outcome is Outcome.WORKS
    accepted = verdict(json_answer(("$.id", "x")), of=ask(role=Role.CREATE, method="POST"))
    assert (accepted.code, accepted.outcome) == ("job-pending", Outcome.PENDING)


def test_metadata_routes_never_work_by_themselves() -> None:
    assert verdict(mp4_response(), of=ask(METADATA)).outcome is not Outcome.WORKS


def test_a_followed_link_that_gives_the_bytes_works() -> None:
    of = replace(
        ask(id="contoso/x+link1", url="https://x.blob.core.windows.net/c/v.mp4?sig=REDACTED"), purpose=Purpose.LINK, of="contoso/x"
    )
    found = verdict(mp4_response(), of=of)
    assert (found.code, found.outcome) == ("link-proved", Outcome.WORKS)


def test_links_in_answers_are_links_and_no_proof() -> None:
    answer = json_answer(("$.id", "x"), links=(link("https://x.blob.core.windows.net/c/v.mp4"),))
    found = verdict(answer, of=ask(METADATA))
    assert (found.code, found.outcome) == ("link-found", Outcome.LINK)
    refused = json_answer(("$.id", "x"), links=(link("http://169.254.169.254/x", refused="link-local address"),))
    assert (verdict(refused, of=ask(METADATA)).code, verdict(refused, of=ask(METADATA)).outcome) == ("link-refused", Outcome.LINK)


@pytest.mark.parametrize(
    ("url", "found_in"),
    [("https://a.b/x?after=1", "$.next_link"), ("https://aka.ms/x", "$.note"), ("https://a.b/", "$.error.link")],
)
def test_paging_and_documentation_links_lead_nowhere(url: str, found_in: str) -> None:
    answer = json_answer(("$.id", "x"), links=(link(url, found_in),))
    assert verdict(answer, of=ask(METADATA)).code == "metadata-without-link"


def test_metadata_says_when_it_expires() -> None:
    found = verdict(json_answer(("$.id", GENERATION), ("$.expires_at", "1795190400")), of=ask(METADATA))
    assert (found.code, "expires at 2026-11-20 16:00 UTC" in summary(found)) == ("metadata-without-link", True)


def test_lists_are_told_from_empty_lists() -> None:
    full = json_answer(("$.data[0].id", "x"))
    assert verdict(full, of=ask(LIST)).code == "list-answer"
    empty = json_answer(json_paths=(JsonPath("$.data", "array"), JsonPath("$.has_more", "boolean")))
    assert verdict(empty, of=ask(LIST)).code == "list-empty"


def test_a_retired_route_that_answers_works_with_a_note() -> None:
    found = verdict(mp4_response(), of=ask(OPENAI_VIDEO, at="openai"))
    assert found.outcome is Outcome.WORKS
    assert "although it is listed as retired since 2026-09-24" in summary(found)


def test_a_refuted_route_that_answers_works_with_a_note() -> None:
    found = verdict(mp4_response(), of=ask(CONTENT))
    assert (found.outcome, "known wrong route" in summary(found)) == (Outcome.WORKS, True)


def test_an_unknown_url_needs_a_signature_and_a_control() -> None:
    of = ask(endpoint="", ids=(), purpose=Purpose.FAILING_URL, url="https://contoso.openai.azure.com/openai/v1/x/12345678/raw")
    assert verdict(mp4_response(), of=of).code == "download-unconfirmed"
    good = seen(ask(CONTENT_VIDEO), mp4_response())
    assert verdict(mp4_response(), good, beside(good[0], Control.BOGUS_ROUTE, ROUTE_404), of=of).outcome is Outcome.WORKS
    assert verdict(json_answer(("$.id", "x")), of=of).code == "metadata-without-link"


def test_a_line_of_a_batchs_error_file_is_content_and_a_bare_error_is_not() -> None:
    from probe.verdict.proof import is_error_shaped

    paths = tuple(JsonPath(path, "object") for path in ("$.custom_id", "$.response", "$.error"))
    assert not is_error_shaped(response(200, json_paths=paths, error_code="content_filter", error_message="filtered"))
    assert is_error_shaped(response(200, json_paths=paths[2:], error_code="content_filter", error_message="filtered"))
