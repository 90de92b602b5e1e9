from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from probe.anonymise import anonymise_report
from probe.frozen import replace
from probe.model import (
    Answer,
    Artefact,
    Capture,
    Evidence,
    IdName,
    JsonValue,
    Link,
    Note,
    Probe,
    Report,
    Skipped,
    TlsFacts,
    Vantage,
)
from probe.reports import anonymised
from probe.runs.codec import from_json, to_json
from probe.verdict import judge
from tests.each import each
from tests.factories import AZURE, evidence, exchange, observation, probe, response, target
from tests.growth import assert_linear

NOW = datetime(2026, 11, 26, tzinfo=UTC)
REQUEST_ID = "7a1b0c1e-0000-4000-8000-000000000001"
SUBSCRIPTION = "09ba021e-aaaa-4bbb-8ccc-33e019210000"
TENANT = "33e01921-1111-4222-8333-09ba021e0000"

SECRETIVE = [
    "contoso", "fabrikam", "northwind", "tailspin", "gen_01k74", "task_01jwc", "org-abc123", "user-xyz789", SUBSCRIPTION, TENANT,
    "10.1.2.3", "203.0.113.77", "2a01:111:f100::5", "my-prod-deployment", "jane", "adatum", "customer42", "wingtip",
]  # fmt: skip


def anonymise(found: Evidence) -> tuple[Evidence, dict[str, str]]:
    report, mapping = anonymise_report(Report(found, (), Answer.NONE, Note("headline-none"), None, (), (), NOW))
    return report.evidence, mapping


def a_scan() -> Evidence:
    one = probe()
    failing = probe(
        id="contoso/failing-url", endpoint="", url=f"{AZURE}/openai/deployments/my-prod-deployment/videos?api-version=v1"
    )
    second = probe(
        id="fabrikam/x@none",
        target="fabrikam",
        url="https://gw.fabrikam.corp:8443/api/projects/tailspin-web/openai/v1/videos/customer42-job",
        ids=(("job_id", "customer42-job"), ("deployment", "sora1")),
        depends_on=(one.id,),
    )
    second = replace(second, of=one.id)
    answer = response(
        404,
        region="Sweden Central",
        headers=(
            ("apim-request-id", REQUEST_ID),
            ("x-ms-region", "Sweden Central"),
            ("openai-organization", "wingtip-toys"),
            (
                "location",
                "https://northwindvideos.blob.core.windows.net/private/org-abc123def/user-xyz789abc/v.mp4?sktid=" + TENANT,
            ),
            ("x-forwarded-for", "10.1.2.3, 203.0.113.77"),
        ),
        error_message=(
            "The API deployment 'my-prod-deployment' of Contoso does not exist in /subscriptions/"
            + SUBSCRIPTION
            + "/resourceGroups/"
            f"adatum-rg; write to jane.doe@contoso.com. RequestId:{REQUEST_ID} at https%3A%2F%2Fcontoso.openai.azure.com%2Fx"
        ),
        values=(
            JsonValue("$.id", "task_01jwcet0eje35tc5jy54yjax5q"),
            JsonValue("$.status", "succeeded"),
            JsonValue("$.model", "sora"),
        ),
        links=(Link("https://contoso.openai.azure.com/openai/v1/files/file-abc12345", "header:Location", same_origin=True),),
    )
    facts = TlsFacts("TLSv1.3", "CN=Contoso Root CA, O=Contoso", "CN=*.fabrikam.corp, O=Fabrikam", "2027", verified=True)
    seen = replace(
        observation(one, answer),
        exchanges=(
            exchange(one, answer, remote_address="10.1.2.3:443", tls=facts),
            exchange(one, None, failure="dns", failure_detail="gw.fabrikam.corp [2a01:111:f100::5] 127.0.0.1 at 14:03:11"),
        ),
        captures=(
            Capture("generation_id", "gen_01k74fceydeb2rqtaa3ndyhs8d", "$.generations[0].id"),
            Capture("video_url", "/api/d/7", "$.u"),
        ),
    )
    return evidence(
        (one, seen),
        (failing, observation(failing, response(404))),
        (second, observation(second, response(404))),
        targets=(target(), target(name="fabrikam", provider="generic", base_url="https://gw.fabrikam.corp:8443/api")),
        skipped=(Skipped("contoso/y", "y", "contoso", f"the same request as {one.id}"),),
        failing_url=f"{AZURE}/openai/deployments/my-prod-deployment/videos?api-version=v1",
        catalogue_source="/home/jane/endpoints.yaml",
        vantage=Vantage(
            "0.1.0", "3.11.7", "Linux", proxy="http://proxy.contoso.corp:3128", addresses=(("gw.fabrikam.corp", "private"),)
        ),
        notes=("read C:\\Users\\jane\\x.env",),
    )


