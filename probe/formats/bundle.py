"""`bundle.zip`: everything a ticket needs in one file, the same bytes for the same run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC
from hashlib import sha256

from probe.formats.csv import written
from probe.formats.terminal import render as terminal
from probe.language import _
from probe.model import Report
from probe.view.escape import visible
from probe.view.page import View
from probe.view.repro import commands
from probe.view.words import utc

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_CORRELATION = ("time_utc", "target", "method", "url", "status", "attempt", "region", "header", "id")


def contents(report: Report, rendered: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the bundle by name, sorted: the `rendered` ones, a summary to paste, commands, correlation ids, a manifest.

    Apart from `bundle`, so that whoever writes it can search every file for secrets before they are compressed.
    """
    view = View(report)
    made = {
        "SUMMARY.txt": terminal(report, width=100),
        "MASKED.txt": _masked(view),
        "correlation-ids.csv": "".join(written(_correlation(view))),
        "repro.sh": _script(view, "curl", "#!/bin/sh", "\n"),
        "repro.ps1": _script(view, "powershell", "# PowerShell 5.1 or later", "\r\n"),
    }
    files = {name: text.encode() for name, text in made.items() if text} | dict(rendered)
    files["MANIFEST.sha256"] = "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
    return dict(sorted(files.items()))


def bundle(report: Report, rendered: Mapping[str, bytes]) -> bytes:
    """A zip of `contents`; times are the run's start and permissions fixed, so that equal runs give equal bytes."""
    started = report.evidence.started_at.astimezone(UTC)
    moment = max(_EARLIEST, (started.year, started.month, started.day, started.hour, started.minute, started.second))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in contents(report, rendered).items():
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system = 3
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def _correlation(view: View) -> list[tuple[str, ...]]:
    """One row for each id of each exchange: what a vendor's support searches its logs for."""
    rows: list[tuple[str, ...]] = [_CORRELATION]
    for row, exchange in view.timeline:
        response = exchange.response
        for header, value in response.request_ids if response else ():
            sent = (utc(exchange.started_at, is_precise=True), row.probe.target, exchange.request.method, exchange.request.url)
            answered = (
                str(response.status_code) if response else "",
                str(exchange.attempt),
                (response.region or "") if response else "",
            )
            rows.append((*sent, *answered, header, value))
    return rows


def _masked(view: View) -> str:
    lines = [
        _("Secrets were removed before anything was recorded, and every file was searched again before it was written."),
        _(
            "Commands read keys from environment variables. "
            "Of JSON answers only key paths and a few values are kept, of artefacts nothing."
        ),
        "",
        *(visible(f"{what}: {count}") for what, count in view.evidence.masked),
    ]
    return "\n".join(lines) + "\n"


def _script(view: View, language: str, first: str, newline: str) -> str:
    """The commands of the working routes and of the customer's own URL, the best one live and the others as comments."""
    rows = dict.fromkeys((*((view.chosen,) if view.chosen else ()), *view.working, *((view.failing,) if view.failing else ())))
    lines = [first]
    for number, row in enumerate(rows):
        text = commands(view, row).get(language, "")
        title = f"{row.status} {view.labels[row.outcome] if row.outcome else ''} {row.probe.id}"
        lines += ["", f"# {visible(title)}"]
        lines += [line if number == 0 and view.chosen else f"# {line}" for line in text.split("\n")]
    return newline.join(lines) + newline if len(lines) > 1 else ""
