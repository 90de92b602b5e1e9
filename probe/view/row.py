"""One probe with all that is known about it, and the failures that share a reason: what tables and lists are made of.

Everything here is plain, unescaped data from servers, catalogues and users: whoever writes it down escapes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from probe.diagnoses import DIAGNOSES, remedy, summary, why
from probe.frozen import Frozen
from probe.language import _
from probe.model import (
    AuthForm,
    Credential,
    Diagnosis,
    Endpoint,
    Exchange,
    Observation,
    Outcome,
    Pairs,
    Probe,
    Purpose,
    RedactedUrl,
    Response,
    Standing,
    Target,
)
from probe.providers import auth_headers
from probe.view.words import size_text, split_url, unique

LINK_HEADERS = ("location", "content-location", "operation-location")
HEADERS_OF_INTEREST = (
    *LINK_HEADERS,
    "link",
    "content-disposition",
    "content-range",
    "etag",
    "last-modified",
    "retry-after",
    "retry-after-ms",
    "x-ms-error-code",
    "x-ms-deployment-name",
    "policy-id",
    "www-authenticate",
    "via",
)


class Row(Frozen):
    """One probe with all that is known about it.

    `diagnosis` is None for controls, which are not judged, and `observation` is None for a probe that was never sent.
    `answered_by` and `owner` are the verdict's: who sent the answer, who must act.
    """

    probe: Probe[RedactedUrl]
    target: Target[RedactedUrl] | None
    endpoint: Endpoint | None
    observation: Observation | None
    diagnosis: Diagnosis | None
    answered_by: str | None = None
    owner: str | None = None

    @property
    def route(self) -> str:
        """The whole real path of the request, ids as sent, ready to be copied; on another host than the target's with that host."""
        return self.path_and_query.partition("?")[0]

    @property
    def path_and_query(self) -> str:
        """The request's path and query; on another host than the target's the whole URL."""
        origin = "://".join(split_url(self.target.base_url)[:2]) if self.target else ""
        is_own = origin and self.probe.url.startswith((origin + "/", origin + "?"))
        return self.probe.url.removeprefix(origin) if is_own else self.probe.url

    @property
    def told_apart(self) -> str:
        """What tells the request from another one for the same URL: its form of the credential, the variant of a link; else ""."""
        forms = auth_headers(self.probe.auth, "KEY") if self.probe.purpose is Purpose.AUTH else ()
        form = ", ".join(f"{name}: {value}" for name, value in forms)
        variant = "" if self.probe.variant == "as given" else self.probe.variant
        return "".join(f" · {one}" for one in (form, variant) if one)

    @property
    def request(self) -> str:
        """Method, path and what tells it apart: how tables and lists name it."""
        return f"{self.probe.method} {self.route}{self.told_apart}"

    @property
    def outcome(self) -> Outcome | None:
        """What the probe came to; None for a control."""
        if self.diagnosis is not None:
            return self.diagnosis.outcome
        return None if self.is_sent else Outcome.SKIPPED

    @property
    def is_sent(self) -> bool:
        """Whether the probe was sent, or we failed in trying."""
        return self.observation is not None and bool(self.observation.exchanges or self.observation.bug)

    @property
    def exchange(self) -> Exchange | None:
        """The attempt that decides."""
        return self.observation.last if self.observation else None

    @property
    def response(self) -> Response | None:
        """The answer that decides, if there was one."""
        return self.observation.response if self.observation else None

    @property
    def status(self) -> str:
        """The status code, else the failure code (`connection_refused`), else ""."""
        if self.response is not None:
            return str(self.response.status_code)
        return (self.exchange.failure or "") if self.exchange else ""

    @property
    def api_version(self) -> str:
        """The api-version for tables: the value, or the word for "sent without"."""
        return self.probe.api_version or _("none")

    @property
    def artefact(self) -> str:
        """Name of the artefact kind, "" if the probe belongs to no endpoint of the catalogue."""
        return self.endpoint.artefact if self.endpoint else ""

    @property
    def is_refuted(self) -> bool:
        """Whether the route is a wrong guess that the catalogue knows."""
        return self.endpoint is not None and self.endpoint.standing is Standing.REFUTED

    @property
    def is_control(self) -> bool:
        """Whether the probe was sent only to tell causes apart."""
        return self.probe.purpose is Purpose.CONTROL

    @property
    def request_ids(self) -> Pairs:
        """Correlation ids of the deciding answer, as (header, value)."""
        return self.response.request_ids if self.response else ()

    @property
    def request_id(self) -> str:
        """The first correlation id, the one to name on the telephone; "" without one."""
        return self.request_ids[0][1] if self.request_ids else ""

    @property
    def region(self) -> str:
        """The serving region as the answer names it, or ""."""
        return (self.response.region or "") if self.response else ""

    @property
    def started_at(self) -> datetime | None:
        """When the deciding attempt was sent."""
        return self.exchange.started_at if self.exchange else None

    @property
    def elapsed(self) -> float | None:
        """Seconds of the deciding attempt."""
        return self.exchange.elapsed if self.exchange else None

    @property
    def size(self) -> int | None:
        """The whole size of the body as far as it is known."""
        if self.response is None:
            return None
        if self.response.total_size is None and self.response.body_is_truncated:
            return None
        return self.response.body_size if self.response.total_size is None else self.response.total_size

    @property
    def proof(self) -> str:
        """One line about the answer: status, what its bytes are, how big it is."""
        if self.response is None:
            return self.status
        kind = self.response.media_type or ""
        if self.outcome is Outcome.WORKS and self.response.embedded:
            kind = _("{type}, decoded from the response", type=self.response.embedded[0].sniffed_type)
        elif self.outcome is Outcome.WORKS and self.response.sniffed_type:
            kind = _("{type}, proved by its first bytes", type=self.response.sniffed_type)
        return " · ".join(filter(None, (self.status, kind, size_text(self.size))))

    @property
    def location(self) -> str | None:
        """The first Location, Content-Location or Operation-Location of the answer."""
        found = [value for name, value in self.headers_of_interest if name.lower() in LINK_HEADERS]
        return found[0] if found else None

    @property
    def headers_of_interest(self) -> Pairs:
        """The answer's headers that tell where an artefact is or why it is not given."""
        headers = self.response.headers if self.response else ()
        return tuple(pair for pair in headers if pair[0].lower() in HEADERS_OF_INTEREST)

    @property
    def key_paths(self) -> tuple[str, ...]:
        """Key paths of the JSON answer, `$.generations[*].id`."""
        return tuple(path.path for path in self.response.json_paths) if self.response else ()

    @property
    def credential(self) -> Credential | None:
        """Which of the target's environment variables holds the secret for this probe's auth form."""
        held = self.target.credentials if self.target and self.probe.auth is not AuthForm.NONE else ()
        return next((one for one in held if one.kind is self.probe.auth.kind), held[0] if held else None)


class Group(Frozen):
    """Rows that fail for the same reason, so that a report says it once. `diagnosis` is the first row's."""

    diagnosis: Diagnosis
    rows: tuple[Row, ...]

    @property
    def summary(self) -> str:
        """What is true of all rows: their summary where it is the same one, else the few words for their reason."""
        return self._shared(summary) or (why(self.diagnosis) if self.diagnosis.code in DIAGNOSES else summary(self.diagnosis))

    @property
    def remedy(self) -> str:
        """What to do about all rows; "" where each has its own remedy."""
        return self._shared(remedy)

    def _shared(self, said: Callable[[Diagnosis], str]) -> str:
        texts = {said(row.diagnosis) for row in self.rows if row.diagnosis}
        return texts.pop() if len(texts) == 1 else ""

    @property
    def count(self) -> int:
        """How many probes."""
        return len(self.rows)

    @property
    def routes(self) -> tuple[str, ...]:
        """The requests by method and path, each once."""
        return unique(row.request for row in self.rows)

    @property
    def api_versions(self) -> tuple[str, ...]:
        """The api-versions concerned, each once."""
        return unique(row.api_version for row in self.rows)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Status codes or failure codes, each once."""
        return unique(row.status for row in self.rows)
