"""Failures before any response, as clients and browsers word them, and the failure code of each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.fragment import Fragment

_UNKNOWN = re.compile(r"Unable to connect to the remote server|APIConnectionError: Connection error|APIConnectionError\(")
"""Words that tell only that there was no response."""
_CURL = re.compile(r"curl: \((\d{1,2})\)")
_NUMBERS = {
    "6": "dns_nxdomain_error",
    "7": "connection_refused",
    "18": "connection_reset",
    "28": "generic_timeout_error",
    "35": "ssl_failed_handshake",
    "52": "eof_error",
    "56": "connection_reset",
    "60": "ssl_unknown_authority",
    "92": "connection_reset",
}
"""Exit codes of curl (curl's manual, EXIT CODES), for a line whose words tell no more."""
_WORDS = {
    "proxy_authentication_required": r"tunnel (?:connection )?failed[^\n]{0,20}\b407\b|from proxy after CONNECT[^\n]{0,20}407"
    r"|ERR_PROXY_AUTH\w*",
    "proxy_refused": r"tunnel (?:connection )?failed[^\n\d]{0,20}4(?!07)\d\d\b|Received HTTP code 4(?!07)\d\d from proxy",
    "proxy_unreachable": r"(?:unable to|cannot|failed to) connect to proxy(?![^\n]{0,120}tunnel connection failed)[^\n]{0,400}"
    r"|ERR_PROXY_CONNECTION_FAILED|could not resolve proxy[^\n]{0,80}",
    "proxy_failed": r"tunnel connection failed: 5|ERR_TUNNEL_CONNECTION_FAILED|tunneling socket could not be established"
    r"|HTTP code 5\d\d from proxy",
    "dns_temporary_failure": r"EAI_AGAIN|temporary failure in name resolution|server misbehaving",
    "dns_nxdomain_error": r"could not resolve host(?:: \S+)?|getaddrinfo (?:ENOTFOUND|failed)[^\n]{0,80}"
    r"|name or service not known|NXDOMAIN|nodename nor servname provided|no such host(?: is known)?"
    r"|the remote name could not be resolved[^\n]{0,80}|UnknownHostException|ERR_NAME_NOT_RESOLVED|NSURLErrorDomain Code=-1003"
    r"|(?<!in )name resolution",
    "ssl_invalid_hostname": r"(?:hostname|IP address) mismatch|ERR_TLS_CERT_ALTNAME_INVALID|ERR_CERT_COMMON_NAME_INVALID"
    r"|RemoteCertificateNameMismatch|certificate is valid for [^\n]{1,120}, not"
    r"|no (?:subject )?alternative (?:certificate subject|DNS) name|BAD_CERT_DOMAIN",
    "ssl_invalid_certificate": r"certificate (?:has expired|is not yet valid)|CERT_HAS_EXPIRED|ERR_CERT_DATE_INVALID"
    r"|could not establish trust relationship|NSURLErrorDomain Code=-120[1-4]",
    "ssl_unknown_authority": r"CERTIFICATE_VERIFY_FAILED(?![^\n]{0,120}(?:mismatch|has expired|not yet valid))[^\n]{0,120}"
    r"|UntrustedRoot|PartialChain|unable to get local issuer certificate|SEC_E_UNTRUSTED_ROOT[^\n]{0,20}"
    r"|unable to verify the first certificate|self[- ]signed certificate(?: in certificate chain)?|SELF_SIGNED_CERT_IN_CHAIN"
    r"|UNABLE_TO_VERIFY_LEAF_SIGNATURE|PKIX path building failed|certificate signed by unknown authority"
    r"|RemoteCertificateChainErrors[^\n]{0,60}|ERR_CERT_AUTHORITY_INVALID|SEC_ERROR_UNKNOWN_ISSUER",
    "ssl_failed_handshake": r"wrong[_ ]version[_ ]number|handshake[_ ]failure|TLS handshake timeout"
    r"|could not create SSL/TLS secure channel|ERR_SSL_PROTOCOL_ERROR|NSURLErrorDomain Code=-1200|SSL_ERROR_SYSCALL"
    r"|first record does not look like a TLS handshake",
    "connection_refused": r"connection refused|failed to connect to [^\n]{0,120}refused|ECONNREFUSED[^\n]{0,60}"
    r"|actively refused it|WinError 10061|ERR_CONNECTION_REFUSED|NSURLErrorDomain Code=-1004",
    "host_unreachable": r"no route to host|network is unreachable|E(?:HOST|NET)UNREACH|NSURLErrorDomain Code=-1009"
    r"|WinError 1005[0-2]|unreachable (?:host|network)",
    "connect_timeout": r"ConnectTimeout|connect timed out|(?<!110: )connection timed out|dial tcp [^\n]{1,120}i/o timeout"
    r"|connect ETIMEDOUT|failed to connect to [^\n]{1,160} after \d{4,7} ms|did not properly respond after a period"
    r"|WinError 10060|ERR_CONNECTION_TIMED_OUT",
    "eof_error": r"RemoteDisconnected|server ?disconnected|empty reply from server|ERR_EMPTY_RESPONSE"
    r"|response ended prematurely|\": EOF\b",
    "connection_reset": r"connection reset(?: by peer)?|ECONNRESET|connection was reset|forcibly closed by the remote host"
    r"|WinError 10054|ERR_CONNECTION_(?:RESET|CLOSED)|\bEPIPE\b|broken pipe|socket hang up"
    r"|(?:closed abruptly|not closed cleanly)\b",
    "generic_timeout_error": r"APITimeoutError|ETIMEDOUT|ReadTimeout|(?:operation|request|read) (?:has )?timed out"
    r"|TaskCanceledException|HttpClient\.Timeout|SocketTimeoutException: (?!connect)|deadline exceeded"
    r"|timeout of \d{1,9} ?ms exceeded|ERR_TIMED_OUT|NSURLErrorDomain Code=-1001",
}
"""Failure codes, and how clients and browsers word them; the cause stands before what only tells of a failure."""
_PATTERNS = tuple((failure, re.compile(words, re.IGNORECASE)) for failure, words in _WORDS.items())


def read(text: str) -> Iterator[Fragment]:
    """Read the words of a request that got no response; the cause counts before words that only tell of a failure."""
    found = [
        Fragment("network", match.start(), match.end(), failure=failure)
        for failure, pattern in _PATTERNS
        for match in pattern.finditer(text)
    ]
    yield from found
    unknown = None if found else _UNKNOWN.search(text) or _CURL.search(text)
    failure = _NUMBERS.get(unknown[1]) if unknown and unknown.re is _CURL else "unknown_failure"
    if unknown and failure:
        yield Fragment("network", unknown.start(), unknown.end(), failure=failure)
