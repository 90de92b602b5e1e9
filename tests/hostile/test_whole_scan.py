"""One whole scan over every misbehaviour: it ends, in its time and memory, with a valid report in every format."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from probe.catalogue import load
from probe.formats import FILES, FORMATS
from probe.model import Answer, Catalogue, Outcome, Report, Role, Target
from probe.pipeline import Scan, ScanOrder, Scope
from probe.reports import judge_run
from probe.transport import TransportOptions
from tests.cli.running import ROOT, environment
from tests.guard import loopback_only
from tests.hostile.tricks import LIMITS, MP4, TRICKS
from tests.loopback import Call, Server, answer, serving

pytestmark = pytest.mark.anyio

SCHEMAS = {"report.json": ROOT / "docs/schema/report.schema.json", "exchanges.har": ROOT / "tests/formats/har.schema.json"}
BY_NAME = {trick.name: trick for trick in TRICKS}
PROVING = {"endless-artefact", "artefact-under-octets", "range-not-said"}
"""Tricks that play with the transfer of what is a real video all the same."""

HEAD = """\
version: 1
updated: 2026-11-20
surfaces:
  generic: {provider: generic, prefix: "", api_version: unused}
artefacts:
  clip: {title: Clip, media_types: [video/mp4]}
endpoints:
"""
ENTRY = """\
  - {{id: generic.{name}, artefact: clip, role: {role}, request: "{method} /{path}", \
sources: [{{at: "tests/hostile", read: 2026-11-20}}]}}
"""

CHILD = """\
import sys
from tests.guard import loopback_only
with loopback_only() as reached:
    from probe.cli import main
    try:
        main(sys.argv[1:])
    finally:
        print(f"reached={reached}", file=sys.stderr)
        for line in open("/proc/self/status"):
            if line.startswith("VmHWM"):
                print("peak=" + line.split()[1], file=sys.stderr)
"""


def honest(name: str) -> bytes:
    """A video that is told from all others by its size."""
    return MP4 + bytes(100 + list(BY_NAME).index(name))


def catalogue_text() -> str:
    """A catalogue with one route a trick and an honest download beside each."""
    text = HEAD
    for trick in TRICKS:
        text += ENTRY.format(name=trick.name, role=trick.role, method=trick.method, path=f"trick/{trick.name}")
        text += ENTRY.format(name=f"honest-{trick.name}", role=Role.DOWNLOAD, method="GET", path=f"honest/{trick.name}")
    return text


def catalogue(folder: Path) -> Catalogue:
    file = folder / "tricks.yaml"
    file.write_text(catalogue_text())
    return load([str(file)])


@asynccontextmanager
async def hostile() -> AsyncIterator[Server]:
    async def reply(call: Call) -> None:
        _, kind, name, *_rest = (call.path + "//").split("/")
        trick = BY_NAME.get(name)
        if trick is None:
            await call.send(answer(b'{"error":{"code":"404","message":"Resource not found"}}', "404 Not Found"))
        elif kind == "honest":
            await call.send(answer(honest(name), media_type="video/mp4"))
        else:
            await trick.play(call)

    async with serving(reply) as server:
        yield server


class Tags(HTMLParser):
    """Counts what was opened and closed."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.opened[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        self.closed[tag] += 1


