"""Options are fields of records: what click offers follows from them, the help says every default, and shells complete values."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from probe.cli import COMMANDS, main
from probe.cli.command import Command, argument, command, declare, group, option
from probe.cli.completion import SHELLS
from probe.cli.units import Duration, Rate, Size
from tests.cli.running import probe
from tests.each import each


@dataclass(frozen=True, slots=True)
class Inner:
    pages: int


@dataclass(frozen=True, slots=True)
class Outer:
    names: tuple[str, ...] = argument()
    folder: Path | None = option("-o", heading="Reports")
    is_loud: bool = option("--loud")
    inner: Inner = group("Scope", {"pages": declare("-p", type=click.IntRange(1), default=3, show_default=True)})


def test_an_option_is_one_field(tmp_path: Path) -> None:
    seen: list[Outer] = []

    @command(Outer, name="try", example="try a b")
    def attempt(options: Outer) -> None:
        """Try."""
        seen.append(options)

    run = CliRunner().invoke(attempt, ["a", "b", "-o", str(tmp_path), "--pages", "5"])
    assert run.exit_code == 0, run.output
    assert CliRunner().invoke(attempt, ["--loud"]).exit_code == 0
    assert seen == [Outer(("a", "b"), tmp_path, False, Inner(5)), Outer((), None, True, Inner(3))]
    shown = CliRunner().invoke(attempt, ["--help"]).output
    assert shown.index("Scope:") < shown.index("Reports:") < shown.index("Options:") < shown.index("Example:\n  try a b")


def leaves() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        made = COMMANDS.load(name)
        found += [(f"{name} {sub}", one) for sub, one in made.commands.items()] if isinstance(made, click.Group) else [(name, made)]
    return found


@each(leaves())
def test_every_help_has_an_example_that_is_true_and_says_every_default(name: str, made: click.Command) -> None:
    shown = re.sub(r"\s+", " ", CliRunner().invoke(made, ["--help"], env={"COLUMNS": "100"}).output)
    context = click.Context(made, info_name=name)
    for parameter in made.params:
        is_flag = isinstance(parameter, click.Option) and parameter.is_flag
        if not is_flag and isinstance(parameter.get_default(context), int | float | str | Path):
            record = parameter.get_help_record(context)
            assert record is not None and "default: " in record[1], parameter.name
    if not made.params:
        return
    assert isinstance(made, Command)
    assert f"probe {name}" in made.example
    assert "Example:" in shown
    for word in re.findall(r" (--?[a-z][a-z-]*)", made.example):
        assert any(word in parameter.opts for parameter in made.params), word


@pytest.mark.parametrize("text", ["500ms", "30s", "90s", "15m", "2h", "3d"])
def test_a_duration_is_shown_as_it_is_typed(text: str) -> None:
    assert Duration().text(Duration().convert(text, None, None)) in (text, text.replace("500ms", "0.5s"))


def test_a_size_and_a_rate_are_shown_as_they_are_typed() -> None:
    assert [Size().text(Size().convert(text, None, None)) for text in ("100", "64k", "4M")] == ["100", "64k", "4M"]
    assert Rate().text(Rate().convert("0.5/s", None, None)) == "0.5/s"


def completed(folder: Path, *words: str) -> list[str]:
    """What bash would offer for the last word."""
    variables = {"_PROBE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("probe", *words)), "COMP_CWORD": str(len(words))}
    return [line.partition(",")[2] for line in probe(folder=folder, **variables).out.split()]


def test_commands_kinds_endpoints_runs_codes_and_options_are_completed(tmp_path: Path) -> None:
    run = tmp_path / "reports" / "2026-01-31T09-30-00Z-lab"
    run.mkdir(parents=True)
    assert completed(tmp_path, "scan", "--resume", "rep") == []
    (run / "journal.jsonl").touch()
    assert completed(tmp_path, "di") == ["diagnose", "diff", "discover"]
    assert completed(tmp_path, "scan", "--artefact", "sora1") == ["sora1-video"]
    assert "azure.models.list" in completed(tmp_path, "catalogue", "show", "azure.models")
    assert completed(tmp_path, "scan", "--resume", "rep") == ["reports/2026-01-31T09-30-00Z-lab"]
    assert completed(tmp_path, "report", "rep") == ["reports/2026-01-31T09-30-00Z-lab"]
    assert "azure-route-unknown" in completed(tmp_path, "explain", "azure-r")
    assert completed(tmp_path, "demo", "-f", "mark") == ["markdown"]
    assert completed(tmp_path, "demo", "--bun") == ["--bundle"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_asks_probe_and_is_one_that_the_shell_takes(shell: str, tmp_path: Path) -> None:
    done = probe("completion", shell, folder=tmp_path)
    assert done.code == 0, done.err
    assert f"{shell}_complete" in done.out
    assert "_PROBE_COMPLETE" in done.out
    program = shutil.which("pwsh" if shell == "powershell" else shell)
    if program is not None and shell != "powershell":
        subprocess.run([program, "-n"], input=done.out, text=True, check=True, timeout=60)


def test_powershell_is_offered_one_candidate_a_line_with_its_help(tmp_path: Path) -> None:
    variables = {"_PROBE_COMPLETE": "powershell_complete", "COMP_WORDS": "probe di", "COMP_CWORD": "di"}
    lines = probe(folder=tmp_path, **variables).out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["diagnose", "diff", "discover"]
    variables["COMP_WORDS"], variables["COMP_CWORD"] = "probe scan --artefact ", ""
    assert "sora1-video\t" in probe(folder=tmp_path, **variables).out


def test_help_of_the_whole_imports_no_command() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert all(f"  {name}" in shown for name in COMMANDS)
