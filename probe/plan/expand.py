"""The first plan of a scan: endpoint x api-version x target, in a valid order, each request once, omissions with their reason."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from urllib.parse import unquote, urlsplit

from probe.diagnoses import tell
from probe.errors import UsageError
from probe.facts.families import UNSERVED
from probe.facts.ids import VARIABLES, names_of, served
from probe.facts.urls import host_of, origin, version_of, without_user_info
from probe.frozen import Frozen, field, replace
from probe.language import _
from probe.model import (
    Artefact,
    AuthForm,
    Catalogue,
    Endpoint,
    Limits,
    Note,
    Pairs,
    Plan,
    Probe,
    Purpose,
    RawUrl,
    Role,
    Skipped,
    Standing,
    Target,
    VersionRule,
)
from probe.plan.urls import build, fill, match, names_in
from probe.providers import credential_for, forms

_ABOUT_ONE = (Role.STATUS, Role.METADATA, Role.DOWNLOAD)
_ORDER = {Role.CONTROL: 0, Role.LIST: 1, Role.STATUS: 2, Role.METADATA: 3, Role.DOWNLOAD: 4, Role.CREATE: 5}


class Scope(Frozen):
    """What the user narrows or widens a scan to. `api_versions` replace those of every endpoint that takes one."""

    artefacts: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    api_versions: tuple[str | None, ...] = ()
    all_versions: bool = False
    allow_billable: bool = False
    allow_post: tuple[str, ...] = ()
    failing_url: str | None = None
    limits: Limits = field(default=Limits())


def expand(catalogue: Catalogue, targets: Sequence[Target[RawUrl]], scope: Scope) -> Plan[RawUrl]:
    """Make the whole plan; probes that wait for an id are in it with the `{name}` still in their URL."""
    probes: list[Probe[RawUrl]] = []
    skipped: list[Skipped] = []
    for target in targets:
        planned = _Planner(catalogue, target, scope)
        probes += planned.probes
        skipped += planned.skipped
    probes = [*_foreign_failing_url(catalogue, targets, scope), *probes]
    if not probes:
        raise UsageError(
            _(
                "nothing to ask: no entry of the catalogue fits {what}",
                what=", ".join(map(repr, scope.only)) or _("what was asked for"),
            ),
            hint=tell(skipped[0].reason) if skipped else _("`probe catalogue list` shows ids and paths"),
        )
    return Plan(
        probes=tuple(probes),
        skipped=tuple(skipped),
        request_count=len(probes),
        control_count=_control_count(catalogue, targets, scope, probes),
        billable_count=sum(probe.billable for probe in probes),
        notes=tuple(note for target in targets for note in target.notes),
    )


def _foreign_failing_url(catalogue: Catalogue, targets: Sequence[Target[RawUrl]], scope: Scope) -> Iterator[Probe[RawUrl]]:
    """Plan the customer's URL although it lies on no target's origin: without any credential, since none was given for it."""
    url = without_user_info(scope.failing_url or "")
    if not url or any(origin(url) == origin(target.base_url) for target in targets):
        return
    yield Probe(
        id=f"{targets[0].name}/failing-url",
        target=targets[0].name,
        endpoint="",
        method="GET",
        url=url,
        api_version=version_of(url),
        auth=AuthForm.NONE,
        purpose=Purpose.FAILING_URL,
        ids=ids_in(url, catalogue.artefacts),
        reason=Note("failing-url-elsewhere"),
    )


def _control_count(catalogue: Catalogue, targets: Iterable[Target[RawUrl]], scope: Scope, probes: Iterable[Probe[RawUrl]]) -> int:
    """Count what controls, auth forms and links may add within each budget: a target's own, or that of all others together."""
    budgets = {one.name: one.limits.max_requests for one in targets if one.limits.max_requests is not None}
    sharing: dict[str, list[Probe[RawUrl]]] = {}
    for probe in probes:
        sharing.setdefault(probe.target if probe.target in budgets else "", []).append(probe)
    return sum(
        max(0, min(budgets.get(name, scope.limits.max_requests) - len(ones), _control_ceiling(catalogue, ones)))
        for name, ones in sharing.items()
    )


