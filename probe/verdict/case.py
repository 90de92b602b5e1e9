"""What a rule is given: one probe with its answer, its controls and the whole scan around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from probe.diagnoses import ALTERNATIVES, DIAGNOSES, fitting, once
from probe.facts.answerers import GATEWAYS, VENDORS
from probe.model import AuthForm, Confidence, Control, Diagnosis, Evidence, Note, Outcome, Purpose, Response
from probe.providers import auth_headers
from probe.verdict.answered import Answered, is_head
from probe.verdict.compare import is_ok, names_path, same_answer, says_route_unknown
from probe.verdict.scan import ScanOf

_SECRETS = {AuthForm.ENTRA: "TOKEN", AuthForm.STORAGE: "STORAGE-TOKEN"}
HEADERS = {
    form: next((f"{name}: {value}" for name, value in auth_headers(form, _SECRETS.get(form, "KEY"))), "-") for form in AuthForm
}
"""How each auth form looks in a request."""


class Case(Answered):
    """One probe and all that may be used to judge it, `scan` all that was seen beside it."""

    __slots__ = ("_is_resource_404", "_is_route_404", "scan")

    def enter(self, scan: ScanFacts) -> None:
        """Be seen as a part of this scan."""
        self.scan: ScanFacts = scan
        self._is_route_404: bool | None = None
        self._is_resource_404: bool | None = None

    @property
    def route(self) -> str:
        """The route as a reader recognises it: the catalogue's template, else the path."""
        is_own = self.probe.purpose not in (Purpose.LINK, Purpose.CONTROL)
        return self.endpoint.path if self.endpoint and is_own else self.path

    @property
    def seen_at(self) -> datetime:
        """When the answer came: dates are compared with it, so that a saved run is judged the same a year later."""
        return self.last.started_at if self.last else self.scan.now

    @property
    def called(self) -> str:
        """The target as a sentence names it: its host, or its own name where two targets share a host."""
        return self.scan.called(self.target.name)

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
    def is_pasted(self) -> bool:
        """Whether somebody else sent the request: which credential it carried, and how, is not known."""
        return self.scan.evidence.vantage.platform == "paste"

    @property
    def is_by_gateway(self) -> bool:
        """Whether a gateway gave the answer: by its own marks, or by those it left on other answers of this target."""
        return self.answered_by in GATEWAYS or (not self.is_at_vendor and self.target.name in self.scan.gateways)

    @property
    def is_before_vendor(self) -> bool:
        """Whether something in front of the vendor answered: other answers of this host bear the vendor's marks, and this none."""
        return not self.is_at_vendor and self.answered_by is None and bool(self.scan.answerers_of(self.target.name) & VENDORS)

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


class ScanFacts(ScanOf[Case]):
    """All cases of a scan, each of which is seen as a part of it from then on."""

    def __init__(self, evidence: Evidence, now: datetime, cases: tuple[Case, ...]) -> None:
        super().__init__(evidence, now, cases)
        for case in cases:
            case.enter(self)


def _audience(case: Case) -> str:
    """For whom an Entra token has to be: as the refusal says, else as the path does."""
    named = re.search(r"https://[a-z.]*azure\.(com|us|cn)\b", case.message)
    return named[0] if named else f"https://{'ai' if '/api/projects/' in case.path else 'cognitiveservices'}.azure.com"


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
    "audience": _audience,
    "sent": lambda case: HEADERS[case.probe.auth],
    "failure": lambda case: case.failure,
    "detail": lambda case: case.last and (case.last.failure_detail or case.last.failure),
}
"""The values that every sentence may hold."""


def as_values(reason: Note | str) -> dict[str, str]:
    """The values by which a sentence names a reason: the code of its note, and what the note holds."""
    return {"reason": reason.code, **dict(reason.values)} if isinstance(reason, Note) else {"reason": reason}
