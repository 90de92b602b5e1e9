"""What is secret, and the one place that removes it: known secrets in every disguise, other secrets by their shape.

Two defences. `Redactor.text`, `url` and `headers` mask at the recording boundary, before anything is stored. `Redactor.find`
searches the bytes of a finished file once more. Both look at the same views of the content (`views.py`), so what one would find,
the other has masked. What is not from the wire but written by us (a table, a sentence) goes through `known`: it looks for the
values of known secrets alone, for shapes would take our own words for credentials.
"""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self
from urllib.parse import unquote

from probe.model import Note, Pairs, RedactedUrl
from probe.redact.known import Known
from probe.redact.own import PIECE, weakness
from probe.redact.shapes import (
    HARMLESS_HEADER,
    MARK,
    SAS,
    SECRET_HEADER,
    URL_HEADERS,
    USERINFO,
    Shapes,
    is_secret_parameter,
    looks_random,
    looks_secret,
)

_MAX_LEARNED, _LONGEST_LEARNED, _MAX_TRIED = 32, 512, 200
_WINDOW, _PIECE_BYTES, _OVERLAP = 64 * 1024, 512 * 1024, 64 * 1024
_MAX_REMEMBERED = 8192
_LONGEST_REMEMBERED, _LONGEST_NAME = 1024, 256
_MAX_KINDS = 60
_SHORTEST_RECORD, _MARK_BYTES, _MARK_KEY = 200, 8, os.urandom(16)
_MAX_MARKS, _FEW_MARKS = 1 << 19, 1 << 12
_MAX_PASSES = 4
_HASH = b'"body_sha256":'
_OWN_HASH = re.compile(_HASH + rb' ?"[0-9a-f]{64}"')
"""A hash that we made: nothing can stand in it, and what looks like one in a text of a server has its quotes escaped."""


def is_harmless_header(name: str) -> bool:
    """Whether a header that the user adds by hand is known to carry no secret, so that reports may show it."""
    return bool(HARMLESS_HEADER.fullmatch(name)) and not SECRET_HEADER.search(name)


