"""The other ways to install: the action hands back its answer, the container is rootless and pinned, the bill is whole."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from probe.simulator import running
from tests.cli.running import ROOT, environment

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def steps() -> list[dict]:
    return ACTION["runs"]["steps"]


def test_the_action_is_composite_and_names_every_input_that_it_uses() -> None:
    assert ACTION["runs"]["using"] == "composite"
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert set(re.findall(r"steps\.scan\.outputs\.([\w-]+)", text)) == set(ACTION["outputs"])
    assert all(step.get("shell") == "bash" for step in steps() if "run" in step)


def test_the_action_runs_no_python_of_the_folder_that_was_checked_out(tmp_path: Path) -> None:
    """It may be a stranger's pull request: `python -m probe` would run its folder `probe`, with the key."""
    lines = [*(step.get("run", "") for step in steps()), *(ROOT / ".ci" / "action.sh").read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if "python -m" in line] == []
    assert sum("python -I -m" in line for line in lines) == 2


def test_no_input_of_the_action_becomes_text_of_a_command() -> None:
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_the_action_uploads_reports_without_the_journal() -> None:
    (upload,) = [step for step in steps() if "upload-artifact" in step.get("uses", "")]
    assert "!${{ steps.scan.outputs.report }}/journal.jsonl" in upload["with"]["path"]


def run_action(folder: Path, **inputs: str) -> tuple[int, dict[str, str], str]:
    """Run the action's own script, as the runner would; gives its exit code, its outputs and the job's summary."""
    output, summary = folder / "output", folder / "summary"
    output.touch()
    summary.touch()
    variables = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(folder), **inputs}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "action.sh")],
        cwd=folder,
        env=environment({**variables, "PATH": path}),
        capture_output=True,
        timeout=100,
        check=False,
    )
    first, *_report, last = done.stdout.decode().splitlines()
    word = first.removeprefix("::stop-commands::")
    assert len(word) == 32 and last == f"::{word}::", "what a service says could be an order to the runner"
    made = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
    return done.returncode, made, summary.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="the action's script is for bash")
@pytest.mark.parametrize(
    ("world", "fail_on", "answer", "code"),
    [
        ("sora1", "none", "works", 0),
        ("wrong-key", "none", "undecided", 3),
        ("wrong-key", "never", "undecided", 0),
        ("wrong-key", "undecided", "undecided", 3),
    ],
)
def test_the_action_scans_and_hands_back_its_answer(world: str, fail_on: str, answer: str, code: int, tmp_path: Path) -> None:
    with running(world) as server:
        ended, outputs, summary = run_action(
            tmp_path,
            PROBE_ENDPOINT=server.url,
            PROBE_PROVIDER_NAME="azure",
            PROBE_ACTION_KEY=server.world.key,
            PROBE_IDS=server.world.ids["job_id"],
            PROBE_ARGUMENTS="--max-requests\n60\n",
            PROBE_FAIL_ON=fail_on,
        )
    assert (ended, outputs["answer"]) == (code, answer)
    assert (Path(outputs["report"]) / "report.json").exists()
    assert summary.startswith("# ")
    assert server.world.key not in summary


def test_the_container_is_rootless_and_its_base_is_pinned() -> None:
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines if line and line[0].isupper()]
    (user,) = [one[1] for one in words if one[0] == "USER"]
    assert user.partition(":")[0] not in ("0", "root")
    assert re.fullmatch(r"PYTHON=\d+\.\d+\.\d+-slim-\w+", next(one[1] for one in words if one[0] == "ARG"))
    assert {one[1] for one in words if one[0] == "FROM"} == {"python:${PYTHON}"}
    assert not [one for one in words if one[0] in ("ADD", "ENV")]
    assert json.loads(next(line for line in lines if line.startswith("ENTRYPOINT")).removeprefix("ENTRYPOINT ")) == ["probe"]


@pytest.mark.parametrize("file", [".gitignore", ".dockerignore"])
def test_a_file_of_keys_in_a_copy_of_the_repository_goes_into_no_commit_and_no_image(file: str) -> None:
    assert ".env" in (ROOT / file).read_text(encoding="utf-8").splitlines()


def test_the_bill_names_every_package_that_the_wheel_brings(tmp_path: Path) -> None:
    wheel = tmp_path / "thing-1.0-py3-none-any.whl"
    wants = "Requires-Dist: httpx[socks]\nRequires-Dist: mkdocs; extra == 'docs'\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n{wants}")
    made = runpy.run_path(str(ROOT / ".ci" / "sbom.py"))["bill"](wheel)
    names = {one["name"] for one in made["components"]}
    assert {"httpx", "httpcore", "h11", "socksio", "certifi"} <= names
    assert "mkdocs" not in names
    assert made["bomFormat"] == "CycloneDX"
    refs = {one["bom-ref"] for one in made["components"]} | {made["metadata"]["component"]["bom-ref"]}
    assert {ref for one in made["dependencies"] for ref in (one["ref"], *one["dependsOn"])} <= refs