def assert_valid(folder: Path, probes: int) -> None:
    """Every file of a run is what its format says, and tells of every probe."""
    for name, path in SCHEMAS.items():
        schema = Draft202012Validator(json.loads(path.read_text(encoding="utf-8")), format_checker=FormatChecker())
        value = json.loads((folder / name).read_text(encoding="utf-8"))
        assert [error.message for error in schema.iter_errors(value)] == []
    rows = list(csv.DictReader(io.StringIO((folder / "results.csv").read_text(encoding="utf-8"), newline=""), strict=True))
    assert len(rows) == probes
    assert None not in {key for row in rows for key in row}
    lines = (folder / FILES["jsonl"]).read_text(encoding="utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == probes
    cases = ElementTree.fromstring((folder / FILES["junit"]).read_bytes()).findall(".//testcase")
    assert len(cases) > len(TRICKS)
    tags = Tags()
    tags.feed((folder / "report.html").read_text(encoding="utf-8"))
    tags.close()
    for tag in ("html", "body", "table", "tr", "details", "div", "section", "script", "style"):
        assert tags.opened[tag] == tags.closed[tag], tag
    assert (folder / "report.md").read_text(encoding="utf-8").startswith("# ")


def assert_undisturbed(report: Report) -> None:
    """Each probe was observed once, what is honest works, and nothing else does."""
    evidence = report.evidence
    assert Counter(one.probe_id for one in evidence.observations) == Counter(probe.id for probe in evidence.probes)
    assert [one.probe_id for one in evidence.observations if one.bug] == []
    seen = {one.probe_id: one for one in evidence.observations}
    for name in BY_NAME:
        response = seen[f"lab/generic.honest-{name}@none"].response
        assert response is not None, name
        assert (response.status_code, response.total_size, response.sniffed_type) == (200, len(honest(name)), "video/mp4"), name
    works = {one.probe_id for one in report.verdicts if one.diagnosis.outcome is Outcome.WORKS}
    expected = {f"lab/generic.honest-{name}@none" for name in BY_NAME} | {f"lab/generic.{name}@none" for name in PROVING}
    assert works == expected
    assert set(report.working) == expected
    assert report.answer is Answer.WORKS
    assert Outcome.PROBE_BUG not in {one.diagnosis.outcome for one in report.verdicts}


async def test_one_scan_over_every_misbehaviour_ends_in_time_with_everything_in_order(tmp_path: Path) -> None:
    async with hostile() as server:
        order = ScanOrder(
            catalogue=catalogue(tmp_path),
            targets=(Target("lab", "generic", server.url),),
            scope=Scope(limits=LIMITS),
            options=TransportOptions(proxy="", environment={}),
            root=tmp_path / "reports",
        )
        with loopback_only() as reached:
            scan = Scan.start(order)
            started = time.monotonic()
            await scan.run()
            elapsed = time.monotonic() - started
            scan.close()
    assert elapsed < LIMITS.max_time / 3
    assert reached == []
    report = scan.report()
    assert_undisturbed(report)
    scan.write(report, [name for name in FORMATS if name != "terminal"], is_bundled=True)
    assert_valid(scan.folder.path, len(report.evidence.probes))
    assert (scan.folder.path / "bundle.zip").is_file()
    assert judge_run(scan.folder.path, report.generated_at).verdicts == report.verdicts


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
async def test_the_command_scans_every_misbehaviour_within_its_memory(tmp_path: Path) -> None:
    (tmp_path / "tricks.yaml").write_text(catalogue_text())
    options = {
        "--concurrency": LIMITS.concurrency,
        "--timeout": LIMITS.timeout,
        "--connect-timeout": LIMITS.connect_timeout,
        "--silence-timeout": LIMITS.silence_timeout,
        "--max-requests": LIMITS.max_requests,
        "--max-time": LIMITS.max_time,
        "--max-body": LIMITS.max_body,
        "--rate-limit": 10_000,
        "--retries": 0,
        "--provider": "generic",
        "--catalogue": "tricks.yaml",
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    arguments += [part for name in FORMATS if name != "terminal" for part in ("-f", name)]
    async with hostile() as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CHILD,
            *("scan", "--target", f"lab={server.url}", *arguments),
            cwd=tmp_path,
            env=environment({}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = (part.decode() for part in await asyncio.wait_for(process.communicate(), 60))
    assert process.returncode == 0, err
    assert "reached=[]" in err
    assert "Traceback" not in err
    assert int(err.rpartition("peak=")[2].split()[0]) < 250 * 1024, err
    (run,) = (tmp_path / "reports").iterdir()
    evidence = json.loads((run / "evidence.json").read_text(encoding="utf-8"))
    assert_valid(run, len(evidence["probes"]))
    assert Counter(one["probe_id"] for one in evidence["observations"]) == Counter(one["id"] for one in evidence["probes"])
    assert "honest" in out
    assert not [one for one in os.listdir(run) if one.startswith(".")]
