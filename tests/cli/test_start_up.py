from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from probe import catalogue

LATER = (
    "asyncio",
    "email.mime",
    "h11",
    "httpcore",
    "httpx",
    "jinja2",
    "probe.runner",
    "probe.verdict",
    "pygments",
    "rich",
    "ssl",
)
NOT_LOADED = {
    ("--help",): (*LATER, "probe.model", "tabulate", "yaml"),
    ("-V",): (*LATER, "probe.catalogue", "probe.model", "tabulate", "yaml"),
    ("explain",): (*LATER, "probe.catalogue", "tabulate", "yaml"),
    ("explain", "azure-route-unknown"): (*LATER, "probe.catalogue", "yaml"),
    ("catalogue", "lint"): (*LATER, "tabulate", "yaml"),
    ("scan", "--dry-run", "--target", "lab=https://lab.example", "--provider", "generic"): (*LATER, "tabulate", "yaml"),
}
SCRIPT = """
import sys
from probe.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
finally:
    print("loaded:", *sys.modules)
"""


@pytest.mark.parametrize("words", NOT_LOADED, ids=" ".join)
def test_a_command_loads_only_what_it_needs(words: tuple[str, ...], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "SSL" not in name and "CA_BUNDLE" not in name}
    catalogue.load()  # keeps the shipped one in the cache
    command = [sys.executable, "-c", SCRIPT, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.rpartition("loaded: ")[2].split())
    assert "probe.cli" in loaded
    assert loaded.isdisjoint(NOT_LOADED[words]), loaded & set(NOT_LOADED[words])


def test_what_sends_loads_httpx_only_for_tls_and_proxies_and_without_its_command_line() -> None:
    script = "import sys, probe.runner; print(*sys.modules); import probe.transport.through as _; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    plain, whole = (set(line.split()) for line in done.stdout.splitlines())
    assert plain.isdisjoint({"anyio", "h11", "httpcore", "httpx"})
    assert "httpx" in whole
    assert whole.isdisjoint({"httpx._main", "pygments", "rich"})
