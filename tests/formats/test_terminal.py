"""The terminal: fitted to its width, the answer first, colour only when it is asked for."""

from __future__ import annotations

import pytest

from probe.formats.table import Column, fitted, pipe
from probe.formats.terminal import head_text, render
from probe.frozen import replace
from probe.view.width import fit, fit_route, width_of, wrap
from tests.each import each
from tests.formats.large import large_report
from tests.formats.rich import denied_report, rich_report


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("report", [rich_report, denied_report])
def test_lines_fit_but_for_commands_that_are_to_be_copied(width: int, report: object) -> None:
    text = render(report(), width=width, show_all=True, run_folder="reports/x")  # type: ignore[operator]
    assert [line for line in text.split("\n") if width_of(line) > width and not line.startswith(("curl", "  'http"))] == []


def test_answer_comes_before_the_table_and_the_working_route_leads_it() -> None:
    lines = render(rich_report()).splitlines()
    table = next(number for number, line in enumerate(lines) if line.startswith("  verdict"))
    assert lines[0].startswith("RESULT    Works: 2 requests return the file")
    assert lines[table + 1].startswith("  works ")


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("report", [rich_report, denied_report])
def test_a_report_is_one_screen_and_says_why(width: int, report: object) -> None:
    text = render(report(), width=width, run_folder="reports/x")  # type: ignore[operator]
    assert len(text.splitlines()) <= 30
    [titles] = [line for line in text.splitlines() if line.startswith("  verdict")]
    assert titles.split()[-1] == "why"
    assert "key-refused" in text or "Download" in text


def test_quiet_output_is_the_head_alone() -> None:
    text = head_text(denied_report(), width=80)
    assert [line.split()[0] for line in text.splitlines() if line[0] != " "] == [
        "RESULT",
        "RESOURCE",
        "ARTEFACT",
        "TRIED",
        "RESPONSE",
        "REQUEST",
        "DO",
    ]
    assert render(denied_report(), width=80).startswith(text)


def test_colour_is_only_there_when_asked_for_and_changes_no_text() -> None:
    plain, coloured = render(rich_report()), render(rich_report(), color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;32mworks\x1b[0m" in coloured
    bare = coloured
    for code in ("1;32", "1;31", "1;33", "32", "33", "36", "35", "31", "2", "1", "0"):
        bare = bare.replace(f"\x1b[{code}m", "")
    assert bare == plain


def test_when_nothing_works_it_says_why_and_what_to_do() -> None:
    text = render(denied_report(), show_all=True)
    assert "Why nothing works" in text
    assert "9 × blocked" in text
    assert "DO        Set a key of this resource in AZURE_OPENAI_API_KEY" in text
    assert "apim-request-id 7a1b0c1e-0000-4000-8000-000000000000 at 2026-11-20T14:03:11.150Z" in text
    assert "curl" not in text


def test_a_large_scan_stays_one_screen_until_all_is_asked_for() -> None:
    report = replace(large_report(2000), working=())
    assert len(render(report).splitlines()) <= 30
    assert "--all shows them" in render(report)
    assert len(render(report, show_all=True).splitlines()) > 1500


@each([("abc", 3), ("日本", 4), ("e\u0301", 1), ("a日", 3), ("", 0), ("👋", 2), ("ﬀ", 1), ("가", 2), ("ｱ", 1), ("Ａ", 2)])
def test_width_of_text(text: str, width: int) -> None:
    assert width_of(text) == width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("日本語日本語", 5, "日本…"), ("abc", 1, "…"), ("abc", 0, "")],
)
def test_text_is_shortened_to_a_width(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


@each(
    [
        (90, "GET /openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content/video"),
        (60, "GET /openai/v1/video/generations/gen_01…hs8d/content/video"),
        (54, "GET /openai/v1/…/generations/gen_01…hs8d/content/video"),
        (40, "GET /openai/v1/video/…/content/video"),
        (24, "GET /…/content/video"),
        (17, "GET /…/video"),
        (8, "…t/video"),
        (1, "…"),
        (0, ""),
    ]
)
def test_a_route_gives_up_ids_first_then_its_middle_and_its_end_last(width: int, expected: str) -> None:
    route = "GET /openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content/video"
    assert fit_route(route, width) == expected
    assert width_of(fit_route("GET " + "/a" * 50_000, width)) <= width


def test_text_is_wrapped_at_spaces_and_long_words_at_their_slashes() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("see https://example/path/segments/here", 20) == ["see", "https://example/", "path/segments/here"]
    assert wrap("日本語日本語", 4) == ["日本", "語日", "本語"]
    assert wrap("", 10) == [""]


def test_wide_characters_line_up_in_tables() -> None:
    table = pipe(("a", "b"), [("日本", "x"), ("abcd", "y"), ("", "e\u0301")])
    assert len({width_of(line) for line in table.split("\n")}) == 1
    drawn = fitted([Column("a", ["日本", "abcd"]), Column("b", ["1", "2"])], 40, lambda _row, text: text)
    assert {width_of(line.rpartition(" ")[0]) for line in drawn.split("\n")} == {5}


def test_numbers_stay_as_they_were_written() -> None:
    assert pipe(("a", "b"), [("1e5", "007")]).splitlines()[-1] == "| 1e5 | 007 |"


def test_columns_that_do_not_fit_are_dropped_in_their_order() -> None:
    columns = [
        Column("keep", ["k" * 10], least=10),
        Column("first", ["f" * 10], least=10, drop=2),
        Column("then", ["t" * 10], least=10, drop=1),
    ]
    for width, titles in ((34, "keep first then"), (30, "keep then"), (12, "keep")):
        assert fitted(columns, width, lambda _row, text: text).split("\n")[0].split() == titles.split()
