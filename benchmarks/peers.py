"""The same 1,000 requests by `probe`, curl and a stock httpx client, with goal and figure side by side; all on loopback.

`make bench` prints the table and writes `peers.json`. nginx answers where it is installed, else a small server of this file. Only
ratios count: each is of processes of one run, measured in turn. With `--gate` it fails where a ratio is far beyond what is usual.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scan import Cost, measure, scan_options

COUNT, RUNS, LATENCY, FLEET = 1000, 3, 0.1, 100
JSON_BODY = json.dumps({"data": [{"id": n, "name": f"unit-{n}", "links": {"self": f"/v1/{n}"}} for n in range(20)]}).encode()
MISSING = b'{"error":{"code":404,"status":"NOT_FOUND","message":"No such resource"}}'
VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(5 * 2**20 - 24)

# What a careful script does: one shared client, a worker for each connection, no more of a body than the first 64 KiB.
STOCK = """
import asyncio, sys, httpx
urls, width = open(sys.argv[1]).read().split(), int(sys.argv[2])
async def main():
    left = iter(urls)
    limits = httpx.Limits(max_connections=width, max_keepalive_connections=width)
    async with httpx.AsyncClient(limits=limits) as client:
        async def work():
            for url in left:
                async with client.stream("GET", url) as answer:
                    size = 0
                    async for part in answer.aiter_raw():
                        size += len(part)
                        if size > 65536:
                            break
        await asyncio.gather(*(work() for _ in range(width)))
asyncio.run(main())
"""

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; types {{ application/json json; video/mp4 mp4; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port}; root {folder};
    location /items/nf- {{ default_type application/json; return 404 '{missing}'; }}
    location /items/rd- {{ return 302 /items/ok-1/content; }}
    location /items/ok- {{ rewrite ^ /ok.json break; }}
    location /items/vid- {{ rewrite ^ /video.mp4 break; }}
  }}
}}
"""


@dataclass(frozen=True)
class Line:
    """One ratio: what it is, what was measured, what is wanted, and beyond what it cannot be noise."""

    name: str
    figure: float
    goal: float
    gate: float


def kinds() -> list[str]:
    """70 % small 404, 20 % JSON, 5 % redirects, 5 % videos, always in the same order."""
    found = ["vid"] * (COUNT // 20) + ["rd"] * (COUNT // 20) + ["ok"] * (COUNT // 5)
    found += ["nf"] * (COUNT - len(found))
    random.Random(42).shuffle(found)
    return [f"{kind}-{number}" for number, kind in enumerate(found)]


async def serve(latency: float) -> None:
    """Answer by the kind that the path names, after the latency."""

    def head(status: str, size: int, *more: str) -> bytes:
        return "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {size}", *more, "", "")).encode()

    answers = {
        b"nf": head("404 Not Found", len(MISSING), "Content-Type: application/json") + MISSING,
        b"ok": head("200 OK", len(JSON_BODY), "Content-Type: application/json") + JSON_BODY,
        b"rd": head("302 Found", 0, "Location: /items/ok-1/content"),
        b"vi": head("200 OK", len(VIDEO), "Content-Type: video/mp4") + VIDEO,
    }
    part = head("206 Partial Content", 4096, "Content-Type: video/mp4", f"Content-Range: bytes 0-4095/{len(VIDEO)}") + VIDEO[:4096]

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(latency)
                kind = asked.split(b"/items/")[-1][:2]
                writer.write(part if kind == b"vi" and b"\r\nRange:" in asked else answers.get(kind, answers[b"nf"]))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listener = await asyncio.start_server(one, "127.0.0.1", 0, backlog=1024)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


