"""`probe catalogue`: check, list, show and extend what the tool knows about routes."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.cli import completing
from probe.cli.command import argument, command, option
from probe.cli.options import catalogues_option
from probe.cli.order import load_catalogue
from probe.errors import CatalogueError, ExitCode, UsageError
from probe.frozen import Frozen, members
from probe.model import Lifecycle, Role, Stage, Standing
from probe.providers.registry import PROVIDERS
from probe.registry import nearest
from probe.view.escape import legible, visible

if TYPE_CHECKING:
    from probe.catalogue.verify import Deviation, Excused
    from probe.model import Catalogue, Endpoint

_MAX_SPEC = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Which catalogue to read, and how to show it."""

    files: tuple[str, ...] = catalogues_option()
    as_json: bool = option("--json", help="As JSON on standard output.")


@dataclass(frozen=True, slots=True)
class LintOptions:
    """Which catalogues to check."""

    files: tuple[str, ...] = argument(metavar="[FILE]...")


@dataclass(frozen=True, slots=True)
class ListOptions(ReadOptions):
    """Which endpoints to list."""

    artefact: str | None = option(metavar="KIND", shell_complete=completing.kinds, help="Only endpoints of this kind of artefact.")
    provider: str | None = option(type=click.Choice(list(PROVIDERS)), help="Only endpoints of this provider.")
    api_version: str | None = option(
        metavar="VERSION", help="Only endpoints that a scan tries with this version; `none` for without."
    )
    standing: str | None = option(type=click.Choice([one.value for one in Standing]), help="Only endpoints of this standing.")
    role: str | None = option(type=click.Choice([one.value for one in Role]), help="Only endpoints of this role.")


