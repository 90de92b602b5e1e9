"""Header fields by name: a dozen questions are asked about the fields of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from probe.model import Pairs


@lru_cache(maxsize=32)
def first_values(headers: Pairs) -> Mapping[str, str]:
    """Give the first value of each field, without white space at its ends, by its name in lower case."""
    return {name.lower(): value.strip() for name, value in reversed(headers)}
