"""`results.csv`: one row a probe, RFC 4180, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from types import SimpleNamespace

from probe.diagnoses import remedy, summary
from probe.model import Report
from probe.view.escape import csv_cell
from probe.view.page import View
from probe.view.row import Row
from probe.view.words import utc

COLUMNS = (
    "probe_id",
    "outcome",
    "diagnosis",
    "confidence",
    "status",
    "method",
    "url",
    "route",
    "api_version",
    "target",
    "endpoint",
    "artefact",
    "standing",
    "purpose",
    "auth",
    "media_type",
    "sniffed_type",
    "size",
    "error_code",
    "error_message",
    "request_ids",
    "region",
    "location",
    "json_paths",
    "started_at",
    "elapsed",
    "attempts",
    "summary",
    "remedy",
)


def render(report: Report) -> str:
    """A header row and one row for each probe, in presentation order; lines end in CRLF."""
    return "".join(pieces(report))


def pieces(report: Report) -> Iterator[str]:
    """The lines of `render`, made as they are taken."""
    return written(chain([COLUMNS], map(_cells, View(report).rows)))


def written(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Lines of CSV of raw cells; the one place where they are made harmless."""
    lines: list[str] = []
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    for row in rows:
        writer.writerow(map(csv_cell, row))
        yield lines.pop()


def _cells(row: Row) -> tuple[str, ...]:
    probe, response, diagnosis = row.probe, row.response, row.diagnosis
    return (
        probe.id,
        row.outcome.value if row.outcome else "",
        diagnosis.code if diagnosis else "",
        diagnosis.confidence.value if diagnosis else "",
        row.status,
        probe.method,
        probe.url,
        row.route,
        probe.api_version or "",
        probe.target,
        probe.endpoint,
        row.artefact,
        row.endpoint.standing.value if row.endpoint else "",
        probe.purpose.value,
        probe.auth.value,
        (response.media_type or "") if response else "",
        (response.sniffed_type or "") if response else "",
        "" if row.size is None else str(row.size),
        (response.error_code or "") if response else "",
        (response.error_message or "") if response else "",
        " ".join(f"{name}={value}" for name, value in row.request_ids),
        row.region,
        row.location or "",
        " ".join(row.key_paths),
        utc(row.started_at, is_precise=True) if row.started_at else "",
        "" if row.elapsed is None else f"{row.elapsed:.6f}",
        str(len(row.observation.exchanges)) if row.observation else "0",
        summary(diagnosis) if diagnosis else "",
        remedy(diagnosis) if diagnosis else "",
    )
