"""What a paste does not tell: asked for by name, given by an option, and worded so that a fragment's verdict still reads."""

from __future__ import annotations

import pytest

from probe.catalogue import load
from probe.diagnoses import summary
from probe.diagnosing import diagnose as diagnosed
from probe.diagnosing import overridden
from probe.intake import understand
from probe.view.unpasted import begun
from tests.intake.corpus import knowledge

CATALOGUE = load(("default",))


@pytest.mark.parametrize(
    ("paste", "given", "missing", "code"),
    [
        (
            "GET https://a.openai.azure.com/openai/files/file-12ab34/content",
            {"status": 404},
            ["error_message", "api_version"],
            None,
        ),
        (
            "GET https://a.openai.azure.com/openai/files/file-12ab34/content",
            {"status": 404, "message": "Resource not found", "api_version": "2024-10-21"},
            [],
            "azure-route-unknown",
        ),
        (
            "GET https://<resource>.openai.azure.com/openai/v1/files/{file_id}/content",
            {
                "url": "https://a.openai.azure.com/openai/v1/files/file-12ab34/content",
                "status": 404,
                "message": "No such File object",
            },
            [],
            "id-unknown",
        ),
        (
            "openai.NotFoundError: Error code: 404",
            {"message": "Resource not found", "provider": "azure"},
            ["url", "base_url"],
            "azure-route-unknown",
        ),
    ],
)
def test_what_an_option_gives_is_no_longer_missing(
    paste: str, given: dict[str, str | int | None], missing: list[str], code: str | None
) -> None:
    judged = diagnosed(CATALOGUE, overridden(understand(paste, knowledge()), knowledge(), given))
    assert list(judged.missing) == missing
    assert judged.report and (code is None or judged.report.verdicts[0].diagnosis.code == code)


@pytest.mark.parametrize(
    ("paste", "said"),
    [
        (
            '{"id":"batch_12ab34cd","object":"batch","status":"completed","output_file_id":"file-12ab34cd"}',
            "the file file-12ab34cd",
        ),
        ("Batch(id='batch_12ab34cd', status='completed', error_file_id='file-12ab34cd', output_file_id=None)", "errors are in the"),
        (
            "openai.NotFoundError: Error code: 404 - {'error': {'message': 'No such File object: file-12ab34cd'}}",
            "The route is right",
        ),
    ],
)
def test_a_verdict_on_a_fragment_reads_like_a_sentence(paste: str, said: str) -> None:
    judged = diagnosed(CATALOGUE, understand(paste, knowledge()))
    assert judged.report is not None
    text = begun(summary(judged.report.verdicts[0].diagnosis))
    assert said in text and "not pasted" not in text


@pytest.mark.parametrize(
    ("header", "party"),
    [("apim-request-id: 1", None), ("x-kong-request-id: 1", "kong"), ("apim-request-id: 1\nx-ms-region: East US", "azure-openai")],
)
def test_who_answered_is_told_as_a_scan_tells_it(header: str, party: str | None) -> None:
    paste = f"GET /v1/videos/video_12ab34 HTTP/1.1\nHost: gw.fabrikam.com\n\nHTTP/1.1 404 Not Found\n{header}\n\n"
    assert understand(paste, knowledge()).answered_by == party
