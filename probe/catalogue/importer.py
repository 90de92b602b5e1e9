"""Propose catalogue entries from a service's own OpenAPI description: what delivers an artefact, and what leads to its ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from probe.catalogue import nodes
from probe.catalogue.build import VARIABLES
from probe.catalogue.loader import load
from probe.catalogue.openapi import Description, Operation, Property
from probe.catalogue.versions import DATED, NONE, WORDS
from probe.errors import CatalogueError

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*")
_VAGUE = frozenset(("id", "key", "name", "uuid", "guid", "version", "file", "filename"))
_SKIPPED_SEGMENT = re.compile(r"v\d+(?:(?:alpha|beta)\d*)?|api|openai|rest|deployments|")
_STATES = {
    "pending": "queued in_progress running processing preprocessing pending validating validating_files finalizing cancelling "
    "notstarted notrunning created submitted uploaded started",
    "ready": "succeeded completed complete ready done finished processed success",
    "failed": "failed cancelled canceled error incomplete rejected",
    "expired": "expired deleted deleting",
}
_MAX_OTHER_LEADS = 4


@dataclass
class _Route:
    """An operation with its ids under names that are unique in the catalogue."""

    operation: Operation
    path: str
    ids: dict[str, str] = field(default_factory=dict)
    artefact: str = ""
    role: str = ""
    captures: dict[str, list[str]] = field(default_factory=dict)

    @property
    def required_query(self) -> list[dict[str, Any]]:
        """The query parameters that it cannot do without, the api-version aside."""
        given = (one for one in self.operation.parameters if one.get("in") == "query" and one["name"] != "api-version")
        return [one for one in given if str(one.get("required")).lower() == "true"]


def propose(document: bytes, source: str, today: date | None = None) -> str:
    """A whole catalogue as YAML text that `lint` accepts, to be read by a human before use.

    Proposed are GET operations that deliver (an answer that is not JSON, bytes, a path with a `content` or `download` segment) and
    those that lead to the ids they need: lists, statuses, and answers that hold an id of that name. What cannot be read is one
    `CatalogueError`.
    """
    description = Description(document, source)
    prefix, provider = _base(description.server, description.prefix)
    operations = [one for one in description.operations() if _PATH.fullmatch(_PLACEHOLDER.sub("x", prefix + one.path))]
    routes = _named([one for one in operations if one.method == "GET"])
    chosen = _chain(routes)
    if not chosen:
        hint = "looked for answers that are not JSON and for paths with a content or download segment"
        raise CatalogueError(f"{source}: no operation delivers an artefact", hint=hint)
    creates = [f"{one.method} {one.path}" for one in operations if one.method == "POST" and (one.media_types or one.is_binary)]
    return _write(_Proposal(description, prefix, provider, today or datetime.now(UTC).date()), chosen, creates)


def _base(server: str, prefix: str) -> tuple[str, str]:
    """The path prefix of a server URL and the provider that it belongs to."""
    if "api.openai.com" in server:
        return prefix, "openai"
    return prefix, "azure" if "azure" in server or prefix.startswith("/openai") else "generic"


def _snake(name: str) -> str:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return name if name[:1].isalpha() else f"id_{name}".rstrip("_")


def _singular(segment: str) -> str:
    name = _snake(segment)
    if name.endswith(("ches", "shes", "sses", "xes")):
        return name[:-2]
    return f"{name[:-3]}y" if name.endswith("ies") else name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _named(operations: list[Operation]) -> list[_Route]:
    """Give every id of every path one name: `{id}` of `/videos` is `video_id`, a file inside a container `container_file_id`.

    A nested id is named after its parent only where the same name also stands for something of its own.
    """
    outer = {_snake(found[0]) for one in operations if (found := _PLACEHOLDER.findall(one.path))}
    return [_route(one, outer) for one in operations]


def _route(operation: Operation, outer: set[str]) -> _Route:
    segments, ids, parent = operation.path.split("/"), {}, ""
    for at, segment in enumerate(segments):
        for raw in _PLACEHOLDER.findall(segment):
            name = _snake(raw)
            if name in ("deployment_id", "deployment_name"):
                name = "deployment"
            elif name in _VAGUE:
                before = _singular(next((one for one in reversed(segments[:at]) if "{" not in one and one), "item"))
                name = f"{parent.removesuffix('_id') or 'item'}_{name}" if before == name else f"{before}_{name}"
            elif parent and name in outer:
                name = f"{parent.removesuffix('_id')}_{name}"
            while name in ids:
                name = f"{name}_2"
            ids[name] = raw
            segments[at] = segments[at].replace(f"{{{raw}}}", f"{{{name}}}", 1)
            parent = name
    return _Route(operation, "/".join(segments), ids)


def _delivers(route: _Route) -> bool:
    words = {"content", "contents", "download"} & set(route.path.lower().split("/"))
    return bool(words or route.operation.media_types or route.operation.is_binary or route.operation.is_redirect)


def _chain(routes: list[_Route]) -> list[_Route]:
    """Everything that delivers, then whatever leads to the ids that are needed so far."""
    chosen: dict[str, _Route] = {}
    needed: dict[str, str] = {}
    todo = [route for route in routes if _delivers(route)]
    for route in todo:
        route.role, route.artefact = "download", _artefact(route)
    todo = todo or _linking(routes)
    while todo:
        route = todo.pop(0)
        chosen.setdefault(route.path, route)
        for name in route.ids:
            if name in needed or name in VARIABLES:
                continue
            needed[name] = route.ids[name]
            own, others = _leads(name, route, routes)
            for lead in own + (others if route.role == "download" else []):
                if not lead.role:
                    lead.role, lead.artefact = _role(lead), route.artefact
                    todo.append(lead)
        todo = todo or _linking(routes)
    for route in chosen.values():
        for name in needed.keys() - route.ids.keys():
            paths = _captures(name, needed[name], route, routes)
            if paths and route.role != "download":
                route.captures[name] = paths
    return list(chosen.values())


def _linking(routes: list[_Route]) -> list[_Route]:
    """Routes of single things whose answer names a link, and which nothing has led to so far."""
    found = [one for one in routes if not one.role and one.path.endswith("}")]
    found = [one for one in found if any(known.is_link for known in one.operation.properties)]
    for route in found:
        route.role, route.artefact = _role(route), _artefact(route)
    return found


def _leads(name: str, route: _Route, routes: list[_Route]) -> tuple[list[_Route], list[_Route]]:
    """The list that the id stands in and the thing itself; then the shortest other answers that hold an id of that name."""
    item = route.path[: route.path.index(f"{{{name}}}") + len(name) + 2]
    own = [one for one in routes if one.path in (item, item.rpartition("/")[0])]
    raw = route.ids[name]
    others = [one for one in routes if one not in own and not _delivers(one) and not one.required_query and len(one.ids) < 2]
    others = [one for one in others if _fitting(name, raw, one.operation.properties) or _is_bare_status(one)]
    return own, sorted(others, key=lambda one: (len(one.ids), len(one.path)))[:_MAX_OTHER_LEADS]


def _is_bare_status(route: _Route) -> bool:
    """Whether a route without a described answer is a job's status by its name alone, as `status/{job_id}` of FastAPI is."""
    words = {"status", "state", "job", "jobs", "task", "tasks", "result", "results"} & set(route.path.lower().split("/"))
    return bool(words) and bool(route.ids) and not route.operation.properties


