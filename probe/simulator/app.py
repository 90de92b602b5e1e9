"""The small machine under every world: operations are matched, gates may answer first, the rest is a table.

    request -> match an operation -> gates in order (auth, api-version, a cause) -> the operation's reply -> the world's `finish`

An operation is known before the gates run, because real gateways do the same: an unknown path is a 404 whatever its api-version.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

KEY = "sim-key-0123456789abcdef0123456789abcdef"
TOKEN = "sim-entra-token-eyJhbGciOiJub25lIn0"
STORAGE_TOKEN = "sim-storage-token-eyJhbGciOiJub25lIn0"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the wire says. `by` names who answers (azure, gateway, openai, blob, plain): it decides the standard headers."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Headers = ()
    by: str = ""


@dataclass(slots=True)
class State:
    """What one running world remembers: when it began, jobs that were created, how often each was polled or gated."""

    started_at: int = field(default_factory=lambda: int(time.time()))
    created: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    polls: dict[tuple[str, str], int] = field(default_factory=dict)

    def made(self, family: str) -> dict[str, dict[str, Any]]:
        """Return what clients created in one API family: id -> what was remembered."""
        return self.created.setdefault(family, {})

    def poll(self, name: str, version: str | None = None) -> int:
        """Count one look at a thing; the first returns 1."""
        key = (name, version or "")
        self.polls[key] = self.polls.get(key, 0) + 1
        return self.polls[key]

    def looks(self, name: str) -> int:
        """Tell how often a thing was looked at by one api-version: a scan that asks with three of them looks once."""
        return max((count for (polled, _), count in self.polls.items() if polled == name), default=0)


@dataclass(slots=True)
class Call:
    """One request as replies see it. `params` are the values of the template, `operation` is None for an unknown route."""

    world: World
    state: State
    request: Request
    body: bytes
    operation: Operation | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The method as it was sent."""
        return self.request.method

    @property
    def path(self) -> str:
        """The path as it was sent, percent-decoded."""
        return self.request.url.path

    @property
    def origin(self) -> str:
        """Scheme and authority that the client used: links of the simulator point back to it."""
        return f"{self.request.url.scheme}://{self.request.url.netloc}"

    @property
    def version(self) -> str | None:
        """The api-version of the query; an empty one counts as none."""
        return self.query("api-version") or None

    def query(self, name: str, default: str = "") -> str:
        """Return a query value, the last of several."""
        return self.request.query_params.get(name, default)

    def header(self, name: str) -> str:
        """Return a header, empty when absent."""
        return self.request.headers.get(name, "")

    def asked(self, name: str, default: str) -> str:
        """Return a text field of the JSON body that created something; the default for any other body."""
        try:
            value = json.loads(self.body)[name]
        except (ValueError, KeyError, TypeError):
            return default
        return value if isinstance(value, str) else default


Reply = Callable[[Call], Answer]
Gate = Callable[[Call], Answer | None]
VersionRule = Callable[[str | None], Answer | None]
VersionPolicy = Callable[[str], VersionRule]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and a path template with its reply; `since` is the first dated api-version that has it on the classic surface."""

    method: str
    path: str
    reply: Reply
    since: str = "2022-12-01"
    versions: VersionRule | None = None

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the values of the template for a request that is meant, else None; `{name}` stands for one whole segment."""
        if method != self.method:
            return None
        wanted, given = self.path.split("/"), path.split("/")
        if len(wanted) != len(given):
            return None
        values = {}
        for want, have in zip(wanted, given, strict=True):
            if want.startswith("{") and have:
                values[want[1:-1]] = have
            elif want != have:
                return None
        return values


Operations = tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One simulated service. `base` is what a customer would paste behind the origin; `key` is what to set as its secret.

    `ids` are the well-formed ids that a user of this world holds, by the names of path templates. `credential` says what kind of
    secret `key` is: key, token (Entra) or none.
    """

    name: str
    description: str
    provider: str
    operations: Operations = ()
    gates: tuple[Gate, ...] = ()
    unknown: Reply
    finish: Callable[[Call, Answer], Answer] = lambda _, answer: answer
    base: str = ""
    key: str = KEY
    credential: str = "key"
    ids: Mapping[str, str] = field(default_factory=dict)
    clock_offset: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that arrived, headers as sent: tests look here for what must never be sent."""

    method: str
    path: str
    query: str
    headers: Headers


