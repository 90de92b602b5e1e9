"""One read-only view of a report, shared by all formats, so that each only decides how things look.

Everything here is plain, unescaped data from servers, catalogues and users: whoever writes it down escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from probe.diagnoses import summary, tell
from probe.language import _
from probe.model import Exchange, Finding, Link, Note, Outcome, Report, Role, Skipped
from probe.view.row import Group, Row
from probe.view.words import outcome_labels, unique

OLD_CATALOGUE_DAYS = 180
TELLING = 12
"""How many rows a short table has at the most."""
ORDER = (
    Outcome.WORKS,
    Outcome.LINK,
    Outcome.PENDING,
    Outcome.EXPIRED,
    Outcome.RETIRED,
    Outcome.DENIED,
    Outcome.THROTTLED,
    Outcome.SERVER_ERROR,
    Outcome.UNREACHABLE,
    Outcome.NEEDS_INPUT,
    Outcome.METADATA_ONLY,
    Outcome.NOT_FOUND,
    Outcome.INCONCLUSIVE,
    Outcome.PROBE_BUG,
    Outcome.SKIPPED,
)
"""How outcomes follow each other in every table: what helps the reader most comes first."""
_SUCCESSES = frozenset({Outcome.WORKS, Outcome.LINK, Outcome.METADATA_ONLY})
"""Outcomes that do not count as failures; the others are explained in `View.groups`."""

_EVERYWHERE = {
    "denied-everywhere": Outcome.DENIED,
    "throttled-everywhere": Outcome.THROTTLED,
    "failing-everywhere": Outcome.SERVER_ERROR,
    "unreachable-everywhere": Outcome.UNREACHABLE,
}
"""Findings that only say of every request what the head says of the decisive one."""
_CONTENT = frozenset({"azure-route-unknown", "openai-route-unknown", "route-unknown", "content-not-here"})
"""Codes after which it matters that no download route exists at all."""
_ACCEPTING = frozenset({"html-instead-of-json", "catch-all-gateway"})
_GONE = frozenset({Outcome.NOT_FOUND, Outcome.EXPIRED, Outcome.RETIRED, Outcome.INCONCLUSIVE})


def _may_be_retired(row: Row) -> bool:
    """Whether a retirement could explain what a row came to: no refusal, no job's own end, no date that passed."""
    found = row.diagnosis
    if found is None or found.outcome not in _GONE or found.code.startswith("job-"):
        return False
    return not (found.outcome is Outcome.EXPIRED and "when" in dict(found.values))


