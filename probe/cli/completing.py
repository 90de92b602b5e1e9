"""What a shell offers for a value that is half typed: kinds, endpoints, runs, codes, formats, worlds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module

import click

from probe.errors import ProbeError

Candidates = Callable[[click.Context, click.Parameter, str], list[str]]
VARIABLE = "_PROBE_COMPLETE"
"""Set by the script of `probe completion` when a shell asks what could follow."""

_RUN_FILES = ("evidence.json", "journal.jsonl")


def completing(names: Callable[[], Iterable[str]]) -> Candidates:
    """Offer those of some names that begin with what is typed; where they cannot be read, none."""

    def offered(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
        try:
            return [name for name in names() if name.startswith(typed)]
        except (ProbeError, OSError):
            return []

    return offered


def _runs() -> list[str]:
    """Runs in the usual folder, the newest first; a name that a shell could take for more than a word is not offered."""
    from pathlib import Path

    found = (one for one in Path("reports").iterdir() if re.fullmatch(r"\w[\w.-]*", one.name, re.ASCII))
    return sorted((one.as_posix() for one in found if any((one / name).is_file() for name in _RUN_FILES)), reverse=True)


endpoints = completing(lambda: [one.id for one in import_module("probe.catalogue").load().endpoints])
kinds = completing(lambda: [one.name for one in import_module("probe.catalogue").load().artefacts])
runs = completing(_runs)
codes = completing(lambda: import_module("probe.diagnoses").DIAGNOSES)
formats = completing(lambda: import_module("probe.formats").FORMATS)
providers = completing(lambda: import_module("probe.providers.registry").PROVIDERS)
"""Tables are imported only when a shell asks for them."""
