"""Family ids: the route is right and what it names is not: unknown, of another family or base, or not for download."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from probe.facts.families import PLACES, family_of, nearest
from probe.model import Confidence, Control, Diagnosis, Role
from probe.verdict.behind import is_list_alike, list_alike
from probe.verdict.case import Case
from probe.verdict.cause import WORDS, Cause, first
from probe.verdict.compare import is_telling, same_answer
from probe.verdict.ends import retirement
from probe.verdict.jobs import expired, refused_because_of_state


def foreign_id(case: Case) -> tuple[str, str, str] | None:
    """An id in the path that belongs to another family than its place: (id, its own prefix, the expected one)."""
    for value, expected in _placed(case):
        own = family_of(value)
        if own is not None and own.route and own.prefix not in expected:
            return value, own.prefix, expected[0]
    return None


def _placed(case: Case) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Ids in the request with the prefixes that their place wants: by the catalogue's id names, else by the vendors' collections.

    A clone has ids of its own, so there only the catalogue tells.
    """
    declared = {one.name: one.prefixes for one in case.artefact.ids if one.prefixes} if case.artefact else {}
    for name, value in case.probe.ids:
        if name in declared:
            yield value, declared[name]
    if case.target.provider == "generic":
        return
    for pattern, prefixes in PLACES:
        if found := pattern.search(case.path):
            yield unquote(found.group(1)), prefixes


_PROJECT = re.compile(r"/projects/([^/]+)")


def project_unknown(case: Case) -> Diagnosis | None:
    """The project in the path does not exist: then no route in it does, whatever a made-up path gets."""
    named = _PROJECT.search(case.path)
    if named is None or case.status != 404 or not case.says(rf"\bproject\b.{{0,80}}({_MISSING})|project_?not_?found"):
        return None
    if case.scan.is_target_good(case.target.name):
        return None
    return case.found("id-unknown", *WORDS, variant="project", id=unquote(named.group(1)))


def other_family(case: Case) -> Diagnosis | None:
    """The id is one of another family, and the vendor's answer is about the object, not about the route."""
    is_named = case.status in (400, 422) and case.says(r"(?<![\w-])id\b|_id|begins with|invalid|expected")
    is_about_id = case.is_resource_404 or (is_named and not case.says(r"\bheader|authorization|api.?key"))
    if not is_about_id or _is_gateways(case) or (foreign := foreign_id(case)) is None:
        return None
    value, own, expected = foreign
    is_good_here = any(one.is_ok and foreign_id(one) for one in case.scan.about(case.target.name, value))
    if is_good_here or case.is_by_gateway:  # a gateway's ids are its own: `task_` is new-api's, too
        return None
    kind, right = family(value, own)
    cites = ("request.url", "response.error_message")
    return case.found("id-of-other-family", *cites, id=value, kind=kind, right=right, expected=expected)


def _is_gateways(case: Case) -> bool:
    """Whether a gateway answered: its ids are its own, whatever they begin with."""
    return case.answered_by in ("new-api", "litellm", "openrouter", "vllm")


def family(value: str, prefix: str) -> tuple[str, str]:
    """What an id with this prefix is of, and the route that takes it."""
    found = family_of(prefix + "x")
    return (found.what, found.route.replace("{id}", value)) if found else (prefix, "")


def mistyped(case: Case) -> Diagnosis | None:
    """The target lists an id that differs from the requested one by a typo: the requested one is unknown, the other exists."""
    if not (case.is_resource_404 or case.status in (400, 422)) or not case.ids:
        return None
    listed = case.scan.listed.get(case.target.name, ())
    for value in case.ids:
        if value not in listed and (near := nearest(value, listed)):
            variant = "case" if near.lower() == value.lower() else "cut" if abs(len(near) - len(value)) > 1 else ""
            return case.found(
                "id-mistyped", "response.error_message", "evidence.observations", variant=variant, id=value, near=near
            )
    return None


def other_base(case: Case) -> Diagnosis | None:
    """The same id is served by another target of this scan: it was made there."""
    if not case.is_resource_404:
        return None
    owner = next((case.scan.owners[one] - {case.target.name} for one in case.ids if one in case.scan.owners), None)
    if not owner:
        return None
    cites = ("response.error_message", "evidence.targets")
    return case.found("id-of-other-base", *cites, other=case.scan.called(min(owner)))


