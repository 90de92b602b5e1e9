"""Controls and other auth forms: what a verdict asked for, made into probes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from probe.facts.urls import host_of, origin
from probe.frozen import replace
from probe.model import AuthForm, Catalogue, Control, Endpoint, Pairs, Probe, Purpose, RawUrl, Role, Target, Wanted
from probe.plan.urls import build, fill, names_in, with_version
from probe.providers import forms

BOGUS_VERSION = "1999-01-01-probe"
_Sent = Probe[RawUrl]


def controls(
    wanted: Iterable[Wanted], catalogue: Catalogue, targets: Sequence[Target[RawUrl]], probes: Sequence[Probe[RawUrl]]
) -> tuple[Probe[RawUrl], ...]:
    """Turn what a verdict asked for into probes; what cannot be made (no id to replace, no list of models) is left out."""
    by_id = {probe.id: probe for probe in probes}
    by_name = {target.name: target for target in targets}
    endpoints = {one.id: one for one in reversed(catalogue.endpoints)}
    made = []
    for one in wanted:
        probe = by_id.get(one.of)
        if probe is None or probe.needs:
            continue
        if one.auth is not None:
            new: Probe[RawUrl] | None = replace(
                probe, id=f"{probe.id}+auth-{one.auth}", auth=one.auth, purpose=Purpose.AUTH, of=probe.id, reason=one.reason
            )
        else:
            new = _control(probe, one, catalogue, endpoints.get(probe.endpoint), by_name[probe.target])
        if new is not None and new.id not in by_id:
            made.append(new)
    return tuple({probe.id: probe for probe in made}.values())


def _control(probe: _Sent, wanted: Wanted, catalogue: Catalogue, endpoint: Endpoint | None, target: Target[RawUrl]) -> _Sent | None:
    """Make one control beside the probe that it is for."""
    url, api_version, auth, ids = probe.url, probe.api_version, probe.auth, probe.ids
    role, method = Role.CONTROL, "GET"
    if wanted.control is Control.BOGUS_ROUTE:
        url = with_version(f"{_where_routes_begin(probe, catalogue, endpoint, target)}/{secrets.token_hex(8)}", api_version)
    elif wanted.control is Control.BOGUS_ID:
        bogus = _bogus(probe.ids, catalogue, host_of(probe.url))
        url = build(target.base_url, endpoint, dict(bogus), api_version) if endpoint else _replace_ids(probe.url, probe.ids, bogus)
        ids, role, method = bogus, probe.role, probe.method
    elif wanted.control is Control.LISTED_ID:
        ids, role, method = wanted.ids, probe.role, probe.method
        url = build(target.base_url, endpoint, dict(target.ids) | dict(ids), api_version) if endpoint else probe.url
    elif wanted.control is Control.DESCRIPTION:
        url, api_version, auth, ids = RawUrl(f"{origin(target.base_url)}/openapi.json"), None, AuthForm.NONE, ()
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
    if url == probe.url and wanted.control in (Control.BOGUS_ID, Control.LISTED_ID):
        return None
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


def _where_routes_begin(probe: Probe[RawUrl], catalogue: Catalogue, endpoint: Endpoint | None, target: Target[RawUrl]) -> str:
    """The URL below which a made-up path asks the same router as the probe."""
    if endpoint and endpoint.hosts and not probe.url.startswith(target.base_url):
        return "/".join(probe.url.split("/")[:4])  # `/v2` of `/v2/videos`, which stands beside the base `/v1`
    surface = next((one for one in catalogue.surfaces if endpoint and one.name == endpoint.surface), None)
    if surface is None:
        return probe.url.partition("?")[0].rpartition("/")[0]
    return target.base_url + fill(surface.prefix, dict(probe.ids) | dict(target.ids))


def _models(catalogue: Catalogue, endpoint: Endpoint | None, target: Target[RawUrl]) -> Endpoint | None:
    """Find the list of models on the surface of an endpoint, else on any surface of the target's provider."""
    offered = [one for one in catalogue.endpoints if one.role is Role.CONTROL and one.provider == target.provider]
    usable = [one for one in offered if set(names_in(one)) <= dict(target.ids).keys()]
    return next((one for one in usable if endpoint and one.surface == endpoint.surface), usable[0] if usable else None)


def models_probe(catalogue: Catalogue, target: Target[RawUrl]) -> Probe[RawUrl] | None:
    """Make the free request that shows whether host and key are right: the list of models; None if the catalogue has none."""
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
    """Replace every id by a well-formed made-up one; a name in the host stays, or the host would not resolve."""
    declared = {one.name: one.bogus for artefact in catalogue.artefacts for one in artefact.ids if one.bogus}
    twins = ((name, value, declared.get(name) or "".join("0" if c.isalnum() else c for c in value)) for name, value in ids)
    return tuple((name, value if value.lower() in host.split(".") else twin) for name, value, twin in twins)


def _replace_ids(url: RawUrl, ids: Pairs, bogus: Pairs) -> RawUrl:
    """Exchange ids in a URL, each whole path segment by its bogus twin."""
    twins = {quote(value, safe=":@._-~"): other for (_name, value), (_same, other) in zip(ids, bogus, strict=True)}
    path, question, query = url.partition("?")
    return RawUrl("/".join(twins.get(segment, segment) for segment in path.split("/")) + question + query)
