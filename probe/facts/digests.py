"""Digests of what a scan planned and of what it sent, so that two runs show at once whether they asked the same."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from probe.model import Evidence, Pairs, Purpose

_ASKED = (Purpose.CANDIDATE, Purpose.FAILING_URL)


def digests(evidence: Evidence) -> Pairs:
    """`planned` and `executed`; controls, auth forms and links are left out: they follow from answers, and hold made-up ids.

    Nor does `planned` hold what an answer gave, such as a captured id in a URL: the same order gives the same digest, whatever
    the service says.
    """
    asked = {one.id: one for one in evidence.probes if one.purpose in _ASKED}
    planned = {(one.target, one.endpoint, one.method, one.api_version, one.body) for one in asked.values()}
    given = {(one.name, one.base_url, one.deployment, one.ids, one.headers) for one in evidence.targets}
    sent = {
        (one.probe_id, exchange.request.method, exchange.request.url)
        for one in evidence.observations
        if one.probe_id in asked
        for exchange in one.exchanges
    }
    return ("planned", _digest([*planned, *given, evidence.failing_url])), ("executed", _digest(sent))


def _digest(facts: Iterable[object]) -> str:
    return sha256("\n".join(sorted(map(repr, facts))).encode("utf-8", "backslashreplace")).hexdigest()
