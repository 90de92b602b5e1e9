"""The table of worlds, part two: one cause of failure (or one trap) each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.simulator import containers, errors, files, gates, generic, images, sora1, videos
from probe.simulator.app import TOKEN, Answer, Call, Gate, Operation, Operations, World, as_json, mount
from probe.simulator.errors import constant
from probe.simulator.media import JSONL, clip, media, whole
from probe.simulator.worlds import FILES, MODELS, MODELS_WITHOUT_VIDEO, NO_FILES, V1, azure, classic, openai, project, service

SORA1 = sora1.operations()
VIDEOS = videos.operations()
OPENAI_KEY = "sk-proj-sim0123456789abcdefABCDEF0123456789"
AZURE_KEY = "0123456789abcdef0123456789abcdef"
CLIP_AT = "/openai/v1/video/assets/clip-0001.mp4"
ASSET = Operation("GET", CLIP_AT, clip)


def sora1_gated(name: str, description: str, gate: Gate, **fields: Any) -> World:
    """Make the Sora 1 world behind one gate that stands before everything else."""
    return azure(name, description, *SORA1, gate=(gate, gates.azure_key), **({"ids": sora1.IDS} | fields))


def sora1_always(name: str, description: str, answer: Answer) -> World:
    """Make the Sora 1 world in which everything gets the same answer, made-up requests included."""
    return sora1_gated(name, description, gates.always(answer))


def openai_videos(name: str, description: str, *gate: Gate, **fields: Any) -> World:
    """Make OpenAI's videos API behind these gates."""
    return openai(name, description, *VIDEOS, gate=gate, **({"ids": videos.IDS} | fields))


def videos_world(name: str, description: str, *gate: Gate, operations: Operations = VIDEOS, **fields: Any) -> World:
    """Make a Sora 2 world on Azure; `gate` answers behind the check of the key."""
    return azure(name, description, *operations, gate=(gates.azure_key, *gate), **({"ids": videos.IDS} | fields))


def sora1_world(name: str, description: str, operations: Operations, **fields: Any) -> World:
    """Make a Sora 1 world with other operations."""
    return azure(name, description, *operations, **({"ids": sora1.IDS} | fields))


def redirecting(name: str, description: str, location: str) -> World:
    """Make a Sora 1 world whose download is a redirect; `{origin}`, `{sas}` and `{elsewhere}` of `location` are filled in."""

    def redirect(call: Call) -> Answer:
        sas = images.sas(call, path="/blob/videos/clip.mp4")
        where = location.format(origin=call.origin, path=call.path, sas=sas, elsewhere=sas.replace("127.0.0.1", "localhost"))
        return Answer(302, b"", "", (("location", where),))

    return sora1_world(name, description, sora1.operations(content=redirect), extra=(ASSET, *images.storage(), _LOGIN_PAGE))


_LOGIN_PAGE = Operation("GET", "/login", constant(errors.LOGIN))


def blob(name: str, description: str, *, refusal: tuple[int, str, str] | None = None, **link: Any) -> World:
    """Make a DALL-E world whose link points to a storage account with one fault; `link` goes into the SAS."""
    operations = images.operation_images(lambda call: images.sas(call, **link))
    return classic(name, description, *operations, extra=images.storage(refusal), ids=images.OPERATION_IDS)


ACCESS = (
    sora1_gated("wrong-key", "401 for everything: the key is wrong", gates.refuse_key),
    openai_videos("openai-wrong-key", "OpenAI: 401 for everything", gates.refuse_key),
    sora1_gated("openai-key-on-azure", "Azure, asked with a key of OpenAI", gates.refuse_key, key=OPENAI_KEY),
    openai_videos("azure-key-on-openai", "OpenAI, asked with a key of Azure", gates.refuse_key, key=AZURE_KEY),
    azure("wrong-header", "the key is taken as Bearer only", *SORA1, gate=(gates.bearer_only,), ids=sora1.IDS),
    azure("entra-only", "keys are disabled: an Entra token is wanted", *SORA1, gate=(gates.entra_only,), ids=sora1.IDS),
    sora1_world("missing-role", "the token lacks the role", SORA1, gate=(gates.role_missing,), key=TOKEN, credential="token"),
    azure("apim-key-missing", "the customer's API Management wants its own key", *SORA1, gate=(gates.apim_key,), ids=sora1.IDS),
    sora1_always("apim-404", "the customer's API Management knows no route", errors.APIM_ROUTE_UNKNOWN),
    sora1_always("firewall", "403: the resource's firewall", errors.FIREWALL),
    sora1_always("vnet", "403: a virtual network, wrong endpoint", errors.VNET),
    sora1_always("private-endpoint", "403: private endpoints only", errors.PRIVATE_ENDPOINT),
    sora1_always("subdomain", "404: the subdomain maps to no resource", errors.SUBDOMAIN),
    sora1_always("suspended", "403: the resource is blocked", errors.SUSPENDED),
)

