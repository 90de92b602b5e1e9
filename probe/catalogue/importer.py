"""Propose catalogue entries from a service's own OpenAPI description: what delivers an artefact, and what leads to its ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from probe.catalogue import nodes
from probe.catalogue.chain import PLACEHOLDER, Route, chain, named, status_of
from probe.catalogue.loader import load
from probe.catalogue.openapi import Description, is_true, without_twins
from probe.catalogue.rules import is_credential
from probe.catalogue.versions import DATED, NONE, WORDS
from probe.errors import CatalogueError
from probe.facts.ids import VARIABLES
from probe.facts.states import STATES, meaning

_MAX_IDS, _MAX_NAMED = 20, 20
_AUTH_FORMS = {
    "authorization": "bearer",
    "api-key": "api-key",
    "x-api-key": "x-api-key",
    "x-goog-api-key": "x-goog-api-key",
    "ocp-apim-subscription-key": "apim",
}
_USUAL = frozenset(("accept", "content-type", "user-agent", "range", "x-ms-client-request-id"))
_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*")


def propose(document: bytes, source: str, today: date | None = None, folder: Path | None = None) -> str:
    """A whole catalogue as YAML text that `lint` accepts, to be read by a human before use.

    Proposed are GET operations that deliver (an answer that is not JSON, bytes, a path with a `content` or `download` segment) and
    those that lead to the ids they need: lists, statuses, and answers that hold an id of that name. References to other files are
    followed in `folder`. What was left out is counted and named at the top. What cannot be read is one `CatalogueError`.
    """
    description = Description(document, source, folder)
    found = list(without_twins(description.operations()))
    operations = [one for one in found if _PATH.fullmatch(PLACEHOLDER.sub("x", one.prefix + one.path))]
    operations = [one for one in operations if one.path.count("{") <= _MAX_IDS]
    routes = named([one for one in operations if one.method == "GET"])
    chosen = chain(routes, {one.path.removesuffix("/cancel") for one in operations if one.path.endswith("/cancel")})
    if not chosen:
        hint = "looked for answers that are not JSON and for paths with a content or download segment"
        if len(operations) < len(found):
            hint += f"; {len(found) - len(operations)} paths cannot stand in a catalogue (characters, or more than {_MAX_IDS} ids)"
        raise CatalogueError(f"{source}: no operation delivers an artefact", hint=hint)
    proposal = _Proposal(description, _provider(description), today or datetime.now(UTC).date())
    kept = {id(one) for one in operations}
    creates = [f"{one.method} {one.path}" for one in operations if one.method == "POST" and (one.media_types or one.is_binary)]
    told = {
        "Delivers in its own answer, and may cost money": creates,
        "A path that no catalogue may hold": [f"{one.method} {one.path}" for one in found if id(one) not in kept],
        "A file that is not beside the description": description.missing,
        "A state whose meaning the description does not give": _unknown_words(chosen),
        "A value that the description does not give": [text for route in chosen for text in proposal.lacks(route)],
        "Its key goes into another header, give it with -H": sorted(
            {name for route in chosen for name in route.operation.key_headers if name not in _AUTH_FORMS}
        ),
    }
    return _write(proposal, chosen, told)


def _unknown_words(chosen: list[Route]) -> list[str]:
    """Name the status words of a description that no service is known to use."""
    words = (word for route in chosen for one in status_of(route) for word in one.words)
    return [word for word in dict.fromkeys(words) if meaning(word) is None]


def _provider(description: Description) -> str:
    """The provider that the server of a description belongs to."""
    if "api.openai.com" in description.server:
        return "openai"
    return "azure" if "azure" in description.server or description.prefix.startswith("/openai") else "generic"


def _told(told: dict[str, list[str]]) -> list[str]:
    """Count and name what is not in the proposal."""
    lines = []
    for what, of in told.items():
        rest = f", and {len(of) - _MAX_NAMED} more" if len(of) > _MAX_NAMED else ""
        if of:
            lines.append(f"Left out, {len(of)}: {what}: {', '.join(_text(one, 200) for one in of[:_MAX_NAMED])}{rest}")
    return lines


@dataclass(frozen=True)
class _Proposal:
    """What all proposed entries share."""

    description: Description
    provider: str
    today: date

    def surface(self, prefix: str, prefixes: list[str]) -> str:
        """Each server path has a surface of its own; the description's own comes first."""
        at = prefixes.index(prefix)
        return f"imported-{self.provider}" + (f"-{at + 1}" if at else "")

    def query(self, route: Route) -> dict[str, str]:
        """What the path's own key holds, the ids, and required parameters that the description gives a value for."""
        given = dict(route.operation.query) | {one["name"]: _offered(one, self.description) for one in route.required_query}
        given |= {name: f"{{{ident}}}" for name, ident in route.query_ids.items()}
        return {name: value for name, value in given.items() if re.fullmatch(r"[^\s&=?#]+", name)}

    def headers(self, route: Route) -> dict[str, str]:
        """The headers that the operation requires, credentials and those of every request aside."""
        given = [one for one in route.operation.parameters if one.get("in") == "header" and is_true(one.get("required"))]
        given = [one for one in given if one["name"].lower() not in _USUAL and not is_credential("header", one["name"])]
        return {one["name"]: _offered(one, self.description) for one in given}

    def lacks(self, route: Route) -> list[str]:
        """Name the required parameters for which no value is known."""
        missing = [name for name, value in (*self.query(route).items(), *self.headers(route).items()) if not value]
        return [f"{name} of GET {route.operation.path}" for name in missing]

    def versions(self, route: Route) -> tuple[bool, list[str]] | None:
        """Whether the operation requires an api-version, and the values that are worth a try; None when it takes none."""
        given = next((one for one in route.operation.parameters if one.get("in") == "query" and one["name"] == "api-version"), None)
        if given is None:
            return None
        schema = self.description.resolve(given.get("schema"))
        about = self.description.document.get("info")
        values = [given.get("default"), given.get("example"), schema.get("default"), schema.get("example")]
        values += [*(schema.get("enum") or []), about.get("version") if isinstance(about, dict) else None]
        found = [one for one in values if isinstance(one, str) and (one in WORDS or re.fullmatch(DATED, one))]
        is_required = is_true(given.get("required"))
        return is_required, list(dict.fromkeys(found if is_required and found else [*found, NONE]))

    def source(self, route: Route) -> list[dict[str, str]]:
        at = f"{self.description.title}, {self.description.source}: {route.operation.method} {route.operation.path}"
        return [{"at": _text(at, 1000), "read": self.today.isoformat()}]

    def endpoint(self, route: Route, takes_version: bool, prefixes: list[str]) -> dict[str, Any]:
        versions = self.versions(route)
        prefix = route.operation.prefix
        entry: dict[str, Any] = {"id": "", "artefact": route.artefact, "role": route.role}
        entry |= {"request": f"GET {prefix}{route.path}", "surface": self.surface(prefix, prefixes)}
        if takes_version:
            entry["api_versions"] = versions[1] if versions else [NONE]
        for key, given in (("query", self.query(route)), ("headers", self.headers(route))):
            if values := {name: value for name, value in given.items() if value}:
                entry[key] = values
        forms = [_AUTH_FORMS[name] for name in route.operation.key_headers if name in _AUTH_FORMS]
        if forms and self.provider == "generic" and forms != ["bearer"]:
            entry["auth"] = forms
        if route.captures:
            entry["captures"] = {name: route.captures[name] for name in sorted(route.captures)}
        if is_true(route.operation.raw.get("deprecated")):
            entry["lifecycle"] = {"stage": "deprecated"}
        entry["sources"] = self.source(route)
        summary = _text(str(route.operation.raw.get("summary") or ""), 300)
        return entry | ({"notes": summary} if summary else {})

    def artefact(self, name: str, routes: list[Route]) -> dict[str, Any]:
        delivered = [one for route in routes if route.role == "download" for one in route.operation.media_types]
        types = list(dict.fromkeys(_media_type(one) for one in delivered)) or ["*/*"]
        entry: dict[str, Any] = {"title": name.replace("-", " ").capitalize(), "media_types": ["*/*"] if "*/*" in types else types}
        ids = dict.fromkeys(one for route in routes for one in (*route.ids, *route.captures) if one not in VARIABLES)
        if ids:
            entry["ids"] = {one: {} for one in ids}
        status = [one for route in routes for one in status_of(route)]
        words = list(dict.fromkeys(word for one in status for word in one.words))
        states = {state: [one for one in words if meaning(one) == state] for state in STATES}
        if any(states.values()):
            entry["states"] = {state: of for state, of in states.items() if of}
        if status:
            entry["status_paths"] = list(dict.fromkeys(one.path for one in status))
        return entry


