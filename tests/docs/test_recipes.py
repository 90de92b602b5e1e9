"""The files that the documentation tells people to install (units, cron lines, tasks, jobs, fleets) are what their readers take."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from probe.cli.fleet import read_fleet, schema
from tests.cli.running import ROOT
from tests.docs.test_commands import understood

HOW_TO = ROOT / "docs" / "how-to"
FLEET, SCHEDULE = ((HOW_TO / name).read_text(encoding="utf-8") for name in ("fleet.md", "schedule.md"))
SECRET = re.compile(r"(?i)(?:key|token|secret|password)\w*\s*[=:]\s*['\"]?(?!\$|\.\.\.|%)[A-Za-z0-9+/_-]{16,}")


def fenced(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """Every command line of probe in a text, up to where a shell would end it."""
    return [one.strip() for one in re.findall(r"\bprobe ((?:scan|watch|merge|targets) [^\n|&>'#]*)", text)]


def test_every_command_of_the_recipes_has_its_options() -> None:
    recipes = [text for page in (FLEET, SCHEDULE) for kind in ("console", "yaml", "ini", "cron") for text in fenced(page, kind)]
    lines = [re.sub(r"\$\(\([^)]*\)\)|\$\{\{[^}]*\}\}|\{\}", "1", line) for line in commands("\n".join(recipes))]
    assert len(lines) >= 10
    for line in lines:
        assert understood(line.partition(":::")[0]), line


def test_no_recipe_holds_a_secret() -> None:
    assert not SECRET.search(FLEET + SCHEDULE)
    assert SCHEDULE.count("EnvironmentFile=") == 2
    assert "mode 0600" in SCHEDULE


def test_the_example_of_a_fleet_is_one(tmp_path: Path) -> None:
    example = fenced(FLEET, "yaml")[0]
    (tmp_path / "fleet.yaml").write_text(example, encoding="utf-8")
    certificates = Path(__file__).parents[1] / "certificates"
    for name, source in (("ca.pem", "ca.pem"), ("client.pem", "client.pem"), ("client-key.pem", "client.pem")):
        (tmp_path / name).write_bytes((certificates / source).read_bytes())
    found = read_fleet(tmp_path / "fleet.yaml")
    assert [one.name for one in found] == ["east", "west", "gateway", "openai"]
    jsonschema.validate(yaml.safe_load(example), schema())
    jsonschema.validate({"targets": yaml.safe_load(example)}, schema())
    keys = set(schema()["anyOf"][0]["items"]["properties"])
    assert keys == set(re.findall(r"^\| `(\w+)` \|", FLEET, re.MULTILINE)), "the table names every key"
    assert keys == {key for entry in yaml.safe_load(example) for key in entry}, "the example shows every key"


def units() -> dict[str, str]:
    return dict(re.findall(r"`/etc/systemd/system/(\S+)`[^\n]*\n\n```ini\n(.*?)^```$", SCHEDULE, re.MULTILINE | re.DOTALL))


def test_the_units_have_what_systemd_wants() -> None:
    assert set(units()) == {"probe-scan.service", "probe-scan.timer", "probe-watch.service"}
    for name, text in units().items():
        assert re.findall(r"^\[(\w+)\]$", text, re.MULTILINE) == ["Unit", "Timer", "Install"] or name.endswith(".service")
        assert all(re.fullmatch(r"\[\w+\]|[A-Z]\w+=.+|", line) for line in text.splitlines()), name


@pytest.mark.real
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_itself_takes_the_units(tmp_path: Path) -> None:
    program = shutil.which("true")
    for name, text in units().items():
        (tmp_path / name).write_text(text.replace("/usr/local/bin/probe", str(program)), encoding="utf-8")
    files = [str(tmp_path / name) for name in units()]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_cron_line_has_five_fields_and_a_command() -> None:
    (block,) = fenced(SCHEDULE, "cron")
    field = r"(?:\*|\d+(?:-\d+)?)(?:/\d+)?(?:,\d+)*"
    (line,) = block.splitlines()
    assert re.fullmatch(rf"{field}(?: {field}){{4}} [^%]+", line), "a % would be a new line"


def test_the_task_is_one_of_the_task_scheduler() -> None:
    (text,) = fenced(SCHEDULE, "xml")
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    task = ET.fromstring(text)
    assert task.tag == f"{space}Task"
    assert [one.tag.removeprefix(space) for one in task] == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    action = task.find(f"{space}Actions/{space}Exec")
    assert action is not None
    assert [one.tag.removeprefix(space) for one in action] == ["Command", "Arguments", "WorkingDirectory"]
    assert action.findtext(f"{space}Command") == "probe"
    assert understood(action.findtext(f"{space}Arguments") or "")
    principal = task.find(f"{space}Principals/{space}Principal")
    assert principal is not None
    assert principal.get("id") == task.find(f"{space}Actions").get("Context")  # type: ignore[union-attr]


def test_the_jobs_are_yaml_of_their_kind() -> None:
    job: Any = yaml.safe_load(fenced(FLEET, "yaml")[1])
    pod = job["spec"]["template"]["spec"]
    assert (job["kind"], job["spec"]["completionMode"], pod["restartPolicy"]) == ("Job", "Indexed", "Never")
    assert f"/{job['spec']['completions']} " in pod["containers"][0]["args"][0]
    assert {one["name"] for one in pod["containers"][0]["volumeMounts"]} == {one["name"] for one in pod["volumes"]}
    flow = yaml.safe_load(fenced(FLEET, "yaml")[2])["jobs"]["shard"]
    count = len(flow["strategy"]["matrix"]["shard"])
    assert any(f"}}}}/{count} " in step.get("run", "") for step in flow["steps"])
