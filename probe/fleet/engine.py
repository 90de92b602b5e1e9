"""Dask as the engine of a fleet: one task a target, on the workers of a scheduler, or on a cluster of processes made for it."""

from __future__ import annotations

import logging
import os
import re
import secrets
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from probe import __version__
from probe.errors import LeakError, UsageError
from probe.fleet.gathered import Gathered
from probe.fleet.task import TargetTask, TaskAnswer, digest_of, perform
from probe.frozen import Frozen, replace
from probe.model import Note, Purpose, RawUrl, Target
from probe.order import ScanOrder
from probe.redact import is_harmless_header
from probe.runs.codec import decode, load, to_line
from probe.transport import TransportOptions

_CONNECT_SECONDS = 10
_RULING = re.compile(r"(?:LD|DYLD|PYTHON|DASK|OPENSSL)_?\w*|PATH|HOME|TMPDIR|TEMP|TMP", re.IGNORECASE)
_THREADS = 4
"""Targets that one local process scans side by side: they mostly wait."""


class Engine(Frozen):
    """Where the tasks run: without a `scheduler` on local processes. `vantages` are resources that workers offer by these names."""

    scheduler: str | None = None
    vantages: tuple[str, ...] = ()
    use_entra: bool = False


def check_engine(engine: Engine, order: ScanOrder) -> None:
    """Refuse, before anything begins, what cannot run, and an order that holds a secret that workers cannot look up by its name."""
    _distributed()
    if order.scope.allow_billable:
        raise UsageError(
            "--engine dask: nothing billable is sent by workers: the task of a lost worker is repeated, and would be billed again",
            hint="leave --allow-billable out, or scan without --engine",
        )
    failing, options = order.scope.failing_url, order.options or TransportOptions()
    if failing and order.redactor().url(failing) != failing:
        raise UsageError(
            "--engine dask: the failing URL holds a secret, and none is sent to a scheduler",
            hint="leave its signature out, or scan this one target without --engine",
        )
    if any(not is_harmless_header(name) for pairs in order.headers.values() for name, _value in pairs):
        raise UsageError(
            "--engine dask: a header of -H may hold a secret, and none is sent to a scheduler",
            hint="put the credential into a variable of each worker, and name that with --key-env or key_env",
        )
    if "@" in (options.proxy or ""):
        raise UsageError(
            "--engine dask: the proxy's URL holds a password, and none is sent to a scheduler",
            hint="set HTTPS_PROXY in the environment of each worker instead",
        )
    for name in filter(_RULING.fullmatch, order.secrets):
        raise UsageError(
            f"--engine dask: {name} rules how a process starts, so it is not taken for a key",
            hint="put the key into a variable of another name, and name that with --key-env or key_env",
        )
    if engine.vantages and not engine.scheduler:
        raise UsageError("--vantage: needs --scheduler", hint="start a worker in each network: dask worker --resources 'vnet=4'")


def seen_from(targets: Iterable[Target[RawUrl]], vantages: tuple[str, ...]) -> tuple[Target[RawUrl], ...]:
    """Ask each target from each vantage; with several it gets a name for each, as when runs are merged."""
    if len(vantages) < 2:
        return tuple(targets)
    return tuple(replace(one, name=f"{one.name}:{name}", vantage=name) for one in targets for name in vantages)


async def scan_fleet(scan: Gathered, engine: Engine) -> None:
    """Hand out the targets of a scan and take in what comes back, until all are done or the scan is stopped."""
    tasks = {target.name: _task(scan, target, engine) for target in scan.order.targets if scan.probes.of(target.name)}
    await scan.gather(_answers(scan, engine, tasks))


def _task(scan: Gathered, target: Target[RawUrl], engine: Engine) -> bytes:
    """Write down what a worker must know, and look once more that it holds no secret."""
    order = scan.order
    has_failing = any(one.purpose is Purpose.FAILING_URL for one in scan.probes.of(target.name))
    task = TargetTask(
        software=__version__,
        catalogue=order.catalogue.sha256,
        target=target,
        scope=order.scope if has_failing else replace(order.scope, failing_url=None),
        options=replace(order.options_of(target.name) or TransportOptions(), environment=None),
        headers=tuple(order.headers.get(target.name, ())),
        wait=order.wait,
        use_entra=engine.use_entra,
        is_url_typed=order.is_url_typed,
    )
    line = to_line(task)
    variable = scan.redactor.find(line)
    if variable is not None:
        raise LeakError(f"the task for {target.name} would hold the secret of {variable}; nothing was sent")
    return line


