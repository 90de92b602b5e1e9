"""Error code, type and message from every shape that services answer errors in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from probe.facts.states import meaning
from probe.frozen import Frozen, replace
from probe.sniff import speaks_of_error

_XML_PART = re.compile(
    r"<((?:[\w-]{1,20}:)?(Code|Message|AuthenticationErrorDetail|faultcode|faultstring|Text|Description)\b)[^<>]{0,200}>"
    r"([^<]{0,4000})</\1>",
    re.IGNORECASE,
)
"""What holds an error's code and words: blob storage's, S3's, SOAP's 1.1 and 1.2, and of services with XML of their own."""
_XML_ERROR = re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<Error>", re.IGNORECASE)
_XML_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


class Fault(Frozen):
    """An error as the wire said it, unredacted; `shape` is one of `Response.error_shape`."""

    code: str | None = None
    type: str | None = None
    message: str | None = None
    shape: str = ""


NONE = Fault()
_CODES = ("code", "error_code", "errorcode", "errcode", "err_code", "retcode")
_MESSAGES = (
    "message", "detail", "msg", "error_message", "errormessage", "error_msg", "errormsg", "errmsg", "err_msg", "status_msg",
    "error_description", "faultstring", "title",
)  # fmt: skip
"""How services name an error's code and its words, the usual name first; the case of the letters differs from cloud to cloud."""
_REASONS = ("failure", "fail_reason", "failure_reason", "errorMessage", "error_message", "message", "msg", "reason")
_PRODUCTS = ("result", "output", "data", "response")
_SOFT_CODES = ("code", "errorcode", "errcode")
_SAID = re.compile(r"(?i)msg|mess|mens|reason|fail|err\w*te?xt")
_OF_CUSTOMER = re.compile(
    r"(?i)prompt|input|text|content|query|instruction|request|payload|param|argument|caption|script|lyric|body|value|description"
)
"""Names of members that repeat what the customer sent: no prompt may reach a report."""


def fault_in_json(value: Any, status_code: int) -> Fault:
    """Read an error out of a JSON body.

    A wrapper `{"error": ...}` counts whatever the status says: soft errors come with 200, failed jobs too. The flat shapes count
    only from 400 up or beside `"success": false`, since `code` and `message` may mean anything elsewhere.
    """
    if isinstance(value, list) and len(value) == 1 and status_code >= 400:
        value = value[0]  # Google's APIs put the one error into a list
    if isinstance(value, str) and status_code >= 400 and len(value) <= 500:
        return Fault(message=value, shape="flat")
    if not isinstance(value, dict):
        return NONE
    found = _in_object(value, status_code)
    if found.message is None and found.type is None and status_code >= 400 and (said := _sentence(value)):
        return replace(found, message=said, shape=found.shape or "flat")
    return found


def _in_object(value: dict[str, Any], status_code: int) -> Fault:
    wrapped = value.get("error")
    if isinstance(wrapped, list) and len(wrapped) == 1 and status_code >= 400:
        wrapped = wrapped[0]
    if isinstance(wrapped, dict):
        return _from_members(wrapped, "azure")
    if isinstance(wrapped, str) and wrapped:
        # OAuth (RFC 6749, 5.2) and many small services: the word in `error`, the sentence beside it
        return Fault(wrapped, None, _text(value.get("error_description")) or _text(value.get("message")) or wrapped, "flat")
    if _text(value.get("status")) in ("failed", "Failed") and isinstance(listed := value.get("errors"), dict):
        # OpenAI's OpenAPI, schema Batch: what was wrong with the input, a line each
        lines = listed.get("data")
        return next(
            (_from_members(one, "azure") for one in (lines if isinstance(lines, list) else ()) if isinstance(one, dict)), NONE
        )
    if status_code < 400 and value.get("success") is not False and not _is_soft(value):
        state = meaning(_text(value.get("status")) or _text(value.get("state")) or "")
        inside = (one.get("error") for name in _PRODUCTS if isinstance(one := value.get(name), dict))
        if state == "ready" and (wrong := next(filter(None, inside), None)):
            return _in_object({"error": wrong}, status_code)  # what the job brought forth is its error
        reason = next(filter(None, (_text(value.get(name)) for name in _REASONS)), None)
        has_failed = state == "failed"
        if has_failed and isinstance(last := value.get("last_error"), dict):
            return _from_members(last, "azure")
        return Fault(_text(value.get("failureCode")), None, reason, "flat") if has_failed and reason else NONE
    if "statusCode" in value and "message" in value:
        return Fault(_text(value["statusCode"]), None, _text(value["message"]), "apim")
    if "detail" in value:
        said, title = _detail(value["detail"]), _text(value.get("title"))
        return Fault(None, _text(value.get("type")), f"{title}: {said}" if title and said else said or title, "fastapi")
    return _from_members(_wrapped(value), "flat")


def _sentence(value: Any) -> str | None:
    """The longest text of several words in an error whose keys are a service's own, such as `{"mensaje": ...}`."""
    return max((text for text in _texts(value, 3) if not text.isascii() or " " in text), key=len, default=None)


