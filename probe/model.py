"""Every type that crosses a stage boundary: frozen values, standard library only.

Read from top to bottom, the file is the flow: what the catalogue says, whom we ask, what is planned, what the wire said, what it
means. Sizes are bytes, durations are seconds, times are aware UTC. Everything in `Evidence` is already redacted.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Generic, NewType, TypeVar

from probe.frozen import Frozen

RawUrl = NewType("RawUrl", str)
"""A URL as the user gave it or a server sent it: it may hold a secret. Only this type can be sent, and it is never recorded."""

RedactedUrl = NewType("RedactedUrl", str)
"""A URL without its secrets. `probe.redact` makes it; evidence, view and formats hold no other, which the type checker proves."""

Url_co = TypeVar("Url_co", bound=str, covariant=True)
"""Which of the two a `Target`, a `Probe` or a `Plan` holds: raw while a scan runs, redacted once it is shown or recorded."""

Pairs = tuple[tuple[str, str], ...]
"""Ordered name and value pairs: headers repeat and their order is evidence, so they are never a mapping."""


class Note(Frozen):
    """Something to be told: a stable code and the values of its sentence; `probe.diagnoses` makes the text.

    Where a field is `Note | str`, the text was written by release 0.1.0 and is shown as it is.
    """

    code: str
    values: Pairs = ()


class Role(StrEnum):
    """What an endpoint is for."""

    LIST = "list"
    STATUS = "status"
    METADATA = "metadata"
    DOWNLOAD = "download"
    CONTROL = "control"
    CREATE = "create"


class Standing(StrEnum):
    """How well the vendor's own texts support an endpoint."""

    DOCUMENTED = "documented"
    UNDOCUMENTED = "undocumented"
    REFUTED = "refuted"


class Stage(StrEnum):
    """Where an endpoint, an artefact kind or an api-version is in its life."""

    PREVIEW = "preview"
    GA = "ga"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class VersionRule(StrEnum):
    """How a surface takes its api-version."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    UNUSED = "unused"


class CredentialKind(StrEnum):
    """What a secret is; it decides the auth forms that may carry it."""

    KEY = "key"
    ENTRA_TOKEN = "entra-token"
    STORAGE_TOKEN = "storage-token"


class AuthForm(StrEnum):
    """How a credential is put into a request."""

    NONE = "none"
    API_KEY = "api-key"
    BEARER = "bearer"
    ENTRA = "entra"
    APIM = "apim"
    STORAGE = "storage"
    X_API_KEY = "x-api-key"
    GOOGLE_KEY = "x-goog-api-key"
    KEY_SCHEME = "key-scheme"

    @property
    def kind(self) -> CredentialKind:
        """What kind of secret the form carries: a key goes in several forms, and stays one credential."""
        return CredentialKind(f"{self.value}-token" if self in (AuthForm.ENTRA, AuthForm.STORAGE) else "key")


class Post(StrEnum):
    """Why a POST that creates nothing is one; each kind is sent only where the user allows that kind."""

    READS = "reads"
    CREDENTIALS = "credentials"


class Source(Frozen):
    """Where a fact was read: a URL or `repository path @commit`, and the day of reading."""

    at: str
    read_on: date


class Lifecycle(Frozen):
    """Stage of a thing and the dates that the vendor published for it; dates move, so each carries its source."""

    stage: Stage
    retired_on: date | None = None
    sources: tuple[Source, ...] = ()


class ApiVersion(Frozen):
    """A published data-plane api-version, or a wrong value that people are known to send (`is_known_wrong`).

    `surfaces` names the only surfaces that have it; empty for the versions of Azure OpenAI itself.
    """

    value: str
    stage: Stage
    is_known_wrong: bool = False
    notes: str = ""
    surfaces: tuple[str, ...] = ()


class Surface(Frozen):
    """A part of a provider's API behind one path prefix, with one gateway and one api-version rule."""

    name: str
    provider: str
    prefix: str
    api_version: VersionRule


class IdName(Frozen):
    """The name of an id in path templates (`generation_id`), the prefixes that give it away, and a well-formed bogus value."""

    name: str
    prefixes: tuple[str, ...] = ()
    bogus: str = ""


