"""What every code means in words: the only place where a diagnosis or a note becomes a sentence."""

from __future__ import annotations

from probe.diagnoses.notes import NOTES
from probe.language import _
from probe.model import Diagnosis, Finding, Note, Pairs


def summary(found: Diagnosis | Finding) -> str:
    """Say what a diagnosis or a finding found, in the language in use."""
    return found.summary


def remedy(found: Diagnosis | Finding) -> str:
    """Say what to do about it; "" when there is nothing to do."""
    return found.remedy


def tell(note: Note | str | None) -> str:
    """Say a note in the language in use; plain text, as evidence of release 0.1.0 holds it, is said as it is."""
    if note is None or isinstance(note, str):
        return note or ""
    return _fill(NOTES[note.code], note.values) if note.code in NOTES else note.code


def _fill(template: str, values: Pairs) -> str:
    """Translate a template, then put its values in."""
    return _(template, **dict(values))
