"""Runs many commands without importing the same modules for each: a process that imports them once, and forks for every command.

A command gets what a new process gives it: its own working folder, environment, arguments, standard streams and exit code. The
imports alone are made beforehand; they are most of what a short command costs. Without `fork`, a command is started as usual.
"""

from __future__ import annotations

import atexit
import gc
import inspect
import io
import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")


_SCRIPT = """\
#!{python} -SE
from __future__ import annotations

import json
import os
import socket
import sys

{ask}

code = ask({path!r}, sys.argv[1:], os.getcwd(), os.environ, (0, 1, 2))
os._exit(code if code >= 0 else 128 - code)
"""


@cache
def address() -> str:
    """Start the process that forks, once a worker of pytest; it ends with the worker."""
    folder = TemporaryDirectory(prefix="zygote-")  # a short path: a socket's has 108 bytes at most
    path = f"{folder.name}/socket"
    listening, lifeline = socket.socket(socket.AF_UNIX), os.pipe()
    listening.bind(path)
    listening.listen(64)
    line = [sys.executable, "-m", "tests.cli.zygote", str(listening.fileno()), str(lifeline[0])]
    fds = (listening.fileno(), lifeline[0])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    process = subprocess.Popen(line, pass_fds=fds, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL)
    listening.close()
    os.close(lifeline[0])

    def end() -> None:
        process.kill()
        process.wait()
        folder.cleanup()

    atexit.register(end)
    return path


def ask(
    path: str, arguments: Sequence[str], cwd: str, env: Mapping[str, str], fds: Sequence[int], timeout: float | None = None
) -> int:
    """Have the process at `path` run a command; the whole of the protocol's asking side, for the script too."""
    asked = json.dumps({"arguments": list(arguments), "cwd": cwd, "env": dict(env)}).encode("utf-8", "surrogateescape")
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(timeout)
        asking.connect(path)
        socket.send_fds(asking, [len(asked).to_bytes(8, "big")], list(fds))
        asking.sendall(asked)
        return int(asking.makefile("rb").readline())


def call(arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], fds: Sequence[int], timeout: float) -> int:
    """Run `probe` with these arguments on these three standard streams; the exit code as `subprocess` gives it."""
    return ask(address(), arguments, os.fspath(cwd), env, fds, timeout)


def script() -> str:
    """A program called `probe` that is as quick: it hands its streams on, waits, and ends as the command ended."""
    if not CAN_FORK:
        return f"#!{sys.executable}\nfrom probe.cli import main\n\nmain()\n"
    return _SCRIPT.format(python=sys.executable, path=address(), ask=inspect.getsource(ask))


def serve(listening: socket.socket, lifeline: int) -> None:
    """Fork for every call until the worker is gone."""
    import select
    import signal

    _import_all()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the keepers are nobody's business
    while lifeline not in select.select([listening, lifeline], [], [])[0]:
        asking, _address = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(asking)
        asking.close()


def _import_all() -> None:
    """Import what commands import when they run, so that each finds it there."""
    import importlib
    import pkgutil

    import probe

    for module in pkgutil.walk_packages(probe.__path__, "probe."):
        if not module.name.endswith(("__main__", "_build")):
            importlib.import_module(module.name)
    for name in ("httpx", "jinja2", "rich.progress", "rich.table", "tabulate", "truststore", "uvicorn", "starlette.applications"):
        importlib.import_module(name)


def _keep(asking: socket.socket) -> None:
    """Wait for one command and tell its exit code; this process is only there for that."""
    size, fds, _flags, _from = socket.recv_fds(asking, 8, 3)
    asked = json.loads(asking.makefile("rb").read(int.from_bytes(size, "big")).decode("utf-8", "surrogateescape"))
    command = os.fork()
    if command == 0:
        asking.close()
        _become(asked, fds)
    for descriptor in fds:
        os.close(descriptor)
    _pid, status = os.waitpid(command, 0)
    asking.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(asked: Mapping[str, Any], fds: Sequence[int]) -> None:
    """Be the process that `python -m probe` would have been."""
    for number, descriptor in enumerate(fds):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.modules["__main__"].__package__ = "probe"  # by which click finds the name to show
    sys.argv = [str(ROOT / "probe" / "__main__.py"), *asked["arguments"]]
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8", "surrogateescape")
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", "surrogateescape", line_buffering=os.isatty(1)
    )
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "utf-8", "backslashreplace", line_buffering=True
    )
    code: Any = 1
    try:
        from probe.cli import main

        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # as the interpreter itself would end
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                code = code or 120
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