def _control_ceiling(catalogue: Catalogue, probes: Iterable[Probe[RawUrl]]) -> int:
    """Count what controls, auth forms and links may add at the most: five a surface, one bogus id and two links an endpoint."""
    endpoints = {endpoint.id: endpoint for endpoint in catalogue.endpoints}
    surfaces = {(probe.target, endpoints[probe.endpoint].surface) for probe in probes if probe.endpoint in endpoints}
    return 5 * len(surfaces) + 3 * len({(probe.target, probe.endpoint) for probe in probes})


class _Planner:
    """Plans one target."""

    def __init__(self, catalogue: Catalogue, target: Target[RawUrl], scope: Scope) -> None:
        self.target = target
        self.scope = scope
        self.given = _by_name((*target.ids, *((("deployment", target.deployment),) if target.deployment else ())))
        self.ids = {name: values[0] for name, values in self.given.items()}
        self.artefacts: Mapping[str, Artefact] = {artefact.name: artefact for artefact in catalogue.artefacts}
        self.rules = {surface.name: surface.api_version for surface in catalogue.surfaces}
        self.offered = _offered(catalogue, target)
        self.skipped: list[Skipped] = []
        self._seen: dict[tuple[object, ...], str] = {}
        chosen = self._choose()
        self._obtainable = {rule.name for one in chosen for rule in one.captures}
        told = {rule.name for one in chosen if one.role is not Role.LIST for rule in one.captures}
        self.ids |= {name: value for name, value in served(target.ids, catalogue.artefacts) if name not in told}
        wanted = [*self._failing_url(), *(probe for endpoint in chosen for probe in self._of(endpoint))]
        if all(one.standing is Standing.REFUTED for one in chosen):
            wanted += [probe for endpoint, ids in self._guesses() for probe in self._of(endpoint, ids)]
        self.probes = [*self._in_order(wanted), *self._unserved()]

    def _unserved(self) -> Iterator[Probe[RawUrl]]:
        """Plan a placeholder for each given id that has no file: nothing is sent, and the report says which id is needed."""
        for at, value in enumerate(self.given.get(UNSERVED, ()), 1):
            yield Probe(
                id=f"{self.target.name}/{UNSERVED}" + (f"~{at}" if at > 1 else ""),
                target=self.target.name,
                endpoint="",
                method="GET",
                url=self.target.base_url,
                ids=((UNSERVED, value),),
                needs=(UNSERVED,),
            )

    def _choose(self) -> list[Endpoint]:
        """Pick the endpoints in scope, and those whose answers give them their ids."""
        kinds = self._kinds()
        picked = [one for one in self.offered if one.artefact in kinds and one.role is not Role.CONTROL and self._is_asked_for(one)]
        if self.scope.only:
            picked = self._with_sources(picked, [one for one in self.offered if one.artefact in kinds])
        return picked

    def _kinds(self) -> set[str]:
        """Name the artefact kinds in scope: asked for, else those that own the given ids, else all."""
        if self.scope.artefacts:
            return set(self.scope.artefacts)
        given = {name for name, _value in self.target.ids if name not in VARIABLES}
        if given and given <= {UNSERVED}:
            return set()
        owners = {artefact.name for artefact in self.artefacts.values() if given & {one.name for one in artefact.ids}}
        return owners if given else set(self.artefacts)

    def _is_asked_for(self, endpoint: Endpoint) -> bool:
        """Whether the role is allowed and `--only` names the id or the path."""
        globs = self.scope.only
        if globs and not any(fnmatch.fnmatchcase(text, glob) for glob in globs for text in (endpoint.id, endpoint.path)):
            return False
        if endpoint.post:
            if endpoint.post not in self.scope.allow_post:
                self._skip(endpoint, Note("post-not-allowed", (("kind", endpoint.post.value),)))
            return endpoint.post in self.scope.allow_post
        is_free = endpoint.method in ("GET", "HEAD") and endpoint.role is not Role.CREATE and not endpoint.billable
        if not is_free and not self.scope.allow_billable:
            self._skip(endpoint, Note("may-be-billed"))
            return False
        return True

    def _with_sources(self, picked: list[Endpoint], offered: list[Endpoint]) -> list[Endpoint]:
        """Add the list and status endpoints that `--only` left out although the picked ones need their ids."""
        missing = {name for endpoint in picked for name in names_in(endpoint)} - self.ids.keys()
        sources = [
            one
            for one in offered
            if one not in picked and one.role in (Role.LIST, Role.STATUS) and missing & {rule.name for rule in one.captures}
        ]
        more = [
            one for one in sources if set(names_in(one)) <= self.ids.keys() | {rule.name for o in sources for rule in o.captures}
        ]
        return [one for one in offered if one in picked or one in more]

    def _versions(self, endpoint: Endpoint) -> tuple[str | None, ...]:
        """Choose the api-versions of an endpoint, best first; what may be billed is sent once."""
        if endpoint.billable:
            return endpoint.api_versions[:1]
        rule = self.rules.get(endpoint.surface, VersionRule.UNUSED)
        if self.scope.api_versions and rule is not VersionRule.UNUSED:
            return self.scope.api_versions
        more = endpoint.more_api_versions if self.scope.all_versions else ()
        known = (*endpoint.api_versions, *more)
        # where a version is optional, one that the surface does not publish would only cost a request
        first = self.target.api_version if rule is VersionRule.REQUIRED or self.target.api_version in known else None
        return tuple(dict.fromkeys([*([first] if first else []), *known]))

    def _of(self, endpoint: Endpoint, guessed: Mapping[str, str] | None = None) -> Iterator[Probe[RawUrl]]:
        """Make the probes of one endpoint, one for each given id of a name, or note why it has none."""
        ids = {**self.ids, **(guessed or {})}
        missing = tuple(name for name in names_in(endpoint) if name not in ids)
        lost = [name for name in missing if name not in self._obtainable]
        if lost:
            self._skip(endpoint, Note("needs-id", (("names", ", ".join(lost)),)))
            return
        several = next((name for name in names_in(endpoint) if len(self.given.get(name, ())) > 1), None)
        for at, value in enumerate(self.given[several] if several else ("",), 1):
            own = ids | {several: value} if several else ids
            for api_version in self._versions(endpoint):
                probe = self._probe(endpoint, api_version, missing, own)
                if self._is_new(probe):
                    yield probe if at == 1 else replace(probe, id=f"{probe.id}~{at}")

    def _guesses(self) -> Iterator[tuple[Endpoint, Mapping[str, str]]]:
        """Try given ids that no right route of this provider takes by their name where one of their sort would be taken.

        So an id of another provider gets an answer that says so, and a service with ids of its own is asked all the same.
        """
        sorts = {one.split("/")[0] for name in self._kinds() for one in self.artefacts[name].media_types}
        values = [value for name, value in self.target.ids if name not in (*VARIABLES, UNSERVED)]
        for endpoint in self.offered:
            names = names_in(endpoint)
            is_alike = any(one.split("/")[0] in sorts | {"*"} for one in self.artefacts[endpoint.artefact].media_types)
            if len(names) == 1 and is_alike and values and endpoint.role in _ABOUT_ONE and self._is_asked_for(endpoint):
                yield endpoint, {names[0]: values[0]}

    def _probe(
        self, endpoint: Endpoint, api_version: str | None, missing: tuple[str, ...], given: Mapping[str, str]
    ) -> Probe[RawUrl]:
        ids = tuple((name, given[name]) for name in names_in(endpoint) if name in given)
        return Probe(
            id=f"{self.target.name}/{endpoint.id}@{api_version or 'none'}",
            target=self.target.name,
            endpoint=endpoint.id,
            method=endpoint.method,
            url=build(self.target.base_url, endpoint, given, api_version),
            api_version=api_version,
            auth=choose_auth(endpoint, self.target),
            role=endpoint.role,
            headers=tuple((name, fill(value, given, is_quoted=False)) for name, value in endpoint.headers),
            body=fill(endpoint.body, given, is_quoted=False) if endpoint.body else None,
            ids=ids,
            needs=missing,
            reason=_from_catalogue(endpoint.standing),
            billable=endpoint.billable,
            cost=endpoint.cost,
            post=endpoint.post,
        )

    def _is_new(self, probe: Probe[RawUrl]) -> bool:
        """Keep identical requests from being sent twice; the second is skipped and names the first."""
        key = (probe.method, probe.url, probe.auth, probe.headers, probe.body)
        first = self._seen.setdefault(key, probe.id)
        if first != probe.id:
            self.skipped.append(Skipped(probe.id, probe.endpoint, self.target.name, Note("same-request", (("first", first),))))
        return first == probe.id

    def _skip(self, endpoint: Endpoint, reason: Note) -> None:
        self.skipped.append(Skipped(f"{self.target.name}/{endpoint.id}", endpoint.id, self.target.name, reason))

    def _failing_url(self) -> Iterator[Probe[RawUrl]]:
        """Plan the customer's own URL first, as an endpoint of the catalogue where it is one."""
        url = without_user_info(self.scope.failing_url or "")
        if not url or origin(url) != origin(self.target.base_url):
            return
        found = [(one, ids) for one in self.offered if (ids := match(one, self.target.base_url, url)) is not None]
        endpoint, ids = min(found, key=lambda pair: len(pair[1])) if found else (None, ())
        probe = Probe(
            id=f"{self.target.name}/failing-url",
            target=self.target.name,
            endpoint=endpoint.id if endpoint else "",
            method="GET",
            url=url,
            api_version=version_of(url),
            auth=choose_auth(endpoint, self.target),
            purpose=Purpose.FAILING_URL,
            role=endpoint.role if endpoint else Role.DOWNLOAD,
            ids=ids,
            reason=Note("failing-url"),
        )
        if self._is_new(probe):
            yield probe

    def _in_order(self, probes: list[Probe[RawUrl]]) -> list[Probe[RawUrl]]:
        """Put those that give ids before those that wait for them, and name what each one waits for."""
        giving: dict[str, list[str]] = {}
        endpoints = {endpoint.id: endpoint for endpoint in self.offered}
        for probe in probes:
            for rule in endpoints[probe.endpoint].captures if probe.endpoint else ():
                giving.setdefault(rule.name, []).append(probe.id)
        linked = [
            replace(probe, depends_on=tuple(one for name in probe.needs for one in giving.get(name, ()) if one != probe.id))
            for probe in probes
        ]
        return sorted(linked, key=lambda probe: (bool(probe.needs), _ORDER[probe.role]))


