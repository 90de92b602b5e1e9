"""The README is true: its commands exist, its options exist, its help text is the real one, and its tables name every word."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from probe.cli import COMMANDS
from probe.errors import ExitCode
from probe.model import Outcome
from tests.cli.running import probe
from tests.each import each

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SPANS = sorted({span for span in re.findall(r"`(probe [^`]+)`|^    (probe .+)$", README, re.MULTILINE) for span in span if span})


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", README, re.DOTALL)
    assert found, f"no block {name}"
    return found.group(1).strip()


def test_the_help_text_is_the_real_one(tmp_path: Path) -> None:
    shown = block("help").removeprefix("```").removesuffix("```").strip()
    assert shown == probe("--help", folder=tmp_path, COLUMNS="100").out.strip().replace("python -m probe", "probe")


@each(SPANS)
def test_every_command_line_is_one_that_probe_understands(line: str) -> None:
    import click

    words = [word for word in shlex.split(line)[1:] if word not in ("...",)]
    assert words[0] in COMMANDS, line
    command = COMMANDS.load(words[0])
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help", "-"}
    if isinstance(command, click.Group):
        assert len(words) < 2 or words[1] in command.commands, line
        return
    for word in words[1:]:
        if word.startswith("-"):
            assert word.partition("=")[0] in options, f"{line}: {word}"


def test_every_option_in_the_text_exists() -> None:
    known = {name for command in COMMANDS for parameter in _parameters(COMMANDS.load(command)) for name in parameter.opts}
    for option in set(re.findall(r"`(--[a-z][a-z-]*)", README)):
        assert option in known, option


def _parameters(command):
    yield from command.params
    for sub in getattr(command, "commands", {}).values():
        yield from _parameters(sub)


def test_every_exit_code_and_every_outcome_is_explained() -> None:
    for code in ExitCode:
        assert re.search(rf"^\| {int(code)} \|", README, re.MULTILINE), code
    words = README.replace("_", " ")
    for outcome in Outcome:
        assert outcome is Outcome.PROBE_BUG or outcome.value.replace("_", " ") in words, outcome


def test_every_file_that_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_setup_commands_are_exactly_two() -> None:
    commands = [line for name in ("demo", "tests") for line in block(name).splitlines() if line.strip()]
    assert len(commands) == 2
    assert all("python3 -m venv" in line for line in commands)


def test_a_variable_stands_for_an_option(tmp_path: Path) -> None:
    done = probe("scan", "--target", "x=https://a.openai.azure.com", "--dry-run", folder=tmp_path, PROBE_SCAN_ARTEFACTS="nonsense")
    assert done.code == 2
    assert "no such kind" in done.err


@pytest.mark.skipif(os.name == "nt", reason="the README's shell is POSIX")
def test_the_sample_is_what_the_demo_makes(tmp_path: Path) -> None:
    from tests.sample import FILES, SAMPLE, run_demo, skeleton

    folder, printed = run_demo(tmp_path)
    assert {path.name for path in SAMPLE.iterdir()} == set(FILES)
    assert skeleton(folder) == skeleton(SAMPLE), "run `make demo`"
    first = next(line for line in printed.splitlines() if line.strip().startswith("works"))
    assert "/content/video" in first and "preview" in first


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "probe", "-V"], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.startswith("probe ")
