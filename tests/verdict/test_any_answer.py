"""Whatever comes back: the judge never raises, never says `works` without proof, and says the same twice; and it is quick."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.diagnoses import summary
from probe.model import (
    AuthForm,
    Control,
    Embedded,
    Evidence,
    JsonPath,
    JsonValue,
    Link,
    Observation,
    Outcome,
    Probe,
    Purpose,
    Response,
    Role,
)
from probe.verdict import judge, wanted
from probe.verdict.proof import PROVING_TEXT
from tests.factories import GENERATION, NOW, exchange, mp4_response
from tests.growth import assert_linear
from tests.verdict.cases import ENDPOINTS, ROUTE_404, SAYS_MOVED, ask, beside, json_answer, scan, seen

WORDS = (
    "Resource not found",
    "expired",
    "not ready",
    "invalid subscription key",
    "Incorrect API key provided",
    "firewall",
    "api-version",
    "deployment",
    "Cannot GET /x",
    "Model x is enabled only for api versions 2024-12-01-preview",
    "{braces}",
    "%s",
    "",
    "🦊 [x] \u202e",
    "does not exist",
    "retired model",
)
TYPES = (
    None,
    "video/mp4",
    "image/png",
    "application/json",
    "application/jsonl",
    "text/csv",
    "text/plain",
    "text/html",
    "application/xml",
    "application/pdf",
)
PATHS = (
    "$.id",
    "$.status",
    "$.expires_at",
    "$.data[0].id",
    "$.data[0].status",
    "$.generations[0].id",
    "$.error.message",
    "$['…']",
    "$",
)
KNOWN = tuple(one for one in TYPES if one)
VALUES = (GENERATION, "succeeded", "failed", "running", "1", "9" * 13, "x")
URLS = ("https://a/b", "http://[", "")
REFUSALS = st.sampled_from([None, "scheme"])
STATUSES = (200, 202, 204, 206, 301, 400, 401, 403, 404, 405, 409, 410, 429, 500, 503)
text = st.one_of(st.none(), st.sampled_from(WORDS), st.text(max_size=30))
headers = st.lists(
    st.tuples(
        st.sampled_from(["Location", "date", "policy-id", "x-ms-error-code", "allow", "www-authenticate", "content-length"]),
        st.text(max_size=20),
    ),
    max_size=3,
)
responses = st.builds(
    Response,
    status_code=st.one_of(st.sampled_from(STATUSES), st.integers(0, 999)),
    headers=headers.map(tuple),
    media_type=st.sampled_from(TYPES),
    sniffed_type=st.sampled_from(TYPES),
    body_size=st.one_of(st.sampled_from([0, 6, 4096]), st.integers(0, 5000)),
    total_size=st.one_of(st.none(), st.integers(0, 10**9)),
    body_is_truncated=st.booleans(),
    body_sha256=st.sampled_from(["", "a", "b"]),
    json_paths=st.lists(st.builds(JsonPath, st.sampled_from(PATHS), st.just("string")), max_size=4).map(tuple),
    values=st.lists(st.builds(JsonValue, st.sampled_from(PATHS), st.sampled_from(VALUES)), max_size=4).map(tuple),
    embedded=st.lists(st.builds(Embedded, st.just("$.b64"), st.sampled_from(KNOWN), st.integers(0, 5000)), max_size=1).map(tuple),
    error_code=text,
    error_type=text,
    error_message=text,
    error_shape=st.sampled_from(["", "azure", "flat", "apim", "fastapi", "xml"]),
    title=text,
    links=st.lists(st.builds(Link, st.sampled_from(URLS), st.sampled_from(PATHS), st.booleans(), REFUSALS), max_size=2).map(tuple),
)
probes = st.builds(
    lambda of, role, purpose, auth, at, n: ask(
        of,
        role=role,
        purpose=purpose,
        auth=auth,
        at=at,
        id=f"{at}/{of.id}/{n}",
        ids=(("generation_id", GENERATION),),
        url="https://h/openai/v1/x",
    ),
    st.sampled_from(ENDPOINTS),
    st.sampled_from(Role),
    st.sampled_from([Purpose.CANDIDATE, Purpose.FAILING_URL, Purpose.AUTH, Purpose.LINK]),
    st.sampled_from(AuthForm),
    st.sampled_from(["contoso", "openai", "self"]),
    st.integers(0, 99),
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[tuple[Probe, Observation], ...]:
    found = []
    for of in draw(st.lists(probes, max_size=4, unique_by=lambda one: one.id)):
        answer = draw(st.one_of(st.none(), responses))
        failure = None if answer else draw(st.text(max_size=12))
        found.append((of, Observation(of.id, (exchange(of, answer, failure=failure, started_at=NOW + timedelta(seconds=1)),))))
        for kind in draw(st.sets(st.sampled_from(Control), max_size=2)):
            found.append(beside(of, kind, draw(responses)))
    return tuple({one.id: (one, seen) for one, seen in found}.values())


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_any_answer_is_judged_without_a_fault_and_without_a_false_proof(given_pairs: tuple[tuple[Probe, Observation], ...]) -> None:
    evidence = scan(*given_pairs)
    found = judge(evidence, NOW)
    assert found == judge(evidence, NOW)
    assert wanted(evidence) == wanted(evidence)
    by_id = {one.id: (one, seen) for one, seen in given_pairs}
    for one in found.verdicts:
        assert one.diagnosis.outcome is not Outcome.PROBE_BUG, summary(one.diagnosis)
        if one.diagnosis.outcome is Outcome.WORKS:
            of, seen_ = by_id[one.probe_id]
            answer = seen_.response
            assert answer is not None
            assert of.control is None
            assert 200 <= answer.status_code < 300
            is_role = of.role in (Role.DOWNLOAD, Role.CREATE) or of.purpose is Purpose.LINK
            is_embedded = any(
                part.sniffed_type.startswith(("video/", "image/"))
                or part.sniffed_type == "application/pdf"
                or (is_role and part.sniffed_type in PROVING_TEXT)
                for part in answer.embedded
            )
            is_proved = answer.sniffed_type not in (None, "text/plain", "text/html") and answer.body_size >= 16
            assert is_embedded or (is_role and is_proved)


def test_many_probes_are_judged_in_linear_time() -> None:
    def many(count: int) -> Evidence:
        answers = (
            ROUTE_404,
            SAYS_MOVED,
            mp4_response(),
            json_answer(("$.id", "x"), ("$.status", "running"), ("$.expires_at", "1795190400")),
        )
        made = []
        for n in range(count):
            of = ask(ENDPOINTS[n % 4], id=f"contoso/{n}", ids=(("generation_id", f"gen_{n // 4:08d}"),))
            made.append(seen(of, answers[n % len(answers)]))
        first = made[0][0]
        made += [beside(first, Control.BOGUS_ROUTE, ROUTE_404), beside(first, Control.MODELS, json_answer(("$.data[0].id", "s")))]
        return scan(*made)

    assert len(judge(many(1000), NOW).verdicts) == 1002
    assert_linear(lambda evidence: judge(evidence, NOW), many, 250)


def test_one_route_at_many_versions_is_judged_in_linear_time() -> None:
    def many(count: int) -> Evidence:
        return scan(*(seen(ask(ENDPOINTS[1], id=f"contoso/{n}", api_version=f"v{n}"), ROUTE_404) for n in range(count)))

    assert len(judge(many(1000), NOW).verdicts) == 1000
    assert_linear(lambda evidence: judge(evidence, NOW), many, 250)
