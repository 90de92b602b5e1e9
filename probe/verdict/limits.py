"""Family limits: too many requests, tokens, jobs, no capacity, or no money left."""

from __future__ import annotations

from probe.language import _
from probe.model import Confidence, Diagnosis, Outcome
from probe.verdict.case import Case
from probe.verdict.cause import Cause, first, named

BUSY = (403, 408, 409, 429, 500, 502, 503, 529)


def _wait(case: Case) -> str:
    seconds = case.response.retry_after if case.response else None
    return (
        _("wait {seconds:.0f} s, as the server asks, and scan again", seconds=seconds)
        if seconds and seconds > 0
        else _("wait a minute and scan again")
    )


CAUSES = (
    Cause(
        "spend-limit",
        Outcome.THROTTLED,
        r"insufficient_quota|exceeded your current quota|billing|spend(ing)? limit|credit (balance|limit)|out of credits?"
        r"|budget (has been )?exceeded|payment|insufficient_user_quota|余额不足|额度(不足|已用尽)",  # new-api says it in Chinese
        lambda case: (
            _("the account behind {target} may spend no more", **case.names),
            _("check plan, billing and spending limit of the account; waiting does not help"),
        ),
        statuses=(400, 401, 402, 403, 429),
    ),
    Cause(
        "throttled-jobs",
        Outcome.THROTTLED,
        r"too many (running|concurrent|pending|active) (task|job|request|generation)s?"
        r"|concurrent (task|job|generation)s? .{0,40}(limit|exceed)",
        lambda case: (
            _("{target} is already running as many jobs as it allows", **case.names),
            _("wait until a running job ends; Azure allows two video jobs at once"),
        ),
        statuses=(400, 403, 409, 429),
    ),
    Cause(
        "throttled-tokens",
        Outcome.THROTTLED,
        r"token rate limit|tokens per (min|day|hour)|\btpm\b|token (quota|limit)|rate_limit.{0,80}tokens|ratelimit-token",
        lambda case: (_("the token quota of {target} is used up for now", **case.names), _wait(case)),
        statuses=(403, 429),
    ),
    Cause(
        "throttled-capacity",
        Outcome.THROTTLED,
        r"capacity|overloaded|high demand|heavy load|server(s)? (is|are) (currently )?(busy|experiencing)|serverbusy"
        r"|no (healthy )?(instances|workers)|provisioned|utilization"
        r"|no ?capacity",
        lambda case: (_("the service behind {target} has no capacity at the moment", **case.names), _wait(case)),
        statuses=BUSY,
    ),
    Cause(
        "throttled-requests",
        Outcome.THROTTLED,
        r"call rate limit|requests per (min|day|hour|second)|\brpm\b|rate.?limit|too many requests"
        r"|requests to the .{0,120}exceeded|call volume quota|throttl"
        r"|quota (exceeded|has been|will be)|\bslow ?_?down\b",
        lambda case: (_("{target} gets more requests than it allows", **case.names), _wait(case)),
        statuses=(403, 429, 503),
    ),
)


def too_much(case: Case) -> Diagnosis | None:
    """Words, policy header or empty quota headers tell which limit was hit; a bare 429 is one of requests."""
    if case.status not in (400, 401, 402, *BUSY) or case.response is None:
        return None
    found = first(CAUSES, case)
    is_tokens = "token" in case.header("policy-id").lower() or _is_spent(case, "tokens")
    if case.status == 429 and is_tokens and (found is None or found.code == "throttled-requests"):
        return named(CAUSES, "throttled-tokens").diagnosis(case, Confidence.HIGH, "response.status_code", "response.headers")
    if found is None and case.status in (402, 429):
        code = "spend-limit" if case.status == 402 else "throttled-requests"
        return named(CAUSES, code).diagnosis(case, Confidence.MEDIUM, "response.status_code")
    return found


def _is_spent(case: Case, what: str) -> bool:
    """Whether the quota headers say that tokens are used up while requests are left; -1 was seen and means nothing."""
    left = {kind: case.header(f"x-ratelimit-remaining-{kind}") for kind in ("tokens", "requests")}
    return left[what] == "0" and left["requests"] != "0"


RULES = (too_much,)
