"""What the journal of a resumed run already answers: a planned request that was sent as it is planned now is not sent again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from operator import attrgetter

from probe.frozen import replace
from probe.model import Control, Observation, Probe, RedactedUrl
from probe.runs.journal import Kept

_COMPARED = attrgetter("target", "method", "auth", "headers", "body", "purpose", "control", "of", "link")


class Recall:
    """Answers of a saved run by probe id, each given out once. The saved probes only serve to compare: nothing of them is sent.

    `sent` counts the requests behind them by target. Unless every line of the journal could be verified (`is_whole`), nothing can
    show which requests were billed already.
    """

    def __init__(self, kept: Kept | None = None, *, is_whole: bool = True) -> None:
        observations: Mapping[str, Observation] = kept.observations if kept else {}
        probes: Mapping[str, Probe[RedactedUrl]] = kept.probes if kept else {}
        self._answers = {name: (probes[name], one) for name, one in observations.items() if one.exchanges}
        billed = kept.billed if kept else set()
        self._billed: set[object] = {*billed, *(_bill(probes[name]) for name in billed & probes.keys())}
        self._is_whole = is_whole
        self.sent: Counter[str] = Counter()
        for probe, one in self._answers.values():
            self.sent[probe.target] += len(one.exchanges)

    def answer(self, planned: Probe[RedactedUrl]) -> tuple[RedactedUrl, Observation] | None:
        """Return the answer to a probe, `planned` in its redacted form, and the URL it was sent to; None when it must be sent."""
        saved, observation = self._answers.pop(planned.id, (planned, None))
        if observation is None or _request(planned) != _request(saved):
            return None
        return saved.url, observation

    def may_have_cost(self, planned: Probe[RedactedUrl]) -> bool:
        """Whether an earlier part of the run may have sent a request that may be billed, under whatever name."""
        return planned.billable and (not self._is_whole or planned.id in self._billed or _bill(planned) in self._billed)


def joined(before: Observation | None, observation: Observation) -> Observation:
    """Join the exchanges of a probe that is asked again; the last decides, and what was not sent changes nothing."""
    if before is None or not before.exchanges:
        return observation
    if not observation.exchanges and observation.bug is None:
        return before
    count = len(before.exchanges)
    more = tuple(replace(one, attempt=count + at) for at, one in enumerate(observation.exchanges, 1))
    return replace(observation, exchanges=(*before.exchanges, *more), captures=observation.captures or before.captures)


def _bill(probe: Probe[RedactedUrl]) -> tuple[object, ...]:
    """What is billed, in whatever api-version or auth form it is asked for."""
    return probe.method, probe.url.partition("?")[0], probe.body


def _request(probe: Probe[RedactedUrl]) -> tuple[object, ...]:
    """What goes over the wire, and why; the made-up segment of a control's route is another one each time."""
    path, mark, query = probe.url.partition("?")
    url = path.rpartition("/")[0] + mark + query if probe.control is Control.BOGUS_ROUTE else probe.url
    return url, *_COMPARED(probe)
