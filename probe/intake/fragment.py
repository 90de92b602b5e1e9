"""What one reader found in a paste: a part of a case, with the place it stood at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from probe.frozen import Frozen, replace
from probe.intake.understood import Asked
from probe.model import IdName, Pairs


class Fragment(Asked):
    """One part of a case. Every field that the fragment does not tell is None or empty.

    `start` and `end` are its place in the paste; `answers` tells that it is or holds a response. `holes` name the values for which
    a placeholder stood. `told` are other facts worth saying (`subscription`, `resource group`). `path` is that of a request whose
    host stands elsewhere.
    """

    kind: str
    start: int = 0
    end: int = 0
    language: str = ""
    base_url: str | None = None
    deployment: str | None = None
    provider: str | None = None
    answers: bool = False
    holes: tuple[str, ...] = ()
    told: Pairs = ()
    path: str | None = None


class Knowledge(Frozen):
    """What intake knows about vendors, given by the caller: it is made from the catalogue and the providers.

    `provider_of(host, path)` tells a provider by the vendor's own host or path; `base_of(url, provider)` cuts a URL to the target's
    base URL, None where it cannot. `templates` are (provider, path template).
    """

    ids: tuple[IdName, ...]
    templates: tuple[tuple[str, str], ...]
    request_id_headers: tuple[str, ...]
    region_headers: tuple[str, ...]
    provider_of: Callable[[str, str], str | None]
    base_of: Callable[[str, str | None], str | None]


def filled(first: Fragment, second: Fragment) -> Fragment:
    """Join two parts of the same call: what `first` does not tell is taken from `second`; pairs are united."""
    changes: dict[str, Any] = {}
    for name in Fragment.__struct_fields__:
        mine, other = getattr(first, name), getattr(second, name)
        if name in ("ids", "headers", "told"):
            changes[name] = united(mine, other)
        elif name == "holes":
            changes[name] = tuple(dict.fromkeys((*mine, *other)))
        elif mine in (None, "", False):
            changes[name] = other
    if first.body is None and second.body is not None and second.error_message:  # a body says more than a reason phrase
        changes |= {name: getattr(second, name) for name in ("error_message", "error_code", "error_type") if getattr(second, name)}
    return replace(first, **(changes | {"start": min(first.start, second.start), "end": max(first.end, second.end)}))


def united(first: Pairs, second: Pairs) -> Pairs:
    """Join two sets of pairs; the first wins where both name the same."""
    return tuple((dict(second) | dict(first)).items())


_WISHED = re.compile(
    r"(?i)(?:\b(?:intended|expected|correct|desired|proper|should (?:be|call|use|have been)|instead of|richtig\w*"
    r"|korrekt\w*|erwartet\w*"
    r"|attendue?|correct[ao]|esperad[ao]|正确的?|правильный)|(?<!not )(?<!n't )\b(?P<works>working) (?:curl|example"
    r"|request|call|url))"
    r"[^\n]{0,40}(?:\n[`*\s]{0,4}[a-z]{0,8})?\n?[\s\"'`*<(:\[：]{0,6}$"
)
"""What stands before a request that the caller wants, or that works, in place of the one that failed."""


def asked(fragments: Sequence[Fragment], text: str) -> list[Fragment]:
    """Take of requests that are wished for, or that work, their endpoint alone; of wished ones only where the paste has others."""
    requests = [one for one in fragments if one.url is not None and not one.answers]
    found = [(one, _WISHED.search(text, max(0, one.start - 80), one.start)) for one in requests]
    wished = [one for one, said in found if said and (said["works"] or not all(other for _one, other in found))]
    return [
        Fragment("", one.start, one.start, base_url=one.base_url, provider=one.provider) if one in wished else one
        for one in fragments
    ]


def outermost(fragments: Iterable[Fragment]) -> list[Fragment]:
    """Drop requests and responses that stand inside another one: a URL in a curl line, an error quoted in an error."""
    kept: list[Fragment] = []
    reach, holder = -1, None
    for one in sorted(fragments, key=lambda part: (part.start, -part.end)):
        is_call = one.url is not None or one.answers or one.kind in ("portal", "url")
        if is_call and one.end <= reach and holder is not None and (one.start, one.end) != (holder.start, holder.end):
            continue
        kept.append(one)
        if is_call and one.end > reach:
            reach, holder = one.end, one
    return kept
