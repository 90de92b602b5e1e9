"""Replays recorded answers, byte for byte, over a real socket through the real runner, and judges them with their controls.

A case is one YAML entry:

    - name: azure-route-404
      source: langchain-ai/langchainjs#5754            # where the answer was recorded
      ask: {endpoint: azure.sora1.content, api_version: preview, ids: {generation_id: gen_x}}
      #    or {url: "https://contoso.openai.azure.com/openai/v1/x", provider: azure}; optional: auth, host, credentials
      answer: {status: 404, reason: Resource Not Found, headers: {apim-request-id: ...}, body: '{"error": ...}'}
      #    or failure: dns_nxdomain_error, in place of an answer; body_base64 for bytes that are no text
      controls: {bogus_route: same, bogus_id: {status: 404, body: ...}}    # optional; `same` is the answer of the case itself
      others: [{endpoint: azure.sora1.metadata, answer: {...}}]             # optional: what else the scan saw of the same target
      now: "2026-11-20T12:00:00Z"                      # optional
      expect: {outcome: not_found, codes: [azure-route-unknown]}    # optional: owner, answered_by
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from probe.catalogue import load, nodes
from probe.catalogue.loader import read_as
from probe.frozen import replace
from probe.model import (
    AuthForm,
    Catalogue,
    Control,
    Credential,
    CredentialKind,
    Evidence,
    Exchange,
    Limits,
    Observation,
    Probe,
    Purpose,
    Report,
    Request,
    Role,
    Target,
)
from probe.plan.urls import build
from probe.redact import Redactor
from probe.runner import Runner
from probe.transport import TransportOptions
from probe.verdict import judge
from tests import factories
from tests.loopback import Call, serving

FOLDER = Path(__file__).parent
HOSTS = {"azure": "contoso.openai.azure.com", "openai": "api.openai.com", "generic": "gateway.example.com"}
KEY = "corpus-key-0123456789abcdef"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REASONS = {200: "OK", 206: "Partial Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
BOGUS = "0123456789abcdef-probe"


@dataclass(frozen=True)
class Case:
    """One recorded answer and what it means."""

    name: str
    family: str
    entry: Mapping[str, Any]

    @property
    def outcome(self) -> str:
        return str(self.entry["expect"]["outcome"])

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.entry["expect"]["codes"])


@cache
def catalogue() -> Catalogue:
    return load()


def cases() -> list[Case]:
    """Every case of every file, in order."""
    return [
        Case(entry["name"], file.stem, entry)
        for file in sorted(FOLDER.glob("*.yaml"))
        for entry in read_as(file, lambda root, _file: nodes.plain(root))
    ]


def wire(answer: Mapping[str, Any]) -> bytes:
    """The bytes of a recorded answer; Content-Length is added where the recording has none."""
    body = base64.b64decode(answer["body_base64"]) if "body_base64" in answer else str(answer.get("body", "")).encode()
    status = int(answer["status"])
    headers = dict(answer.get("headers") or {})
    headers.setdefault("Content-Type", "application/json")
    if not any(name.lower() == "content-length" for name in headers):
        headers["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status} {answer.get('reason', REASONS.get(status, ''))}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value != ""]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body


def _target(case: Case, at: int, port: int) -> Target:
    ask = case.entry["ask"]
    provider = ask.get("provider") or str(ask.get("endpoint", "azure.")).split(".")[0]
    parts = urlsplit(ask.get("url", ""))
    host = parts.hostname or ask.get("host") or HOSTS[provider]
    kinds = ask.get("credentials", ["key"])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    credentials = tuple(Credential("K", CredentialKind(kind)) for kind in kinds if kind != "none")
    return Target(f"case{at}", provider, f"http://{host}:{port}", None, credentials)


def _probe(ask: Mapping[str, Any], target: Target, suffix: str) -> Probe:
    ids = tuple((ask.get("ids") or {}).items())
    auth = AuthForm(
        ask.get("auth") or ("none" if not target.credentials else "bearer" if target.provider == "openai" else "api-key")
    )
    version = ask.get("api_version")
    version = None if version in (None, "none") else version
    endpoint = next((one for one in catalogue().endpoints if one.id == ask.get("endpoint")), None)
    assert endpoint or "url" in ask, f"no such endpoint: {ask}"
    if endpoint:
        url = build(target.base_url, endpoint, dict(ids), version)
        # an endpoint on a host of its own (blob storage) is replayed on loopback too
        url = url if url.startswith(target.base_url) else target.base_url + "/" + url.split("/", 3)[3]
    else:
        parts = urlsplit(ask["url"])
        url = target.base_url + parts.path + (f"?{parts.query}" if parts.query else "")
    method = endpoint.method if endpoint else ask.get("method", "GET")
    return factories.probe(
        endpoint,
        id=f"{target.name}/{suffix}",
        target=target.name,
        endpoint=endpoint.id if endpoint else "",
        method=method,
        billable=method not in ("GET", "HEAD"),
        url=url,
        api_version=version,
        auth=auth,
        role=Role(ask.get("role") or (endpoint.role if endpoint else "download")),
        purpose=Purpose.CANDIDATE if endpoint or method == "POST" else Purpose.FAILING_URL,
        ids=ids,
        headers=(("x-case", f"{target.name}/{suffix}"),),
    )


def _controls(case: Case, probe: Probe) -> dict[Probe, Mapping[str, Any]]:
    """The control probes that a case has answers for."""
    made = {}
    for kind, answer in (case.entry.get("controls") or {}).items():
        control = Control(kind)
        url = probe.url
        if control is Control.BOGUS_ROUTE:
            url = url.split("?")[0].rsplit("/", 1)[0] + "/" + BOGUS
        elif control is Control.BOGUS_ID:
            for _name, value in probe.ids:
                url = url.replace(value, BOGUS)
        name = f"{probe.id}+{kind}"
        of = replace(
            probe,
            id=name,
            url=url,
            purpose=Purpose.CONTROL,
            control=control,
            role=Role.CONTROL,
            of=probe.id,
            headers=(("x-case", name),),
        )
        made[of] = case.entry["answer"] if answer == "same" else answer
    return made


@cache
def recorded() -> dict[str, tuple[Report, str]]:
    """Every case replayed and judged, once a process."""
    return asyncio.run(replay(cases()))


async def replay(all_cases: list[Case]) -> dict[str, tuple[Report, str]]:
    """Send every case's requests in one run; returns its report and the id of the probe that the expectation is about."""
    answers: dict[str, bytes] = {}

    async def reply(call: Call) -> None:
        await call.send(answers[call.header("x-case") or ""])
        call.writer.close()

    async with serving(reply) as server:
        planned: dict[str, tuple[Case, Target, Probe, list[Probe], list[Observation]]] = {}
        for at, case in enumerate(all_cases):
            target = _target(case, at, server.port)
            probe = _probe(case.entry["ask"], target, "asked")
            asked: dict[Probe, Mapping[str, Any]] = dict(_controls(case, probe))
            for number, other in enumerate(case.entry.get("others") or ()):
                asked[_probe(other, target, f"other{number}")] = other["answer"]
            known: list[Observation] = []
            if "failure" in case.entry:
                gone = Exchange(1, NOW, 0.1, Request(probe.method, probe.url), failure=case.entry["failure"])
                known.append(Observation(probe.id, (gone,)))
            else:
                asked[probe] = case.entry["answer"]
            answers |= {one.id: wire(answer) for one, answer in asked.items()}
            planned[target.name] = (case, target, probe, list(asked), known)
        seen: dict[str, Observation] = {}
        hosts = {urlsplit(target.base_url).hostname or "" for _c, target, *_rest in planned.values()}
        runner = Runner(
            limits=Limits(retries=0, rate_limit=0.0, max_requests=5000, timeout=5.0),
            options=TransportOptions(proxy="", environment={}, resolve=tuple((host, server.port, "127.0.0.1") for host in hosts)),
            redactor=Redactor({"K": KEY}),
            secrets={"K": KEY},
            targets=[target for _case, target, *_rest in planned.values()],
            endpoints={one.id: one for one in catalogue().endpoints},
            artefacts={one.name: one for one in catalogue().artefacts},
            allow_billable=True,
        )
        async with runner:
            await runner.run(
                [probe for _c, _t, _p, probes, _k in planned.values() for probe in probes],
                lambda one: seen.__setitem__(one.probe_id, one),
            )
    return {case.name: _judged(*parts, seen) for parts in planned.values() for case in (parts[0],)}


def _judged(
    case: Case, target: Target, probe: Probe, probes: list[Probe], known: list[Observation], seen: Mapping[str, Observation]
) -> tuple[Report, str]:
    whole = catalogue()
    now = datetime.fromisoformat(case.entry["now"]) if "now" in case.entry else NOW
    observations = [*known, *(seen[one.id] for one in probes)]
    dated = tuple(replace(one, exchanges=tuple(replace(each, started_at=now) for each in one.exchanges)) for one in observations)
    evidence: Evidence = factories.evidence(
        started_at=now,
        targets=(target,),
        artefacts=whole.artefacts,
        surfaces=whole.surfaces,
        api_versions=whole.api_versions,
        endpoints=whole.endpoints,
        probes=tuple(dict.fromkeys([probe, *probes])),
        observations=dated,
    )
    return judge(evidence, now), probe.id
