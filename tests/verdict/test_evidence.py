"""What the scan proved outranks words, prefixes and names; and whoever has to act is named by who answered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.diagnoses import ALTERNATIVES, DIAGNOSES, Owner, identity, remedy
from probe.diagnoses.alternatives import DECIDED_BY
from probe.frozen import replace
from probe.model import (
    AuthForm,
    Confidence,
    Control,
    Credential,
    CredentialKind,
    JsonPath,
    Lifecycle,
    Observation,
    Outcome,
    Probe,
    Purpose,
    Response,
    Stage,
)
from probe.verdict import blob, ids, jobs, judge, limits, network, refusals, versions, wanted
from probe.verdict.case import ScanFacts
from probe.verdict.cases import Cases
from probe.verdict.ends import retired
from tests.each import each
from tests.factories import NOW, target
from tests.verdict.cases import FILE, OPENAI_VIDEO, OPENAI_VIDEO_KIND, TARGETS, ask, beside, error, json_answer, plain, scan, seen

Pair = tuple[Probe, Observation]
KEY = (Credential("OPENAI_API_KEY", CredentialKind.KEY),)
GATEWAY = target(name="gw", provider="openai", base_url="https://gateway.example.com", credentials=KEY)
VIDEO = "video_68f10c5428708190"
BASE = "https://gateway.example.com"
KEY_CODES = {
    "azure-key-wrong", "openai-key-wrong", "key-wrong", "key-of-other-provider", "credential-missing", "entra-token-wrong",
    "apim-key-wrong", "azure-key-of-other-region", "auth-forms-refused",
}  # fmt: skip
WORDS = (
    "Incorrect API key provided: None. You can find your API key at https://platform.openai.com/account/api-keys.",
    "Incorrect API key provided: sk-abc***. You can find your API key at https://platform.openai.com/account/api-keys.",
    "Access denied due to invalid subscription key or wrong API endpoint.",
    "Invalid API key",
    "You didn't provide an API key.",
    "无效的令牌",
    "invalid_token",
    "No api key passed in.",
    "litellm.AuthenticationError: OpenAIException - Error code: 401 - {'error': {'message': 'Incorrect API key provided'}}",
    "Video not found",
    "No such File object",
    "Not Found",
    "Resource not found",
    "Invalid URL (GET /v1/videos/x)",
    "task_not_exist",
    "unsupported openai-version",
    "forbidden",
    "",
)


def gateway(path: str, answer: Response, name: str = "content", **changes: object) -> Pair:
    endpoint = replace(OPENAI_VIDEO, id=f"openai.video.{name}")
    made = ask(OPENAI_VIDEO, at="openai", id=f"gw/{name}")
    made = replace(made, target="gw", endpoint=endpoint.id if name == "content" else "", url=BASE + path, **changes)  # type: ignore[arg-type]
    return seen(made, answer)


def judged(*pairs: Pair) -> dict[str, object]:
    report = judge(scan(*pairs, targets=(*TARGETS, GATEWAY)), NOW)
    return {one.probe_id: one for one in report.verdicts} | {"findings": {one.code for one in report.findings}}


TABLES = (refusals.CAUSES, limits.CAUSES, ids.CAUSES, network.WALLS, blob.CAUSES, versions.VERSION_CAUSES)
PATTERNS = (*(one.pattern for table in TABLES for one in table), jobs.NOT_READY, jobs.GONE, jobs.OFF, jobs.MODERATION, jobs.FAILED)
SAID = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(PATTERNS).flatmap(lambda pattern: st.from_regex(pattern)).map(lambda text: text[:300]),
)
"""What real services say, and whatever else the tables of words would match: the worst that words can do."""
ANSWERS = st.builds(
    lambda status, words, code, kind, shape: error(status, words, code, kind=kind, shape=shape),
    st.sampled_from([400, 401, 403, 404, 410, 422, 429, 500, 502]),
    SAID,
    st.sampled_from([None, "401", "404", "invalid_api_key", "None", "model_not_found", "AccessDenied"]),
    st.sampled_from([None, "auth_error", "new_api_error", "invalid_request_error"]),
    st.sampled_from(["azure", "flat", "apim", "fastapi", "xml", ""]),
)


@settings(max_examples=100, deadline=None)
@given(ANSWERS, st.sampled_from(["sora-list", "id"]), st.booleans(), st.sampled_from(["task_abc1234567", "gen_abc1234567", VIDEO]))
def test_no_verdict_contradicts_a_good_answer_of_the_same_scan(answer: Response, good: str, is_formed: bool, value: str) -> None:
    ids = (("video_id", value),)
    named = json_answer(("$.data[0].id" if good == "sora-list" else "$.id", value))
    beside_it = gateway(
        "/v1/videos" if good == "sora-list" else f"/v1/videos/{value}", named, "known", ids=ids if good == "id" else ()
    )
    pairs = [gateway(f"/v1/videos/{value}/content", answer, ids=ids), beside_it]
    if is_formed:
        other = replace(pairs[0][0], id="gw/content+auth-x", auth=AuthForm.X_API_KEY, purpose=Purpose.AUTH)
        pairs.append(seen(other, answer))
    found = judged(*pairs)
    codes = {found["gw/content"].diagnosis.code} | found["findings"]  # type: ignore[attr-defined, operator]
    assert not codes & KEY_CODES
    # an id in a place of another family is known in its own place by nature: naming that contradicts nothing
    assert not codes & {"id-unknown", "id-mistyped", "wrong-host"}


def test_a_list_that_everybody_gets_does_not_speak_for_the_key() -> None:
    listed = gateway("/v1/models", json_answer(("$.data[0].id", "gpt-5")), "models", ids=())
    refused = gateway(f"/v1/videos/{VIDEO}/content", error(401, "Invalid API key"), ids=(("video_id", VIDEO),))
    assert judged(listed, refused)["gw/content"].diagnosis.code == "upstream-credential-wrong"  # type: ignore[attr-defined]
    asked = wanted(scan(listed, refused, targets=(*TARGETS, GATEWAY)))
    assert ("gw/models", Control.NO_CREDENTIAL) in {(one.of, one.control) for one in asked}
    nobody = beside(replace(listed[0], auth=AuthForm.NONE), Control.NO_CREDENTIAL, json_answer(("$.data[0].id", "gpt-5")))
    assert judged(listed, refused, nobody)["gw/content"].diagnosis.code == "key-wrong"  # type: ignore[attr-defined]


def test_the_same_without_a_credential_is_said_only_where_it_was_tried() -> None:
    tried = gateway(f"/v1/videos/{VIDEO}/content", plain(401))
    other = gateway("/v1/files", plain(401), "files", ids=())
    found = judged(tried, other, beside(replace(tried[0], auth=AuthForm.NONE), Control.NO_CREDENTIAL, plain(401)))
    values = {name: dict(found[name].diagnosis.values) for name in ("gw/content", "gw/files")}  # type: ignore[attr-defined]
    assert (values["gw/content"].get("unread"), values["gw/files"].get("unread")) == ("yes", None)


@each(
    [
        (error(500, "Something broke", headers=(("x-litellm-version", "1"),)), ("server-error", "gateway-operator", "litellm")),
        (error(500, "Something broke"), ("server-error", "vendor", None)),
        (
            error(403, "nothing here", headers=(("cf-aig-log-id", "1"),)),
            ("access-denied", "gateway-operator", "cloudflare-ai-gateway"),
        ),
        (
            error(401, "Authentication Error, Only proxy admin can be used", "401", kind="auth_error"),
            ("gateway-admins-only", "gateway-operator", "litellm"),
        ),
        (
            error(403, "request blocked: domain not in whitelist: a.openai.azure.com"),
            ("gateway-fetch-blocked", "gateway-operator", "new-api"),
        ),
        (
            error(403, "You are not allowed to call this route", "403", kind="auth_error"),
            ("openai-permission-missing", "gateway-operator", "litellm"),
        ),
        (
            error(400, "Budget has been exceeded! Current cost: 10", "400", kind="budget_exceeded"),
            ("spend-limit", "gateway-operator", "litellm"),
        ),
        (error(503, "当前分组 default 下对于模型 sora-2 无可用渠道"), ("model-unknown", "gateway-operator", "new-api")),
        (
            error(500, "Error code: 429 - {'error': {'message': 'Rate limit reached'}}", "500"),
            ("upstream-limit", "gateway-operator", "litellm"),
        ),
        (error(500, "AZURE_API_BASE is not set"), ("gateway-setting-missing", "gateway-operator", None)),
        (error(502, "dial tcp: lookup api.openai.com: no such host"), ("upstream-failed", "gateway-operator", None)),
    ]
)
def test_who_has_to_act_follows_who_answered(answer: Response, expected: tuple[str, str, str | None]) -> None:
    one = judged(gateway(f"/v1/videos/{VIDEO}/content", answer))["gw/content"]
    assert (one.diagnosis.code, one.owner, one.answered_by) == expected  # type: ignore[attr-defined]


def test_what_is_not_sure_names_what_else_it_may_be() -> None:
    for status in (400, 401, 403, 404, 405, 409, 410, 422, 500, 502, 503):
        for words in WORDS:
            one = judged(gateway(f"/v1/videos/{VIDEO}/content", error(status, words)))["gw/content"].diagnosis  # type: ignore[attr-defined]
            assert one.confidence is Confidence.HIGH or one.alternatives, one
            assert not (one.confidence is Confidence.HIGH and one.alternatives)
            assert set(one.alternatives) <= DIAGNOSES.keys()


def test_every_alternative_is_a_code_with_the_request_that_decides() -> None:
    named = {other for others in ALTERNATIVES.values() for other in others}
    assert ALTERNATIVES.keys() <= DIAGNOSES.keys()
    assert named <= DIAGNOSES.keys()
    assert named <= DECIDED_BY.keys()


def test_a_finding_is_the_same_one_in_every_run() -> None:
    seen = {}
    for seconds in (400, 900):  # what was counted differs from run to run, what it is about does not
        skewed = replace(
            error(404, "Not Found"), headers=(("Date", f"{NOW + timedelta(seconds=seconds):%a, %d %b %Y %H:%M:%S} GMT"),)
        )
        report = judge(scan(gateway(f"/v1/videos/{VIDEO}/content", skewed), targets=(*TARGETS, GATEWAY)), NOW)
        found = next(one for one in report.findings if one.code == "clock-skew")
        seen[seconds] = (identity(found), found)
    assert seen[400][0] == seen[900][0] == "clock-skew:gateway.example.com"
    assert seen[400][1] != seen[900][1]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [("2025-01-31", True), ("2099-01-31", False), (None, False)],
    ids=["past", "to-come", "none-planned"],
)
def test_the_end_of_a_model_in_the_live_list_beats_the_catalogues_date(ends: str | None, expected: bool) -> None:
    for life in (Lifecycle(Stage.GA), Lifecycle(Stage.RETIRED, date(2024, 9, 24))):
        kind = replace(OPENAI_VIDEO_KIND, lifecycle=life)
        listed = json_answer(("$.data[0].id", "sora-2"), *([("$.data[0].shutdown_date", ends)] if ends else []))
        listed = replace(listed, json_paths=(*listed.json_paths, JsonPath("$.data[*].shutdown_date", "string")))
        state = json_answer(("$.id", VIDEO), ("$.status", "completed"), ("$.model", "sora-2"))
        content = gateway(f"/v1/videos/{VIDEO}/content", error(404, "Video not found"), ids=(("video_id", VIDEO),))
        known = gateway(f"/v1/videos/{VIDEO}", state, "status", ids=(("video_id", VIDEO),))
        models = beside(content[0], Control.MODELS, listed)
        pairs = (content, known, models)
        evidence = replace(scan(*pairs, targets=(*TARGETS, GATEWAY)), artefacts=(kind,))
        case = ScanFacts(evidence, NOW, Cases().of(evidence)).by_id["gw/content"]
        assert (retired(case) is not None) is expected, life


NO_ONES = {"control-refused", "route-refuses-credential", "api-version-ignored", "kind-past-its-date"}
"""Codes after which it is not known, or nobody's move, who acts; successes and what was not sent are not listed."""
REMEDIES = {
    Owner.GATEWAY: r"operator|gateway|service behind|mocks",
    Owner.VENDOR: r"vendor|support|wait|again|other|keep|instead|later|current",
    Owner.NETWORK: r"between here|network|proxy|address|host|dns|certificate|doctor|tls|port|firewall|login|connect|--",
    Owner.STORAGE: r"storage|owner|container|account|sas|blob|link|again",
}


