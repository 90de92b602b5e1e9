"""Where the shipped catalogue is and how old: known without the code that reads it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "endpoints.yaml"


def default_path() -> Path:
    """The shipped catalogue: in the package `catalogue` of a wheel, at the top of a checkout."""
    from pathlib import Path

    return Path(_place())


def default_updated() -> str:
    """The date of the shipped catalogue as it stands in the file, found without reading the rest: `probe --version` is quick."""
    try:
        with open(_place(), encoding="utf-8") as file:
            found = re.search(r"^updated: *[\"']?([0-9-]{10})", file.read(4096), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else "unknown"


def _place() -> str:
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "catalogue", FILE_NAME)
    return inside if os.path.isfile(inside) else os.path.join(os.path.dirname(package), FILE_NAME)
