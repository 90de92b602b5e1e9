from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe import model
from probe.errors import LeakError, RunError
from probe.model import Control, Evidence, Limits, Observation, Probe, Purpose, Skipped, Timings, TlsFacts
from probe.redact import Redactor
from probe.runs.codec import Journal, decode, encode, from_journal, from_json, read_journal, to_json
from tests.factories import NOW, evidence, exchange, failed, mp4_response, observation, probe, response, route_404
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


@pytest.mark.parametrize("kind", [getattr(model, name) for name in dir(model) if is_dataclass(getattr(model, name))])
def test_every_type_of_the_model_survives_the_journey(kind: Any) -> None:
    builder = st.builds(kind) if kind.__name__ not in ("Report",) else st.builds(kind, evidence=st.just(a_scan()))
    texts = st.text(max_size=5)
    with_zone = st.datetimes(timezones=st.just(UTC))
    st.register_type_strategy(datetime, with_zone)
    st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
    st.register_type_strategy(str, texts)

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(builder)
    def journey(value: Any) -> None:
        assert decode(kind, json.loads(json.dumps(encode(value))), WHERE) == value

    journey()


def test_evidence_is_the_same_after_writing_and_reading() -> None:
    whole = a_scan()
    text = to_json(whole)
    assert from_json(text, WHERE) == from_json(text.encode(), WHERE) == whole
    assert to_json(from_json(text, WHERE)) == text


def test_each_observation_has_a_line_of_its_own_and_empty_fields_are_left_out() -> None:
    lines = to_json(a_scan(5)).splitlines()
    assert sum(line.startswith('  {"probe_id": "contoso/x@') for line in lines) == 5
    assert "skip_reason" not in "".join(lines)


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


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("observations/2/exchanges/0/elapsed", "0.1", "observations[2].exchanges[0].elapsed: expected a number, got '0.1'"),
        ("exchange/elapsed", True, "elapsed: expected a number, got True"),
        ("exchange/response/status_code", 200.5, "response.status_code: expected a whole number, got 200.5"),
        ("exchange/response/headers/1", ["a"], "response.headers[1]: expected a list of 2, got ['a']"),
        ("exchange/response/body_is_truncated", 1, "response.body_is_truncated: expected true or false, got 1"),
        ("observations", {}, "observations: expected a list, got {}"),
        ("probes/0", None, "probes[0]: expected an object, got None"),
        ("probes/0/url", KeyError, "probes[0]: the key 'url' is missing"),
        ("probes/0/api_version", 1, "probes[0].api_version: expected a text, got 1"),
        ("probes/1/role", "cook", "probes[1].role: expected one of list, status, metadata, download, control, create, got 'cook'"),
        ("started_at", "yesterday", "started_at: expected a time, got 'yesterday'"),
        ("started_at", "2026-11-20T14:03:11", "started_at: expected a time with its zone, got '2026-11-20T14:03:11'"),
        ("started_at", 5, "started_at: expected a time, got 5"),
        ("catalogue_updated", [], "catalogue_updated: expected a date, got []"),
        ("failing_url", ["x" * 100], "failing_url: expected a text, got ['" + "x" * 38 + "..."),
        ("data_format_version", KeyError, "no evidence of probe"),
        ("data_format_version", "1", "no evidence of probe"),
        ("data_format_version", 2, "written by a newer probe (data format 2)"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(path: str, value: Any, message: str) -> None:
    place = ""
    if path.startswith("exchange/"):
        path, place = path.replace("exchange/", "observations/0/exchanges/0/"), "observations[0].exchanges[0]."
    with pytest.raises(RunError) as caught:
        from_json(change(path, value), WHERE)
    assert caught.value.message == f"{WHERE}: {place}{message}"
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
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
    ],
)
def test_garbage_is_an_error_with_a_hint(text: str | bytes) -> None:
    with pytest.raises(RunError, match=r"^evidence\.json: ") as caught:
        from_json(text, WHERE)
    assert caught.value.hint


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 400])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    text = to_json(a_scan()).replace('"elapsed": 0.12', f'"elapsed": {number}', 1)
    with pytest.raises(RunError, match=r"elapsed: expected a number"):
        from_json(text, WHERE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=200, deadline=None)
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


# ---- the journal


def journal(path: Path, *items: Probe | Observation, **options: Any) -> Path:
    file = path / "journal.jsonl"
    log = Journal(file, **options)
    log.append({"scan": encode(evidence()), "scope": {"limits": encode(Limits())}})
    for item in items:
        log.append({type(item).__name__.lower(): encode(item)})
    log.close()
    return file