def as_json(value: Any, status: int = 200, headers: Headers = (), by: str = "") -> Answer:
    """Answer with JSON as the services write it, without spaces."""
    return Answer(status, json.dumps(value, separators=(",", ":")).encode(), headers=headers, by=by)


def _azure_headers() -> Headers:
    request_id = str(uuid.uuid4())
    return (
        ("apim-request-id", request_id),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("x-ms-region", "East US 2"),
        ("x-ms-client-request-id", request_id),
        ("x-request-id", str(uuid.uuid4())),
    )


def _openai_headers() -> Headers:
    return (
        ("x-request-id", f"req_{uuid.uuid4().hex}"),
        ("openai-version", "2020-10-01"),
        ("openai-processing-ms", "12"),
        ("cf-ray", f"{uuid.uuid4().hex[:16]}-FRA"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
    )


STANDARD_HEADERS: Mapping[str, Callable[[], Headers]] = {
    "azure": _azure_headers,
    "gateway": lambda: _azure_headers()[:3],
    "openai": _openai_headers,
    "blob": lambda: (("x-ms-request-id", str(uuid.uuid4())), ("x-ms-version", "2021-08-06")),
    "generic": lambda: (("server", "uvicorn"),),
    "plain": tuple,
}
"""Who answers -> the headers that it always sends. Azure's gateway sends neither `x-request-id` nor `x-ms-region`."""


class Simulator:
    """The ASGI application of one world."""

    def __init__(self, world: World, latency: float, record: Callable[[Recorded], None]) -> None:
        self.world = world
        self.latency = latency
        self.record = record
        self.state = State()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything but HTTP is ignored."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        self.record(Recorded(request.method, request.url.path, request.url.query, pairs))
        call = Call(self.world, self.state, request, await request.body())
        if self.latency:
            await asyncio.sleep(self.latency)
        await _response(self.world, self.answer(call))(scope, receive, send)

    def answer(self, call: Call) -> Answer:
        """Match, let the gates answer first, then reply."""
        for operation in self.world.operations:
            params = operation.match(call.method, call.path)
            if params is not None:
                call.operation, call.params = operation, params
                break
        gated = next((answer for gate in self.world.gates if (answer := gate(call)) is not None), None)
        reply = call.operation.reply if call.operation else self.world.unknown
        return self.world.finish(call, gated or reply(call))


def _response(world: World, answer: Answer) -> Response:
    headers = (*STANDARD_HEADERS[answer.by or world.provider](), *answer.headers)
    response = Response(answer.body, answer.status)
    if answer.media_type:
        headers = (("content-type", answer.media_type), *headers)
    response.raw_headers += [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    response.headers["date"] = formatdate(time.time() + world.clock_offset, usegmt=True)
    return response


def mount(prefix: str, operations: Operations, versions: VersionPolicy | None = None) -> Operations:
    """Put operations behind a prefix; `versions` makes the api-version rule of each from its `since`."""
    return tuple(
        replace(operation, path=prefix + operation.path, versions=versions(operation.since) if versions else None)
        for operation in operations
    )


def page(call: Call, items: list[dict[str, Any]], default_limit: int = 20) -> Answer:
    """Answer a list as both providers do: newest first unless `order=asc`, cut by `limit`, continued by `after` or `before`."""
    ordered = sorted(items, key=lambda item: item["created_at"], reverse=call.query("order", "desc") != "asc")
    names = [item["id"] for item in ordered]
    limit = call.query("limit")
    size = max(1, min(int(limit), 100)) if limit.isdigit() else default_limit
    start = names.index(call.query("after")) + 1 if call.query("after") in names else 0
    if call.query("before") in names:
        start = max(0, names.index(call.query("before")) - size)
    shown = ordered[start : start + size]
    return as_json(
        {
            "object": "list",
            "data": shown,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
            "has_more": start + size < len(ordered),
        }
    )
