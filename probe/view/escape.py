"""Where foreign text is made harmless: one function for each kind of file that a report is written to.

Whatever servers, catalogues and users wrote is data. Nothing of it may move a cursor, reorder a line, start a formula or become an
element. HTML has Jinja2's autoescape; commands are quoted in `probe.view.repro`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby
from json.encoder import encode_basestring
from typing import Any

from probe.frozen import indented

# Characters that count as printable and show nothing: fillers, selectors, tags (Default_Ignorable_Code_Point), braille blank.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
_SUSPICIOUS = re.compile(r"[^ -~]+")
_SUSPICIOUS_IN_LINES = re.compile(r"[^ -~\n]+")
# What a build service obeys where it reads it in a log: Azure Pipelines and TeamCity anywhere in a line, GitHub where one begins.
_ORDER = re.compile(
    r"#(?=#[a-z]{0,16}\[)"
    r"|:(?=:(?:set-output|save-state|set-env|add-path|add-mask|add-matcher|remove-matcher|stop-commands|internal-set-repo-path)\b)",
    re.IGNORECASE,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
_FORMULAS = frozenset(_FORMULA)
_FORMULA_AFTER_SEPARATOR = re.compile(rf"(;\s*)(?=[{re.escape(_FORMULA)}])")
# A word of Markdown that is surely only a word. All others become code: it is the one form that no renderer reads a mention, a
# link, an issue number, an emoji or an entity into, and that stays readable as plain text.
_PLAIN_WORD = re.compile(
    r"""[("'«]*[^\W_]+(?:['’./·×-][^\W_]+)*[)"'»]*[.,;:!?…]*[)"'»]*|[–—→·…/:;?!«»]|(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?[.,;:]?"""
)
_FRAME = re.compile(r"(\(?)(.*?)([).,;:!?]*)", re.DOTALL)
_QUOTE_OPENS = re.compile(r'\(?"')
_QUOTE_CLOSES = re.compile(r'[^(]"[).,;:!?]*$')
_IN_BACKTICKS = re.compile("`[^`]+`")
_LINK_LIKE = re.compile(r"www\.|[0-9a-f]{7,}|^gh-\d", re.IGNORECASE)
_LIST_MARKER = re.compile(r"\d+[.)]")


def is_visible(text: str) -> bool:
    """Whether a reader sees every character as what it is."""
    return text.isprintable() and not _INVISIBLE.search(text)


def visible(text: str) -> str:
    r"""The text on one line, with all that cannot be seen written out as `\x1b` or `\u202e`; for terminals and plain text.

    The no-break spaces of French and Russian sentences become spaces. Orders to a build service lose the sign that makes them one.
    """
    if not (text.isascii() and text.isprintable()):
        text = _SUSPICIOUS.sub(lambda run: _each(run[0], _named), text)
    return _disarmed(text, "\\x")


def _disarmed(text: str, escape: str) -> str:
    return _ORDER.sub(lambda sign: f"{escape}{ord(sign[0]):02x}", text) if "##" in text or "::" in text else text


def _each(run: str, write: Callable[[str], str]) -> str:
    """The run, with `write` for every character in it that cannot be seen."""
    return run if is_visible(run) else "".join(char if is_visible(char) else write(char) for char in run)


def _named(char: str) -> str:
    named = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\u00a0": " ", "\u202f": " "}.get(char)
    code = ord(char)
    return named or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the end replaced by an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def markdown(text: str, *, limit: int = 600) -> str:
    """A sentence for Markdown: plain words stay, runs of anything that could mean something become code spans."""
    words = shorten(visible(text), limit).split()
    if words and _LIST_MARKER.match(words[0]):
        words[0] = _code_span(words[0])
        return " ".join([words[0], markdown(" ".join(words[1:]), limit=limit)]).rstrip()
    runs = [(is_plain, " ".join(run)) for is_plain, run in groupby(_quotes_whole(words), _is_plain)]
    return " ".join(text if is_plain else _foreign(text) for is_plain, text in runs)


def _quotes_whole(words: list[str]) -> Iterator[str]:
    """The words, with what stands in double quotes as one: a service's message is cited whole or not at all."""
    at = 0
    while at < len(words):
        end = at + 1
        if _QUOTE_OPENS.match(words[at]):
            ends = (number for number, word in enumerate(words[at:], at + 1) if _QUOTE_CLOSES.search(word))
            end = next(ends, end)
        quoted = words[at:end]
        yield from quoted if all(map(_is_plain, quoted)) else (" ".join(quoted),)
        at = end


def _is_plain(word: str) -> bool:
    return _PLAIN_WORD.fullmatch(word) is not None and _LINK_LIKE.search(word) is None


def _foreign(text: str) -> str:
    """A run of foreign words as code; a bracket or a full stop of the sentence around it stays outside, backticks of its own go."""
    parts = _FRAME.fullmatch(text)
    if parts is None or not parts[2]:
        return _code_span(text)
    core = parts[2][1:-1] if _IN_BACKTICKS.fullmatch(parts[2]) else parts[2]
    return f"{parts[1]}{_code_span(core)}{parts[3]}"


def markdown_code(text: str, *, limit: int = 600) -> str:
    """A code span for Markdown, in tables too; "" for an empty text."""
    return _code_span(shorten(visible(text), limit)) if text else ""


def _code_span(text: str) -> str:
    # A pipe ends a table's cell even in code, and renderers disagree about its escapes.
    text = text.replace("|", r"\x7c")
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def markdown_block(text: str, language: str = "") -> str:
    """A fenced code block; its lines are the only ones that may stand in it."""
    lines = [visible(line) for line in text.split("\n")]
    fence = "`" * max(3, max((len(run) for line in lines for run in re.findall("`+", line)), default=0) + 1)
    return "\n".join([fence + language, *lines, fence])


@lru_cache(maxsize=4096)
def csv_cell(text: str) -> str:
    """A cell that a spreadsheet shows as text: on one line, and with an apostrophe before what would start a formula.

    A formula may also hide behind a semicolon, which is the separator where the comma is the decimal sign.
    """
    text = visible(text)
    if ";" in text:
        text = _FORMULA_AFTER_SEPARATOR.sub(r"\1'", text)
    return "'" + text if text.lstrip()[:1] in _FORMULAS else text


def xml(text: str) -> str:
    """Text for an element or a quoted attribute of XML 1.0, on one line."""
    return html.escape(visible(text))


def document(value: Any, *, is_indented: bool = True) -> str:
    """A JSON text that is valid Unicode, and in which nothing is invisible: such characters are written as JSON escapes."""
    return "".join(pieces(value)) if is_indented else legible(json.dumps(value, ensure_ascii=False, allow_nan=False))


def pieces(value: Any, line: str = "\n") -> Iterator[str]:
    """Yield an indented `document` piece by piece: what an iterator in it gives is never in memory as a whole."""
    inner, before = line + "  ", ""
    if isinstance(value, Iterator):
        for one in value:
            yield f"{before or '['}{inner}{legible(_indented(one, inner))}"
            before = ","
        yield f"{line}]" if before else "[]"
    elif isinstance(value, dict) and any(isinstance(one, (dict, Iterator)) for one in value.values()):
        for name, one in value.items():
            yield f"{before or '{'}{inner}{legible(encode_basestring(name))}: "
            yield from pieces(one, inner)
            before = ","
        yield line + "}"
    else:
        yield legible(_indented(value, line))


def legible(text: str) -> str:
    """A JSON text in which nothing is invisible, no order to a build service and no half of a surrogate pair."""
    text = _disarmed(text, "\\u00")
    if text.isascii() and (text.isprintable() or text.replace("\n", "").isprintable()):
        return text
    text = _SURROGATE.sub("\ufffd", text)
    return _SUSPICIOUS_IN_LINES.sub(lambda run: _each(run[0], _json_escape), text)


def _indented(value: Any, line: str) -> str:
    """Write as `json.dumps` does with `indent=2`; `line` begins a line at the depth of the value."""
    try:
        text = indented(value)
    except UnicodeEncodeError:  # half a surrogate pair, which servers send and UTF-8 cannot hold
        text = indented(json.loads(_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False))))
    return text.replace("\n", line)


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1].replace("\x7f", "\\u007f")
