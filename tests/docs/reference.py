"""Writes the reference pages of docs/ from the code: commands and options, report.json, catalogue files.

python -m tests.docs.reference            writes them (`make golden` does)
python -m tests.docs.reference --check    exits 1 and names the pages that are out of date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from probe.cli import COMMANDS, SUMMARIES
from probe.cli import main as group

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- made by `make golden` from the code; changes belong there -->\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _options(command: click.Command) -> Iterator[str]:
    rows = []
    for one in command.params:
        record = one.get_help_record(click.Context(command, info_name="probe", max_content_width=1000))
        if record:
            names, text = record
            rows.append(f"| `{names.replace('|', chr(92) + '|')}` | {_cell(text)} |")
    if rows:
        yield from ("| option | meaning |", "|---|---|", *rows, "")


def _command(command: click.Command, path: str, level: int) -> Iterator[str]:
    arguments = [one.make_metavar(click.Context(command)) for one in command.params if isinstance(one, click.Argument)]
    yield f"{'#' * level} `probe {path}`"
    yield ""
    if arguments:
        yield from (f"`probe {path} {' '.join(arguments)}`", "")
    yield from (*(" ".join(part.split()) for part in _paragraphs(command.help or command.short_help or "")), "")
    yield from _options(command)
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _command(command.commands[name], f"{path} {name}", level + 1)


def _paragraphs(text: str) -> Iterator[str]:
    for at, part in enumerate(text.split("\n\n")):
        if at:
            yield ""
        yield part


def commands() -> str:
    """Every command with its options, as `--help` tells them."""
    lines = [NOTE, "# Commands and options", ""]
    lines += ["`probe COMMAND --help` prints the same text. Every option can be set as a variable: `PROBE_SCAN_TIMEOUT=60`.", ""]
    lines += ["| command | what it does |", "|---|---|"]
    lines += [f"| [`probe {name}`](#probe-{name}) | {_cell(SUMMARIES[name])} |" for name in COMMANDS]
    lines += ["", "Options of `probe` itself:", "", *_options(group)]
    for name in COMMANDS:
        lines += _command(COMMANDS.load(name), name, 2)
    return "\n".join(lines).rstrip() + "\n"


def _kind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        values = [f"`{json.dumps(one)}`" for one in schema["enum"]]
        return ", ".join(values) if len(values) <= 20 else f"one of {len(values)} words, such as {', '.join(values[:3])}"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_kind(one, root) for one in schema[key]))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and "items" in schema:
        return f"list of {_kind(schema['items'], root)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_kind(schema['additionalProperties'], root)}"
    return str(kind)


def _fields(schema: Mapping[str, Any], root: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        told = _cell(field.get("description", ""))
        need = "yes" if name in required else ""
        yield f"| `{prefix}{name}` | {_kind(field, root)} | {need} | {told} |"
        items = field.get("items", {}) if field.get("type") == "array" else field
        mark = "[]." if field.get("type") == "array" else "."
        each = items.get("additionalProperties")
        if isinstance(each, dict) and "properties" in each:
            items, mark = each, ".NAME."
        if "properties" in items:
            yield from _fields(items, root, f"{prefix}{name}{mark}")


def _schema(title: str, about: str, schema: Mapping[str, Any]) -> str:
    head = ["| key | value | required | meaning |", "|---|---|---|---|"]
    lines = [NOTE, f"# {title}", "", about, "", *head, *_fields(schema, schema), ""]
    for name, part in schema.get("$defs", schema.get("definitions", {})).items():
        lines += [f"## {name}", ""]
        if part.get("description"):
            lines += [part["description"], ""]
        fields = list(_fields(part, schema))
        lines += [*head, *fields, ""] if fields else [_kind(part, schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def report() -> str:
    """The keys of report.json, from its published JSON Schema."""
    schema = json.loads((ROOT / "docs" / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    about = (
        "The report for scripts, format version 1. Keys may be added, never renamed or removed: ignore the ones you do not know."
        " The [JSON Schema](../schema/report.schema.json) is the authority. `probe scan --json` prints the same object."
    )
    return _schema("report.json", about, schema)


def catalogue() -> str:
    """The keys of a catalogue file, from its JSON Schema."""
    schema = json.loads((ROOT / "probe" / "catalogue" / "schema.json").read_text(encoding="utf-8"))
    about = (
        "The keys of `endpoints.yaml` and of your own catalogue files. `probe catalogue schema` prints the JSON Schema"
        " for your editor; [Extend the catalogue](../catalogue.md) shows how to begin."
    )
    return _schema("Catalogue files", about, schema)


PAGES = {"commands.md": commands, "report.md": report, "catalogue.md": catalogue}


def stale() -> list[str]:
    """Name the pages that differ from what the code says."""
    kept = {name: FOLDER / name for name in PAGES}
    return [name for name, make in PAGES.items() if not kept[name].exists() or kept[name].read_text("utf-8") != make()]


if __name__ == "__main__":
    if "--check" in sys.argv:
        names = stale()
        sys.exit(f"out of date, run `make golden`: {', '.join(names)}" if names else 0)
    FOLDER.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
