"""`report.md`: what a ticket gets; the answer first, the evidence folded; right on GitHub, on Azure DevOps and as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from probe.diagnoses import headline, next_step, remedy, summary, tell
from probe.formats.table import pipe
from probe.language import _
from probe.model import Answer, Report
from probe.view.escape import markdown as prose
from probe.view.escape import markdown_block, markdown_code
from probe.view.page import View
from probe.view.repro import commands
from probe.view.row import Group, Row
from probe.view.words import confidence_label, utc

_MOST_ROWS = 400
"""More rows than this are for results.csv: nobody reads them here, and forges refuse the file."""
_MOST_PATHS = 40
_MOST_ROUTES = 4
_MOST_IDS = 8
_MOST_REASONS = 8


def render(report: Report) -> str:
    """The report as Markdown with `<details>`; under 80 lines for the usual scan while they are closed."""
    view = View(report)
    blocks = [f"# {prose(headline(report))}", *_answer(view), *_advice(view)]
    blocks += _candidates(view)
    blocks += _failures(view)
    blocks += _ticket(view)
    blocks += _details(view)
    return "\n\n".join(block for block in blocks if block) + "\n"


# ---- what everybody reads


def _answer(view: View) -> Iterator[str]:
    report = view.report
    if view.is_catalogue_old:
        note = _(
            "The catalogue is {days} days old: routes may have changed since. Update probe, then scan again.",
            days=view.catalogue_age,
        )
        yield f"> **{note}**"
    if view.evidence.is_interrupted:
        yield f"> **{_('The scan was interrupted; this is what is known so far.')}**"
    if step := next_step(report):
        yield f"**{_('Do this:')}** {prose(step)}"
    row = view.chosen
    if row is None:
        return
    lines = (markdown_code(f"{row.probe.method} {row.probe.url}"), prose(row.proof), prose(view.why_best(row)))
    yield "  \n".join(filter(None, lines))
    texts = commands(view, row)
    if texts:
        yield f"## {_('What to run')}"
        yield markdown_block(texts["curl"], "sh")
        yield _folded("PowerShell", markdown_block(texts["powershell"], "powershell"))
        yield _folded("Python", markdown_block(texts["python"].strip(), "python"))


def _advice(view: View) -> Iterator[str]:
    change = view.report.smallest_change
    if change:
        yield f"## {_('The smallest change')}"
        yield f"{markdown_code(change.from_url)}  \n{_('becomes')}  \n{markdown_code(change.to_url)}"
        yield _bullets(markdown_code(difference) for difference in change.differences)
    if view.report.findings:
        yield f"## {_('About the whole scan')}"
        yield _bullets(
            ". ".join(filter(None, (prose(summary(one).rstrip(".")), prose(remedy(one))))) + f" ({markdown_code(one.code)})"
            for one in view.report.findings
        )


def _candidates(view: View) -> Iterator[str]:
    if not view.sent:
        return
    yield f"## {_('What was tried')}"
    yield _row_table(view, view.telling)
    if len(view.sent) > len(view.telling):
        shown = view.sent[:_MOST_ROWS]
        title = _("All {count} candidates", count=len(view.sent))
        yield _folded(title, _row_table(view, shown), _cut(len(view.sent)))


def _failures(view: View) -> Iterator[str]:
    if view.groups:
        yield f"## {_('Why the others fail') if view.working else _('Why nothing works')}"
        reasons = [_failure(view, group) for group in view.groups]
        yield "\n".join(reasons[:_MOST_REASONS])
        more = reasons[_MOST_REASONS:]
        yield _folded(_("{count} more reasons", count=len(more)), "\n".join(more))


def _failure(view: View, group: Group) -> str:
    """One reason in three lines at the most: what and how often, what to do, on which routes."""
    diagnosis = group.diagnosis
    lines = [f"- **{group.count} × {view.labels[diagnosis.outcome]}**: {prose(summary(diagnosis))}"]
    confidence = _("confidence {level}", level=confidence_label(diagnosis.confidence))
    advice = f"{_('To do:')} {prose(remedy(diagnosis))} " if remedy(diagnosis) else ""
    lines.append(f"  {advice}({markdown_code(diagnosis.code)}, {confidence})")
    if group.count > 1:
        routes = _listed(group.routes, _MOST_ROUTES)
        lines.append("  " + _("{routes} at {versions}", routes=routes, versions=_listed(group.api_versions, _MOST_ROUTES)))
    return "  \n".join(lines)


def _ticket(view: View) -> Iterator[str]:
    """What support asks for: correlation ids with their times, and what the customer can add."""
    if view.report.answer is Answer.WORKS and not view.report.asks:
        return
    yield f"## {_('For the ticket')}"
    yield _bullets(prose(tell(ask)) for ask in view.report.asks)
    rows = [row for row in view.sent if row.request_ids][:_MOST_IDS]
    if rows:
        titles = (_("request id"), _("time (UTC)"), _("status"), _("region"), _("request"))
        cells = [
            (_ids(row), _time(row), _cell(row.status), _cell(row.region), _cell(f"{row.probe.method} {row.route}")) for row in rows
        ]
        yield pipe(titles, cells)


# ---- what is folded


def _details(view: View) -> Iterator[str]:
    folded = (
        _folded(_("JSON key paths of every answer"), _key_paths(view)),
        _folded(_("Headers and links of interest"), _headers(view)),
        _folded(_("Timeline (UTC)"), _timeline(view), _cut(view.request_count)),
        _folded(_("Where it was run, and within which limits"), _vantage(view)),
        _folded(_("What was masked"), _masked(view)),
        _folded(_("What was not tried"), _not_tried(view)),
        _folded(_("What the verdicts rest on"), _grounds(view)),
    )
    yield f"## {_('Evidence')}"
    yield "\n".join(filter(None, folded))


def _key_paths(view: View) -> str:
    """Key paths by route; answers with the same ones are listed once."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in view.sent:
        if row.key_paths:
            found.setdefault(row.key_paths, []).append(row)
    lines = []
    for paths, rows in list(found.items())[:_MOST_ROWS]:
        routes = dict.fromkeys(f"{row.probe.method} {row.route} ({row.status})" for row in rows)
        lines.append(f"{_listed(tuple(routes), _MOST_ROUTES)}: {_listed(paths, _MOST_PATHS)}")
    return _bullets(lines)


