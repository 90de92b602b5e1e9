"""What every value that passes between the parts of `probe` is made of: a record that never changes, by msgspec.

A record is made, compared and written as JSON in C, which counts where a scan makes thousands. What is worked on or holds a secret
that must stay out of its `repr` is a dataclass of the standard library.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, dataclass_transform

from msgspec import Struct, field, json, structs

__all__ = ["Frozen", "field", "indented", "members", "replace"]

if TYPE_CHECKING:
    from dataclasses import replace  # type checkers know its arguments
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """Return a record, or a dataclass, like `value` with other values in some fields."""
        return (structs if isinstance(value, Struct) else dataclasses).replace(value, **changes)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen(Struct, frozen=True, gc=False):
    """A record whose fields are set once; it cannot be part of a circle, so the collector need not look at it."""


def members(record: Frozen) -> dict[str, Any]:
    """Return the fields with their values, in order."""
    return structs.asdict(record)


def indented(value: Any) -> str:
    """Write a record, or plain values, as JSON with two blanks a level; raises `UnicodeEncodeError` for half a surrogate pair."""
    return json.format(json.encode(value), indent=2).decode()