class View:
    """A report, indexed and put in order. Make one per rendering: everything is worked out on first use and kept."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.evidence = report.evidence
        self.labels = outcome_labels()

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """Every probe's row by probe id, in the order of the plan."""
        targets = {one.name: one for one in self.evidence.targets}
        endpoints = {one.id: one for one in self.evidence.endpoints}
        seen = {one.probe_id: one for one in self.evidence.observations}
        verdicts = {one.probe_id: one for one in self.report.verdicts}
        rows = {}
        for one in self.evidence.probes:
            found = verdicts.get(one.id)
            rows[one.id] = Row(
                one,
                targets.get(one.target),
                endpoints.get(one.endpoint),
                seen.get(one.id),
                found.diagnosis if found else None,
                found.answered_by if found else None,
                found.owner if found else None,
            )
        return rows

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every probe in presentation order.

        For each target and artefact that works: its working routes, best first, and right below them the wrong guesses that the
        catalogue knows. Then the customer's own URL, then the rest by outcome (`ORDER`) and plan order, controls last.
        """
        best = {probe_id: rank for rank, probe_id in enumerate(self.report.working)}
        solved: dict[tuple[str, str], int] = {}
        for probe_id in self.report.working:
            if probe_id in self.by_id:
                row = self.by_id[probe_id]
                solved.setdefault((row.probe.target, row.artefact), len(solved))
        last = len(ORDER)

        def key(row: Row) -> tuple[int, int, int, int]:
            place = solved.get((row.probe.target, row.artefact), last + len(solved))
            outcome = ORDER.index(row.outcome) if row.outcome else last
            if row.is_control:
                return (3, 0, 0, outcome)
            if row.probe.id in best:
                return (0, place, 0, best[row.probe.id])
            if row.probe.id in self.report.decisive:
                return (0, last + len(solved), 0, 0)
            if row.is_refuted and (row.probe.target, row.artefact) in solved and row.outcome is not Outcome.SKIPPED:
                return (0, place, 1, outcome)
            if row.probe.id == self.report.failing_url_probe:
                return (1, 0, 0, 0)
            return (2, outcome, 0, 0)

        return tuple(sorted(self.by_id.values(), key=key))

    @cached_property
    def candidates(self) -> tuple[Row, ...]:
        """`rows` without the controls: what a table of candidates shows."""
        return tuple(row for row in self.rows if not row.is_control)

    @cached_property
    def sent(self) -> tuple[Row, ...]:
        """The candidates that were really sent."""
        return tuple(row for row in self.candidates if row.is_sent)

    @cached_property
    def decisive(self) -> tuple[Row, ...]:
        """The row that decides for each thing asked about: one for most scans, none where nothing could be asked."""
        found = tuple(self.by_id[one] for one in self.report.decisive if one in self.by_id)
        return found or self.working[:1] or self.sent[:1]

    @cached_property
    def telling(self) -> tuple[Row, ...]:
        """The few rows that answer the question, of all that were sent; the rest are in `untold`.

        What decides, what works, the customer's own URL, the wrong guesses beside a route that works, then one request for each
        reason, downloads first.
        """
        solved = {(row.probe.target, row.artefact) for row in self.working}
        asides = (row for row in self.sent if row.is_refuted and (row.probe.target, row.artefact) in solved)
        first: dict[str, Row] = {}
        for row in sorted(self.sent, key=lambda row: row.probe.role is not Role.DOWNLOAD or row.probe.method == "HEAD"):
            first.setdefault(row.diagnosis.code if row.diagnosis else "", row)
        own = (self.failing,) if self.failing else ()
        every = dict.fromkeys(
            row.probe.id for row in (*self.decisive, *self.working, *own, *asides, *first.values()) if row.is_sent
        )
        chosen = set(list(every)[:TELLING])
        return tuple(row for row in self.sent if row.probe.id in chosen)

    @cached_property
    def untold(self) -> tuple[Row, ...]:
        """The rows that were sent and are not in `telling`."""
        told = {row.probe.id for row in self.telling}
        return tuple(row for row in self.sent if row.probe.id not in told)

    @cached_property
    def working(self) -> tuple[Row, ...]:
        """The proved downloads, best first."""
        return tuple(self.by_id[one] for one in self.report.working if one in self.by_id)

    @cached_property
    def chosen(self) -> Row | None:
        """The row whose commands the report offers: the best working one, else the first link, else None."""
        links = (row for row in self.candidates if row.outcome is Outcome.LINK)
        return self.working[0] if self.working else next(links, None)

    def is_by_product(self, row: Row) -> bool:
        """Whether a working row returns something beside the artefact, such as a thumbnail."""
        note = dict(self.report.ranking).get(row.probe.id)
        return note is not None and ("delivery", "beside-the-file") in note.values

    def why_best(self, row: Row) -> str:
        """Why a working row stands where it stands among the working ones, or ""."""
        return tell(dict(self.report.ranking).get(row.probe.id))

    @cached_property
    def failing(self) -> Row | None:
        """The row of the URL that the customer said fails, if it was given and probed."""
        return self.by_id.get(self.report.failing_url_probe or "")

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Failures by diagnosis code in the order of `ORDER`, the largest first; skipped probes are not among them."""
        found: dict[str, list[Row]] = {}
        for row in self.sent:
            if row.diagnosis and row.diagnosis.outcome not in _SUCCESSES | {Outcome.SKIPPED}:
                found.setdefault(row.diagnosis.code, []).append(row)
        groups = [Group(rows[0].diagnosis, tuple(rows)) for rows in found.values() if rows[0].diagnosis]
        return tuple(sorted(groups, key=lambda group: (ORDER.index(group.diagnosis.outcome), -group.count)))

    @cached_property
    def not_tried(self) -> tuple[tuple[str, tuple[Skipped, ...]], ...]:
        """(reason, what was not sent for it), the most frequent reason first."""
        found: dict[str, dict[str, Skipped]] = {}
        for one in (*self.evidence.skipped, *self._unsent()):
            found.setdefault(tell(one.reason), {}).setdefault(one.probe_id, one)
        return tuple(sorted(((reason, tuple(ones.values())) for reason, ones in found.items()), key=lambda pair: -len(pair[1])))

    def _unsent(self) -> Iterator[Skipped]:
        known = {one.probe_id for one in self.evidence.skipped}
        for row in self.candidates:
            if not row.is_sent and row.probe.id not in known:
                reason = tell(row.observation.skip_reason) if row.observation else ""
                reason = reason or (summary(row.diagnosis) if row.diagnosis else _("not sent before the scan ended"))
                yield Skipped(row.probe.id, row.probe.endpoint, row.probe.target, reason)

    @cached_property
    def remarks(self) -> tuple[Finding, ...]:
        """The findings about the whole scan that the head does not say already."""
        return tuple(one for one in self.report.findings if not self._is_told(one))

    def _is_told(self, finding: Finding) -> bool:
        decisive = [row for row in self.decisive if row.diagnosis]
        if finding.code in _EVERYWHERE:
            return any(row.outcome is _EVERYWHERE[finding.code] for row in decisive)
        if finding.code == "answers-everything":
            return any(row.diagnosis and row.diagnosis.code in _ACCEPTING for row in decisive)
        if finding.code == "content-routes-unknown":
            return not any(row.diagnosis and row.diagnosis.code in _CONTENT for row in decisive)
        if finding.code == "kind-past-its-date":
            kinds = {one.name: one.title for one in self.evidence.artefacts}
            titles = {kinds.get(row.artefact) for row in decisive if _may_be_retired(row)}
            return bool(decisive) and dict(finding.values).get("title") not in titles
        return False

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What there is to be told about the vantage, the scan and its targets."""
        given = (*self.evidence.vantage.notes, *self.evidence.notes, *(note for one in self.evidence.targets for note in one.notes))
        return tuple(map(tell, given))

    @cached_property
    def pasted(self) -> Mapping[str, str]:
        """What the scan keeps of the paste that it was told by: `lines`, `language`, `document`; empty without one."""
        notes = (one for one in self.evidence.notes if isinstance(one, Note) and one.code == "as-pasted")
        return next((dict(one.values) for one in notes), {})

    @cached_property
    def timeline(self) -> tuple[tuple[Row, Exchange], ...]:
        """Every exchange of the scan, controls and retries too, by time."""
        every = [(row, exchange) for row in self.rows if row.observation for exchange in row.observation.exchanges]
        return tuple(sorted(every, key=lambda pair: pair[1].started_at))

    @property
    def request_count(self) -> int:
        """How many requests went out, retries and redirects included."""
        return len(self.timeline)

    @property
    def elapsed(self) -> float | None:
        """Seconds of the whole scan; None while it is not known."""
        ended = self.evidence.ended_at
        return (ended - self.evidence.started_at).total_seconds() if ended else None

    @cached_property
    def links(self) -> tuple[tuple[Row, Link], ...]:
        """Every link that an answer named, with the row that named it."""
        return tuple((row, link) for row in self.rows if row.response for link in row.response.links)

    @property
    def catalogue_age(self) -> int:
        """Days from the catalogue's date to the report's."""
        return (self.report.generated_at.date() - self.evidence.catalogue_updated).days

    @property
    def is_catalogue_old(self) -> bool:
        """Whether the catalogue is so old that the vendors have probably changed routes since."""
        return self.catalogue_age > OLD_CATALOGUE_DAYS

    @property
    def warnings(self) -> Iterator[str]:
        """What makes the whole report less sure."""
        if self.is_catalogue_old:
            yield _(
                "The catalogue is {days} days old: routes may have changed since. Update probe, then scan again.",
                days=self.catalogue_age,
            )
        if self.evidence.is_interrupted:
            yield _("The scan was interrupted; this is what is known so far.")

    @property
    def remote_addresses(self) -> tuple[str, ...]:
        """The addresses that answered, each once."""
        return unique(exchange.remote_address or "" for _row, exchange in self.timeline)

    @property
    def tls_issuers(self) -> tuple[str, ...]:
        """The issuers of the certificates that were shown, each once: an unknown one betrays an intercepting proxy."""
        return unique(exchange.tls.issuer if exchange.tls else "" for _row, exchange in self.timeline)