def test_nothing_that_identifies_somebody_survives() -> None:
    text = to_json(anonymise(a_scan())[0]).lower()
    assert [word for word in SECRETIVE if word.lower() in text] == []


def test_pseudonyms_are_consistent_and_keep_their_shape() -> None:
    hidden, mapping = anonymise(a_scan())
    first, failing, second = hidden.probes
    assert first.id == "azure-1/azure.sora1.content-video@preview"
    assert first.target == hidden.targets[0].name == hidden.skipped[0].target == "azure-1"
    assert first.url == "https://azure-1.invalid/openai/v1/video/generations/gen_anon1/content/video?api-version=preview"
    assert hidden.observations[0].probe_id == first.id == second.of == second.depends_on[0]
    assert hidden.skipped[0].reason == f"the same request as {first.id}"
    assert hidden.failing_url == failing.url == "https://azure-1.invalid/openai/deployments/deployment-1/videos?api-version=v1"
    assert second.url == "https://host-1.invalid:8443/api/projects/project-1/openai/v1/videos/job-1"
    assert second.ids == (("job_id", "job-1"), ("deployment", "sora1"))
    assert hidden.targets[1].name == second.target == "target-1"
    assert hidden.observations[0].captures[0].value == "gen_anon1"
    assert mapping["contoso.openai.azure.com"] == "azure-1.invalid"
    assert mapping["gen_01k74fceydeb2rqtaa3ndyhs8d"] == "gen_anon1"


def test_what_support_needs_stays() -> None:
    hidden, _ = anonymise(a_scan())
    answer = hidden.observations[0].exchanges[0].response
    assert answer is not None
    assert answer.request_ids == (("apim-request-id", REQUEST_ID),)
    assert dict(answer.headers)["apim-request-id"] == REQUEST_ID
    assert answer.region == dict(answer.headers)["x-ms-region"] == "Sweden Central"
    assert f"RequestId:{REQUEST_ID}" in str(answer.error_message)
    assert [value.value for value in answer.values] == ["task_anon1", "succeeded", "sora"]
    assert dict(answer.headers)["openai-organization"] == "org-1"
    assert str(dict(answer.headers)["location"]).startswith("https://storage-1.invalid/private/org-anon")
    assert "%2F%2Fazure-1.invalid%2Fx" in str(answer.error_message)
    assert hidden.probes[0].endpoint == "azure.sora1.content-video"
    assert hidden.endpoints == a_scan().endpoints
    assert hidden.catalogue_source == "endpoints.yaml"
    assert hidden.started_at == a_scan().started_at


def test_addresses_keep_their_class_and_loopback_stays() -> None:
    hidden, mapping = anonymise(a_scan())
    first, second = hidden.observations[0].exchanges
    assert first.remote_address == "10.0.0.1:443"
    assert mapping["203.0.113.77"] == "203.0.113.1"
    assert second.failure_detail == "host-1.invalid [2001:db8::1] 127.0.0.1 at 14:03:11"
    assert hidden.vantage.addresses == (("host-1.invalid", "private"),)


def test_a_private_certificate_authority_is_a_name_and_a_known_one_is_evidence() -> None:
    hidden, _ = anonymise(a_scan())
    assert hidden.observations[0].exchanges[0].tls == TlsFacts(
        "TLSv1.3", "CN=private-ca-1", "CN=certificate-1", "2027", verified=True
    )
    facts = TlsFacts("TLSv1.3", "CN=Zscaler Root CA", "CN=*.openai.azure.com, O=Microsoft Corporation", "2027", verified=True)
    one = probe()
    known = evidence((one, replace(observation(one), exchanges=(exchange(one, response(), tls=facts),))))
    assert anonymise(known)[0].observations[0].exchanges[0].tls == facts


def test_the_same_evidence_gets_the_same_pseudonyms() -> None:
    assert anonymise(a_scan()) == anonymise(a_scan())


def test_the_pseudonymous_evidence_is_evidence() -> None:
    hidden, _ = anonymise(a_scan())
    assert from_json(to_json(hidden), "x") == hidden
    assert not re.search(r"host-\d+\.invalid\.invalid|azure-\d+\.azure-\d+", to_json(hidden))


