"""From one id, or from none, the shipped catalogue leads to the download, in few requests."""

from __future__ import annotations

import json
import re
from typing import Any

from probe.catalogue import load
from probe.jsonpath import find, parse
from probe.model import Endpoint, Role
from probe.plan import Scope, expand
from tests.each import each
from tests.factories import target

CATALOGUE = load()
ENDPOINTS = {endpoint.id: endpoint for endpoint in CATALOGUE.endpoints}


@each(
    [
        ("azure", "job_id", "azure.sora1.content-video"),
        ("azure", "generation_id", "azure.sora1.content-video"),
        ("azure", "video_id", "azure.sora2.content"),
        ("azure", "file_id", "azure.files.content"),
        ("azure", "file_id", "azure.files-classic.content"),
        ("azure", "batch_id", "azure.batch.output"),
        ("azure", "batch_id", "azure.batch.errors"),
        ("azure", "batch_id", "azure.batch-classic.output"),
        ("azure", "finetune_job_id", "azure.finetune.result"),
        ("azure", "container_id", "azure.container.content"),
        ("azure", "response_id", "azure.container.content"),
        ("azure", "vector_store_id", "azure.vector-classic.content"),
        ("azure", "eval_id", "azure.eval.output"),
        ("azure", "thread_id", "azure.assistant-classic.content"),
        ("azure", "operation_id", "azure.dalle2-classic.operation"),
        ("openai", "video_id", "openai.video.content"),
        ("openai", "file_id", "openai.files.content"),
        ("openai", "batch_id", "openai.batch.output"),
        ("openai", "finetune_job_id", "openai.finetune.result"),
        ("openai", "response_id", "openai.container.content"),
        ("openai", "container_id", "openai.container.content"),
        ("openai", "vector_store_id", "openai.vector.content"),
        ("openai", "skill_id", "openai.skill.version-content"),
        ("openai", "eval_id", "openai.eval.output"),
        ("openai", "thread_id", "openai.assistant.content"),
        ("generic", "job_id", "generic.service.status"),
        ("generic", "generation_id", "generic.service.download"),
        ("generic", "video_id", "generic.video.content"),
        ("generic", "job_id", "generic.video.job-content"),
        ("generic", "job_id", "generic.video.generation-download"),
        ("openai", "agent_session_id", "openai.session.content"),
        ("openai", "live_session_id", "openai.live.content"),
        ("openai", "completion_id", "openai.completion.messages"),
        ("generic", "batch_id", "generic.batch.output"),
    ]
)
def test_one_id_alone_leads_to_the_download(provider: str, given: str, download: str) -> None:
    """A listing of everything does not count: with an id of the user's, its other items are not what is looked for."""
    known = {given}
    own = [one for one in CATALOGUE.endpoints if one.provider == provider and names_of(one)]
    steps = [one for one in own if one.role in (Role.STATUS, Role.METADATA, Role.LIST)]
    for _ in range(4):
        known |= {rule.name for one in steps if names_of(one) <= known for rule in one.captures}

    assert names_of(ENDPOINTS[download]) <= known


def names_of(endpoint: Endpoint) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", endpoint.path))


def test_every_free_listing_is_there() -> None:
    listings = {one.path for one in CATALOGUE.endpoints if one.role is Role.LIST and not names_of(one)}

    assert listings == {
        "/openai/v1/video/generations/jobs",
        "/openai/v1/videos",
        "/openai/v1/files",
        "/openai/v1/batches",
        "/openai/v1/fine_tuning/jobs",
        "/openai/v1/containers",
        "/openai/v1/vector_stores",
        "/openai/v1/evals",
        "/openai/files",
        "/openai/batches",
        "/openai/fine_tuning/jobs",
        "/openai/vector_stores",
        "/v1/agents/sessions",
        "/v1/chat/completions",
        "/api/v3/contents/generations/tasks",
        "/v1/videos",
        "/v1/files",
        "/v1/batches",
        "/v1/fine_tuning/jobs",
        "/v1/containers",
        "/v1/vector_stores",
        "/v1/skills",
        "/v1/evals",
    }


