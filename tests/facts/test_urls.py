"""One definition of an origin."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probe.facts.urls import host_of, origin, path_of
from tests.each import each


@pytest.mark.parametrize(
    "alike",
    [
        ("https://a.example", "https://a.example/x?y#z", "HTTPS://A.EXAMPLE:443/", "https://me:pw@a.example/"),
        ("http://a.example", "http://a.example:80/"),
        ("http://[::1]", "http://[::1]:80/x"),
        ("http://[::1]:8080", "http://[::1]:8080/x"),
    ],
)
def test_the_default_port_the_case_and_the_rest_of_a_url_do_not_matter(alike: tuple[str, ...]) -> None:
    assert {origin(url) for url in alike} == {alike[0]}


@each(
    [
        "http://a.example",
        "https://a.example.",
        "https://a.example..",
        "https://a.example:8443",
        "https://a.example.evil.example",
        "https://xn--a.example",
        "https://\uff41.example",
        "https://a.example:99999",
        "https://[::1",
        "//a.example",
        "",
    ]
)
def test_every_other_spelling_is_another_origin(other: str) -> None:
    assert origin(other) != origin("https://a.example")


def test_what_is_no_url_is_an_origin_of_its_own() -> None:
    assert origin("https://[::1") != origin("https://[::2")


STARTS = [
    "https://a.example",
    "HTTP://A.example.:8080",
    "http://u:p@[::1]:80",
    "//a.example",
    "http://a:b:99999",
    "https://[::1",
    "",
]


@given(
    st.sampled_from(STARTS),
    st.sampled_from(["", "/", "/v1/x", "/fetch/https://b/c"]),
    st.from_regex(r"([?#][^\s]*)?", fullmatch=True),
)
@example("https://a.example", "", "?next=https://b.example/x")
def test_host_and_path_are_those_of_the_library_whatever_follows(start: str, path: str, rest: str) -> None:
    try:
        host = (urlsplit(start + path + rest).hostname or "").rstrip(".")
    except ValueError:
        host = ""
    assert host_of(start + path + rest) == host
    assert path_of(start + path + rest) == path
    assert not host or ":99999" in start or origin(start + path + rest) == origin(start)
