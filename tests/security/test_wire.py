"""Promises at the last step before the wire: no request changes what is asked, whom, or on whose account, whoever planned it."""

from __future__ import annotations

from typing import Any

import pytest

from probe.diagnoses import tell
from probe.facts.addresses import AddressClass, classify, named_class
from probe.model import AuthForm, Control, Observation, Probe, Purpose
from probe.transport import Network, TransportOptions, WireRequest, refusal
from tests.each import each
from tests.loopback import answer, serving
from tests.proxying import proxying
from tests.runner.helpers import KEY, observe, probe, runner, target

pytestmark = pytest.mark.anyio

PURPOSES: tuple[dict[str, Any], ...] = (
    {},
    {"purpose": Purpose.FAILING_URL},
    {"purpose": Purpose.CONTROL, "control": Control.BOGUS_ID, "of": "lab/x"},
    {"purpose": Purpose.AUTH, "of": "lab/x"},
    {"purpose": Purpose.LINK, "of": "lab/x", "link": 0},
)
TABOO = (
    "Host",
    "host",
    "Transfer-Encoding",
    "Content-Length",
    "Connection",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Upgrade",
    "Expect",
    "Proxy-Connection",
    "Proxy-Authorization",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X_HTTP_Method_Override",
    "X-Method",
    "X-Method-Override",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-Host",
    "Forwarded",
    "Authorization",
    "api-key",
    "API_KEY",
    "Ocp-Apim-Subscription-Key",
    "X-Auth-Token",
    "x-api-key",
    "Cookie",
)


@pytest.mark.parametrize("name", TABOO)
async def test_no_planned_request_carries_a_header_that_is_not_its_own(name: str) -> None:
    async with serving(answer(b"{}")) as server:
        probes = [
            probe(f"{server.url}/{at}", id=f"lab/{at}", headers=((name, "chunked"),), **changes)
            for at, changes in enumerate(PURPOSES)
        ]
        seen = await observe(server.url, probes)
    assert server.calls == []
    assert all(one.skip_reason and one.bug is None and not one.exchanges for one in seen), seen


@pytest.mark.parametrize("auth", [AuthForm.API_KEY, AuthForm.BEARER, AuthForm.NONE])
async def test_a_second_credential_beside_ours_is_refused(auth: AuthForm) -> None:
    names = ("api-key", "Authorization")
    async with serving(answer(b"{}")) as server:
        probes = [probe(f"{server.url}/{name}", id=name, auth=auth, headers=((name, "other"),)) for name in names]
        seen = await observe(server.url, probes)
    assert server.calls == [] and all(one.skip_reason for one in seen)


async def test_a_credential_header_of_the_user_goes_to_the_origin_it_was_given_for_alone() -> None:
    given = {"lab": (("X-Auth-Token", "mine"), ("Cookie", "a=b"))}
    async with serving(answer(b"{}")) as server, serving(answer(b"{}")) as other:
        probes = [probe(f"{server.url}/x"), probe(f"{other.url}/x", purpose=Purpose.FAILING_URL)]
        seen = await observe(server.url, probes, target_headers=given)
    assert [one.skip_reason for one in seen] == [None, None]
    assert (server.calls[0].header("x-auth-token"), server.calls[0].header("cookie")) == ("mine", "a=b")
    assert "mine" not in other.heads and "a=b" not in other.heads


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "Transfer-Encoding", "Host", "X-Forwarded-Host"])
async def test_not_even_the_user_changes_framing_or_method(name: str) -> None:
    async with serving(answer(b"{}")) as server:
        (seen,) = await observe(server.url, [probe(f"{server.url}/x")], target_headers={"lab": ((name, "DELETE"),)})
    assert server.calls == []
    assert tell(seen.skip_reason) == f"{name} could change what is asked or of whom: not sent"


