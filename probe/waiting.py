"""Which requests are worth sending again while somebody waits for an answer to change."""

from __future__ import annotations

from collections.abc import Iterable

from probe.model import Outcome, Probe, Purpose, RawUrl, Report, Role


def probes_with(report: Report, outcome: Outcome) -> set[str]:
    """The ids of the probes that came to this."""
    return {one.probe_id for one in report.verdicts if one.diagnosis.outcome is outcome}


def pending_in(report: Report) -> set[str]:
    """The ids of the probes that say that a job is not finished."""
    return probes_with(report, Outcome.PENDING)


def worth_again(report: Report, probes: Iterable[Probe[RawUrl]]) -> list[Probe[RawUrl]]:
    """Name the download probes that failed while the job was pending."""
    failed = probes_with(report, Outcome.NOT_FOUND)
    return [one for one in probes if one.id in failed and one.role is Role.DOWNLOAD and one.purpose is not Purpose.CONTROL]


def deciding(report: Report, probes: Iterable[Probe[RawUrl]]) -> list[Probe[RawUrl]]:
    """Name the probes whose next answer would show that something changed: what is pending, what decides, the best that works."""
    names = pending_in(report) | {*report.decisive, report.main, report.failing_url_probe, *report.working[:1]}
    return [one for one in all_again(report, probes) if one.id in names]


def all_again(report: Report, probes: Iterable[Probe[RawUrl]]) -> list[Probe[RawUrl]]:
    """Name every probe that was sent and costs nothing, the controls too."""
    sent = {one.probe_id for one in report.evidence.observations if one.exchanges}
    return [one for one in probes if one.id in sent and not one.billable]
