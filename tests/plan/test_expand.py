"""The first plan: what is sent, in which order, and what is left out and why."""

from __future__ import annotations

import pytest

from probe.errors import UsageError
from probe.model import AuthForm, Credential, CredentialKind, IdName, Note, Purpose, Role
from probe.plan import Scope, expand, ids_in
from tests.factories import AZURE, GENERATION, artefact, endpoint, target
from tests.plan.catalogues import catalogue

JOB = "task_01k74fbyghfq9a7wm2e7zxsw5v"


def ids(plan) -> list[str]:
    return [probe.id for probe in plan.probes]


def test_a_known_generation_is_asked_for_at_once_in_every_version() -> None:
    plan = expand(catalogue(), [target(ids=(("generation_id", GENERATION),))], Scope())
    urls = [probe.url for probe in plan.probes if probe.endpoint == "azure.sora1.content-video"]
    assert urls == [
        f"{AZURE}/openai/v1/video/generations/{GENERATION}/content/video?api-version=preview",
        f"{AZURE}/openai/v1/video/generations/{GENERATION}/content/video",
    ]
    assert all(probe.auth is AuthForm.API_KEY for probe in plan.probes)


def test_without_an_id_the_download_waits_for_the_list() -> None:
    plan = expand(catalogue(), [target()], Scope())
    waiting = next(probe for probe in plan.probes if probe.id == "contoso/azure.sora1.content-video@preview")
    assert waiting.needs == ("generation_id",)
    assert "{generation_id}" in waiting.url
    assert waiting.depends_on == ("contoso/azure.sora1.jobs@preview", "contoso/azure.sora1.job@preview")
    assert ids(plan).index("contoso/azure.sora1.jobs@preview") < ids(plan).index(waiting.id)


def test_every_probe_stands_after_those_it_depends_on() -> None:
    plan = expand(catalogue(), [target(ids=(("job_id", JOB),))], Scope(all_versions=True))
    for at, probe in enumerate(plan.probes):
        assert all(ids(plan).index(other) < at for other in probe.depends_on), probe.id


def test_identical_requests_are_planned_once() -> None:
    twin = endpoint(id="azure.sora1.twin")
    plan = expand(catalogue(twin), [target(ids=(("generation_id", GENERATION),))], Scope())
    assert not any(probe.endpoint == "azure.sora1.twin" for probe in plan.probes)
    reasons = {one.reason for one in plan.skipped if one.endpoint == "azure.sora1.twin"}
    assert Note("same-request", (("first", "contoso/azure.sora1.content-video@preview"),)) in reasons


def test_an_id_that_nothing_gives_is_asked_of_the_user() -> None:
    lonely = endpoint(id="azure.sora1.frame", path="/openai/v1/video/{frame_id}")
    plan = expand(catalogue(lonely), [target()], Scope())
    (skipped,) = [one for one in plan.skipped if one.endpoint == "azure.sora1.frame"]
    assert skipped.reason == Note("needs-id", (("names", "frame_id"),))


def test_nothing_billable_is_planned_unless_allowed() -> None:
    create = endpoint(
        id="azure.sora1.create",
        role=Role.CREATE,
        method="POST",
        path="/openai/v1/video/generations/jobs",
        billable=True,
        cost="a video",
    )
    assert expand(catalogue(create), [target()], Scope()).billable_count == 0
    allowed = expand(catalogue(create), [target()], Scope(allow_billable=True, all_versions=True))
    assert allowed.billable_count == 1
    assert {probe.method for probe in expand(catalogue(create), [target()], Scope()).probes} == {"GET"}


def test_a_role_that_creates_nothing_makes_no_billable_request_free() -> None:
    for method in ("POST", "GET"):
        paid = endpoint(id="azure.sora1.render", path="/openai/v1/render", method=method, billable=True, cost="a video")
        plan = expand(catalogue(paid), [target()], Scope())
        assert "azure.sora1.render" not in {probe.endpoint for probe in plan.probes}
        assert expand(catalogue(paid), [target()], Scope(allow_billable=True)).billable_count == 1


def test_an_id_narrows_the_scan_to_its_own_family() -> None:
    other = artefact(name="file", ids=())
    plan = expand(
        catalogue(
            endpoint(id="azure.files", artefact="file", role=Role.LIST, path="/openai/v1/files"), artefacts=(artefact(), other)
        ),
        [target(ids=(("generation_id", GENERATION),))],
        Scope(),
    )
    assert not any(probe.endpoint == "azure.files" for probe in plan.probes)


def test_only_keeps_the_routes_that_give_the_ids() -> None:
    plan = expand(catalogue(), [target()], Scope(only=("*.content-video",)))
    assert {probe.endpoint for probe in plan.probes} == {"azure.sora1.jobs", "azure.sora1.job", "azure.sora1.content-video"}


def test_what_only_names_and_nothing_fits_is_not_explained_by_another_entry() -> None:
    with pytest.raises(UsageError, match="no entry of the catalogue fits 'nothing'") as caught:
        expand(catalogue(), [target()], Scope(only=("nothing",)))
    assert caught.value.hint == "`probe catalogue list` shows ids and paths"