STATES = (
    sora1_world("expired", "Azure Sora 1: the job outlived its 24 hours", sora1.operations(age=90_000)),
    videos_world("expired-video", "Azure Sora 2: the video expired", operations=videos.operations(age=90_000)),
    azure(
        "expired-container",
        "the container was idle too long",
        *containers.containers(status="deleted"),
        *NO_FILES,
        ids=containers.CONTAINER_IDS,
    ),
    sora1_world("pending", "Azure Sora 1: the job is still running", sora1.operations(status="running", age=30)),
    videos_world("pending-video", "Azure Sora 2: in progress", operations=videos.operations(status="in_progress", age=30)),
    azure(
        "pending-batch",
        "a batch that is validating, in the old spelling",
        *files.batches(status="validating", old_style=True),
        ids=files.BATCH_IDS,
    ),
    service("pending-generic", "the self-hosted job is processing", generic.operations(status="processing")),
    sora1_world("ready-soon", "Azure Sora 1: ready at the second look", sora1.operations(polls=1, age=30)),
    videos_world("ready-soon-video", "Azure Sora 2: ready at the second look", operations=videos.operations(polls=1, age=30)),
    sora1_world("failed", "Azure Sora 1: the job failed", sora1.operations(status="failed", failure="internal_error")),
    videos_world(
        "failed-video", "Azure Sora 2: the video failed", operations=videos.operations(status="failed", error=videos.INTERNAL)
    ),
    azure("failed-batch", "the batch failed", *files.batches(status="failed"), *NO_FILES, ids=files.BATCH_IDS),
    service("failed-generic", "the self-hosted job failed", generic.operations(status="failed")),
    sora1_world("cancelled", "Azure Sora 1: the job was cancelled", sora1.operations(status="cancelled")),
    sora1_world("moderated", "Azure Sora 1: moderation refused", sora1.operations(status="failed", failure="input_moderation")),
    videos_world(
        "moderated-video", "Azure Sora 2: moderation refused", operations=videos.operations(status="failed", error=videos.BLOCKED)
    ),
    sora1_world("empty", "succeeded, and no generation in it", sora1.operations(has_generations=False)),
    sora1_world("id-unknown", "well-formed ids that this resource never had", sora1.operations(exists=False)),
    videos_world(
        "video-unknown", "a well-formed video id that this resource never had", operations=videos.operations(exists=False)
    ),
    azure("wrong-family", "Sora 1 ids at a resource that has Sora 2 only", *VIDEOS, ids=sora1.IDS),
    azure("wrong-family-sora1", "a Sora 2 id at a resource that has Sora 1 only", *SORA1, ids=videos.IDS),
    azure(
        "wrong-family-file",
        "a `cfile_` id without its container",
        *containers.containers(exists=False),
        *NO_FILES,
        ids={"container_file_id": containers.CFILE_ID},
    ),
    openai_videos("azure-ids-on-openai", "OpenAI, asked for ids of Azure Sora 1", gates.openai_key, ids=sora1.IDS),
    project(
        "other-base",
        "a container of a project, asked at the account's base",
        *containers.containers(),
        extra=mount(V1, (*MODELS, *containers.containers(exists=False)), gates.v1),
        base="",
        ids=containers.CONTAINER_IDS,
    ),
    openai(
        "purpose-not-downloadable",
        "OpenAI: a file of purpose assistants",
        *files.files(only=(files.UPLOAD_ID,)),
        ids={"file_id": files.UPLOAD_ID},
    ),
    videos_world(
        "retired", "Azure Sora 2: 410, the model is retired", gates.on_known(errors.GONE, "/videos"), models=MODELS_WITHOUT_VIDEO
    ),
    openai_videos(
        "openai-retired",
        "OpenAI: 410, /videos is shut down",
        gates.openai_key,
        gates.on_known(errors.OPENAI_GONE, "/videos"),
        models=MODELS_WITHOUT_VIDEO,
    ),
    openai("openai-no-videos", "OpenAI: /videos is an unknown URL", models=MODELS_WITHOUT_VIDEO, ids=videos.IDS),
)

