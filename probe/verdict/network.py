"""Family network: no answer at all, a proxy's, or one of the network's own rules (firewall, VNet, private endpoint)."""

from __future__ import annotations

from urllib.parse import urlsplit

from probe.facts.headers import header
from probe.facts.urls import host_of, path_of
from probe.model import Confidence, Diagnosis, Purpose, Response
from probe.verdict.case import Case
from probe.verdict.cause import Cause, first
from probe.verdict.compare import fold, mentions

FAILURES = (
    ("proxy-auth-required", ("proxy_auth", "proxy_407")),
    ("proxy-failed", ("proxy", "socks")),
    ("dns-not-found", ("nxdomain", "dns_no_answer", "name_or_service_not_known", "android_dns_cache_no_data")),
    ("dns-failed", ("dns",)),
    ("tls-hostname", ("ssl_invalid_hostname", "hostname_mismatch")),
    ("tls-unknown-authority", ("unknown_authority", "self_signed")),
    ("tls-certificate-invalid", ("ssl_invalid_certificate", "certificate", "cert_")),
    ("tls-failed", ("ssl", "tls")),
    ("tcp-refused", ("connection_refused",)),
    ("tcp-unreachable", ("unreachable", "network_down", "host_down", "not_available")),
    ("connect-timeout", ("connect_timeout", "connect_time", "tcp_timeout", "timed_out_connect")),
    ("response-timeout", ("timeout", "timed_out", "silence", "deadline")),
    ("address-refused", ("refused", "request_invalid", "forbidden_address", "private_address")),
    ("connection-lost", ("reset", "aborted", "eof", "closed", "disconnect", "broken_pipe", "incomplete")),
    ("answer-malformed", ("protocol", "malformed", "invalid", "bad_", "too_", "limit", "http", "decompress", "parse", "redirect")),
)
"""Codes, and the parts of OONI's failure strings that give them away; the first that fits counts."""
_NAMED = frozenset({"dns-not-found", "tcp-refused", "tcp-unreachable", "connect-timeout"})
"""Failures that lie with who named the address, where an answer of the target did."""


_REFUSED_BY_PROXY = (401, 403, 404, 405, 451, 511)
"""Statuses by which a proxy says that it will not, not that it cannot (5xx)."""
_WRONG_PORT = (
    r"plain http request was sent to https|client sent an http request to an https|requires tls|speaking plain http to an ssl"
    r"|please use https|https is required"
)
"""nginx, Go, Netty and Apache about HTTP that came to a port of HTTPS."""
_NO_CERTIFICATE = (
    r"no required ssl certificate|ssl certificate (error|is required|required)|client certificate .{0,30}(required|missing|not)"
)


def proxy_hop(case: Case) -> Diagnosis | None:
    """The request ended at the proxy: it cannot be reached, wants a password, refuses by policy, or could not get any further."""
    last = case.last
    if last is None or last.failure is None or last.hop != "proxy":
        return None
    said = last.proxy_response
    if said is None and not last.failure.startswith("proxy_"):
        return _of_proxy(case, "proxy-unreachable", None)
    if last.failure in ("proxy_authentication_required", "proxy_407") or (said and said.status_code == 407):
        return _of_proxy(case, "proxy-auth-required", said)
    is_policy = last.failure == "proxy_refused" or (said is not None and said.status_code in _REFUSED_BY_PROXY)
    return _of_proxy(case, "proxy-refused" if is_policy else "proxy-failed", said)


def _of_proxy(case: Case, code: str, said: Response | None) -> Diagnosis:
    """A diagnosis that names the proxy and what it said: the error that it names, else the title of its page."""
    page = (header(said.headers, "x-squid-error") or said.title) if said else None
    cites = ("exchange.hop", "exchange.proxy_response") if case.failure else ("response.status_code", "response.headers")
    code_seen = said.status_code if said else None
    return case.found(code, *cites, proxy=_proxy_name(case, said), code=code_seen, page=page)


def _proxy_name(case: Case, said: Response | None) -> str:
    """How the proxy is called: as the user configured it, else as it calls itself."""
    proxy = dict(case.target.network).get("proxy") or case.scan.evidence.vantage.proxy or ""
    configured = proxy.rpartition("://")[2].rpartition("@")[2].rstrip("/")
    told = said.headers if said else ()
    own = header(told, "via").split(",")[0].split()
    return configured or " ".join(own[1:]) or header(told, "server") or "on the way"