@each(
    [
        (
            "https://contoso.services.ai.azure.com/api/projects/tailspin",
            "https://azure-1.invalid/api/projects/project-1",
        ),
        ("https://contoso.privatelink.openai.azure.com", "https://azure-1.invalid"),
        ("https://contoso.azure-api.net/openai", "https://apim-1.invalid/openai"),
        ("https://contoso.blob.core.windows.net", "https://storage-1.invalid"),
        ("https://api.openai.com", "https://api.openai.com"),
        ("https://eastus.api.cognitive.microsoft.com", "https://eastus.api.cognitive.microsoft.com"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://192.168.7.8:8765/api", "http://10.0.0.1:8765/api"),
        ("http://contoso-gw1:8080", "http://host-1.invalid:8080"),
        ("https://REDACTED@api.contoso.com/v1", "https://REDACTED@host-1.invalid/v1"),
        ("https://пример.contoso.com", "https://host-1.invalid"),
    ]
)
def test_hosts_keep_what_tells_the_service(base_url: str, expected: str) -> None:
    assert anonymise(evidence(targets=(target(base_url=base_url),)))[0].targets[0].base_url == expected


def test_two_targets_never_get_the_same_name() -> None:
    names = ("lab", "contoso", "contoso-2", "azure", "ab", "My Lab")
    hidden, _ = anonymise(evidence(targets=tuple(target(name=name) for name in names)))
    assert [one.name for one in hidden.targets] == ["azure-1", "target-1", "target-2", "azure", "ab", "target-3"]


def test_words_of_the_catalogue_are_never_rewritten() -> None:
    one = probe(id="video/azure.sora1.content-video@preview", target="video", ids=(("deployment", "content"),))
    hidden, mapping = anonymise(
        evidence((one, observation(one, response())), targets=(target(name="video", base_url="https://api.openai.com"),))
    )
    assert hidden.probes[0].id == one.id
    assert "/video/generations/gen_anon1/content/video" in hidden.probes[0].url
    assert not {"video", "content"} & set(mapping)


def many(count: int) -> Evidence:
    def one(number: int) -> Probe:
        return probe(id=f"contoso/x@{number}", url=f"{AZURE}/openai/v1/video/generations/gen_{number:020}/content/video")

    return evidence(*((asked, observation(asked, response(404))) for asked in map(one, range(count))))


def test_many_probes_keep_their_differences_in_linear_time() -> None:
    hidden, _ = anonymise(many(1000))
    assert len({one.url for one in hidden.probes}) == 1000
    assert_linear(anonymise, many, 100)


NAMES_BY_PLACE = [
    ({"error_message": "The API deployment 'contosovideo' does not exist"}, "contosovideo"),
    ({"error_message": "The model `gpt-jane` does not exist"}, "gpt-jane"),
    ({"error_message": "resource \"acctjane\" of tenant 'jane.onmicrosoft.com' is gone"}, "jane.onmicrosoft.com"),
    ({"error_message": "upstream db01.corp.fabrikam.com:443 refused"}, "db01.corp.fabrikam.com"),
    ({"error_message": "node gpu-jane-07 is down"}, "gpu-jane-07"),
    ({"error_message": "cannot reach render.jane.local"}, "render.jane.local"),
    ({"headers": (("Server", "janeproxy01"),)}, "janeproxy01"),
    ({"headers": (("Server", "nginx/1.25 (janevm01)"),)}, "janevm01"),
    ({"headers": (("X-Pod-Name", "render-jane-7f9c"),)}, "render-jane-7f9c"),
    ({"headers": (("X-MS-Client-Principal-Name", "janedoe"),)}, "janedoe"),
    ({"values": (JsonValue("$.model", "gpt-jane-prod"),)}, "gpt-jane-prod"),
    ({"values": (JsonValue("$.data[*].id", "jane-videos"),)}, "jane-videos"),
]


@each(NAMES_BY_PLACE)
def test_a_name_is_replaced_wherever_an_answer_holds_it(fields: dict[str, Any], name: str) -> None:
    one, other = probe(), probe(id="contoso/other", url=f"{AZURE}/openai/v1/x")
    told = replace(observation(other, response(404, error_message=f"nothing of {name} here")))
    hidden = anonymise(evidence((one, observation(one, response(404, **fields))), (other, told)))[0]
    assert name not in to_json(hidden)


@pytest.mark.parametrize(
    "fields",
    [
        {"request_ids": (("x-request-id", "quokka-deploy"),), "headers": (("x-request-id", "quokka-deploy"),)},
        {"region": "quokka-deploy", "headers": (("x-ms-region", "quokka-deploy"), ("Expires", "quokka-deploy"))},
        {"headers": (("Content-Type", "application/json; node=quokka-deploy"), ("ETag", '"quokka-deploy:7"'))},
        {"error_message": "request id: quokka-deploy"},
    ],
)
def test_a_name_that_the_user_gave_is_replaced_in_what_support_needs_too(fields: dict[str, Any]) -> None:
    one = probe(url=f"{AZURE}/openai/deployments/quokka-deploy/images")
    told = evidence((one, observation(one, response(404, **fields))))
    given = replace(told, targets=tuple(replace(target, ids=(("deployment", "quokka-deploy"),)) for target in told.targets))
    assert "quokka" not in to_json(anonymise(given)[0])


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": (("Server", "istio-envoy"), ("Via", "1.1 varnish"))},
        {"headers": (("Server", "Microsoft-IIS/10.0"), ("Server", "uvicorn"))},
        {"error_message": "The server timed out; the deployment 'name' is required. See platform.openai.com"},
        {"error_message": "The model `sora-2-pro` does not exist", "values": (JsonValue("$.model", "gpt-4o-mini-2024-07-18"),)},
    ],
)
def test_words_that_everybody_uses_stay(fields: dict[str, Any]) -> None:
    one = probe()
    seen = observation(one, response(404, **fields))
    (hidden,) = anonymise(evidence((one, seen)))[0].observations
    assert hidden.exchanges[0].response == seen.exchanges[0].response


