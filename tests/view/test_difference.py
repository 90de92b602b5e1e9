"""Two runs compared: the question first, then what changed; a run equals itself, and the comparison mirrors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.formats.difference import as_json, as_markdown, text
from probe.view.difference import difference, of_target
from tests.scanning import Scanned, scan, world


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    with world("sora1") as server:
        return scan(server, tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    with world("wrong-key") as server:
        return scan(server, tmp_path_factory.mktemp("refused"))


def test_a_run_does_not_differ_from_itself(good: Scanned) -> None:
    found = difference(good.report, good.report)
    assert found.is_empty
    assert text(found).startswith("No difference")
    assert json.loads(as_json(found))["is_same"] is True


def test_the_key_is_named_where_only_the_key_became_wrong(good: Scanned, refused: Scanned) -> None:
    found = difference(good.report, refused.report)
    assert found.answers == ("works", "undecided")
    assert {change.after.diagnosis.code for change in found.changed if change.is_verdict and change.after.diagnosis} >= {
        "azure-key-wrong"
    }
    assert "azure-key-wrong" in text(found)
    assert "azure-key-wrong" in as_markdown(found)
    assert {note.code for note in found.asked} >= {"diff-targets"}, "the worlds listen on other ports, so the question differs too"


def test_the_comparison_mirrors(good: Scanned, refused: Scanned) -> None:
    one, other = difference(good.report, refused.report), difference(refused.report, good.report)
    assert one.answers == other.answers[::-1]
    assert one.working == other.working[::-1]
    assert one.findings == other.findings[::-1]
    assert (one.gone, one.new) == (other.new, other.gone)
    assert {(each.key, each.before, each.after) for each in one.changed} == {
        (each.key, each.after, each.before) for each in other.changed
    }
    assert {note.code for note in one.asked} == {note.code for note in other.asked}


def test_a_target_of_a_run_is_compared_by_itself(good: Scanned) -> None:
    assert difference(of_target(good.report, "lab"), good.report).is_empty
    assert not of_target(good.report, "nobody").evidence.probes


def test_a_screen_is_never_wider_than_the_terminal(good: Scanned, refused: Scanned, tmp_path: Path) -> None:
    lines = text(difference(good.report, refused.report), width=80).split("\n")
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 40
