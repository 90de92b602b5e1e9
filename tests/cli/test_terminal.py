"""On a terminal: progress, questions, colour and the first thing that anybody types."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probe.simulator import running
from tests.cli.running import probe
from tests.terminal import typed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a pty is POSIX")


def test_progress_never_shares_a_line_with_what_is_said(tmp_path: Path) -> None:
    with running("sora1") as server:
        target = ("--target", f"lab={server.url}", "--provider", "azure", "--id", server.world.ids["job_id"])
        seen = typed("scan", *target, folder=tmp_path, AZURE_OPENAI_API_KEY=server.world.key)
    assert seen.code == 0, seen.raw
    assert "asking" in seen.raw, "there was no progress to be tested"
    said = [line for line in seen.lines if "requests planned" in line]
    assert len(said) == 1
    assert said[0].startswith("18 requests planned")
    assert said[0].rstrip().endswith("-lab"), "something was written behind it"
    assert any(line.startswith("RESULT") for line in seen.lines)
    assert not any("asking" in line for line in seen.lines), "the bar is still there"


@pytest.mark.parametrize(("answer", "code", "is_sent"), [("y\n", 0, True), ("n\n", 2, False), ("\n", 2, False)])
def test_a_pair_that_a_file_makes_is_asked_about_on_a_terminal(tmp_path: Path, answer: str, code: int, is_sent: bool) -> None:
    with running("sora1") as server:
        (tmp_path / ".env").write_text(f"AZURE_OPENAI_ENDPOINT={server.url}\n", encoding="utf-8")
        seen = typed(
            *("scan", "-q", "--provider", "azure", "--id", server.world.ids["job_id"]),
            folder=tmp_path,
            answers=answer,
            waits_for="[y/N]",
            AZURE_OPENAI_API_KEY=server.world.key,
        )
        assert bool(server.requests) is is_sent, seen.raw
        assert server.world.key not in seen.raw
    assert seen.code == code, seen.raw
    assert f"AZURE_OPENAI_API_KEY -> {server.origin}, named by .env:1" in seen.raw


def test_the_name_alone_shows_three_ways_to_start_on_a_terminal(tmp_path: Path) -> None:
    seen = typed(folder=tmp_path)
    assert seen.code == 0
    for way in ("probe demo", "probe scan --target", "probe diagnose"):
        assert way in seen.raw
    elsewhere = probe(folder=tmp_path)
    assert (elsewhere.code, elsewhere.out) == (2, "")
    assert "Commands:" in elsewhere.err


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [
        ({}, False),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_can_be_forced_where_there_is_no_terminal(tmp_path: Path, variables: dict[str, str], is_coloured: bool) -> None:
    done = probe("demo", "-q", folder=tmp_path, **variables)
    assert ("\x1b[" in done.out) is is_coloured


def test_a_terminal_has_colour_unless_it_is_refused(tmp_path: Path) -> None:
    assert "\x1b[1" in typed("demo", "-q", folder=tmp_path).raw
    assert "\x1b[1" not in typed("demo", "-q", "--no-color", folder=tmp_path).raw
