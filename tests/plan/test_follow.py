"""The next rounds: captured ids, found links, controls and other auth forms."""

from __future__ import annotations

from probe.frozen import replace
from probe.model import (
    AuthForm,
    Capture,
    Control,
    Credential,
    CredentialKind,
    JsonValue,
    Link,
    Note,
    Observation,
    Purpose,
    Role,
    Wanted,
)
from probe.plan import Scope, bind, controls, expand, leftovers, links, reauthorise
from tests.factories import AZURE, GENERATION, NOW, exchange, observation, response, target
from tests.plan.catalogues import catalogue

JOBS = "contoso/azure.sora1.jobs@preview"
JOB = "contoso/azure.sora1.job@preview"
VIDEO = "contoso/azure.sora1.content-video@preview"


def listing(plan, items: list[tuple[str, str, int]]) -> Observation:
    """The list of jobs: (job id, status, created_at), each with one generation."""
    probe = next(one for one in plan.probes if one.id == JOBS)
    values, captures = [], []
    for at, (job, status, created) in enumerate(items):
        values += [
            JsonValue(f"$.data[{at}].id", job),
            JsonValue(f"$.data[{at}].status", status),
            JsonValue(f"$.data[{at}].created_at", str(created)),
        ]
        captures += [
            Capture("job_id", job, f"$.data[{at}].id"),
            Capture("generation_id", job.replace("task", "gen"), f"$.data[{at}].generations[0].id"),
        ]
    return observation(probe, response(values=tuple(values)), captures=tuple(captures))


def test_the_newest_finished_job_of_a_list_is_chosen() -> None:
    plan = expand(catalogue(), [target()], Scope())
    seen = {
        JOBS: listing(
            plan,
            [
                ("task_old", "succeeded", 1_760_000_000),
                ("task_new", "succeeded", 1_760_009_000),
                ("task_run", "running", 1_760_009_999),
            ],
        )
    }
    bound = {probe.id: probe for probe in bind(catalogue(), [target()], plan.probes, seen, NOW)}
    assert bound[VIDEO].url == f"{AZURE}/openai/v1/video/generations/gen_new/content/video?api-version=preview"
    assert bound[JOB].ids == (("job_id", "task_new"),)
    assert bound[VIDEO].needs == ()


def test_an_answer_about_the_users_own_job_wins_over_a_listing() -> None:
    whom = target(ids=(("job_id", "task_mine"),))
    plan = expand(catalogue(), [whom], Scope())
    own = next(one for one in plan.probes if one.id == JOB)
    seen = {
        JOBS: listing(plan, [("task_other", "succeeded", 1_760_009_000)]),
        JOB: observation(own, response(), captures=(Capture("generation_id", "gen_mine", "$.generations[0].id"),)),
    }
    bound = {probe.id: probe for probe in bind(catalogue(), [whom], plan.probes, seen, NOW)}
    assert "gen_mine" in bound[VIDEO].url


def test_a_listing_never_replaces_the_users_own_id() -> None:
    whom = target(ids=(("job_id", "task_mine"),))
    plan = expand(catalogue(), [whom], Scope())
    assert bind(catalogue(), [whom], plan.probes, {JOBS: listing(plan, [("task_other", "succeeded", 1_760_009_000)])}, NOW) == ()


def test_an_error_answer_gives_no_ids_and_what_still_waits_is_said() -> None:
    plan = expand(catalogue(), [target()], Scope())
    bad = replace(listing(plan, [("task_x", "succeeded", 1)]), exchanges=(exchange(None, response(404)),))
    assert bind(catalogue(), [target()], plan.probes, {JOBS: bad}, NOW) == ()
    reasons = {one.probe_id: one.reason for one in leftovers(plan.probes, {JOBS: bad})}
    assert reasons[VIDEO] == Note("id-not-given", (("names", "generation_id"),))
    assert JOBS not in reasons


