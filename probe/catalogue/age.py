"""What a catalogue shows of its own age: facts that were read long ago, ends that have come, models without a known end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from probe.language import _
from probe.model import Catalogue, Lifecycle, Stage

FRESH = timedelta(days=90)
NEAR = timedelta(days=30)
_MODEL = re.compile(r'"model": *"([^"{}]+)"')


def warnings(catalogue: Catalogue, today: date) -> Iterator[str]:
    """Return one sentence for each thing that somebody should look at again."""
    places = [(one.id, (*one.sources, *one.lifecycle.sources)) for one in catalogue.endpoints]
    places += [(one.name, (*one.sources, *one.lifecycle.sources)) for one in catalogue.artefacts]
    old = [name for name, sources in places if sources and max(one.read_on for one in sources) < today - FRESH]
    if old:
        names = ", ".join(old[:5]) + (", ..." if len(old) > 5 else "")
        yield _("{count} entries were last read more than {days} days ago: {names}", count=len(old), days=FRESH.days, names=names)
    lives = [(one.name, one.lifecycle) for one in catalogue.artefacts]
    lives += [(f"{one.name} ({who})", life) for one in catalogue.artefacts for who, life in one.lifecycles]
    kinds = {life for _name, life in lives}
    lives += [(one.id, one.lifecycle) for one in catalogue.endpoints if one.lifecycle not in kinds]
    for name, life in lives:
        if _is_stale(life, today):
            yield _("{name} ends on {day}, and its stage is {stage}", name=name, day=life.retired_on, stage=life.stage.value)
    ended = {one.name for one in catalogue.artefacts if one.lifecycle.stage is Stage.RETIRED}
    for one in catalogue.endpoints:
        if one.artefact in ended:
            continue
        model = _MODEL.search(one.body or "")
        if model and one.model_until is None:
            yield _("{name} names the model {model} and no day of its end (model_until)", name=one.id, model=model[1])
        elif model and one.model_until and one.model_until <= today and one.lifecycle.stage is not Stage.RETIRED:
            yield _("{name} names the model {model}, which ended on {day}", name=one.id, model=model[1], day=one.model_until)


def _is_stale(life: Lifecycle, today: date) -> bool:
    if life.retired_on is None or life.stage is Stage.RETIRED:
        return False
    return life.retired_on <= today or (life.stage is not Stage.DEPRECATED and life.retired_on <= today + NEAR)
