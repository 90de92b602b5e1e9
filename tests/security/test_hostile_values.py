"""Promise: no value that a server or a saved run names can keep a finished scan from its report."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe.formats import FORMATS
from probe.jsonpath import find
from probe.listing import moment
from probe.model import CaptureRule
from probe.runs.codec import from_json
from probe.verdict import judge

SAMPLE = (Path(__file__).parents[2] / "reports" / "sample" / "evidence.json").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "said", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "9999-12-31", "1e308"]
)
def test_a_date_at_the_end_of_time_is_no_date(said: str) -> None:
    assert moment(said) is None
    evidence = re.sub(r'(_at","value":")\d+"', rf'\g<1>{said}"', SAMPLE)
    assert evidence.count(said) > 10
    assert judge(from_json(evidence, "evidence.json"), NOW).verdicts


@pytest.mark.parametrize("lifetime", ["1e300", "-1e300", "1e15", "0"])
def test_a_lifetime_beyond_all_time_is_no_lifetime(lifetime: str) -> None:
    evidence = SAMPLE.replace('"lifetime":86400.0', f'"lifetime":{lifetime}')
    assert evidence != SAMPLE
    assert judge(from_json(evidence, "evidence.json"), NOW).verdicts


@pytest.mark.parametrize("elapsed", ["1e308", "-1e308"])
def test_an_answer_that_took_longer_than_all_time_is_reported(elapsed: str) -> None:
    evidence = re.sub(r'"elapsed":[0-9.]+', f'"elapsed":{elapsed}', SAMPLE)
    report = judge(from_json(evidence, "evidence.json"), NOW)
    assert FORMATS.load("json")(report) and FORMATS.load("html")(report) and FORMATS.load("har")(report)


def test_an_id_that_utf_8_cannot_hold_is_no_id() -> None:
    """Asking for it was a fault of ours, once for each route."""
    rule = CaptureRule("id", ("$.data[*].id",))
    assert find(rule, {"data": [{"id": "\ud800"}, {"id": "video_1\udfff"}, {"id": "video_1"}]}) == (("video_1", "$.data[2].id"),)
