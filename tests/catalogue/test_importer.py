from datetime import date
from pathlib import Path

import pytest

from probe.catalogue import load
from probe.catalogue.importer import propose
from probe.errors import CatalogueError
from probe.model import Role, Stage, VersionRule

SPECS = Path(__file__).parent / "specs"
DAY = date(2026, 11, 20)


def imported(name, tmp_path):
    path = tmp_path / "imported.yaml"
    path.write_text(propose((SPECS / name).read_bytes(), name, DAY), encoding="utf-8")
    return load([path])


def by_request(catalogue):
    return {f"{one.method} {one.path}": one for one in catalogue.endpoints}


def captures(endpoint):
    return {rule.name: rule.paths for rule in endpoint.captures}


def test_openapi_30_proposes_the_content_routes_and_what_leads_to_them(tmp_path):
    found = by_request(imported("openapi30.yaml", tmp_path))
    assert set(found) == {
        "GET /v1/files",
        "GET /v1/files/{file_id}",
        "GET /v1/files/{file_id}/content",
        "GET /v1/batches/{batch_id}",
        "GET /v1/containers",
        "GET /v1/containers/{container_id}/files",
        "GET /v1/containers/{container_id}/files/{container_file_id}/content",
        "GET /v1/skills/{skill_id}/versions/{skill_version}/content",
    }
    roles = {path: one.role for path, one in found.items()}
    assert roles["GET /v1/files"] is Role.LIST
    assert roles["GET /v1/files/{file_id}"] is Role.STATUS
    assert roles["GET /v1/batches/{batch_id}"] is Role.METADATA
    assert roles["GET /v1/files/{file_id}/content"] is Role.DOWNLOAD


def test_ids_are_chained_by_what_the_schemas_show(tmp_path):
    found = by_request(imported("openapi30.yaml", tmp_path))
    assert captures(found["GET /v1/files"]) == {"file_id": ("$.data[*].id",)}
    assert captures(found["GET /v1/containers"]) == {"container_id": ("$.data[*].id",)}
    assert captures(found["GET /v1/containers/{container_id}/files"]) == {"container_file_id": ("$.data[*].id",)}
    assert captures(found["GET /v1/batches/{batch_id}"]) == {
        "file_id": ("$.output_file_id", "$.result_files[*]", "$.input_file_id")
    }


def test_facts_of_an_operation_are_kept(tmp_path):
    catalogue = imported("openapi30.yaml", tmp_path)
    content = by_request(catalogue)["GET /v1/files/{file_id}/content"]
    assert content.provider == "openai"
    assert content.lifecycle.stage is Stage.DEPRECATED
    assert content.notes == "Returns the contents."
    assert content.sources[0].at == "Things 1.4, openapi30.yaml: GET /files/{file_id}/content"
    assert content.sources[0].read_on == DAY
    assert by_request(catalogue)["GET /v1/containers/{container_id}/files"].query == (("limit", "10"),)
    states = next(one.states for one in catalogue.artefacts if one.name == "imported-files")
    assert (states.pending, states.ready, states.failed) == (("uploaded",), ("processed",), ("error",))
    skill = next(one for one in catalogue.artefacts if one.name == "imported-skills")
    assert skill.media_types == ("application/zip",)


def test_a_post_that_delivers_is_named_and_not_proposed():
    text = propose((SPECS / "openapi30.yaml").read_bytes(), "spec", DAY)
    assert "# Not proposed, for it may cost money: POST /audio/speech delivers in its own answer." in text
    assert "request: POST" not in text


def test_openapi_31_of_azure_gets_its_versions_and_its_surface(tmp_path):
    catalogue = imported("openapi31.json", tmp_path)
    content = by_request(catalogue)["GET /openai/v1/videos/{video_id}/content"]
    assert content.provider == "azure"
    assert content.api_versions == ("v1", "preview", None)
    assert catalogue.surfaces[0].prefix == "/openai/v1"
    assert catalogue.surfaces[0].api_version is VersionRule.OPTIONAL
    assert catalogue.artefacts[0].media_types == ("video/mp4", "image/jpeg")
    assert catalogue.artefacts[0].states.pending == ("queued", "in_progress")


def test_swagger_20_has_its_base_path_and_a_required_version(tmp_path):
    catalogue = imported("swagger20.yaml", tmp_path)
    found = by_request(catalogue)
    assert set(found) == {"GET /openai/files", "GET /openai/files/{file_id}/content"}
    assert found["GET /openai/files/{file_id}/content"].api_versions == ("2023-06-01-preview",)
    assert captures(found["GET /openai/files"]) == {"file_id": ("$.data[*].id",)}
    assert catalogue.surfaces[0].api_version is VersionRule.REQUIRED


def test_a_fastapi_service_becomes_status_and_download(tmp_path):
    catalogue = imported("fastapi.json", tmp_path)
    found = by_request(catalogue)
    assert set(found) == {"GET /api/status/{job_id}", "GET /api/download/{file_id}"}
    status = found["GET /api/status/{job_id}"]
    assert status.role is Role.STATUS
    assert captures(status) == {"file_id": ("$.file_id",)}
    assert status.provider == "generic"
    assert catalogue.surfaces[0].api_version is VersionRule.UNUSED


def test_a_proposal_can_be_added_to_the_shipped_catalogue_without_overriding_it(tmp_path):
    path = tmp_path / "imported.yaml"
    path.write_text(propose((SPECS / "openapi30.yaml").read_bytes(), "spec", DAY), encoding="utf-8")
    both = load(["default", path])
    assert len(both.endpoints) == len(load().endpoints) + 8
    assert not [note for note in both.notes if "overrides" in note]


