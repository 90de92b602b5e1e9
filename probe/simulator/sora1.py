"""Azure Sora 1 jobs: `task_` ids lead to `gen_` ids, and those to `/content/video`; no URL stands in any answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from probe.simulator import errors
from probe.simulator.app import Answer, Call, Headers, Operation, Operations, Reply, as_json, page
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


def _generation(job: dict[str, Any]) -> dict[str, Any]:
    return {
        "object": "video.generation",
        "id": GENERATION_ID if job["id"] == JOB_ID else f"gen_{job['id'].removeprefix('task_')}",
        "job_id": job["id"],
        "created_at": job["finished_at"],
        "width": 480,
        "height": 480,
        "prompt": job["prompt"],
        "n_seconds": 5,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened to the one job of interest.

    `age` is seconds since it was created: over a day is expired. With `polls` it becomes ready only after so many requests.
    `exists=False` forgets every job. `content` replaces the bytes, `has_content=False` the whole route. Other jobs stand beside it
    only where it went well, so that in every other world its own fate decides.
    """

    status: str = "succeeded"
    failure: str | None = None
    has_generations: bool = True
    age: int = 900
    exists: bool = True
    polls: int = 0
    content: Reply = clip
    metadata_headers: Callable[[Call], Headers] = lambda _: ()
    has_content: bool = True

    def operations(self) -> Operations:
        """Return the jobs API that tells this story."""
        base, one = "/video/generations", "/video/generations/{generation_id}"
        api = (
            Operation("POST", f"{base}/jobs", self._create),
            Operation("GET", f"{base}/jobs", lambda call: page(call, self._jobs(call), 10)),
            Operation("GET", f"{base}/jobs/{{job_id}}", self._get_job),
            Operation("GET", one, self._get_generation),
        )
        if not self.has_content:
            return api
        video, thumbnail = (
            self._delivered(self.content),
            self._delivered(lambda call: ranged(call, media("image.jpg"), "image/jpg")),
        )
        return (
            *api,
            Operation("GET", f"{one}/content/video", video),
            Operation("HEAD", f"{one}/content/video", video),
            Operation("GET", f"{one}/content/thumbnail", thumbnail),
        )

    def _job(self, call: Call, ident: str, state: str, born: int) -> dict[str, Any]:
        is_done = state in {"succeeded", "failed", "cancelled"}
        value: dict[str, Any] = {
            "object": "video.generation.job",
            "id": ident,
            "status": state,
            "created_at": born,
            "finished_at": born + 95 if is_done else None,
            "expires_at": born + DAY if is_done else None,
            "generations": [],
            "prompt": call.state.made("sora1").get(ident, {}).get("prompt", "A cat playing piano in a jazz bar."),
            "model": "sora",
            "n_variants": 1,
            "n_seconds": 5,
            "height": 480,
            "width": 480,
            "failure_reason": self.failure if ident == JOB_ID else "internal_error" if state == "failed" else None,
        }
        if state == "succeeded" and (self.has_generations or ident != JOB_ID):
            value["generations"] = [_generation(value)]
        return value

    def _jobs(self, call: Call) -> list[dict[str, Any]]:
        if not self.exists:
            return []
        now, looks = call.state.started_at, call.state.looks(JOB_ID)
        current = RUN[min(looks, 3)] if looks <= self.polls and self.polls else self.status
        kept = [self._job(call, JOB_ID, current, now - self.age)]
        for ident, made in call.state.made("sora1").items():
            kept.append(self._job(call, ident, RUN[min(4, 2 * call.state.looks(ident))], made["created_at"]))
        if self.status == "succeeded" and self.has_generations and self.age < DAY and not self.polls:
            kept += [self._job(call, ident, state, now - old) for ident, state, old in OTHERS]
        return kept

    def _get_job(self, call: Call) -> Answer:
        ident = call.params["job_id"]
        call.state.poll(ident, call.version)
        found = next((one for one in self._jobs(call) if one["id"] == ident), None)
        return as_json(found) if found else errors.missing_flat("Video generation job", ident)

    def _create(self, call: Call) -> Answer:
        if call.asked("model", "sora") != "sora":
            return errors.DEPLOYMENT_UNKNOWN
        ident = f"task_{uuid.uuid4().hex[:26]}"
        call.state.made("sora1")[ident] = {"prompt": call.asked("prompt", ""), "created_at": call.state.started_at}
        return as_json(self._job(call, ident, "queued", call.state.started_at), 201)

    def _find(self, call: Call) -> dict[str, Any] | None:
        wanted = call.params["generation_id"]
        return next((found for job in self._jobs(call) for found in job["generations"] if found["id"] == wanted), None)

    def _get_generation(self, call: Call) -> Answer:
        found = self._find(call)
        if found is None:
            return errors.missing_flat("Video generation", call.params["generation_id"])
        return as_json(found, headers=self.metadata_headers(call))

    def _delivered(self, reply: Reply) -> Reply:
        def answer(call: Call) -> Answer:
            found = self._find(call)
            if found is None or found["created_at"] + DAY < call.state.started_at:
                return errors.missing_flat("Video generation", call.params["generation_id"])
            return reply(call)

        return answer


def operations(**story: Any) -> Operations:
    """Return the jobs API of one `Story`; the plain one is a job that went well."""
    return Story(**story).operations()