class States(Frozen):
    """Status words of an artefact kind, lower case; compared without case."""

    pending: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()


class Magic(Frozen):
    """Bytes (hex) that prove a media type when they stand at `offset` of a body."""

    offset: int
    hex: str
    media_type: str


class Artefact(Frozen):
    """A kind of thing to download, and how to recognise it.

    `media_types` are the sniffed types that prove it (`video/mp4`; `*/*` for files that may be anything). `lifecycles` are by
    provider, where one vendor ends a kind that another keeps; `lifecycle` is that of the kind everywhere.
    """

    name: str
    title: str
    media_types: tuple[str, ...]
    ids: tuple[IdName, ...] = ()
    states: States = States()
    status_paths: tuple[str, ...] = ()
    expiry_paths: tuple[str, ...] = ()
    magic: tuple[Magic, ...] = ()
    lifetime: float | None = None
    lifecycle: Lifecycle = Lifecycle(Stage.GA)
    sources: tuple[Source, ...] = ()
    notes: str = ""
    lifecycles: tuple[tuple[str, Lifecycle], ...] = ()


class CaptureRule(Frozen):
    """Ordered RFC 9535 paths: the first that finds text gives `name` its values."""

    name: str
    paths: tuple[str, ...]


class Expect(Frozen):
    """What a right answer of an endpoint looks like; empty means the artefact kind's own."""

    status_codes: tuple[int, ...] = ()
    media_types: tuple[str, ...] = ()


class Endpoint(Frozen):
    """One catalogue entry: a route that delivers an artefact or returns its ids, or a known wrong route.

    `path` is a template with `{names}`, or an absolute URL template for hosts of their own (blob storage). `hosts` are a vendor's
    own: there no other vendor's routes are asked, elsewhere these wait for what the common ones tell. `api_versions` are the
    versions that a normal scan tries, best first (None: sent without); `more_api_versions` those of `--all-versions`. `auth` is
    empty for the provider's own choice. `cost` says in words what a billable request would be billed for. `post` says why a POST
    that is not billed is one. `model_until` is the end of the model that the body names. `lifecycle` is the entry's own, else the
    artefact kind's at this provider.
    """

    id: str
    artefact: str
    role: Role
    provider: str
    surface: str
    method: str
    path: str
    api_versions: tuple[str | None, ...]
    more_api_versions: tuple[str | None, ...] = ()
    query: Pairs = ()
    headers: Pairs = ()
    body: str | None = None
    captures: tuple[CaptureRule, ...] = ()
    expect: Expect = Expect()
    standing: Standing = Standing.DOCUMENTED
    lifecycle: Lifecycle = Lifecycle(Stage.GA)
    auth: tuple[AuthForm, ...] = ()
    instead: str | None = None
    billable: bool = False
    cost: str = ""
    sources: tuple[Source, ...] = ()
    notes: str = ""
    line: int = 0
    post: Post | None = None
    model_until: date | None = None
    hosts: tuple[str, ...] = ()


class Catalogue(Frozen):
    """The whole catalogue, valid. `source` names the files it was read from, `sha256` is over their bytes."""

    version: int
    updated: date
    artefacts: tuple[Artefact, ...]
    surfaces: tuple[Surface, ...]
    api_versions: tuple[ApiVersion, ...]
    endpoints: tuple[Endpoint, ...]
    source: str
    sha256: str
    notes: tuple[str, ...] = ()


class Credential(Frozen):
    """The *name* of the environment variable that holds a secret, never its value.

    `looks_like` names the provider whose published key format the value has ("openai" for `sk-...`), "" when none tells.
    """

    variable: str
    kind: CredentialKind
    looks_like: str = ""


class Limits(Frozen):
    """Every limit of a scan; stated in every report. `rate_limit` is requests a second and host, `max_time` the whole scan."""

    concurrency: int = 8
    rate_limit: float = 50.0
    timeout: float = 30.0
    connect_timeout: float = 10.0
    silence_timeout: float = 15.0
    retries: int = 2
    max_wait: float = 30.0
    max_requests: int = 300
    max_time: float = 900.0
    max_body: int = 1024 * 1024
    max_artefact: int = 4096
    max_decompressed: int = 4 * 1024 * 1024
    max_header_bytes: int = 64 * 1024
    max_header_count: int = 200
    max_informational: int = 8
    max_redirects: int = 10
    max_json_depth: int = 64
    max_json_paths: int = 2000
    max_links: int = 50


