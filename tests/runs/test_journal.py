from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from probe.errors import LeakError, RunError
from probe.model import Control, Note, Observation, Probe, Purpose
from probe.redact import Redactor
from probe.runs import journal as module
from probe.runs.folder import RunFolder
from probe.runs.journal import Journal, read_journal
from probe.runs.seal import Seal
from tests.factories import NOW, evidence, failed, mp4_response, observation, probe, response, route_404
from tests.growth import assert_linear


def journal(path: Path, *items: Probe | Observation, **options: Any) -> Path:
    log = Journal(RunFolder(path), **options)
    log.append({"scan": evidence(), "scope": {"only": []}, "salt": log.seal.salt if log.seal else None})
    for item in items:
        log.append({type(item).__name__.lower(): item})
    log.close()
    return path / "journal.jsonl"


def names(path: Path) -> list[str]:
    return list(read_journal(RunFolder(path)).probes)


def test_a_journal_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    first, second = probe(id="a"), probe(id="b", control=Control.BOGUS_ID, purpose=Purpose.CONTROL)
    seen = (observation(first, mp4_response()), failed(second))
    journal(tmp_path, first, second, *seen, is_synced=True)
    kept = read_journal(RunFolder(tmp_path))
    assert kept.scope == {"only": []}
    assert (kept.whole.probes, kept.whole.observations, kept.whole.is_interrupted) == ((first, second), seen, True)
    assert kept.whole.notes == ()


def test_a_run_that_ended_is_not_called_interrupted(tmp_path: Path) -> None:
    journal(tmp_path)
    log = Journal(RunFolder(tmp_path))
    log.append({"ended_at": NOW})
    assert read_journal(RunFolder(tmp_path)).whole.ended_at == NOW
    assert not read_journal(RunFolder(tmp_path)).whole.is_interrupted
    log.append({"probe": probe(id="more")})
    log.close()
    assert read_journal(RunFolder(tmp_path)).whole.is_interrupted


def test_exchanges_of_a_probe_that_is_asked_again_are_joined(tmp_path: Path) -> None:
    one, other = probe(id="a"), probe(id="b")
    first, second, third = (observation(one, answer) for answer in (route_404(), route_404(), mp4_response()))
    journal(tmp_path, one, other, first)
    log = Journal(RunFolder(tmp_path))
    log.append({"observation": second, "after": 1})
    log.append({"observation": third, "after": 2})
    log.close()
    (kept,) = read_journal(RunFolder(tmp_path)).observations.values()
    assert kept.exchanges == (*first.exchanges, *second.exchanges, *third.exchanges)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_journal_is_private_and_follows_no_link(tmp_path: Path) -> None:
    path = journal(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (tmp_path / "victim").write_text("keep me")
    path.unlink()
    path.symlink_to(tmp_path / "victim")
    with pytest.raises(RunError, match="symbolic link"):
        Journal(RunFolder(tmp_path))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RunError, match="not a regular file"):
        Journal(RunFolder(tmp_path))
    with pytest.raises(RunError, match="not a regular file"):
        read_journal(RunFolder(tmp_path))
    assert (tmp_path / "victim").read_text() == "keep me"


def test_a_kill_at_any_byte_loses_at_most_the_last_line(tmp_path: Path) -> None:
    probes = [probe(id=f"p{number}") for number in range(3)]
    whole = journal(tmp_path, *probes).read_bytes()
    first_line = whole.index(b"\n") + 1
    path = tmp_path / "journal.jsonl"
    for cut in range(first_line, len(whole) + 1, 7):
        path.write_bytes(whole[:cut])
        expected = whole[first_line:cut].count(b"\n") + (whole[cut : cut + 1] == b"\n")
        kept = read_journal(RunFolder(tmp_path))
        assert len(kept.probes) == expected
        assert kept.skipped_lines == 0
        log = Journal(RunFolder(tmp_path))
        log.append({"probe": probe(id="after")})
        log.close()
        assert names(tmp_path)[-1] == "after"


STRAY = [b"", b" ", b"[]", b"5", b'{"hello": 1}', b"\xff\xfe", b'{"probe": {"id": 1}}', b'{"observation": {"probe_id": "nobody"}}']
STRAY += [b'{"probe": {}, "probe": {}}', b"[" * 100_000, b'{"ended_at": NaN}', b'{"ended_at": "2026-11-20T14:03:11"}']


@pytest.mark.parametrize("stray", STRAY, ids=range(len(STRAY)))
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_stray_line_costs_only_itself_and_is_told(tmp_path: Path, stray: bytes, at: int) -> None:
    path = journal(tmp_path, probe(id="a"), probe(id="b"))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:at], stray, *lines[at:]]))
    assert names(tmp_path) == ["a", "b"]
    assert read_journal(RunFolder(tmp_path)).whole.notes[-1] == Note("journal-lines-skipped", (("count", "1"),))


def test_a_damaged_line_costs_only_what_it_said(tmp_path: Path) -> None:
    one, other = probe(id="a"), probe(id="b")
    path = journal(tmp_path, one, other, failed(one), failed(other))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], lines[1][:-9], *lines[2:]]))
    kept = read_journal(RunFolder(tmp_path))
    assert (list(kept.probes), list(kept.observations), kept.skipped_lines) == (["b"], ["b"], 2)


