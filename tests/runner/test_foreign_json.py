"""No shape of JSON costs an exchange, and no fault of ours takes a path of the machine into a report."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.model import CaptureRule, Observation
from probe.redact import Redactor
from probe.runner import faults
from probe.runner.links import links_in_json, strings
from probe.runner.memory import Memory
from probe.runner.networks import Networks
from probe.runner.orders import Orders
from probe.runner.recorder import Recorder, bug_text
from probe.transport import WireAnswer, WireRequest
from tests import factories
from tests.loopback import answer, serving
from tests.runner.helpers import QUICK, SECRETS, observe, probe, target

WORDS = ("error", "errors", "data", "status", "code", "message", "innererror", "detail", "loc", "msg", "statusCode", "id", "url")
KEYS = st.sampled_from((*WORDS, "urls", "resultJson", "links", "error_description", "type"))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["failed", "Failed", "https://x.example/y", "/v1/z", '{"url":5}', "[[", "\ud800", "9" * 500])
)
SHAPES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def recorder() -> Recorder:
    lab = {"lab": target("http://127.0.0.1:9")}
    memory, redactor = Memory(), Redactor(SECRETS)
    orders = Orders(
        targets=lab, secrets=SECRETS, target_headers={}, memory=memory, networks=Networks(), limits=QUICK, allow_billable=False
    )
    rules = (CaptureRule("generation_id", ("$.data[*].id", "$..id", "$.error.code")),)
    endpoints = {"e": factories.endpoint(id="e", captures=rules)}
    return Recorder(limits=QUICK, redactor=redactor, memory=memory, orders=orders, targets=lab, endpoints=endpoints, artefacts={})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SHAPES, st.sampled_from([200, 206, 302, 400, 404, 500]), st.sampled_from(["application/json", "text/plain", "video/mp4"]))
def test_every_shape_is_recorded_without_a_fault(value: Any, status_code: int, media_type: str) -> None:
    content = json.dumps(value).encode("utf-8", "surrogatepass")
    seen = WireAnswer(status_code=status_code, headers=(("Content-Type", media_type),), content=content, is_whole=True)
    url = "http://127.0.0.1:9/x"
    exchange, _captures, bug = recorder().record(probe(url, endpoint="e"), WireRequest("GET", url, ()), seen, 1, datetime.now(UTC))
    assert bug is None
    assert exchange.response is not None and exchange.response.status_code == status_code


def test_answers_that_are_alike_are_one_response_and_what_was_masked_is_counted_each_time() -> None:
    recording, redactor = recorder(), Redactor(SECRETS)
    secret = next(iter(SECRETS.values()))
    for message, is_one in (("no such route", True), (f"your key {secret} is wrong", False)):
        body = json.dumps({"error": {"code": "404", "message": message}, "url": "/v1/next"}).encode()
        seen = WireAnswer(status_code=404, headers=(("Content-Type", "application/json"),), content=body, is_whole=True)
        before = recording._redactor.mask_count
        urls = [f"http://127.0.0.1:9/{number}" for number in range(3)]
        made = [recording.record(probe(url), WireRequest("GET", url, ()), seen, 1, datetime.now(UTC))[0] for url in urls]
        assert len({id(one.response) for one in made}) == 1
        assert made[0].response is not None and made[0].response.error_message == redactor.text(message)
        assert recording._redactor.mask_count - before == (0 if is_one else 3)


@pytest.mark.parametrize(
    "text", ["/v1/x", "https://else.example/y", "//else.example/z", "next", "?page=2", "//?page=2", "http:x", "/\t/?q"]
)
def test_links_that_are_joined_together_are_those_that_are_joined_alone(text: str) -> None:
    shared = recorder()
    for path in ("/a/b?c=d", "/e/f/"):
        url = f"http://127.0.0.1:9{path}"
        seen = WireAnswer(status_code=302, headers=(("Location", text),), is_whole=True)
        together, alone = (
            one.record(probe(url), WireRequest("GET", url, ()), seen, 1, datetime.now(UTC))[0] for one in (shared, recorder())
        )
        assert together.response is not None and alone.response is not None
        assert [link.url for link in together.response.links] == [link.url for link in alone.response.links] == [urljoin(url, text)]


@settings(max_examples=300, deadline=None)
@given(SHAPES, st.sampled_from([200, 400]))
def test_every_shape_is_read_for_errors_and_links(value: Any, status_code: int) -> None:
    found = faults.fault_in_json(value, status_code)
    assert all(part is None or isinstance(part, str) for part in (found.code, found.type, found.message))
    assert all(isinstance(text, str) for _place, text in links_in_json(strings(value)))


@pytest.mark.parametrize("errors", [5, {"data": 5}, {"data": "x"}, {"data": {"a": 1}}, {"data": [5]}, {"data": None}, []])
@pytest.mark.anyio
async def test_a_failed_batch_with_errors_of_any_shape_keeps_its_exchange(errors: Any) -> None:
    body = json.dumps({"status": "failed", "errors": errors}).encode()
    async with serving(answer(body)) as server:
        (seen,) = await observe(server.url, [probe(f"{server.url}/x")])
    assert seen.bug is None
    assert seen.response is not None and seen.response.status_code == 200


@pytest.mark.anyio
async def test_a_fault_of_ours_costs_neither_status_nor_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> faults.Fault:
        raise TypeError("no such thing in /home/somebody/probe/faults.py or C:\\Users\\somebody\\x.py")

    monkeypatch.setattr("probe.runner.faults.fault_in_json", broken)
    async with serving(answer(b'{"a":1}', "404 Not Found", "apim-request-id: abc", "X-Y: z")) as server:
        (seen,) = await observe(server.url, [probe(f"{server.url}/x")])
    assert seen.response is not None
    assert (seen.response.status_code, seen.response.request_ids) == (404, (("apim-request-id", "abc"),))
    assert ("X-Y", "z") in seen.response.headers
    assert_pathless(seen)
    assert "TypeError: no such thing in" in (seen.bug or "")


@pytest.mark.anyio
async def test_a_fault_before_the_wire_names_no_path_either() -> None:
    async with serving(answer(b"{}")) as server:
        (seen,) = await observe(server.url, [probe(f"{server.url}/x", target="nobody")])
    assert "KeyError" in (seen.bug or "")
    assert_pathless(seen)


def test_the_text_of_a_fault_keeps_what_helps() -> None:
    try:
        faults.fault_in_xml(5, 200)  # type: ignore[arg-type]
    except TypeError as exc:
        assert bug_text(exc).startswith("TypeError: ") and "in faults.fault_in_xml:" in bug_text(exc)


def assert_pathless(seen: Observation) -> None:
    assert seen.bug is not None
    assert "/" not in seen.bug and "\\" not in seen.bug and "Traceback" not in seen.bug
