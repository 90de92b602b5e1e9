"""One simulated world for each cause: the right diagnosis, exit code and remedy, within the announced number of requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.cli.scan import EXIT_CODES
from probe.plan import expand
from tests.scanning import catalogue, scan, world

CAUSES = [
    # world, exit code, the code that the answer rests on, a word of what to do
    ("batch-blob", 3, "blob-credential-missing", "storage.azure.com"),
    ("wrong-key", 3, "azure-key-wrong", "Keys and Endpoint"),
    ("openai-wrong-key", 3, "openai-key-wrong", "platform.openai.com/api-keys"),
    ("openai-key-on-azure", 3, "key-of-other-provider", "Keys and Endpoint"),
    ("wrong-header", 0, "key-in-wrong-header", "download"),
    ("entra-only", 3, "key-auth-disabled", "Entra token"),
    ("missing-role", 3, "azure-role-missing", "Cognitive Services OpenAI User"),
    ("apim-key-missing", 0, "apim-key-missing", "download"),
    ("apim-404", 1, "apim-route-unknown", "gateway's owner"),
    ("firewall", 3, "azure-firewall", "Networking"),
    ("vnet", 3, "azure-vnet", "own endpoint"),
    ("private-endpoint", 3, "azure-private-endpoint", "virtual network"),
    ("subdomain", 3, "azure-subdomain-unmapped", "resource's name"),
    ("suspended", 3, "account-suspended", "support"),
    ("expired", 1, "artefact-expired", "again"),
    ("expired-video", 1, "artefact-expired", "again"),
    ("expired-container", 1, "artefact-expired", "again"),
    ("pending", 3, "job-pending", "--wait"),
    ("pending-video", 3, "job-pending", "--wait"),
    ("pending-batch", 3, "job-pending", "--wait"),
    ("pending-generic", 3, "job-pending", "--wait"),
    ("failed", 1, "job-failed", "new job"),
    ("failed-video", 1, "job-failed", "new job"),
    ("failed-batch", 1, "job-failed", "new job"),
    ("failed-generic", 1, "job-failed", "new job"),
    ("cancelled", 1, "job-cancelled", "new job"),
    ("moderated", 1, "job-moderated", "prompt"),
    ("moderated-video", 1, "job-moderated", "prompt"),
    ("empty", 1, "job-empty", "new job"),
    ("id-unknown", 1, "id-unknown", "letter by letter"),
    ("video-unknown", 1, "id-unknown", "letter by letter"),
    ("wrong-family", 1, "id-of-other-family", "/openai/v1/video/generations/gen_"),
    ("wrong-family-sora1", 1, "id-of-other-family", "/videos/video_"),
    ("wrong-family-file", 1, "id-of-other-family", "/containers/"),
    ("azure-ids-on-openai", 1, "wrong-host", "Azure resource"),
    ("other-base", 1, "id-unknown", "/api/projects/"),
    ("purpose-not-downloadable", 1, "purpose-not-downloadable", "own copy"),
    ("retired", 1, "model-retired", "any more"),
    ("openai-retired", 1, "kind-retired", "any more"),
    ("openai-no-videos", 1, "kind-retired", "any more"),
    ("deployment-unknown", 1, "azure-deployment-unknown", "Deployments page"),
    ("deployment-unknown-video", 1, "azure-deployment-unknown", "Deployments page"),
    ("operation-not-supported", 1, "operation-not-supported", "deployment"),
    ("version-too-old", 1, "azure-api-version-too-old", "api-version"),
    ("version-missing", 0, "azure-api-version-missing", "download"),
    ("no-content", 1, "azure-route-unknown", "path"),
    ("redirect", 0, "link-proved", "download"),
    ("redirect-absolute", 0, "link-proved", "download"),
    ("redirect-blob", 0, "link-proved", "download"),
    ("redirect-other-origin", 0, "link-proved", "download"),
    ("redirect-loop", 3, "redirect-not-followed", "links"),
    ("redirect-login", 3, "redirect-to-login", "log in"),
    ("redirect-metadata", 3, "link-refused", "yourself"),
    ("location-header", 0, "link-proved", "download"),
    ("location-without-version", 0, "azure-api-version-missing", "download"),
    ("throttled", 3, "throttled-requests", "wait"),
    ("throttled-tokens", 3, "throttled-tokens", "wait 55 s"),
    ("capacity", 3, "throttled-capacity", "wait"),
    ("too-many-tasks", 3, "throttled-jobs", "two video jobs"),
    ("spend-limit", 3, "spend-limit", "billing"),
    ("overloaded", 3, "throttled-capacity", "wait"),
    ("server-error", 3, "server-error", "request ids"),
    ("openai-server-error", 3, "server-error", "request ids"),
    ("soft-404", 3, "html-instead-of-json", "host and path"),
    ("soft-404-json", 3, "catch-all-gateway", "what answers there"),
    ("html-login", 3, "html-instead-of-json", "login"),
    ("html-proxy", 3, "gateway-error", "gateway"),
    ("catch-all-200", 3, "catch-all-gateway", "what answers there"),
    ("catch-all-401", 3, "access-denied", "key"),
    ("catch-all-500", 3, "server-error", "request ids"),
    ("catch-all-video", 3, "catch-all-gateway", "what answers there"),
    ("fake-content", 3, "body-too-small", "placeholder"),
    ("empty-content", 3, "body-empty", "vendor"),
    ("json-as-video", 3, "body-not-artefact", "other routes"),
    ("text-as-video", 3, "body-not-artefact", "other routes"),
    ("octet-stream", 0, "download-proved", "download"),
    ("ignore-range", 0, "download-proved", "download"),
    ("no-head", 0, "download-proved", "download"),
    ("prefixed", 0, "download-proved", "download"),
    ("doubled-openai", 0, "download-proved", "download"),
    ("throttled-once", 0, "throttled-requests", "download"),
    ("blob-expired", 1, "blob-sas-expired", "fresh link"),
    ("blob-permission", 3, "blob-permission-missing", "Storage Blob Data Reader"),
    ("blob-tampered", 3, "blob-signature-wrong", "copy the link whole"),
    ("blob-unsigned", 3, "blob-credential-missing", "signed link"),
    ("blob-not-found", 1, "blob-not-found", "again"),
    ("blob-firewall", 3, "blob-firewall", "Networking"),
    ("blob-public", 3, "blob-public-access-off", "signed link"),
    ("blob-disabled", 3, "blob-account-disabled", "owner"),
    ("blob-busy", 3, "blob-busy", "wait"),
    ("blob-audience", 3, "blob-audience", "storage.azure.com"),
]


@pytest.mark.parametrize(("name", "exit_code", "code", "word"), CAUSES, ids=[row[0] for row in CAUSES])
def test_the_cause_is_named_with_its_remedy(name: str, exit_code: int, code: str, word: str, tmp_path: Path) -> None:
    with world(name) as server:
        done = scan(server, tmp_path)
    assert EXIT_CODES[done.report.answer] == exit_code, done.report.headline
    assert code in done.codes
    assert word in done.report.next_step
    plan = expand(catalogue(), done.scan.order.targets, done.scan.order.scope)
    assert len(done.requests) <= plan.request_count + plan.control_count
    working = {one.probe_id for one in done.report.verdicts if one.diagnosis.outcome == "works"}
    assert set(done.report.working) <= working


def test_the_announced_doubled_prefix_is_said(tmp_path: Path) -> None:
    with world("doubled-openai") as server:
        done = scan(server, tmp_path)
    assert any("twice" in note for note in done.evidence.notes)
