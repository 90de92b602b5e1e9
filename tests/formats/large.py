"""A report of any size: the rich one again and again, each time for other targets, as a scan of a fleet gives it."""

from __future__ import annotations

from probe.frozen import replace
from probe.model import Report
from tests.formats.rich import rich_report


def large_report(count: int) -> Report:
    """The rich report's probes until there are `count` of them; every tenth repetition brings new targets."""
    rich = rich_report()
    evidence = rich.evidence
    seen = {one.probe_id: one for one in evidence.observations}
    judged = {one.probe_id: one for one in rich.verdicts}
    probes, observations, verdicts, targets = [], [], [], []
    for number in range(count // len(evidence.probes) + 1):
        suffix = f"-{number // 10}"
        if number % 10 == 0:
            targets += [replace(one, name=one.name + suffix) for one in evidence.targets]
        for probe in evidence.probes[: count - len(probes)]:
            name = f"{number}/{probe.id}"
            of = f"{number}/{probe.of}" if probe.of else None
            probes.append(
                replace(probe, id=name, of=of, target=probe.target + suffix, ids=(("generation_id", f"gen_{number:026d}"),))
            )
            if probe.id in seen:
                observations.append(replace(seen[probe.id], probe_id=name))
            if probe.id in judged:
                verdicts.append(replace(judged[probe.id], probe_id=name))
    return replace(
        rich,
        evidence=replace(evidence, probes=tuple(probes), observations=tuple(observations), targets=tuple(targets)),
        verdicts=tuple(verdicts),
        working=tuple(one.probe_id for one in verdicts if one.diagnosis.outcome == "works"),
    )
