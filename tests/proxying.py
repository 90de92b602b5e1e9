"""A small HTTP and SOCKS5 proxy on loopback that remembers what it was told, for tests of the transport."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.loopback import listening


@dataclass
class Proxy:
    """A running proxy: what it was asked, and the answers that it gives instead of working."""

    port: int
    user: str | None = None
    refusal: bytes | None = None
    heads: list[str] = field(default_factory=list)
    destinations: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.port}"

    def is_welcome(self, head: str) -> bool:
        return self.user is None or f"Basic {base64.b64encode(self.user.encode()).decode()}" in head


@asynccontextmanager
async def proxying(
    kind: str = "http", *, user: str | None = None, refusal: bytes | None = None, context: ssl.SSLContext | None = None
) -> AsyncIterator[Proxy]:
    """Run a proxy of kind "http" or "socks5" that wants `user` ("name:password") or answers everything with `refusal`."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await (_http if kind == "http" else _socks)(proxy, reader, writer)

    async with listening(one, context) as port:
        proxy = Proxy(port, user, refusal)
        yield proxy


async def _http(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    proxy.heads.append(head)
    if proxy.refusal is not None:
        writer.write(proxy.refusal)
        await writer.drain()
        return
    if not proxy.is_welcome(head):
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return
    method, target, _version = head.split("\r\n")[0].split(" ")
    if method == "CONNECT":
        proxy.destinations.append(target)
        host, _, port = target.rpartition(":")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _relay(reader, writer, host, int(port))
        return
    authority, _, path = target.removeprefix("http://").partition("/")
    proxy.destinations.append(authority)
    parts = urlsplit(f"//{authority}")
    lines = [
        f"{method} /{path} HTTP/1.1",
        *(line for line in head.split("\r\n")[1:-2] if not line.lower().startswith("proxy-")),
        "",
        "",
    ]
    await _relay(reader, writer, parts.hostname or "", parts.port or 80, "\r\n".join(lines).encode("latin-1"))


async def _socks(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _version, count = await reader.readexactly(2)
    await reader.readexactly(count)
    if proxy.refusal is not None:
        writer.write(proxy.refusal)
        await writer.drain()
        return
    writer.write(b"\x05" + (b"\x02" if proxy.user else b"\x00"))
    if proxy.user:
        _version, size = await reader.readexactly(2)
        name = await reader.readexactly(size)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        is_right = name + b":" + password == proxy.user.encode()
        writer.write(b"\x01" + (b"\x00" if is_right else b"\x01"))
        if not is_right:
            return
    _version, _command, _reserved, kind = await reader.readexactly(4)
    size = (await reader.readexactly(1))[0] if kind == 3 else 4 if kind == 1 else 16
    raw = await reader.readexactly(size)
    host = raw.decode() if kind == 3 else ".".join(str(byte) for byte in raw)
    port = int.from_bytes(await reader.readexactly(2), "big")
    proxy.destinations.append(f"{host}:{port}")
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    await _relay(reader, writer, host, port)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, first: bytes = b"") -> None:
    host = "127.0.0.1" if host.endswith(".example") else host.strip("[]")
    there, back = await asyncio.open_connection(host, port)
    back.write(first)

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()
        sink.close()

    try:
        await asyncio.gather(copy(reader, back), copy(there, writer))
    finally:
        back.close()
