"""Read YAML into nodes that know their place: every scalar stays text, and nothing in a file can make the reader slow or big.

YAML's own rules turn an unquoted `2024-10-21` into a date, `1.10` into 1.1 and `no` into False, and keep the last of two equal
keys without a word. Here nothing is turned: the kind of a field (`kinds`) says how its text is read.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

Path = tuple[str, ...]
"""A key path, outermost first: `("endpoints[azure.sora1.content-video]", "role")`."""

MAX_DEPTH = 64
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
MAX_NODES = 400_000
MAX_PROBLEMS = 200
_MAX_COMPARISONS = 20_000
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TOO_DEEP = re.compile(rf"(?:[\[{{][^\[\]{{}}]{{0,40}}){{{MAX_DEPTH + 1}}}")
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that could move a cursor or reorder a line; YAML can write them as escapes."""


class Node:
    """A place in a file. `value` is a text, a list of nodes, or a list of key and value nodes; lines and columns count from 1."""

    __slots__ = ("column", "is_plain", "line", "value")

    def __init__(self, value: str | list[Node] | list[tuple[Node, Node]], line: int, column: int, is_plain: bool = False) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.is_plain = is_plain


class Mapping(Node):
    """A node whose value is pairs; its own class, because an empty list could be either."""

    __slots__ = ()

    def items(self) -> Iterator[tuple[str, Node, Node]]:
        """Each key as text, its node, and its value's node."""
        for key, value in cast("list[tuple[Node, Node]]", self.value):
            yield cast("str", key.value), key, value

    def get(self, name: str) -> Node | None:
        """The value of a key."""
        return next((value for key, _, value in self.items() if key == name), None)


def is_null(node: Node) -> bool:
    """Whether nothing was written here (`key:`, `~`, `null`)."""
    return node.is_plain and node.value in _NULLS


