"""A cause that the server's own words give away: one row of a family's table."""

from __future__ import annotations

from functools import lru_cache

from probe.frozen import Frozen
from probe.model import Confidence, Diagnosis
from probe.verdict.case import Case
from probe.verdict.compare import mentions

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


_TABLES: dict[int, tuple[Cause, ...]] = {}
"""Every table that was asked, by its identity: quicker to look up than all its rows are."""


def fitting_cause(causes: tuple[Cause, ...], case: Case) -> Cause | None:
    """The first cause of a table that fits."""
    if case.response is None or not case.text:
        return None
    table = id(causes)
    _TABLES[table] = causes
    return _fitting(table, case.status, case.is_ok, case.response.error_shape, case.text)


@lru_cache(maxsize=4096)
def _fitting(table: int, status: int, is_ok: bool, shape: str, text: str) -> Cause | None:
    """The answers of a server repeat few texts, so that each is compared with a table once."""
    fitting = (
        one for one in _TABLES[table] if (status in one.statuses if one.statuses else not is_ok) and one.shape in ("", shape)
    )
    return next((one for one in fitting if mentions(one.pattern, text)), None)


def first(causes: tuple[Cause, ...], case: Case) -> Diagnosis | None:
    """The diagnosis of the first cause of a table that fits."""
    cause = fitting_cause(causes, case)
    return case.found(cause.code, *WORDS, variant=cause.variant, confidence=cause.confidence) if cause else None