def test_a_journal_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    first, second = probe(id="a"), probe(id="b", control=Control.BOGUS_ID, purpose=Purpose.CONTROL)
    seen = (observation(first, mp4_response()), failed(second))
    path = journal(tmp_path, first, second, *seen, is_synced=True)
    header, probes, observations = read_journal(path)
    assert sorted(header) == ["scan", "scope"]
    assert (probes, observations) == ((first, second), seen)
    again = from_journal(path)
    assert (again.probes, again.observations, again.is_interrupted) == (probes, observations, True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_journal_is_private_and_follows_no_link(tmp_path: Path) -> None:
    path = journal(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (tmp_path / "victim").write_text("keep me")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with pytest.raises(RunError, match="symbolic link"):
        Journal(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunError, match="not a regular file"):
        Journal(tmp_path / "pipe")
    with pytest.raises(RunError, match="not a regular file"):
        read_journal(tmp_path / "pipe")
    assert (tmp_path / "victim").read_text() == "keep me"


def test_a_kill_at_any_byte_loses_at_most_the_last_line(tmp_path: Path) -> None:
    probes = [probe(id=f"p{number}") for number in range(3)]
    whole = journal(tmp_path, *probes).read_bytes()
    first_line = whole.index(b"\n") + 1
    path = tmp_path / "cut.jsonl"
    for cut in range(first_line, len(whole) + 1, 7):
        path.write_bytes(whole[:cut])
        expected = whole[first_line:cut].count(b"\n") + (whole[cut : cut + 1] == b"\n")
        assert len(read_journal(path)[1]) == expected
        log = Journal(path)
        log.append({"probe": encode(probe(id="after"))})
        log.close()
        assert [one.id for one in read_journal(path)[1]][-1] == "after"


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = journal(tmp_path, probe(id="a"), probe(id="b"))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], lines[1][:-9], *lines[2:]]))
    with pytest.raises(RunError, match=r"journal\.jsonl:2: "):
        read_journal(path)
    path.write_bytes(b"\n".join([lines[0], b'{"probe": {"id": 1}}', *lines[2:]]))
    with pytest.raises(RunError, match=r"journal\.jsonl:2: probe: id: expected a text, got 1"):
        read_journal(path)


@pytest.mark.parametrize("content", [b"", b'{"scan": {', b'{"later": 1}\n'])
def test_a_journal_without_a_beginning_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal.jsonl").write_bytes(content)
    with pytest.raises(RunError, match="nothing was kept"):
        read_journal(tmp_path / "journal.jsonl")


def test_what_is_journalled_twice_counts_once_and_the_last_decides(tmp_path: Path) -> None:
    one = probe(id="a")
    header_and_more = journal(tmp_path, one, failed(one), one, observation(one, mp4_response()))
    _, probes, observations = read_journal(header_and_more)
    assert (probes, observations) == ((one,), (observation(one, mp4_response()),))


def test_a_failing_disk_leaves_the_journal_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = journal(tmp_path, probe(id="a"))
    log = Journal(path)
    real = os.write
    written: list[int] = []

    def half(descriptor: int, content: Any) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(real(descriptor, bytes(content)[:20]))
        return written[0]

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(RunError, match="no space left") as caught:
        log.append({"probe": encode(probe(id="b"))})
    assert caught.value.hint
    monkeypatch.undo()
    log.append({"probe": encode(probe(id="c"))})
    log.close()
    log.close()
    assert [one.id for one in read_journal(path)[1]] == ["a", "c"]


def test_a_secret_is_never_journalled(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    log = Journal(path, Redactor({"OPENAI_API_KEY": "CANARY-1234567"}))
    with pytest.raises(LeakError, match="OPENAI_API_KEY"):
        log.append({"probe": encode(probe(url="https://h/?x=canary-1234567"))})
    log.close()
    assert path.read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks otherwise")
def test_two_probes_cannot_write_the_same_run(tmp_path: Path) -> None:
    path = journal(tmp_path)
    log = Journal(path)
    with pytest.raises(RunError, match="another probe is writing this run"):
        Journal(path)
    log.close()
    Journal(path).close()


def test_many_observations_are_loaded_in_linear_time(tmp_path: Path) -> None:
    def written(count: int) -> Path:
        folder = tmp_path / str(count)
        folder.mkdir()
        probes = [probe(id=f"p{number}") for number in range(count)]
        return journal(folder, *probes, *(observation(one, route_404()) for one in probes))

    assert len(from_journal(written(1000)).observations) == 1000
    assert_linear(from_journal, written, 150)


def test_the_codec_knows_every_type_of_the_model() -> None:
    for name in dir(model):
        kind = getattr(model, name)
        if is_dataclass(kind) and isinstance(kind, type):
            with pytest.raises(RunError, match="expected an object"):
                decode(kind, 5, WHERE)
            assert fields(kind)
    assert decode(Timings, {}, WHERE) == Timings()
    assert decode(TlsFacts, encode(TlsFacts("a", "b", "c", "d", verified=True)), WHERE).verified
    assert decode(date, "2026-11-20", WHERE) == date(2026, 11, 20)
    assert decode(datetime, "2026-11-20T14:03:11Z", WHERE) == NOW
