"""What became of a pasted response: the same request, asked again by the scan, set beside what the paste tells of the past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from probe.diagnoses import fitting
from probe.model import Diagnosis, Finding, Note
from probe.verdict.case import Case
from probe.verdict.scan import ScanFacts


def pasted_response(scan: ScanFacts, _diagnoses: Mapping[str, Diagnosis]) -> Iterator[Finding]:
    """The response in the paste and the one that the same request gets now: alike, or changed since."""
    notes = scan.evidence.notes
    told = next((dict(one.values) for one in notes if isinstance(one, Note) and one.code == "pasted-response"), None)
    if told is None or told["method"] != "GET":
        return
    again = next((case for case in scan.real if case.probe.method == "GET" and case.probe.url == told["url"]), None)
    if again is None or (again.response is None and again.failure is None):
        return
    then, now = told["status"] or told["failure"], _seen(again)
    code = "pasted-response-same" if then == now else "pasted-response-differs"
    values = {"then": then, "now": now, "at": told["at"], "said": told["words"] if then != now else ""}
    yield Finding(code, fitting(code, "", values))


def _seen(case: Case) -> str:
    return str(case.response.status_code) if case.response else str(case.failure)