def _captures(name: str, raw: str, route: _Route, routes: list[_Route]) -> list[str]:
    """The JSONPaths at which an answer gives an id: the items' own ids of its list, else properties of its name."""
    is_list = any(one.path.startswith(f"{route.path}/{{{name}}}") for one in routes)
    items = [one.path for one in route.operation.properties if is_list and re.fullmatch(r"\$(\.\w+)?\[\*\]\.\w+", one.path)]
    for wanted in (raw, _snake(raw), "id"):
        found = [path for path in items if path.rpartition(".")[2] == wanted]
        if found:
            return found[:1]
    if _is_bare_status(route) and name.endswith("_id"):
        return [f"$.{raw}", "$.data." + raw]
    return _fitting(name, raw, route.operation.properties)


def _fitting(name: str, raw: str, properties: Iterable[Property]) -> list[str]:
    """Paths of properties that are called like the id, or end so (`output_file_id`); what went in comes last."""
    names = {name, _snake(raw)} - _VAGUE
    if name != _snake(raw) and _snake(raw) not in _VAGUE:
        names = {name}
    end = f"_{name}" if name.endswith("_id") else "\0"
    found = [one for one in properties if _snake(one.name) in names or _snake(one.name).endswith(end)]
    found.sort(key=lambda one: (_snake(one.name) not in names, one.name.startswith("input")))
    return [one.path for one in found][:5]


