from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe import model
from probe.diagnoses import tell
from probe.errors import RunError
from probe.frozen import Frozen, replace
from probe.model import Evidence, Limits, Skipped, Timings, TlsFacts
from probe.reports import judge_run
from probe.runs.codec import decode, encode, from_json, to_json
from tests.cli.running import ROOT
from tests.each import each
from tests.factories import NOW, evidence, exchange, mp4_response, observation, probe, response, route_404
from tests.growth import assert_linear

WHERE = "evidence.json"


def a_scan(count: int = 3) -> Evidence:
    probes = [probe(id=f"contoso/x@{number}") for number in range(count)]
    answers = [mp4_response(), route_404(), response(200, values=(model.JsonValue("$.status", "succeeded"),), title="Ж")]
    return evidence(
        *((one, observation(one, answers[index % 3])) for index, one in enumerate(probes)),
        skipped=(Skipped("a", "b", "c", "d"),),
        masked=(("header api-key", "3"),),
    )


@pytest.mark.parametrize("kind", [Evidence, model.Probe, model.Observation, model.Note])
def test_what_is_written_by_itself_survives_the_journey(kind: Any) -> None:
    texts = st.text(max_size=5)
    with_zone = st.datetimes(timezones=st.just(UTC))
    st.register_type_strategy(datetime, with_zone)
    st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
    st.register_type_strategy(str, texts)
    st.register_type_strategy(model.Target, lambda _kind: st.builds(model.Target, base_url=texts))
    st.register_type_strategy(model.Probe, lambda _kind: st.builds(model.Probe, url=texts))

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.builds(kind))
    def journey(value: Any) -> None:
        assert decode(kind, json.loads(json.dumps(encode(value))), WHERE) == value

    journey()


def test_evidence_is_the_same_after_writing_and_reading() -> None:
    whole = a_scan()
    text = to_json(whole)
    assert from_json(text, WHERE) == from_json(text.encode(), WHERE) == whole
    assert to_json(from_json(text, WHERE)) == text


def test_each_observation_has_a_line_of_its_own() -> None:
    lines = to_json(a_scan(5)).splitlines()
    assert sum(line.startswith('  {"probe_id":"contoso/x@') for line in lines) == 5


def test_half_a_surrogate_pair_can_be_written() -> None:
    whole = evidence(notes=("half \ud800 pair",))
    assert from_json(to_json(whole).encode("utf-8"), WHERE) == whole


def test_values_that_are_empty_but_not_by_default_are_kept() -> None:
    limits = Limits(retries=0, max_wait=0.0)
    assert decode(Limits, json.loads(json.dumps(encode(limits))), WHERE) == limits


def test_keys_of_a_newer_version_are_ignored() -> None:
    raw = json.loads(to_json(a_scan()))
    raw["moon_phase"] = 1
    raw["observations"][0]["mood"] = {"x": []}
    assert from_json(json.dumps(raw), WHERE) == a_scan()


def change(path: str, value: Any) -> str:
    raw = json.loads(to_json(a_scan()))
    place: Any = raw
    *steps, last = path.split("/")
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    if value is KeyError:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return json.dumps(raw)


@each(
    [
        ("observations/2/exchanges/0/elapsed", "0.1", "observations[2].exchanges[0].elapsed: "),
        ("exchange/elapsed", True, "elapsed: "),
        ("exchange/response/status_code", 200.5, "response.status_code: "),
        ("exchange/response/headers/1", ["a"], "response.headers[1]: "),
        ("exchange/response/body_is_truncated", 1, "response.body_is_truncated: "),
        ("observations", {}, "observations: "),
        ("probes/0", None, "probes[0]: "),
        ("probes/0/url", KeyError, "probes[0]: object missing required field url"),
        ("probes/0/api_version", 1, "probes[0].api_version: "),
        ("probes/0/reason", {"code": 1}, "probes[0].reason.code: "),
        ("probes/1/role", "cook", "probes[1].role: "),
        ("started_at", "yesterday", "started_at: "),
        ("started_at", "2026-11-20T14:03:11", "a time without its zone"),
        ("started_at", "0001-01-01T00:00:00+23:59", "a time without its zone, or out of range"),
        ("ended_at", "9999-12-31T23:59:59-23:59", "a time without its zone, or out of range"),
        ("started_at", 5, "started_at: "),
        ("catalogue_updated", [], "catalogue_updated: "),
        ("failing_url", ["x" * 100], "failing_url: "),
        ("data_format_version", KeyError, "no evidence of probe"),
        ("data_format_version", "1", "no evidence of probe"),
        ("data_format_version", True, "no evidence of probe"),
        ("data_format_version", 3, "written by a newer probe (data format 3)"),
        ("exchange/started_at", "2026-11-20T14:03:11", "the observation of 'contoso/x@0' has a time without its zone"),
        ("targets", [], "no target"),
        ("probes/0/role", "\ud800", "half a surrogate pair"),
        ("targets/0/base_url", "http://[", "'http://[' is not a URL"),
        ("probes/0/target", "x", "'contoso/x@0' has no target"),
        ("observations/0/probe_id", "x", "an observation of 'x', which is not a probe"),
    ]
)
def test_a_wrong_value_is_named_with_its_place(path: str, value: Any, place: str) -> None:
    if path.startswith("exchange/"):
        path = path.replace("exchange/", "observations/0/exchanges/0/")
        place = place if place.startswith("the ") else "observations[0].exchanges[0]." + place
    with pytest.raises(RunError) as caught:
        from_json(change(path, value), WHERE)
    assert caught.value.message.startswith(f"{WHERE}: {place}")
    assert "`" not in caught.value.message
    assert caught.value.hint


