"""The one import of httpx: its command line, which loads rich and pygments wherever they are installed, is left out."""

from __future__ import annotations

import sys
from typing import Any, cast

_COMMAND = "httpx._main"
_is_ours = _COMMAND not in sys.modules
if _is_ours:
    # httpx goes without its command line where click is missing; None in this table says "missing".
    cast("dict[str, Any]", sys.modules)[_COMMAND] = None
try:
    import httpx
finally:
    if _is_ours:
        del sys.modules[_COMMAND]

__all__ = ["httpx"]
