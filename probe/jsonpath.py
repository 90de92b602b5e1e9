"""The JSON of an answer, reduced to what may be kept: key paths with types, values from an allow-list, captured ids.

The door to the RFC 9535 library. The keys of a body are the server's text like its values, so they are escaped, and hidden where
they are long or read like a sentence. Whoever stores a path or a value redacts it first.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from probe.model import CaptureRule, JsonPath, JsonValue, Response

_MAX_KEY = 64
_MAX_PATH = 1024
_MAX_PATHS = 256 * 1024
_MAX_NODES = 100_000
_MAX_VALUES = 400
_MAX_CAPTURES = 1000
_MAX_CAPTURE = 4096
_MAX_DESCENTS = 2

SANDBOX = "sandbox:"
"""How a model writes the path of a file in its sandbox (`sandbox:/mnt/data/plot.png`)."""
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"", re.DOTALL)
_EXPRESSION = re.compile(r"\b(?:match|search)\s{0,16}\(")
_NOT_SYNTAX = bytes(set(range(256)) - set(b"[]{},"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ALLOWED_KEY = re.compile(
    r"(?-i:.*[a-z](?:Ids?|At))|(?:.*_)?ids?|.*_at|object|(?:.*_)?status|state|(?:is_)?(?:done|finished|completed|ready|deleted|expired)|phase|purpose|created|updated|expires|bytes|size|progress|n_variants"
    r"|n_seconds|seconds|duration|width|height|has_more|code|status_?code|type|failure_reason|reason|model|version|api_version"
    r"|result_files|output_files|shutdown_date|success_?flag",
    re.IGNORECASE,
)
_SECURITY = re.compile(r"\.(?:securitySchemes|securityDefinitions)\.[^.]+\.(?:name|in|scheme)$")
"""Where an OpenAPI description says in which header it wants the credential (OpenAPI 3.1, 4.8.27)."""
_PERSONAL_KEY = re.compile(r"(?:.*_)?(?:user|person|email)_?ids?", re.IGNORECASE)
_INDEX = re.compile(r"\[\d+\]")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,127}")
_OPERATION = re.compile(r"(?:[\w.-]+/)*(operations/[\w.-]{1,100})", re.ASCII)
"""The name of a long-running operation (google.longrunning.Operation); of where it lies only that it is one is told."""
_STATE_WORDS = re.compile(r"[A-Za-z]{2,16}(?:[ -][A-Za-z]{2,16}){1,2}")
"""A state of two or three words (`Content Moderated`); anything longer may be what a customer wrote."""
_LONGEST_STATE = 12
"""Of a state in another alphabet, which counts only where it is known: `生成中`, `в обработке`."""


def parse(content: bytes, max_depth: int) -> Any:
    """Read JSON in UTF-8, with or without a byte order mark; anything wrong with it is a `ValueError`.

    Nesting and values are counted before the parser sees them: it holds up everything else until it has read the last one. NaN and
    Infinity are tolerated, of a doubled key the last one counts, and an integer of more than 400 digits becomes a float: what
    other tools would swallow is evidence, not an error.
    """
    plain = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = plain.split(b'"', 4 * _MAX_NODES)[::2]  # every second piece is inside a text
    syntax, depth = b"".join(outside).translate(None, _NOT_SYNTAX), 0
    for bracket in syntax[:_MAX_NODES].translate(None, b","):
        depth += 1 if bracket in b"[{" else -1
        if depth > max_depth:
            raise ValueError(f"nested deeper than {max_depth}")
    if len(syntax) > _MAX_NODES or len(outside) > 2 * _MAX_NODES:
        raise ValueError(f"more than {_MAX_NODES} values")
    try:
        return (_TOLERANT if _LONG_NUMBER.search(content) else _PLAIN).decode(content.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 400 else float(digits)


_LONG_NUMBER = re.compile(rb"[0-9]{400}")
_TOLERANT, _PLAIN = json.JSONDecoder(parse_int=_integer), json.JSONDecoder()


def key_paths(value: Any, *, max_depth: int, max_paths: int) -> tuple[tuple[JsonPath, ...], bool]:
    """List the key paths of a body in its order, array indexes folded to `[*]`, and tell whether a limit cut the list.

    Several types at one path are joined by `|` in alphabetical order: array, boolean, integer, null, number, object, string.
    """
    types: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    is_cut, room = False, _MAX_PATHS
    if not isinstance(value, dict):
        types["$"], counts["$"] = {_type_name(value)}, 1
    for path, _key, item, is_too_deep in _walk(value, max_depth, is_folded=True):
        if path in types:
            types[path].add(_type_name(item))
            counts[path] += 1
        elif len(types) < max_paths and (room := room - len(path)) > 0:
            types[path], counts[path] = {_type_name(item)}, 1
        else:
            is_cut = True
        is_cut = is_cut or is_too_deep
    return tuple(JsonPath(path, "|".join(sorted(names)), counts[path]) for path, names in types.items()), is_cut


def allowed_values(value: Any, is_state: Callable[[str], object] = str.isascii) -> tuple[JsonValue, ...]:
    """Give the values that may be stored: short words, ids, times and numbers under keys that are known to hold such.

    A text with a space or a character outside ASCII is never given, whatever its key, unless it is a state: it may be what a
    customer wrote; `is_state` knows those of other alphabets. Of a text
    that names a path in a code interpreter's sandbox only that is told.
    """
    found: list[JsonValue] = []
    first: list[JsonValue] = []
    for path, key, item, _ in _walk(value, max_depth=64, is_folded=False):
        if isinstance(item, str) and SANDBOX + "/" in item:
            first.append(JsonValue(path, SANDBOX))
            continue
        if key == "name" and isinstance(item, str) and (operation := _OPERATION.fullmatch(item)):
            found.append(JsonValue(path, operation[1]))
            continue
        is_security = key in ("name", "in", "scheme") and _SECURITY.search(path) is not None
        if len(key) > _MAX_KEY or not (is_security or (len(found) < _MAX_VALUES and _is_allowed(key))):
            continue
        text = _plain(item)
        if text is not None and key in ("status", "state") and _STATE_WORDS.fullmatch(text):
            text = text.replace(" ", "_")
        is_foreign = text is not None and not text.isascii() and key in ("status", "state") and len(text) <= _LONGEST_STATE
        if text is not None and (_WORD.fullmatch(text) or (is_foreign and is_state(text))):
            (first if is_security else found).append(JsonValue(path, text))
    return tuple([*first, *found][:_MAX_VALUES])


def find(rule: CaptureRule, value: Any) -> tuple[tuple[str, str], ...]:
    """Give (text, concrete path) of everything that the first fruitful path of `rule` finds; only texts and numbers count."""
    for path in rule.paths:
        try:
            matches = list(islice(_compiled(path).finditer(value), _MAX_CAPTURES))
        except (_library_error(), ValueError, RecursionError):
            continue
        named = ((text, _concrete(match.parts)) for match in matches if (text := _captured(match.obj)))
        found = tuple(one for one in named if len(one[1]) <= _MAX_PATH)
        if found:
            return found
    return ()


def is_valid_path(path: str) -> str | None:
    """Say in one line what is wrong with an RFC 9535 path, None when nothing is."""
    try:
        _compiled(path)
    except (_library_error(), ValueError, RecursionError) as error:
        return str(error.args[0] if error.args else "too long").partition("\n")[0]
    return None


def value_at(response: Response, path: str) -> tuple[str, ...]:
    """Give the stored values of an answer at `path`; array indexes on either side are folded before comparing."""
    return values_by_path(response).get(folded(path), ())


def values_by_path(response: Response) -> dict[str, tuple[str, ...]]:
    """Give every stored value of an answer, by its path with array indexes folded."""
    found: dict[str, tuple[str, ...]] = {}
    for one in response.values:
        path = folded(one.path)
        found[path] = (*found.get(path, ()), one.value)
    return found


def folded(path: str) -> str:
    """Fold the array indexes of a path: `$.data[3].id` is `$.data[*].id`."""
    return _INDEX.sub("[*]", path) if "[" in path else path


@lru_cache(maxsize=512)
def _compiled(path: str) -> Any:
    """Read a path, unless its evaluation could take longer than a walk over the body does; a `ValueError` says why not."""
    import jsonpath

    plain = _QUOTED.sub("''", path)
    if _EXPRESSION.search(plain):
        raise ValueError("match() and search() are not supported: an expression could run for hours")
    if plain.count("..") > _MAX_DESCENTS:
        raise ValueError(f"more than {_MAX_DESCENTS} descendant steps (..)")
    if "$" in plain[1:]:
        raise ValueError("a filter may only look at the current node (@), not at the whole body ($)")
    return jsonpath.compile(path, strict=True)


def _library_error() -> type[Exception]:
    import jsonpath

    return jsonpath.JSONPathError


def _walk(value: Any, max_depth: int, *, is_folded: bool) -> Iterator[tuple[str, str, Any, bool]]:
    """Yield (path, nearest key, item, whether a limit hides what comes next) of all below `value`, in its order, not recursive."""
    stack = [_children("$", "", value, is_folded=is_folded)]
    budget = _MAX_NODES
    while stack:
        for path, key, item in stack[-1]:
            budget -= 1
            has_children = bool(item) and isinstance(item, dict | list)
            is_too_deep = has_children and (len(stack) >= max_depth or len(path) > _MAX_PATH)
            yield path, key, item, is_too_deep or not budget
            if not budget:
                return
            if has_children and not is_too_deep:
                stack.append(_children(path, key, item, is_folded=is_folded))
                break
        else:
            stack.pop()


def _children(path: str, key: str, value: Any, *, is_folded: bool) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield path + _step(name), name, item
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield path + ("[*]" if is_folded else f"[{index}]"), key, item


def _step(key: str) -> str:
    """Write one key as `.key`, or in the bracket notation of RFC 9535 section 2.7 unless it is a plain name.

    A key of three or more words is likely somebody's text, and a part of a long one may be half a secret that nobody would
    recognise any more: only `['…']` is kept of them.
    """
    return _short_step(key) if len(key) <= _MAX_KEY else "['…']"


@lru_cache(maxsize=4096)
def _short_step(key: str) -> str:
    if _NAME.fullmatch(key):
        return f".{key}"
    return "['…']" if len(key.split()) > 2 else "['" + "".join(_escaped(char) for char in key) + "']"


def _escaped(char: str) -> str:
    if char in "'\\":
        return "\\" + char
    return char if char.isprintable() else json.dumps(char)[1:-1]


def _concrete(parts: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else _step(part) for part in parts)


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")


def _plain(value: Any) -> str | None:
    """Write a scalar as text; null, containers, NaN and infinities have no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value) if abs(value) < 1e18 else None
    return None


def _captured(value: Any) -> str | None:
    """Write an id as text; one that UTF-8 cannot hold could not be asked for."""
    text = None if isinstance(value, bool) else _plain(value)
    return text if text and len(text) <= _MAX_CAPTURE and not _SURROGATE.search(text) else None


@lru_cache(maxsize=4096)
def _is_allowed(key: str) -> bool:
    return bool(_ALLOWED_KEY.fullmatch(key)) and not _PERSONAL_KEY.fullmatch(key)