@dataclass(slots=True)
class Problems:
    """Everything that is wrong with the catalogue, over all its files; one line each, in the order of the files."""

    lines: list[tuple[int, int, int, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    sections: set[str] = field(default_factory=set)
    count: int = 0
    _comparisons: int = 0

    def add(self, source: str, place: Node | tuple[int, int] | None, path: Path, text: str, hint: str = "") -> None:
        """Note a problem; beyond `MAX_PROBLEMS` they are only counted."""
        self.count += 1
        self.sections.add(path[0].partition("[")[0] if path else "")
        if self.count > MAX_PROBLEMS:
            return
        if source not in self.files:
            self.files.append(source)
        line, column = (place.line, place.column) if isinstance(place, Node) else place or (0, 0)
        where = f"{source}:{line}:{column}" if line else source
        keys = f"{'.'.join(path)}: " if path else ""
        whole = f"{where}: {keys}{text}" + (f" ({hint})" if hint else "")
        one = (self.files.index(source), line, column, UNSAFE.sub("\N{REPLACEMENT CHARACTER}", whole.replace("\n", " ")))
        if one not in self.lines:
            self.lines.append(one)

    def near(self, word: str, known: Iterable[str], *, or_list: bool = True) -> str:
        """`did you mean 'x'?`, or the whole list when it is short and wanted; empty when neither helps."""
        names = [name for name in known if name]
        self._comparisons += len(names)
        if self._comparisons < _MAX_COMPARISONS and len(word) < 100:
            found = difflib.get_close_matches(word, names, n=1)
            if found:
                return f"did you mean {found[0]!r}?"
        return f"known: {', '.join(names)}" if or_list and 0 < len(names) <= 12 else ""

    def render(self) -> str:
        """All lines, by file and place."""
        rest = [f"... and {self.count - MAX_PROBLEMS} more problems"] if self.count > MAX_PROBLEMS else []
        return "\n".join([line for *_, line in sorted(self.lines, key=lambda one: one[:3])] + rest)


def decode(content: bytes, source: str, problems: Problems) -> str | None:
    """The text of a file: UTF-8 without BOM and NUL, or None with the problem noted."""
    if content.startswith(b"\xef\xbb\xbf"):
        problems.add(source, (1, 1), (), "starts with a byte order mark (BOM)", "save it as UTF-8 without BOM")
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = (before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        problems.add(source, place, (), f"not UTF-8: byte 0x{content[error.start]:02x}", "save it as UTF-8")
        return None
    bad = _CONTROL.search(text)
    if bad:
        at = bad.start()
        place = (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        problems.add(source, place, (), f"control character U+{ord(bad.group()):04X}", "is it a text file?")
        return None
    return text


def too_deep(text: str) -> tuple[int, int] | None:
    """Find the place where YAML or JSON opens one bracket after the other, before any parser sees it.

    Parsers have limits of their own, each with its own words, and meet them before they give the first event. Whatever nests in
    another way is counted in the events.
    """
    found = _TOO_DEEP.search(text)
    return (text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())) if found else None


def compose(text: str, source: str, problems: Problems, *, max_nodes: int = MAX_NODES) -> Node | None:
    """The one document of a YAML text, or None with the problem noted.

    Works on the parser's events, so that depth, size and aliases are bounded while reading: an alias counts as many nodes as it
    stands for, and nothing can hold itself.
    """
    import yaml

    if problem := too_deep(text):
        problems.add(source, problem, (), TOO_DEEP)
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return _Composer(source, problems, max_nodes).compose(iter(loader.get_event, None))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else None
        problems.add(source, place, (), f"not YAML: {error.problem or error.context}", _hint(text, mark.line if mark else -1))
    except yaml.YAMLError as error:
        problems.add(source, None, (), f"not YAML: {error}")
    except _RefusedError as error:
        problems.add(source, error.place, (), error.text, error.hint)
    finally:
        loader.dispose()
    return None


def _hint(text: str, line: int) -> str:
    """What the line itself shows, whatever words the parser has for it: a tab in its indent, or a second `: ` in a bare text."""
    shown = text.split("\n")[line] if 0 <= line <= text.count("\n") else ""
    if re.match(r" *\t", shown):
        return "indent with spaces, not tabs"
    if re.match(r"[ -]*[\w.-]+: +[^\s\"'\[{|>&*#].*:(?:\s|$)", shown):
        return "quote the whole text: it holds ': '"
    return ""


class _RefusedError(Exception):
    """Something that YAML allows and a catalogue does not."""

    def __init__(self, place: tuple[int, int], text: str, hint: str = "") -> None:
        super().__init__(text)
        self.place, self.text, self.hint = place, text, hint


class _Composer:
    """Builds nodes from events, iteratively."""

    def __init__(self, source: str, problems: Problems, max_nodes: int) -> None:
        self.source, self.problems, self.max_nodes = source, problems, max_nodes
        self.root: Node | None = None
        self.count = 0
        self.documents = 0
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open: list[tuple[Node, list[Node], str | None, int]] = []

    def compose(self, events: Iterable[Any]) -> Node | None:
        for event in events:
            name = type(event).__name__
            if name == "ScalarEvent":
                self.add(Node(event.value, *self.start(event), is_plain=event.implicit[0] and not event.style), event.anchor)
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                node = (Mapping if name[0] == "M" else Node)([], *self.start(event))
                self.open.append((node, [], event.anchor, self.count))
                if len(self.open) > MAX_DEPTH:
                    raise _RefusedError((node.line, node.column), TOO_DEEP)
            elif name in ("MappingEndEvent", "SequenceEndEvent"):
                node, children, anchor, before = self.open.pop()
                node.value = self.pairs(children) if isinstance(node, Mapping) else children
                self.add(node, anchor, 1 + self.count - before)
            elif name == "AliasEvent":
                self.add_alias(event)
            elif name == "DocumentStartEvent":
                self.documents += 1
                if self.documents > 1:
                    raise _RefusedError(self.start(event), "a second document starts here", "a catalogue is one YAML document")
        return self.root

    def start(self, event: Any) -> tuple[int, int]:
        place = event.start_mark.line + 1, event.start_mark.column + 1
        tag = getattr(event, "tag", None)
        if tag:
            raise _RefusedError(place, f"a tag is not allowed here: {tag!r}", "quote the text if it begins with '!'")
        return place

    def add(self, node: Node, anchor: str | None, weight: int = 1) -> None:
        self.count += 1
        if self.count > self.max_nodes:
            raise _RefusedError((node.line, node.column), f"too big: more than {self.max_nodes} values, aliases counted in full")
        if anchor:
            self.anchors[anchor] = (node, weight)
        if self.open:
            self.open[-1][1].append(node)
        else:
            self.root = node

    def add_alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            hint = "an alias reaches no other file: write it out, for example `sources: [{at: ..., read: ...}]`"
            raise _RefusedError(self.start(event), f"alias {event.anchor!r} stands for nothing above it", hint)
        node, weight = self.anchors[event.anchor]
        self.count += weight - 1
        self.add(node, None)

    def pairs(self, children: list[Node]) -> list[tuple[Node, Node]]:
        """Key and value nodes; a repeated key, or one that is not text, is reported and left out."""
        kept: dict[str, tuple[Node, Node]] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key.value, str):
                self.problems.add(self.source, key, (), "a key must be text")
            elif key.value in kept:
                first = kept[key.value][0]
                self.problems.add(self.source, key, (), f"key {key.value!r} comes twice", f"first in line {first.line}")
            else:
                kept[key.value] = (key, value)
        return list(kept.values())


def plain(node: Node, memo: dict[int, Any] | None = None) -> Any:
    """Dicts, lists and texts (None where nothing was written); what an alias repeats is made once and shared."""
    memo = {} if memo is None else memo
    if id(node) not in memo:
        if isinstance(node, Mapping):
            memo[id(node)] = {key: plain(value, memo) for key, _, value in node.items()}
        elif isinstance(node.value, list):
            memo[id(node)] = [plain(one, memo) for one in cast("list[Node]", node.value)]
        else:
            memo[id(node)] = None if is_null(node) else node.value
    return memo[id(node)]
