"""Each world answers as the vendor was seen to answer: status, exact body, headers, bytes."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from probe.simulator import WORLDS, create_app
from probe.simulator.app import STORAGE_TOKEN, TOKEN
from probe.simulator.images import BATCH_FOLDER
from probe.simulator.media import CSV, JSONL, media

AZURE_ROUTE_UNKNOWN = b'{"error":{"code":"404","message": "Resource not found"}}'
JOBS = "/openai/v1/video/generations/jobs"
JOB = JOBS + "/{job_id}"
GENERATION = "/openai/v1/video/generations/{generation_id}"
VIDEO = "/openai/v1/videos/{video_id}"
FILE = "/openai/v1/files/{file_id}"
CONTAINER = "/openai/v1/containers/{container_id}"
OPERATION = "/openai/operations/images/{operation_id}?api-version=2023-06-01-preview"

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Send a request with the world's own key, `{id}` names filled in; in process, since a hundred servers would only cost time."""
    clients: dict[str, httpx.AsyncClient] = {}
    with start_blocking_portal() as portal:

        def send(
            name: str, path: str, method: str = "GET", *, auth: bool = True, headers: dict[str, str] | None = None, **options: Any
        ):
            world = WORLDS[name]
            if name not in clients:
                clients[name] = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(name)), base_url="http://127.0.0.1:8765")
            sent = dict(headers or {})
            if auth and world.key and world.provider == "azure" and world.credential == "key":
                sent["api-key"] = world.key
            elif auth and world.key:
                sent["authorization"] = f"Bearer {world.key}"
            url = path if path.startswith("http") else path.format_map(world.ids)
            return portal.call(partial(clients[name].request, method, url, headers=sent, **options))

        yield send