def test_every_generation_of_the_users_job_is_asked_for() -> None:
    """The first generation may be lost while the second can be downloaded."""
    whom = target(ids=(("job_id", "task_mine"),))
    plan = expand(catalogue(), [whom], Scope())
    own = next(one for one in plan.probes if one.id == JOB)
    gave = tuple(Capture("generation_id", f"gen_{at}", f"$.generations[{at}].id") for at in range(3))
    seen = {JOB: observation(own, response(), captures=gave)}
    bound = bind(catalogue(), [whom], plan.probes, seen, NOW)
    everything = {one.id: one for one in (*plan.probes, *bound)}
    further = bind(catalogue(), [whom], tuple(everything.values()), seen, NOW)
    assert {one.id: dict(one.ids)["generation_id"] for one in (*bound, *further) if one.id.startswith(VIDEO)} == {
        VIDEO: "gen_0",
        f"{VIDEO}~2": "gen_1",
        f"{VIDEO}~3": "gen_2",
    }
    assert not any("~" in one.id and "azure.sora1.content@" in one.id for one in further), "a refuted route is not asked again"


def test_a_listing_gives_one_id_only() -> None:
    """Its other items are other people's jobs."""
    plan = expand(catalogue(), [target()], Scope())
    seen = {JOBS: listing(plan, [("task_a", "succeeded", 1_760_009_000), ("task_b", "succeeded", 1_760_000_000)])}
    bound = bind(catalogue(), [target()], plan.probes, seen, NOW)
    everything = {one.id: one for one in (*plan.probes, *bound)}
    assert not [one.id for one in bind(catalogue(), [target()], tuple(everything.values()), seen, NOW) if "~" in one.id]


def test_the_likeliest_links_are_followed_and_webhooks_never() -> None:
    probe, _seen = found(Link(AZURE, "$.url", same_origin=True))
    named = ("webhook_url", "callback_url", "documentation_url", "cancel_url", "thumbnail_url", "status_url", "video_url")
    answer = response(links=tuple(Link(f"https://cdn.example.com/{key}", f"$.{key}", same_origin=False) for key in named))
    followed = links([probe], {VIDEO: observation(probe, answer)}, [target()], 10)
    assert [one.url.rpartition("/")[2] for one in followed] == ["video_url", "status_url", "thumbnail_url"]


def found(link: Link, **changes):
    plan = expand(catalogue(), [target(ids=(("generation_id", GENERATION),))], Scope())
    probe = next(one for one in plan.probes if one.id == VIDEO)
    return probe, {VIDEO: observation(probe, response(**changes, links=(link,)))}


def test_a_link_is_followed_as_given_and_with_the_api_version() -> None:
    probe, seen = found(Link(f"{AZURE}/files/x", "header:Location", same_origin=True))
    first, second = links([probe], seen, [target()], 10)
    assert (first.url, first.variant, first.auth, first.of) == (f"{AZURE}/files/x", "as given", AuthForm.API_KEY, VIDEO)
    assert (second.url, second.variant) == (f"{AZURE}/files/x?api-version=preview", "with api-version")


def test_a_link_to_another_origin_gets_no_credential_and_no_version() -> None:
    probe, seen = found(Link("https://cdn.example.com/x.mp4", "$.video_url", same_origin=False))
    (only,) = links([probe], seen, [target()], 10)
    assert (only.auth, only.api_version, only.purpose) == (AuthForm.NONE, None, Purpose.LINK)


def test_a_blob_link_gets_the_storage_token_if_one_was_given() -> None:
    probe, seen = found(Link("https://acct.blob.core.windows.net/c/x.jsonl", "$.output_blob", same_origin=False))
    whom = target(credentials=(Credential("S", CredentialKind.STORAGE_TOKEN),))
    assert [one.auth for one in links([probe], seen, [whom], 10)] == [AuthForm.STORAGE]
    assert [one.auth for one in links([probe], seen, [target()], 10)] == [AuthForm.NONE]


def test_refused_links_links_of_errors_and_paging_are_not_followed() -> None:
    for link, changes in (
        (Link("file:///etc/passwd", "$.url", same_origin=False, refused="scheme file"), {}),
        (Link(f"{AZURE}/docs", "$.url", same_origin=True), {"status_code": 404}),
        (Link(f"{AZURE}/list?after=x", "$.next_page", same_origin=True), {}),
    ):
        probe, seen = found(link, **changes)
        assert links([probe], seen, [target()], 10) == ()


