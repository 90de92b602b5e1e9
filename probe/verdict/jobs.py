"""Family jobs: the artefact is not there yet, never came to be, is gone, or its kind was switched off."""

from __future__ import annotations

import re

from probe.facts.answerers import VENDORS
from probe.facts.glossary import glossed
from probe.facts.links import rank
from probe.model import Confidence, Control, Diagnosis, Role, Standing
from probe.verdict.answered import is_download
from probe.verdict.case import Case
from probe.verdict.compare import fold, mentions
from probe.verdict.ends import listed, retired
from probe.verdict.facts import Fact, state_of

MODERATION = (
    r"moderat(ion|ed)|\bnsfw\b|inappropriate content|data ?inspection|sensitive (content|information)"
    r"|content.?filter|responsibleai|content.?polic|safety (system|polic|violation)|blocked by (our|the) "
    r"|violat\w+ (our|the) [a-z ]{0,20}(guideline|guardrail|polic)"
)
NOT_READY = (
    r"(not|n't) (yet )?(been )?(ready|finished|completed?|available (yet|until)|done|generated|rendered)|not yet"
    r"|still (being |in[- _]?)?(process|running|queued|generat|progress|render|pending|work)|\bin[- _]progress\b"
    r"|not in a? ?(succeeded|completed|terminal) state|is (being|currently) (generat|process|render|queued)"
    r"|is (queued|processing|running|pending)\b|must be (completed|succeeded)"
    r"|(try|check) again (once|when) .{0,40}(done|ready|complete)"
)
GONE = (
    r"expired|\b(video|file|asset|content|artifact|generation|image|job|container|task|object|result|output|media)s?\b.{0,60}\b"
    r"(no longer (available|exists?|accessible)|(has|have) been (deleted|removed|purged|archived)|(was|were) (deleted|removed))"
)
OFF = (
    r"\b(api|endpoint|model|service|feature|sora\S*|deployment|operation|product|route)s?\b.{0,80}\b"
    r"(retired|shut ?down|sunset|discontinued|deprecated|decommissioned|no longer (available|supported|offered|served)"
    r"|end.of.(life|support)|turned off|switched off)|model_?(deprecated|retired)|deprecatedmodel|modeldeprecated"
)
FAILED = r"\b(job|task|generation|rendering|request|operation) (has )?failed\b(?! to)|\bfailed job\b"
_SAID_STATE = re.compile(r"\b(?:status|state)(?: is)?[:=]? '?([a-z_]{4,20})\b")
"""The state in an error's words: `Task is not completed yet, current status: FAILURE` (QuantumNous/new-api)."""
_VENDORS_ROUTER = r"invalid url \(|unknown_url|unknown request url|resource not found"
"""How OpenAI's and Azure's own routers say that they know no such route: what they switched off, no clone ever had."""
_HOURS = 2
"""Hours from which a lifetime is told in hours."""
_ERRORS = (400, 404, 409, 410, 422, 423, 425)


def retired_by_words(case: Case) -> Diagnosis | None:
    """The server says that the API or the model was switched off; a 410 needs fewer words."""
    if case.status not in (400, 403, 404, 410, 421, 501, 503) or not case.says(OFF) or case.says(r"api.?version|api key"):
        return None
    code = "model-retired" if case.says(r"\b(model|deployment)s?\b|deprecatedmodel") else "kind-retired"
    return case.found(code, "response.status_code", "response.error_message")


def gone(case: Case) -> Diagnosis | None:
    """410 without words: a kind whose date has passed is switched off, an object behind an id is gone."""
    if case.status != 410:
        return None
    life = retired(case)
    if case.says(GONE) or (case.ids and is_download(case) and life is None):
        return expired(case, None, Confidence.MEDIUM, "response.status_code", variant="gone")
    confidence = Confidence.HIGH if life else Confidence.MEDIUM
    return case.found("kind-retired", variant="gone", confidence=confidence, more=listed(life))