# world, path, status, what the body holds
TABLE = [
    ("sora1", JOB, 200, b'"status":"succeeded"'),
    ("sora1", JOB + "?api-version=preview", 200, b'"id":"gen_01k74fceydeb2rqtaa3ndyhs8d"'),
    ("sora1", JOB + "?api-version=v1", 200, b'"expires_at":'),
    ("sora1", JOB + "?api-version=2024-10-21", 400, b'{"error":{"code":"BadRequest","message":"API version not supported"}}'),
    ("sora1", GENERATION, 200, b'"object":"video.generation"'),
    ("sora1", GENERATION + "/content?api-version=preview", 404, AZURE_ROUTE_UNKNOWN),
    ("sora1", GENERATION + "/content?api-version=2024-10-01", 404, AZURE_ROUTE_UNKNOWN),
    ("sora1", GENERATION + "/content/gif", 404, AZURE_ROUTE_UNKNOWN),
    ("sora1", GENERATION + "/content/video", 200, media("clip.mp4")),
    ("sora1", GENERATION + "/content/thumbnail", 200, media("image.jpg")),
    ("sora1", "/openai/v1/video/generations/gen_unknown", 404, b'{"code":"NotFound"'),
    ("sora1", "/openai/v1/videos", 404, AZURE_ROUTE_UNKNOWN),
    ("sora1", "/openai/v1/models", 200, b'"id":"sora"'),
    ("sora2", VIDEO, 200, b'"status":"completed"'),
    ("sora2", VIDEO + "/content", 200, media("clip.mp4")),
    ("sora2", VIDEO + "/content?variant=thumbnail", 200, media("image.webp")),
    ("sora2", VIDEO + "/content?variant=spritesheet", 200, media("image.jpg")),
    ("sora2", VIDEO + "/content?variant=gif", 400, b"variant"),
    ("sora2", "/openai/v1/videos/video_unknown", 404, b"video_unknown"),
    ("sora2", "/openai/v1/videos/video_68f1running00000000000000000001/content", 400, b"not ready"),
    ("openai", "/v1/videos/{video_id}/content", 200, media("clip.mp4")),
    ("openai", "/v1/video/generations", 404, b'"message":"Invalid URL (GET /v1/video/generations)"'),
    ("openai", "/v1/videos/gen_unknown", 404, b'"code":null'),
    ("openai-images", "/v1/images/generations", 405, b"Not allowed to GET on /v1/images/generations."),
    ("generic", "/api/status/{job_id}", 200, b'"video_url":"/api/download/gen_'),
    ("generic", "/api/status/nothing", 404, b'{"detail":"Job not found"}'),
    ("generic", "/api/nothing", 404, b'{"detail":"Not Found"}'),
    ("generic", "/api/generate", 405, b'{"detail":"Method Not Allowed"}'),
    ("generic", "/api/download/gen_01k74fceydeb2rqtaa3ndyhs8d", 200, media("clip.mp4")),
    ("generic", "/openapi.json", 200, b'"/api/download/{file_id}"'),
    ("files", FILE + "/content", 200, JSONL),
    ("batch", "/openai/v1/batches/{batch_id}", 200, b'"output_file_id":"file-7Xq2mVtB9sKd4LwPzR8nYc"'),
    ("fine-tune", "/openai/v1/fine_tuning/jobs/{finetune_job_id}", 200, b'"result_files":["file-9Po7iUyTrEwQaSdFgHjKlZ"]'),
    ("fine-tune", "/openai/v1/files/file-9Po7iUyTrEwQaSdFgHjKlZ/content", 200, CSV),
    ("fine-tune", "/openai/v1/fine_tuning/jobs/{finetune_job_id}/checkpoints", 200, b"fine_tuned_model_checkpoint"),
    (
        "assistants",
        "/openai/threads/{thread_id}/messages?api-version=2024-05-01-preview",
        200,
        b'"file_id":"assistant-4Rt5yUiOpLkJhGfDsAzXcV"',
    ),
    ("container", CONTAINER + "/files/{container_file_id}/content", 200, CSV),
    ("container", "/openai/v1/files/{container_file_id}/content", 404, b"NotFound"),
    ("response", "/openai/v1/responses/{response_id}", 200, b'"type":"container_file_citation"'),
    ("vector-store", "/openai/v1/vector_stores/{vector_store_id}/files/{vector_file_id}/content", 404, AZURE_ROUTE_UNKNOWN),
    (
        "vector-store",
        "/openai/vector_stores/{vector_store_id}/files/{vector_file_id}/content?api-version=2025-03-01-preview",
        200,
        b"vector_store.file_content.page",
    ),
    (
        "vector-store",
        "/openai/vector_stores/{vector_store_id}/files/{vector_file_id}/content?api-version=2024-10-21",
        404,
        AZURE_ROUTE_UNKNOWN,
    ),
    ("eval", "/openai/v1/evals/{eval_id}/runs/{eval_run_id}/output_items", 200, b"eval.run.output_item"),
    ("skill", "/v1/skills/{skill_id}/content", 200, b"PK"),
    ("classic", "/openai/files/{file_id}/content?api-version=2024-10-21", 200, JSONL),
    ("classic", "/openai/files/{file_id}/content", 404, AZURE_ROUTE_UNKNOWN),
    ("classic", "/openai/files/{file_id}/content?api-version=2024-10-01", 400, b"API version not supported"),
    ("classic", "/openai/batches?api-version=2024-02-01", 404, AZURE_ROUTE_UNKNOWN),
    (
        "classic-container",
        "/openai/containers/{container_id}?api-version=2025-03-01-preview",
        400,
        b"not supported for CheckAccess",
    ),
    ("project", "/api/projects/sim-project/openai/v1/files/{file_id}/content", 200, JSONL),
    ("project-agents", "/api/projects/sim-project/threads?api-version=v1", 200, b'"object":"thread"'),
    (
        "project-agents",
        "/api/projects/sim-project/threads/{thread_id}/messages?api-version=2025-05-01",
        200,
        b'"file_id":"assistant-',
    ),
    ("project-agents", "/api/projects/sim-project/threads", 400, b"API version not supported"),
    ("fine-tune", "/openai/v1/fine_tuning/jobs/{finetune_job_id}/events", 200, b"successfully completed"),
    ("fine-tune", "/openai/v1/fine_tuning/jobs/ftjob-unknown/events", 404, b"NotFound"),
    ("project", "/openai/v1/files/{file_id}/content", 404, AZURE_ROUTE_UNKNOWN),
    ("dalle-async", OPERATION, 200, b'"status":"succeeded"'),
    ("batch-blob", "/openai/v1/batches/{batch_id}", 200, b'/results.jsonl"'),
    ("openai-wrong-key", "/v1/models", 401, b"Incorrect API key provided: sim-********cdef."),
    ("openai-key-on-azure", "/openai/v1/models", 401, b"invalid subscription key"),
    ("azure-key-on-openai", "/v1/models", 401, b'"code":"invalid_api_key"'),
    ("wrong-header", "/openai/v1/models", 401, b"invalid subscription key"),
    ("entra-only", "/openai/v1/models", 403, b'"code":"AuthenticationTypeDisabled"'),
    (
        "missing-role",
        GENERATION + "/content/video",
        401,
        b"`GET /openai/v1/video/generations/{generation-id}/content/video` operation.",
    ),
    ("missing-role", GENERATION + "/content", 404, AZURE_ROUTE_UNKNOWN),
    (
        "apim-key-missing",
        "/openai/v1/models",
        401,
        b'{ "statusCode": 401, "message": "Access denied due to missing subscription key.',
    ),
    ("apim-404", "/openai/v1/models", 404, b'{ "statusCode": 404, "message": "Resource not found" }'),
    ("vnet", "/openai/v1/models", 403, b'{"code":"403","message":"A Virtual Network is configured'),
    ("private-endpoint", "/openai/v1/models", 403, b"Traffic is not from an approved private endpoint"),
    ("subdomain", "/openai/v1/models", 404, b"Subdomain does not map to a resource"),
    ("suspended", "/openai/v1/models", 403, b"resource has been temporarily blocked"),
    ("expired", JOB, 200, b'"status":"succeeded"'),
    ("expired", GENERATION + "/content/video", 404, b'{"code":"NotFound"'),
    ("expired-video", VIDEO + "/content", 404, b"not found"),
    ("expired-container", CONTAINER, 200, b'"status":"deleted"'),
    ("expired-container", CONTAINER + "/files/{container_file_id}/content", 404, b"NotFound"),
    ("pending", JOB, 200, b'"status":"running"'),
    ("pending-video", VIDEO, 200, b'"status":"in_progress"'),
    ("pending-batch", "/openai/v1/batches/{batch_id}", 200, b'"status":"Validating"'),
    ("pending-generic", "/api/status/{job_id}", 200, b'"status":"processing"'),
    ("failed", JOB, 200, b'"failure_reason":"internal_error"'),
    ("failed-video", VIDEO, 200, b'"code":"internal_error"'),
    ("failed-batch", "/openai/v1/batches/{batch_id}", 200, b'"invalid_json_line"'),
    ("failed-generic", "/api/status/{job_id}", 200, b'"error":'),
    ("cancelled", JOB, 200, b'"status":"cancelled"'),
    ("moderated", JOB, 200, b'"failure_reason":"input_moderation"'),
    ("moderated-video", VIDEO, 200, b'"code":"moderation_blocked"'),
    ("empty", JOB, 200, b'"generations":[]'),
    ("id-unknown", JOB, 404, b'{"code":"NotFound"'),
    ("id-unknown", JOBS + "?limit=10", 200, b'"data":[]'),
    ("wrong-family", GENERATION + "/content/video", 404, AZURE_ROUTE_UNKNOWN),
    ("wrong-family", "/openai/v1/videos/{generation_id}", 404, b"NotFound"),
    ("wrong-family-file", "/openai/v1/files/{container_file_id}/content", 404, b"NotFound"),
    ("other-base", CONTAINER + "/files/{container_file_id}/content", 404, b"NotFound"),
    ("other-base", "/api/projects/sim-project" + CONTAINER + "/files/{container_file_id}/content", 200, CSV),
    ("purpose-not-downloadable", "/v1/files/{file_id}/content", 400, b"Not allowed to download files of purpose: assistants"),
    ("retired", VIDEO + "/content", 410, b"retired"),
    ("openai-no-videos", "/v1/videos/{video_id}", 404, b"Invalid URL"),
    ("deployment-unknown", VIDEO, 404, b'"code":"DeploymentNotFound"'),
    ("deployment-unknown-video", VIDEO, 404, b'"type":"video_generation_user_error","param":null,"code":null'),
    ("version-too-old", "/openai/batches/{batch_id}?api-version=2024-10-21", 400, b"2024-12-01-preview and later"),
    ("version-too-old", "/openai/batches/{batch_id}?api-version=2025-04-01-preview", 200, b"output_file_id"),
    ("version-missing", JOB, 404, AZURE_ROUTE_UNKNOWN),
    ("version-missing", JOB + "?api-version=preview", 200, b"succeeded"),
    ("version-unknown-404", JOB + "?api-version=1999-01-01-probe", 404, AZURE_ROUTE_UNKNOWN),
    ("doubled-openai", "/openai" + JOB, 404, AZURE_ROUTE_UNKNOWN),
    ("doubled-openai", JOB, 200, b"succeeded"),
    ("prefixed", "/gateway/sora" + JOB, 200, b"succeeded"),
    ("no-content", GENERATION + "/content/video", 404, AZURE_ROUTE_UNKNOWN),
    (
        "throttled-tokens",
        JOB,
        429,
        b"have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 86400 seconds.",
    ),
    ("too-many-tasks", VIDEO, 429, b"Too many running tasks"),
    ("spend-limit", "/v1/models", 429, b'"code":"insufficient_quota"'),
    ("server-error", JOB, 500, b"InternalServerError"),
    ("unavailable", JOB, 503, b"ServiceUnavailable"),
    ("soft-404", "/anything", 200, b"<title>Not found</title>"),
    ("html-login", "/anything", 200, b"<title>Sign in to your account</title>"),
    ("html-proxy", "/anything", 502, b"<title>502 Bad Gateway</title>"),
    ("catch-all-200", "/anything", 200, b'{"status":"ok"}'),
    ("catch-all-401", "/anything", 401, b'{"message":"Unauthorized"}'),
    ("catch-all-500", "/anything", 500, b'{"message":"Internal error"}'),
    ("catch-all-video", "/anything", 200, media("clip.mp4")),
    ("fake-content", GENERATION + "/content/video", 200, b"string"),
    ("octet-stream", GENERATION + "/content/video", 200, media("clip.mp4")),
]


