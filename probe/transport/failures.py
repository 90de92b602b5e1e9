"""Every way in which an exchange can end without a response, as an OONI failure code (ooni/spec df-007-errors) or one of ours."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator


class WireError(Exception):
    """A failure that we found ourselves: a limit, a refused address, a timeout. `word` is the failure, the text its detail."""

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(detail)
        self.word = word


_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 24, 27, 28})
_WRONG_NAME = frozenset({62, 63, 64})

Test = Callable[[BaseException], bool]


def _verify_code(codes: frozenset[int]) -> Test:
    return lambda exc: getattr(exc, "verify_code", None) in codes


def _errno(*names: str) -> Test:
    """Compare by name: Windows has numbers of its own for sockets (`WSAEHOSTUNREACH`), and not every system has every name."""
    numbers = {getattr(errno, prefix + name, None) for name in names for prefix in ("", "WSA")} - {None}
    return lambda exc: getattr(exc, "errno", None) in numbers


def _says(*words: str) -> Test:
    return lambda exc: any(word in str(exc) for word in words)


def _gai(*names: str) -> Test:
    numbers = tuple(getattr(socket, name) for name in names if hasattr(socket, name))
    return lambda exc: bool(exc.args) and exc.args[0] in numbers


def _is_end_of_stream(exc: BaseException) -> bool:
    """Whether the other side closed during the handshake; httpcore's backend says so by the type of the cause."""
    return type(exc.__cause__).__name__ == "EndOfStream"


def _is_refusal(exc: BaseException) -> bool:
    """Whether a proxy answered CONNECT with a 4xx: it will not, whereas 5xx says that it cannot."""
    status = str(exc)[:3]
    return status.isdecimal() and 400 <= int(status) < 500 and status not in ("408", "429")


def _always(_: BaseException) -> bool:
    return True