@pytest.mark.parametrize("changes", PURPOSES)
@pytest.mark.parametrize("query", ["_method=DELETE", "%5Fmethod=DELETE", "a=1&_METHOD=PUT", "key=abc", "access_token=abc"])
async def test_no_query_overrides_the_method_or_carries_a_credential(query: str, changes: dict[str, Any]) -> None:
    is_theirs = changes.get("purpose") in (Purpose.FAILING_URL, Purpose.LINK)
    is_credential = query.startswith(("key", "access"))
    async with serving(answer(b"{}")) as server:
        (seen,) = await observe(server.url, [probe(f"{server.url}/x?{query}", **changes)])
    # a URL that the user or an answer gave whole holds what its giver put there
    assert bool(server.calls) is (is_theirs and is_credential)
    assert bool(seen.skip_reason) is not bool(server.calls)


@pytest.mark.parametrize("url", ["http://me:pw@127.0.0.1:9/x", "ftp://127.0.0.1/x", "http:///x", "http://127.0.0.1:99999/x"])
@pytest.mark.parametrize("changes", PURPOSES)
async def test_a_url_that_is_not_plain_http_is_refused_with_a_reason(url: str, changes: dict[str, Any]) -> None:
    (seen,) = await observe("http://127.0.0.1:9", [probe(url, **changes)])
    assert seen.skip_reason and seen.bug is None and not seen.exchanges


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "CONNECT", "TRACE", "get", "POST"])
async def test_methods_that_change_something_do_not_go_out(method: str) -> None:
    async with serving(answer(b"{}")) as server:
        (seen,) = await observe(server.url, [probe(f"{server.url}/x", method=method)], allow_billable=True)
        assert server.calls == [] and tell(seen.skip_reason) == f"{method} may change or cost something: not sent"
        (seen,) = await observe(server.url, [probe(f"{server.url}/x", method=method, billable=True)])
        assert server.calls == [] and seen.skip_reason


async def test_a_tampered_purpose_does_not_open_another_network() -> None:
    """Only the failing URL that this user typed may lead anywhere."""
    async with serving(answer(b"{}")) as home, serving(answer(b"{}")) as inner:
        planned = probe(f"{inner.url}/x", purpose=Purpose.FAILING_URL, target="public")
        targets = (target("https://192.0.2.1", name="public"),)
        seen: list[Observation] = []
        async with runner(targets, failing_url=f"{home.url}/y") as one:
            await one.run([planned], seen.append)
        assert inner.calls == []
        async with runner(targets, failing_url=f"{inner.url}/y") as one:
            await one.run([planned], seen.append)
    assert len(inner.calls) == 1
    assert seen[0].last is not None and seen[0].last.failure == "address_refused"


async def test_a_planned_create_is_sent_once_whatever_asks_for_it_again() -> None:
    async with serving(answer(b"{}", "401 Unauthorized")) as server:
        url, body = f"{server.url}/jobs", '{"model":"sora"}'

        def create(name: str, **changes: Any) -> Probe:
            return probe(url, id=name, method="POST", billable=True, body=body, **changes)

        probes = [create("lab/create"), create("lab/create+bearer", auth=AuthForm.BEARER), create("lab/create")]
        probes += [create(f"lab/create+{at}", **changes) for at, changes in enumerate(PURPOSES[1:])]
        seen: list[Observation] = []
        async with runner((target(server.url),), allow_billable=True) as one:
            await one.run(probes, seen.append)
            await one.run(probes, seen.append)
    assert len(server.calls) == 1
    assert sum(bool(one.skip_reason) for one in seen) == len(seen) - 1


async def test_a_create_that_reached_nobody_may_be_tried_again() -> None:
    from tests.runner.test_run import limits

    create = probe("http://127.0.0.1:1/jobs", method="POST", billable=True, body="{}")
    (seen,) = await observe("http://127.0.0.1:1", [create], allow_billable=True, limits=limits(retries=1))
    assert [one.failure for one in seen.exchanges] == ["connection_refused"] * 2


