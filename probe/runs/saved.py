"""Saved runs, read again: their evidence, alone or in a bundle, or what their journal kept."""

from __future__ import annotations

from pathlib import Path

from probe.errors import RunError
from probe.model import Evidence
from probe.runs.bundle import load_bundle
from probe.runs.codec import from_json
from probe.runs.folder import EVIDENCE, RunFolder
from probe.runs.journal import Kept, read_journal
from probe.runs.seal import Seal


def load_run(path: Path) -> Evidence:
    """Read a saved run: its evidence.json, else what its journal kept; or the evidence in a bundle."""
    if path.suffix.lower() == ".zip" and path.is_file():
        return load_bundle(path)
    folder = RunFolder.open(path)
    file = folder.path / EVIDENCE
    if file.is_file():
        return from_json(folder.read(EVIDENCE), str(file))
    if folder.journal.is_file():
        return read_journal(folder).whole
    raise RunError(
        f"{path}: no {EVIDENCE} and no journal in it", hint="name a folder that `probe scan` wrote, such as reports/2026-..."
    )


def load_journal(path: Path, seal: Seal | None = None) -> Kept:
    """Read what the journal of a run kept. To resume a run only this will do: evidence.json may hold pseudonyms for hosts."""
    folder = RunFolder.open(path)
    if not folder.journal.is_file():
        raise RunError(f"{path}: no journal in it, so it cannot be resumed", hint="`probe report` reads it; scan again")
    return read_journal(folder, seal)
