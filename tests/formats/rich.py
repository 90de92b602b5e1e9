"""One rich report, built by hand: a route that works, the wrong guesses beside it, a link, and most of the ways to fail."""

from __future__ import annotations

from datetime import timedelta

from probe.frozen import replace
from probe.model import (
    Answer,
    AuthForm,
    Capture,
    Change,
    Confidence,
    Control,
    Credential,
    CredentialKind,
    Diagnosis,
    Endpoint,
    Exchange,
    JsonPath,
    Link,
    Note,
    Observation,
    Outcome,
    Probe,
    Purpose,
    Report,
    Response,
    Role,
    Skipped,
    Standing,
    Surface,
    Timings,
    TlsFacts,
    Vantage,
    Verdict,
    VersionRule,
)
from tests import factories as make
from tests.factories import finding, text, worded

GENERATION = make.GENERATION
JOB = "task_01k74fbyghfq9a7wm2e7zxsw5v"
V1 = "/openai/v1"
CONTENT_VIDEO = make.endpoint(api_versions=("preview", "v1", None))
CONTENT = make.endpoint(
    id="azure.sora1.content",
    path=f"{V1}/video/generations/{{generation_id}}/content",
    api_versions=("preview", None, "2024-10-01"),
    standing=Standing.REFUTED,
    instead="azure.sora1.content-video",
    notes="What most people try first. It is in no published description.",
)
GENERATION_METADATA = make.endpoint(
    id="azure.sora1.generation", path=f"{V1}/video/generations/{{generation_id}}", role=Role.METADATA, api_versions=("preview",)
)
JOB_STATUS = make.endpoint(
    id="azure.sora1.job", path=f"{V1}/video/generations/jobs/{{job_id}}", role=Role.STATUS, api_versions=("preview",)
)
VIDEOS = make.endpoint(
    id="azure.sora2.content", artefact="sora2-video", path=f"{V1}/videos/{{video_id}}/content", api_versions=(None, "preview")
)
CLASSIC = make.endpoint(
    id="azure.sora2.content-classic",
    artefact="sora2-video",
    surface="azure-classic",
    path="/openai/videos/{video_id}/content",
    api_versions=("2025-03-01-preview",),
    standing=Standing.REFUTED,
)
FILE_CONTENT = make.endpoint(
    id="azure.files.content", artefact="file", path=f"{V1}/files/{{file_id}}/content", api_versions=("v1", "preview")
)
GENERIC_STATUS = make.endpoint(
    id="generic.sora.status",
    artefact="generic-video",
    provider="generic",
    surface="generic",
    role=Role.STATUS,
    path="/status/{job_id}",
    api_versions=(None,),
)
ENDPOINTS = (CONTENT_VIDEO, CONTENT, GENERATION_METADATA, JOB_STATUS, VIDEOS, CLASSIC, FILE_CONTENT, GENERIC_STATUS)
CONTOSO = make.target()
MIRROR = make.target(
    name="mirror",
    provider="generic",
    base_url="http://127.0.0.1:8765/api",
    credentials=(Credential("MIRROR_KEY", CredentialKind.KEY),),
    headers=(("X-Team", "REDACTED"),),
)
SAS = "https://store.blob.core.windows.net/private/images/1/generated_00.png?se=2026-11-21T14%3A03%3A11Z&sp=r&sv=2021-08-06&sig=REDACTED"
TLS = TlsFacts(
    "TLSv1.3", "CN=Microsoft Azure RSA TLS Issuing CA 03", "CN=*.openai.azure.com", "2027-03-01T00:00:00Z", verified=True
)

Seen = tuple[Probe, Observation, Diagnosis | None]


