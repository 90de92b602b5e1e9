"""Several runs as one: shards of a fleet side by side, and the same targets seen from several networks.

A target that more than one run asked becomes one target for each run, `contoso:vnet` and `contoso:laptop`, so that every rule and
every format sees them apart; what differs between them is for a rule to say. Nothing is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from probe.errors import RunError
from probe.frozen import replace
from probe.model import Evidence, Note, Observation, Probe, RedactedUrl, Report, Skipped, Target
from probe.redact.planned import summed
from probe.verdict import judge

T = TypeVar("T")


def judged(runs: Mapping[str, Evidence]) -> Report:
    """Merge runs and judge them as one, as of the end of the last."""
    evidence = merged(runs)
    return judge(evidence, evidence.ended_at or datetime.now(UTC))


def merged(runs: Mapping[str, Evidence]) -> Evidence:
    """Merge runs by the names of their vantages; two or more, each with its own."""
    if len(runs) < 2:
        raise RunError("merge: only one run", hint="name two or more, such as laptop=RUN vnet=RUN")
    counted = Counter(target.name for evidence in runs.values() for target in evidence.targets)
    shared = {name for name, count in counted.items() if count > 1}
    parts = [_apart(evidence, vantage, shared) for vantage, evidence in runs.items()]
    first, ends = parts[0], [one.ended_at for one in parts if one.ended_at is not None]
    addresses = dict(pair for one in parts for pair in one.vantage.addresses)
    return replace(
        first,
        started_at=min(one.started_at for one in parts),
        ended_at=max(ends) if len(ends) == len(parts) else None,
        is_interrupted=any(one.is_interrupted for one in parts),
        vantage=replace(first.vantage, addresses=tuple(addresses.items()), proxy=None, proxy_source=None),
        targets=_all(parts, lambda one: one.targets),
        artefacts=_once(parts, lambda one: one.artefacts, lambda one: one.name),
        surfaces=_once(parts, lambda one: one.surfaces, lambda one: one.name),
        api_versions=_once(parts, lambda one: one.api_versions, lambda one: one.value),
        endpoints=_once(parts, lambda one: one.endpoints, lambda one: one.id),
        probes=_all(parts, lambda one: one.probes),
        skipped=_all(parts, lambda one: one.skipped),
        observations=_all(parts, lambda one: one.observations),
        failing_url=next((one.failing_url for one in parts if one.failing_url), None),
        masked=summed(one.masked for one in parts),
        notes=(*_notes(runs), *dict.fromkeys(note for one in parts for note in one.notes)),
    )


def _apart(evidence: Evidence, vantage: str, shared: set[str]) -> Evidence:
    """Give the targets that others asked too names of their own, in everything that names them."""
    names = {target.name: f"{target.name}:{vantage}" for target in evidence.targets if target.name in shared}
    known = {probe.id for probe in evidence.probes} | {one.probe_id for one in evidence.skipped}
    ids = {name: _renamed(name, names) for name in known}

    def of(name: str) -> str:
        return ids.get(name, name)

    def told(note: Note | str | None) -> Note | str | None:
        return replace(note, values=tuple((key, of(value)) for key, value in note.values)) if isinstance(note, Note) else note

    def target(one: Target[RedactedUrl]) -> Target[RedactedUrl]:
        return replace(one, name=names[one.name], vantage=vantage) if one.name in names else one

    def probe(one: Probe[RedactedUrl]) -> Probe[RedactedUrl]:
        return replace(
            one,
            id=of(one.id),
            target=names.get(one.target, one.target),
            depends_on=tuple(map(of, one.depends_on)),
            of=of(one.of) if one.of is not None else None,
            reason=told(one.reason) or "",
        )

    def skipped(one: Skipped) -> Skipped:
        return replace(one, probe_id=of(one.probe_id), target=names.get(one.target, one.target), reason=told(one.reason) or "")

    def observation(one: Observation) -> Observation:
        return replace(one, probe_id=of(one.probe_id), skip_reason=told(one.skip_reason))

    return replace(
        evidence,
        targets=tuple(map(target, evidence.targets)),
        probes=tuple(map(probe, evidence.probes)),
        skipped=tuple(map(skipped, evidence.skipped)),
        observations=tuple(map(observation, evidence.observations)),
    )


def _renamed(probe_id: str, names: Mapping[str, str]) -> str:
    target, slash, rest = probe_id.partition("/")
    return names.get(target, target) + slash + rest


def _notes(runs: Mapping[str, Evidence]) -> Iterable[Note]:
    """Say what was merged, and where the runs did not ask the same."""
    for name, one in runs.items():
        proxy = one.vantage.proxy or "-"
        when = f"{one.started_at:%Y-%m-%d %H:%M} UTC"
        yield Note("merged-run", (("name", name), ("when", when), ("platform", one.vantage.platform), ("proxy", proxy)))
    if len({one.catalogue_sha256 for one in runs.values()}) > 1:
        yield Note("merged-catalogues-differ")
    own = {(target.name, target.limits) for one in runs.values() for target in one.targets}
    if len({one.limits for one in runs.values()}) > 1 or len({name for name, _limits in own}) < len(own):
        yield Note("merged-limits-differ")


def _all(parts: Sequence[Evidence], of: Callable[[Evidence], Iterable[T]]) -> tuple[T, ...]:
    return tuple(item for one in parts for item in of(one))


def _once(parts: Sequence[Evidence], of: Callable[[Evidence], Iterable[T]], key: Callable[[T], str]) -> tuple[T, ...]:
    """Everything once by its key; the first run's counts."""
    found: dict[str, T] = {}
    for item in _all(parts, of):
        found.setdefault(key(item), item)
    return tuple(found.values())
