"""Whose move it is: who has to act so that the request can work, by the diagnosis and by who answered."""

from __future__ import annotations

from probe.diagnoses import DIAGNOSES, Owner
from probe.facts.answerers import VENDORS
from probe.model import Diagnosis, Outcome
from probe.verdict.case import Case

_NOTHING_TO_DO = frozenset({Outcome.WORKS, Outcome.SKIPPED, Outcome.METADATA_ONLY, Outcome.PROBE_BUG})

_BY_VARIANT = {"gateway": Owner.GATEWAY, "handed": Owner.GATEWAY, "off": Owner.GATEWAY, "basic": Owner.CALLER}


def owner_of(case: Case, found: Diagnosis) -> str | None:
    """Name the party that has to act; None if nobody has to, or it is unknown.

    The record of a code says who usually has to. What a gateway says of its own rules is its operator's; and the vendor has to act
    only where the vendor itself answered: behind somebody else's host it is that host's operator who is asked.
    """
    owner = DIAGNOSES[found.code].owner
    if owner is None or found.outcome in _NOTHING_TO_DO:
        return None
    if found.variant in _BY_VARIANT:
        return _BY_VARIANT[found.variant].value
    is_anothers = case.is_by_gateway or case.answered_by is not None
    if owner is Owner.VENDOR and is_anothers and case.answered_by not in VENDORS:
        return Owner.GATEWAY.value
    return owner.value
