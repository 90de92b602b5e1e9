"""`probe targets`: each mistake of a targets file is one line with its place, and a key that was pasted into it is not repeated."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from probe.cli import main

BAD = """\
# ours
- name: east
  url: https://contoso-east.openai.azure.com
  key_env: sk-proj-THISISAKEY1234567890abcdef
- name: east
  url: https://portal.azure.com/#blade
  colour: red
- {name: "a b", provider: azur}
- {url: "https://contoso.openai.azure.com", ids: {job_id: "two words"}, keyenv: X}
"""
SAID = """\
error: fleet.yaml:4:12: targets[east].key_env: is not the name of a variable: write the variable's name here, never the key
fleet.yaml:5:9: targets[east].name: 'east' is the name of another target too (the first in line 2)
fleet.yaml:6:8: targets[east].url: portal.azure.com is a web site of Azure OpenAI, not the API
fleet.yaml:7:3: targets[east]: unknown key 'colour' (known: name, url, provider, key_env, token_env, deployment, ids)
fleet.yaml:8:3: targets[a b]: missing key 'url'
fleet.yaml:8:10: targets[a b].name: must be letters, digits, '.', '_' and '-', at most 40, not 'a b'
fleet.yaml:8:27: targets[a b].provider: must be one of azure, openai, generic, not the text 'azur' (did you mean 'azure'?)
fleet.yaml:9:59: targets[3].ids.job_id: 'two words': not an id
fleet.yaml:9:73: targets[3]: unknown key 'keyenv' (did you mean 'key_env'?)
hint: `probe targets schema` describes the file; an entry: - {name: contoso,
"""


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_mistake_is_one_line_with_its_place(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fleet.yaml").write_text(BAD, encoding="utf-8")
    code, out, err = run(["targets", "lint", "fleet.yaml"], capsys)
    assert (code, out) == (2, "")
    assert "THISISAKEY" not in err
    for line, expected in zip(err.splitlines(), SAID.splitlines(), strict=True):
        assert line.startswith(expected), line
    assert run(["scan", "--targets", "fleet.yaml", "--dry-run"], capsys) == (2, "", err), "a scan says the same"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "a list of targets is expected"),
        ("name: x", "unknown key 'name'"),
        ("- - x", "fleet.yaml:1:3: targets[0]: must be a mapping, not a list"),
        ("- {url: https://a.openai.azure.com, ids: [1]}", "ids: must be a mapping, not a list"),
        ("- url: https://user:pass@a.openai.azure.com", "holds a user name or password"),
        ("- {", "fleet.yaml:2:1: not YAML"),
    ],
)
def test_what_is_no_list_of_targets_is_refused(desk: Path, content: str, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fleet.yaml").write_text(content, encoding="utf-8")
    code, _out, err = run(["targets", "lint", "fleet.yaml"], capsys)
    assert code == 2
    assert problem in err
    assert "pass@" not in err


def test_a_good_file_is_counted_and_what_is_not_set_here_is_named(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = (
        "targets:\n- {name: a, url: 'https://a.openai.azure.com', key_env: A_KEY_NOT_SET}\n- {url: 'https://b.openai.azure.com'}\n"
    )
    Path("fleet.yaml").write_text(good, encoding="utf-8")
    assert run(["targets", "lint", "fleet.yaml"], capsys) == (
        0,
        "fleet.yaml: 2 targets, 1 variables\n",
        "not set here: A_KEY_NOT_SET\n",
    )
    code, out, _err = run(["targets", "schema"], capsys)
    described = json.loads(out)
    assert code == 0
    jsonschema.Draft202012Validator.check_schema(described)
    jsonschema.validate(yaml.safe_load(good), described)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(BAD), described)
