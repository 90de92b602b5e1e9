"""Proof: what the bytes of an answer must be, so that it may be called the artefact; names and claims prove nothing."""

from __future__ import annotations

from probe.facts.links import FARTHEST, rank
from probe.model import Control, JsonValue, Purpose, Response, Role
from probe.sniff import speaks_of_error
from probe.verdict.answered import is_download, is_head
from probe.verdict.case import Case
from probe.verdict.compare import is_ok, is_telling, same_answer, same_kind

NONSENSE = (Control.BOGUS_ID, Control.BOGUS_ROUTE)
PROVING_TEXT = frozenset({"application/json", "application/jsonl", "text/csv", "application/xml"})
"""Text formats whose structure the sniffer checks; plain text and HTML prove nothing."""
SMALLEST = {"video": 256, "audio": 128, "image": 32, "application": 16, "text": 16}
"""Fewer bytes than this cannot be an artefact of that type: a six-byte body has been seen under `200 video/mp4`."""
_SAME_TYPE = {
    "image/jpg": "image/jpeg",
    "audio/x-wav": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "application/x-gzip": "application/gzip",
}


def wanted_types(case: Case) -> tuple[str, ...]:
    """The media types that prove the artefact: the endpoint's own, else the kind's; any for an unknown URL."""
    declared = case.endpoint.expect.media_types if case.endpoint and case.probe.purpose is not Purpose.LINK else ()
    return declared or (case.artefact.media_types if case.artefact else ("*/*",))


_LINE_OF_A_BATCH = frozenset({"$.custom_id", "$.response"})
"""What every line of a batch's output and error file has (OpenAI's OpenAPI, schema BatchRequestOutput)."""


def is_by_product(case: Case) -> bool:
    """Whether this delivers something beside the artefact, such as a thumbnail.

    Of an endpoint its own media types are not the kind's; of a link its key says so, and the same answer names a nearer one.
    """
    if case.probe.purpose is Purpose.LINK:
        origin, at = case.scan.origin_of(case)
        ranks = [rank(one) for one in origin.response.links] if origin.response else []
        return at < len(ranks) and ranks[at] == FARTHEST and any(near is not None and near < FARTHEST for near in ranks)
    declared = case.endpoint.expect.media_types if case.endpoint else ()
    kind = case.artefact.media_types if case.artefact else ()
    return bool(declared and kind) and not any(is_declared(one, kind) for one in declared)


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
    if sniffed is None or sniffed in ("text/plain", "text/html") or not is_declared(sniffed, wanted_types(case)):
        return False
    if sniffed in PROVING_TEXT and (
        case.artefact is None
        or case.probe.role is Role.CREATE
        or is_error_shaped(response)
        or _is_empty(response)
        or _is_about_itself(case)
        or _is_no_record(case, response)
    ):
        return False
    return not is_tiny(response) and not is_cut_short(case)


def is_declared(sniffed: str, declared: tuple[str, ...]) -> bool:
    """Whether a sniffed type is among the declared ones, which may hold wildcards and common misspellings (`image/jpg`).

    A video is one in any container, and so is a sound; of pictures only those named count, for placeholders are pictures.
    """
    names = {_SAME_TYPE.get(one, one) for one in declared}
    sort = sniffed.split("/", maxsplit=1)[0]
    if sort in ("video", "audio") and any(one.startswith(sort + "/") for one in names):
        return True
    return bool(names & {sniffed, "*/*", "application/octet-stream", sort + "/*"})


def is_document(case: Case) -> bool:
    """Whether the bytes are a document such as every API answers with, and the artefact is not declared to be one."""
    sniffed = case.response.sniffed_type if case.response else None
    return sniffed in ("application/json", "application/xml") and sniffed not in wanted_types(case)


def is_tiny(response: Response) -> bool:
    """Whether the body, as read or as claimed, is too small for an artefact of its sort."""
    least = SMALLEST.get((response.sniffed_type or "").split("/")[0], 16)
    return response.body_size < least or (response.total_size is not None and response.total_size < least)


_GOOD_CODES = frozenset({"0", "200", "ok", "success"})
"""How an envelope says that all went well, whatever it then lacks: `{"code": 0, "msg": "success", "data": null}`."""


def is_error_shaped(response: Response) -> bool:
    """Whether a JSON body is an error or a mere status, whatever the status code says; a key whose value is null says nothing."""
    if {path.path for path in response.json_paths} >= _LINE_OF_A_BATCH:
        return False  # one line of a batch's error file: the error in it is the content
    if response.error_code or response.error_message:
        return True
    if any(value.path == "$.code" and value.value.lower() in _GOOD_CODES for value in response.values):
        return False
    filled = [path.path[2:] for path in response.json_paths if path.path.startswith("$.") and path.type != "null"]
    keys = {path.partition(".")[0].partition("[")[0].lower() for path in filled}
    return speaks_of_error(keys)


