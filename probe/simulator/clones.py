"""Gateways and clones of the videos API, by the envelope of their status: OpenAI-shaped, a task, or a signed link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from probe.simulator import errors
from probe.simulator.app import Answer, Call, Gate, Operation, Operations, World, as_json
from probe.simulator.media import clip

TASK_ID = "task_8Kq2mVtB9sKd4LwPzR8nYcXe5HfJgLaQ"
UUID = "3f0a7d0c-7b52-4a51-9f0e-0c6f2d5d9a11"
OMNI_ID = "video_gen_7d0c7b523f0a4a519f0e0c6f2d5d9a11"
CLIP = "/cdn/3c1f/clip.mp4"
_LINK = CLIP + "?Expires=4102444800&Signature=c2ltLXNpZ25hdHVyZQ"
STAGES = ("finished", "running", "expired")

Status = Callable[[Call, str], dict[str, Any]]
"""The status answer of a known job at one of `STAGES`."""


def _bearer(call: Call) -> Answer | None:
    """Take the key as Bearer; a signed link is its own permission."""
    if call.header("authorization") == f"Bearer {call.world.key}" or call.path == CLIP:
        return None
    return as_json({"error": {"message": "Invalid token", "type": "new_api_error", "code": "invalid_token"}}, 401)


def _job(path: str, ident: str, status: Status, stage: str, unknown: Answer) -> Operation:
    def reply(call: Call) -> Answer:
        return as_json(status(call, stage)) if next(iter(call.params.values())) == ident else unknown

    return Operation("GET", path, reply)


def _content(path: str, ident: str, stage: str, unknown: Answer, unready: Answer) -> Operation:
    def reply(call: Call) -> Answer:
        if next(iter(call.params.values())) != ident or stage == "expired":
            return unknown
        return clip(call) if stage == "finished" else unready

    return Operation("GET", path, reply)


def _cdn(stage: str) -> Operation:
    gone = Answer(
        403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", "application/xml", by="plain"
    )
    return Operation("GET", CLIP, lambda call: clip(call) if stage == "finished" and call.query("Signature") else gone)


def _word(stage: str, running: str, finished: str, expired: str) -> str:
    return {"running": running, "finished": finished, "expired": expired}[stage]


def new_api(stage: str) -> Operations:
    """A reseller: task envelope, `/videos/{job_id}/content` as proxy, 400 for what is unknown or not ready, no list."""
    unknown = as_json({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
    missing = as_json({"error": {"message": "Task not found", "type": "invalid_request_error"}}, 404)
    unready = as_json(
        {"error": {"message": "Task is not completed yet, current status: IN_PROGRESS", "type": "invalid_request_error"}}, 400
    )

    def task(_: Call, at: str) -> dict[str, Any]:
        status = _word(at, "IN_PROGRESS", "SUCCESS", "SUCCESS")
        data = {"task_id": TASK_ID, "status": status, "progress": "42%", "result_url": "", "fail_reason": ""}
        return {"code": "success", "message": "", "data": data}

    def video(_: Call, at: str) -> dict[str, Any]:
        return {"id": TASK_ID, "object": "video", "status": _word(at, "in_progress", "completed", "completed"), "metadata": {}}

    return (
        _job("/v1/video/generations/{job_id}", TASK_ID, task, stage, unknown),
        _job("/v1/videos/{job_id}", TASK_ID, video, stage, unknown),
        _content("/v1/videos/{job_id}/content", TASK_ID, stage, missing, unready),
    )


def openrouter(stage: str) -> Operations:
    """A gateway below /api/v1 whose pending answer holds a relative `polling_url`."""
    unknown = as_json({"error": {"message": "Job not found", "code": 404}}, 404)

    def job(_: Call, at: str) -> dict[str, Any]:
        value: dict[str, Any] = {"id": UUID, "status": _word(at, "pending", "completed", "expired")}
        if at == "running":
            value["polling_url"] = f"/api/v1/videos/{UUID}"
        if at == "finished":
            value["unsigned_urls"] = [f"/api/v1/videos/{UUID}/content?index=0"]
        return value

    return (
        _job("/api/v1/videos/{job_id}", UUID, job, stage, unknown),
        _content("/api/v1/videos/{job_id}/content", UUID, stage, unknown, unknown),
    )


def vllm_omni(stage: str) -> Operations:
    """A self-hosted server: not ready is a 404 with its own words, a list without paging."""
    unknown = as_json({"detail": "Video not found"}, 404)
    unready = as_json({"detail": "Generation is still in-progress"}, 404)

    def video(_: Call, at: str) -> dict[str, Any]:
        return {"id": OMNI_ID, "object": "video", "status": _word(at, "in_progress", "completed", "completed")}

    return (
        Operation("GET", "/v1/videos", lambda call: as_json({"object": "list", "data": [video(call, stage)]})),
        _job("/v1/videos/{video_id}", OMNI_ID, video, stage, unknown),
        _content("/v1/videos/{video_id}/content", OMNI_ID, stage, unknown, unready),
    )


def kling(stage: str) -> Operations:
    """A task whose state is `data.task_status` and whose link lies in `task_result.videos`."""

    def task(call: Call, at: str) -> dict[str, Any]:
        made = [{"id": "1", "url": call.origin + _LINK, "duration": "5"}] if at != "running" else []
        data = {"task_id": UUID, "task_status": _word(at, "processing", "succeed", "succeed"), "task_result": {"videos": made}}
        return {"code": 0, "message": "SUCCEED", "data": data}

    unknown = as_json({"code": 1201, "message": "task not found"}, 404)
    return (_job("/v1/videos/text2video/{job_id}", UUID, task, stage, unknown), _cdn(stage))


def dashscope(stage: str) -> Operations:
    """A task whose state is `output.task_status`; after a day it is UNKNOWN."""

    def task(call: Call, at: str) -> dict[str, Any]:
        output = {"task_id": UUID, "task_status": _word(at, "RUNNING", "SUCCEEDED", "UNKNOWN")}
        return {"request_id": UUID, "output": output | ({"video_url": call.origin + _LINK} if at == "finished" else {})}

    unknown = as_json({"code": "InvalidParameter", "message": "task can not be found"}, 404)
    return (_job("/api/v1/tasks/{job_id}", UUID, task, stage, unknown), _cdn(stage))


def xai(stage: str) -> Operations:
    """A job at /v1/videos without a content route: the link is `video.url`."""

    def job(call: Call, at: str) -> dict[str, Any]:
        found = {"video": {"url": call.origin + _LINK, "duration": 5}} if at == "finished" else {}
        return {"status": _word(at, "pending", "done", "expired"), "model": "sim-video", **found}

    return (_job("/v1/videos/{job_id}", UUID, job, stage, as_json({"error": "not found"}, 404)), _cdn(stage))


def ark(stage: str) -> Operations:
    """A task below /api/v3 whose link is `content.video_url`."""

    def task(call: Call, at: str) -> dict[str, Any]:
        found = {"content": {"video_url": call.origin + _LINK}} if at == "finished" else {}
        return {"id": UUID, "status": _word(at, "running", "succeeded", "expired"), **found}

    unknown = as_json({"error": {"code": "ResourceNotFound", "message": "The specified task is not found."}}, 404)
    return (_job("/api/v3/contents/generations/tasks/{job_id}", UUID, task, stage, unknown), _cdn(stage))


def siliconflow(stage: str) -> Operations:
    """A status that is asked with a POST."""

    def status(call: Call) -> Answer:
        if call.asked("requestId", "") != UUID:
            return as_json({"code": 20012, "message": "request not found", "data": None}, 400)
        made = [{"url": call.origin + _LINK}] if stage != "running" else []
        return as_json({"status": _word(stage, "InProgress", "Succeed", "Succeed"), "reason": "", "results": {"videos": made}})

    return (Operation("POST", "/v1/video/status", status), _cdn(stage))


FAMILIES: tuple[tuple[str, str, str, Callable[[str], Operations], dict[str, str]], ...] = (
    ("new-api", "a reseller with a task envelope and a proxied /content", "/v1", new_api, {"job_id": TASK_ID}),
    ("openrouter", "a gateway with polling_url and unsigned_urls", "/api/v1", openrouter, {"job_id": UUID}),
    ("vllm-omni", "a self-hosted clone of the videos API", "", vllm_omni, {"video_id": OMNI_ID}),
    ("kling", "a task envelope with data.task_status", "", kling, {"job_id": UUID}),
    ("dashscope", "a task envelope with output.task_status", "/api/v1", dashscope, {"job_id": UUID}),
    ("xai", "a signed link in the status answer", "/v1", xai, {"job_id": UUID}),
    ("siliconflow", "a status that is asked with a POST", "/v1", siliconflow, {"job_id": UUID}),
    ("ark", "a signed link below content", "/api/v3", ark, {"job_id": UUID}),
)


def _world(family: str, text: str, base: str, make: Callable[[str], Operations], ids: dict[str, str], stage: str) -> World:
    gates: tuple[Gate, ...] = (_bearer,)
    name, about = (family, text) if stage == "finished" else (f"{family}-{stage}", f"{text}: {stage}")
    return World(
        name=name,
        description=about,
        provider="generic",
        operations=make(stage),
        gates=gates,
        unknown=errors.fastapi_unknown,
        base=base,
        ids=ids,
    )


CLONES: tuple[World, ...] = tuple(_world(*family, stage) for family in FAMILIES for stage in STAGES)
