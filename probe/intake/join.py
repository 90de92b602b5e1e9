"""From fragments to one case: responses to their requests, facts to the case, contradictions said."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from math import inf
from typing import Any

from probe.facts.answerers import answered_by
from probe.facts.headers import header
from probe.frozen import replace
from probe.intake.curl import absolute
from probe.intake.fragment import Fragment, Knowledge, filled, united
from probe.intake.understood import Asked, Told, Understood
from probe.language import _
from probe.model import Pairs, Response

_WAIT = re.compile(r"(?i)\b(?:retry after|try again in) (\d{1,7}) ?s(?:ec(?:ond)?s?)?\b")
"""How many seconds an error's own words ask to wait."""
_PHRASES = frozenset(one.name.replace("_", "") for one in HTTPStatus)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def join(fragments: Sequence[Fragment], knowledge: Knowledge) -> Understood:
    """Make one case of all fragments of a paste."""
    fragments = _absolute(fragments, knowledge)
    calls, contradictions = _calls([one for one in fragments if one.url is not None or one.answers or one.failure])
    facts = [one for one in fragments if one.url is None and not one.answers and not one.failure]
    ordered = _ordered(calls)
    chosen = ordered[0] if ordered else Fragment("")
    base = next((one.base_url for one in (chosen, *calls, *facts) if one.base_url), None)
    contradictions += _disagreements(chosen, calls, facts, base)
    headers, wait = chosen.headers, _WAIT.search(chosen.error_message or "")
    for one in _near(chosen, calls, facts):
        headers = united(headers, one.headers)
    every = tuple(_asked(one) for one in ordered)
    told = dict(pair for one in reversed(fragments) for pair in one.told)
    region = told.pop("region", None)
    holes = dict.fromkeys(name for one in fragments for name in one.holes)
    understood = replace(
        Understood(**_told(chosen, Told)),
        kinds=_kinds(fragments),
        language=next((one.language for one in (chosen, *fragments) if one.language), ""),
        method=chosen.method or (_agreed(facts, "method") if len(calls) < 2 else None),
        base_url=base,
        api_version=_version(chosen, calls, facts),
        deployment=chosen.deployment or _first((*calls, *facts), "deployment"),
        provider=_provider(chosen, calls, facts),
        ids=_ids(chosen, ordered, facts),
        request_ids=tuple({n.lower(): v for n, v in headers if n.lower() in knowledge.request_id_headers}.items()),
        region=next(filter(None, (header(headers, name) for name in knowledge.region_headers)), region),
        retry_after=header(headers, "retry-after") or (wait[1] if wait else None),
        answered_by=_answered_by(headers, chosen, base),
        contradictions=tuple(dict.fromkeys(contradictions)),
        told=tuple(told.items()),
        calls=tuple(replace(one, headers=headers) if at == 0 and one.is_answered else one for at, one in enumerate(every)),
    )
    known = {name: getattr(understood, name) for name in ("url", "base_url", "api_version", "deployment")} | dict(understood.ids)
    return replace(understood, missing=tuple(name for name in holes if not known.get(name)))


def _version(chosen: Fragment, calls: Sequence[Fragment], facts: Sequence[Fragment]) -> str | None:
    """The api-version of the chosen request, else one that is told beside it; for a request without a URL that of any other."""
    if chosen.api_version:
        return chosen.api_version
    if chosen.url is None:
        return _first(facts, "api_version") or _first(calls, "api_version")
    return None if "api-version" in chosen.url else _first(facts, "api_version")


def _disagreements(chosen: Fragment, calls: Sequence[Fragment], facts: Sequence[Fragment], base: str | None) -> Iterator[str]:
    """Say where parts of a paste name different endpoints or api-versions."""
    bases = {one.base_url for one in (*calls, *facts) if one.base_url} - {base}
    versions = {one.api_version for one in (*calls, *facts) if one.api_version} - {chosen.api_version}
    if bases and base:
        yield _("two endpoints: {base} and {others}", base=base, others=", ".join(sorted(bases)[:3]))
    if chosen.api_version and versions and len(calls) < 2:
        others = ", ".join(sorted(versions)[:3])
        yield _("two api-versions: {version} in the URL, {others} beside it", version=chosen.api_version, others=others)


_VAGUE = ("url", "text", "code", "object", "html")


def _absolute(fragments: Sequence[Fragment], knowledge: Knowledge) -> Sequence[Fragment]:
    """Give requests without a host the only endpoint of the paste; what prose mentions only where no request has a URL."""
    bases = {one.base_url for one in fragments if one.base_url}
    base = bases.pop() if len(bases) == 1 else None
    has_url = any(one.url for one in fragments)
    return [
        absolute(one, base, knowledge) if base and one.path and one.url is None and (one.kind or not has_url) else one
        for one in fragments
    ]


def _kinds(fragments: Sequence[Fragment]) -> tuple[str, ...]:
    """Name the kinds in their order; a URL or a status in words is named only where nothing else was found."""
    kinds = tuple(dict.fromkeys(one.kind for one in fragments if one.kind and one.kind != "headers"))
    if {"http", "bruno", "curl"} & set(kinds):
        kinds = tuple(kind for kind in kinds if kind != "yaml")
    clear = tuple(kind for kind in kinds if kind not in _VAGUE)
    return clear or kinds[:1] if "url" not in kinds or clear else ("url",)


def _provider(chosen: Fragment, calls: Sequence[Fragment], facts: Sequence[Fragment]) -> str | None:
    """The provider of the request's own host, else that of the endpoint, else what the words give away."""
    if chosen.provider:
        return chosen.provider
    if chosen.url is not None:
        return None
    return _first((*(one for one in (*calls, *facts) if one.base_url), *calls, *facts), "provider")


