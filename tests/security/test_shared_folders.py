"""Folders that others may write to, such as a shared /tmp: nothing of theirs is written, opened or taken for ours."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe.cli.options import PrintOptions
from probe.cli.report import open_page
from probe.errors import RunError
from probe.receiving import Part
from probe.runs.folder import RunFolder, changeable_by_others

pytestmark = pytest.mark.skipif(os.name == "nt", reason="owners and modes of POSIX")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that everybody may write to, where everybody may rename what others made."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def test_a_folder_counts_as_shared_where_others_can_replace_what_is_in_it(shared: Path, tmp_path: Path) -> None:
    assert changeable_by_others(tmp_path / "page") is None
    (shared / "run").mkdir(mode=0o700)
    assert changeable_by_others(shared / "run" / "page") == shared
    shared.chmod(0o1777)
    assert changeable_by_others(shared / "run" / "page") is None


def test_a_page_that_others_can_replace_is_not_opened_in_the_browser(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho opened > {tmp_path}/opened\n")
    browser.chmod(0o700)
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setenv("BROWSER", str(browser))
    open_page(shared / "report.html", PrintOptions(quiet=False, as_json=False, show_all=False, no_color=True))
    assert not (tmp_path / "opened").exists()
    assert f"not opened: other users can replace files in {shared}" in capfd.readouterr().err


def test_a_download_that_was_exchanged_under_its_temporary_name_is_not_taken_for_ours(shared: Path) -> None:
    part = Part(shared)
    part.append(b"what the service sent")
    part.path.rename(shared / "stolen")
    part.path.write_bytes(b"what somebody else put there")
    with pytest.raises(RunError, match="another user put another file in its place"):
        part.keep_as("video.mp4", is_forced=False)


def test_what_a_resumed_run_sets_aside_follows_no_link_that_its_owner_puts_in_the_way(tmp_path: Path) -> None:
    """The owner of a run folder could else choose which file of ours is replaced, and by what."""
    folder = RunFolder.create(tmp_path, "lab", datetime(2026, 11, 20, tzinfo=UTC))
    (folder.path / ".bashrc").write_text("touch PWNED")
    home, is_armed = tmp_path / "home", True
    home.mkdir()

    def swap(event: str, _values: tuple[object, ...]) -> None:
        nonlocal is_armed
        if is_armed and event == "os.rename":
            is_armed = False
            (folder.path / "earlier-1").rename(folder.path / "away")
            (folder.path / "earlier-1").symlink_to(home)

    sys.addaudithook(swap)
    folder.set_aside()
    assert not is_armed
    assert list(home.iterdir()) == []
    assert (folder.path / "away" / ".bashrc").exists()
