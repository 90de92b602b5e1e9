"""Family success: a good status. Only bytes prove a download; the rest is a link, metadata, a list, or a promise."""

from __future__ import annotations

from probe.facts.links import rank
from probe.model import Confidence, Control, Diagnosis, Embedded, Link, Outcome, Purpose, Response, Role, Standing
from probe.verdict.answered import is_download, is_head
from probe.verdict.case import Case, as_values
from probe.verdict.compare import is_ok, says_route_unknown
from probe.verdict.ends import retired
from probe.verdict.proof import (
    PROVING_TEXT,
    checks,
    described_size,
    description,
    is_any,
    is_bare_list,
    is_binary,
    is_cut_short,
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

_UPLOADED = frozenset({"batch", "fine-tune", "assistants", "vision", "user_data", "evals"})
"""Purposes of files that customers upload (OpenAI's OpenAPI, schema OpenAIFile); those of files made here end otherwise."""
_ERRORS_IN = ("application/json", "application/xml")


def catch_all(case: Case) -> Diagnosis | None:
    """A made-up id or path gets the same kind of good response: the server accepts everything.

    The probe's own controls count first; where it has none, those of other routes of the same target.
    """
    if not case.is_ok or case.response is None or not case.is_at_home:
        return None
    for kind, other in nonsense_answers(case) or case.scan.accepted_nonsense(case.target.name):
        is_empty = kind is Control.BOGUS_ID and not case.response.body_size
        if is_empty or not is_same_nonsense(case, other) or is_error_shaped(case.response):
            continue  # that nothing came tells more than who else gets nothing, and an error under a good status accepts nothing
        cites = ("response.status_code", "response.sniffed_type", "control." + kind.value)
        return case.found("catch-all-gateway", *cites, variant="id" if kind is Control.BOGUS_ID else "")
    return None


def proved(case: Case) -> Diagnosis | None:
    """The first bytes are those of the artefact, and nothing speaks against them."""
    response = case.response
    if response is None or not proves(case):
        return None
    checked, is_link, sniffed = checks(case), case.probe.purpose is Purpose.LINK, response.sniffed_type
    if leads_anybody_on(case):
        return case.found("catch-all-gateway", "response.sniffed_type", "control.bogus_id", variant="link", target=case.called)
    if is_link and is_document(case):
        return case.found("link-unproved", "response.sniffed_type", confidence=Confidence.MEDIUM, type=sniffed)
    if is_any(case) and not checked and not is_link:
        return case.found("download-unconfirmed", "response.sniffed_type", confidence=Confidence.MEDIUM, type=sniffed)
    cites = ["response.status_code", "response.sniffed_type", "response.total_size"]
    cites += [f"control.{kind.value}" for kind in checked]
    return case.found(
        "link-proved" if is_link else "download-proved",
        *cites,
        confidence=Confidence.MEDIUM if is_unanswered(case) else Confidence.HIGH,
        type=sniffed,
        size=response.total_size or (None if response.body_is_truncated else response.body_size),
        unanswered="yes" if is_unanswered(case) else None,
        more=_notes(case),
    )


def _notes(case: Case) -> dict[str, object]:
    """What a reader should know about a route that works, as values of a sentence."""
    life, endpoint = retired(case), case.endpoint
    is_refuted = endpoint is not None and endpoint.standing is Standing.REFUTED and case.probe.purpose is not Purpose.LINK
    noted: dict[str, object] = {"retired": "yes", "day": life.retired_on} if life else {}
    names, fact = {name for name, _value in case.probe.ids}, case.scan.fact_about(case)
    purpose = next((one.value for one in description(case) if one.path == "$.purpose"), "")
    noted |= {"uploaded": purpose} if purpose in _UPLOADED else {}
    noted |= {"failed": "yes"} if "error_file_id" in names else {}
    if "output_file_id" in names and fact is not None and fact.state in ("expired", "failed"):
        noted |= {"ended": fact.word}
    return noted | ({"refuted": "yes"} if is_refuted else {})


def embedded(case: Case) -> Diagnosis | None:
    """The artefact itself is in the body, as base64 inside JSON, or the whole body is base64 or gzip of it."""
    if not case.is_ok or case.response is None or case.probe.role is Role.LIST:
        return None
    found = next((one for one in case.response.embedded if _is_artefact(case, one)), None)
    if found is None:
        return None
    is_whole = found.path == "$"
    if is_whole and is_any(case) and not checks(case) and case.probe.purpose is not Purpose.LINK:
        return case.found("download-unconfirmed", "response.embedded", confidence=Confidence.MEDIUM, type=found.sniffed_type)
    variant = f"whole-{found.encoding.replace(' ', '-')}" if is_whole else ""
    values = {"path": found.path, "type": found.sniffed_type}
    return case.found("artefact-embedded", "response.embedded", variant=variant, more=_notes(case) | values)


def _is_artefact(case: Case, one: Embedded) -> bool:
    """Whether what is embedded is of a wanted type: by its signature, or by a checked structure where the route delivers texts."""
    is_delivery = is_download(case) or case.probe.role is Role.CREATE
    is_checked = is_binary(one.sniffed_type) or (is_delivery and one.sniffed_type in PROVING_TEXT)
    return is_declared(one.sniffed_type, wanted_types(case)) and is_checked and one.size >= 32 and (is_delivery or one.path != "$")


def useful_links(response: Response) -> tuple[Link, ...]:
    """Links that can lead to an artefact, the likeliest first."""
    ranked = [(near, at, link) for at, link in enumerate(response.links) if (near := rank(link)) is not None]
    return tuple(link for _near, _at, link in sorted(ranked, key=lambda one: one[:2]))


def link_found(case: Case) -> Diagnosis | None:
    """The answer names a URL; whether it gives the artefact is for the link's own probe to say."""
    response = case.response
    if response is None or case.status >= 400 or case.probe.role is Role.LIST:
        return None
    links = [link for link in useful_links(response) if link.url != case.probe.url]
    if not links:
        return None
    open_ones = [link for link in links if link.refused is None]
    named, medium = (open_ones or links)[0], Confidence.MEDIUM
    if named.refused is not None:
        return case.found("link-refused", "response.links", confidence=medium, more=as_values(named.refused), url=named.url)
    return case.found("link-found", "response.links", confidence=medium, url=named.url, where=named.found_in)


def hidden_error(case: Case) -> Diagnosis | None:
    """A good status over a body that is an error: a gateway hides the real status."""
    response = case.response
    if response is None or not case.is_ok or response.sniffed_type not in _ERRORS_IN or not is_error_shaped(response):
        return None
    if says_route_unknown(response):
        is_same = case.is_like(Control.BOGUS_ROUTE)
        cites = ("response.error_message", *(("control.bogus_route",) if is_same else ()))
        return case.found("route-unknown", *cites, confidence=Confidence.MEDIUM, made_up_path="yes" if is_same else None)
    return case.found("error-in-success", "response.status_code", "response.sniffed_type", "response.error_message")


def wrong_bytes(case: Case) -> Diagnosis | None:
    """A good status on a download route whose bytes are not the artefact: say what they are."""
    response = case.response
    if response is None or not case.is_ok or not is_download(case) or is_head(case) or case.is_page:
        return None
    cites = ("response.status_code", "response.media_type", "response.sniffed_type", "response.body_size")
    claimed, sniffed = response.media_type, response.sniffed_type
    if response.body_size == 0:
        return case.found("body-empty", *cites, claimed=claimed)
    if is_bare_list(response):
        return case.found("list-empty", *cites, outcome=Outcome.INCONCLUSIVE)
    if case.endpoint is None and sniffed in PROVING_TEXT:
        return None
    if is_tiny(response) or is_cut_short(case):
        return case.found("body-too-small", *cites, claimed=claimed, size=response.body_size, described=described_size(case))
    if sniffed in (None, "text/plain"):
        return case.found("body-unproved", *cites, confidence=Confidence.LOW, claimed=claimed)
    wanted = wanted_types(case)
    variant = "content" if is_declared(sniffed, wanted) else ""
    return case.found("body-not-artefact", *cites, variant=variant, claimed=claimed, type=sniffed, wanted=", ".join(wanted))


def no_bytes(case: Case) -> Diagnosis | None:
    """416 that names the whole size: not a byte is there (RFC 9110, 14.4)."""
    is_empty = case.status == 416 and is_download(case) and case.header("content-range").strip().endswith("*/0")
    return case.found("body-empty", "response.status_code", "response.headers.content-range") if is_empty else None


def head_answered(case: Case) -> Diagnosis | None:
    """HEAD may hint but never decides; where a made-up path or a web page gets the same, it does not even hint."""
    response = case.response
    if not is_head(case) or response is None or case.status in (407, 429) or case.status >= 500:
        return None
    if not case.is_ok:
        return case.found("head-refused", confidence=Confidence.LOW)
    for kind, other in nonsense_answers(case) or case.scan.accepted_nonsense(case.target.name):
        if is_ok(other) and other.media_type == response.media_type:
            cites = ("response.status_code", "control." + kind.value)
            variant = "id" if kind is Control.BOGUS_ID else ""
            return case.found("catch-all-gateway", *cites, variant=variant, confidence=Confidence.MEDIUM)
    if response.media_type == "text/html":
        return case.found("html-instead-of-json", "response.media_type", confidence=Confidence.MEDIUM)
    cites = ("response.status_code", "response.headers.content-length")
    return case.found("head-answered", *cites, confidence=Confidence.MEDIUM, size=case.header("content-length"))


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
    return case.found("list-empty" if is_empty else "list-answer", "response.json_paths")


def metadata(case: Case) -> Diagnosis | None:
    """A good JSON answer without any link: by design, where the vendor's API hands out ids and not URLs."""
    response = case.response
    if response is None or not case.is_ok or response.sniffed_type != "application/json":
        return None
    fact = case.fact
    ends = fact.expires_at if fact else None
    name = "expired_at" if ends and ends <= case.seen_at else "expires_at"
    values = {name: ends.strftime("%Y-%m-%d %H:%M UTC")} if ends else {}
    cites = ("response.json_paths", "response.links")
    named = dict(case.target.ids) if case.is_pasted else {}
    named |= {one.name: one.value for one in case.captures}
    kinds = {"output_file_id": "file", "result_file_id": "file", "error_file_id": "errors", "generation_id": "made"}
    file, variant = next(((named[name], kind) for name, kind in kinds.items() if name in named), (None, ""))
    return case.found(
        "metadata-without-link", *cites, variant=variant, count=len(response.json_paths), file=file or "", more=values
    )


RULES = (catch_all, proved, embedded, hidden_error, link_found, wrong_bytes, no_bytes, listing, metadata)
