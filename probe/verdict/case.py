"""What a rule is given: one probe with its answer, its controls and the whole scan around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote

from probe.diagnoses import ALTERNATIVES, DIAGNOSES, fitting, once
from probe.facts.answerers import GATEWAYS, VENDORS, answered_by, is_vendors_host
from probe.facts.glossary import glossed
from probe.facts.headers import header
from probe.facts.inner import Inner, inner_error, plain_word
from probe.facts.urls import host_of, origin, path_of
from probe.frozen import replace
from probe.model import (
    Artefact,
    AuthForm,
    Capture,
    Confidence,
    Control,
    Diagnosis,
    Endpoint,
    Note,
    Observation,
    Outcome,
    Probe,
    Purpose,
    RedactedUrl,
    Response,
    Role,
    Target,
)
from probe.providers import auth_headers
from probe.verdict.compare import fold, is_ok, mentions, names_path, same_answer, says_route_unknown
from probe.verdict.facts import Fact, facts_in

if TYPE_CHECKING:
    from probe.verdict.scan import ScanFacts

_THING = (
    r"(?<![a-z])(video|generation|job|file|container|batch|task|object|image|operation|response|store|skill|resource|artifact|item|id"
    r"|asset|blob|project|assistant|thread|agent|message|run|prediction|render)s?(?![a-z])"
)
_MISSING = r"not.?found|no such|(does ?n[o']t|not).?exist|unknown|(could ?n[o']t|cannot) (be )?f(ind|ound)|no .* found"

_DIGIT = re.compile(r"\d")
_SECRETS = {AuthForm.ENTRA: "TOKEN", AuthForm.STORAGE: "STORAGE-TOKEN"}
HEADERS = {
    form: next((f"{name}: {value}" for name, value in auth_headers(form, _SECRETS.get(form, "KEY"))), "-") for form in AuthForm
}
"""How each auth form looks in a request."""

ENDPOINT_CONTROLS = frozenset({Control.BOGUS_ID, Control.LISTED_ID, Control.NO_CREDENTIAL})
"""Controls that serve one endpoint; every other one serves all probes of its target and surface."""


class Case:
    """One probe and all that may be used to judge it, `scan` all that was seen beside it.

    A hundred rules ask the same questions of it: each is worked out once. It outlives the scan that it is seen in: the next round's
    takes it over as long as what it is made of stays the same.
    """

    __slots__ = (
        "_is_resource_404", "_is_route_404", "answered_by", "artefact", "asked", "endpoint", "facts", "failure", "host", "ids",
        "inner", "is_at_vendor", "is_ok", "last", "observation", "path", "probe", "response", "scan", "status", "surface", "target",
        "text",
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

    def enter(self, scan: ScanFacts) -> None:
        """Be seen as a part of this scan."""
        self.scan: ScanFacts = scan
        self._is_route_404: bool | None = None
        self._is_resource_404: bool | None = None

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
    def route(self) -> str:
        """The route as a reader recognises it: the catalogue's template, else the path."""
        is_own = self.probe.purpose not in (Purpose.LINK, Purpose.CONTROL)
        return self.endpoint.path if self.endpoint and is_own else self.path

    @property
    def message(self) -> str:
        """The server's own words, short enough for a sentence."""
        said = self.inner.message if self.inner else self.response.error_message if self.response else ""
        words = " ".join((said or "").split())
        return words if len(words) <= 200 else words[:199] + "…"

    @property
    def seen_at(self) -> datetime:
        """When the answer came: dates are compared with it, so that a saved run is judged the same a year later."""
        return self.last.started_at if self.last else self.scan.now

    @property
    def called(self) -> str:
        """The target as a sentence names it: its host, or its own name where two targets share a host."""
        return self.scan.called(self.target.name)

    @property
    def title(self) -> str:
        """What the artefact is called, in the catalogue's English."""
        return self.artefact.title if self.artefact else "the artefact"

    def found(
        self,
        code: str,
        /,
        *cites: str,
        variant: str = "",
        confidence: Confidence = Confidence.HIGH,
        outcome: Outcome | None = None,
        more: Mapping[str, object] = MappingProxyType({}),
        alternatives: tuple[str, ...] = (),
        **values: object,
    ) -> Diagnosis:
        """Make a diagnosis of a code of the registry; without cites it rests on the status code alone.

        One that is not sure names what else it may be: `alternatives`, else those that are usual for its code.
        `values` and `more` fill in its sentences, beside what every sentence may hold; those that no sentence holds are dropped.
        """
        given = {**more, **values}
        told = fitting(code, variant, lambda name: given[name] if name in given else _USUAL[name](self) if name in _USUAL else None)
        others = () if confidence is Confidence.HIGH else alternatives or ALTERNATIVES.get(code, ())
        kind = outcome or DIAGNOSES[code].outcome
        return Diagnosis(code, kind, told, variant, confidence, once(cites or ("response.status_code",)), alternatives=others)

    @property
    def is_at_home(self) -> bool:
        """Whether the target itself gave the answer, not another host that a link or a redirect led to."""
        return self.host == (host_of(self.target.base_url) or self.host)

    @property
    def is_pasted(self) -> bool:
        """Whether somebody else sent the request: which credential it carried, and how, is not known."""
        return self.scan.evidence.vantage.platform == "paste"

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

    @property
    def is_by_gateway(self) -> bool:
        """Whether a gateway gave the answer: by its own marks, or by those it left on other answers of this target."""
        return self.answered_by in GATEWAYS or (not self.is_at_vendor and self.target.name in self.scan.gateways)

    @property
    def is_before_vendor(self) -> bool:
        """Whether something in front of the vendor answered: other answers of this host bear the vendor's marks, and this none."""
        return not self.is_at_vendor and self.answered_by is None and bool(self.scan.answerers_of(self.target.name) & VENDORS)

    def header(self, name: str) -> str:
        """The first value of a header, "" without it."""
        return header(self.response.headers, name) if self.response else ""

    def says(self, pattern: str) -> bool:
        """Whether the error text matches."""
        return bool(self.text) and mentions(pattern, self.text)

    def control_key(self, kind: Control) -> tuple[str, str, Control]:
        """What a control speaks for: the target's surface, or the one endpoint."""
        return (self.target.name, self.probe.endpoint if kind in ENDPOINT_CONTROLS else self.surface, kind)

    def control(self, kind: Control) -> Response | None:
        """The answer that a control of this probe's surface (or endpoint) got; None when it was not sent or got none."""
        return self.scan.controls.get(self.control_key(kind))

    def is_like(self, kind: Control) -> bool:
        """Whether a control got the same answer as this probe."""
        other = self.control(kind)
        return other is not None and self.response is not None and same_answer(self.response, other)

    @property
    def is_route_404(self) -> bool:
        """Whether the 404 comes from a router without this operation: a made-up path gets the same, or the words say so."""
        if self._is_route_404 is None:
            self._is_route_404 = self._is_routers()
        return self._is_route_404

    def _is_routers(self) -> bool:
        if self.response is None or is_head(self) or self.inner is not None:
            return False
        if self.status not in (404, 405):
            # AWS API Gateway says so of a path that no API has, and of a lacking signature: this key was good elsewhere
            return self.status == 403 and self.says(r"\bmissing authentication token$") and self.scan.took_credential(self)
        nonsense, has_vendors_words = self.control(Control.BOGUS_ROUTE), says_route_unknown(self.response)
        if nonsense is None or nonsense.status_code != self.status:
            return has_vendors_words
        is_routers_word = not nonsense.error_message or says_route_unknown(nonsense) or names_path(self.response)
        return same_answer(self.response, nonsense) or (has_vendors_words and is_routers_word)

    @property
    def is_resource_404(self) -> bool:
        """Whether the 404 comes from behind the router: a made-up path gets a different one, or its words name an object.

        A made-up id that gets the same response shows nothing by itself: a router gives it that response as well.
        """
        if self._is_resource_404 is None:
            self._is_resource_404 = self.status == 404 and not self.is_route_404 and not is_head(self) and self._is_of_a_thing()
        return self._is_resource_404

    def _is_of_a_thing(self) -> bool:
        if self.inner is not None:
            return self.names_a_thing
        if self.answered_by in GATEWAYS and self.is_page:
            return False  # a page of what stands in front of the service, which knows no things
        nonsense = self.control(Control.BOGUS_ROUTE)
        differs = nonsense is not None and (nonsense.status_code == 404 or is_ok(nonsense))
        asked = self.scan.control_paths.get(self.control_key(Control.BOGUS_ROUTE), "")
        is_beside = asked.split("/")[1:2] == self.path.split("/")[1:2]  # another prefix may have a router of its own
        return self.names_a_thing or (differs and is_beside)

    @property
    def names_a_thing(self) -> bool:
        """Whether the error's words speak of one object that is missing, not of a route."""
        return self.says(_THING) and self.says(_MISSING)


