"""The shipped catalogue holds what the official descriptions and the first users say, and nothing that nobody could verify."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from probe.catalogue import load
from probe.facts.lifecycle import is_wrong_at, stage_at
from probe.model import Endpoint, Lifecycle, Post, Role, Stage, Standing, VersionRule
from probe.verdict.facts import state_of
from tests.each import each

FACTS = json.loads((Path(__file__).parents[1] / "data" / "spec_routes.json").read_text(encoding="utf-8"))
SPECS = {spec["name"]: spec for spec in FACTS["specs"]}
CATALOGUE = load()
ENDPOINTS = {endpoint.id: endpoint for endpoint in CATALOGUE.endpoints}
SURFACES = {surface.name: surface for surface in CATALOGUE.surfaces}
ARTEFACTS = {artefact.name: artefact for artefact in CATALOGUE.artefacts}
SAME_TYPE = {"image/jpg": "image/jpeg"}


def shape(path: str) -> str:
    """A path without the names of its placeholders."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def shape_below_prefix(endpoint: Endpoint) -> str:
    return shape(endpoint.path.removeprefix(SURFACES[endpoint.surface].prefix))


def on(surface: str, *standings: Standing) -> list[Endpoint]:
    return [one for one in CATALOGUE.endpoints if one.surface == surface and one.standing in standings]


def operations(*specs: dict[str, Any]) -> set[tuple[str, str]]:
    """Method and shape of every operation that descriptions have."""
    return {(method, shape(path)) for spec in specs for path, methods in spec["operations"].items() for method in methods.split()}


# ---- against the official descriptions -----------------------------------------------------------------------------------------


@each([(spec["name"], path) for spec in FACTS["specs"] for path in spec["deliveries"]])
def test_every_delivery_of_an_official_description_is_in_the_catalogue(spec: str, path: str) -> None:
    facts = SPECS[spec]
    declared = {SAME_TYPE.get(one, one) for one in facts["deliveries"][path]}

    found = [
        one
        for one in on(facts["surface"], Standing.DOCUMENTED)
        if one.method == "GET"
        and shape_below_prefix(one) == shape(path)
        and (facts["api_version"] is None or facts["api_version"] in one.api_versions)
    ]
    ours = {kind for one in found for kind in (one.expect.media_types or ARTEFACTS[one.artefact].media_types)}

    assert any(one.role is Role.DOWNLOAD for one in found)
    assert "*/*" in ours or not declared or ours & declared


def test_there_are_deliveries_to_compare_with() -> None:
    assert sum(len(spec["deliveries"]) for spec in FACTS["specs"]) >= 11


@pytest.mark.parametrize("surface", ["openai", "azure-v1", "foundry-project"])
def test_a_documented_entry_stands_in_its_description_or_in_a_known_hole(surface: str) -> None:
    described_as = "azure-v1" if surface == "foundry-project" else surface
    known = operations(*(spec for spec in FACTS["specs"] if spec["surface"] == described_as))
    holes = tuple(FACTS["holes"].get(described_as, {}).get("prefixes", ()))

    entries = on(surface, Standing.DOCUMENTED)
    unknown = [
        one.id
        for one in entries
        if (one.method, shape_below_prefix(one)) not in known and not shape_below_prefix(one).startswith(holes or "no hole")
    ]

    assert entries
    assert unknown == []


@pytest.mark.parametrize("spec", [name for name, spec in SPECS.items() if spec["surface"] == "azure-classic"])
def test_a_documented_classic_entry_is_tried_only_with_versions_that_have_it(spec: str) -> None:
    facts = SPECS[spec]
    known = operations(facts)
    holes = tuple(FACTS["holes"]["azure-classic"]["prefixes"])

    tried = [
        one
        for one in on("azure-classic", Standing.DOCUMENTED)
        if facts["api_version"] in one.api_versions and not shape_below_prefix(one).startswith(holes)
    ]

    assert tried
    assert [one.id for one in tried if (one.method, shape_below_prefix(one)) not in known] == []


