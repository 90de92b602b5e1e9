"""The next round: probes whose ids were captured, links that were found, controls and auth forms that a verdict asked for.

All are pure functions over what was planned and seen so far, so a scan can be replayed and every request has its reason.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from probe.language import _
from probe.listing import item_path, items, newest_first
from probe.model import (
    Artefact,
    AuthForm,
    Catalogue,
    Control,
    CredentialKind,
    Endpoint,
    Link,
    Observation,
    Pairs,
    Probe,
    Purpose,
    Role,
    Skipped,
    Target,
    Wanted,
)
from probe.plan.expand import VARIABLES
from probe.plan.urls import build, fill, names_in, version_of, with_version
from probe.providers import forms

LINKS_PER_ANSWER = 3
BOGUS_VERSION = "1999-01-01-probe"
_POINTERS = ("header:location", "header:content-location", "header:operation-location")
_BLOB_HOSTS = (".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn")

Seen = Mapping[str, Observation]


def bind(catalogue: Catalogue, targets: Sequence[Target], probes: Sequence[Probe], seen: Seen, now: datetime) -> tuple[Probe, ...]:
    """Fill the ids that were captured into the probes that wait for them; only those that are complete now are returned."""
    endpoints = {endpoint.id: endpoint for endpoint in catalogue.endpoints}
    artefacts = {artefact.name: artefact for artefact in catalogue.artefacts}
    by_name = {target.name: target for target in targets}
    captured = _captured(probes, endpoints, artefacts, by_name, seen, now)
    bound = []
    for probe in probes:
        if not probe.needs:
            continue
        endpoint, target = endpoints[probe.endpoint], by_name[probe.target]
        known = {name: captured.get((probe.target, name)) for name in probe.needs}
        given = {name: value for name, value in known.items() if value}
        if len(given) == len(known):
            ids = dict(probe.ids) | given
            bound.append(
                replace(
                    probe,
                    url=build(target.base_url, endpoint, ids, probe.api_version),
                    headers=tuple((name, fill(value, ids, is_quoted=False)) for name, value in endpoint.headers),
                    ids=tuple((name, ids[name]) for name in names_in(endpoint) if name in ids),
                    needs=(),
                )
            )
    return tuple(bound)


def _captured(
    probes: Sequence[Probe],
    endpoints: Mapping[str, Endpoint],
    artefacts: Mapping[str, Artefact],
    targets: Mapping[str, Target],
    seen: Seen,
    now: datetime,
) -> dict[tuple[str, str], str]:
    """Choose one value per target and id name: an answer about the user's own id first, else a listing's newest finished item."""
    chosen: dict[tuple[str, str], tuple[bool, str]] = {}
    for probe in probes:
        observation = seen.get(probe.id)
        response = observation.response if observation else None
        endpoint = endpoints.get(probe.endpoint)
        if not observation or not response or not endpoint or not 200 <= response.status_code < 300:
            continue
        artefact = artefacts.get(endpoint.artefact)
        is_own = probe.role is not Role.LIST
        taboo = () if is_own or artefact is None else _own_names(targets[probe.target], artefact, endpoints.values())
        order = {item.at: at for at, item in enumerate(newest_first(items(response), artefact, now))}
        found = sorted(observation.captures, key=lambda capture: order.get(item_path(capture.path), len(order)))
        for capture in found:
            if capture.name in taboo:
                continue
            before = chosen.get((probe.target, capture.name))
            if before is None or (is_own and not before[0]):
                chosen[probe.target, capture.name] = (is_own, capture.value)
    return {key: value for key, (_is_own, value) in chosen.items()}


def _own_names(target: Target, artefact: Artefact, endpoints: Iterable[Endpoint]) -> set[str]:
    """Name the ids that a listing must not give: the user's own, and those that an answer about the user's own id gives.

    Otherwise a listing's newest item, which may be anybody's, would be taken for the one that is looked for.
    """
    given = {name for name, _value in target.ids if name not in VARIABLES}
    if not given & {one.name for one in artefact.ids}:
        return set()
    asked = [one for one in endpoints if one.artefact == artefact.name and one.role is not Role.LIST]
    return given | {rule.name for one in asked if set(names_in(one)) & given for rule in one.captures}


def leftovers(probes: Iterable[Probe], seen: Seen) -> tuple[Skipped, ...]:
    """Say of the probes that still wait why they were never sent."""
    return tuple(
        Skipped(
            probe.id,
            probe.endpoint,
            probe.target,
            _("needs {names}: no answer gave it; --id NAME=VALUE does", names=", ".join(probe.needs)),
        )
        for probe in probes
        if probe.needs and probe.id not in seen
    )


def links(probes: Sequence[Probe], seen: Seen, targets: Sequence[Target], max_redirects: int) -> tuple[Probe, ...]:
    """Make probes of the links that answers named and that may be followed, each once, with no credential to another origin."""
    by_name = {target.name: target for target in targets}
    by_id = {probe.id: probe for probe in probes}
    sent = {(probe.target, probe.url) for probe in probes}
    found: list[Probe] = []
    for probe in probes:
        response = seen[probe.id].response if probe.id in seen else None
        if response is None or probe.purpose in (Purpose.CONTROL, Purpose.AUTH) or _depth(probe, by_id) >= max_redirects:
            continue
        worth = [
            (at, link)
            for at, link in enumerate(response.links)
            if link.refused is None and _is_worth(probe, response.status_code, link)
        ]
        for at, link in worth[:LINKS_PER_ANSWER]:
            for one in _forms_of(probe, at, link, by_name[probe.target]):
                if (one.target, one.url) not in sent:
                    sent.add((one.target, one.url))
                    found.append(one)
    return tuple(found)


def _depth(probe: Probe, by_id: Mapping[str, Probe]) -> int:
    """Count the links that led to a probe."""
    depth = 0
    while probe.purpose is Purpose.LINK and probe.of is not None and probe.of in by_id:
        probe, depth = by_id[probe.of], depth + 1
    return depth


def _is_worth(probe: Probe, status_code: int, link: Link) -> bool:
    """Whether a link can lead to the artefact: pointer headers of any answer but an error, body links of good ones.

    Neither paging nor documentation leads there, nor what the customer put in (`input_blob`).
    """
    if status_code >= 400:
        return False
    if link.found_in.lower() in _POINTERS:
        return True
    key = link.found_in.rstrip("]'\"").rsplit(".", 1)[-1].lower()
    is_idle = any(word in key for word in ("next", "prev", "self", "docs", "help", "input", 'rel="next"'))
    return status_code < 300 and not is_idle and (probe.role is not Role.LIST or probe.purpose is Purpose.LINK)


def _forms_of(probe: Probe, at: int, link: Link, target: Target) -> Iterable[Probe]:
    """Make the probe of a link as given, and on the same origin with the api-version of the answer added where it lacks one."""
    has_storage = any(one.kind is CredentialKind.STORAGE_TOKEN for one in target.credentials)
    is_blob = (urlsplit(link.url).hostname or "").endswith(_BLOB_HOSTS)
    is_signed = "sig=" in link.url
    auth = probe.auth if link.same_origin else AuthForm.STORAGE if is_blob and has_storage and not is_signed else AuthForm.NONE
    as_given = Probe(
        id=f"{probe.id}+link{at + 1}",
        target=probe.target,
        endpoint=probe.endpoint,
        method="GET",
        url=link.url,
        api_version=version_of(link.url),
        auth=auth,
        purpose=Purpose.LINK,
        ids=probe.ids,
        of=probe.id,
        link=at,
        variant="as given",
        reason=_("found in {where}", where=link.found_in),
        depends_on=(probe.id,),
    )
    yield as_given
    if link.same_origin and as_given.api_version is None and probe.api_version is not None:
        yield replace(
            as_given,
            id=f"{as_given.id}@{probe.api_version}",
            url=with_version(link.url, probe.api_version),
            api_version=probe.api_version,
            variant="with api-version",
        )


def controls(
    wanted: Iterable[Wanted], catalogue: Catalogue, targets: Sequence[Target], probes: Sequence[Probe]
) -> tuple[Probe, ...]:
    """Turn what a verdict asked for into probes; what cannot be made (no id to replace, no list of models) is left out."""
    by_id = {probe.id: probe for probe in probes}
    by_name = {target.name: target for target in targets}
    made = []
    for one in wanted:
        probe = by_id.get(one.of)
        if probe is None or probe.needs:
            continue
        if one.auth is not None:
            new: Probe | None = replace(
                probe, id=f"{probe.id}+auth-{one.auth}", auth=one.auth, purpose=Purpose.AUTH, of=probe.id, reason=one.reason
            )
        else:
            new = _control(probe, one, catalogue, by_name[probe.target])
        if new is not None and new.id not in by_id:
            made.append(new)
    return tuple({probe.id: probe for probe in made}.values())


def _control(probe: Probe, wanted: Wanted, catalogue: Catalogue, target: Target) -> Probe | None:
    """Make one control beside the probe that it is for."""
    endpoint = next((one for one in catalogue.endpoints if one.id == probe.endpoint), None)
    surface = next((one for one in catalogue.surfaces if endpoint and one.name == endpoint.surface), None)
    url, api_version, auth, ids = probe.url, probe.api_version, probe.auth, probe.ids
    role, method = Role.CONTROL, "GET"
    if wanted.control is Control.BOGUS_ROUTE:
        prefix = target.base_url + fill(surface.prefix, dict(probe.ids) | dict(target.ids)) if surface else _parent(probe.url)
        url = with_version(f"{prefix}/{secrets.token_hex(8)}", api_version)
    elif wanted.control is Control.BOGUS_ID:
        bogus = _bogus(probe.ids, catalogue, urlsplit(probe.url).hostname or "")
        url = build(target.base_url, endpoint, dict(bogus), api_version) if endpoint else _replace_ids(probe.url, probe.ids, bogus)
        ids, role, method = bogus, probe.role, probe.method
        if url == probe.url:
            return None
    elif wanted.control is Control.BOGUS_VERSION:
        url, api_version = with_version(probe.url, BOGUS_VERSION), BOGUS_VERSION
    elif wanted.control is Control.NO_CREDENTIAL:
        auth = AuthForm.NONE
    elif wanted.control is Control.MODELS:
        models = _models(catalogue, endpoint, target)
        if models is None:
            return None
        api_version = probe.api_version if probe.api_version in models.api_versions else models.api_versions[0]
        url = build(target.base_url, models, dict(target.ids) | dict(probe.ids), api_version)
    return replace(
        probe,
        id=f"{probe.id}+{wanted.control}",
        method=method,
        url=url,
        api_version=api_version,
        auth=auth,
        ids=ids,
        role=role,
        purpose=Purpose.CONTROL,
        control=wanted.control,
        of=probe.id,
        link=None,
        depends_on=(probe.id,),
        reason=wanted.reason,
    )


def _models(catalogue: Catalogue, endpoint: Endpoint | None, target: Target) -> Endpoint | None:
    """Find the list of models on the surface of an endpoint, else on any surface of the target's provider."""
    offered = [one for one in catalogue.endpoints if one.role is Role.CONTROL and one.provider == target.provider]
    usable = [one for one in offered if set(names_in(one)) <= dict(target.ids).keys()]
    return next((one for one in usable if endpoint and one.surface == endpoint.surface), usable[0] if usable else None)


