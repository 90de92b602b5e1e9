"""Worlds from the field, played whole: the answer, its cause, who must act, and what is never claimed."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.worlds.playing import EXITS, KEY, World, play, worlds


@pytest.mark.parametrize("world", worlds(), ids=lambda world: f"{world.family}-{world.name}")
def test_a_world_is_judged_by_what_it_showed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = world.entry["expect"]
    played = play(world, tmp_path, monkeypatch, capsys)
    answers = expected["answer"] if isinstance(expected["answer"], list) else [expected["answer"]]
    assert played.report["answer"] in answers, played.text
    assert played.exit_code == EXITS[played.report["answer"]]
    if "codes" in expected:
        assert played.codes & set(expected["codes"]), played.codes
    assert not played.codes & set(expected.get("never", ())), played.text
    if "headline" in expected:
        assert re.search(expected["headline"], played.text, re.IGNORECASE), played.text
    main = next((one for one in played.report["verdicts"] if one["probe_id"] == played.report["main"]), {})
    if "main" in expected:
        mains = expected["main"] if isinstance(expected["main"], list) else [expected["main"]]
        assert main.get("diagnosis") in mains, (main.get("diagnosis"), played.text)
    if "decisive" in expected:
        assert len(played.report["decisive"]) == expected["decisive"]
    if "main_unsaid" in expected:
        assert not re.search(expected["main_unsaid"], played.report["headline"]), played.report["headline"]
    if "unsaid" in expected:
        assert not re.search(expected["unsaid"], played.text, re.IGNORECASE), played.text
    if "works" in expected:
        assert urlsplit(played.report["working"][0]["url"]).path == expected["works"]
    for field in ("owner", "answered_by"):
        if field in expected:
            assert expected[field] in {one[field] for one in played.report["verdicts"]}, played.text
    assert not [path for path in played.asked for one in expected.get("unasked", ()) if path.startswith(one)]
    assert KEY not in "".join(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file())
