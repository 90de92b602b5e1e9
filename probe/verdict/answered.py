"""What one probe's answer says by itself, whatever else was seen in its scan."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from urllib.parse import unquote

from probe.facts.answerers import answered_by, is_vendors_host
from probe.facts.glossary import glossed
from probe.facts.headers import header
from probe.facts.inner import Inner, inner_error, plain_word
from probe.facts.urls import host_of, origin, path_of
from probe.frozen import replace
from probe.model import Artefact, Capture, Control, Endpoint, Observation, Probe, Purpose, RedactedUrl, Response, Role, Target
from probe.verdict.compare import fold, is_ok, mentions
from probe.verdict.facts import Fact, facts_in

_THING = (
    r"(?<![a-z])(video|generation|job|file|container|batch|task|object|image|operation|response|store|skill|resource|artifact|item|id"
    r"|asset|blob|project|assistant|thread|agent|message|run|prediction|render)s?(?![a-z])"
)
_MISSING = r"not.?found|no such|(does ?n[o']t|not).?exist|unknown|(could ?n[o']t|cannot) (be )?f(ind|ound)|no .* found"

_DIGIT = re.compile(r"\d")
ENDPOINT_CONTROLS = frozenset({Control.BOGUS_ID, Control.LISTED_ID, Control.NO_CREDENTIAL})
"""Controls that serve one endpoint; every other one serves all probes of its target and surface."""


class Answered(ABC):
    """A probe, where it belongs, and its answer. What depends on the rest of the scan is told by its `Case`.

    A hundred rules ask the same questions of it: each is worked out once. It outlives the scan that it is seen in: the next round's
    takes it over as long as what it is made of stays the same.
    """

    __slots__ = (
        "answered_by", "artefact", "asked", "endpoint", "facts", "failure", "host", "ids", "inner", "is_at_vendor", "is_ok", "last",
        "observation", "path", "probe", "response", "status", "surface", "target", "text",
    )  # fmt: skip

    def __init__(
        self,
        probe: Probe[RedactedUrl],
        target: Target[RedactedUrl],
        endpoint: Endpoint | None,
        artefact: Artefact | None,
        surface: str,
        observation: Observation | None,
    ) -> None:
        self.probe, self.target, self.endpoint, self.artefact, self.surface = probe, target, endpoint, artefact, surface
        self.observation = observation
        self.last = observation.last if observation else None
        """The exchange that decides."""
        self.response = self.last.response if self.last else None
        self.failure = self.last.failure if self.last else None
        self.inner = inner_error(self.response)
        """What the service behind a gateway said, where the gateway wrapped it: it is judged in the place of the wrapping."""
        status = self.response.status_code if self.response else 0
        self.status = status if self.inner is None or self.inner.status is None else self.inner.status
        """The status code, of a wrapped error that of the service behind; 0 without an answer."""
        self.is_ok = is_ok(self.response)
        self.text = _words_of(self.response, self.inner)
        """The answer's error, folded so that rules can search it."""
        self.asked = self.last.request.url if self.last else probe.url
        """The URL of the request that got the deciding answer."""
        self.host = host_of(self.asked)
        """The host that gave the deciding answer: a redirect may have led away from the target."""
        self.path = path_of(probe.url)
        given = tuple(value for _name, value in probe.ids)
        parts = map(unquote, self.path.split("/")) if not given else ()
        self.ids = given or tuple(part for part in parts if len(part) > 7 and _DIGIT.search(part))
        """The ids in the request; of a URL that the catalogue does not know, what looks like one."""
        self.answered_by = answered_by(self.response, self.asked)
        """Who gave the deciding answer, None where nothing gives it away."""
        self.is_at_vendor = is_vendors_host(self.host)
        """Whether the host that answered is one of OpenAI's or Azure's own: `--provider` proves nothing of another."""
        facts = facts_in(self.response, artefact, probe.ids, self.message) if self.response and self.is_ok else ()
        self.facts = tuple(facts)
        """Everything that a good answer says about artefacts."""

    def is_made_of(self, *parts: object) -> bool:
        """Whether a probe, where it belongs and what was observed are those of this case."""
        return parts == (self.probe, self.target, self.endpoint, self.artefact, self.surface, self.observation)

    @property
    def fact(self) -> Fact | None:
        """What a status or metadata answer says about the one artefact that it describes."""
        return next((one for one in self.facts if one.state or one.expires_at), None)

    @property
    def captures(self) -> tuple[Capture, ...]:
        """The ids that were read out of the answer."""
        return self.observation.captures if self.observation else ()

    @property
    def is_page(self) -> bool:
        """Whether the answer is a web page."""
        return self.response is not None and self.response.sniffed_type == "text/html"

    @property
    def shown_host(self) -> str:
        """That host as a person reads it: with the port where it is not the usual one."""
        return origin(self.asked).partition("://")[2]

    @property
    def message(self) -> str:
        """The server's own words, short enough for a sentence."""
        said = self.inner.message if self.inner else self.response.error_message if self.response else ""
        words = " ".join((said or "").split())
        return words if len(words) <= 200 else words[:199] + "…"

    @property
    def title(self) -> str:
        """What the artefact is called, in the catalogue's English."""
        return self.artefact.title if self.artefact else "the artefact"

    @property
    def is_at_home(self) -> bool:
        """Whether the target itself gave the answer, not another host that a link or a redirect led to."""
        return self.host == (host_of(self.target.base_url) or self.host)

    @property
    def is_azure(self) -> bool:
        """Whether the target is Azure's, by its provider."""
        return self.target.provider == "azure"

    @property
    def inner_response(self) -> Response:
        """The wrapped error as if the service behind had sent it here."""
        assert self.response is not None and self.inner is not None
        code, kind, said = self.inner.code, self.inner.type, self.inner.message
        return replace(self.response, status_code=self.status, error_code=code, error_type=kind, error_message=said)

    def header(self, name: str) -> str:
        """The first value of a header, "" without it."""
        return header(self.response.headers, name) if self.response else ""

    def says(self, pattern: str) -> bool:
        """Whether the error text matches."""
        return bool(self.text) and mentions(pattern, self.text)

    def control_key(self, kind: Control) -> tuple[str, str, Control]:
        """What a control speaks for: the target's surface, or the one endpoint."""
        return (self.target.name, self.probe.endpoint if kind in ENDPOINT_CONTROLS else self.surface, kind)

    @property
    def names_a_thing(self) -> bool:
        """Whether the error's words speak of one object that is missing, not of a route."""
        return self.says(_THING) and self.says(_MISSING)

    @property
    @abstractmethod
    def is_route_404(self) -> bool:
        """Whether the 404 comes from a router without this operation."""

    @property
    @abstractmethod
    def is_resource_404(self) -> bool:
        """Whether the 404 comes from behind the router."""

    @abstractmethod
    def control(self, kind: Control) -> Response | None:
        """The answer that a control of this probe's surface (or endpoint) got; None when it was not sent or got none."""


