from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.jsonpath import allowed_values, find, is_valid_path, key_paths, parse, value_at
from probe.model import CaptureRule, JsonPath, JsonValue
from tests.each import each
from tests.factories import response
from tests.growth import assert_linear, repeated

JOB = {
    "object": "video.generation.job",
    "id": "task_01jwcet0eje35tc5jy54yjax5q",
    "status": "succeeded",
    "created_at": 1748469875,
    "finished_at": None,
    "generations": [
        {"id": "gen_1", "job_id": "task_01jwcet0eje35tc5jy54yjax5q", "prompt": "A cat playing piano", "width": 480},
        {"id": "gen_2", "job_id": "task_01jwcet0eje35tc5jy54yjax5q", "prompt": "A cat playing piano", "width": 480.5},
    ],
    "prompt": "A cat playing piano in a jazz bar.",
    "failure_reason": None,
}


def paths(value: Any, **limits: int) -> list[str]:
    return [found.path for found in key_paths(value, **({"max_depth": 64, "max_paths": 2000} | limits))[0]]


def test_json_is_read_with_and_without_a_byte_order_mark() -> None:
    assert parse(b'{"a": 1}', 4) == parse(b'\xef\xbb\xbf{"a": 1}', 4) == {"a": 1}


@each(
    [
        b"",
        b"{",
        b"nope",
        b"\xff",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": 1} {"b": 2}',
        b"\x00",
        b'"' + b"\\" * 9,
    ]
)
def test_bad_json_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError):
        parse(content, 64)


def test_nesting_is_limited_and_brackets_in_strings_do_not_count() -> None:
    assert parse(b"[[[1]]]", 3) == [[[1]]]
    with pytest.raises(ValueError, match="nested deeper than 2"):
        parse(b"[[[1]]]", 2)
    assert parse(rb'{"a": "[[[[{{\"[[[["}', 1) == {"a": '[[[[{{"[[[['}
    with pytest.raises(ValueError, match="nested too deep"):
        parse(b"[" * 30_000 + b"]" * 30_000, 30_000)


def test_odd_numbers_and_double_keys_are_tolerated() -> None:
    value = parse(b'{"n": NaN, "i": -Infinity, "big": ' + b"9" * 5000 + b', "dup": 1, "dup": 2}', 4)
    assert (value["big"], value["dup"]) == (float("inf"), 2)
    assert allowed_values({"size": value["big"], "bytes": value["n"], "id": 10**30}) == ()


def test_key_paths_fold_indexes_join_types_and_count() -> None:
    found, is_cut = key_paths(JOB, max_depth=64, max_paths=100)
    assert not is_cut
    assert JsonPath("$.generations[*].id", "string", 2) in found
    assert JsonPath("$.generations[*].width", "integer|number", 2) in found
    assert JsonPath("$.generations", "array", 1) in found
    assert JsonPath("$.finished_at", "null", 1) in found
    assert [one.path for one in found][:3] == ["$.object", "$.id", "$.status"]


@each(
    [
        ({}, []),
        ([], ["$"]),
        ("x", ["$"]),
        ([[1, "a"]], ["$", "$[*]", "$[*][*]"]),
        ({"a-b": 1}, ["$['a-b']"]),
        ({"it's \\": 1}, ["$['it\\'s \\\\']"]),
        ({"a\n\u202eb\ud800": 1}, ["$['a\\n\\u202eb\\ud800']"]),
        ({"": 1}, ["$['']"]),
        ({"Ключ": 1}, ["$['Ключ']"]),
        ({"k" * 65: 1}, ["$['…']"]),
        ({"A cat playing piano": 1}, ["$['…']"]),
        ({"A cat playing piano in a jazz bar. " * 9: {"b": 1}}, ["$['…']", "$['…'].b"]),
    ]
)
def test_odd_keys_are_written_safely(value: Any, expected: list[str]) -> None:
    assert paths(value) == expected


def test_every_limit_on_key_paths_is_reported() -> None:
    assert key_paths({"a": 1, "b": 2}, max_depth=9, max_paths=1) == ((JsonPath("$.a", "integer"),), True)
    assert key_paths({"a": {"b": {"c": 1}}}, max_depth=2, max_paths=9) == (
        (JsonPath("$.a", "object"), JsonPath("$.a.b", "object")),
        True,
    )
    assert key_paths({"a": {"b": {}}}, max_depth=2, max_paths=9)[1] is False


def test_only_allowed_values_are_kept_and_never_a_prompt() -> None:
    assert allowed_values(JOB) == (
        JsonValue("$.object", "video.generation.job"),
        JsonValue("$.id", "task_01jwcet0eje35tc5jy54yjax5q"),
        JsonValue("$.status", "succeeded"),
        JsonValue("$.created_at", "1748469875"),
        JsonValue("$.generations[0].id", "gen_1"),
        JsonValue("$.generations[0].job_id", "task_01jwcet0eje35tc5jy54yjax5q"),
        JsonValue("$.generations[0].width", "480"),
        JsonValue("$.generations[1].id", "gen_2"),
        JsonValue("$.generations[1].job_id", "task_01jwcet0eje35tc5jy54yjax5q"),
        JsonValue("$.generations[1].width", "480.5"),
    )


