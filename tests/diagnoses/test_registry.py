"""Every record is whole, every sentence can be said with what the rules give, and every code is reached by a case."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from probe.diagnoses import CHAPTERS, DIAGNOSES, Owner, fitting, headline, markdown, next_step, remedy, summary, tell
from probe.diagnoses.notes import NOTES
from probe.language import LANGUAGES, use_language
from probe.model import Diagnosis, Finding, Note, Outcome, Report
from probe.verdict import FAMILIES
from tests.corpus.replay import recorded
from tests.each import each

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Found = Diagnosis | Finding


def told(one: Found | Note) -> str:
    return tell(one) if isinstance(one, Note) else f"{summary(one)} {remedy(one)}"


def everything(report: Report) -> Iterator[Found | Note]:
    yield from (one.diagnosis for one in report.verdicts)
    yield from report.findings
    yield from report.asks
    yield from (note for _probe, note in report.ranking)


def test_codes_are_kebab_case_and_each_in_one_chapter() -> None:
    assert [code for code in (*DIAGNOSES, *NOTES) if not CODE.fullmatch(code)] == []
    assert sum(len(records) for _title, records in CHAPTERS) == len(DIAGNOSES)
    assert list(NOTES) == sorted(NOTES)


@each(sorted(DIAGNOSES))
def test_records_say_something_in_every_part(code: str) -> None:
    record = DIAGNOSES[code]
    pages = (record.how_decided, record.lookalikes, *record.advice)
    assert all(text.strip() and text.strip()[-1] in ".!" for text in pages)
    assert not record.title.endswith(".")
    assert record.outcome in Outcome and (record.owner is None or record.owner in Owner)
    for variant in ("", *record.variants):
        said, do = record.wording(variant)
        assert said and not said.endswith(".")
        assert not do or do.endswith("."), do
    assert all(template[0] in " ;:,." for _name, template in record.tails)


def test_the_document_holds_every_page() -> None:
    text = markdown()
    assert all(f"### `{code}`: {record.title}" in text for code, record in DIAGNOSES.items())


def test_every_rule_is_in_the_table_once() -> None:
    rules = [rule for _family, rules in FAMILIES for rule in rules]
    assert len(rules) == len(set(rules))
    assert all(rule.__doc__ for rule in rules)


def test_a_value_that_a_sentence_lacks_is_named_where_the_diagnosis_is_made() -> None:
    with pytest.raises(KeyError, match="region"):
        fitting("azure-key-of-other-region", "", {"host": "eastus.api.cognitive.microsoft.com"}.get)


def test_only_what_a_sentence_holds_is_kept() -> None:
    given = {"target": "contoso", "status": 401, "said": "", "resource": "https://h", "route": "/x"}
    assert fitting("azure-key-wrong", "", given.get) == (("target", "contoso"), ("status", "401"), ("resource", "https://h"))


def test_the_reason_of_what_was_not_sent_is_told_in_the_language_of_the_reader() -> None:
    note = Note("credential-accepted-as", (("form", "bearer"),))
    values = fitting("not-sent", "", {"reason": note.code, **dict(note.values)}.get)
    assert summary(Diagnosis("not-sent", Outcome.SKIPPED, values)) == tell(note) == "Is the credential accepted as bearer?"
    old = fitting("not-sent", "", {"reason": "the budget of 7 requests is used up"}.get)
    assert summary(Diagnosis("not-sent", Outcome.SKIPPED, old)) == "the budget of 7 requests is used up"


def test_plain_text_of_old_evidence_is_told_as_it_is() -> None:
    assert (tell("a {brace} in old text"), tell(None), tell(Note("of-a-newer-release"))) == (
        "a {brace} in old text",
        "",
        "of-a-newer-release",
    )


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    return [report for report, _probe in recorded().values()]


@pytest.mark.xdist_group("corpus")
def test_everything_found_in_recorded_answers_can_be_told_in_every_language(reports: list[Report]) -> None:
    for language in LANGUAGES:
        use_language(language)
        for report in reports:
            texts = [headline(report), next_step(report), *map(told, everything(report))]
            assert texts[0] and texts[0] != report.headline.code
