"""Family network: no answer at all, or one of the network's own rules (firewall, VNet, private endpoint)."""

from __future__ import annotations

from dataclasses import dataclass

from probe.language import _
from probe.model import Confidence, Diagnosis, Outcome
from probe.verdict.case import Case, diagnosis
from probe.verdict.cause import Cause, Sentences, first, named


@dataclass(frozen=True, slots=True)
class Failure:
    """A row of the table of failure words: `words` are parts of OONI's failure strings."""

    code: str
    words: tuple[str, ...]
    says: Sentences


FAILURES = (
    Failure(
        "proxy-auth-required",
        ("proxy_auth", "proxy_407"),
        lambda case: (
            _("the proxy between here and {host} wants a user name and password", **case.names),
            _("put them into --proxy or HTTPS_PROXY"),
        ),
    ),
    Failure(
        "proxy-failed",
        ("proxy", "socks"),
        lambda case: (
            _("the proxy could not connect to {host}", **case.names),
            _("check the proxy's address in --proxy or HTTPS_PROXY, or name the host in NO_PROXY"),
        ),
    ),
    Failure(
        "dns-not-found",
        ("nxdomain", "dns_no_answer", "name_or_service_not_known", "android_dns_cache_no_data"),
        lambda case: (
            _("the name {host} does not exist in DNS", **case.names),
            _("check the resource's name in the URL; with a private endpoint, its private DNS zone must be linked to this network"),
        ),
    ),
    Failure(
        "dns-failed",
        ("dns",),
        lambda case: (_("DNS could not resolve {host}", **case.names), _("try again, or from another network; check the resolver")),
    ),
    Failure(
        "tls-hostname",
        ("ssl_invalid_hostname", "hostname_mismatch"),
        lambda case: (
            _("the certificate that {host} shows is for another name", **case.names),
            _("use the name in the certificate, or check which machine DNS sends you to"),
        ),
    ),
    Failure(
        "tls-unknown-authority",
        ("unknown_authority", "self_signed"),
        lambda case: (
            _("the certificate of {host} is signed by an authority that this machine does not trust", **case.names),
            _("a proxy that reads TLS is the usual cause: give its CA file with --cacert or SSL_CERT_FILE"),
        ),
    ),
    Failure(
        "tls-certificate-invalid",
        ("ssl_invalid_certificate", "certificate", "cert_"),
        lambda case: (
            _("the certificate of {host} is expired or invalid", **case.names),
            _("check this machine's clock, then the server's certificate"),
        ),
    ),
    Failure(
        "tls-failed",
        ("ssl", "tls"),
        lambda case: (
            _("no TLS connection with {host} came about", **case.names),
            _("check that the port speaks TLS and that no proxy breaks it"),
        ),
    ),
    Failure(
        "tcp-refused",
        ("connection_refused",),
        lambda case: (_("{host} refuses connections", **case.names), _("check host and port, and that the service is running")),
    ),
    Failure(
        "tcp-unreachable",
        ("unreachable", "network_down", "host_down", "not_available"),
        lambda case: (
            _("no way leads to {host}", **case.names),
            _("check the network, the VPN and the route to a private address"),
        ),
    ),
    Failure(
        "connect-timeout",
        ("connect_timeout", "connect_time", "tcp_timeout", "timed_out_connect"),
        lambda case: (
            _("{host} did not accept a connection in time", **case.names),
            _("a firewall that drops packets looks like this; try from an allowed network or raise --connect-timeout"),
        ),
    ),
    Failure(
        "response-timeout",
        ("timeout", "timed_out", "silence", "deadline"),
        lambda case: (_("{host} did not answer in time", **case.names), _("raise --timeout, or try again later")),
    ),
    Failure(
        "address-refused",
        ("refused", "request_invalid", "forbidden_address", "private_address"),
        lambda case: (
            _("probe refused to send this request: {detail}", detail=_detail(case)),
            _("ask that address yourself if you trust it"),
        ),
    ),
    Failure(
        "connection-lost",
        ("reset", "aborted", "eof", "closed", "disconnect", "broken_pipe", "incomplete"),
        lambda case: (
            _("the connection to {host} was cut before the answer was whole", **case.names),
            _("try again; a proxy or firewall that cuts connections looks like this"),
        ),
    ),
    Failure(
        "answer-malformed",
        ("protocol", "malformed", "invalid", "bad_", "too_", "limit", "http", "decompress", "parse", "redirect"),
        lambda case: (
            _("what {host} sent is no valid HTTP answer", **case.names),
            _("look at what stands between here and the server"),
        ),
    ),
)