_MISSING = r"not.?found|no such|not.?exist|unknown(?!.parameter)"
_THINGS = r"\b(video|file|job|task|batch|generation|container|image|response|object)s?\b"
CAUSES = (
    Cause(
        "azure-deployment-unknown",
        r"deploymentnotfound|deployment_not_found|api deployment .{0,80}does ?n[o']t exist"
        r"|deployment .{0,80}(does ?n[o']t exist|not found)",
    ),
    Cause("request-invalid", r"model ?[=:] ?'?(none|null|undefined)\b", statuses=(400, 404, 422), confidence=Confidence.MEDIUM),
    Cause(
        "model-unknown",
        r"the model .{0,80}(does ?n[o']t exist|not found)|model '\S{1,80}' not found|model not found"
        r"|invalid model name|unknown.model|model_not_found(?! .*\b(video|job|file|task|generation|batch)s? not found)",
    ),
    Cause(
        "purpose-not-downloadable",
        r"(is|are) not downloadable|not allowed to download|download(ing)? .{0,40}purpose"
        r"|purpose .{0,60}(cannot|can't|not) (be )?download",
    ),
    Cause(
        "request-invalid",
        r"field required|missing required|required (parameter|property|field|query)|is required"
        r"|must (be|have|provide|specify)|missing_required",
        statuses=(400, 422),
        confidence=Confidence.MEDIUM,
    ),
)


def telling_words(case: Case) -> Diagnosis | None:
    """The server names what it does not know or does not give; a GET that names no model is not refused because of one."""
    found = first(CAUSES, case)
    if found is not None and found.code == "model-unknown" and not _names_model(case):
        return None
    if found is not None and found.code == "azure-deployment-unknown" and case.ids and not _asks_model(case):
        return case.found(found.code, *found.cites, variant="unnamed", confidence=Confidence.MEDIUM)
    return found


def _names_model(case: Case) -> bool:
    """Whether a request names a model or deployment, or the words of the answer do and not its code alone."""
    return _asks_model(case) or case.says(r"\bmodels?\b(?!_)") or not case.says(_THINGS)


def _asks_model(case: Case) -> bool:
    return case.probe.method != "GET" or re.search(r"/(deployments|models)/|[?&]model=", case.probe.url) is not None


def content_elsewhere(case: Case) -> Diagnosis | None:
    """The target itself named the id or answered for it elsewhere, so neither id nor base is wrong: the content is not here."""
    is_missing = case.is_resource_404 or (case.status in (400, 422) and _is_named_missing(case))
    if not is_missing or not case.ids or _unknown_of(case) is not None:
        return None
    if any(case.scan.is_missing(case, one) for one in case.ids[:-1]):  # an answer of this target cites it: it was there
        return expired(case, None, Confidence.MEDIUM, "response.error_message", "evidence.observations")
    cites, last = ("response.error_message", "evidence.observations"), case.ids[-1]
    is_seen = last in case.scan.listed.get(case.target.name, ()) or any(
        one.is_ok for one in case.scan.about(case.target.name, last)
    )
    if not is_seen and last in case.message:  # only a job's answer names it
        return case.found("artefact-expired", *cites, variant="cited", confidence=Confidence.MEDIUM, id=last)
    return case.found("content-not-here", *cites, confidence=Confidence.MEDIUM, id=last)


def _is_named_missing(case: Case) -> bool:
    return case.names_a_thing and case.says(_MISSING)


def _unknown_of(case: Case) -> str | None:
    """Which id of a request is the unknown one: the one that the words name, the outermost that this scan saw missing, the last.

    None if all are known: what this scan proved outranks the words.
    """
    doubtful = [one for one in case.ids if not case.scan.knows(case, one)]
    if not doubtful:
        return None
    words = (case.response.error_message or "") if case.response else ""
    named = [one for one in doubtful if one in words]
    if len(named) == 1:
        return named[0]
    outer = (one for one in doubtful if one != case.ids[-1] and case.scan.is_missing(case, one))
    return next(outer, doubtful[-1] if case.ids[-1] in doubtful else doubtful[0])


