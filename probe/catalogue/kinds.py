"""The kinds of a field: each reads a node strictly and describes itself as JSON Schema, so that the two can never differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, cast

from probe import frozen
from probe.catalogue import nodes
from probe.catalogue.nodes import Node, Path, Problems, is_null
from probe.frozen import Frozen
from probe.redact import looks_random

WRONG = object()
"""What `read` gives when there was a problem; the problem is already noted."""


@dataclass(slots=True)
class File:
    """The file that is being read, and where its problems go."""

    source: str
    problems: Problems

    def wrong(self, node: Node | None, path: Path, text: str, hint: str = "") -> object:
        """Note a problem and give `WRONG`."""
        self.problems.add(self.source, node, path, text, hint)
        return WRONG


class Kind(Protocol):
    """Reads one kind of value and describes it."""

    def read(self, node: Node, path: Path, file: File) -> Any:
        """Give the value, or `WRONG` after noting what is wrong."""

    def schema(self) -> dict[str, Any]:
        """Give the JSON Schema (2020-12) of what `read` accepts, as far as it can say it."""


def _shape(node: Node) -> str:
    if is_null(node):
        return "nothing"
    if isinstance(node, nodes.Mapping):
        return "a mapping"
    return "a list" if isinstance(node.value, list) else f"the text {_short(node.value)}"


def _short(text: str) -> str:
    """Quote what stands there, unless it looks like a key that somebody pasted into the file."""
    if re.fullmatch(r"[A-Za-z0-9_-]{20,}", text) and looks_random(text):
        return "'...' (it looks like a key)"
    return repr(text if len(text) <= 80 else text[:77] + "...")


class Text(Frozen):
    """A scalar as it stands in the file, unquoted dates and numbers too.

    `pattern` must match the whole text; `convert` may turn it into something else and raises ValueError with what is wrong.
    """

    what: str = "text"
    pattern: str = ""
    convert: Callable[[str], Any] | None = None
    max_length: int = 2000
    may_be_empty: bool = False

    def read(self, node: Node, path: Path, file: File) -> Any:
        """The text, converted."""
        text = node.value
        if not isinstance(text, str) or is_null(node):
            return file.wrong(node, path, f"must be {self.what}, not {_shape(node)}")
        if len(text) > self.max_length:
            return file.wrong(node, path, f"is longer than {self.max_length} characters")
        if not text.strip() and not self.may_be_empty:
            return file.wrong(node, path, "is empty")
        if nodes.UNSAFE.search(text):
            return file.wrong(node, path, "holds a control character")
        if self.pattern and not re.fullmatch(self.pattern, text):
            return file.wrong(node, path, f"must be {self.what}, not {_short(text)}")
        if self.convert is None:
            return text
        try:
            return self.convert(text)
        except ValueError as error:
            return file.wrong(node, path, str(error))

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        if self.pattern:
            return {"type": "string", "pattern": f"^(?:{self.pattern})$", "maxLength": self.max_length}
        return (
            {"type": ["string", "number", "boolean"]}
            | ({} if self.may_be_empty else {"minLength": 1})
            | {"maxLength": self.max_length}
        )


class Integer(Frozen):
    """A whole number within bounds."""

    minimum: int
    maximum: int

    def read(self, node: Node, path: Path, file: File) -> Any:
        """The number."""
        text = node.value
        if (
            isinstance(text, str)
            and node.is_plain
            and re.fullmatch(r"-?[0-9]{1,9}", text)
            and self.minimum <= int(text) <= self.maximum
        ):
            return int(text)
        return file.wrong(node, path, f"must be a whole number from {self.minimum} to {self.maximum}, not {_shape(node)}")

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


class Flag(Frozen):
    """`true` or `false`, and no other spelling."""

    def read(self, node: Node, path: Path, file: File) -> Any:
        """True or False."""
        if node.is_plain and node.value in ("true", "false"):
            return node.value == "true"
        return file.wrong(node, path, f"must be true or false, not {_shape(node)}")

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"type": "boolean"}


class Choice(Frozen):
    """One word of a closed set; an enum gives its member."""

    words: type[StrEnum] | Collection[str]

    @property
    def names(self) -> list[str]:
        """The words as text."""
        return [str(word) for word in self.words]

    def read(self, node: Node, path: Path, file: File) -> Any:
        """The word, or the member of the enum."""
        if isinstance(node.value, str) and node.value in self.names:
            return self.words(node.value) if isinstance(self.words, type) else node.value
        hint = file.problems.near(node.value, self.names, or_list=False) if isinstance(node.value, str) else ""
        return file.wrong(node, path, f"must be one of {', '.join(self.names)}, not {_shape(node)}", hint)

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"enum": self.names}


class Many(Frozen):
    """A list; gives a tuple of what could be read."""

    item: Kind
    minimum: int = 1
    maximum: int = 1000
    name_by: str = ""

    def read(self, node: Node, path: Path, file: File) -> Any:
        """A tuple; items with problems are left out."""
        if isinstance(node, nodes.Mapping) or not isinstance(node.value, list):
            return file.wrong(node, path, f"must be a list, not {_shape(node)}")
        if not self.minimum <= len(node.value) <= self.maximum:
            text = "is empty" if not node.value else f"must have {self.minimum} to {self.maximum} items, not {len(node.value)}"
            return file.wrong(node, path, text)
        read = [self.item.read(one, self._path(path, at, one), file) for at, one in enumerate(cast("list[Node]", node.value))]
        return tuple(value for value in read if value is not WRONG)

    def _path(self, path: Path, at: int, item: Node) -> Path:
        """`endpoints[azure.sora1.job]` when the items have names, else `sources[0]`."""
        named = item.get(self.name_by) if self.name_by and isinstance(item, nodes.Mapping) else None
        name = named.value if named and isinstance(named.value, str) and len(named.value) < 100 else at
        return (*path[:-1], f"{path[-1]}[{name}]")

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"type": "array", "items": self.item.schema(), "minItems": self.minimum, "maxItems": self.maximum}


class Table(Frozen):
    """A mapping from free names to one kind; gives a dict."""

    name: str
    pattern: str
    item: Kind
    maximum: int = 1000

    def read(self, node: Node, path: Path, file: File) -> Any:
        """A dict; entries with problems are left out."""
        if not isinstance(node, nodes.Mapping):
            return file.wrong(node, path, f"must be a mapping, not {_shape(node)}")
        if len(node.value) > self.maximum:
            return file.wrong(node, path, f"has more than {self.maximum} entries")
        read = {}
        for name, key, value in node.items():
            if not re.fullmatch(self.pattern, name):
                file.wrong(key, (*path, _short(name)), f"is no {self.name}")
                continue
            one = self.item.read(value, (*path, name), file)
            if one is not WRONG:
                read[name] = one
        return read

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self.pattern})$"},
            "additionalProperties": self.item.schema(),
            "maxProperties": self.maximum,
        }


class Field(Frozen):
    """A key of a record: its name, what may stand there, and what it means."""

    name: str
    kind: Kind
    doc: str
    is_required: bool = False
    examples: tuple[Any, ...] = ()


@dataclass(slots=True)
class Entry:
    """A record as it was read: its good values, and the way back to their places in the file."""

    file: File
    path: Path
    node: nodes.Mapping
    values: dict[str, Any] = field(default_factory=dict)

    def wrong(self, keys: Iterable[str], text: str, hint: str = "") -> None:
        """Note a problem at the deepest of `keys` that the file has (a name, or the position in a list)."""
        at: Node = self.node
        path = self.path
        for key in keys:
            below: Node | None = None
            if isinstance(at, nodes.Mapping):
                below = at.get(key)
                path = (*path, key)
            elif isinstance(at.value, list) and key.isdecimal():
                below = cast("list[Node]", at.value)[int(key)]
                path = (*path[:-1], f"{path[-1]}[{key}]")
            if below is None:
                break
            at = below
        self.file.wrong(at, path, text, hint)


Rule = Callable[[Entry], None]


class Structure(Frozen):
    """A mapping with fixed keys. `build` makes the value of it; without, the `Entry` itself is given.

    `rules` look at several keys together; they run on what could be read.
    """

    fields: tuple[Field, ...]
    build: Callable[..., Any] | None = None
    rules: tuple[Rule, ...] = ()
    also: Mapping[str, Any] = frozen.field(default_factory=dict)

    def read(self, node: Node, path: Path, file: File) -> Any:
        """What `build` makes, or the `Entry`."""
        if not isinstance(node, nodes.Mapping):
            return file.wrong(node, path, f"must be a mapping, not {_shape(node)}")
        before = file.problems.count
        entry = Entry(file, path, node)
        known = {one.name: one for one in self.fields}
        for name, key, value in node.items():
            if name not in known:
                merge = "write the keys out: merge keys are not supported" if name == "<<" else ""
                file.wrong(key, path, f"unknown key {_short(name)}", merge or file.problems.near(name, known))
                continue
            read = known[name].kind.read(value, (*path, name), file)
            if read is not WRONG:
                entry.values[name] = read
        present = {name for name, _, _ in node.items()}
        for one in self.fields:
            if one.is_required and one.name not in present:
                file.wrong(node, path, f"missing key {one.name!r}")
        for rule in self.rules:
            rule(entry)
        if self.build is None:
            return entry
        return self.build(**entry.values) if file.problems.count == before else WRONG

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        properties = {
            one.name: {"description": one.doc} | one.kind.schema() | ({"examples": list(one.examples)} if one.examples else {})
            for one in self.fields
        }
        required = [one.name for one in self.fields if one.is_required]
        made: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        return made | ({"required": required} if required else {}) | dict(self.also)


class Either(Frozen):
    """A list or a record, told apart by their shape."""

    many: Many
    record: Structure

    def read(self, node: Node, path: Path, file: File) -> Any:
        """What the fitting one of the two reads."""
        if isinstance(node, nodes.Mapping):
            return self.record.read(node, path, file)
        if isinstance(node.value, list):
            return self.many.read(node, path, file)
        return file.wrong(node, path, f"must be a list or a mapping, not {_shape(node)}")

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        return {"anyOf": [self.many.schema(), self.record.schema()]}
