"""`probe merge`, `scan --shard` and `-f openmetrics` as a user runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from probe.simulator import running
from tests.cli.running import probe


def scan(folder: Path, server, *more: str, targets: tuple[str, ...] = ("a", "b", "c")):
    words = [word for name in targets for word in ("--target", f"{name}={server.url}", "--provider", "azure")]
    ids = [word for name, value in server.world.ids.items() for word in ("--id", f"{name}={value}")]
    return probe(
        "scan", *words, *ids, "--only", "*sora1*", "-f", "json", "-q", *more, folder=folder, AZURE_OPENAI_API_KEY=server.world.key
    )


def names(run: Path) -> list[str]:
    return [one["name"] for one in json.loads((run / "evidence.json").read_text(encoding="utf-8"))["targets"]]


def test_shards_have_each_target_once_and_merge_to_the_verdicts_of_one_scan(tmp_path: Path) -> None:
    with running("sora1") as server:
        for shard in ("1/2", "2/2"):
            done = scan(tmp_path, server, "--shard", shard, "-o", "parts")
            assert done.code == 0, done.err
        assert scan(tmp_path, server, "-o", "whole").code == 0
        empty = scan(tmp_path, server, "--shard", "9/9")
    assert (empty.code, "no target falls to it" in empty.err) == (0, True)
    runs = sorted((tmp_path / "parts").iterdir())
    assert sorted(name for run in runs for name in names(run)) == ["a", "b", "c"]
    done = probe("merge", *map(str, runs), "-o", "merged", "-f", "json", folder=tmp_path)
    assert done.code == 0, done.err
    reports = [json.loads(next((tmp_path / name).glob("*/report.json")).read_text()) for name in ("merged", "whole")]
    found = [{one["probe_id"]: (one["diagnosis"], one["status_code"]) for one in report["verdicts"]} for report in reports]
    assert found[0] == found[1]


def test_vantages_are_named_and_a_bundle_will_do(tmp_path: Path) -> None:
    with running("sora1") as server:
        assert scan(tmp_path, server, "--bundle", "-o", "runs", targets=("lab",)).code == 0
    (run,) = (tmp_path / "runs").iterdir()
    done = probe("merge", f"laptop={run}", f"vnet={run / 'bundle.zip'}", "-f", "json", folder=tmp_path)
    assert done.code == 0, done.err
    assert names(done.run) == ["lab:laptop", "lab:vnet"]
    twice = probe("merge", f"a={run}", f"a={run}", folder=tmp_path)
    assert (twice.code, "two runs called 'a'" in twice.err) == (2, True)
    alone = probe("merge", str(run), folder=tmp_path)
    assert (alone.code, "only one run" in alone.err) == (2, True)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "x/y"])
def test_a_shard_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    done = probe("scan", "--shard", text, folder=tmp_path)
    assert done.code == 2
    assert "--shard" in done.err


def test_openmetrics_names_targets_and_ends_as_the_format_wants(tmp_path: Path) -> None:
    with running("sora1") as server:
        done = scan(tmp_path, server, "-f", "openmetrics", targets=("lab",))
    text = (done.run / "probe.prom").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[-1] == "# EOF"
    assert 'probe_works{target="lab"} 1' in lines
    assert 'probe_answer{probe_answer="works"} 1' in lines
    assert all(re.fullmatch(r'# .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+', line) for line in lines)
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(set(families)) == len(families)
