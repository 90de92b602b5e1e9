"""Images, speech and the DALL-E 2 operation, which hand out links, base64 or bytes; and the storage account behind the links."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from probe.simulator.app import Answer, Call, Operation, Operations, as_json
from probe.simulator.errors import only
from probe.simulator.gates import storage_token
from probe.simulator.media import JSONL, JSONL_ERRORS, media, ranged

OPERATION_ID = "f508bcf2-e651-4b4b-85a7-58ad77981ffa"
OPERATION_IDS = {"operation_id": OPERATION_ID}
IMAGE_PATH = "/blob/private/images/8a1c8a9e-1f0e-4b4d-9d0e-6d9f3d6f2a11/generated_00.png"
SIGNATURE = "sIm9sIgNaTuRe8sIm7sIgNaTuRe6sIm5sIgNaTuRe4+/o="
BATCH_FOLDER = "/blob/batch-output/5b1f4c0e-8d2a-4f7e-9c3b-7a6d5e4f3c2b"
BLOBS: dict[str, Callable[[], tuple[bytes, str]]] = {
    IMAGE_PATH: lambda: (media("image.png"), "image/png"),
    "/blob/videos/clip.mp4": lambda: (media("clip.mp4"), "video/mp4"),
    f"{BATCH_FOLDER}/results.jsonl": lambda: (JSONL, "application/octet-stream"),
    f"{BATCH_FOLDER}/errors.jsonl": lambda: (JSONL_ERRORS, "application/octet-stream"),
}
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def sas(call: Call, *, path: str = IMAGE_PATH, hours: float = 24, rights: str = "r", signature: str = SIGNATURE) -> str:
    """Make a link with a shared access signature that this world's storage account checks; negative `hours` is an expired one."""
    expiry = datetime.fromtimestamp(call.state.started_at, UTC) + timedelta(hours=hours)
    ids = "skoid=09ba021e-c417-441c-b203-c81e5dcd7b7f&sktid=33e01921-4d64-4f8c-a055-5bdaffd5e33d&sks=b&skv=2020-10-02"
    stamp = quote(expiry.strftime(STAMP), safe="")
    return (
        f"{call.origin}{path}?se={stamp}&sig={quote(signature, safe='')}&ske={stamp}&{ids}&sp={rights}&spr=https&sr=b&sv=2020-10-02"
    )


def blob_error(status: int, code: str, message: str, detail: str = "") -> Answer:
    """Storage's error: XML and `x-ms-error-code`."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    more = f"<AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail>" if detail else ""
    body = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}\n'
        f"RequestId:d236f092-801e-007a-51e2-57e2ef000000\nTime:{now}</Message>{more}</Error>"
    )
    return Answer(status, body.encode(), "application/xml", (("x-ms-error-code", code),), "blob")


def _refused(detail: str) -> Answer:
    text = (
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the"
        " signature."
    )
    return blob_error(403, "AuthenticationFailed", text, detail)


def _blob_access(call: Call) -> Answer | None:
    """Check token, signature, time and right; a Bearer of another audience spoils even a good link."""
    if storage_token(call):
        is_right = call.header("x-ms-version")
        return None if is_right else blob_error(400, "MissingRequiredHeader", "An HTTP header that's mandatory is missing.")
    if call.header("authorization"):
        return _refused("Audience validation failed. Audience did not match.")
    signature = call.query("sig")
    if not signature:
        return blob_error(
            401, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information."
        )
    if signature != SIGNATURE:
        return _refused(f"Signature did not match. String to sign used was r\n\n{call.query('se')}")
    try:
        expiry = datetime.strptime(call.query("se"), STAMP).replace(tzinfo=UTC)
    except ValueError:
        return blob_error(
            400, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid."
        )
    now = datetime.now(UTC)
    if expiry < now:
        form = "%a, %d %b %Y %H:%M:%S GMT"
        return _refused(f"Signature not valid in the specified time frame: Expiry [{expiry:{form}}] - Current [{now:{form}}]")
    if "r" not in call.query("sp"):
        text = "This request is not authorized to perform this operation using this permission."
        return blob_error(403, "AuthorizationPermissionMismatch", text)
    return None


def storage(refusal: tuple[int, str, str] | None = None) -> Operations:
    """The storage account, on the same origin under /blob; with `refusal` it answers only that error."""

    def answer(call: Call) -> Answer:
        if refusal:
            return blob_error(*refusal)
        denied = _blob_access(call)
        if denied:
            return denied
        if call.path not in BLOBS:
            return blob_error(404, "BlobNotFound", "The specified blob does not exist.")
        return ranged(call, *BLOBS[call.path](), by="blob")

    depths = ("/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}")
    return tuple(Operation(method, f"/blob{depth}", answer) for depth in depths for method in ("GET", "HEAD"))


def operation_images(link: Callable[[Call], str] = sas) -> Operations:
    """DALL-E 2: 202 with `operation-location`, then an operation whose result holds links."""

    def submit(call: Call) -> Answer:
        where = f"{call.origin}/openai/operations/images/{OPERATION_ID}?api-version={call.version}"
        return as_json({"id": OPERATION_ID, "status": "notRunning"}, 202, (("operation-location", where), ("retry-after", "1")))

    def get(call: Call) -> Answer:
        born = call.state.started_at - 60
        value = {"created": born, "expires": born + 86_400, "id": OPERATION_ID, "status": "succeeded"}
        return as_json(value | {"result": {"created": born, "data": [{"url": link(call)}]}})

    return (
        Operation("POST", "/images/generations:submit", submit, "2023-06-01-preview"),
        Operation(
            "GET",
            "/operations/images/{operation_id}",
            only({"operation_id": (OPERATION_ID, "Operation")}, get),
            "2023-06-01-preview",
        ),
    )


def images() -> Operations:
    """Image generation: `dall-e-*` answers a link, every other model base64. Creating is the only way: no list, no GET."""

    def create(call: Call) -> Answer:
        if call.asked("model", "gpt-image-1").startswith("dall-e") and call.asked("response_format", "url") == "url":
            return as_json({"created": call.state.started_at, "data": [{"url": sas(call), "revised_prompt": "A cat."}]})
        encoded = base64.b64encode(media("image.png")).decode()
        return as_json({"created": call.state.started_at, "data": [{"b64_json": encoded}], "output_format": "png"})

    return tuple(Operation("POST", f"/images/{kind}", create) for kind in ("generations", "edits"))


def speech() -> Operations:
    """Speech: the answer of the POST is the file."""
    return (Operation("POST", "/audio/speech", lambda _: Answer(200, media("speech.mp3"), "audio/mpeg")),)
