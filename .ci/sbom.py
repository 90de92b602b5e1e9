"""Writes the software bill of materials of the wheel: CycloneDX JSON of every package that `pip install` of it brings along.

    python .ci/sbom.py dist/probe_artefacts-0.2.0-py3-none-any.whl > dist/sbom.cdx.json

The versions are those installed beside this Python; run it in an environment that the wheel was installed into.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
import zipfile
from email import message_from_bytes
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def wheel_metadata(wheel: Path) -> Message:
    """Read METADATA out of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


def needed(requirements: list[str] | None, extras: tuple[str, ...] = ()) -> list[Requirement]:
    """Keep the requirements that hold on this machine without optional extras, or with the extras asked for."""
    parsed = [Requirement(one) for one in requirements or []]
    wanted = ("", *extras)
    return [one for one in parsed if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in wanted)]


def closure(first: list[Requirement]) -> dict[str, set[str]]:
    """Map every package that is needed to the names it needs itself."""
    graph: dict[str, set[str]] = {}
    todo, seen = list(first), set()
    while todo:
        one = todo.pop()
        name, key = canonicalize_name(one.name), (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        wants = needed(distribution(name).requires, tuple(sorted(one.extras)))
        graph.setdefault(name, set()).update(canonicalize_name(each.name) for each in wants)
        todo += wants
    return graph


def component(name: str) -> dict[str, Any]:
    """Describe one installed package: name, version, licence as it states it, package URL."""
    found = distribution(name)
    stated = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    licence = {"licenses": [{"license": {"name": stated.splitlines()[0][:100]}}]} if stated.strip() else {}
    purl = f"pkg:pypi/{name}@{found.version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": found.version, "purl": purl, **licence}


def bill(wheel: Path) -> dict[str, Any]:
    """Make the whole document; the same wheel and the same environment give the same bytes."""
    about = wheel_metadata(wheel)
    first = needed(about.get_all("Requires-Dist"))
    graph = closure(first)
    parts = {name: component(name) for name in sorted(graph)}
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    own = f"pkg:pypi/{canonicalize_name(about['Name'])}@{about['Version']}"
    refs = {name: part["bom-ref"] for name, part in parts.items()}
    depends = [{"ref": own, "dependsOn": sorted({refs[canonicalize_name(one.name)] for one in first})}]
    depends += [{"ref": refs[name], "dependsOn": sorted(refs[one] for one in wants)} for name, wants in sorted(graph.items())]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest + json.dumps(sorted(refs.values())))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": about["Name"],
                "version": about["Version"],
                "purl": own,
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": list(parts.values()),
        "dependencies": depends,
    }


if __name__ == "__main__":
    print(json.dumps(bill(Path(sys.argv[1])), indent=2))