@each(
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        "\xff",
        b"\xff\xfe\x00",
        '{"data_format_version": ' + "9" * 5000 + "}",
        '"x"',
        "{}",
        b"\x00" * 50,
        '{"data_format_version": 2, "data_format_version": 2}',
    ]
)
def test_garbage_is_an_error_with_a_hint(text: str | bytes) -> None:
    with pytest.raises(RunError, match=r"^evidence\.json: ") as caught:
        from_json(text, WHERE)
    assert caught.value.hint


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 400])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    text = to_json(a_scan()).replace('"elapsed":0.12', f'"elapsed":{number}', 1)
    assert number in text
    with pytest.raises(RunError, match=r"^evidence\.json: a number is "):
        from_json(text, WHERE)


def test_what_is_written_is_printable_ascii_whatever_a_server_said() -> None:
    said = "\u202egnp.exe\x1b[2J\x7f\x9b\u2066 Ж 😀"
    whole = evidence(notes=(said, model.Note("text", (("text", said),))))
    text = to_json(whole)
    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()
    assert from_json(text, WHERE) == whole


OLD = Path(__file__).resolve().parents[1] / "data" / "runs-0.1.0"


@pytest.mark.parametrize("name", ["evidence.json", "journal.jsonl"])
def test_a_run_of_release_0_1_0_gets_the_verdicts_that_it_got(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes((OLD / name).read_bytes())
    saved = json.loads((OLD / "report.json").read_text(encoding="utf-8"))
    report = judge_run(tmp_path)
    assert report.evidence.data_format_version == 1
    assert str(report.answer) == saved["answer"]
    told = {one["probe_id"]: (one["outcome"], one["diagnosis"]) for one in saved["verdicts"]}
    assert {one.probe_id: (str(one.diagnosis.outcome), one.diagnosis.code) for one in report.verdicts} == told
    assert [one["probe_id"] for one in saved["working"]] == list(report.working)


def test_what_release_0_1_0_wrote_is_told_as_it_is() -> None:
    whole = from_json((OLD / "evidence.json").read_bytes(), WHERE)
    assert {tell(one.reason) for one in whole.probes} >= {"catalogue: documented", "the URL that is said to fail"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_spoilt_run_is_read_or_refused_never_a_traceback(data: st.DataObject) -> None:
    raw = json.loads(to_json(a_scan()))
    place: Any = raw
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    try:
        assert isinstance(from_json(json.dumps(raw), WHERE), Evidence)
    except RunError as error:
        assert error.message.startswith(WHERE)


def test_many_observations_are_written_and_read_in_linear_time() -> None:
    def rich(count: int) -> Evidence:
        paths = tuple(model.JsonPath(f"$.data[*].key_{number}", "string", 3) for number in range(20))
        exchanges = (exchange(None, response(200, json_paths=paths)),)
        whole = a_scan(count)
        return replace(whole, observations=tuple(replace(one, exchanges=exchanges) for one in whole.observations))

    def journey(whole: Evidence) -> None:
        assert from_json(to_json(whole), WHERE) == whole

    assert_linear(journey, rich, 50)


def test_the_codec_knows_every_type_of_the_model() -> None:
    for name in dir(model):
        kind = getattr(model, name)
        if isinstance(kind, type) and issubclass(kind, Frozen) and kind is not Frozen:
            with pytest.raises(RunError, match="expected object"):
                decode(kind, 5, WHERE)
    assert decode(Timings, {}, WHERE) == Timings()
    assert decode(TlsFacts, encode(TlsFacts("a", "b", "c", "d", verified=True)), WHERE).verified
    assert decode(date, "2026-11-20", WHERE) == date(2026, 11, 20)
    assert decode(datetime, "2026-11-20T14:03:11Z", WHERE) == NOW


def test_threads_that_decode_a_type_for_the_first_time_at_once_do_not_crash_the_process() -> None:
    """Workers of a fleet do so. In a process of its own: there the first time can be had only once."""
    code = """
import sys, threading
from probe.catalogue import load
from probe.model import Catalogue
from probe.runs.codec import decode, load as parsed, to_line
value, together = parsed(to_line(load()), "x"), threading.Barrier(8)
def first():
    together.wait()
    decode(Catalogue, value, "x")
sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=first) for _ in range(8)]
for one in threads: one.start()
for one in threads: one.join()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()[-500:]
