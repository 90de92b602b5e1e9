"""What the evidence means: pure rules in families, the answer of the scan, and the controls that would still decide something.

A rule is a function `(case) -> Diagnosis | None`; the first one that recognises its cause decides. A new cause is one function (or
one row of a family's table of words) and one record in `probe.diagnoses`; a new family is one file and one line in `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from probe.model import Diagnosis, Evidence, Report, Verdict, Wanted
from probe.verdict import auth, blob, fallback, handed, ids, jobs, limits, network, routes, server, success, versions
from probe.verdict.answer import conclude
from probe.verdict.case import Case
from probe.verdict.controls import wanted_by
from probe.verdict.scan import Scan

__all__ = ["FAMILIES", "judge", "wanted"]

Rule = Callable[[Case], Diagnosis | None]

FAMILIES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("not sent and controls", fallback.FIRST),
    ("blob", blob.RULES),
    ("network", network.RULES),
    ("limits", limits.RULES),
    ("server pages", server.PAGES),
    ("auth", auth.RULES),
    ("api-versions by words", versions.SAID),
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


def judge(evidence: Evidence, now: datetime) -> Report:
    """Judge every probe and the scan as a whole. Never raises over an answer: a rule that fails makes its probe a `probe-bug`."""
    scan = Scan(evidence, now)
    verdicts = tuple(Verdict(case.probe.id, diagnose(case)) for case in scan.cases)
    return conclude(scan, verdicts)


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


def wanted(evidence: Evidence) -> tuple[Wanted, ...]:
    """Name the controls and auth forms that are not answered yet and can change a verdict; empty when nothing more would help."""
    scan = Scan(evidence, evidence.started_at)
    return wanted_by(scan, {case.probe.id: diagnose(case) for case in scan.cases})
