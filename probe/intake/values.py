"""JSON, Python and JavaScript object texts inside a paste, found and read in bounded time; nothing of them is executed."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from probe.frozen import Frozen

_LONGEST_LITERAL = 64 * 1024
_DEEPEST = 64
_ATTEMPTS = 400
_REPR = re.compile(r"(?<![\w.])[A-Z]\w{2,40}\(\s{0,20}(?=id=['\"])")
_DECODER = json.JSONDecoder(strict=False, parse_int=lambda digits: int(digits) if len(digits) <= 400 else float(digits))
_START = re.compile(r"\{\s{0,200}(?:[\"'}]|\\\"|[A-Za-z_$][\w$]{0,40}\s{0,8}[:=])|\[\s{0,200}\{\s{0,200}\"")
_ESCAPED = re.compile(r'\{\s{0,8}\\"')
_ESCAPED_END = re.compile(r'(?<!\\)"')
_TORN = re.compile(r"\{\s{0,200}[\"'](?:(error)[\"']\s{0,8}:\s{0,8}\{\s{0,200}[\"'])?(?:message|code|type|error|statusCode)\b")
_OPEN = re.compile(r"[\"'](message|code)[\"']\s{0,8}:\s{0,8}\"((?:[^\"\\\n]|\\.){6,2000})\\?(?:\n|$)")
_TOKEN = re.compile(r"[{}\[\]()]|\"(?:[^\"\\\n]|\\.){0,8192}\"|'(?:[^'\\\n]|\\.){0,8192}'|`[^`]{0,8192}`")
_MEMBER = re.compile(
    r"(?:^|[{,\n])\s{0,200}[\"']?([A-Za-z_$][\w$-]{0,60})[\"']?\s{0,8}[:=]\s{0,8}"
    r"((?:Some\(|String\()?(?:\"(?:[^\"\\\n]|\\.){0,8192}\"|'(?:[^'\\\n]|\\.){0,8192}')|-?\d{1,15}|true|false|null|undefined"
    r"|[^\s,{}\[\]\"'][^,{}\n]{0,2000})"
)


class Found(Frozen):
    """A value with its place; `language` is json, python or loose (JavaScript's and Java's way to print an object)."""

    value: Any
    start: int
    end: int
    language: str


def objects(text: str) -> Iterator[Found]:
    """Yield every outermost object of a text; failed attempts share a budget: hostile nesting costs no more than its size."""
    position, budget, attempts = 0, 4 * len(text) + 65536, 0
    while budget > 0 and attempts < _ATTEMPTS:
        start = _START.search(text, position)
        if start is None:
            return
        found, spent = _read(text, start.start())
        budget -= spent
        if found is None:
            attempts += 1
            position = start.start() + 1
            continue
        yield found
        position = max(found.end, start.start() + 1)


def reprs(text: str) -> Iterator[Found]:
    """Yield the objects that Python's SDK prints, `Batch(id='batch_1', status='completed', ...)`, as the JSON they came from."""
    position = 0
    for match in itertools.islice(_REPR.finditer(text), 20):
        if match.start() < position:
            continue
        end = _balanced(text, match.end() - 1)
        for span in (
            (text[match.start() : end],) if end else _shorter(text[match.start() : match.start() + 4096].partition("\n")[0])
        ):
            try:
                value = _plain(ast.parse(span, mode="eval").body)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            position = end or match.start() + len(span)
            yield Found(value, match.start(), position, "repr")
            break


def _shorter(line: str) -> Iterator[str]:
    """Cut a repr that was cut off back to its last whole arguments, and close it."""
    for _attempt in range(5):
        line = line.rpartition(", ")[0]
        yield line + ")"


def _plain(node: ast.expr) -> Any:
    """Turn a literal, or a call with names that stands for an object, into plain values; anything else is a `ValueError`."""
    if isinstance(node, ast.Call):
        return {one.arg: _plain(one.value) for one in node.keywords if one.arg}
    if isinstance(node, ast.List):
        return [_plain(one) for one in node.elts]
    return ast.literal_eval(node)


