"""The table of worlds, part one: services that work, by artefact kind and surface. A new world is one line here or in `causes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe.simulator import containers, errors, files, gates, generic, images, sora1, videos
from probe.simulator.app import Call, Gate, Operation, Operations, VersionPolicy, World, as_json, mount

V1 = "/openai/v1"
CLASSIC = "/openai"
PROJECT = "/api/projects/sim-project"


def _models(*names: str) -> Operations:
    """The free list of models, and each of its entries; on Azure it lists what the resource can deploy."""

    def entry(call: Call, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "object": "model",
            "created_at": call.state.started_at - 90_000,
            "created": 1_727_389_042,
            "owned_by": "system",
        }

    def get(call: Call) -> Any:
        name = call.params["model"]
        return as_json(entry(call, name)) if name in names else errors.missing(call, "Model", name)

    def listed(call: Call) -> Any:
        return as_json({"object": "list", "data": [entry(call, name) for name in names]})

    return (Operation("GET", "/models", listed), Operation("GET", "/models/{model}", get))


MODELS = _models("gpt-4.1", "gpt-image-1", "sora", "sora-2", "sora-2-2025-10-06")
MODELS_WITHOUT_VIDEO = _models("gpt-4.1", "gpt-image-1")


def azure(
    name: str,
    description: str,
    *operations: Operation,
    gate: tuple[Gate, ...] = (gates.azure_key,),
    versions: VersionPolicy = gates.v1,
    models: Operations = MODELS,
    prefix: str = V1,
    extra: Operations = (),
    **fields: Any,
) -> World:
    """Make a world of Azure OpenAI's v1 surface; `extra` operations are mounted by the caller."""
    mounted = mount(prefix, (*models, *operations), versions)
    if prefix == V1:
        mounted += mount(CLASSIC, models, gates.dated)
    unknown = errors.constant(errors.ROUTE_UNKNOWN)
    parts: dict[str, Any] = {"unknown": unknown, "gates": (*gate, gates.api_version), "operations": (*mounted, *extra)}
    return World(name=name, description=description, provider="azure", **(parts | fields))


def classic(name: str, description: str, *operations: Operation, versions: VersionPolicy = gates.dated, **fields: Any) -> World:
    """Make a world of Azure's classic surface, where a dated api-version is required."""
    return azure(name, description, *operations, prefix=CLASSIC, versions=versions, **fields)


def project(name: str, description: str, *operations: Operation, **fields: Any) -> World:
    """Make a world of a Foundry project's own base; the account's base knows nothing of its objects."""
    return azure(name, description, *operations, prefix=PROJECT + V1, **({"base": PROJECT} | fields))


def openai(
    name: str, description: str, *operations: Operation, gate: tuple[Gate, ...] = (gates.openai_key,), **fields: Any
) -> World:
    """Make a world of OpenAI's own API."""
    models = fields.pop("models", MODELS)
    extra = fields.pop("extra", ())
    parts: dict[str, Any] = {
        "unknown": errors.openai_route_unknown,
        "gates": gate,
        "operations": (*mount("/v1", (*models, *operations)), *extra),
    }
    return World(name=name, description=description, provider="openai", **(parts | fields))


def service(name: str, description: str, operations: Operations, **fields: Any) -> World:
    """Make a world of the self-hosted generator."""
    parts: dict[str, Any] = {
        "unknown": errors.fastapi_unknown,
        "operations": operations,
        "base": "/api",
        "key": "",
        "credential": "none",
    }
    return World(name=name, description=description, provider="generic", **(parts | {"ids": generic.IDS} | fields))


FILES, NO_FILES = files.files(), files.files(only=())
BATCH, CONTAINERS = files.batches(), containers.containers()
KINDS: Mapping[str, tuple[str, Operations, Mapping[str, str]]] = {
    "files": ("files, by their list or their id", FILES, files.FILE_IDS),
    "batch": ("a batch whose output and errors are files", (*BATCH, *FILES), files.BATCH_IDS),
    "fine-tune": ("a fine-tuning job whose metrics are a file", (*files.fine_tuning(), *FILES), files.FINE_TUNE_IDS),
    "container": ("a code-interpreter file in a container", (*CONTAINERS, *NO_FILES), containers.CONTAINER_IDS),
    "response": ("a response that cites a container file", (*CONTAINERS, *NO_FILES), containers.RESPONSE_IDS),
    "eval": ("the output items of an evaluation run", containers.evals(), containers.EVAL_IDS),
    "images": ("images, created by POST only: a link or base64", images.images(), {}),
    "speech": ("speech, the body of a POST", images.speech(), {}),
}
"""Artefact kind -> what it is, its operations, the ids that a user holds."""

