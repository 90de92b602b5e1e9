"""One scan of each clone finds its route from the id alone, says pending while the job runs and expired when it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.model import Answer
from tests.scanning import scan, world

ROUTES = {
    "new-api": "/v1/videos/{}/content",
    "openrouter": "/api/v1/videos/{}/content",
    "vllm-omni": "/v1/videos/{}/content",
    "kling": "/cdn/3c1f/clip.mp4",
    "dashscope": "/cdn/3c1f/clip.mp4",
    "xai": "/cdn/3c1f/clip.mp4",
    "ark": "/cdn/3c1f/clip.mp4",
}


@pytest.mark.parametrize("name", ROUTES)
def test_a_finished_job_is_found_by_its_id_alone(name: str, tmp_path: Path) -> None:
    with world(name) as server:
        done = scan(server, tmp_path)

    ident = next(iter(server.world.ids.values()))
    urls = {probe.id: probe.url for probe in done.evidence.probes}
    assert done.report.answer is Answer.WORKS
    assert done.working_types == {"video/mp4"}
    assert server.origin + ROUTES[name].format(ident) in urls[done.report.working[0]]


@pytest.mark.parametrize("base", ["", "/v1"])
def test_a_clone_is_given_with_or_without_its_version(base: str, tmp_path: Path) -> None:
    with world("new-api") as server:
        done = scan(server, tmp_path, url=server.origin + base)

    assert done.report.answer is Answer.WORKS
    assert not [one for one in server.requests if "/v1/v1" in one.path]


@pytest.mark.parametrize("name", [f"{name}-running" for name in ROUTES])
def test_a_running_job_is_pending_whatever_its_envelope(name: str, tmp_path: Path) -> None:
    with world(name) as server:
        done = scan(server, tmp_path)

    assert done.report.answer is Answer.UNDECIDED
    assert "job-pending" in done.codes


@pytest.mark.parametrize("name", ["openrouter-expired", "dashscope-expired", "xai-expired", "ark-expired"])
def test_an_expired_job_is_said_to_be_expired(name: str, tmp_path: Path) -> None:
    with world(name) as server:
        done = scan(server, tmp_path)

    assert done.report.answer is Answer.NONE
    assert "artefact-expired" in done.codes


def test_an_expired_link_is_said_to_be_expired(tmp_path: Path) -> None:
    with world("kling-expired") as server:
        done = scan(server, tmp_path)

    assert done.report.answer is Answer.NONE
    assert "blob-sas-expired" in done.codes


def test_a_status_by_post_is_sent_only_when_that_kind_is_allowed(tmp_path: Path) -> None:
    with world("siliconflow") as server:
        scan(server, tmp_path / "a")
        scan(server, tmp_path / "b", allow_post=("credentials",), allow_billable=True)
        assert not [one for one in server.requests if one.path == "/v1/video/status"]
        allowed = scan(server, tmp_path / "c", allow_post=("reads",))

    assert allowed.report.answer is Answer.WORKS
    assert [one.method for one in server.requests if one.path == "/v1/video/status"] == ["POST"]
