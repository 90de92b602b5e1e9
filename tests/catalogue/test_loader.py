import hashlib
import os
import time
from datetime import date
from pathlib import Path

import pytest

from probe.catalogue import load, nodes
from probe.catalogue.loader import read_as
from probe.errors import CatalogueError
from probe.model import ApiVersion, CaptureRule, IdName, Lifecycle, Magic, Role, Source, Stage, Standing, States
from probe.shipped import default_path, default_updated

GOOD = Path(__file__).parent / "good.yaml"
READ = date(2026, 11, 20)
ENTRY = """
  - id: azure.extra.content
    artefact: {artefact}
    role: download
    request: GET /openai/v1/extras/{{file_id}}/content
    api_versions: [none]
    sources: [{{at: a report, read: 2026-11-20}}]
"""


@pytest.fixture(scope="module")
def good():
    return load([GOOD])


def by_id(catalogue):
    return {one.id: one for one in catalogue.endpoints}


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(*paths):
    with pytest.raises(CatalogueError) as caught:
        load(paths)
    return caught.value.message.split("\n")


def test_an_artefact_is_read_whole(good):
    video = good.artefacts[0]
    assert video.ids == (
        IdName("job_id", ("task_",), "task_00000000000000000000000000"),
        IdName("generation_id", ("gen_",), "gen_00000000000000000000000000"),
    )
    assert video.states == States(("preprocessing", "queued", "running", "processing"), ("succeeded",), ("failed", "cancelled"), ())
    assert video.magic == (Magic(4, "66747970", "video/mp4"),)
    assert video.lifetime == 24 * 3600
    assert video.lifecycle == Lifecycle(Stage.PREVIEW, None, (Source("the preview reference", READ),))
    assert (video.status_paths, video.expiry_paths) == (("$.status",), ("$.expires_at",))


def test_an_endpoint_is_read_whole(good):
    jobs = by_id(good)["azure.sora1.jobs"]
    assert (jobs.provider, jobs.surface, jobs.method, jobs.path) == (
        "azure",
        "azure-v1",
        "GET",
        "/openai/v1/video/generations/jobs",
    )
    assert jobs.query == (("limit", "10"),)
    assert jobs.role is Role.LIST
    assert jobs.captures == (
        CaptureRule("job_id", ("$.data[*].id",)),
        CaptureRule("generation_id", ("$.data[*].generations[*].id",)),
    )
    assert jobs.sources == (Source("the preview reference", READ),)
    assert jobs.line == 1 + GOOD.read_text().split("\n").index("  - id: azure.sora1.jobs")


def test_left_out_keys_have_their_defaults(good):
    plain = by_id(good)["openai.files.content"]
    assert plain.standing is Standing.DOCUMENTED
    assert plain.lifecycle == Lifecycle(Stage.GA)
    assert plain.api_versions == (None,)
    assert plain.more_api_versions == ()


def test_unquoted_dates_numbers_and_words_stay_text(tmp_path):
    text = (
        GOOD.read_text()
        .replace("notes: Two jobs at a time.", "notes: 1.10")
        .replace("title: File", "title: no")
        .replace("limit: 10", "limit: 0x10")
    )
    found = load([write(tmp_path, "text.yaml", text)])
    assert found.artefacts[0].notes == "1.10"
    assert found.artefacts[1].title == "no"
    assert by_id(found)["azure.sora1.jobs"].query == (("limit", "0x10"),)
    assert found.updated == READ
    assert found.api_versions[0] == ApiVersion("2024-02-01", Stage.GA)


def test_a_list_of_versions_is_tried_in_its_own_order_and_the_rest_on_request(good):
    content = by_id(good)["azure.sora1.content-video"]
    assert content.api_versions == ("preview", "v1", None)
    assert content.more_api_versions == (
        "2025-04-01-preview",
        "2025-03-01-preview",
        "2024-10-21",
        "2024-05-01-preview",
        "2024-02-01",
        "2024-10-01",
    )


def test_a_range_tries_its_newest_ga_then_its_newest_preview(good):
    files = by_id(good)["azure.files.content"]
    assert files.api_versions == ("2024-10-21", "2025-04-01-preview")
    assert files.more_api_versions[:3] == ("2025-03-01-preview", "2024-05-01-preview", "2024-02-01")
    assert files.more_api_versions[-2:] == (None, "2024-10-01")


