"""What single observations say by themselves, whatever the rest of the scan: each is read once, in whichever round it came."""

from __future__ import annotations

from dataclasses import dataclass, field

from probe.facts.answerers import answered_by
from probe.facts.inner import Inner, inner_error
from probe.model import Observation
from probe.verdict.case import Case, words_of
from probe.verdict.facts import Fact, facts_in


@dataclass(slots=True)
class Reading:
    """An observation with the error that it holds, who gave it, and the facts about artefacts once somebody asked for them.

    `own` are properties of its case that rest on nothing else.
    """

    observation: Observation
    inner: Inner | None
    text: str
    answerer: str | None
    own: dict[str, object] = field(default_factory=dict)
    facts: tuple[Fact, ...] | None = None


class Readings:
    """Readings by probe id; a new observation of a probe is read anew."""

    def __init__(self) -> None:
        self._known: dict[str, Reading] = {}

    def of(self, observation: Observation) -> Reading:
        """Read an observation."""
        known = self._known.get(observation.probe_id)
        if known is None or known.observation is not observation:
            last = observation.last
            response = last.response if last else None
            inner = inner_error(response)
            found = answered_by(response, last.request.url) if last else None
            known = Reading(observation, inner, words_of(response, inner), found.name if found else None)
            self._known[observation.probe_id] = known
        return known

    def complete(self, case: Case) -> Case:
        """Give a case what was worked out for it in an earlier round."""
        if case.observation is not None:
            own = self.of(case.observation).own
            if not own:
                own.update(path=case.path, host=case.host, ids=case.ids, is_ok=case.is_ok)
            vars(case).update(own)
        return case

    def facts(self, case: Case) -> tuple[Fact, ...]:
        """Everything that the answer of a case says about artefacts."""
        if case.observation is None:
            return ()
        reading = self.of(case.observation)
        if reading.facts is None:
            reading.facts = tuple(facts_in(case))
        return reading.facts
