"""The shipped catalogue in the user's cache: the same catalogue, and nothing else is ever taken for it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from probe.catalogue import kept, loader
from probe.catalogue.kept import through_cache
from probe.frozen import replace
from probe.model import Catalogue

MADE = loader.load()
OTHER = replace(MADE, updated=date(2020, 1, 1))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "_folder", lambda: tmp_path / "probe")
    return tmp_path / "probe" / "catalogue.json"


def read(content: bytes = b"a") -> Catalogue:
    """What a reader gets whose YAML would be built to another catalogue than the one that was kept."""
    return through_cache(content, lambda: OTHER)


def test_what_was_kept_is_what_was_built() -> None:
    assert through_cache(b"a", lambda: MADE) == MADE
    assert read() == MADE


def test_other_bytes_or_other_code_are_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    through_cache(b"a", lambda: MADE)
    assert read(b"b") == OTHER
    through_cache(b"a", lambda: MADE)
    monkeypatch.setattr("probe.__version__", "0")
    assert read() == OTHER


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"version": "1"}', b'{"source": "\xe3"}', b'{"source": "\\ud800"}', b"[" * 100_000]
)
def test_a_broken_cache_is_built_anew(cache: Path, text: bytes) -> None:
    through_cache(b"a", lambda: MADE)
    first = cache.read_bytes().partition(b"\n")[0]
    cache.write_bytes(first + b"\n" + text)
    assert read() == OTHER


def test_a_file_that_others_may_write_to_counts_for_nothing(cache: Path) -> None:
    through_cache(b"a", lambda: MADE)
    assert (cache.stat().st_mode & 0o777, cache.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    cache.chmod(0o666)
    assert read() == OTHER


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are of POSIX")
def test_a_pipe_in_its_place_is_not_waited_for(cache: Path) -> None:
    cache.parent.mkdir()
    os.mkfifo(cache, 0o600)
    assert read() == OTHER


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a link to somebody else")
def test_a_link_of_somebody_else_chooses_no_file_to_replace(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / cache.name).write_text("mine")
    cache.parent.symlink_to(tmp_path / "mine")
    os.lchown(cache.parent, 65534, 65534)
    assert read() == OTHER
    assert (tmp_path / "mine" / cache.name).read_text() == "mine"


def test_notes_are_not_kept_for_they_are_in_a_language(cache: Path) -> None:
    through_cache(b"a", lambda: replace(MADE, notes=("ein Hinweis",)))
    assert not cache.exists()


def test_no_place_for_a_cache_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "probe").write_text("a file where the folder would be")
    assert read() == OTHER