@pytest.mark.parametrize(("world", "path", "status", "holds"), TABLE, ids=[f"{world} {path}" for world, path, *_ in TABLE])
def test_world_answers_as_the_table_says(ask: Ask, world: str, path: str, status: int, holds: bytes) -> None:
    response = ask(world, path)
    assert (response.status_code, holds in response.content) == (status, True), response.content[:400]


def test_every_operation_of_every_world_answers_without_a_bug(ask: Ask) -> None:
    names = {"model": "sora", "version": "1"} | dict.fromkeys("abcd", "x")
    names |= {name: value for world in WORLDS.values() for name, value in world.ids.items()}
    seen = set()
    for name, world in WORLDS.items():
        for operation in world.operations:
            if (world.gates, operation.reply) not in seen:
                seen.add((world.gates, operation.reply))
                response = ask(name, operation.path.format_map(names | dict(world.ids)), operation.method)
                assert 200 <= response.status_code < 600
    assert len(seen) > 500


@pytest.mark.parametrize(
    ("world", "status", "length"),
    [("sora1", 404, 56), ("firewall", 403, 90), ("wrong-key", 401, 224)],
    ids=["route", "firewall", "key"],
)
def test_gateway_bodies_have_the_captured_content_length(ask: Ask, world: str, status: int, length: int) -> None:
    response = ask(world, "/openai/v1/nothing")
    assert (response.status_code, response.headers["content-length"], len(response.content)) == (status, str(length), length)


