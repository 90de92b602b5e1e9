import json
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from probe.catalogue import load
from probe.cli import complain
from probe.cli.catalogue import catalogue
from probe.errors import CatalogueError, UsageError

HERE = Path(__file__).parent.parent / "catalogue"
GOOD = str(HERE / "good.yaml")


def run(*arguments, columns=80):
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(catalogue, arguments)


def refusal(*arguments):
    return run(*arguments).exception


def test_lint_of_the_shipped_catalogue_is_ok():
    done = run("lint")
    found = load()
    assert (done.exit_code, done.stdout) == (0, f"ok: {len(found.endpoints)} endpoints, {len(found.artefacts)} artefacts\n")


def test_lint_says_all_problems_on_stderr_and_exits_2(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: one\nendpoint: []\n")
    done = run("lint", str(bad))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"{bad}:1:10: version: must be a whole number from 1 to 1, not the text 'one'\n"
        f"{bad}:2:1: unknown key 'endpoint' (did you mean 'endpoints'?)\n"
    )


def test_lint_checks_each_file_by_itself_and_says_which_are_good():
    done = run("lint", GOOD, str(HERE / "bad" / "empty.yaml"))
    assert done.exit_code == 2
    assert done.stdout == f"{GOOD}: ok: 8 endpoints, 2 artefacts\n"
    assert done.stderr == f"{HERE / 'bad' / 'empty.yaml'}:1:1: is empty (a catalogue begins with 'version: 1')\n"


def test_lint_of_a_folder_reports_every_file_in_it():
    done = run("lint", str(HERE / "bad"))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert all(str(path) in done.stderr for path in (HERE / "bad").glob("*.yaml"))


def test_lint_with_default_checks_the_files_together(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("version: 1\nartefacts: {thing: {title: A thing, media_types: [image/png]}}\n")
    done = run("lint", "default", str(mine))
    assert (done.exit_code, done.stdout) == (0, f"ok: {len(load().endpoints)} endpoints, {len(load().artefacts) + 1} artefacts\n")


def test_list_shows_every_endpoint_under_its_artefact_in_80_columns():
    done = run("list", "--catalogue", GOOD)
    assert done.exit_code == 0
    lines = done.stdout.split("\n")
    assert lines[0] == "sora1-video: Azure Sora 1 video (preview)"
    assert "  azure.sora1.content-video  download          preview, v1, none" in lines
    assert "  azure.sora1.content        download  wrong   preview, none, 2024-10-01" in lines
    assert "      GET /openai/v1/video/generations/{generation_id}/content/video" in lines
    assert "file: File" in lines
    assert done.stderr == "8 endpoints of 8; more: probe catalogue show ID\n"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_list_and_show_keep_to_the_width_but_for_what_is_to_be_copied(columns):
    for line in run("list", columns=columns).stdout.split("\n"):
        assert len(line) <= columns
    for line in run("show", "azure.sora1.content-video", columns=columns).stdout.split("  urls\n")[0].split("\n"):
        assert len(line) <= columns or " " not in line.strip()


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--artefact", "file"], {"azure.files.content", "openai.files.content"}),
        (["--provider", "openai"], {"openai.files.content"}),
        (["--api-version", "v1"], {"azure.sora1.content-video"}),
        (["--api-version", "2024-10-01"], {"azure.sora1.content"}),
        (["--api-version", "none", "--provider", "openai"], {"openai.files.content"}),
        (["--standing", "refuted"], {"azure.sora1.content"}),
        (["--role", "status"], {"azure.sora1.job"}),
        (["--role", "control"], set()),
    ],
)
def test_list_filters(options, ids):
    done = run("list", "--catalogue", GOOD, "--json", *options)
    assert {one["id"] for one in json.loads(done.stdout)} == ids


def test_list_as_json_holds_the_whole_endpoint():
    found = {one["id"]: one for one in json.loads(run("list", "--catalogue", GOOD, "--json").stdout)}
    content = found["azure.sora1.content-video"]
    assert content["api_versions"] == ["preview", "v1", None]
    assert content["sources"] == [{"at": "the preview reference", "read_on": "2026-11-20"}]


def test_list_of_an_unknown_artefact_offers_the_nearest():
    error = refusal("list", "--catalogue", GOOD, "--artefact", "sora-video")
    assert isinstance(error, UsageError)
    assert (error.message, error.hint) == ("unknown artefact 'sora-video'", "did you mean 'sora1-video'?")


def test_show_says_everything_about_an_endpoint():
    done = run("show", "azure.sora1.job", "--catalogue", GOOD)
    assert done.exit_code == 0
    assert (
        done.stdout
        == f"""\
azure.sora1.job
  artefact       sora1-video: Azure Sora 1 video (preview)
  role           status
  standing       documented
  request        GET /openai/v1/video/generations/jobs/{{job_id}}
  surface        azure-v1, api-version optional
  api-versions   preview
  more versions  2025-04-01-preview, 2025-03-01-preview, 2024-10-21,
                 2024-05-01-preview, 2024-02-01, v1, none, 2024-10-01
  needs          job_id from azure.sora1.jobs
  captures       generation_id at $.generations[*].id, else $.data[0].id
  expects        video/mp4
  defined in     {GOOD}, line 50
  sources
    - the preview reference (read 2026-11-20)
  urls
    GET {{endpoint}}/openai/v1/video/generations/jobs/{{job_id}}?api-version=preview
"""
    )


