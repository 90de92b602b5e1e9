"""`probe scan --engine dask` as a user types it, up to where Dask begins."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from probe.cli import main
from probe.cli.scan import seen_from
from probe.model import RawUrl, Target
from probe.order import ScanOrder, Scope
from probe.simulator import running
from probe.transport import TransportOptions
from tests.scanning import catalogue

FLEET = "- {name: east, url: 'https://contoso-east.openai.azure.com', key_env: NOT_SET_HERE}\n"


def failed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(FLEET, encoding="utf-8")
    return ["scan", "--targets", "fleet.yaml", "--trust", "fleet.yaml"]


def test_without_the_extra_one_error_says_how_to_get_it(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setenv("NOT_SET_HERE", "key-5f0c2e7a91d84b36")
    said = failed([*words, "--engine", "dask"], capsys)
    assert said == "error: --engine dask: dask.distributed is not installed\nhint: pip install 'probe-artefacts[fleet]'\n"
    assert not Path("reports").exists()


@pytest.mark.parametrize("more", [("--scheduler", "tcp://127.0.0.1:8786"), ("--vantage", "vnet")])
def test_options_of_an_engine_need_one(
    words: list[str], more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOT_SET_HERE", "key-5f0c2e7a91d84b36")
    assert f"error: {more[0]}: needs --engine\nhint: add --engine dask\n" in failed([*words, *more], capsys)


def test_a_key_that_only_workers_have_is_asked_for_here_only_without_an_engine(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed", reason="the extra `fleet` is not installed")
    assert "key_env: the variable 'NOT_SET_HERE' is not set" in failed(words, capsys)
    with pytest.raises(SystemExit) as ended:
        main(
            [*words, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9", "--dry-run", "--id", "task_01k74fbyghfq9a7wm2e7zxsw5v"]
        )
    assert ended.value.code == 0
    assert "contoso-east" in capsys.readouterr().out


def test_without_a_scheduler_a_local_process_scans_with_the_key_of_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed", reason="the extra `fleet` is not installed")
    monkeypatch.chdir(tmp_path)
    shared = tmp_path / "tmp"
    (shared / "dask-scratch-space").mkdir(parents=True)
    (shared / "dask-scratch-space").chmod(0o777)  # anybody can have made it, under the name that Dask uses
    before = (shared / "dask-scratch-space").stat().st_mtime_ns
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    with running("sora1") as server:
        Path(".env").write_text(f"LAB_ENGINE_KEY={server.world.key}\n", encoding="utf-8")
        Path("fleet.yaml").write_text(
            f"- {{name: lab, url: '{server.url}', provider: azure, key_env: LAB_ENGINE_KEY, retries: 1, proxy: ''}}\n"
        )
        trust = ["--trust", "fleet.yaml", "--trust", ".env"]
        ids = [word for name, value in server.world.ids.items() for word in ("--id", f"{name}={value}")]
        with pytest.raises(SystemExit) as ended:
            main(["scan", "--targets", "fleet.yaml", *trust, *ids, "--only", "*sora1.content-video", "--engine", "dask", "--json"])
        assert len(server.requests) > 2
    printed = capsys.readouterr()
    assert ended.value.code == 0, printed.err
    assert json.loads(printed.out)["answer"] == "works"
    (evidence,) = Path("reports").glob("*/evidence.json")
    assert json.loads(evidence.read_text(encoding="utf-8"))["targets"][0]["limits"]["retries"] == 1
    assert json.loads(evidence.read_text(encoding="utf-8"))["targets"][0]["network"] == [["proxy", "none"]]
    assert "Dask workers scanned 1 of 1 targets" in printed.err
    assert "LAB_ENGINE_KEY" not in os.environ
    assert (shared / "dask-scratch-space").stat().st_mtime_ns == before, "a worker would load what others put there"
    assert all(server.world.key.encode() not in file.read_bytes() for file in next(Path("reports").iterdir()).iterdir())


def test_a_target_seen_from_two_vantages_keeps_its_headers_and_its_way() -> None:
    pytest.importorskip("distributed", reason="the extra `fleet` is not installed")
    own = TransportOptions(proxy="http://127.0.0.1:3128")
    one = Target("east", "azure", RawUrl("https://contoso-east.openai.azure.com"))
    order = ScanOrder(catalogue(), (one,), Scope(), headers={"east": (("X-Team", "video"),)}, networks={"east": own})
    seen = seen_from(order, ("vnet", "internet"))
    assert [target.name for target in seen.targets] == ["east:vnet", "east:internet"]
    assert [seen.headers[target.name] for target in seen.targets] == [(("X-Team", "video"),)] * 2
    assert [seen.options_of(target.name) for target in seen.targets] == [own] * 2