def unknown_id(case: Case) -> Diagnosis | None:
    """The 404 comes from behind the router, or the same route answers for other ids; a bogus id gets the same answer."""
    is_named = case.status in (400, 422, 500) and _is_named_missing(case)
    is_failure = case.status == 500
    if is_failure and (not case.is_like(Control.BOGUS_ID) or case.is_like(Control.BOGUS_ROUTE) or is_list_alike(case)):
        return None
    is_listed = is_past_listed(case)
    if not (case.is_resource_404 or is_named or is_listed or (case.is_route_404 and case.scan.answers(case))):
        return None
    if case.probe.role is Role.LIST and not case.ids:
        return None
    is_same = case.is_like(Control.BOGUS_ID)
    differs = case.control(Control.BOGUS_ROUTE) is not None
    cites = ["response.status_code", "response.error_message"]
    cites += ["control.bogus_id"] if is_same else []
    cites += ["control.bogus_route"] if differs else []
    cites += ["control.listed_id"] if is_listed else []
    unknown = _unknown_of(case)
    is_container = case.is_azure and any(one.startswith(("cntr_", "cfile_")) for one in case.ids)
    return case.found(
        "id-unknown",
        *cites,
        variant="container" if is_container else "" if case.ids else "unnamed",
        confidence=Confidence.HIGH if (is_same and not is_failure) or is_listed else Confidence.MEDIUM,
        id=unknown or (case.ids[-1] if case.ids else None),
        made_up_id="yes" if is_same else None,
        access=case.message if case.says(r"access|permission") else None,
        more=retirement(case),
    )


def is_past_listed(case: Case) -> bool:
    """Whether the same route answered differently for an id that the listing gave: then only this id is unknown."""
    other = case.control(Control.LISTED_ID)
    is_missing = case.status == 404 and case.response is not None
    is_heard = is_telling(other) and other is not None and other.status_code not in (401, 403)
    return is_missing and is_heard and other is not None and case.response is not None and not same_answer(case.response, other)


def soft_unknown(case: Case) -> Diagnosis | None:
    """A good status that says nothing of the thing, and a made-up id gets the very same, but no made-up path: errors with 200."""
    response, nonsense = case.response, case.control(Control.BOGUS_ROUTE)
    if response is None or not case.is_ok or not case.probe.ids or response.sniffed_type != "application/json":
        return None
    is_about_it = any(one.value in case.ids for one in response.values) or case.fact is not None
    if case.message and not case.says(_MISSING):
        return None  # the error under the good status is another one
    if is_about_it or case.captures or response.links or response.embedded or not case.is_like(Control.BOGUS_ID):
        return None
    is_about_one = case.probe.role in (Role.STATUS, Role.METADATA) or (case.probe.role is Role.DOWNLOAD and bool(case.message))
    if nonsense is None or nonsense.status_code < 400 or not is_about_one:
        return None
    cites = ("response.json_paths", "control.bogus_id", "control.bogus_route")
    return case.found("id-unknown", *cites, confidence=Confidence.MEDIUM, id=case.ids[-1], made_up_id="yes")


_UNREADABLE = (
    r"invalid input syntax for (type )?(uuid|integer|bigint)|cast to objectid failed|invalid objectid|badly formed .{0,20}uuid"
)
"""How databases refuse to look for an id of another form (PostgreSQL, MongoDB); what is in front of them may make a 500 of it."""


def malformed_id(case: Case) -> Diagnosis | None:
    """400 or 422 about the form of the id."""
    is_refused = case.status in (400, 422) and case.says(
        r"invalid .{0,40}\bid\b|invalid .{0,20}_id|begins with|malformed id|valid (uuid|id)|id .{0,40}(invalid|malformed)"
    )
    if not is_refused and not (case.status in (400, 422, 500) and case.says(_UNREADABLE)):
        return None
    return case.found("id-malformed", "response.error_message")


RULES = (
    mistyped,
    other_family,
    refused_because_of_state,
    malformed_id,
    telling_words,
    other_base,
    content_elsewhere,
    list_alike,
    unknown_id,
    soft_unknown,
)
