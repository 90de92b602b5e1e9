from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from probe.errors import LeakError, RunError
from probe.redact import Redactor
from probe.runs.folder import EVIDENCE, JOURNAL, RunFolder, latest
from probe.runs.journal import Journal

NOW = datetime(2026, 11, 20, 14, 3, 11, tzinfo=UTC)
CANARY = "CANARY-1234567/abc"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes and few links")


@pytest.fixture
def redactor() -> Redactor:
    return Redactor({"AZURE_OPENAI_API_KEY": CANARY})


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "reports", "contoso", NOW)


def write(folder: RunFolder, name: str, content: Any, redactor: Redactor) -> Path:
    return folder.write_all({name: content}, redactor)[0]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("contoso", "contoso"),
        ("Été & Лаб", "ete"),
        ("../../etc", "etc"),
        ("CON", "con"),
        ("", "scan"),
        ("a" * 90, "a" * 40),
        ("x\n\x1b[1m:*?", "x-1m"),
    ],
)
def test_a_run_is_named_by_time_and_a_name_that_every_system_takes(tmp_path: Path, name: str, slug: str) -> None:
    run = RunFolder.create(tmp_path, name, NOW.astimezone(timezone(timedelta(hours=5))))
    assert run.path == tmp_path / f"2026-11-20T14-03-11Z-{slug}"
    assert run.journal == run.path / JOURNAL


def test_a_twin_gets_a_number(tmp_path: Path) -> None:
    names = [RunFolder.create(tmp_path, "lab", NOW).path.name for _ in range(3)]
    assert names == ["2026-11-20T14-03-11Z-lab", "2026-11-20T14-03-11Z-lab-2", "2026-11-20T14-03-11Z-lab-3"]


def test_many_creators_at_once_get_a_folder_each(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: RunFolder.create(tmp_path / "new" / "reports", "lab", NOW).path, range(64)))
    assert len(set(made)) == 64
    assert all(path.is_dir() for path in made)


@POSIX
def test_folder_and_files_are_private(folder: RunFolder, redactor: Redactor) -> None:
    path = write(folder, "report.md", "# Ж\n", redactor)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == folder.read("report.md") == "# Ж\n".encode()
    assert os.listdir(folder.path) == ["report.md"]


def test_a_file_is_replaced_whole(folder: RunFolder, redactor: Redactor) -> None:
    write(folder, "report.md", "long old text", redactor)
    write(folder, "report.md", b"new", redactor)
    assert folder.read("report.md") == b"new"


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/b", "a\\b", "/etc/x", ".hidden", "a\x00b", "nul\n", "x" * 200, "trailing.", "C:x"]
)
def test_a_file_name_cannot_leave_the_folder(folder: RunFolder, redactor: Redactor, name: str) -> None:
    with pytest.raises(RunError, match="not a file name"):
        write(folder, name, "x", redactor)
    assert os.listdir(folder.path) == []


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.html", text * 50)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("report.html", f"<p>{CANARY.replace('/', '%2F')}</p>", "report.html"),
        ("results.csv", CANARY.encode("utf-16"), "results.csv"),
        ("bundle.zip", zipped(f"x {CANARY} "), "bundle.zip/report.html"),
    ],
)
def test_a_secret_is_never_written(folder: RunFolder, redactor: Redactor, name: str, content: str | bytes, place: str) -> None:
    write(folder, name, "old", redactor)
    with pytest.raises(LeakError) as caught:
        write(folder, name, content, redactor)
    assert caught.value.message == f"{place}: would hold the secret of AZURE_OPENAI_API_KEY; nothing was written"
    assert "CANARY" not in str(caught.value)
    assert folder.read(name) == b"old"
    assert os.listdir(folder.path) == [name]


@pytest.mark.parametrize("at", [2**20 - len(CANARY), 2**20 - 7, 2**20 + 3, 2**21 - 1])
def test_a_secret_is_found_wherever_the_pieces_of_a_large_file_end(folder: RunFolder, redactor: Redactor, at: int) -> None:
    text = "." * at + CANARY + "." * 2**20
    with pytest.raises(LeakError):
        write(folder, "results.csv", (text[begin : begin + 1000] for begin in range(0, len(text), 1000)), redactor)
    assert os.listdir(folder.path) == []


