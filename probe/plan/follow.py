"""The next round: probes whose ids were captured, links that were found, and requests again in the accepted auth form.

All are pure functions over what was planned and seen so far, so a scan can be replayed and every request has its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime

from probe.facts.families import UNSERVED
from probe.facts.hosts import is_blob_host
from probe.facts.links import POINTERS, rank
from probe.facts.urls import version_of
from probe.frozen import replace
from probe.listing import item_path
from probe.model import (
    AuthForm,
    Catalogue,
    CredentialKind,
    Endpoint,
    Link,
    Note,
    Probe,
    Purpose,
    RawUrl,
    Response,
    Role,
    Skipped,
    Standing,
    Target,
)
from probe.plan.captured import Captured, Seen, answer_to
from probe.plan.urls import build, fill, names_in, with_version

LINKS_PER_ANSWER = 12
"""At most this many links of one response are followed: a job may name one for each of its outputs."""
GUESSED_LINKS = 3
"""At most this many of them may be links whose key does not name an artefact."""


def bind(
    catalogue: Catalogue, targets: Sequence[Target[RawUrl]], probes: Sequence[Probe[RawUrl]], seen: Seen, now: datetime
) -> tuple[Probe[RawUrl], ...]:
    """Fill the ids that were captured into the probes that wait for them, the best ones first.

    Only probes that are complete now are returned, and with them those that ask for the further ids: a job has several
    generations, a fine-tune several result files, and only requesting each shows which can be downloaded.
    """
    endpoints = {endpoint.id: endpoint for endpoint in catalogue.endpoints}
    by_name = {target.name: target for target in targets}
    captured = Captured(catalogue, targets, probes, seen, now)
    if not captured.found:
        return ()
    bound: list[Probe[RawUrl]] = []
    for probe in probes:
        endpoint, target = endpoints.get(probe.endpoint), by_name[probe.target]
        if endpoint is None or probe.purpose is not Purpose.CANDIDATE:
            continue
        best = {name: next(iter(captured.all(probe.target, name)), None) for name in probe.needs}
        if probe.needs and all(best.values()):
            bound.append(with_ids(probe, endpoint, target, {name: one.value for name, one in best.items() if one}))
        elif not probe.needs and "~" not in probe.id:
            bound += _further(probe, endpoint, target, captured, seen)
    return tuple(bound)


def with_ids(probe: Probe[RawUrl], endpoint: Endpoint, target: Target[RawUrl], given: Mapping[str, str]) -> Probe[RawUrl]:
    """Make the probe of an endpoint for other ids."""
    ids = dict(probe.ids) | dict(given)
    return replace(
        probe,
        url=build(target.base_url, endpoint, ids, probe.api_version),
        headers=tuple((name, fill(value, ids, is_quoted=False)) for name, value in endpoint.headers),
        body=fill(endpoint.body, ids, is_quoted=False) if endpoint.body else None,
        ids=tuple((name, ids[name]) for name in names_in(endpoint) if name in ids),
        needs=(),
    )


def _further(
    probe: Probe[RawUrl], endpoint: Endpoint, target: Target[RawUrl], captured: Captured, seen: Seen
) -> Iterator[Probe[RawUrl]]:
    """Ask a download route for each further id that answers gave, where it is a likely route: documented, or good for the first."""
    response = answer_to(probe, seen)
    is_good = response is not None and response.status_code < 300
    is_likely = endpoint.standing is Standing.DOCUMENTED and probe.api_version == next(iter(endpoint.api_versions), None)
    if endpoint.role is not Role.DOWNLOAD or not (is_good or is_likely):
        return
    asked = dict(probe.ids)
    for name in names_in(endpoint):
        values = captured.all(probe.target, name)
        if asked.get(name) not in {one.value for one in values}:
            continue
        for at, one in enumerate(values, 1):
            if one.value != asked[name]:
                mates = {other: captured.mate(probe.target, other, one) for other in asked if other != name}
                ids = {other: mate.value for other, mate in mates.items() if mate} | {name: one.value}
                yield replace(with_ids(probe, endpoint, target, ids), id=f"{probe.id}~{at}")


def leftovers(probes: Iterable[Probe[RawUrl]], seen: Seen) -> tuple[Skipped, ...]:
    """Record why the probes that still wait were never sent."""
    return tuple(
        Skipped(probe.id, probe.endpoint, probe.target, Note("id-not-given", (("names", ", ".join(probe.needs)),)))
        for probe in probes
        if probe.needs and probe.needs != (UNSERVED,) and probe.id not in seen
    )


_ENOUGH = 3
"""How many answers to different paths show that the path does not count."""
_SHUT = frozenset({None, 401, 407, 429, 502, 503, 504, 511, *range(520, 528)})
"""Statuses (None: no answer at all) that a host gives whatever the path is, so that no other path can do better."""


def spared(catalogue: Catalogue, probes: Sequence[Probe[RawUrl]], seen: Seen) -> tuple[tuple[str, Note], ...]:
    """Name the probes of vendors' own routes that are not needed, and why.

    Either a common route has already told something of the thing, or every common route and every form of the credential was
    turned away before any path counted. A 403 may well be about the path: some gateways give it for an unknown one.
    """
    vendors = {one.id for one in catalogue.endpoints if one.hosts}
    asked = [probe for probe in probes if probe.purpose is Purpose.CANDIDATE]
    common = (probe for probe in asked if probe.endpoint not in vendors and probe.ids and probe.role is not Role.LIST)
    answers = [(probe, seen[probe.id].response) for probe in common if probe.id in seen]
    forms = [seen[probe.id].response for probe in probes if probe.purpose is Purpose.AUTH and probe.id in seen]
    statuses = [response.status_code if response else None for response in (*(one for _probe, one in answers), *forms)]
    if any(_tells(probe, response) for probe, response in answers):
        why = Note("answered-elsewhere")
    elif len(answers) >= _ENOUGH and _SHUT.issuperset(statuses) and (forms or 401 not in statuses):
        why = Note("refused-alike")
    else:
        return ()
    return tuple((probe.id, why) for probe in asked if probe.endpoint in vendors and probe.id not in seen)


def _tells(probe: Probe[RawUrl], response: Response | None) -> bool:
    """Whether an answer is about the thing asked for: its bytes, a link, its state or its id, and no page or empty envelope."""
    if response is None or response.status_code >= 300 or not response.body_size or response.sniffed_type == "text/html":
        return False
    ids = {value for _name, value in probe.ids}
    told = any(one.value in ids or one.path.endswith(("status", "state")) for one in response.values)
    return told or bool(response.links) or response.sniffed_type != "application/json"


def links(
    probes: Sequence[Probe[RawUrl]], seen: Seen, targets: Sequence[Target[RawUrl]], max_redirects: int
) -> tuple[Probe[RawUrl], ...]:
    """Make probes of the links that answers named and that may be followed, each once, with no credential to another origin."""
    by_name = {target.name: target for target in targets}
    by_id = {probe.id: probe for probe in probes}
    sent = {(probe.target, probe.url) for probe in probes}
    found: list[Probe[RawUrl]] = []
    for probe in probes:
        response = answer_to(probe, seen)
        if response is None or probe.purpose in (Purpose.CONTROL, Purpose.AUTH) or _depth(probe, by_id) >= max_redirects:
            continue
        target = by_name[probe.target]
        for at, link in _worth(probe, response, {value for _name, value in target.ids}):
            for one in _forms_of(probe, at, link, target):
                if (one.target, one.url) not in sent:
                    sent.add((one.target, one.url))
                    found.append(one)
    return tuple(found)


def _depth(probe: Probe[RawUrl], by_id: Mapping[str, Probe[RawUrl]]) -> int:
    """Count the links that were followed to reach a probe."""
    depth = 0
    while probe.purpose is Purpose.LINK and probe.of is not None and probe.of in by_id:
        probe, depth = by_id[probe.of], depth + 1
    return depth


def _worth(probe: Probe[RawUrl], response: Response, given: Set[str]) -> tuple[tuple[int, Link], ...]:
    """Links of an answer that can lead to the artefact, with their places, the likeliest first.

    Pointer headers count in any answer but an error, links of a body in good answers only, and in a listing those of the items
    whose ids were `given`: the others are other people's.
    """
    if response.status_code >= 400:
        return ()
    is_list = probe.role is Role.LIST and probe.purpose is not Purpose.LINK
    own = {item_path(one.path) for one in response.values if one.value in given} - {"$"}
    ranked = []
    for at, link in enumerate(response.links):
        near = rank(link)
        if near is None or link.refused is not None:
            continue
        is_pointer = link.found_in.lower() in POINTERS
        if is_pointer or (response.status_code < 300 and (not is_list or item_path(link.found_in) in own)):
            ranked.append((near, at, link))
    ranked.sort(key=lambda one: one[:2])
    likely = [(at, link) for near, at, link in ranked if near <= 2]
    guessed = [(at, link) for near, at, link in ranked if near > 2]
    return tuple([*likely, *guessed[:GUESSED_LINKS]][:LINKS_PER_ANSWER])


def _forms_of(probe: Probe[RawUrl], at: int, link: Link, target: Target[RawUrl]) -> Iterable[Probe[RawUrl]]:
    """Make the probe of a link as given, and on the same origin with the api-version of the answer added where it lacks one."""
    has_storage = any(one.kind is CredentialKind.STORAGE_TOKEN for one in target.credentials)
    wants_storage = has_storage and is_blob_host(link.url) and "sig=" not in link.url
    url = RawUrl(link.url)  # the runner puts the secrets back that it alone remembers
    auth = probe.auth if link.same_origin else AuthForm.STORAGE if wants_storage else AuthForm.NONE
    as_given = Probe(
        id=f"{probe.id}+link{at + 1}",
        target=probe.target,
        endpoint=probe.endpoint,
        method="GET",
        url=url,
        api_version=version_of(url),
        auth=auth,
        purpose=Purpose.LINK,
        ids=probe.ids,
        of=probe.id,
        link=at,
        variant="as given",
        reason=Note("found-in", (("where", link.found_in),)),
        depends_on=(probe.id,),
    )
    yield as_given
    if link.same_origin and as_given.api_version is None and probe.api_version is not None:
        yield replace(
            as_given,
            id=f"{as_given.id}@{probe.api_version}",
            url=with_version(url, probe.api_version),
            api_version=probe.api_version,
            variant="with api-version",
        )


def reauthorise(probes: Sequence[Probe[RawUrl]], seen: Seen) -> tuple[Probe[RawUrl], ...]:
    """Send again, in the auth form that turned out to be accepted, what was denied in the provider's own form."""
    accepted: dict[str, AuthForm] = {}
    for probe in probes:
        response = answer_to(probe, seen)
        if (
            probe.purpose is Purpose.AUTH
            and response
            and response.status_code not in (401, 403, 407, 429)
            and response.status_code < 500
        ):
            accepted.setdefault(probe.target, probe.auth)
    return tuple(
        replace(probe, id=f"{probe.id}+{form}", auth=form, reason=Note("accepted-as", (("form", form.value),)))
        for probe in probes
        if (form := accepted.get(probe.target))
        and probe.auth is not form
        and _was_denied(probe, seen)
        and f"{probe.id}+{form}" not in seen
    )


def _was_denied(probe: Probe[RawUrl], seen: Seen) -> bool:
    """Whether a candidate with a credential got 401 or 403."""
    response = answer_to(probe, seen)
    is_own = probe.purpose is Purpose.CANDIDATE and probe.auth is not AuthForm.NONE
    return is_own and response is not None and response.status_code in (401, 403)