class OwnLimits(Frozen):
    """Limits that a fleet file gives one target; None stands for what holds for the whole scan."""

    timeout: float | None = None
    connect_timeout: float | None = None
    retries: int | None = None
    rate_limit: float | None = None
    max_requests: int | None = None


class Target(Frozen, Generic[Url_co]):
    """A customer's resource. `base_url` is origin plus gateway prefix, without a trailing slash, `/openai` or `/v1`.

    `ids` are the values that the user gave, by the names of path templates (`generation_id`, `deployment`, `project`). `headers`
    are extra ones that every request to it carries, redacted. `notes` say what was done to the URL as it was pasted. `api_version`
    was named by the URL or by a variable and is tried first. `vantage` names the network that it was asked from in merged runs.
    `limits` and `network` (proxy, certificates, addresses) are what a fleet file gives it for itself.
    """

    name: str
    provider: str
    base_url: Url_co
    deployment: str | None = None
    credentials: tuple[Credential, ...] = ()
    ids: Pairs = ()
    headers: Pairs = ()
    notes: tuple[Note | str, ...] = ()
    api_version: str | None = None
    vantage: str = ""
    limits: OwnLimits = OwnLimits()
    network: Pairs = ()


class Purpose(StrEnum):
    """Why a probe is sent."""

    CANDIDATE = "candidate"
    FAILING_URL = "failing-url"
    CONTROL = "control"
    AUTH = "auth"
    LINK = "link"


class Control(StrEnum):
    """A request whose only use is to tell causes apart."""

    BOGUS_ROUTE = "bogus_route"
    BOGUS_ID = "bogus_id"
    BOGUS_VERSION = "bogus_version"
    NO_CREDENTIAL = "no_credential"
    LISTED_ID = "listed_id"
    DESCRIPTION = "description"
    MODELS = "models"


class Probe(Frozen, Generic[Url_co]):
    """One planned request.

    `id` is stable across runs and greppable: `target/endpoint@api-version`, with `~2` for the second binding of the same and
    `+bogus_id` for a control. `url` is absolute; while an id is not known yet it still holds its `{name}` and `needs` lists the
    missing names. `endpoint` is "" for links and for a failing URL that the catalogue does not know. `of` names the probe
    that a control, an auth form or a link belongs to. `link` is the index of the link in the answer of `of` (its secret part is
    only in memory). `variant` says in which form a link is tried ("as given", "with api-version").
    """

    id: str
    target: str
    endpoint: str
    method: str
    url: Url_co
    api_version: str | None = None
    auth: AuthForm = AuthForm.NONE
    purpose: Purpose = Purpose.CANDIDATE
    role: Role = Role.DOWNLOAD
    headers: Pairs = ()
    body: str | None = None
    ids: Pairs = ()
    needs: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    control: Control | None = None
    of: str | None = None
    link: int | None = None
    variant: str = ""
    reason: Note | str = ""
    billable: bool = False
    cost: str = ""
    post: Post | None = None


class Skipped(Frozen):
    """A probe that is not sent, and why; also for catalogue entries that could not become a probe."""

    probe_id: str
    endpoint: str
    target: str
    reason: Note | str


class Plan(Frozen, Generic[Url_co]):
    """What a scan will send: `probes` in a valid order, those that wait for an id included.

    `request_count` is what the candidates cost at the most, `control_count` what the controls, auth forms and links may add.
    """

    probes: tuple[Probe[Url_co], ...]
    skipped: tuple[Skipped, ...]
    request_count: int
    control_count: int
    billable_count: int
    notes: tuple[Note | str, ...] = ()


class Wanted(Frozen):
    """A request that would decide a verdict: a control or another auth form for the probe `of`, with other `ids`."""

    of: str
    control: Control | None = None
    auth: AuthForm | None = None
    reason: Note | str = ""
    ids: Pairs = ()


