"""A cause that the server's own words give away: one row of a family's table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from probe.model import Confidence, Diagnosis, Outcome
from probe.verdict.case import Case, diagnosis

WORDS = ("response.status_code", "response.error_code", "response.error_message")
"""What a diagnosis by words rests on."""
Sentences = Callable[[Case], tuple[str, str]]
"""Summary and remedy; made when needed, so that they are in the language of the moment."""


@dataclass(frozen=True, slots=True)
class Cause:
    """`pattern` is searched in the folded error text (or page title), `statuses` empty means any answer that is no success."""

    code: str
    outcome: Outcome
    pattern: str
    says: Sentences
    statuses: tuple[int, ...] = ()
    confidence: Confidence = Confidence.HIGH
    shape: str = ""

    def fits(self, case: Case) -> bool:
        """Whether status, error shape and words are those of this cause."""
        if case.response is None or (case.status not in self.statuses if self.statuses else case.is_ok):
            return False
        return (not self.shape or case.response.error_shape == self.shape) and case.says(self.pattern)

    def diagnosis(self, case: Case, confidence: Confidence | None = None, *cites: str) -> Diagnosis:
        """Say that this is the cause, by its words or by whatever else the caller cites."""
        summary, remedy = self.says(case)
        return diagnosis(self.code, self.outcome, summary, remedy, confidence or self.confidence, *(cites or WORDS))


def named(causes: tuple[Cause, ...], code: str) -> Cause:
    """The row of a code."""
    return next(one for one in causes if one.code == code)


def first(causes: tuple[Cause, ...], case: Case) -> Diagnosis | None:
    """The first cause of a table that fits."""
    return next((one.diagnosis(case) for one in causes if one.fits(case)), None)
