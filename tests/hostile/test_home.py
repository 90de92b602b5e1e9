"""Credentials stay home, budgets hold, and whoever throttles slows only itself: proved for whole scans."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probe.catalogue import load
from probe.diagnoses import tell
from probe.model import Catalogue, Credential, CredentialKind, Limits, Observation, Probe, Report, Target
from probe.pipeline import Scan, ScanOrder, Scope, Watcher
from probe.transport import TransportOptions
from tests.guard import loopback_only
from tests.hostile.tricks import MP4
from tests.loopback import Call, Reply, Server, answer, serving
from tests.proxying import proxying

pytestmark = pytest.mark.anyio

KEY, TOKEN, TEAM = "CANARY-key-8f2e61c0", "CANARY-token-17ab90", "CANARY-team-55d1c3"
SECRETS = {"KEY": KEY, "TOKEN": TOKEN, "header X-Team": TEAM}
EXTRA = (("X-Team", TEAM), ("Ocp-Apim-Subscription-Key", TEAM), ("Authorization-Extra", TEAM))
BEARERS = (
    "authorization",
    "api-key",
    "ocp-apim-subscription-key",
    "cookie",
    "x-team",
    "authorization-extra",
    "proxy-authorization",
)
QUICK = Limits(
    concurrency=16,
    rate_limit=0.0,
    retries=0,
    timeout=2.0,
    connect_timeout=0.5,
    silence_timeout=1.0,
    max_requests=2000,
    max_redirects=4,
)

HEAD = """\
version: 1
updated: 2026-11-20
surfaces:
  azure-v1: {provider: azure, prefix: /openai/v1, api_version: optional}
artefacts:
  clip: {title: Clip, media_types: [video/mp4]}