def test_no_refuted_route_stands_in_a_description_unless_it_is_the_id_that_is_wrong() -> None:
    wrong = []
    for one in CATALOGUE.endpoints:
        if one.standing is not Standing.REFUTED or not one.surface:
            continue
        described = [spec for spec in FACTS["specs"] if spec["surface"] == one.surface]
        is_described = any(shape(path) == shape_below_prefix(one) for spec in described for path in spec["operations"])
        if is_described and not re.search(r"\bids?\b|cfile_", one.notes):
            wrong.append(one.id)

    assert wrong == []


# ---- against what people tried -------------------------------------------------------------------------------------------------

SORA1 = "/openai/v1/video/generations"
TRIED = [
    (1, "GET", f"{SORA1}/{{generation_id}}", ["preview"], Standing.DOCUMENTED),
    (1, "GET", f"{SORA1}/{{generation_id}}/content", ["preview"], Standing.REFUTED),
    (1, "GET", "/openai/v1/generations/{generation_id}", ["preview"], Standing.REFUTED),
    (1, "GET", f"{SORA1}/jobs/{{job_id}}", ["preview"], Standing.DOCUMENTED),
    (1, "GET", f"{SORA1}/{{job_id}}", ["preview"], Standing.REFUTED),
    (1, "GET", "https://{account}.blob.core.windows.net/{container}/{generation_id}.mp4", [None], Standing.REFUTED),
    (2, "GET", f"{SORA1}/{{generation_id}}/content", ["preview", None, "2024-10-01"], Standing.REFUTED),
    (2, "GET", "/openai/v1/generations/{generation_id}/content", ["preview"], Standing.REFUTED),
    (3, "POST", "/generate", [None], Standing.DOCUMENTED),
    (3, "GET", "/status/{job_id}", [None], Standing.DOCUMENTED),
    (3, "GET", "/download/{generation_id}", [None], Standing.DOCUMENTED),
    (4, "GET", "/v1/video/generations", [None], Standing.REFUTED),
    (4, "GET", "/v1/video/generations/{job_id}", [None], Standing.REFUTED),
    (4, "GET", "/v1/video/generations/{video_id}", [None], Standing.REFUTED),
    (4, "GET", "/v1/videos", [None], Standing.DOCUMENTED),
    (4, "GET", "/v1/models", [None], Standing.DOCUMENTED),
    (5, "POST", "/v1/videos", [None], Standing.DOCUMENTED),
    (5, "GET", "/v1/videos/{video_id}", [None], Standing.DOCUMENTED),
    (5, "GET", "/v1/videos/{video_id}/content", [None], Standing.DOCUMENTED),
]


@each(TRIED)
def test_what_an_author_tried_is_in_the_catalogue(
    report: int, method: str, path: str, versions: list[str | None], standing: Standing
) -> None:
    whose = {"/generate": "generic", "/status/{job_id}": "generic", "/download/{generation_id}": "generic"}.get(path, "openai")
    whose = "azure" if path.startswith(("/openai/", "https:")) else whose
    asked = [one for one in CATALOGUE.endpoints if one.provider == whose and (one.method, one.path) == (method, path)]
    found = [one for one in asked if "variant" not in dict(one.query)]

    assert [one.standing for one in found] == [standing]
    assert set(versions) <= set(found[0].api_versions)


def test_the_route_that_the_authors_missed_is_tried_with_every_version_of_its_surface() -> None:
    right = ENDPOINTS["azure.sora1.content-video"]

    assert right.path == f"{SORA1}/{{generation_id}}/content/video"
    assert right.api_versions == ("preview", "v1", None)


REFUTED = [
    "/openai/deployments/{deployment}/video/jobs",
    "/openai/deployments/{deployment}/videos/{video_id}/content",
    "/openai/deployments/{deployment}/files/{file_id}/content",
    "/openai/deployments/{deployment}/batches/{batch_id}",
    "/openai/videos/{video_id}",
    "/openai/videos/{video_id}/content",
    "/openai/video/generations/{generation_id}/content/video",
    "/openai/v1/videos/{generation_id}/content",
    "/openai/v1/video/generations/{video_id}/content/video",
    "/openai/v1/files/{container_file_id}/content",
    "/v1/files/{container_file_id}/content",
]


