"""Family server: pages where data was expected, and failures of the server or of a gateway in front of it."""

from __future__ import annotations

from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Outcome
from probe.verdict.case import Case, diagnosis
from probe.verdict.proof import is_given_to_nonsense

_LOGINS = ("login", "signin", "sign-in", "oauth", "authorize", "/sso", "saml")


def page(case: Case) -> Diagnosis | None:
    """HTML instead of JSON or an artefact: a login page, a wall, or a web site; its title says whose.

    511 is no failure of the server: the network itself wants a login (RFC 6585, section 6).
    """
    response = case.response
    is_failure = case.status in (404, 405, 429) or (case.status >= 500 and case.status != 511)
    if response is None or response.sniffed_type != "text/html" or is_failure:
        return None
    title = response.title or ""
    summary = (
        _("{host} answers {status} with a web page", **case.names)
        + (_(' titled "{title}"', title=title) if title else "")
        + _(", not with data")
    )
    summary += _("; nonsense gets the same page") if is_given_to_nonsense(case) else ""
    is_login = any(word in title.lower() for word in ("log in", "login", "sign in", "signin", "sso", "authentication"))
    if case.status in (401, 403, 451, 511):
        return diagnosis(
            "page-denies",
            Outcome.DENIED,
            summary,
            _("a proxy, a bot wall or a login stands in front of the service: go around it or log in to it"),
            Confidence.HIGH,
            "response.sniffed_type",
            "response.title",
        )
    remedy = (
        _("the page is a login: the request never reached the API")
        if is_login
        else _("check host and path: a web site or a proxy answers here, not the API")
    )
    return diagnosis(
        "html-instead-of-json",
        Outcome.INCONCLUSIVE,
        summary,
        remedy,
        Confidence.HIGH,
        "response.status_code",
        "response.sniffed_type",
        "response.title",
    )


def login(case: Case) -> Diagnosis | None:
    """A redirect to a login: the service behind takes no keys here."""
    location = case.header("location")
    if not 300 <= case.status < 400 or not any(word in location.lower() for word in _LOGINS):
        return None
    summary = _("{target} sends to a login: {location}", location=location, **case.names)
    remedy = _("log in there, or use the API host that takes keys")
    return diagnosis("redirect-to-login", Outcome.DENIED, summary, remedy, Confidence.HIGH, "response.headers.location")


def broken(case: Case) -> Diagnosis | None:
    """5xx: the server, or the gateway in front of it, failed."""
    if case.status != 408 and not 500 <= case.status < 600:
        return None
    said = (
        _(": {said}", said=case.message or (case.response.title or ""))
        if case.response and (case.message or case.response.title)
        else ""
    )
    everywhere = _("; a nonsense path gets the same answer") if case.is_like(Control.BOGUS_ROUTE) else ""
    cites = ("response.status_code", "response.error_message", *(("control.bogus_route",) if everywhere else ()))
    if case.status == 501:
        summary = _("{target} says that it has not implemented {route}", **case.names) + said
        return diagnosis(
            "not-implemented", Outcome.NOT_FOUND, summary, _("take another route of this kind"), Confidence.MEDIUM, *cites
        )
    if (
        case.status in (408, 502, 504)
        or case.status >= 520
        or (case.status == 503 and case.response and case.response.sniffed_type == "text/html")
    ):
        summary = _("a gateway in front of {target} got no answer from behind it ({status})", **case.names) + said + everywhere
        return diagnosis(
            "gateway-error",
            Outcome.SERVER_ERROR,
            summary,
            _("try again in some minutes; if it stays, ask the owner of the gateway"),
            Confidence.HIGH,
            *cites,
        )
    summary = _("{target} failed with {status}", **case.names) + said + everywhere
    return diagnosis(
        "server-error",
        Outcome.SERVER_ERROR,
        summary,
        _("try again in some minutes; if it stays, give the vendor's support the request ids"),
        Confidence.HIGH,
        *cites,
    )


PAGES = (page, login)
RULES = (broken,)
