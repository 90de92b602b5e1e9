"""What a scan costs, side by side with the least that could do the same: start-up, CPU, memory and time of many probes, rendering.

`make bench` prints a table. Figures move with the machine; the ratios within one run are what counts. Needs a POSIX system.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LATENCY, CONCURRENCY = 0.1, 8
SMALL, RENDERED = 60, 5000
LARGE = {8: 660, 64: 2060}
FOUND = b'{"id": "x", "object": "video", "status": "completed", "created_at": 1760000000, "expires_at": 1999999999, "error": null}'
MISSING = b'{"error":{"code":"404","message": "Resource not found"}}'

# The least that asks the same: one shared client of stock httpx, so many requests under way at once, nothing kept.
PLAIN = """
import asyncio, sys, httpx
url, count, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
async def main():
    numbers = iter(range(count))
    limits = httpx.Limits(max_connections=width, max_keepalive_connections=width)
    async with httpx.AsyncClient(limits=limits) as client:
        async def work():
            for number in numbers:
                (await client.get(f"{url}/items/{number}/content", headers={"Range": "bytes=0-4095"})).read()
        await asyncio.gather(*(work() for _ in range(width)))
asyncio.run(main())
"""


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds, seconds of CPU, bytes of memory at its peak."""

    wall: float
    cpu: float
    memory: int


def measure(*command: str, times: int = 1, program: str = sys.executable, accepted: Sequence[int] = (0, 1, 3)) -> Cost:
    """Run a process, Python's by default; of several runs the least of each figure counts, the rest is noise of the machine."""
    costs = []
    for _ in range(times):
        begun = time.perf_counter()
        environment = os.environ | {"PYTHONPATH": str(ROOT), "BENCH_KEY": "bench-key-0123456789"}
        process = os.posix_spawn(
            program,
            [program, *command],
            environment,
            file_actions=[(os.POSIX_SPAWN_OPEN, one, os.devnull, os.O_RDWR, 0) for one in (0, 1, 2)],
        )
        _pid, status, used = os.wait4(process, 0)
        if os.waitstatus_to_exitcode(status) not in accepted:
            raise SystemExit(f"failed: {' '.join(command)[:200]}")
        scale = 1 if sys.platform == "darwin" else 1024
        costs.append(Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss * scale))
    return Cost(min(one.wall for one in costs), min(one.cpu for one in costs), min(one.memory for one in costs))


