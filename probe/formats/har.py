"""`exchanges.har`: every exchange in HTTP Archive 1.2, for DevTools and HAR viewers; no bodies, since none are kept.

http://www.softwareishard.com/blog/har-12-spec/ : times are milliseconds, -1 says that a phase did not happen or is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from probe.facts.headers import header
from probe.model import Exchange, Report, Response
from probe.view.escape import pieces
from probe.view.page import View
from probe.view.row import Row
from probe.view.words import split_url, utc

Json = dict[str, Any]


def render(report: Report) -> Iterator[str]:
    """One entry for each exchange, retries and controls too, in the order of time."""
    view = View(report)
    version = report.evidence.vantage.tool_version
    log = {
        "version": "1.2",
        "creator": {"name": "probe", "version": version, "comment": "secrets are masked, bodies are not kept"},
        "pages": [],
        "entries": (_entry(row, exchange) for row, exchange in view.timeline),
    }
    yield from pieces({"log": log})
    yield "\n"


def _entry(row: Row, exchange: Exchange) -> Json:
    entry: Json = {
        "startedDateTime": utc(exchange.started_at, is_precise=True),
        "time": _milliseconds(exchange.elapsed),
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": _timings(exchange),
        "_probe": row.probe.id,
        "_attempt": exchange.attempt,
    }
    if exchange.remote_address:
        entry["serverIPAddress"] = exchange.remote_address.rpartition(":")[0].strip("[]") or exchange.remote_address
    if exchange.failure:
        entry["_failure"] = exchange.failure
    if row.diagnosis:
        entry["_diagnosis"] = row.diagnosis.code
        entry["_outcome"] = row.diagnosis.outcome.value
    return entry


def _request(exchange: Exchange) -> Json:
    request = exchange.request
    return {
        "method": request.method,
        "url": request.url,
        "httpVersion": (exchange.response.http_version if exchange.response else "") or "unknown",
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": _pairs(parse_qsl(split_url(request.url).query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": -1,
    }


def _response(exchange: Exchange) -> Json:
    # A request that got no answer is written as browsers do: status 0.
    response = exchange.response or Response(0, reason_phrase=exchange.failure or "")
    return {
        "status": response.status_code,
        "statusText": response.reason_phrase,
        "httpVersion": response.http_version or "unknown",
        "cookies": [],
        "headers": _pairs(response.headers),
        "content": {"size": response.body_size, "mimeType": response.media_type or "x-unknown", "comment": "the body is not kept"},
        "redirectURL": header(response.headers, "location"),
        "headersSize": -1,
        "bodySize": response.body_size if exchange.response else -1,
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in pairs]


def _timings(exchange: Exchange) -> Json:
    """HAR's phases; its `connect` includes TLS."""
    timings = exchange.timings
    connect = None if timings.connect is None else timings.connect + (timings.tls or 0)
    return {
        "blocked": -1,
        "dns": _milliseconds(timings.dns),
        "connect": _milliseconds(connect),
        "ssl": _milliseconds(timings.tls),
        "send": 0,
        "wait": max(0, _milliseconds(timings.wait)),
        "receive": max(0, _milliseconds(timings.receive)),
    }


def _milliseconds(seconds: float | None) -> float:
    return -1 if seconds is None else round(seconds * 1000, 3)
