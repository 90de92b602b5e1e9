"""What every code means in words: the only place where a diagnosis or a note becomes a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from string import Formatter
from typing import TypeVar

from probe.diagnoses import auth, behind, blob, ids, jobs, limits, network, pasted, routes, scan, server, success, unsent, versions
from probe.diagnoses.alternatives import ALTERNATIVES as ALTERNATIVES
from probe.diagnoses.alternatives import DECIDED_BY
from probe.diagnoses.notes import NOTES
from probe.diagnoses.record import Owner as Owner
from probe.diagnoses.record import Record, Records
from probe.language import _
from probe.model import Diagnosis, Finding, Note, Pairs, Report

CHAPTERS: tuple[tuple[str, Records], ...] = (
    ("Good responses", success.RECORDS),
    ("Routes", routes.RECORDS),
    ("Api-versions", versions.RECORDS),
    ("Ids, deployments and models", ids.RECORDS),
    ("Jobs, expiry and retirement", jobs.RECORDS),
    ("Blob storage", blob.RECORDS),
    ("Credentials and permissions", auth.RECORDS),
    ("Gateways and what is behind them", behind.RECORDS),
    ("Network", network.RECORDS),
    ("Limits", limits.RECORDS),
    ("Servers", server.RECORDS),
    ("Controls, and what was not sent", unsent.RECORDS),
    ("The scan as a whole", scan.RECORDS),
    ("What was pasted", pasted.RECORDS),
)
DIAGNOSES: Mapping[str, Record] = {code: record for _title, records in CHAPTERS for code, record in records.items()}
"""Every code that a diagnosis or a finding can have: the registry is closed."""
WORDS = frozenset({"absent", "kind", "title", "known_wrong", "reason", "stage", "delivery", "vendor"})
"""Values that are words: the code of a note, or a word of the catalogue, said in the language in use."""

T = TypeVar("T")
_STEM = 6
"""Letters of a badge that make a repetition of it: "Throttled: X is throttling requests"."""
_ARTICLES = frozenset({"A", "An", "Every", "No", "The", "This"})


def summary(found: Diagnosis | Finding) -> str:
    """Say what a diagnosis or a finding found, in the language in use."""
    record, given = DIAGNOSES.get(found.code), dict(found.values)
    if record is None or "summary" in given:  # a code from elsewhere brings its own sentences
        return given.get("summary", found.code)
    tails = (template for name, template in record.tails if name in given)
    return "".join(_fill(template, given) for template in (record.wording(found.variant)[0], *tails))


def remedy(found: Diagnosis | Finding) -> str:
    """Say what to do about it; "" when there is nothing to do."""
    record, given = DIAGNOSES.get(found.code), dict(found.values)
    if record is None or "remedy" in given:
        return given.get("remedy", "")
    return _fill(record.wording(found.variant)[1], given)


def why(found: Diagnosis | Finding | None) -> str:
    """The few words of a diagnosis that fit into the cell of a table; "" for none."""
    if found is None:
        return ""
    record = DIAGNOSES.get(found.code)
    return _(record.title) if record else found.code


def decided_by(found: Diagnosis) -> list[str]:
    """The requests that would show which of a diagnosis's alternatives is the cause, each once."""
    return list(dict.fromkeys(_(DECIDED_BY[one]) for one in found.alternatives))


def doubt(found: Diagnosis) -> str:
    """What else the cause could be, by its codes, and what would tell; only of a diagnosis that has alternatives."""
    codes = ", ".join(found.alternatives)
    return _("Could also be {codes}. To tell which: {requests}", codes=codes, requests=" ".join(decided_by(found)))


def identity(found: Finding) -> str:
    """What identifies a finding across runs: its code and subject, without counts or quotes."""
    given = dict(found.values)
    about = (given[name] for name in ("title", "target", "host", "surface", "model", "right", "method", "path") if name in given)
    return ":".join((found.code, *about))


def tell(note: Note | str | None) -> str:
    """Say a note in the language in use; plain text, as evidence of release 0.1.0 holds it, is said as it is."""
    if note is None or isinstance(note, str):
        return note or ""
    return _fill(NOTES[note.code], dict(note.values)) if note.code in NOTES else note.code


