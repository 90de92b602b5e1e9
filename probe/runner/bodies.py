"""What the body of an answer holds, redacted: bodies that are alike to the byte are looked into once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from probe import jsonpath
from probe.facts.states import meaning
from probe.frozen import Frozen, replace
from probe.model import (
    Artefact,
    Capture,
    CaptureRule,
    Embedded,
    Endpoint,
    JsonPath,
    JsonValue,
    Limits,
    Magic,
    Probe,
    Purpose,
    RawUrl,
    Response,
)
from probe.redact import Redactor
from probe.runner import content, faults
from probe.runner.alike import Alike
from probe.runner.links import MEDIA, artefact_in, link_in_text, links_in_json, long_texts, strings
from probe.runner.memory import Memory
from probe.sniff import html_title, sniff
from probe.transport import WireAnswer

LONGEST_MESSAGE = 600
_MARGIN = 4096


class Read(Frozen):
    """What a body told: a response that lacks its head, the ids that it gave, and raw links, as place and text, in their order."""

    response: Response
    captures: tuple[Capture, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Raw:
    """A body that is being read, and whose it is; `json` is its parsed value."""

    target: str
    bytes: bytes
    is_cut: bool
    claimed: str
    words: list[str]
    sniffed: str | None = None
    json: Any = None
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class Bodies:
    """Reads bodies. A secret that one gives away is learned before anything of it is let through."""

    limits: Limits
    redactor: Redactor
    alike: Alike
    memory: Memory
    endpoints: Mapping[str, Endpoint]
    artefacts: Mapping[str, Artefact]

    def read(self, probe: Probe[RawUrl], answer: WireAnswer) -> Read:
        """Look into the body of an answer."""
        status_code, data, headers = answer.status_code or 0, answer.content, answer.headers
        # A range counts bytes of the encoded form (RFC 9110, 14.2).
        is_part = not answer.is_whole or content.is_part(headers, status_code, len(data))
        endpoint = self.endpoints.get(probe.endpoint)
        artefact = self.artefacts.get(endpoint.artefact) if endpoint is not None else None
        magic = artefact.magic if artefact is not None else ()
        is_good = 200 <= status_code < 300 and probe.purpose is not Purpose.CONTROL
        rules = endpoint.captures if endpoint is not None and is_good else ()
        claimed, coding = content.media_type(headers) or "", content.coding(headers)
        key = (data, status_code, is_part, answer.is_whole, answer.limits_hit, claimed, coding, magic, rules)
        # what is encoded may be a thousand times as large
        size = len(data) + len(claimed) if not coding else self.limits.max_decompressed
        return self.alike.found(
            key, size, lambda: self._told(self._raw(probe.target, answer, magic, claimed, is_part=is_part), status_code, rules)
        )

    def _raw(self, target: str, answer: WireAnswer, magic: tuple[Magic, ...], claimed: str, *, is_part: bool) -> _Raw:
        data, words = content.decoded(answer.content, answer.headers, self.limits, is_whole=not is_part)
        raw = _Raw(target, data, is_part or "decompressed_too_large" in words, claimed, [*answer.limits_hit, *words])
        if not answer.is_whole and len(answer.content) >= self.limits.max_body:
            raw.words.append("body_too_large")
        is_readable, word = bool(data) and not raw.is_cut and not words, ""
        is_begun = is_readable and data[:1] in (b"{", b"[")
        if is_begun:
            word = self._parse(raw)
        raw.sniffed = sniff(data, magic, is_truncated=raw.is_cut, is_json=raw.is_json) if data else None
        if is_readable and not raw.is_json and (raw.sniffed == "application/json" or content.is_json_type(claimed)):
            word = word if is_begun else self._parse(raw)
            raw.words += [word] if word else []
        return raw

    def _parse(self, raw: _Raw) -> str:
        """Read a body as JSON; returns the word for what is wrong with it, "" if nothing is."""
        try:
            raw.json, raw.is_json = jsonpath.parse(raw.bytes, self.limits.max_json_depth), True
        except ValueError as exc:
            return "json_too_deep" if "deep" in str(exc) else "json_too_many_values" if "values" in str(exc) else "json_invalid"
        return ""

    def _told(self, raw: _Raw, status_code: int, rules: tuple[CaptureRule, ...]) -> Read:
        if not (raw.sniffed or "").startswith(MEDIA):
            self.redactor.study((), raw.bytes.decode("utf-8", "replace"))
        fault = self._fault(status_code, raw)
        response = Response(
            status_code=status_code,
            sniffed_type=raw.sniffed,
            body_size=len(raw.bytes),
            body_is_truncated=raw.is_cut,
            body_sha256=self.alike.once(hashlib.sha256(raw.bytes).hexdigest()) if raw.bytes else "",
            error_code=self.short(fault.code, 200),
            error_type=self.short(fault.type, 200),
            error_message=self.short(fault.message),
            error_shape=fault.shape,
            title=self.short(html_title(raw.bytes), 200) if raw.sniffed == "text/html" else None,
            limits_hit=tuple(raw.words),
        )
        if raw.is_json:
            return self._with_json(response, raw.target, raw.json, rules)
        is_link = raw.sniffed == "text/plain" and not raw.is_cut and status_code < 300
        response = replace(response, json_paths=self._of_first_line(raw), embedded=tuple(self._unwrapped(raw)))
        return Read(response, links=tuple(link_in_text(raw.bytes)) if is_link else ())

    def _with_json(self, response: Response, target: str, value: Any, rules: tuple[CaptureRule, ...]) -> Read:
        """Add what a JSON document holds. Links of an error lead nowhere."""
        text, once, limits = self.redactor.text, self.alike.once, self.limits
        paths, is_folded = jsonpath.key_paths(value, max_depth=limits.max_json_depth, max_paths=limits.max_json_paths)
        values = jsonpath.allowed_values(value, meaning)
        response = replace(
            response,
            json_paths=once(tuple(once(JsonPath(text(one.path), one.type, one.count)) for one in paths)),
            values=tuple(once(JsonValue(once(text(one.path)), text(one.value))) for one in values),
            embedded=tuple(self._embedded((path, inner) for path, _key, inner in strings(value))),
            limits_hit=(*response.limits_hit, "json_paths_too_many") if is_folded else response.limits_hit,
        )
        links = self._each_once(links_in_json(strings(value))) if response.status_code < 400 else ()
        return Read(response, tuple(self._captured(target, value, rules)), links)

    def _captured(self, target: str, value: Any, rules: tuple[CaptureRule, ...]) -> Iterator[Capture]:
        for rule in rules:
            for text, path in jsonpath.find(rule, value):
                stored = self.redactor.text(text)
                self.memory.keep_id(target, rule.name, stored, text)
                yield Capture(rule.name, stored, self.redactor.text(path))

    def _of_first_line(self, raw: _Raw) -> tuple[JsonPath, ...]:
        """The keys of the first of several JSON lines: they tell a batch's records from a log."""
        line, end, _rest = raw.bytes.partition(b"\n") if raw.sniffed == "application/jsonl" else (b"", b"", b"")
        try:
            value = jsonpath.parse(line, self.limits.max_json_depth) if end else None
        except ValueError:
            return ()
        paths, _is_folded = jsonpath.key_paths(value, max_depth=2, max_paths=self.limits.max_json_paths) if end else ((), False)
        return tuple(JsonPath(self.redactor.text(one.path), one.type, one.count) for one in paths)

    def _fault(self, status_code: int, raw: _Raw) -> faults.Fault:
        if raw.is_json:
            return faults.fault_in_json(raw.json, status_code)
        if raw.sniffed == "application/xml" or raw.bytes.lstrip()[:1] == b"<":
            return faults.fault_in_xml(raw.bytes, status_code)
        if status_code < 400 or not raw.bytes:
            return faults.NONE
        if raw.sniffed in ("text/plain", None) and raw.claimed.startswith("text/plain"):
            text = raw.bytes.decode("utf-8", "replace").strip()
            # The last word of a cut text may be half a secret that nobody would recognise any more.
            return faults.Fault(message=(text.rpartition(" ")[0] if raw.is_cut else text) or None)
        return faults.NONE

    def _unwrapped(self, raw: _Raw) -> Iterable[Embedded]:
        """Artefacts that a body which is no JSON document holds."""
        if inner := content.unwrapped(raw.bytes, raw.sniffed, self.limits):
            return (inner,)
        return self._embedded(long_texts(raw.bytes)) if raw.is_cut else ()

    def _embedded(self, texts: Iterable[tuple[str, str]]) -> Iterator[Embedded]:
        found = ((path, kind, text) for path, text in texts if (kind := artefact_in(text)) is not None)
        for path, kind, text in islice(found, self.limits.max_links):  # a small answer could hold thousands
            encoded = text.rpartition(",")[2].rstrip("=")
            yield Embedded(self.redactor.text(path), kind, len(encoded) * 3 // 4)

    def _each_once(self, links: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Keep of texts that are alike the first; and not many more than may be links, for some of them may name the same."""
        places: dict[str, str] = {}
        for place, text in links:
            places.setdefault(text, place)
            if len(places) > 4 * self.limits.max_links:
                break
        return tuple((place, text) for text, place in places.items())

    def short(self, text: str | None, size: int = LONGEST_MESSAGE) -> str | None:
        """Mask and cut a text; None for none."""
        return self.alike.once(self.redactor.text(_capped(text, size))[:size]) if text else None


def _capped(text: str, size: int) -> str:
    """Cut a text that is far longer than what is kept of it, before costly work; its last word, which may be half a secret, too."""
    if len(text) <= size + _MARGIN:
        return text
    head = text[: size + _MARGIN]
    return head[: max(head.rfind(" "), len(head) - _MARGIN // 2) if " " in head[-_MARGIN // 2 :] else len(head) - _MARGIN // 2]
