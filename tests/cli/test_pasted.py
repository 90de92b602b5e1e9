"""`probe scan PASTE`: what a paste tells becomes the scan, no key follows it unasked, and its response stands apart."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from probe.simulator import running
from tests.cli.running import ROOT, Done, probe

CANARY = "CanaryKey0123456789abcdef012345"
SCHEMA = json.loads((ROOT / "docs" / "schema" / "report.schema.json").read_text(encoding="utf-8"))


def paste_of(base: str, generation: str) -> str:
    return (
        f'curl "{base}/openai/v1/video/generations/{generation}/content?api-version=preview" -H "api-key: {CANARY}"\n'
        '{"error":{"code":"404","message": "Resource not found"}}\n'
    )


def everything(done: Done) -> str:
    files = [
        one.read_bytes().decode("utf-8", "replace") for one in done.folder.rglob("*") if one.is_file() and one.name != "case.txt"
    ]
    return done.out + done.err + "".join(files)


def test_a_paste_alone_finds_the_route_where_the_environment_names_its_host(tmp_path: Path) -> None:
    with running("sora1") as server:
        text = paste_of(server.url, server.world.ids["generation_id"])
        done = probe(
            "scan", "-", folder=tmp_path, stdin=text, AZURE_OPENAI_ENDPOINT=server.url, AZURE_OPENAI_API_KEY=server.world.key
        )
    assert done.code == 0, done.err
    assert done.report["smallest_change"]["differences"] == ["path: /content -> /content/video"]
    assert "UNDERSTOOD" in done.err and "generation_id=gen_" in done.err and "UNDERSTOOD" not in done.out
    assert CANARY not in everything(done)


def test_the_report_keeps_the_paste_apart_and_compares_its_response(tmp_path: Path) -> None:
    with running("sora1") as server:
        text = paste_of(server.url, server.world.ids["generation_id"])
        (tmp_path / "case.txt").write_text(text.replace('"404"', '"429"').replace("Resource not found", "Too many requests"))
        done = probe("scan", "case.txt", "--trust", "case.txt", "--json", folder=tmp_path, AZURE_OPENAI_API_KEY=server.world.key)
    document = json.loads(done.out)
    jsonschema.validate(document, SCHEMA)
    assert (document["understood"]["error_code"], document["understood"]["provider"]) == ("429", "azure")
    assert document["understood"]["secrets_dropped"] == ["api-key"]
    assert document["missing"] == [] and document["next"].startswith("probe scan ")
    assert [one["status_code"] for one in document["verdicts"] if one["purpose"] == "failing-url"] == [404]
    told = [one["summary"] for one in document["findings"] if one["code"] == "pasted-response-differs"]
    assert len(told) == 1 and "now returns 404" in told[0] and "Too many requests" in told[0]
    assert "As pasted" in (done.run / "report.md").read_text(encoding="utf-8")
    again = json.loads(probe("report", str(done.run), "--json", folder=tmp_path).out)
    assert again["understood"] == document["understood"]


@pytest.mark.parametrize("place", ["argument", "stdin", "file"])
def test_no_key_follows_a_paste_to_a_host_that_nobody_named(tmp_path: Path, place: str) -> None:
    with running("sora1") as server:
        text = paste_of(server.url, server.world.ids["generation_id"])
        (tmp_path / "case.txt").write_text(text)
        given = {"argument": text, "stdin": "-", "file": "case.txt"}[place]
        env = {"AZURE_OPENAI_ENDPOINT": "https://other.openai.azure.com", "AZURE_OPENAI_API_KEY": server.world.key}
        done = probe("scan", given, folder=tmp_path, stdin=text, **env)
        without = probe("scan", given, folder=tmp_path, stdin=text, AZURE_OPENAI_API_KEY=server.world.key)
        assert server.requests == []
    for one in (done, without):
        assert one.code == 2
        assert f"AZURE_OPENAI_API_KEY -> {server.url}" in one.err
        assert ("--trust case.txt" if place == "file" else f"--target {server.url}") in one.err
        assert server.world.key not in everything(one)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("word", ["target", "key-env"])
def test_the_users_word_lets_the_key_go_there(tmp_path: Path, word: str) -> None:
    with running("sora1") as server:
        text = paste_of(server.url, server.world.ids["generation_id"])
        said = ("--target", server.url, "--provider", "azure") if word == "target" else ("--key-env", "AZURE_OPENAI_API_KEY")
        done = probe("scan", *said, "-", folder=tmp_path, stdin=text, AZURE_OPENAI_API_KEY=server.world.key)
    assert done.code == 0, done.err


def test_a_pasted_url_elsewhere_is_not_asked_while_a_typed_target_is(tmp_path: Path) -> None:
    with running("sora1") as server, running("sora1") as stranger:
        text = paste_of(stranger.url, server.world.ids["generation_id"])
        said = ("--target", server.url, "--provider", "azure")
        done = probe("scan", *said, "-", folder=tmp_path, stdin=text, AZURE_OPENAI_API_KEY=server.world.key)
        assert stranger.requests == []
        assert server.requests
    assert done.code == 0, done.err


def test_a_metadata_address_in_a_paste_is_refused_in_one_line(tmp_path: Path) -> None:
    done = probe("scan", "curl http://169.254.169.254/v1/videos/video_1234567", folder=tmp_path)
    assert done.code == 2
    assert "169.254.169.254, a metadata address" in done.err


@pytest.mark.parametrize("text", [" \n", "good morning"])
def test_a_paste_that_tells_nothing_is_wrong_input(tmp_path: Path, text: str) -> None:
    assert probe("scan", "-", folder=tmp_path, stdin=text).code == 2


def test_an_id_alone_asks_the_environments_endpoint(tmp_path: Path) -> None:
    with running("sora1") as server:
        env = {"AZURE_OPENAI_ENDPOINT": server.url, "AZURE_OPENAI_API_KEY": server.world.key}
        done = probe("scan", server.world.ids["generation_id"], folder=tmp_path, **env)
    assert done.code == 0, done.err


def test_the_versions_of_code_and_environment_block_are_tried_first(tmp_path: Path) -> None:
    text = 'client = AzureOpenAI(azure_endpoint="https://contoso.openai.azure.com", api_version="2024-10-21")\n'
    text += 'file = "file-abc123def456"'
    done = probe("scan", "-", "--dry-run", folder=tmp_path, stdin=text)
    assert done.code == 0
    assert "api-version 2024-10-21 was read from the URL; it is tried first" in " ".join(done.out.split())


def test_options_overrule_a_paste(tmp_path: Path) -> None:
    text = "https://contoso.openai.azure.com/openai/v1/videos/video_1234567abc/content"
    done = probe("scan", text, "--id", "video_id=video_7654321cba", "--dry-run", folder=tmp_path)
    assert "video_7654321cba" in done.out.replace("{video_id}", "video_7654321cba")
    assert done.code == 0


def test_a_run_is_not_resumed_by_a_paste(tmp_path: Path) -> None:
    done = probe("scan", "video_1234567abc", "--resume", "reports/x", folder=tmp_path)
    assert done.code == 2 and "leave the paste out" in done.err


@pytest.mark.parametrize(
    ("language", "first"), [("powershell", "Invoke-WebRequest"), ("python", "from openai import OpenAI"), ("curl", "curl ")]
)
def test_the_commands_come_in_the_language_of_the_paste_first(tmp_path: Path, language: str, first: str) -> None:
    with running("sora1") as server:
        url = f"{server.url}/openai/v1/video/generations/{server.world.ids['generation_id']}/content?api-version=preview"
        text = {
            "powershell": f'Invoke-RestMethod -Uri "{url}" -Method Get\n',
            "python": f'import requests\nr = requests.get("{url}")\nprint(r.status_code)  # 404\n',
            "curl": f'curl "{url}"\n',
        }[language]
        env = {"AZURE_OPENAI_ENDPOINT": server.url, "AZURE_OPENAI_API_KEY": server.world.key}
        done = probe("scan", "-", folder=tmp_path, stdin=text, **env)
    assert done.code == 0, done.err
    assert first in next(iter(done.report["working"][0]["repro"].values()))
    report = (done.run / "report.md").read_text(encoding="utf-8")
    assert report.index(first) == min(report.index(one) for one in ("Invoke-WebRequest", "curl -", first) if one in report)
    assert first in done.out


def test_every_kind_of_paste_is_shown_first_kept_in_the_report_and_compared(tmp_path: Path) -> None:
    with running("sora1") as server:
        generation = server.world.ids["generation_id"]
        url = f"{server.url}/openai/v1/video/generations/{generation}/content?api-version=preview"
        response = {"status": 403, "content": {"text": '{"error":{"code":"403","message":"Access denied due to Virtual Network"}}'}}
        entry = {"startedDateTime": "2026-11-20T09:10:00Z", "request": {"method": "GET", "url": url}, "response": response}
        pastes = {
            "python-error": (f"HTTPError: 404 Client Error: Resource Not Found for url: {url}\n", "still returns 404"),
            "har": (json.dumps({"log": {"entries": [entry]}}), "You saw 403; the same request now returns 404"),
            "url": (f"Our job is done, but GET {url} returns 401. Why?\n", "You saw 401; the same request now returns 404"),
            "dotnet-error": (
                f'var client = new AzureOpenAIClient(new Uri("{server.url}"), key);\n{generation}\n'
                "Azure.RequestFailedException: Resource not found\nStatus: 404 (Resource Not Found)\n\n"
                "Headers:\nx-ms-region: Norway West\n",
                "",
            ),
        }
        env = {"AZURE_OPENAI_ENDPOINT": server.url, "AZURE_OPENAI_API_KEY": server.world.key}
        for kind, (text, said) in pastes.items():
            folder = tmp_path / kind
            folder.mkdir()
            done = probe("scan", "-", "--json", folder=folder, stdin=text, **env)
            document = json.loads(done.out)
            assert done.code == 0 and document["answer"] == "works", kind
            assert kind in document["understood"]["kinds"]
            assert done.err.index("UNDERSTOOD") < done.err.index("requests planned")
            told = [one["summary"] for one in document["findings"] if one["code"].startswith("pasted-response")]
            assert (said in told[0]) if said else told == [], kind
            report = (done.run / "report.md").read_text(encoding="utf-8")
            assert "As pasted" in report and report.count("region Norway West") <= 1 and "GET  returned" not in report
