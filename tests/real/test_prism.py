"""Prism, a mock server that was not written here, serves OpenAI's own description: its routes are told from all others."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.cli.running import ROOT, Done, probe
from tests.real.servers import free_port, installed, serving

pytestmark = pytest.mark.real

DESCRIPTION = Path(os.environ.get("PROBE_OPENAI_SPEC") or ROOT / "tests" / "data" / "openai-paths.yaml")
KEY = "sk-CANARY-5d0c7a1e93b84f62"
IDS = ("video_id=video_abc", "file-abc", "batch_abc", "cntr_abc", "cfile_abc")
OPENAI_IDS = ("ftjob-abc", "vector_store_id=vs_abc", "vector_file_id=file-abc", "skill_id=skill_abc", "skill_version=1")

Scan = Callable[..., Done]


@pytest.fixture(scope="module")
def described() -> re.Pattern[str]:
    """Every path with a GET in the description, as one pattern: this test's own knowledge, not the product's."""
    paths = yaml.load(DESCRIPTION.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["paths"]
    return re.compile("|".join(re.sub(r"\\{.*?\\}", "[^/]+", re.escape(path)) for path, item in paths.items() if "get" in item))


@pytest.fixture(scope="module")
def at_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Prism as it is: it ignores `servers`, so that the paths begin at the root."""
    prism, port = installed("PROBE_PRISM", "prism"), free_port()
    with serving([prism, "mock", "-p", str(port), str(DESCRIPTION)], port, tmp_path_factory.mktemp("prism")):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def below_v1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same description with its paths where OpenAI really has them."""
    prism, port, folder = installed("PROBE_PRISM", "prism"), free_port(), tmp_path_factory.mktemp("prism-v1")
    prefixed = re.sub(r"(?m)^  /", "  /v1/", DESCRIPTION.read_text(encoding="utf-8"))
    (folder / "v1.yaml").write_text(prefixed, encoding="utf-8")
    with serving([prism, "mock", "-p", str(port), str(folder / "v1.yaml")], port, folder):
        yield f"http://127.0.0.1:{port}"


def scan(url: str, provider: str, folder: Path, *ids: str, key: str = KEY) -> Done:
    named = [option for one in ids for option in ("--id", one)]
    secret = {"LAB_KEY": key} if key else {}
    key_option = ["--key-env", "LAB_KEY"] if key else []
    return probe("scan", "--target", f"lab={url}", "--provider", provider, *key_option, *named, folder=folder, **secret)


@pytest.fixture
def generic(below_v1: str, tmp_path: Path) -> Scan:
    return partial(scan, below_v1, "generic", tmp_path, *IDS, "job_id=task_abc", "generation_id=gen_abc")


@pytest.fixture
def openai(below_v1: str, tmp_path: Path) -> Scan:
    return partial(scan, below_v1, "openai", tmp_path, *IDS, *OPENAI_IDS)


@pytest.fixture(params=["generic", "openai"])
def each(request: pytest.FixtureRequest) -> Scan:
    return request.getfixturevalue(request.param)


def candidates(done: Done) -> list[dict[str, Any]]:
    """The verdicts on what was sent from the catalogue, out of a report that keeps to its schema."""
    assert done.code in (1, 3), done.out + done.err
    jsonschema.validate(done.report, json.loads((ROOT / "docs" / "schema" / "report.schema.json").read_text(encoding="utf-8")))
    return [one for one in done.report["verdicts"] if one["purpose"] == "candidate" and one["attempts"]]


def is_described(verdict: dict[str, Any], described: re.Pattern[str]) -> bool:
    """Whether the server has this route: all of them are below /v1."""
    path = re.sub(r"^https?://[^/]+", "", verdict["url"]).split("?")[0]
    return path.startswith("/v1/") and described.fullmatch(path.removeprefix("/v1")) is not None


def test_routes_of_the_description_are_told_from_those_that_it_has_not(each: Scan, described: re.Pattern[str]) -> None:
    verdicts = candidates(each())
    known = [one for one in verdicts if is_described(one, described)]
    others = [one for one in verdicts if not is_described(one, described)]
    assert len(known) >= 11
    assert len(others) >= 2
    assert {(one["outcome"], one["diagnosis"], one["status_code"]) for one in others} == {("not_found", "route-unknown", 404)}
    assert {one["status_code"] for one in known} == {200}
    assert not {"not_found", "denied", "unreachable", "probe_bug"} & {one["outcome"] for one in known}


def test_a_video_of_six_bytes_is_not_called_proved(each: Scan, described: re.Pattern[str]) -> None:
    done = each()
    contents = [
        one for one in candidates(done) if one["url"].endswith("/videos/video_abc/content") and is_described(one, described)
    ]
    assert [(one["media_type"], one["size"]) for one in contents] == [("video/mp4", 6)]
    # a mock has a video for a made-up id, too: where that was asked, it says more than the size
    assert {(one["outcome"], one["diagnosis"]) for one in contents} <= {
        ("inconclusive", "body-too-small"),
        ("inconclusive", "catch-all-gateway"),
    }
    assert done.report["working"] == []
    assert "works" not in {one["outcome"] for one in done.report["verdicts"]}
    assert (done.report["answer"], done.code) == ("undecided", 3)


def test_without_a_key_the_known_routes_are_denied_and_the_others_still_unknown(each: Scan, described: re.Pattern[str]) -> None:
    done = each(key="")
    verdicts = candidates(done)
    denied = {(one["outcome"], one["diagnosis"], one["status_code"]) for one in verdicts if is_described(one, described)}
    others = {(one["outcome"], one["diagnosis"], one["status_code"]) for one in verdicts if not is_described(one, described)}
    assert denied == {("denied", "credential-missing", 401)}
    assert others == {("not_found", "route-unknown", 404)}
    assert (done.report["answer"], done.code) == ("undecided", 3)


def test_azures_routes_are_all_unknown_to_a_server_that_has_openais(at_root: str, tmp_path: Path) -> None:
    done = scan(at_root, "azure", tmp_path, "video_id=video_abc", "file-abc", "gen_abc")
    verdicts = candidates(done)
    assert len(verdicts) > 15
    assert {one["diagnosis"] for one in verdicts} <= {"route-unknown", "head-refused"}
    assert (done.report["answer"], done.code) == ("none", 1)


def test_the_key_is_in_no_file_of_the_run(openai: Scan) -> None:
    done = openai()
    content = [path.read_bytes() for path in done.run.rglob("*") if path.is_file()]
    assert b"REDACTED" in b"".join(content)
    assert KEY not in done.out + done.err
    assert KEY.encode() not in b"".join(content)
