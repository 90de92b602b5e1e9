"""Whether a scan could work at all: variables, proxy, DNS, TCP, TLS, clock and key, one line each with a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from probe import __version__
from probe.diagnoses import remedy, summary
from probe.facts.addresses import classify
from probe.facts.headers import skew
from probe.facts.urls import host_of
from probe.frozen import Frozen, replace
from probe.language import _
from probe.model import (
    Diagnosis,
    Evidence,
    Exchange,
    Observation,
    Probe,
    Purpose,
    RawUrl,
    Response,
    Role,
    Target,
    TlsFacts,
    Vantage,
)
from probe.order import ScanOrder
from probe.plan import controls, models_probe
from probe.providers import provider
from probe.redact import Redactor
from probe.redact.planned import redacted_probe, redacted_target
from probe.verdict import judge, wanted

if TYPE_CHECKING:
    from probe.transport import ProxyChoice

MAX_SKEW = 120.0
"""Seconds between this clock and the server's beyond which signatures and tokens begin to fail."""

_ROUNDS = 3
"""The first request and two rounds of controls and other auth forms."""

_PUBLIC_ISSUERS = (
    "microsoft",
    "digicert",
    "globalsign",
    "google trust",
    "let's encrypt",
    "amazon",
    "sectigo",
    "cloudflare",
    "entrust",
)


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Check(Frozen):
    """One line about a target: what was looked at, what was seen, what to do."""

    subject: str
    state: State
    seen: str
    remedy: str = ""


async def examine(order: ScanOrder) -> dict[str, list[Check]]:
    """Send one free request a target (its list of models) and the few controls that decide what it means; read all from them."""
    from probe.transport import proxy_for

    probes = {target.name: _probe(order, target) for target in order.targets}
    report = judge(await _ask(order, probes.values()), datetime.now(UTC))
    seen = {one.probe_id: one for one in report.evidence.observations}
    said = {one.probe_id: one.diagnosis for one in report.verdicts}
    checks: dict[str, list[Check]] = {}
    for target in order.targets:
        choice = proxy_for(target.base_url, options) if (options := order.options_of(target.name)) else None
        probe = probes[target.name]
        last = seen[probe.id].last if probe.id in seen else None
        proxy = _proxy(choice, last)
        checks[target.name] = [_variables(target), proxy]
        if proxy.state is State.OK:
            checks[target.name] += _read(target, last, said.get(probe.id), is_proxied=choice is not None)
    return checks


async def _ask(order: ScanOrder, first: Iterable[Probe[RawUrl]]) -> Evidence:
    """Send the requests, then what the rules of a scan would ask to tell their causes apart."""
    redactor = order.redactor()
    probes = {probe.id: probe for probe in first}
    seen: dict[str, Observation] = {}
    scope = replace(order.scope, limits=replace(order.scope.limits, retries=0))
    fresh = list(probes.values())
    async with replace(order, scope=scope).runner(redactor) as runner:
        for _round in range(_ROUNDS):
            await runner.run(fresh, lambda one: seen.__setitem__(one.probe_id, one))
            needed = wanted(_evidence(order, probes, seen, redactor))
            asked = controls(needed, order.catalogue, order.targets, list(probes.values()))
            fresh = [probe for probe in asked if probe.id not in seen]
            probes |= {probe.id: probe for probe in fresh}
    return _evidence(order, probes, seen, redactor)


def _evidence(
    order: ScanOrder, probes: Mapping[str, Probe[RawUrl]], seen: Mapping[str, Observation], redactor: Redactor
) -> Evidence:
    """Put together what the rules look at."""
    catalogue = order.catalogue
    now = datetime.now(UTC)
    return Evidence(
        started_at=min((one.started_at for each in seen.values() for one in each.exchanges), default=now),
        vantage=Vantage(tool_version=__version__, python="", platform=""),
        limits=order.scope.limits,
        catalogue_updated=catalogue.updated,
        catalogue_sha256=catalogue.sha256,
        catalogue_source=catalogue.source,
        targets=tuple(redacted_target(one, order.headers.get(one.name, ()), redactor) for one in order.targets),
        artefacts=catalogue.artefacts,
        surfaces=catalogue.surfaces,
        api_versions=catalogue.api_versions,
        endpoints=catalogue.endpoints,
        probes=tuple(redacted_probe(one, redactor) for one in probes.values()),
        observations=tuple(seen.values()),
    )


def _probe(order: ScanOrder, target: Target[RawUrl]) -> Probe[RawUrl]:
    """Make the request: the target's list of models, else its base URL; asked as a scan's own request, not as a control."""
    made = models_probe(order.catalogue, target)
    if made is not None:
        return replace(made, purpose=Purpose.CANDIDATE, control=None, role=Role.LIST)
    return Probe(
        f"{target.name}/base", target.name, "", "GET", RawUrl(target.base_url + "/"), role=Role.LIST, purpose=Purpose.CANDIDATE
    )


def _variables(target: Target[RawUrl]) -> Check:
    """Name the variables that hold the credentials; their values are not looked at."""
    names = ", ".join(f"{one.variable} ({one.kind})" for one in target.credentials)
    if names or not provider(target.provider).key_variables:
        return Check(_("credentials"), State.OK, names or _("none, and none is needed"))
    return Check(_("credentials"), State.FAIL, _("none found"), _("set the key's variable, or name it with --key-env"))


