"""Every code of the registry is reached by judging a case: a recorded answer, or a scan made here of a few answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from probe.catalogue import load
from probe.diagnoses import DIAGNOSES
from probe.diagnosing import diagnose, knowledge_of
from probe.intake import understand
from probe.model import Control, Observation, Purpose, Report
from tests.corpus.replay import cases, replay
from tests.factories import AZURE, GENERATION, mp4_response, response
from tests.verdict.cases import (
    FILE,
    HEAD,
    METADATA,
    OPENAI_VIDEO,
    ROUTE_404,
    SAYS_MOVED,
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
        seen(ask(), plain(404)),
        beside(ask(), Control.BOGUS_ROUTE, plain(404)),
    ],
    [(ask(), Observation(ask().id, skip_reason="the budget was used up"))],
    [(ask(), Observation(ask().id, bug="KeyError: 'x'"))],
    [seen(ask(), plain(302, headers=(("location", "https://elsewhere.example/x"),)))],
    [seen(ask(), mp4_response()), seen(ask(api_version="v1"), ROUTE_404), seen(ask(METADATA, api_version="v1"), DOCUMENT)],
]


def codes(one: Report) -> set[str]:
    return {verdict.diagnosis.code for verdict in one.verdicts} | {found.code for found in one.findings}


PASTES = (
    "https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content?api-version=preview",
    "https://contoso.openai.azure.com/openai/files/file-abc123def456/content?api-version=2024-10-01",
)
"""Requests without a response: what the catalogue alone knows of them."""


def understood_alone(text: str) -> set[str]:
    shipped = load()
    return {one.code for one in diagnose(shipped, understand(text, knowledge_of(shipped))).findings}


@pytest.mark.xdist_group("corpus")
def test_every_code_is_reached_by_a_case_and_no_other_is_made() -> None:
    recorded = [one for one, _probe in asyncio.run(replay(cases())).values()]
    pasted = [understood_alone(text) for text in PASTES]
    made = [report(*pairs) for pairs in (*SCANS, *(pairs for pairs, _code in FINDINGS))]
    assert set(DIAGNOSES) - set().union(*map(codes, [*recorded, *made]), *pasted) == set()
    assert set().union(*map(codes, [*recorded, *made]), *pasted) <= set(DIAGNOSES)
