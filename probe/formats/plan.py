"""The plan of a scan as text: every request that would be sent, what each waits for, what is left out and why."""

from __future__ import annotations

import sys
from itertools import groupby

from probe.diagnoses import tell
from probe.formats.table import Column, fitted
from probe.language import _
from probe.model import Plan, Probe, RedactedUrl
from probe.view.escape import visible
from probe.view.width import wrap


def render_plan(plan: Plan[RedactedUrl], *, width: int = 100, max_requests: int) -> str:
    """Write the whole plan for a terminal of `width` columns; nothing was sent."""
    lines = [_headline(plan, max_requests), ""]
    for target, group in groupby(plan.probes, key=lambda probe: probe.target):
        probes = list(group)
        lines += [visible(target), _table(probes, width), ""]
    costs = sorted({f"{probe.endpoint}: {probe.cost}" for probe in plan.probes if probe.billable})
    if costs:
        lines += [_("May be billed:"), *(f"  {visible(cost)}" for cost in costs), ""]
    reasons: dict[str, list[str]] = {}
    for one in plan.skipped:
        reasons.setdefault(tell(one.reason), []).append(one.probe_id)
    if reasons:
        lines.append(_("Left out:"))
        for reason, names in reasons.items():
            shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
            lines += [f"  {line}" for line in wrap(visible(f"{len(names)} x {reason}: {shown}"), width - 2)]
        lines.append("")
    lines += [line for note in plan.notes for line in wrap(visible(tell(note)), width)]
    return "\n".join(lines).rstrip() + "\n"


def _headline(plan: Plan[RedactedUrl], max_requests: int) -> str:
    """Tell how many requests there would be."""
    waiting = sum(bool(probe.needs) for probe in plan.probes)
    text = _("{count} requests, nothing was sent", count=plan.request_count)
    if waiting:
        text += _("; {waiting} of them wait for an id from a response", waiting=waiting)
    if plan.request_count > max_requests:
        text += _("; a scan would stop after {most} (--max-requests)", most=max_requests)
    else:
        text += _("; plus up to {controls} controls and links", controls=plan.control_count)
    return text + (_("; {billable} may be billed", billable=plan.billable_count) if plan.billable_count else "")


def _table(probes: list[Probe[RedactedUrl]], width: int) -> str:
    """Draw one target's requests; the URL stands last and whole, however narrow the terminal is: it is there to be copied."""
    columns = [
        Column(_("method"), [probe.method for probe in probes], least=20),
        Column(_("auth"), [probe.auth.value for probe in probes], least=20),
        Column(_("waits for"), [", ".join(probe.needs) for probe in probes], least=6, drop=1, give=1),
        Column(_("request"), [visible(probe.url) for probe in probes], least=sys.maxsize),
    ]
    return fitted(columns, width, lambda _row, text: text)
