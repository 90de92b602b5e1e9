"""`report.json`: the report for scripts, by the published schema; keys may be added, never renamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from probe.diagnoses import decided_by, headline, identity, next_step, remedy, summary, tell
from probe.model import Report
from probe.view.escape import pieces
from probe.view.page import View
from probe.view.repro import commands
from probe.view.row import Row
from probe.view.words import utc

FORMAT_VERSION = 1
Json = dict[str, Any]


def render(report: Report) -> Iterator[str]:
    """The whole report as one JSON object (docs/schema/report.schema.json)."""
    yield from pieces(_encoded(report))
    yield "\n"


def _encoded(report: Report) -> Json:
    """The report as plain values, its verdicts made one after the other as they are written."""
    view = View(report)
    evidence, change = report.evidence, report.smallest_change
    return {
        "format_version": FORMAT_VERSION,
        "software": {"name": "probe", "version": evidence.vantage.tool_version},
        "catalogue": {
            "updated": evidence.catalogue_updated.isoformat(),
            "sha256": evidence.catalogue_sha256,
            "source": evidence.catalogue_source,
            "is_old": view.is_catalogue_old,
        },
        "started_at": utc(evidence.started_at),
        "ended_at": utc(evidence.ended_at) if evidence.ended_at else None,
        "generated_at": utc(report.generated_at),
        "is_interrupted": evidence.is_interrupted,
        "request_count": view.request_count,
        "answer": report.answer.value,
        "headline": headline(report),
        "next_step": next_step(report),
        "asks": [tell(one) for one in report.asks],
        "main": report.main,
        "decisive": list(report.decisive),
        "targets": [{"name": one.name, "provider": one.provider, "base_url": one.base_url} for one in evidence.targets],
        "failing_url": evidence.failing_url,
        "working": [_working(view, row) for row in view.working],
        "smallest_change": {"from": change.from_url, "to": change.to_url, "differences": list(map(tell, change.differences))}
        if change
        else None,
        "verdicts": (verdict(row) for row in view.rows if row.diagnosis),
        "findings": [
            {"id": identity(one), "code": one.code, "summary": summary(one), "remedy": remedy(one)} for one in report.findings
        ],
        "not_tried": [
            {"probe_id": one.probe_id, "endpoint": one.endpoint, "target": one.target, "reason": reason}
            for reason, ones in view.not_tried
            for one in ones
        ],
        "masked": [{"what": what, "count": int(count) if count.isdecimal() else count} for what, count in evidence.masked],
        **_pasted(view),
    }


def _pasted(view: View) -> Json:
    """What was understood of the paste that the scan was told by; {} without one, or where the evidence was damaged."""
    try:
        document = json.loads(view.pasted.get("document", "{}"))
    except ValueError:
        return {}
    return {name: document[name] for name in ("understood", "missing", "next") if name in document}


def _asked(row: Row) -> Json:
    return {
        "probe_id": row.probe.id,
        "endpoint": row.probe.endpoint,
        "target": row.probe.target,
        "artefact": row.artefact,
        "method": row.probe.method,
        "url": row.probe.url,
        "api_version": row.probe.api_version,
        "auth": row.probe.auth.value,
        "answered_by": row.answered_by,
        "owner": row.owner,
    }


def _working(view: View, row: Row) -> Json:
    response = row.response
    return {
        **_asked(row),
        "status_code": response.status_code if response else None,
        "media_type": response.media_type if response else None,
        "sniffed_type": response.sniffed_type if response else None,
        "size": row.size,
        "reason": view.why_best(row),
        "repro": commands(view, row),
    }


def verdict(row: Row) -> Json:
    """One judged probe, as in `verdicts`; also a line of results.jsonl."""
    response, diagnosis = row.response, row.diagnosis
    return {
        **_asked(row),
        "purpose": row.probe.purpose.value,
        "started_at": utc(row.started_at, is_precise=True) if row.started_at else None,
        "attempts": len(row.observation.exchanges) if row.observation else 0,
        "status_code": response.status_code if response else None,
        "failure": row.exchange.failure if row.exchange else None,
        "outcome": row.outcome.value if row.outcome else None,
        "diagnosis": diagnosis.code if diagnosis else None,
        "summary": summary(diagnosis) if diagnosis else "",
        "remedy": remedy(diagnosis) if diagnosis else "",
        "confidence": diagnosis.confidence.value if diagnosis else None,
        "alternatives": list(diagnosis.alternatives) if diagnosis else [],
        "decided_by": decided_by(diagnosis) if diagnosis else [],
        "cites": list(diagnosis.cites) if diagnosis else [],
        "docs_url": (diagnosis.docs_url or None) if diagnosis else None,
        "error_code": response.error_code if response else None,
        "error_message": response.error_message if response else None,
        "request_ids": {name.lower(): value for name, value in reversed(row.request_ids)},
        "region": row.region or None,
        "location": row.location,
        "media_type": response.media_type if response else None,
        "sniffed_type": response.sniffed_type if response else None,
        "size": row.size,
        "json_paths": list(row.key_paths),
        "elapsed": row.elapsed,
    }
