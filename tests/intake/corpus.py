"""Pastes as people really make them, each with its source and with what must be understood of it.

A file holds pastes of one family: `=== title | source`, the paste, `---`, then `field: value` lines. A field that is not named must
be empty: what a paste does not tell is never guessed. `diagnosis` is the code of the first verdict and `next` the scan that is
proposed, where a paste says them. Facts and shapes are those of public issues; names, hosts and keys are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from probe.catalogue import load
from probe.diagnosing import knowledge_of
from probe.intake import Knowledge, Understood, understand

FOLDER = Path(__file__).parent / "pastes"
FIELDS = [
    "kinds",
    "method",
    "url",
    "base_url",
    "provider",
    "api_version",
    "deployment",
    "ids",
    "status_code",
    "error_code",
    "error_message",
    "failure",
    "request_ids",
    "region",
    "retry_after",
    "secrets_dropped",
    "missing",
    "contradictions",
]


@dataclass(frozen=True, eq=False)
class Paste:
    family: str
    title: str
    source: str
    text: str
    expected: dict[str, str]
    diagnosis: str | None = None
    next: str | None = None

    @property
    def name(self) -> str:
        return f"{self.family}: {self.title}"


@cache
def pastes() -> tuple[Paste, ...]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for head, rest in re.findall(r"^=== (.*)\n((?:(?!=== ).*\n?)*)", path.read_text(encoding="utf-8"), re.MULTILINE):
            title, _bar, source = head.partition(" | ")
            text, _line, wanted = rest.partition("\n---\n")
            expected = dict(line.split(": ", 1) for line in wanted.splitlines() if line)
            judged = [expected.pop(name, None) for name in ("diagnosis", "next")]
            found.append(Paste(path.stem, title, source, text, expected, *judged))
    return tuple(found)


@cache
def knowledge() -> Knowledge:
    return knowledge_of(load(("default",)))


@cache
def understood(paste: Paste) -> Understood:
    return understand(paste.text, knowledge())


def written(understood: Understood) -> dict[str, str]:
    """What was understood, as the files write it: only what is told."""
    texts = {}
    for field in FIELDS:
        value = getattr(understood, field)
        if field in ("ids", "request_ids"):
            value = " ".join(f"{name}={text}" for name, text in value)
        elif isinstance(value, tuple):
            value = ", ".join(value)
        if value not in (None, ""):
            texts[field] = str(value).replace("\n", " ")
    return texts
