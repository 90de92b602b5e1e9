"""A raw TCP server on loopback whose every byte a test decides, and a recorder of what arrived."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Reply = Callable[["Call"], Awaitable[None]]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@dataclass
class Call:
    """One request as it arrived, and the way to answer it."""

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def path(self) -> str:
        return self.head.split(b" ")[1].decode("latin-1")

    @property
    def method(self) -> str:
        return self.head.split(b" ")[0].decode("latin-1")

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    async def send(self, *parts: bytes, pause: float = 0.0) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            if pause:
                await asyncio.sleep(pause)


@dataclass
class Server:
    """What a running server saw."""

    url: str
    port: int
    calls: list[Call] = field(default_factory=list)
    connections: int = 0

    @property
    def heads(self) -> str:
        return "".join(call.head.decode("latin-1") for call in self.calls)


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str, media_type: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@asynccontextmanager
async def listening(serve: Serve, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Give the port at which `serve` gets every connection; what still runs at the end is cancelled."""
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: writer.close())  # also where it is cancelled before it began

    listener = await asyncio.start_server(accept, host, 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def serving(reply: Reply | bytes, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """Run a server; `reply` answers each request of a connection, bytes are the same answer every time."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ssl.SSLError):
            while not writer.is_closing():
                call = Call(await reader.readuntil(b"\r\n\r\n"), reader, writer)
                server.calls.append(call)
                if isinstance(reply, bytes):
                    await call.send(reply)
                else:
                    await reply(call)

    async with listening(one, context, host) as port:
        shown = f"[{host}]" if ":" in host else host
        server = Server(f"{'https' if context else 'http'}://{shown}:{port}", port)
        yield server
