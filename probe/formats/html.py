"""report.html: one self-contained page that works offline, opens safely and shows every probe."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.diagnoses import remedy, summary, tell
from probe.formats import FORMATS
from probe.frozen import replace
from probe.language import _, active_language
from probe.model import Exchange, Pairs, Purpose, Report
from probe.view.course import course
from probe.view.details import PHASES, details, milliseconds, phase_words, words_of
from probe.view.escape import visible
from probe.view.head import head, response
from probe.view.matrix import controls, grids, outcome_of
from probe.view.page import ORDER, View
from probe.view.repro import commands, titles
from probe.view.row import Group, Row
from probe.view.words import own_options, size_text, unique, utc

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS = Path(__file__).parent / "assets"
MOST_ROWS = 5000
PRINTED = 40
SHOWN_FALLS = 80
SHORTEST_SHARE = 0.06
SHOWN_CORRELATIONS = 300
SHOWN_WORKING = 8
_IN_SCRIPT = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def render(report: Report) -> str:
    """The page as text. Data reaches it through two gates only: Jinja's escaping, and the JSON block, which a script reads as text.

    The Content-Security-Policy in it allows the page's own style and script, by hash, and nothing else: no host, no frame, no form.
    """
    from markupsafe import Markup

    style, script, view, shown = _asset("report.css"), _asset("report.js"), View(report), View(_capped(report))
    own = {"style": style, "script": script, "details": _script_json(details(shown))}
    template = _environment().get_template("report.html.j2")
    safe = {name: Markup(text) for name, text in own.items()}  # noqa: S704 - our own files, and JSON escaped for its place
    return template.render(_page(view, shown), lang=active_language(), policy=_policy(style, script), **safe)


def page(name: str, values: Mapping[str, object]) -> str:
    """Another page of ours from a template, with the same style and no script at all."""
    from markupsafe import Markup

    style = _asset("report.css")
    own = {"style": Markup(style), "lang": active_language(), "policy": _policy(style)}  # noqa: S704 - our own file
    return _environment().get_template(name).render(values, **own)


def _capped(report: Report) -> Report:
    """The report with the first `MOST_ROWS` requests in presentation order: more no browser shows fluently, and nobody reads."""
    if len(report.evidence.probes) <= MOST_ROWS:
        return report
    kept = {row.probe.id for row in View(report).rows[:MOST_ROWS]}
    probes = tuple(one for one in report.evidence.probes if one.id in kept)
    return replace(report, evidence=replace(report.evidence, probes=probes))


def _policy(style: str, script: str | None = None) -> str:
    """What a browser may do for the page: its own style and script, known by their hashes (CSP level 3, section 8.4)."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            "script-src 'none'" if script is None else f"script-src '{_hash(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _shown(value: object) -> object:
    """A text with what nobody can see (control characters, direction marks, zero width) written out; its lines stay lines."""
    from markupsafe import Markup

    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "\n".join(visible(line) for line in value.split("\n"))


def _script_json(value: object) -> str:
    """JSON that ends no script element and holds no unseen character, whatever is in its strings."""
    text = json.dumps(_shown_deep(value), ensure_ascii=False, separators=(",", ":"))
    return text.translate(_IN_SCRIPT)