def test_azure_gateway_404_has_neither_request_id_nor_region_of_the_service(ask: Ask) -> None:
    unknown, known = ask("sora1", "/openai/v1/nothing"), ask("sora1", JOB)
    assert {"apim-request-id", "strict-transport-security", "x-content-type-options"} <= unknown.headers.keys()
    assert not {"x-request-id", "x-ms-region"} & unknown.headers.keys()
    assert {"apim-request-id", "x-request-id", "x-ms-region"} <= known.headers.keys()


def test_openai_sends_its_own_request_headers(ask: Ask) -> None:
    headers = ask("openai", "/v1/models").headers
    assert {"x-request-id", "openai-version", "cf-ray"} <= headers.keys()
    assert "apim-request-id" not in headers


def test_firewall_names_its_policy(ask: Ask) -> None:
    assert ask("firewall", "/").headers["policy-id"] == "ThrowExceptionDueToTrafficDenied"


@pytest.mark.parametrize(
    ("wanted", "status", "part", "content_range"),
    [
        ("bytes=0-99", 206, slice(0, 100), "bytes 0-99/8149"),
        ("bytes=8000-", 206, slice(8000, 8149), "bytes 8000-8148/8149"),
        ("bytes=-10", 206, slice(8139, 8149), "bytes 8139-8148/8149"),
        ("bytes=0-99999", 206, slice(0, 8149), "bytes 0-8148/8149"),
        ("bytes=9000-", 416, slice(0, 0), "bytes */8149"),
        ("lines=1-2", 200, slice(0, 8149), None),
    ],
)
def test_range_is_served_as_rfc_9110_says(ask: Ask, wanted: str, status: int, part: slice, content_range: str | None) -> None:
    response = ask("sora1", GENERATION + "/content/video", headers={"range": wanted})
    assert (response.status_code, response.content) == (status, media("clip.mp4")[part])
    assert response.headers.get("content-range") == content_range