# The first row that fits any exception of the chain wins: what the operating system said comes before what a library made of it.
TABLE: tuple[tuple[type[BaseException] | str, Test, str], ...] = (
    (ssl.SSLCertVerificationError, _verify_code(_WRONG_NAME), "ssl_invalid_hostname"),
    (ssl.SSLCertVerificationError, _verify_code(_UNKNOWN_AUTHORITY), "ssl_unknown_authority"),
    (ssl.SSLCertVerificationError, _always, "ssl_invalid_certificate"),
    (ssl.SSLEOFError, _always, "eof_error"),
    (ssl.SSLError, _always, "ssl_failed_handshake"),
    (socket.gaierror, _gai("EAI_NONAME", "EAI_NODATA"), "dns_nxdomain_error"),
    (socket.gaierror, _gai("EAI_AGAIN"), "dns_temporary_failure"),
    (socket.gaierror, _always, "dns_non_recoverable_failure"),
    (ConnectionRefusedError, _always, "connection_refused"),
    (ConnectionResetError, _always, "connection_reset"),
    (BrokenPipeError, _always, "connection_reset"),
    (ConnectionAbortedError, _always, "connection_aborted"),
    (OSError, _errno("EHOSTUNREACH", "EHOSTDOWN"), "host_unreachable"),
    (OSError, _errno("ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"), "network_unreachable"),
    (OSError, _errno("ENETDOWN"), "network_down"),
    (OSError, _errno("ETIMEDOUT"), "generic_timeout_error"),
    (OSError, _errno("EACCES", "EPERM"), "permission_denied"),
    (OSError, _errno("EMFILE", "ENFILE", "ENOBUFS"), "out_of_sockets"),
    ("httpcore.ProxyError", _says("407", "PASSWORD", "NO ACCEPTABLE METHODS", "Invalid user"), "proxy_authentication_required"),
    ("httpcore.ProxyError", _is_refusal, "proxy_refused"),
    ("httpcore.ProxyError", _always, "proxy_failed"),
    ("httpx.ProxyError", _always, "proxy_failed"),
    ("socksio.SOCKSError", _always, "proxy_failed"),
    ("httpcore.RemoteProtocolError", _says("Server disconnected", "peer closed connection"), "eof_error"),
    ("httpcore.RemoteProtocolError", _always, "http_response_malformed"),
    ("httpx.RemoteProtocolError", _always, "http_response_malformed"),
    ("httpcore.LocalProtocolError", _always, "http_request_invalid"),
    ("httpx.LocalProtocolError", _always, "http_request_invalid"),
    ("h11.RemoteProtocolError", _says("Server disconnected", "peer closed connection"), "eof_error"),
    ("h11.RemoteProtocolError", _always, "http_response_malformed"),
    ("h11.LocalProtocolError", _always, "http_request_invalid"),
    ("httpcore.UnsupportedProtocol", _always, "url_refused"),
    ("httpx.UnsupportedProtocol", _always, "url_refused"),
    ("httpx.InvalidURL", _always, "url_refused"),
    (UnicodeError, _always, "http_request_invalid"),
    ("httpcore.ConnectTimeout", _always, "connect_timeout"),
    ("httpx.ConnectTimeout", _always, "connect_timeout"),
    (TimeoutError, _always, "generic_timeout_error"),
    ("httpcore.TimeoutException", _always, "generic_timeout_error"),
    ("httpx.TimeoutException", _always, "generic_timeout_error"),
    ("httpcore.ProtocolError", _always, "http_response_malformed"),
    ("httpx.ProtocolError", _always, "http_response_malformed"),
    ("httpx.DecodingError", _always, "http_response_malformed"),
    ("httpx.TooManyRedirects", _always, "redirect_refused"),
    ("httpcore.ConnectError", _is_end_of_stream, "eof_error"),
    ("httpcore.NetworkError", _always, "connection_reset"),
    ("httpx.NetworkError", _always, "connection_reset"),
    ("httpcore.ConnectionNotAvailable", _always, "connection_reset"),
    ("httpx.HTTPError", _always, "unknown_failure"),
    ("httpx.StreamError", _always, "unknown_failure"),
    ("httpx.CookieConflict", _always, "unknown_failure"),
    (OSError, _always, "unknown_failure"),
)
_INVALID = "the URL or a header holds a character that HTTP does not allow"  # h11's own words would quote the key


def is_failure(exc: BaseException) -> bool:
    """Whether an exception is one of the network, or a limit of ours; anything else is a bug of ours."""
    return isinstance(exc, WireError) or any(is_kind(exc, row[0]) for row in TABLE)


def is_kind(exc: BaseException, kind: type[BaseException] | str) -> bool:
    """Whether an exception is of a kind; kinds of a library are given by name, so that it is not imported for this."""
    if isinstance(kind, type):
        return isinstance(exc, kind)
    return any(f"{one.__module__.partition('.')[0]}.{one.__name__}" == kind for one in type(exc).__mro__)


def failure_of(exc: BaseException) -> tuple[str, str] | None:
    """Failure code and detail of an exception; None for a bug of ours."""
    chain = tuple(_chain(exc))
    for one in chain:
        if isinstance(one, WireError):
            return one.word, str(one)
    for kind, test, word in TABLE:
        for one in chain:
            if is_kind(one, kind) and test(one):
                return word, _INVALID if word == "http_request_invalid" else f"{type(one).__name__}: {_unquoted(str(one))}"
    return None


def _unquoted(text: str) -> str:
    """Leave out the line that h11 quotes: where a server breaks one within an echoed key, half a key would go unrecognised."""
    return text.partition(": bytearray(")[0]


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception and all that led to it, outermost first; groups are opened."""
    pending, seen = [exc], set()
    while pending:
        one = pending.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if not isinstance(one, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):  # TLS asks for more bytes by these: no failure
            yield one
        if isinstance(one, BaseExceptionGroup):
            pending.extend(one.exceptions)
        pending.extend(cause for cause in (one.__cause__, one.__context__) if cause is not None)
