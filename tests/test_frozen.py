"""Records never change, and are copied, compared and sent to other processes by their values."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass

import pytest

from probe.frozen import Frozen, members, replace
from probe.model import IdName, Limits, Note, Target


def test_nothing_of_a_record_can_be_changed_or_added() -> None:
    for name in ("code", "another"):
        with pytest.raises(AttributeError):
            setattr(Note("x"), name, "y")
    with pytest.raises(AttributeError):
        del Note("x").code  # type: ignore[misc]
    assert not hasattr(Note("x"), "__dict__")


def test_a_record_is_replaced_as_a_dataclass_is() -> None:
    @dataclass(frozen=True)
    class Other:
        name: str

    assert replace(IdName("job_id", ("task_",)), bogus="x") == IdName("job_id", ("task_",), "x") != IdName("job_id")
    assert replace(Other("a"), name="b") == Other("b")
    with pytest.raises(TypeError):
        replace(IdName("job_id"), nothing="x")  # type: ignore[call-arg]
    assert members(IdName("job_id", ("task_",))) == {"name": "job_id", "prefixes": ("task_",), "bogus": ""}


@pytest.mark.parametrize("one", [Note("x", (("a", "b"),)), Limits(), Target("t", "azure", "https://a.example")])  # type: ignore[list-item]
def test_a_record_is_copied_and_pickled(one: Frozen) -> None:
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
    assert hash(one) == hash(replace(one))