def models_probe(catalogue: Catalogue, target: Target) -> Probe | None:
    """Make the free request that shows whether host and key are right: the list of models; None where the catalogue knows none."""
    models = _models(catalogue, None, target)
    if models is None:
        return None
    api_version = models.api_versions[0]
    return Probe(
        id=f"{target.name}/{models.id}@{api_version or 'none'}",
        target=target.name,
        endpoint=models.id,
        method="GET",
        url=build(target.base_url, models, dict(target.ids), api_version),
        api_version=api_version,
        auth=forms(target)[0][0],
        purpose=Purpose.CONTROL,
        control=Control.MODELS,
        role=Role.CONTROL,
    )


def _bogus(ids: Pairs, catalogue: Catalogue, host: str) -> Pairs:
    """Exchange every id for a well-formed one that no service ever gave out; a name in the host stays, or nobody would answer."""
    declared = {one.name: one.bogus for artefact in catalogue.artefacts for one in artefact.ids if one.bogus}
    twins = ((name, value, declared.get(name) or "".join("0" if c.isalnum() else c for c in value)) for name, value in ids)
    return tuple((name, value if value.lower() in host.split(".") else twin) for name, value, twin in twins)


def _replace_ids(url: str, ids: Pairs, bogus: Pairs) -> str:
    """Exchange ids in a URL, each whole path segment by its bogus twin."""
    twins = {quote(value, safe=":@._-~"): other for (_name, value), (_same, other) in zip(ids, bogus, strict=True)}
    path, question, query = url.partition("?")
    return "/".join(twins.get(segment, segment) for segment in path.split("/")) + question + query


