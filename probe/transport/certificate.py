"""Issuer, subject and end of validity of a certificate that was not verified: just enough DER (X.690) and X.509 (RFC 5280)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

_NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU", b"\x55\x04\x06": "C"}
_EXPLICIT_VERSION, _UTC_TIME, _BMP_STRING = 0xA0, 0x17, 0x1E


def read(der: bytes) -> tuple[str, str, str]:
    """Return issuer and subject in one line each (`CN=..., O=...`) and the end of validity in ISO 8601; empty texts for garbage.

    Python's ssl module tells these only of certificates that it verified itself, and those of an intercepting proxy matter most
    when they are not trusted.
    """
    try:
        (_, certificate), *_rest = _items(der)
        (_, signed), *_rest = _items(certificate)
        parts = list(_items(signed))
        at = 1 if parts[0][0] == _EXPLICIT_VERSION else 0
        issuer, validity, subject = parts[at + 2][1], parts[at + 3][1], parts[at + 4][1]
        (_, _before), (kind, after) = _items(validity)
        return _name(issuer), _name(subject), _time(kind, after.decode("ascii"))
    except (ValueError, IndexError):
        return "", "", ""


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element in a row."""
    at = 0
    while at < len(data):
        tag, size, start = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + size > len(data):
            raise ValueError("cut")
        yield tag, data[start : start + size]
        at = start + size


def _name(data: bytes) -> str:
    parts = []
    for _set, members in _items(data):
        for _sequence, pair in _items(members):
            (_oid, oid), (kind, value) = _items(pair)
            if oid in _NAMES:
                text = value.decode("utf-16-be" if kind == _BMP_STRING else "utf-8", "replace")
                parts.append(f"{_NAMES[oid]}={text}")
    return ", ".join(reversed(parts))


def _time(kind: int, text: str) -> str:
    moment = datetime.strptime(text, "%y%m%d%H%M%SZ" if kind == _UTC_TIME else "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return moment.isoformat().replace("+00:00", "Z")
