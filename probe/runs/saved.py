"""Saved runs: read again, judged again with today's rules, rendered and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from probe.errors import RunError
from probe.formats import DEFAULT_FORMATS, FILES, FORMATS
from probe.model import Catalogue, Evidence, Report
from probe.plan import Scope
from probe.redact import Redactor
from probe.runs import codec as evidence_file
from probe.runs.folder import RunFolder
from probe.verdict import judge

EVIDENCE_FILE = "evidence.json"


def load_run(path: Path) -> Evidence:
    """Read a saved run: its evidence.json, else what its journal kept."""
    folder = RunFolder.open(path)
    file = folder.path / EVIDENCE_FILE
    if file.is_file():
        return evidence_file.from_json(folder.read(EVIDENCE_FILE), str(file))
    if folder.journal.is_file():
        return evidence_file.from_journal(folder.journal)
    raise RunError(
        f"{path}: no {EVIDENCE_FILE} and no journal in it", hint="name a folder that `probe scan` wrote, such as reports/2026-..."
    )


def load_journal(path: Path) -> Evidence:
    """Read what the journal of a run kept. To go on with a run only this will do: evidence.json may hold pseudonyms for hosts."""
    folder = RunFolder.open(path)
    if not folder.journal.is_file():
        raise RunError(f"{path}: no journal in it, so it cannot be taken up", hint="`probe report` reads it; scan again")
    return evidence_file.from_journal(folder.journal)


def render(report: Report, formats: Iterable[str]) -> dict[str, bytes]:
    """Render a report in each format: file name -> bytes."""
    return {FILES[name]: FORMATS.load(name)(report).encode("utf-8") for name in formats}


def write_reports(
    folder: RunFolder, report: Report, formats: Iterable[str], redactor: Redactor, *, is_bundled: bool = False
) -> list[Path]:
    """Render everything first, then write: a format that fails leaves no half report behind."""
    rendered = render(report, formats)
    written = {EVIDENCE_FILE: evidence_file.to_json(report.evidence).encode("utf-8")} | rendered
    if is_bundled:
        from probe.formats.bundle import bundle

        missing = [name for name in DEFAULT_FORMATS if FILES[name] not in rendered]
        written["bundle.zip"] = bundle(report, rendered | render(report, missing))
    return [folder.write(name, content, redactor) for name, content in written.items()]


def catalogue_of(saved: Evidence) -> Catalogue:
    """Make the catalogue that a saved run used, as far as it used it; enough to take the run up again."""
    return Catalogue(
        version=1,
        updated=saved.catalogue_updated,
        artefacts=saved.artefacts,
        surfaces=saved.surfaces,
        api_versions=saved.api_versions,
        endpoints=saved.endpoints,
        source=saved.catalogue_source,
        sha256=saved.catalogue_sha256,
    )


def load_scope(path: Path) -> tuple[Scope, object]:
    """Read what a saved run was narrowed to, and its seals."""
    folder = RunFolder.open(path)
    header, _probes, _observations = evidence_file.read_journal(folder.journal)
    return evidence_file.decode(Scope, header.get("scope"), f"{folder.journal}: scope"), header.get("seals")


def anonymised(report: Report) -> tuple[Report, Mapping[str, str]]:
    """Judge the same evidence again with every name in it replaced by a pseudonym; returns the mapping too."""
    from probe.anonymise import anonymise

    evidence, mapping = anonymise(report.evidence)
    return judge(evidence, report.generated_at), mapping


def judge_run(path: Path, now: datetime | None = None) -> Report:
    """Judge a saved run again, offline, with today's rules; as of its end, so the same run always gives the same report."""
    saved = load_run(path)
    return judge(saved, now or saved.ended_at or datetime.now(UTC))
