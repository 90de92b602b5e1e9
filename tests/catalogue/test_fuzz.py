"""Damaged catalogues and descriptions: one clear error or a catalogue, within a second, and never a traceback."""

import os
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.catalogue import load
from probe.catalogue.importer import propose
from probe.errors import CatalogueError

HERE = Path(__file__).parent
GOOD = (HERE / "good.yaml").read_bytes()
SPECS = sorted((HERE / "specs").iterdir())
EXAMPLES = int(os.environ.get("PROBE_FUZZ_EXAMPLES", "150"))
PIECES = st.sampled_from(
    [
        b":",
        b"- ",
        b"\n",
        b"  ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"&a ",
        b"*a",
        b"!!int ",
        b"? ",
        b"|\n",
        b">",
        b"#",
        b'"',
        b"'",
        b"~",
        b"<<: ",
        b"\t",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"---\n",
        b"...\n",
        b"%YAML 9.9\n",
        b"{file_id}",
        b"9" * 30,
        b"none",
        b"null",
        b"$..[?@.a]",
        b"\\ud800",
    ]
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), PIECES | st.binary(max_size=8)), min_size=1, max_size=6
)
FUZZ = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(content, edits):
    for share, removed, piece in edits:
        at = int(share * len(content))
        content = content[:at] + piece + content[at + removed :]
    return content


@FUZZ
@given(edits=EDITS)
def test_a_damaged_catalogue_is_an_error_with_a_place_or_still_a_catalogue(tmp_path, edits):
    path = tmp_path / "damaged.yaml"
    path.write_bytes(damaged(GOOD, edits))
    started = time.process_time()
    try:
        assert load([path]).endpoints
    except CatalogueError as error:
        assert all(line.startswith((str(path), "...")) for line in error.message.split("\n"))
    assert time.process_time() - started < 1


@FUZZ
@given(edits=EDITS, spec=st.sampled_from(SPECS))
def test_a_damaged_description_is_one_error_or_a_proposal_that_lint_accepts(tmp_path, edits, spec):
    path = tmp_path / "proposed.yaml"
    started = time.process_time()
    try:
        text = propose(damaged(spec.read_bytes(), edits), "the-spec")
    except CatalogueError as error:
        assert error.message.startswith("the-spec")
    else:
        path.write_text(text, encoding="utf-8")
        assert load([path]).endpoints
    assert time.process_time() - started < 1