class Timings(Frozen):
    """Phases of one exchange in seconds; None where the phase did not happen (a connection was reused)."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    wait: float | None = None
    receive: float | None = None


class TlsFacts(Frozen):
    """The TLS connection as the client saw it; an issuer that is not a public CA reveals an intercepting proxy."""

    version: str
    issuer: str
    subject: str
    not_after: str
    verified: bool


class Request(Frozen):
    """What was sent, redacted."""

    method: str
    url: RedactedUrl
    headers: Pairs = ()


class JsonPath(Frozen):
    """A key path of a JSON body with array indexes folded: `$.generations[*].id`; `type` joins several by `|`."""

    path: str
    type: str
    count: int = 1


class JsonValue(Frozen):
    """A value from the allow-list (status words, ids, times, sizes) at a concrete path: `$.data[0].status`, redacted."""

    path: str
    value: str


class Embedded(Frozen):
    """An artefact inside a body: where, its sniffed type and its decoded size as far as it was read.

    `path` is the key path of a text in a JSON body; `$` is the whole body. `encoding` names what to undo, in order and with a space
    between: `base64` (a `data:` URL too), `gzip`.
    """

    path: str
    sniffed_type: str
    size: int
    encoding: str = "base64"


class Link(Frozen):
    """A URL that an answer named; `url` is absolute and redacted, `found_in` is `header:Location` or a key path.

    `refused` says why it must not be followed (a private address, another scheme, a downgrade to http), else None.
    """

    url: RedactedUrl
    found_in: str
    same_origin: bool
    refused: Note | str | None = None


class Response(Frozen):
    """What came back, redacted and reduced to facts: no value of the body outside the allow-list is here.

    `media_type` is what the server claims, `sniffed_type` what the bytes prove (None: nothing recognised). `body_size` counts bytes
    read, `total_size` is the whole as Content-Range or Content-Length claim it. `error_code`, `error_type` and `error_message` are
    read from any of the wire's error shapes; `error_shape` says which: `azure` (`{"error": {...}}`), `flat`, `apim`
    (`{"statusCode": ..}`), `fastapi` (`{"detail": ..}`), `xml` (blob storage), or "". `title` is an HTML page's.
    """

    status_code: int
    reason_phrase: str = ""
    http_version: str = ""
    headers: Pairs = ()
    media_type: str | None = None
    sniffed_type: str | None = None
    body_size: int = 0
    total_size: int | None = None
    body_is_truncated: bool = False
    body_sha256: str = ""
    json_paths: tuple[JsonPath, ...] = ()
    values: tuple[JsonValue, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    error_code: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    error_shape: str = ""
    title: str | None = None
    request_ids: Pairs = ()
    region: str | None = None
    retry_after: float | None = None
    links: tuple[Link, ...] = ()
    limits_hit: tuple[str, ...] = ()


class Exchange(Frozen):
    """One attempt on the wire. Exactly one of `response` and `failure` (an OONI failure code) is set.

    `hop` says where an attempt without an answer ended: "dns", "tcp", "tls", "proxy" (until it had opened the way) or "target".
    `proxy_response` is what the proxy answered instead of opening the way: status, its own headers, the title of its page.
    """

    attempt: int
    started_at: datetime
    elapsed: float
    request: Request
    timings: Timings = Timings()
    response: Response | None = None
    failure: str | None = None
    failure_detail: str = ""
    remote_address: str | None = None
    tls: TlsFacts | None = None
    hop: str | None = None
    proxy_response: Response | None = None


class Capture(Frozen):
    """An id that an answer gave, redacted, with the path it was found at."""

    name: str
    value: str
    path: str


class Observation(Frozen):
    """Everything that one probe saw: every attempt, in order. `bug` is the text of our own fault, if one happened."""

    probe_id: str
    exchanges: tuple[Exchange, ...] = ()
    captures: tuple[Capture, ...] = ()
    skip_reason: Note | str | None = None
    bug: str | None = None

    @property
    def last(self) -> Exchange | None:
        """The attempt that decides."""
        return self.exchanges[-1] if self.exchanges else None

    @property
    def response(self) -> Response | None:
        """The answer of the deciding attempt, if it got one."""
        return self.exchanges[-1].response if self.exchanges else None


class Vantage(Frozen):
    """Where and how the scan was run, as far as it matters to a reader of the report."""

    tool_version: str
    python: str
    platform: str
    proxy: str | None = None
    proxy_source: str | None = None
    addresses: Pairs = ()
    verify_tls: bool = True
    ca_source: str = "system"
    notes: tuple[Note | str, ...] = ()


class Evidence(Frozen):
    """A whole scan as it was seen, with the catalogue entries it used: enough to judge it again offline, with newer rules.

    `digests` of what was planned and sent are for readers of the file; a comparison of runs computes them anew.
    """

    started_at: datetime
    vantage: Vantage
    limits: Limits
    catalogue_updated: date
    catalogue_sha256: str
    catalogue_source: str
    targets: tuple[Target[RedactedUrl], ...]
    artefacts: tuple[Artefact, ...]
    surfaces: tuple[Surface, ...]
    api_versions: tuple[ApiVersion, ...]
    endpoints: tuple[Endpoint, ...]
    probes: tuple[Probe[RedactedUrl], ...] = ()
    skipped: tuple[Skipped, ...] = ()
    observations: tuple[Observation, ...] = ()
    failing_url: RedactedUrl | None = None
    ended_at: datetime | None = None
    is_interrupted: bool = False
    masked: Pairs = ()
    notes: tuple[Note | str, ...] = ()
    digests: Pairs = ()
    data_format_version: int = 2


class Outcome(StrEnum):
    """The closed set of outcomes of a probe."""

    WORKS = "works"
    LINK = "link"
    PENDING = "pending"
    METADATA_ONLY = "metadata_only"
    NEEDS_INPUT = "needs_input"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    RETIRED = "retired"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    PROBE_BUG = "probe_bug"


class Confidence(StrEnum):
    """How much a diagnosis may be trusted: high rests on a control or a vendor's own text, low on elimination."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Answer(StrEnum):
    """What the whole scan says."""

    WORKS = "works"
    NONE = "none"
    UNDECIDED = "undecided"


