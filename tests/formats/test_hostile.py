"""Whatever a server, a catalogue or a user writes stays text in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections import Counter
from functools import cache
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from markdown_it.token import Token

from probe.formats import FORMATS
from probe.formats.bundle import contents
from probe.view.page import View
from probe.view.repro import commands
from probe.view.width import width_of
from tests.each import each
from tests.formats.hostile_text import HOSTILE, hostile_report

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u2069\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff\ud800-\udfff]"
)
each_hostile_text = each(HOSTILE, repr)
COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BENIGN = "benign"


@cache
def rendered(name: str, text: str, **options: object) -> str:
    return FORMATS.load(name)(hostile_report(text), **options)


def unseen(text: str) -> list[str]:
    return [char for char in set(text) if char != "\n" and (not char.isprintable() or INVISIBLE.match(char))]


def test_the_corpus_is_large() -> None:
    assert len(set(HOSTILE)) >= 60


@each_hostile_text
def test_the_terminal_gets_no_control_byte_and_tables_keep_to_its_width(text: str) -> None:
    for width in (40, 200):
        page = rendered("terminal", text, width=width, show_all=True)
        assert unseen(page) == []
        assert max(width_of(line) for line in page.split("\n") if line.startswith("  ") and "://" not in line) <= width
    coloured = rendered("terminal", text, color=True)
    assert unseen(re.sub(r"\x1b\[[0-9;]*m", "", coloured)) == []


@cache
def benign_structure() -> tuple[Counter[str], list[str]]:
    return structure(rendered("markdown", BENIGN))


@cache
def parsed(text: str) -> list[Token]:
    return COMMONMARK.parse(text)


def structure(text: str) -> tuple[Counter[str], list[str]]:
    """How often each kind of element stands in a Markdown text, and its HTML."""
    tokens = [inner for token in parsed(text) for inner in (token, *(token.children or ()))]
    kinds = Counter(token.type for token in tokens if token.type not in {"text", "text_special", "code_inline", "softbreak"})
    return kinds, [token.content for token in tokens if token.type in {"html_block", "html_inline"}]


@each_hostile_text
def test_markdown_gets_no_element(text: str) -> None:
    assert structure(rendered("markdown", text)) == benign_structure()


@each_hostile_text
def test_markdown_has_no_mention_link_emoji_or_formula_outside_code(text: str) -> None:
    page = rendered("markdown", text)
    plain = [token.content for block in parsed(page) for token in (block.children or ()) if token.type == "text"]
    assert [one for one in plain if re.search(r"@\w|://|www\.|#\d|!\d|:[a-z_]+:|\$|&\w+;|GH-\d|\w@\w", one)] == []
    assert unseen(page) == []


@each(
    (
        "##vso[task.setvariable variable=PATH]/tmp/evil",
        "##[set-output name=answer]works",
        "##teamcity[setParameter name='env.PATH' value='/tmp/evil']",
        "::set-output name=answer::works",
        "::add-path::/tmp/evil",
        "x" * 100 + "::ADD-MASK::a",
        "::stop-commands::x",
    ),
    str,
)
def test_no_page_that_is_printed_in_a_pipeline_gives_its_build_service_an_order(text: str) -> None:
    for name in FORMATS:
        page = rendered(name, text) if name != "html" else ""
        assert re.search(r"##\w*\[|::[a-z]+-[a-z]+( name=\w+)?::", page, re.IGNORECASE) is None, name
    report = json.loads(rendered("json", text))
    assert report["verdicts"][0]["error_message"] == text


@each_hostile_text
def test_csv_starts_no_formula_and_keeps_its_shape(text: str) -> None:
    report = hostile_report(text)
    for page in (FORMATS.load("csv")(report), contents(report, {})["correlation-ids.csv"].decode()):
        rows = list(csv.reader(io.StringIO(page, newline=""), strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        cells = [cell for row in rows for cell in row]
        assert [cell for cell in cells if cell.lstrip().startswith(FORMULA_STARTS)] == []
        assert [part for cell in cells for part in cell.split(";") if part.lstrip().startswith(FORMULA_STARTS)] == []
        assert unseen(page.replace("\r\n", "\n")) == []
        assert page.count("\r\n") == len(rows)


@each_hostile_text
def test_json_formats_are_valid_unicode_and_hold_the_text_itself(text: str) -> None:
    expected = re.sub("[\ud800-\udfff]", "\ufffd", text)
    report = json.loads(rendered("json", text).encode())
    assert report["verdicts"][0]["summary"] == expected
    assert report["verdicts"][0]["error_message"] == expected
    har = json.loads(rendered("har", text).encode())
    assert har["log"]["entries"][0]["response"]["statusText"] == expected
    lines = rendered("jsonl", text).splitlines()
    assert unseen(rendered("json", text) + rendered("har", text) + rendered("jsonl", text)) == []
    assert len(lines) == len(hostile_report(text).evidence.probes)
    assert json.loads(lines[0].encode())["error_message"] == expected


@each_hostile_text
def test_xml_is_well_formed_and_gets_no_element(text: str) -> None:
    page = rendered("junit", text)
    tags = [element.tag for element in ElementTree.fromstring(page.encode()).iter()]
    assert tags == [element.tag for element in ElementTree.fromstring(rendered("junit", BENIGN)).iter()]
    assert unseen(page) == []


@each_hostile_text
def test_commands_stay_one_request_to_one_file(text: str) -> None:
    report = hostile_report(text)
    view = View(report)
    for row in view.sent:
        made = commands(view, row)
        words = shlex.split(made["curl"].split("\n")[-1])
        assert words[0] == "curl"
        assert set(words) & {"touch", ";", "`touch", "X-Injected:"} == set()
        assert [word for word in words if word.startswith("-o")] in ([], ["-o"])
        compile(made["python"], "repro.py", "exec")
        assert made["python"].isascii()
        assert unseen("".join(made.values())) == []


@each_hostile_text
def test_bundle_holds_only_names_of_its_own(text: str) -> None:
    files = contents(hostile_report(text), {"report.md": b"x"})
    assert sorted(files) == [
        "MANIFEST.sha256",
        "MASKED.txt",
        "SUMMARY.txt",
        "correlation-ids.csv",
        "report.md",
        "repro.ps1",
        "repro.sh",
    ]
    scripts = files["repro.sh"].decode() + files["repro.ps1"].decode().replace("\r\n", "\n") + files["MASKED.txt"].decode()
    assert unseen(scripts) == []