def test_a_world_that_ignores_range_sends_everything(ask: Ask) -> None:
    response = ask("ignore-range", GENERATION + "/content/video", headers={"range": "bytes=0-9"})
    assert (response.status_code, len(response.content)) == (200, 8149)


@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer sim-key-0123456789abcdef0123456789abcdef"}, {"authorization": f"Bearer {TOKEN}"}]
)
def test_azure_takes_the_key_or_a_token_as_bearer_too(ask: Ask, headers: dict[str, str]) -> None:
    assert ask("sora1", JOB, auth=False, headers=headers).status_code == 200
    assert ask("sora1", JOB, auth=False).status_code == 401


def test_the_other_forms_of_a_credential_are_taken_where_the_world_wants_them(ask: Ask) -> None:
    key = WORLDS["sora1"].key
    assert ask("wrong-header", JOB, headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert ask("entra-only", JOB, auth=False, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert ask("apim-key-missing", JOB, headers={"ocp-apim-subscription-key": key}).status_code == 200
    assert ask("openai", "/v1/models", auth=False, headers={"api-key": key}).status_code == 401


def test_times_are_relative_to_now_and_the_expired_job_says_so(ask: Ask) -> None:
    now = time.time()
    assert ask("sora1", JOB).json()["expires_at"] > now > ask("expired", JOB).json()["expires_at"]
    assert ask("openai", "/v1/videos/{video_id}").json()["expires_at"] < now + 3600


def test_the_newest_job_of_the_list_is_not_the_finished_one(ask: Ask) -> None:
    jobs = ask("sora1", JOBS + "?limit=2").json()
    assert [job["status"] for job in jobs["data"]] == ["running", "succeeded"]
    assert jobs["data"][1]["id"] == WORLDS["sora1"].ids["job_id"]


@pytest.mark.parametrize(("world", "path"), [("sora1", JOBS), ("files", "/openai/v1/files"), ("openai-batch", "/v1/batches")])
def test_lists_are_paged_to_their_end_newest_first(ask: Ask, world: str, path: str) -> None:
    times, after = [], ""
    for _ in range(20):
        page = ask(world, path, params={"limit": "7", **({"after": after} if after else {})}).json()
        times += [item["created_at"] for item in page["data"]]
        assert len(page["data"]) <= 7
        after = page["last_id"]
        if not page["has_more"]:
            break
    assert len(times) > 14
    assert times == sorted(times, reverse=True)


def test_a_job_becomes_ready_at_the_second_look(ask: Ask) -> None:
    assert [ask("ready-soon", JOB).json()["status"] for _ in range(2)] == ["preprocessing", "succeeded"]
    assert [ask("ready-soon-video", VIDEO).json()["status"] for _ in range(2)] == ["in_progress", "completed"]


def test_a_created_job_runs_and_delivers(ask: Ask) -> None:
    created = ask("sora1", JOBS, "POST", json={"prompt": "A dog.", "model": "sora"})
    assert (created.status_code, created.json()["status"], created.json()["prompt"]) == (201, "queued", "A dog.")
    statuses = [ask("sora1", f"{JOBS}/{created.json()['id']}").json() for _ in range(2)]
    assert [job["status"] for job in statuses] == ["running", "succeeded"]
    generation = statuses[1]["generations"][0]["id"]
    assert ask("sora1", f"/openai/v1/video/generations/{generation}/content/video").content == media("clip.mp4")
    assert ask("sora1", JOBS, "POST", json={"model": "nothing"}).json()["error"]["code"] == "DeploymentNotFound"


def test_self_hosted_service_asks_for_a_prompt_as_fastapi_does(ask: Ask) -> None:
    refused = ask("generic", "/api/generate", "POST", json={})
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "prompt"])
    assert ask("generic", "/api/generate", "POST", json={"prompt": "A dog."}).json()["status"] == "queued"