def object_at(text: str, position: int) -> Found | None:
    """Read the object that begins within 40 characters after `position`."""
    start = _START.search(text, position, position + 400)
    return _read(text, start.start())[0] if start and not text[position : start.start()].strip(" \n\t:-\"'|`b") else None


def _read(text: str, start: int) -> tuple[Found | None, int]:
    """Try JSON, then JSON inside a string, then Python, then the loose form; tell what it cost."""
    spent = 64
    if _ESCAPED.match(text, start):
        return _unescaped(text, start)
    try:
        value, end = _DECODER.raw_decode(text, start)
        return Found(value, start, end, "json"), 64
    except RecursionError:
        return None, _LONGEST_LITERAL
    except ValueError as error:
        spent += max(0, getattr(error, "pos", start) - start)
    close = _balanced(text, start)
    if close is None:
        return _torn(text, start), spent + 8192
    end = close
    span = text[start:end]
    spent += len(span)
    if '\\"' in span:
        try:
            return Found(json.loads(span.replace('\\\\"', "'").replace('\\"', '"'), strict=False), start, end, "json"), spent
        except (ValueError, RecursionError):
            pass
    try:
        return Found(ast.literal_eval(span.replace("\n", " ")), start, end, "python"), spent
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        pass
    loose = _loose(span)
    return (Found(loose, start, end, "loose") if loose else None), spent


def _torn(text: str, start: int) -> Found | None:
    """Read the error of an object that was cut off: what stood complete in it, and the words of a last string that was not."""
    head = _TORN.match(text, start)
    if head is None:
        return None
    end = min(start + 4096, len(text))
    stop = text.find("\n\n", start, end)
    span = text[start : stop if stop >= 0 else end]
    open_string = _OPEN.search(span)
    members = _members(span[: open_string.start()] if open_string else span)
    if open_string:
        members.setdefault(open_string[1], open_string[2].replace("(truncated...)", "").strip())
    members.pop("error", None)
    return Found({"error": members} if head[1] else members, start, start + len(span), "loose") if members else None


def _unescaped(text: str, start: int) -> tuple[Found | None, int]:
    """Read JSON that stands inside a string: `{\\"error\\": ...}`; the string ends at the first quote that is not escaped."""
    close = _ESCAPED_END.search(text, start, start + _LONGEST_LITERAL)
    end = close.end() - 1 if close else min(len(text), start + _LONGEST_LITERAL)
    try:
        value, _end = _DECODER.raw_decode(text[start:end].replace('\\"', '"').replace("\\\\", "\\"))
    except (ValueError, RecursionError):
        return None, end - start + 64
    return Found(value, start, end, "json"), end - start + 64


def _balanced(text: str, start: int) -> int | None:
    """Find where the bracket at `start` closes; strings are skipped, depth and length are bounded."""
    depth = 0
    for match in _TOKEN.finditer(text, start, start + _LONGEST_LITERAL):
        token = match[0]
        if token in "{[(":
            depth += 1
        elif token in "}])":
            depth -= 1
        if depth > _DEEPEST:
            return None
        if depth == 0:
            return match.end()
    return None


def _loose(span: str) -> dict[str, Any]:
    """Read the plain members of an object as Node or Java print it, with its inner `error`: `{ status: 404, error: { ... } }`."""
    inner = re.search(r"\berror[\"']?\s{0,4}[:=]\s{0,4}\{", span)
    value: dict[str, Any] = {}
    if inner:
        end = _balanced(span, inner.end() - 1)
        if end:
            value["error"] = _members(span[inner.end() - 1 : end])
            span = span[: inner.start()] + span[end:]
    return _members(span) | value


def _members(span: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, text in _MEMBER.findall(span):
        plain = text.strip().removeprefix("Some(").removeprefix("String(")
        if plain[:1] in "\"'":
            plain = plain[1:-1]
        elif plain in ("null", "undefined", "None", "true", "false"):
            continue
        members.setdefault(name, int(plain) if re.fullmatch(r"\d{1,15}", text) else plain)
    return members
