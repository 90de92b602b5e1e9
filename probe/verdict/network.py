"""Family network: no answer at all, or one of the network's own rules (firewall, VNet, private endpoint)."""

from __future__ import annotations

from probe.model import Confidence, Diagnosis
from probe.verdict.case import Case
from probe.verdict.cause import Cause, first

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


def unreachable(case: Case) -> Diagnosis | None:
    """No answer came: the failure word says at which step."""
    if case.failure is None:
        return None
    word = case.failure.lower()
    code = next((code for code, words in FAILURES if any(part in word for part in words)), None)
    confidence = Confidence.HIGH if code else Confidence.MEDIUM
    return case.found(code or "network-failed", "exchange.failure", "exchange.failure_detail", confidence=confidence)


def proxy_answer(case: Case) -> Diagnosis | None:
    """407: a proxy, not the service, wants credentials."""
    return case.found("proxy-auth-required") if case.status == 407 else None


WALLS = (
    Cause(
        "azure-subdomain-unmapped",
        r"subdomain does not map|subdomain is not mapped|no resource .*subdomain",
    ),
    Cause(
        "azure-private-endpoint",
        r"approved private endpoint|configure private endpoint"
        r"|public (network )?access .{0,40}(disabled|denied|not allowed)|private (endpoint|link) (is )?required",
        statuses=(401, 403, 404),
    ),
    Cause(
        "azure-vnet",
        r"virtual network is configured|cogsvc-vnet",
        statuses=(401, 403, 404),
    ),
    Cause(
        "azure-firewall",
        r"virtual network ?/ ?firewall|firewall rules|firewall settings|traffic .{0,20}denied",
        statuses=(401, 403),
    ),
    Cause(
        "ip-not-authorized",
        r"ip_not_authorized|ip (address )?(is |was )?(not|isn't) (authori[sz]ed|allowed)|your ip\b",
        statuses=(401, 403),
    ),
)


def walled_off(case: Case) -> Diagnosis | None:
    """The words (or Azure's policy header) are those of a network rule in front of the service."""
    found = first(WALLS, case)
    if found or case.status != 403 or "trafficdenied" not in case.header("policy-id").lower():
        return found
    return case.found("azure-firewall", "response.status_code", "response.headers.policy-id")


RULES = (unreachable, proxy_answer, walled_off)
