"""The head: one shape for every outcome, the service's own words in quotes, one line for each of several things."""

from __future__ import annotations

from datetime import timedelta

import pytest

from probe.diagnoses import headline, next_step
from probe.formats import FORMATS
from probe.formats.ticket import MOST
from probe.frozen import replace
from probe.model import (
    Answer,
    Diagnosis,
    Evidence,
    Note,
    Observation,
    Outcome,
    Purpose,
    Report,
    Response,
    Target,
    Verdict,
)
from probe.verdict import judge
from probe.view.head import badge, head
from probe.view.page import View
from tests import factories as make
from tests.each import each
from tests.formats.large import large_report
from tests.formats.rich import denied_report, rich_report
from tests.scanning import scan, world

ASK = Note("text", (("text", "Ask them."),))
NOTHING = Note("text", (("text", "Nothing was asked"),))
MESSAGE = "Access denied due to invalid subscription key."


def facts(report: Report) -> dict[str, str]:
    return {one.label: one.text for one in head(View(report))}


def one_answer(answer: Response, outcome: Outcome, code: str = "x", **verdict: str) -> Report:
    probe = make.probe()
    evidence = make.evidence((probe, make.observation(probe, answer)), artefacts=(make.artefact(),))
    found = Verdict(probe.id, make.worded(code, outcome, "it is so"), **verdict)
    return replace(
        denied_report(),
        evidence=evidence,
        verdicts=(found,),
        decisive=(probe.id,),
        answer=Answer.UNDECIDED,
        asks=(ASK,),
    )


def evidence_of(*targets: Target, ids: tuple[str, ...] = (make.GENERATION,)) -> Evidence:
    seen = []
    for target in targets:
        for value in ids:
            url = f"{target.base_url}/openai/v1/video/generations/{value}/content/video?api-version=preview"
            probe = make.probe(id=f"{target.name}/{value}", target=target.name, url=url, ids=(("generation_id", value),))
            seen.append((probe, make.observation(probe, make.mp4_response() if target.name == "good" else make.route_404())))
    return make.evidence(*seen, targets=targets, endpoints=(make.endpoint(),), artefacts=(make.artefact(),))


def test_every_part_has_its_label_and_the_decisive_request_is_named() -> None:
    answer = make.response(401, error_message=MESSAGE, error_code="401", region="East US 2")
    told = facts(one_answer(answer, Outcome.DENIED, answered_by="azure-openai"))
    assert told == {
        "RESULT": "Blocked: it is so",
        "RESOURCE": f"{make.AZURE}   REGION East US 2   ANSWERED BY Azure OpenAI",
        "ARTEFACT": f"Azure Sora 1 video {make.GENERATION}",
        "TRIED": f"GET /openai/v1/video/generations/{make.GENERATION}/content/video?api-version=preview",
        "RESPONSE": f'401 "{MESSAGE}"',
        "REQUEST": "apim-request-id 7a1b0c1e-0000-4000-8000-000000000001 at 2026-11-20T14:03:11.000Z",
        "DO": next_step(denied_report()),
    }


@each(
    [
        (Outcome.WORKS, "download-proved", "Works"),
        (Outcome.DENIED, "azure-key-wrong", "Blocked"),
        (Outcome.PENDING, "job-pending", "Not ready yet"),
        (Outcome.EXPIRED, "artefact-expired", "Expired"),
        (Outcome.RETIRED, "model-retired", "Retired"),
        (Outcome.NOT_FOUND, "azure-route-unknown", "No route"),
        (Outcome.NOT_FOUND, "job-failed", "No artefact"),
        (Outcome.NOT_FOUND, "no-file-produced", "No artefact"),
        (Outcome.INCONCLUSIVE, "html-instead-of-json", "Not the API"),
        (Outcome.NOT_FOUND, "id-unknown", "Not found"),
        (Outcome.THROTTLED, "throttled", "Throttled"),
        (Outcome.INCONCLUSIVE, "not-the-api", "Not decided"),
        (None, "", "Not decided"),
    ]
)
def test_the_badge_says_what_the_diagnosis_means(outcome: Outcome | None, code: str, word: str) -> None:
    assert badge(outcome, code) == word


