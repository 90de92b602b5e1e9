"""The other commands as a user runs them: discover, doctor, explain, demo, version, help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.cli import COMMANDS, SUMMARIES
from probe.simulator import running
from tests.cli.running import ROOT, probe


def ask(command: str, folder: Path, server, *more: str, **variables: str):
    target = ("--target", f"lab={server.url}", "--provider", server.world.provider)
    keys = {"AZURE_OPENAI_API_KEY": server.world.key, "OPENAI_API_KEY": server.world.key} | variables
    return probe(command, *target, *more, folder=folder, **keys)


def test_discover_lists_what_is_there_and_what_scan_would_pick(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = ask("discover", tmp_path, server, "--artefact", "sora1-video")
        sent = [(one.method, one.path) for one in server.requests]
    assert done.code == 0, done.err
    assert server.world.ids["job_id"] in done.out
    assert "scan would pick" in done.out
    assert {method for method, _ in sent} == {"GET"}
    assert all(path.endswith("/jobs") for _, path in sent)


def test_discover_gives_json(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = ask("discover", tmp_path, server, "--artefact", "sora1-video", "--json", "-q")
    listing = next(one for one in json.loads(done.out) if one["items"])
    assert listing["pick"] == server.world.ids["job_id"]
    assert listing["items"][0]["state"] == "succeeded"


def test_discover_names_the_surface_of_each_listing(tmp_path: Path) -> None:
    with running("azure") as server:
        heads = [line.split() for line in ask("discover", tmp_path, server, "--artefact", "file").out.splitlines()]
    assert {tuple(words[:3]) for words in heads if words[:2] == ["lab", "file"]} == {
        ("lab", "file", "azure-v1"),
        ("lab", "file", "azure-classic"),
    }


@pytest.mark.parametrize("language", ["fr", "ru"])
def test_doctor_and_discover_speak_the_language_that_is_asked_for(tmp_path: Path, language: str) -> None:
    """Of an English sentence nothing is left; what stays are names, ids, states and what the service said."""
    with running("azure") as server:
        for command, more in (("doctor", ()), ("discover", ("--artefact", "file"))):
            english, other = (ask(command, tmp_path, server, *more, "--lang", one).out for one in ("en", language))
            words = {word for line in english.splitlines() if not set(line) & set("*/") for word in line.split()}
            kept = {word for word in words if word in other.split()}
            assert len(kept) < len(words), command
            assert not kept & {"scan", "would", "pick:", "found", "newest", "old", "issuer", "credentials", "accepted", "none"} - {
                "scan"
            }


def test_discover_of_a_service_that_denies_everything_exits_3(tmp_path: Path) -> None:
    with running("wrong-key") as server:
        assert ask("discover", tmp_path, server).code == 3


def test_doctor_says_that_the_key_is_accepted(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = ask("doctor", tmp_path, server)
    assert done.code == 0, done.out + done.err
    for word in ("credentials", "AZURE_OPENAI_API_KEY", "proxy", "TCP", "TLS", "clock", "accepted"):
        assert word in done.out
    assert server.world.key not in done.out + done.err


def test_doctor_says_that_the_key_is_refused(tmp_path: Path) -> None:
    with running("wrong-key") as server:
        done = ask("doctor", tmp_path, server)
    assert done.code == 3
    assert "fail    key" in done.out
    assert "Access denied" in done.out


@pytest.mark.parametrize("world", ["html-login", "catch-all-200", "soft-404"])
def test_doctor_never_takes_a_page_for_an_accepted_key(tmp_path: Path, world: str) -> None:
    with running(world) as server:
        done = ask("doctor", tmp_path, server)
    assert done.code == 3, done.out
    assert "fail    key" in done.out
    assert "accepted" not in done.out


@pytest.mark.parametrize(
    ("world", "code"),
    [
        ("firewall", "azure-firewall"),
        ("entra-only", "key-auth-disabled"),
        ("wrong-header", "key-in-wrong-header"),
        ("apim-key-missing", "apim-key-missing"),
    ],
)
def test_doctor_names_the_cause_as_a_scan_does(tmp_path: Path, world: str, code: str) -> None:
    with running(world) as server:
        done = ask("doctor", tmp_path, server)
    assert done.code == 3, done.out
    assert f"[{code}]" in done.out


def test_doctor_names_a_dead_port(tmp_path: Path) -> None:
    done = probe(
        "doctor", "--target", "lab=http://127.0.0.1:9", "--provider", "azure", folder=tmp_path, AZURE_OPENAI_API_KEY="k" * 20
    )
    assert done.code == 3
    assert "connection_refused" in done.out


def test_explain_lists_and_explains(tmp_path: Path) -> None:
    listed = probe("explain", folder=tmp_path)
    assert listed.code == 0
    assert "azure-route-unknown" in listed.out
    page = probe("explain", "azure-route-unknown", folder=tmp_path)
    assert page.code == 0
    assert "How it is decided" in page.out
    assert "What to do" in page.out


def test_the_page_of_all_diagnoses_is_fresh(tmp_path: Path) -> None:
    done = probe("explain", "--markdown", folder=tmp_path)
    assert done.out == (ROOT / "docs" / "diagnoses.md").read_text(encoding="utf-8"), "run `make golden`"


def test_version_names_the_catalogues_date(tmp_path: Path) -> None:
    import re

    done = probe("-V", folder=tmp_path)
    assert re.fullmatch(r"probe \d+\.\d+\.\d+ \(catalogue of \d{4}-\d\d-\d\d\)\n", done.out)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_within_100_columns(tmp_path: Path, name: str) -> None:
    done = probe(name, "--help", folder=tmp_path)
    assert done.code == 0, done.err
    assert name in SUMMARIES
    assert max(len(line) for line in done.out.splitlines()) <= 100


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    import subprocess
    import sys

    from tests.cli.running import environment

    scan = subprocess.Popen(
        [sys.executable, "-m", "probe", "explain"],
        cwd=tmp_path,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert scan.stdout is not None and scan.stderr is not None
    scan.stdout.close()
    err = scan.stderr.read().decode()
    scan.stderr.close()
    assert scan.wait(timeout=30) == 0, err
    assert "Traceback" not in err


def test_a_code_is_explained_in_any_case_and_a_status_lists_its_codes(tmp_path: Path) -> None:
    assert probe("explain", "Azure_Route_UNKNOWN", folder=tmp_path).out.startswith("azure-route-unknown: ")
    listed = probe("explain", "404", folder=tmp_path)
    assert listed.code == 0
    assert "azure-route-unknown" in listed.out
    assert "azure-firewall" not in listed.out
    assert "server-error" in probe("explain", "503", folder=tmp_path).out
    assert probe("explain", "799", folder=tmp_path).code == 2


def test_the_language_of_every_command_can_be_a_variable(tmp_path: Path) -> None:
    french = probe("explain", "azure-route-unknown", "--lang", "fr", folder=tmp_path).out
    assert probe("explain", "azure-route-unknown", folder=tmp_path, PROBE_LANG="fr").out == french


def test_american_spellings_and_short_names_are_understood(tmp_path: Path) -> None:
    assert probe("catalog", "lint", folder=tmp_path).code == 0
    done = probe("demo", "-q", "--anonymize", "-f", "md,CSV", "--lang", "ru", folder=tmp_path)
    assert done.code == 0, done.err
    assert {"report.md", "results.csv"} <= {path.name for path in done.run.iterdir()}
    assert "report.html" not in {path.name for path in done.run.iterdir()}
    assert "\\u04" not in (done.run / "evidence.json").read_text(encoding="utf-8"), "evidence holds codes, in no language"


def test_quiet_prints_the_answer_alone(tmp_path: Path) -> None:
    done = probe("demo", "-q", folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert len(lines) <= 14
    assert lines[0].startswith("RESULT    Works")
    assert any(line.startswith("TRIED     GET /") for line in lines)


def test_a_key_given_as_key_file_is_not_repeated_and_sent_to_its_place(tmp_path: Path) -> None:
    done = probe("scan", "--target", "https://a.openai.azure.com", "--key", "0123456789abcdef0123", folder=tmp_path)
    assert done.code == 2
    assert "--key-env" in done.err
    assert "0123456789abcdef0123" not in done.err


@pytest.mark.parametrize("words", [("doctor",), ("scan", "text"), ("scan", "--timeout"), ("explain",)])
def test_a_key_in_the_wrong_place_is_not_said_back(words: tuple[str, ...], tmp_path: Path) -> None:
    key = "9fK2mQ7xT4vB8nL1cR6wZ3yH5jD0pS2gA7uE4iO9kX1b"
    done = probe(*words, key, folder=tmp_path)
    assert done.code == 2
    assert key not in done.out + done.err


def test_json_of_doctor_shows_nothing_invisible(tmp_path: Path) -> None:
    done = probe("doctor", "--json", "--target", "lab\u202e=http://127.0.0.1:9", "--provider", "azure", folder=tmp_path)
    assert "\u202e" not in done.out + done.err


def test_a_dry_run_makes_one_statement_of_how_many_requests(tmp_path: Path) -> None:
    many = ("--target", "https://a.openai.azure.com", "--dry-run", "--max-requests", "5")
    assert "a scan would stop after 5 (--max-requests)" in probe("scan", *many, folder=tmp_path).out
    assert "would stop" not in probe("scan", *many[:3], "--max-requests", "3000", folder=tmp_path).out