@dataclass(frozen=True, slots=True)
class EndpointOptions(ReadOptions):
    """Which endpoint to show."""

    endpoint_id: str = argument(metavar="ID", shell_complete=completing.endpoints)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Which description to read."""

    spec: str = argument(metavar="SPEC")


@dataclass(frozen=True, slots=True)
class VerifyOptions(ReadOptions):
    """Which descriptions to compare with."""

    specs: tuple[str, ...] = argument(required=True, metavar="SPEC...")
    provider: str | None = option(type=click.Choice(list(PROVIDERS)), help="Only entries of this provider.")
    known: str | None = option(metavar="FILE", help="Pass over the differences that this list names, each with its reason.")


@click.group()
def catalogue() -> None:
    """Check, list, show and extend the catalogue of endpoints."""


@command(LintOptions, parent=catalogue, example="probe catalogue lint mine.yaml")
def lint(options: LintOptions) -> None:
    """Check catalogues, and say every problem at once.

    Each FILE is checked by itself, a folder stands for its YAML files. With `default` among them they are checked together, as a
    scan with the same --catalogue options would read them. Without FILE the shipped one is checked.
    """
    from probe.catalogue import load
    from probe.catalogue.age import warnings

    names = [name for file in options.files for name in _yaml_files(file)]
    groups = [names or ["default"]] if not names or "default" in names else [[name] for name in names]
    is_bad = False
    for group in groups:
        label = f"{', '.join(group)}: " if len(groups) > 1 else ""
        try:
            found = load(group)
        except CatalogueError as error:
            _say(error.message, err=True)
            is_bad = True
            continue
        for note in (*found.notes, *warnings(found, datetime.now(UTC).date())):
            _say(f"note: {note}", err=True)
        click.echo(f"{label}ok: {_count(len(found.endpoints), 'endpoint')}, {_count(len(found.artefacts), 'artefact')}")
    if is_bad:
        raise SystemExit(int(ExitCode.USAGE))


def _yaml_files(name: str) -> list[str]:
    folder = Path(name)
    is_folder = name != "default" and folder.is_dir()
    return (sorted(str(one) for one in folder.iterdir() if one.suffix in (".yaml", ".yml")) if is_folder else []) or [name]


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


@command(ListOptions, parent=catalogue, example="probe catalogue list --artefact sora1-video", name="list")
def list_(options: ListOptions) -> None:
    """List the endpoints by artefact."""
    found = load_catalogue(options.files)
    kinds = {one.name: one for one in found.artefacts}
    if options.artefact is not None:
        _known("artefact", options.artefact, kinds)
    chosen = [one for one in found.endpoints if _matches(one, options)]
    if options.as_json:
        click.echo(_json(chosen))
        return
    width = shutil.get_terminal_size().columns
    size = max((len(one.id) for one in chosen), default=0)
    for kind in kinds.values():
        of_kind = [one for one in chosen if one.artefact == kind.name]
        if of_kind:
            _say(_cut(f"{kind.name}: {kind.title}{_lifecycle(kind.lifecycle, ' ({})')}", width))
        for one in of_kind:
            versions = ", ".join(version or "none" for version in one.api_versions)
            mark = {Standing.REFUTED: "wrong", Standing.UNDOCUMENTED: "unsure"}.get(one.standing, "")
            _say(_cut(f"  {one.id:{size}}  {one.role:8}  {mark:6}  {versions}".rstrip(), width))
            _say(f"      {_middle(f'{one.method} {one.path}', width - 6)}")
    _say(f"{_count(len(chosen), 'endpoint')} of {len(found.endpoints)}; more: probe catalogue show ID", err=True)


def _matches(one: Endpoint, options: ListOptions) -> bool:
    version = options.api_version
    is_version = version is None or (None if version.lower() == "none" else version) in one.api_versions
    facts = ("artefact", "provider", "standing", "role")
    return is_version and all(getattr(options, name) in (None, getattr(one, name)) for name in facts)


@command(EndpointOptions, parent=catalogue, example="probe catalogue show azure.sora1.job")
def show(options: EndpointOptions) -> None:
    """Show everything about one endpoint, its sources and the URLs that it stands for."""
    found = load_catalogue(options.files)
    by_id = {one.id: one for one in found.endpoints}
    _known("endpoint", options.endpoint_id, by_id)
    one = by_id[options.endpoint_id]
    if options.as_json:
        click.echo(_json(members(one) | {"urls": [url for _, url in _urls(one)]}))
        return
    width = max(40, shutil.get_terminal_size().columns)
    _say(one.id)
    for name, text in _rows(one, found):
        for at, line in enumerate(textwrap.wrap(text, width - 17, break_on_hyphens=False) or [""]):
            _say(f"  {name if at == 0 else '':13}  {line}".rstrip())
    _say("  sources")
    for source in (*one.sources, *one.lifecycle.sources):
        text = f"{source.at} (read {source.read_on})"
        _say(textwrap.fill(text, width, initial_indent="    - ", subsequent_indent="      ", break_on_hyphens=False))
    _say("  urls")
    for version, url in _urls(one):
        _say(f"    {version}: {one.method} {url}" if len(one.api_versions) > 1 else f"    {one.method} {url}")


def _rows(one: Endpoint, found: Catalogue) -> Iterable[tuple[str, str]]:
    """The facts of an endpoint that are set, as name and sentence."""
    kind = next(kind for kind in found.artefacts if kind.name == one.artefact)
    surface = next((surface for surface in found.surfaces if surface.name == one.surface), None)
    makers = _makers(one, found)
    rows = [
        ("artefact", f"{kind.name}: {kind.title}{_lifecycle(kind.lifecycle, ' ({})')}"),
        ("role", one.role),
        ("standing", one.standing),
        ("instead", one.instead or ""),
        ("lifecycle", _lifecycle(one.lifecycle, "{}")),
        ("request", f"{one.method} {one.path}"),
        ("surface", f"{surface.name}, api-version {surface.api_version}" if surface else "a host of its own"),
        ("api-versions", ", ".join(version or "none" for version in one.api_versions)),
        ("more versions", ", ".join(version or "none" for version in one.more_api_versions)),
        ("query", ", ".join(f"{name}={value}" for name, value in one.query)),
        ("headers", ", ".join(f"{name}: {value}" for name, value in one.headers)),
        ("body", one.body or ""),
        *(("needs", f"{name} from {', '.join(ids)}" if ids else f"{name}, to be given") for name, ids in makers),
        *(("captures", f"{rule.name} at {', else '.join(rule.paths)}") for rule in one.captures),
        ("expects", ", ".join(map(str, (*one.expect.status_codes, *(one.expect.media_types or kind.media_types))))),
        ("auth", ", ".join(one.auth)),
        ("costs", one.cost),
        ("notes", one.notes),
        ("defined in", f"{found.source}, line {one.line}"),
    ]
    return [(name, text) for name, text in rows if text]


def _makers(one: Endpoint, found: Catalogue) -> list[tuple[str, list[str]]]:
    """Each placeholder of the path, with the endpoints of the same provider that can give it."""
    names = [part.partition("}")[0] for part in one.path.split("{")[1:]]
    others = [other for other in found.endpoints if other.provider == one.provider and other.standing is not Standing.REFUTED]
    return [(name, [other.id for other in others if any(rule.name == name for rule in other.captures)]) for name in names]


def _urls(one: Endpoint) -> list[tuple[str, str]]:
    """Version and URL of each request; the target's own part is written `{endpoint}`, as the vendors do."""
    base = one.path if one.path.startswith("https://") else "{endpoint}" + one.path
    made = []
    for version in one.api_versions:
        pairs = [f"{name}={value}" for name, value in one.query] + ([f"api-version={version}"] if version else [])
        made.append((version or "none", f"{base}?{'&'.join(pairs)}" if pairs else base))
    return made