def headline(report: Report) -> str:
    """Sum up a scan in one sentence: its note around the summary of the decisive diagnosis; of several, one for each."""
    found, note = _main(report), report.headline
    about = summary(found) if found else ""
    if note.code == "headline-several":
        about = "; ".join(_each(report))
    template = NOTES.get(note.code, "")
    frame = _(template) if template else ""
    if frame.endswith(": {summary}") and not note.values and about:
        return labelled(frame.removesuffix(": {summary}").rstrip(), about)
    return tell(Note(note.code, (*note.values, ("summary", about)) if about else note.values))


def labelled(word: str, said: str) -> str:
    """A sentence behind its badge, or alone where it says the badge's word itself: "Blocked: Blocked by the firewall"."""
    if " " not in word and word[:_STEM].casefold() in said.casefold():
        return said
    article, space, rest = said.partition(" ")
    lowered = f"{article.lower() if article in _ARTICLES else article}{space}{rest}"
    return _("{badge}: {said}", badge=word, said=lowered)


def _each(report: Report) -> list[str]:
    """What was decided about each thing: its ids (or its target) and the summary."""
    probes = {one.id: one for one in report.evidence.probes}
    found = {one.probe_id: one.diagnosis for one in report.verdicts}
    decided = [probes[one] for one in report.decisive if one in probes and one in found]
    has_targets = len({one.target for one in decided}) > 1
    names = [(one.target if has_targets else "", *dict(one.ids).values()) for one in decided]
    return [
        f"{' '.join(filter(None, name)) or one.target}: {summary(found[one.id])}" for name, one in zip(names, decided, strict=True)
    ]


def next_step(report: Report) -> str:
    """Say what to do now: the report's own advice, else what the decisive diagnosis advises."""
    found = _main(report)
    return tell(report.next_step) if report.next_step or found is None else remedy(found)


def _main(report: Report) -> Diagnosis | None:
    return next((one.diagnosis for one in report.verdicts if one.probe_id == report.main), None)


def fitting(code: str, variant: str, value: Callable[[str], object]) -> Pairs:
    """Choose the values that a code's sentences hold, and ask for no other; KeyError names a value, variant or code without one.

    A tail counts only where its value is given and not empty.
    """

    def said(name: str) -> str | None:
        found = value(name)
        return None if found is None else str(found)

    tails = tuple(name for name, _template in DIAGNOSES[code].tails if said(name))
    needed, words = _needed(code, variant, tails)
    inside = [inner for name in words for inner in _names(NOTES.get(said(name) or "", ""))]
    pairs = []
    for name in dict.fromkeys((*needed, *inside, *tails)):
        if (found := said(name)) is None:
            raise KeyError(name)
        pairs.append(once((name, found)))
    return tuple(pairs)


@lru_cache(maxsize=1024)
def _needed(code: str, variant: str, tails: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values that a code's sentences hold with these tails, and those among them that are words."""
    record = DIAGNOSES[code]
    texts = (*record.wording(variant), *(template for name, template in record.tails if name in tails))
    held = dict.fromkeys(name for text in texts for name in _names(text))
    return tuple(held), tuple(name for name in held if name in WORDS)


@lru_cache(maxsize=4096)
def once(values: T) -> T:
    """Give equal values back as one: thousands of diagnoses of a scan hold the same."""
    return values


@cache
def _names(template: str) -> tuple[str, ...]:
    """The names of the values that a template holds."""
    return tuple(name for _text, name, _format, _conversion in Formatter().parse(template) if name)


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Translate a template, then put its values in; words among them are said first. A saved run may have lost some."""
    said = {name: values.get(name, "…") for name in _names(template)}
    said |= {name: _said(values, word) for name, word in said.items() if name in WORDS}
    return _(template, **said)


def _said(values: Mapping[str, str], word: str) -> str:
    others = {name: value for name, value in values.items() if value != word}
    return _fill(NOTES[word], others) if word in NOTES else _(word)


def markdown() -> str:
    """Write all pages as one Markdown document, docs/diagnoses.md."""
    lines = ["# Diagnoses", "", "Every code that a verdict or a finding can have. `probe explain CODE` prints the same text."]
    for title, records in CHAPTERS:
        lines += ["", f"## {title}"]
        for code, record in records.items():
            lines += ["", f"### `{code}`: {record.title}", "", f"**How it is decided.** {record.how_decided}", ""]
            lines += [f"**What looks the same.** {record.lookalikes}", "", f"**What to do.** {' '.join(record.advice)}"]
    return "\n".join(lines) + "\n"
