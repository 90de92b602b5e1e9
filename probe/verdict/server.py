"""Family server: pages where data was expected, and failures of the server or of a gateway in front of it."""

from __future__ import annotations

import re

from probe.model import Confidence, Control, Diagnosis
from probe.verdict.answered import is_head
from probe.verdict.case import Case
from probe.verdict.compare import fold, mentions
from probe.verdict.proof import is_given_to_nonsense

_LOGINS = ("login", "signin", "sign-in", "oauth", "authorize", "/sso", "saml")
_LOGIN_TITLES = ("log in", "login", "sign in", "signin", "sso", "authentication")


def page(case: Case) -> Diagnosis | None:
    """HTML instead of JSON or an artefact: a login page, a wall, or a web site; its title says whose.

    511 does not come from the server: the network itself wants a login (RFC 6585, section 6).
    """
    response = case.response
    is_failure = case.status in (404, 405, 421, 429) or (case.status >= 500 and case.status != 511)
    if response is None or not case.is_page or is_failure or is_by_http_sys(case) or is_bare_401(case):
        return None
    title, is_everywhere = response.title or "", is_given_to_nonsense(case)
    cites = ("response.sniffed_type", "response.title")
    if case.status in (401, 403, 451, 511):
        variant = "network" if case.status == 511 else "gateway" if case.scan.took_credential(case) else ""
        return case.found("page-denies", *cites, variant=variant, page=title, made_up_path="yes" if is_everywhere else None)
    is_login = any(word in title.lower() for word in _LOGIN_TITLES)
    is_beside = case.scan.took_credential(case) and not case.is_like(Control.BOGUS_ROUTE)
    variant = (
        "gateway"
        if is_beside
        else "login"
        if is_login
        else "everywhere"
        if is_everywhere and not case.scan.has_success(case)
        else ""
    )
    return case.found("html-instead-of-json", "response.status_code", *cites, variant=variant, page=title)


_UNABLE = r"(n[o']t|not) (yet )?(support|implement)(ed)?\b|notimplemented|unsupported (operation|route|endpoint|method)"
_OFF = (
    r"\b((web|container|function) app|app(lication)?|deployment|endpoint|space|tunnel|site)s?\b.{0,60}"
    r"\b(stopped|offline|paused|unavailable|suspended|asleep|sleeping|not running|disabled|(not|could not be) found)\b"
)


def off(case: Case) -> Diagnosis | None:
    """The platform that hosts a service says that it is not running or not there, of a made-up path as well."""
    if case.response is None or case.status not in (400, 403, 404, 410) or case.is_at_vendor or case.inner or is_head(case):
        return None
    title, is_same = case.response.title or "", case.is_like(Control.BOGUS_ROUTE)
    is_beside = case.control(Control.BOGUS_ROUTE) is None or is_same
    is_doubtful = "deployment" in case.text and not is_same  # Azure says so of its own
    is_off = mentions(_OFF, f"{case.text} {fold(title)}")
    if not is_off or not is_beside or is_doubtful or case.scan.is_target_good(case.target.name):
        return None
    cites = ("response.error_message", "response.title", *(("control.bogus_route",) if is_same else ()))
    code = "page-denies" if case.status == 403 and case.is_page else "gateway-error"
    told = {"said": case.message or title, "page": title, "made_up_path": "yes" if is_same else None}
    return case.found(code, *cites, variant="off", confidence=Confidence.MEDIUM, more=told)


def is_bare_401(case: Case) -> bool:
    """Whether a page only says that a credential is wanted, as web servers put it for their API: no wall and no login."""
    title = (case.response.title or "").lower() if case.response else ""
    return case.status == 401 and case.is_page and bool(re.match(r"(error )?401|unauthori[sz]ed|authori[sz]ation required", title))


def is_by_http_sys(case: Case) -> bool:
    """Whether Windows' HTTP.sys refused a request itself, as it does for a host name that nobody registered."""
    return case.status == 400 and case.header("server").lower().startswith("microsoft-httpapi")


def login(case: Case) -> Diagnosis | None:
    """A redirect to a login: the service behind takes no keys here."""
    location = case.header("location") if 300 <= case.status < 400 else ""
    if not location or not any(word in location.lower() for word in _LOGINS):
        return None
    return case.found("redirect-to-login", "response.headers.location", location=location)


def broken(case: Case) -> Diagnosis | None:
    """5xx: the server, or the gateway in front of it, failed."""
    if case.status != 408 and not 500 <= case.status < 600:
        return None
    is_same = case.is_like(Control.BOGUS_ROUTE)
    cites = ("response.status_code", "response.error_message", *(("control.bogus_route",) if is_same else ()))
    said = case.message or (case.response.title if case.response else None)
    if case.status == 501 or case.says(_UNABLE):
        variant = "gateway" if case.is_by_gateway else ""
        return case.found("not-implemented", *cites, variant=variant, confidence=Confidence.MEDIUM, said=said)
    is_gateway = case.status in (408, 502, 504) or case.status >= 520 or (case.status == 503 and case.is_page)
    code = "gateway-error" if is_gateway else "server-error"
    variant = "gateway" if code == "server-error" and case.is_by_gateway else ""
    sure = Confidence.HIGH if case.answered_by or case.is_at_vendor else Confidence.MEDIUM  # else nobody knows who failed
    return case.found(code, *cites, variant=variant, confidence=sure, said=said, made_up_path="yes" if is_same else None)


PAGES = (off, page, login)
RULES = (broken,)