@contextmanager
def own_server(latency: float) -> Iterator[str]:
    """Run the server of this file in a process of its own, so that its work is not counted."""
    command = [sys.executable, __file__, "serve", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


@contextmanager
def nginx(folder: Path, program: str) -> Iterator[str]:
    """Run nginx on a free port of loopback, with its files in `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (folder / "ok.json").write_bytes(JSON_BODY)
    (folder / "video.mp4").write_bytes(VIDEO)
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, missing=MISSING.decode()))
    with subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGQUIT)


def commands(url: str, folder: Path, width: int) -> dict[str, list[str]]:
    """What each peer runs for the same requests."""
    urls = [f"{url}/items/{kind}/content" for kind in kinds()]
    (folder / "urls.txt").write_text("\n".join(urls))
    (folder / "curl.cfg").write_text("".join(f'url = "{one}"\noutput = "{os.devnull}"\n' for one in urls))
    ours = scan_options(url, folder, COUNT, width, kinds())
    found = {
        "probe": [sys.executable, *ours, "-f", "json"],
        "httpx": [sys.executable, "-c", STOCK, str(folder / "urls.txt"), str(width)],
    }
    if curl := shutil.which("curl"):
        more = ["--parallel-max", str(width), "--max-filesize", "65536", "-K", str(folder / "curl.cfg")]
        found["curl"] = [curl, "-s", "--parallel", *more]
    return found


def fleet(url: str, folder: Path) -> list[str]:
    """The command line of a scan of a hundred targets with a hundred probes each."""
    file, options = folder / "fleet.yaml", scan_options(url, folder, FLEET, 50, kinds()[:FLEET])
    target = "  - {{name: t{0}, url: '{1}', provider: generic, key_env: BENCH_KEY}}\n"
    file.write_text("targets:\n" + "".join(target.format(number, url) for number in range(FLEET)))
    at = options.index("--catalogue")
    return [*options[:3], "--targets", str(file), "--trust", str(file), *options[at:], "-f", "json,csv"]


def cost_of(url: str, folder: Path, width: int) -> dict[str, Cost]:
    """Measure the peers in turn; of several runs the least counts."""
    costs: dict[str, list[Cost]] = {}
    for _ in range(RUNS):
        for name, command in commands(url, folder, width).items():
            costs.setdefault(name, []).append(measure(*command[1:], program=command[0], accepted=(0, 1, 3, 63)))
    return {
        name: Cost(min(one.wall for one in all_), min(one.cpu for one in all_), min(one.memory for one in all_))
        for name, all_ in costs.items()
    }


def lines(folder: Path) -> Iterator[Line]:
    """Measure case by case."""
    program = shutil.which("nginx")
    with nginx(folder, program) if program else own_server(0.0) as url:
        at = {width: cost_of(url, folder, width) for width in (10, 50, 100)}
        many = measure(*fleet(url, folder))
    if "curl" in at[50]:
        yield Line("CPU a probe at 50, against curl --parallel", at[50]["probe"].cpu / at[50]["curl"].cpu, 14, 60)
    yield Line("CPU a probe at 50, against stock httpx", at[50]["probe"].cpu / at[50]["httpx"].cpu, 1.5, 3.5)
    yield Line("CPU a probe, at 100 against at 10", at[100]["probe"].cpu / at[10]["probe"].cpu, 1.15, 1.6)
    yield Line("peak memory in MB", at[50]["probe"].memory / 1e6, 50, 100)
    share = many.cpu / FLEET**2 / (at[50]["probe"].cpu / COUNT)
    yield Line("CPU a probe of 100 targets x 100, against 1 x 1,000", share, 1.0, 2.0)
    yield Line("peak memory in MB of 100 targets x 100", many.memory / 1e6, 120, 200)
    with own_server(LATENCY) as url:
        for width, goal in {10: 1.1, 50: 1.25, 100: 1.6}.items():
            wall = measure(*commands(url, folder, width)["probe"][1:]).wall
            yield Line(f"wall at {width}, server takes 100 ms, against ideal", wall / (COUNT / width * LATENCY), goal, 12)
    least = measure("-c", "pass", times=10).cpu
    dry = ["scan", "--dry-run", "--target", "lab=https://lab.example", "--provider", "generic"]
    for words, goal, gate in ((["--help"], 5, 10), (["-V"], 5, 10), (dry, 14, 30)):
        figure = measure("-m", "probe", *words, times=5).cpu / least
        yield Line(f"probe {' '.join(words[:2])}, against python -c pass", figure, goal, gate)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["serve"]:
        asyncio.run(serve(float(arguments[1])))
        return 0
    print(f"{'':<60}{'goal':>8}{'figure':>9}")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for line in lines(Path(folder)):
            found.append(line)
            print(f"{line.name:<60}{line.goal:>8g}{line.figure:>9.2f}", flush=True)
    kept = [{"name": one.name, "goal": one.goal, "figure": round(one.figure, 3), "gate": one.gate} for one in found]
    Path("peers.json").write_text(json.dumps(kept, indent=1) + "\n")
    beyond = [one for one in found if one.figure > one.gate]
    for one in beyond if "--gate" in arguments else ():
        print(f"far beyond what is usual: {one.name}: {one.figure:.2f}, at the most {one.gate:g}")
    return int(bool(beyond)) if "--gate" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
