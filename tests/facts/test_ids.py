"""What an id's beginning tells."""

from __future__ import annotations

from probe.facts.ids import names_of, served, stems
from probe.model import IdName
from tests.factories import artefact

FILE = artefact(name="file", ids=(IdName("file_id", ("file-",)),))
STORE = artefact(name="store", ids=(IdName("store_id", ("vs_",)), IdName("vector_file_id", bogus="file-00000000")))


def test_a_name_begins_as_declared_or_as_its_bogus_value_does() -> None:
    assert stems(IdName("file_id", ("file-",))) == ("file-",)
    assert stems(IdName("vector_file_id", bogus="file-00000000000000000000000000000000")) == ("file-",)
    assert stems(IdName("operation_id", bogus="00000000-0000-0000-0000-000000000000")) == ()
    assert stems(IdName("plain")) == ()


def test_the_longest_prefix_decides() -> None:
    kinds = (artefact(ids=(IdName("short", ("ft-",)), IdName("long", ("ft-job-",)))),)
    assert names_of("ft-job-1", kinds) == ("long",)
    assert names_of("ft-1", kinds) == ("short",)
    assert names_of("ft-", kinds) == ()


def test_a_given_id_serves_other_names_of_its_kind_but_no_given_one() -> None:
    assert served((("file_id", "file-a"),), (FILE, STORE)) == (("vector_file_id", "file-a"),)
    assert served((("file_id", "file-a"), ("vector_file_id", "file-b")), (FILE, STORE)) == ()
    assert served((("store_id", "vs_a"),), (FILE, STORE)) == ()
