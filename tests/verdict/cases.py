"""Scans made of a few answers: the words of a test are then only status, error and what stands beside it."""

from __future__ import annotations

from datetime import date
from typing import Any

from probe.frozen import replace
from probe.model import (
    ApiVersion,
    AuthForm,
    Control,
    Credential,
    CredentialKind,
    Diagnosis,
    Endpoint,
    Evidence,
    IdName,
    JsonPath,
    JsonValue,
    Lifecycle,
    Link,
    Observation,
    Probe,
    Purpose,
    Report,
    Response,
    Role,
    Stage,
    Standing,
    Surface,
    VersionRule,
)
from probe.verdict import judge
from tests.factories import (
    AZURE,
    GENERATION,
    NOW,
    SOURCE,
    artefact,
    endpoint,
    evidence,
    exchange,
    observation,
    probe,
    response,
    route_404,
    surface,
    target,
)

JOB = "task_01jwcet0eje35tc5jy54yjax5q"
OPENAI = "https://api.openai.com"

CONTENT_VIDEO = endpoint()
CONTENT = endpoint(
    id="azure.sora1.content",
    path="/openai/v1/video/generations/{generation_id}/content",
    standing=Standing.REFUTED,
    instead="azure.sora1.content-video",
    api_versions=("preview", None, "2024-10-01"),
)
METADATA = endpoint(id="azure.sora1.generation", role=Role.METADATA, path="/openai/v1/video/generations/{generation_id}")
HEAD = endpoint(id="azure.sora1.content-video-head", method="HEAD")
SORA1_JOB = endpoint(
    id="azure.sora1.job",
    role=Role.STATUS,
    path="/openai/v1/video/generations/jobs/{job_id}",
    captures=(),
)
LIST = endpoint(id="azure.sora1.jobs", role=Role.LIST, path="/openai/v1/video/generations/jobs")
FILE = endpoint(id="azure.file.content", artefact="file", path="/openai/v1/files/{file_id}/content", api_versions=(None,))
CLASSIC = endpoint(
    id="azure.file.content-classic",
    artefact="file",
    surface="azure-classic",
    path="/openai/files/{file_id}/content",
    api_versions=("2024-10-21", None),
)
OPENAI_VIDEO = endpoint(
    id="openai.video.content",
    artefact="openai-video",
    provider="openai",
    surface="openai",
    path="/v1/videos/{video_id}/content",
    api_versions=(None,),
)
ENDPOINTS = (CONTENT_VIDEO, CONTENT, METADATA, HEAD, SORA1_JOB, LIST, FILE, CLASSIC, OPENAI_VIDEO)

OPENAI_VIDEO_KIND = artefact(
    name="openai-video",
    title="OpenAI video",
    ids=(IdName("video_id", ("video_",), "video_0000000000"),),
    lifecycle=Lifecycle(Stage.RETIRED, date(2026, 9, 24), (SOURCE,)),
)
FILE_KIND = artefact(name="file", title="file", media_types=("*/*",), ids=(IdName("file_id", ("file-",), "file-0000"),))
KINDS = (artefact(), FILE_KIND, OPENAI_VIDEO_KIND)
SURFACES = (
    surface(),
    Surface("azure-classic", "azure", "/openai", VersionRule.REQUIRED),
    Surface("openai", "openai", "/v1", VersionRule.UNUSED),
)
VERSIONS = (
    ApiVersion("preview", Stage.PREVIEW),
    ApiVersion("v1", Stage.GA),
    ApiVersion("2024-10-21", Stage.GA),
    ApiVersion("2024-10-01", Stage.RETIRED, is_known_wrong=True, notes="a control-plane (ARM) version"),
)
TARGETS = (
    target(),
    target(name="openai", provider="openai", base_url=OPENAI, credentials=(Credential("OPENAI_API_KEY", CredentialKind.KEY),)),
    target(name="self", provider="generic", base_url="http://localhost:8000/api", credentials=()),
)


