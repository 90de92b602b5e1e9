"""The judgement of a paste claims what the paste tells, and nothing more."""

from __future__ import annotations

import json

import pytest

from probe.catalogue import load
from probe.diagnoses import summary
from probe.diagnosing import diagnose, json_of
from probe.formats import FORMATS
from probe.intake import understand
from tests.intake.corpus import knowledge

NO_TOKEN = (
    "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired."
)
NO_KEY = "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth"


def first(paste: str) -> tuple[str, str]:
    report = diagnose(load(("default",)), understand(paste, knowledge())).report
    assert report is not None
    return report.verdicts[0].diagnosis.code, summary(report.verdicts[0].diagnosis)


@pytest.mark.parametrize(("message", "code"), [(NO_TOKEN, "entra-token-wrong"), (NO_KEY, "credential-missing")])
def test_no_header_is_named_that_the_paste_does_not_tell(message: str, code: str) -> None:
    body = json.dumps({"message": message, "code": "401"})
    found, said = first(f"GET https://contoso.openai.azure.com/openai/v1/files/file-a1b2c3d4/content 401 {body}")
    assert found == code
    assert "KEY" not in said and "Bearer" not in said


def test_the_id_that_the_service_names_is_the_unknown_one() -> None:
    url = "https://api.openai.com/v1/containers/cntr_68aa79bb80cc91dd/files/cfile_68aa79bb80cc91ee/content"
    for container, file in (
        ("cntr_68aa79bb80cc91dd", "cfile_68aa79bb80cc91ee"),
        ("cfile_68aa79bb80cc91ee", "cntr_68aa79bb80cc91dd"),
    ):
        message = f"Object with id '{container}' not found."
        said = first(f'GET {url} 404 {{"error":{{"message":"{message}","type":"invalid_request_error"}}}}')[1]
        assert f"but {container} does not exist" in said and f"but {file}" not in said


def test_azures_router_is_known_by_its_words_although_the_paste_names_nobody() -> None:
    assert first("Error code: 404 - {'error': {'code': '404', 'message': 'Resource not found'}}")[0] == "azure-route-unknown"
    assert first("Error code: 404 - {'error': {'code': '404', 'message': 'Nothing here'}}")[0] != "azure-route-unknown"


def test_a_sentence_begins_with_a_capital_letter() -> None:
    judged = diagnose(
        load(("default",)), understand("Error code: 429 - {'error': {'code': '429', 'message': 'Too many'}}", knowledge())
    )
    assert json.loads(json_of(judged, FORMATS.load("json")))["verdicts"][0]["summary"].startswith("The service")
