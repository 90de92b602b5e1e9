"""JSON bodies: the error in one, or the ids and states of a success."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from probe.frozen import Frozen, members
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.names import NO_PRODUCT, RESULTS, id_names, words
from probe.intake.urls import by_prefix, has_id_form, holes_in
from probe.intake.values import Found
from probe.model import Pairs

_MOST = 20_000
_STATUS = re.compile(r"[1-5]\d\d")
_SAID_STATUS = re.compile(r"(?:bad response )?status code:? ([1-5]\d\d)\b")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.=+-]{3,511}")


_STATES = frozenset((
    "queued", "running", "in_progress", "succeeded", "completed", "failed", "processing", "preprocessing", "cancelled",
    "expired", "processed", "validating", "finalizing", "uploaded",
))  # fmt: skip
"""States of OpenAI's and Azure's own objects; words such as `success` also stand in what is no object of an API."""


class Error(Frozen):
    """An error as a body words it, under the names of a fragment's fields."""

    error_code: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    status_code: int | None = None


def error_of(value: Any) -> Error | None:
    """Read an error from any of the wire's shapes: wrapped, flat, APIM's, FastAPI's `detail`, a list of one, OAuth's pair."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict) or _is_envelope(value):
        return None
    wrapped = value.get("error")
    if isinstance(wrapped, dict) and ({"message", "code", "type", "status"} & wrapped.keys()):
        return _members(wrapped, value)
    if isinstance(wrapped, str) and wrapped:
        words_ = _text(value.get("error_description")) or _text(value.get("message")) or wrapped
        code = _text(value.get("code")) or (None if words_ == wrapped and " " in wrapped else wrapped)
        return Error(code, None, words_, _status(value))
    if "statusCode" in value and ("message" in value or "error" in value):
        return Error(_text(value.get("code")), None, _text(value.get("message")), _status(value))
    if "detail" in value and set(value) <= {"detail", "title", "type", "status", "code", "instance", "message"}:
        return Error(_text(value.get("code")), None, _detail(value["detail"]), _status(value))
    if "errorMessage" in value:
        details = value.get("errorDetails")
        inner = details if isinstance(details, dict) else value
        said = _text(value.get("errorDescription")) or _text(value.get("errorMessage"))
        return Error(None, None, said, _status(inner))
    is_flat = "message" in value and ("code" in value or "type" in value or "error_code" in value) and "id" not in value
    if not is_flat and value.get("success") is False and "message" in value:
        named = _SAID_STATUS.match(str(value["message"]))
        said = str(value["message"])[named.end() :].lstrip(": ") if named else ""
        return Error(None, None, said or _text(value["message"]), int(named[1]) if named else _status(value))
    return _members(value, value) if is_flat else None


def _is_envelope(value: dict[str, Any]) -> bool:
    """Whether an object is the wrapping of a success, as Kling and new-api put it around a task: code 0 and the data."""
    said = str(value.get("message", value.get("msg", ""))).lower().rstrip("!.")
    return isinstance(value.get("data"), (dict, list)) and (str(value.get("code")) in ("0", "200", "success") or said == "success")


def _members(one: dict[str, Any], outer: dict[str, Any]) -> Error:
    code = _text(one.get("code"))
    inner = one.get("innererror") or one.get("inner_error")
    message = (
        _text(one.get("message")) or _text(one.get("detail")) or (_text(inner.get("message")) if isinstance(inner, dict) else None)
    )
    status = _status(one) or _status(outer) or (int(code) if code and re.fullmatch(r"[45]\d\d", code) else None)
    return Error(code, _text(one.get("type")), message, status)


def read(found: Found, knowledge: Knowledge) -> Fragment | None:
    """Read a body that stands in a paste: an error, or an object with an id or a state; None for any other JSON."""
    error = error_of(found.value)
    if found.language == "loose" and error is None:
        return None
    ids = ids_in(found.value, knowledge)
    is_resource = isinstance(found.value, dict) and {"id", "object", "status"} <= found.value.keys()
    if error is not None and (error.error_code or error.error_message) and not is_resource:
        kind, end = ("object", found.start) if found.language == "loose" else ("json", found.end)
        body = None if isinstance(found.value, dict) and found.value.get("success") is False else text_of(found.value)
        return Fragment(kind, found.start, end, body=body, ids=ids, answers=True, **members(error))
    if not _is_answer(found.value):
        return None
    kind = "python" if found.language == "repr" else "json"
    return Fragment(kind, found.start, found.end, body=text_of(found.value), ids=ids, answers=True)


def _is_answer(value: Any) -> bool:
    """Whether an object is what an API returned and not a request's body or a configuration."""
    if isinstance(value, list):
        return bool(value) and _is_answer(value[0])
    if not isinstance(value, dict) or ({"prompt", "messages", "input"} & value.keys() and "id" not in value):
        return False
    has_id = isinstance(value.get("id"), str) and not value["id"].startswith("/")  # Azure's management names resources so
    has_kind = isinstance(value.get("object"), str) or str(value.get("status", "")).lower() in _STATES
    if _is_envelope(value):
        return True
    inner = value.get("data") or value.get("generations")
    is_list = isinstance(inner, list) and bool(inner) and isinstance(inner[0], dict)
    return (has_id and (has_kind or len(value) > 2)) or (has_kind and len(value) > 1) or is_list


def ids_in(value: Any, knowledge: Knowledge) -> Pairs:
    """Collect ids of a body: by the key where the catalogue knows it, else by the value's prefix; the first of each name counts."""
    names = id_names(knowledge.ids)
    found: dict[str, str] = {}
    for key, text in _strings(value):
        plain = words(key)
        if plain in NO_PRODUCT or key == "operation_Id" or not _VALUE.fullmatch(text) or holes_in(text):
            continue
        prefixed = by_prefix(text, knowledge) if has_id_form(text) or plain in ("id", *names) else ()
        named = names.get(plain)
        is_named = named and (not prefixed or named in RESULTS) and any(c.isdigit() for c in text)
        for name in (named,) if named and is_named else prefixed:
            found.setdefault(name, text)
    return tuple(found.items())


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    stack: list[tuple[str, Any]] = [("", value)]
    budget = _MOST
    while stack and budget:
        budget -= 1
        key, one = stack.pop()
        if isinstance(one, str):
            yield key, one
        elif isinstance(one, dict):
            stack.extend((str(name), inner) for name, inner in reversed(one.items()))
        elif isinstance(one, list):
            stack.extend((key, inner) for inner in reversed(one))


def text_of(value: Any) -> str | None:
    """Write a value as the JSON it was on the wire."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)[: 256 * 1024]
    except (ValueError, TypeError, RecursionError):
        return None


def _status(value: dict[str, Any]) -> int | None:
    for name in ("status", "statusCode", "status_code", "http_status", "httpCode"):
        text = str(value.get(name, ""))
        if _STATUS.fullmatch(text) and not isinstance(value.get(name), bool):
            return int(text)
    return None


def _detail(detail: Any) -> str | None:
    if isinstance(detail, dict):
        return _text(detail.get("message")) or _text(detail.get("msg"))
    if isinstance(detail, list):
        parts = [str(one.get("msg")) for one in detail[:10] if isinstance(one, dict) and one.get("msg")]
        return "; ".join(parts) or None
    return _text(detail)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None
