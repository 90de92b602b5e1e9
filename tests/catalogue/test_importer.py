from datetime import date
from pathlib import Path

import pytest

from probe.catalogue import load
from probe.catalogue.importer import propose
from probe.errors import CatalogueError
from probe.model import Role, Stage, VersionRule
from tests.each import each
from tests.growth import assert_linear

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
    assert by_request(catalogue)["GET /v1/containers/{container_id}/files"].query == ()
    states = next(one.states for one in catalogue.artefacts if one.name == "imported-files")
    assert (states.pending, states.ready, states.failed) == (("uploaded",), ("processed",), ("error",))
    skill = next(one for one in catalogue.artefacts if one.name == "imported-skills")
    assert skill.media_types == ("application/zip",)


def test_a_post_that_delivers_is_named_and_not_proposed():
    text = propose((SPECS / "openapi30.yaml").read_bytes(), "spec", DAY)
    assert "# Left out, 1: Delivers in its own answer, and may cost money: POST /audio/speech\n" in text
    assert "# Left out, 1: A value that the description does not give: limit of GET /containers/{container_id}/files\n" in text
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


@each(
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
    ]
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


def proposed(tmp_path, paths, folder=None, **more):
    path = tmp_path / "imported.yaml"
    path.write_text(propose(spec(paths, **more), "spec", DAY, folder), encoding="utf-8")
    return path.read_text("utf-8"), by_request(load([path]))


JOB = {"properties": {"job_id": {"type": "string"}, "status": {"type": "string"}}}


def test_paths_under_x_ms_paths_and_keys_with_a_query_are_read(tmp_path):
    keyed = {"/clips?alt=media": get({}, "video/mp4")}
    _text, found = proposed(tmp_path, {"/files/{id}/content?raw=1": get({}, "video/mp4")}, **{"x-ms-paths": keyed})
    assert {request: one.query for request, one in found.items()} == {
        "GET /files/{file_id}/content": (("raw", "1"),),
        "GET /clips": (("alt", "media"),),
    }


def test_a_required_id_in_the_query_becomes_a_placeholder_that_something_captures(tmp_path):
    asked = [{"name": "job_id", "in": "query", "required": True, "schema": {"type": "string"}}]
    _text, found = proposed(tmp_path, {"/submit": get(JOB), "/result/download": get({}, "video/mp4", parameters=asked)})
    assert found["GET /result/download"].query == (("job_id", "{job_id}"),)
    assert captures(found["GET /submit"]) == {"job_id": ("$.job_id",)}


def test_a_query_template_in_a_key_is_an_id_too(tmp_path):
    _text, found = proposed(tmp_path, {"/videos/file?id={id}": get({}, "video/mp4")})
    assert found["GET /videos/file"].query == (("id", "{video_id}"),)