def _link(ask: Ask, world: str) -> str:
    return str(ask(world, OPERATION).json()["result"]["data"][0]["url"])


def test_a_sas_link_delivers_without_a_credential_and_refuses_a_foreign_token(ask: Ask) -> None:
    link = _link(ask, "dalle-async")
    assert ask("dalle-async", link, auth=False).content == media("image.png")
    refused = ask("dalle-async", link, auth=False, headers={"authorization": f"Bearer {TOKEN}"})
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/xml")
    assert b"Audience validation failed. Audience did not match." in refused.content


@pytest.mark.parametrize(
    ("world", "status", "code"),
    [
        ("blob-expired", 403, "AuthenticationFailed"),
        ("blob-permission", 403, "AuthorizationPermissionMismatch"),
        ("blob-tampered", 403, "AuthenticationFailed"),
        ("blob-unsigned", 401, "NoAuthenticationInformation"),
        ("blob-not-found", 404, "BlobNotFound"),
        ("blob-firewall", 403, "AuthorizationFailure"),
        ("blob-public", 409, "PublicAccessNotPermitted"),
        ("blob-disabled", 403, "AccountIsDisabled"),
        ("blob-busy", 503, "ServerBusy"),
    ],
)
def test_storage_refuses_in_xml_with_its_code_in_a_header(ask: Ask, world: str, status: int, code: str) -> None:
    response = ask(world, _link(ask, world), auth=False)
    assert (response.status_code, response.headers["x-ms-error-code"]) == (status, code)
    assert f"<Code>{code}</Code>".encode() in response.content
    assert ("Signature not valid in the specified time frame" in response.text) == (world == "blob-expired")