@pytest.mark.parametrize("key", ["id", "status", "failure_reason", "output_file_id", "createdAt", "code", "result_files"])
@pytest.mark.parametrize("text", ["A cat playing piano", "Кот", "a/b", "x" * 129, "<b>", "猫がピアノを弾く", "", "a\nb", "=1+1"])
def test_what_a_customer_wrote_is_not_kept_under_any_key(key: str, text: str) -> None:
    assert allowed_values({key: text, "list": [{key: [text]}]}) == ()


@each(
    [
        ("output_file_id", "file-abc", "file-abc"),
        ("generationId", "gen_1", "gen_1"),
        ("result_files", ["file-1"], "file-1"),
        ("created_at", "2024-07-19T17:13:57.2491382+00:00", "2024-07-19T17:13:57.2491382+00:00"),
        ("has_more", False, "false"),
        ("progress", 99.5, "99.5"),
        ("size", "720x1280", "720x1280"),
        ("prompt", "cat", None),
        ("filename", "holiday.mp4", None),
        ("valid", "cat", None),
        ("user_id", "jane.doe", None),
        ("video_url", "x", None),
    ]
)
def test_the_key_decides_what_is_kept(key: str, value: Any, kept: str | None) -> None:
    assert [one.value for one in allowed_values({key: value})] == ([kept] if kept else [])


def test_the_number_of_kept_values_is_limited() -> None:
    assert len(allowed_values([{"id": str(n)} for n in range(1000)])) == 400
    assert len(allowed_values([{"id": str(n)} for n in range(1000)])) == 400


def test_the_first_path_that_finds_something_captures() -> None:
    rule = CaptureRule("generation_id", ("$.nothing", "$.finished_at", "$.generations[*].id", "$.id"))
    assert find(rule, JOB) == (("gen_1", "$.generations[0].id"), ("gen_2", "$.generations[1].id"))
    assert find(CaptureRule("w", ("$.generations[0].width",)), JOB) == (("480", "$.generations[0].width"),)
    assert find(
        CaptureRule("x", ("$.data[?@.status=='ok'].id",)), {"data": [{"status": "no", "id": 1}, {"status": "ok", "id": 2}]}
    ) == (("2", "$.data[1].id"),)


@pytest.mark.parametrize("value", [None, True, "", {}, [], float("nan"), "x" * 5000])
def test_only_text_and_numbers_are_captured(value: Any) -> None:
    assert find(CaptureRule("id", ("$.id",)), {"id": value}) == ()


def test_a_path_that_cannot_be_used_captures_nothing() -> None:
    assert find(CaptureRule("id", ("$[", "$.id")), {"id": "a"}) == (("a", "$.id"),)


@pytest.mark.parametrize(
    "path", ["$.id", "$.data[*].id", "$['a b']", "$..id", "$.data[?@.status=='succeeded'].id", "$.data[0:3].id"]
)
def test_rfc_9535_paths_are_valid(path: str) -> None:
    assert is_valid_path(path) is None


@each(["", "id", "$.", "$[", "$.a b", "$.a[" + "1" * 5000 + "]", "$" + "[?@" * 500, "$.~a", "$[" * 1000])
def test_other_paths_have_a_problem_in_one_line(path: str) -> None:
    problem = is_valid_path(path)
    assert problem and "\n" not in problem


def test_values_are_looked_up_by_folded_or_concrete_path() -> None:
    answer = response(values=allowed_values(JOB))
    assert value_at(answer, "$.status") == ("succeeded",)
    assert value_at(answer, "$.generations[*].id") == value_at(answer, "$.generations[0].id") == ("gen_1", "gen_2")
    assert value_at(answer, "$.nothing") == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_reduced_to_printable_paths_and_values(value: Any) -> None:
    again = parse(json.dumps(value).encode(), 64)
    found, is_cut = key_paths(again, max_depth=64, max_paths=2000)
    assert not is_cut
    for path in found:
        assert path.path.isprintable() and path.path.startswith("$")
        path.path.encode()
    assert all(one.value.isascii() and " " not in one.value for one in allowed_values(again))


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        key_paths(parse(content, 8), max_depth=8, max_paths=10)


@pytest.mark.parametrize("unit", ["[],", '{"a":[{"id":"b"}]},', '{"' + "k" * 60 + '":1},', '"\\",'])
def test_reducing_hostile_json_takes_linear_time(unit: str) -> None:
    def reduced(text: str) -> None:
        with contextlib.suppress(ValueError):
            value = parse((text + "1]").encode(), 64)
            key_paths(value, max_depth=64, max_paths=2000)
            allowed_values(value)

    assert_linear(reduced, repeated(unit, "["))


def test_the_library_is_imported_only_when_a_path_is_used() -> None:
    code = "import sys, probe.jsonpath; sys.exit('jsonpath' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0


def test_long_paths_fill_the_list_of_a_body_sooner() -> None:
    value: object = {f"a{at}": 0 for at in range(1900)}
    for _level in range(15):
        value = {"k" * 63: value}
    paths, is_cut = key_paths(value, max_depth=64, max_paths=2000)
    assert is_cut and len(paths) > 200 and sum(len(one.path) for one in paths) < 256 * 1024


def test_what_stands_below_an_endless_path_is_not_captured() -> None:
    value: object = {"id": "video_1"}
    for _level in range(20):
        value = {"k" * 63: value}
    assert find(CaptureRule("id", ("$..id",)), {"id": "video_3", "more": value}) == (("video_3", "$.id"),)