@pytest.mark.parametrize("name", ["deployment", "job_id"])
def test_an_id_given_by_option_is_replaced_in_prose_too(name: str) -> None:
    one = probe()
    seen = observation(one, response(404, error_message="nothing called janesvideo"))
    hidden = anonymise(evidence((one, seen), targets=(target(ids=((name, "janesvideo"),)),)))[0]
    assert "janesvideo" not in to_json(hidden)


def test_the_prefixes_of_ids_are_those_of_the_evidence() -> None:
    one = probe()
    kind = Artefact("clip", "Clip", ("video/mp4",), (IdName("render_id", ("render-",), "render-000000000000"),))
    seen = observation(one, response(404, error_message="render-jane1234 is gone"))
    hidden = anonymise(replace(evidence((one, seen)), artefacts=(kind,)))[0]
    assert "render-anon1 is gone" in to_json(hidden)


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        (f"{AZURE}/v1/video/generations/jobs", {"error_code": "404", "error_message": "Resource not found"}),
        ("https://contoso.azure-api.net/v1/videos", {"error_code": "404", "error_message": "Resource not found"}),
        ("https://contoso.blob.core.windows.net/c/x.mp4", {"headers": (("x-ms-error-code", "BlobNotFound"),)}),
    ],
)
def test_anonymised_evidence_is_judged_as_it_was(url: str, fields: dict[str, Any]) -> None:
    base = url.partition(".")[0] + "." + url.partition(".")[2].partition("/")[0]
    one = probe(url=url)
    report = judge(evidence((one, observation(one, response(404, **fields))), targets=(target(base_url=base),)), NOW)
    hidden, _mapping = anonymised(report)
    again = judge(hidden.evidence, NOW)
    (was,), (shown,), (judged) = report.verdicts, hidden.verdicts, again.verdicts[0]
    assert was.diagnosis.code == shown.diagnosis.code == judged.diagnosis.code
    assert was.answered_by == shown.answered_by == judged.answered_by
    assert "contoso" not in repr(hidden).lower()


def test_two_hosts_of_one_resource_stay_apart() -> None:
    second = target(name="second", base_url="https://contoso.services.ai.azure.com")
    hidden, _ = anonymise(evidence(targets=(target(), second)))
    assert [one.base_url for one in hidden.targets] == ["https://azure-1.invalid", "https://azure-1-2.invalid"]


def test_a_report_says_what_cannot_be_known_once() -> None:
    report = judge(a_scan(), NOW)
    once, _ = anonymise_report(report)
    twice, _ = anonymise_report(once)
    assert [one for one in twice.evidence.notes if one == Note("anonymised")] == [Note("anonymised")]
    assert once.evidence.targets == twice.evidence.targets
