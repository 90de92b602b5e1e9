"""Family success: a good status. Only bytes prove a download; the rest is a link, metadata, a list, or a promise."""

from __future__ import annotations

from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Link, Outcome, Purpose, Response, Role, Standing
from probe.verdict.case import Case, diagnosis, is_download, is_head
from probe.verdict.facts import fact_of
from probe.verdict.jobs import retired, since
from probe.verdict.proof import (
    PROVING_TEXT,
    checks,
    is_any,
    is_binary,
    is_declared,
    is_document,
    is_error_shaped,
    is_same_nonsense,
    is_tiny,
    is_unanswered,
    leads_anybody_on,
    nonsense_answers,
    proves,
    wanted_types,
)

_NO_ARTEFACT = (
    "next",
    "prev",
    "first",
    "last",
    "self",
    "docs",
    "help",
    "documentation",
    "icon",
    "logo",
    "callback",
    "webhook",
    "input",
    "content_url",
)
_ERRORS_IN = ("application/json", "application/xml")
_DOC_HOSTS = ("aka.ms", "learn.microsoft.com", "platform.openai.com", "go.microsoft.com", "developers.openai.com")


def catch_all(case: Case) -> Diagnosis | None:
    """A nonsense id or path gets the same sort of good answer: the server says yes to everything.

    The probe's own controls count first; where it has none, those of other routes of the same target.
    """
    if not case.is_ok or case.response is None or not case.is_at_home:
        return None
    for kind, other in nonsense_answers(case) or case.scan.accepted_nonsense(case.target.name):
        if not is_same_nonsense(case, other):
            continue
        what = _("an id that nobody ever had") if kind is Control.BOGUS_ID else _("a nonsense path")
        return diagnosis(
            "catch-all-gateway",
            Outcome.INCONCLUSIVE,
            _("{target} answers {status} to {what} just as to {route}: its answers prove nothing", what=what, **case.names),
            _("find out what answers there (a gateway, a login page, a mock) and ask the service behind it directly"),
            Confidence.HIGH,
            "response.status_code",
            "response.sniffed_type",
            "control." + kind.value,
        )
    return None


def proved(case: Case) -> Diagnosis | None:
    """The first bytes are those of the artefact, and nothing speaks against them."""
    response = case.response
    if response is None or not proves(case):
        return None
    checked = checks(case)
    if leads_anybody_on(case):
        return diagnosis(
            "catch-all-gateway",
            Outcome.INCONCLUSIVE,
            _("{target} names a link for an id that nobody ever had, too: what it leads to proves nothing", **case.names),
            _("find out what answers there (a gateway, a login page, a mock) and ask the service behind it directly"),
            Confidence.HIGH,
            "response.sniffed_type",
            "control.bogus_id",
        )
    if case.probe.purpose is Purpose.LINK and is_document(case):
        return diagnosis(
            "link-unproved",
            Outcome.LINK,
            _("the link gives {type}, as any route of an API may: no proof that it is the artefact", type=response.sniffed_type),
            _("open the link and look"),
            Confidence.MEDIUM,
            "response.sniffed_type",
        )
    if is_any(case) and not checked and case.probe.purpose is not Purpose.LINK:
        return diagnosis(
            "download-unconfirmed",
            Outcome.INCONCLUSIVE,
            _("{route} gives {type}, and no control showed yet what a nonsense id gets", type=response.sniffed_type, **case.names),
            _("scan again later and without a tight limit on requests, so that the control gets its answer"),
            Confidence.MEDIUM,
            "response.sniffed_type",
        )
    size = response.total_size or (None if response.body_is_truncated else response.body_size)
    summary = _("the first bytes are those of {type}", type=response.sniffed_type) + (
        _(", {size} bytes in all", size=size) if size else ""
    )
    cites = ["response.status_code", "response.sniffed_type", "response.total_size"]
    cites += [f"control.{kind.value}" for kind in checked]
    code = "link-proved" if case.probe.purpose is Purpose.LINK else "download-proved"
    confidence = Confidence.HIGH
    if is_unanswered(case):
        summary, confidence = summary + _("; the control with a bogus id got no answer"), Confidence.MEDIUM
    return diagnosis(
        code, Outcome.WORKS, summary + _notes(case), _("download it with the command in the report"), confidence, *cites
    )