async def serve(latency: float) -> None:
    """Answer every other content route with JSON, the rest as a gateway that has no such route, each after the latency."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(latency)
                number = head.split(b"/items/")[-1].split(b"/")[0]
                status, body = (b"200 OK", FOUND) if number.isdigit() and int(number) % 2 else (b"404 Not Found", MISSING)
                length = str(len(body)).encode()
                writer.write(
                    b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: " + length + b"\r\n\r\n" + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listener = await asyncio.start_server(one, "127.0.0.1", 0, backlog=1024)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


@contextmanager
def serving(latency: float):
    """Run the server in a process of its own, so that its work is not counted; yields its URL."""
    process = subprocess.Popen([sys.executable, __file__, "serve", str(latency)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def write_catalogue(path: Path, names: Sequence[object]) -> None:
    """As many download routes as there shall be probes."""
    head = 'version: 1\nupdated: "2026-11-20"\nsurfaces: {generic: {provider: generic, prefix: "", api_version: unused}}\n'
    head += "artefacts: {bench: {title: Bench, media_types: [video/mp4], ids: {job_id: {}}}}\nendpoints:\n"
    entry = "  - {{id: generic.bench.n{0}, artefact: bench, role: download, request: GET /items/{1}/content, sources: [{2}]}}\n"
    source = '{at: benchmarks/scan.py, read: "2026-11-20"}'
    path.write_text(head + "".join(entry.format(at, name, source) for at, name in enumerate(names)), encoding="utf-8")


def scan_options(url: str, folder: Path, count: int, width: int, names: Sequence[object] = ()) -> list[str]:
    """The command line of a scan of so many probes, of these names where they have any; the rate limit is out of the way."""
    catalogue = folder / f"{count}.yaml"
    write_catalogue(catalogue, names or range(count))
    options = ["--target", f"bench={url}", "--provider", "generic", "--key-env", "BENCH_KEY", "--catalogue", str(catalogue)]
    options += ["-c", str(width), "--rate-limit", "100000", "--max-requests", "100000", "-q", "-o", str(folder / "runs")]
    return ["-m", "probe", "scan", *options]


def row(name: str, *cells: str) -> None:
    print(f"{name:<52}" + "".join(f"{cell:>14}" for cell in cells))


def start_up() -> None:
    row("start-up", "wall", "against pass")
    least = measure("-c", "pass", times=10).wall
    commands = {"python -c pass": ["-c", "pass"], "probe --help": ["-m", "probe", "--help"], "probe -V": ["-m", "probe", "-V"]}
    for name, command in commands.items():
        wall = measure(*command, times=10).wall
        row("  " + name, f"{wall * 1000:.0f} ms", f"{wall / least:.1f} x")


def small_scan(folder: Path) -> None:
    ideal = SMALL / CONCURRENCY * LATENCY
    row(f"\n{SMALL} probes, {CONCURRENCY} at once, server takes {LATENCY * 1000:.0f} ms", "wall", "CPU", "memory")
    with serving(LATENCY) as url:
        plain = measure("-c", PLAIN, url, str(SMALL), str(CONCURRENCY), times=3)
        ours = measure(*scan_options(url, folder, SMALL, CONCURRENCY), times=3)
        lean = measure(*scan_options(url, folder, SMALL, CONCURRENCY), "-f", "json", times=3)
    row("  the network alone", f"{ideal:.2f} s")
    for name, cost in {"plain httpx, nothing kept": plain, "probe scan, five formats": ours, "probe scan -f json": lean}.items():
        row("  " + name, f"{cost.wall:.2f} s", f"{cost.cpu:.2f} s", f"{cost.memory / 1e6:.0f} MB")
    row(
        "  scan against plain",
        f"{ours.wall / plain.wall:.2f} x",
        f"{ours.cpu / plain.cpu:.2f} x",
        f"{ours.memory / plain.memory:.2f} x",
    )


def large_scan(folder: Path) -> None:
    """The slope between a small and a large scan is what one more probe costs: sent, recorded, judged and written."""
    row("\none more probe", "CPU", "memory", "peak")
    with serving(LATENCY) as url:
        for width, count in LARGE.items():
            commands: dict[str, Callable[[int], list[str]]] = {
                "plain httpx, nothing kept": lambda count: ["-c", PLAIN, url, str(count), str(width)],  # noqa: B023
                "probe scan -f json": lambda count: [*scan_options(url, folder, count, width), "-f", "json"],  # noqa: B023
            }
            for name, command in commands.items():
                few, many = (measure(*command(one)) for one in (SMALL, count))
                cpu, memory = (many.cpu - few.cpu) / (count - SMALL), (many.memory - few.memory) / (count - SMALL)
                name = f"  {name}, {count} at {width} at once"
                row(name, f"{cpu * 1000:.2f} ms", f"{memory / 1000:.1f} kB", f"{many.memory / 1e6:.0f} MB")


def rendering() -> None:
    sys.path.insert(0, str(ROOT))
    from probe.formats import FORMATS
    from tests.formats.large import large_report

    row(f"\nrendering {RENDERED} probes", "wall", "size")
    small, report = large_report(RENDERED // 10), large_report(RENDERED)
    for name in FORMATS:
        render: Callable[..., str] = FORMATS.load(name)
        render(small)  # imports are not what is measured
        begun = time.perf_counter()
        text = render(report)
        row("  " + name, f"{time.perf_counter() - begun:.2f} s", f"{len(text) / 1e6:.1f} MB")


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["serve"]:
        asyncio.run(serve(float(arguments[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        start_up()
        small_scan(Path(folder))
        large_scan(Path(folder))
    rendering()


if __name__ == "__main__":
    main(sys.argv[1:])
