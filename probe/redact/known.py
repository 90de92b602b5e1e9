"""Known secrets, searched whole or cut, in whatever they are disguised as.

A text is reduced to its letters and digits, so that nothing between the characters of a secret can hide it, and compared with the
forms of the secret in blocks of eight: whoever writes fifteen of its characters in a row fills at least one block. So the search
takes the same time for one secret and for a hundred, and is linear in the text.
"""

from __future__ import annotations

import base64
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from probe.frozen import Frozen
from probe.redact.own import MIN_LENGTH, PIECE, is_ours, is_rich
from probe.redact.views import Reader, TextView, printed, readings, squeeze

_BLOCK = 8
_LEAST = 2 * _BLOCK - 1
_LONGEST_ENCODED = 8192
_NEAR = 32  # bytes that one character may be written in
_SYMBOLS = bytes(byte for byte in range(256) if not chr(byte).isalnum() or byte > 0x7F)
_BASE64_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="


class Form(Frozen):
    """What the secret called `name` can look like in a view; an encoding touches its neighbours.

    `head` and `tail` are what the secret begins and ends with that is neither letter nor digit.
    """

    name: str
    text: bytes
    is_encoded: bool = False
    head: bytes = b""
    tail: bytes = b""


class _Hit(Frozen):
    begin: int
    end: int
    form: Form
    is_first: bool = False
    is_last: bool = False