@each(REFUTED)
def test_a_well_known_mistake_is_refuted_and_names_the_right_route(path: str) -> None:
    (found,) = [one for one in CATALOGUE.endpoints if one.path == path]

    assert found.standing is Standing.REFUTED
    assert found.instead and ENDPOINTS[found.instead].standing is Standing.DOCUMENTED


def test_every_refuted_entry_says_what_is_right_and_why() -> None:
    refuted = [one for one in CATALOGUE.endpoints if one.standing is Standing.REFUTED]

    assert len(refuted) >= 18
    assert [one.id for one in refuted if not one.instead or not one.notes] == []


# ---- versions, money, controls -------------------------------------------------------------------------------------------------


def test_the_published_versions_are_all_there_in_date_order() -> None:
    published = [one.value for one in CATALOGUE.api_versions if not one.is_known_wrong and not one.surfaces]
    dated = [value for value in published if value[0] == "2"]

    assert len(dated) == 30
    assert dated == sorted(dated)
    assert (dated[0], dated[-1]) == ("2022-03-01-preview", "2025-04-01-preview")
    assert {"2022-12-01", "2023-05-15", "2024-02-01", "2024-06-01", "2024-10-21"} == {
        one.value for one in CATALOGUE.api_versions if one.stage is Stage.GA and one.value in dated
    }
    assert {one.value for one in CATALOGUE.api_versions if one.surfaces == ("foundry-data",)} == {
        "2025-05-01",
        "2025-05-15-preview",
        "2025-11-15-preview",
    }
    assert set(published) - set(dated) == {"preview", "latest", "v1"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [("2024-10-01", "control-plane"), ("2024-05-13", "model"), ("2025-04-14", "model"), ("2025-04-14-preview", "never published")],
)
def test_a_version_that_people_send_by_mistake_is_known_as_wrong(value: str, reason: str) -> None:
    (version,) = [one for one in CATALOGUE.api_versions if one.value == value]

    assert version.is_known_wrong
    assert reason in version.notes


def test_what_creates_something_costs_once_and_says_what() -> None:
    creating = [one for one in CATALOGUE.endpoints if (one.method == "POST" and not one.post) or one.role is Role.CREATE]

    assert len(creating) >= 15
    assert {(one.role, one.billable, bool(one.cost), len(one.api_versions)) for one in creating} == {(Role.CREATE, True, True, 1)}
    assert [one.id for one in CATALOGUE.endpoints if one.billable and one not in creating] == []


def test_nothing_in_the_catalogue_deletes_or_changes() -> None:
    assert {one.method for one in CATALOGUE.endpoints} == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("surface", sorted(SURFACES))
def test_every_surface_has_its_list_of_models_as_a_control(surface: str) -> None:
    controls = [one for one in CATALOGUE.endpoints if one.surface == surface and one.role is Role.CONTROL]

    assert [one.path.rpartition("/")[2] for one in controls] == ["models"]


def test_only_azure_takes_an_api_version() -> None:
    assert {one.provider for one in CATALOGUE.surfaces if one.api_version is not VersionRule.UNUSED} == {"azure"}


# ---- nothing that could not be verified ----------------------------------------------------------------------------------------


def test_an_end_of_life_carries_its_date_and_source_where_the_vendor_gave_one() -> None:
    ends = {name: one.lifecycle.retired_on for name, one in ARTEFACTS.items() if one.lifecycle.stage is Stage.RETIRED}

    assert ends == {
        "sora1-video": None,
        "sora2-video": date(2026, 10, 15),
        "openai-video": date(2026, 9, 24),
        "assistant-file": date(2026, 8, 26),
        "dalle2-image": date(2025, 1, 27),
    }
    assert all(ARTEFACTS[name].lifecycle.sources for name in ends)
    assert "not known" in ARTEFACTS["sora1-video"].notes
    assert "moved" in ARTEFACTS["sora2-video"].notes


