"""A Dask scheduler and a worker in a thread of this process, with a relay before each that keeps every byte of the wire."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Wire:
    """What went over the relays; `address` is the scheduler's as clients and workers see it, `pages` its own web server."""

    seen: bytearray = field(default_factory=bytearray)
    address: str = ""
    pages: str = ""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def relay(wire: Wire, port: int) -> tuple[asyncio.Server, int]:
    """Pass every connection on to a port, and keep what passes."""

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(65536):
                wire.seen += chunk
                sink.write(chunk)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, here), copy(there, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def _serve(wire: Wire, is_up: threading.Event, is_over: asyncio.Event, folder: str) -> None:
    from distributed import Scheduler, Worker

    async with Scheduler(host="127.0.0.1", port=0, dashboard_address="127.0.0.1:0") as scheduler:
        before, port = await relay(wire, scheduler.port)
        wire.address = f"tcp://127.0.0.1:{port}"
        wire.pages = f"http://127.0.0.1:{scheduler.http_server.port}"
        worker_port = free_port()
        behind, contact = await relay(wire, worker_port)
        async with Worker(
            wire.address,
            host="127.0.0.1",
            port=worker_port,
            contact_address=f"tcp://127.0.0.1:{contact}",
            nthreads=3,
            resources={"lan": 2, "vnet": 2, "lab": 1},
            local_directory=folder,
            dashboard_address="127.0.0.1:0",
        ):
            is_up.set()
            await is_over.wait()
        for one in (before, behind):
            one.close()


@contextmanager
def cluster(folder: str) -> Iterator[Wire]:
    """Run it until the block ends; uncompressed, so that the wire can be read."""
    import dask

    wire, is_up, loops = Wire(), threading.Event(), []
    is_over: list[Callable[[], object]] = []

    async def main() -> None:
        over = asyncio.Event()
        loops.append(asyncio.get_running_loop())
        is_over.append(over.set)
        await _serve(wire, is_up, over, folder)

    plain = {
        "distributed.comm.compression": False,
        "distributed.worker.memory.target": False,
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(plain):
        thread = threading.Thread(target=asyncio.run, args=(main(),))
        thread.start()
        assert is_up.wait(30)
        try:
            yield wire
        finally:
            loops[0].call_soon_threadsafe(is_over[0])
            thread.join(30)
