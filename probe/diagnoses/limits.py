"""Records of limits: requests, tokens, jobs, capacity and money."""

from __future__ import annotations

from probe.diagnoses.record import SAID, Owner, Records, throttled

_TIMED = {"timed": ("", "Retry after {seconds} s, as the service asks.")}
_WAIT = "Wait a minute and scan again."

RECORDS: Records = {
    "throttled-requests": throttled(
        title="Too many requests",
        summary="{target} is throttling requests ({status})",
        remedy="Wait a minute and scan again, or use --rate-limit 1.",
        variants={"timed": ("", "Retry after {seconds} s, or use --rate-limit 1.")},
        tails=(SAID,),
        how_decided=("429 (or a gateway's 403 with quota words) about requests or calls; a 429 without words counts as this."),
        lookalikes="Token quota, capacity and spending limit, which are told by words and headers.",
        what_to_do="Wait as long as the server asks, and lower --rate-limit.",
    ),
    "throttled-tokens": throttled(
        title="Token quota used up",
        summary="The token quota of {target} is used up for now",
        remedy=_WAIT,
        variants=_TIMED,
        tails=(SAID,),
        how_decided=("429 about tokens, the header policy-id with Token, or no remaining tokens while requests remain."),
        lookalikes="The request limit.",
        what_to_do="Wait, or ask for more quota.",
    ),
    "throttled-capacity": throttled(
        title="No capacity",
        owner=Owner.VENDOR,
        summary="The service behind {target} does not have capacity at the moment",
        remedy=_WAIT,
        variants=_TIMED,
        tails=(SAID,),
        how_decided="429 or 503 whose words speak of capacity, load or demand.",
        lookalikes="Your own quota, which waiting by the clock restores.",
        what_to_do="Try again later or in another region.",
    ),
    "throttled-jobs": throttled(
        title="Too many jobs at once",
        summary="{target} is already running as many jobs as it allows",
        remedy="Wait until a running job ends, then scan again.",
        how_decided='Words such as "Too many running tasks".',
        lookalikes="The request limit.",
    ),
    "spend-limit": throttled(
        title="Spending limit reached",
        summary="The account behind {target} has reached its spending limit",
        remedy="Check plan, billing and spending limit of the account. Waiting does not help.",
        variants={
            "gateway": (
                "The budget that the gateway at {target} gives this key, user or team is used up",
                "Ask the gateway's operator to raise or reset the budget.",
            )
        },
        tails=(SAID,),
        how_decided="insufficient_quota, billing words, or status 402.",
        lookalikes="Throttling, which passes by itself.",
    ),
}