def test_batch_output_in_a_storage_account_wants_the_storage_token_and_a_version(ask: Ask) -> None:
    path, token = f"{BATCH_FOLDER}/results.jsonl", {"authorization": f"Bearer {STORAGE_TOKEN}"}
    assert ask("batch-blob", path, auth=False).status_code == 401
    assert ask("batch-blob", path, auth=False, headers=token).status_code == 400
    assert ask("batch-blob", path, auth=False, headers=token | {"x-ms-version": "2021-08-06"}).content == JSONL


@pytest.mark.parametrize("world", ["redirect", "redirect-absolute", "redirect-blob", "redirect-login"])
def test_a_redirect_leads_to_its_end(ask: Ask, world: str) -> None:
    first = ask(world, GENERATION + "/content/video")
    assert (first.status_code, first.content) == (302, b"")
    second = ask(world, str(httpx.URL(str(first.url)).join(first.headers["location"])))
    assert second.content == media("clip.mp4") if world != "redirect-login" else b"Sign in" in second.content


def test_a_redirect_to_another_origin_needs_no_credential(ask: Ask) -> None:
    location = ask("redirect-other-origin", GENERATION + "/content/video").headers["location"]
    assert location.startswith("http://localhost:")
    assert ask("redirect-other-origin", location, auth=False).content == media("clip.mp4")


def test_headers_of_metadata_can_hold_the_only_way_to_the_content(ask: Ask) -> None:
    headers = ask("location-header", GENERATION).headers
    assert headers["content-location"].endswith(headers["location"])
    assert ask("location-header", headers["location"]).content == media("clip.mp4")


def test_a_location_without_api_version_is_unknown_until_the_version_is_added(ask: Ask) -> None:
    version = "?api-version=2024-10-21"
    location = ask("location-without-version", "/openai/files/{file_id}" + version).headers["content-location"]
    assert ask("location-without-version", location).content == AZURE_ROUTE_UNKNOWN
    assert ask("location-without-version", location + version).content == JSONL


def test_dalle_answers_202_with_the_operation_to_follow(ask: Ask) -> None:
    submitted = ask(
        "dalle-async", "/openai/images/generations:submit?api-version=2023-06-01-preview", "POST", json={"prompt": "A cat."}
    )
    assert submitted.status_code == 202
    assert ask("dalle-async", submitted.headers["operation-location"]).json()["status"] == "succeeded"


def test_images_answer_a_link_or_base64_and_speech_the_bytes(ask: Ask) -> None:
    link = ask("images", "/openai/v1/images/generations", "POST", json={"model": "dall-e-3"}).json()["data"][0]
    encoded = ask("images", "/openai/v1/images/generations", "POST", json={"model": "gpt-image-1"}).json()["data"][0]
    assert (set(link), set(encoded)) == ({"url", "revised_prompt"}, {"b64_json"})
    assert ask("images", link["url"], auth=False).content == media("image.png")
    assert ask("speech", "/openai/v1/audio/speech", "POST", json={}).content == media("speech.mp3")


def test_throttling_says_when_to_come_back_only_where_the_service_does(ask: Ask) -> None:
    assert {"retry-after", "retry-after-ms"} <= ask("throttled", JOB).headers.keys()
    tokens = ask("throttled-tokens", JOB).headers
    assert (tokens["policy-id"], tokens["x-rate-limit-reset-tokens"], "retry-after" in tokens) == (
        "DeploymentRatelimit-Token",
        "55",
        False,
    )
    assert [ask("throttled-once", JOB).status_code for _ in range(4)] == [429, 429, 429, 200]