def proxy_page(case: Case) -> Diagnosis | None:
    """The answer is the proxy's own page and not the service's."""
    response = case.response
    if response is None or (case.status < 400 and not case.is_page):
        return None
    if case.status == 407:
        return _of_proxy(case, "proxy-auth-required", response)
    if case.answered_by != "proxy":
        return None
    if case.status == 401:
        return _of_proxy(case, "proxy-auth-required", response)
    is_policy = case.status < 400 or case.status in _REFUSED_BY_PROXY
    return _of_proxy(case, "proxy-refused" if is_policy else "proxy-failed", response)


def wrong_scheme(case: Case) -> Diagnosis | None:
    """HTTP was spoken to a port of HTTPS, or the other way round, or the server wants a certificate of its client."""
    last = case.last
    title = (case.response.title or "") if case.response else ""
    words = fold(f"{last.failure or ''} {last.failure_detail} {case.message} {title}") if last else ""
    if case.status in (400, 403, 495, 496) and mentions(_NO_CERTIFICATE, words):
        return case.found("client-certificate-wanted", "response.error_message")
    if case.probe.url.startswith("http:"):
        is_cut = case.failure is not None and urlsplit(case.probe.url).port == 443
        if is_cut or mentions(r"speaks https", words) or (case.status in (400, 426, 497) and mentions(_WRONG_PORT, words)):
            return case.found("tls-expected", "exchange.failure_detail", "response.error_message")
        asked, led = case.probe.url, case.header("location")
        is_same = (host_of(led), path_of(led)) == (host_of(asked), path_of(asked))
        if 300 <= case.status < 400 and is_same and led.lower().startswith("https:"):
            return case.found("tls-expected", "response.headers.location")
        return None
    if case.failure is not None and mentions(
        r"wrong[ _]version[ _]number|http request|packet length too long|record layer failure", words
    ):
        return case.found("tls-not-spoken", "exchange.failure_detail")
    if case.failure is not None and mentions(r"certificate[ _]required|alert[ _]bad[ _]certificate", words):
        return case.found("client-certificate-wanted", "exchange.failure_detail")
    return None


def unreachable(case: Case) -> Diagnosis | None:
    """No response came: the failure code tells the step that failed."""
    if case.failure is None:
        return None
    word = case.failure.lower()
    code = next((code for code, words in FAILURES if any(part in word for part in words)), None)
    if code in ("proxy-auth-required", "proxy-failed"):
        return _of_proxy(case, code, None)
    is_doubtful = code is None or (code in ("tls-failed", "connection-lost") and case.probe.url.startswith("https:"))
    confidence = Confidence.MEDIUM if is_doubtful else Confidence.HIGH
    is_named = code in _NAMED and case.probe.purpose is Purpose.LINK and not case.is_at_home
    cites = ("exchange.failure", "exchange.failure_detail", *(("request.url",) if is_named else ()))
    variant = "handed" if is_named else ""
    return case.found(code or "network-failed", *cites, variant=variant, confidence=confidence, target=case.called)


WALLS = (
    Cause("azure-subdomain-unmapped", r"subdomain does not map|subdomain is not mapped|no resource .*subdomain"),
    Cause(
        "azure-private-endpoint",
        r"approved private endpoint|configure private endpoint"
        r"|public (network )?access .{0,40}(disabled|denied|not allowed)|private (endpoint|link) (is )?required",
        statuses=(401, 403, 404),
    ),
    Cause("azure-vnet", r"virtual network is configured|cogsvc-vnet", statuses=(401, 403, 404)),
    Cause(
        "azure-firewall",
        r"virtual network ?/ ?firewall|firewall rules|firewall settings|traffic .{0,20}denied",
        statuses=(401, 403),
    ),
    Cause(
        "ip-not-authorized",
        r"ip_not_authorized|ip (address )?(is |was )?(not|isn't) (authori[sz]ed|allowed)|your ip\b"
        r"|caller ?ip ?(address|not allowed)",
        statuses=(401, 403),
    ),
)


def walled_off(case: Case) -> Diagnosis | None:
    """The words (or Azure's policy header) are those of a network rule in front of the service."""
    found = first(WALLS, case)
    if found or case.status != 403 or "trafficdenied" not in case.header("policy-id").lower():
        return found
    return case.found("azure-firewall", "response.status_code", "response.headers.policy-id")


RULES = (proxy_hop, proxy_page, wrong_scheme, unreachable, walled_off)
