"""The bundle: one zip for a ticket, the same bytes for the same run."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from probe.formats.bundle import bundle, contents
from probe.frozen import replace
from tests.formats.rich import denied_report, rich_report

RENDERED = {"report.md": b"# x\n", "exchanges.har": b"{}"}


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_same_run_gives_same_bytes_whatever_the_order_of_files() -> None:
    assert bundle(rich_report(), RENDERED) == bundle(rich_report(), dict(reversed(RENDERED.items())))


def test_entries_are_sorted_dated_by_the_run_and_have_fixed_permissions() -> None:
    entries = opened(bundle(rich_report(), RENDERED)).infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(2026, 11, 20, 14, 3, 10)}  # zip counts in two seconds
    assert {oct(entry.external_attr >> 16) for entry in entries} == {"0o644", "0o755"}


def test_manifest_proves_every_file() -> None:
    archive = opened(bundle(rich_report(), RENDERED))
    lines = archive.read("MANIFEST.sha256").decode().splitlines()
    assert {line.split("  ")[1] for line in lines} == set(archive.namelist()) - {"MANIFEST.sha256"}
    for line in lines:
        digest, name = line.split("  ")
        assert sha256(archive.read(name)).hexdigest() == digest


def test_dates_before_1980_and_other_zones_do_no_harm() -> None:
    report = rich_report()
    odd = datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    old = replace(report, evidence=replace(report.evidence, started_at=odd))
    assert {entry.date_time for entry in opened(bundle(old, {})).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_summary_is_plain_text_ready_to_paste() -> None:
    summary = contents(rich_report(), {})["SUMMARY.txt"].decode()
    assert summary.startswith("RESULT    Works: ")
    assert "\x1b" not in summary


def test_scripts_run_the_best_route_and_keep_the_others_as_comments() -> None:
    lines = contents(rich_report(), {})["repro.sh"].decode().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert len([line for line in lines if line.startswith("curl ")]) == 1
    assert len([line for line in lines if line.startswith("# curl ")]) == 2


def test_without_anything_to_run_there_is_no_script() -> None:
    assert not {"repro.sh", "repro.ps1"} & contents(denied_report(), {}).keys()


def test_correlation_ids_have_their_times_and_regions() -> None:
    lines = contents(rich_report(), {})["correlation-ids.csv"].decode().splitlines()
    assert len(lines) == 1 + 19
    assert lines[1].startswith("2026-11-20T14:03:11.150Z,contoso,GET,https://")
    assert lines[1].endswith(",200,1,Sweden Central,apim-request-id,7a1b0c1e-0000-4000-8000-000000000000")
