"""Records of what stands between here and the service."""

from __future__ import annotations

from functools import partial

from probe.diagnoses.record import SAID, Owner, Records, denied, unreachable

_PAGE = (("page", ': "{page}"'),)
_SAID_BY_PROXY = (("code", " ({code})"), *_PAGE)

_in_between = partial(unreachable, owner=Owner.NETWORK)
_blocked = partial(denied, owner=Owner.NETWORK)

_HANDED = {"handed": ("", "{target} named this address: ask its operator for one that can be reached from here.")}

RECORDS: Records = {
    "dns-not-found": unreachable(
        title="No such host",
        summary="The name {host} does not exist in DNS",
        remedy=("Check the resource's name in the URL. With a private endpoint, link its private DNS zone to this network."),
        variants=_HANDED,
        how_decided="No answer came; the failure says: DNS knows no such name.",
        lookalikes="A private endpoint's zone that is not linked to this network.",
    ),
    "dns-failed": _in_between(
        title="DNS failed",
        summary="DNS could not resolve {host}",
        remedy="Try again, or from another network, and check the resolver.",
        how_decided="No answer came; the failure says: the resolver failed.",
        lookalikes="A name that does not exist has its own code.",
    ),
    "tcp-refused": unreachable(
        title="Connection refused",
        summary="{host} refuses connections",
        remedy="Check host and port, and that the service is running.",
        variants=_HANDED,
        how_decided="No answer came; the failure says: nothing listens at host and port.",
        lookalikes="A firewall that refuses instead of dropping.",
    ),
    "tcp-unreachable": _in_between(
        title="Host unreachable",
        summary="{host} is unreachable",
        remedy="Check the network, the VPN and the route to a private address.",
        variants=_HANDED,
        tails=(("detail", ": {detail}"),),
        how_decided="No answer came; the failure says: no route leads there.",
        lookalikes="A VPN that is not connected.",
    ),
    "connect-timeout": _in_between(
        title="Connection timed out",
        summary="{host} did not accept a connection in time",
        remedy=("Try from an allowed network or raise --connect-timeout: a firewall that drops packets looks like this."),
        variants=_HANDED,
        how_decided="No answer came; the failure says: the host did not accept in time.",
        lookalikes="A firewall that drops packets.",
    ),
    "response-timeout": unreachable(
        title="Response timed out",
        summary="{host} did not respond in time",
        remedy="Raise --timeout, or try again later.",
        how_decided="No answer came; the failure says: connected, and then silence or a drip.",
        lookalikes="A slow backend behind a gateway.",
    ),
    "connection-lost": _in_between(
        title="Connection lost",
        summary="The connection to {host} was cut before the response was complete",
        remedy="Try again: a proxy or firewall that cuts connections looks like this.",
        how_decided="No answer came; the failure says: reset, aborted or ended too early.",
        lookalikes="A proxy or firewall that cuts connections.",
    ),
    "tls-hostname": _in_between(
        title="Certificate for another name",
        summary="The certificate of {host} is for another name",
        remedy="Use the name in the certificate, or check which machine DNS sends you to.",
        how_decided="No answer came; the failure says: the host name is not in it.",
        lookalikes="DNS that leads to a proxy.",
    ),
    "tls-unknown-authority": _in_between(
        title="Unknown certificate authority",
        summary="The certificate of {host} is signed by an authority that this machine does not trust",
        remedy=("Give the CA file with --cacert or SSL_CERT_FILE: a proxy that inspects TLS is the usual cause."),
        how_decided="No answer came; the failure says: the issuer is not trusted here.",
        lookalikes="A proxy that inspects TLS.",
    ),
    "tls-certificate-invalid": _in_between(
        title="Invalid certificate",
        summary="The certificate of {host} is expired or invalid",
        remedy="Check this machine's clock, then the server's certificate.",
        how_decided="No answer came; the failure says: it is expired or broken.",
        lookalikes="A wrong clock on this machine.",
    ),
    "tls-failed": _in_between(
        title="TLS handshake failed",
        summary="The TLS handshake with {host} failed",
        remedy=(
            "Check that the port speaks TLS and that no proxy breaks it. A server that requires a client certificate may end "
            "it like this too: then give --cert and --key."
        ),
        tails=(("detail", ": {detail}"),),
        how_decided="No answer came; the failure says: the handshake failed.",
        lookalikes="A port that speaks plain HTTP; an old proxy.",
    ),
    "proxy-auth-required": unreachable(
        title="The proxy requires a password",
        summary="The proxy {proxy} requires a user name and password before it connects to {host} (407)",
        remedy=(
            "Put user name and password into --proxy or HTTPS_PROXY (http://USER:PASSWORD@{proxy}); "
            "if they are there, they are wrong."
        ),
        tails=_PAGE,
        how_decided="407, from the proxy: to CONNECT before the TLS connection, or in place of the service's response.",
        lookalikes="The service's own 401.",
        what_to_do="Put user name and password into --proxy or HTTPS_PROXY.",
    ),
    "proxy-refused": _blocked(
        title="Refused by the proxy",
        summary="The proxy {proxy} refuses to connect to {host}",
        remedy="Ask the proxy's operator to allow {host}, or add the host to NO_PROXY if it can be reached directly.",
        tails=_SAID_BY_PROXY,
        how_decided="The proxy answered CONNECT (or the request itself) with a refusal: 403 or another 4xx, on its own page.",
        lookalikes="A 403 of the service itself, which has passed the proxy.",
        what_to_do="Ask the operator of the proxy to allow the host. The request never reached the service.",
    ),
    "proxy-unreachable": unreachable(
        title="Proxy unreachable",
        summary="The proxy {proxy} cannot be reached: {failure}",
        remedy="Check the proxy's address in --proxy or HTTPS_PROXY, and that it is running.",
        tails=(("detail", " ({detail})"),),
        how_decided="The connection to the proxy itself failed: its name, its port, or TLS with it.",
        lookalikes="A service that refuses connections: here the request did not get that far.",
    ),
    "proxy-failed": _in_between(
        title="The proxy could not connect",
        summary="The proxy {proxy} could not connect to {host}",
        remedy="Check that {host} is right and that the proxy can reach it, or add the host to NO_PROXY.",
        tails=_SAID_BY_PROXY,
        how_decided="The proxy answered with 5xx or a failure of its own instead of opening the way.",
        lookalikes="A gateway of the service that answers 502: its answer has passed the proxy.",
        what_to_do="Check the host, then the proxy.",
    ),
    "tls-expected": unreachable(
        title="This port requires HTTPS",
        summary="{host} speaks HTTPS on this port, and plain HTTP was sent",
        remedy="Use https:// in the target's URL.",
        how_decided="The server said so in words, redirected there, answered in TLS, or closed a plain connection to port 443.",
        lookalikes="A server that closes every connection.",
    ),
    "tls-not-spoken": unreachable(
        title="This port does not speak TLS",
        summary="{host} does not speak TLS on this port",
        remedy="Use http:// in the target's URL, or the port of HTTPS.",
        tails=(("detail", ": {detail}"),),
        how_decided="What came in place of the handshake is no TLS (wrong version number).",
        lookalikes="A proxy that answers in plain text.",
    ),
    "client-certificate-wanted": denied(
        title="Client certificate required",
        summary="{host} requires a client certificate",
        remedy="Give certificate and key with --cert FILE and --key FILE.",
        tails=(SAID,),
        how_decided='The TLS alert "certificate required", or words such as "No required SSL certificate was sent" (nginx).',
        lookalikes="A missing API key.",
    ),
    "address-refused": unreachable(
        title="Not sent: unsafe address",
        summary="probe refused to send this request",
        remedy="Ask that address yourself if you trust it.",
        tails=(("detail", ": {detail}"),),
        how_decided=(
            "The URL leads to a private, link-local or metadata address, another scheme or too many redirects, "
            "and the target itself is not such an address."
        ),
        lookalikes="Nothing: this is our own rule.",
    ),
    "answer-malformed": _in_between(
        title="Not valid HTTP",
        summary="{host} did not send a valid HTTP response",
        remedy="Look at what stands between here and the server.",
        how_decided="No answer came; the failure says: what came is not an HTTP response, or beyond the limits.",
        lookalikes="Another protocol at that port.",
    ),
    "network-failed": _in_between(
        title="Request failed",
        summary="The request to {host} failed: {failure}",
        remedy="See the failure's detail in the report.",
        how_decided="No answer came; the failure says: a failure that has no code of its own.",
        lookalikes="Any other failure.",
    ),
    "azure-firewall": _blocked(
        title="Blocked by the resource's firewall",
        summary="Blocked by the firewall of the resource {target} ({status})",
        remedy=("Add this machine's public address under Networking of the resource, or run probe from an allowed network."),
        how_decided=('Azure\'s words "Virtual Network/Firewall rules", or the header policy-id: ThrowExceptionDueToTrafficDenied.'),
        lookalikes="A private endpoint and a virtual network have words of their own.",
    ),
    "azure-vnet": _blocked(
        title="Virtual network; wrong host name",
        summary="The resource behind {host} has a virtual network, and this host name is not its own",
        remedy=(
            "Use the resource's own endpoint https://NAME.openai.azure.com instead of a regional one, from an allowed network."
        ),
        how_decided=('Azure\'s words "A Virtual Network is configured for this resource. Please use the correct endpoint".'),
        lookalikes="The firewall's refusal.",
    ),
    "azure-private-endpoint": _blocked(
        title="Private endpoint only",
        summary="{host} only responds through a private endpoint, and this request came from outside",
        remedy="Run probe from a machine inside the virtual network of the private endpoint.",
        how_decided="The words speak of an approved private endpoint, or of public access that is disabled.",
        lookalikes="The firewall's refusal; DNS that still leads to the public address.",
        what_to_do="Run probe inside the network, and check that DNS gives the private address there.",
    ),
    "azure-subdomain-unmapped": unreachable(
        title="No resource with this name",
        summary="Azure does not have a resource with the name {host}",
        remedy=(
            "Check the resource's name: a deleted or renamed one gets this response. A private endpoint needs its own DNS zone."
        ),
        how_decided='Azure\'s words "Subdomain does not map to a resource".',
        lookalikes="A resource that was deleted or renamed; DNS of a private endpoint.",
    ),
    "ip-not-authorized": _blocked(
        title="IP address not allowed",
        summary="{host} does not accept requests from this machine's address",
        remedy="Add the address to the allow-list of the project, or run probe from an allowed network.",
        how_decided="The words or code say that the IP address is not authorized.",
        lookalikes="A firewall of the resource.",
    ),
}