endpoints:
"""
ENTRY = """\
  - {{id: azure.case-{at}, artefact: clip, role: download, request: GET /openai/v1/case/{at}, api_versions: [none], \
sources: [{{at: tests, read: 2026-11-20}}]}}
"""


def routes(folder: Path, count: int) -> Catalogue:
    """A catalogue of so many downloads: /openai/v1/case/0, 1, ..."""
    file = folder / "cases.yaml"
    file.write_text(HEAD + "".join(ENTRY.format(at=at) for at in range(count)))
    return load([str(file)])


def target(url: str, name: str = "lab") -> Target:
    return Target(
        name, "azure", url, credentials=(Credential("KEY", CredentialKind.KEY), Credential("TOKEN", CredentialKind.ENTRA_TOKEN))
    )


def order(folder: Path, count: int, targets: Iterable[Target], **changes: Any) -> ScanOrder:
    targets = tuple(targets)
    values: dict[str, Any] = {
        "catalogue": routes(folder, count),
        "targets": targets,
        "scope": Scope(limits=changes.pop("limits", QUICK)),
        "secrets": SECRETS,
        "headers": {one.name: EXTRA for one in targets},
        "options": TransportOptions(proxy="", environment={}),
        "root": folder / "reports",
    }
    return ScanOrder(**(values | changes))


async def scanned(made: ScanOrder, watcher: Watcher | None = None) -> Report:
    """Run a scan to its end and write its reports."""
    scan = Scan.start(made, watcher)
    try:
        await scan.run()
    finally:
        scan.close()
    report = scan.report()
    scan.write(report, ["markdown", "json"])
    return report


@dataclass
class Places:
    """Home, and servers that no credential may reach; `kept` are the calls at home under another name."""

    home: Server
    other_port: Server
    other_family: Server
    other_name: str

    def strangers(self) -> list[bytes]:
        """All requests that arrived anywhere but at the origin that the user named."""
        at_home = f"127.0.0.1:{self.home.port}"
        renamed = [call.head for call in self.home.calls if call.header("host") != at_home]
        return [*renamed, *(call.head for place in (self.other_port, self.other_family) for call in place.calls)]


def locations(places: Places, tag: str) -> list[str]:
    """Every way to lead a client away from home; `tag` makes each a link of its own."""
    port, other, six = places.home.port, places.other_port.port, places.other_family.port
    away = f"127.0.0.1:{other}"
    return [
        f"http://{away}/a-{tag}",
        f"//{away}/b-{tag}",
        f"http:\\\\{away}\\c",
        f"/\\{away}/d-{tag}",
        f"http:{away}/e-{tag}",
        f"http:///{away}/f-{tag}",
        f"\thttp://{away}/g-{tag}",
        f"http://user:word@{away}/h-{tag}",
        f"http://127.0.0.1:{port}@{away}/i-{tag}",
        f"http://{away}#@127.0.0.1:{port}/j-{tag}",
        f"http://{away}?@127.0.0.1:{port}/k-{tag}",
        f"http://localhost:{port}/l-{tag}",
        f"HTTP://LOCALHOST:{port}/m-{tag}",
        f"http://localhost.:{port}/n-{tag}",
        f"http://[::1]:{six}/o-{tag}",
        f"http://0x7f000001:{other}/p-{tag}",
        f"http://127.1:{other}/q-{tag}",
        f"http://127.0.0.1.:{other}/r-{tag}",
        f"https://127.0.0.1:{port}/s-{tag}",
        f"https://{away}/t-{tag}",
        f"http://{places.other_name}:{other}/u-{tag}",
        f"http://metadata.example:{other}/v-{tag}",
        f"http://inner.example:{other}/w-{tag}",
        f"http://changing.example:{other}/x-{tag}",
        f"http://169.254.169.254/latest/meta-data/{tag}",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://169.254.169.254.:80/",
        "http://metadata.google.internal/",
        "http://100.100.100.200/",
        "http://[fd00:ec2::254]/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1/",
        "data:video/mp4;base64,AAAA",
        "ws://127.0.0.1/",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:-1/",
        "http://\u0661\u0662\u0667.0.0.1/",
    ]


STATUSES = ("301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect")
COOKIE = "Set-Cookie: sid=CANARY-cookie-99e0; Path=/"


def cases(places: Places) -> list[bytes]:
    """Redirects of every status to the first places, of one status to all, and links in bodies and in `Link` headers."""
    made = [
        _redirect(status, one)
        for status in STATUSES
        for at, one in enumerate(["/openai/v1/moved", *locations(places, status[:3])])
        if at in (0, 1, 2, 12)
    ]
    made += [_redirect("302 Found", one) for one in locations(places, "all")]
    made += [answer(json.dumps({"download_url": one}).encode(), "200 OK", COOKIE) for one in locations(places, "body")]
    for header, status in (("Link: <{}>; rel=alternate", "200 OK"), ("Operation-Location: {}", "202 Accepted")):
        made += [answer(b"{}", status, COOKIE, header.format(one)) for one in locations(places, header[:4]) if one.isascii()]
    return made


def _redirect(status: str, location: str) -> bytes:
    raw = location.encode("utf-8").decode("latin-1")
    return answer(b"", status, COOKIE, f"Location: {raw}")


def replying(made: list[bytes]) -> Reply:
    async def reply(call: Call) -> None:
        last = call.path.partition("?")[0].rpartition("/")[2]
        is_case = "/case/" in call.path and last.isdecimal()
        await call.send(made[int(last)] if is_case else answer(MP4, "200 OK", COOKIE, media_type="video/mp4"))

    return reply


@asynccontextmanager
async def standing() -> AsyncIterator[tuple[Places, list[bytes]]]:
    made: list[bytes] = []
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(serving(replying(made)))
        # A redirect from abroad back home must not bring the credential along from there either.
        abroad = await stack.enter_async_context(
            serving(answer(b"", "302 Found", COOKIE, f"Location: http://127.0.0.1:{home.port}/openai/v1/back"))
        )
        six = await stack.enter_async_context(serving(answer(MP4, media_type="video/mp4"), host="::1"))
        places = Places(home, abroad, six, "elsewhere.example")
        made += cases(places)
        yield places, made


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """DNS of a liar: names that lead to metadata, to a private network, home, and one that changes its mind."""
    known = {"elsewhere.example": "127.0.0.1", "metadata.example": "169.254.169.254", "inner.example": "10.0.0.1"}
    asked: Counter[str] = Counter()
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        asked[host] += 1
        if host == "changing.example":
            return real("127.0.0.1" if asked[host] == 1 else "169.254.169.254", port, *args, **options)
        return real(known.get(host, host), port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def assert_clean(heads: list[bytes]) -> None:
    """No request that went astray carries anything of ours but its own URL."""
    for head in heads:
        assert b"CANARY" not in head, head
        sent = {line.partition(b":")[0].decode("latin-1").lower() for line in head.split(b"\r\n")[1:] if line}
        assert not sent & set(BEARERS), head


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback here")


@needs_ipv6
async def test_no_credential_arrives_anywhere_but_home(tmp_path: Path, names: Counter[str]) -> None:
    async with standing() as (places, made):
        with loopback_only() as reached:
            report = await scanned(order(tmp_path, len(made), [target(places.home.url)]))
    assert reached == [], "an address outside was asked"
    strangers = places.strangers()
    assert_clean(strangers)
    hosts = {head.lower().partition(b"\r\nhost: ")[2].partition(b":")[0].partition(b"\r")[0] for head in strangers}
    assert {b"127.0.0.1", b"localhost", b"[", b"elsewhere.example"} <= hosts, "a stranger was never asked: nothing was proved"
    assert sum(KEY in call.head.decode("latin-1") for call in places.home.calls) >= len(made), "home got no key"
    assert all(call.header("cookie") is None for call in places.home.calls)
    assert names["changing.example"] == 1, "a name was looked up again after its address had been checked"
    assert [one.bug for one in report.evidence.observations if one.bug] == []
    failures = Counter(one.last.failure for one in report.evidence.observations if one.last)
    assert failures["address_refused"] == 2 * 4, failures


@needs_ipv6
async def test_no_credential_arrives_anywhere_but_home_through_a_proxy(tmp_path: Path, names: Counter[str]) -> None:
    async with standing() as (places, made), proxying() as proxy:
        with loopback_only() as reached:
            options = TransportOptions(proxy=f"http://{proxy.url}", environment={})
            report = await scanned(order(tmp_path, len(made), [target(places.home.url)], options=options))
    assert reached == []
    assert_clean(places.strangers())
    at_home = f"127.0.0.1:{places.home.port}"
    assert_clean([head.encode("latin-1") for head in proxy.heads if head.split(" ")[1].split("/")[2:3] != [at_home]])
    assert len(places.other_port.calls) > 5
    asked = {one.rpartition(":")[0] for one in proxy.destinations if ":" in one}
    literal = ("169.254.", "10.0.0.1", "172.16.", "192.168.", "fe80", "fc00", "a9fe", "0.0.0.0", "2852039166", "0xa9", "0251")
    assert not [one for one in asked if one.strip("[]").startswith(literal)], asked
    assert [one.bug for one in report.evidence.observations if one.bug] == []


async def test_retries_controls_and_links_stay_within_the_budget(tmp_path: Path) -> None:
    """However many requests would be worth sending: the server never sees one more than was announced."""
    async with standing_throttle() as server:
        for budget in (1, 7, 40):
            before = len(server.calls)
            limits = Limits(retries=3, max_requests=budget, max_wait=0.05, rate_limit=0.0, timeout=2.0)
            report = await scanned(order(tmp_path, 60, [target(server.url)], limits=limits))
            sent = sum(len(one.exchanges) for one in report.evidence.observations)
            assert len(server.calls) - before == sent == budget
            reasons = {tell(one.skip_reason) for one in report.evidence.observations if not one.exchanges}
            assert reasons == {f"the budget of {budget} requests is used up"}
            assert Counter(one.probe_id for one in report.evidence.observations).most_common(1)[0][1] == 1


@asynccontextmanager
async def standing_throttle() -> AsyncIterator[Server]:
    """A server that mixes throttling, errors and links, so that everything that costs requests is wanted."""

    async def reply(call: Call) -> None:
        last = call.path.partition("?")[0].rpartition("/")[2]
        kind = int(last) % 4 if last.isdecimal() else 0
        await call.send(
            (
                answer(b"{}", "404 Not Found"),
                answer(b"{}", "503 Busy", "Retry-After: 0"),
                answer(b"{}", "429 Slow", "retry-after-ms: 1"),
                answer(b"", "302 Found", f"Location: {call.path}/1"),
            )[kind]
        )

    async with serving(reply) as server:
        yield server


WAITS = {
    "seconds": ("Retry-After: 0.2", 3),
    "zero": ("Retry-After: 0", 3),
    "negative": ("Retry-After: -5", 3),
    "huge": ("Retry-After: 99999999999999", 1),
    "beyond-the-limit": ("Retry-After: 2", 1),
    "garbage": ("Retry-After: soon", 3),
    "infinite": ("Retry-After: inf", 3),
    "milliseconds": ("retry-after-ms: 30", 3),
    "milliseconds-win": ("retry-after-ms: 30\r\nRetry-After: 600", 3),
    "past-date": ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", 3),
    "far-date": ("Retry-After: Wed, 21 Oct 2099 07:28:00 GMT", 1),
    "broken-date": ("Retry-After: Wed, 99 Oct 2099 07:28:00 GMT", 3),
    "not-wanted": ("x-should-retry: false", 1),
}


async def test_every_wish_to_wait_is_kept_or_reported_and_none_holds_up_the_others(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(serving(answer(b"{}", "429 Too Many Requests", header)))
            for name, (header, _count) in WAITS.items()
        }
        quick = await stack.enter_async_context(serving(answer(MP4, media_type="video/mp4")))
        ended: list[tuple[str, float]] = []
        started = time.monotonic()
        watcher = Watcher(ended=lambda probe, _seen: ended.append((probe.target, time.monotonic() - started)))
        targets = [target(server.url, name) for name, server in servers.items()] + [target(quick.url, "quick")]
        limits = Limits(retries=2, max_wait=1.0, rate_limit=0.0, max_requests=500, timeout=2.0)
        report = await scanned(order(tmp_path, 1, targets, limits=limits), watcher)
    for name, (_header, count) in WAITS.items():
        seen = next(one for one in report.evidence.observations if one.probe_id == f"{name}/azure.case-0@none")
        assert len(seen.exchanges) == count, name
        words = seen.response.limits_hit if seen.response else ()
        assert ("retry_wait_too_long" in words) == (name in ("huge", "beyond-the-limit", "far-date")), name
    assert max(at for name, at in ended if name == "quick") < min(at for name, at in ended if name == "garbage")
    assert time.monotonic() - started < 15


async def test_the_time_limit_ends_a_scan_with_a_report(tmp_path: Path) -> None:
    async def never(call: Call) -> None:
        import asyncio

        await asyncio.sleep(60)

    async with serving(never) as server:
        started = time.monotonic()
        limits = Limits(retries=2, max_time=0.6, rate_limit=0.0, concurrency=2, timeout=30.0)
        report = await scanned(order(tmp_path, 40, [target(server.url)], limits=limits))
    assert time.monotonic() - started < 10
    observed = report.evidence.observations
    assert len(observed) == len(report.evidence.probes) == 40
    sent = [one for one in observed if one.exchanges]
    assert len(sent) == 2 and {one.last.failure for one in sent if one.last} == {"total_timeout"}
    assert {tell(one.skip_reason) for one in observed if not one.exchanges} == {"the time limit of 0.6 s is used up"}


async def test_a_dead_host_costs_its_retries_once_and_the_others_nothing(tmp_path: Path) -> None:
    ended: dict[str, float] = {}

    def note(probe: Probe, _seen: Observation) -> None:
        ended[probe.target] = time.monotonic() - started

    async with serving(answer(MP4, media_type="video/mp4")) as quick:
        limits = Limits(retries=2, rate_limit=0.0, concurrency=4, timeout=2.0, connect_timeout=0.5, max_wait=0.5)
        started = time.monotonic()
        report = await scanned(
            order(tmp_path, 10, [target("http://127.0.0.1:9", "dead"), target(quick.url, "quick")], limits=limits),
            Watcher(ended=note),
        )
    dead = [one for one in report.evidence.observations if one.probe_id.startswith("dead/")]
    assert sum(len(one.exchanges) for one in dead) <= 10 + 4 * 2
    assert ended["quick"] < 0.4