@cache
def _from_catalogue(standing: Standing) -> Note:
    """Make the reason of a planned probe, the same one for all: a fleet has a hundred thousand."""
    return Note("from-catalogue", (("standing", standing.value),))


def _offered(catalogue: Catalogue, target: Target[RawUrl]) -> list[Endpoint]:
    """The routes of a target's provider; at a vendor's own host without those of all other vendors."""
    offered = [one for one in catalogue.endpoints if one.provider == target.provider]
    own = {one.id for one in offered if _is_at_home(one, target)}
    return [one for one in offered if not own or not one.hosts or one.id in own]


def _is_at_home(endpoint: Endpoint, target: Target[RawUrl]) -> bool:
    """Whether a target is the host of the vendor whose own route this is."""
    return any(fnmatch.fnmatchcase(host_of(target.base_url), pattern) for pattern in endpoint.hosts)


def _by_name(pairs: Pairs) -> dict[str, tuple[str, ...]]:
    """Group the values of each name, in the order in which they were given."""
    grouped: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        grouped[name] = (*grouped.get(name, ()), value)
    return grouped


def choose_auth(endpoint: Endpoint | None, target: Target[RawUrl]) -> AuthForm:
    """Pick the auth form of an endpoint: its own first one that the target's credentials allow, else the provider's.

    The form of a vendor's own route is that of the vendor's host: a gateway reads the key where it always does.
    """
    own = endpoint.auth if endpoint and (not endpoint.hosts or _is_at_home(endpoint, target)) else ()
    for form in own:
        if form is AuthForm.NONE or credential_for(form, target):
            return form
    return AuthForm.NONE if own else forms(target)[0][0]


def ids_in(url: str, artefacts: Iterable[Artefact]) -> Pairs:
    """Read ids out of a URL by their prefixes: `.../generations/gen_x/content` -> `generation_id=gen_x`."""
    segments = [unquote(part) for part in urlsplit(url).path.split("/")]
    return tuple(dict.fromkeys((name, segment) for segment in segments for name in names_of(segment, artefacts)))