class Diagnosis(Frozen):
    """A cause. `code` is stable and kebab-case; `cites` are the evidence fields and controls it rests on.

    `values` fill in the sentences that `probe.diagnoses` has for the code; `variant` names another wording of them. Where the
    confidence is not high, `alternatives` are the codes that it may be instead.
    """

    code: str
    outcome: Outcome
    values: Pairs = ()
    variant: str = ""
    confidence: Confidence = Confidence.HIGH
    cites: tuple[str, ...] = ()
    docs_url: str = ""
    alternatives: tuple[str, ...] = ()


class Verdict(Frozen):
    """The diagnosis of one probe, who sent the answer and who must act; None where that is not known."""

    probe_id: str
    diagnosis: Diagnosis
    answered_by: str | None = None
    owner: str | None = None


class Finding(Frozen):
    """Something about the scan as a whole, not about one probe; told like a `Diagnosis`."""

    code: str
    values: Pairs = ()
    variant: str = ""


class Change(Frozen):
    """The smallest change from the customer's URL to a working request; `differences` say it part by part."""

    from_url: RedactedUrl
    to_url: RedactedUrl
    differences: tuple[Note, ...]


class Report(Frozen):
    """The evidence and what it means. `working` are probe ids, best first, each with its reason in `ranking`.

    `main` is the probe whose diagnosis the answer is told by: `headline` is told around its summary, and without a `next_step` its
    remedy is the next step. `decisive` names the probe that decides for each thing asked about (target, id), in the plan's order.
    """

    evidence: Evidence
    verdicts: tuple[Verdict, ...]
    answer: Answer
    headline: Note
    next_step: Note | None
    working: tuple[str, ...]
    findings: tuple[Finding, ...]
    generated_at: datetime
    smallest_change: Change | None = None
    failing_url_probe: str | None = None
    ranking: tuple[tuple[str, Note], ...] = ()
    asks: tuple[Note, ...] = ()
    main: str | None = None
    decisive: tuple[str, ...] = ()
