"""A cause that the server's own words give away: one row of a family's table."""

from __future__ import annotations

from probe.frozen import Frozen
from probe.model import Confidence, Diagnosis
from probe.verdict.case import Case

WORDS = ("response.status_code", "response.error_code", "response.error_message")
"""What a diagnosis by words rests on."""


class Cause(Frozen):
    """`pattern` is searched in the folded error text (or page title), empty `statuses` mean any response but a success."""

    code: str
    pattern: str
    statuses: tuple[int, ...] = ()
    confidence: Confidence = Confidence.HIGH
    shape: str = ""
    variant: str = ""

    def fits(self, case: Case) -> bool:
        """Whether status, error shape and words are those of this cause."""
        if case.response is None or (case.status not in self.statuses if self.statuses else case.is_ok):
            return False
        return (not self.shape or case.response.error_shape == self.shape) and case.says(self.pattern)


def fitting_cause(causes: tuple[Cause, ...], case: Case) -> Cause | None:
    """The first cause of a table that fits."""
    return next((one for one in causes if one.fits(case)), None)


def first(causes: tuple[Cause, ...], case: Case) -> Diagnosis | None:
    """The diagnosis of the first cause of a table that fits."""
    cause = fitting_cause(causes, case)
    return case.found(cause.code, *WORDS, variant=cause.variant, confidence=cause.confidence) if cause else None
