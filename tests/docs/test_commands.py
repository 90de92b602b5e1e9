"""What the README and the documentation tell people to type does what they say."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from probe.cli import COMMANDS
from tests.cli.running import ROOT
from tests.docs.pages import PAGES, Block, Reader, blocks, sittings
from tests.each import each

ALL = [block for page in PAGES for block in blocks(page)]
SITTINGS = [sitting for page in PAGES for sitting in sittings(page)]


def name_of(sitting: tuple[Block, ...]) -> str:
    return f"{sitting[0].page.relative_to(ROOT).as_posix()}:{sitting[0].line}"


@pytest.mark.skipif(os.name == "nt", reason="the pages' shell is POSIX; their PowerShell lines are checked below")
@pytest.mark.parametrize("sitting", SITTINGS, ids=name_of)
def test_every_command_does_what_the_page_says(sitting: tuple[Block, ...], tmp_path: Path) -> None:
    with ExitStack() as stack:
        reader = Reader(tmp_path, stack)
        for block in sitting:
            reader.type(block)


def test_no_shell_block_goes_without_a_test() -> None:
    unmarked = [str(block) for block in ALL if block.language == "sh" and block.kind not in ("run", "ci")]
    assert not unmarked, "write <!-- run world=... --> above it (tests/docs/pages.py)"


def test_what_ci_runs_for_a_page_is_in_its_script() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    marks = {match for page in PAGES for match in re.findall(r"<!-- ci (\S+) -->", page.read_text(encoding="utf-8"))}
    assert marks
    for mark in marks:
        assert f"commands {mark}" in script, f".ci/run does not run the block `{mark}`"


def test_no_command_hides_in_an_indented_block() -> None:
    typed = {line.strip() for block in ALL for line in block.code.splitlines()}
    for page in PAGES:
        shown = re.findall(r"^ {4,}(probe .+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(shown) <= typed, page.name


def understood(line: str) -> bool:
    """Whether the words after `probe` are a command with options that it has."""
    words = shlex.split(line)
    command: click.Command = COMMANDS.load(words[0])
    if isinstance(command, click.Group) and len(words) > 1:
        command = command.commands[words[1]]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help", "-"}
    return {word.partition("=")[0] for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("block", [one for one in ALL if one.language == "powershell"], ids=str)
def test_every_powershell_line_names_commands_and_options_that_exist(block: Block) -> None:
    for line in block.code.splitlines():
        if (found := line.replace("\\", "/").rpartition("probe "))[1]:
            assert understood(found[2]), line


@each(PAGES)
def test_every_command_within_a_sentence_exists(page: Path) -> None:
    for line in re.findall(r"`probe ([a-z][^`|\n]*)`", page.read_text(encoding="utf-8")):
        assert understood(line), f"{page.name}: probe {line}"
