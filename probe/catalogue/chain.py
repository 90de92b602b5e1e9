"""Find in a service's description what delivers an artefact, and what leads to the ids that it needs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Any

from probe.catalogue.openapi import Operation, Property, is_true
from probe.facts.ids import VARIABLES

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_VAGUE = frozenset(("id", "key", "name", "uuid", "guid", "version", "file", "filename"))
_ID_PARAMETER = re.compile(r"(?:^|_)(?:id|uuid|guid)$")
_SKIPPED_SEGMENT = re.compile(r"v\d+(?:(?:alpha|beta)\d*)?|api|openai|rest|deployments|")
_SETTINGS = frozenset(("agents", "assistants", "connectors", "tools", "mcp-servers", "models", "endpoints", "users", "workspaces"))
"""Collections of what people configure: a link in one of them leads to nothing that was made."""
_RESULTS = frozenset(f"$.{name}" for name in ("output", "outputs", "response", "result", "results"))
_MAX_OTHER_LEADS = 4
_MAX_GUESSED = 20


@dataclass
class Route:
    """An operation with its ids under names that are unique in the catalogue."""

    operation: Operation
    path: str
    ids: dict[str, str] = field(default_factory=dict)
    artefact: str = ""
    role: str = ""
    captures: dict[str, list[str]] = field(default_factory=dict)
    query_ids: dict[str, str] = field(default_factory=dict)
    is_goal: bool = False
    can_cancel: bool = False

    @property
    def key(self) -> str:
        """What tells it from other routes: some are told apart by their query alone."""
        return f"{self.path}?{self.operation.query}"

    @property
    def required_query(self) -> list[dict[str, Any]]:
        """The query parameters that it cannot do without, the api-version aside."""
        given = (one for one in self.operation.parameters if one.get("in") == "query" and one["name"] != "api-version")
        return [one for one in given if is_true(one.get("required"))]


def snake(name: str) -> str:
    """Write a name as the catalogue does: `fileId` is `file_id`."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return name if name[:1].isalpha() else f"id_{name}".rstrip("_")


def _singular(segment: str) -> str:
    name = snake(segment)
    if name.endswith(("ches", "shes", "sses", "xes")):
        return name[:-2]
    return f"{name[:-3]}y" if name.endswith("ies") else name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def named(operations: list[Operation]) -> list[Route]:
    """Give every id of every path one name: `{id}` of `/videos` is `video_id`, a file inside a container `container_file_id`.

    A nested id is named after its parent only where the same name also stands for something of its own.
    """
    outer = {snake(found[0]) for one in operations if (found := PLACEHOLDER.findall(one.path))}
    return [_route(one, outer) for one in operations]


def _route(operation: Operation, outer: set[str]) -> Route:
    segments, parent = operation.path.split("/"), ""
    ids: dict[str, str] = {}
    for at, segment in enumerate(segments):
        for raw in PLACEHOLDER.findall(segment):
            name = snake(raw)
            if name in ("deployment_id", "deployment_name"):
                name = "deployment"
            elif name in _VAGUE:
                before = _singular(next((one for one in reversed(segments[:at]) if "{" not in one and one), "item"))
                name = f"{parent.removesuffix('_id') or 'item'}_{name}" if before == name else f"{before}_{name}"
            elif parent and name in outer:
                name = f"{parent.removesuffix('_id')}_{name}"
            name = _free(name, ids)
            ids[name] = raw
            segments[at] = segments[at].replace(f"{{{raw}}}", f"{{{name}}}", 1)
            parent = name
    route = Route(operation, "/".join(segments), ids)
    asked = {one["name"]: one["name"] for one in route.required_query if _ID_PARAMETER.search(snake(one["name"]))}
    asked |= {name: found[1] for name, value in operation.query if (found := re.fullmatch(r"\{([^{}]+)\}", value))}
    for parameter, raw in asked.items():
        name = _free(_of_parent(snake(raw), segments), ids)
        ids[name], route.query_ids[parameter] = raw, name
    return route


