"""Pages of what stands between here and the service, and of servers that fail."""

from __future__ import annotations

from probe.verdict.pages import Explanation

_DOCTOR = "`probe doctor` shows at which step it ends."


def _failure(title: str, how: str, lookalikes: str, do: str) -> Explanation:
    return Explanation(title, f"No answer came; the failure word says: {how}", lookalikes, f"{do} {_DOCTOR}")


PAGES = {
    "dns-not-found": _failure(
        "The host does not exist",
        "DNS knows no such name.",
        "A private endpoint's zone that is not linked to this network.",
        "Check the resource's name.",
    ),
    "dns-failed": _failure(
        "DNS does not answer",
        "the resolver failed.",
        "A name that does not exist has its own code.",
        "Try again or from another network.",
    ),
    "tcp-refused": _failure(
        "Connection refused",
        "nothing listens at host and port.",
        "A firewall that refuses instead of dropping.",
        "Check host and port.",
    ),
    "tcp-unreachable": _failure(
        "No way to the host", "no route leads there.", "A VPN that is not connected.", "Check network, VPN and private addresses."
    ),
    "connect-timeout": _failure(
        "No connection in time",
        "the host did not accept in time.",
        "A firewall that drops packets.",
        "Try from an allowed network or raise --connect-timeout.",
    ),
    "response-timeout": _failure(
        "No answer in time", "connected, and then silence or a drip.", "A slow backend behind a gateway.", "Raise --timeout."
    ),
    "connection-lost": _failure(
        "The connection was cut",
        "reset, aborted or ended too early.",
        "A proxy or firewall that cuts connections.",
        "Try again, then from another network.",
    ),
    "tls-hostname": _failure(
        "The certificate is for another name",
        "the host name is not in it.",
        "DNS that leads to a proxy.",
        "Use the certificate's name.",
    ),
    "tls-unknown-authority": _failure(
        "Unknown certificate authority",
        "the issuer is not trusted here.",
        "A proxy that reads TLS.",
        "Give its CA with --cacert or SSL_CERT_FILE.",
    ),
    "tls-certificate-invalid": _failure(
        "Invalid certificate",
        "it is expired or broken.",
        "A wrong clock on this machine.",
        "Check the clock, then the server's certificate.",
    ),
    "tls-failed": _failure(
        "No TLS connection", "the handshake failed.", "A port that speaks plain HTTP; an old proxy.", "Check port and proxy."
    ),
    "proxy-auth-required": _failure(
        "The proxy wants a password",
        "407 by the proxy.",
        "The service's own 401.",
        "Put user name and password into --proxy or HTTPS_PROXY.",
    ),
    "proxy-failed": _failure(
        "The proxy failed",
        "it could not connect.",
        "A host that the proxy does not allow.",
        "Check the proxy, or name the host in NO_PROXY.",
    ),
    "address-refused": Explanation(
        "probe refused to go there",
        "The URL leads to a private, link-local or metadata address, another scheme or too many redirects, and the target "
        "itself is no such address.",
        "Nothing: this is our own rule.",
        "Ask that address yourself if you trust it.",
    ),
    "answer-malformed": _failure(
        "No valid HTTP",
        "what came is no HTTP answer, or beyond the limits.",
        "Another protocol at that port.",
        "Look at what stands between here and the server.",
    ),
    "network-failed": _failure(
        "The request failed", "a failure that has no code of its own.", "Any other failure.", "See the detail in the report."
    ),
    "azure-firewall": Explanation(
        "The resource's firewall",
        'Azure\'s words "Virtual Network/Firewall rules", or the header policy-id: ThrowExceptionDueToTrafficDenied.',
        "A private endpoint and a virtual network have words of their own.",
        "Add this machine's address under Networking of the resource, or run probe from an allowed network.",
    ),
    "azure-vnet": Explanation(
        "A virtual network, and the wrong host name",
        'Azure\'s words "A Virtual Network is configured for this resource. Please use the correct endpoint".',
        "The firewall's refusal.",
        "Use the resource's own endpoint, from an allowed network.",
    ),
    "azure-private-endpoint": Explanation(
        "Only through the private endpoint",
        "The words speak of an approved private endpoint, or of public access that is disabled.",
        "The firewall's refusal; DNS that still leads to the public address.",
        "Run probe inside the network, and check that DNS gives the private address there.",
    ),
    "azure-subdomain-unmapped": Explanation(
        "No resource has this name",
        'Azure\'s words "Subdomain does not map to a resource".',
        "A resource that was deleted or renamed; DNS of a private endpoint.",
        "Check the resource's name.",
    ),
    "ip-not-authorized": Explanation(
        "This address is not on the list",
        "The words or code say that the IP address is not authorized.",
        "A firewall of the resource.",
        "Add the address to the project's list.",
    ),
    "throttled-requests": Explanation(
        "Too many requests",
        "429 (or a gateway's 403 with quota words) about requests or calls; a 429 without words counts as this.",
        "Token quota, capacity and spending limit, which are told by words and headers.",
        "Wait as long as the server asks, and lower --rate-limit.",
    ),
    "throttled-tokens": Explanation(
        "The token quota is used up",
        "429 about tokens, the header policy-id with Token, or no remaining tokens while requests remain.",
        "The request limit.",
        "Wait, or ask for more quota.",
    ),
    "throttled-capacity": Explanation(
        "No capacity",
        "429 or 503 whose words speak of capacity, load or demand.",
        "Your own quota, which waiting by the clock restores.",
        "Try again later or in another region.",
    ),
    "throttled-jobs": Explanation(
        "Too many jobs at once",
        'Words such as "Too many running tasks".',
        "The request limit.",
        "Wait until a job ends.",
    ),
    "spend-limit": Explanation(
        "No money left",
        "insufficient_quota, billing words, or status 402.",
        "Throttling, which passes by itself.",
        "Check plan, billing and limits of the account.",
    ),
    "server-error": Explanation(
        "The server failed",
        "A 5xx of the service itself; the report says whether a nonsense path gets the same.",
        "A gateway's own failure.",
        "Try again; if it stays, give the vendor the request ids.",
    ),
    "gateway-error": Explanation(
        "A gateway got no answer",
        "502 or 504, or a 503 page.",
        "The service's own failure.",
        "Try again; if it stays, ask the gateway's owner.",
    ),
}
