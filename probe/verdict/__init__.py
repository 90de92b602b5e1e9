"""What the evidence means: pure rules in families, the answer of the scan, and the controls that would still decide something.

A rule is a function `(case) -> Diagnosis | None`; the first one that recognises its cause decides. A new cause is one function (or
one row of a family's table of words) and one record in `probe.diagnoses`; a new family is one file and one line in `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from probe.model import Diagnosis, Evidence, Report, Verdict, Wanted
from probe.verdict import auth, behind, blob, fallback, handed, ids, jobs, limits, network, routes, server, success, versions
from probe.verdict.answer import conclude
from probe.verdict.case import Case, ScanFacts
from probe.verdict.cases import Cases
from probe.verdict.controls import wanted_by
from probe.verdict.owner import owner_of

__all__ = ["FAMILIES", "Judge", "judge", "wanted"]

Rule = Callable[[Case], Diagnosis | None]

FAMILIES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("not sent and controls", fallback.FIRST),
    ("blob", blob.RULES),
    ("gateways", behind.RULES),
    ("network", network.RULES),
    ("limits", limits.RULES),
    ("server pages", server.PAGES),
    ("auth", auth.RULES),
    ("api-versions by words", versions.SAID),
    ("projects", (ids.project_unknown,)),
    ("jobs", jobs.RULES),
    ("handed over", handed.RULES),
    ("ids", ids.RULES),
    ("paths", routes.PATHS),
    ("api-versions by experiment", versions.RULES),
    ("routes", routes.RULES),
    ("success", success.RULES),
    ("server", server.RULES),
    ("fallback", fallback.RULES),
)
"""Every rule in the order in which it is asked: who answered at all, who stands before the service, then what the service says."""


class Judge:
    """Judges a scan that goes on: what was diagnosed stands as long as nothing it rests on has changed.

    Its reports are those of `judge` over the same evidence, whatever it judged before.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, dict[str, Diagnosis]]] = {}
        self._cases = Cases()
        self._alike: dict[Diagnosis, Diagnosis] = {}

    def judge(self, evidence: Evidence, now: datetime) -> Report:
        """Judge every probe and the scan as a whole. Never raises over an answer: a rule that fails gives a `probe-bug`."""
        scan = ScanFacts(evidence, now, self._cases.of(evidence))
        diagnosed = self._diagnoses(scan)
        report = conclude(scan, tuple(_verdict(case, diagnosed(case)) for case in scan.cases))
        scan.forget()
        self._cases = Cases()  # this may have been the last report
        return report

    def wanted(self, evidence: Evidence) -> tuple[Wanted, ...]:
        """Name the controls and auth forms that are not answered yet and can change a verdict; empty when nothing would help."""
        scan = ScanFacts(evidence, evidence.started_at, self._cases.of(evidence))
        found = wanted_by(scan, self._diagnoses(scan))
        scan.forget()
        return found

    def _diagnoses(self, scan: ScanFacts) -> Callable[[Case], Diagnosis]:
        """Diagnose a case when it is first asked for on these grounds; one without an answer each time, as of now."""
        for target, cases in scan.of_target.items():
            grounds, before = scan.grounds(cases), self._known.get(target)
            known = before[1] if before is not None and before[0] == grounds else {}
            unanswered = {one.probe.id for one in cases if one.response is None}
            self._known[target] = grounds, {name: found for name, found in known.items() if name not in unanswered}

        def diagnosed(case: Case) -> Diagnosis:
            known = self._known[case.target.name][1]
            if case.probe.id not in known:
                found = diagnose(case)
                known[case.probe.id] = self._alike.setdefault(found, found)
            return known[case.probe.id]

        return diagnosed


def judge(evidence: Evidence, now: datetime) -> Report:
    """Judge recorded evidence once."""
    return Judge().judge(evidence, now)


def wanted(evidence: Evidence) -> tuple[Wanted, ...]:
    """Name what recorded evidence leaves to be asked."""
    return Judge().wanted(evidence)


def _verdict(case: Case, found: Diagnosis) -> Verdict:
    return Verdict(case.probe.id, found, case.answered_by, owner_of(case, found))


def diagnose(case: Case) -> Diagnosis:
    """Ask the rules in order; the first that recognises its cause decides."""
    for family, rules in FAMILIES:
        for rule in rules:
            try:
                found = rule(case)
            except Exception as error:  # noqa: BLE001 - one broken rule must not cost the whole report
                return case.found("probe-bug", variant="rule", rule=rule.__name__, family=family, error=repr(error))
            if found is not None:
                return found
    raise AssertionError("the last rule always decides")