@pytest.mark.parametrize(
    ("outcome", "owner", "is_asked"),
    [
        (Outcome.DENIED, None, False),
        (Outcome.EXPIRED, None, False),
        (Outcome.SERVER_ERROR, None, True),
        (Outcome.NOT_FOUND, None, True),
        (Outcome.NOT_FOUND, "caller", False),
        (Outcome.DENIED, "gateway-operator", True),
    ],
)
def test_others_are_asked_only_where_they_must_act(outcome: Outcome, owner: str | None, *, is_asked: bool) -> None:
    report = one_answer(make.response(404, error_message=MESSAGE), outcome)
    report = replace(report, verdicts=(replace(report.verdicts[0], owner=owner),))
    assert ("ASK" in facts(report)) is is_asked


def test_nobody_is_asked_about_a_request_that_reached_no_one() -> None:
    probe = make.probe()
    report = one_answer(make.response(500), Outcome.SERVER_ERROR)
    seen = Observation(probe.id, (make.exchange(probe, failure="connection_refused"),))
    report = replace(report, evidence=make.evidence((probe, seen)))
    told = facts(report)
    assert "ASK" not in told
    assert told["RESPONSE"] == "connection_refused"


def test_a_web_page_and_a_bare_code_are_quoted_too() -> None:
    page = make.response(200, media_type="text/html", title="Not found", error_message=None)
    assert facts(one_answer(page, Outcome.INCONCLUSIVE))["RESPONSE"] == '200 · text/html · "Not found"'
    bare = make.response(404, error_code="ResourceNotFound")
    assert facts(one_answer(bare, Outcome.NOT_FOUND))["RESPONSE"] == '404 "ResourceNotFound"'


def test_several_resources_have_a_line_each_and_no_single_winner() -> None:
    good, bad = make.target(name="good"), make.target(name="bad", base_url="https://other.openai.azure.com")
    report = judge(evidence_of(good, bad), make.NOW + timedelta(seconds=1))
    [result] = [one for one in head(View(report)) if one.label == "RESULT"]
    assert result.lines[0] == "1 of 2 can be downloaded"
    assert [line.split()[0] for line in result.lines[1:]] == ["good", "bad"]
    assert "Works: GET /openai/v1/" in result.lines[1]
    told = {one.label: one.lines for one in head(View(report))}
    assert "TRIED" not in told
    assert [line.split("   ")[0] for line in told["RESOURCE"]] == [f"{one.name} = {one.base_url}" for one in (good, bad)]
    assert [line.split()[0] for line in told["REQUEST"]] == ["bad"]
    assert told["DO"][0] == "good  Run the command below."
    assert all(line.startswith("bad  ") for line in told["DO"][1:])


@pytest.mark.parametrize(
    ("code", "outcome", "values", "result", "response"),
    [
        ("azure-key-wrong", Outcome.DENIED, {"said": MESSAGE}, "Blocked: contoso rejected the key (401)", f'401 "{MESSAGE}"'),
        ("azure-firewall", Outcome.DENIED, {}, "Blocked by the firewall of the resource contoso (401)", f'401 "{MESSAGE}"'),
        ("throttled-requests", Outcome.THROTTLED, {}, "contoso is throttling requests (401)", f'401 "{MESSAGE}"'),
        ("job-pending", Outcome.PENDING, {"word": "running"}, "Not ready yet: the job has not finished", '401 · state "running"'),
    ],
)
def test_no_fact_stands_twice_in_the_head(code: str, outcome: Outcome, values: dict[str, str], result: str, response: str) -> None:
    answer = make.response(401, error_message="" if "word" in values else MESSAGE, error_code=None, media_type=None)
    report = one_answer(answer, outcome)
    given = {"target": "contoso", "status": "401", "resource": make.AZURE, **values}
    found = Diagnosis(code, outcome, tuple(given.items()))
    told = facts(replace(report, verdicts=(replace(report.verdicts[0], diagnosis=found),)))
    assert (told["RESULT"], told["RESPONSE"]) == (result, response)