class Redactor:
    """Masks and finds secrets. `secrets` maps the names of variables to secret values; empty ones are ignored.

    A weak secret (short, a word, a text of ours) is masked where a header or a parameter gives it away by its name, but cannot be
    searched for: it would be found in every sentence. `notes` says which they are.
    `headers` are the names of the user's own headers: unless they are known to be harmless, they are masked whole.
    """

    def __init__(self, secrets: Mapping[str, str], headers: Iterable[str] = ()) -> None:
        self._own_headers = frozenset(name.lower() for name in headers if not is_harmless_header(name))
        self._known = Known()
        self._values: set[str] = set()
        self._weak: dict[str, str] = {}
        self._learned = 0
        self._masked: Counter[str] = Counter()
        self._stored: set[str] = set()
        self._tried: set[str] = set()
        self._forget()
        self._shapes = Shapes(self._count, self._count_parameter)
        for name, value in secrets.items():
            self.know(name, value)

    @classmethod
    def of(cls, secrets: Mapping[str, str], headers: Mapping[str, Pairs] | None = None, failing_url: str | None = None) -> Self:
        """Make a redactor that knows all the user gave: secrets by variable, headers by target, and the failing URL."""
        redactor = cls(secrets, [name for pairs in (headers or {}).values() for name, _value in pairs])
        redactor.know_url("the failing URL", failing_url or "")
        return redactor

    def learn(self, name: str, value: str) -> None:
        """Mask and search from now on a secret that was met on the way, under the name `name`.

        A server chooses these values, and planted ones must neither blank a report nor keep it from being written: only the first
        32 that look like keys are taken, and none that already stands in a text which was let through, such as a request id.
        """
        if self._learned >= _MAX_LEARNED or value in self._tried or not PIECE <= len(value) <= _LONGEST_LEARNED:
            return
        if len(self._tried) < _MAX_TRIED:  # a server could have a million compared with all that it said before
            self._tried.add(value)
            self._try(name, value)

    def _try(self, name: str, value: str) -> None:
        if value not in self._values and looks_secret(value) and not any(value in text for text in tuple(self._stored)):
            self._learned += 1
            self._know(name, value, is_theirs=True)

    def study(self, headers: Pairs, text: str) -> None:
        """Learn the secrets that an answer gives away by their place, before any other part of it is let through."""
        for name, value in (pair for pair in headers if pair not in self._pairs):  # what was let through gives nothing away
            plain = name.strip().lower()
            if plain == "set-cookie":
                self.learn("a cookie of the server", value.partition(";")[0].partition("=")[2].strip().strip('"'))
            elif SECRET_HEADER.search(plain):
                self.learn("a credential of the server", value.strip().rpartition(" ")[2])
            self._study_signatures(value)
        self._study_signatures(text)

    def _study_signatures(self, text: str) -> None:
        """Look at a window at a time: an expression holds up everything else until it has seen the last character."""
        if "sig" in text.lower():
            for begin in range(0, len(text), _WINDOW):
                for match in SAS.finditer(text, begin, begin + _WINDOW + _OVERLAP):
                    self._learn_signature(match[2])

    def _learn_signature(self, value: str) -> None:
        self.learn("a SAS signature of the server", unquote(unquote(value.replace("\\/", "/"))))

    def know_url(self, name: str, url: str) -> None:
        """Know the secrets that the user's own URL `name` carries: its password and its secret parameters."""
        origin, _question, query = url.partition("?")
        userinfo = USERINFO.search(origin)
        if userinfo:
            self.know(f"user-info of {name}", unquote((userinfo[2] or userinfo[4]).rstrip("@").partition(":")[2]))
        for part in query.partition("#")[0].split("&"):
            parameter, value = map(unquote, part.partition("=")[::2])
            if is_secret_parameter(parameter, value) or (parameter.lower() in ("code", "key", "token") and looks_secret(value)):
                self.know(f"a parameter of {name}", value)

    def know(self, name: str, value: str) -> None:
        """Mask and search from now on a secret of the user, under the name `name`; a weak one is only noted."""
        self._know(name, value)

    def _know(self, name: str, value: str, *, is_theirs: bool = False) -> None:
        core = value.strip()
        if not core or core == MARK or value in self._values:
            return
        if (reason := weakness(core)) is None:
            self._known.add(name, value, is_theirs=is_theirs)
            self._forget()
        else:
            self._weak[name] = reason
        self._values.add(value)  # at last: who sees the new count masks and searches for it too

    def _forget(self) -> None:
        """Let nothing count that was looked at before; whoever looks just now, in another thread, notes it where nobody reads."""
        self._clean, self._clean_urls, self._searched = set[str](), set[str](), _Marks()
        self._pairs: dict[tuple[str, str], tuple[str, str]] = {}
        self._harmless: dict[str, bool] = {}

    @property
    def notes(self) -> tuple[Note, ...]:
        """Which secrets cannot be told from other text, and why: to be said before a scan begins."""
        return tuple(Note(reason, (("name", name),)) for name, reason in self._weak.items())

    @property
    def has_learned(self) -> bool:
        """Whether secrets were met on the way: what was let through before may hold one."""
        return self._learned > 0

    @property
    def secret_count(self) -> int:
        """How many secrets are known by now: while it stays, so does what each text is masked to."""
        return len(self._values)

    @property
    def mask_count(self) -> int:
        """How often something was masked so far."""
        return self._masked.total()

    @property
    def masked(self) -> Pairs:
        """What was masked and how often: `(("header authorization", "38"), ("sas signature", "2"))`."""
        return tuple((kind, str(count)) for kind, count in sorted(self._masked.items()))

    def find(self, content: bytes, *, is_kept: bool = False) -> str | None:
        """Name the variable of a secret that stands in `content`, whole or cut, in any disguise, else None.

        With `is_kept` a record on a line of its own is passed over from now on: what the journal takes is in the evidence again.
        """
        searched = self._searched
        for at in range(0, len(content) if self._known else 0, _PIECE_BYTES):  # each way of reading takes as much memory again
            fresh, marks = _fresh(content[max(0, at - _OVERLAP) : at + _PIECE_BYTES], searched)
            first, *others = fresh.split(_HASH)
            fresh = b"".join((first, *(_OWN_HASH.sub(b"", _HASH + one, count=1) for one in others)))
            if (found := self._known.find(fresh)) is not None:
                return found
            if is_kept:
                searched.add(marks)
        return None

    def known(self, text: str) -> str:
        """Mask known secrets alone, in a text of ours: its own words are never taken for credentials."""
        text = _encodable(text)
        content = text.encode()
        for _ in range(_MAX_PASSES):
            if not self._known or self._known.find(content) is None:
                return content.decode("utf-8", "replace")
            content = self._without_known(content)
        return MARK

    def text(self, text: str) -> str:
        """Mask every secret in one value of the wire; prose stays as it is. Half a surrogate pair is escaped: UTF-8 has none."""
        clean = self._clean
        if text in clean:
            return text
        masked = self._shapes.mask(self.known(text))
        if masked != text:
            return masked
        if len(text) <= _LONGEST_REMEMBERED:
            _remember(clean, text)
            if len(text) <= _LONGEST_NAME and len(self._stored) < _MAX_REMEMBERED:
                self._stored.add(text)
        return text

    def url(self, url: str) -> RedactedUrl:
        """Mask user-info and secret parameters, also when their names are percent-encoded, and whatever `text` would mask."""
        clean = self._clean_urls
        if url in clean:
            return RedactedUrl(url)
        base, question, query = url.partition("?")
        query, hash_sign, fragment = query.partition("#")
        parts = [self._parameter(part) for part in query.split("&")]
        masked = self.text(base + question + "&".join(parts) + hash_sign + fragment)
        if masked != url:
            return RedactedUrl(masked)
        _remember(clean, url)
        return RedactedUrl(url)

    def headers(self, pairs: Pairs) -> Pairs:
        """Mask secret headers whole; their names stay. Values that are URLs go through `url`, all others through `text`."""
        known = self._pairs  # most answers of a server repeat most of their headers
        return tuple(known.get(pair) or self._pair(pair, known) for pair in pairs)

    def _pair(self, pair: tuple[str, str], known: dict[tuple[str, str], tuple[str, str]]) -> tuple[str, str]:
        name, value = pair
        masked = (self.text(name), self._header(name, value))
        if masked == pair and len(value) <= _LONGEST_REMEMBERED:
            if len(known) >= _MAX_REMEMBERED:
                known.clear()
            known[pair] = pair
        return masked

    def _header(self, name: str, value: str) -> str:
        plain = name.strip().lower()
        if (
            plain in self._own_headers
            or SECRET_HEADER.search(plain)
            or (plain.endswith("key") and is_secret_parameter(plain, value))
        ):
            if value and value != MARK:
                self._tally("header", plain)
            return MARK if value else value
        return self.url(value) if plain in URL_HEADERS else self.text(value)

    def _parameter(self, part: str) -> str:
        name, equals, value = part.partition("=")
        plain = unquote(name)
        if not equals or not value or value == MARK or not is_secret_parameter(plain, unquote(value)):
            return part
        self._count_parameter(plain, value)
        return f"{name}={MARK}"

    def _count(self, kind: str) -> None:
        self._masked[kind] += 1

    def _count_parameter(self, name: str, value: str) -> None:
        if name.lower() == "sig":
            self._masked["sas signature"] += 1
            self._learn_signature(value)
        else:
            self._tally("parameter", name.lower())

    def _tally(self, kind: str, name: str) -> None:
        """Count what was masked by its name, as long as the name, which a server may have chosen, is harmless and one of few."""
        harmless = self._harmless
        if (is_harmless := harmless.get(name)) is None:
            is_harmless = bool(re.fullmatch(r"[a-z0-9_.$-]{1,40}", name)) and self.find(name.encode()) is None
            if len(harmless) >= _MAX_REMEMBERED:
                harmless.clear()
            harmless[name] = is_harmless
        plain = name if is_harmless else "of another name"
        self._masked[f"{kind} {plain if len(self._masked) < _MAX_KINDS else 'of another name'}"] += 1

    def _without_known(self, content: bytes) -> bytes:
        """Mask known secrets where they begin and end in the text itself, whatever they are disguised as."""
        parts: list[bytes] = []
        position, is_open = 0, False
        for begin, end, name in self._known.spans(content):
            if begin > position or not is_open:
                self._masked[f"value of {name}"] += 1
                parts += (content[position:begin], MARK.encode())
            position, is_open = max(position, end), True
        return b"".join((*parts, content[position:]))


