"""A wrapped error is read down to what the service behind said; what is no wrapping stays closed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.facts.glossary import glossed
from probe.facts.inner import Inner, inner_error, plain_word
from tests.each import each
from tests.factories import response

NO_FILE = "No such File object: file-abc"


@each(
    [
        ("Error code: 404 - {'detail': 'Not Found'}", Inner(404, None, None, "Not Found")),
        (
            "litellm.NotFoundError: NotFoundError: OpenAIException - Error code: 404 - {'error': {'message': '"
            + NO_FILE
            + "', 'type': 'invalid_request_error', 'param': 'id', 'code': None}}",
            Inner(404, None, "invalid_request_error", NO_FILE),
        ),
        ("Error code: 404 - {'error': {'message': '" + NO_FILE + "', 'type': 'inva", Inner(404, None, "inva", NO_FILE)),
        (
            "litellm.AuthenticationError: AzureException AuthenticationError - Error code: 401 - "
            "{'statusCode': 401, 'message': 'Access token is missing'}",
            Inner(401, None, None, "Access token is missing"),
        ),
        ("bad response status code 401", Inner(401, None, None, "")),
        ("upstream error: 403 Forbidden", Inner(403, None, None, "Forbidden")),
        ('upstream returned status 404: {"detail":"Not Found"}', Inner(404, None, None, "Not Found")),
        ('{"error":{"message":"No such job","code":"not_found"}}', Inner(None, "not_found", None, "No such job")),
        (
            "Error code: 401 - {'error': {'message': '无效的令牌 (request id: 20241016022833)', 'type': 'new_api_error'}}",
            Inner(401, None, "new_api_error", "无效的令牌"),
        ),
        (
            "litellm.APIConnectionError: openai - 3 validation errors\n'status': 401}",
            Inner(401, None, None, "openai - 3 validation errors\n'status': 401}"),
        ),
    ]
)
def test_what_a_gateway_wraps_is_unwrapped(message: str, expected: Inner) -> None:
    assert inner_error(response(500, error_message=message)) == expected


@pytest.mark.parametrize(
    "message",
    ["Incorrect API key provided: None.", "Video {abc} not found", "The request failed the check {x}", "No such File object", ""],
)
def test_what_is_no_wrapping_stays_closed(message: str) -> None:
    assert inner_error(response(404, error_message=message)) is None


def test_a_good_answer_and_none_hold_no_inner_error() -> None:
    assert inner_error(None) is None
    assert inner_error(response(200, error_message="Error code: 404 - {'detail': 'x'}")) is None


@pytest.mark.parametrize("word", ["None", "null", " undefined ", ""])
def test_the_word_for_nothing_is_nothing(word: str) -> None:
    assert plain_word(word) is None
    assert plain_word("not_found") == "not_found"


@given(st.text(alphabet="{}'\":,- errorcodelitellm.Exception0123456789\\\n", max_size=600))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    found = inner_error(response(500, error_message=text))
    assert found is None or isinstance(found.message, str)


@each(
    [
        ("无效的令牌", "invalid api key"),
        ("任务不存在", "task not found"),
        ("该令牌无权访问模型 sora-2", "not allowed to access the model"),
        ("当前分组 default 下对于模型 sora-2 无可用渠道", "no available channel"),
        ("用户余额不足", "insufficient_quota"),
        ("视频已过期", "video expired"),
        ("apiキーが無効です", "invalid api key"),
        ("die aufgabe wurde nicht gefunden", "task not found"),
        ("clé api invalide", "invalid api key"),
        ("tarea no encontrada", "task not found"),
        ("неверный ключ", "invalid api key"),
    ]
)
def test_foreign_words_are_glossed(text: str, english: str) -> None:
    assert glossed(text) == f"{text} {english}"


def test_english_words_stay_alone() -> None:
    assert glossed("no such file object") == "no such file object"
