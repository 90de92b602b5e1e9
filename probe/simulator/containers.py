"""Code-interpreter files in containers, the responses that cite them, vector store text, skill bundles and eval output."""

from __future__ import annotations

from typing import Any

from probe.simulator import errors
from probe.simulator.app import Answer, Call, Operation, Operations, Reply, as_json, page
from probe.simulator.errors import only
from probe.simulator.media import CSV, ranged, skill_zip

CONTAINER_ID = "cntr_68f3b2d19c8481909f8e4d6b7c2a1f53057e6d4c3b2a1908"
CFILE_ID = "cfile_68f3b2f5a0d48190b7c6d5e4f3a2b1c0"
RESPONSE_ID = "resp_68f3b2e07b6c8190a5f4e3d2c1b0a9f8068f3b2e07b6c819"
VECTOR_STORE_ID = "vs_68f4c3e20d9581908a7b6c5d4e3f2a1b"
VECTOR_FILE_ID = "file-2Bb3cC4dD5eE6fF7gG8hH9"
SKILL_ID = "skill_68f5d4f31ea68190b8c7d6e5f4a3b2c1"

CONTAINER_IDS = {"container_id": CONTAINER_ID, "container_file_id": CFILE_ID}
RESPONSE_IDS = {"response_id": RESPONSE_ID}
VECTOR_IDS = {"vector_store_id": VECTOR_STORE_ID, "vector_file_id": VECTOR_FILE_ID}
SKILL_IDS = {"skill_id": SKILL_ID}
EVAL_IDS = {"eval_id": "eval_68f6e5f42fb78190c9d8e7f6a5b4c3d2", "eval_run_id": "evalrun_68f6e5f53ac88190dae9f8a7b6c5d4e3"}


def containers(*, status: str = "running", exists: bool = True) -> Operations:
    """One container with one file, and the response that cites it; a `deleted` one (idle too long) keeps its name only."""

    def container(call: Call) -> dict[str, Any]:
        idle = 240 if status == "running" else 7200
        return {
            "id": CONTAINER_ID,
            "object": "container",
            "created_at": call.state.started_at - idle - 300,
            "status": status,
            "expires_after": {"anchor": "last_active_at", "minutes": 20},
            "last_active_at": call.state.started_at - idle,
            "name": "code-interpreter",
        }

    def file(call: Call) -> dict[str, Any]:
        return {
            "id": CFILE_ID,
            "object": "container.file",
            "created_at": call.state.started_at - 250,
            "bytes": len(CSV),
            "container_id": CONTAINER_ID,
            "path": "/mnt/data/report.csv",
            "source": "assistant",
        }

    def response(call: Call) -> Answer:
        cited = {"type": "container_file_citation", "container_id": CONTAINER_ID, "file_id": CFILE_ID, "filename": "report.csv"}
        text = {"type": "output_text", "text": "The report is ready.", "annotations": [cited]}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
        value = {"id": RESPONSE_ID, "object": "response", "created_at": call.state.started_at - 260, "status": "completed"}
        return as_json(value | {"model": "gpt-4.1", "output": [message]})

    def content(call: Call) -> Answer:
        return ranged(call, CSV, "application/octet-stream", "report.csv")

    present, answer = (CONTAINER_ID, RESPONSE_ID) if exists else ("", "")
    inside = {
        "container_id": (present if status == "running" else "", "Container"),
        "container_file_id": (CFILE_ID, "Container file"),
    }
    one = "/containers/{container_id}"
    return (
        Operation("GET", "/containers", lambda call: page(call, [container(call)] if exists else [])),
        Operation("GET", one, only({"container_id": (present, "Container")}, lambda call: as_json(container(call)))),
        Operation("GET", f"{one}/files", only(inside, lambda call: page(call, [file(call)]))),
        Operation("GET", f"{one}/files/{{container_file_id}}", only(inside, lambda call: as_json(file(call)))),
        Operation("GET", f"{one}/files/{{container_file_id}}/content", only(inside, content)),
        Operation("GET", "/responses/{response_id}", only({"response_id": (answer, "Response")}, response), "2025-03-01-preview"),
    )


