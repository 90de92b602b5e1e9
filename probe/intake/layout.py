"""What stands around a text and is not of it: a box of JSON, marks of a mail, names, times and numbers before lines, indents."""

from __future__ import annotations

import json
import re
from collections import Counter
from textwrap import dedent
from typing import Any

_QUOTED = re.compile(r"(?m)^[ \t]{0,8}>(?:[ \t]?>){0,16} ?")
_QUOTE = re.compile(r"(?m)^[ \t]{0,8}>[^\n]*(?:\n[ \t]{0,8}(?:>[^\n]*)?){0,2}\n[ \t]{0,8}>|\A\s{0,8}>[^\n]*\Z")
_VERBOSE = re.compile(r"(?m)^[ \t]{0,8}[<*] ")
_PRINTABLE = re.compile(r"=3D[^\n]{0,4096}=\n|=\n[^\n]{0,4096}=3D")
_PREFIX = re.compile(
    r"(?P<source>\[[\w./-]{3,160}\](?: |$)|[\w.-]{1,60}[ \t]{0,20}\|(?: |$))?"
    r"(?P<stamp>\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,12}(?:Z|[+-]\d\d:?\d\d)?\]?(?:[ \t]|$)"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,60} [^\s:]{1,60}: )?"
)
"""What a log puts before each line: who wrote it, and when."""
_NUMBER = re.compile(r"[ \t]{0,6}(\d{1,5})[:|.)]?(?:[ \t]{1,3}|$)")
_RULE = re.compile(r"[ ]{0,4}-{2,}(?:[ +]{1,4}-{2,}){1,40}")
"""The line below the names of a table's columns."""
_SAID = frozenset({"text", "description", "comment", "question", "summary", "ticket", "details"})
"""Names under which tickets and chats keep what a person pasted."""
_LOGGED = frozenset({"body", "content", "log"})
"""The same of programs, which keep bodies of responses there too."""
_EXPORTS = frozenset({"log", "item", "items", "resources"})
"""What the exports of browsers and of API clients have."""
_SPOKEN = re.compile(r"(?!\s{0,8}[\[{<])[^\n]{0,4096}(?:\n|://)")
_MOST = 2000


def plain(text: str) -> str:
    """Take a text out of what it was put into."""
    text = _unquoted(_unboxed(text))
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) > 6 and not any(lines[1::2]):
        lines = lines[::2]
    return dedent("\n".join(_tabled(_unnumbered(_unprefixed(lines)))))


def _unboxed(text: str) -> str:
    """Take what was pasted out of JSON in which a ticket or a chat keeps it, where it makes up much of the text."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    kept = [] if isinstance(value, dict) and _EXPORTS & value.keys() else _kept(value)
    whole = len(json.dumps(value, ensure_ascii=False)) if kept else 0
    return "\n\n".join(kept) if sum(map(len, kept)) * 3 > whole > 0 else text


def _kept(value: Any) -> list[str]:
    """Collect the texts that are kept, in their order."""
    kept, stack, left = list[str](), [value], _MOST
    while stack and left:
        left -= 1
        one = stack.pop()
        if isinstance(one, list):
            stack += one[:_MOST][::-1]
        elif isinstance(one, dict):
            texts = [(str(name).lower(), inner) for name, inner in one.items() if isinstance(inner, str)]
            kept += [text for name, text in texts if name in _SAID or (name in _LOGGED and _SPOKEN.match(text))]
            stack += [inner for inner in reversed(one.values()) if isinstance(inner, (dict, list))]
    return kept


def _unquoted(text: str) -> str:
    """Take off the marks that a mail or Markdown puts before each line, and quoted-printable; `curl -v` has other lines too."""
    if _QUOTE.search(text) and not _VERBOSE.search(text):
        text = _QUOTED.sub("", text)
    if _PRINTABLE.search(text):
        import quopri

        text = quopri.decodestring(text.encode()).decode("utf-8", "replace")
    return text


def _unprefixed(lines: list[str]) -> list[str]:
    """Take off what a log puts before its lines: a time before half of them, the same source before nearly all."""
    found = [((one["source"] or "").rstrip(), one["stamp"], one.end()) for one in map(_PREFIX.match, lines) if one is not None]
    (source, count), *_others = Counter(one for one, _stamp, _end in found if one).most_common(1) or [("", 0)]
    stamped, full = sum(bool(stamp) for _source, stamp, _end in found), sum(map(bool, lines))
    if stamped * 2 < max(6, len(lines)) and not (full > 1 and count * 10 >= full * 9):
        return lines
    return [line[end:] if stamp or one == source else line for line, (one, stamp, end) in zip(lines, found, strict=True)]


def _unnumbered(lines: list[str]) -> list[str]:
    """Take off the numbers of the lines, where each is one more than that before it."""
    found = [_NUMBER.match(line) for line in lines]
    numbers = [int(one[1]) for one in found if one is not None]
    is_counted = (
        len(numbers) > 2 and len(numbers) * 10 >= len(lines) * 9 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )
    return [line[one.end() :] if one else line for line, one in zip(lines, found, strict=True)] if is_counted else lines


def _tabled(lines: list[str]) -> list[str]:
    """Put tabs between the columns of a table that a line of dashes rules, as psql, the Azure CLI and PowerShell print it."""
    made, starts = list[str](), list[int]()
    for line in lines:
        if _RULE.fullmatch(line):
            starts = [dashes.start() for dashes in re.finditer("-+", line)]
            made[-1:] = [_cells(name, starts) for name in made[-1:]]
        else:
            starts = starts if line else []
            made.append(_cells(line, starts))
    return made


def _cells(line: str, starts: list[int]) -> str:
    ends = [*starts[1:], len(line)]
    return "\t".join(line[start:end].strip() for start, end in zip(starts, ends, strict=True)) if starts else line
