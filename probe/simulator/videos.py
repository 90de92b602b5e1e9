"""The `/videos` API that Sora 2 on Azure and OpenAI share: `video_` ids, `/content` with a variant; no URL stands in any answer."""

from __future__ import annotations

import uuid
from typing import Any

from probe.simulator import errors
from probe.simulator.app import Answer, Call, Operation, Operations, Reply, as_json, page
from probe.simulator.media import clip, media, ranged

VIDEO_ID = "video_68f10c5428708190a98980c2d2b21a78"
IDS = {"video_id": VIDEO_ID}
DAY = 86_400
RUN = ("queued", "in_progress", "completed")
OTHERS = (
    ("video_68f1running00000000000000000001", "in_progress", 30),
    ("video_68f0failed000000000000000000002", "failed", 1500),
    *((f"video_68e0older{n:025d}", "completed", 7200 + 600 * n) for n in range(12)),
)
VARIANTS = {
    "video": clip,
    "thumbnail": lambda call: ranged(call, media("image.webp"), "image/webp"),
    "spritesheet": lambda call: ranged(call, media("image.jpg"), "image/jpeg"),
}
BLOCKED = {"code": "moderation_blocked", "message": "Your request was blocked by our moderation system."}
INTERNAL = {"code": "internal_error", "message": "Video generation failed."}


def operations(
    *,
    status: str = "completed",
    error: dict[str, str] | None = None,
    age: int = 900,
    lifetime: int = DAY,
    exists: bool = True,
    polls: int = 0,
    content: Reply | None = None,
) -> Operations:
    """The videos API with one video of interest; `lifetime` is 24 h on Azure and 1 h on OpenAI, `content` replaces the bytes."""

    def video(call: Call, ident: str, state: str, born: int) -> dict[str, Any]:
        is_ready = state == "completed"
        return {
            "id": ident,
            "object": "video",
            "model": "sora-2",
            "status": state,
            "progress": 100 if is_ready else 42,
            "created_at": born,
            "completed_at": born + 67 if is_ready else None,
            "expires_at": born + lifetime if is_ready else None,
            "prompt": call.state.created.get(ident, {}).get("prompt", "A cat playing piano in a jazz bar."),
            "seconds": "4",
            "size": "720x1280",
            "remixed_from_video_id": None,
            "error": (error if ident == VIDEO_ID else INTERNAL) if state == "failed" else None,
        }

    def videos(call: Call) -> list[dict[str, Any]]:
        if not exists:
            return []
        now = call.state.started_at
        looks = call.state.polls.get(VIDEO_ID, 0)
        kept = [video(call, VIDEO_ID, RUN[min(looks, 1)] if polls and looks <= polls else status, now - age)]
        for ident, made in call.state.created.items():
            kept.append(video(call, ident, RUN[min(2, call.state.polls.get(ident, 0))], made["created_at"]))
        return kept + [video(call, ident, state, now - old) for ident, state, old in OTHERS if old > 3600 or age < lifetime]

    def find(call: Call) -> dict[str, Any] | None:
        return next((one for one in videos(call) if one["id"] == call.params["video_id"]), None)

    def get(call: Call) -> Answer:
        call.state.poll(call.params["video_id"])
        found = find(call)
        return as_json(found) if found else errors.missing(call, "Video", call.params["video_id"])

    def create(call: Call) -> Answer:
        if call.world.provider == "azure" and not call.asked("model", "sora-2").startswith("sora-2"):
            return errors.DEPLOYMENT_UNKNOWN_VIDEO
        ident = f"video_{uuid.uuid4().hex}"
        call.state.created[ident] = {"prompt": call.asked("prompt", ""), "created_at": call.state.started_at}
        return as_json(video(call, ident, "queued", call.state.started_at))

    def deliver(call: Call) -> Answer:
        found = find(call)
        if found is None or (found["expires_at"] or call.state.started_at) < call.state.started_at:
            return errors.missing(call, "Video", call.params["video_id"])
        if found["status"] != "completed":
            return errors.bad_request("Video is not ready yet, use GET /v1/videos/{video_id} to check status.")
        variant = VARIANTS.get(call.query("variant", "video"))
        if variant is None:
            return errors.bad_request("Invalid value for 'variant'. Supported values are: 'video', 'thumbnail', and 'spritesheet'.")
        return (content or variant)(call)

    return (
        Operation("POST", "/videos", create),
        Operation("GET", "/videos", lambda call: page(call, videos(call))),
        Operation("GET", "/videos/{video_id}", get),
        Operation("GET", "/videos/{video_id}/content", deliver),
    )