@each(sorted(DIAGNOSES))
def test_every_code_has_an_owner_and_its_remedy_fits(code: str) -> None:
    record = DIAGNOSES[code]
    is_nothing = record.outcome in (Outcome.WORKS, Outcome.LINK, Outcome.METADATA_ONLY, Outcome.SKIPPED, Outcome.PROBE_BUG)
    assert (
        record.owner is not None
        or is_nothing
        or code in NO_ONES
        or record.outcome in (Outcome.PENDING, Outcome.INCONCLUSIVE, Outcome.RETIRED)
    )
    if record.owner is Owner.CALLER:
        assert not record.remedy.startswith(("Ask the gateway's operator to", "Ask the administrators"))
    if "gateway" in record.variants:
        assert "operator" in record.wording("gateway")[1]
    if record.owner in REMEDIES and record.remedy:
        import re

        assert re.search(REMEDIES[record.owner], record.remedy, re.IGNORECASE), record.remedy


def test_nobody_is_told_to_make_a_key_at_the_vendor_for_a_gateways_missing_key() -> None:
    one = judged(gateway(f"/v1/videos/{VIDEO}/content", error(401, WORDS[0])))["gw/content"].diagnosis  # type: ignore[attr-defined]
    assert one.code == "upstream-credential-missing"
    assert "platform.openai.com" not in remedy(one)