def test_a_journal_of_a_newer_probe_is_not_misread(tmp_path: Path) -> None:
    path = journal(tmp_path)
    path.write_text(path.read_text().replace('"data_format_version":2', '"data_format_version":3'))
    with pytest.raises(RunError, match="newer probe"):
        read_journal(RunFolder(tmp_path))


def test_only_lines_that_the_seal_signed_count_where_they_must_be_believed(tmp_path: Path) -> None:
    seal = Seal.make({"K": "a secret"})
    assert seal is not None
    path = journal(tmp_path, probe(id="a"), probe(id="b"), seal=seal)
    lines = path.read_text(encoding="utf-8").splitlines()
    forged = [
        lines[0],
        lines[1].replace("GET", "PUT"),
        lines[2],
        json.dumps(json.loads(lines[1])),
        lines[2].rpartition(",")[0] + "}",
    ]
    path.write_text("\n".join(forged) + "\n", encoding="utf-8")
    kept = read_journal(RunFolder(tmp_path), seal)
    assert (list(kept.probes), kept.skipped_lines) == (["b"], 3)
    assert kept.is_sealed_by(seal) and kept.is_sealed_by(Seal.again({"K": "a secret"}, kept.salt))
    assert not kept.is_sealed_by(Seal.again({"K": "another"}, kept.salt)) and not kept.is_sealed_by(None)


def test_a_journal_never_grows_beyond_what_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = journal(tmp_path)
    monkeypatch.setattr(module, "MAX_JOURNAL", path.stat().st_size + 900)
    log = Journal(RunFolder(tmp_path))
    log.append({"probe": probe(id="a")})
    with pytest.raises(RunError, match="larger than"):
        log.append({"probe": probe(id="b", url="https://h/" + "x" * 900)})
    log.close()
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("content", [b"", b'{"scan": {', b'{"later": 1}\n'])
def test_a_journal_without_a_beginning_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal.jsonl").write_bytes(content)
    with pytest.raises(RunError, match="nothing was kept"):
        read_journal(RunFolder(tmp_path))


def test_what_is_journalled_twice_counts_once_and_the_last_decides(tmp_path: Path) -> None:
    one = probe(id="a")
    journal(tmp_path, one, failed(one), one, observation(one, mp4_response()))
    kept = read_journal(RunFolder(tmp_path)).whole
    assert (kept.probes, kept.observations) == ((one,), (observation(one, mp4_response()),))


def test_a_failing_disk_leaves_the_journal_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal(tmp_path, probe(id="a"))
    log = Journal(RunFolder(tmp_path))
    real = os.write
    written: list[int] = []

    def half(descriptor: int, content: Any) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(real(descriptor, bytes(content)[:20]))
        return written[0]

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(RunError, match="no space left") as caught:
        log.append({"probe": probe(id="b")})
    assert caught.value.hint
    monkeypatch.undo()
    log.append({"probe": probe(id="c")})
    log.close()
    log.close()
    assert names(tmp_path) == ["a", "c"]


def test_a_secret_is_never_journalled(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    log = Journal(RunFolder(tmp_path), Redactor({"OPENAI_API_KEY": "CANARY-1234567"}))
    with pytest.raises(LeakError, match="OPENAI_API_KEY"):
        log.append({"probe": probe(url="https://h/?x=canary-1234567")})
    log.close()
    assert path.read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks otherwise")
def test_what_was_recorded_before_a_secret_was_learned_is_journalled_without_it(tmp_path: Path) -> None:
    """Else a server could end every scan: it says something in an error, and a moment later calls it its cookie."""
    cookie, redactor = "Kq7cookie9Zp3Wm5Xv2Bt8", Redactor({"KEY": "4Zq8Xv2Lw6q7ZTn0Rb5Yc9Kd3Hf7"})
    first, second = probe(id="a"), probe(id="b")
    seen = observation(first, response(error_message=f"no session {cookie}"))
    redactor.study((("Set-Cookie", f"s={cookie}; path=/"),), "")
    log = Journal(RunFolder(tmp_path), redactor)
    log.append({"scan": evidence()})
    log.extend([{"probe": first}, {"observation": seen, "after": 0}, {"probe": second}])
    log.close()
    (kept,) = read_journal(RunFolder(tmp_path)).observations.values()
    assert kept == observation(first, response(error_message="no session REDACTED"))
    assert names(tmp_path)[-1] == "b"
    assert cookie not in (tmp_path / "journal.jsonl").read_text()


def test_two_probes_cannot_write_the_same_run(tmp_path: Path) -> None:
    journal(tmp_path)
    log = Journal(RunFolder(tmp_path))
    with pytest.raises(RunError, match="another probe is writing this run"):
        Journal(RunFolder(tmp_path))
    log.close()
    Journal(RunFolder(tmp_path)).close()


def test_many_observations_are_loaded_in_linear_time(tmp_path: Path) -> None:
    def written(count: int) -> RunFolder:
        folder = tmp_path / str(count)
        folder.mkdir()
        probes = [probe(id=f"p{number}") for number in range(count)]
        journal(folder, *probes, *(observation(one, route_404()) for one in probes))
        return RunFolder(folder)

    assert len(read_journal(written(1000)).observations) == 1000
    assert_linear(read_journal, written, 150)
