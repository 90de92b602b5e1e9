"""Builders of model values with sensible defaults, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from probe.model import (
    Artefact,
    AuthForm,
    Confidence,
    Credential,
    CredentialKind,
    Diagnosis,
    Endpoint,
    Evidence,
    Exchange,
    Finding,
    IdName,
    Limits,
    Note,
    Observation,
    Outcome,
    Probe,
    Request,
    Response,
    Role,
    Source,
    States,
    Surface,
    Target,
    Vantage,
    VersionRule,
)

NOW = datetime(2026, 11, 20, 14, 3, 11, tzinfo=UTC)
AZURE = "https://contoso.openai.azure.com"
GENERATION = "gen_01k74fceydeb2rqtaa3ndyhs8d"
SOURCE = Source("Azure/azure-rest-api-specs OpenAI.v1/azure-v1-preview-generated.yaml @0723d852", date(2026, 11, 20))
ROUTE_404 = '{"error":{"code":"404","message": "Resource not found"}}'


def artefact(**changes: Any) -> Artefact:
    values: dict[str, Any] = {
        "name": "sora1-video",
        "title": "Azure Sora 1 video",
        "media_types": ("video/mp4",),
        "ids": (
            IdName("job_id", ("task_",), "task_00000000000000000000000000"),
            IdName("generation_id", ("gen_",), "gen_00000000000000000000000000"),
        ),
        "states": States(
            pending=("preprocessing", "queued", "running", "processing"),
            ready=("succeeded",),
            failed=("failed", "cancelled"),
            expired=(),
        ),
        "status_paths": ("$.status",),
        "expiry_paths": ("$.expires_at",),
    }
    return Artefact(**(values | changes))


def surface(**changes: Any) -> Surface:
    values: dict[str, Any] = {"name": "azure-v1", "provider": "azure", "prefix": "/openai/v1", "api_version": VersionRule.OPTIONAL}
    return Surface(**(values | changes))


def endpoint(**changes: Any) -> Endpoint:
    values: dict[str, Any] = {
        "id": "azure.sora1.content-video",
        "artefact": "sora1-video",
        "role": Role.DOWNLOAD,
        "provider": "azure",
        "surface": "azure-v1",
        "method": "GET",
        "path": "/openai/v1/video/generations/{generation_id}/content/video",
        "api_versions": ("preview", None),
        "sources": (SOURCE,),
    }
    return Endpoint(**(values | changes))


def target(**changes: Any) -> Target:
    values: dict[str, Any] = {
        "name": "contoso",
        "provider": "azure",
        "base_url": AZURE,
        "credentials": (Credential("AZURE_OPENAI_API_KEY", CredentialKind.KEY),),
    }
    return Target(**(values | changes))


def probe(of: Endpoint | None = None, **changes: Any) -> Probe:
    of = of or endpoint()
    api_version = changes.pop("api_version", of.api_versions[0])
    query = f"?api-version={api_version}" if api_version else ""
    values: dict[str, Any] = {
        "id": f"contoso/{of.id}@{api_version or 'none'}",
        "target": "contoso",
        "endpoint": of.id,
        "method": of.method,
        "url": AZURE + of.path.replace("{generation_id}", GENERATION) + query,
        "api_version": api_version,
        "auth": AuthForm.API_KEY,
        "role": of.role,
        "ids": (("generation_id", GENERATION),),
        "reason": "catalogue",
    }
    return Probe(**(values | changes))


def response(status_code: int = 200, **changes: Any) -> Response:
    values: dict[str, Any] = {
        "reason_phrase": {200: "OK", 206: "Partial Content", 404: "Not Found", 401: "PermissionDenied"}.get(status_code, ""),
        "http_version": "HTTP/1.1",
        "headers": (("content-type", "application/json"), ("apim-request-id", "7a1b0c1e-0000-4000-8000-000000000001")),
        "media_type": "application/json",
        "sniffed_type": "application/json",
        "request_ids": (("apim-request-id", "7a1b0c1e-0000-4000-8000-000000000001"),),
    }
    return Response(status_code=status_code, **(values | changes))


def mp4_response(**changes: Any) -> Response:
    """A ranged answer of a right download."""
    values: dict[str, Any] = {
        "headers": (("content-type", "video/mp4"), ("content-range", "bytes 0-4095/4200000")),
        "media_type": "video/mp4",
        "sniffed_type": "video/mp4",
        "body_size": 4096,
        "total_size": 4_200_000,
        "body_is_truncated": True,
    }
    return response(206, **(values | changes))


def route_404(**changes: Any) -> Response:
    """Azure's gateway: it knows no operation for this path, method and api-version."""
    values: dict[str, Any] = {"error_code": "404", "error_message": "Resource not found", "error_shape": "azure", "body_size": 56}
    return response(404, **(values | changes))


def exchange(of: Probe | None = None, answer: Response | None = None, **changes: Any) -> Exchange:
    of = of or probe()
    values: dict[str, Any] = {
        "attempt": 1,
        "started_at": NOW,
        "elapsed": 0.12,
        "request": Request(of.method, of.url, (("accept", "*/*"), ("api-key", "REDACTED"))),
        "response": answer,
    }
    return Exchange(**(values | changes))


def observation(of: Probe | None = None, answer: Response | None = None, **changes: Any) -> Observation:
    of = of or probe()
    values: dict[str, Any] = {"probe_id": of.id, "exchanges": (exchange(of, answer),)}
    return Observation(**(values | changes))


def failed(of: Probe | None = None, failure: str = "connection_refused") -> Observation:
    """An observation whose only exchange ended without an answer."""
    of = of or probe()
    return Observation(of.id, (exchange(of, None, failure=failure),))


def evidence(*seen: tuple[Probe, Observation], **changes: Any) -> Evidence:
    """A whole scan from pairs of probe and observation."""
    values: dict[str, Any] = {
        "started_at": NOW,
        "vantage": Vantage(tool_version="0.1.0", python="3.11.7", platform="Linux"),
        "limits": Limits(),
        "catalogue_updated": date(2026, 11, 20),
        "catalogue_sha256": "0" * 64,
        "catalogue_source": "endpoints.yaml",
        "targets": (target(),),
        "artefacts": (artefact(),),
        "surfaces": (surface(),),
        "api_versions": (),
        "endpoints": (endpoint(),),
        "probes": tuple(one for one, _ in seen),
        "observations": tuple(one for _, one in seen),
        "ended_at": NOW,
    }
    return Evidence(**(values | changes))


def text(said: str) -> Note:
    """A note that says just this."""
    return Note("text", (("text", said),))


def worded(
    code: str,
    outcome: Outcome,
    summary: str,
    remedy: str = "",
    confidence: Confidence = Confidence.MEDIUM,
    cites: tuple[str, ...] = (),
    docs_url: str = "",
) -> Diagnosis:
    """A diagnosis with sentences of its own."""
    return Diagnosis(code, outcome, (("summary", summary), ("remedy", remedy)), "", confidence, cites, docs_url)


def finding(code: str, summary: str, remedy: str = "") -> Finding:
    """A finding with sentences of its own."""
    return Finding(code, (("summary", summary), ("remedy", remedy)))
