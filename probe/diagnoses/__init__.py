"""What every code means in words: the only place where a diagnosis or a note becomes a sentence."""

from __future__ import annotations

from probe.model import Diagnosis, Finding, Note


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
    return dict(note.values).get("text", note.code)