def retired_by_silence(case: Case) -> Diagnosis | None:
    """A documented route of a kind that is listed as retired is unknown, like all of its kind, and host and key are right."""
    if case.status != 404 or not case.is_route_404 or case.endpoint is None or case.endpoint.standing is Standing.REFUTED:
        return None
    life = retired(case)
    models = case.control(Control.MODELS)
    is_right_host = (models is not None and 200 <= models.status_code < 300) or case.scan.has_success(case)
    is_vendors = case.is_at_vendor or case.answered_by in VENDORS or (case.says(_VENDORS_ROUTER) and not case.is_by_gateway)
    if life is None or not is_right_host or not is_vendors or not case.scan.is_kind_unknown(case):
        return None
    cites = ("response.status_code", "control.models", "endpoint.lifecycle")
    return case.found("kind-retired", *cites, variant="silence", confidence=Confidence.MEDIUM, more=listed(life))


def state(case: Case) -> Diagnosis | None:
    """A status answer names the state of the job."""
    if case.probe.role is Role.LIST:
        return None
    fact = case.fact
    if fact is None or fact.state is None or (is_download(case) and fact.ids.isdisjoint(case.ids)):
        return None  # the state of an item of a list that is the artefact says nothing of the artefact
    response = case.response
    if fact.state == "ready":
        has_product = response is not None and (response.links or response.embedded or case.captures)
        return _failed(case, fact) if case.message and not has_product else empty(case, fact)
    if fact.state == "failed" and (response is None or not response.embedded):
        return _failed(case, fact)
    if fact.state == "expired":
        return expired(case, fact, Confidence.HIGH)
    return _pending(case, fact.word or "", Confidence.HIGH) if fact.state == "pending" else None


def _pending(case: Case, word: str, confidence: Confidence) -> Diagnosis:
    return case.found("job-pending", "response.values", confidence=confidence, word=word)


def _failed(case: Case, fact: Fact) -> Diagnosis:
    if mentions(MODERATION, glossed(fold(f"{fact.word} {fact.reason}"))):
        return _moderated(case, fact.reason or fact.word or "")
    code = "job-cancelled" if fact.word and "cancel" in fact.word.lower() else "job-failed"
    return case.found(code, "response.values", word=fact.word, said=fact.reason)


def _moderated(case: Case, reason: str) -> Diagnosis:
    return case.found("job-moderated", "response.values", "response.error_message", said=reason)


def empty(case: Case, fact: Fact) -> Diagnosis | None:
    """The job is ready and its list of things made is empty."""
    response, endpoint = case.response, case.endpoint
    if (
        response is None
        or endpoint is None
        or any(near < 4 for link in response.links if (near := rank(link)) is not None)
        or response.embedded
        or case.captures
    ):
        return None
    lists = [path.split("[*]")[0] for rule in endpoint.captures for path in rule.paths if "[*]" in path]
    known = {path.path for path in response.json_paths}
    bare = [one for one in lists if one in known and not any(path.startswith(one + "[*]") for path in known)]
    plain = [path for rule in endpoint.captures for path in rule.paths if "[" not in path]
    if not lists and plain and all(path in known for path in plain):  # and null, or they would have been captured
        bare = plain
    if not bare and not (endpoint.hosts and case.probe.role is Role.STATUS):  # a vendor's status names the file itself
        return None
    if mentions(MODERATION, glossed(fold(fact.reason))):
        return _moderated(case, fact.reason)
    variant, path = ("", bare[0]) if bare else ("linkless", None)
    return case.found("job-empty", "response.values", "response.json_paths", variant=variant, word=fact.word, path=path)


def refused_by_words(case: Case) -> Diagnosis | None:
    """An error about the artefact: the server's own words, read beside what another answer says about the same id."""
    if not _is_about_artefact(case):
        return None
    fact = case.scan.fact_about(case)
    if case.says(MODERATION):
        return _moderated(case, case.message)
    if (said := _said(case)) is not None:
        return _failed(case, said)
    if fact is not None and fact.state == "failed" and (case.is_resource_404 or case.status != 404):
        return _failed(case, fact)
    if case.says(NOT_READY) or case.status == 425:
        is_sure = case.says(NOT_READY) and not (fact is not None and fact.state == "ready")
        return _pending(case, "", Confidence.HIGH if is_sure else Confidence.MEDIUM)
    if case.says(GONE) and not case.says(r"token|api key|subscription|credential"):
        return expired(case, None, Confidence.HIGH)
    return None


