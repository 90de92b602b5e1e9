"""Family ids: the route is right and what it names is not: unknown, of another family or base, or not for download."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Outcome
from probe.verdict.case import Case, diagnosis
from probe.verdict.cause import Cause, first
from probe.verdict.jobs import retirement

FAMILIES = {
    "gen_": ("an Azure Sora 1 generation", "/openai/v1/video/generations/{id}/content/video"),
    "task_": ("an Azure Sora 1 job", "/openai/v1/video/generations/jobs/{id}"),
    "video_": ("a Sora 2 video", "/videos/{id}/content"),
    "file-": ("a file", "/files/{id}/content"),
    "cfile_": ("a container file", "/containers/{container_id}/files/{id}/content"),
    "cntr_": ("a container", "/containers/{id}/files"),
    "batch_": ("a batch", "/batches/{id}"),
    "ftjob-": ("a fine-tuning job", "/fine_tuning/jobs/{id}"),
    "vs_": ("a vector store", "/vector_stores/{id}/files"),
    "resp_": ("a response", "/responses/{id}"),
    "skill_": ("a skill", "/skills/{id}/content"),
}
"""What an id's prefix gives away, and the route that takes it."""

PLACES = (
    (re.compile(r"/video/generations/jobs/([^/]+)"), ("task_",)),
    (re.compile(r"/video/generations/(?!jobs(?:/|$))([^/]+)"), ("gen_",)),
    (re.compile(r"/videos/([^/]+)"), ("video_",)),
    (re.compile(r"/containers/([^/]+)"), ("cntr_",)),
    (re.compile(r"/containers/[^/]+/files/([^/]+)"), ("cfile_",)),
    (re.compile(r"(?<!/containers)/(?:v1|openai)/files/([^/]+)"), ("file-",)),
    (re.compile(r"/batches/([^/]+)"), ("batch_",)),
    (re.compile(r"/fine_tuning/jobs/([^/]+)"), ("ftjob-", "ft-")),
    (re.compile(r"/vector_stores/([^/]+)"), ("vs_",)),
    (re.compile(r"/skills/([^/]+)"), ("skill_",)),
)
"""Which family of ids belongs at which place of a path."""


def foreign_id(case: Case) -> tuple[str, str, str] | None:
    """An id in the path that belongs to another family than its place: (id, its own prefix, the expected one)."""
    for value, expected in _placed(case):
        own = next((prefix for prefix in FAMILIES if value.startswith(prefix)), None)
        if own is not None and own not in expected:
            return value, own, expected[0]
    return None


def _placed(case: Case) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Ids in the request with the prefixes that their place wants: by the catalogue's id names, else by the known collections."""
    declared = {one.name: one.prefixes for one in case.artefact.ids if one.prefixes} if case.artefact else {}
    for name, value in case.probe.ids:
        if name in declared:
            yield value, declared[name]
    for pattern, prefixes in PLACES:
        if found := pattern.search(case.path):
            yield unquote(found.group(1)), prefixes


def other_family(case: Case) -> Diagnosis | None:
    """The id is one of another family, and the answer is about the object, not about the route."""
    is_about_id = case.is_resource_404 or (case.status in (400, 422) and case.says(r"\bid\b|_id|begins with|invalid|expected"))
    if not is_about_id or (foreign := foreign_id(case)) is None:
        return None
    value, own, expected = foreign
    kind, route = FAMILIES[own]
    return diagnosis(
        "id-of-other-family",
        Outcome.NOT_FOUND,
        _(
            "{route} exists, but {id} is the id of {kind}; an id that begins with {expected} belongs here",
            id=value,
            kind=_(kind),
            expected=expected,
            **case.names,
        ),
        _("ask for it at {right}", right=route.replace("{id}", value)),
        Confidence.HIGH,
        "request.url",
        "response.error_message",
    )


def other_base(case: Case) -> Diagnosis | None:
    """The same id is served by another target of this scan: it was made there."""
    if not case.is_resource_404:
        return None
    owner = next((case.scan.owners[one] - {case.target.name} for one in case.ids if one in case.scan.owners), None)
    if not owner:
        return None
    return diagnosis(
        "id-of-other-base",
        Outcome.NOT_FOUND,
        _("{target} does not know the id, and {owner} does: it was made there", owner=min(owner), **case.names),
        _("ask at the base URL that made it"),
        Confidence.HIGH,
        "response.error_message",
        "evidence.targets",
    )


