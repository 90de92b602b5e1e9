"""Family fallback: what was not sent, what a control is for, and answers that no other family knows."""

from __future__ import annotations

from probe.diagnoses import tell
from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Outcome
from probe.verdict.case import Case, diagnosis
from probe.verdict.success import head_answered, listing


def own_bug(case: Case) -> Diagnosis | None:
    """The runner recorded a fault of our own."""
    bug = case.observation.bug if case.observation else None
    if not bug:
        return None
    return diagnosis(
        "probe-bug",
        Outcome.PROBE_BUG,
        _("probe itself failed here: {bug}", bug=bug.strip().splitlines()[-1]),
        _("report it with the run folder; the other probes are not affected"),
        Confidence.HIGH,
        "observation.bug",
    )


def not_sent(case: Case) -> Diagnosis | None:
    """Nothing went out: an id is missing, or the runner says why not."""
    if case.observation is not None and case.observation.exchanges:
        return None
    if case.probe.needs:
        summary = _("needs {names}, and no answer gave it", names=", ".join(case.probe.needs))
        return diagnosis(
            "id-missing", Outcome.NEEDS_INPUT, summary, _("give it with --id NAME=VALUE"), Confidence.HIGH, "probe.needs"
        )
    reason = tell(case.observation.skip_reason if case.observation else None) or _("not sent before the scan ended")
    return diagnosis("not-sent", Outcome.SKIPPED, reason, "", Confidence.HIGH, "observation.skip_reason")


def control(case: Case) -> Diagnosis | None:
    """A control is no candidate: refused is what nonsense should be, accepted is a sign of a server that says yes to everything."""
    kind = case.probe.control
    if kind is None or case.response is None or case.status in (407, 429) or case.status >= 500:
        return None
    if kind is Control.MODELS and (not case.is_ok or case.response.sniffed_type == "application/json"):
        return listing(case)
    if case.is_ok:
        summary = _("the control {kind} got {status}", kind=kind.value, **case.names)
        remedy = (
            _("answers of this server to other requests prove little") if kind in (Control.BOGUS_ID, Control.BOGUS_ROUTE) else ""
        )
        return diagnosis("control-accepted", Outcome.INCONCLUSIVE, summary, remedy, Confidence.HIGH)
    summary = _("the control {kind} got {status}, as it should", kind=kind.value, **case.names)
    outcome = Outcome.DENIED if case.status in (401, 403) else Outcome.NOT_FOUND
    return diagnosis("control-refused", outcome, summary, "", Confidence.HIGH)


def redirect(case: Case) -> Diagnosis | None:
    """A redirect that was not followed."""
    if not 300 <= case.status < 400 or case.status == 304:
        return None
    location = case.header("location")
    is_loop = any(link.url == case.probe.url for link in case.response.links) if case.response else False
    where = _("itself") if is_loop else location or _("nowhere")
    summary = _("{target} sends to {where}, where probe did not go", where=where, **case.names)
    remedy = _("look why in the report's links")
    return diagnosis(
        "redirect-not-followed",
        Outcome.INCONCLUSIVE,
        summary,
        remedy,
        Confidence.MEDIUM,
        "response.headers.location",
        "response.links",
    )


def invalid(case: Case) -> Diagnosis | None:
    """400 or 422 that no rule could read further: the route exists, the request is not as it wants it."""
    if case.status not in (400, 413, 414, 415, 422, 428, 431):
        return None
    said = _(": {said}", said=case.message) if case.message else ""
    summary = _("{target} refuses the form of this request ({status})", **case.names) + said
    return diagnosis(
        "request-refused",
        Outcome.INCONCLUSIVE,
        summary,
        _("read the message; the vendor's description of the route says what it wants"),
        Confidence.LOW,
        "response.status_code",
        "response.error_message",
    )


def unexpected(case: Case) -> Diagnosis | None:
    """The last word when nothing else fits."""
    said = _(": {said}", said=case.message) if case.message else ""
    summary = _("{target} answers {status}, which no rule knows here", **case.names) + said
    return diagnosis("status-unexpected", Outcome.INCONCLUSIVE, summary, _("look at the answer in the report"), Confidence.LOW)


FIRST = (own_bug, not_sent, control, head_answered)
RULES = (redirect, invalid, unexpected)