def _of_parent(name: str, segments: list[str]) -> str:
    """`?id=` of `/videos/file` is a `video_id`."""
    before = [one for one in segments if one and "{" not in one and not _SKIPPED_SEGMENT.fullmatch(one)]
    return f"{_singular(before[0])}_{name}" if name in _VAGUE and before else name


def _free(name: str, taken: dict[str, str]) -> str:
    count, base = 1, name
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    return name


class _Index:
    """All routes, by what they are looked up by: descriptions have thousands."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self.by_path: dict[str, list[Route]] = defaultdict(list)
        self.items: dict[str, set[str]] = defaultdict(set)
        self._holders: dict[str, list[Route]] = defaultdict(list)
        self.bare = [one for one in routes if _is_bare_status(one) and _can_lead(one)]
        for route in routes:
            self.by_path[route.path].append(route)
            for name in route.ids:
                before, found, _rest = route.path.partition(f"/{{{name}}}")
                if found:
                    self.items[before].add(name)
            if _can_lead(route):
                for end in {end for one in route.operation.properties for end in _ends(snake(one.name))}:
                    self._holders[end].append(route)

    def leads(self, name: str, route: Route) -> tuple[list[Route], list[Route]]:
        """The list that the id stands in and the thing itself; then the shortest other answers that hold an id of that name."""
        mark, raw = f"{{{name}}}", route.ids[name]
        own: list[Route] = []
        if mark in route.path:
            item = route.path[: route.path.index(mark) + len(mark)]
            own = self.by_path.get(item, []) + self.by_path.get(item.rpartition("/")[0], [])
        held = self._holders.get(name, [])
        others = [one for one in [*held, *self.bare] if one not in own and name not in one.ids]
        others = [one for one in others if _is_bare_status(one) or _fitting(name, raw, one.operation.properties)]
        distinct = list({id(one): one for one in others}.values())
        return own, sorted(distinct, key=lambda one: (len(one.ids), len(one.path)))[:_MAX_OTHER_LEADS]


def _can_lead(route: Route) -> bool:
    return not _delivers(route) and not route.required_query and len(route.ids) < 2


def _ends(name: str) -> Iterable[str]:
    """`output_file_id` ends in `file_id` and in `id` as well."""
    words = name.split("_")
    return ("_".join(words[at:]) for at in range(len(words)))


def _delivers(route: Route) -> bool:
    words = {"content", "contents", "download"} & set(re.split("[/:]", route.path.lower()))
    operation = route.operation
    is_notice = not route.ids and all(one.startswith("text/") for one in operation.media_types)  # metrics, health, a version
    return bool(words or (operation.media_types and not is_notice) or operation.is_binary or operation.is_redirect)


def chain(routes: list[Route], cancelled: Set[str] = frozenset()) -> list[Route]:
    """Everything that delivers, then whatever leads to the ids that are needed so far; `cancelled` are paths of jobs."""
    for route in routes:
        route.can_cancel = route.operation.path in cancelled
    index = _Index(routes)
    chosen: dict[str, Route] = {}
    needed: dict[str, str] = {}
    todo = [route for route in routes if _delivers(route)]
    for route in todo:
        route.role, route.artefact, route.is_goal = "download", _artefact(route), True
    todo = todo or _linking(routes)
    at = 0
    while at < len(todo):
        route = todo[at]
        at += 1
        chosen.setdefault(route.key, route)
        for name in route.ids:
            if name in needed or name in VARIABLES:
                continue
            needed[name] = route.ids[name]
            own, others = index.leads(name, route)
            for lead in own + (others if route.is_goal else []):
                if not lead.role:
                    lead.role, lead.artefact = role_of(lead), route.artefact
                    todo.append(lead)
        if at == len(todo):
            todo += _linking(routes)
    for route in chosen.values():
        if route.role != "download":
            route.captures = _captures(route, needed, index)
    return list(chosen.values())


def _linking(routes: list[Route]) -> list[Route]:
    """Routes of single things whose answer names a link or a job's result, and which nothing has led to so far."""
    found = [one for one in routes if not one.role and one.ids and _collection(one) not in _SETTINGS]
    found = [one for one in found if _names_link(one) or _is_job(one)]
    for route in found:
        route.role, route.artefact, route.is_goal = role_of(route), _artefact(route), True
    return found