class Scan:
    """Collects probes with what they saw and meant, half a second apart."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []

    def add(
        self, probe: Probe, answer: Response | None, diagnosis: Diagnosis | None, *, failure: str | None = None, tries: int = 1
    ) -> Probe:
        at = make.NOW + timedelta(seconds=0.5 * len(self.seen))
        identified = (
            replace(
                answer,
                request_ids=(("apim-request-id", f"7a1b0c1e-0000-4000-8000-{len(self.seen):012d}"),),
                region="Sweden Central",
            )
            if answer
            else None
        )
        exchanges: tuple[Exchange, ...] = tuple(
            make.exchange(
                probe,
                identified,
                attempt=attempt,
                started_at=at + timedelta(milliseconds=150 * attempt),
                timings=Timings(0.004, 0.011, 0.022, 0.08, 0.003) if attempt == 1 else Timings(wait=0.09, receive=0.002),
                failure=failure,
                remote_address="20.1.2.3:443",
                tls=TLS if probe.url.startswith("https") else None,
            )
            for attempt in range(1, tries + 1)
        )
        self.seen.append((probe, Observation(probe.id, exchanges), diagnosis))
        return probe


def at(route: Endpoint, version: str | None, **changes: object) -> Probe:
    path = (
        route.path.replace("{generation_id}", GENERATION)
        .replace("{job_id}", JOB)
        .replace("{video_id}", GENERATION)
        .replace("{file_id}", "file-abc")
    )
    url = make.AZURE + path + (f"?api-version={version}" if version else "")
    return replace(make.probe(route, api_version=version, url=url), **changes)


def works(version: str) -> Diagnosis:
    return worded(
        "download-proved", Outcome.WORKS, f"MP4 bytes at api-version {version}", "", Confidence.HIGH, ("response.sniffed_type",)
    )


def unknown_route(of: Endpoint, version: str) -> Diagnosis:
    return worded(
        "azure-route-unknown",
        Outcome.NOT_FOUND,
        f"contoso has no route {of.path} at api-version {version}: a nonsense path gets the same answer",
        "use /video/generations/{generation_id}/content/video",
        Confidence.HIGH,
        ("response.status_code", "response.error_message", "control.bogus_route"),
        "https://learn.microsoft.com/azure/ai-foundry/openai/video-generation-quickstart",
    )


def rich_report() -> Report:
    """The report of a scan of two targets, in which a route works."""
    scan = Scan()
    _add_sora1(scan)
    _add_others(scan)
    _add_mirror(scan)
    probes = tuple(probe for probe, _seen, _diagnosis in scan.seen)
    unsent = make.probe(
        VIDEOS,
        api_version="v1",
        id="contoso/azure.sora2.content@v1",
        needs=("video_id",),
        url=f"{make.AZURE}{V1}/videos/{{video_id}}/content?api-version=v1",
    )
    evidence = make.evidence(
        *((probe, seen) for probe, seen, _diagnosis in scan.seen),
        vantage=Vantage(
            "0.1.0",
            "3.11.7",
            "Linux",
            proxy="http://proxy.corp:3128",
            proxy_source="HTTPS_PROXY",
            addresses=(("contoso.openai.azure.com", "public"),),
        ),
        targets=(CONTOSO, MIRROR),
        endpoints=ENDPOINTS,
        surfaces=(
            make.surface(),
            make.surface(name="azure-classic", prefix="/openai", api_version=VersionRule.REQUIRED),
            Surface("generic", "generic", "", VersionRule.UNUSED),
        ),
        probes=(*probes, unsent),
        skipped=(Skipped(unsent.id, VIDEOS.id, "contoso", "needs video_id, which nobody gave and no answer held"),),
        ended_at=make.NOW + timedelta(seconds=12.4),
        failing_url=f"{make.AZURE}{V1}/video/generations/{GENERATION}/content?api-version=preview",
        masked=(("header api-key", "17"), ("sas signature", "2")),
    )
    return Report(
        evidence=evidence,
        verdicts=tuple(Verdict(probe.id, diagnosis) for probe, _seen, diagnosis in scan.seen if diagnosis),
        answer=Answer.WORKS,
        headline=text(
            "2 download routes work; the best is /video/generations/{generation_id}/content/video at api-version preview"
        ),
        next_step=text("Download the video before 2026-11-21T11:00:00Z; it is deleted then."),
        working=("contoso/azure.sora1.content-video@preview", "contoso/azure.sora1.content-video@v1"),
        findings=(
            finding(
                "proxy-in-use",
                "All requests went through the proxy http://proxy.corp:3128.",
                "Check NO_PROXY when the customer's machine has none.",
            ),
        ),
        generated_at=make.NOW + timedelta(seconds=13),
        smallest_change=Change(
            f"{make.AZURE}{V1}/video/generations/{GENERATION}/content?api-version=preview",
            f"{make.AZURE}{V1}/video/generations/{GENERATION}/content/video?api-version=preview",
            (Note("change-path", (("a", "/content"), ("b", "/content/video"))),),
        ),
        failing_url_probe="contoso/azure.sora1.content@preview",
        ranking=(("contoso/azure.sora1.content-video@preview", text("documented; proved by its bytes")),),
    )


def _add_sora1(scan: Scan) -> None:
    job = make.response(
        json_paths=(
            JsonPath("$.id", "string"),
            JsonPath("$.status", "string"),
            JsonPath("$.generations[*].id", "string"),
            JsonPath("$.expires_at", "number"),
        )
    )
    status = scan.add(
        at(JOB_STATUS, "preview"),
        job,
        worded("metadata-only", Outcome.METADATA_ONLY, "the job is finished; it holds no link, by design", "", Confidence.HIGH),
    )
    probe, seen, diagnosis = scan.seen[-1]
    scan.seen[-1] = (probe, replace(seen, captures=(Capture("generation_id", GENERATION, "$.generations[0].id"),)), diagnosis)
    nonsense = make.route_404()
    for version in ("preview", "v1"):
        scan.add(at(CONTENT_VIDEO, version, depends_on=(status.id,)), make.mp4_response(), works(version))
    scan.add(
        at(CONTENT_VIDEO, None),
        make.response(400, error_code="BadRequest", error_message="API version not supported", error_shape="azure"),
        worded(
            "api-version-unknown",
            Outcome.NOT_FOUND,
            "the surface wants an api-version",
            "add api-version=preview",
            Confidence.MEDIUM,
        ),
    )
    for version in CONTENT.api_versions:
        scan.add(at(CONTENT, version), nonsense, unknown_route(CONTENT, version or "none"))
    metadata = make.response(
        json_paths=(JsonPath("$.id", "string"), JsonPath("$.job_id", "string"), JsonPath("$.prompt", "string"))
    )
    scan.add(
        at(GENERATION_METADATA, "preview"),
        metadata,
        worded("metadata-only", Outcome.METADATA_ONLY, "no link in 3 key paths, by design", "", Confidence.HIGH),
    )
    control = at(
        CONTENT,
        "preview",
        id=f"contoso/{CONTENT.id}@preview+bogus_route",
        purpose=Purpose.CONTROL,
        control=Control.BOGUS_ROUTE,
        of=f"contoso/{CONTENT.id}@preview",
        url=f"{make.AZURE}{V1}/zq7-nonsense?api-version=preview",
        reason="a nonsense path",
    )
    scan.add(control, nonsense, None)


def _add_others(scan: Scan) -> None:
    throttled = make.response(
        429, headers=(("retry-after", "31"),), retry_after=31.0, error_code="429", error_message="Too many requests"
    )
    scan.add(
        at(VIDEOS, None),
        throttled,
        worded("throttled", Outcome.THROTTLED, "the quota was used up for 31 s", "wait, then scan again", Confidence.HIGH),
        tries=3,
    )
    scan.add(
        at(VIDEOS, "preview"),
        make.response(500),
        worded("server-error", Outcome.SERVER_ERROR, "the server failed", "give Microsoft the request ids", Confidence.MEDIUM),
    )
    scan.add(at(CLASSIC, "2025-03-01-preview"), make.route_404(), unknown_route(CLASSIC, "2025-03-01-preview"))
    denied = make.response(
        401,
        error_code="401",
        error_message="Access denied due to invalid subscription key.",
        headers=(("www-authenticate", 'Bearer realm="x"'),),
    )
    scan.add(
        at(FILE_CONTENT, "v1"),
        denied,
        worded("key-refused", Outcome.DENIED, "the key is refused for files", "take a key of this resource", Confidence.MEDIUM),
    )
    bearer = at(
        FILE_CONTENT,
        "v1",
        id=f"contoso/{FILE_CONTENT.id}@v1+bearer",
        purpose=Purpose.AUTH,
        auth=AuthForm.BEARER,
        of=f"contoso/{FILE_CONTENT.id}@v1",
    )
    scan.add(
        bearer,
        denied,
        worded(
            "key-refused",
            Outcome.DENIED,
            "the key is refused as a bearer token too",
            "take a key of this resource",
            Confidence.MEDIUM,
        ),
    )
    scan.add(
        at(FILE_CONTENT, "preview"),
        make.response(404, error_code="ResourceExpired"),
        worded("file-expired", Outcome.EXPIRED, "the file expired on 2026-11-19", "make it again", Confidence.HIGH),
    )


def _add_mirror(scan: Scan) -> None:
    headers = (("content-type", "application/json"), ("Location", SAS))
    answer = make.response(
        headers=headers, json_paths=(JsonPath("$.data[*].url", "string"),), links=(Link(SAS, "$.data[0].url", same_origin=False),)
    )
    base = {"target": "mirror", "auth": AuthForm.API_KEY, "ids": (("job_id", JOB),)}
    status = scan.add(
        make.probe(
            GENERIC_STATUS, api_version=None, id=f"mirror/{GENERIC_STATUS.id}@none", url=f"{MIRROR.base_url}/status/{JOB}", **base
        ),
        answer,
        worded("link-in-answer", Outcome.METADATA_ONLY, "the answer names a link at $.data[0].url", "", Confidence.HIGH),
    )
    link = Probe(
        f"{status.id}+link1",
        "mirror",
        "",
        "GET",
        SAS,
        purpose=Purpose.LINK,
        of=status.id,
        link=0,
        variant="as given",
        reason="a link",
    )
    png = make.response(206, media_type="image/png", sniffed_type=None, total_size=120_000)
    scan.add(
        link,
        png,
        worded("link-unproved", Outcome.LINK, "the link answers, but its bytes prove nothing", "open it", Confidence.LOW),
    )
    dead = replace(status, id=f"mirror/{GENERIC_STATUS.id}@none~2", url=f"{MIRROR.base_url}/status/other")
    scan.add(
        dead,
        None,
        worded("connection-refused", Outcome.UNREACHABLE, "nothing listens there", "check host and port", Confidence.HIGH),
        failure="connection_refused",
    )


def denied_report() -> Report:
    """The report of a scan in which the key is refused everywhere, by an old catalogue."""
    scan = Scan()
    denied = make.response(401, error_code="401", error_message="Access denied due to invalid subscription key.")
    refused = worded(
        "key-refused",
        Outcome.DENIED,
        "contoso refuses the key on every route, on a nonsense path as well",
        "take a key of the resource whose endpoint is https://contoso.openai.azure.com",
        Confidence.HIGH,
        ("response.status_code", "control.bogus_route"),
    )
    for endpoint in (CONTENT_VIDEO, CONTENT, GENERATION_METADATA, VIDEOS):
        for version in endpoint.api_versions:
            scan.add(at(endpoint, version), denied, refused)
    evidence = make.evidence(
        *((probe, seen) for probe, seen, _diagnosis in scan.seen),
        endpoints=ENDPOINTS,
        catalogue_updated=make.NOW.date() - timedelta(days=300),
    )
    return Report(
        evidence=evidence,
        verdicts=tuple(Verdict(probe.id, refused) for probe, _seen, _diagnosis in scan.seen),
        answer=Answer.UNDECIDED,
        headline=text("No download route works, because the key is refused everywhere"),
        next_step=text("Set a key of this resource in AZURE_OPENAI_API_KEY, run `probe doctor`, then scan again."),
        working=(),
        findings=(),
        generated_at=make.NOW + timedelta(seconds=13),
        asks=(text("the resource's region"), text("subscription id")),
    )
