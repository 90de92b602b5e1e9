"""The answer of a whole scan: works, none or undecided; the best route; the customer's change; what concerns all probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from probe.diagnoses import decided_by, headline, next_step, remedy, summary, tell
from probe.formats import html, markdown
from probe.frozen import replace
from probe.model import (
    Answer,
    AuthForm,
    Control,
    Diagnosis,
    Exchange,
    Finding,
    Observation,
    Probe,
    Purpose,
    Response,
    Role,
    Standing,
    TlsFacts,
)
from probe.verdict import findings
from probe.verdict.case import ScanFacts
from tests.each import each
from tests.factories import AZURE, GENERATION, NOW, exchange, mp4_response, observation, target
from tests.verdict.cases import (
    CONTENT,
    CONTENT_VIDEO,
    ENDPOINTS,
    FILE,
    HEAD,
    JOB,
    LIST,
    METADATA,
    OPENAI_VIDEO,
    ROUTE_404,
    SAYS_MOVED,
    SORA1_JOB,
    ask,
    beside,
    error,
    json_answer,
    link,
    page,
    plain,
    report,
    seen,
)

DENIED = error(401, "Access denied due to invalid subscription key or wrong API endpoint.", "401")
Pair = tuple[Probe, Observation]
METADATA_OK = seen(ask(METADATA), json_answer(("$.id", GENERATION)))


def failing(url: str, answer: Response, **changes: object) -> Pair:
    of = ask(endpoint="", ids=(), url=url, id="contoso/failing-url", api_version=None, purpose=Purpose.FAILING_URL)
    return seen(replace(of, **changes), answer)


UNDECIDED = [
    [seen(ask(), DENIED)],
    [seen(ask(), plain(429))],
    [seen(ask(), plain(500))],
    [seen(ask(), None, "connection_refused")],
    [seen(ask(), page(200))],
    [seen(ask(), plain(202))],
    [seen(ask(), ROUTE_404), seen(ask(CONTENT_VIDEO, api_version=None), DENIED)],
    [seen(ask(), ROUTE_404), seen(ask(SORA1_JOB), json_answer(("$.status", "running")))],
    [seen(ask(METADATA), json_answer(("$.id", "x"), links=(link("https://a.b/c"),)))],
    [seen(ask(), ROUTE_404), seen(ask(LIST), DENIED)],
    [METADATA_OK],
    [(ask(needs=("generation_id",)), Observation("x"))],
    [seen(ask(), ROUTE_404), (ask(CONTENT), Observation("x"))],
    [(ask(needs=("generation_id",)), Observation("x")), seen(ask(LIST), json_answer(("$.data[0].id", "x")))],
    [],
]
NONE = [
    [seen(ask(), ROUTE_404)],
    [seen(ask(), ROUTE_404), (ask(METADATA, needs=("generation_id",)), Observation("x"))],
    [METADATA_OK, seen(ask(), SAYS_MOVED), seen(ask(CONTENT), ROUTE_404)],
    [seen(ask(SORA1_JOB), json_answer(("$.status", "failed"))), seen(ask(), plain(500))],
    [seen(ask(), error(404, "The generation has expired")), seen(ask(CONTENT_VIDEO, api_version=None), plain(500))],
    [seen(ask(OPENAI_VIDEO, at="openai"), plain(410))],
    [seen(ask(), ROUTE_404), seen(ask(HEAD, method="HEAD"), plain(500))],
    [seen(ask(), error(400, "Not allowed to download files of purpose: assistants"))],
    [seen(ask(), ROUTE_404), seen(ask(LIST), page(200))],
]


@each(UNDECIDED)
def test_what_may_still_work_leaves_the_answer_open(pairs: list[Pair]) -> None:
    assert report(*pairs).answer is Answer.UNDECIDED


@each(NONE)
def test_everything_judged_and_nothing_downloadable_is_an_answer(pairs: list[Pair]) -> None:
    found = report(*pairs)
    assert found.answer is Answer.NONE
    assert headline(found).startswith("No download route works: ")
    assert found.asks


def test_one_proof_is_enough_whatever_else_failed() -> None:
    found = report(seen(ask(), mp4_response()), seen(ask(CONTENT), DENIED), seen(ask(METADATA), plain(500)))
    assert (found.answer, found.asks) == (Answer.WORKS, ())
    assert (
        headline(found)
        == f"GET /openai/v1/video/generations/{GENERATION}/content/video?api-version=preview works on contoso.openai.azure.com"
    )


def test_a_control_that_gets_the_bytes_is_no_working_route() -> None:
    of = ask()
    found = report(seen(of, mp4_response()), beside(of, Control.BOGUS_ID, mp4_response()))
    assert (found.answer, found.working) == (Answer.UNDECIDED, ())


def test_followed_links_speak_for_the_answer_that_named_them() -> None:
    parent = ask(METADATA)
    child = replace(
        ask(id="contoso/m+link1", url="https://x.blob.core.windows.net/v?sig=REDACTED&se=2026-11-20T13:00:00Z"),
        purpose=Purpose.LINK,
        of=parent.id,
    )
    gone = error(403, "Signature not valid in the specified time frame", "AuthenticationFailed", shape="xml")
    pairs = (seen(parent, json_answer(("$.id", "x"), links=(link("https://x.blob.core.windows.net/v"),))), seen(child, gone))
    assert report(*pairs).answer is Answer.NONE


def test_the_best_route_is_documented_direct_and_first_in_the_catalogues_order() -> None:
    probes = [
        ask(CONTENT),
        replace(ask(id="contoso/x+link1"), purpose=Purpose.LINK, of="contoso/x"),
        ask(CONTENT_VIDEO, api_version=None),
        ask(CONTENT_VIDEO),
    ]
    found = report(*(seen(one, mp4_response()) for one in probes))
    assert found.working == (*(one.id for one in reversed(probes[1:])), probes[0].id)
    assert tell(dict(found.ranking)[probes[3].id]) == "Documented GA route; returns the file itself."
    assert tell(dict(found.ranking)[probes[1].id]) == "Documented GA route; returns a link to the file."
    assert tell(dict(found.ranking)[probes[0].id]).startswith("Known wrong")


CHANGES = [
    ("/openai/v1/video/generations/{g}/content?api-version=preview", {}, ("path: /content -> /content/video",)),
    ("/openai/v1/video/generations/{g}/content/video?api-version=2024-10-01", {}, ("api-version: 2024-10-01 -> preview",)),
    ("/openai/v1/video/generations/{g}/content/video", {}, ("api-version: (missing) -> preview",)),
    ("/openai/v1/generations/{g}/content/video?api-version=preview", {}, ("path: /v1 -> /v1/video",)),
    ("/openai/v1/videos/{g}/content/video?api-version=preview", {}, ("path: /videos -> /video/generations",)),
    (
        "/openai/v1/video/generations/task_1234567890/content/video?api-version=preview",
        {},
        (f"id: task_1234567890 -> {GENERATION}",),
    ),
    ("/openai/openai/v1/video/generations/{g}/content/video?api-version=preview", {}, ("doubled /openai/openai removed",)),
    ("/openai/v1/openai/v1/video/generations/{g}/content/video?api-version=preview", {}, ("doubled /openai/v1/openai/v1 removed",)),
    ("/v1/video/generations/{g}/content/video?api-version=preview", {}, ("path: /v1 -> /openai/v1",)),
    ("/openai/v1/video/generations/{g}/content/video/raw?api-version=preview", {}, ("path: /video/raw -> /video",)),
    (
        "/openai/v1/video/generations/{g}/content",
        {"auth": AuthForm.BEARER},
        (
            "path: /content -> /content/video",
            "api-version: (missing) -> preview",
            "auth: Authorization: Bearer KEY -> api-key: KEY",
        ),
    ),
]


@each(CHANGES)
def test_the_smallest_change_is_a_list_of_differences(path: str, changes: dict[str, object], expected: tuple[str, ...]) -> None:
    url = AZURE + path.format(g=GENERATION)
    found = report(failing(url, ROUTE_404, **changes), seen(ask(), mp4_response()))
    assert found.failing_url_probe == "contoso/failing-url"
    assert found.smallest_change is not None
    assert (found.smallest_change.from_url, found.smallest_change.to_url) == (url, ask().url)
    assert tuple(map(tell, found.smallest_change.differences)) == expected


def test_the_other_host_is_named() -> None:
    url = f"https://api.openai.com/openai/v1/video/generations/{GENERATION}/content/video?api-version=preview"
    found = report(failing(url, plain(404)), seen(ask(), mp4_response()))
    assert found.smallest_change and tuple(map(tell, found.smallest_change.differences)) == (
        "host: api.openai.com -> contoso.openai.azure.com",
    )


def test_the_fewest_differences_win_among_working_requests() -> None:
    url = AZURE + f"/openai/v1/video/generations/{GENERATION}/content"
    guess = seen(ask(CONTENT, api_version="2024-10-01"), mp4_response())
    found = report(failing(url, DENIED), seen(ask(), mp4_response()), guess)
    assert found.working[0] == ask().id
    assert found.smallest_change and tuple(map(tell, found.smallest_change.differences)) == (
        "api-version: (missing) -> 2024-10-01",
    )


def test_a_url_at_a_host_that_is_no_target_is_compared_without_being_sent() -> None:
    url = f"https://other.openai.azure.com/openai/v1/video/generations/{GENERATION}/content?api-version=preview"
    found = report(seen(ask(), mp4_response()), failing_url=url)
    assert found.failing_url_probe is None
    assert found.smallest_change is not None
    assert tuple(map(tell, found.smallest_change.differences)) == (
        "host: other.openai.azure.com -> contoso.openai.azure.com",
        "path: /content -> /content/video",
    )


def test_a_url_that_works_needs_no_change() -> None:
    of = replace(ask(id="contoso/failing-url"), purpose=Purpose.FAILING_URL)
    found = report(seen(of, mp4_response()))
    assert (found.smallest_change, found.working) == (None, ("contoso/failing-url",))


FINDINGS: list[tuple[list[Pair], str]] = [
    ([seen(ask(), DENIED), seen(ask(CONTENT), DENIED)], "denied-everywhere"),
    ([seen(ask(), plain(429)), seen(ask(CONTENT), plain(429))], "throttled-everywhere"),
    ([seen(ask(), plain(500)), seen(ask(CONTENT), plain(503))], "failing-everywhere"),
    ([seen(ask(), None, "dns_nxdomain_error"), seen(ask(CONTENT), None, "dns_nxdomain_error")], "unreachable-everywhere"),
    ([METADATA_OK, seen(ask(), ROUTE_404), seen(ask(CONTENT), ROUTE_404)], "content-routes-unknown"),
    (
        [
            seen(ask(url=AZURE + "/openai/openai/v1/a"), ROUTE_404),
            seen(ask(METADATA, url=AZURE + "/openai/openai/v1/b"), ROUTE_404),
        ],
        "doubled-openai-everywhere",
    ),
    ([seen(ask(), mp4_response()), beside(ask(), Control.BOGUS_ID, mp4_response())], "answers-everything"),
    ([METADATA_OK, beside(METADATA_OK[0], Control.NO_CREDENTIAL, json_answer(("$.id", "x")))], "no-credential-needed"),
    ([METADATA_OK, beside(METADATA_OK[0], Control.BOGUS_VERSION, json_answer(("$.id", "x")))], "api-version-ignored"),
    (
        [
            seen(ask(), error(404, "The model `sora-2` does not exist", "model_not_found")),
            beside(ask(), Control.MODELS, json_answer(("$.data[0].id", "gpt-5"))),
        ],
        "model-not-listed",
    ),
    ([seen(ask(OPENAI_VIDEO, at="openai"), plain(410))], "kind-past-its-date"),
    ([seen(ask(), plain(404, headers=(("Date", "Fri, 20 Nov 2026 15:00:00 GMT"),)))], "clock-skew"),
    ([seen(ask(), plain(404, headers=(("Age", "3401"),)))], "answer-from-cache"),
    (
        [seen(ask(), mp4_response(), tls=TlsFacts("TLSv1.3", "CN=Zscaler Root CA", "CN=x", "2027", verified=True))],
        "tls-intercepted",
    ),
    ([seen(ask(), mp4_response()), seen(ask(at="openai"), ROUTE_404)], "targets-differ"),
    (
        [
            seen(ask(), DENIED),
            seen(replace(ask(id="contoso/x+auth-bearer", auth=AuthForm.BEARER), purpose=Purpose.AUTH), plain(404)),
        ],
        "auth-form-accepted",
    ),
    (
        [
            seen(ask(), DENIED),
            seen(replace(ask(id="contoso/x+auth-bearer", auth=AuthForm.BEARER), purpose=Purpose.AUTH), DENIED),
        ],
        "auth-forms-refused",
    ),
]


@each(FINDINGS)
def test_findings_about_the_whole_scan(pairs: list[Pair], code: str) -> None:
    found = {one.code: one for one in report(*pairs).findings}
    assert code in found
    assert summary(found[code])


def test_targets_differ_by_their_routes_once_each_and_not_by_a_key_that_is_rejected() -> None:
    works = [seen(ask(api_version=one), mp4_response()) for one in ("preview", "v1")]
    unknown = [seen(ask(at="openai", api_version=one), ROUTE_404) for one in ("preview", "v1")]
    refused = [seen(ask(at="openai", api_version=one), DENIED) for one in ("preview", "v1")]
    told = [summary(one) for one in report(*works, *unknown).findings if one.code == "targets-differ"]
    assert len(told) == 1
    assert told[0].startswith("GET /openai/v1/video/generations/")
    assert "targets-differ" not in {one.code for one in report(*works, *refused).findings}


def test_a_quiet_scan_has_no_findings() -> None:
    moment = (("Date", "Fri, 20 Nov 2026 14:03:10 GMT"),)
    assert report(seen(ask(), mp4_response(headers=moment)), METADATA_OK).findings == ()


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Mon, 00 Jan 0000 00:00:00 GMT",
        "yesterday",
    ],
)
def test_a_date_that_never_was_says_nothing_about_the_clock(date: str) -> None:
    found = report(seen(ask(), mp4_response(headers=(("Date", date),))))
    assert "probe-bug" not in {one.code for one in found.findings}
    assert found.answer is Answer.WORKS


def test_a_broken_finding_costs_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_scan: ScanFacts, _diagnoses: Mapping[str, Diagnosis]) -> Iterator[Finding]:
        raise ZeroDivisionError
        yield

    monkeypatch.setattr(findings, "RULES", (broken, *findings.RULES))
    found = report(seen(ask(), plain(404, headers=(("Date", "Fri, 20 Nov 2026 15:00:00 GMT"),))))
    assert [one.code for one in found.findings] == ["probe-bug", "clock-skew"]


def test_an_accepted_auth_form_explains_every_refusal_of_the_target() -> None:
    accepted = seen(replace(ask(id="contoso/x+auth-bearer", auth=AuthForm.BEARER), purpose=Purpose.AUTH), mp4_response())
    found = report(seen(ask(), DENIED), accepted)
    assert found.verdicts[0].diagnosis.code == "key-in-wrong-header"
    assert remedy(found.verdicts[0].diagnosis) == "Send it as Authorization: Bearer KEY."
    assert found.working == ("contoso/x+auth-bearer",)


def test_an_overloaded_auth_probe_proves_nothing() -> None:
    busy = seen(replace(ask(id="contoso/x+auth-bearer", auth=AuthForm.BEARER), purpose=Purpose.AUTH), plain(503))
    assert report(seen(ask(), DENIED), busy).verdicts[0].diagnosis.code == "azure-key-wrong"


def test_the_headline_names_what_explains_most() -> None:
    pairs = [seen(ask(CONTENT, api_version=version), ROUTE_404) for version in ("preview", None)]
    found = report(seen(ask(), SAYS_MOVED), *pairs)
    assert "does not exist on" in headline(found)
    job = seen(ask(SORA1_JOB), json_answer(("$.id", JOB), ("$.status", "failed")))
    assert "the job failed" in headline(report(job, *pairs))
    assert "job" in tell(report(job, *pairs).asks[0])


def test_an_undecided_headline_names_what_keeps_it_open() -> None:
    waiting = (replace(ask(FILE), needs=("file_id",)), Observation("x"))
    named = (target(ids=(("generation_id", GENERATION),)),)
    found = report(*(seen(ask(CONTENT, api_version=one), ROUTE_404) for one in ("preview", None)), waiting, targets=named)
    assert (found.answer, headline(found)) == (
        Answer.UNDECIDED,
        "Not decided: no file_id was given, and no response named one",
    )
    assert (next_step(found), found.asks) == ("Give it with --id NAME=VALUE.", ())


WAITING = (replace(ask(FILE), needs=("file_id",)), Observation("x"))
UNNAMED = {
    "Not decided: no id was given, and no listing named one": [seen(ask(LIST, ids=()), ROUTE_404), WAITING],
    "Not decided: no id was given, and no listing named one: ": [seen(ask(LIST, ids=()), page(200)), WAITING],
    "Not decided: no id was given, and no item found in the listings can be downloaded: ": [
        seen(ask(LIST, ids=()), json_answer(("$.data[0].id", GENERATION))),
        seen(ask(), error(404, "The generation has expired")),
        WAITING,
    ],
}


@pytest.mark.parametrize(("said", "pairs"), UNNAMED.items())
def test_without_an_id_the_headline_says_so_and_what_the_listings_came_to(said: str, pairs: list[Pair]) -> None:
    found = report(*pairs)
    assert found.answer is Answer.UNDECIDED
    assert headline(found).startswith(said)
    assert (headline(found) == said) is not said.endswith(": ")
    assert "--id VALUE" in next_step(found) or "web page" in headline(found)
    assert "file" not in " ".join(map(tell, found.asks))


def test_a_guessed_listing_that_is_not_there_says_nothing_of_the_download() -> None:
    """Of a self-hosted service nobody documents a listing; that of Azure is, so that its absence decides."""
    guessed = replace(LIST, standing=Standing.UNDOCUMENTED)
    pairs = [seen(ask(LIST, ids=()), ROUTE_404), (ask(needs=("generation_id",)), Observation("x"))]
    assert report(*pairs).answer is Answer.NONE
    found = report(*pairs, endpoints=(*(one for one in ENDPOINTS if one.id != LIST.id), guessed))
    assert (found.answer, headline(found)) == (Answer.UNDECIDED, "Not decided: no id was given, and no listing named one")


def test_the_last_attempt_decides() -> None:
    of = ask()
    attempts: tuple[Exchange, ...] = (
        exchange(of, plain(503)),
        exchange(of, mp4_response(), attempt=2, started_at=NOW + timedelta(seconds=1)),
    )
    assert report((of, observation(of, exchanges=attempts))).answer is Answer.WORKS


def test_probes_that_were_not_sent_say_why() -> None:
    waiting = (ask(needs=("generation_id",)), Observation(ask().id))
    assert report(waiting).verdicts[0].diagnosis.code == "id-missing"
    unsent = (ask(), Observation(ask().id, skip_reason="the limit of requests was reached"))
    assert (report(unsent).verdicts[0].diagnosis.code, summary(report(unsent).verdicts[0].diagnosis)) == (
        "not-sent",
        "the limit of requests was reached",
    )


def test_controls_have_verdicts_of_their_own() -> None:
    of = ask()
    refused = report(seen(of, mp4_response()), beside(of, Control.BOGUS_ID, SAYS_MOVED)).verdicts[1].diagnosis
    accepted = report(seen(of, mp4_response()), beside(of, Control.BOGUS_ID, mp4_response())).verdicts[1].diagnosis
    models = report(seen(of, ROUTE_404), beside(of, Control.MODELS, json_answer(("$.data[0].id", "sora")))).verdicts[1].diagnosis
    assert (refused.code, accepted.code, models.code) == ("control-refused", "control-accepted", "list-answer")


def test_our_own_faults_are_said_and_cost_one_probe_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from probe import verdict as package

    def broken(case: object) -> None:
        raise RuntimeError("boom")

    own = (ask(METADATA), Observation(ask(METADATA).id, (exchange(ask(), plain(200)),), bug="ValueError('x')"))
    assert report(own).verdicts[0].diagnosis.code == "probe-bug"
    monkeypatch.setattr(package, "FAMILIES", (("broken", (broken,)), *package.FAMILIES))
    found = report(seen(ask(), mp4_response()))
    assert (found.verdicts[0].diagnosis.code, found.verdicts[0].diagnosis.outcome.value) == ("probe-bug", "probe_bug")
    assert "boom" in summary(found.verdicts[0].diagnosis)


def test_a_route_is_asked_for_by_its_template_and_the_vendor_by_name() -> None:
    found = report(seen(ask(role=Role.DOWNLOAD), ROUTE_404), endpoints=ENDPOINTS)
    assert tell(found.asks[0]).startswith('Ask Microsoft: which route and api-version deliver "Azure Sora 1 video" for gen_')


def test_a_wrong_key_is_to_be_copied_from_the_very_resource_that_was_asked() -> None:
    """With its scheme and port: the remedy once named https://127.0.0.1 for http://127.0.0.1:33041."""
    lab = target(base_url="http://127.0.0.1:33041")
    url = "http://127.0.0.1:33041/openai/v1/video/generations/gen_x/content/video"
    found = report(seen(ask(url=url), DENIED), targets=(lab,))
    assert "http://127.0.0.1:33041 (Keys and Endpoint)" in remedy(found.verdicts[0].diagnosis)


def test_a_verdict_that_is_not_sure_shows_what_would_decide_it() -> None:
    judged = report(seen(ask(), plain(403)))
    (found,) = [one.diagnosis for one in judged.verdicts]
    (decides, *_others) = decided_by(found)
    assert found.alternatives
    for text in (markdown.render(judged), html.render(judged)):
        assert all(one in text for one in (*found.alternatives, decides.rstrip(".")))
