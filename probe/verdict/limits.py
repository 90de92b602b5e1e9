"""Family limits: too many requests, tokens, jobs, no capacity, or no money left."""

from __future__ import annotations

import re
from math import ceil

from probe.diagnoses import DIAGNOSES
from probe.model import Confidence, Diagnosis
from probe.verdict.case import Case
from probe.verdict.cause import WORDS, Cause, fitting_cause

BUSY = (403, 408, 409, 429, 500, 502, 503, 529)

CAUSES = (
    Cause(
        "spend-limit",
        r"insufficient_quota|exceeded your current quota|billing|spend(ing)? limit|credit (balance|limit)|out of credits?"
        r"|(balance|funds?|credits?) .{0,20}(insufficient|too low|not enough)"
        r"|(insufficient|not (have )?enough).{0,20}(balance|funds?|credits?)"
        r"|(balance|credits?|pack(age)?|allowance) (is |are |has been )?(exhausted|used up|overdue)|overdue (balance|account)"
        r"|arrearage|in good standing"
        r"|budget (has been )?exceeded|payment|insufficient_user_quota|余额不足|额度(不足|已用尽)",  # new-api says it in Chinese
        statuses=(400, 401, 402, 403, 429),
    ),
    Cause(
        "throttled-jobs",
        r"too many (running|concurrent|pending|active) (task|job|request|generation)s?"
        r"|(concurrent|parallel) (task|job|generation)s? .{0,40}(limit|exceed)",
        statuses=(400, 403, 409, 429),
    ),
    Cause(
        "throttled-tokens",
        r"token rate limit|too many tokens"
        r"|tokens per (min|day|hour)|\btpm\b|token (quota|limit)|rate_limit.{0,80}tokens|ratelimit-token",
        statuses=(403, 429),
    ),
    Cause(
        "throttled-capacity",
        r"capacity|overloaded|high demand|heavy load|server(s)? (is|are) (currently )?(busy|experiencing)|serverbusy"
        r"|no (healthy )?(instances|workers)|provisioned|utilization"
        r"|no ?capacity",
        statuses=BUSY,
    ),
    Cause(
        "throttled-requests",
        r"call rate limit|requests per (min|day|hour|second)|\brpm\b|rate.?limit|too many requests"
        r"|requests to the .{0,120}exceeded|call volume quota|throttl"
        r"|quota (exceeded|has been|will be)|\bslow ?_?down\b",
        statuses=(403, 429, 503),
    ),
)


_WAIT = re.compile(
    r"(?:again|retry|replenished|wait)\w* (?:in |after |for )?"
    r"(?:(\d{1,3}):(\d\d):)?(\d{1,5})(?(1)| ?(?:s(?:ec|\b)|(m)in|(h)our|(d)ay))",
    re.IGNORECASE,
)
"""How long to wait, in words: `Try again in 12 seconds`, `will be replenished in 01:02:03` (API Management's policies)."""


def too_much(case: Case) -> Diagnosis | None:
    """Words, policy header or empty quota headers tell which limit was hit; a bare 429 is one of requests."""
    if case.status not in (400, 401, 402, 509, *BUSY) or case.response is None:
        return None
    cause = fitting_cause(CAUSES, case)
    is_tokens = "token" in case.header("policy-id").lower() or _is_out_of_tokens(case)
    if case.status == 429 and is_tokens and (cause is None or cause.code == "throttled-requests"):
        return _limited(case, "throttled-tokens", Confidence.HIGH, "response.status_code", "response.headers")
    if cause is None and case.status in (402, 429, 509):  # web hosts answer 509 when a site's traffic is used up
        code = "throttled-requests" if case.status == 429 else "spend-limit"
        return _limited(case, code, Confidence.MEDIUM, "response.status_code")
    sure = Confidence.HIGH if case.status in (402, 429, 529) else Confidence.MEDIUM
    return _limited(case, cause.code, sure, *WORDS) if cause else None


def _limited(case: Case, code: str, confidence: Confidence, *cites: str) -> Diagnosis:
    """Name the limit, and the wait that the service asks for, if any."""
    seconds = (case.response.retry_after if case.response else None) or _told(case.text)
    is_timed = seconds is not None and seconds > 0 and "timed" in DIAGNOSES[code].variants
    said = case.message or (case.response.title if case.response else None)
    variant = "timed" if is_timed else ""
    return case.found(code, *cites, variant=variant, confidence=confidence, seconds=ceil(seconds or 0), said=said)


def _told(text: str) -> int | None:
    """The wait that words name, in seconds."""
    if not (found := _WAIT.search(text)):
        return None
    hours, minutes, count, *units = found.groups()
    unit = next((seconds for name, seconds in zip(units, (60, 3600, 86_400), strict=True) if name), 1)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(count) * unit


def _is_out_of_tokens(case: Case) -> bool:
    """Whether the quota headers say that tokens are used up while requests are left; -1 was seen and means nothing."""
    return case.header("x-ratelimit-remaining-tokens") == "0" and case.header("x-ratelimit-remaining-requests") != "0"


RULES = (too_much,)
