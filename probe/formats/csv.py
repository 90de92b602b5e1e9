"""`results.csv`: one row a probe, RFC 4180, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from types import SimpleNamespace

from probe.diagnoses import remedy, summary
from probe.model import Report
from probe.view.escape import csv_cell
from probe.view.page import View
from probe.view.row import Row
from probe.view.words import utc


def render(report: Report) -> Iterator[str]:
    """A header row and one row for each probe, in presentation order; lines end in CRLF."""
    return written(chain([tuple(COLUMNS)], map(_cells, View(report).rows)))


def written(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Lines of CSV of raw cells; the one place where they are made harmless."""
    lines: list[str] = []
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    for row in rows:
        writer.writerow(map(csv_cell, row))
        yield lines.pop()


def _cells(row: Row) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in (read(row) for read in COLUMNS.values()))


def _of_response(name: str) -> Callable[[Row], object]:
    return lambda row: getattr(row.response, name) if row.response else None


COLUMNS: dict[str, Callable[[Row], object]] = {
    "probe_id": lambda row: row.probe.id,
    "outcome": lambda row: row.outcome,
    "diagnosis": lambda row: row.diagnosis and row.diagnosis.code,
    "confidence": lambda row: row.diagnosis and row.diagnosis.confidence,
    "status": lambda row: row.status,
    "method": lambda row: row.probe.method,
    "url": lambda row: row.probe.url,
    "route": lambda row: row.route,
    "api_version": lambda row: row.probe.api_version,
    "target": lambda row: row.probe.target,
    "endpoint": lambda row: row.probe.endpoint,
    "artefact": lambda row: row.artefact,
    "standing": lambda row: row.endpoint and row.endpoint.standing,
    "purpose": lambda row: row.probe.purpose,
    "auth": lambda row: row.probe.auth,
    "media_type": _of_response("media_type"),
    "sniffed_type": _of_response("sniffed_type"),
    "size": lambda row: row.size,
    "error_code": _of_response("error_code"),
    "error_message": _of_response("error_message"),
    "request_ids": lambda row: " ".join(f"{name}={value}" for name, value in row.request_ids),
    "region": lambda row: row.region,
    "location": lambda row: row.location,
    "json_paths": lambda row: " ".join(row.key_paths),
    "started_at": lambda row: row.started_at and utc(row.started_at, is_precise=True),
    "elapsed": lambda row: None if row.elapsed is None else f"{row.elapsed:.6f}",
    "attempts": lambda row: len(row.observation.exchanges) if row.observation else 0,
    "summary": lambda row: row.diagnosis and summary(row.diagnosis),
    "remedy": lambda row: row.diagnosis and remedy(row.diagnosis),
}
"""Each column with what stands in it; None is an empty cell."""
