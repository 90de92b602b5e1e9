"""Worlds from the field, played whole: the answer, its cause, who must act, and what is never claimed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.worlds.playing import EXITS, KEY, World, play, worlds

LEVELS = ("low", "medium", "high")


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("world", worlds(), ids=lambda world: f"{world.family}-{world.name}")
def test_a_world_is_judged_by_what_it_showed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = world.entry["expect"]
    played = play(world, tmp_path, monkeypatch, capsys)
    assert played.report["answer"] in _several(expected["answer"]), played.text
    assert played.exit_code == EXITS[played.report["answer"]]
    if "codes" in expected:
        assert played.codes & set(expected["codes"]), played.codes
    assert not played.codes & set(expected.get("never", ())), played.text
    if "headline" in expected:
        assert re.search(expected["headline"], played.text, re.IGNORECASE), played.text
    main = next((one for one in played.report["verdicts"] if one["probe_id"] == played.report["main"]), {})
    if "main" in expected:
        assert main.get("diagnosis") in _several(expected["main"]), (main.get("diagnosis"), played.text)
    if "decisive" in expected:
        assert len(played.report["decisive"]) == expected["decisive"]
    if "main_unsaid" in expected:
        assert not re.search(expected["main_unsaid"], played.report["headline"]), played.report["headline"]
    if "unsaid" in expected:
        assert not re.search(expected["unsaid"], played.text, re.IGNORECASE), played.text
    if "works" in expected:
        assert urlsplit(played.report["working"][0]["url"]).path in _several(expected["works"])
    if "change" in expected:
        assert re.search(expected["change"], " ".join(played.report["smallest_change"]["differences"]))
    for field in ("owner", "answered_by"):
        if field in expected:
            assert {one[field] for one in played.report["verdicts"]} & set(_several(expected[field])), played.text
    if "confidence" in expected and played.report["answer"] != "works":
        assert LEVELS.index(main["confidence"]) <= LEVELS.index(expected["confidence"]), main
    assert not [path for path in played.asked for one in expected.get("unasked", ()) if path.startswith(one)]
    assert KEY not in "".join(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file())