def _parent(url: str) -> str:
    """The folder of a URL, its query dropped."""
    return url.split("?", maxsplit=1)[0].rsplit("/", 1)[0]


def reauthorise(probes: Sequence[Probe], seen: Seen) -> tuple[Probe, ...]:
    """Send again, in the auth form that turned out to be accepted, what was denied in the provider's own form."""
    accepted: dict[str, AuthForm] = {}
    for probe in probes:
        response = seen[probe.id].response if probe.id in seen else None
        if (
            probe.purpose is Purpose.AUTH
            and response
            and response.status_code not in (401, 403, 407, 429)
            and response.status_code < 500
        ):
            accepted.setdefault(probe.target, probe.auth)
    return tuple(
        replace(
            probe, id=f"{probe.id}+{form}", auth=form, reason=_("the service accepts the credential as {form}", form=form.value)
        )
        for probe in probes
        if (form := accepted.get(probe.target))
        and probe.auth is not form
        and _was_denied(probe, seen)
        and f"{probe.id}+{form}" not in seen
    )


def _was_denied(probe: Probe, seen: Seen) -> bool:
    """Whether a candidate with a credential got 401 or 403."""
    response = seen[probe.id].response if probe.id in seen else None
    is_own = probe.purpose is Purpose.CANDIDATE and probe.auth is not AuthForm.NONE
    return is_own and response is not None and response.status_code in (401, 403)
