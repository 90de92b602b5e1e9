"""What the page's panel shows about each probe, as compact JSON-able values; what repeats is stored once and named by number."""

from __future__ import annotations

import json
from collections.abc import Iterable

from probe.diagnoses import decided_by, remedy, summary, tell
from probe.language import _
from probe.model import Exchange, Pairs, Response
from probe.view.matrix import outcome_of
from probe.view.page import View
from probe.view.repro import commands
from probe.view.row import Row
from probe.view.words import confidence_label, size_text, utc

PHASES = ("dns", "connect", "tls", "wait", "receive")
SHOWN_PATHS = 400
"""Key paths shown at most; report.json has them all."""
_MOST_SECONDS = 1e9


def phase_words() -> tuple[str, ...]:
    """The words for `PHASES`, in the active language."""
    return (_("name lookup"), _("connect"), _("TLS"), _("wait"), _("receive"))


class Shared:
    """Values that many probes have in common: `add` gives the number under which `values` holds one."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._numbers: dict[str, int] = {}

    def add(self, value: object) -> int:
        """Keep `value` once."""
        number = self._numbers.setdefault(json.dumps(value), len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


def details(view: View) -> dict[str, object]:
    """Words, shared values and one entry per probe, in the order of `view.by_id`."""
    shared = Shared()
    probes = [_probe(view, row, shared) for row in view.by_id.values()]
    return {"words": _words(view), "shared": shared.values, "probes": probes}


def _words(view: View) -> dict[str, object]:
    return {
        "copy": _("Copy"),
        "copied": _("Copied"),
        "select": _("Selected: press Ctrl+C"),
        "verdict": _("Verdict"),
        "seen": _("What came back"),
        "paths": _("Key paths of the JSON answer"),
        "values": _("Values that tell the state"),
        "captures": _("Ids found in the answer"),
        "links": _("Links in the answer"),
        "probe": _("This request"),
        "phases": phase_words(),
        "outcomes": {outcome.value: label for outcome, label in view.labels.items()} | {"control": _("control")},
    }


def _probe(view: View, row: Row, shared: Shared) -> dict[str, object]:
    probe, seen = row.probe, row.observation
    entry: dict[str, object] = {
        "id": probe.id,
        "outcome": outcome_of(row),
        "status": row.status,
        "method": probe.method,
        "url": probe.url,
        "verdict": shared.add(_verdict(row)),
        "about": _pairs(
            (_("probe"), probe.id),
            (_("target"), probe.target),
            (_("endpoint"), probe.endpoint),
            (_("api-version"), row.api_version),
            (_("credential sent as"), probe.auth.value),
            (_("why it was sent"), tell(probe.reason)),
            (_("skipped"), tell(seen.skip_reason) if seen else ""),
            (_("bug in probe"), (seen and seen.bug) or ""),
        ),
    }
    made = commands(view, row)
    optional = {
        "commands": [(title, made[name]) for name, title in (("curl", "curl"), ("powershell", "PowerShell")) if name in made],
        "facts": _facts(row.response) if row.response else (),
        "attempts": [_attempt(one, row, shared) for one in seen.exchanges] if seen else (),
        "captures": [(one.name, f"{one.value}  ({one.path})") for one in seen.captures] if seen else (),
    }
    if row.response:
        optional["values"] = [(one.path, one.value) for one in row.response.values]
        optional["links"] = [(one.found_in, " · ".join(filter(None, (one.url, tell(one.refused))))) for one in row.response.links]
        if row.response.json_paths:
            entry["paths"] = shared.add(_paths(row.response))
    return entry | {name: value for name, value in optional.items() if value}


def _verdict(row: Row) -> dict[str, object]:
    found = row.diagnosis
    if found is None:
        return {}
    facts = _pairs(
        (_("code"), found.code),
        (_("confidence"), confidence_label(found.confidence)),
        (_("could also be"), ", ".join(found.alternatives)),
        (_("to tell which"), " ".join(decided_by(found))),
        (_("rests on"), ", ".join(found.cites)),
        (_("documentation"), found.docs_url),
    )
    sources = [(_("source"), f"{one.at} ({one.read_on.isoformat()})") for one in (row.endpoint.sources if row.endpoint else ())]
    notes = _pairs((_("notes"), row.endpoint.notes if row.endpoint else ""))
    return {"summary": summary(found), "remedy": remedy(found), "facts": [*facts, *sources, *notes]}


def _facts(answer: Response) -> Pairs:
    return _pairs(
        (_("media type, claimed"), answer.media_type or ""),
        (_("media type, proved by its bytes"), answer.sniffed_type or ""),
        (_("size"), size_text(answer.body_size if answer.total_size is None else answer.total_size)),
        (_("bytes read"), str(answer.body_size) + (_(" (cut)") if answer.body_is_truncated else "")),
        (_("SHA-256 of what was read"), answer.body_sha256),
        (_("error code"), answer.error_code or ""),
        (_("error type"), answer.error_type or ""),
        (_("error message"), answer.error_message or ""),
        (_("page title"), answer.title or ""),
        (_("region"), answer.region or ""),
        (_("retry after"), "" if answer.retry_after is None else f"{answer.retry_after:g} s"),
        (_("limits hit"), ", ".join(answer.limits_hit)),
        *answer.request_ids,
    ) + tuple((_("artefact in the JSON"), f"{one.path}: {one.sniffed_type}, {size_text(one.size)}") for one in answer.embedded)


def _attempt(one: Exchange, row: Row, shared: Shared) -> dict[str, object]:
    is_as_planned = (one.request.method, one.request.url) == (row.probe.method, row.probe.url)
    entry: dict[str, object] = {
        "title": _("Request and answer, attempt {number}", number=one.attempt),
        "sent": "" if is_as_planned else f"{one.request.method} {one.request.url}",
        "headers": shared.add(one.request.headers),
        "at": utc(one.started_at, is_precise=True),
        "elapsed": milliseconds(one.elapsed),
        "phases": [milliseconds(getattr(one.timings, name)) for name in PHASES],
        "peer": _peer(one),
        "came": _came(one),
    }
    return entry | ({"answer": one.response.headers} if one.response and one.response.headers else {})


def _came(one: Exchange) -> str:
    if one.response is None:
        return " · ".join(filter(None, (one.failure, one.failure_detail)))
    return f"{one.response.http_version} {one.response.status_code} {one.response.reason_phrase}".strip()


def _peer(one: Exchange) -> list[str]:
    facts = [one.remote_address or ""]
    if one.tls:
        facts += [one.tls.version, one.tls.issuer, "" if one.tls.verified else _("certificate not verified")]
    return [text for text in facts if text]


def _paths(answer: Response) -> list[str]:
    shown = [f"{one.path} {one.type}" + (f" ×{one.count}" if one.count > 1 else "") for one in answer.json_paths[:SHOWN_PATHS]]
    more = len(answer.json_paths) - len(shown)
    return [*shown, _("{count} more are in report.json", count=more)] if more > 0 else shown


def _pairs(*pairs: tuple[str, str]) -> Pairs:
    return tuple(pair for pair in pairs if pair[1])


def milliseconds(seconds: float | None) -> float | None:
    """Seconds as milliseconds with what a reader can use of them; None for what no clock of ours can have measured."""
    return None if seconds is None or abs(seconds) > _MOST_SECONDS else round(seconds * 1000, 1 if seconds < 0.01 else None)


def words_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Pairs on one line: `apim-request-id: 7a1b…`."""
    return ", ".join(f"{name}: {value}" for name, value in pairs)
