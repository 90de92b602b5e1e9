"""Makes `reports/sample/`, one run of the demo, and reduces a run to what must not change between two runs of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "reports" / "sample"
FILES = ("report.md", "report.html", "report.json", "results.csv", "exchanges.har", "evidence.json")
STABLE = (
    "probe_id",
    "endpoint",
    "method",
    "api_version",
    "status_code",
    "outcome",
    "diagnosis",
    "confidence",
    "cites",
    "json_paths",
)


def run_demo(into: Path) -> tuple[Path, str]:
    """Run the demo in a folder; returns the run's folder and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "probe", "demo", "-o", str(into), "--no-color"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder,) = [path for path in into.iterdir() if path.is_dir()]
    return folder, done.stdout


def skeleton(folder: Path) -> dict[str, Any]:
    """What two runs of the demo have in common: everything but ports, times, sizes of times and random ids."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    verdicts = sorted(({key: one[key] for key in STABLE} for one in report["verdicts"]), key=lambda one: str(one["probe_id"]))
    return {
        "answer": report["answer"],
        "working": [(one["probe_id"], one["media_type"], one["sniffed_type"], one["size"]) for one in report["working"]],
        "differences": report["smallest_change"]["differences"],
        "verdicts": verdicts,
        "findings": [one["code"] for one in report["findings"]],
        "headings": re.findall(r"^#+ .*|<summary>.*", (folder / "report.md").read_text(encoding="utf-8"), re.MULTILINE),
        "csv": (folder / "results.csv").read_text(encoding="utf-8").splitlines()[0],
    }


def main() -> None:
    """Renew `reports/sample/`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, printed = run_demo(Path(scratch))
        shutil.rmtree(SAMPLE, ignore_errors=True)
        SAMPLE.mkdir(parents=True)
        for name in FILES:
            shutil.copy(folder / name, SAMPLE / name)
    sys.stdout.write(printed)


if __name__ == "__main__":
    main()
