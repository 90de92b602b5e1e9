"""Files, and the objects that name them: batches, fine-tuning jobs, assistants messages. Every list is free and paged."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from probe.simulator import errors
from probe.simulator.app import Answer, Call, Operation, Operations, Reply, as_json, page
from probe.simulator.errors import only
from probe.simulator.media import CSV, JSONL, JSONL_ERRORS, media, ranged

BATCH_ID = "batch_68f2a1c09b7481908e7d3c5a6b1f0e42"
OUTPUT_ID = "file-7Xq2mVtB9sKd4LwPzR8nYc"
ERRORS_ID = "file-3Hf6gJkL1pQwErTyUiOpAs"
FINE_TUNE_ID = "ftjob-5Zx8cVbN2mAsDfGhJkLqWe"
METRICS_ID = "file-9Po7iUyTrEwQaSdFgHjKlZ"
IMAGE_ID = "assistant-4Rt5yUiOpLkJhGfDsAzXcV"
UPLOAD_ID = "file-1Aa2bB3cC4dD5eE6fF7gG8"
THREAD_ID = "thread_8sDf7gHjKl6zXcVbNm5qWe4r"
DAY = 86_400

FILE_IDS = {"file_id": OUTPUT_ID}
BATCH_IDS = {"batch_id": BATCH_ID}
FINE_TUNE_IDS = {"finetune_job_id": FINE_TUNE_ID}
ASSISTANT_IDS = {"thread_id": THREAD_ID}
_EVENTS = ("Created fine-tuning job", "Training started", "Step 60/60: training loss=0.42", "The job has successfully completed")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file on the shelf: what it is for, its bytes and how many seconds old it is."""

    ident: str
    purpose: str
    filename: str
    body: bytes
    age: int


def _shelf() -> tuple[Stored, ...]:
    return (
        Stored(OUTPUT_ID, "batch_output", "batch_output.jsonl", JSONL, 600),
        Stored(ERRORS_ID, "batch_output", "batch_errors.jsonl", JSONL_ERRORS, 601),
        Stored(METRICS_ID, "fine-tune-results", "step_metrics.csv", CSV, 1200),
        Stored(IMAGE_ID, "assistants_output", "plot.png", media("image.png"), 1800),
        Stored(UPLOAD_ID, "assistants", "handbook.txt", b"An uploaded handbook.\n", 2400),
        *(Stored(f"file-older{n:017d}", "batch", f"requests-{n}.jsonl", JSONL_ERRORS, 3600 + 60 * n) for n in range(40)),
    )


def _metadata(call: Call, stored: Stored) -> dict[str, Any]:
    born = call.state.started_at - stored.age
    return {
        "object": "file",
        "id": stored.ident,
        "purpose": stored.purpose,
        "filename": stored.filename,
        "bytes": len(stored.body),
        "created_at": born,
        "expires_at": born + 30 * DAY if stored.purpose.startswith("batch") else None,
        "status": "processed",
        "status_details": None,
    }


def _content(call: Call, stored: Stored) -> Answer:
    if call.world.provider == "openai" and stored.purpose in {"assistants", "user_data"}:
        return errors.bad_request(f"Not allowed to download files of purpose: {stored.purpose}")
    return ranged(call, stored.body, "application/octet-stream", stored.filename)


def _upload(call: Call) -> Answer:
    """Take an upload; Azure's classic surface names it in a `location` without api-version (its example upload_file)."""
    ident = f"file-{uuid.uuid4().hex[:22]}"
    parts = dict(_parts(call))
    filename, body = parts.get("file", ("upload.bin", b""))
    purpose = parts.get("purpose", ("", b"batch"))[1].decode("utf-8", "replace")
    call.state.made("files")[ident] = {"purpose": purpose, "filename": filename, "body": body}
    location = (("location", f"{call.origin}{call.path}/{ident}"),) if "/v1/" not in call.path else ()
    return as_json(_metadata(call, Stored(ident, purpose, filename, body, 0)), 201 if location else 200, location)