def _artefact(route: _Route) -> str:
    segments = [one for one in route.path.split("/") if "{" not in one and not _SKIPPED_SEGMENT.fullmatch(one)]
    slug = re.sub(r"[^a-z0-9]+", "-", segments[0].lower()).strip("-") if segments else ""
    return f"imported-{slug or 'artefact'}"


def _status(route: _Route) -> list[Property]:
    return [one for one in route.operation.properties if one.path in ("$.status", "$.state")]


def _role(route: _Route) -> str:
    if not route.path.endswith("}") and any("[*]" in one.path for one in route.operation.properties):
        return "list"
    return "status" if _status(route) or _is_bare_status(route) else "metadata"


@dataclass(frozen=True)
class _Proposal:
    """What all proposed entries share."""

    description: Description
    prefix: str
    provider: str
    today: date

    @property
    def surface(self) -> str:
        return f"imported-{self.provider}"

    def versions(self, route: _Route) -> tuple[bool, list[str]] | None:
        """Whether the operation requires an api-version, and the values that are worth a try; None when it takes none."""
        given = next((one for one in route.operation.parameters if one.get("in") == "query" and one["name"] == "api-version"), None)
        if given is None:
            return None
        schema = self.description.resolve(given.get("schema"))
        about = self.description.document.get("info")
        values = [given.get("default"), given.get("example"), schema.get("default"), schema.get("example")]
        values += [*(schema.get("enum") or []), about.get("version") if isinstance(about, dict) else None]
        found = [one for one in values if isinstance(one, str) and (one in WORDS or re.fullmatch(DATED, one))]
        is_required = str(given.get("required")).lower() == "true"
        return is_required, list(dict.fromkeys(found if is_required and found else [*found, NONE]))

    def source(self, route: _Route) -> list[dict[str, str]]:
        at = f"{self.description.title}, {self.description.source}: {route.operation.method} {route.operation.path}"
        return [{"at": _text(at, 1000), "read": self.today.isoformat()}]

    def endpoint(self, route: _Route, takes_version: bool) -> dict[str, Any]:
        versions = self.versions(route)
        entry: dict[str, Any] = {"id": "", "artefact": route.artefact, "role": route.role}
        entry |= {"request": f"GET {self.prefix}{route.path}", "surface": self.surface}
        if takes_version:
            entry["api_versions"] = versions[1] if versions else [NONE]
        query = {one["name"]: _example(one, self.description) for one in route.required_query}
        query = {name: value for name, value in query.items() if value and re.fullmatch(r"[^\s&=?#]+", name)}
        if query:
            entry["query"] = query
        if route.captures:
            entry["captures"] = {name: route.captures[name] for name in sorted(route.captures)}
        if str(route.operation.raw.get("deprecated")).lower() == "true":
            entry["lifecycle"] = {"stage": "deprecated"}
        entry["sources"] = self.source(route)
        summary = _text(str(route.operation.raw.get("summary") or ""), 300)
        return entry | ({"notes": summary} if summary else {})

    def artefact(self, name: str, routes: list[_Route]) -> dict[str, Any]:
        delivered = [one for route in routes if route.role == "download" for one in route.operation.media_types]
        types = list(dict.fromkeys(_media_type(one) for one in delivered)) or ["*/*"]
        entry: dict[str, Any] = {"title": name.replace("-", " ").capitalize(), "media_types": ["*/*"] if "*/*" in types else types}
        ids = dict.fromkeys(one for route in routes for one in (*route.ids, *route.captures) if one not in VARIABLES)
        if ids:
            entry["ids"] = {one: {} for one in ids}
        status = [one for route in routes for one in _status(route)]
        words = list(dict.fromkeys(word for one in status for word in one.words))
        states = {state: [one for one in words if _snake(one) in known.split()] for state, known in _STATES.items()}
        if any(states.values()):
            entry["states"] = {state: of for state, of in states.items() if of}
        if status:
            entry["status_paths"] = list(dict.fromkeys(one.path for one in status))
        return entry


