"""The error inside an error: what a gateway wrapped when it passed on the answer of the service behind it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from probe.frozen import Frozen, replace
from probe.model import Response

_MOST_LAYERS = 6
_LITELLM = {
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "RateLimitError": 429,
    "Timeout": 504,
    "ServiceUnavailableError": 503,
    "BadGatewayError": 502,
    "InternalServerError": 500,
    "APIConnectionError": None,
    "APIError": None,
    "BadRequestError": 400,
    "ContentPolicyViolationError": 400,
    "UnprocessableEntityError": 422,
    "UnsupportedParamsError": 400,
}
"""Exception classes of LiteLLM by the status of the service behind it (PyPI litellm, exceptions.py)."""
_LAYERS = (
    re.compile(r"\A(?:Exception|Error|An error occurred)?:?\s*litellm\.(?:exceptions\.)?(?P<class>[A-Z]\w+)\s*[:,]\s*"),
    re.compile(r"\A(?P<class>[A-Z]\w+Error):\s*(?=\w+(?:Exception|Error)\s+-\s|litellm\.|Error code:)"),
    re.compile(r"\A[A-Z]\w*Exception\s*(?:[A-Z]\w+Error)?\s*-\s*"),
    re.compile(r"\A(?:\w+Error:\s*)?Error code:\s*(?P<status>[1-5]\d\d)\b(?:\s*-\s*)?"),
    re.compile(
        r"\A(?:(?:the )?(?:upstream|backend|provider|channel|origin)s?(?: (?:api|service|server|response|request))?"
        r"\s*(?:error|failed|(?:has |have )?(?:returned|responded|answered|rejected)|status)?|bad response)"
        r"[^\w{]{0,3}(?:with |an? )?(?:http )?(?:status|error)?(?:[ _]?code)?[^\w{]{0,3}(?P<status>[45]\d\d)\b[\s:,.\-(]*",
        re.IGNORECASE,
    ),
    re.compile(
        r"\A(?:received|got) (?:http )?(?:status )?(?:code )?(?P<status>[45]\d\d) from [\w. -]{1,60}[:\-]\s*", re.IGNORECASE
    ),
)
"""What wraps: each may stand in front of the others. `Error code: 404 - {...}` is how Python's openai prints an answer."""
_QUOTED = r"""(?:"((?:[^"\\]|\\.){1,400})"?|'((?:[^'\\]|\\.){1,400})'?)"""
_STATUS = re.compile(r"""['"](?:status|status_code|statusCode|code)['"]\s*:\s*['"]?([45]\d\d)\b""")
_REQUEST_ID = re.compile(r"[(（]request.?id:? ?[\w-]{1,100}[)）]$", re.IGNORECASE)
_TAILS = ("Received Model Group=", "\nAvailable Model Group Fallbacks=", "LiteLLM Retried:")
"""What LiteLLM writes behind the text of an error."""


class Inner(Frozen):
    """What the service behind said, as far as the gateway passes it on; `status` is None where nothing tells it."""

    status: int | None = None
    code: str | None = None
    type: str | None = None
    message: str = ""


def inner_error(response: Response | None) -> Inner | None:
    """Unwrap the error of a gateway down to what the service behind it said; None where nothing is wrapped.

    Known wrappers: LiteLLM's exceptions, `Error code: 404 - {...}` (a Python repr, also cut short), JSON text inside a message,
    and "upstream returned 404: ..." in its many forms. The literal "None", which Python gateways print, is nothing.
    """
    return None if response is None or response.status_code < 400 else unwrapped(response.error_message or "")


def unwrapped(message: str) -> Inner | None:
    """Unwrap the words of an error; None where nothing is wrapped."""
    said, is_wrapped = Inner(None, None, None, message), False
    for _layer in range(_MOST_LAYERS):
        opened = _opened(said)
        if opened is None:
            break
        said, is_wrapped = opened, True
    return _plain(said) if is_wrapped else None


