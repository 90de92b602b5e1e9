"""Failures before any response, as clients word them, and the OONI failure code for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.fragment import Fragment

_WORDS = tuple(
    (failure, re.compile(pattern, re.IGNORECASE))
    for failure, pattern in (
        (
            "dns_nxdomain_error",
            r"could not resolve host(?:: \S+)?|getaddrinfo (?:ENOTFOUND|failed)[^\n]{0,80}|name or service not known"
            r"|nodename nor servname provided"
            r"|no such host(?: is known)?|the remote name could not be resolved[^\n]{0,80}|NXDOMAIN|UnknownHostException"
            r"|name resolution",
        ),
        (
            "ssl_unknown_authority",
            r"CERTIFICATE_VERIFY_FAILED[^\n]{0,120}|unable to get local issuer certificate|SEC_E_UNTRUSTED_ROOT[^\n]{0,20}"
            r"|unable to verify the first certificate|self[- ]signed certificate(?: in certificate chain)?"
            r"|SELF_SIGNED_CERT_IN_CHAIN"
            r"|UNABLE_TO_VERIFY_LEAF_SIGNATURE|PKIX path building failed|certificate signed by unknown authority"
            r"|RemoteCertificate(?:ChainErrors|NameMismatch)[^\n]{0,60}",
        ),
        (
            "connection_refused",
            r"connection refused|failed to connect to [^\n]{0,120}refused|ECONNREFUSED[^\n]{0,60}|actively refused it"
            r"|WinError 10061",
        ),
        (
            "connection_reset",
            r"connection reset(?: by peer)?|ECONNRESET|connection was reset|forcibly closed by the remote host|WinError 10054",
        ),
        (
            "generic_timeout_error",
            r"APITimeoutError|ETIMEDOUT|ReadTimeout|ConnectTimeout|operation timed out|request timed out|TaskCanceledException",
        ),
    )
)


def read(text: str) -> Iterator[Fragment]:
    """Read the words of a request that got no response."""
    for failure, pattern in _WORDS:
        for match in pattern.finditer(text):
            yield Fragment("network", match.start(), match.end(), failure=failure)