def test_echo_says_back_the_key_everywhere_and_still_delivers(ask: Ask) -> None:
    key = WORLDS["echo"].key
    response = ask("echo", JOB)
    assert key in response.headers["location"]
    assert key in response.headers["x-echo-api-key"]
    assert key in json.dumps(response.json())
    assert response.json()["status"] == "succeeded"
    assert ask("echo", GENERATION + "/content/video").content == media("clip.mp4")


def test_clock_skew_shows_in_the_date_header_only_there(ask: Ask) -> None:
    from email.utils import parsedate_to_datetime

    skews = [parsedate_to_datetime(ask(world, JOB).headers["date"]).timestamp() - time.time() for world in ("sora1", "clock-skew")]
    assert abs(skews[0]) < 60
    assert abs(skews[1] - 7200) < 60


def test_a_skill_bundle_is_a_readable_zip(ask: Ask) -> None:
    bundle = ask("skill", "/v1/skills/{skill_id}/versions/1/content")
    assert bundle.headers["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(bundle.content)).namelist() == ["SKILL.md"]


@pytest.mark.parametrize(
    ("name", "magic", "at"),
    [
        ("clip.mp4", b"ftypisom", 4),
        ("image.png", b"\x89PNG", 0),
        ("image.webp", b"WEBP", 8),
        ("image.jpg", b"\xff\xd8\xff", 0),
        ("speech.mp3", b"ID3", 0),
    ],
)
def test_shipped_media_are_what_they_are_called(name: str, magic: bytes, at: int) -> None:
    assert media(name)[at:].startswith(magic)
    assert name != "clip.mp4" or len(media(name)) > 4096


def test_every_world_is_described_and_reached_by_its_own_name() -> None:
    assert all(name == world.name and world.description for name, world in WORLDS.items())
    assert {world.provider for world in WORLDS.values()} == {"azure", "openai", "generic"}


@pytest.mark.parametrize(
    ("world", "path"), [("pending", JOBS), ("expired", JOBS), ("failed-video", "/openai/v1/videos"), ("empty", JOBS)]
)
def test_no_other_artefact_stands_beside_the_one_that_failed(ask: Ask, world: str, path: str) -> None:
    assert [item["id"] for item in ask(world, path).json()["data"]] == [
        WORLDS[world].ids["video_id" if "videos" in path else "job_id"]
    ]


def test_an_uploaded_file_reads_back_as_it_was(ask: Ask) -> None:
    content = b'{"custom_id": "row-1"}\r\n--not a boundary\r\n'
    upload = {"file": ("requests.jsonl", content)}
    made = ask("openai-files", "/v1/files", "POST", files=upload, data={"purpose": "fine-tune"}).json()

    assert (made["filename"], made["purpose"], made["bytes"]) == ("requests.jsonl", "fine-tune", len(content))
    assert ask("openai-files", f"/v1/files/{made['id']}/content").content == content


@pytest.mark.parametrize("name", ["classic", "azure", "sora1"])
def test_the_classic_list_of_models_answers_with_the_right_key(name: str, ask: Ask) -> None:
    assert ask(name, "/openai/models?api-version=2024-10-21").status_code == 200
    assert ask(name, "/openai/models?api-version=2024-10-21", auth=False).status_code == 401


def test_a_remix_is_a_new_video_that_names_its_source_and_what_is_deleted_is_gone(ask: Ask) -> None:
    made = ask("sora2", VIDEO + "/remix", "POST", json={"prompt": "the same at night"}).json()
    assert made["status"] == "queued" and made["remixed_from_video_id"] == WORLDS["sora2"].ids["video_id"]
    assert ask("sora2", VIDEO, "DELETE").json()["deleted"] is True
    assert ask("sora2", VIDEO).status_code == ask("sora2", VIDEO, "DELETE").status_code == 404
    assert ask("sora2", f"/openai/v1/videos/{made['id']}").status_code == 200


def test_a_deleted_file_is_gone(ask: Ask) -> None:
    assert ask("files", FILE, "DELETE").json()["deleted"] is True
    assert ask("files", FILE + "/content").status_code == 404
