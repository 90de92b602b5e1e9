"""A command's options as one typed record: each field carries the click option that fills it.

    @dataclass(frozen=True, slots=True)
    class GreetOptions:
        name: str = argument()
        times: int = option("-n", default=1, help="How often.")

    @command(GreetOptions)
    def greet(options: GreetOptions) -> None: ...

The option's name and type follow from the field: `times: int` is `--times`, a `bool` is a flag, a tuple may be repeated. The type
checker therefore sees every use of an option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import click

_KEY = "click"
_REST = "Options"
_HEADINGS = ("Target", "Scope", "Reports", "Terminal", "Connection", "Limits", _REST)
"""The order in which a help shows them: what most people need comes first, and the options of the command alone last."""
Record = TypeVar("Record")


class Declared(NamedTuple):
    """How one field is filled: the names of its option, or none for an argument, and what click is told of it."""

    names: tuple[str, ...]
    attributes: Mapping[str, Any]
    is_argument: bool = False
    heading: str = ""


class Heading(NamedTuple):
    """A record within a record, under a heading of its own; `options` declares its fields where they do not do so themselves."""

    title: str
    options: Mapping[str, Declared]


class GroupedOption(click.Option):
    """An option that stands under a heading of the help."""

    title = _REST

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Show a default as one would type it: `30s`, not 30.0."""
        extra = super().get_help_extra(ctx)
        write = getattr(self.type, "text", None)
        if "default" in extra and write is not None and isinstance(self.show_default, bool):
            extra["default"] = write(self.get_default(ctx))
        return extra


class Command(click.Command):
    """A command whose help lists its options under headings and ends with an example."""

    example = ""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example as it is to be typed: a command that is broken into lines can no longer be copied."""
        if self.example:
            with formatter.section("Example"):
                formatter.write("".join(f"  {line}\n" for line in self.example.splitlines()))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section a heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            shown = parameter.get_help_record(ctx)
            if shown is not None:
                sections.setdefault(getattr(parameter, "title", _REST), []).append(shown)
        for title in sorted(sections, key=_HEADINGS.index):
            with formatter.section(title):
                formatter.write_dl(sections[title])


def declare(*names: str, **attributes: Any) -> Declared:
    """Say which option fills a field of a record that is not made of options; see `option`."""
    return Declared(names, attributes)


def option(*names: str, heading: str = "", **attributes: Any) -> Any:
    """Fill a field by an option. Without a long name in `names` it is called as the field; `attributes` are those of click.

    `heading` is where it stands in the help, that of its group otherwise.
    """
    return field(metadata={_KEY: Declared(names, attributes, heading=heading)})


def argument(**attributes: Any) -> Any:
    """Fill a field by an argument; a field that may be None may be left out, a tuple takes all that is left."""
    return field(metadata={_KEY: Declared((), attributes, is_argument=True)})


def group(title: str, options: Mapping[str, Declared] | None = None) -> Any:
    """Fill a field by a record of its own, whose options stand under `title` in the help."""
    return field(metadata={_KEY: Heading(title, options or {})})


def command(
    record: type[Record], *, parent: click.Group | None = None, name: str | None = None, example: str = ""
) -> Callable[[Callable[[Record], None]], Command]:
    """Make a command of a function that takes one record of its options; `parent` is the group that it belongs to.

    `example` is a command line that the help ends with.
    """

    def decorate(function: Callable[[Record], None]) -> Command:
        def called(**values: Any) -> None:
            function(record_of(record, values))

        made = Command(
            name or function.__name__,
            callback=called,
            params=list(parameters(record)),
            help=function.__doc__,
        )
        made.example = example
        if parent is not None:
            parent.add_command(made)
        return made

    return decorate


def parameters(record: type[Any], title: str = _REST, options: Mapping[str, Declared] | None = None) -> Iterator[click.Parameter]:
    """Make the parameters that fill a record, those of its groups in their place."""
    declared = options or _declared(record)
    for name, hint in get_type_hints(record).items():
        made = declared[name]
        if isinstance(made, Heading):
            yield from parameters(hint, made.title, made.options)
        elif made.is_argument:
            yield click.Argument([name], **{**_of_argument(hint), **made.attributes})
        else:
            long = () if any(one.startswith("--") for one in made.names) else ("--" + name.replace("_", "-"),)
            made_option = GroupedOption([*made.names, *long, name], **{**_of_option(hint), **made.attributes})
            made_option.title = made.heading or title
            yield made_option


def record_of(record: type[Record], values: Mapping[str, Any]) -> Record:
    """Put what click has read into a record, and into the records within it."""
    hints, declared = get_type_hints(record), _declared(record)
    nested = {name for name, made in declared.items() if isinstance(made, Heading)}
    return record(**{name: record_of(hint, values) if name in nested else values[name] for name, hint in hints.items()})


def _declared(record: type[Any]) -> Mapping[str, Any]:
    """How each field is filled; a record that is not made of options, such as limits, says nothing itself."""
    return {one.name: one.metadata.get(_KEY) for one in fields(record)} if is_dataclass(record) else {}


def _of_option(hint: Any) -> dict[str, Any]:
    """Tell click of an option what the type of its field says."""
    if hint is bool:
        return {"is_flag": True}
    if get_origin(hint) is tuple:
        return {"multiple": True, "type": _kind(get_args(hint)[0])}
    return {"type": _kind(hint)}


def _of_argument(hint: Any) -> dict[str, Any]:
    """Tell click of an argument what the type of its field says."""
    if get_origin(hint) is tuple:
        return {"nargs": -1, "type": _kind(get_args(hint)[0])}
    return {"required": NoneType not in get_args(hint), "type": _kind(hint)}


def _kind(hint: Any) -> Any:
    """Translate the type of one value into click's."""
    (kind,) = [one for one in get_args(hint) or (hint,) if one is not NoneType]
    return click.Path(path_type=Path) if kind is Path else kind