ROUTES = (
    videos_world("deployment-unknown", "DeploymentNotFound", gates.on_known(errors.DEPLOYMENT_UNKNOWN, "/videos")),
    videos_world(
        "deployment-unknown-video",
        "the deployment is unknown, in the form with `code: null`",
        gates.on_known(errors.DEPLOYMENT_UNKNOWN_VIDEO, "/videos"),
    ),
    videos_world("operation-not-supported", "400 OperationNotSupported", gates.on_known(errors.OPERATION_NOT_SUPPORTED, "/videos")),
    classic(
        "version-too-old",
        "the model wants 2024-12-01-preview or later",
        *files.batches(),
        *FILES,
        versions=gates.too_old,
        ids=files.BATCH_IDS,
    ),
    azure("version-missing", "v1 that serves `preview` only: none is a 404", *SORA1, versions=gates.v1_preview_only, ids=sora1.IDS),
    azure("version-unknown-404", "an unknown api-version is a 404", *SORA1, versions=gates.v1_unknown_is_404, ids=sora1.IDS),
    sora1_world("doubled-openai", "the customer's base ends in /openai/openai", SORA1, base="/openai/openai"),
    sora1_world("prefixed", "a gateway that puts /gateway/sora in front", SORA1, prefix=f"/gateway/sora{V1}", base="/gateway/sora"),
    openai("wrong-method", "OpenAI: 405, images are created by POST", *images.images()),
    sora1_world("no-head", "HEAD is unknown on the content route", tuple(one for one in SORA1 if one.method != "HEAD")),
    sora1_world("no-content", "every content route is unknown", sora1.operations(has_content=False)),
    redirecting("redirect", "the content is a relative redirect", CLIP_AT),
    redirecting("redirect-absolute", "the content is an absolute redirect", f"{{origin}}{CLIP_AT}"),
    redirecting("redirect-blob", "the content is a redirect to a SAS link", "{sas}"),
    redirecting("redirect-other-origin", "the content is at another origin (localhost)", "{elsewhere}"),
    redirecting("redirect-loop", "the content redirects to itself", "{path}"),
    redirecting("redirect-login", "the content redirects to a login page", "/login"),
    redirecting(
        "redirect-metadata", "the content redirects to a cloud's metadata address", "http://169.254.169.254/latest/meta-data/"
    ),
    sora1_world(
        "location-header",
        "metadata names the content in Location and Content-Location",
        sora1.operations(
            has_content=False, metadata_headers=lambda call: (("location", CLIP_AT), ("content-location", call.origin + CLIP_AT))
        ),
        extra=(ASSET,),
    ),
    classic(
        "location-without-version",
        "Content-Location lacks the api-version it needs",
        *files.files(has_location=True),
        ids=files.FILE_IDS,
    ),
)

LIMITS = (
    sora1_always("throttled", "429 with Retry-After for everything", errors.REQUEST_RATE),
    sora1_always("throttled-tokens", "429: token quota, without Retry-After", errors.TOKEN_RATE),
    sora1_gated("throttled-once", "429 for the first three requests", gates.first(3, errors.REQUEST_RATE)),
    sora1_always("capacity", "429: provisioned capacity is exhausted", errors.CAPACITY),
    azure("too-many-tasks", "429: too many running tasks", *VIDEOS, gate=(gates.always(errors.TOO_MANY_TASKS),), ids=videos.IDS),
    openai_videos("spend-limit", "OpenAI: insufficient_quota", gates.always(errors.SPEND_LIMIT)),
    openai_videos("overloaded", "OpenAI: 503, overloaded", gates.always(errors.OVERLOADED)),
    sora1_always("server-error", "500 for everything", errors.SERVER_ERROR),
    sora1_always("unavailable", "503 for everything", errors.UNAVAILABLE),
    openai_videos("openai-server-error", "OpenAI: 500 for everything", gates.always(errors.OPENAI_SERVER_ERROR)),
)

