"""Family fallback: what was not sent, what a control is for, and answers that no other family knows."""

from __future__ import annotations

from probe.facts.families import UNSERVED, family_of
from probe.model import Confidence, Control, Diagnosis, Note, Outcome
from probe.verdict.case import Case, as_values
from probe.verdict.handed import is_without_file
from probe.verdict.success import head_answered, listing


def own_bug(case: Case) -> Diagnosis | None:
    """The runner recorded a fault of our own."""
    bug = case.observation.bug if case.observation else None
    if not bug:
        return None
    return case.found("probe-bug", "observation.bug", error=bug.strip().splitlines()[-1])


def unserved(case: Case) -> Diagnosis | None:
    """The given id has no file of its own: say what it is and which id has."""
    found = next((one for name, value in case.probe.ids if name == UNSERVED and (one := family_of(value))), None)
    if found is None:
        return None
    return case.found("id-not-downloadable", "probe.ids", id=case.probe.ids[0][1], what=found.what, instead=found.instead)


def not_sent(case: Case) -> Diagnosis | None:
    """Nothing went out: an id is missing, or the runner says why not."""
    if case.observation is not None and case.observation.exchanges:
        return None
    if case.probe.needs:
        variant = "nothing" if is_without_file(case) else ""
        return case.found("id-missing", "probe.needs", variant=variant, names=", ".join(case.probe.needs))
    reason = (case.observation.skip_reason if case.observation else None) or Note("unsent-at-end")
    return case.found("not-sent", "observation.skip_reason", more=as_values(reason))


def control(case: Case) -> Diagnosis | None:
    """Judge a control: a made-up request should be rejected; one that is accepted shows a server that accepts everything."""
    kind = case.probe.control
    if kind is None or case.response is None or case.status in (407, 429) or case.status >= 500:
        return None
    if kind is Control.MODELS and (not case.is_ok or case.response.sniffed_type == "application/json"):
        return listing(case)
    if case.is_ok:
        variant = "nonsense" if kind in (Control.BOGUS_ID, Control.BOGUS_ROUTE) else ""
        return case.found("control-accepted", variant=variant, control=kind.value)
    outcome = Outcome.DENIED if case.status in (401, 403) else Outcome.NOT_FOUND
    return case.found("control-refused", outcome=outcome, control=kind.value)


def redirect(case: Case) -> Diagnosis | None:
    """A redirect that was not followed."""
    if not 300 <= case.status < 400 or case.status == 304:
        return None
    location = case.header("location")
    is_loop = any(link.url == case.probe.url for link in case.response.links) if case.response else False
    missing = "untold" if case.is_pasted else "nowhere"
    variant = "itself" if is_loop else "" if location else missing
    cites = ("response.headers.location", "response.links")
    return case.found("redirect-not-followed", *cites, variant=variant, confidence=Confidence.MEDIUM, location=location)


def invalid(case: Case) -> Diagnosis | None:
    """400 or 422 that no rule could read further: the route exists, the request is not as it wants it."""
    if case.status not in (400, 413, 414, 415, 422, 428, 431):
        return None
    return case.found("request-refused", "response.status_code", "response.error_message", confidence=Confidence.LOW)


def unexpected(case: Case) -> Diagnosis | None:
    """The last word when nothing else fits."""
    return case.found("status-unexpected", confidence=Confidence.LOW)


FIRST = (own_bug, unserved, not_sent, control, head_answered)
RULES = (redirect, invalid, unexpected)
