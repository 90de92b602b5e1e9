"""URLs that an answer names, wherever they hide, and artefacts that a JSON body carries in base64."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from probe.facts.headers import first_values
from probe.jsonpath import parse
from probe.model import Pairs
from probe.sniff import sniff

_HEADERS = frozenset({"location", "content-location", "operation-location", "azure-asyncoperation"})
_NAMING = _HEADERS | {"link"}
_LINK_HEADER = re.compile(r'<([^<>]{1,4000})>((?:\s*;\s*[A-Za-z*]+\s*=\s*(?:"[^"]*"|[^\s;,"]*))*)')
_PAGING = re.compile(r'rel\s*=\s*"?(next|prev|previous|self|first|last)\b', re.IGNORECASE)
_NEXT = re.compile(r"[,;|]\s*(?=https?://)")
_SPACE = re.compile(r"\s")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20}):")
_LEADS = re.compile(
    r"(?i)ur[li]s?\b|url|uri|link|href|location|download|path|src|file|content|asset|media|video|image|audio|output|artifact|artefact"
)
_POINTS = re.compile(r"(?i)(url|uri|link|href|location|path|src)s?$")
_RELATIVE = re.compile(r"\.{0,2}[\w%.~+-]*(/[\w%.~+:@!$&'()*,;=-]+)+/?(\?\S*)?")
_PROSE = frozenset({"prompt", "revised_prompt", "remix_prompt", "input", "instructions", "messages", "message", "system_prompt"})
_DANGEROUS = frozenset({"javascript", "data", "file", "vbscript", "about", "blob", "mailto"})
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_BASE64_HEAD = re.compile(r"[A-Za-z0-9+/_-]{48,}={0,2}")
_LONG_TEXT = re.compile(r'"([A-Za-z_][A-Za-z0-9_]{0,63})"\s*:\s*"([A-Za-z0-9+/_-]{256,})')
MEDIA = ("image/", "video/", "audio/", "application/pdf", "application/zip")
_TEXTS = ("text/csv", "application/jsonl")
"""Texts whose structure is checked and that no token happens to have, as JSON is what many tokens are."""
_SEARCHED = 128 * 1024
_PRODUCT = re.compile(r"(?i)(result|output)s?_?(json|data)?$")
_DEEPEST = 32
_LONGEST_URL = 8192
_LONGEST_KEY = 64
_LONGEST_PLACE = 1024


def links_in_headers(headers: Pairs) -> Iterator[tuple[str, str]]:
    """Yield place and text of Location and its kin, and of every target in a `Link` header (RFC 8288)."""
    if _NAMING.isdisjoint(first_values(headers)):
        return
    for name, value in headers:
        if name.lower() in _HEADERS and value.strip():
            yield f"header:{_title(name)}", _as_meant(value.strip())
        elif name.lower() == "link":
            for target, parameters in _LINK_HEADER.findall(_as_meant(value[:_LONGEST_URL])):
                paging = _PAGING.search(parameters)
                place = f'header:Link rel="{paging[1].lower()}"' if paging else "header:Link"
                yield place, target.strip()


def links_in_json(texts: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """Yield place and text of those `strings` that are URLs, under any key; relative ones only where key or leading `/` tell them.

    What customers write themselves (prompts, messages) is not looked into. A product that is JSON inside a text is:
    `{"resultJson": "{\\"resultUrls\\": [...]}"}` is how resellers of video models write it.
    """
    for path, key, text in texts:
        if text[:1] in ("{", "[") and _PRODUCT.match(key):
            yield from ((path + inner[1:], link) for inner, link in links_in_json(strings(_document(text))))
        # several in one text, and with a file's name as a person gave it
        for part in _NEXT.split(text) if len(text) <= _LONGEST_URL else ():
            link = part.replace(" ", "%20") if _POINTS.search(key) else part
            if _is_link(key, link):
                yield path, link


def link_in_text(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield place and text of a URL that is the whole of a plain text: so small servers say where a download lies."""
    text = content[: _LONGEST_URL + 1].decode("utf-8", "replace").strip().strip('"')
    if len(content) <= _LONGEST_URL and re.match(r"https?://", text) and not _SPACE.search(text):
        yield "$", text