@pytest.mark.parametrize(
    ("given", "tried", "first_more"),
    [
        ('{since: "2024-05-01-preview", until: "2024-10-21"}', ("2024-10-21", "2024-05-01-preview"), "2025-04-01-preview"),
        ('{until: "2024-02-01"}', ("2024-02-01",), "2025-04-01-preview"),
        ('{since: "2025-03-01-preview"}', ("2025-04-01-preview",), "2025-03-01-preview"),
        ('{since: "2024-02-01", try: ["2024-02-01", none]}', ("2024-02-01", None), "2025-04-01-preview"),
    ],
)
def test_ranges(tmp_path, given, tried, first_more):
    text = GOOD.read_text().replace("api_versions: {since: 2024-02-01}", f"api_versions: {given}")
    files = by_id(load([write(tmp_path, "range.yaml", text)]))["azure.files.content"]
    assert files.api_versions == tried
    assert files.more_api_versions[0] == first_more
    assert not set(tried) & set(files.more_api_versions)


def test_the_surface_is_the_longest_prefix_of_whole_segments(good):
    found = {name: one.surface for name, one in by_id(good).items()}
    assert found["azure.sora1.job"] == "azure-v1"
    assert found["azure.files.content"] == "azure-classic"
    assert found["azure.sora1.blob"] == ""
    assert found["openai.files.content"] == "openai"


def test_versions_come_in_date_order_then_words_then_wrong_values(good):
    assert [one.value for one in good.api_versions][-3:] == ["preview", "v1", "2024-10-01"]
    assert good.api_versions[-1].is_known_wrong
    assert good.api_versions[-1].notes == "a control-plane version, never a data-plane one"


def test_the_digest_is_over_the_bytes_of_all_files(tmp_path):
    more = write(tmp_path, "more.yaml", "version: 1\nendpoints:" + ENTRY.format(artefact="file"))
    expected = hashlib.sha256(GOOD.read_bytes() + more.read_bytes()).hexdigest()
    assert load([GOOD, more]).sha256 == expected


def test_later_files_add_and_override_and_say_so(tmp_path):
    more = write(
        tmp_path,
        "more.yaml",
        "version: 1\n"
        "surfaces:\n  azure-v1: {provider: azure, prefix: /openai/v1, api_version: required}\n"
        "api_versions:\n  - {value: 2024-10-21, stage: deprecated}\n  - {value: 2026-01-01, stage: ga}\n"
        "artefacts:\n  file: {title: Another file, media_types: [text/csv], ids: {file_id: {}}}\n"
        "endpoints:\n  - {id: openai.files.content, artefact: file, role: metadata, request: GET /v1/files, "
        "sources: [{at: a report, read: 2026-11-20}]}" + ENTRY.format(artefact="file"),
    )
    found = load([GOOD, more])
    assert by_id(found)["openai.files.content"].role is Role.METADATA
    assert by_id(found)["azure.extra.content"].surface == "azure-v1"
    assert by_id(found)["azure.files.content"].api_versions == ("2026-01-01", "2025-04-01-preview")
    assert [one.title for one in found.artefacts] == ["Azure Sora 1 video", "Another file"]
    assert {note.split(" of ")[0] for note in found.notes} == {
        f"{more} overrides {name}" for name in ("azure-v1", "2024-10-21", "file", "openai.files.content")
    }
    assert found.source == f"{GOOD}, {more}"
    assert found.updated == READ


def test_a_single_file_of_ten_lines_takes_the_rest_from_the_shipped_catalogue(tmp_path):
    name = load().artefacts[0].name
    mine = write(tmp_path, "mine.yaml", "version: 1\nendpoints:" + ENTRY.format(artefact=name))
    found = load([mine])
    assert [one.id for one in found.endpoints] == ["azure.extra.content"]
    assert found.surfaces == load().surfaces
    assert found.updated == load().updated
    assert found.notes[0] == f"{mine} takes surfaces, api_versions, artefacts from the built-in catalogue"


def test_the_shipped_catalogue_with_a_file_of_the_user_has_both(tmp_path):
    mine = write(tmp_path, "mine.yaml", "version: 1\nendpoints:" + ENTRY.format(artefact=load().artefacts[0].name))
    assert len(load(["default", mine]).endpoints) == len(load().endpoints) + 1


def test_problems_of_all_files_come_in_the_order_of_the_files(tmp_path):
    one = write(tmp_path, "one.yaml", "version: 1\nupdated: never\nendpoint: []\n")
    two = write(tmp_path, "two.yaml", "version: one\n")
    assert [line.rpartition(f"{os.sep}")[2].split(": ")[0] for line in problems(one, two)] == [
        "one.yaml:2:10",
        "one.yaml:3:1",
        "two.yaml:1:10",
    ]


def test_problems_beyond_the_limit_are_counted(tmp_path):
    text = "version: 1\n" + "".join(f"bad{number}: 1\n" for number in range(300))
    lines = problems(write(tmp_path, "many.yaml", text))
    assert len(lines) == 201
    assert lines[-1] == "... and 100 more problems"


