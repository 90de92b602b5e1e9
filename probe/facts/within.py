"""Which limits hold for a target: those that a fleet file gives it, and for the rest those of the scan."""

from __future__ import annotations

from typing import Any

from probe.frozen import members, replace
from probe.model import Limits, OwnLimits, Target


def own_limits(own: OwnLimits) -> dict[str, Any]:
    """Name the limits that were given."""
    return {name: value for name, value in members(own).items() if value is not None}


def limits_of(target: Target[str], limits: Limits) -> Limits:
    """Put the target's own limits over those of the scan."""
    return replace(limits, **given) if (given := own_limits(target.limits)) else limits