def plain_word(text: str | None) -> str | None:
    """A code, type or parameter as it was meant: `None`, `null` and `undefined` in quotes are nothing."""
    return None if text is None or text.strip().lower() in ("", "none", "null", "undefined", "nil") else text


def _plain(said: Inner) -> Inner:
    message = _REQUEST_ID.sub("", said.message.strip()).rstrip()
    code = plain_word(said.code)
    status = said.status
    if status is None and code and re.fullmatch(r"[45]\d\d", code):
        status = int(code)
    return replace(said, status=status, code=code, type=plain_word(said.type), message=message)


def _opened(said: Inner) -> Inner | None:
    """Take one layer off; None where there is none."""
    cut = min((at for tail in _TAILS if (at := said.message.find(tail)) >= 0), default=len(said.message))
    text = said.message[:cut].strip().removesuffix(".") if cut < len(said.message) else said.message.strip()
    for layer in _LAYERS:
        found = layer.match(text)
        if found and found.end():
            return replace(said, status=_status(found, text) or said.status, message=text[found.end() :])
    start = text.find("{")
    if start >= 0 and (start == 0 or _is_wrapping(text[:start])):
        return _from_document(text[start:], said)
    return None


def _status(found: re.Match[str], text: str) -> int | None:
    named = found.groupdict()
    if named.get("status"):
        return int(named["status"])
    rest = _STATUS.search(text, found.end())
    return int(rest[1]) if rest else _LITELLM.get(named.get("class") or "")


def _is_wrapping(lead: str) -> bool:
    """Whether the words before a brace lead to a quoted answer and do not belong to a sentence that merely contains a brace."""
    return re.search(r"(?:error|failed|response|body|status|upstream|returned|[45]\d\d)\W*$", lead, re.IGNORECASE) is not None


def _from_document(text: str, said: Inner) -> Inner | None:
    """Read an error out of a JSON text or a Python repr; of one that was cut short, by its keys."""
    value = _parsed(text)
    if isinstance(value, dict):
        members = next(_errors(value), None)
        if members is None:
            return None
        return _from_members(members, said, value)
    fields = {key: _member(text, key) for key in ("message", "detail", "msg", "error", "code", "type")}
    message = fields["message"] or fields["detail"] or fields["msg"] or fields["error"]
    if not message:
        return None
    status = _STATUS.search(text)
    return Inner(int(status[1]) if status else said.status, fields["code"] or said.code, fields["type"] or said.type, message)


def _parsed(text: str) -> Any:
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None


def _errors(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The error's members, wherever the services put them."""
    inside = value.get("error")
    if isinstance(inside, dict):
        yield inside
    elif isinstance(inside, str) and inside:
        yield {"message": value.get("message") or inside, "code": inside if " " not in inside else None}
    detail = value.get("detail")
    if isinstance(detail, dict):
        yield from _errors(detail)
        yield detail
    elif isinstance(detail, str):
        yield {"message": detail}
    if isinstance(value.get("message"), str) or isinstance(value.get("msg"), str):
        yield {**value, "message": value.get("message") or value.get("msg")}


def _from_members(members: dict[str, Any], said: Inner, whole: dict[str, Any]) -> Inner:
    status = next((int(one) for one in _numbers(members, whole)), None)
    code, kind = members.get("code"), members.get("type")
    return Inner(
        status or said.status,
        str(code) if code not in (None, "") else said.code,
        str(kind) if kind not in (None, "") else said.type,
        str(members.get("message") or members.get("detail") or ""),
    )


def _numbers(members: dict[str, Any], whole: dict[str, Any]) -> Iterator[str]:
    for one in (members, whole):
        for key in ("status", "status_code", "statusCode", "code"):
            if re.fullmatch(r"[45]\d\d", str(one.get(key, ""))):
                yield str(one[key])


def _member(text: str, key: str) -> str | None:
    found = re.search(rf"""['"]{key}['"]\s*:\s*{_QUOTED}""", text)
    return re.sub(r"\\(['\"])", r"\1", found[1] or found[2]) if found else None