def test_show_gives_one_url_for_each_version():
    done = run("show", "azure.sora1.content", "--catalogue", GOOD)
    base = "GET {endpoint}/openai/v1/video/generations/{generation_id}/content"
    assert done.stdout.endswith(
        f"    preview: {base}?api-version=preview\n    none: {base}\n    2024-10-01: {base}?api-version=2024-10-01\n"
    )
    assert "  instead        azure.sora1.content-video\n" in done.stdout


def test_show_as_json_has_the_urls():
    shown = json.loads(run("show", "azure.sora1.jobs", "--catalogue", GOOD, "--json").stdout)
    assert shown["urls"] == ["{endpoint}/openai/v1/video/generations/jobs?limit=10&api-version=preview"]


def test_show_of_an_unknown_id_offers_the_nearest():
    error = refusal("show", "azure.sora1.conten", "--catalogue", GOOD)
    assert isinstance(error, UsageError)
    assert error.message == "unknown endpoint 'azure.sora1.conten'"
    assert error.hint.startswith("did you mean 'azure.sora1.content'")


def test_import_prints_a_catalogue_that_lint_accepts(tmp_path):
    done = run("import", str(HERE / "specs" / "fastapi.json"))
    assert done.exit_code == 0
    path = tmp_path / "mine.yaml"
    path.write_text(done.stdout, encoding="utf-8")
    assert run("lint", str(path)).stdout == "ok: 2 endpoints, 1 artefact\n"


def test_import_fetches_a_url_without_naming_its_query_in_the_catalogue(monkeypatch):
    asked = []

    def fetch(url, max_bytes):
        asked.append((url, max_bytes))
        return (HERE / "specs" / "fastapi.json").read_bytes()

    monkeypatch.setattr(import_module("probe.transport.fetching"), "fetch", fetch)
    done = run("import", "http://127.0.0.1:9/openapi.json?sig=abc")
    assert asked == [("http://127.0.0.1:9/openapi.json?sig=abc", 16 * 1024 * 1024)]
    assert "http://127.0.0.1:9/openapi.json" in done.stdout
    assert "sig=abc" not in done.stdout


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/x", "http://127.0.0.1:-1/x", "http://[::zz]/x", "http://[/x", "http:///x"])
def test_import_of_what_is_no_url_is_one_error(url):
    assert isinstance(refusal("import", url), UsageError)


def test_import_of_what_is_no_description_is_one_error(tmp_path):
    path = tmp_path / "garbage"
    path.write_bytes(b"\x00")
    assert isinstance(refusal("import", str(path)), CatalogueError)
    assert isinstance(refusal("import", str(tmp_path / "missing")), CatalogueError)
    assert isinstance(refusal("import", str(tmp_path)), CatalogueError)


def test_schema_prints_the_shipped_schema():
    import probe.catalogue

    shipped = Path(probe.catalogue.__file__).with_name("schema.json").read_text("utf-8")
    assert run("schema").stdout == shipped


def test_every_command_has_a_help_text():
    assert isinstance(catalogue, click.Group)
    for name in catalogue.commands:
        assert run(name, "--help").exit_code == 0
    assert set(catalogue.commands) == {"lint", "list", "show", "import", "schema", "verify", "example"}


def test_verify_says_the_differences_and_exits_1(tmp_path):
    spec = tmp_path / "spec.json"
    server = [{"url": "https://api.openai.com/v1"}]
    spec.write_text(json.dumps({"openapi": "3.2.0", "info": {}, "servers": server, "paths": {"/models": {"get": {}}}}))
    done = run("verify", str(spec), "--provider", "openai")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{spec}: 1 found, ")
    assert "absent          openai.files.content" in done.stdout
    rows = json.loads(run("verify", str(spec), "--json").stdout)[str(spec)]
    assert {"what": "found", "endpoint": "openai.models.list", "request": "GET /v1/models", "detail": ""} in rows


def test_nothing_of_a_strangers_description_reaches_the_terminal_as_an_order(tmp_path):
    spec = tmp_path / "spec.json"
    path = "/a\x1b]0;PWNED\x07\u202e##vso[task.x]/{id}/content"
    reply = {"200": {"content": {"video/mp4": {}}}}
    spec.write_text(json.dumps({"openapi": "3.0.0", "info": {}, "paths": {path: {"get": {"responses": reply}}}}))
    for arguments in ((), ("--json",)):
        said = run("verify", str(spec), *arguments).stdout
        assert "PWNED" in said
        assert [sign for sign in ("\x1b", "\x07", "\u202e", "##vso[") if sign in said] == []


def test_a_complaint_about_what_was_typed_is_no_order_to_the_terminal(capsys):
    complain("error: sp\x1b]0;PWNED\x07ec.json: no such file\nhint: ##vso[task.x]")
    assert capsys.readouterr().err == "error: sp\\x1b]0;PWNED\\x07ec.json: no such file\nhint: \\x23#vso[task.x]\n"


def test_the_example_is_a_file_that_lint_accepts_and_a_scan_plans(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(run("example").stdout)
    assert run("lint", "default", str(mine)).exit_code == 0
    found = {one.id: one for one in load(["default", mine]).endpoints}
    assert found["generic.acme.status"].captures[0].name == "clip_id"
