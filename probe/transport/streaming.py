"""One request whose body goes to a file as it comes: under the same guard as every other, and for as long as bytes keep coming."""

from __future__ import annotations

from probe.frozen import replace
from probe.model import Limits
from probe.transport.guard import refusal
from probe.transport.lane import Begin, Lane, WireAnswer, WireRequest

_LONGEST = 7 * 24 * 3600.0
_MOST_TALK = 64 * 1024


async def stream(lane: Lane, order: WireRequest, limits: Limits, begin: Begin) -> WireAnswer:
    """Send a request and give its body to what `begin` returns; of an answer that it does not want, the beginning is in `content`.

    The limit on silence applies, the limit on the whole attempt does not: a file may take any time. A failure is a `WireAnswer`.
    """
    refused = refusal(order)
    if refused is not None:
        return WireAnswer(failure="not_sent", failure_detail=refused.code)
    return await lane.exchange(order, replace(limits, timeout=_LONGEST), lambda _answer: _MOST_TALK, begin=begin)
