"""A world on a loopback port: uvicorn in a thread for tests and the demo, in the foreground for `probe simulate`."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from probe.simulator.app import Recorded, Simulator, World
from probe.simulator.causes import CAUSES
from probe.simulator.clones import CLONES
from probe.simulator.worlds import WORKING

HOST = "127.0.0.1"
WORLDS: dict[str, World] = {world.name: world for world in (*WORKING, *CAUSES, *CLONES)}


def create_app(world: str, *, latency: float = 0.0, record: Callable[[Recorded], None] = lambda _: None) -> Simulator:
    """Make the ASGI application of a world, with fresh state; every answer waits `latency` seconds, `record` sees each request."""
    return Simulator(WORLDS[world], latency, record)


@dataclass(frozen=True, slots=True)
class Server:
    """A world that answers. `origin` is scheme, host and port; `url` is what a customer would paste as the target."""

    app: Simulator
    port: int
    requests: list[Recorded] = field(default_factory=list)

    @property
    def world(self) -> World:
        """What it plays."""
        return self.app.world

    @property
    def origin(self) -> str:
        """Where it listens, without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """The origin and the world's base."""
        return self.origin + self.world.base


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        # uvicorn looks every 0.1 s whether it shall stop: too slow for a test suite that starts hundreds of worlds
        while not self.should_exit:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@contextmanager
def running(world: str, *, port: int = 0, latency: float = 0.0) -> Iterator[Server]:
    """Serve a world in a thread until the block ends; port 0 takes a free one. KeyError: no such world; OSError: port taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        if os.name == "posix":  # elsewhere the option would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        requests: list[Recorded] = []
        app = create_app(world, latency=latency, record=requests.append)
        server = Server(app, listener.getsockname()[1], requests)
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        engine = _Server(config)
        thread = threading.Thread(target=engine.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        engine.ready.wait(10)
        try:
            yield server
        finally:
            engine.should_exit = True
            thread.join(5)


def serve(world: str, *, port: int, latency: float, announce: Callable[[Server], None]) -> None:
    """Serve a world until Ctrl-C, which arrives as KeyboardInterrupt; `announce` is called once it answers."""
    with running(world, port=port, latency=latency) as server:
        announce(server)
        while True:
            time.sleep(1)