def test_of_several_files_none_appears_before_all_are_made(folder: RunFolder, redactor: Redactor) -> None:
    def broken() -> Iterator[str]:
        yield "half"
        raise ValueError("a format that fails")

    write(folder, "report.md", "old", redactor)
    with pytest.raises(ValueError, match="a format that fails"):
        folder.write_all({"report.md": "new", "results.csv": broken()}, redactor)
    assert os.listdir(folder.path) == ["report.md"]
    assert folder.read("report.md") == b"old"


FAULTS = [
    (errno.ENOSPC, "no space left on the disk"),
    (errno.EACCES, "no permission"),
    (errno.EIO, "Input/output error"),
    (errno.EROFS, "the disk is read-only"),
    (errno.EDQUOT, "the disk quota is used up"),
]


@pytest.mark.parametrize("function", ["open", "fsync", "replace"])
@pytest.mark.parametrize(("code", "words"), FAULTS)
def test_a_failing_disk_leaves_no_half_file(
    folder: RunFolder, redactor: Redactor, monkeypatch: pytest.MonkeyPatch, function: str, code: int, words: str
) -> None:
    write(folder, "report.md", "old", redactor)

    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(RunError, match=words) as caught:
        write(folder, "report.md", "new and longer", redactor)
    monkeypatch.undo()
    assert caught.value.message.startswith(str(folder.path / "report.md"))
    assert caught.value.hint
    assert folder.read("report.md") == b"old"
    assert os.listdir(folder.path) == ["report.md"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_real_full_disk_is_explained(folder: RunFolder, redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def to_full(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        return real("/dev/full", os.O_WRONLY) if flags & os.O_CREAT else real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", to_full)
    with pytest.raises(RunError, match="no space left on the disk"):
        write(folder, "report.md", "x" * 100_000, redactor)
    monkeypatch.undo()
    assert os.listdir(folder.path) == []


def test_a_folder_that_vanished_is_explained(folder: RunFolder, redactor: Redactor) -> None:
    folder.path.rmdir()
    with pytest.raises(RunError, match="no such folder") as caught:
        write(folder, "report.md", "x", redactor)
    assert "must stay in place" in caught.value.hint


def test_a_folder_in_the_place_of_a_file_is_explained(folder: RunFolder, redactor: Redactor) -> None:
    (folder.path / "report.md").mkdir()
    with pytest.raises(RunError):
        write(folder, "report.md", "x", redactor)
    assert os.listdir(folder.path) == ["report.md"]


@POSIX
def test_a_planted_link_is_replaced_and_never_followed(folder: RunFolder, redactor: Redactor, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("keep me")
    (folder.path / "report.md").symlink_to(victim)
    path = write(folder, "report.md", "new", redactor)
    assert victim.read_text() == "keep me"
    assert not path.is_symlink()


@POSIX
def test_a_planted_link_in_the_place_of_a_run_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "2026-11-20T14-03-11Z-lab").symlink_to(tmp_path / "elsewhere")
    assert RunFolder.create(tmp_path, "lab", NOW).path.name == "2026-11-20T14-03-11Z-lab-2"
    assert os.listdir(tmp_path / "elsewhere") == []


@POSIX
@pytest.mark.parametrize("is_link", [True, False])
def test_whatever_stands_in_the_place_of_the_folder_gets_nothing(
    folder: RunFolder, redactor: Redactor, tmp_path: Path, is_link: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.path.rename(tmp_path / "moved")
    if is_link:
        folder.path.symlink_to(elsewhere)
    else:
        elsewhere.rename(folder.path)
        elsewhere = folder.path
    for attempt in (
        lambda: write(folder, "report.md", "x", redactor),
        lambda: Journal(folder),
        folder.set_aside,
    ):
        with pytest.raises(RunError, match="something else stands there now"):
            attempt()
    assert os.listdir(elsewhere) == []
    assert not folder.is_in_place()
    assert folder.renewed().path == folder.path.with_name(folder.path.name + "-2")


def test_a_journal_survives_the_loss_of_its_folder(folder: RunFolder) -> None:
    log = Journal(folder)
    log.append({"hello": 1})
    assert log.is_in_place()
    folder.journal.unlink()
    assert not log.is_in_place()
    assert log.rescue().path == folder.path
    shutil.rmtree(folder.path)
    assert not log.is_in_place()
    again = log.rescue()
    log.append({"hello": 2})
    log.close()
    assert again.path == folder.path
    assert folder.journal.read_bytes() == b'{"hello":1}\n{"hello":2}\n'


@POSIX
def test_a_run_is_opened_through_a_link_that_the_user_names(folder: RunFolder, tmp_path: Path, redactor: Redactor) -> None:
    (tmp_path / "latest").symlink_to(folder.path)
    run = RunFolder.open(tmp_path / "latest")
    assert write(run, "report.md", "x", redactor) == folder.path / "report.md"


@POSIX
def test_reading_waits_for_no_pipe_and_no_device(folder: RunFolder) -> None:
    os.mkfifo(folder.path / "pipe")
    (folder.path / "zero").symlink_to("/dev/zero")
    (folder.path / "dir").mkdir()
    for name in ("pipe", "zero", "dir", "missing"):
        with pytest.raises(RunError):
            folder.read(name)


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_explained(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="no permission"):
        RunFolder.create(tmp_path, "lab", NOW)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(("code", "words"), FAULTS)
def test_a_run_that_cannot_be_made_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "mkdir", fail)
    with pytest.raises(RunError, match=words):
        RunFolder.create(tmp_path / "x", "lab", NOW)


def test_a_file_in_the_place_of_the_reports_is_explained(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    with pytest.raises(RunError, match="not a folder"):
        RunFolder.create(tmp_path / "reports", "lab", NOW)


def test_a_run_is_opened_by_its_folder_or_a_file_in_it(folder: RunFolder, redactor: Redactor) -> None:
    file = write(folder, EVIDENCE, "{}", redactor)
    assert RunFolder.open(folder.path).path == RunFolder.open(file).path == folder.path


@pytest.mark.parametrize("name", ["nothing", "a\x00b", "x" * 5000, "reports/../../.."[:7] + "/none"])
def test_a_run_that_is_not_there_is_explained(folder: RunFolder, name: str) -> None:
    (folder.path / JOURNAL).write_text("")
    with pytest.raises(RunError, match="no such run") as caught:
        RunFolder.open(folder.path.parent / name)
    assert caught.value.hint


def test_the_newest_run_is_the_latest(tmp_path: Path) -> None:
    assert latest(tmp_path) is None
    assert latest(tmp_path / "nothing") is None
    for minute in (5, 9, 1):
        run = RunFolder.create(tmp_path, "lab", NOW.replace(minute=minute))
        (run.path / JOURNAL).write_text("")
    twin = RunFolder.create(tmp_path, "lab", NOW.replace(minute=9))
    (twin.path / EVIDENCE).write_text("{}")
    os.utime(twin.path, (2e9, 2e9))
    RunFolder.create(tmp_path, "empty", NOW.replace(minute=50))
    (tmp_path / "sample").mkdir()
    found = latest(tmp_path)
    assert found is not None
    assert found.path.name == "2026-11-20T14-09-11Z-lab-2"


def test_a_resumed_run_overwrites_nothing(folder: RunFolder, redactor: Redactor) -> None:
    folder.journal.write_text("kept")
    assert folder.set_aside() is None
    write(folder, "report.md", "first", redactor)
    write(folder, EVIDENCE, "{}", redactor)
    earlier = folder.set_aside()
    write(folder, "report.md", "second", redactor)
    assert folder.set_aside() == folder.path / "earlier-2"
    assert earlier == folder.path / "earlier-1"
    assert (earlier / "report.md").read_text() == "first"
    assert sorted(os.listdir(folder.path)) == ["earlier-1", "earlier-2", JOURNAL]


@POSIX
def test_the_mapping_of_pseudonyms_is_private(folder: RunFolder, tmp_path: Path) -> None:
    path = folder.write_private(tmp_path / "mapping.json", "{}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(RunError, match="no such folder"):
        folder.write_private(tmp_path / "none" / "mapping.json", "{}")
