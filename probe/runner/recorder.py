"""The recording boundary: from a raw answer to an `Exchange` that holds facts and no secret."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from probe.facts.urls import start_of
from probe.frozen import replace
from probe.model import (
    Artefact,
    Capture,
    Endpoint,
    Exchange,
    Limits,
    Link,
    Probe,
    RawUrl,
    Request,
    Response,
    Role,
    Target,
)
from probe.providers import REGION_HEADERS, REQUEST_ID_HEADERS
from probe.redact import Redactor
from probe.retry import advised_wait
from probe.runner import content
from probe.runner.alike import Alike
from probe.runner.bodies import LONGEST_MESSAGE, Bodies, Read
from probe.runner.links import MEDIA, links_in_headers
from probe.runner.memory import Memory
from probe.runner.orders import Orders
from probe.sniff import html_title, sniff
from probe.transport import WireAnswer, WireRequest, absolute

_ROOTED = re.compile(r"(?:/(?!/)|(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#])[^\x00-\x20]*")
"""A link that takes of its base no more than scheme and host."""
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\s'\"\\/:;,]{1,255}){2,}")

Recorded = tuple[Exchange, tuple[Capture, ...], str | None]


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
        self._alike = Alike(redactor)
        self._bodies = Bodies(limits, redactor, self._alike, memory, endpoints, artefacts)

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
            request=Request(order.method, redactor.url(probe.url), self._alike.once(redactor.headers(order.headers))),
            timings=answer.timings,
            response=response,
            failure=answer.failure,
            failure_detail=self._bodies.short(answer.failure_detail) or "",
            remote_address=self._alike.once(answer.remote_address),
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
            self._redactor.study(answer.headers, "")
            body = self._bodies.read(probe, answer)
            return self._response(probe, order, answer, body), body.captures, None
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
            title=self._bodies.short(html_title(page), 200),
        )

    def _bare(self, answer: WireAnswer) -> Response:
        """Record what can be told without reading the body."""
        assert answer.status_code is not None
        size = len(answer.content)
        return self._headed(
            Response(answer.status_code, body_size=size, body_is_truncated=True, limits_hit=answer.limits_hit), answer
        )

    def _headed(self, response: Response, answer: WireAnswer) -> Response:
        masked, once = self._redactor.headers(answer.headers), self._alike.once
        return replace(
            response,
            reason_phrase=self._bodies.short(answer.reason_phrase, 200) or "",
            http_version=once(answer.http_version),
            headers=once(masked),
            media_type=once((content.media_type(masked) or "")[:200] or None),
            request_ids=tuple((once(name.lower()), value) for name, value in masked if name.lower() in REQUEST_ID_HEADERS),
        )

    def _response(self, probe: Probe[RawUrl], order: WireRequest, answer: WireAnswer, body: Read) -> Response:
        headers, response = answer.headers, self._headed(body.response, answer)
        links, is_cut = self._links(probe, order, (*links_in_headers(headers), *body.links))
        region = next((value for name, value in headers if name.lower() in REGION_HEADERS), None)
        return self._alike.once(
            replace(
                response,
                total_size=_total_size(answer, response),
                region=self._bodies.short(region, 100),
                retry_after=advised_wait(headers, datetime.now(UTC), response.status_code),
                links=links,
                limits_hit=(*response.limits_hit, "links_too_many") if is_cut else response.limits_hit,
            )
        )

    def _links(self, probe: Probe[RawUrl], order: WireRequest, found: tuple[tuple[str, str], ...]) -> tuple[tuple[Link, ...], bool]:
        """The links that were found, as place and text, once each; and whether there were more than are kept."""
        if not found:
            return (), False
        # joined without secrets too: a relative link cuts the last segment of its base, which may be the end of a secret
        target, raw, shown = self._targets[probe.target], str(order.url), str(self._redactor.url(probe.url))
        if all(_ROOTED.fullmatch(text) for _place, text in found):
            raw, shown = start_of(raw), start_of(shown)

        def joined() -> tuple[tuple[RawUrl, ...], tuple[Link, ...], bool]:
            links: dict[RawUrl, Link] = {}
            for place, text in found:
                url = absolute(raw, text)
                if url in links:
                    continue
                if len(links) >= self._limits.max_links:
                    return tuple(links), tuple(links.values()), True
                refused, is_own = self._orders.refusal(url, raw, target), self._orders.is_own(url, target)
                named, stood_at = self._redactor.url(absolute(shown, text)), self._redactor.text(place)
                links[url] = self._alike.once(Link(named, stood_at, is_own, refused))
            return tuple(links), tuple(links.values()), False

        key = (raw, shown, target.name, self._orders.allowed(target), found)
        urls, links, is_cut = self._alike.found(key, len(raw) + sum(len(place) + len(text) for place, text in found), joined)
        self._memory.keep_links(probe.id, urls)
        return links, is_cut


def bug_text(exc: Exception) -> str:
    """Name the bug and the function it happened in, without a path of this machine."""
    frames = traceback.extract_tb(exc.__traceback__)
    ours = [f"{Path(one.filename).stem}.{one.name}:{one.lineno}" for one in frames if "probe" in Path(one.filename).parts]
    return f"{type(exc).__name__}: {_PATH.sub('…', str(exc))[:LONGEST_MESSAGE]} (in {ours[-1] if ours else 'a library'})"


def _total_size(answer: WireAnswer, response: Response) -> int | None:
    """Size of the whole content; of an encoded one the headers tell only the size of the encoding."""
    if content.coding(answer.headers) and "encoding_not_supported" not in response.limits_hit:
        is_whole = not response.body_is_truncated and "encoding_broken" not in response.limits_hit
        return response.body_size if is_whole else None
    return content.total_size(answer.headers, response.status_code)


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
