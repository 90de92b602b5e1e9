"""Compare the catalogue with a vendor's own description: what it confirms, what it contradicts, and what the catalogue lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from probe.catalogue.openapi import Description, Operation, is_true
from probe.catalogue.rules import is_credential
from probe.catalogue.versions import DATED
from probe.frozen import Frozen
from probe.model import Artefact, Catalogue, Endpoint, Standing

FOUND = "found"
_DELIVERS = re.compile(r"(?:^|[/:])(?:content|contents|download|credentials|audio|files)$")
_SAME_TYPE = {"image/jpg": "image/jpeg", "application/binary": "*/*", "application/octet-stream": "*/*"}


class Deviation(Frozen):
    """One line of the comparison: `what` is a stable word, `endpoint` is empty for a route that no entry names."""

    what: str
    endpoint: str
    request: str
    detail: str = ""


def verify(catalogue: Catalogue, description: Description, provider: str | None = None) -> tuple[Deviation, ...]:
    """Give one `found` or one or more differences for each documented entry that the description is about, then unnamed routes.

    An entry is in question when its surface is the one that the description's server names and, where the description is of one
    dated api-version, when it is tried with that version.
    """
    prefix = description.prefix
    operations = {(one.method, shape(prefix + one.path)): one for one in description.operations()}
    methods: dict[str, list[str]] = {}
    for method, path in operations:
        methods.setdefault(path, []).append(method)
    kinds = {one.name: one for one in catalogue.artefacts}
    found: list[Deviation] = []
    for one in _in_question(catalogue, description, provider):
        request, path = f"{one.method} {one.path}", shape(one.path)
        operation = operations.get((one.method, path))
        if operation is not None:
            found += list(_compare(one, operation, kinds[one.artefact])) or [Deviation(FOUND, one.id, request)]
        elif path in methods:
            found.append(Deviation("other-method", one.id, request, f"described as {', '.join(sorted(methods[path]))}"))
        else:
            found.append(Deviation("absent", one.id, request))
    named = {(one.method, shape(one.path)) for one in catalogue.endpoints}
    found += [
        Deviation("unnamed", "", f"{method} {prefix}{one.path}", ", ".join(one.media_types))
        for (method, path), one in operations.items()
        if (method, path) not in named and _is_delivery(one)
    ]
    return tuple(found)


class Excused(Frozen):
    """A difference that is right as it is: patterns for the description's name, the kind, and the entry or request; and why."""

    spec: str
    what: str
    about: str
    why: str

    def covers(self, spec: str, one: Deviation) -> bool:
        """Whether this is the difference that is meant."""
        about = one.endpoint or one.request
        return fnmatchcase(spec, self.spec) and fnmatchcase(one.what, self.what) and fnmatchcase(about, self.about)


def known(lines: Iterable[str]) -> tuple[Excused, ...]:
    """Read a list of known differences: columns two spaces apart, `#` begins a remark; each needs its reason (else ValueError)."""
    made = []
    for at, line in enumerate(lines, 1):
        columns = re.split(r" {2,}|\t+", line.strip(), maxsplit=3)
        if len(columns) < 4 and line.strip() and not line.startswith("#"):
            raise ValueError(f"line {at}: needs a description, a kind, an entry or request, and why, two spaces apart")
        made += [Excused(*columns)] if len(columns) == 4 and not line.startswith("#") else []
    return tuple(made)


def shape(path: str) -> str:
    """A path without the names of its placeholders."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


def _in_question(catalogue: Catalogue, description: Description, provider: str | None) -> Iterator[Endpoint]:
    prefix, version = shape(description.prefix), description.version
    same = {one.name for one in catalogue.surfaces if shape(one.prefix) == prefix}
    dated = version if re.fullmatch(DATED, version) and version in {one.value for one in catalogue.api_versions} else None
    for one in catalogue.endpoints:
        is_wanted = one.standing is Standing.DOCUMENTED and one.surface in same and provider in (None, one.provider)
        if is_wanted and (dated is None or dated in one.api_versions or one.api_versions == (None,)):
            yield one


def _compare(one: Endpoint, operation: Operation, kind: Artefact) -> Iterator[Deviation]:
    request = f"{one.method} {one.path}"
    if is_true(operation.raw.get("deprecated")) and one.lifecycle == kind.lifecycle and not kind.lifecycle.retired_on:
        yield Deviation("deprecated", one.id, request)
    given = {"query": {name for name, _ in one.query}, "header": {name.lower() for name, _ in one.headers}}
    for parameter in operation.parameters:
        name, where = str(parameter["name"]), str(parameter.get("in"))
        is_ours = name.lower() in {"api-version", "content-type", "accept"} or is_credential(where, name)
        needed = where in given and is_true(parameter.get("required")) and not is_ours
        if needed and (name if where == "query" else name.lower()) not in given[where]:
            yield Deviation(f"missing-{where}", one.id, request, name)
    declared = {_SAME_TYPE.get(name, name) for name in (media.partition(";")[0].strip() for media in operation.media_types)}
    ours = set(one.expect.media_types or kind.media_types)
    if one.role == "download" and declared and not {"*/*"} & (ours | declared) and not ours & declared:
        yield Deviation("media-type", one.id, request, f"described as {', '.join(sorted(declared))}")


def _is_delivery(operation: Operation) -> bool:
    is_read = operation.method in ("GET", "HEAD") or operation.path.endswith("/credentials")
    return is_read and bool(operation.media_types or operation.is_binary or _DELIVERS.search(operation.path))
