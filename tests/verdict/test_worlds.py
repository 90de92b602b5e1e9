"""One world of the simulator per cause, over real sockets: right answer, cause and remedy, and no request too many."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.diagnoses import headline, remedy, tell
from probe.model import Answer, Purpose
from probe.plan import expand
from tests.scanning import Scanned, order, scan, world

W, N, U = Answer.WORKS, Answer.NONE, Answer.UNDECIDED

WORLDS: list[tuple[str, Answer, str, str]] = [
    ("wrong-key", U, "azure-key-wrong", "Keys and Endpoint"),
    ("openai-wrong-key", U, "openai-key-wrong", "api-keys"),
    ("openai-key-on-azure", U, "key-of-other-provider", "Keys and Endpoint"),
    ("wrong-header", W, "key-in-wrong-header", "Authorization: Bearer KEY"),
    ("entra-only", U, "key-auth-disabled", "Entra token"),
    ("missing-role", U, "azure-role-missing", "Cognitive Services OpenAI User"),
    ("apim-key-missing", W, "apim-key-missing", "Ocp-Apim-Subscription-Key"),
    ("apim-404", N, "apim-route-unknown", "gateway's operator"),
    ("firewall", U, "azure-firewall", "Networking"),
    ("vnet", U, "azure-vnet", "own endpoint"),
    ("private-endpoint", U, "azure-private-endpoint", "virtual network"),
    ("subdomain", U, "azure-subdomain-unmapped", "resource's name"),
    ("suspended", U, "account-suspended", "support"),
    ("expired", N, "artefact-expired", "within 24 hours"),
    ("expired-video", N, "artefact-expired", "run the job again"),
    ("expired-container", N, "artefact-expired", "run the job again"),
    ("pending", U, "job-pending", "--wait"),
    ("pending-video", U, "job-pending", "--wait"),
    ("pending-batch", U, "job-pending", "--wait"),
    ("pending-generic", U, "job-pending", "--wait"),
    ("failed", N, "job-failed", "run the job again"),
    ("failed-video", N, "job-failed", "run the job again"),
    ("failed-batch", N, "job-failed", "run the job again"),
    ("failed-generic", N, "job-failed", "run the job again"),
    ("cancelled", N, "job-cancelled", "run the job again"),
    ("moderated", N, "job-moderated", "prompt"),
    ("moderated-video", N, "job-moderated", "prompt"),
    ("empty", N, "job-empty", "run the job again"),
    ("id-unknown", N, "id-unknown", "letter by letter"),
    ("video-unknown", N, "id-unknown", "letter by letter"),
    ("wrong-family", N, "id-of-other-family", "/video/generations/gen_"),
    ("wrong-family-sora1", N, "id-of-other-family", "/videos/video_"),
    ("wrong-family-file", N, "id-of-other-family", "/containers/"),
    ("azure-ids-on-openai", N, "wrong-host", "openai.azure.com"),
    ("other-base", N, "id-unknown", "/api/projects/NAME"),
    ("purpose-not-downloadable", N, "purpose-not-downloadable", "batch_output"),
    ("retired", N, "model-retired", "current model"),
    ("openai-retired", N, "kind-retired", "current model"),
    ("openai-no-videos", N, "kind-retired", "current model"),
    ("deployment-unknown", N, "azure-deployment-unknown", "Deployments page"),
    ("deployment-unknown-video", N, "azure-deployment-unknown", "Deployments page"),
    ("operation-not-supported", N, "operation-not-supported", "deployment of a model"),
    ("version-too-old", N, "azure-api-version-too-old", "v1 path"),
    ("version-missing", W, "azure-api-version-missing", "?api-version="),
    ("no-content", N, "azure-route-unknown", "compare the path"),
    ("redirect-login", U, "redirect-to-login", "log in there"),
    ("redirect-metadata", U, "link-refused", "trust it"),
    ("redirect-loop", U, "redirect-not-followed", "links"),
    ("location-without-version", W, "azure-api-version-missing", "?api-version="),
    ("throttled", U, "throttled-requests", "retry after"),
    ("throttled-tokens", U, "throttled-tokens", "retry after"),
    ("capacity", U, "throttled-capacity", "retry after 1 s"),
    ("too-many-tasks", U, "throttled-jobs", "running job ends"),
    ("spend-limit", U, "spend-limit", "billing"),
    ("server-error", U, "server-error", "try again"),
    ("soft-404", U, "html-instead-of-json", "check host and path"),
    ("soft-404-json", U, "catch-all-gateway", "find out what responds there"),
    ("html-login", U, "html-instead-of-json", "login"),
    ("html-proxy", U, "gateway-error", "gateway"),
    ("catch-all-200", U, "catch-all-gateway", "find out what responds there"),
    ("catch-all-401", U, "access-denied", "check the key"),
    ("catch-all-500", U, "server-error", "try again"),
    ("catch-all-video", U, "catch-all-gateway", "find out what responds there"),
    ("fake-content", U, "body-too-small", "mock"),
    ("empty-content", U, "body-empty", "try again later"),
    ("json-as-video", U, "body-not-artefact", "other routes"),
    ("blob-expired", N, "blob-sas-expired", "fresh link"),
    ("blob-permission", U, "blob-permission-missing", "sp=r"),
    ("blob-tampered", U, "blob-signature-wrong", "JSON parser"),
    ("blob-unsigned", U, "blob-credential-missing", "signed link"),
    ("blob-not-found", N, "blob-not-found", "ask the API"),
    ("blob-firewall", U, "blob-firewall", "Networking"),
    ("blob-public", U, "blob-public-access-off", "signed link"),
    ("blob-disabled", U, "blob-account-disabled", "owner"),
    ("blob-busy", U, "blob-busy", "Wait"),
    ("blob-audience", U, "blob-audience", "storage.azure.com"),
]


@pytest.mark.parametrize(("name", "answer", "code", "advice"), WORLDS)
def test_each_cause_is_told_apart_over_the_wire(name: str, answer: Answer, code: str, advice: str, tmp_path: Path) -> None:
    with world(name) as server:
        plan = expand(order(server, tmp_path).catalogue, order(server, tmp_path).targets, order(server, tmp_path).scope)
        found = scan(server, tmp_path)
    assert found.report.answer is answer, headline(found.report)
    remedies = [remedy(one.diagnosis) for one in found.report.verdicts if one.diagnosis.code == code]
    assert remedies and advice.lower() in " ".join(remedies).lower(), sorted(found.codes)
    assert len(found.requests) <= plan.request_count + plan.control_count
    assert not any(one.diagnosis.code == "probe-bug" for one in found.report.verdicts)


def test_nothing_is_called_working_that_a_nonsense_request_gets_too(tmp_path: Path) -> None:
    with world("catch-all-video") as server:
        found = scan(server, tmp_path)
    assert found.report.working == ()
    assert "answers-everything" in {one.code for one in found.report.findings}


GENERATION = "/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d"


@pytest.mark.parametrize(
    ("path", "differences", "code"),
    [
        (GENERATION + "/content?api-version=preview", ("path: /content -> /content/video",), "azure-route-unknown"),
        (
            GENERATION + "/content/video?api-version=2024-10-01",
            ("api-version: 2024-10-01 -> preview",),
            "azure-api-version-unknown",
        ),
        ("/openai" + GENERATION + "/content/video?api-version=preview", ("doubled /openai/openai removed",), "doubled-openai"),
        (GENERATION.removeprefix("/openai") + "/content/video?api-version=preview", ("path: /v1 -> /openai/v1",), "missing-openai"),
    ],
)
def test_the_customers_own_url_gets_its_verdict_and_the_smallest_change(
    path: str, differences: tuple[str, ...], code: str, tmp_path: Path
) -> None:
    with world("sora1") as server:
        found = scan(server, tmp_path, failing_url=server.url.rstrip("/") + path)
    assert found.report.smallest_change is not None
    assert tuple(map(tell, found.report.smallest_change.differences)) == differences
    assert _failing(found) == code


def _failing(found: Scanned) -> str:
    of = next(one for one in found.evidence.probes if one.purpose is Purpose.FAILING_URL)
    assert of.id == found.report.failing_url_probe
    return found.verdict(of.id).diagnosis.code