def refused_because_of_state(case: Case) -> Diagnosis | None:
    """An error about the artefact that gives no reason; another answer of this scan does."""
    fact = case.scan.fact_about(case)
    if fact is None or not (case.is_resource_404 or case.status in (400, 409)) or not _is_about_artefact(case):
        return None
    if fact.state == "expired" or (fact.expires_at and fact.expires_at <= case.seen_at):
        return expired(case, fact, Confidence.MEDIUM if fact.is_estimate else Confidence.HIGH)
    if fact.state == "pending":
        return _pending(case, fact.word or "", Confidence.MEDIUM)
    return None


def _is_about_artefact(case: Case) -> bool:
    return case.status in _ERRORS and not case.is_route_404 and not _is_everybodys(case)


def _is_everybodys(case: Case) -> bool:
    """Whether nonsense gets the same answer: a mock's words about moderation then say nothing about this artefact."""
    kinds = (Control.BOGUS_ROUTE, *((Control.BOGUS_ID,) if case.says(MODERATION) else ()))
    return any(case.is_like(kind) for kind in kinds)


def _said(case: Case) -> Fact | None:
    """The failure that an error speaks of: its words name a failed state, or say that the job failed."""
    named = _SAID_STATE.search(fold(case.message))
    word = named.group(1) if named else "failed" if case.says(FAILED) else ""
    is_failed = bool(word) and state_of(word, case.artefact) == "failed"
    return Fact(frozenset(), word, "failed", None, False, case.message) if is_failed else None


def speaks_of_moderation(case: Case) -> bool:
    """Whether an answer, or what another one says of the same job, is about moderation."""
    fact = case.scan.fact_about(case)
    return case.says(MODERATION) or (fact is not None and mentions(MODERATION, fold(fact.reason)))


def expired(case: Case, fact: Fact | None, confidence: Confidence, *cites: str, variant: str = "") -> Diagnosis:
    """The artefact's time is over: by its date, by words, or gone; with how long such artefacts are kept, where that is known."""
    when = fact.expires_at if fact else None
    hours = (case.artefact.lifetime or 0) / 3600 if case.artefact else 0
    variant = "-".join(filter(None, (variant, "kept" if hours >= _HOURS else "soon" if hours else "")))
    variant = "deleted" if fact and re.search("delet|purge|remov", (fact.word or "").lower()) else variant
    rests_on = ("response.status_code", "evidence.expires_at" if fact else "response.error_message")
    return case.found(
        "artefact-expired",
        *(cites or rests_on),
        variant=variant,
        confidence=confidence,
        when=when.strftime("%Y-%m-%d %H:%M UTC") if when else None,
        hours=f"{hours:g}",
        minutes=f"{hours * 60:.0f}",
    )


def promised(case: Case) -> Diagnosis | None:
    """A good status over words that the thing is not ready yet, which a made-up path does not get."""
    if not case.is_ok or not case.message or not case.says(NOT_READY) or case.is_like(Control.BOGUS_ROUTE):
        return None
    return _pending(case, "", Confidence.MEDIUM)


def accepted(case: Case) -> Diagnosis | None:
    """202, whatever it points to, or a job that a create call has made: come back later. A made-up path gets no such promise."""
    if case.is_like(Control.BOGUS_ROUTE):
        return None
    if case.status != 202 and not (
        case.is_ok and case.probe.role is Role.CREATE and case.response and case.response.sniffed_type == "application/json"
    ):
        return None
    if case.response and (case.response.embedded or (case.status != 202 and case.response.links)):
        return None
    return _pending(case, "accepted", Confidence.MEDIUM)


RULES = (retired_by_words, gone, state, refused_by_words, retired_by_silence, promised, accepted)
