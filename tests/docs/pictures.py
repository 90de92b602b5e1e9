"""Makes the pictures of the documentation from a real run of the demo: the terminal as SVG, report.html as PNG (needs Chromium).

python -m tests.docs.pictures             `make pictures` does
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.cli.running import ROOT, environment

FOLDER = ROOT / "docs" / "pictures"
WIDTH = 100
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="probe demo">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""
"""Rich's own picture of a terminal, without its web fonts: a page of ours loads nothing from elsewhere."""


def terminal(folder: Path) -> str:
    """Run the demo in a folder, and draw what a terminal shows."""
    done = subprocess.run(
        [sys.executable, "-m", "probe", "demo"],
        cwd=folder,
        env=environment({"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=100,
    )
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
    console.print(Text("$ probe demo"))
    console.print(Text.from_ansi(done.stdout))
    return console.export_svg(title="probe demo", code_format=FORMAT, unique_id="demo")


def page(folder: Path, picture: Path) -> None:
    """Photograph the first screen of the run's report.html."""
    from playwright.sync_api import sync_playwright

    (report,) = folder.glob("reports/*/report.html")
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("PROBE_CHROMIUM") or shutil.which("chromium"), args=["--no-sandbox"]
        )
        opened = browser.new_page(viewport={"width": 1200, "height": 800})
        opened.goto(report.as_uri())
        opened.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        (FOLDER / "demo.svg").write_text(terminal(Path(name)), encoding="utf-8")
        page(Path(name), FOLDER / "report.png")
