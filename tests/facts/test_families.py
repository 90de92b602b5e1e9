"""What an id's beginning tells, and which slip of the pen made one id of another."""

from __future__ import annotations

import pytest

from probe.catalogue import load
from probe.facts.families import FAMILIES, family_of, nearest, unserved

ID = "batch_68f10c5428708190"


@pytest.mark.parametrize(
    "other",
    [
        "batch_68f10c542870819",
        "batch_68f10c54287081900",
        "batch_68f10c5428708109",
        "batch_68fl0c5428708190",
        "batch_68f1Oc5428708I9O",
        "batch_68f10c5428708191",
    ],
)
def test_one_slip_is_noticed(other: str) -> None:
    assert nearest(other, ("batch_0000000000000000", ID)) == ID


@pytest.mark.parametrize("other", [ID, "batch_68f10c5428708222", "batch_1", ""])
def test_the_same_id_and_a_different_one_are_no_slip(other: str) -> None:
    assert nearest(other, (ID,)) is None


def test_an_id_that_leads_to_no_file_names_the_one_that_does() -> None:
    assert all(bool(one.route) != bool(one.instead) for one in FAMILIES)
    found = unserved("ig_68f10c54")
    assert found is not None and "resp_" in found.instead
    assert unserved("file-abc") is None and family_of("eEqy3T7r") is None and unserved("msg_") is None


def test_what_the_catalogue_takes_is_not_called_useless() -> None:
    names = {prefix for kind in load().artefacts for one in kind.ids for prefix in one.prefixes}
    routes = {one.prefix for one in FAMILIES if one.route}
    assert {one for one in routes if one not in names} == set()
