"""JSON, JSON lines, CSV, HAR and JUnit: what scripts and tools rely on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from probe.formats import DEFAULT_FORMATS, FILES, FORMATS
from probe.formats.csv import COLUMNS
from probe.frozen import replace
from probe.model import Report
from tests import factories as make
from tests.factories import text
from tests.formats.rich import denied_report, rich_report

SCHEMAS = {
    "json": Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json",
    "har": Path(__file__).parent / "har.schema.json",
}


def empty_report() -> Report:
    return replace(
        rich_report(), evidence=make.evidence(), verdicts=(), working=(), findings=(), smallest_change=None, failing_url_probe=None
    )


def problems(name: str, value: Any) -> list[str]:
    schema = json.loads(SCHEMAS[name].read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value)]


@pytest.mark.parametrize("report", [rich_report, denied_report, empty_report])
@pytest.mark.parametrize("name", ["json", "har"])
def test_document_is_valid_by_its_schema(name: str, report: Any) -> None:
    assert problems(name, json.loads(FORMATS.load(name)(report()))) == []


@pytest.mark.parametrize("key", ["answer", "working", "smallest_change", "verdicts", "findings", "catalogue", "software"])
def test_schema_misses_a_key_that_is_gone(key: str) -> None:
    value = json.loads(FORMATS.load("json")(rich_report()))
    del value[key]
    assert problems("json", value) == [f"'{key}' is a required property"]


def test_report_json_has_the_keys_of_the_contract() -> None:
    value = json.loads(FORMATS.load("json")(rich_report()))
    assert value["format_version"] == 1
    assert value["answer"] == "works"
    assert value["software"]["name"] == "probe"
    best = value["working"][0]
    assert (best["probe_id"], best["status_code"], best["sniffed_type"], best["size"]) == (
        "contoso/azure.sora1.content-video@preview",
        206,
        "video/mp4",
        4_200_000,
    )
    assert list(best["repro"]) == ["curl", "powershell", "python"]
    assert value["smallest_change"]["differences"] == ["path: /content -> /content/video"]
    refuted = value["verdicts"][2]
    assert refuted["outcome"] == "not_found"
    assert refuted["diagnosis"] == "azure-route-unknown"
    assert refuted["cites"] == ["response.status_code", "response.error_message", "control.bogus_route"]
    assert refuted["request_ids"] == {"apim-request-id": "7a1b0c1e-0000-4000-8000-000000000004"}
    assert value["findings"][0]["code"] == "proxy-in-use"


def test_json_lines_hold_one_probe_each_controls_too() -> None:
    lines = [json.loads(line) for line in FORMATS.load("jsonl")(rich_report()).splitlines()]
    assert len(lines) == len(rich_report().evidence.probes)
    assert lines[-1]["purpose"] == "control"
    assert lines[-1]["outcome"] is None


def test_csv_has_a_header_and_one_row_a_probe_with_crlf() -> None:
    text = FORMATS.load("csv")(rich_report())
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == len(rich_report().evidence.probes)
    assert tuple(rows[0]) == tuple(COLUMNS)
    assert text.count("\n") == text.count("\r\n") == len(rows) + 1
    assert (rows[0]["outcome"], rows[0]["size"], rows[0]["json_paths"]) == ("works", "4200000", "")
    [failed] = [row for row in rows if row["outcome"] == "unreachable"]
    assert failed["status"] == "connection_refused"


def test_har_has_every_exchange_without_bodies_and_says_what_it_means() -> None:
    entries = json.loads(FORMATS.load("har")(rich_report()))["log"]["entries"]
    assert len(entries) == 20
    assert [entry["_attempt"] for entry in entries if entry["_probe"] == "contoso/azure.sora2.content@none"] == [1, 2, 3]
    working = next(entry for entry in entries if entry["_probe"] == "contoso/azure.sora1.content-video@preview")
    assert (working["_diagnosis"], working["_outcome"]) == ("download-proved", "works")
    assert working["timings"] == {"blocked": -1, "dns": 4, "connect": 33, "ssl": 22, "send": 0, "wait": 80, "receive": 3}
    assert working["request"]["queryString"] == [{"name": "api-version", "value": "preview"}]
    assert working["serverIPAddress"] == "20.1.2.3"
    refused = next(entry for entry in entries if "_failure" in entry)
    assert (refused["response"]["status"], refused["_failure"]) == (0, "connection_refused")


def test_junit_counts_what_it_lists() -> None:
    root = ElementTree.fromstring(FORMATS.load("junit")(rich_report()))
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["contoso", "mirror"]
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite)
        for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(count, "")) == len(list(suite.iter(tag)))
    assert suites["contoso"].get("errors") == "1"
    assert suites["contoso"][0].get("name") == "contoso/azure.sora1.content-video@preview"
    assert len(suites["contoso"][0]) == 0


def test_every_format_but_the_terminals_has_a_file_and_the_defaults_are_formats() -> None:
    assert set(FILES) == set(FORMATS) - {"terminal"}
    assert set(DEFAULT_FORMATS) <= set(FILES)
    assert len(set(FILES.values())) == len(FILES)


def test_text_in_other_scripts_stays_readable_in_json() -> None:
    report = replace(rich_report(), headline=text("Рабочий маршрут найден; déjà 日本"))
    assert "Рабочий маршрут найден; déjà 日本" in FORMATS.load("json")(report)
