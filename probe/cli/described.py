"""A target as it was described by an option, a variable or a file, before its URL is taken apart and its credentials looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probe.model import OwnLimits, Pairs

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a target so far.

    `source` names what described it, for messages; `url_place` is the file and line that named the URL, "" for the user.
    `is_typed` means that an option of this command named the URL; `is_guessed` that only a variable's name told the provider, so
    the host may tell better. `network` is what a file says of the way to the target, as it is shown, and `connection` the same as
    fields of `ConnectionOptions`.
    """

    name: str | None
    url: str
    provider: str | None = None
    key_variable: str | None = None
    token_variable: str | None = None
    ids: Pairs = ()
    deployment: str | None = None
    source: str = "--target"
    url_place: str = ""
    is_typed: bool = False
    is_guessed: bool = False
    limits: OwnLimits = field(default=OwnLimits())
    network: Pairs = ()
    connection: Mapping[str, Any] = field(default_factory=dict)