def _headers(view: View) -> str:
    lines = [
        f"{markdown_code(f'{name}: {value}')} {_('from')} {markdown_code(f'{row.probe.method} {row.route}')}"
        for row in view.sent
        for name, value in row.headers_of_interest
    ]
    lines += [
        _(
            "link {url} at {place} of {route}",
            url=markdown_code(link.url),
            place=markdown_code(link.found_in),
            route=markdown_code(row.route),
        )
        + (f", {_('not followed: {reason}', reason=prose(tell(link.refused)))}" if link.refused else "")
        for row, link in view.links
    ]
    return _bullets(list(dict.fromkeys(lines))[:_MOST_ROWS])


def _timeline(view: View) -> str:
    titles = (_("time (UTC)"), _("attempt"), _("status"), _("method"), _("url"), _("why sent"), "s")
    cells = [
        (
            utc(exchange.started_at, is_precise=True),
            str(exchange.attempt),
            _cell(str(exchange.response.status_code) if exchange.response else exchange.failure or ""),
            _cell(exchange.request.method),
            markdown_code(exchange.request.url, limit=200),
            _cell(tell(row.probe.reason) or row.probe.purpose.value),
            f"{exchange.elapsed:.3f}",
        )
        for row, exchange in view.timeline[:_MOST_ROWS]
    ]
    return pipe(titles, cells) if cells else ""