class _Marks:
    """What records are known by. There may be hundreds of thousands, so only the newest are in a set; the others lie in order."""

    def __init__(self) -> None:
        self._old, self._new = array("Q"), set[int]()

    def __contains__(self, mark: int) -> bool:
        at = bisect_left(self._old, mark)
        return mark in self._new or (at < len(self._old) and self._old[at] == mark)

    def add(self, marks: Iterable[int]) -> None:
        """Know these too, as long as there are not too many."""
        self._new.update(marks if len(self._old) < _MAX_MARKS else ())
        if len(self._new) > max(_FEW_MARKS, len(self._old) // 4):
            self._old, self._new = array("Q", sorted((*self._old, *self._new))), set()


def _fresh(content: bytes, searched: _Marks) -> tuple[bytes, list[int]]:
    """Leave out the records that were searched before; returns the rest, and what the records in it are known by."""
    lines, marks = [], list[int]()
    if b'{"' not in content:
        return content, marks
    for line in content.split(b"\n"):
        record = line.strip(b" ,\r") if len(line) >= _SHORTEST_RECORD else b""
        if len(record) >= _SHORTEST_RECORD and record.startswith(b"{") and record.endswith(b"}"):
            mark = int.from_bytes(hashlib.blake2b(record, digest_size=_MARK_BYTES, key=_MARK_KEY).digest())
            if mark in searched:
                continue
            marks.append(mark)
        lines.append(line)
    return b"\n".join(lines), marks


def _remember(known: set[str], text: str) -> None:
    """Keep what was looked at; all of it is forgotten when there is too much, so that what a long scan meets now is kept too."""
    if len(known) >= _MAX_REMEMBERED:
        known.clear()
    known.add(text)


def _encodable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


__all__ = ["MARK", "Redactor", "is_harmless_header", "looks_random"]
