"""Which further requests would decide something: controls and other auth forms, each once per target and surface or endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probe.model import AuthForm, Control, CredentialKind, Diagnosis, Note, Outcome, Pairs, Purpose, VersionRule, Wanted
from probe.verdict.answered import is_past_router
from probe.verdict.auth import header_named
from probe.verdict.behind import speaks_of_credentials
from probe.verdict.case import HEADERS, Case, ScanFacts
from probe.verdict.ends import retired
from probe.verdict.jobs import speaks_of_moderation
from probe.verdict.proof import is_any, is_given_to_nonsense, proves
from probe.verdict.ranking import rank

_UNSURE = frozenset({
    "route-unknown", "not-found-unclear", "id-unknown", "content-not-here", "status-unexpected", "request-refused",
    "access-denied", "html-instead-of-json", "error-in-success", "body-empty", "body-too-small", "body-unproved",
    "body-not-artefact",
})  # fmt: skip
"""Diagnoses that a nonsense path beside them can change."""
_BY_KIND = {
    CredentialKind.KEY: (
        AuthForm.API_KEY,
        AuthForm.BEARER,
        AuthForm.APIM,
        AuthForm.X_API_KEY,
        AuthForm.GOOGLE_KEY,
        AuthForm.KEY_SCHEME,
    ),
    CredentialKind.ENTRA_TOKEN: (AuthForm.ENTRA,),
}
_FORMS = tuple(form for forms in _BY_KIND.values() for form in forms)
ROUTE_OR_ID = frozenset({"not-found-unclear", "openai-route-unknown", "route-or-id-unknown", "route-unknown"})
"""Diagnoses that an id which the listing gave can change."""
DOUBT_THE_KEY = frozenset({"route-refuses-credential", "upstream-credential-missing", "upstream-credential-wrong"})
"""Diagnoses that rest on a good answer to the same key."""
_NO_FORM_HELPS = frozenset({
    "gateway-admins-only", "gateway-fetch-blocked", "gateway-key-restricted", "upstream-credential-missing",
    "upstream-credential-wrong", "upstream-denied", "account-suspended", "azure-firewall", "azure-private-endpoint",
    "azure-vnet", "ip-not-authorized", "model-access-missing", "openai-organization-wrong", "openai-permission-missing",
    "page-denies", "redirect-to-login", "region-not-supported", "wrong-host",
})  # fmt: skip
"""Refusals that no other header of the same credential can change."""


def wanted_by(scan: ScanFacts, diagnosed: Callable[[Case], Diagnosis]) -> tuple[Wanted, ...]:
    """Name what is still worth sending. What a probe came to is asked last, and only of those where it makes a difference."""
    return _Wanting(scan, diagnosed).all()


class _Wanting:
    """Collects wants, best probe first, and forgets those that were planned or skipped already."""

    def __init__(self, scan: ScanFacts, diagnosed: Callable[[Case], Diagnosis]) -> None:
        self.scan = scan
        self.diagnosed = diagnosed
        self.cases = sorted((case for case in scan.real if case.response is not None and _may_have_controls(case)), key=rank)
        self.of_target: dict[str, list[Case]] = {}
        for case in self.cases:
            self.of_target.setdefault(case.target.name, []).append(case)
        self.taken = self._asked()
        self.tried = {name for name, cases in scan.auth_probes.items() if cases}
        self.found: list[Wanted] = []
        self.described = {case.target.name for case in scan.cases if case.probe.control is Control.DESCRIPTION}

    def _asked(self) -> set[tuple[str, str, str]]:
        """What was planned already, answered or not, and what was left out."""
        taken = set()
        for case in self.scan.cases:
            if case.probe.control is not None:
                taken.add(_key(self.scan.by_id.get(case.probe.of or "", case), case.probe.control))
            if case.probe.purpose is not Purpose.CONTROL:
                taken.add((case.target.name, "auth", case.probe.auth.value))
        for one in self.scan.evidence.skipped:
            kind = one.probe_id.rpartition("+")[2]
            of = self.scan.by_id.get(one.probe_id.rpartition("+")[0])
            if of is not None and kind in list(Control):
                taken.add(_key(of, Control(kind)))
        return taken

    def all(self) -> tuple[Wanted, ...]:
        """Every want, in an order that lets the cheapest proof come first."""
        for case in self.cases:
            for kind, reason in self._controls(case):
                self._want(case, kind, reason)
        self._best_downloads()
        self._linked_downloads()
        for case in self.cases:
            self._auth_forms(case)
            self._description(case)
            self._listed_id(case)
        self._open_to_all()
        self._premises()
        return tuple(self.found)

    def _code(self, case: Case) -> str:
        return self.diagnosed(case).code

    def _is_open(self, case: Case, kind: Control) -> bool:
        return _key(case, kind) not in self.taken

    def _want(self, case: Case, kind: Control, reason: str, ids: Pairs = ()) -> None:
        if self._is_open(case, kind):
            self.taken.add(_key(case, kind))
            self.found.append(Wanted(of=case.probe.id, control=kind, reason=Note(reason), ids=ids))

    def _controls(self, case: Case) -> Iterator[tuple[Control, str]]:
        """Controls that can change this probe's verdict."""
        is_moderated = case.status >= 400 and speaks_of_moderation(case) and self._code(case) == "job-moderated"
        if is_moderated and case.probe.ids:
            yield Control.BOGUS_ID, "bogus-id-same-answer"
        is_promise = case.is_ok and (bool(case.message) or (case.status == 202 and not case.header("location")))
        is_odd = is_promise or case.is_route_404 or 500 <= case.status < 600 or is_moderated or case.status == 405
        if self._is_open(case, Control.BOGUS_ROUTE) and (is_odd or self._code(case) in _UNSURE or self._is_of_platform(case)):
            yield Control.BOGUS_ROUTE, "bogus-route-same-answer"
        is_by_itself = bool(case.probe.ids) and self._is_open(case, Control.BOGUS_ID) and not case.is_like(Control.BOGUS_ROUTE)
        is_named = case.status == 500 and case.names_a_thing
        if is_by_itself and (is_named or self._code(case) in ("id-unknown", "not-found-unclear", "error-in-success")):
            yield Control.BOGUS_ID, "bogus-id-same-answer"
        is_open = case.control(Control.BOGUS_ROUTE) is not None and self._is_open(case, Control.BOGUS_VERSION)
        if is_open and self._doubts_version(case):
            self._want(self._good_beside(case), Control.BOGUS_VERSION, "bogus-version-answer")
        is_doubtful = (case.is_route_404 or case.status in (401, 403)) and not self.scan.has_success(case)
        is_open = self._is_open(case, Control.MODELS)
        if is_open and (is_doubtful or (retired(case) is not None and self.diagnosed(case).outcome is Outcome.NOT_FOUND)):
            yield Control.MODELS, "host-and-key-right"
        is_refusal = (
            case.status in (401, 403) and case.probe.auth is not AuthForm.NONE and self._is_open(case, Control.NO_CREDENTIAL)
        )
        if is_refusal and self._doubts_reader(case):
            yield Control.NO_CREDENTIAL, "credential-read"

    def _is_of_platform(self, case: Case) -> bool:
        """Whether what was said of a deployment, a stopped app or by a page may be said of every path of the host."""
        code = self._code(case)
        return code in ("gateway-error", "page-denies") or (code == "azure-deployment-unknown" and not case.is_azure)

    def _doubts_reader(self, case: Case) -> bool:
        """Whether an answer to a request without a credential would tell who read the one that was refused."""
        code = self._code(case)
        return (code == "access-denied" and case.status == 401) or (code == "azure-key-wrong" and not case.is_at_vendor)

    def _doubts_version(self, case: Case) -> bool:
        """Whether a router's 404 may be about the api-version: the surface takes one, and this one was not seen to be known."""
        surface = self.scan.surface(case)
        takes_version = surface is not None and surface.api_version is not VersionRule.UNUSED
        return (
            takes_version
            and case.probe.api_version is not None
            and case.is_route_404
            and not self.scan.reached(case, case.probe.api_version)
        )

    def _good_beside(self, case: Case) -> Case:
        """A probe of the same surface whose route is known to exist: there a bogus version shows most. Else the case itself."""
        beside = (one for one in self.cases if (one.target.name, one.surface) == (case.target.name, case.surface))
        return next((one for one in beside if one.probe.api_version is not None and is_past_router(one)), case)

    def _best_downloads(self) -> None:
        """A would-be proof is checked against a bogus id: one per artefact, and per surface where anything may be the artefact.

        Where one turned out to say yes to everything, every other is checked by itself: it may be no better, or the real one.
        """
        proofs: dict[tuple[str, str, str], list[Case]] = {}
        for case in self.cases:
            has_embedded = case.is_ok and case.response is not None and bool(case.response.embedded)
            if not case.probe.billable and (proves(case) or (has_embedded and self._code(case) == "artefact-embedded")):
                kind = case.artefact.name if case.artefact else case.probe.id
                proofs.setdefault((case.target.name, kind, case.surface if is_any(case) else ""), []).append(case)
        for cases in proofs.values():
            is_doubtful = any(self._code(case) == "catch-all-gateway" for case in cases)
            for case in cases if is_doubtful else cases[:1]:
                self._check_proof(case)

    def _check_proof(self, case: Case) -> None:
        if not is_given_to_nonsense(case):
            kind = Control.BOGUS_ID if case.probe.ids else Control.BOGUS_ROUTE
            self._want(case, kind, "bogus-id-same-bytes")

    def _linked_downloads(self) -> None:
        """A link that proved right is checked where it was named: a mock or a gateway may lead any id on."""
        for case in self.scan.real:
            if case.probe.purpose is Purpose.LINK and proves(case):
                origin, _at = self.scan.origin_of(case)
                if origin.probe.ids and not origin.probe.billable:
                    self._want(origin, Control.BOGUS_ID, "bogus-id-led-on")

    def _auth_forms(self, case: Case) -> None:
        """On 401 and 403 the other forms that the target's credentials allow, once per target, on its best route."""
        if case.status not in (401, 403) or case.probe.auth is AuthForm.NONE or case.target.name in self.tried:
            return
        found = self.diagnosed(case)
        if found.outcome is not Outcome.DENIED or found.code in _NO_FORM_HELPS or found.code.startswith("blob-"):
            return
        self.tried.add(case.target.name)
        is_good = self.scan.has_success(case) or self.scan.took_credential(case)
        allowed = _allowed(case, found.code, header_named(self.scan, case), is_key_good=is_good)
        for form in _FORMS:
            if form in allowed and (case.target.name, "auth", form.value) not in self.taken:
                self.found.append(
                    Wanted(of=case.probe.id, auth=form, reason=Note("credential-accepted-as", (("form", HEADERS[form]),)))
                )

    def _description(self, case: Case) -> None:
        """Where every form was refused and no refusal names a header: the service's own description says which one it wants."""
        tried = self.scan.auth_probes.get(case.target.name, ())
        is_refused = tried and all(one.status in (401, 403) for one in tried) and not self.scan.took_any(case.target.name)
        is_ours = case.status in (401, 403) and not case.is_at_vendor and case.is_at_home
        if is_refused and is_ours and header_named(self.scan, case) is None and case.target.name not in self.described:
            self.described.add(case.target.name)
            self._want(case, Control.DESCRIPTION, "header-described")

    def _listed_id(self, case: Case) -> None:
        """An id that a listing gave, on a route that answers nonsense and the wanted id alike: it shows whether the route is."""
        is_open = bool(case.probe.ids and case.probe.endpoint) and self._is_open(case, Control.LISTED_ID)
        listed = self.scan.listed_beside(case) if is_open and (case.is_route_404 or case.status == 404) else None
        if listed is not None and self._code(case) in ROUTE_OR_ID:
            self._want(case, Control.LISTED_ID, "listed-id-same-answer", listed)

    def _premises(self) -> None:
        """A bogus id on a route that answers: only where it differs from a nonsense path does that path say anything of a route."""
        for target, cases in self.of_target.items():
            good = next((one for one in cases if one.probe.ids and one.probe.endpoint and _took(one)), None)
            if good is None or self.scan.tells_ids_apart(target) is not None:
                continue
            if any(one.is_route_404 and one.ids and self._code(one) == "route-unknown" for one in cases):
                self._want(good, Control.BOGUS_ID, "bogus-id-as-path")

    def _open_to_all(self) -> None:
        """Where a key is refused beside a good answer, that answer is asked for without a key: it may be open to everybody."""
        for target, cases in self.of_target.items():
            good = next((one for one in self.scan.of_target[target] if _took(one)), None)
            if good is None or not self._is_open(good, Control.NO_CREDENTIAL):
                continue
            if any(speaks_of_credentials(one) and self._code(one) in DOUBT_THE_KEY for one in cases):
                self._want(good, Control.NO_CREDENTIAL, "credential-read")