def check_access() -> Operations:
    """Containers on a dated api-version: Entra's access check does not know the operation (Azure/azure-sdk-for-net#54068)."""
    refused = errors.constant(errors.CHECK_ACCESS)
    one = "/containers/{container_id}"
    since = "2025-03-01-preview"
    return tuple(
        Operation("GET", path, refused, since) for path in (one, f"{one}/files", f"{one}/files/{{container_file_id}}/content")
    )


def vector_stores(*, has_content: bool = True) -> Operations:
    """One vector store with one file; the parsed text has a route on OpenAI and on the classic surface, not in Azure's v1."""

    def store(call: Call) -> dict[str, Any]:
        born = call.state.started_at - 4000
        return {"id": VECTOR_STORE_ID, "object": "vector_store", "created_at": born, "name": "handbook", "status": "completed"}

    def file(call: Call) -> dict[str, Any]:
        born = call.state.started_at - 3900
        value = {"id": VECTOR_FILE_ID, "object": "vector_store.file", "created_at": born, "status": "completed"}
        return value | {"vector_store_id": VECTOR_STORE_ID, "usage_bytes": 1234, "last_error": None}

    def content(_: Call) -> Answer:
        text = {"type": "text", "text": "Chapter 1. Where artefacts are kept."}
        return as_json({"object": "vector_store.file_content.page", "data": [text], "has_more": False, "next_page": None})

    one, since = "/vector_stores/{vector_store_id}", "2024-05-01-preview"
    inside = {"vector_store_id": (VECTOR_STORE_ID, "Vector store"), "vector_file_id": (VECTOR_FILE_ID, "File")}
    text = Operation("GET", f"{one}/files/{{vector_file_id}}/content", only(inside, content), "2025-03-01-preview")
    return (
        Operation("GET", "/vector_stores", lambda call: page(call, [store(call)]), since),
        Operation("GET", one, only(inside, lambda call: as_json(store(call))), since),
        Operation("GET", f"{one}/files", only(inside, lambda call: page(call, [file(call)])), since),
        Operation("GET", f"{one}/files/{{vector_file_id}}", only(inside, lambda call: as_json(file(call))), since),
        *((text,) if has_content else ()),
    )


def skills() -> Operations:
    """One skill with one version; a bundle is a ZIP. OpenAI only."""

    def skill(call: Call) -> dict[str, Any]:
        born = call.state.started_at - 5000
        value = {"id": SKILL_ID, "object": "skill", "name": "simulated", "description": "A skill of the simulator."}
        return value | {"created_at": born, "default_version": "1", "latest_version": "1"}

    def version(call: Call) -> dict[str, Any]:
        return skill(call) | {"id": "skillver_1", "object": "skill.version", "skill_id": SKILL_ID, "version": "1"}

    def bundle(call: Call) -> Answer:
        return ranged(call, skill_zip(), "application/zip", "simulated.zip")

    one, inside = "/skills/{skill_id}", {"skill_id": (SKILL_ID, "Skill"), "version": ("1", "Version")}
    return (
        Operation("GET", "/skills", lambda call: page(call, [skill(call)])),
        Operation("GET", one, only(inside, lambda call: as_json(skill(call)))),
        Operation("GET", f"{one}/content", only(inside, bundle)),
        Operation("GET", f"{one}/versions", only(inside, lambda call: page(call, [version(call)]))),
        Operation("GET", f"{one}/versions/{{version}}", only(inside, lambda call: as_json(version(call)))),
        Operation("GET", f"{one}/versions/{{version}}/content", only(inside, bundle)),
    )


def evals() -> Operations:
    """One evaluation with one run; its output items are a page of JSON."""

    inside = {name: (ident, "Eval") for name, ident in EVAL_IDS.items()}

    def listed(kind: str, ident: str) -> Reply:
        one = {"object": kind, "id": ident, "status": "completed", "eval_id": EVAL_IDS["eval_id"]}
        return only(inside, lambda call: page(call, [one | {"created_at": call.state.started_at - 6000}]))

    runs = "/evals/{eval_id}/runs"
    return (
        Operation("GET", "/evals", listed("eval", EVAL_IDS["eval_id"])),
        Operation("GET", runs, listed("eval.run", EVAL_IDS["eval_run_id"])),
        Operation("GET", f"{runs}/{{eval_run_id}}/output_items", listed("eval.run.output_item", "outputitem_68f6e5f6")),
    )