def _detail(case: Case) -> str:
    last = case.observation.last if case.observation else None
    return (last.failure_detail or last.failure or "") if last else ""


def unreachable(case: Case) -> Diagnosis | None:
    """No answer came: the failure word says at which step."""
    if case.failure is None:
        return None
    word = case.failure.lower()
    row = next((one for one in FAILURES if any(part in word for part in one.words)), None)
    cites = ("exchange.failure", "exchange.failure_detail")
    if row is None:
        summary = _("the request to {host} failed: {word}", word=case.failure, **case.names)
        return diagnosis(
            "network-failed", Outcome.UNREACHABLE, summary, _("see the failure's detail in the report"), Confidence.MEDIUM, *cites
        )
    summary, remedy = row.says(case)
    return diagnosis(row.code, Outcome.UNREACHABLE, summary, remedy, Confidence.HIGH, *cites)


def proxy_answer(case: Case) -> Diagnosis | None:
    """407: a proxy, not the service, wants credentials."""
    if case.status != 407:
        return None
    summary, remedy = FAILURES[0].says(case)
    return diagnosis("proxy-auth-required", Outcome.UNREACHABLE, summary, remedy, Confidence.HIGH)


WALLS = (
    Cause(
        "azure-subdomain-unmapped",
        Outcome.UNREACHABLE,
        r"subdomain does not map|subdomain is not mapped|no resource .*subdomain",
        lambda case: (
            _("no resource of Azure has the name {host}", **case.names),
            _(
                "check the resource's name; after its deletion or a rename the old name answers like this; a private "
                "endpoint needs its own DNS zone"
            ),
        ),
    ),
    Cause(
        "azure-private-endpoint",
        Outcome.DENIED,
        r"approved private endpoint|configure private endpoint"
        r"|public (network )?access .{0,40}(disabled|denied|not allowed)|private (endpoint|link) (is )?required",
        lambda case: (
            _("{host} only answers through a private endpoint, and this request came from outside", **case.names),
            _("run probe from a machine inside the virtual network of the private endpoint"),
        ),
        statuses=(401, 403, 404),
    ),
    Cause(
        "azure-vnet",
        Outcome.DENIED,
        r"virtual network is configured|cogsvc-vnet",
        lambda case: (
            _("the resource behind {host} has a virtual network, and this host name is not its own", **case.names),
            _("use the resource's own endpoint https://NAME.openai.azure.com instead of a regional one, from an allowed network"),
        ),
        statuses=(401, 403, 404),
    ),
    Cause(
        "azure-firewall",
        Outcome.DENIED,
        r"virtual network ?/ ?firewall|firewall rules|firewall settings|traffic .{0,20}denied",
        lambda case: (
            _("the firewall of {target} does not allow the address that this request came from", **case.names),
            _("add this machine's public address under Networking of the resource, or run probe from an allowed network"),
        ),
        statuses=(401, 403),
    ),
    Cause(
        "ip-not-authorized",
        Outcome.DENIED,
        r"ip_not_authorized|ip (address )?(is |was )?(not|isn't) (authori[sz]ed|allowed)|your ip\b",
        lambda case: (
            _("{host} does not accept requests from this machine's address", **case.names),
            _("add the address to the allow-list of the project, or run probe from an allowed network"),
        ),
        statuses=(401, 403),
    ),
)


def walled_off(case: Case) -> Diagnosis | None:
    """The words (or Azure's policy header) are those of a network rule in front of the service."""
    found = first(WALLS, case)
    if found or case.status != 403 or "trafficdenied" not in case.header("policy-id").lower():
        return found
    cites = ("response.status_code", "response.headers.policy-id")
    return named(WALLS, "azure-firewall").diagnosis(case, Confidence.HIGH, *cites)


RULES = (unreachable, proxy_answer, walled_off)
