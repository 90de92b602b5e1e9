"""A table from public names to code that is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from probe.errors import UsageError


def nearest(name: str, names: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> str:
    """Ask whether a name like this one was meant; "" where none is near."""
    import difflib  # for mistakes alone

    near = difflib.get_close_matches(name, list(names), most, cutoff)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else ""


class Registry(dict[str, str]):
    """Maps a public name to `module:attribute`; `load` imports it. The word `kind` names the thing in error messages."""

    def __init__(self, kind: str, entries: Mapping[str, str]) -> None:
        super().__init__(entries)
        self.kind = kind

    def load(self, name: str) -> Any:
        """Import and return what `name` stands for; an unknown name is a `UsageError` with the nearest valid one."""
        if name not in self:
            hint = f"{nearest(name, self)} known: {', '.join(self)}".lstrip()
            raise UsageError(f"unknown {self.kind} {name!r}", hint=hint)
        module, _, attribute = self[name].partition(":")
        return getattr(import_module(module), attribute)