def _took(case: Case) -> bool:
    return case.is_ok and case.is_at_home and case.probe.auth is not AuthForm.NONE and case.probe.method == "GET"


def _allowed(case: Case, code: str, named: str | None, *, is_key_good: bool) -> frozenset[AuthForm]:
    """Auth forms that the target's credentials allow: a refused key in its other headers, and credentials of another kind.

    Headers of other vendors are tried where nobody knows the service, and where it names them itself.
    """
    kinds = {one.kind for one in case.target.credentials}
    allowed = frozenset(form for kind in kinds for form in _BY_KIND.get(kind, ()))
    unnamed = {form for form in allowed if not named or not HEADERS[form].lower().startswith(named.lower())}
    if is_key_good or code == "key-auth-disabled":
        allowed -= {form for forms in _BY_KIND.values() if case.probe.auth in forms for form in forms} & unnamed
    if case.target.provider != "generic":
        allowed -= {AuthForm.X_API_KEY, AuthForm.GOOGLE_KEY, AuthForm.KEY_SCHEME} & unnamed
    return allowed & {AuthForm.BEARER} if case.host.endswith("api.openai.com") else allowed


def _may_have_controls(case: Case) -> bool:
    """Controls make sense beside GET requests to the target itself, not beside links."""
    return case.probe.purpose is not Purpose.LINK and case.probe.method != "HEAD" and not case.probe.needs


def _key(case: Case, kind: Control) -> tuple[str, str, str]:
    target, scope, _kind = case.control_key(kind)
    return (target, scope or case.path, kind.value)
