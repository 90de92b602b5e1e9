"""What a scan was asked about: each target, and within it each thing that the given ids name."""

from __future__ import annotations

from collections.abc import Sequence

from probe.facts.families import UNSERVED
from probe.model import Evidence
from probe.verdict.case import Case, ScanFacts


def subjects(scan: ScanFacts, judged: Sequence[Case]) -> list[list[Case]]:
    """Group the cases by subject, in the order of the plan.

    Ids name the same thing when one request carries them, when an answer about one named the other (a job and its generation), or
    when they are the only ones given for one kind. Cases about no thing (listings) count only where nothing was named.
    """
    things = _Things(scan.evidence)
    values = {case.probe.id: things.met_by(scan.origin_of(case)[0]) for case in judged}
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in judged:
        met = values[case.probe.id]
        groups.setdefault((case.target.name, things.of(met[0]) if met else ""), []).append(case)
    has_things = {target for target, thing in groups if thing}
    return [cases for (target, thing), cases in groups.items() if thing or target not in has_things]


class _Things:
    """Given ids, joined as they turn out to name the same thing; ids that an answer named belong to the id it was asked by."""

    def __init__(self, evidence: Evidence) -> None:
        self._parents: dict[str, str] = {}
        for target in evidence.targets:
            values: dict[str, list[str]] = {}
            for name, value in target.ids:
                values.setdefault(name, []).append(value)
                if name == UNSERVED:
                    self._parents[value] = value
            for kind in evidence.artefacts:
                known = [values[one.name] for one in kind.ids if one.name in values]
                self._join([value for found in known for value in found if len(found) == 1])
                for value in (value for found in known for value in found):
                    self._parents.setdefault(value, value)

    def _join(self, values: Sequence[str]) -> None:
        for value in values:
            self._parents.setdefault(value, value)
            self._parents[self.of(value)] = self.of(values[0])

    def of(self, value: str) -> str:
        """The id that stands for everything joined with this one."""
        while self._parents[value] != value:
            value = self._parents[value]
        return value

    def met_by(self, case: Case) -> list[str]:
        """The known ids that a case was asked by; what its answer named is known from now on."""
        met = [value for _name, value in case.probe.ids if value in self._parents]
        if met:
            self._join([*met, *(one.value for one in case.captures)])
        return met
