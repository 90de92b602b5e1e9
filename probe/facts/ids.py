"""What an id's beginning tells: which names of the catalogue it may have."""

from __future__ import annotations

import re
from collections.abc import Iterable

from probe.model import Artefact, IdName, Pairs

VARIABLES = ("deployment", "project", "account", "container", "model")
"""Placeholders that the user or the target gives; every other one is the name of an id that answers may give."""
_HEAD = re.compile(r"[a-z_]+[-_](?=[0-]{6})")


def stems(name: IdName) -> tuple[str, ...]:
    """How ids of this name begin: the declared prefixes, else the beginning of the bogus value (`file-` of `file-000...`)."""
    if name.prefixes:
        return name.prefixes
    found = _HEAD.match(name.bogus)
    return (found[0],) if found else ()


def names_of(value: str, artefacts: Iterable[Artefact]) -> tuple[str, ...]:
    """Names that an id may have by its prefix, as far as the kinds claim it."""
    return claimed(value, (one for artefact in artefacts for one in artefact.ids))


def claimed(value: str, ids: Iterable[IdName]) -> tuple[str, ...]:
    """Names of ids that a value may have by its prefix; the longest prefix decides."""
    claims = [(len(prefix), one.name) for one in ids for prefix in one.prefixes if value.startswith(prefix)]
    longest = max((length for length, _name in claims), default=0)
    return tuple(dict.fromkeys(name for length, name in claims if length == longest and len(value) > length))


def served(given: Pairs, artefacts: Iterable[Artefact]) -> Pairs:
    """Given ids at every other place of their kind: a `file-...` is what a vector store's route takes as `vector_file_id`, too.

    A name that was given itself keeps its own value.
    """
    taken = {name for name, _value in given}
    names = {one.name: one for artefact in artefacts for one in artefact.ids if one.name not in taken}
    return tuple((name, value) for name, one in names.items() for _given, value in given if value.startswith(stems(one) or ("\0",)))
