"""Which of several working routes is best, and why."""

from __future__ import annotations

from probe.facts.lifecycle import stage_at
from probe.model import Note, Purpose, Role, Stage, Standing
from probe.verdict.case import Case
from probe.verdict.proof import is_by_product

_STANDING = {Standing.DOCUMENTED: 0, Standing.UNDOCUMENTED: 1, Standing.REFUTED: 2}
_ROLE = {Role.DOWNLOAD: 0, Role.STATUS: 1, Role.METADATA: 2, Role.LIST: 3, Role.CREATE: 4, Role.CONTROL: 5}
_STAGE = {Stage.GA: 0, Stage.PREVIEW: 1, Stage.DEPRECATED: 2, Stage.RETIRED: 3}


def rank(case: Case) -> tuple[int, ...]:
    """Sort key: the artefact before its by-products, documented first, bytes before links, GA before preview.

    Last comes the catalogue's own order of endpoints and api-versions, which is best first.
    """
    endpoint, probe, scan = case.endpoint, case.probe, case.scan
    is_indirect = probe.purpose is Purpose.LINK or probe.role is not Role.DOWNLOAD
    versions = (*endpoint.api_versions, *endpoint.more_api_versions) if endpoint else ()
    return (
        int(is_by_product(case)),
        _STANDING[endpoint.standing if endpoint else Standing.UNDOCUMENTED],
        int(is_indirect),
        _ROLE[probe.role],
        _STAGE[stage_at(endpoint.lifecycle, case.seen_at.date()) if endpoint else Stage.PREVIEW],
        int(probe.variant not in ("", "as given")),
        scan.order.get(probe.endpoint, len(scan.order)),
        versions.index(probe.api_version) if probe.api_version in versions else len(versions),
        int(probe.purpose is Purpose.FAILING_URL),
    )


def reason(case: Case) -> Note:
    """Why a working route stands where it stands."""
    endpoint, is_link = case.endpoint, case.probe.purpose is Purpose.LINK
    delivery = "behind-a-link" if is_link else "the-file-itself" if case.probe.role is Role.DOWNLOAD else "inside-the-json"
    delivery = "beside-the-file" if is_by_product(case) else delivery
    if endpoint is None:
        return Note("ranked-unlisted", (("delivery", delivery),))
    return Note(
        f"ranked-{endpoint.standing.value}",
        (("stage", f"stage-{stage_at(endpoint.lifecycle, case.seen_at.date()).value}"), ("delivery", delivery)),
    )