def test_links_in_a_row_are_bounded() -> None:
    probe, seen = found(Link(f"{AZURE}/a?api-version=preview", "header:Location", same_origin=True), status_code=302)
    chain = [probe]
    for at in range(5):
        new = links(chain, seen, [target()], 3)
        if not new:
            break
        (one,) = new
        chain.append(one)
        seen[one.id] = observation(
            one, response(302, links=(Link(f"{AZURE}/a{at}?api-version=preview", "header:Location", same_origin=True),))
        )
    assert len(chain) == 4


def control(kind: Control, **changes):
    whom = target(ids=(("generation_id", GENERATION),))
    plan = expand(catalogue(), [whom], Scope())
    return controls([Wanted(VIDEO, control=kind, **changes)], catalogue(), [whom], plan.probes)


def test_each_control_differs_from_its_probe_in_one_thing() -> None:
    base = f"{AZURE}/openai/v1/video/generations/{GENERATION}/content/video?api-version=preview"
    (route,) = control(Control.BOGUS_ROUTE)
    assert (
        route.url.startswith(f"{AZURE}/openai/v1/")
        and route.url.endswith("?api-version=preview")
        and "generations" not in route.url
    )
    (bogus,) = control(Control.BOGUS_ID)
    assert bogus.url == base.replace(GENERATION, "gen_00000000000000000000000000")
    assert bogus.role is Role.DOWNLOAD
    (version,) = control(Control.BOGUS_VERSION)
    assert version.url == base.replace("=preview", "=1999-01-01-probe")
    (bare,) = control(Control.NO_CREDENTIAL)
    assert (bare.url, bare.auth) == (base, AuthForm.NONE)
    (models,) = control(Control.MODELS)
    assert models.url == f"{AZURE}/openai/v1/models?api-version=preview"
    for one in (route, bogus, version, bare, models):
        assert (one.purpose, one.of, one.id) == (Purpose.CONTROL, VIDEO, f"{VIDEO}+{one.control}")


def test_a_bogus_id_leaves_the_host_alone() -> None:
    ids = (("account", "batches1"), ("container", "output"))
    plan = expand(catalogue(), [target(ids=(("generation_id", GENERATION),))], Scope())
    (probe,) = [one for one in plan.probes if one.id == VIDEO]
    blob = replace(probe, endpoint="", url="https://batches1.blob.core.windows.net/output/results.jsonl", ids=ids)
    (bogus,) = controls([Wanted(VIDEO, control=Control.BOGUS_ID)], catalogue(), [target()], [blob])
    assert bogus.url == "https://batches1.blob.core.windows.net/000000/results.jsonl"
    assert bogus.ids == (("account", "batches1"), ("container", "000000"))


def test_a_bogus_route_is_another_one_each_time() -> None:
    assert control(Control.BOGUS_ROUTE)[0].url != control(Control.BOGUS_ROUTE)[0].url


def test_an_accepted_auth_form_sends_what_was_denied_again() -> None:
    whom = target(ids=(("generation_id", GENERATION),))
    plan = expand(catalogue(), [whom], Scope())
    (tried,) = controls([Wanted(VIDEO, auth=AuthForm.BEARER)], catalogue(), [whom], plan.probes)
    assert (tried.id, tried.purpose, tried.auth) == (f"{VIDEO}+auth-bearer", Purpose.AUTH, AuthForm.BEARER)
    seen = {probe.id: observation(probe, response(401)) for probe in plan.probes if not probe.needs}
    seen[tried.id] = observation(tried, response(200))
    again = reauthorise([*plan.probes, tried], seen)
    assert {probe.id for probe in again} == {f"{key}+bearer" for key in seen if key != tried.id}
    seen |= {probe.id: observation(probe, response(401)) for probe in again}
    assert reauthorise([*plan.probes, tried, *again], seen) == ()
    seen[tried.id] = observation(tried, response(401))
    assert reauthorise([*plan.probes, tried], seen) == ()
