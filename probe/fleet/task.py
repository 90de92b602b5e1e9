"""One target's whole scan as a task for another process: no secret travels there, and none comes back.

A worker looks every credential up in its own environment by its name, scans as a shard of one target would, and answers with the
redacted evidence and a seal over task and evidence that only a holder of the same credentials can make.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from probe import __version__
from probe.entra import ENTRA_VARIABLE, entra_token
from probe.errors import LeakError, ProbeError
from probe.frozen import Frozen, replace
from probe.model import Catalogue, CredentialKind, Evidence, Note, Pairs, RawUrl, Target
from probe.order import ScanOrder, Scope
from probe.pipeline import Scan
from probe.providers import looks_like
from probe.redact import Redactor
from probe.runs.codec import decode, load, to_line
from probe.runs.journal import TaskSeal
from probe.runs.seal import Seal
from probe.transport import TransportOptions


class TargetTask(Frozen):
    """All that a worker is told. `software` is the version of whoever asks, `catalogue` the digest of the catalogue to use."""

    software: str
    catalogue: str
    target: Target[RawUrl]
    scope: Scope
    options: TransportOptions
    headers: Pairs = ()
    wait: float = 0.0
    use_entra: bool = False
    is_url_typed: bool = True


class TaskAnswer(Frozen):
    """What a worker answers: new evidence with its seal, that earlier evidence still counts, or why there is none."""

    evidence: Evidence | None = None
    seal: TaskSeal | None = None
    is_kept: bool = False
    problem: Note | None = None


class _UnableError(Exception):
    """Why this worker cannot scan the target."""

    def __init__(self, code: str, **values: str) -> None:
        self.note = Note(code, tuple(values.items()))


def perform(line: bytes, catalogue: bytes, kept: tuple[str, str, str] | None = None, folder: str | None = None) -> bytes:
    """Scan on this machine; `line` is a `TargetTask`, `kept` digest, salt and signature of evidence that an earlier run holds.

    Whatever goes wrong is a word in the answer: an exception would carry its text and its variables through the scheduler.
    """
    try:
        answer = _performed(line, catalogue, kept, folder)
    except _UnableError as error:
        answer = TaskAnswer(problem=error.note)
    except ProbeError as error:
        answer = TaskAnswer(problem=Note("worker-refused", (("why", error.message),)))
    except Exception as error:  # noqa: BLE001 - its text may hold what a server or a header said
        answer = TaskAnswer(problem=Note("worker-failed", (("what", type(error).__name__),)))
    return to_line(answer)


def _performed(line: bytes, catalogue: bytes, kept: tuple[str, str, str] | None, folder: str | None) -> TaskAnswer:
    told = load(line, "task")
    software = told.get("software") if isinstance(told, dict) else None
    if software != __version__:
        raise _UnableError("worker-other-version", theirs=__version__, ours=str(software))
    task = decode(TargetTask, told, "task")
    secrets = _secrets(task, os.environ)
    if kept is not None and _is_sealed(line, kept, secrets):
        return TaskAnswer(is_kept=True)
    try:
        evidence = _scanned(_order(task, _catalogue(catalogue), secrets), folder)
    except ProbeError as error:
        raise _UnableError("worker-refused", why=Redactor.of(secrets).text(error.message)) from None
    seal = Seal.make(secrets)
    digest = digest_of(evidence)
    return TaskAnswer(evidence, TaskSeal(seal.salt, seal.sign(_signed(line, digest))) if seal else None)


def _scanned(order: ScanOrder, folder: str | None) -> Evidence:
    """Scan with a run folder that lives as long as the task, below `folder`, which the worker clears when it starts again."""
    with tempfile.TemporaryDirectory(prefix="probe-", dir=folder) as root:
        scan = Scan.start(replace(order, root=Path(root)))
        try:
            asyncio.run(scan.run())
            evidence = bare(scan.evidence())
        finally:
            scan.close()
    if scan.redactor.find(to_line(evidence)) is not None:
        raise LeakError("the evidence would hold a secret; it was not sent", hint="please report this bug")
    return evidence


def _secrets(task: TargetTask, env: Mapping[str, str]) -> dict[str, str]:
    """Look the credentials up in the environment of this process, by their names."""
    found = {}
    for credential in task.target.credentials:
        name = credential.variable
        value = entra_token() if task.use_entra and name == ENTRA_VARIABLE else env.get(name, "").strip()
        if not value:
            raise _UnableError("worker-variable-missing", name=name)
        found[name] = value
    return found


def _order(task: TargetTask, catalogue: Catalogue, secrets: Mapping[str, str]) -> ScanOrder:
    credentials = tuple(
        replace(one, looks_like=looks_like(secrets[one.variable])) if one.kind is CredentialKind.KEY else one
        for one in task.target.credentials
    )
    return ScanOrder(
        catalogue=catalogue,
        targets=(replace(task.target, credentials=credentials),),
        scope=task.scope,
        secrets=secrets,
        headers={task.target.name: task.headers},
        options=task.options,
        wait=task.wait,
        is_url_typed=task.is_url_typed,
    )


@lru_cache(maxsize=2)
def _catalogue(line: bytes) -> Catalogue:
    return decode(Catalogue, load(line, "catalogue"), "catalogue")


def bare(evidence: Evidence) -> Evidence:
    """Leave out what whoever asked has already: the catalogue."""
    return replace(evidence, artefacts=(), surfaces=(), api_versions=(), endpoints=())


def digest_of(evidence: Evidence) -> str:
    """Name evidence by its content."""
    return sha256(to_line(evidence)).hexdigest()


def _signed(line: bytes, digest: str) -> bytes:
    return line + b"\n" + digest.encode()


def _is_sealed(line: bytes, kept: tuple[str, str, str], secrets: Mapping[str, str]) -> bool:
    """Whether a holder of these secrets got this evidence by this very task."""
    digest, salt, signature = kept
    seal = Seal.again(secrets, salt)
    return seal is not None and seal.fits(_signed(line, digest), signature)