def _parts(call: Call) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Give name, file name and bytes of each part of a multipart form (RFC 7578)."""
    boundary = re.search(r'boundary="?([^";]+)', call.header("content-type"))
    for part in call.body.split(b"--" + boundary[1].encode())[1:-1] if boundary else ():
        head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        names = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode("utf-8", "replace")))
        if "name" in names:
            yield names["name"], (names.get("filename", "upload.bin"), body.removesuffix(b"\r\n"))


def files(*, has_location: bool = False, only: tuple[str, ...] | None = None) -> Operations:
    """The files API.

    With `has_location` the metadata names its content in Content-Location, without the api-version; `only` leaves these ids on the
    shelf.
    """

    def known(call: Call) -> list[Stored]:
        made = [Stored(ident, **value, age=0) for ident, value in call.state.made("files").items()]
        found = made + [one for one in _shelf() if only is None or one.ident in only]
        return [one for one in found if one.ident not in call.state.made("deleted")]

    def delete(call: Call, stored: Stored) -> Answer:
        call.state.made("deleted")[stored.ident] = {}
        return as_json({"id": stored.ident, "object": "file", "deleted": True})

    def listed(call: Call) -> Answer:
        return page(call, [_metadata(call, one) for one in known(call) if call.query("purpose") in {"", one.purpose}])

    def with_file(answer: Callable[[Call, Stored], Answer]) -> Reply:
        def reply(call: Call) -> Answer:
            found = next((one for one in known(call) if one.ident == call.params["file_id"]), None)
            return answer(call, found) if found else errors.missing(call, "File", call.params["file_id"])

        return reply

    def metadata(call: Call, stored: Stored) -> Answer:
        location = (("content-location", f"{call.path}/content"),) if has_location else ()
        return as_json(_metadata(call, stored), headers=location)

    return (
        Operation("POST", "/files", _upload),
        Operation("GET", "/files", listed),
        Operation("GET", "/files/{file_id}", with_file(metadata)),
        Operation("DELETE", "/files/{file_id}", with_file(delete)),
        Operation("GET", "/files/{file_id}/content", with_file(_content)),
    )


def batches(*, status: str = "completed", in_blob: bool = False, old_style: bool = False) -> Operations:
    """The batch API with one batch of interest.

    `in_blob` puts output and errors into the customer's storage account (bare URLs, no file ids); `old_style` writes the status
    with a capital and times as ISO text, as Azure's first documents show.
    """

    def batch(call: Call, ident: str, state: str, age: int) -> dict[str, Any]:
        born, is_done = call.state.started_at - age, state == "completed"
        folder = f"{call.origin}/blob/batch-output/5b1f4c0e-8d2a-4f7e-9c3b-7a6d5e4f3c2b"
        value: dict[str, Any] = {
            "object": "batch",
            "id": ident,
            "endpoint": "/chat/completions",
            "errors": None,
            "input_file_id": f"file-older{0:017d}",
            "completion_window": "24h",
            "status": state,
            "output_file_id": OUTPUT_ID if is_done and not in_blob else None,
            "error_file_id": ERRORS_ID if is_done and not in_blob else None,
            "created_at": born,
            "completed_at": born + 120 if is_done else None,
            "expires_at": born + DAY,
            "request_counts": {"total": 60, "completed": 59 if is_done else 0, "failed": 1 if is_done else 0},
        }
        if in_blob:
            value |= {"output_blob": f"{folder}/results.jsonl", "error_blob": f"{folder}/errors.jsonl"}
        if status == "failed":
            value["errors"] = {
                "object": "list",
                "data": [{"code": "invalid_json_line", "message": "A line is not JSON.", "line": 3}],
            }
        if old_style:
            value |= {"status": state.capitalize(), "created_at": datetime.fromtimestamp(born, UTC).isoformat()}
        return value

    def known(call: Call) -> list[dict[str, Any]]:
        count = 24 if status == "completed" else 0
        others = [batch(call, f"batch_older{n:027d}", "completed", 7200 + 60 * n) for n in range(count)]
        return [batch(call, BATCH_ID, status, 700), *others]

    def get(call: Call) -> Answer:
        found = next((one for one in known(call) if one["id"] == call.params["batch_id"]), None)
        return as_json(found) if found else errors.missing(call, "Batch", call.params["batch_id"])

    since = "2024-07-01-preview"
    return (
        Operation("GET", "/batches", lambda call: page(call, known(call)), since),
        Operation("GET", "/batches/{batch_id}", get, since),
    )


def fine_tuning() -> Operations:
    """The fine-tuning API with one job; its metrics are a file, its checkpoints are names of models."""

    def job(call: Call) -> dict[str, Any]:
        born = call.state.started_at - 1500
        return {
            "object": "fine_tuning.job",
            "id": FINE_TUNE_ID,
            "model": "gpt-4o-mini-2024-07-18",
            "created_at": born,
            "finished_at": born + 300,
            "fine_tuned_model": "gpt-4o-mini-2024-07-18.ft-5zx8",
            "status": "succeeded",
            "training_file": UPLOAD_ID,
            "validation_file": None,
            "result_files": [METRICS_ID],
            "error": None,
        }

    def checkpoints(call: Call) -> Answer:
        one = {"id": "ftckpt_1", "object": "fine_tuning.job.checkpoint", "fine_tuned_model_checkpoint": "gpt-4o-mini:ckpt-step-60"}
        return page(
            call, [one | {"created_at": call.state.started_at - 1300, "step_number": 60, "fine_tuning_job_id": FINE_TUNE_ID}]
        )

    def events(call: Call) -> Answer:
        rows = [
            {"id": f"ftevent-{at}", "object": "fine_tuning.job.event", "level": "info", "type": "message", "message": text}
            | {"created_at": call.state.started_at - 1500 + 60 * at}
            for at, text in enumerate(_EVENTS)
        ]
        return page(call, rows)

    since, known = "2023-10-01-preview", {"finetune_job_id": (FINE_TUNE_ID, "FineTuningJob")}
    return (
        Operation("GET", "/fine_tuning/jobs/{finetune_job_id}/events", only(known, events), since),
        Operation("GET", "/fine_tuning/jobs", lambda call: page(call, [job(call)]), since),
        Operation("GET", "/fine_tuning/jobs/{finetune_job_id}", only(known, lambda call: as_json(job(call))), since),
        Operation("GET", "/fine_tuning/jobs/{finetune_job_id}/checkpoints", checkpoints, "2024-05-01-preview"),
    )


def assistants() -> Operations:
    """The messages of a thread: an image and a cited file, both to be fetched as files."""

    def messages(call: Call) -> Answer:
        citation = {"type": "file_path", "text": "sandbox:/mnt/data/plot.png", "file_path": {"file_id": IMAGE_ID}}
        content = [
            {"type": "image_file", "image_file": {"file_id": IMAGE_ID}},
            {"type": "text", "text": {"value": "Here is the plot.", "annotations": [citation]}},
        ]
        one = {"id": "msg_1", "object": "thread.message", "created_at": call.state.started_at - 1800, "thread_id": THREAD_ID}
        return page(call, [one | {"role": "assistant", "content": content}])

    known = {"thread_id": (THREAD_ID, "Thread")}
    return (Operation("GET", "/threads/{thread_id}/messages", only(known, messages), "2024-02-15-preview"),)


def agents() -> Operations:
    """What a Foundry project has of its own for classic agents: the threads can be listed here, and the files stand beside them."""

    def threads(call: Call) -> Answer:
        return page(call, [{"id": THREAD_ID, "object": "thread", "created_at": call.state.started_at - 1900, "metadata": {}}])

    return (Operation("GET", "/threads", threads), *assistants(), *files(only=(IMAGE_ID,)))