def _texts(value: Any, depth: int, *, is_said: bool = False) -> Iterator[str]:
    if isinstance(value, str) and len(value) <= 500:
        yield value
    elif isinstance(value, dict) and depth:
        for name, one in list(value.items())[:20]:
            said = is_said or _SAID.search(name) is not None
            if said or not _OF_CUSTOMER.search(name):
                yield from _texts(one, depth - 1, is_said=said)


def _is_soft(value: dict[str, Any]) -> bool:
    """Whether an object under a good status is an error: GraphQL's, Baidu's, or one with an HTTP status as its code."""
    if isinstance(listed := value.get("errors"), list) and listed and "data" in value and value["data"] is None:
        return True  # GraphQL
    if "code" not in value and speaks_of_error({name.lower() for name in value}):
        return True  # nothing but words, as of a service under maintenance
    if _enveloped(value) is not None:
        return True
    named = {name.lower().replace("_", ""): member for name, member in value.items()}
    code = next((named[name] for name in _SOFT_CODES if name in named), None)
    if not isinstance(code, int) or isinstance(code, bool):
        return False
    is_named = ("errorcode" in named and "errormsg" in named) or ("errcode" in named and "errmsg" in named)
    return (is_named and code != 0) or (400 <= code < 600 and value.get("data") is None)


def _wrapped(value: dict[str, Any]) -> dict[str, Any]:
    """The members of an error in whatever its service wraps it."""
    if (inside := _enveloped(value)) is not None:
        return inside
    listed = value.get("errors")
    if isinstance(listed, list) and listed and isinstance(listed[0], dict | str):
        return listed[0] if isinstance(listed[0], dict) else value | {"message": value.get("message") or listed[0]}
    return value


def _enveloped(value: dict[str, Any]) -> dict[str, Any] | None:
    """The error in `ResponseMetadata.Error`, `Response.Error`, Apigee's `fault`, MiniMax's `base_resp`; None without."""
    for name in ("ResponseMetadata", "Response"):
        if isinstance(inside := value.get(name), dict) and isinstance(error := inside.get("Error"), dict):
            return error
    if isinstance(fault := value.get("fault"), dict):
        detail = fault.get("detail")
        return fault | {"code": detail.get("errorcode"), "detail": None} if isinstance(detail, dict) else fault
    base = value.get("base_resp")
    return base | {"code": base["status_code"]} if isinstance(base, dict) and base.get("status_code") else None


def fault_in_xml(content: bytes, status_code: int) -> Fault:
    """Read `<Error><Code>..<Message>..` and its like by pattern, within the first 16 KiB: no parser, so no entity can explode.

    Under a good status only a document that begins so counts: a soft error and no artefact that has such an element inside.
    """
    text = content[:16384].decode("utf-8", "replace").lstrip("\ufeff")
    if status_code < 400 and not _XML_ERROR.match(text):
        return NONE
    parts = {name.lower(): _unescaped(value) for _tag, name, value in _XML_PART.findall(text)}
    said = (
        "message",
        "authenticationerrordetail",
        *(() if "message" in parts else ("faultstring", "text", "description")),
    )
    message = "\n".join(parts[name] for name in said if parts.get(name))
    code = parts.get("code") or parts.get("faultcode")
    return Fault(code, None, message or None, "xml") if code or message else NONE


def _from_members(members: dict[str, Any], shape: str) -> Fault:
    named = {name.lower(): member for name, member in members.items() if isinstance(name, str)}
    inner = named.get("innererror") or named.get("inner_error")
    code = next(filter(None, (_text(named.get(name)) for name in _CODES)), None)
    message = next(filter(None, (_text(named.get(name)) for name in _MESSAGES)), None)
    if isinstance(inner, dict):
        inner_code = _text(inner.get("code"))
        if inner_code and inner_code != code:
            code = f"{code}/{inner_code}" if code else inner_code
        message = message or _text(inner.get("message"))
    if code is None and message is None:
        return NONE if shape == "flat" else Fault(None, _text(named.get("type")), None, shape)
    return Fault(code, _text(named.get("type")), message, shape)


def _detail(detail: Any) -> str | None:
    """FastAPI's `detail`: a sentence, or a list of `{"loc": [...], "msg": ...}`; never the `input` that it echoes."""
    if isinstance(detail, dict):
        return next(filter(None, (_text(detail.get(name)) for name in ("message", "msg", "error"))), None)
    if not isinstance(detail, list):
        return _text(detail)
    lines = []
    for one in detail[:10]:
        if isinstance(one, dict):
            where = (
                ".".join(str(step) for step in one.get("loc", ()) if isinstance(step, (str, int)))
                if isinstance(one.get("loc"), list)
                else ""
            )
            lines.append(f"{where}: {_text(one.get('msg')) or ''}" if where else _text(one.get("msg")) or "")
    return "; ".join(line for line in lines if line) or None


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    return str(value) if isinstance(value, (str, int)) and value != "" else None


def _unescaped(text: str) -> str:
    for entity, plain in _XML_ENTITIES.items():
        text = text.replace(entity, plain)
    return text.strip()
