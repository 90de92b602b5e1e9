"""Runs inside probe.pyz before probe: says in one sentence when the file was built for another Python or another system."""

import importlib.util
import sys

if importlib.util.find_spec("msgspec._core") is None:
    running = f"Python {sys.version_info[0]}.{sys.version_info[1]} on {sys.platform}"
    sys.exit(f"probe.pyz was built for another Python or system than {running}; build it here with `make dist`, or use pipx")
