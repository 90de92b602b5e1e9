"""One scan for each kind of artefact finds its working route, from the id alone and from no id where a list exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.diagnoses import headline
from probe.errors import UsageError
from probe.model import Answer
from tests.scanning import WORLDS, scan, world

BY_ID = {
    "sora1": ("video/mp4", "/content/video"),
    "sora2": ("video/mp4", "/videos/{}/content"),
    "openai": ("video/mp4", "/v1/videos/{}/content"),
    "generic": ("video/mp4", "/download/"),
    "files": ("application/jsonl", "/openai/v1/files/{}/content"),
    "batch": ("application/jsonl", "/openai/v1/files/"),
    "fine-tune": ("text/csv", "/openai/v1/files/"),
    "container": ("text/csv", "/openai/v1/containers/{}/files/"),
    "response": ("text/csv", "/openai/v1/containers/"),
    "vector-store": ("application/json", "/vector_stores/{}/files/"),
    "skill": ("application/zip", "/v1/skills/{}"),
    "assistants": ("image/png", "/openai/files/"),
    "dalle-async": ("image/png", "/blob/"),
    "classic-files": ("application/jsonl", "/openai/files/{}/content?api-version=2024-10-21"),
    "classic-batch": ("application/jsonl", "/openai/files/"),
    "classic-fine-tune": ("text/csv", "/openai/files/"),
    "project-files": ("application/jsonl", "/api/projects/sim-project/openai/v1/files/{}/content"),
    "project-batch": ("application/jsonl", "/api/projects/sim-project/openai/v1/files/"),
    "project-container": ("text/csv", "/api/projects/sim-project/openai/v1/containers/{}/files/"),
    "openai-files": ("application/jsonl", "/v1/files/{}/content"),
    "openai-batch": ("application/jsonl", "/v1/files/"),
    "openai-fine-tune": ("text/csv", "/v1/files/"),
    "openai-container": ("text/csv", "/v1/containers/{}/files/"),
    "openai-vector-store": ("application/json", "/v1/vector_stores/{}/files/"),
    "openai-assistants": ("image/png", "/v1/files/"),
}
LISTED = (
    "sora1",
    "sora2",
    "openai",
    "files",
    "batch",
    "fine-tune",
    "container",
    "classic-files",
    "classic-batch",
    "project-files",
    "openai-files",
    "openai-batch",
    "openai-fine-tune",
    "openai-container",
    "openai-vector-store",
    "openai-skill",
)


def first(name: str) -> str:
    """The id that the user of a world would have at hand."""
    key, value = next(iter(WORLDS[name].ids.items()))
    return f"{key}={value}"


@pytest.mark.parametrize("name", BY_ID)
def test_the_id_alone_leads_to_the_artefact(name: str, tmp_path: Path) -> None:
    media_type, place = BY_ID[name]
    with world(name) as server:
        done = scan(server, tmp_path, ids=(first(name),))
    assert done.report.answer is Answer.WORKS, headline(done.report)
    best = next(probe for probe in done.evidence.probes if probe.id == done.report.working[0])
    assert place.format(first(name).partition("=")[2]) in best.url
    assert media_type in done.working_types
    assert {one.method for one in done.requests} <= {"GET", "HEAD"}


@pytest.mark.parametrize("name", LISTED)
def test_without_an_id_a_free_listing_leads_to_the_artefact(name: str, tmp_path: Path) -> None:
    with world(name) as server:
        done = scan(server, tmp_path, ids=())
    assert done.report.answer is Answer.WORKS, headline(done.report)
    assert len(done.requests) <= 75


def test_a_create_request_is_sent_only_when_allowed_and_its_body_can_be_the_artefact(tmp_path: Path) -> None:
    with world("speech") as server:
        with pytest.raises(UsageError, match="nothing to ask") as caught:
            scan(server, tmp_path, ids=(), artefacts=("speech",))
        assert "--allow-billable" in caught.value.hint
        assert server.requests == []
        done = scan(server, tmp_path, ids=("deployment=tts",), artefacts=("speech",), allow_billable=True)
    assert any(one.method == "POST" for one in done.requests)
    assert done.report.answer is Answer.WORKS, headline(done.report)
    assert "audio/mpeg" in done.working_types


def test_an_image_inside_json_is_proved_by_its_decoded_bytes(tmp_path: Path) -> None:
    with world("images") as server:
        done = scan(server, tmp_path, ids=("deployment=gpt-image-1",), artefacts=("image",), allow_billable=True)
    assert done.report.answer is Answer.WORKS, headline(done.report)
