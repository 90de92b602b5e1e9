"""Read catalogue files into one Catalogue, or say everything that is wrong with them."""

from __future__ import annotations

import codecs
import gc
import hashlib
import itertools
import stat
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from probe.catalogue import DEFAULT, build, nodes
from probe.catalogue.fields import DOCUMENT
from probe.catalogue.kinds import WRONG, Entry, File
from probe.errors import CatalogueError
from probe.language import _
from probe.model import Catalogue
from probe.shipped import FILE_NAME, default_path

T = TypeVar("T")

MAX_BYTES = 8 * 1024 * 1024


def read_as(path: Path, read: Callable[[nodes.Node, File], T]) -> T | None:
    """Read another YAML file of the user by `read`; None of an empty one, and a `CatalogueError` with all problems at once.

    A byte order mark is accepted: editors on Windows write one.
    """
    problems = nodes.Problems()
    text = nodes.decode(read_file(path, MAX_BYTES).removeprefix(codecs.BOM_UTF8), str(path), problems)
    root = nodes.compose(text, str(path), problems) if text is not None else None
    value = read(root, File(str(path), problems)) if root is not None and not problems.count else None
    if problems.count:
        raise CatalogueError(problems.render())
    return value


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file that the user named, or one `CatalogueError`."""
    problems = nodes.Problems()
    content = _read_bytes(path, str(path), problems, max_bytes)
    if content is None:
        raise CatalogueError(problems.render())
    return content


def load(paths: Sequence[str | Path] = (DEFAULT,)) -> Catalogue:
    """Read one or several catalogues; "default" is the shipped one.

    Of several files, later ones add and override: endpoints by id, artefacts and surfaces by name, versions by value; each
    override is said in `notes`. A single file replaces the shipped catalogue, and takes from it the sections that it leaves out
    (but not endpoints). All problems of all files come in one `CatalogueError`, one line each:
    `file:line:column: key path: what is wrong (hint)`.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return _load([str(path) for path in paths] or [DEFAULT])
    finally:
        if was_enabled:
            gc.enable()


def _load(names: list[str]) -> Catalogue:
    problems = nodes.Problems()
    digest = hashlib.sha256()
    documents = [_read(name, problems, digest) for name in dict.fromkeys(names)]
    present = [document for document in documents if document]
    merged = build.Merged()
    if len(names) == 1 and names != [DEFAULT] and present:
        _borrow(present, merged, problems, digest)
    for document in present:
        for section in build.SECTIONS:
            merged.take(section, document.values.get(section, ()))
    if present and not problems.count and not merged.endpoints:
        present[0].wrong([], "has no endpoints")
    made = _build(merged, names, present, digest.hexdigest()) if len(present) == len(documents) else None
    if problems.count or made is None:
        is_missing = any(name != DEFAULT and not _exists(Path(name)) for name in names)
        shipped = _("check the path; `--catalogue default` is the built-in catalogue")
        raise CatalogueError(
            problems.render(), hint=shipped if is_missing else _("probe catalogue schema prints what a catalogue may hold")
        )
    return made


def _borrow(present: list[Entry], merged: build.Merged, problems: nodes.Problems, digest: Any) -> None:
    """Take the sections that the single file leaves out from the shipped catalogue."""
    own = present[0]
    missing = [key for key in (*build.SECTIONS[:3], "updated") if own.node.get(key) is None]
    lent = _read(DEFAULT, problems, digest, is_lender=True) if missing else None
    if lent is None:
        return
    for section in missing:
        if section == "updated":
            own.values.setdefault("updated", lent.values.get("updated"))
        else:
            merged.take(section, lent.values.get(section, ()))
    taken = ", ".join(section for section in missing if section != "updated")
    if taken:
        merged.notes.append(_("{file} takes {sections} from the built-in catalogue", file=own.file.source, sections=taken))


def _build(merged: build.Merged, names: list[str], present: list[Entry], sha256: str) -> Catalogue | None:
    problems = present[0].file.problems
    build.surfaces_with_one_prefix(merged)
    context = build.Context(merged, problems)
    made = [build.endpoint(entry, context) for entry in merged.endpoints.values()]
    updated = next((entry.values["updated"] for entry in present if entry.values.get("updated")), None)
    if updated is None and present[0].node.get("updated") is None:
        present[0].wrong([], "missing key 'updated'")
    if problems.count:
        return None
    artefacts = {name: build.artefact(name, entry) for name, entry in merged.artefacts.items()}
    return Catalogue(
        version=1,
        updated=updated or date.min,
        artefacts=tuple(artefacts.values()),
        surfaces=tuple(context.surfaces.values()),
        api_versions=context.versions,
        endpoints=tuple(one for one in made if one),
        source=", ".join(_label(name) for name in dict.fromkeys(names)),
        sha256=sha256,
        notes=(*merged.notes, *build.ambiguous_prefixes(artefacts)),
    )


def _label(name: str) -> str:
    return FILE_NAME if name == DEFAULT else name


def _read(name: str, problems: nodes.Problems, digest: Any, *, is_lender: bool = False) -> Entry | None:
    """One file as an entry, or None with its problems noted; of a lender its endpoints, which stand last, are left unread."""
    path, source = (default_path() if name == DEFAULT else Path(name)), _label(name)
    content = _read_bytes(path, source, problems, MAX_BYTES)
    if content is None:
        return None
    digest.update(content)
    text = nodes.decode(content, source, problems)
    if text is None:
        return None
    if is_lender:
        text = text.partition("\nendpoints:")[0]
    before = problems.count
    root = nodes.compose(text, source, problems)
    if root is None or nodes.is_null(root):
        if problems.count == before:
            problems.add(source, (1, 1), (), "is empty", "a catalogue begins with 'version: 1'")
        return None
    entry = DOCUMENT.read(root, (), File(source, problems))
    return entry if entry is not WRONG else None


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(one.name for one in itertools.islice(folder.iterdir(), 1000))
    except OSError:
        return []


def _read_bytes(path: Path, source: str, problems: nodes.Problems, max_bytes: int) -> bytes | None:
    """The bytes of a regular file, or None with the problem noted; a device or a pipe is never opened."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            text = "is a folder" if path.is_dir() else "is not a regular file"
            problems.add(source, None, (), text)
            return None
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except FileNotFoundError:
        hint = problems.near(path.name, _names_in(path.parent), or_list=False)
        problems.add(source, None, (), "no such file", hint)
        return None
    except (OSError, ValueError) as error:
        problems.add(source, None, (), f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    if len(content) > max_bytes:
        problems.add(source, None, (), f"is larger than {max_bytes} bytes")
        return None
    return content