ANSWERS_ALIKE = (
    sora1_always(
        "soft-404",
        "200 with the same HTML page for everything",
        replace(errors.LOGIN, body=b"<!doctype html><title>Not found</title><p>Not found"),
    ),
    sora1_always(
        "soft-404-json", "200 with an error inside for everything", as_json({"error": "not found", "status": 404}, by="plain")
    ),
    sora1_always("html-login", "200 with a login page for everything", errors.LOGIN),
    sora1_always("html-proxy", "502 with a proxy's page for everything", errors.PROXY),
    sora1_always("catch-all-200", "200 with the same JSON for everything", as_json({"status": "ok"}, by="plain")),
    sora1_always("catch-all-401", "401 with the same JSON for everything", as_json({"message": "Unauthorized"}, 401, by="plain")),
    sora1_always("catch-all-500", "500 with the same JSON for everything", as_json({"message": "Internal error"}, 500, by="plain")),
    sora1_gated(
        "catch-all-video", "the same video for everything, made-up ones included", lambda call: replace(clip(call), by="plain")
    ),
)

BYTES = (
    sora1_world("echo", "says back every credential in header, Location and body; the download is real", SORA1, finish=errors.echo),
    sora1_world("clock-skew", "the server's Date is two hours ahead", SORA1, clock_offset=7200),
    sora1_world(
        "ignore-range", "Range is ignored: 200 and the whole video", sora1.operations(content=whole(media("clip.mp4"), "video/mp4"))
    ),
    sora1_world(
        "octet-stream",
        "a good MP4 as application/octet-stream",
        sora1.operations(content=whole(media("clip.mp4"), "application/octet-stream")),
    ),
    sora1_world("fake-content", "200 video/mp4 with six bytes", sora1.operations(content=whole(b"string", "video/mp4"))),
    sora1_world("empty-content", "200 video/mp4 with nothing", sora1.operations(content=whole(b"", "video/mp4"))),
    sora1_world(
        "json-as-video", "200 video/mp4 with JSON", sora1.operations(content=whole(b'{"status":"succeeded"}', "video/mp4"))
    ),
    sora1_world("text-as-video", "200 video/mp4 with JSON lines", sora1.operations(content=whole(JSONL, "video/mp4"))),
)

BLOBS = (
    blob("blob-expired", "the SAS link expired", hours=-1),
    blob("blob-permission", "the SAS link may only write", rights="w"),
    blob("blob-tampered", "the SAS link has another signature", signature="dGFtcGVyZWQ="),
    blob("blob-unsigned", "the link has no signature", signature=""),
    blob("blob-not-found", "the blob is not there", path="/blob/private/images/gone.png"),
    blob(
        "blob-firewall",
        "the storage account's firewall",
        refusal=(403, "AuthorizationFailure", "This request is not authorized to perform this operation."),
    ),
    blob(
        "blob-public",
        "public access is not permitted",
        refusal=(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."),
    ),
    blob(
        "blob-disabled", "the storage account is disabled", refusal=(403, "AccountIsDisabled", "The specified account is disabled.")
    ),
    blob("blob-busy", "the storage account is busy", refusal=(503, "ServerBusy", "The server is busy.")),
    azure(
        "blob-audience",
        "a bare blob URL refuses the API's own token",
        *files.batches(in_blob=True),
        extra=images.storage((403, "AuthenticationFailed", "Audience validation failed. Audience did not match.")),
        ids=files.BATCH_IDS,
    ),
)

CAUSES: tuple[World, ...] = (*ACCESS, *STATES, *ROUTES, *LIMITS, *ANSWERS_ALIKE, *BYTES, *BLOBS)