def _notes(case: Case) -> str:
    """What a reader should know about a route that works."""
    notes = ""
    if life := retired(case):
        notes += _("; it answers although it is listed as retired") + since(life)
    if case.endpoint and case.endpoint.standing is Standing.REFUTED and case.probe.purpose is not Purpose.LINK:
        notes += _("; the catalogue thought this route wrong")
    return notes


def embedded(case: Case) -> Diagnosis | None:
    """The artefact itself is in the JSON body as base64."""
    if not case.is_ok or case.response is None:
        return None
    wanted = wanted_types(case)
    found = next(
        (
            one
            for one in case.response.embedded
            if is_declared(one.sniffed_type, wanted) and is_binary(one.sniffed_type) and one.size >= 32
        ),
        None,
    )
    if found is None or case.probe.role is Role.LIST:
        return None
    return diagnosis(
        "artefact-embedded",
        Outcome.WORKS,
        _("the answer holds the artefact itself as base64 in {path}: {type}", path=found.path, type=found.sniffed_type)
        + _notes(case),
        _("decode {path} of the JSON answer", path=found.path),
        Confidence.HIGH,
        "response.embedded",
    )


def useful_links(response: Response) -> tuple[Link, ...]:
    """Links that can lead to an artefact: no paging, no documentation."""
    return tuple(link for link in response.links if not _is_idle(link))


def _is_idle(link: Link) -> bool:
    key = link.found_in.rstrip("]'\"").rsplit(".", 1)[-1].lower()
    host = link.url.split("://", 1)[-1].split("/")[0].lower()
    return any(word in key for word in _NO_ARTEFACT) or host.endswith(_DOC_HOSTS) or "error" in link.found_in.lower()


def link_found(case: Case) -> Diagnosis | None:
    """The answer names a URL; whether it gives the artefact is for the link's own probe to say."""
    response = case.response
    if response is None or case.status >= 400 or case.probe.role is Role.LIST:
        return None
    links = [link for link in useful_links(response) if link.url != case.probe.url]
    if not links:
        return None
    open_ones = [link for link in links if link.refused is None]
    if not open_ones:
        return diagnosis(
            "link-refused",
            Outcome.LINK,
            _("the answer names {url}, which probe does not follow: {reason}", url=links[0].url, reason=links[0].refused),
            _("open it yourself if you trust it"),
            Confidence.MEDIUM,
            "response.links",
        )
    return diagnosis(
        "link-found",
        Outcome.LINK,
        _("the answer names {url} in {where}", url=open_ones[0].url, where=open_ones[0].found_in),
        _("follow the link; it needs no key if it is signed"),
        Confidence.MEDIUM,
        "response.links",
    )


def hidden_error(case: Case) -> Diagnosis | None:
    """A good status over a body that is an error: a gateway hides the real status."""
    response = case.response
    if response is None or not case.is_ok or response.sniffed_type not in _ERRORS_IN or not is_error_shaped(response):
        return None
    summary = _("{status}, and the body is an error: {said}", said=case.message or _("no message"), **case.names)
    cites = ("response.status_code", "response.sniffed_type", "response.error_message")
    return diagnosis(
        "error-in-success",
        Outcome.INCONCLUSIVE,
        summary,
        _("read the message; a gateway hides the real status"),
        Confidence.HIGH,
        *cites,
    )