def test_api_version_replaces_and_all_versions_adds() -> None:
    given = target(ids=(("generation_id", GENERATION),))

    def versions(scope: Scope) -> list[str | None]:
        probes = expand(catalogue(), [given], scope).probes
        return [probe.api_version for probe in probes if probe.endpoint == "azure.sora1.content-video"]

    assert versions(Scope(api_versions=("2024-10-01", None))) == ["2024-10-01", None]
    assert versions(Scope(all_versions=True)) == ["preview", None, "v1", "2024-10-21"]


def test_the_failing_url_is_planned_first_as_the_endpoint_it_is() -> None:
    url = f"{AZURE}/openai/v1/video/generations/{GENERATION}/content?api-version=preview"
    plan = expand(catalogue(), [target(ids=(("generation_id", GENERATION),))], Scope(failing_url=url))
    probe = next(one for one in plan.probes if one.purpose is Purpose.FAILING_URL)
    assert (probe.endpoint, probe.url, probe.api_version) == ("azure.sora1.content", url, "preview")
    assert [one.reason for one in plan.skipped] == [Note("same-request", (("first", "contoso/failing-url"),))]


def test_a_failing_url_on_another_origin_gets_no_credential() -> None:
    plan = expand(catalogue(), [target()], Scope(failing_url=f"https://api.openai.com/v1/videos/{GENERATION}/content"))
    assert (plan.probes[0].purpose, plan.probes[0].auth) == (Purpose.FAILING_URL, AuthForm.NONE)


def test_ids_can_add_no_path_segment_and_no_query() -> None:
    plan = expand(catalogue(), [target(ids=(("generation_id", "gen_../../x?y=z#f"),))], Scope())
    assert all(
        "/generations/gen_..%2F..%2Fx%3Fy%3Dz%23f/" in probe.url for probe in plan.probes if "generation_id" in dict(probe.ids)
    )


def test_ids_are_read_out_of_a_url_by_their_prefix() -> None:
    assert ids_in(f"{AZURE}/openai/v1/video/generations/{GENERATION}/content?x={JOB}", [artefact()]) == (
        ("generation_id", GENERATION),
    )


def test_an_entrys_own_auth_form_needs_its_credential() -> None:
    blob = endpoint(
        id="azure.blob",
        path="https://{account}.blob.core.windows.net/x",
        auth=(AuthForm.STORAGE, AuthForm.NONE),
        api_versions=(None,),
    )
    with_token = target(ids=(("account", "acct"),), credentials=(Credential("S", CredentialKind.STORAGE_TOKEN),))
    for given, form in ((target(ids=(("account", "acct"),)), AuthForm.NONE), (with_token, AuthForm.STORAGE)):
        (probe,) = [one for one in expand(catalogue(blob), [given], Scope()).probes if one.endpoint == "azure.blob"]
        assert (probe.url, probe.auth) == ("https://acct.blob.core.windows.net/x", form)


def test_several_given_ids_of_one_name_are_all_asked_for() -> None:
    whom = target(ids=(("generation_id", "gen_one"), ("generation_id", "gen_two")))
    plan = expand(catalogue(), [whom], Scope(only=("azure.sora1.content-video",), api_versions=("preview",)))
    assert [(one.id.rpartition("@")[2], one.url.split("/")[-3]) for one in plan.probes] == [
        ("preview", "gen_one"),
        ("preview~2", "gen_two"),
    ]


def test_a_given_id_serves_every_place_of_its_kind() -> None:
    """A `file-...` given with a vector store is the file that the store's route takes under another name."""
    files = artefact(name="file", ids=(IdName("file_id", ("file-",)),))
    store = artefact(
        name="store", ids=(IdName("store_id", ("vs_",)), IdName("vector_file_id", bogus="file-00000000000000000000000000000000"))
    )
    content = endpoint(
        id="azure.store.content", artefact="store", path="/openai/v1/stores/{store_id}/files/{vector_file_id}/content"
    )
    whom = target(ids=(("store_id", "vs_mine"), ("file_id", "file-mine")))
    plan = expand(catalogue(content, artefacts=(artefact(), files, store)), [whom], Scope())
    assert f"{AZURE}/openai/v1/stores/vs_mine/files/file-mine/content" in {one.url.split("?")[0] for one in plan.probes}


def test_an_id_of_another_provider_is_asked_where_its_sort_would_be() -> None:
    """So the scan can answer that the id is Azure's, with evidence, instead of refusing the command."""
    videos = artefact(name="openai-video", ids=(IdName("video_id", ("video_",)),))
    content = endpoint(
        id="openai.video.content",
        artefact="openai-video",
        provider="openai",
        surface="openai",
        path="/v1/videos/{video_id}/content",
    )
    whom = target(provider="openai", base_url="https://api.openai.com", ids=(("generation_id", GENERATION),))
    plan = expand(catalogue(content, artefacts=(artefact(), videos)), [whom], Scope())
    assert {one.url.split("?")[0] for one in plan.probes} == {f"https://api.openai.com/v1/videos/{GENERATION}/content"}
