"""`probe diagnose`: what it says, what it asks for, its JSON and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import probe

FAILING = "https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k7abc4xyz/content?api-version=preview"
ANSWER = '{"error":{"code":"404","message": "Resource not found"}}'
PASTE = f'curl "{FAILING}" -H "api-key: CanaryKey0123456789abcdef012345"\n{ANSWER}\n'
FOUR_TESTS = """$endpoint = "https://contoso.openai.azure.com"
$gen = "gen_01k7abc4xyz"
$task = "task_01k7abc4xyz"
Invoke-RestMethod -Uri "$endpoint/openai/v1/video/generations/${gen}?api-version=preview" -Headers $headers -Method Get
Invoke-RestMethod -Uri "$endpoint/openai/v1/video/generations/$gen/content?api-version=preview" -Headers $headers -Method Get
Invoke-RestMethod -Uri "$endpoint/openai/v1/generations/${gen}?api-version=preview" -Headers $headers -Method Get
Invoke-RestMethod -Uri "$endpoint/openai/v1/video/generations/jobs/${task}?api-version=preview" -Headers $headers -Method Get
"""


def test_a_pasted_request_and_its_answer_are_judged(tmp_path: Path) -> None:
    (tmp_path / "case.txt").write_text(PASTE, encoding="utf-8")
    done = probe("diagnose", "case.txt", folder=tmp_path)
    assert done.code == 1
    assert "azure-route-unknown" in done.out
    assert "/content/video" in done.out
    assert f"probe scan --failing-url '{FAILING}'" in done.out
    assert "api-key" in done.out and "Canary" not in done.out + done.err


def test_the_json_is_that_of_the_contract(tmp_path: Path) -> None:
    (tmp_path / "case.txt").write_text(PASTE, encoding="utf-8")
    document = json.loads(probe("diagnose", "case.txt", "--json", folder=tmp_path).out)
    understood = document["understood"]
    assert understood["kinds"] == ["curl", "json"]
    assert (understood["method"], understood["url"], understood["api_version"]) == ("GET", FAILING, "preview")
    assert (understood["provider"], understood["base_url"]) == ("azure", "https://contoso.openai.azure.com")
    assert understood["ids"] == {"generation_id": "gen_01k7abc4xyz"}
    assert (understood["status_code"], understood["error_code"], understood["deployment"]) == (404, "404", None)
    assert understood["secrets_dropped"] == ["api-key"]
    assert (document["answer"], document["missing"]) == ("none", [])
    assert document["verdicts"][0]["diagnosis"] == "azure-route-unknown"


def test_the_four_tests_of_one_paste_are_told_from_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "case.txt").write_text(FOUR_TESTS, encoding="utf-8")
    done = probe("diagnose", "case.txt", folder=tmp_path)
    assert done.code == 3
    assert "/openai/v1/generations/{generation_id} is a known wrong route" in done.out
    assert "preview.." not in done.out
    assert "Use GET /openai/v1/video/generations/gen_01k7abc4xyz/content/video" in done.out


def test_an_error_without_its_url_is_judged_and_the_url_is_asked_for(tmp_path: Path) -> None:
    text = "openai.AuthenticationError: Error code: 401 - {'error': {'code': '401', 'message': 'Invalid subscription key'}}"
    done = probe("diagnose", text, folder=tmp_path)
    assert done.code == 3
    assert "--url URL" in done.out


def test_a_refusal_by_the_network_leaves_no_question_of_the_key(tmp_path: Path) -> None:
    said = '{"error":{"code":"AccessDenied","message":"Public access is disabled. Please configure private endpoint."}}'
    text = "GET https://contoso.openai.azure.com/openai/v1/files/file-7d1e2f3a4b5c/content\nHTTP/1.1 403 Forbidden\n" + said
    done = probe("diagnose", text, folder=tmp_path)
    assert "azure-private-endpoint" in done.out
    assert "wrong key" not in done.out


def test_a_paste_without_the_location_is_not_said_to_have_none(tmp_path: Path) -> None:
    text = "<Response [302 Found]> from https://api.openai.com/v1/containers/cntr_690f0e2f/files/cfile_690f0e3a/content"
    done = probe("diagnose", text, folder=tmp_path)
    assert "the paste does not show where to" in done.out


def test_white_space_is_wrong_input(tmp_path: Path) -> None:
    done = probe("diagnose", " \n ", folder=tmp_path)
    assert done.code == 2
    assert "nothing was pasted" in done.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nowhere.har", None, "nowhere.har: no such file"),
        ("case.png", b"\x89PNG\r\n" + bytes(range(128, 256)) * 8, "case.png: not text"),
        ("cut.har", b'{"log": {\n  "version": "1.2", "entries": [', "cut.har:2:"),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = probe("diagnose", name, folder=tmp_path)
    assert (done.code, said in done.err, "hint: " in done.err) == (2, True, True)


def test_an_error_whose_words_tell_nothing_is_not_called_no_response(tmp_path: Path) -> None:
    done = probe("diagnose", "--message", "gen_01k9v3w4x5y6z7a8b9c0d1e2f3", folder=tmp_path)
    assert done.code == 3
    assert "an error without its HTTP status" in done.out and "no response" not in done.out
