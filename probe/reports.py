"""Saved and finished runs judged, rendered and written: what stands between a run on disk and the formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from probe.errors import RunError
from probe.facts.digests import digests
from probe.formats import DEFAULT_FORMATS, FILES, FORMATS
from probe.frozen import replace
from probe.model import Report
from probe.redact import Redactor
from probe.runs.codec import pieces
from probe.runs.folder import EVIDENCE, RunFolder
from probe.runs.saved import load_run
from probe.verdict import judge


def judge_run(path: Path, now: datetime | None = None) -> Report:
    """Judge a saved run again, offline, with today's rules; as of its end, so the same run always gives the same report."""
    saved = load_run(path)
    return judge(saved, now or saved.ended_at or datetime.now(UTC))


def judge_target(path: Path, name: str) -> Report:
    """Judge one target of a saved run as if nothing else had been asked."""
    from probe.view.difference import of_target

    report = judge_run(path)
    names = [target.name for target in report.evidence.targets]
    if name not in names:
        raise RunError(f"'{path}@{name}': the run has no target {name!r}", hint="its targets: " + ", ".join(names))
    return judge(of_target(report, name).evidence, report.generated_at)


def anonymised(report: Report) -> tuple[Report, Mapping[str, str]]:
    """Replace every name in a report by a pseudonym; returns the mapping too. What was judged stays: some rules read host names."""
    from probe.anonymise import anonymise_report

    return anonymise_report(report)


def render(report: Report, formats: Iterable[str]) -> dict[str, bytes]:
    """Render a report in each format: file name -> bytes."""
    return {FILES[name]: FORMATS.load(name)(report).encode("utf-8") for name in formats}


def write_reports(
    folder: RunFolder, report: Report, formats: Iterable[str], redactor: Redactor, *, is_bundled: bool = False
) -> list[Path]:
    """Render everything before anything appears: a format that fails leaves no half report behind.

    The evidence appears last: where it stands, all the others do.
    """
    evidence = pieces(replace(report.evidence, digests=digests(report.evidence)))
    if not is_bundled:
        return folder.write_all({FILES[name]: FORMATS.pieces(name, report) for name in formats} | {EVIDENCE: evidence}, redactor)
    from probe.formats.bundle import bundle

    rendered, whole = render(report, formats), {EVIDENCE: b"".join(evidence)}
    missing = [name for name in DEFAULT_FORMATS if FILES[name] not in rendered]
    zipped = bundle(report, whole | rendered | render(report, missing))
    return folder.write_all(rendered | {"bundle.zip": zipped} | whole, redactor)
