"""Every code of the registry is reached by judging a case: a recorded answer, or a scan made here of a few answers."""

from __future__ import annotations

from typing import Any

import pytest

from probe.catalogue import load
from probe.diagnoses import DIAGNOSES
from probe.diagnosing import diagnose, knowledge_of
from probe.frozen import replace
from probe.intake import understand
from probe.model import CaptureRule, Control, JsonPath, Note, Observation, Probe, Purpose, Report, Response, Role
from tests.corpus.replay import recorded
from tests.factories import AZURE, GENERATION, endpoint, exchange, mp4_response, response
from tests.verdict.cases import (
    FILE,
    HEAD,
    LIST,
    METADATA,
    OPENAI_VIDEO,
    ROUTE_404,
    SAYS_MOVED,
    TARGETS,
    ask,
    beside,
    error,
    json_answer,
    link,
    plain,
    report,
    seen,
)
from tests.verdict.test_answer import FINDINGS

LINK = replace(ask(id="contoso/link", purpose=Purpose.LINK, link=0, url=AZURE + "/f/1"), of=ask(METADATA).id)
NAMED = json_answer(("$.url", LINK.url), links=(link(LINK.url, "$.url"),))
DOCUMENT = response(200, media_type="application/json", sniffed_type="application/json", body_size=400)
WRONG_KEY = error(401, "Incorrect API key provided: abcd****. You can find yours at platform.openai.com.", "invalid_api_key")

SCANS = [
    [seen(ask(METADATA), json_answer(("$.id", GENERATION))), seen(ask(), SAYS_MOVED)],
    [seen(ask(HEAD), plain(200)), seen(ask(HEAD, api_version=None), plain(404))],
    [seen(ask(), plain(418))],
    [(replace(ask(FILE), needs=("file_id",)), Observation(ask(FILE).id))],
    [seen(ask(), SAYS_MOVED), seen(ask(at="self"), mp4_response())],
    [seen(ask(), error(403, "Your IP is not authorized", "ip_not_authorized"))],
    [seen(ask(OPENAI_VIDEO, at="openai"), WRONG_KEY)],
    [seen(ask(METADATA), NAMED), seen(LINK, mp4_response())],
    [seen(ask(), json_answer(links=(link("http://10.0.0.1/x", refused="private address"),)))],
    [seen(ask(FILE), json_answer(links=(link(LINK.url),))), seen(replace(LINK, of=ask(FILE).id, endpoint=FILE.id), DOCUMENT)],
    [seen(ask(url=AZURE + "/v1/videos"), ROUTE_404)],
    [seen(ask(), plain(501))],
    [
        seen(ask(METADATA), json_answer(("$.id", GENERATION))),
        beside(ask(METADATA), Control.BOGUS_ID, plain(404)),
        seen(ask(ids=(("generation_id", "gen_of_another"),)), plain(404)),
        beside(ask(), Control.BOGUS_ROUTE, plain(404)),
    ],
    [(ask(), Observation(ask().id, skip_reason="the budget was used up"))],
    [(ask(), Observation(ask().id, bug="KeyError: 'x'"))],
    [seen(ask(), plain(302, headers=(("location", "https://elsewhere.example/x"),)))],
    [seen(ask(), mp4_response()), seen(ask(api_version="v1"), ROUTE_404), seen(ask(METADATA, api_version="v1"), DOCUMENT)],
]

NEAR = GENERATION[:-1] + ("a" if GENERATION[-1] != "a" else "b")
UNSERVED_ID = replace(ask(), id="contoso/other_id", endpoint="", ids=(("other_id", "ig_68f10c5428708190"),), needs=("other_id",))
ANNOTATED = endpoint(
    id="azure.container.response", role=Role.STATUS, captures=(CaptureRule("container_id", ("$.output[*].annotations[*].id",)),)
)
REFUSED = response(403, headers=(("X-Squid-Error", "ERR_ACCESS_DENIED 0"),))


def answered(*paths: str, values: tuple[tuple[str, str], ...] = ()) -> Response:
    return json_answer(*values, json_paths=tuple(JsonPath(path, "array") for path in paths))


def broken(failure: str, **changes: Any) -> list[tuple[Probe, Observation]]:
    of = replace(ask(), url=changes.pop("url", ask().url))
    return [(of, Observation(of.id, (exchange(of, None, failure=failure, **changes),)))]


SCANS += [
    [seen(ask(LIST), json_answer(("$.data[0].id", NEAR))), seen(ask(), SAYS_MOVED)],
    [(UNSERVED_ID, Observation(UNSERVED_ID.id))],
    broken("proxy_refused", hop="proxy", proxy_response=REFUSED),
    broken("connection_refused", hop="proxy"),
    broken("proxy_failed", hop="proxy"),
    broken("eof_error", url="http://contoso.openai.azure.com:443/x"),
    broken("ssl_error", failure_detail="[SSL: WRONG_VERSION_NUMBER] wrong version number"),
    broken("ssl_error", failure_detail="[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]"),
]
CONVERSATIONS = [
    answered("$.output", "$.output[*].type", values=(("$.output[0].text", "sandbox:"),)),
    answered("$.output", "$.output[*].type", values=(("$.output[0].annotations[0].type", "file_citation"),)),
    answered("$.output", "$.output[*].type"),
]


def codes(one: Report) -> set[str]:
    return {verdict.diagnosis.code for verdict in one.verdicts} | {found.code for found in one.findings}


PASTES = (
    "https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content?api-version=preview",
    "https://contoso.openai.azure.com/openai/files/file-abc123def456/content?api-version=2024-10-01",
)
"""Requests without a response: what the catalogue alone knows of them."""


def pasted(status: str) -> Report:
    """A scan that was told by a paste, whose request it sent again."""
    again = seen(ask(), ROUTE_404)
    told = {
        "method": "GET",
        "url": again[0].url,
        "status": status,
        "failure": "",
        "words": '"Resource not found"',
        "at": "2026-01-12",
    }
    return report(again, notes=(Note("pasted-response", tuple(told.items())),))


def understood_alone(text: str) -> set[str]:
    shipped = load()
    return {one.code for one in diagnose(shipped, understand(text, knowledge_of(shipped))).findings}


@pytest.mark.xdist_group("corpus")
def test_every_code_is_reached_by_a_case_and_no_other_is_made() -> None:
    replayed = [one for one, _probe in recorded().values()]
    alone = [understood_alone(text) for text in PASTES]
    made = [report(seen(ask(ANNOTATED), one), endpoints=(ANNOTATED,)) for one in CONVERSATIONS]
    made += [pasted("404"), pasted("429"), *(report(*pairs) for pairs in (*SCANS, *(pairs for pairs, _code in FINDINGS)))]
    vantages = tuple(replace(one, base_url=AZURE, vantage=one.name) for one in TARGETS)
    made.append(report(seen(ask(), mp4_response()), seen(ask(at="self"), ROUTE_404), targets=vantages))
    assert set(DIAGNOSES) - set().union(*map(codes, [*replayed, *made]), *alone) == set()
    assert set().union(*map(codes, [*replayed, *made]), *alone) <= set(DIAGNOSES)
