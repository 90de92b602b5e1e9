"""Real, small, valid artefacts, and the one way to hand out bytes: with Range, validators and a name."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from functools import cache
from importlib.resources import files

from probe.simulator.app import Answer, Call, Reply

JSONL = b"".join(
    json.dumps(
        {"id": f"batch_req_{n}", "custom_id": f"row-{n}", "response": {"status_code": 200, "body": {"n": n}}, "error": None}
    ).encode()
    + b"\n"
    for n in range(60)
)
JSONL_ERRORS = (
    b'{"id":"batch_req_x","custom_id":"row-x","response":{"status_code":400},'
    b'"error":{"code":"content_filter","message":"filtered"}}\n'
)
CSV = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n" + b"".join(
    f"{n},{2 / n:.5f},{1 - 1 / n:.5f},,\n".encode() for n in range(1, 60)
)
RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


@cache
def media(name: str) -> bytes:
    """Read a shipped file: clip.mp4 (one second, 64x64, H.264 and AAC, over 4 KiB), image.png, .webp, .jpg, speech.mp3."""
    return (files("probe.simulator") / "media" / name).read_bytes()


@cache
def skill_zip() -> bytes:
    """Make a skill bundle, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr(
            zipfile.ZipInfo("SKILL.md", (2026, 1, 1, 0, 0, 0)), "---\nname: simulated\n---\nA skill of the simulator.\n"
        )
    return buffer.getvalue()


def ranged(call: Call, body: bytes, media_type: str, filename: str = "", by: str = "") -> Answer:
    """Answer with bytes, or with the part that `Range: bytes=a-b` names: 206, 416 when it is not there (RFC 9110, 14)."""
    headers = (
        ("accept-ranges", "bytes"),
        ("last-modified", "Thu, 01 Oct 2026 09:30:00 GMT"),
        ("etag", f'"{hashlib.sha256(body).hexdigest()[:16]}"'),
        *((("content-disposition", f'attachment; filename="{filename}"'),) if filename else ()),
    )
    wanted = RANGE.match(call.header("range"))
    if wanted is None or wanted.groups() == ("", ""):
        return Answer(200, body, media_type, headers, by)
    first, last = wanted.groups()
    start = int(first) if first else max(0, len(body) - int(last))
    end = min(int(last), len(body) - 1) if first and last else len(body) - 1
    if start > end:
        return Answer(416, b"", media_type, (*headers, ("content-range", f"bytes */{len(body)}")), by)
    return Answer(206, body[start : end + 1], media_type, (*headers, ("content-range", f"bytes {start}-{end}/{len(body)}")), by)


def clip(call: Call) -> Answer:
    """The video itself."""
    return ranged(call, media("clip.mp4"), "video/mp4")


def whole(body: bytes, media_type: str) -> Reply:
    """Make a reply that ignores Range and always sends everything; with lying bytes it is a trap."""
    return lambda _: Answer(200, body, media_type)
