"""Every code has a page, every page has a code that the source can give, and every code is seen in a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probe.verdict import EXPLANATIONS, FAMILIES, explain_markdown
from tests.verdict.codes import emitted


def test_codes_and_pages_agree() -> None:
    assert emitted() == set(EXPLANATIONS)


def test_every_code_is_expected_by_a_test() -> None:
    texts = " ".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py") if path.name != "test_explain.py"
    )
    assert sorted(code for code in EXPLANATIONS if f'"{code}"' not in texts) == []


def test_codes_are_kebab_case() -> None:
    assert [code for code in EXPLANATIONS if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_pages_say_something_in_every_part(code: str) -> None:
    page = EXPLANATIONS[code]
    assert all(text.strip() and text.strip()[-1] in ".!" for text in (page.how_decided, page.lookalikes, page.what_to_do))
    assert not page.title.endswith(".")


def test_the_document_holds_every_page() -> None:
    text = explain_markdown()
    assert all(f"### `{code}`: {page.title}" in text for code, page in EXPLANATIONS.items())


def test_every_rule_is_in_the_table_once() -> None:
    rules = [rule for _family, rules in FAMILIES for rule in rules]
    assert len(rules) == len(set(rules))
    assert all(rule.__doc__ for rule in rules)
