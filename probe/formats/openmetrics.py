"""`probe.prom`: the scan as OpenMetrics text, for node_exporter's textfile collector or any scraper that reads files."""

from __future__ import annotations

from collections import Counter

from probe.model import Answer, Outcome, Report
from probe.view.escape import visible
from probe.view.page import View

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def render(report: Report) -> str:
    """Counts and times by target; label values are few, so that no scan makes a new series for every id."""
    view = View(report)
    counts = Counter((row.probe.target, row.outcome) for row in view.rows if row.outcome is not None)
    lines = _family("probe_answer", "Whether this is the answer of the scan.", "stateset")
    lines += [_sample("probe_answer", int(report.answer is one), probe_answer=one.value) for one in Answer]
    lines += _family("probe_requests", "Requests by what they came to.", "gauge")
    targets = [target.name for target in report.evidence.targets]
    lines += [
        _sample("probe_requests", counts[name, outcome], target=name, outcome=outcome.value)
        for name in targets
        for outcome in Outcome
        if counts[name, outcome]
    ]
    lines += _family("probe_works", "Whether a download route works.", "gauge")
    working = {row.probe.target for row in view.working}
    lines += [_sample("probe_works", int(name in working), target=name) for name in targets]
    lines += _family("probe_working_routes", "Download routes that work.", "gauge")
    lines += [
        _sample("probe_working_routes", sum(row.probe.target == name for row in view.working), target=name) for name in targets
    ]
    ended = report.evidence.ended_at or report.generated_at
    for name, text, value in (
        ("probe_scan_duration_seconds", "How long the scan took.", (ended - report.evidence.started_at).total_seconds()),
        ("probe_scan_end_timestamp_seconds", "When the scan ended.", ended.timestamp()),
    ):
        lines += [*_family(name, text, "gauge", unit="seconds"), _sample(name, value)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _family(name: str, text: str, kind: str, unit: str = "") -> list[str]:
    units = [f"# UNIT {name} {unit}"] if unit else []
    return [f"# TYPE {name} {kind}", *units, f"# HELP {name} {text}"]


def _sample(name: str, value: float, **labels: str) -> str:
    told = ",".join(f'{key}="{visible(text).translate(_ESCAPES)}"' for key, text in labels.items())
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"