def _is_about_itself(case: Case) -> bool:
    """Whether a JSON body is the object's description (it has the id that was asked for) and not its content.

    So is any object or list of the API itself, which names its sort in `object`. Of an artefact that is JSON by declaration the
    content may hold the id, so there only the body's own `id` tells.
    """
    if case.response is None or case.response.sniffed_type != "application/json":
        return False
    is_json = "application/json" in wanted_types(case)
    keys = {path.path for path in case.response.json_paths if path.type == "string"}
    if not is_json and "$.object" in keys and ("$.id" in keys or any(path.path == "$.data" for path in case.response.json_paths)):
        return True
    return any(
        value.value in case.ids and (value.path == "$.id" or (not is_json and value.path.endswith("id")))
        for value in case.response.values
    )


def _is_empty(response: Response) -> bool:
    """Whether a JSON body holds nothing at all: `[]`, keys whose values are all null, or a list of the API without an item."""
    paths = response.json_paths
    is_null = all(path.type == "null" or (path.path == "$" and len(paths) == 1) for path in paths)
    return bool(paths) and (is_null or is_bare_list(response))


def is_bare_list(response: Response) -> bool:
    """Whether a JSON body is a list with nothing in it, as APIs give it: `{"object": "list", "data": []}`, `{"items": []}`."""
    told = [one for one in response.json_paths if one.path != "$.object"]
    has_list = any("array" in one.type.split("|") for one in told)
    return has_list and not any(one.type == "string" or "[" in one.path for one in told)


def _is_no_record(case: Case, response: Response) -> bool:
    """Whether one JSON object stands where another thing is wanted: JSON lines, a list with items, or a file of another size.

    A batch names each of its lines by `custom_id`; of a line that was cut no keys are known.
    """
    if response.sniffed_type not in ("application/json", "application/jsonl"):
        return False
    keys, is_one = {path.path for path in response.json_paths}, response.sniffed_type == "application/json"
    if is_one and wanted_types(case) == ("application/json",):  # a kind that is read by the API as lists
        return bool(keys) and not any("[" in key for key in keys)
    sizes = _sizes(case)
    if is_one and sizes and sizes[0] != sizes[1]:
        return True
    is_of_batch = any(one.path == "$.purpose" and one.value.startswith("batch") for one in description(case))
    return (is_of_batch or "application/jsonl" in wanted_types(case)) and bool(keys) and "$.custom_id" not in keys


def is_cut_short(case: Case) -> bool:
    """Whether the file has not half the bytes that the target's own description of it names."""
    sizes = _sizes(case)
    return sizes is not None and sizes[0] * 2 < sizes[1]


def _sizes(case: Case) -> tuple[int, int] | None:
    """The whole size of a file as it came, and as the target describes it; None where one of them is not known."""
    response = case.response
    named = described_size(case)
    if response is None or not named or case.header("content-encoding"):
        return None
    size = response.total_size or (None if response.body_is_truncated else response.body_size)
    return None if size is None else (size, int(named))


def described_size(case: Case) -> str | None:
    """How many bytes a file has, as the target describes it."""
    return next((one.value for one in description(case) if one.path == "$.bytes" and one.value.isdigit()), None)


def description(case: Case) -> tuple[JsonValue, ...]:
    """What this target says of the file itself, where it was asked for that."""
    about = case.scan.about(case.target.name, case.ids[-1]) if case.ids else ()
    return next((one.response.values for one in about if one is not case and one.is_ok and one.response), ())


def is_unanswered(case: Case) -> bool:
    """Whether a bogus id was to be asked for here, and the answer, if any, told nothing."""
    return case.probe.purpose is not Purpose.LINK and case.control_key(Control.BOGUS_ID) in case.scan.in_vain


def nonsense_answers(case: Case) -> tuple[tuple[Control, Response], ...]:
    """What this probe's own nonsense requests were answered."""
    return tuple((kind, other) for kind in NONSENSE if (other := case.control(kind)) is not None)


def is_given_to_nonsense(case: Case) -> bool:
    """Whether nonsense got the same sort of good answer as this probe."""
    return any(is_same_nonsense(case, other) for _kind, other in nonsense_answers(case))


def checks(case: Case) -> tuple[Control, ...]:
    """Name the nonsense requests whose answers speak for a proof; a nonsense path does not stand in for an unanswered bogus id."""
    if is_unanswered(case):
        return ()
    return tuple(kind for kind, other in nonsense_answers(case) if is_telling(other))


def leads_anybody_on(case: Case) -> bool:
    """Whether a made-up id got the very link that led to this case: then the link says nothing about the id."""
    origin, at = case.scan.origin_of(case)
    bogus = origin.control(Control.BOGUS_ID)
    if case.probe.purpose is not Purpose.LINK or bogus is None or bogus.status_code >= 400 or origin.response is None:
        return False
    return origin.response.links[at].found_in in {link.found_in for link in bogus.links}


def is_same_nonsense(case: Case, other: Response) -> bool:
    """Whether a nonsense request got the same sort of good answer as this probe."""
    if case.response is None or not is_ok(other):
        return False
    if is_download(case):
        return same_kind(case.response, other) and is_error_shaped(case.response) == is_error_shaped(other)
    return same_answer(case.response, other)


def is_binary(sniffed: str) -> bool:
    """Whether a type is known by its signature and not by the structure of a text."""
    return not sniffed.startswith("text/") and sniffed not in PROVING_TEXT
