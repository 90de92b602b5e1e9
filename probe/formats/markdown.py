"""`report.md`: what a ticket gets; the answer first, the evidence folded; right on GitHub, on Azure DevOps and as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from probe.diagnoses import doubt, remedy, summary, tell, why
from probe.formats.table import pipe
from probe.frozen import members
from probe.language import _
from probe.model import Report
from probe.view.escape import markdown as prose
from probe.view.escape import markdown_block, markdown_code
from probe.view.head import head
from probe.view.page import View
from probe.view.repro import commands, titles
from probe.view.row import Group, Row
from probe.view.words import confidence_label, own_options, sentences, utc

_MOST_ROWS = 400
"""More rows than this are for results.csv: nobody reads them here, and forges refuse the file."""
_MOST_PATHS = 40
_MOST_ROUTES = 4
_MOST_REASONS = 8


def render(report: Report) -> str:
    """The report as Markdown with `<details>`; at most 60 lines for the usual scan while they are closed."""
    view = View(report)
    blocks = [*_head(view), *_commands(view), *_fix(view), *_tried(view), *_findings(view), *_details(view)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(view: View) -> Iterator[str]:
    first, *others = head(view)
    yield f"# {first.label} · {prose(first.lines[0])}"
    yield "  \n".join([*map(_line, first.lines[1:]), *(f"**{one.label}** " + "  \n".join(map(_line, one.lines)) for one in others)])
    yield from (f"> **{warning}**" for warning in view.warnings)


def _line(text: str) -> str:
    """A line of the head; the gaps between its facts, which Markdown would close, become dots."""
    return prose(re.sub(" {2,}", " · ", text))


def _commands(view: View) -> Iterator[str]:
    texts = commands(view, view.chosen) if view.chosen else {}
    if texts:
        blocks = [(title, markdown_block(texts[name].strip(), language)) for name, title, language in titles(view, texts)]
        yield blocks[0][1]
        yield "\n".join(_folded(title, block) for title, block in blocks[1:])


def _fix(view: View) -> Iterator[str]:
    change = view.report.smallest_change
    if change:
        yield f"## {_('Your URL and the one that works')}"
        yield markdown_block(f"- {change.from_url}\n+ {change.to_url}", "diff")


def _tried(view: View) -> Iterator[str]:
    """The requests that tell most, with their ids, then the reasons; each request stands in one table only."""
    if not view.sent:
        return
    yield f"## {_('What was tried')}"
    yield _row_table(view, view.telling)
    reasons = [_reason(view, group) for group in view.groups]
    shown = reasons[: 0 if view.working else _MOST_REASONS]
    yield "\n".join(shown)
    more = len(reasons) - len(shown)
    yield _folded(_("{count} more reasons", count=more) if shown else _("Why the others fail"), "\n".join(reasons[len(shown) :]))
    title = _("The other {count} requests", count=len(view.untold))
    yield _folded(title, _row_table(view, view.untold[:_MOST_ROWS]), _cut(len(view.untold))) if view.untold else ""


def _reason(view: View, group: Group) -> str:
    """One reason: what and how often, what to do, on which routes."""
    diagnosis = group.diagnosis
    confidence = _("confidence {level}", level=confidence_label(diagnosis.confidence))
    label = f"**{group.count} × {view.labels[diagnosis.outcome]}**"
    is_told = len(view.decisive) == 1 and view.decisive[0].diagnosis == diagnosis
    said = _("the result above") if is_told else prose(group.summary)
    lines = [f"- {label} {said} ({markdown_code(diagnosis.code)}, {confidence})"]
    if group.remedy and not is_told:
        lines.append(f"  {_('To do:')} {prose(group.remedy)}")
    if diagnosis.alternatives:
        lines.append(f"  {prose(doubt(diagnosis))}")
    return "  \n".join(lines)


def _findings(view: View) -> Iterator[str]:
    if view.remarks:
        yield f"## {_('About the whole scan')}"
        yield _bullets(f"{prose(sentences(summary(one), remedy(one)))} ({markdown_code(one.code)})" for one in view.remarks)


def _details(view: View) -> Iterator[str]:
    folded = (
        _folded(_("Requests of each reason"), _requests(view)),
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


def _requests(view: View) -> str:
    return _bullets(
        f"{markdown_code(group.diagnosis.code)}: "
        + _(
            "{routes} at {versions}", routes=_listed(group.routes, _MOST_ROUTES), versions=_listed(group.api_versions, _MOST_ROUTES)
        )
        for group in view.groups
        if group.count > 1
    )


def _key_paths(view: View) -> str:
    """Key paths by route; answers with the same ones are listed once."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in view.sent:
        if row.key_paths:
            found.setdefault(row.key_paths, []).append(row)
    lines = []
    for paths, rows in list(found.items())[:_MOST_ROWS]:
        routes = dict.fromkeys(f"{row.request} ({row.status})" for row in rows)
        lines.append(f"{_listed(tuple(routes), _MOST_ROUTES)}: {_listed(paths, _MOST_PATHS)}")
    return _bullets(lines)


def _headers(view: View) -> str:
    lines = [
        f"{markdown_code(f'{name}: {value}')} {_('from')} {markdown_code(row.request)}"
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
    limits = ", ".join(f"{name} {value:.10g}" for name, value in members(evidence.limits).items())
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
        (_("requests"), _("{count} ({retries} retries)", count=view.request_count, retries=retries)),
        (_("limits"), "; ".join([limits, *(f"{name}: {own}" for name, own in own_options(evidence))])),
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
        f"{len(ones)} × {prose(reason.rstrip('.'))}: {_listed([one.probe_id for one in ones], _MOST_ROUTES)}"
        for reason, ones in view.not_tried
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


def _row_table(view: View, rows: Sequence[Row]) -> str:
    has_targets = len(view.evidence.targets) > 1
    titles = [_("verdict"), _("status"), _("request"), _("api-version"), _("why"), _("request id"), _("time (UTC)")]
    cells = [
        [
            view.labels[row.outcome] if row.outcome else "",
            _cell(row.status),
            markdown_code(row.request, limit=300),
            _cell(row.api_version),
            _cell(why(row.diagnosis)),
            markdown_code(row.request_id, limit=120),
            utc(row.started_at, is_precise=True) if row.started_at else "",
            *([_cell(row.probe.target)] * has_targets),
        ]
        for row in rows
    ]
    return pipe([*titles, _("target")] if has_targets else titles, cells)


def _cell(text: str) -> str:
    return prose(text, limit=120)


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
