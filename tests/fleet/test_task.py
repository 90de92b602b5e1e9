"""A task is answered by words, whatever goes wrong: an exception would carry its text and its variables to whoever asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe import __version__
from probe.fleet.task import TargetTask, perform
from probe.model import Catalogue, Credential, CredentialKind, Target
from probe.order import Scope
from probe.runs.codec import to_line
from probe.transport import TransportOptions
from tests.scanning import catalogue

VARIABLE, KEY = "TASK_TEST_KEY", "k3y-0f-a-worker-that-nobody-may-see"


def line(software: str = __version__, **changes: Any) -> bytes:
    target = Target("lab", "azure", "http://127.0.0.1:9", credentials=(Credential(VARIABLE, CredentialKind.KEY),))
    return to_line(TargetTask(software, "", changes.pop("target", target), Scope(**changes), TransportOptions(proxy="")))


def shipped() -> bytes:
    one: Catalogue = catalogue()
    return to_line(one)


@pytest.mark.parametrize(
    ("task", "known", "kept", "code", "value"),
    [
        (line("0.0.1"), b"", None, "worker-other-version", "0.0.1"),
        (b"{", b"", None, "worker-refused", "task"),
        (b"[]", b"", None, "worker-other-version", "None"),
        (line(), b"{}", None, "worker-refused", "catalogue"),
        (line(only=("no-such-endpoint",)), shipped(), None, "worker-refused", "no-such-endpoint"),
        (line(), b"", ("one",), "worker-failed", "ValueError"),
        (line(target=Target("lab", "azure", "http://h", credentials=(Credential("NOT_SET_X", CredentialKind.KEY),))), b"", None,
         "worker-variable-missing", "NOT_SET_X"),
    ],
)  # fmt: skip
def test_whatever_goes_wrong_is_a_word(
    task: bytes, known: bytes, kept: Any, code: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    answer = perform(task, known, kept)
    assert KEY.encode() not in answer
    told = json.loads(answer)
    assert told["evidence"] is None
    assert told["problem"]["code"] == code
    assert value in str(told["problem"]["values"])


def test_a_failing_url_with_the_workers_own_secret_comes_back_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks does not know the secret, so only the worker can mask it."""
    monkeypatch.setenv(VARIABLE, KEY)
    task = line(only=("*sora1.content-video",), failing_url=f"http://127.0.0.1:9/openai/v1/video/generations/gen_1/content?x={KEY}")
    told = json.loads(perform(task, shipped()))
    assert told["problem"] is None
    assert told["evidence"]["observations"]
    assert KEY not in json.dumps(told)
    assert told["seal"]["signature"]