def test_what_nobody_could_verify_is_not_stated() -> None:
    texts = " ".join(one.notes for one in (*CATALOGUE.endpoints, *CATALOGUE.artefacts)).lower()
    stages = {one.value: one.stage for one in CATALOGUE.api_versions}

    assert ENDPOINTS["azure.sora1.content-gif"].standing is Standing.UNDOCUMENTED
    assert stages["2022-03-01-preview"] is not Stage.RETIRED
    for claim in ("410", "gone", "sunset", "range", "accepts api-version=v1", "405", "415"):
        assert claim not in texts.split()


def test_every_entry_names_a_source_that_was_read_before_the_catalogue_was_dated() -> None:
    sources = [(one.id, source) for one in CATALOGUE.endpoints for source in one.sources]

    assert {name for name, _source in sources} == set(ENDPOINTS)
    assert [name for name, source in sources if source.read_on > CATALOGUE.updated] == []


# ---- dates and the clock -------------------------------------------------------------------------------------------------------


def test_a_kind_can_end_at_one_vendor_and_go_on_at_another() -> None:
    day, before = date(2026, 12, 1), date(2026, 11, 29)
    ours, theirs = ENDPOINTS["azure.eval.output"].lifecycle, ENDPOINTS["openai.eval.output"].lifecycle

    assert [stage_at(theirs, one) for one in (before, day)] == [Stage.DEPRECATED, Stage.RETIRED]
    assert [stage_at(ours, one) for one in (before, day)] == [Stage.GA, Stage.GA]


def test_what_a_lifecycle_says_follows_from_its_dates_and_the_clock() -> None:
    day = date(2026, 11, 26)

    assert stage_at(Lifecycle(Stage.GA, date(2026, 11, 26)), day) is Stage.RETIRED
    assert stage_at(Lifecycle(Stage.RETIRED, date(2026, 11, 27)), day) is Stage.DEPRECATED
    assert stage_at(Lifecycle(Stage.PREVIEW, date(2026, 11, 27)), day) is Stage.PREVIEW
    assert stage_at(Lifecycle(Stage.RETIRED), day) is Stage.RETIRED


def test_a_surface_with_versions_of_its_own_is_tried_with_those_and_no_others_with_them() -> None:
    project, classic = ENDPOINTS["azure.agent.content"], ENDPOINTS["azure.files-classic.content"]
    (preview,) = [one for one in CATALOGUE.api_versions if one.value == "2025-11-15-preview"]

    assert "2025-11-15-preview" in project.more_api_versions
    assert "2024-10-21" not in project.more_api_versions
    assert "2025-11-15-preview" not in classic.more_api_versions
    assert is_wrong_at(preview, "azure-classic") and not is_wrong_at(preview, "foundry-data")


def test_the_project_takes_an_api_version_and_its_openai_routes_take_none() -> None:
    assert SURFACES["foundry-data"].api_version is VersionRule.REQUIRED
    assert SURFACES["foundry-project"].api_version is VersionRule.UNUSED


def test_a_post_that_is_not_billed_says_why_it_is_one() -> None:
    assert {one.id: one.post for one in CATALOGUE.endpoints if one.post} == {
        "generic.link.siliconflow": Post.READS,
        "generic.link.vertex": Post.READS,
        "azure.dataset.credentials": Post.CREDENTIALS,
        "azure.dataset.evaluator-credentials": Post.CREDENTIALS,
        "azure.dataset.model-credentials": Post.CREDENTIALS,
    }


def test_the_words_of_every_envelope_are_known() -> None:
    words = {
        "pending": "NOT_START IN_PROGRESS QUEUED IN_QUEUE SUSPENDED THROTTLED Preparing Queueing pending InQueue SUBMITTED",
        "ready": "SUCCESS succeed done SUCCEEDED completed COMPLETED",
        "failed": "FAILURE Fail CANCELED cancelled timeout",
        "expired": "expired",
    }
    for kind in ("generic-video", "task-video", "link-video"):
        known = {state_of(word, ARTEFACTS[kind]): word for of in words.values() for word in of.split()}
        assert set(known) == set(words)
        assert [state_of(word, ARTEFACTS[kind]) for word in words["pending"].split()] == ["pending"] * 11
    assert state_of("UNKNOWN", ARTEFACTS["dashscope-video"]) == "expired"
