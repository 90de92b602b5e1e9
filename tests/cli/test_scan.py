"""`probe scan` as a user runs it, against the simulator over real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from probe.formats import FORMATS
from probe.simulator import running
from tests.cli.running import Done, probe

CANARY = "CANARY-7f3a9c5e1b2d4f60-Zq"


def scan(folder: Path, server, *more: str, provider: str = "azure", **variables: str) -> Done:
    return probe(
        "scan",
        "--target",
        f"lab={server.url}",
        "--provider",
        provider,
        *more,
        folder=folder,
        **{"AZURE_OPENAI_API_KEY": server.world.key, "OPENAI_API_KEY": server.world.key} | variables,
    )


def test_the_route_of_the_story_is_found_from_the_job_id(tmp_path: Path) -> None:
    with running("sora1") as server:
        ids = server.world.ids
        done = scan(tmp_path, server, "--id", ids["job_id"])
        sent = [(one.method, one.path) for one in server.requests]
    assert done.code == 0, done.err
    best = done.report["working"][0]
    assert best["url"] == f"{server.url}/openai/v1/video/generations/{ids['generation_id']}/content/video?api-version=preview"
    assert (best["sniffed_type"], best["media_type"]) == ("video/mp4", "video/mp4")
    assert {method for method, _ in sent} <= {"GET", "HEAD"}
    verdicts = {one["probe_id"]: one for one in done.report["verdicts"]}
    refuted = verdicts["lab/azure.sora1.content@preview"]
    assert (refuted["outcome"], refuted["diagnosis"]) == ("not_found", "azure-route-unknown")
    names = {path.name for path in done.run.iterdir()}
    assert {"report.md", "report.html", "report.json", "results.csv", "exchanges.har", "evidence.json"} <= names


def test_without_an_id_the_newest_finished_job_is_found(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = scan(tmp_path, server)
    assert done.code == 0, done.err
    assert any("/content/video" in one["url"] for one in done.report["working"])


@pytest.mark.parametrize(
    ("world", "code", "answer", "outcome"),
    [("wrong-key", 3, "undecided", "denied"), ("throttled", 3, "undecided", "throttled"), ("expired", 1, "none", "expired")],
)
def test_each_way_to_fail_has_its_exit_code_and_says_so(tmp_path: Path, world: str, code: int, answer: str, outcome: str) -> None:
    with running(world) as server:
        done = scan(tmp_path, server, "--id", server.world.ids["job_id"], "--retries", "0")
    assert done.code == code, done.out + done.err
    assert done.report["answer"] == answer
    assert outcome in {one["outcome"] for one in done.report["verdicts"]}
    assert done.report["working"] == []


def test_a_dead_port_is_undecided_and_unreachable(tmp_path: Path) -> None:
    done = probe(
        "scan", "--target", "lab=http://127.0.0.1:9", "--provider", "azure", "--retries", "0", "--id", "gen_x", folder=tmp_path
    )
    assert done.code == 3, done.out + done.err
    assert {one["outcome"] for one in done.report["verdicts"]} - {"needs_input"} == {"unreachable"}


def test_a_gateway_that_says_yes_to_everything_proves_nothing(tmp_path: Path) -> None:
    with running("soft-404") as server:
        done = scan(tmp_path, server, "--id", server.world.ids["job_id"])
    assert done.code == 3, done.out
    assert done.report["working"] == []


def test_the_self_hosted_services_relative_link_is_followed_and_proved(tmp_path: Path) -> None:
    with running("generic") as server:
        done = scan(tmp_path, server, "--id", f"job_id={server.world.ids['job_id']}", provider="generic")
    assert done.code == 0, done.out + done.err
    assert done.report["working"][0]["sniffed_type"] == "video/mp4"


def test_the_smallest_change_is_named(tmp_path: Path) -> None:
    with running("sora1") as server:
        generation = server.world.ids["generation_id"]
        failing = f"{server.url}/openai/v1/video/generations/{generation}/content?api-version=preview"
        done = scan(tmp_path, server, "--failing-url", failing)
    assert done.code == 0, done.err
    assert done.report["smallest_change"]["differences"] == ["path: /content -> /content/video"]
    assert "/content -> /content/video" in done.out


def test_a_dry_run_prints_the_plan_and_sends_nothing(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = scan(tmp_path, server, "--dry-run")
        assert server.requests == []
    assert done.code == 0, done.err
    assert "/content/video" in done.out
    assert "{generation_id}" in done.out
    assert not (tmp_path / "reports").exists()


def test_json_stands_alone_on_standard_output(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = scan(tmp_path, server, "--json")
    assert json.loads(done.out)["answer"] == "works"
    assert "\x1b" not in done.out + done.err


def test_no_form_of_the_key_reaches_a_file_or_the_terminal(tmp_path: Path) -> None:
    import base64
    import urllib.parse

    formats = [option for name in FORMATS if name != "terminal" for option in ("-f", name)]
    with running("echo") as server:
        done = scan(tmp_path, server, "-v", "--bundle", *formats, AZURE_OPENAI_API_KEY=CANARY)
        echoed = any(CANARY in str(one.headers) for one in server.requests)
    assert echoed, "the key never went out: this test would prove nothing"
    forms = [CANARY.encode(), urllib.parse.quote(CANARY).encode(), CANARY.encode().hex().encode(), CANARY.encode("utf-16-le")]
    forms += [base64.b64encode(b" " * at + CANARY.encode())[4:-4] for at in range(3)]
    content = (done.out + done.err).encode() + b"".join(path.read_bytes() for path in done.run.rglob("*") if path.is_file())
    assert [form for form in forms if form in content] == []
    assert b"REDACTED" in content


def test_a_saved_run_is_judged_again(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = scan(tmp_path, server)
    again = probe("report", str(done.run), "--json", folder=tmp_path)
    assert again.code == 0, again.err
    assert json.loads(again.out)["working"] == done.report["working"]
    into = probe("report", str(done.run), "-o", "again", "-f", "markdown", folder=tmp_path)
    (folder,) = (tmp_path / "again").iterdir()
    assert into.code == 0
    assert {path.name for path in folder.iterdir()} >= {"report.md", "evidence.json"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("scan",), "no target"),
        (("scan", "--nope"), "No such option"),
        (("scna",), "No such command 'scna'. Did you mean 'scan'?"),
        (("scan", "--target", "x=https://a.openai.azure.com", "--artefact", "vidoe"), "did you mean"),
        (("scan", "--target", "x=https://a.openai.azure.com", "--catalogue", "missing.yaml"), "`--catalogue default` is"),
        (("scan", "--targets", "C:\\x\\mine.yaml"), "C:\\x\\mine.yaml: no such file"),
        (("scan", "--target", "x=https://a.openai.azure.com", "--timeout", "soon"), "not a duration"),
        (("scan", "--target", "x=https://a.openai.azure.com", "-f", "pdf", "--id", "gen_x"), "unknown format"),
        (("scan", "logs/nowhere.har"), "logs/nowhere.har: no such file"),
        (("scan", "--resume", "nowhere"), "nowhere"),
        (("report", "nowhere"), "nowhere"),
        (("explain", "azure-route-unknwon"), "azure-route-unknown"),
    ],
)
def test_wrong_input_is_one_clear_error_and_exit_2(tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    done = probe(*arguments, folder=tmp_path)
    assert done.code == 2, done.out + done.err
    assert problem in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not (tmp_path / "reports").exists()


def test_a_dry_run_shows_every_url_whole_at_any_width(tmp_path: Path) -> None:
    url = "https://a.openai.azure.com/openai/v1/video/generations/gen_1/content/video?api-version=preview"
    elsewhere = "https://b.openai.azure.com/openai/v1/video/generations/gen_1/content?api-version=preview"
    given = ("--target", "x=https://a.openai.azure.com", "--id", "gen_1", "--failing-url", f" '{elsewhere}' ")
    for columns in ("40", "80", "200"):
        done = probe("scan", *given, "--dry-run", folder=tmp_path, COLUMNS=columns)
        lines = done.out.splitlines()
        assert done.code == 0, done.err
        assert sum(line.endswith(" " + url) for line in lines) == 2, "by GET and HEAD"
        assert sum(line.endswith(" " + elsewhere) for line in lines) == 1


def test_a_bug_of_ours_exits_70_with_a_traceback(tmp_path: Path) -> None:
    code = "import probe.cli as cli\ncli.COMMANDS['explain'] = 'probe.no_such_module:x'\ncli.main(['explain'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 70
    assert "Traceback" in done.stderr
    assert "bug in probe" in done.stderr