def wrong_bytes(case: Case) -> Diagnosis | None:
    """A good status on a download route whose bytes are not the artefact: say what they are."""
    response = case.response
    if response is None or not case.is_ok or not is_download(case) or is_head(case) or response.sniffed_type == "text/html":
        return None
    claimed = response.media_type or _("no media type")
    cites = ("response.status_code", "response.media_type", "response.sniffed_type", "response.body_size")
    wanted = ", ".join(wanted_types(case))
    if response.body_size == 0:
        summary = _("{status} {claimed}, and the body is empty", claimed=claimed, **case.names)
        return diagnosis(
            "body-empty",
            Outcome.INCONCLUSIVE,
            summary,
            _("ask again later; if it stays, ask the vendor: the artefact may be lost"),
            Confidence.HIGH,
            *cites,
        )
    if case.endpoint is None and response.sniffed_type in PROVING_TEXT:
        return None
    if is_tiny(response):
        summary = _(
            "{status} {claimed}, and the whole body is {size} bytes: no artefact",
            claimed=claimed,
            size=response.body_size,
            **case.names,
        )
        return diagnosis(
            "body-too-small",
            Outcome.INCONCLUSIVE,
            summary,
            _("look at the body yourself; a mock or a placeholder answers like this"),
            Confidence.HIGH,
            *cites,
        )
    if response.sniffed_type in (None, "text/plain"):
        summary = _(
            "{status} {claimed}, and the bytes prove nothing: no known signature, no checked structure",
            claimed=claimed,
            **case.names,
        )
        return diagnosis(
            "body-unproved",
            Outcome.INCONCLUSIVE,
            summary,
            _("download it and open it; if it is right, tell the catalogue its signature (magic)"),
            Confidence.LOW,
            *cites,
        )
    if is_declared(response.sniffed_type, wanted_types(case)):
        wanted = _("the content of {title}", title=case.title)
    summary = _(
        "{status} {claimed}, and the bytes are {type}, not {wanted}",
        claimed=claimed,
        type=response.sniffed_type,
        wanted=wanted,
        **case.names,
    )
    return diagnosis(
        "body-not-artefact",
        Outcome.INCONCLUSIVE,
        summary,
        _("this answer describes or replaces the artefact; try the other routes of its kind"),
        Confidence.HIGH,
        *cites,
    )


def head_answered(case: Case) -> Diagnosis | None:
    """HEAD may hint and never decides."""
    if not is_head(case) or case.response is None or case.status in (407, 429) or case.status >= 500:
        return None
    size = case.header("content-length")
    if case.is_ok:
        summary = _("HEAD answers {status}", **case.names) + (_(" and names {size} bytes", size=size) if size else "")
        return diagnosis(
            "head-answered",
            Outcome.METADATA_ONLY,
            summary,
            _("only a GET proves the download"),
            Confidence.MEDIUM,
            "response.status_code",
            "response.headers.content-length",
        )
    summary = _("HEAD answers {status}, which says little: services refuse HEAD where GET works", **case.names)
    return diagnosis("head-refused", Outcome.INCONCLUSIVE, summary, _("look at the GET of the same route"), Confidence.LOW)


def listing(case: Case) -> Diagnosis | None:
    """A list answered: it proves host, key and version, and delivers nothing itself."""
    if (
        not case.is_ok
        or case.response is None
        or case.probe.role not in (Role.LIST, Role.CONTROL)
        or case.response.sniffed_type != "application/json"
    ):
        return None
    is_empty = (
        case.probe.role is Role.LIST
        and case.response.json_paths
        and not any("[*]" in path.path for path in case.response.json_paths)
    )
    if is_empty:
        summary = _("{target} lists nothing of this kind", **case.names)
        return diagnosis(
            "list-empty",
            Outcome.METADATA_ONLY,
            summary,
            _("give the id with --id, or look at another base: lists only show what was made on theirs"),
            Confidence.HIGH,
            "response.json_paths",
        )
    return diagnosis(
        "list-answer",
        Outcome.METADATA_ONLY,
        _("{target} answers with its list: host and key are right", **case.names),
        "",
        Confidence.HIGH,
        "response.json_paths",
    )


def metadata(case: Case) -> Diagnosis | None:
    """A good JSON answer without any link: by design, where the vendor's API hands out ids and not URLs."""
    response = case.response
    if response is None or not case.is_ok or response.sniffed_type != "application/json":
        return None
    fact = fact_of(case)
    ends = ""
    if fact and fact.expires_at:
        moment = fact.expires_at.strftime("%Y-%m-%d %H:%M UTC")
        ends = (
            _("; it expired at {moment}", moment=moment)
            if fact.expires_at <= case.seen_at
            else _("; it expires at {moment}", moment=moment)
        )
    summary = (
        _("metadata of {title}, and no link in its {count} key paths", title=case.title, count=len(response.json_paths)) + ends
    )
    return diagnosis(
        "metadata-without-link",
        Outcome.METADATA_ONLY,
        summary,
        _("put the id from this answer into the download route"),
        Confidence.HIGH,
        "response.json_paths",
        "response.links",
    )


RULES = (catch_all, proved, embedded, hidden_error, link_found, wrong_bytes, listing, metadata)