def _media_type(given: str) -> str:
    name = given.partition(";")[0].strip().replace("image/jpg", "image/jpeg")
    says_nothing = name.endswith(("/octet-stream", "/binary"))
    return "*/*" if says_nothing or not re.fullmatch(r"(video|image|audio|text|application)/[a-z0-9.+-]+", name) else name


def _example(parameter: dict[str, Any], description: Description) -> str:
    """A value for a required parameter: what the description offers, else a small number for a number."""
    schema = description.resolve(parameter.get("schema")) or parameter
    offered = [parameter.get("example"), schema.get("default"), schema.get("example"), *(schema.get("enum") or [])]
    first = next((one for one in offered if isinstance(one, str | int) and str(one)), None)
    return _text(str(first), 200) if first is not None else "10" if schema.get("type") == "integer" else ""


def _text(text: str, limit: int) -> str:
    """One line without control characters and lone surrogates."""
    clean = nodes.UNSAFE.sub(" ", text.encode("utf-8", "replace").decode())
    return " ".join(clean.split())[:limit].strip()


def _write(proposal: _Proposal, routes: list[_Route], creates: list[str]) -> str:
    import yaml

    rules = [found for route in routes if (found := proposal.versions(route))]
    rule = "unused" if not rules else "required" if len(rules) == len(routes) and all(one for one, _ in rules) else "optional"
    used = sorted({value for _, values in rules for value in values if value != NONE and value not in WORDS} - _published())
    routes = sorted(routes, key=lambda one: (one.artefact, one.role != "list", one.role == "download", one.path))
    entries, taken = [], set[str]()
    for route in routes:
        entry = proposal.endpoint(route, rule != "unused")
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
        "surfaces": {proposal.surface: {"provider": proposal.provider, "prefix": proposal.prefix, "api_version": rule}},
        **({"api_versions": versions} if versions else {}),
        "artefacts": {name: proposal.artefact(name, of) for name, of in kinds.items()},
        "endpoints": entries,
    }
    title, source = _text(proposal.description.title, 200), _text(proposal.description.source, 200)
    head = [f"Proposed from {title} ({source}): read it before use."]
    head.append("Add it to the shipped catalogue: --catalogue default --catalogue THIS_FILE")
    if proposal.provider == "generic":
        head.append("Name the target by the part of its URL that comes before these paths.")
    head += [f"Not proposed, for it may cost money: {_text(one, 200)} delivers in its own answer." for one in creates[:20]]
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    body = yaml.dump(catalogue, Dumper=dumper, sort_keys=False, allow_unicode=True, width=130, default_flow_style=None)
    return "".join(f"# {line}\n" for line in head) + str(body)


def _published() -> set[str]:
    """The versions that the shipped catalogue knows better."""
    try:
        return {one.value for one in load().api_versions}
    except CatalogueError:
        return set()


def _slug(route: _Route) -> str:
    named = route.operation.raw.get("operationId")
    words = named if isinstance(named, str) and named else re.sub(r"[{}]", "", route.path)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", words)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:80] or "operation"