def _vantage(view: View) -> str:
    evidence, vantage = view.evidence, view.evidence.vantage
    retries = sum(exchange.attempt > 1 for _row, exchange in view.timeline)
    limits = (f"{one.name} {getattr(evidence.limits, one.name):.10g}" for one in fields(evidence.limits))
    known = (
        ("probe", f"{vantage.tool_version}, Python {vantage.python}, {vantage.platform}"),
        (_("catalogue"), f"{evidence.catalogue_source}, {evidence.catalogue_updated}, sha256 {evidence.catalogue_sha256}"),
        (_("scan"), f"{utc(evidence.started_at)} – {utc(evidence.ended_at) if evidence.ended_at else '?'}"),
        (_("report"), utc(view.report.generated_at)),
        (_("proxy"), " ".join(filter(None, (vantage.proxy, vantage.proxy_source))) or _("none")),
        (_("addresses"), ", ".join(f"{host}: {kind}" for host, kind in vantage.addresses)),
        (_("answered from"), ", ".join(view.remote_addresses)),
        (_("TLS issuer"), ", ".join(view.tls_issuers)),
        (_("TLS checked"), f"{_('yes') if vantage.verify_tls else _('NO')}, {vantage.ca_source}"),
        (_("requests"), _("{count}, of them {retries} retries", count=view.request_count, retries=retries)),
        (_("limits"), ", ".join(limits)),
        (_("targets"), "; ".join(f"{one.name} = {one.base_url}" for one in evidence.targets)),
        (_("notes"), "; ".join(view.notes)),
    )
    return _bullets(f"{name}: {markdown_code(text)}" for name, text in known if text)


def _masked(view: View) -> str:
    masked = [f"{markdown_code(what)}: {_cell(count)}" for what, count in view.evidence.masked]
    note = _(
        "Secrets were removed before anything was recorded. "
        "Of JSON answers only key paths and a few values are kept: states, ids, times, sizes, errors."
    )
    return "\n\n".join(filter(None, (note, _bullets(masked) or _("Nothing had to be masked."))))


def _not_tried(view: View) -> str:
    return _bullets(
        f"{len(ones)} × {prose(reason)}: {_listed([one.probe_id for one in ones], _MOST_ROUTES)}" for reason, ones in view.not_tried
    )


def _grounds(view: View) -> str:
    """What each diagnosis cites, and where the catalogue has the telling routes from."""
    found: dict[str, str] = {}
    for row in view.sent:
        if row.diagnosis and (row.diagnosis.cites or row.diagnosis.docs_url):
            grounds = ", ".join(map(markdown_code, filter(None, (*row.diagnosis.cites, row.diagnosis.docs_url))))
            found.setdefault(row.diagnosis.code, f"{markdown_code(row.diagnosis.code)}: {grounds}")
    for row in view.telling:
        if row.endpoint and row.endpoint.sources:
            sources = ", ".join(markdown_code(f"{one.at} ({one.read_on})") for one in row.endpoint.sources)
            found.setdefault(row.endpoint.id, f"{markdown_code(row.route)}, {row.endpoint.standing.value}: {sources}")
    return _bullets(found.values())


# ---- pieces


def _row_table(view: View, rows: Sequence[Row]) -> str:
    has_targets = len(view.evidence.targets) > 1
    titles = [_("verdict"), _("status"), _("method"), _("route"), _("api-version"), _("request id"), _("region"), _("time (UTC)")]
    cells = []
    for row in rows:
        label = view.labels[row.outcome] if row.outcome else ""
        route = markdown_code(row.route, limit=200)
        cells.append(
            [
                label,
                _cell(row.status),
                _cell(row.probe.method),
                route,
                _cell(row.api_version),
                _ids(row),
                _cell(row.region),
                _time(row),
            ]
            + [_cell(row.probe.target)] * has_targets
        )
    return pipe([*titles, _("target")] if has_targets else titles, cells)


def _cell(text: str) -> str:
    return prose(text, limit=120)


def _ids(row: Row) -> str:
    return markdown_code(row.request_id, limit=120)


def _time(row: Row) -> str:
    return utc(row.started_at, is_precise=True) if row.started_at else ""


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines if line)


def _listed(texts: Sequence[str], most: int) -> str:
    shown = ", ".join(markdown_code(text, limit=200) for text in texts[:most])
    return shown if len(texts) <= most else _("{texts} and {count} more", texts=shown, count=len(texts) - most)


def _cut(count: int) -> str:
    return _("The first {shown} of {count}; all are in results.csv.", shown=_MOST_ROWS, count=count) if count > _MOST_ROWS else ""


def _folded(title: str, *blocks: str) -> str:
    """A closed section; the blank lines are what makes Markdown work inside it."""
    body = "\n\n".join(block for block in blocks if block)
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>" if body else ""
