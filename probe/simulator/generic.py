"""A self-hosted video generator behind FastAPI: no key, relative `video_url`, `{"detail": ...}` errors, `/openapi.json`."""

from __future__ import annotations

import uuid
from typing import Any

from probe.simulator.app import Answer, Call, Operation, Operations, as_json
from probe.simulator.media import media, ranged

JOB_ID = "7d0c7b52-3f0a-4a51-9f0e-0c6f2d5d9a11"
FILE_ID = "gen_01k74fceydeb2rqtaa3ndyhs8d"
IDS = {"job_id": JOB_ID}


def _schema(method: str, path: str, summary: str, media_type: str = "application/json", **schema: Any) -> dict[str, Any]:
    parameters = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
        for part in path.split("/")
        if part[:1] == "{"
    ]
    answers = {
        "200": {"description": "ok", "content": {media_type: {"schema": schema}}},
        "422": {"description": "Validation Error"},
    }
    return {method: {"summary": summary, "parameters": parameters, "responses": answers}}


DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "Azure OpenAI Sora Video Generator", "version": "1.0.0"},
    "paths": {
        "/api/generate": _schema("post", "/api/generate", "Generate", type="object", properties={"job_id": {"type": "string"}}),
        "/api/status/{job_id}": _schema(
            "get",
            "/api/status/{job_id}",
            "Status",
            type="object",
            properties={
                "job_id": {"type": "string"},
                "status": {"type": "string", "enum": ["queued", "processing", "completed", "failed"]},
                "video_url": {"type": "string", "example": f"/api/download/{FILE_ID}"},
                "error": {"type": "string"},
            },
        ),
        "/api/download/{file_id}": _schema(
            "get", "/api/download/{file_id}", "Download", "video/mp4", type="string", format="binary"
        ),
    },
}


def operations(*, status: str = "completed", absolute: bool = False) -> Operations:
    """The service with one job of interest, in that status; its link is relative unless `absolute`."""

    def generate(call: Call) -> Answer:
        if not call.asked("prompt", ""):
            return as_json({"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required", "input": {}}]}, 422)
        ident = str(uuid.uuid4())
        call.state.made("generic")[ident] = {}
        return as_json({"job_id": ident, "status": "queued"})

    def get_status(call: Call) -> Answer:
        ident = call.params["job_id"]
        if ident != JOB_ID and ident not in call.state.made("generic"):
            return as_json({"detail": "Job not found"}, 404)
        current = status if ident == JOB_ID else ("queued", "processing", "completed")[min(2, call.state.poll(ident) - 1)]
        value: dict[str, Any] = {"job_id": ident, "status": current}
        if current == "completed":
            value["video_url"] = f"{call.origin if absolute else ''}/api/download/{FILE_ID}"
        if current == "failed":
            value["error"] = "the generation was rejected"
        return as_json(value)

    def download(call: Call) -> Answer:
        if call.params["file_id"] != FILE_ID or status != "completed":
            return as_json({"detail": "File not found"}, 404)
        return ranged(call, media("clip.mp4"), "video/mp4", f"{FILE_ID}.mp4")

    return (
        Operation("POST", "/api/generate", generate),
        Operation("GET", "/api/status/{job_id}", get_status),
        Operation("GET", "/api/download/{file_id}", download),
        Operation("GET", "/openapi.json", lambda _: as_json(DESCRIPTION)),
        Operation("GET", "/api/openapi.json", lambda _: as_json(DESCRIPTION)),
    )
