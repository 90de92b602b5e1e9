"""When a kind of artefact ended: by the model list of this very server, else by the date that the catalogue holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from probe.facts.lifecycle import stage_at
from probe.jsonpath import value_at
from probe.model import Lifecycle, Source, Stage, Standing
from probe.verdict.case import Case

_LIVE = "the server's own list of models"
_MODEL = re.compile(r'"model"\s*:\s*"([^"]+)"')


def _models(case: Case) -> Iterable[str]:
    """The models that made what a case asks for: as answers about its ids name them, else the catalogue's create request."""
    for value in case.ids:
        for beside in case.scan.about(case.target.name, value):
            if beside.is_ok and beside.response is not None:
                yield from value_at(beside.response, "$.model")
    for endpoint in case.scan.evidence.endpoints:
        if case.endpoint and endpoint.artefact == case.endpoint.artefact and endpoint.provider == case.endpoint.provider:
            yield from _MODEL.findall(endpoint.body or "")


def retired(case: Case) -> Lifecycle | None:
    """The lifecycle of this endpoint or artefact kind if it had ended before the answer came; a live list beats the catalogue."""
    day, live = case.seen_at.date(), case.scan.shutdowns.get(case.target.name, {})
    if live and (named := next((one for one in _models(case) if one in live), None)) is not None:
        ends = live[named]
        return Lifecycle(Stage.RETIRED, ends, (Source(_LIVE, day),)) if ends is not None and ends <= day else None
    lives = (one.lifecycle for one in (case.endpoint, case.artefact) if one is not None)
    return next((one for one in lives if stage_at(one, day) is Stage.RETIRED), None)


def listed(life: Lifecycle | None) -> dict[str, object]:
    """That a kind is listed as retired, since when and by whose word, as values of a sentence."""
    if life is None:
        return {}
    return {"listed": "yes", "day": life.retired_on, "source": life.sources[0].at if life.sources else None}


def retirement(case: Case) -> dict[str, object]:
    """What to note on a documented route of a kind that is listed as retired: a date is worth telling and proves nothing."""
    life = retired(case) if case.endpoint and case.endpoint.standing is Standing.DOCUMENTED else None
    return {"retired": "yes", "day": life.retired_on} if life else {}