def _calls(parts: Sequence[Fragment]) -> tuple[list[Fragment], list[str]]:
    """Give each response to its request: the nearest before it, else the first after; in two blocks of one length, one by one."""
    contradictions: list[str] = []
    merged = _merged(parts)
    requests = [one for one in merged if one.url is not None]
    answers = [one for one in merged if one.url is None]
    bare = [one for one in requests if not one.answers]
    if (
        len(bare) > 1
        and len(bare) == len(answers) == len(requests)
        and min(one.start for one in answers) > max(one.start for one in bare)
    ):
        return [filled(asked, got) for asked, got in zip(bare, answers, strict=True)], contradictions
    calls: list[Fragment] = list(requests)
    order = sorted(range(len(requests)), key=lambda at: requests[at].start)
    starts = [requests[at].start for at in order]
    for got in answers:
        before = bisect_right(starts, got.start)
        place = order[before - 1] if before else order[0] if order else None
        if place is not None and not before and calls[place].answers and (len(requests) > 1 or _is_worded(calls[place])):
            place = None
        if place is None:
            calls.append(got)
        elif _agree(calls[place], got):
            calls[place] = filled(calls[place], got)
        elif len(requests) == 1:
            first, second = calls[place].status_code or "?", got.status_code or "?"
            contradictions.append(_("two responses to one request: {first} and {second}", first=first, second=second))
            calls.append(replace(got, url=None))
        else:
            calls.append(got)
    return calls, contradictions


def _is_worded(one: Fragment) -> bool:
    """Whether a response has words of its own: a reason phrase is none, the body that came with it stands elsewhere."""
    return bool(one.error_message) and (one.error_message or "").replace(" ", "").upper() not in _PHRASES


def _merged(parts: Iterable[Fragment]) -> list[Fragment]:
    """Join neighbours that speak of the same: the same URL twice, a status line and its body, an error said in two forms."""
    merged: list[Fragment] = []
    places: dict[str, int] = {}
    for one in parts:
        last = merged[-1] if merged else None
        same = places.get(one.url) if one.url is not None else None
        if (
            same is not None
            and _agree(merged[same], one)
            and not (merged[same].answers and one.answers and one.kind in ("har", "http", "postman"))
        ):
            merged[same] = filled(merged[same], one)
        elif last is not None and last.url is None and one.url is None and _agree(last, one):
            merged[-1] = filled(last, one) if last.body or not one.body or last.error_code else filled(one, last)
        else:
            if one.url is not None:
                places[one.url] = len(merged)
            merged.append(one)
    return merged


def _agree(first: Fragment, second: Fragment) -> bool:
    """Whether two fragments can be parts of one call."""
    if first.status_code and second.status_code and first.status_code != second.status_code:
        return False
    if first.method and second.method and first.method != second.method and first.url and second.url:
        return False
    is_worded = first.error_code and second.error_code and first.error_code != second.error_code
    if is_worded and first.status_code and second.status_code and first.body and second.body:
        return False
    is_same = first.body == second.body or first.error_message or second.error_message
    return not (first.body and second.body and first.answers and second.answers and not is_same)


def _ordered(calls: Sequence[Fragment]) -> list[Fragment]:
    """The failing, newest one first; then other failing ones, those with an answer, those without."""

    def rank(item: tuple[int, Fragment]) -> tuple[int, bool, datetime, int]:
        at, one = item
        asked = _asked(one)
        level = 2 if asked.is_failing else 1 if one.answers else 0
        return level, one.url is not None or bool(one.ids), one.at or _LONG_AGO, at

    return [one for _at, one in sorted(enumerate(calls), key=rank, reverse=True)]


def _asked(one: Fragment) -> Asked:
    return Asked(**_told(one, Asked))


def _told(one: Fragment, kind: type[Told]) -> dict[str, Any]:
    """What a fragment tells of a type's fields; a request that got a status has not failed on its way."""
    told = {name: getattr(one, name) for name in kind.__struct_fields__}
    return told | {"failure": one.failure if one.status_code is None else None}


def _ids(chosen: Fragment, calls: Sequence[Fragment], facts: Sequence[Fragment]) -> Pairs:
    """The ids of the chosen request first; a value that one name holds is not repeated under another."""
    pairs: Pairs = chosen.ids
    for one in (*calls, *facts):
        values = {value for _name, value in pairs}
        pairs = united(pairs, tuple((name, value) for name, value in one.ids if value not in values))
    return pairs


def _near(chosen: Fragment, calls: Sequence[Fragment], facts: Sequence[Fragment]) -> Sequence[Fragment]:
    """The facts that can belong to the chosen call: of several answers, those up to the next one."""
    answers = [one.start for one in calls if one.answers]
    until = min((start for start in answers if start > chosen.start), default=inf)
    return facts if len(answers) < 2 else [one for one in facts if chosen.start <= one.start < until]


def _answered_by(headers: Pairs, chosen: Fragment, base: str | None) -> str | None:
    """Name who sent the response, by the fingerprints of a scan."""
    said = {name: getattr(chosen, name) for name in ("error_code", "error_type", "error_message")}
    return answered_by(Response(chosen.status_code or 0, headers=headers, body_size=1, **said), chosen.url or base or "")


def _agreed(parts: Iterable[Fragment], name: str) -> str | None:
    """The value that all parts share which tell it; None where they differ."""
    values = {value for one in parts if (value := getattr(one, name))}
    return values.pop() if len(values) == 1 else None


def _first(parts: Iterable[Fragment], name: str) -> str | None:
    return next((value for one in parts if (value := getattr(one, name))), None)
