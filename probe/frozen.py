"""`dataclass(frozen=True, slots=True)` of the standard library for the model, made in a third of the time.

The library compiles six functions for each class (from Python 3.13 on together): a fifth of what a short command takes. Here
`__init__` alone is compiled, the others share one getter of all fields; for `dataclasses` itself these are classes of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Decorate a class whose instances never change; the words are there for type checkers."""
        assert frozen and slots
        return _made


def _made(cls: type) -> type:
    """Let the library find the fields and lay out the slots, then add what it would have compiled."""
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(made)
    names = [one.name for one in fields]
    assert all(one.init and not one.kw_only and one.default_factory is dataclasses.MISSING for one in fields), "not made here"
    values: dict[str, Any] = {f"default_{one.name}": one.default for one in fields}
    values |= {f"put_{name}": getattr(made, name).__set__ for name in names}  # quicker than to look the slot up each time
    given = ", ".join(one.name if one.default is dataclasses.MISSING else f"{one.name}=default_{one.name}" for one in fields)
    body = "".join(f"\n  put_{name}(self, {name})" for name in names)
    exec(f"def __init__(self, {given}):{body}", values)  # noqa: S102 - names of our own fields, as the library does it
    of, compared = _getter(names), _getter([one.name for one in fields if one.compare])
    told = [one.name for one in fields if one.repr]

    def equal(self: Any, other: Any) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def shown(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in told)})"

    made.__init__, made.__eq__, made.__repr__ = values["__init__"], equal, shown
    made.__hash__ = lambda self: hash(compared(self))
    made.__setattr__, made.__delattr__ = _refuse, _refuse
    made.__getstate__ = lambda self: list(of(self))
    made.__setstate__ = _restore
    return made  # type: ignore[no-any-return]


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    get: Any = attrgetter(*names)
    return get if len(names) > 1 else lambda self: (get(self),)


def _refuse(_self: object, name: str, *_value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