def spec(paths, **more):
    import json

    return json.dumps({"openapi": "3.0.0", "info": {}, "paths": paths, **more}).encode()


def get(schema, media_type="application/json", **more):
    return {"get": {"responses": {"200": {"content": {media_type: {"schema": schema}}}}, **more}}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{y}: &{y} [{', '.join([f'*{x}'] * 9)}]\n" for x, y in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "is no OpenAPI description"),
        (b"\x00\x01\x02", "control character U\\+0000"),
        (b"\xff\xfe{\x00", "not UTF-8"),
        (b"[]", "is no OpenAPI description"),
        (b"just text", "is no OpenAPI description"),
        (b'{"openapi": ', "not JSON"),
        (b"[" * 100_000, "nested deeper"),
        (b'{"a":' * 200_000, "nested deeper"),
        (b"a: " + b"[" * 2_000, "nested deeper"),
        (b"a: " + b"{b: " * 2_000, "nested deeper"),
        (b"- " * 2_000, "nested deeper"),
        (b'{"openapi": ' + b'{"a": "' + b"x" * 50 + b'", "b":' * 20_000, "not JSON"),
        (b'{"openapi": "3.0.0", "paths": ' + b"9" * 10_000 + b"}", "not JSON"),
        (b"{}", "is no OpenAPI 3.x or Swagger 2.0 description"),
        (b'{"openapi": "4.0.0", "paths": {}}', "is no OpenAPI 3.x or Swagger 2.0 description"),
        (b'{"openapi": "3.0.0", "paths": []}', "is no OpenAPI 3.x or Swagger 2.0 description"),
        (spec({}), "no operation delivers an artefact"),
        (
            spec(
                {"/a": get({"$ref": "#/components/schemas/A"}, "video/mp4")},
                components={"schemas": {"A": {"$ref": "#/components/schemas/A"}}},
            ),
            "in a circle",
        ),
        (BOMB.encode(), "too big"),
        (b" " * (16 * 1024 * 1024 + 1), "is larger than"),
    ],
    ids=range(20),
)
def test_what_cannot_be_read_is_one_clear_error(document, message):
    with pytest.raises(CatalogueError, match=message) as caught:
        propose(document, "the-spec", DAY)
    assert caught.value.message.startswith("the-spec")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "paths",
    [
        {"/a/{b}/content": get({"$ref": "other.yaml#/x"})},
        {"/a/{}/content": get({})},
        {"/a/{a b}{c}/{c}/content": get({})},
        {"/{id}/{id}/download": get({})},
        {"/a/download": get(None), "/b": None, "/c": {"get": []}, 5: {}},
        {
            "/a/content": get({"format": "binary"}, "no media type \x1b[2J", summary="a\x1b[2J\u202e\ud800", operationId="\u00e9"),
            "/a b/content": get({}),
        },
        {"/a/content": get({}, parameters=[{"in": "query", "name": "q", "required": True, "schema": {"enum": ["x"]}}, 3, None])},
        {"/v1/content": get({}), "/{deployment-id}/content": get({})},
        {"/x/{y}/content": get({}, responses={"200": {"content": {"*/*": 3}}, 201: None})},
    ],
    ids=range(9),
)
def test_odd_descriptions_still_give_a_catalogue_that_lint_accepts(paths, tmp_path):
    path = tmp_path / "imported.yaml"
    path.write_text(propose(spec(paths), "odd\x1b", DAY), encoding="utf-8")
    assert load([path]).endpoints


def test_a_schema_that_holds_itself_is_no_error(tmp_path):
    tree = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    paths = {"/trees": get({"$ref": "#/components/schemas/Tree"}), "/trees/{tree_id}/content": get({}, "image/png")}
    assert "request: GET /trees/{tree_id}/content" in propose(spec(paths, components={"schemas": {"Tree": tree}}), "spec", DAY)


def test_a_status_whose_answer_is_not_described_is_chained_by_its_name(tmp_path):
    path = tmp_path / "imported.yaml"
    paths = {"/api/status/{job_id}": get({}), "/api/download/{file_id}": get({}), "/api/health": get({})}
    path.write_text(propose(spec(paths), "spec", DAY), encoding="utf-8")
    found = by_request(load([path]))
    assert set(found) == {"GET /api/status/{job_id}", "GET /api/download/{file_id}"}
    assert found["GET /api/status/{job_id}"].role is Role.STATUS
    assert captures(found["GET /api/status/{job_id}"]) == {"file_id": ("$.file_id", "$.data.file_id")}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"status": {"type": "string"}, "video_url": {"type": "string"}}},
        {"properties": {"where": {"type": "string", "format": "uri"}}},
        {"properties": {"output": {"type": "array", "items": {"type": "string", "format": "uri"}}}},
    ],
)
def test_an_answer_that_names_a_link_is_proposed(schema, tmp_path):
    path = tmp_path / "imported.yaml"
    paths = {"/jobs/{id}": get(schema), "/hooks/{id}": get({"properties": {"webhook_url": {"type": "string"}}})}
    path.write_text(propose(spec(paths), "spec", DAY), encoding="utf-8")
    assert set(by_request(load([path]))) == {"GET /jobs/{job_id}"}


def test_a_redirect_a_default_answer_and_a_plural_in_es_are_understood():
    moved = {"get": {"responses": {"302": {}, "404": {}}}}
    other = {"get": {"responses": {"default": {"content": {"video/mp4": {"schema": {}}}}}}}
    text = propose(spec({"/v1beta/batches/{id}/file": moved, "/clip/{id}": other}), "spec", DAY)
    assert "GET /v1beta/batches/{batch_id}/file" in text
    assert "imported-batches" in text
    assert "GET /clip/{clip_id}" in text
