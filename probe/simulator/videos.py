"""The `/videos` API that Sora 2 on Azure and OpenAI share: `video_` ids, `/content` with a variant; no URL stands in any answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened to the one video of interest.

    `age` and `lifetime` are seconds (24 h on Azure, 1 h on OpenAI). With `polls` it becomes ready only after so many requests.
    `exists=False` forgets every video, `content` replaces the bytes. Other videos stand beside it only where it went well.
    """

    status: str = "completed"
    error: dict[str, str] | None = None
    age: int = 900
    lifetime: int = DAY
    exists: bool = True
    polls: int = 0
    content: Reply | None = None

    def operations(self) -> Operations:
        """Return the videos API that tells this story."""
        return (
            Operation("POST", "/videos", self._create),
            Operation("GET", "/videos", lambda call: page(call, self._videos(call))),
            Operation("GET", "/videos/{video_id}", self._get),
            Operation("DELETE", "/videos/{video_id}", self._delete),
            Operation("POST", "/videos/{video_id}/remix", self._remix),
            Operation("GET", "/videos/{video_id}/content", self._deliver),
        )

    def _video(self, call: Call, ident: str, state: str, born: int) -> dict[str, Any]:
        is_ready = state == "completed"
        return {
            "id": ident,
            "object": "video",
            "model": "sora-2",
            "status": state,
            "progress": 100 if is_ready else 42,
            "created_at": born,
            "completed_at": born + 67 if is_ready else None,
            "expires_at": born + self.lifetime if is_ready else None,
            "prompt": call.state.made("videos").get(ident, {}).get("prompt", "A cat playing piano in a jazz bar."),
            "seconds": "4",
            "size": "720x1280",
            "remixed_from_video_id": call.state.made("videos").get(ident, {}).get("remixed_from"),
            "error": (self.error if ident == VIDEO_ID else INTERNAL) if state == "failed" else None,
        }

    def _videos(self, call: Call) -> list[dict[str, Any]]:
        if not self.exists:
            return []
        now, looks = call.state.started_at, call.state.looks(VIDEO_ID)
        current = RUN[min(looks, 1)] if self.polls and looks <= self.polls else self.status
        kept = [self._video(call, VIDEO_ID, current, now - self.age)]
        for ident, made in call.state.made("videos").items():
            kept.append(self._video(call, ident, RUN[min(2, call.state.looks(ident))], made["created_at"]))
        if self.status == "completed" and self.age < self.lifetime and not self.polls:
            kept += [self._video(call, ident, state, now - old) for ident, state, old in OTHERS]
        return [one for one in kept if one["id"] not in call.state.made("deleted")]

    def _find(self, call: Call) -> dict[str, Any] | None:
        return next((one for one in self._videos(call) if one["id"] == call.params["video_id"]), None)

    def _get(self, call: Call) -> Answer:
        call.state.poll(call.params["video_id"], call.version)
        found = self._find(call)
        return as_json(found) if found else errors.missing(call, "Video", call.params["video_id"])

    def _create(self, call: Call) -> Answer:
        if call.world.provider == "azure" and not call.asked("model", "sora-2").startswith("sora-2"):
            return errors.DEPLOYMENT_UNKNOWN_VIDEO
        return self._made(call, None)

    def _made(self, call: Call, source: str | None) -> Answer:
        ident, born = f"video_{uuid.uuid4().hex}", call.state.started_at
        call.state.made("videos")[ident] = {"prompt": call.asked("prompt", ""), "created_at": born, "remixed_from": source}
        return as_json(self._video(call, ident, "queued", born))

    def _remix(self, call: Call) -> Answer:
        found = self._find(call)
        return self._made(call, found["id"]) if found else errors.missing(call, "Video", call.params["video_id"])

    def _delete(self, call: Call) -> Answer:
        ident, found = call.params["video_id"], self._find(call)
        if found is None:
            return errors.missing(call, "Video", ident)
        call.state.made("deleted")[ident] = {}
        return as_json({"id": ident, "object": "video.deleted", "deleted": True})

    def _deliver(self, call: Call) -> Answer:
        now, found = call.state.started_at, self._find(call)
        if found is None or (found["expires_at"] or now) < now:
            return errors.missing(call, "Video", call.params["video_id"])
        if found["status"] != "completed":
            return errors.bad_request("Video is not ready yet, use GET /v1/videos/{video_id} to check status.")
        variant = VARIANTS.get(call.query("variant", "video"))
        if variant is None:
            return errors.bad_request("Invalid value for 'variant'. Supported values are: 'video', 'thumbnail', and 'spritesheet'.")
        return (self.content or variant)(call)


def operations(**story: Any) -> Operations:
    """Return the videos API of one `Story`; the plain one is a video that went well."""
    return Story(**story).operations()