class Known:
    """Secrets to be found in texts and files, for one thread at a time: what it looks at counts for the secrets known by then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: set[int] = set()
        self._forms: list[Form] = []
        self._places: dict[int, list[tuple[Form, int]]] = {}
        self._whole: list[tuple[bytes, Form, int]] = []
        self._printed: list[Form] = []
        self._reader = Reader()

    def __bool__(self) -> bool:
        return bool(self._blocks or self._whole or self._printed)

    def add(self, name: str, secret: str, *, is_theirs: bool = False) -> None:
        """Search for this secret from now on, under the name `name`.

        One that a server chose (`is_theirs`), and one too long to be a key, is searched for as it is and in what texts decode to,
        but not in each encoding of its own: those take a hundred times its size to remember.
        """
        with self._lock:
            self._reader.forget()
            self._add(name, secret, is_theirs=is_theirs)

    def _add(self, name: str, secret: str, *, is_theirs: bool) -> None:
        raw = secret.strip().encode("utf-8", "surrogatepass")
        is_long = is_rich(secret.strip())
        for plain in {raw} if is_theirs else {*readings(raw), raw.replace(b" ", b"+")}:
            letters = squeeze(plain)
            if is_long and len(letters) >= PIECE - 4:
                head = plain[: len(plain) - len(plain.lstrip(_SYMBOLS))]
                form = Form(name, letters, head=head, tail=plain[len(plain.rstrip(_SYMBOLS)) :])
                self._take(form, is_long=True)
                for piece in (squeeze(plain[:PIECE]), squeeze(plain[-PIECE:])):
                    if _BLOCK <= len(piece) < _LEAST:
                        self._whole.append((piece, form, letters.index(piece)))
            elif len(shown := printed(plain)) >= MIN_LENGTH:
                self._printed += [Form(name, one) for one in dict.fromkeys((shown, shown[:PIECE], shown[-PIECE:]))]
        if is_theirs or len(raw) > _LONGEST_ENCODED:
            return
        variants = {
            raw,
            raw.lower(),
            raw.upper(),
            *(secret.strip().encode(f"utf-16-{end}", "surrogatepass") for end in ("le", "be")),
        }
        for form in (form for variant in variants for form in _encoded(name, variant, is_long=is_long)):
            self._take(form, is_long=is_long)

    def _take(self, form: Form, *, is_long: bool) -> None:
        if not is_long or len(form.text) < _LEAST:
            if len(form.text) >= MIN_LENGTH:
                self._whole.append((form.text, form, 0))
            return
        self._forms.append(form)
        for shift in range(_BLOCK):
            self._blocks.update(_blocks_of(form.text[shift:]))

    def _places_of(self, block: int) -> list[tuple[Form, int]]:
        """Say where in which form a block stands; most scans meet none, so nothing is noted before the first."""
        for form in self._forms:
            for shift in range(_BLOCK):
                for number, one in enumerate(_blocks_of(form.text[shift:])):
                    self._places.setdefault(one, []).append((form, shift + number * _BLOCK))
        self._forms.clear()
        return self._places[block]

    def find(self, content: bytes) -> str | None:
        """Name a secret in `content`, whole or cut, in any disguise; None if it holds none."""
        with self._lock:
            return self._find(content)

    def _find(self, content: bytes) -> str | None:
        seen, searched = set[bytes](), b""
        for view, letters in self._reader.views(TextView.of(content), seen):
            is_new = letters.data != searched  # most escapes are of signs: their letters are those of the layer before
            searched = letters.data
            if (hit := next(self._hits(view, letters, is_new=is_new), None)) is not None:
                return hit[1].form.name
        self._reader.skip(seen)
        return None

    def spans(self, content: bytes) -> list[tuple[int, int, str]]:
        """Say where secrets begin and end in `content`, and which they are."""
        with self._lock:
            return self._spans(content)

    def _spans(self, content: bytes) -> list[tuple[int, int, str]]:
        found = set()
        for view, letters in self._reader.views(TextView.of(content, mapped=True), set()):
            for searched, hit in self._hits(view, letters):
                assert searched.starts is not None and searched.ends is not None
                begin, end = searched.starts[hit.begin], searched.ends[hit.end - 1]
                if hit.is_first and hit.form.head:
                    begin = _before(view, begin, hit.form.head)
                if hit.is_last and hit.form.tail:
                    end = _after(view, end, hit.form.tail)
                if hit.form.is_encoded:  # the characters beside it hold some bits of the secret too
                    before, after = content[max(0, begin - 2) : begin], content[end : end + 4]
                    begin -= len(before) - len(before.rstrip(_BASE64_CHARACTERS.rstrip(b"=")))
                    end += len(after) - len(after.lstrip(_BASE64_CHARACTERS))
                found.add((begin, end, hit.form.name))
        return sorted(found)

    def _hits(self, view: TextView, letters: TextView, *, is_new: bool = True) -> Iterator[tuple[TextView, _Hit]]:
        """Yield what stands in a view, but not what stands in every report of ours."""
        if self._printed:
            shown = view.printed()
            yield from ((shown, hit) for hit in self._in_printed(shown.data) if not is_ours(shown.data[hit.begin : hit.end]))
        for find in (self._in_whole, self._in_blocks) if is_new else ():
            yield from ((letters, hit) for hit in find(letters.data) if not is_ours(letters.data[hit.begin : hit.end]))

    def _in_printed(self, data: bytes) -> Iterator[_Hit]:
        for form in self._printed:
            at = data.find(form.text)
            while at >= 0:
                yield _Hit(at, at + len(form.text), form)
                at = data.find(form.text, at + len(form.text))

    def _in_whole(self, data: bytes) -> Iterator[_Hit]:
        for needle, form, offset in self._whole:
            at = data.find(needle)
            while at >= 0:
                hit = _extended(data, at, form, offset, len(needle))
                yield hit
                at = data.find(needle, hit.end)

    def _in_blocks(self, data: bytes) -> Iterator[_Hit]:
        blocks = _blocks_of(data)
        if self._blocks.isdisjoint(blocks):
            return
        done = 0
        for number, block in enumerate(blocks):
            at = number * _BLOCK
            if at >= done and block in self._blocks:
                hits = (_extended(data, at, form, offset, _BLOCK) for form, offset in self._places_of(block))
                best = max(hits, key=lambda hit: hit.end - hit.begin)
                if best.end - best.begin >= _LEAST:
                    done = best.end
                    yield best


def _blocks_of(data: bytes) -> memoryview[int]:
    return memoryview(data)[: len(data) // _BLOCK * _BLOCK].cast("Q")


def _extended(data: bytes, at: int, form: Form, offset: int, size: int) -> _Hit:
    """Follow a match of `size` bytes to both sides for as long as text and secret agree."""
    begin, first = at, offset
    while begin and first and data[begin - 1] == form.text[first - 1]:
        begin, first = begin - 1, first - 1
    end, last = at + size, offset + size
    while end < len(data) and last < len(form.text) and data[end] == form.text[last]:
        end, last = end + 1, last + 1
    return _Hit(begin, end, form, is_first=not first, is_last=last == len(form.text))


def _before(view: TextView, begin: int, head: bytes) -> int:
    """Where a secret begins in the content whose first letter stands at `begin`."""
    assert view.starts is not None
    at = bisect_left(view.starts, begin)
    if at < len(head) or view.data[at - len(head) : at] != head:
        return begin
    found = view.starts[at - len(head)]
    return found if 0 <= begin - found <= _NEAR * len(head) else begin


def _after(view: TextView, end: int, tail: bytes) -> int:
    """Where a secret ends in the content whose last letter ends at `end`."""
    assert view.ends is not None
    at = bisect_right(view.ends, end)
    if view.data[at : at + len(tail)] != tail:
        return end
    found = view.ends[at + len(tail) - 1]
    return found if 0 <= found - end <= _NEAR * len(tail) else end


def _encoded(name: str, secret: bytes, *, is_long: bool) -> Iterator[Form]:
    """Yield the encodings that need no decoding to be found: base64, 85 and 32 at each alignment, short ones in hexadecimal."""
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + secret)
        yield Form(name, squeeze(text[-(-shift * 8 // 6) : (shift + len(secret)) * 8 // 6]), is_encoded=True)
    for shift in range(4 if is_long and len(secret) >= PIECE else 0):
        whole = secret[-shift % 4 :]
        for encode in (base64.a85encode, base64.b85encode):
            text = encode(whole[: len(whole) // 4 * 4])
            yield Form(name, squeeze(text), is_encoded=True)
    for shift in range(5):
        text = base64.b32encode(bytes(shift) + secret)
        yield Form(name, squeeze(text[-(-shift * 8 // 5) : (shift + len(secret)) * 8 // 5]), is_encoded=True)
    if not is_long or len(secret) < PIECE:
        yield Form(name, squeeze(secret.hex().encode()))
