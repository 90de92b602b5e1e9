"""The last check of a request before the wire: the same rules for every request, however it was planned."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from probe.facts.outgoing import CREDENTIALS, FRAMING, QUERY_CREDENTIALS, QUERY_OVERRIDES, is_override, plain
from probe.model import Note, Pairs
from probe.transport.lane import WireRequest
from probe.transport.wireurl import plain_url

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FREE = frozenset({"GET", "HEAD"})


def refusal(order: WireRequest) -> Note | None:
    """Say why a request must not go out; None for one that may.

    Nothing may change what is asked behind our back (framing, overrides), cost money unasked, or carry another credential than
    those that the user gave for this origin (`order.granted`).
    """
    if order.method not in _FREE and not (order.method == "POST" and order.may_post):
        return Note("method-not-sent", (("method", order.method),))
    return _in_url(order) or _in_headers(order.headers, order.granted)


def _in_url(order: WireRequest) -> Note | None:
    plain_one = plain_url(order.url)
    if plain_one is not None and b"?" not in plain_one.target:
        return None
    try:
        parts = urlsplit(order.url)
        _port = parts.port
    except ValueError:
        return Note("not-a-url")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Note("not-a-url")
    if "@" in parts.netloc or "\\" in parts.netloc:
        return Note("user-info-in-url")
    if not parts.query:
        return None
    names = {plain(name) for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    taboo = QUERY_OVERRIDES if order.is_given else QUERY_OVERRIDES | QUERY_CREDENTIALS
    found = sorted(names & taboo)
    return Note("query-not-sent", (("name", found[0]),)) if found else None


@lru_cache(maxsize=64)
def _in_headers(headers: Pairs, granted: frozenset[str]) -> Note | None:
    names = Counter(plain(name) for name, _value in headers)
    for name, value in headers:
        shown = (("name", name[:64]),)
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            return Note("header-not-valid")
        if plain(name) in FRAMING or is_override(name):
            return Note("header-not-sent", shown)
        if plain(name) in CREDENTIALS and (plain(name) not in granted or names[plain(name)] > 1):
            return Note("credential-not-given", shown)
    return None
