"""A runner over loopback with short limits, and the observations it made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.frozen import replace
from probe.model import Limits, Observation, Probe, Response, Role, Target
from probe.redact import Redactor
from probe.runner import Runner
from probe.transport import TransportOptions
from tests import factories

KEY = "CANARY-4f1d9c2b7e6a5038"
SECRETS = {"AZURE_OPENAI_API_KEY": KEY}
QUICK = Limits(timeout=3.0, connect_timeout=1.0, silence_timeout=1.0, rate_limit=0.0, retries=0, max_wait=1.0)


def target(url: str, **changes: Any) -> Target:
    return factories.target(**({"name": "lab", "base_url": url} | changes))


def probe(url: str, **changes: Any) -> Probe:
    values: dict[str, Any] = {"id": f"lab/{url}", "target": "lab", "url": url, "endpoint": "", "role": Role.METADATA, "ids": ()}
    of = changes.pop("of", None)
    return replace(factories.probe(**(values | changes)), of=of)


def runner(targets: Iterable[Target], **changes: Any) -> Runner:
    values: dict[str, Any] = {
        "limits": QUICK,
        "options": TransportOptions(proxy=""),
        "redactor": Redactor(SECRETS),
        "secrets": SECRETS,
        "targets": tuple(targets),
        "endpoints": {},
        "artefacts": {},
    }
    return Runner(**(values | changes))


async def observe(base_url: str, probes: Iterable[Probe], **changes: Any) -> list[Observation]:
    """Run one round against one target; the observations in the order in which they ended."""
    seen: list[Observation] = []
    async with runner(changes.pop("targets", (target(base_url),)), **changes) as one:
        await one.run(probes, seen.append)
    return seen


async def one_response(base_url: str, path: str = "/x", **changes: Any) -> Response:
    """The response to one probe, which must have come."""
    of = changes.pop("probe", None) or probe(base_url + path)
    (seen,) = await observe(base_url, [of], **changes)
    assert seen.bug is None, seen.bug
    assert seen.last is not None and seen.last.response is not None, seen
    return seen.last.response
