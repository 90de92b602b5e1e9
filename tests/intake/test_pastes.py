"""What people paste is understood: every paste of the corpus, and the recall of every field for every kind."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable

import pytest

from probe.catalogue import load
from probe.diagnosing import diagnose
from probe.intake import understand
from tests.each import each
from tests.intake.corpus import FIELDS, Paste, knowledge, pastes, understood, written


def test_the_corpus_is_large_and_every_paste_has_a_source() -> None:
    assert len(pastes()) >= 200
    assert all(one.source and one.expected for one in pastes())
    assert len({one.name for one in pastes()}) == len(pastes())


@each(pastes(), lambda one: one.name)
def test_a_paste_is_understood_and_nothing_is_guessed(paste: Paste) -> None:
    assert written(understood(paste)) == paste.expected


@each([one for one in pastes() if one.diagnosis or one.next], lambda one: one.name)
def test_a_paste_gets_its_diagnosis_and_the_scan_that_decides(paste: Paste) -> None:
    judged = diagnose(load(("default",)), understood(paste))
    code = judged.report.verdicts[0].diagnosis.code if judged.report else None
    assert (code, judged.next.line if judged.next.words else None) == (paste.diagnosis, paste.next)


def test_recall_of_every_field_for_every_family(capsys: pytest.CaptureFixture[str]) -> None:
    told: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    for paste in pastes():
        got = written(understood(paste))
        for field, value in paste.expected.items():
            told[paste.family, field] += 1
            found[paste.family, field] += got.get(field) == value
    families = sorted({paste.family for paste in pastes()})
    with capsys.disabled():
        print(f"\n{'recall':<16}" + "".join(f"{family:>12}" for family in families))
        for field in FIELDS:
            cells = ((found[family, field], told[family, field]) for family in families)
            print(f"{field:<16}" + "".join(f"{f'{got}/{all_}' if all_ else '-':>12}" for got, all_ in cells))
    assert sum(found.values()) == sum(told.values())


@each(
    (
        "{} was asked 404 times",
        "see {} (page 404)",
        "{} for 200 users",
        "GET {} on port 502",
        "{} since build 500",
        "{} took 500 ms",
    ),
    lambda one: one,
)
def test_a_number_beside_a_url_is_not_taken_for_a_status(words: str) -> None:
    got = understand(words.format("https://contoso.openai.azure.com/openai/v1/videos/video_68fd1c2b7a3c81"), knowledge())
    assert got.url and got.status_code is None


@each(enumerate(pastes()), lambda one: one[1].name)
def test_what_stands_around_a_paste_changes_nothing(at: int, paste: Paste) -> None:
    frames = ("```\n{}\n```", "Hello,\n\n{}\n\nBest regards\nA. Customer", "\ufeff{}\r\n")
    got = written(understand(frames[at % 3].replace("{}", paste.text), knowledge()))
    for field in ("method", "url", "base_url", "ids", "status_code", "error_code", "error_message", "api_version", "deployment"):
        assert got.get(field) == paste.expected.get(field), field


LAYOUTS: tuple[Callable[[str], str], ...] = (
    lambda text: "On Tuesday somebody wrote:\n\n" + re.sub("(?m)^", ">> ", text),
    lambda text: re.sub("(?m)^", "      ", text),
    lambda text: re.sub("(?m)^", "app-1  | ", text),
    lambda text: re.sub("(?m)^", "[pod/web-6f7d/main] 2026-01-02T03:04:05.678Z ", text),
    lambda text: "\n".join(f"{at:3}  {line}" for at, line in enumerate(text.split("\n"), 1)),
    lambda text: json.dumps({"user": "U1", "text": text}),
    lambda text: f"<p>Hi,</p><pre><code>{html.escape(text)}</code></pre><p>Thanks</p>",
    lambda text: text.replace("\n", "   \n\n"),
)
"""How a mail, an editor, a container's log, a listing, a ticket's export and a form carry what was pasted."""


def test_what_carries_a_paste_hardly_ever_changes_what_it_tells() -> None:
    names = ("method", "url", "base_url", "ids", "status_code", "error_code", "error_message", "api_version", "deployment")
    changed = []
    for at, paste in enumerate(pastes()):
        got = written(understand(LAYOUTS[at % len(LAYOUTS)](paste.text), knowledge()))
        changed += [paste.name] if any(got.get(name) != paste.expected.get(name) for name in names) else []
    assert len(changed) * 50 <= len(pastes()), changed