def test_a_link_is_told_with_the_request_that_named_it_and_without_its_signature() -> None:
    named, link = (
        make.probe(),
        replace(make.probe(), id="link", of=make.probe().id, purpose=Purpose.LINK, url="https://x.invalid/v.mp4?sig=REDACTED"),
    )
    seen = ((named, make.observation(named, make.response(302))), (link, make.observation(link, make.mp4_response())))
    report = replace(one_answer(make.response(200), Outcome.WORKS), evidence=make.evidence(*seen), decisive=("link",))
    assert facts(report)["TRIED"].partition(" → ")[2].startswith("GET https://x.invalid/v.mp4 (and")


def test_several_ids_have_a_line_each() -> None:
    target = make.target(name="good", ids=(("generation_id", "gen_one"), ("generation_id", "gen_two")))
    report = judge(evidence_of(target, ids=("gen_one", "gen_two")), make.NOW + timedelta(seconds=1))
    [result] = [one for one in head(View(report)) if one.label == "RESULT"]
    assert [("gen_one" in line, "gen_two" in line) for line in result.lines[1:]] == [(True, False), (False, True)]


@pytest.mark.parametrize("name", ["wrong-key", "expired", "retired", "throttled", "firewall"])
def test_the_head_of_a_world_quotes_the_service_in_every_format(name: str, tmp_path) -> None:
    with world(name) as server:
        report = scan(server, tmp_path).report
    told = facts(report)
    quoted = told["RESPONSE"].partition('"')[2].rstrip('"…')
    assert len(quoted) > 10
    assert "Not decided" not in told["RESULT"]
    assert told["RESOURCE"].startswith(server.url)
    for form in ("terminal", "markdown", "ticket", "html"):
        text = " ".join(FORMATS.load(form)(report).replace("&#39;", "'").split())
        assert quoted[:40] in text, form
        assert told["REQUEST"].split()[1] in text, form


@pytest.mark.parametrize(
    "report", [rich_report(), denied_report(), large_report(1000), one_answer(make.response(500), Outcome.SERVER_ERROR)]
)
def test_a_ticket_fits_into_a_form_and_holds_the_head(report: Report) -> None:
    text = FORMATS.load("ticket")(report)
    assert len(text) <= MOST
    assert text.startswith("RESULT    ")
    assert "Contains no secrets." in text


def test_a_thumbnail_is_not_counted_as_the_file() -> None:
    rich = rich_report()
    beside = Note("ranked-documented", (("stage", "stage-preview"), ("delivery", "beside-the-file")))
    whole = Note("ranked-documented", (("stage", "stage-preview"), ("delivery", "the-file-itself")))
    first, *others = rich.working
    report = replace(rich, decisive=(first,), ranking=((first, whole), *((one, beside) for one in others)))
    assert others
    assert facts(report)["RESULT"] == "Works: this request returns the file"


@pytest.mark.parametrize(
    ("frame", "said", "headline_"),
    [
        ("headline-blocked", "Blocked by the firewall of the resource (403)", "Blocked by the firewall of the resource (403)"),
        ("headline-blocked", "lab rejected the key (401)", "Blocked: lab rejected the key (401)"),
        ("headline-throttled", "lab is throttling requests (429)", "lab is throttling requests (429)"),
        ("headline-pending", "The job has not finished", "Not ready yet: the job has not finished"),
    ],
)
def test_the_headline_of_machines_opens_as_the_head_does(frame: str, said: str, headline_: str) -> None:
    denied = denied_report()
    verdict = Verdict(denied.verdicts[0].probe_id, make.worded("x", Outcome.DENIED, said))
    assert headline(replace(denied, headline=Note(frame), verdicts=(verdict,), main=verdict.probe_id)) == headline_


def test_a_head_of_nothing_says_so() -> None:
    told = facts(replace(denied_report(), evidence=make.evidence(), verdicts=(), headline=NOTHING))
    assert told["RESULT"] == "Not decided: Nothing was asked"