_USUAL: dict[str, Callable[[Case], object]] = {
    "target": lambda case: case.called if case.is_at_home else case.shown_host,
    "route": lambda case: case.route,
    "path": lambda case: case.path,
    "version": lambda case: case.probe.api_version or "none",
    "method": lambda case: case.probe.method,
    "host": lambda case: case.shown_host,
    "resource": lambda case: case.target.base_url,
    "status": lambda case: case.status,
    "said": lambda case: case.message,
    "title": lambda case: case.title,
    "sent": lambda case: HEADERS[case.probe.auth],
    "failure": lambda case: case.failure,
    "detail": lambda case: case.last and (case.last.failure_detail or case.last.failure),
}
"""The values that every sentence may hold."""


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


def route_key(case: Case) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """What stays the same when only api-version or auth form change."""
    return (case.target.name, case.probe.endpoint or case.path, case.probe.ids)


def is_past_router(case: Case) -> bool:
    """Whether an answer proves that route and api-version exist together: success, or an error about an object behind the route."""
    is_plain = case.response is not None and case.response.sniffed_type not in ("text/html", None)
    return (case.is_ok and is_plain) or case.is_resource_404


def is_head(case: Case) -> bool:
    """Whether the probe is a HEAD request, which may add evidence and never decides."""
    return case.probe.method == "HEAD"


def is_download(case: Case) -> bool:
    """Whether the answer may be the artefact itself: a download route, a followed link or the customer's own URL."""
    return case.probe.role is Role.DOWNLOAD or case.probe.purpose is Purpose.LINK


def as_values(reason: Note | str) -> dict[str, str]:
    """The values by which a sentence names a reason: the code of its note, and what the note holds."""
    return {"reason": reason.code, **dict(reason.values)} if isinstance(reason, Note) else {"reason": reason}
