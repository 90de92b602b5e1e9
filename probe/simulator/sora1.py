"""Azure Sora 1 jobs: `task_` ids lead to `gen_` ids, and those to `/content/video`; no URL stands in any answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from probe.simulator import errors
from probe.simulator.app import Answer, Call, Operation, Operations, Reply, as_json, page
from probe.simulator.media import clip, media, ranged

JOB_ID = "task_01k74fbyghfq9a7wm2e7zxsw5v"
GENERATION_ID = "gen_01k74fceydeb2rqtaa3ndyhs8d"
IDS = {"job_id": JOB_ID, "generation_id": GENERATION_ID}
DAY = 86_400
RUN = ("queued", "preprocessing", "running", "processing", "succeeded")
OTHERS = (
    ("task_01k74gm0running0000000000a", "running", 30),
    ("task_01k74fa0failed00000000000b", "failed", 1200),
    ("task_01k74f9cancelled000000000c", "cancelled", 1800),
    *((f"task_01k74e0older{n:013d}", "succeeded", 7200 + 600 * n) for n in range(12)),
)
"""Other jobs of the same resource: id, status, age in seconds. The newest is not finished."""


def _generation_id(job_id: str) -> str:
    return GENERATION_ID if job_id == JOB_ID else f"gen_{job_id.removeprefix('task_')}"


def _generation(job: dict[str, Any]) -> dict[str, Any]:
    return {
        "object": "video.generation",
        "id": _generation_id(job["id"]),
        "job_id": job["id"],
        "created_at": job["finished_at"],
        "width": 480,
        "height": 480,
        "prompt": job["prompt"],
        "n_seconds": 5,
    }


def operations(
    *,
    status: str = "succeeded",
    failure: str | None = None,
    has_generations: bool = True,
    age: int = 900,
    exists: bool = True,
    polls: int = 0,
    content: Reply = clip,
    metadata_headers: Callable[[Call], tuple[tuple[str, str], ...]] = lambda _: (),
    has_content: bool = True,
) -> Operations:
    """The jobs API with one job of interest.

    `status`, `failure`, `has_generations` and `age` (seconds; over a day is expired) are that job's; with `polls` it becomes ready
    only after so many looks. `exists=False` forgets every job. `content` replaces the bytes, `has_content=False` the whole route.
    """

    def job(call: Call, ident: str, state: str, born: int) -> dict[str, Any]:
        is_done = state in {"succeeded", "failed", "cancelled"}
        value: dict[str, Any] = {
            "object": "video.generation.job",
            "id": ident,
            "status": state,
            "created_at": born,
            "finished_at": born + 95 if is_done else None,
            "expires_at": born + DAY if is_done else None,
            "generations": [],
            "prompt": call.state.created.get(ident, {}).get("prompt", "A cat playing piano in a jazz bar."),
            "model": "sora",
            "n_variants": 1,
            "n_seconds": 5,
            "height": 480,
            "width": 480,
            "failure_reason": failure if ident == JOB_ID else "internal_error" if state == "failed" else None,
        }
        if state == "succeeded" and (has_generations or ident != JOB_ID):
            value["generations"] = [_generation(value)]
        return value

    def jobs(call: Call) -> list[dict[str, Any]]:
        if not exists:
            return []
        now = call.state.started_at
        looks = call.state.polls.get(JOB_ID, 0)
        current = RUN[min(looks, 3)] if looks <= polls and polls else status
        kept = [job(call, JOB_ID, current, now - age)]
        for ident, made in call.state.created.items():
            kept.append(job(call, ident, RUN[min(4, 2 * call.state.polls.get(ident, 0))], made["created_at"]))
        if age < DAY:
            kept += [job(call, ident, state, now - old) for ident, state, old in OTHERS]
        return kept

    def get_job(call: Call) -> Answer:
        ident = call.params["job_id"]
        call.state.poll(ident)
        found = next((one for one in jobs(call) if one["id"] == ident), None)
        return as_json(found) if found else errors.missing_flat("Video generation job", ident)

    def create(call: Call) -> Answer:
        if call.asked("model", "sora") != "sora":
            return errors.DEPLOYMENT_UNKNOWN
        ident = f"task_{uuid.uuid4().hex[:26]}"
        call.state.created[ident] = {"prompt": call.asked("prompt", ""), "created_at": call.state.started_at}
        return as_json(job(call, ident, "queued", call.state.started_at), 201)

    def find(call: Call) -> dict[str, Any] | None:
        return next((g for one in jobs(call) for g in one["generations"] if g["id"] == call.params["generation_id"]), None)

    def get_generation(call: Call) -> Answer:
        found = find(call)
        if found is None:
            return errors.missing_flat("Video generation", call.params["generation_id"])
        return as_json(found, headers=metadata_headers(call))

    def delivered(reply: Reply) -> Reply:
        def answer(call: Call) -> Answer:
            found = find(call)
            if found is None or found["created_at"] + DAY < call.state.started_at:
                return errors.missing_flat("Video generation", call.params["generation_id"])
            return reply(call)

        return answer

    base, one = "/video/generations", "/video/generations/{generation_id}"
    api = (
        Operation("POST", f"{base}/jobs", create),
        Operation("GET", f"{base}/jobs", lambda call: page(call, jobs(call), 10)),
        Operation("GET", f"{base}/jobs/{{job_id}}", get_job),
        Operation("GET", one, get_generation),
    )
    if not has_content:
        return api
    return (
        *api,
        Operation("GET", f"{one}/content/video", delivered(content)),
        Operation("HEAD", f"{one}/content/video", delivered(content)),
        Operation("GET", f"{one}/content/thumbnail", delivered(lambda call: ranged(call, media("image.jpg"), "image/jpg"))),
    )
