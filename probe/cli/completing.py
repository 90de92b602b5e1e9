"""What a shell offers for a value that is half typed: kinds, endpoints, runs, codes, formats, worlds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

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


def _endpoints() -> list[str]:
    from probe.catalogue import load

    return [one.id for one in load().endpoints]


def _kinds() -> list[str]:
    from probe.catalogue import load

    return [one.name for one in load().artefacts]


def _runs() -> list[str]:
    """Runs in the usual folder, the newest first; a name that a shell could take for more than a word is not offered."""
    found = (one for one in Path("reports").iterdir() if re.fullmatch(r"\w[\w.-]*", one.name, re.ASCII))
    return sorted((one.as_posix() for one in found if any((one / name).is_file() for name in _RUN_FILES)), reverse=True)


def _codes() -> Iterable[str]:
    from probe.diagnoses import DIAGNOSES

    return DIAGNOSES


def _formats() -> Iterable[str]:
    from probe.formats import FORMATS

    return FORMATS


def _providers() -> Iterable[str]:
    from probe.providers.registry import PROVIDERS

    return PROVIDERS


endpoints = completing(_endpoints)
kinds = completing(_kinds)
runs = completing(_runs)
codes = completing(_codes)
formats = completing(_formats)
providers = completing(_providers)
