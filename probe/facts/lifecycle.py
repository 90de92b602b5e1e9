"""What published dates say about an entry today: the one place where a lifecycle meets the clock."""

from __future__ import annotations

from datetime import date

from probe.model import ApiVersion, Lifecycle, Stage


def stage_at(life: Lifecycle, day: date) -> Stage:
    """The stage of a thing on a day: retired from its end date on, deprecated before it where the vendor has announced the end."""
    if life.retired_on is None:
        return life.stage
    if life.retired_on <= day:
        return Stage.RETIRED
    return Stage.DEPRECATED if life.stage is Stage.RETIRED else life.stage


def is_wrong_at(version: ApiVersion, surface: str) -> bool:
    """Whether an api-version is known to be wrong on a surface: never published, or published for other surfaces only."""
    return version.is_known_wrong or bool(version.surfaces and surface not in version.surfaces)