def ask(of: Endpoint = CONTENT_VIDEO, **changes: Any) -> Probe:
    """A probe of an endpoint at the Azure target, or (by `at=`) at another one."""
    at = changes.pop("at", "contoso")
    base = next(one.base_url for one in TARGETS if one.name == at)
    version = changes.setdefault("api_version", of.api_versions[0])
    ids = dict(changes.setdefault("ids", tuple((name, value) for name, value in IDS.items() if "{" + name + "}" in of.path)))
    url = changes.get("url") or base + of.path.format(**ids) + (f"?api-version={version}" if version else "")
    auth = changes.setdefault("auth", AuthForm.NONE if at == "self" else AuthForm.BEARER if at == "openai" else AuthForm.API_KEY)
    changes.setdefault("id", f"{at}/{of.id}@{version or 'none'}" + ("" if auth is not AuthForm.NONE or at == "self" else "+none"))
    return probe(of, target=at, **({"url": url} | changes))


IDS = {"generation_id": GENERATION, "job_id": JOB, "file_id": "file-4a5b6c7d8e", "video_id": "video_68f10c5428708190"}


def error(
    status: int,
    message: str | None = None,
    code: str | None = None,
    *,
    kind: str | None = None,
    shape: str = "azure",
    **changes: Any,
) -> Response:
    """An error answer in one of the wire's shapes."""
    return response(
        status, error_message=message, error_code=code, error_type=kind, error_shape=shape if message or code else "", **changes
    )


def json_answer(*values: tuple[str, str], **changes: Any) -> Response:
    """A good JSON answer with these stored values."""
    paths = tuple(JsonPath(path.replace("[0]", "[*]"), "string") for path, _value in values)
    return response(200, body_size=400, values=tuple(JsonValue(*one) for one in values), **({"json_paths": paths} | changes))


def page(status: int, title: str = "Sign in") -> Response:
    return response(
        status,
        media_type="text/html",
        sniffed_type="text/html",
        title=title,
        headers=(("content-type", "text/html"),),
        body_size=900,
    )


def plain(status: int, **changes: Any) -> Response:
    """An answer without any readable error."""
    return response(status, **({"media_type": None, "sniffed_type": None, "headers": ()} | changes))


def link(url: str, found_in: str = "$.video_url", **changes: Any) -> Link:
    return Link(url, found_in, url.startswith(AZURE), **changes)


def beside(of: Probe, kind: Control, answer: Response) -> tuple[Probe, Observation]:
    """A control of a probe with its answer."""
    control = replace(of, id=f"{of.id}+{kind.value}", control=kind, of=of.id, purpose=Purpose.CONTROL, role=Role.CONTROL)
    return control, observation(control, answer)


def seen(of: Probe, answer: Response | None, failure: str | None = None, **changes: Any) -> tuple[Probe, Observation]:
    """A probe with its answer or failure."""
    return of, observation(of, exchanges=(exchange(of, answer, **({"failure": failure} | changes)),))


def scan(*pairs: tuple[Probe, Observation], **changes: Any) -> Evidence:
    return evidence(
        *pairs,
        **(
            {"endpoints": ENDPOINTS, "artefacts": KINDS, "surfaces": SURFACES, "api_versions": VERSIONS, "targets": TARGETS}
            | changes
        ),
    )


def report(*pairs: tuple[Probe, Observation], **changes: Any) -> Report:
    return judge(scan(*pairs, **changes), NOW)


def verdict(
    answer: Response | None,
    *others: tuple[Probe, Observation],
    of: Probe | None = None,
    failure: str | None = None,
    **controls: Response,
) -> Diagnosis:
    """What one answer comes to, with controls by their name (`bogus_route=...`) and other observations beside it."""
    of = of or ask()
    pairs = [seen(of, answer, failure), *others, *(beside(of, Control(kind), one) for kind, one in controls.items())]
    return report(*pairs).verdicts[0].diagnosis


ROUTE_404 = route_404()
SAYS_MOVED = error(404, "Video with id 'gen_1' not found.", "NotFound")