def _proxy(proxy: ProxyChoice | None, last: Exchange | None) -> Check:
    """Say which proxy is used and who asked for it; behind one that fails nothing can be seen."""
    if proxy is None:
        return Check(_("proxy"), State.OK, _("none"))
    seen = f"{proxy.url} ({proxy.source})"
    failure = last.failure if last else None
    if failure == "proxy_authentication_required" or (last and last.response and last.response.status_code == 407):
        remedy = _("it requires a user name and a password: put them into its URL, http://USER:PASSWORD@HOST:PORT")
    elif failure == "proxy_failed":
        remedy = _("it refuses the target or cannot reach it: ask who runs it, or exempt the target with NO_PROXY")
    elif last and failure and not last.timings.connect:
        remedy = _("check its name and port, or exempt the target with NO_PROXY")
    else:
        return Check(_("proxy"), State.OK, seen)
    return Check(_("proxy"), State.FAIL, f"{seen}: {failure or 'HTTP 407'}", remedy)


def _read(target: Target[RawUrl], last: Exchange | None, found: Diagnosis | None, *, is_proxied: bool) -> Iterator[Check]:
    """Read the checks off one exchange, in the order in which a connection is made."""
    host = host_of(target.base_url)
    if last is None:
        yield Check(_("request"), State.UNKNOWN, _("none was sent"))
        return
    failure = last.failure or ""
    if failure.startswith("dns"):
        yield Check("DNS", State.FAIL, f"{host}: {failure}", _("check the resource's name, and VPN or private DNS"))
        return
    if last.remote_address and not is_proxied:
        kind = str(classify(last.remote_address.rpartition(":")[0].strip("[]")))
        note = _("a private endpoint") if kind == "private" else kind
        yield Check("DNS", State.OK, f"{host} -> {last.remote_address} ({note})")
    if failure and not last.remote_address and not failure.startswith("ssl"):
        yield Check("TCP", State.FAIL, failure, _("check firewall, proxy and port"))
        return
    yield Check("TCP", State.OK, _("connected in {ms:.0f} ms", ms=1000 * (last.timings.connect or 0.0)))
    yield from _tls(target, last, failure)
    if last.response is None:
        if not failure.startswith("ssl"):
            yield Check("HTTP", State.FAIL, failure, _("something between here and the service cut the connection"))
        return
    yield _clock(skew(last.response.headers, last.started_at))
    yield _key(target, last.response, found)


def _tls(target: Target[RawUrl], last: Exchange, failure: str) -> Iterator[Check]:
    """Tell who issued the certificate; an issuer that is not a public CA is probably an intercepting proxy."""
    if failure.startswith("ssl"):
        remedies = {
            "ssl_invalid_certificate": _(
                "it has expired or is not valid yet: check this machine's clock, then who runs the service"
            ),
            "ssl_invalid_hostname": _(
                "it was made for another name: check the URL, and who answers there (VPN, private DNS, --resolve)"
            ),
        }
        remedy = remedies.get(failure, _("an intercepting proxy? give its certificate with --cacert, or install it in the system"))
        yield Check("TLS", State.FAIL, failure + _certificate(last.tls), remedy)
    elif last.tls is None:
        yield (
            Check("TLS", State.WARN, _("none: the key travels in clear"), _("use the https address of the service"))
            if target.credentials
            else Check("TLS", State.OK, _("none"))
        )
    else:
        is_public = any(name in last.tls.issuer.lower() for name in _PUBLIC_ISSUERS)
        state = State.OK if is_public and last.tls.verified else State.WARN
        note = "" if is_public else _("the issuer is not a well-known public CA: a proxy may be inspecting the traffic")
        yield Check("TLS", state, f"{last.tls.version}, {_('issuer')} {last.tls.issuer or '?'}", note)


def _certificate(facts: TlsFacts | None) -> str:
    """What a certificate that was refused says of itself."""
    if facts is None:
        return ""
    names = {"subject": facts.subject or "?", "issuer": facts.issuer or "?", "date": facts.not_after or "?"}
    return ": " + _("{subject}, issuer {issuer}, valid until {date}", **names)


def _clock(ahead: float | None) -> Check:
    """Say how far this clock is ahead of the server's Date."""
    if ahead is None:
        return Check(_("clock"), State.UNKNOWN, _("the server sent no Date"))
    seen, is_off = _("{seconds:+.0f} s against the server", seconds=ahead), abs(ahead) > MAX_SKEW
    state = State.WARN if is_off else State.OK
    return Check(_("clock"), state, seen, _("set this machine's clock") if is_off else "")


def _key(target: Target[RawUrl], response: Response, found: Diagnosis | None) -> Check:
    """Say whether the key was accepted: only a list of models in JSON accepts one; all else is named as a scan names it."""
    seen = f"HTTP {response.status_code}" + (f": {response.error_message}" if response.error_message else "")
    if 200 <= response.status_code < 300 and _is_list(response):
        return Check(_("key"), State.OK, _("accepted ({seen})", seen=seen) if target.credentials else seen)
    if found is None:
        return Check(_("key"), State.UNKNOWN, seen, _("this answer does not tell; `probe scan` does"))
    is_refused = response.status_code in (401, 403) or 200 <= response.status_code < 400
    state = State.FAIL if is_refused else State.UNKNOWN
    return Check(_("key"), state, f"{seen} [{found.code}] {summary(found)}", remedy(found))


def _is_list(response: Response) -> bool:
    """Whether a body is a list of models: JSON with a list under `data`, `value` or `models`."""
    lists = {one.path for one in response.json_paths if "array" in one.type.split("|")}
    return response.sniffed_type == "application/json" and bool(lists & {"$.data", "$.value", "$.models"})
