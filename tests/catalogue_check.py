"""What downloaded SDK wheels and descriptions say against the shipped catalogue: `make catalogue-check FILES=...`."""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

from probe.catalogue import load
from probe.catalogue.openapi import Description
from probe.catalogue.verify import FOUND, known, shape, verify
from probe.facts.lifecycle import stage_at
from probe.model import Catalogue, Endpoint, Stage, Standing

_WHEELS = {"openai": ("/v1",), "azure_ai_projects": ("/api/projects/{}",), "azure_ai_agents": ("/api/projects/{}",)}
"""Below which prefixes of the catalogue the paths of a wheel stand."""
_DEF = re.compile(r"^ *(?:async )?def ", re.MULTILINE)
_SENT = re.compile(r"\._(get|post|delete|put|patch|get_api_list)\(\s*(?:path_template\(\s*)?f?\"(/[^\"]*)\"")
_URL = re.compile(r"\b_url = \"(/[^\"]*)\"")
_METHOD = re.compile(r"method=\"([A-Z]+)\"")
_DEPRECATED = re.compile(r"(?:typing_extensions\.)?deprecated\(((?:[^()]|\([^()]*\))*)\)\s*", re.DOTALL)
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d\b|\b[A-Z][a-z]+ \d{1,2}, 20\d\d\b")
_DELIVERS = re.compile(r"(?:^|[/:])(?:content|contents|download|credentials|audio|files|logs|code|zip)$")
_NO_ARTEFACT = re.compile(r"/file_batches/|^/vaults/|^/agents/environments/")
"""Lists of a vector store's inputs, secrets of a vault, and an environment's files, which can only be listed."""
_KNOWN = Path(__file__).parent / "catalogue" / "known_differences.txt"
_ENDING = frozenset({Stage.DEPRECATED, Stage.RETIRED})


@dataclass(frozen=True, slots=True)
class Route:
    """A request that a wheel's code sends, and what a `deprecated(` above it says."""

    method: str
    path: str
    deprecated: str | None = None


def routes(source: str) -> Iterator[Route]:
    """Read the requests off the source of one module, function by function."""
    starts = [match.start() for match in _DEF.finditer(source)]
    for begin, end in pairwise([*starts, len(source)]):
        body, above = source[begin:end], source[max(0, begin - 600) : begin].rpartition("@")[2]
        found = _DEPRECATED.fullmatch(above)
        text = " ".join(found[1].split()) if found else None
        for method, path in _SENT.findall(body):
            yield Route("GET" if method == "get_api_list" else method.upper(), path, text)
        for path in _URL.findall(body):
            method = _METHOD.search(body)
            yield Route(method[1] if method else "GET", path, text)


def of_wheel(path: Path) -> dict[tuple[str, str], Route]:
    """Every route of a wheel by method and shape; where sync and async code differ, the one that is not deprecated counts."""
    found: dict[tuple[str, str], Route] = {}
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if name.endswith(".py"):
                for route in routes(wheel.read(name).decode("utf-8", "replace")):
                    key = (route.method, shape(route.path))
                    if key not in found or route.deprecated is None:
                        found[key] = route
    return found


def against(found: dict[tuple[str, str], Route], catalogue: Catalogue, prefixes: tuple[str, ...], today: date) -> Iterator[str]:
    """Compare one wheel: routes that deliver and have no entry, entries without a route, and ends that the wheel knows of."""
    entries: dict[tuple[str, str], list[Endpoint]] = {}
    for one in catalogue.endpoints:
        prefix = next((prefix for prefix in prefixes if shape(one.path).startswith(f"{prefix}/")), None)
        if prefix is not None and one.provider == ("openai" if prefix == "/v1" else "azure"):
            entries.setdefault((one.method, shape(one.path).removeprefix(prefix)), []).append(one)
            entries.setdefault((one.method, shape(one.path).removeprefix(f"{prefix}/openai/v1")), []).append(one)
    kinds = {one.name: one for one in catalogue.artefacts}
    for (method, path), route in sorted(found.items()):
        known = entries.get((method, path), [])
        if not known and method == "GET" and _DELIVERS.search(path) and not _NO_ARTEFACT.search(path):
            yield f"+ {method} {route.path}: delivers something, and no entry names it"
        for one in known if route.deprecated is not None else []:
            kind = kinds[one.artefact]
            lives = (one.lifecycle, kind.lifecycle, *(life for provider, life in kind.lifecycles if provider == one.provider))
            ends = {_day(text) for text in _DATE.findall(route.deprecated or "")}
            here = {life.retired_on for life in lives} - {None}
            if not any(stage_at(life, today) in _ENDING for life in lives):
                yield f"~ {one.id}: deprecated in the wheel, not here: {route.deprecated}"
            elif ends and here and not ends & here:
                yield f"~ {one.id}: another end than here ({', '.join(map(str, here))}): {route.deprecated}"
    firsts = {path.split("/")[1] for _method, path in found}
    for (method, path), known in sorted(entries.items()):
        documented = [one.id for one in known if one.standing is Standing.DOCUMENTED]
        if documented and (method, path) not in found and method == "GET" and path.split("/")[1:2] and path.split("/")[1] in firsts:
            yield f"- {method} {path}: documented here ({', '.join(documented)}), not sent by the wheel"


def _day(text: str) -> date:
    """Read a date as vendors write it: `2027-04-01`, `September 24, 2026`."""
    return datetime.strptime(f"{text} +0000", f"{'%Y-%m-%d' if text[0].isdigit() else '%B %d, %Y'} %z").date()


def check(files: list[Path], today: date) -> Iterator[str]:
    """Give the dated differences, file by file."""
    catalogue, expected = load(), known(_KNOWN.read_text("utf-8").splitlines())
    yield f"# {today.isoformat()}, catalogue of {catalogue.updated}"
    for path in files:
        yield f"\n## {path.name}"
        if path.suffix == ".whl":
            name = path.name.partition("-")[0]
            lines = list(against(of_wheel(path), catalogue, _WHEELS.get(name, ("",)), today))
        else:
            rows = verify(catalogue, Description(path.read_bytes(), path.name, path.parent))
            new = [one for one in rows if one.what != FOUND and not any(each.covers(path.name, one) for each in expected)]
            lines = [f"{one.what} {one.endpoint or one.request} {one.detail}".rstrip() for one in new]
        yield from lines or ["nothing differs"]


if __name__ == "__main__":
    print("\n".join(check([Path(one) for one in sys.argv[1:]], datetime.now(UTC).date())))
