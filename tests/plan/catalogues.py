"""A small catalogue for plans: one family with a list, a status, a metadata and two download routes, and the list of models."""

from __future__ import annotations

from datetime import date
from typing import Any

from probe.model import CaptureRule, Catalogue, Role, Standing
from tests.factories import artefact, endpoint, surface

V1 = "/openai/v1/video/generations"


def catalogue(*more: Any, **changes: Any) -> Catalogue:
    generations = CaptureRule("generation_id", ("$.generations[*].id",))
    values: dict[str, Any] = {
        "version": 1,
        "updated": date(2026, 11, 20),
        "artefacts": (artefact(),),
        "surfaces": (surface(),),
        "api_versions": (),
        "endpoints": (
            endpoint(
                id="azure.sora1.jobs",
                role=Role.LIST,
                path=f"{V1}/jobs",
                query=(("limit", "10"),),
                api_versions=("preview",),
                captures=(CaptureRule("job_id", ("$.data[*].id",)), CaptureRule("generation_id", ("$.data[*].generations[*].id",))),
            ),
            endpoint(
                id="azure.sora1.job",
                role=Role.STATUS,
                path=f"{V1}/jobs/{{job_id}}",
                api_versions=("preview",),
                captures=(generations,),
            ),
            endpoint(id="azure.sora1.content-video", api_versions=("preview", None), more_api_versions=("v1", "2024-10-21")),
            endpoint(
                id="azure.sora1.content",
                path=f"{V1}/{{generation_id}}/content",
                api_versions=("preview",),
                standing=Standing.REFUTED,
                instead="azure.sora1.content-video",
            ),
            endpoint(id="azure.models", role=Role.CONTROL, path="/openai/v1/models", api_versions=(None, "preview")),
            *more,
        ),
        "source": "test",
        "sha256": "0" * 64,
    }
    return Catalogue(**(values | changes))