def _shown_deep(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shown_deep(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown_deep(one) for one in value]
    return _shown(value)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    """The template's surroundings, made once: compiling the template costs more than filling it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": _, "summary": summary, "remedy": remedy, "tell": tell}
    environment.globals["utc"] = utc
    return environment


def _page(view: View, shown: View) -> dict[str, object]:
    """What the template shows: all counts and sentences of the whole `view`, single requests of the `shown` part of it."""
    report, evidence, chosen = view.report, view.evidence, view.chosen
    also = _also(view)
    grids_ = grids(shown)
    correlations = list(_correlations(view))
    falls, falls_note = _falls(view)
    return {
        "view": view,
        "report": report,
        "evidence": evidence,
        "later": _later(shown),
        "head": head(view),
        "ticket": FORMATS.load("ticket")(report),
        "cut": _("The first {shown} of {count} requests; all are in results.csv.", shown=MOST_ROWS, count=len(evidence.probes))
        if len(evidence.probes) > MOST_ROWS
        else "",
        "targets": _some(one.base_url for one in evidence.targets),
        "sums": [text for text in _sums(view) if text],
        "warnings": list(view.warnings),
        "chosen": chosen,
        "made": (made := commands(view, chosen) if chosen else {}),
        "titles": titles(view, made),
        "also": also[:SHOWN_WORKING],
        "also_more": max(len(also) - SHOWN_WORKING, 0),
        "change": report.smallest_change and _apart(report.smallest_change.from_url, report.smallest_change.to_url),
        "chips": _chips(shown),
        "grids": grids_,
        "controls": controls(shown),
        "response": response,
        "groups": list(_groups(shown)),
        "phases": [{"name": name, "word": word} for name, word in zip(PHASES, phase_words(), strict=True)],
        "course": course(view),
        "falls": falls,
        "falls_note": falls_note,
        "correlations": correlations[:SHOWN_CORRELATIONS],
        "correlations_more": max(len(correlations) - SHOWN_CORRELATIONS, 0),
        "vantage": _vantage(view),
        "limits": _limits(view),
        "not_tried": [(reason, f"{len(ones)} × · {_some(one.probe_id for one in ones)}") for reason, ones in view.not_tried],
        "notes": view.notes,
    }


def _also(view: View) -> list[tuple[Row, str]]:
    """The other requests that work, each once as it is shown, each reason once where it is the same for several in a row."""
    others = [row for row in view.working if row is not view.chosen]
    rows = list({row.request if row.probe.purpose is Purpose.LINK else row.probe.url: row for row in others}.values())
    reasons = [view.why_best(row) for row in rows]
    return [(row, reason if reason != before else "") for row, reason, before in zip(rows, reasons, ["", *reasons], strict=False)]


def _sums(view: View) -> Iterator[str]:
    methods = Counter(exchange.request.method for _row, exchange in view.timeline)
    yield _("{count} requests", count=view.request_count) + (f" ({', '.join(methods)})" if methods else "")
    yield "" if view.elapsed is None else f"{view.elapsed:.1f} s"
    yield _("catalogue of {date}", date=view.evidence.catalogue_updated.isoformat())


def _apart(before: str, after: str) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Both texts as (what they share, where they differ, what they share), so that the eye finds the difference."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    first, second = ((text[:start], text[start : len(text) - end], text[len(text) - end :]) for text in (before, after))
    return first, second


def _common(first: str, second: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def _later(view: View) -> Callable[[int], bool]:
    """Which requests of a list stay on the screen only: what is printed are the telling ones and as many others as a page holds."""
    told = {row.probe.id for row in (*view.telling, *view.candidates[:PRINTED])}
    printed = {number for number, probe_id in enumerate(view.by_id) if probe_id in told}
    return lambda number: number not in printed


def _chips(view: View) -> list[tuple[str, str, int]]:
    counts = Counter(outcome_of(row) for row in view.candidates)
    named = [(outcome.value, view.labels[outcome]) for outcome in ORDER]
    return [(value, label, counts[value]) for value, label in named if counts[value]]


def _groups(view: View) -> Iterator[tuple[Group, str, list[dict[str, object]]]]:
    """Each group, the response that its summary does not quote itself, and its routes.

    A route has its name, the api-versions, and the number of the probe that stands for it."""
    numbers = {probe_id: number for number, probe_id in enumerate(view.by_id)}
    for group in view.groups:
        routes: dict[str, list[Row]] = {}
        for row in group.rows:
            routes.setdefault(row.request, []).append(row)
        quote = response(group.rows[0])
        yield (
            group,
            "" if '"' in quote and quote.partition('"')[2].rstrip('"…') in " ".join(group.summary.split()) else quote,
            [
                {
                    "index": numbers[rows[0].probe.id],
                    "name": name,
                    "api_versions": ", ".join(unique(row.api_version for row in rows)),
                }
                for name, rows in routes.items()
            ],
        )


def _name(row: Row) -> str:
    return f"{row.request} · {row.api_version}"


def _falls(view: View) -> tuple[list[dict[str, object]], str]:
    """Bars in percent, and what they show when it is not the scan's own clock.

    Bars stand side by side where that clock would make them invisible: of a large scan the slowest, or all of one with long pauses.
    """
    shown = list(view.timeline)
    note = ""
    if len(shown) > SHOWN_FALLS:
        shown = sorted(shown, key=lambda pair: -pair[1].elapsed)[:SHOWN_FALLS]
        note = _("The {count} slowest of {total} requests, each from its own start.", count=SHOWN_FALLS, total=view.request_count)
    begin = min((one.started_at for _row, one in shown), default=view.evidence.started_at)
    offsets = [(one.started_at - begin).total_seconds() for _row, one in shown]
    longest = max((one.elapsed for _row, one in shown), default=0.0) or 1.0
    if note or longest < SHORTEST_SHARE * max(offsets, default=0.0):
        note, offsets = note or _("Each request from its own start: the scan was mostly waiting between them."), [0.0] * len(shown)
    span = max((offset + one.elapsed for offset, (_row, one) in zip(offsets, shown, strict=True)), default=0.0) or 1.0
    bars: list[dict[str, object]] = [
        {
            "name": _name(row) + (f" · {one.attempt}" if one.attempt > 1 else ""),
            "status": one.response.status_code if one.response else one.failure,
            "elapsed": milliseconds(one.elapsed),
            "words": ", ".join(
                f"{word} {milliseconds(length)} ms" for word, length in _phases(one, phase_words()) if length is not None
            ),
            "bars": list(_bars(one, offset, span)),
        }
        for offset, (row, one) in zip(offsets, shown, strict=True)
    ]
    return bars, note


def _phases(one: Exchange, names: tuple[str, ...]) -> list[tuple[str, float | None]]:
    """The measured phases under `names`; where none was measured the whole time counts as waiting."""
    lengths = [getattr(one.timings, phase) for phase in PHASES]
    if all(length is None for length in lengths):
        lengths[PHASES.index("wait")] = one.elapsed
    return list(zip(names, lengths, strict=True))


def _bars(one: Exchange, start: float, span: float) -> Iterator[dict[str, object]]:
    for name, length in _phases(one, PHASES):
        if length is not None:
            yield {"name": name, "x": f"{100 * start / span:.2f}", "width": f"{max(100 * length / span, 0.25):.2f}"}
            start += length


def _correlations(view: View) -> Iterator[dict[str, str]]:
    for row in view.rows:
        if row.request_ids and row.started_at:
            yield {
                "at": utc(row.started_at, is_precise=True),
                "name": _name(row),
                "status": row.status,
                "region": row.region,
                "ids": words_of(row.request_ids),
            }


def _some(names: Iterator[str]) -> str:
    """The first few names, and whether there are more."""
    first = [name for name, _number in zip(names, range(5), strict=False)]
    return ", ".join(first[:4]) + (" …" if len(first) == 5 else "")


def _vantage(view: View) -> Pairs:
    seen, evidence = view.evidence.vantage, view.evidence
    facts = (
        ("probe", f"{seen.tool_version}, Python {seen.python}, {seen.platform}"),
        (
            _("catalogue"),
            f"{evidence.catalogue_source}, {evidence.catalogue_updated.isoformat()}, {evidence.catalogue_sha256[:12]}",
        ),
        *((_("target"), f"{one.name}: {one.base_url}") for one in evidence.targets),
        (_("proxy"), " · ".join(filter(None, (seen.proxy, seen.proxy_source))) or _("none")),
        *seen.addresses,
        (_("answered from"), ", ".join(view.remote_addresses[:8])),
        (_("TLS issuer"), ", ".join(view.tls_issuers[:8])),
        (_("TLS checked"), f"{_('yes') if seen.verify_tls else _('NO')}, {seen.ca_source}"),
    )
    return tuple(pair for pair in facts if pair[1])


def _limits(view: View) -> Pairs:
    limits = view.evidence.limits
    return (
        (_("at a time"), str(limits.concurrency)),
        (_("requests per second and host"), f"{limits.rate_limit:g}"),
        (_("timeout of a request"), f"{limits.timeout:g} s"),
        (_("timeout of a connection"), f"{limits.connect_timeout:g} s"),
        (_("retries"), str(limits.retries)),
        (_("longest wait before a retry"), f"{limits.max_wait:g} s"),
        (_("requests in all"), str(limits.max_requests)),
        (_("time in all"), f"{limits.max_time:g} s"),
        (_("read of an answer, of an artefact"), f"{size_text(limits.max_body)}, {size_text(limits.max_artefact)}"),
        *own_options(view.evidence),
    )
