"""Runs a whole scan in this process against a world of the simulator: the real plan, the real wire, the real judge."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from probe.catalogue import load
from probe.cli.described import Wish
from probe.cli.targets import choose
from probe.frozen import replace
from probe.model import Catalogue, Evidence, Limits, Outcome, Report, Verdict
from probe.pipeline import Scan, ScanOrder, Scope
from probe.simulator import WORLDS, running
from probe.simulator.app import STORAGE_TOKEN, TOKEN
from probe.transport import TransportOptions

QUICK = Limits(retries=0, max_wait=0.1, timeout=5.0, rate_limit=10_000.0)


@cache
def catalogue() -> Catalogue:
    return load()


@dataclass(frozen=True)
class Scanned:
    """A finished scan and what the server saw of it."""

    report: Report
    scan: Scan
    requests: tuple[Any, ...]

    @property
    def evidence(self) -> Evidence:
        return self.report.evidence

    def verdict(self, probe_id: str) -> Verdict:
        return next(one for one in self.report.verdicts if one.probe_id == probe_id)

    @property
    def codes(self) -> set[str]:
        return {one.diagnosis.code for one in self.report.verdicts}

    @property
    def outcomes(self) -> set[Outcome]:
        return {one.diagnosis.outcome for one in self.report.verdicts}

    @property
    def working_types(self) -> set[str | None]:
        seen = {one.probe_id: one for one in self.evidence.observations}
        return {response.sniffed_type for name in self.report.working if (response := seen[name].response)}


@contextmanager
def world(name: str) -> Iterator[Any]:
    with running(name) as server:
        yield server


def order(server: Any, root: Path, *, ids: tuple[str, ...] | None = None, **changes: Any) -> ScanOrder:
    """The order of a user who names the world's ids (unless others are given) and has its key."""
    place = server.world
    named = tuple(f"{name}={value}" for name, value in place.ids.items()) if ids is None else ids
    env = {"K": changes.pop("key", place.key), "T": TOKEN, "S": STORAGE_TOKEN}
    chosen = choose(
        Wish(
            targets=(f"lab={changes.pop('url', server.url)}",),
            providers=(place.provider,),
            key_variables=("K",) if place.credential == "key" else (),
            token_variable="T" if place.credential == "token" or changes.pop("with_token", False) else None,
            storage_variable="S" if changes.pop("with_storage", False) else None,
            ids=named,
            failing_url=changes.get("failing_url"),
        ),
        env,
        catalogue().artefacts,
    )
    scope = {
        name: changes.pop(name)
        for name in ("failing_url", "artefacts", "only", "api_versions", "allow_billable", "allow_post", "all_versions")
        if name in changes
    }
    made = ScanOrder(
        catalogue=catalogue(),
        targets=chosen.targets,
        scope=Scope(limits=changes.pop("limits", QUICK), **scope),
        secrets=chosen.secrets,
        options=TransportOptions(proxy="", environment={}),
        root=root,
    )
    return replace(made, **changes)


def scan(server: Any, root: Path, **changes: Any) -> Scanned:
    """Scan a running world."""
    one = Scan.start(order(server, root, **changes))
    try:
        asyncio.run(one.run())
    finally:
        one.close()
    return Scanned(one.report(), one, tuple(server.requests))


__all__ = ["WORLDS", "Scanned", "catalogue", "order", "scan", "world"]
