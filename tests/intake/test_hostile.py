"""No paste crashes, none leaks a secret, and the work grows with the size of the paste, not faster."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.catalogue import load
from probe.diagnosing import diagnose, json_of, overridden
from probe.errors import UsageError
from probe.formats import FORMATS
from probe.intake import MAX_PASTE, decode, understand
from tests.each import each
from tests.intake.corpus import Paste, knowledge, pastes
from tests.intake.keys import FORMS

KEYS = {
    "@URL@": "https://c.openai.azure.com/openai/v1/files/file-abc1234",
    "@KEY@": "Canary0123456789abcdefCanary0123",
    "@AZURE@": "CanaryAbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhJQQJ99BAACYeBjFXJ3w3AAABACOGCanary",
    "@JWT@": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJDYW5hcnkifQ.CanarySignature0123456789",
    "@SK@": "sk-proj-Canary0123456789abcdefCanary0123456789",
}

PIECES = st.sampled_from(
    [
        "curl ",
        "-H '",
        '"',
        "'",
        "`\n",
        "\\\n",
        "^\n",
        "{",
        "}",
        "[",
        "]",
        "https://contoso.openai.azure.com/openai/v1/files/",
        "$a",
        "${",
        "}}",
        "{{",
        "Error code: 404 - {",
        "HTTP/1.1 404 X\n",
        "GET / HTTP/1.1\nHost: x\n",
        "api_key=",
        "\x00",
        "\u202e",
        "\x1b[31m",
        "Status: 404\n",
        "<",
        ">",
        "Invoke-RestMethod -Uri ",
        "@{ ",
        "file-abc123",
        '{"error":',
        "= ",
        ": ",
        "�",
        "9" * 5000,
        "https://[",
        "http://169.254.169.254/v1/",
    ]
)


def everything(paste: str) -> str:
    """All that a paste leaves behind: what was understood, what is judged, as text."""
    catalogue = load(("default",))
    judged = diagnose(catalogue, understand(paste, knowledge()))
    return json_of(judged, FORMATS.load("json")) + repr(judged.understood)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES | st.text(max_size=12), max_size=30).map("".join))
def test_no_paste_crashes(text: str) -> None:
    diagnose(load(("default",)), understand(text, knowledge()))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(pastes()), st.integers(0, 4000), st.text(max_size=8))
def test_no_damaged_paste_crashes(paste: Paste, at: int, text: str) -> None:
    understand(paste.text[: at % (len(paste.text) + 1)] + text, knowledge())


@each([one for one in pastes() if "Canary" in one.text])
def test_no_secret_of_a_paste_is_kept_or_shown(paste: Paste) -> None:
    said = everything(paste.text)
    assert "Canary" not in said
    assert understand(paste.text, knowledge()).secrets_dropped


@each(FORMS)
def test_a_key_is_dropped_wherever_it_stands(form: str) -> None:
    for name, key in KEYS.items():
        form = form.replace(name, key)
    assert "Canary" not in everything(form)
    assert understand(form, knowledge()).secrets_dropped


def test_a_key_among_the_parts_of_a_url_is_not_shown() -> None:
    url, key = KEYS["@URL@"], KEYS["@KEY@"]
    for paste in (
        f'{{"inputs":{{"uri":"{url}","method":"GET","queries":{{"code":"{key}"}}}},"outputs":{{"statusCode":401}}}}',
        f"curl -G {url} -d code={key} --data-urlencode sig={key}",
        f"az rest --method get --url {url} --url-parameters code={key} sig={key}",
    ):
        assert url in everything(paste) and "Canary" not in everything(paste)


def test_a_key_that_stands_at_a_second_place_is_taken_out_there_too() -> None:
    said = everything('api_key="CanaryKey0123456789abcdef012345"\nopenai.NotFoundError: no CanaryKey0123456789abcdef012345 here')
    assert "Canary" not in said


def test_a_placeholder_is_no_secret_and_no_value() -> None:
    got = understand(
        'client = AzureOpenAI(azure_endpoint="https://<your-resource>.openai.azure.com", api_key="YOUR_API_KEY")', knowledge()
    )
    assert (got.secrets_dropped, got.base_url, got.missing) == ((), None, ("base_url",))


def test_a_paste_over_the_limit_is_refused_in_one_line() -> None:
    with pytest.raises(UsageError, match="larger than 16 MB"):
        decode(b"x" * (MAX_PASTE + 1))


def test_a_long_log_costs_no_more_than_its_ends() -> None:
    line = "2026-01-12 nothing to see here\n"
    got = understand(
        line * 200_000 + "openai.NotFoundError: Error code: 404 - {'error': {'code': '404', 'message': 'Resource not found'}}",
        knowledge(),
    )
    assert (got.status_code, got.error_message) == (404, "Resource not found")


def test_a_har_with_100_000_entries_is_read() -> None:
    entry = {
        "request": {"method": "GET", "url": "https://contoso.openai.azure.com/openai/v1/files/file-abc123"},
        "response": {"status": 404},
    }
    got = understand(json.dumps({"log": {"entries": [entry] * 100_000}}), knowledge())
    assert (got.kinds, got.status_code) == (("har",), 404)


def test_deep_nesting_is_no_crash() -> None:
    assert understand('{"a":' * 100_000, knowledge()).kinds == ()


def test_escapes_of_a_terminal_and_directions_of_text_are_taken_out() -> None:
    got = understand("\x1b[31mhttps://contoso.openai.azure.com/openai/v1/files/file-\u202eabc123/content\x1b[0m\x00", knowledge())
    assert got.url == "https://contoso.openai.azure.com/openai/v1/files/file-abc123/content"


def test_options_overrule_what_was_understood() -> None:
    got = understand(
        "openai.NotFoundError: Error code: 404 - {'error': {'code': '404', 'message': 'Resource not found'}}", knowledge()
    )
    said = overridden(got, knowledge(), {"url": "https://contoso.openai.azure.com/openai/v1/files/file-abc123", "status": 401})
    assert (said.base_url, said.status_code, dict(said.ids)) == (
        "https://contoso.openai.azure.com",
        401,
        {"file_id": "file-abc123"},
    )
