"""Compare answers: what two answers have in common once ids, paths, numbers and times are folded out."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.model import Response

_LONGEST = 2000
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": "'", "”": "'", '"': "'"})
_FOLDS = (
    (re.compile(r"https?://[^\s'<>]+"), "<url>"),
    (re.compile(r"(?<![\w.])/[^\s'<>,;]*"), "<path>"),
    (re.compile(r"'[^']*'"), "<quoted>"),
    (re.compile(r"\b(?=[\w-]*\d)[\w-]{8,}\b"), "<id>"),
    (re.compile(r"\d+"), "<n>"),
)
_ROUTE_WORDS = (
    r"invalid url \(|unknown_url|unknown request url|no_path_matched|route .*not resolved"
    r"|^cannot (get|head|post) /|\bcannot (get|head|post) /\S*$|no static resource|no handler found for"
    r"|no route (matched|found|for)|route .{0,80}not found|no such (route|endpoint|path)"
    r"|unknown (route|endpoint|path)|path not found|endpoint .{0,80}not found|no matching (route|operation)|unexpected endpoint"
)


_PATH_WORDS = r"invalid url \((get|head|post) |^cannot (get|head|post) /|no route matched|unknown request url: "
"""Errors that a gateway may forward from its backend, whatever it returns for made-up requests itself."""


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower case, plain quotes, single spaces, and no more than a rule needs to search."""
    return " ".join(text[:_LONGEST].translate(_QUOTES).lower().split())


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=8192)
def mentions(pattern: str, text: str) -> bool:
    """Whether a folded text matches a pattern: the answers of a server repeat few texts, and a hundred rules ask about each."""
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """An error text without what differs from request to request."""
    text = fold(text)
    for pattern, word in _FOLDS:
        text = pattern.sub(word, text)
    return text


def is_ok(response: Response | None) -> bool:
    """Whether there is a 2xx answer."""
    return response is not None and 200 <= response.status_code < 300


def is_telling(response: Response | None) -> bool:
    """Whether an answer is about the request: one that was throttled or came from a broken server says nothing of it."""
    return response is not None and response.status_code not in (408, 429) and response.status_code < 500


def same_answer(one: Response, other: Response) -> bool:
    """Whether two answers say the same thing: status, error code, shape and words, or page and form where there are no words.

    Request ids, times, paths and ids are folded out, so that two made-up paths get the same answer.
    """
    if one.status_code != other.status_code or one.error_shape != other.error_shape:
        return False
    if one.body_sha256 and one.body_sha256 == other.body_sha256:
        return True
    if one.error_message or other.error_message or one.error_code or other.error_code:
        return _error(one) == _error(other)
    if one.sniffed_type != other.sniffed_type or _title(one) != _title(other):
        return False
    if one.json_paths or other.json_paths:
        return {(path.path, path.type) for path in one.json_paths} == {(path.path, path.type) for path in other.json_paths}
    return bool(_title(one)) or abs(one.body_size - other.body_size) <= max(128, one.body_size // 10)


def same_kind(one: Response, other: Response) -> bool:
    """Whether two good answers deliver the same sort of bytes, as a catch-all server does for real and nonsense requests."""
    if not (is_ok(one) and is_ok(other)):
        return False
    return bool(one.body_sha256 and one.body_sha256 == other.body_sha256) or one.sniffed_type == other.sniffed_type


def _error(response: Response) -> tuple[str, str, str]:
    return (skeleton(response.error_code or ""), skeleton(response.error_type or ""), skeleton(response.error_message or ""))


def _title(response: Response) -> str:
    return skeleton(response.title or "")


def names_path(response: Response) -> bool:
    """Whether a router's words hold method or path, as no answer about a thing does: `Invalid URL (GET /v1/videos)`."""
    return mentions(_PATH_WORDS, fold(response.error_message or ""))


def says_route_unknown(response: Response) -> bool:
    """Whether the words are a router's for an unknown operation; each vendor has its own."""
    parts = (response.error_code, response.error_type, response.error_message)
    return _is_route_text(" ".join(part for part in parts if part)) or _is_azure_route_text(
        response.error_code or "", response.error_message or ""
    )


@lru_cache(maxsize=4096)
def _is_route_text(text: str) -> bool:
    return mentions(_ROUTE_WORDS, fold(text))


@lru_cache(maxsize=4096)
def _is_azure_route_text(code: str, message: str) -> bool:
    """Azure's gateway: code "404" (also as a number or a word) and exactly "Resource not found"."""
    return (
        fold(code) in ("404", "notfound", "not_found", "resourcenotfound") and fold(message).rstrip(".! ") == "resource not found"
    )
