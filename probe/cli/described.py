"""What the user said: a target as an option, a variable or a file describes it, and what is wished of all targets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probe.frozen import Frozen, field
from probe.model import OwnLimits, Pairs

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class Described(Frozen):
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


class Wish(Frozen):
    """What the user said about targets, as it was typed.

    `url_place` says where `failing_url` comes from when it was not typed as an option ("the pasted text"); `pasted` is the target
    that a paste names. `trusted` are files whose word the user takes. `is_elsewhere` says that workers look the credentials up.
    """

    targets: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    key_variables: tuple[str, ...] = ()
    token_variable: str | None = None
    storage_variable: str | None = None
    use_entra: bool = False
    ids: tuple[str, ...] = ()
    failing_url: str | None = None
    url_place: str = ""
    pasted: Described | None = None
    headers: tuple[str, ...] = ()
    file: Path | None = None
    trusted: tuple[Path, ...] = ()
    is_elsewhere: bool = False
