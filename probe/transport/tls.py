"""The one TLS context of a scan, and what a finished handshake tells about the other side."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

from probe.errors import UsageError
from probe.model import TlsFacts
from probe.transport import certificate
from probe.transport.options import TransportOptions, ca_source

_MAX_PEM = 16 * 1024 * 1024


def make_context(options: TransportOptions) -> ssl.SSLContext:
    """Make the context: the system's store through truststore unless a file is named; `insecure` checks nothing.

    A missing or unreadable file is a `UsageError` that names who asked for it.
    """
    source, path = ca_source(options)
    if options.insecure:
        context = careless_context()
    elif path:
        context = _from_path(source, path)
    else:
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if options.client_cert:
        named = f"--cert {options.client_cert!r}" + (f", --key {options.client_key!r}" if options.client_key else "")
        try:
            for file in (options.client_cert, options.client_key or options.client_cert):
                _regular(file)
            context.load_cert_chain(options.client_cert, options.client_key, password=_no_password)
        except (OSError, ValueError) as exc:
            raise UsageError(f"{named}: {_reason(exc)}", hint="give PEM files, the key without a password") from None
    return context


def careless_context() -> ssl.SSLContext:
    """Make a context that verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def facts(ssl_object: ssl.SSLObject, *, verified: bool) -> TlsFacts:
    """Read version, issuer, subject and end of validity of a connection, verified or not."""
    issuer, subject, not_after = certificate.read(ssl_object.getpeercert(binary_form=True) or b"")
    return TlsFacts(ssl_object.version() or "", issuer, subject, not_after, verified)


def _from_path(source: str, path: str) -> ssl.SSLContext:
    is_folder = Path(path).is_dir()
    try:
        if not is_folder:
            _regular(path)
        return ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)
    except (OSError, ValueError) as exc:
        raise UsageError(f"{source} {path!r}: {_reason(exc)}", hint="give a file of PEM certificates") from None


def _regular(path: str) -> None:
    """Refuse what OpenSSL would wait for or read for ever: a pipe, a device, a file of a terabyte."""
    found = Path(path).stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_PEM:
        raise ValueError(f"not a regular file of at most {_MAX_PEM // 1024 // 1024} MiB")


def _reason(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return "not a PEM file with what is needed"
    return (exc.strerror or type(exc).__name__).lower() if isinstance(exc, OSError) else str(exc)


def _no_password() -> str:
    """Keep OpenSSL from asking for a password on the terminal."""
    raise ValueError("the key is protected by a password")
