"""report.md: the answer first, short while it is folded, and nothing that a forge would read as its own."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from probe.formats.markdown import render
from probe.frozen import replace
from probe.model import Outcome
from probe.view.escape import markdown, markdown_block, markdown_code
from tests.each import each
from tests.formats.large import large_report
from tests.formats.rich import denied_report, rich_report

FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)


def visible_lines(text: str) -> list[str]:
    return FOLDED.sub("", text).splitlines()


def test_answer_and_the_command_come_first() -> None:
    lines = render(rich_report()).splitlines()
    assert lines[0] == "# RESULT · Works: 2 requests return the file"
    assert next(number for number, line in enumerate(lines) if line.startswith("curl ")) < 15


def test_usual_scan_takes_at_most_60_lines_while_folded() -> None:
    assert len(visible_lines(render(rich_report()))) <= 60
    assert len(visible_lines(render(denied_report()))) <= 60


def test_when_nothing_works_the_reason_and_the_ids_for_support_are_there() -> None:
    text = render(denied_report())
    assert text.startswith("# RESULT · Blocked: contoso refuses the key on every route")
    assert "**9 × blocked**" in text
    assert "**REQUEST** apim-request-id `7a1b0c1e-0000-4000-8000-000000000000` at 2026-11-20T14:03:11.150Z" in text
    assert "The catalogue is 300 days old" in text
    assert "```sh" not in text


def test_each_reason_is_said_once() -> None:
    text = "\n".join(visible_lines(render(denied_report())))
    assert text.count("refuses the key on every route") == 1


def test_no_request_stands_in_two_tables() -> None:
    text = render(rich_report()).partition("## Evidence")[0]
    ids = re.findall(r"\| `(7a1b0c1e-[0-9a-f-]+)`", text)
    assert len(ids) == len(set(ids)) == 16


def test_sections_of_the_issue_are_all_there() -> None:
    text = render(rich_report())
    for piece in (
        "Invoke-WebRequest",
        "import base64",
        "**FIX** path: `/content -> /content/video`",
        "\n+ https://contoso.openai.azure.com/openai/v1/video/generations/",
        "`$.generations[*].id`",
        "Location: https://store",
        "proxy.corp",
    ):
        assert piece in text
    for title in ("Timeline (UTC)", "What was masked", "What was not tried", "Headers and links of interest", "limits"):
        assert title in text


def test_a_large_scan_is_cut_and_says_so() -> None:
    text = render(large_report(1000))
    assert "The first 400 of" in text
    assert len(text) < 1_000_000


def test_a_report_without_a_chosen_route_names_no_command() -> None:
    report = rich_report()
    verdicts = tuple(one for one in report.verdicts if one.diagnosis.outcome not in {Outcome.WORKS, Outcome.LINK})
    assert "```sh" not in render(replace(report, working=(), verdicts=verdicts))


@each(
    [
        ("the key is refused for files", "the key is refused for files"),
        ("no route /openai/v1/x at preview: a nonsense path", "no route `/openai/v1/x` at preview: a nonsense path"),
        ("ask @octocat about #1", "ask `@octocat` about `#1`"),
        ("see https://x.example/a.", "see `https://x.example/a`."),
        ("not tried (needs video_id)", "not tried (needs `video_id`)"),
        ("1. not a list", "`1.` not a list"),
        ("- not a list", "`-` not a list"),
        ("a | b", r"a `\x7c` b"),
        ("run `probe doctor`, then", "run `probe doctor`, then"),
        ("`tick", "`` `tick ``"),
        ('it says "Access denied (see https://x). Use #1." there', 'it says `"Access denied (see https://x). Use #1."` there'),
        ('it says "Resource not found" there', 'it says "Resource not found" there'),
        ('a " b "c_d', 'a `"` b `"c_d`'),
        ("until 2026-11-27 10:01 UTC", "until 2026-11-27 10:01 UTC"),
        ("two\nlines", r"`two\nlines`"),
        ("La clé est refusée : voyez", "La clé est refusée : voyez"),
        ("", ""),
    ]
)
def test_foreign_words_become_code_and_plain_words_stay(text: str, expected: str) -> None:
    assert markdown(text) == expected


@each(["a`b", "``", "`", " a ", "a\\", "\\`x\\`", "```x", "x" * 5000])
def test_code_shows_exactly_its_text(text: str) -> None:
    [token] = [
        token
        for token in MarkdownIt().parseInline(markdown_code(text, limit=10_000))[0].children or ()
        if token.type == "code_inline"
    ]
    assert token.content == text.replace("\n", " ")


def test_a_block_cannot_be_closed_from_inside() -> None:
    tokens = MarkdownIt().parse(markdown_block("a\n````\n~~~\nb", "sh"))
    assert [(token.type, token.content) for token in tokens] == [("fence", "a\n````\n~~~\nb\n")]


def test_signs_that_stand_alone_in_french_stay_signs() -> None:
    """French sets its colons, semicolons, question marks and quotes off by a space; none of them is code."""
    said = "« Vidéo Azure Sora 1 »\u00a0: lab n'a rien sous gen_01k74f\u00a0; est-ce bien elle\u202f?"
    assert markdown(said) == "« Vidéo Azure Sora 1 » : lab n'a rien sous `gen_01k74f` ; est-ce bien elle ?"
