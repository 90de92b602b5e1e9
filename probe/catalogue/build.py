"""From entries that are right by themselves to one catalogue: what they say about each other is checked here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probe.catalogue.kinds import Entry
from probe.catalogue.nodes import Problems
from probe.catalogue.rules import placeholders
from probe.catalogue.versions import WORDS, Range, expand, newest_first, order
from probe.facts.ids import VARIABLES
from probe.language import _
from probe.model import ApiVersion, Artefact, CaptureRule, Endpoint, IdName, Lifecycle, Stage, Standing, Surface, VersionRule
from probe.providers import PROVIDERS

SECTIONS = ("surfaces", "api_versions", "artefacts", "endpoints")


@dataclass(slots=True)
class Merged:
    """The sections of all files: name -> entry, later files over earlier ones; `notes` say what was overridden."""

    surfaces: dict[str, Entry] = field(default_factory=dict)
    api_versions: dict[str, Entry] = field(default_factory=dict)
    artefacts: dict[str, Entry] = field(default_factory=dict)
    endpoints: dict[str, Entry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, section: str, given: Any) -> None:
        """Add what one file has in a section: a mapping by name, or a list of entries that have a `value` or an `id`."""
        into: dict[str, Entry] = getattr(self, section)
        key = "value" if section == "api_versions" else "id"
        pairs = given.items() if isinstance(given, dict) else ((entry.values.get(key), entry) for entry in given)
        for name, entry in pairs:
            old = into.get(name)
            if name is None:
                continue
            if old and old.file is entry.file:
                entry.wrong([key], f"{name!r} is already in line {old.node.line}")
                continue
            if old:
                note = _("{file} overrides {name} of {other}", file=entry.file.source, name=name, other=old.file.source)
                self.notes.append(note)
            into[name] = entry


class Context:
    """The checked sections that endpoints refer to.

    A section with a problem of its own is not `trusted`: what seems to be missing from it would only be a consequence.
    """

    def __init__(self, merged: Merged, problems: Problems) -> None:
        self.merged = merged
        self.trusted = frozenset(SECTIONS) - problems.sections if "" not in problems.sections else frozenset[str]()
        self.surfaces = {name: Surface(name, **entry.values) for name, entry in merged.surfaces.items() if len(entry.values) == 3}
        self.by_prefix = {(one.provider, one.prefix): one for one in self.surfaces.values()}
        self.versions = api_versions(merged)
        self.ranked = newest_first(self.versions)
        self._check_version_surfaces()
        self.known_versions = {one.value for one in self.versions} | set(WORDS)
        ids = {name for entry in merged.artefacts.values() for name in entry.values.get("ids", ())}
        self.placeholders = dict.fromkeys([*sorted(ids), *VARIABLES])
        self._expanded: dict[Any, Any] = {}

    def surface_of(self, provider: str, path: str) -> Surface | None:
        """The surface of a provider with the longest prefix of a path, whole segments only."""
        while True:
            found = self.by_prefix.get((provider, path))
            if found or not path:
                return found
            path = path.rpartition("/")[0]

    def expand(self, given: tuple[str | None, ...] | Range, surface: str) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
        """As `versions.expand`, with the versions that a surface can have; each answer is made once."""
        if (given, surface) not in self._expanded:
            self._expanded[given, surface] = expand(given, self.ranked_at(surface))
        found: tuple[tuple[str | None, ...], tuple[str | None, ...]] = self._expanded[given, surface]
        return found

    def ranked_at(self, surface: str) -> tuple[ApiVersion, ...]:
        """The versions of one surface, newest first: its own where it has some, else those that belong to no surface alone."""
        has_own = any(surface in one.surfaces for one in self.ranked)
        return tuple(one for one in self.ranked if one.is_known_wrong or (surface in one.surfaces if has_own else not one.surfaces))

    def _check_version_surfaces(self) -> None:
        """A version borrowed from the shipped catalogue may name surfaces that a file with surfaces of its own does not have."""
        complete = {id(one.file) for one in self.merged.surfaces.values()}
        for entry in self.merged.api_versions.values():
            if id(entry.file) not in complete:
                continue
            for at, name in enumerate(entry.values.get("surfaces", ())):
                if name not in self.surfaces and "surfaces" in self.trusted:
                    hint = entry.file.problems.near(name, self.surfaces)
                    entry.wrong(["surfaces", str(at)], f"unknown surface {name!r}", hint)


def api_versions(merged: Merged) -> tuple[ApiVersion, ...]:
    """All versions: dated ones in date order, then words, then wrong ones. Each file must keep the order itself."""
    last: dict[int, str] = {}
    for value, entry in merged.api_versions.items():
        before = last.get(id(entry.file))
        at, earlier = order(value), order(before or "")
        if "wrong" in entry.values or at is None:
            continue
        if earlier and at < earlier:
            entry.wrong(["value"], f"{value!r} must come before {before!r}: the list is in date order")
        last[id(entry.file)] = value
    ranked = newest_first([_version(**entry.values) for entry in merged.api_versions.values()])
    dated = [one for one in ranked if order(one.value) and not one.is_known_wrong]
    return (*reversed(dated), *(one for one in ranked if one not in dated))


def _version(
    value: str, stage: Stage | None = None, wrong: str = "", notes: str = "", surfaces: tuple[str, ...] = ()
) -> ApiVersion:
    by_name = Stage.PREVIEW if value.endswith("preview") else Stage.GA
    return ApiVersion(value, stage or by_name, bool(wrong), wrong or notes, surfaces)


def artefact(name: str, entry: Entry) -> Artefact:
    """An artefact kind from its entry."""
    ids = tuple(IdName(id_name, *given) for id_name, given in entry.values.get("ids", {}).items())
    lifecycles = tuple(entry.values.get("lifecycles", {}).items())
    return Artefact(**(entry.values | {"name": name, "ids": ids, "lifecycles": lifecycles}))


def endpoint(entry: Entry, context: Context) -> Endpoint | None:
    """An endpoint from its entry, or None after noting what is wrong with its references."""
    values = entry.values
    if not {"id", "artefact", "role", "request", "sources"} <= values.keys():
        return None
    before = entry.file.problems.count
    provider = values["id"].partition(".")[0]
    method, path = values["request"]
    surface = _surface(entry, context, provider, path)
    tried, more = _versions(entry, context, surface)
    _check_references(entry, context)
    if entry.file.problems.count > before:
        return None
    kind = context.merged.artefacts.get(values["artefact"])
    lives = kind.values.get("lifecycles", {}) if kind else {}
    made: dict[str, Any] = {name: value for name, value in values.items() if name != "request"}
    made.setdefault("lifecycle", lives.get(provider, Lifecycle(Stage.GA)))
    made |= {
        "provider": provider,
        "surface": surface.name if surface else "",
        "method": method,
        "path": path,
        "api_versions": tried,
        "more_api_versions": more,
        "query": tuple(values.get("query", {}).items()),
        "headers": tuple(values.get("headers", {}).items()),
        "captures": tuple(CaptureRule(name, paths) for name, paths in values.get("captures", {}).items()),
        "line": entry.node.line,
    }
    return Endpoint(**made)


def _surface(entry: Entry, context: Context, provider: str, path: str) -> Surface | None:
    near = entry.file.problems.near
    named = entry.values.get("surface")
    if named is None:
        found = None if path.startswith("https://") else context.surface_of(provider, path)
        if found is None and not path.startswith("https://") and provider in PROVIDERS and "surfaces" in context.trusted:
            known = [f"{one.prefix or '(empty)'}" for one in context.surfaces.values() if one.provider == provider]
            hint = f"its prefixes: {', '.join(known)}" if known else "add one under 'surfaces'"
            entry.wrong(["request"], f"no surface of provider {provider!r} has a prefix of this path", hint)
        return found
    found = context.surfaces.get(named)
    if found is None and "surfaces" in context.trusted:
        entry.wrong(["surface"], f"unknown surface {named!r}", near(named, context.surfaces))
    elif found and found.provider != provider:
        entry.wrong(["surface"], f"surface {named!r} is of provider {found.provider!r}, the id says {provider!r}")
    return found


def _versions(entry: Entry, context: Context, surface: Surface | None) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    given = entry.values.get("api_versions")
    takes = surface is not None and surface.api_version is not VersionRule.UNUSED
    if given is None:
        if takes and not entry.node.get("api_versions"):
            entry.wrong([], "missing key 'api_versions'", f"surface {surface.name!r} takes one" if surface else "")
        return (None,), ()
    if surface and not takes and given != (None,):
        entry.wrong(["api_versions"], f"surface {surface.name!r} takes no api-version")
    if isinstance(given, Range):
        ends = [((key,), value) for key, value in (("since", given.since), ("until", given.until)) if value and order(value)]
        named = [*ends, *((("try", str(at)), value) for at, value in enumerate(given.chosen) if value)]
    else:
        named = [((str(at),), value) for at, value in enumerate(given) if value]
    for keys, value in named:
        if value not in context.known_versions and "api_versions" in context.trusted:
            entry.wrong(["api_versions", *keys], f"unknown api-version {value!r}", _version_hint(value, context))
    if not isinstance(given, Range) and len(set(given)) < len(given):
        entry.wrong(["api_versions"], "names a version twice")
    tried, more = context.expand(given, surface.name if surface else "")
    if not tried and "api_versions" in context.trusted:
        entry.wrong(["api_versions"], "no published version is in this range")
    return tried, more if takes else ()


def _version_hint(value: str, context: Context) -> str:
    """A published version that is a slip of the pen away; else the newest ones, since dates that look alike share nothing."""
    published = [one for one in context.ranked if not one.is_known_wrong and not one.surfaces]
    near = difflib.get_close_matches(value[:100], [*(one.value for one in published), *WORDS], n=1, cutoff=0.9)
    if near:
        return f"did you mean {near[0]!r}?"
    newest = [next((one.value for one in published if one.stage is stage), "") for stage in (Stage.GA, Stage.PREVIEW)]
    return f"add it under 'api_versions'; the newest known are {' and '.join(filter(None, newest)) or 'none'}"


def _check_references(entry: Entry, context: Context) -> None:
    merged, near, values = context.merged, entry.file.problems.near, entry.values
    if "artefacts" in context.trusted:
        if values["artefact"] not in merged.artefacts:
            entry.wrong(["artefact"], f"unknown artefact {values['artefact']!r}", near(values["artefact"], merged.artefacts))
        known, declare = context.placeholders, "declare it under an artefact's 'ids'"
        for keys, name in placeholders(entry):
            if name not in known:
                entry.wrong(keys, f"undefined placeholder {{{name}}}", near(name, known) or declare)
        for name in values.get("captures", ()):
            if name not in known:
                entry.wrong(["captures", name], f"unknown id name {name!r}", near(name, known) or declare)
    instead = values.get("instead")
    if instead is None:
        return
    if instead == values["id"]:
        entry.wrong(["instead"], "points at itself")
    elif instead not in merged.endpoints:
        entry.wrong(["instead"], f"unknown endpoint {instead!r}", near(instead, merged.endpoints))
    elif merged.endpoints[instead].values.get("standing") is Standing.REFUTED:
        entry.wrong(["instead"], f"{instead!r} is refuted itself")


def surfaces_with_one_prefix(merged: Merged) -> None:
    """Note surfaces of one file that no path could tell apart."""
    seen: dict[tuple[Any, ...], tuple[str, Entry]] = {}
    for name, entry in merged.surfaces.items():
        key = (id(entry.file), entry.values.get("provider"), entry.values.get("prefix"))
        if None in key:
            continue
        first = seen.setdefault(key, (name, entry))[0]
        if first != name:
            entry.wrong(["prefix"], f"surface {first!r} of the same provider has this prefix too")


def ambiguous_prefixes(artefacts: Mapping[str, Artefact]) -> tuple[str, ...]:
    """One note for each id prefix that different id names claim and no artefact claims for both: the id cannot be told then."""
    claims: dict[str, dict[str, set[str]]] = {}
    for one in artefacts.values():
        for name in one.ids:
            for prefix in name.prefixes:
                claims.setdefault(prefix, {}).setdefault(name.name, set()).add(one.name)
    notes = []
    for prefix, names in claims.items():
        families = list(names.values())
        if len(names) > 1 and not set.intersection(*families):
            notes.append(_("ids that begin with {prefix} may be {names}", prefix=prefix, names=", ".join(sorted(names))))
    return tuple(notes)