CAUSES = (
    Cause(
        "azure-deployment-unknown",
        Outcome.NOT_FOUND,
        r"deploymentnotfound|deployment_not_found|api deployment .{0,80}does ?n[o']t exist"
        r"|deployment .{0,80}(does ?n[o']t exist|not found)",
        lambda case: (
            _("the route is right, and {target} has no deployment of that name: {said}", said=case.message, **case.names),
            _(
                "take the deployment's name (not the model's) from the resource's Deployments page; a new one needs up to "
                "five minutes"
            ),
        ),
    ),
    Cause(
        "model-unknown",
        Outcome.NOT_FOUND,
        r"model_not_found|the model .{0,80}(does ?n[o']t exist|not found)|model '\S{1,80}' not found|model not found"
        r"|invalid model name|unknown.model",
        lambda case: (
            _("{target} does not know the model, or this key may not use it: {said}", said=case.message, **case.names),
            _("look at the list of models that this key sees (GET /models) and ask for access if it is missing"),
        ),
    ),
    Cause(
        "purpose-not-downloadable",
        Outcome.NOT_FOUND,
        r"not allowed to download|download(ing)? .{0,40}purpose|purpose .{0,60}(cannot|can't|not) (be )?download",
        lambda case: (
            _("the file is there, and files of its purpose are not given out: {said}", said=case.message, **case.names),
            _(
                "keep your own copy of what you upload; files made by the service (batch_output, fine-tune-results, "
                "assistants_output) can be downloaded"
            ),
        ),
    ),
    Cause(
        "request-invalid",
        Outcome.NEEDS_INPUT,
        r"field required|missing required|required (parameter|property|field|query)|is required"
        r"|must (be|have|provide|specify)|missing_required",
        lambda case: (
            _("{route} exists and wants more than was sent: {said}", said=case.message, **case.names),
            _("give what the message names, by --id NAME=VALUE or in the catalogue entry's query or body"),
        ),
        statuses=(400, 422),
        confidence=Confidence.MEDIUM,
    ),
)


def telling_words(case: Case) -> Diagnosis | None:
    """The server names what it does not know or does not give."""
    return first(CAUSES, case)


def content_elsewhere(case: Case) -> Diagnosis | None:
    """The target knows the id on another route, so neither id nor base is wrong: the content is not here."""
    if not case.is_resource_404 or not any(case.target.name in case.scan.owners.get(one, ()) for one in case.ids[-1:]):
        return None
    return diagnosis(
        "content-not-here",
        Outcome.NOT_FOUND,
        _("{target} knows {id}, and has nothing for it at {route}", id=case.ids[-1], **case.names),
        _("take the route that the catalogue documents for this artefact; if this is it, the artefact was deleted or has expired"),
        Confidence.MEDIUM,
        "response.error_message",
        "evidence.observations",
    )


def unknown_id(case: Case) -> Diagnosis | None:
    """The 404 comes from behind the router, or the same route answers for other ids; a bogus id gets the same answer."""
    is_named = case.status in (400, 422) and case.names_a_thing and case.says(r"not.?found|no such|not.?exist")
    if not (case.is_resource_404 or is_named or (case.is_route_404 and case.scan.answers(case))):
        return None
    is_same = case.is_like(Control.BOGUS_ID)
    differs = case.control(Control.BOGUS_ROUTE) is not None
    cites = ["response.status_code", "response.error_message"]
    cites += ["control.bogus_id"] if is_same else []
    cites += ["control.bogus_route"] if differs else []
    shown = case.ids[-1] if case.ids else _("the id")
    summary = _("{route} exists, and {target} has nothing under {id}", id=shown, **case.names)
    summary += (_(": an id that nobody ever had gets the same answer") if is_same else "") + retirement(case)
    return diagnosis(
        "id-unknown", Outcome.NOT_FOUND, summary, _remedy(case), Confidence.HIGH if is_same else Confidence.MEDIUM, *cites
    )


def _remedy(case: Case) -> str:
    if case.is_azure and any(one.startswith(("cntr_", "cfile_")) for one in case.ids):
        return _(
            "containers of a Foundry project are only seen under its own base .../api/projects/NAME/openai/v1, and end 20 "
            "minutes after their last use"
        )
    return _(
        "check the id letter by letter, that this resource made it, and how long such artefacts are kept; an expired one "
        "answers the same"
    )


def malformed_id(case: Case) -> Diagnosis | None:
    """400 or 422 about the form of the id."""
    if case.status not in (400, 422) or not case.says(
        r"invalid .{0,40}\bid\b|invalid .{0,20}_id|begins with|malformed id|valid (uuid|id)|id .{0,40}(invalid|malformed)"
    ):
        return None
    summary = _("{route} exists and refuses the form of the id: {said}", said=case.message, **case.names)
    return diagnosis(
        "id-malformed",
        Outcome.NOT_FOUND,
        summary,
        _("copy the id whole from the answer that made it"),
        Confidence.HIGH,
        "response.error_message",
    )


RULES = (other_family, malformed_id, telling_words, other_base, content_elsewhere, unknown_id)