def _collection(route: Route) -> str:
    """The last collection of a path: `agents` of `/agents/{agent_id}/link`."""
    before, _brace, _id = route.path.rpartition("/{")
    return before.rpartition("/")[2]


def _names_link(route: Route) -> bool:
    """Whether an answer names a link: of a thing itself anywhere, below it (`/{id}/url`) not in a list."""
    is_thing = route.path.endswith("}") or bool(route.query_ids)
    return any(one.is_link and (is_thing or "[*]" not in one.path) for one in route.operation.properties)


def _is_job(route: Route) -> bool:
    """Whether an answer has a state, and a result of any form (`output`, Google's `response`) or a way to cancel it."""
    told = {one.path for one in route.operation.properties}
    has_state = bool(status_of(route)) or "$.done" in told or not told
    return has_state and (route.can_cancel or bool(_RESULTS & told))


def _is_bare_status(route: Route) -> bool:
    """Whether a route without a described answer is a job's status by its name alone, as `status/{job_id}` of FastAPI is."""
    words = {"status", "state", "job", "jobs", "task", "tasks", "result", "results"} & set(route.path.lower().split("/"))
    return (bool(words) or route.can_cancel) and bool(route.ids) and not route.operation.properties


def _captures(route: Route, needed: dict[str, str], index: _Index) -> dict[str, list[str]]:
    """Where its answer gives the ids that are needed: the items' own ids of its list, else properties of their names."""
    listed = index.items.get(route.path, set())
    ends = {end for one in route.operation.properties for end in _ends(snake(one.name))}
    guessed = list(needed)[:_MAX_GUESSED] if _is_bare_status(route) else []
    found = {}
    for name in dict.fromkeys([*(one for one in needed if one in listed or one in ends), *guessed]):
        if name not in route.ids and (paths := _paths(name, needed[name], route, is_list=name in listed)):
            found[name] = paths
    return found


def _paths(name: str, raw: str, route: Route, *, is_list: bool) -> list[str]:
    items = [one.path for one in route.operation.properties if is_list and re.fullmatch(r"\$(\.\w+)?\[\*\]\.\w+", one.path)]
    for wanted in (raw, snake(raw), "id"):
        found = [path for path in items if path.rpartition(".")[2] == wanted]
        if found:
            return found[:1]
    if _is_bare_status(route) and name.endswith("_id"):
        return [f"$.{raw}", "$.data." + raw]
    return _fitting(name, raw, route.operation.properties)


def _fitting(name: str, raw: str, properties: Iterable[Property]) -> list[str]:
    """Paths of properties that are called like the id, or end so (`output_file_id`); what went in comes last."""
    names = {name, snake(raw)} - _VAGUE
    if name != snake(raw) and snake(raw) not in _VAGUE:
        names = {name}
    end = f"_{name}" if name.endswith("_id") else "\0"
    found = [one for one in properties if snake(one.name) in names or snake(one.name).endswith(end)]
    found.sort(key=lambda one: (snake(one.name) not in names, one.name.startswith("input")))
    return [one.path for one in found][:5]


def _artefact(route: Route) -> str:
    segments = [one for one in route.path.split("/") if "{" not in one and not _SKIPPED_SEGMENT.fullmatch(one)]
    slug = re.sub(r"[^a-z0-9]+", "-", segments[0].lower()).strip("-") if segments else ""
    return f"imported-{slug or 'artefact'}"


def status_of(route: Route) -> list[Property]:
    """Read off the properties that hold a state."""
    return [one for one in route.operation.properties if one.path in ("$.status", "$.state")]


def role_of(route: Route) -> str:
    """Tell what a route that delivers nothing is for."""
    if not route.path.endswith("}") and any("[*]" in one.path for one in route.operation.properties):
        return "list"
    return "status" if status_of(route) or _is_bare_status(route) else "metadata"