def test_the_message_of_a_catalogue_error_is_the_problems_and_its_hint_says_what_to_do(tmp_path):
    path = write(tmp_path, "bad.yaml", "version: 1\nendpoint: []\n")
    with pytest.raises(CatalogueError) as caught:
        load([path])
    assert caught.value.message == f"{path}:2:1: unknown key 'endpoint' (did you mean 'endpoints'?)"
    assert "probe catalogue schema" in caught.value.hint


def test_what_is_no_regular_file_is_refused_without_being_opened(tmp_path):
    assert problems(tmp_path) == [f"{tmp_path}: is a folder"]
    assert problems(tmp_path / "mine.yaml") == [f"{tmp_path / 'mine.yaml'}: no such file"]
    assert "cannot be read" in problems("a\0b")[0]
    (tmp_path / "mime.yaml").touch()
    assert "did you mean 'mime.yaml'?" in problems(tmp_path / "mine.yaml")[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_devices_and_pipes_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert problems(tmp_path / "pipe") == [f"{tmp_path / 'pipe'}: is not a regular file"]
    assert problems("/dev/zero") == ["/dev/zero: is not a regular file"]


@pytest.mark.parametrize(
    "text",
    [
        b"x" * (8 * 1024 * 1024 + 1),
        b"- " * 500_000,
        b"[" * 500_000,
        b"version: 1\n" + b"a: 1\n" * 300_000,
        b"version: 1\nendpoints:\n" + b"  - {id: azure.a.b}\n" * 200_000,
        b"version: 1\nendpoints:\n  - &a {id: azure.a.b, captures: {x: [y]}}\n" + b"  - *a\n" * 12_000,
        b"version: 1\nsurfaces: {" + b"a: 1, " * 100_000 + b"}\n",
        b"%TAG !a! x\n" * 100_000,
        b"version: 1\nartefacts:\n" + b"".join(b"  kind%d: {titel: a}\n" % number for number in range(900)),
    ],
    ids=[
        "large",
        "deep-block",
        "deep-flow",
        "equal-keys",
        "many-endpoints",
        "many-aliases",
        "many-surfaces",
        "directives",
        "many-problems",
    ],
)
def test_a_hostile_file_is_refused_as_quickly_as_a_large_one_is_read(tmp_path, text):
    path = write(tmp_path, "hostile.yaml", text)
    started = time.process_time()
    assert problems(path)
    assert time.process_time() - started < 3


def test_ten_thousand_entries_are_one_catalogue(tmp_path):
    head = 'version: 1\nsurfaces: {generic: {provider: generic, prefix: "", api_version: unused}}\nendpoints:\n'
    entry = (
        "  - id: generic.large.e{0}\n    artefact: file\n    role: download\n    request: GET /large{0}/{{file_id}}\n"
        '    expect: {{status_codes: [200], media_types: [video/mp4]}}\n    sources: [{{at: the reference, read: "2026-11-20"}}]\n'
    )
    path = write(tmp_path, "large.yaml", head + "".join(entry.format(number) for number in range(10_000)))
    assert len(load([path]).endpoints) == 10_000


def test_ids_whose_family_cannot_be_told_are_noted(tmp_path):
    text = GOOD.read_text().replace(
        "ids: {file_id: {prefixes: [file-]", "ids: {upload_id: {prefixes: [task_]}, file_id: {prefixes: [file-]"
    )
    assert load([write(tmp_path, "twice.yaml", text)]).notes == ("ids that begin with task_ may be job_id, upload_id",)


def test_the_shipped_catalogue_is_found_and_valid_and_loads_quickly():
    load()
    started = time.process_time()
    found = load()
    assert time.process_time() - started < 0.5
    assert len(found.endpoints) > 100
    assert found.source == "endpoints.yaml"
    assert default_path().name == "endpoints.yaml"
    assert default_updated() == found.updated.isoformat()


def test_other_yaml_of_the_user_is_read_as_text_and_as_strictly(tmp_path):
    def read_yaml(path):
        return read_as(path, lambda root, _file: nodes.plain(root))

    path = write(tmp_path, "targets.yaml", "- {name: lab, port: 080, day: 2024-10-21, none: ~}\n- &a [x]\n- *a\n")
    assert read_yaml(path) == [{"name": "lab", "port": "080", "day": "2024-10-21", "none": None}, ["x"], ["x"]]
    assert read_yaml(write(tmp_path, "empty.yaml", "# nothing\n")) is None
    with pytest.raises(CatalogueError, match="comes twice"):
        read_yaml(write(tmp_path, "twice.yaml", "a: 1\na: 2\n"))