def test_the_header_that_the_service_names_is_suggested_and_tried() -> None:
    refused = gateway(f"/v1/videos/{VIDEO}/content", error(401, "Missing X-Api-Key header"))
    one = judged(refused)["gw/content"].diagnosis  # type: ignore[attr-defined]
    assert (one.code, dict(one.values)["right"]) == ("key-in-wrong-header", "X-Api-Key: KEY")
    forms = {one.auth for one in wanted(scan(refused, targets=(*TARGETS, GATEWAY)))}
    assert AuthForm.X_API_KEY in forms and AuthForm.GOOGLE_KEY not in forms


def test_a_service_description_is_read_once_all_forms_are_refused() -> None:
    refused = gateway("/v1/files/x/content", plain(403))
    other = seen(replace(refused[0], id="gw/content+auth", auth=AuthForm.API_KEY, purpose=Purpose.AUTH), plain(403))
    asked = wanted(scan(refused, other, targets=(*TARGETS, GATEWAY)))
    assert Control.DESCRIPTION in {one.control for one in asked}
    told = beside(
        replace(refused[0], auth=AuthForm.NONE),
        Control.DESCRIPTION,
        json_answer(("$.components.securitySchemes.Key.name", "X-Lab-Token")),
    )
    one = judged(refused, other, told)["gw/content"].diagnosis  # type: ignore[attr-defined]
    assert dict(one.values)["right"] == "X-Lab-Token: KEY"
    assert FILE.artefact == "file"