@each(
    [
        (
            "azure.sora1.status",
            {"id": "task_1", "generations": [{"id": "gen_1", "job_id": "task_1"}]},
            {"generation_id": ["gen_1"]},
        ),
        ("azure.sora1.status", {"id": "task_1", "status": "succeeded", "generations": []}, {"generation_id": []}),
        (
            "azure.sora1.list",
            {
                "data": [
                    {"id": "task_2", "status": "running", "generations": []},
                    {"id": "task_1", "status": "succeeded", "generations": [{"id": "gen_1"}]},
                ]
            },
            {"job_id": ["task_1"], "generation_id": ["gen_1"]},
        ),
        ("azure.sora2.list", {"data": [{"id": "video_1", "status": "queued"}]}, {"video_id": ["video_1"]}),
        ("azure.batch.list", {"data": [{"id": "batch_1", "status": "Completed"}, {"id": "batch_2"}]}, {"batch_id": ["batch_1"]}),
        (
            "azure.batch.status",
            {"status": "completed", "output_file_id": "file-1", "error_file_id": None},
            {"output_file_id": ["file-1"], "error_file_id": []},
        ),
        ("azure.finetune.status", {"result_files": ["file-1"]}, {"result_file_id": ["file-1"]}),
        (
            "azure.files.list",
            {"data": [{"id": "file-1", "purpose": "assistants"}, {"id": "file-2", "purpose": "batch_output"}]},
            {"file_id": ["file-2"]},
        ),
        (
            "azure.container.response",
            {
                "output": [
                    {"type": "code_interpreter_call", "container_id": "cntr_0"},
                    {
                        "type": "message",
                        "content": [
                            {"annotations": [{"type": "container_file_citation", "container_id": "cntr_1", "file_id": "cfile_1"}]}
                        ],
                    },
                ]
            },
            {"container_id": ["cntr_1"], "container_file_id": ["cfile_1"]},
        ),
        (
            "azure.assistant-classic.messages",
            {"data": [{"content": [{"type": "image_file", "image_file": {"file_id": "file-1"}}]}]},
            {"assistant_file_id": ["file-1"]},
        ),
        ("openai.skill.versions", {"data": [{"id": "x", "version": "2"}]}, {"skill_version": ["2"]}),
    ]
)
def test_a_capture_finds_the_id_in_a_real_body(endpoint: str, body: Any, expected: dict[str, list[str]]) -> None:
    value = parse(json.dumps(body).encode(), 64)

    assert {rule.name: [text for text, _path in find(rule, value)] for rule in ENDPOINTS[endpoint].captures} == expected


@each(
    [
        ("azure", (("job_id", "task_1"),), 15, 25),
        ("azure", (("generation_id", "gen_1"), ("deployment", "sora")), 15, 25),
        ("azure", (("video_id", "video_1"),), 8, 15),
        ("azure", (("file_id", "file-1"),), 5, 10),
        ("azure", (("batch_id", "batch_1"),), 6, 12),
        ("azure", (("container_id", "cntr_1"),), 5, 12),
        ("azure", (), 50, 72),
        ("openai", (("video_id", "video_1"),), 6, 10),
        ("openai", (), 25, 48),
        ("generic", (("job_id", "job-1"),), 6, 14),
        ("generic", (), 12, 28),
    ]
)
def test_a_normal_scan_stays_small(provider: str, ids: tuple[tuple[str, str], ...], fewest: int, most: int) -> None:
    plan = expand(CATALOGUE, [target(provider=provider, ids=ids)], Scope())

    common = [probe for probe in plan.probes if not ENDPOINTS[probe.endpoint].hosts]
    assert fewest <= len(common) <= most
    assert len(plan.probes) - len(common) <= 36
    assert plan.billable_count == 0


def test_at_a_vendors_own_host_no_other_vendors_routes_are_planned() -> None:
    lab = target(provider="generic", ids=(("job_id", "job-1"),), base_url="https://api.klingai.com/v1")

    planned = {probe.endpoint for probe in expand(CATALOGUE, [lab], Scope()).probes}

    assert {one for one in planned if ENDPOINTS[one].hosts} == {"generic.task.kling-text", "generic.task.kling-image"}
    assert "generic.video.job-status" in planned


def test_without_an_id_only_the_listings_go_out_at_first() -> None:
    plan = expand(CATALOGUE, [target()], Scope())

    assert {probe.role for probe in plan.probes if not probe.needs} == {Role.LIST}