def _media_type(given: str) -> str:
    name = given.partition(";")[0].strip().replace("image/jpg", "image/jpeg")
    says_nothing = name.endswith(("/octet-stream", "/binary"))
    return "*/*" if says_nothing or not re.fullmatch(r"(video|image|audio|text|application)/[a-z0-9.+-]+", name) else name


def _offered(parameter: dict[str, Any], description: Description) -> str:
    """The value that the description itself offers for a parameter; none is invented."""
    schema = description.resolve(parameter.get("schema")) or parameter
    offered = [parameter.get("example"), schema.get("default"), schema.get("example"), *(schema.get("enum") or [])]
    first = next((one for one in offered if isinstance(one, str | int) and str(one)), None)
    return _text(str(first), 200) if first is not None else ""


def _text(text: str, limit: int) -> str:
    """One line without control characters and lone surrogates."""
    clean = nodes.UNSAFE.sub(" ", text.encode("utf-8", "replace").decode())
    return " ".join(clean.split())[:limit].strip()


def _write(proposal: _Proposal, routes: list[Route], told: dict[str, list[str]]) -> str:
    import yaml

    rules = [found for route in routes if (found := proposal.versions(route))]
    rule = "unused" if not rules else "required" if len(rules) == len(routes) and all(one for one, _ in rules) else "optional"
    used = sorted({value for _, values in rules for value in values if value != NONE and value not in WORDS} - _published())
    routes = sorted(routes, key=lambda one: (one.artefact, one.role != "list", one.role == "download", one.path))
    entries, taken = [], set[str]()
    prefixes = list(dict.fromkeys([proposal.description.prefix, *(one.operation.prefix for one in routes)]))
    prefixes = [one for one in prefixes if one in {route.operation.prefix for route in routes}]
    for route in routes:
        entry = proposal.endpoint(route, rule != "unused", prefixes)
        base = f"{proposal.provider}.{route.artefact.replace('imported-', 'imported.', 1)}.{_slug(route)}"[:110]
        name, count = base, 2
        while name in taken:
            name, count = f"{base}-{count}", count + 1
        taken.add(name)
        entries.append(entry | {"id": name})
    kinds = {name: [one for one in routes if one.artefact == name] for name in dict.fromkeys(one.artefact for one in routes)}
    versions = [{"value": one, "stage": "preview" if one.endswith("preview") else "ga"} for one in used]
    catalogue: dict[str, Any] = {
        "version": 1,
        "updated": proposal.today.isoformat(),
        "surfaces": {
            proposal.surface(one, prefixes): {"provider": proposal.provider, "prefix": one, "api_version": rule} for one in prefixes
        },
        **({"api_versions": versions} if versions else {}),
        "artefacts": {name: proposal.artefact(name, of) for name, of in kinds.items()},
        "endpoints": entries,
    }
    title, source = _text(proposal.description.title, 200), _text(proposal.description.source, 200)
    head = [f"Proposed from {title} ({source}): read it before use."]
    head.append("Add it to the shipped catalogue: --catalogue default --catalogue THIS_FILE")
    if proposal.provider == "generic":
        head.append("Name the target by the part of its URL that comes before these paths.")
    head += _told(told)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    body = yaml.dump(catalogue, Dumper=dumper, sort_keys=False, allow_unicode=True, width=130, default_flow_style=None)
    return "".join(f"# {line}\n" for line in head) + str(body)


def _published() -> set[str]:
    """The versions that the shipped catalogue knows better."""
    try:
        return {one.value for one in load().api_versions}
    except CatalogueError:
        return set()


def _slug(route: Route) -> str:
    named = route.operation.raw.get("operationId")
    words = named if isinstance(named, str) and named else re.sub(r"[{}]", "", route.path)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", words)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:80] or "operation"