def _words_of(response: Response | None, inner: Inner | None) -> str:
    """An answer's error code, type and message as one lower-case text with plain quotes, and in English too.

    Of a wrapped error these are the words of the service behind.
    """
    if response is None:
        return ""
    if inner:
        parts = [inner.code, inner.type, inner.message]
    else:
        parts = [plain_word(response.error_code), plain_word(response.error_type), response.error_message]
    parts.append(header(response.headers, "x-ms-error-code"))
    return glossed(fold(" ".join(part for part in parts if part)))


def route_key(case: Answered) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """What stays the same when only api-version or auth form change."""
    return (case.target.name, case.probe.endpoint or case.path, case.probe.ids)


def is_past_router(case: Answered) -> bool:
    """Whether an answer proves that route and api-version exist together: success, or an error about an object behind the route."""
    is_plain = case.response is not None and case.response.sniffed_type not in ("text/html", None)
    return (case.is_ok and is_plain) or case.is_resource_404


def is_head(case: Answered) -> bool:
    """Whether the probe is a HEAD request, which may add evidence and never decides."""
    return case.probe.method == "HEAD"


def is_download(case: Answered) -> bool:
    """Whether the answer may be the artefact itself: a download route, a followed link or the customer's own URL."""
    return case.probe.role is Role.DOWNLOAD or case.probe.purpose is Purpose.LINK
