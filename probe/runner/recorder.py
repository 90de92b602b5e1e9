"""The recording boundary: from a raw answer to an `Exchange` that holds facts and no secret."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from probe import jsonpath
from probe.facts.states import meaning
from probe.frozen import Frozen, replace
from probe.model import (
    Artefact,
    Capture,
    Embedded,
    Endpoint,
    Exchange,
    JsonPath,
    JsonValue,
    Limits,
    Link,
    Magic,
    Pairs,
    Probe,
    Purpose,
    RawUrl,
    Request,
    Response,
    Role,
    Target,
)
from probe.providers import REGION_HEADERS, REQUEST_ID_HEADERS
from probe.redact import Redactor
from probe.retry import advised_wait
from probe.runner import content, faults
from probe.runner.links import (
    MEDIA,
    FoundLink,
    artefact_in,
    link_in_text,
    links_in_headers,
    links_in_json,
    long_texts,
    strings,
)
from probe.runner.memory import Memory
from probe.runner.orders import Orders
from probe.sniff import html_title, sniff
from probe.transport import WireAnswer, WireRequest, absolute

_LONGEST_MESSAGE = 600
_MARGIN = 4096
_SMALL, _MOST_KEPT, _MOST_ALIKE = 16 * 1024, 256, 8192
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\s'\"\\/:;,]{1,255}){2,}")


T = TypeVar("T")
Recorded = tuple[Exchange, tuple[Capture, ...], str | None]


@dataclass(slots=True)
class _Body:
    """What a body was found to hold; `json` is its parsed value, never stored."""

    bytes: bytes
    is_cut: bool
    claimed: str | None
    sniffed: str | None
    words: list[str]
    json: Any = None
    is_json: bool = False


class _Inside(Frozen):
    """What a JSON body holds, redacted; `links` are raw, as place and text."""

    paths: tuple[JsonPath, ...]
    is_folded: bool
    values: tuple[JsonValue, ...]
    embedded: tuple[Embedded, ...]
    links: tuple[tuple[str, str], ...]


_NOTHING = _Inside((), False, (), (), ())


class Recorder:
    """Turns answers into exchanges. What must stay raw goes into `memory`, everything else through the redactor."""

    def __init__(
        self,
        *,
        limits: Limits,
        redactor: Redactor,
        memory: Memory,
        orders: Orders,
        targets: Mapping[str, Target[RawUrl]],
        endpoints: Mapping[str, Endpoint],
        artefacts: Mapping[str, Artefact],
    ) -> None:
        self._limits = limits
        self._redactor = redactor
        self._memory = memory
        self._orders = orders
        self._targets = targets
        self._endpoints = endpoints
        self._artefacts = artefacts
        self._looked_into: dict[tuple[int, bytes], _Inside] = {}
        self._alike: dict[Any, Any] = {}

    def record(self, probe: Probe[RawUrl], order: WireRequest, answer: WireAnswer, attempt: int, started_at: datetime) -> Recorded:
        """Make the exchange of one attempt, the captures if it brought a good answer, and the text of our own fault, if any.

        A fault of ours costs what could not be read of an answer, never its status and headers.
        """
        redactor, tls = self._redactor, answer.tls
        response, captures, bug = self._told(probe, order, answer)
        exchange = Exchange(
            attempt=attempt,
            started_at=started_at,
            elapsed=answer.elapsed,
            # the planned URL: what was sent may hold half a secret that a relative link left of a whole one
            request=Request(order.method, redactor.url(probe.url), self._once(redactor.headers(order.headers))),
            timings=answer.timings,
            response=response,
            failure=answer.failure,
            failure_detail=self._short(answer.failure_detail, _LONGEST_MESSAGE) or "",
            remote_address=self._once(answer.remote_address),
            hop=answer.hop,
            proxy_response=self._proxy_response(answer),
            tls=tls and replace(tls, issuer=redactor.text(tls.issuer), subject=redactor.text(tls.subject)),
        )
        return exchange, captures, bug

    def _told(
        self, probe: Probe[RawUrl], order: WireRequest, answer: WireAnswer
    ) -> tuple[Response | None, tuple[Capture, ...], str | None]:
        if answer.status_code is None:
            return None, (), None
        try:
            body = self._read(probe, answer)
            is_media = (body.sniffed or "").startswith(MEDIA)
            self._redactor.study(answer.headers, "" if is_media else body.bytes.decode("utf-8", "replace"))
            response = self._response(probe, order, answer, body)
            return response, self._captures(probe, answer.status_code, body), None
        except Exception as exc:  # noqa: BLE001 - what came must not be lost with what could not be read of it
            return self._bare(answer), (), self._redactor.text(bug_text(exc))

    def _proxy_response(self, answer: WireAnswer) -> Response | None:
        """Record what a proxy answered instead of opening the way: it names the one who can."""
        if answer.proxy_status is None:
            return None
        self._redactor.study(answer.proxy_headers, "")
        page = answer.proxy_content[: self._limits.max_artefact]
        masked = self._redactor.headers(answer.proxy_headers)
        return Response(
            status_code=answer.proxy_status,
            headers=masked,
            media_type=(content.media_type(masked) or "")[:200] or None,
            body_size=len(answer.proxy_content),
            body_is_truncated=True,
            title=self._short(html_title(page), 200),
        )

    def _bare(self, answer: WireAnswer) -> Response:
        """Record what can be told without reading the body."""
        assert answer.status_code is not None
        masked = self._redactor.headers(answer.headers)
        return Response(
            status_code=answer.status_code,
            reason_phrase=self._redactor.text(answer.reason_phrase)[:200],
            http_version=answer.http_version,
            headers=masked,
            media_type=(content.media_type(masked) or "")[:200] or None,
            body_size=len(answer.content),
            body_is_truncated=True,
            request_ids=self._request_ids(masked),
            limits_hit=answer.limits_hit,
        )

    def _read(self, probe: Probe[RawUrl], answer: WireAnswer) -> _Body:
        # A range counts bytes of the encoded form (RFC 9110, 14.2).
        is_part = not answer.is_whole or content.is_part(answer.headers, answer.status_code, len(answer.content))
        raw, words = content.decoded(answer.content, answer.headers, self._limits, is_whole=not is_part)
        is_cut = is_part or "decompressed_too_large" in words
        body = _Body(raw, is_cut, content.media_type(answer.headers), None, [*answer.limits_hit, *words])
        if not answer.is_whole and len(answer.content) >= self._limits.max_body:
            body.words.append("body_too_large")
        is_readable, word = bool(raw) and not is_cut and not words, ""
        is_begun = is_readable and raw[:1] in (b"{", b"[")
        if is_begun:
            word = self._parse(body)
        body.sniffed = sniff(raw, self._magic(probe), is_truncated=is_cut, is_json=body.is_json) if raw else None
        if is_readable and not body.is_json and (body.sniffed == "application/json" or content.is_json_type(body.claimed)):
            word = word if is_begun else self._parse(body)
            body.words += [word] if word else []
        return body

    def _parse(self, body: _Body) -> str:
        """Read a body as JSON; returns the word for what is wrong with it, "" if nothing is."""
        try:
            body.json, body.is_json = jsonpath.parse(body.bytes, self._limits.max_json_depth), True
        except ValueError as exc:
            return "json_too_deep" if "deep" in str(exc) else "json_too_many_values" if "values" in str(exc) else "json_invalid"
        return ""

    def _magic(self, probe: Probe[RawUrl]) -> tuple[Magic, ...]:
        endpoint = self._endpoints.get(probe.endpoint)
        artefact = self._artefacts.get(endpoint.artefact) if endpoint is not None else None
        return artefact.magic if artefact is not None else ()

    def _response(self, probe: Probe[RawUrl], order: WireRequest, answer: WireAnswer, body: _Body) -> Response:
        assert answer.status_code is not None
        headers = answer.headers
        masked = self._redactor.headers(headers)
        inside = self._inside(body) if body.is_json else _NOTHING
        fault = self._fault(answer.status_code, body)
        links = self._links(probe, order, answer, body, inside)
        if inside.is_folded:
            body.words.append("json_paths_too_many")
        return Response(
            status_code=answer.status_code,
            reason_phrase=self._short(answer.reason_phrase, 200) or "",
            http_version=self._once(answer.http_version),
            headers=tuple(self._once((self._once(name), value)) for name, value in masked),
            media_type=self._once((content.media_type(masked) or "")[:200] or None),
            sniffed_type=body.sniffed,
            body_size=len(body.bytes),
            total_size=_total_size(answer, body),
            body_is_truncated=body.is_cut,
            body_sha256=self._once(hashlib.sha256(body.bytes).hexdigest()) if body.bytes else "",
            json_paths=inside.paths if body.is_json else self._of_first_line(body),
            values=inside.values,
            embedded=inside.embedded if body.is_json else tuple(self._unwrapped(body)),
            error_code=self._short(fault.code, 200),
            error_type=self._short(fault.type, 200),
            error_message=self._short(fault.message, _LONGEST_MESSAGE),
            error_shape=fault.shape,
            title=self._short(html_title(body.bytes), 200) if body.sniffed == "text/html" else None,
            request_ids=self._request_ids(masked),
            region=self._short(next((value for name, value in headers if name.lower() in REGION_HEADERS), None), 100),
            retry_after=advised_wait(headers, datetime.now(UTC), answer.status_code),
            links=links,
            limits_hit=tuple(body.words),
        )

    def _inside(self, body: _Body) -> _Inside:
        """Look into a JSON body, once for all answers that are alike to the byte, unless something of it had to be masked."""
        redactor, limits = self._redactor, self._limits
        key = (redactor.secret_count, body.bytes)
        if (known := self._looked_into.get(key)) is not None:
            return known
        before = redactor.mask_count
        paths, is_folded = jsonpath.key_paths(body.json, max_depth=limits.max_json_depth, max_paths=limits.max_json_paths)
        values, texts = jsonpath.allowed_values(body.json, meaning), tuple(strings(body.json))
        inside = _Inside(
            paths=self._once(tuple(self._once(JsonPath(redactor.text(one.path), one.type, one.count)) for one in paths)),
            is_folded=is_folded,
            values=tuple(self._once(JsonValue(self._once(redactor.text(one.path)), redactor.text(one.value))) for one in values),
            embedded=tuple(self._embedded((path, text) for path, _key, text in texts)),
            links=tuple(links_in_json(texts)),
        )
        if len(body.bytes) <= _SMALL and redactor.mask_count == before:
            if len(self._looked_into) >= _MOST_KEPT:
                self._looked_into.clear()
            self._looked_into[key] = inside
        return inside

    def _of_first_line(self, body: _Body) -> tuple[JsonPath, ...]:
        """The keys of the first of several JSON lines: they tell a batch's records from a log."""
        line, end, _rest = body.bytes.partition(b"\n") if body.sniffed == "application/jsonl" else (b"", b"", b"")
        try:
            value = jsonpath.parse(line, self._limits.max_json_depth) if end else None
        except ValueError:
            return ()
        paths, _is_folded = jsonpath.key_paths(value, max_depth=2, max_paths=self._limits.max_json_paths) if end else ((), False)
        return tuple(JsonPath(self._redactor.text(one.path), one.type, one.count) for one in paths)

    def _fault(self, status_code: int, body: _Body) -> faults.Fault:
        if body.is_json:
            return faults.fault_in_json(body.json, status_code)
        if body.sniffed == "application/xml" or body.bytes.lstrip()[:1] == b"<":
            return faults.fault_in_xml(body.bytes, status_code)
        if status_code < 400 or not body.bytes:
            return faults.NONE
        if body.sniffed in ("text/plain", None) and (body.claimed or "").startswith("text/plain"):
            text = body.bytes.decode("utf-8", "replace").strip()
            # The last word of a cut text may be half a secret that nobody would recognise any more.
            return faults.Fault(message=(text.rpartition(" ")[0] if body.is_cut else text) or None)
        return faults.NONE

    def _links(
        self, probe: Probe[RawUrl], order: WireRequest, answer: WireAnswer, body: _Body, inside: _Inside
    ) -> tuple[Link, ...]:
        """Collect links once each: those of headers always, those of bodies unless the answer is an error."""
        target = self._targets[probe.target]
        found: list[FoundLink] = [*links_in_headers(answer.headers, order.url)]
        if (answer.status_code or 0) < 400:
            found += (FoundLink(absolute(order.url, text), place, text) for place, text in inside.links)
        if body.sniffed == "text/plain" and not body.is_json and not body.is_cut and (answer.status_code or 0) < 300:
            found += link_in_text(body.bytes, order.url)
        base, links = self._redactor.url(probe.url), dict[str, Link]()
        for one in found:
            if one.url in links:
                continue
            if len(links) >= self._limits.max_links:
                body.words.append("links_too_many")
                break
            self._memory.keep_link(probe.id, len(links), one.url)
            refused = self._orders.refusal(one.url, order.url, target)
            # joined without secrets: a relative link cuts the last segment of its base, which may be the end of a secret
            url, place = self._redactor.url(absolute(base, one.text)), self._redactor.text(one.found_in)
            links[one.url] = self._once(Link(url, place, self._orders.is_own(one.url, target), refused))
        return self._once(tuple(links.values()))

    def _unwrapped(self, body: _Body) -> Iterable[Embedded]:
        """Artefacts that a body which is no JSON document holds."""
        if inner := content.unwrapped(body.bytes, body.sniffed, self._limits):
            return (inner,)
        return self._embedded(long_texts(body.bytes)) if body.is_cut else ()

    def _embedded(self, texts: Iterable[tuple[str, str]]) -> Iterator[Embedded]:
        for path, text in texts:
            if (kind := artefact_in(text)) is not None:
                encoded = text.rpartition(",")[2].rstrip("=")
                yield Embedded(self._redactor.text(path), kind, len(encoded) * 3 // 4)

    def _captures(self, probe: Probe[RawUrl], status_code: int, body: _Body) -> tuple[Capture, ...]:
        endpoint = self._endpoints.get(probe.endpoint)
        if endpoint is None or not body.is_json or not 200 <= status_code < 300 or probe.purpose is Purpose.CONTROL:
            return ()
        captures = []
        for rule in endpoint.captures:
            for text, path in jsonpath.find(rule, body.json):
                stored = self._redactor.text(text)
                self._memory.keep_id(rule.name, stored, text)
                captures.append(Capture(rule.name, stored, self._redactor.text(path)))
        return tuple(captures)

    def _request_ids(self, headers: Pairs) -> Pairs:
        return tuple((self._once(name.lower()), value) for name, value in headers if name.lower() in REQUEST_ID_HEADERS)

    def _short(self, text: str | None, size: int) -> str | None:
        return self._once(self._redactor.text(_capped(text, size))[:size]) if text else None

    def _once(self, value: T) -> T:
        """Keep equal values once: most answers of a server repeat most of the one before."""
        if len(self._alike) >= _MOST_ALIKE:
            self._alike.clear()
        return self._alike.setdefault(value, value)  # type: ignore[no-any-return]


def bug_text(exc: Exception) -> str:
    """Name the bug and the function it happened in, without a path of this machine."""
    frames = traceback.extract_tb(exc.__traceback__)
    ours = [f"{Path(one.filename).stem}.{one.name}:{one.lineno}" for one in frames if "probe" in Path(one.filename).parts]
    return f"{type(exc).__name__}: {_PATH.sub('…', str(exc))[:_LONGEST_MESSAGE]} (in {ours[-1] if ours else 'a library'})"


def _capped(text: str, size: int) -> str:
    """Cut a text that is far longer than what is kept of it, before costly work; its last word, which may be half a secret, too."""
    if len(text) <= size + _MARGIN:
        return text
    head = text[: size + _MARGIN]
    return head[: max(head.rfind(" "), len(head) - _MARGIN // 2) if " " in head[-_MARGIN // 2 :] else len(head) - _MARGIN // 2]


def _total_size(answer: WireAnswer, body: _Body) -> int | None:
    """Size of the whole content; of an encoded one the headers tell only the size of the encoding."""
    assert answer.status_code is not None
    if content.is_encoded(answer.headers) and "encoding_not_supported" not in body.words:
        return len(body.bytes) if not body.is_cut and "encoding_broken" not in body.words else None
    return content.total_size(answer.headers, answer.status_code)


def cap_for(probe: Probe[RawUrl], limits: Limits) -> Callable[[WireAnswer], int]:
    """How much of a body to read: of an artefact its magic bytes, of documents and errors everything.

    What the bytes themselves show to be one counts as an artefact on any route and under any media type.
    """

    def cap(answer: WireAnswer) -> int:
        is_good = answer.status_code is not None and 200 <= answer.status_code < 300
        is_artefact = is_good and probe.role is Role.DOWNLOAD and not content.is_json_type(content.media_type(answer.headers))
        if not is_artefact and answer.content:
            is_artefact = (sniff(answer.content, is_truncated=True) or "").startswith((*MEDIA, "application/jsonl"))
        return limits.max_artefact if is_artefact else limits.max_body

    return cap