async def _answers(scan: Gathered, engine: Engine, tasks: Mapping[str, bytes]) -> AsyncGenerator[tuple[str, TaskAnswer], None]:
    distributed = _distributed()
    async with _connected(engine, scan.order, len(tasks)) as client:
        # A task of its own, not data that is scattered: the scheduler makes it again where the workers that had it are gone.
        shipped = client.submit(bytes, to_line(scan.order.catalogue), key=f"catalogue-{scan.order.catalogue.sha256}")
        names = {}
        for target in scan.order.targets:
            if (line := tasks.get(target.name)) is not None:
                resource = target.vantage or next(iter(engine.vantages), "")
                key = f"probe-{target.name}-{secrets.token_hex(6)}"
                kept = _kept(scan, target.name)
                future = client.submit(
                    perform, line, shipped, kept, key=key, pure=False, resources={resource: 1} if resource else None
                )
                names[future] = target.name
        async for future in distributed.as_completed(list(names)):
            yield names.pop(future), await _answer(future)
            future.release()


def _kept(scan: Gathered, name: str) -> tuple[str, str, str] | None:
    part, seal = scan.kept.get(name, (None, None))
    return (digest_of(part), seal.salt, seal.signature) if part is not None and seal is not None else None


async def _answer(future: Any) -> TaskAnswer:
    if future.status == "finished":
        return decode(TaskAnswer, load(await future, "answer of a worker"), "answer of a worker")
    if future.status == "cancelled":
        return TaskAnswer(problem=Note("worker-failed", (("what", "the scheduler is gone"),)))
    error = await future.exception()
    if type(error).__name__ == "KilledWorker":
        return TaskAnswer(problem=Note("worker-lost", (("count", str(error.allowed_failures + 1)),)))
    return TaskAnswer(problem=Note("worker-failed", (("what", type(error).__name__),)))


def _distributed() -> Any:
    """Import it when it is wanted; what it logs as a warning (a worker is gone, so its task is done again) is its daily work."""
    try:
        import distributed
    except ImportError:
        raise UsageError("--engine dask: dask.distributed is not installed", hint="pip install 'probe-artefacts[fleet]'") from None
    logging.getLogger("distributed").setLevel(logging.ERROR)
    return distributed


@asynccontextmanager
async def _connected(engine: Engine, order: ScanOrder, count: int) -> AsyncIterator[Any]:
    distributed = _distributed()
    if engine.scheduler is None:
        import dask.config

        # Dask's profiler samples the stacks of all threads, which can hang a process of Python 3.11 before 3.11.9 (cpython#106883).
        # Workers load what they put aside: nobody else may have made the folder, as anybody could in a shared /tmp.
        with (
            _visible(order.secrets),
            tempfile.TemporaryDirectory(prefix="probe-") as place,
            dask.config.set({"distributed.worker.profile.enabled": False, "temporary-directory": place}),
        ):
            async with _local(distributed, count) as cluster, distributed.Client(cluster, asynchronous=True) as client:
                yield client
        return
    try:
        client = await distributed.Client(engine.scheduler, asynchronous=True, timeout=_CONNECT_SECONDS)
    except (TimeoutError, OSError, ValueError):
        raise UsageError(
            f"--scheduler {engine.scheduler!r}: no Dask scheduler responds there", hint="give its address, such as tcp://HOST:8786"
        ) from None
    async with client:
        await _check_workers(client, engine)
        yield client


def _local(distributed: Any, count: int) -> Any:
    """A cluster on loopback for this scan alone: whoever reaches a scheduler runs code as us, so only our certificates open it."""
    return distributed.LocalCluster(
        n_workers=max(1, min(os.cpu_count() or 1, count)),
        threads_per_worker=_THREADS,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        security=distributed.Security.temporary(),
        protocol="tls://",
        asynchronous=True,
        silence_logs=50,
    )


@contextmanager
def _visible(secrets: Mapping[str, str]) -> Iterator[None]:
    """Let local processes find in their environment what this one found in `.env` or was given by Entra."""
    before = {name: os.environ.get(name) for name in secrets if name.isidentifier()}
    os.environ.update((name, secrets[name]) for name in before)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


async def _check_workers(client: Any, engine: Engine) -> None:
    """Refuse to wait for workers that nobody started."""
    try:
        await client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
    except TimeoutError:
        raise UsageError("--scheduler: it has no workers", hint=f"start one: dask worker {engine.scheduler}") from None
    offered = {name for one in (await client.scheduler.identity())["workers"].values() for name in one["resources"]}
    for name in engine.vantages:
        if name not in offered:
            known = ", ".join(sorted(offered)) or "none"
            raise UsageError(
                f"--vantage {name!r}: no worker offers this resource (offered: {known})",
                hint=f"start one there: dask worker {engine.scheduler} --resources '{name}=4'",
            )
