"""A request that got no response is told by the words of the client that sent it."""

from __future__ import annotations

from pathlib import Path

from probe.catalogue import load
from probe.diagnosing import diagnose
from probe.intake import understand
from tests.each import each
from tests.intake.corpus import knowledge

WORDS = [line.split(": ", 1) for line in (Path(__file__).parent / "failures.txt").read_text(encoding="utf-8").splitlines()]
"""A diagnosis and how curl, Python, Node, .NET, Java, Go, PowerShell or a browser words it; a line end stands as `\\n`."""


@each([tuple(one) for one in WORDS], lambda one: one[1])
def test_the_words_of_a_client_tell_why_there_was_no_response(code: str, words: str) -> None:
    report = diagnose(load(("default",)), understand(words.replace("\\n", "\n"), knowledge())).report
    assert report is not None and report.verdicts[0].diagnosis.code == code