def strings(value: Any) -> Iterator[tuple[str, str, str]]:
    """Yield concrete path, nearest key and text of every string value, in document order, without recursion.

    Of paths that are longer than any service's none is followed: a small answer could name thousands below a long one.
    """
    stack = [iter([("$", "", value)])]
    while stack:
        for path, key, one in stack[-1]:
            if isinstance(one, str):
                yield path, key, one
            elif isinstance(one, (dict, list)) and len(path) <= _LONGEST_PLACE:
                stack.append(_members(path, key, one))
                break
        else:
            stack.pop()


def _members(path: str, key: str, one: dict[str, Any] | list[Any]) -> Iterator[tuple[str, str, Any]]:
    if isinstance(one, dict):
        return ((path + _step(name), name, inner) for name, inner in one.items() if name.lower() not in _PROSE)
    return ((f"{path}[{at}]", key, inner) for at, inner in enumerate(one))


def long_texts(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield path and text of long values in JSON that was cut and cannot be parsed; where they stood is known only by their key."""
    for key, text in _LONG_TEXT.findall(content[:_SEARCHED].decode("ascii", "replace")):
        yield f"$..{key}", text


def base64_head(text: str, size: int = 4096) -> bytes | None:
    """Decode the first `size` bytes of a text that looks like base64 (a `data:` URL too), None for any other text."""
    if text.startswith("data:"):
        text = text.partition(";base64,")[2]
    if len(text) < 64:
        return None
    head = text[: (size * 4 // 3) // 4 * 4].replace("-", "+").replace("_", "/").rstrip("=")
    if not _BASE64_HEAD.fullmatch(head):
        return None
    try:
        return base64.b64decode(head + "=" * (-len(head) % 4))
    except (binascii.Error, ValueError):
        return None


def artefact_in(text: str) -> str | None:
    """The type of the artefact that a text in JSON holds in base64, None for any other text."""
    head = base64_head(text)
    kind = sniff(head, is_truncated=True) if head else None
    is_one = kind is not None and (kind.startswith(MEDIA) or kind in _TEXTS or (kind == "application/json" and text[:5] == "data:"))
    return kind if is_one else None


def _document(text: str) -> Any:
    try:
        return parse(text[: _SEARCHED + 1].encode(), _DEEPEST)
    except ValueError:
        return None


def _is_link(key: str, text: str) -> bool:
    if not text or _SPACE.search(text):
        return False
    scheme = _SCHEME.match(text)
    if scheme:
        return text.startswith("//", scheme.end()) or (
            scheme[1].lower() in _DANGEROUS and bool(_POINTS.search(key)) and text[:5] != "data:"
        )
    if text.startswith("//"):
        return "." in text[2:] or ":" in text[2:]
    if text.startswith("/"):
        # A batch says in `endpoint` which API its requests were for (OpenAI's OpenAPI, schema Batch): nothing to fetch there.
        if key.lower() == "endpoint":
            return False
        # The `path` of a container's file is one inside its sandbox (OpenAI's OpenAPI, schema ContainerFileResource).
        if text.startswith("/mnt/data/"):
            return False
        return bool(_RELATIVE.fullmatch(text)) and (bool(_LEADS.search(key)) or text.count("/") > 1)
    return bool(_POINTS.search(key)) and bool(_RELATIVE.fullmatch(text))


def _as_meant(text: str) -> str:
    """Percent-encode the bytes above ASCII of a header as they came: read as Latin-1 they would be encoded a second time."""
    return "".join(char if char < "\x80" else f"%{ord(char):02X}" for char in text) if not text.isascii() else text


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _step(name: str) -> str:
    """Write a member as RFC 9535 does, plain where it may be; a long one may be somebody's sentence and is hidden."""
    if _PLAIN_KEY.fullmatch(name):
        return f".{name}"
    if len(name.split()) > 2 or len(name) > _LONGEST_KEY:
        return "['…']"
    return "['" + json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "']"
