"""From options to the order of a scan; every mistake in them is found before anything is sent."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING

from probe.cli.described import Wish
from probe.cli.env import environment
from probe.cli.options import ConnectionOptions, ScopeOptions, SendingOptions, TalkOptions, TargetOptions
from probe.cli.show import talk
from probe.cli.targets import Chosen, choose
from probe.cli.units import resolve_of
from probe.diagnoses import tell
from probe.errors import UsageError
from probe.frozen import replace
from probe.model import Limits, RawUrl
from probe.order import ScanOrder, Scope
from probe.registry import nearest

if TYPE_CHECKING:
    from probe.cli.pasted import PastedCase
    from probe.model import Catalogue, Target
    from probe.transport import TransportOptions


def load_catalogue(names: tuple[str, ...]) -> Catalogue:
    """Load the catalogues that the user named, the shipped one without any."""
    from probe.catalogue import load

    return load(names or ("default",))


def make_order(
    options: SendingOptions,
    catalogue: Catalogue,
    scope: Scope,
    talking: TalkOptions,
    case: PastedCase | None = None,
    *,
    is_elsewhere: bool = False,
    is_dry: bool = False,
) -> ScanOrder:
    """Choose the targets, check the scope against the catalogue, and say what the user should know before anything is sent.

    `case` is the paste that the options were completed from; `is_elsewhere` says that workers look the credentials up,
    `is_dry` that nothing will be sent.
    """
    env = environment()
    wish = replace(make_wish(options.target, scope.failing_url), is_elsewhere=is_elsewhere)
    chosen = choose(case.wish(wish) if case else wish, env, catalogue.artefacts, catalogue.endpoints)
    for warning in chosen.warnings:
        talk(f"warning: {warning}", talking)
    if options.connection.insecure:
        talk("warning: certificates are not checked (-k): anyone in between can read the key", talking)
    for target in chosen.targets:
        if ("insecure", "true") in target.network:
            talk(f"warning: {target.name}: certificates are not checked (insecure): anyone in between can read the key", talking)
    kinds = {artefact.name for artefact in catalogue.artefacts}
    for kind in scope.artefacts:
        if kind not in kinds:
            hint = f"{nearest(kind, kinds, most=3, cutoff=0.4)} known: {', '.join(sorted(kinds))}".lstrip()
            raise UsageError(f"--artefact {kind!r}: no such kind", hint=hint)
    order = ScanOrder(
        catalogue=catalogue,
        targets=chosen.targets,
        scope=scope,
        secrets=chosen.secrets,
        headers=chosen.headers,
        options=make_transport(options.connection, env, [one for one in chosen.targets if not one.network], is_dry=is_dry),
        networks=make_networks(options.connection, env, chosen),
        notes=(*catalogue.notes, *chosen.notes, *(case.notes() if case else ())),
        is_url_typed=case is None or not case.names(scope.failing_url),
    )
    for note in order.redactor().notes:
        talk(f"warning: {tell(note)}", talking)
    return order


def make_scope(options: ScopeOptions, limits: Limits) -> Scope:
    """Say what to scan for; `none` stands for a request without api-version."""
    return Scope(
        artefacts=options.artefacts,
        only=options.only,
        api_versions=tuple(None if one == "none" else one for one in options.api_versions),
        all_versions=options.all_versions,
        allow_billable=options.allow_billable,
        allow_post=options.allow_post,
        failing_url=options.failing_url,
        limits=limits,
    )


def make_wish(options: TargetOptions, failing_url: str | None = None) -> Wish:
    """Pick what the user said about targets."""
    return Wish(
        targets=options.targets,
        providers=options.providers,
        key_variables=options.key_variables,
        token_variable=options.token_variable,
        storage_variable=options.storage_variable,
        use_entra=options.use_entra,
        ids=options.ids,
        failing_url=failing_url,
        headers=options.headers,
        file=options.targets_file,
        trusted=options.trusted,
    )


def make_transport(
    given: ConnectionOptions, env: Mapping[str, str], targets: Iterable[Target[RawUrl]], *, is_dry: bool = False
) -> TransportOptions:
    """Make the transport's options; an invalid proxy or a missing file is refused before anything is made or sent."""
    from probe.transport import TransportOptions, check

    if given.ipv4 and given.ipv6:
        raise UsageError("-4 and -6 exclude each other", hint="leave both out to use either")
    for option, file in (("--cacert", given.cacert), ("--cert", given.cert), ("--key", given.client_key)):
        if file is not None and not file.is_file():
            if option == "--key" and len(str(file)) >= 16 and not file.suffix and file.name == str(file):
                raise UsageError(
                    "--key: this is not a file",
                    hint="--key is the key file of --cert; put an API key into a variable and name that with --key-env",
                )
            raise UsageError(f"{option}: {str(file)!r} is not a file", hint="name a PEM file")
    options = TransportOptions(
        proxy=given.proxy,
        environment=env,
        ca_file=str(given.cacert) if given.cacert else None,
        client_cert=str(given.cert) if given.cert else None,
        client_key=str(given.client_key) if given.client_key else None,
        insecure=given.insecure,
        resolve=tuple(resolve_of(text) for text in given.resolve),
        family=4 if given.ipv4 else 6 if given.ipv6 else 0,
    )
    check(options, [target.base_url for target in targets], is_dry=is_dry)
    return options


def make_networks(given: ConnectionOptions, env: Mapping[str, str], chosen: Chosen) -> dict[str, TransportOptions]:
    """Make the transport's options of targets that have some for themselves: the same for all that say the same."""
    made: dict[Hashable, TransportOptions] = {}
    found = {}
    for target in chosen.targets:
        if own := chosen.connections.get(target.name):
            key = tuple(own.items())
            if key not in made:
                made[key] = make_transport(replace(given, **own), env, [target])
            found[target.name] = made[key]
    return found