async def test_a_trailing_dot_is_another_origin_and_gets_no_key() -> None:
    async with serving(answer(b"{}", "302 Found", "Location: http://lab.example.:{port}/x")) as server:
        options = TransportOptions(
            proxy="", resolve=(("lab.example", server.port, "127.0.0.1"), ("lab.example.", server.port, "127.0.0.1"))
        )
        dotted = probe(f"http://lab.example.:{server.port}/x", purpose=Purpose.FAILING_URL, auth=AuthForm.API_KEY)
        await observe(f"http://lab.example:{server.port}", [dotted], options=options)
    assert server.calls and KEY not in server.heads


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("intranet", AddressClass.PRIVATE),
        ("db.internal", AddressClass.PRIVATE),
        ("printer.local.", AddressClass.PRIVATE),
        ("host.docker.internal", AddressClass.PRIVATE),
        ("kubernetes.default.svc", AddressClass.PRIVATE),
        ("kubernetes.default", AddressClass.PRIVATE),
        ("api.default.svc.cluster.local", AddressClass.PRIVATE),
        ("10.0.0.1.nip.io", AddressClass.PRIVATE),
        ("localhost.localdomain", AddressClass.LOOPBACK),
        ("LOCALHOST", AddressClass.LOOPBACK),
        ("metadata.google.internal", AddressClass.METADATA),
        ("metadata", AddressClass.METADATA),
        ("instance-data", AddressClass.METADATA),
        ("contoso.openai.azure.com", None),
        ("internal.example.com", None),
        ("notlocal.example", None),
    ],
)
async def test_through_a_proxy_a_name_of_an_inner_network_is_private(host: str, kind: AddressClass | None) -> None:
    assert named_class(host) == kind
    public = frozenset({AddressClass.PUBLIC})
    async with proxying() as proxy:
        seen = await _through(proxy.url, f"http://{host}/x", public)
    assert bool(proxy.heads) is (kind is None), seen


async def _through(proxy_url: str, url: str, allowed: frozenset[AddressClass]) -> Any:
    from probe.transport import Lane
    from tests.runner.helpers import QUICK

    lane = Lane(Network(TransportOptions(proxy=f"http://{proxy_url}", no_proxy="")))
    try:
        return await lane.exchange(WireRequest("GET", url, (), allowed=allowed), QUICK, lambda _: 100)
    finally:
        await lane.aclose()


@each(
    [
        "192.0.0.8",
        "192.0.0.1",
        "192.88.99.1",
        "192.88.99.255",
        "198.18.0.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "0.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "224.0.0.1",
        "2001:db8::1",
        "2001::1",
        "2001:2::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "64:ff9b:1::1",
        "fec0::1",
        "::1.2.3.4",
        "2600:1::5efe:10.0.0.1",
        "2600:1::200:5efe:127.0.0.1",
        "2600:1::5efe:169.254.169.254",
        "2600:1::5efe:8.8.8.8",
        "2002:c058:6301::1",
        "2002:7f00:1::1",
        "64:ff9b::c058:6301",
        "::ffff:192.88.99.1",
    ]
)
def test_no_special_purpose_address_is_public(address: str) -> None:
    assert classify(address) is not AddressClass.PUBLIC


@pytest.mark.parametrize("address", ["8.8.8.8", "20.42.0.1", "2600:1::1", "2606:4700::1", "64:ff9b::808:808", "2002:808:808::1"])
def test_public_addresses_stay_public(address: str) -> None:
    assert classify(address) is AddressClass.PUBLIC


def test_every_reason_of_the_guard_has_its_sentence() -> None:
    orders = (
        WireRequest("DELETE", "https://a.example/", ()),
        WireRequest("GET", "nonsense", ()),
        WireRequest("GET", "https://me@a.example/", ()),
        WireRequest("GET", "https://a.example/?_method=PUT", ()),
        WireRequest("GET", "https://a.example/", (("a b", "c"),)),
        WireRequest("GET", "https://a.example/", (("a", "b\r\nc: d"),)),
        WireRequest("GET", "https://a.example/", (("TE", "trailers"),)),
        WireRequest("GET", "https://a.example/", (("Cookie", "a=b"),)),
    )
    for order in orders:
        note = refusal(order)
        assert note is not None and " " in tell(note), order
    assert refusal(WireRequest("GET", "https://a.example/?api-version=preview", (("Accept", "*/*"),))) is None
