"""A seal fits the credentials and the receiver that it was made for, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.runs.seal import make_seals, unsealed
from tests.factories import target

LAB = target(name="lab", base_url="https://lab.example")
SECRETS = {one.variable: f"value of {one.variable}" for one in LAB.credentials}


def test_a_seal_fits_the_same_credentials_at_the_same_place_alone() -> None:
    assert LAB.credentials
    seals = make_seals([LAB], SECRETS, {})
    assert unsealed(seals, [LAB], SECRETS, {}) == ()
    moved = replace(LAB, base_url="https://evil.example")
    assert unsealed(seals, [moved], SECRETS, {}) == (moved,)
    assert unsealed(seals, [LAB], dict.fromkeys(SECRETS, "another"), {}) == (LAB,)
    assert unsealed(seals, [LAB], SECRETS, {"lab": (("X-Key", "more"),)}) == (LAB,)


def test_a_seal_is_never_the_same_and_only_receivers_have_one() -> None:
    assert make_seals([LAB], SECRETS, {}) != make_seals([LAB], SECRETS, {})
    bare = replace(LAB, name="bare", credentials=())
    assert make_seals([bare], {}, {}) == {}
    assert unsealed({}, [bare], {}, {}) == ()


@pytest.mark.parametrize(
    "made", [None, 7, [], "", {"lab": None}, {"lab": ":"}, {"lab": "x:y"}, {"lab": "00:"}, {"lab": "00:\udcff"}]
)
def test_what_is_no_seal_fits_nothing(made: object) -> None:
    assert unsealed(made, [LAB], SECRETS, {}) == (LAB,)
