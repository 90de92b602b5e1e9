"""The model's own `dataclass` makes what the standard library's would."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from probe import frozen
from probe.model import IdName, Limits, Note, Target
from tests.factories import evidence


def test_an_instance_behaves_as_one_of_the_library_does() -> None:
    theirs = dataclasses.make_dataclass("IdName", [(one.name, one.type, one) for one in dataclasses.fields(IdName)], frozen=True)
    ours, other = IdName("job_id", ("task_",)), theirs("job_id", ("task_",))
    assert repr(ours) == repr(other) == "IdName(name='job_id', prefixes=('task_',), bogus='')"
    assert hash(ours) == hash(other) == hash(IdName("job_id", ("task_",)))
    assert ours == IdName(name="job_id", prefixes=("task_",)) != IdName("job_id")
    assert ours != other and ours != ("job_id", ("task_",), "")
    assert dataclasses.replace(ours, bogus="x") == IdName("job_id", ("task_",), "x")
    assert dataclasses.asdict(ours) == dataclasses.asdict(other)
    match ours:
        case IdName(name, _, bogus):
            assert (name, bogus) == ("job_id", "")


def test_a_field_that_is_not_compared_is_none_of_its_value() -> None:
    one, other = evidence(), dataclasses.replace(evidence(), digests=(("a", "b"),))
    assert one == other and hash(one.limits) == hash(other.limits)
    assert "digests=(('a', 'b'),)" in repr(other)


def test_nothing_of_it_can_be_changed_or_added() -> None:
    for name in ("code", "another"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(Note("x"), name, "y")
    with pytest.raises(dataclasses.FrozenInstanceError):
        del Note("x").code  # type: ignore[misc]
    assert not hasattr(Note("x"), "__dict__")


def test_wrong_arguments_are_refused() -> None:
    for wrong in ((), ("a", (), "b")):
        with pytest.raises(TypeError):
            Note(*wrong)  # type: ignore[arg-type, call-arg]


@pytest.mark.parametrize("one", [Note("x", (("a", "b"),)), Limits(), Target("t", "azure", "https://a.example")])  # type: ignore[list-item]
def test_it_is_copied_and_pickled(one: object) -> None:
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def test_a_field_may_stay_out_of_comparison_and_text() -> None:
    @frozen.dataclass(frozen=True, slots=True)
    class Shown:
        name: str
        digest: str = dataclasses.field(default="", compare=False, repr=False)

    assert Shown("a", "1") == Shown("a", "2")
    assert hash(Shown("a", "1")) == hash(Shown("a", "2"))
    assert "digest" not in repr(Shown("a", "1"))
