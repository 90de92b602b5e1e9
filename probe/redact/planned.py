"""What is planned or was stored, as it may be shown: the user's own URLs, ids and headers without their secrets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

from probe.frozen import Frozen, members, replace
from probe.model import Note, Pairs, Plan, Probe, RawUrl, RedactedUrl, Target
from probe.redact import Redactor


def redacted_probe(probe: Probe[str], redactor: Redactor) -> Probe[RedactedUrl]:
    """Take every secret out of a probe; one that holds none stays the same object."""
    url, headers = redactor.url(probe.url), redactor.headers(probe.headers)
    api_version = redactor.text(probe.api_version) if probe.api_version else probe.api_version
    ids = tuple((name, redactor.text(value)) for name, value in probe.ids)
    body = redactor.text(probe.body) if probe.body else None
    if (url, headers, api_version, ids, body) == (probe.url, probe.headers, probe.api_version, probe.ids, probe.body):
        return cast("Probe[RedactedUrl]", probe)
    return cast("Probe[RedactedUrl]", replace(probe, url=url, headers=headers, api_version=api_version, ids=ids, body=body))


def redacted_target(target: Target[str], headers: Pairs, redactor: Redactor) -> Target[RedactedUrl]:
    """Take every secret out of a target, and note its extra headers, raw as given, without theirs."""
    masked = replace(
        target,
        base_url=redactor.url(target.base_url),
        deployment=redactor.text(target.deployment) if target.deployment else target.deployment,
        ids=tuple((name, redactor.text(value)) for name, value in target.ids),
        headers=redactor.headers(headers),
        network=tuple((name, redactor.text(value)) for name, value in target.network),
        notes=tuple(redacted_note(note, redactor) for note in target.notes),
    )
    return cast("Target[RedactedUrl]", masked)


def redacted_plan(plan: Plan[RawUrl], redactor: Redactor) -> Plan[RedactedUrl]:
    """Take every secret out of the probes of a plan."""
    shown = tuple(redacted_probe(probe, redactor) for probe in plan.probes)
    return Plan(shown, plan.skipped, plan.request_count, plan.control_count, plan.billable_count, plan.notes)


def redacted_note(note: Note | str, redactor: Redactor) -> Note | str:
    """Take every secret out of something to be told."""
    if isinstance(note, str):
        return redactor.text(note)
    return replace(note, values=tuple((name, redactor.text(value)) for name, value in note.values))


def masked_again(value: Any, redactor: Redactor) -> Any:
    """Take out of stored evidence what a later answer showed to be a secret: a finished file that holds it is never written."""
    if type(value) is str:
        return redactor.text(value)
    if isinstance(value, tuple):
        return tuple(masked_again(one, redactor) for one in value)
    if isinstance(value, Frozen):
        return replace(value, **{name: masked_again(one, redactor) for name, one in members(value).items()})
    return value


def summed(counts: Iterable[Pairs]) -> Pairs:
    """Add up what several scans masked."""
    total: Counter[str] = Counter()
    for kind, count in (pair for pairs in counts for pair in pairs):
        total[kind] += int(count) if count.isdecimal() and len(count) < 12 else 0
    return tuple((kind, str(count)) for kind, count in sorted(total.items()))
