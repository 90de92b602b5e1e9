"""`probe diff`, and `probe report` of a bundle or of nothing, as a user runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from probe.pipeline import Scan
from tests.cli.running import probe
from tests.desk import call, furnish
from tests.scanning import order, world


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One good run and one with a wrong key, each written with its bundle."""
    import asyncio

    made = {}
    for name in ("sora1", "wrong-key"):
        root = tmp_path_factory.mktemp(name)
        with world(name) as server:
            scan = Scan.start(order(server, root))
            asyncio.run(scan.run())
            scan.write(scan.report(), ["json"], is_bundled=True)
            scan.close()
            made[name] = scan.folder.path
    return made


def test_a_run_and_its_bundle_are_the_same(runs: dict[str, Path], tmp_path: Path) -> None:
    run = runs["sora1"]
    done = probe("diff", str(run), str(run / "bundle.zip"), folder=tmp_path)
    assert (done.code, done.out) == (0, "No difference: the same questions got the same answers.\n"), done.err


def test_two_runs_differ_with_exit_code_1_in_every_form(runs: dict[str, Path], tmp_path: Path) -> None:
    sides = str(runs["sora1"]), str(runs["wrong-key"])
    text = probe("diff", *sides, folder=tmp_path)
    assert text.code == 1
    assert "The answer changed from works to undecided" in text.out
    assert probe("diff", *sides, "--markdown", folder=tmp_path).out.startswith("# The answer changed")
    whole = json.loads(probe("diff", *sides, "--json", folder=tmp_path).out)
    assert whole["is_same"] is False
    assert whole["answer"] == {"before": "works", "after": "undecided"}


def test_a_screen_is_cut_and_all_is_not(runs: dict[str, Path], tmp_path: Path) -> None:
    sides = str(runs["sora1"]), str(runs["wrong-key"])
    short, whole = (probe("diff", *sides, *more, folder=tmp_path).out for more in ((), ("--all",)))
    assert len(short.splitlines()) <= len(whole.splitlines())


def test_a_target_of_a_run_is_named_after_the_at_sign(runs: dict[str, Path], tmp_path: Path) -> None:
    run = runs["sora1"]
    assert probe("diff", f"{run}@lab", str(run), folder=tmp_path).code == 0
    wrong = probe("diff", f"{run}@nobody", str(run), folder=tmp_path)
    assert wrong.code == 2
    assert "no target 'nobody'" in wrong.err
    assert "lab" in wrong.err


def test_a_side_that_is_no_run_is_exit_code_2(tmp_path: Path) -> None:
    assert probe("diff", "here", "there", folder=tmp_path).code == 2
    assert probe("diff", "here", "there", "--json", "--markdown", folder=tmp_path).code == 2


def test_report_reads_a_bundle(runs: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    shutil.copy(runs["sora1"] / "bundle.zip", path)
    done = probe("report", "bundle.zip", "-f", "json", "-o", "out", folder=tmp_path)
    assert done.code == 0, done.err
    assert "Works" in done.out
    assert list((tmp_path / "out").glob("*/report.json"))


def test_report_without_a_run_takes_the_newest(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    furnish(tmp_path, monkeypatch)
    assert call("report") == 2
    assert "scan first" in capfd.readouterr().err
    for stamp, name in (("2026-01-01T00-00-00Z", "wrong-key"), ("2026-01-02T00-00-00Z", "sora1")):
        shutil.copytree(runs[name], tmp_path / "reports" / f"{stamp}-lab")
    assert call("report", "-q") == 0


def test_open_without_a_desktop_says_where_the_page_is(runs: dict[str, Path], tmp_path: Path) -> None:
    run = tmp_path / "reports" / runs["sora1"].name
    shutil.copytree(runs["sora1"], run)
    done = probe("report", "--open", folder=tmp_path, DISPLAY="", WAYLAND_DISPLAY="")
    assert done.code == 0
    (page,) = (one for one in (tmp_path / "reports").glob("*/report.html"))
    assert str(page.relative_to(tmp_path)) in done.err
