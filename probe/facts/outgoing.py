"""What may never go out with a request: headers and query parameters that change what is asked, where, and on whose account."""

from __future__ import annotations

import re

FRAMING = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
    "expect", "http2-settings", "proxy-authorization", "proxy-authenticate",
})  # fmt: skip
"""Where a message ends, whom it is for and what becomes of its connection: only the transport says that (RFC 9112, 6 and 9.6)."""
OVERRIDES = frozenset({
    "x-http-method", "x-http-method-override", "x-method", "x-method-override", "x-original-method", "x-original-url",
    "x-original-uri", "x-rewrite-url", "x-forwarded-host", "x-forwarded-server", "x-forwarded-uri", "x-forwarded-path",
    "x-forwarded-prefix", "x-original-host", "x-host", "forwarded",
})  # fmt: skip
"""Another method, path or host than the request line and Host say, where a server behind believes them."""
CREDENTIALS = frozenset({
    "authorization", "api-key", "apikey", "x-api-key", "x-apikey", "x-auth-token", "x-access-token", "x-goog-api-key",
    "x-functions-key", "x-ms-token-aad-id-token", "ocp-apim-subscription-key", "subscription-key", "x-amz-security-token",
    "cookie", "cookie2",
})  # fmt: skip
"""Whose account a request is on: one at a time, and only as the user gave it."""
QUERY_OVERRIDES = frozenset({"-method", "x-http-method", "x-http-method-override", "x-method-override"})
QUERY_CREDENTIALS = frozenset({"key", "access-token", "api-key", "apikey", "subscription-key"})

_OVERRIDE = re.compile(r"(?:^|-)(?:override|rewrite)(?:-|$)|^x-(?:envoy-)?original-|^(?:soapaction|x-amz-target|destination)$")
"""The same by the words that such names are made of, for every gateway has its own."""
_IDENTITY = re.compile(
    r"^(?:x-)?forwarded(?:-|$)|^x-real-ip$|(?:^|-)client-(?:ip|cert|principal)(?:-|$)|(?:^|-)remote-(?:user|addr|ip|host)$|^x-ms-token-"
)


def is_override(name: str) -> bool:
    """Whether a header makes another request of this one, where a server believes it."""
    return plain(name) in OVERRIDES or bool(_OVERRIDE.search(plain(name)))


def is_identity(name: str) -> bool:
    """Whether a header says who asks or from where: what gateways write for the servers behind them."""
    return bool(_IDENTITY.search(plain(name)))


def plain(name: str) -> str:
    """Write a header's name as servers compare it: they take `X_Method` for `X-Method`."""
    return name.strip().lower().replace("_", "-")