ASSISTANTS = ("a thread whose message cites a file", (*files.assistants(), *FILES), files.ASSISTANT_IDS)
CLASSIC_KINDS = {name: KINDS[name] for name in ("files", "batch", "fine-tune")} | {
    "container": (
        "containers on a dated version: no CheckAccess",
        (*containers.check_access(), *NO_FILES),
        containers.CONTAINER_IDS,
    )
}
VECTOR_STORE = ("the text of a file in a vector store", containers.vector_stores(), containers.VECTOR_IDS)
SKILL = ("a skill bundle (ZIP)", containers.skills(), containers.SKILL_IDS)
OPENAI_KINDS = {**KINDS, "assistants": ASSISTANTS, "vector-store": VECTOR_STORE, "skill": SKILL}
BLOB = {"images": images.storage()}

EVERYTHING_V1 = tuple(dict.fromkeys(operation for _, kind, _ in KINDS.values() for operation in kind))
EVERYTHING_OPENAI = tuple(dict.fromkeys(operation for _, kind, _ in OPENAI_KINDS.values() for operation in kind))
EVERYTHING_CLASSIC = (
    *BATCH,
    *FILES,
    *files.fine_tuning(),
    *files.assistants(),
    *containers.vector_stores(),
    *images.operation_images(),
)

VECTOR_ON_AZURE = azure(
    "vector-store",
    "Azure: the text of a vector store file, on the classic surface only",
    *containers.vector_stores(has_content=False),
    extra=mount(CLASSIC, containers.vector_stores(), gates.dated),
    ids=containers.VECTOR_IDS,
)

WORKING: tuple[World, ...] = (
    azure("sora1", "Azure Sora 1: jobs, generations and /content/video", *sora1.operations(), ids=sora1.IDS),
    azure("sora2", "Azure Sora 2: /openai/v1/videos", *videos.operations(), ids=videos.IDS),
    openai("openai", "OpenAI: /v1/videos and files", *videos.operations(lifetime=3600), *FILES, ids=videos.IDS),
    service("generic", "a self-hosted FastAPI service with a relative video_url", generic.operations()),
    service("generic-absolute", "the same with an absolute video_url", generic.operations(absolute=True)),
    azure(
        "azure",
        "Azure with every artefact kind on v1 and classic",
        *sora1.operations(),
        *videos.operations(),
        *EVERYTHING_V1,
        *containers.vector_stores(has_content=False),
        extra=(*mount(CLASSIC, EVERYTHING_CLASSIC, gates.dated), *images.storage()),
        ids={**sora1.IDS, **videos.IDS},
    ),
    openai(
        "openai-everything", "OpenAI with every artefact kind", *videos.operations(), *EVERYTHING_OPENAI, extra=images.storage()
    ),
    *(azure(name, f"Azure v1: {text}", *kind, extra=BLOB.get(name, ()), ids=ids) for name, (text, kind, ids) in KINDS.items()),
    *(classic(f"classic-{name}", f"Azure classic: {text}", *kind, ids=ids) for name, (text, kind, ids) in CLASSIC_KINDS.items()),
    *(project(f"project-{name}", f"Foundry project: {text}", *kind, ids=ids) for name, (text, kind, ids) in KINDS.items()),
    *(
        openai(f"openai-{name}", f"OpenAI: {text}", *kind, extra=BLOB.get(name, ()), ids=ids)
        for name, (text, kind, ids) in OPENAI_KINDS.items()
    ),
    VECTOR_ON_AZURE,
    openai("skill", f"OpenAI: {SKILL[0]}", *SKILL[1], ids=SKILL[2]),
    classic("assistants", f"Azure classic: {ASSISTANTS[0]}", *ASSISTANTS[1], ids=ASSISTANTS[2]),
    classic("classic", "Azure classic: everything that it has, api-version required", *EVERYTHING_CLASSIC, ids=files.FILE_IDS),
    azure(
        "project-agents",
        "Foundry project: a classic agent's thread whose message cites a file, on the project's own data plane",
        *files.agents(),
        prefix=PROJECT,
        versions=gates.project,
        models=(),
        base=PROJECT,
        ids=files.ASSISTANT_IDS,
    ),
    project("project", "Foundry project: everything that v1 has", *EVERYTHING_V1, ids=files.FILE_IDS),
    classic(
        "dalle-async",
        "Azure DALL-E 2: an operation with a SAS link",
        *images.operation_images(),
        extra=images.storage(),
        ids=images.OPERATION_IDS,
    ),
    azure(
        "batch-blob",
        "Azure: batch output in the customer's own storage account, bare URLs",
        *files.batches(in_blob=True),
        extra=images.storage(),
        ids=files.BATCH_IDS,
    ),
)
