"""Family success: a good status. Only bytes prove a download; the rest is a link, metadata, a list, or a promise."""

from __future__ import annotations

import re

from probe.language import _
from probe.model import Confidence, Control, Diagnosis, Link, Outcome, Purpose, Response, Role, Standing
from probe.verdict.answers import is_ok, same_answer, same_kind
from probe.verdict.case import Case, diagnosis, is_download, is_head
from probe.verdict.facts import fact_of
from probe.verdict.jobs import retired, since

NONSENSE = (Control.BOGUS_ID, Control.BOGUS_ROUTE)
PROVING_TEXT = frozenset({"application/json", "application/jsonl", "text/csv", "application/xml"})
"""Text formats whose structure the sniffer checks; plain text and HTML prove nothing."""
SMALLEST = {"video": 256, "audio": 128, "image": 32, "application": 16, "text": 16}
"""Fewer bytes than these are no plausible artefact of that sort: a six-byte body has been seen under `200 video/mp4`."""
_SAME_TYPE = {
    "image/jpg": "image/jpeg",
    "audio/x-wav": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "application/x-gzip": "application/gzip",
}
_ERROR_WORDS = frozenset({"message", "msg", "error", "errors", "detail", "details", "reason", "title"})
_ERROR_KEYS = _ERROR_WORDS | {
    "code", "status", "success", "statuscode", "status_code", "request_id", "requestid", "trace_id", "traceid", "timestamp", "path", "type", "instance",
}  # fmt: skip
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
    "input_blob",
    "content_url",
)
_DOC_HOSTS = ("aka.ms", "learn.microsoft.com", "platform.openai.com", "go.microsoft.com", "developers.openai.com")


def wanted_types(case: Case) -> tuple[str, ...]:
    """The media types that prove the artefact: the endpoint's own, else the kind's; of an unknown URL, anything with a signature."""
    declared = case.endpoint.expect.media_types if case.endpoint and case.probe.purpose is not Purpose.LINK else ()
    return declared or (case.artefact.media_types if case.artefact else ("*/*",))


def is_by_product(case: Case) -> bool:
    """Whether the endpoint delivers something beside the artefact, such as a thumbnail: its own media types are not the kind's."""
    declared = case.endpoint.expect.media_types if case.endpoint else ()
    kind = case.artefact.media_types if case.artefact else ()
    return bool(declared and kind) and not any(_is_declared(one, kind) for one in declared)


def is_any(case: Case) -> bool:
    """Whether the artefact may be anything, so that only a control tells it from a server's standard page."""
    return any(one in ("*/*", "application/octet-stream") or one in PROVING_TEXT for one in wanted_types(case))


def proves(case: Case) -> bool:
    """Whether the bytes are the artefact's: right signature or checked structure, plausible size, no error and no page."""
    response = case.response
    is_delivery = (is_download(case) or case.probe.role is Role.CREATE) and case.probe.control is None
    if response is None or response.status_code not in (200, 201, 203, 206) or not is_delivery or is_head(case):
        return False
    sniffed = response.sniffed_type
    if sniffed is None or sniffed in ("text/plain", "text/html") or not _is_declared(sniffed, wanted_types(case)):
        return False
    if sniffed in PROVING_TEXT and (
        case.artefact is None or case.probe.role is Role.CREATE or is_error_shaped(response) or _is_about_itself(case)
    ):
        return False
    return not is_tiny(response)


def _is_declared(sniffed: str, declared: tuple[str, ...]) -> bool:
    names = {_SAME_TYPE.get(one, one) for one in declared}
    return bool(names & {sniffed, "*/*", "application/octet-stream", sniffed.split("/")[0] + "/*"})


def is_tiny(response: Response) -> bool:
    """Whether the body, as read or as claimed, is too small for an artefact of its sort."""
    least = SMALLEST.get((response.sniffed_type or "").split("/")[0], 16)
    return response.body_size < least or (response.total_size is not None and response.total_size < least)


def is_error_shaped(response: Response) -> bool:
    """Whether a JSON body is an error or a mere status, whatever the status code says."""
    if response.error_code or response.error_message:
        return True
    keys = {re.split(r"[.\[]", path.path[2:], maxsplit=1)[0].lower() for path in response.json_paths if path.path.startswith("$.")}
    return bool(keys & _ERROR_WORDS) and keys <= _ERROR_KEYS


def _is_about_itself(case: Case) -> bool:
    """Whether a JSON body is the object's description (it holds the id that was asked for) and not its content."""
    return case.response is not None and any(
        value.value in case.ids and value.path.endswith("id") for value in case.response.values
    )


def catch_all(case: Case) -> Diagnosis | None:
    """A nonsense id or path gets the same sort of good answer: the server says yes to everything.

    The probe's own controls count first; where it has none, those of other routes of the same target.
    """
    if not case.is_ok or case.response is None or not case.is_at_home:
        return None
    own = [(kind, other) for kind in NONSENSE if (other := case.control(kind)) is not None]
    for kind, other in own or case.scan.accepted_nonsense(case.target.name):
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


def is_same_nonsense(case: Case, other: Response) -> bool:
    """Whether a nonsense request got the same sort of good answer as this probe."""
    if case.response is None or not is_ok(other):
        return False
    if is_download(case):
        return same_kind(case.response, other) and is_error_shaped(case.response) == is_error_shaped(other)
    return same_answer(case.response, other)


def proved(case: Case) -> Diagnosis | None:
    """The first bytes are those of the artefact, and nothing speaks against them."""
    response = case.response
    if response is None or not proves(case):
        return None
    is_checked = any(case.control(kind) is not None for kind in NONSENSE)
    if is_any(case) and not is_checked and case.probe.purpose is not Purpose.LINK:
        return diagnosis(
            "download-unconfirmed",
            Outcome.INCONCLUSIVE,
            _("{route} gives {type}, and no control showed yet what a nonsense id gets", type=response.sniffed_type, **case.names),
            _("scan again without a limit on requests, so that the control can be sent"),
            Confidence.MEDIUM,
            "response.sniffed_type",
        )
    size = response.total_size or (None if response.body_is_truncated else response.body_size)
    summary = _("the first bytes are those of {type}", type=response.sniffed_type) + (
        _(", {size} bytes in all", size=size) if size else ""
    )
    cites = ["response.status_code", "response.sniffed_type", "response.total_size"]
    cites += [f"control.{kind.value}" for kind in NONSENSE if case.control(kind) is not None]
    code = "link-proved" if case.probe.purpose is Purpose.LINK else "download-proved"
    return diagnosis(
        code, Outcome.WORKS, summary + _notes(case), _("download it with the command in the report"), Confidence.HIGH, *cites
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
            if _is_declared(one.sniffed_type, wanted) and _is_binary(one.sniffed_type) and one.size >= 32
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


def _is_binary(sniffed: str) -> bool:
    return not sniffed.startswith("text/") and sniffed not in PROVING_TEXT


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
    if response is None or not case.is_ok or response.sniffed_type != "application/json" or not is_error_shaped(response):
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
