"""One file per mistake in bad/; each names its problems in `# expect: LINE: text` lines, or in a file beside it."""

import re
from pathlib import Path

import pytest

from probe.catalogue import load
from probe.errors import CatalogueError
from tests.each import each

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


def expectations(path: Path) -> list[tuple[int, str]]:
    beside = path.with_name(path.name + ".expect")
    text = (beside if beside.exists() else path).read_text("utf-8")
    return [(int(line), what) for line, what in re.findall(r"^# expect: (\d+): (.+)$", text, re.MULTILINE)]


def test_there_are_enough_bad_catalogues():
    assert len(BAD) >= 40


@each(BAD)
def test_a_bad_catalogue_reports_its_own_mistakes_at_their_own_lines_and_no_others(path):
    expected = expectations(path)
    assert expected, "the file names no problem"
    with pytest.raises(CatalogueError) as caught:
        load([path])
    problems = caught.value.message.split("\n")
    for line, what in expected:
        assert any(one.startswith(f"{path}:{line}:") and what in one for one in problems), problems
    assert len(problems) == len(expected), problems
