"""Retry rules: what is repeated, after how long, and when a server's wish is not granted."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from probe import retry
from probe.model import Exchange, Limits, Pairs
from tests.each import each
from tests.factories import NOW, exchange, response

LIMITS = Limits(retries=2, max_wait=30.0)


def seen(status_code: int = 429, *headers: tuple[str, str]) -> Exchange:
    return exchange(None, response(status_code, headers=headers, retry_after=retry.advised_wait(headers, NOW)))


@each(
    [
        ((), None),
        ((("Retry-After", "7"),), 7.0),
        ((("retry-after", " 7 "),), 7.0),
        ((("Retry-After", "0"),), 0.0),
        ((("Retry-After", "1.5"),), 1.5),
        ((("Retry-After", "-1"),), None),
        ((("Retry-After", "86400"),), 86400.0),
        ((("Retry-After", "9" * 400),), None),
        ((("Retry-After", "inf"),), None),
        ((("Retry-After", "nan"),), None),
        ((("Retry-After", "1e3"),), None),
        ((("Retry-After", "٧"),), None),
        ((("Retry-After", "soon"),), None),
        ((("Retry-After", ""),), None),
        ((("Retry-After", format_datetime(NOW + timedelta(seconds=20), usegmt=True)),), 20.0),
        ((("Retry-After", format_datetime(NOW - timedelta(hours=1), usegmt=True)),), 0.0),
        ((("Retry-After", "Fri, 99 Foo 2026 99:99:99 GMT"),), None),
        ((("retry-after-ms", "250"), ("retry-after", "9")), 0.25),
        ((("retry-after", "9"), ("retry-after-ms", "x")), 9.0),
        ((("Retry-After", "3"), ("Retry-After", "9")), 3.0),
        ((("x-ratelimit-reset-requests", "1s"), ("x-ratelimit-reset-tokens", "6m0s")), 360.0),
        ((("x-ratelimit-reset-requests", "20ms"),), 0.02),
        ((("x-rate-limit-reset-tokens", "55"),), 55.0),
        ((("x-rate-limit-reset-tokens", "-1"), ("x-ratelimit-reset-requests", "0")), None),
        ((("x-ratelimit-reset-requests", "1s and a bit"),), None),
    ]
)
def test_the_wait_that_a_server_asks_for_is_read_as_the_sdks_read_it(headers: Pairs, wait: float | None) -> None:
    assert retry.advised_wait(headers, NOW) == (None if wait is None else pytest.approx(wait))


def test_reset_times_count_only_where_the_limit_is_reached() -> None:
    headers = (("x-ratelimit-reset-tokens", "6m0s"),)
    assert retry.advised_wait(headers, NOW, 200) is None
    assert retry.advised_wait((*headers, ("retry-after", "5")), NOW, 202) == 5.0
    assert not retry.is_wait_too_long(exchange(None, response(202, retry_after=600.0)), LIMITS)


def test_a_date_at_the_end_of_time_is_a_long_wait_and_no_crash() -> None:
    wait = retry.advised_wait((("Retry-After", "Fri, 31 Dec 9999 23:59:59 -2359"),), NOW)
    assert wait is None or wait > 1e9


@each(
    [
        *((code, False) for code in (200, 206, 302, 400, 401, 403, 404, 409, 410, 501, 505, 600)),
        *((code, True) for code in (408, 429, 500, 502, 503, 504)),
    ]
)
def test_only_passing_statuses_are_repeated(status_code: int, is_repeated: bool) -> None:
    assert (retry.delay(seen(status_code), 1, LIMITS) is not None) is is_repeated


@each(
    [
        ("connection_refused", True, True),
        ("connect_timeout", True, True),
        ("dns_temporary_failure", True, True),
        ("network_unreachable", True, True),
        ("connection_reset", True, False),
        ("eof_error", True, False),
        ("generic_timeout_error", True, False),
        ("dns_nxdomain_error", False, False),
        ("ssl_unknown_authority", False, False),
        ("http_response_malformed", False, False),
        ("response_header_too_large", False, False),
        ("total_timeout", False, False),
        ("silence_timeout", False, False),
        ("address_refused", False, False),
    ]
)
def test_a_failure_is_repeated_if_it_can_pass_and_a_billable_one_only_if_nothing_was_sent(
    failure: str, is_repeated: bool, is_repeated_if_billable: bool
) -> None:
    failed = exchange(None, None, failure=failure)
    assert (retry.delay(failed, 1, LIMITS) is not None) is is_repeated
    assert (retry.delay(failed, 1, LIMITS, is_billable=True) is not None) is is_repeated_if_billable


def test_a_billable_request_is_not_repeated_after_any_answer() -> None:
    assert retry.delay(seen(429, ("Retry-After", "1")), 1, LIMITS, is_billable=True) is None
    assert retry.delay(seen(200, ("x-should-retry", "true")), 1, LIMITS, is_billable=True) is None


def test_the_server_decides_by_x_should_retry() -> None:
    assert retry.delay(seen(503, ("x-should-retry", "false")), 1, LIMITS) is None
    assert retry.delay(seen(404, ("X-Should-Retry", " True ")), 1, LIMITS) is not None
    assert retry.delay(seen(404, ("x-should-retry", "perhaps")), 1, LIMITS) is None
    assert retry.delay(seen(206, ("x-should-retry", "true")), 1, LIMITS) is None
    assert retry.delay(seen(302, ("x-should-retry", "true")), 1, LIMITS) is None


def test_there_are_never_more_attempts_than_allowed() -> None:
    assert retry.delay(seen(503), 2, LIMITS) is not None
    assert retry.delay(seen(503), 3, LIMITS) is None
    assert retry.delay(seen(503), 1, Limits(retries=0)) is None


def test_a_wait_longer_than_the_user_allows_ends_the_attempts() -> None:
    assert retry.delay(seen(429, ("Retry-After", "30")), 1, LIMITS) == 30.0
    too_long = seen(429, ("Retry-After", "31"))
    assert retry.delay(too_long, 1, LIMITS) is None
    assert retry.is_wait_too_long(too_long, LIMITS)
    assert not retry.is_wait_too_long(exchange(None, None, failure="connection_reset"), LIMITS)


def test_delays_without_advice_grow_and_are_spread_by_jitter() -> None:
    limits = Limits(retries=9)
    assert [retry.delay(seen(503), attempt, limits, jitter=1.0) for attempt in (1, 2, 3, 4, 9)] == [0.4, 0.8, 1.6, 3.2, 8.0]
    assert retry.delay(seen(503), 1, limits, jitter=0.0) == 0.2
    assert retry.delay(seen(503), 9, Limits(retries=9, max_wait=1.0), jitter=1.0) == 1.0
    assert len({retry.delay(seen(503), 1, limits) for _ in range(20)}) > 1
