"""`probe targets`: each mistake of a targets file is one line with its place, and a key that was pasted into it is not repeated."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from probe.cli import main
from probe.simulator import running

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
- {url: "https://contoso.openai.azure.com", timeout: 0, retries: 11, rate_limit: -1, max_requests: 1e9, connect_timeout: soon}
- {url: "https://contoso.openai.azure.com", proxy: "http://me:CANARY@p:1", cacert: no.pem, insecure: yes, resolve: [a:b]}
- {url: "https://contoso.openai.azure.com", proxy: "ftp://p", key: sk-proj-THISISAKEY1234567890abcdef}
- {url: "https://contoso.openai.azure.com", cacert: fleet.yaml, key: fleet.yaml}
- {url: "https://contoso.openai.azure.com", cacert: fleet.yaml}
- {url: "https://contoso.openai.azure.com", cert: '\\\\198.51.100.7\\share\\client.pem'}
"""
SAID = """\
error: fleet.yaml:4:12: targets[east].key_env: is not the name of a variable: write the variable's name here, never the key
fleet.yaml:5:9: targets[east].name: 'east' is the name of another target too (the first in line 2)
fleet.yaml:6:8: targets[east].url: portal.azure.com is a web site of Azure OpenAI, not the API
fleet.yaml:7:3: targets[east]: unknown key 'colour'
fleet.yaml:8:3: targets[a b]: missing key 'url'
fleet.yaml:8:10: targets[a b].name: must be letters, digits, '.', '_' and '-', at most 40, not 'a b'
fleet.yaml:8:27: targets[a b].provider: must be one of azure, openai, generic, not the text 'azur' (did you mean 'azure'?)
fleet.yaml:9:59: targets[3].ids.job_id: 'two words': not an id
fleet.yaml:9:73: targets[3]: unknown key 'keyenv' (did you mean 'key_env'?)
fleet.yaml:10:54: targets[4].timeout: 0 would end everything before it begins; write 30, 30s or 5m
fleet.yaml:10:66: targets[4].retries: must be a whole number from 0 to 10, not the text '11'
fleet.yaml:10:82: targets[4].rate_limit: '-1' is not a rate; write 20 or 20/s
fleet.yaml:10:100: targets[4].max_requests: must be a whole number from 1 to 1000000, not the text '1e9'
fleet.yaml:10:122: targets[4].connect_timeout: 'soon' is not a duration; write 30, 30s, 5m or 1h
fleet.yaml:11:52: targets[5].proxy: holds a user name or password: leave `proxy` out and set HTTPS_PROXY to this URL
fleet.yaml:11:84: targets[5].cacert: names no file (a path relative to this file)
fleet.yaml:11:102: targets[5].insecure: must be true or false, not the text 'yes'
fleet.yaml:11:117: targets[5].resolve[0]: is not HOST:PORT:ADDRESS, such as contoso.openai.azure.com:443:10.1.2.3
fleet.yaml:12:52: targets[6].proxy: is not a proxy URL: write scheme://host:port
fleet.yaml:12:68: targets[6].key: names no file (a path relative to this file; an API key goes into a variable: key_env)
fleet.yaml:12:68: targets[6].key: needs `cert`, the certificate that it belongs to
fleet.yaml:13:53: targets[7].cacert: cannot be used: not a PEM file with what is needed
fleet.yaml:13:70: targets[7].key: needs `cert`, the certificate that it belongs to
fleet.yaml:14:53: targets[8].cacert: cannot be used: not a PEM file with what is needed
fleet.yaml:15:51: targets[9].cert: is on another machine: copy the file beside this one
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
    assert "THISISAKEY" not in err and "CANARY" not in err
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
        ("9fQ3kZ7vR2mX8sT4wY6uB1nL5pass", "must be a list, not the text '...' (it looks like a key)"),
        ("- {9fQ3kZ7vR2mX8sT4wY6uB1nL5pass: x}", "unknown key '...' (it looks like a key)"),
    ],
)
def test_what_is_no_list_of_targets_is_refused(desk: Path, content: str, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fleet.yaml").write_text(content, encoding="utf-8")
    code, _out, err = run(["targets", "lint", "fleet.yaml"], capsys)
    assert code == 2
    assert problem in err
    assert "pass@" not in err
    assert "9fQ3kZ7v" not in err


def test_a_good_file_is_counted_and_what_is_not_set_here_is_named(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = (
        "targets:\n- {name: a, url: 'https://a.openai.azure.com', key_env: A_KEY_NOT_SET, timeout: 90s, rate_limit: 2}\n"
        "- {url: 'https://b.openai.azure.com'}\n"
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


def test_limits_of_one_target_hold_are_told_and_hold_again_when_resumed(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running("sora1") as server:
        monkeypatch.setenv("FLEET_LAB_KEY", server.world.key)
        target = f"url: '{server.url}', provider: azure, key_env: FLEET_LAB_KEY"
        Path("fleet.yaml").write_text(
            f"- {{name: lab, {target}, max_requests: 3, timeout: 4}}\n- {{name: other, {target}}}\n", encoding="utf-8"
        )
        ids = [word for name, value in server.world.ids.items() for word in ("--id", f"{name}={value}")]
        words = [
            "scan",
            "-q",
            *ids,
            "--only",
            "azure.sora1.*",
            "--max-requests",
            "5",
            "--trust",
            "fleet.yaml",
            "--targets",
            "fleet.yaml",
        ]
        run(words, capsys)
        count = len(server.requests)
        (folder,) = Path("reports").iterdir()
        evidence = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
        told = (folder / "report.md").read_text(encoding="utf-8")
        run(["scan", "-q", "--key-env", "FLEET_LAB_KEY", "--resume", str(folder), "--json"], capsys)
        assert (count, len(server.requests)) == (3 + 5, 3 + 5)
    again = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    own = [{name: value for name, value in one["limits"].items() if value is not None} for one in evidence["targets"]]
    assert own == [{"timeout": 4.0, "max_requests": 3}, {}]
    assert again["targets"] == evidence["targets"]
    assert "; lab: timeout 4, max_requests 3`" in told
    assert "lab</dt>" in (folder / "report.html").read_text(encoding="utf-8")