@command(ImportOptions, parent=catalogue, example="probe catalogue import openapi.yaml", name="import")
def import_(options: ImportOptions) -> None:
    """Propose entries from an OpenAPI or Swagger description.

    SPEC is a file or a URL, JSON or YAML. The proposal goes to standard output as a whole catalogue; nothing is overwritten. Read
    it, save it as a file, then scan with `--catalogue default --catalogue FILE`.
    """
    from probe.catalogue.importer import propose

    folder = None if "://" in options.spec else Path(options.spec).parent
    click.echo(propose(_read_spec(options.spec), options.spec.rpartition("?")[0] or options.spec, folder=folder), nl=False)


def _read_spec(spec: str) -> bytes:
    """The bytes of a file or of a URL."""
    if spec.startswith(("http://", "https://")):
        from probe.transport.fetching import fetch

        return fetch(spec, _MAX_SPEC)
    return _read_local(spec)


def _read_local(file: str) -> bytes:
    from probe.catalogue.loader import read_file

    return read_file(Path(file), _MAX_SPEC)


@command(VerifyOptions, parent=catalogue, example="probe catalogue verify openapi.yaml")
def verify(options: VerifyOptions) -> None:
    """Compare the catalogue with vendors' own OpenAPI or Swagger files, offline.

    For each documented entry that a SPEC is about: found, other-method, absent, deprecated, missing-query, missing-header or
    media-type; then the routes that deliver something and that no entry names. Exits 1 when there are differences.
    """
    from probe.catalogue.openapi import Description
    from probe.catalogue.verify import FOUND
    from probe.catalogue.verify import verify as compared

    found, expected = load_catalogue(options.files), _expected(options.known)
    by_spec: dict[str, tuple[Deviation, ...]] = {}
    for spec in options.specs:
        rows = compared(found, Description(_read_local(spec), spec, Path(spec).parent), options.provider)
        by_spec[spec] = tuple(one for one in rows if not any(each.covers(Path(spec).name, one) for each in expected))
    if options.as_json:
        click.echo(_json(by_spec))
    for spec, rows in () if options.as_json else by_spec.items():
        different = [one for one in rows if one.what != FOUND]
        _say(f"{spec}: {len(rows) - len(different)} found, {_count(len(different), 'difference')}")
        for one in different:
            _say(f"  {one.what:14}  {one.endpoint or one.request}{f'  ({one.detail})' if one.detail else ''}")
    if any(one.what != FOUND for rows in by_spec.values() for one in rows):
        raise SystemExit(int(ExitCode.NONE_WORKS))


def _expected(file: str | None) -> tuple[Excused, ...]:
    from probe.catalogue.verify import known

    try:
        return known(_read_local(file).decode("utf-8").splitlines()) if file else ()
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from None


@catalogue.command()
def example() -> None:
    """Print a small complete catalogue file: a service of your own with its id, states and header.

    Save it, change it, check it with `probe catalogue lint FILE`, and scan with `--catalogue default --catalogue FILE`.
    """
    from probe.catalogue.example import TEXT

    click.echo(TEXT, nl=False)


@catalogue.command()
def schema() -> None:
    """Print the JSON Schema of a catalogue file, for editors."""
    from probe.catalogue.fields import schema as made

    click.echo(_json(made()))


def _known(what: str, name: str, names: Collection[str]) -> None:
    """Refuse a name that the catalogue does not have, and offer the nearest."""
    if name not in names:
        hint = nearest(name, names, most=3, cutoff=0.5) or "probe catalogue list shows all"
        raise UsageError(f"unknown {what} {name!r}", hint=hint)


def _lifecycle(lifecycle: Lifecycle, form: str) -> str:
    """`preview`, `retired 2026-09-24`; empty for what is simply there."""
    if lifecycle.stage is Stage.GA and lifecycle.retired_on is None:
        return ""
    end = f", retires {lifecycle.retired_on}" if lifecycle.retired_on and lifecycle.stage is not Stage.RETIRED else ""
    on = f" {lifecycle.retired_on}" if lifecycle.retired_on and lifecycle.stage is Stage.RETIRED else ""
    return form.format(f"{lifecycle.stage}{on}{end}")


def _say(text: str, *, err: bool = False) -> None:
    """Print lines that hold what a catalogue or a description says: they may come from anywhere."""
    click.echo("\n".join(map(visible, text.split("\n"))), err=err)


def _json(value: Any) -> str:
    """JSON text; written in ASCII when the terminal or the pipe cannot take more."""
    is_unicode = (sys.stdout.encoding or "ascii").lower().startswith("utf")
    return legible(json.dumps(value, indent=2, ensure_ascii=not is_unicode, default=_plain))


def _plain(value: Any) -> Any:
    return members(value) if isinstance(value, Frozen) else str(value)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 3)] + "..."


def _middle(text: str, width: int) -> str:
    """Shorten in the middle: the end of a path says the most."""
    if len(text) <= width:
        return text
    head = max(1, (width - 3) // 2)
    return f"{text[:head]}...{text[len(text) - max(1, width - 3 - head) :]}"