def test_required_headers_and_the_header_of_the_key_are_carried(tmp_path):
    asked = [
        {"name": "X-Acme-Version", "in": "header", "required": True, "schema": {"enum": ["2"]}},
        {"name": "X-Acme-Team", "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}},
    ]
    schemes = {
        "k": {"type": "apiKey", "in": "header", "name": "X-Goog-Api-Key"},
        "o": {"type": "apiKey", "in": "header", "name": "X-Acme"},
    }
    text, found = proposed(
        tmp_path,
        {"/a/content": get({}, "video/mp4", parameters=asked)},
        components={"securitySchemes": schemes},
        security=[{"k": []}, {"o": []}],
    )
    (one,) = found.values()
    assert one.headers == (("X-Acme-Version", "2"),)
    assert one.auth == ("x-goog-api-key",)
    assert "# Left out, 1: A value that the description does not give: X-Acme-Team of GET /a/content\n" in text
    assert "# Left out, 1: Its key goes into another header, give it with -H: x-acme\n" in text


def test_path_items_in_files_beside_it_are_followed_and_others_are_named(tmp_path):
    folder = tmp_path / "api"
    (folder / "paths").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text("x: {get: {responses: {200: {content: {video/mp4: {}}}}}}")
    (folder / "paths" / "clips.yaml").write_text(
        "list: {get: {responses: {200: {content: {application/json: {schema: {$ref: '../schemas.yaml#/Clips'}}}}}}}\n"
        "content: {get: {responses: {200: {$ref: '#/bytes'}}}}\n"
        "bytes: {content: {video/mp4: {}}}\n"
    )
    (folder / "schemas.yaml").write_text(
        "Clips: {properties: {data: {type: array, items: {$ref: '#/Clip'}}}}\nClip: {properties: {id: {type: string}}}\n"
    )
    paths = {
        "/clips": {"$ref": "paths/clips.yaml#/list"},
        "/clips/{id}/content": {"$ref": "paths/clips.yaml#/content"},
        "/far/content": {"$ref": "../outside.yaml#/x"},
        "/web/content": {"$ref": "https://example.com/x.yaml#/x"},
    }
    text, found = proposed(tmp_path, paths, folder)
    assert captures(found["GET /clips"]) == {"clip_id": ("$.data[*].id",)}
    assert set(found) == {"GET /clips", "GET /clips/{clip_id}/content"}
    assert "# Left out, 2: A file that is not beside the description: ../outside.yaml, https://example.com/x.yaml\n" in text


def test_a_server_of_a_path_has_a_surface_of_its_own(tmp_path):
    other = {**get({}, "video/mp4"), "servers": [{"url": "https://example.com/media/v2"}]}
    _text, found = proposed(
        tmp_path, {"/a/content": get({}, "video/mp4"), "/b/content": other}, servers=[{"url": "https://example.com/v1"}]
    )
    assert {request: one.surface for request, one in found.items()} == {
        "GET /v1/a/content": "imported-generic",
        "GET /media/v2/b/content": "imported-generic-2",
    }


def test_a_path_with_more_ids_than_anybody_has_is_counted(tmp_path):
    many = "/" + "/".join(f"{{a{n}}}" for n in range(4_000)) + "/content"
    text, _found = proposed(tmp_path, {many: get({}, "video/mp4"), "/a/content": get({}, "video/mp4")})
    assert "# Left out, 1: A path that no catalogue may hold: GET /{a0}/{a1}/" in text


def collections(count):
    listed = get({"properties": {"data": {"type": "array", "items": {"properties": {"id": {"type": "string"}}}}}})
    made = {}
    for number in range(count):
        made |= {f"/things{number}": listed, f"/things{number}/{{id}}/content": get({}, "video/mp4")}
    return spec(made)


def test_large_descriptions_take_linear_time():
    assert_linear(lambda document: propose(document, "spec", DAY), collections, 100)


STATE = {"type": "object", "properties": {"status": {"type": "string", "enum": ["queued", "dreaming", "odd"]}}}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        # a job that can be cancelled, whatever its answer is called or whether it is described at all
        ({"/predictions/{id}": {"get": {}}, "/predictions/{id}/cancel": {"post": {}}}, {"/predictions/{prediction_id}"}),
        ({"/runs/{id}": get(STATE), "/runs/{id}/cancel": {"post": {}}}, {"/runs/{run_id}"}),
        # Google's operations and custom methods
        ({"/ops/{id}": get({"properties": {"done": {"type": "boolean"}, "response": {}}})}, {"/ops/{op_id}"}),
        ({"/files/{file}:download": get({"type": "object"})}, {"/files/{item_file}:download"}),
        # a link below the thing, and an answer that is nothing but a link
        (
            {"/t/{t_id}/redacted-audio": get({"properties": {"audio_url": {"type": "string"}}})},
            {"/t/{t_id}/redacted-audio"},
        ),
        ({"/docs/{doc_id}/signed-url": get({"type": "string"})}, {"/docs/{doc_id}/signed-url"}),
        # twins that differ by a constant query count once
        (
            {path: get({"format": "binary"}, "video/mp4") for path in ("/f/{f_id}/content", "/f/{f_id}/content?beta=true")},
            {"/f/{f_id}/content"},
        ),
    ],
)
def test_kinds_of_real_descriptions_are_proposed(paths, expected, tmp_path):
    assert {one.path for one in proposed(tmp_path, paths)[1].values()} == expected


def test_the_job_that_names_what_leads_to_a_link_is_proposed_too(tmp_path):
    paths = {
        "/datasets/{dataset_id}": get({"properties": {"download_url": {"type": "string", "format": "uri"}}}),
        "/embed-jobs/{id}": get({"properties": {"output_dataset_id": {"type": "string"}}}),
    }
    _text, found = proposed(tmp_path, paths)
    assert set(found) == {"GET /datasets/{dataset_id}", "GET /embed-jobs/{embed_job_id}"}
    assert captures(found["GET /embed-jobs/{embed_job_id}"]) == {"dataset_id": ("$.output_dataset_id",)}


@pytest.mark.parametrize(
    "paths",
    [
        {"/metrics": get({"type": "string"}, "text/plain")},
        {"/connectors/{id}": get({"properties": {"url": {"type": "string"}}})},
        {"/jobs/{id}/x": get({"properties": {"oauth": {"properties": {"token_url": {}, "auth_url": {}}}}})},
    ],
)
def test_notices_and_settings_are_not_proposed(paths):
    with pytest.raises(CatalogueError, match="no operation delivers"):
        propose(spec(paths), "spec", DAY)


def test_a_state_that_nobody_knows_is_named(tmp_path):
    text = propose(spec({"/runs/{id}": get(STATE), "/runs/{id}/cancel": {"post": {}}}), "spec", DAY)
    assert "# Left out, 1: A state whose meaning the description does not give: odd\n" in text
    assert "pending: [queued, dreaming]" in text
