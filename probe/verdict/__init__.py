"""What the evidence means: pure rules in families, the answer of the scan, and the controls that would still decide something.

A rule is a function `(case) -> Diagnosis | None`; the first one that recognises its cause decides. A new cause is one function (or
one row of a family's table of words) and one page in `pages/`; a new family is one file and one line in `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from probe.language import _
from probe.model import Confidence, Diagnosis, Evidence, Outcome, Report, Verdict, Wanted
from probe.verdict import auth, blob, fallback, ids, jobs, limits, network, routes, server, success, versions
from probe.verdict.answer import conclude
from probe.verdict.case import Case, diagnosis
from probe.verdict.controls import wanted_by
from probe.verdict.explain import EXPLANATIONS, explain_markdown
from probe.verdict.pages import Explanation
from probe.verdict.scan import Scan

__all__ = ["EXPLANATIONS", "FAMILIES", "Explanation", "explain_markdown", "judge", "wanted"]

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
                summary = _(
                    "the rule {rule} of family {family} failed: {error}", rule=rule.__name__, family=family, error=repr(error)
                )
                return diagnosis("probe-bug", Outcome.PROBE_BUG, summary, _("report it with the run folder"), Confidence.HIGH)
            if found is not None:
                return found
    raise AssertionError("the last rule always decides")


def wanted(evidence: Evidence) -> tuple[Wanted, ...]:
    """Name the controls and auth forms that are not answered yet and can change a verdict; empty when nothing more would help."""
    scan = Scan(evidence, evidence.started_at)
    return wanted_by(scan, {case.probe.id: diagnose(case) for case in scan.cases})
