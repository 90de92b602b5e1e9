"""`probe scan --resume`: what of a saved run may be believed, and how a run is resumed.

A run folder is untrusted input. Where its seal shows that whoever made it held the very credentials that would be sent, its targets
and its scope count; otherwise only what this user's options and environment say. Its catalogue never counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from probe.cli.credentials import VARIABLE, headers_for
from probe.cli.env import environment
from probe.cli.options import ScopeOptions, SendingOptions, TargetOptions
from probe.cli.order import load_catalogue, make_transport
from probe.errors import RunError, UsageError
from probe.facts.urls import origin
from probe.facts.within import own_limits
from probe.frozen import members, replace
from probe.model import CredentialKind, Limits, OwnLimits
from probe.shell import line_of
from probe.view.escape import visible

if TYPE_CHECKING:
    from probe.model import RawUrl, Target
    from probe.order import ScanOrder, Scope
    from probe.runs.journal import Kept

_CREDENTIAL_OPTIONS = {
    CredentialKind.KEY: "--key-env",
    CredentialKind.ENTRA_TOKEN: "--token-env",
    CredentialKind.STORAGE_TOKEN: "--storage-token-env",
}


def shell_words(*words: str) -> str:
    """Quote words for the shell of this system, with nothing in them that a terminal would obey."""
    return visible(line_of(words))


def resume_command(run: Path, options: SendingOptions) -> str:
    """The command that resumes a run; with the options whose values no run keeps."""
    target, words = options.target, ["probe", "scan", "--resume", str(run)]
    for option, values in (("--catalogue", target.catalogues), ("--key-env", target.key_variables)):
        words += [word for one in values for word in (option, one)]
    single = (
        ("--token-env", target.token_variable),
        ("--storage-token-env", target.storage_variable),
        ("-x", options.connection.proxy),
    )
    words += [word for option, value in single if value and "@" not in value for word in (option, value)]
    return shell_words(*words) + " ... (and the same -H)" * bool(target.headers)


def is_finished(run: Path, options: ScopeOptions) -> bool:
    """Whether nothing is left to be sent or written of a run, and the options name nothing more; its evidence is written last."""
    from probe.runs.folder import EVIDENCE
    from probe.runs.saved import load_journal

    kept = load_journal(run)
    is_all_sent = all(one.exchanges or one.bug for one in kept.observations.values())
    waiting = {name for name, one in kept.probes.items() if not one.needs} - kept.observations.keys()
    is_written = kept.ended_at is not None and (run / EVIDENCE).is_file()
    return is_written and is_all_sent and not waiting and not options.wait and not options.allow_billable


def resumed_order(run: Path, options: SendingOptions, scope: ScopeOptions, make: Callable[[], ScanOrder]) -> ScanOrder:
    """Make the order of a saved run: by the run where it is sealed, else by `make` from the options, as for a new scan."""
    from probe.runs.saved import load_journal

    kept = load_journal(run)
    env = environment()
    headers, _secrets = headers_for(kept.evidence.targets, options.target.headers, env)
    given = {name.lower() for pairs in headers.values() for name, _value in pairs}
    lost = {name for one in kept.evidence.targets for name, _value in one.headers if name.lower() not in given}
    if lost:
        raise UsageError(
            f"--resume: the run sent the header {visible(repr(min(lost)))}", hint="its value was not kept; give it again with -H"
        )
    order = _sealed_order(kept, options, scope, env)
    if order is None:
        order = _repeated_order(kept, options.target, make)
        check_receivers(kept.evidence.targets, order.targets)
    return replace(order, root=run.parent)


def _repeated_order(kept: Kept, options: TargetOptions, make: Callable[[], ScanOrder]) -> ScanOrder:
    """Make an order from options and environment alone; without a target in them, the run's own may not be asked."""
    try:
        return make()
    except UsageError:
        if not options.targets and not options.targets_file:
            check_receivers(kept.evidence.targets, ())
        raise


def _sealed_order(kept: Kept, options: SendingOptions, given: ScopeOptions, env: Mapping[str, str]) -> ScanOrder | None:
    """Make the order that the run itself keeps; None where no seal vouches for it."""
    from probe.order import ScanOrder
    from probe.runs.seal import Seal

    named = options.target
    if any(target.network for target in kept.evidence.targets):
        if not named.targets_file:
            raise UsageError(
                "--resume: the run used network options of a fleet file",
                hint="they were not kept; give it again with --targets FILE",
            )
        return None
    # a base URL with a masked part is refused before it is sent
    targets = tuple(cast("Target[RawUrl]", target) for target in kept.evidence.targets)
    needed = {credential.variable for target in targets for credential in target.credentials}
    missing = sorted(name for name in needed if not env.get(name))
    if named.use_entra or not needed <= _believable(named) or (missing and (named.targets or named.targets_file)):
        return None
    if missing:
        raise UsageError(f"--resume: the variable {missing[0]} is not set", hint="the run used it; export it again")
    headers, header_secrets = headers_for(targets, named.headers, env)
    secrets = {name: env[name].strip() for name in needed} | header_secrets
    if not kept.is_sealed_by(Seal.again(secrets, kept.salt)):
        return None
    scope = _scope(kept, options.limits, given)
    if scope is None:
        return None
    return ScanOrder(
        catalogue=load_catalogue(named.catalogues),
        targets=tuple(map(_in_range, targets)),
        scope=replace(scope, failing_url=given.failing_url or scope.failing_url),
        secrets=secrets,
        headers=headers,
        options=make_transport(options.connection, env, targets),
        wait=given.wait,
        notes=kept.evidence.notes,
        is_url_typed=bool(given.failing_url),
    )


def _believable(options: TargetOptions) -> set[str]:
    """Names of variables whose values strangers cannot know: the providers' own, and those that this user names.

    Any other, such as LANG, could be guessed: a seal made of it would prove nothing.
    """
    from probe.providers import PROVIDERS

    known = [PROVIDERS.load(name) for name in PROVIDERS]
    own = {variable for one in known for variable in (*one.key_variables, *one.token_variables)}
    named = {*options.key_variables, options.token_variable, options.storage_variable}
    return own | {name for name in named if name}


def _scope(kept: Kept, given: Limits, options: ScopeOptions) -> Scope | None:
    """Read the scope that a run keeps; its limits stay within what the options allow, and options given now count more."""
    from probe.order import Scope
    from probe.runs.codec import decode

    try:
        scope = decode(Scope, kept.scope, "scope")
    except RunError:
        return None
    limits = members(scope.limits)
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name
        if name in limits:
            is_given = context.get_parameter_source(name) in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
            limits[name] = getattr(given, name) if is_given else clamped(parameter, limits[name])
    # What may cost something is allowed anew each time.
    return replace(
        scope,
        allow_billable=scope.allow_billable and options.allow_billable,
        allow_post=tuple(kind for kind in scope.allow_post if kind in options.allow_post),
        limits=Limits(**limits),
    )


def _in_range(target: Target[RawUrl]) -> Target[RawUrl]:
    """Bring the limits that a saved target has for itself into the ranges of their options."""
    options = {one.name: one for one in click.get_current_context().command.params}
    given = {name: clamped(options[name], value) for name, value in own_limits(target.limits).items()}
    return replace(target, limits=OwnLimits(**given))


def clamped(parameter: click.Parameter, value: float) -> Any:
    """Bring a saved limit into the range of its option; what the option would not take at all becomes its default."""
    kind = parameter.type
    if isinstance(kind, click.IntRange):
        low, high = kind.min, kind.max
        value = value if low is None else max(low, value)
        return int(value if high is None else min(high, value))
    try:
        return kind.convert(f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value), parameter, None)
    except click.UsageError:
        return parameter.default


def check_receivers(saved: Iterable[Target[str]], named: Iterable[Target[str]]) -> None:
    """Refuse to ask a host that only a file names: a run folder of a stranger would get this machine's keys, or reach its network.

    Where no seal fits, options and environment must name what the run names: the same origins, the same variables.
    """
    allowed: dict[str, set[str]] = {}
    for target in named:
        allowed.setdefault(origin(target.base_url), set()).update(one.variable for one in target.credentials)
    for target in saved:
        host, variables = origin(target.base_url), {one.variable for one in target.credentials}
        if host in allowed and variables <= allowed[host]:
            continue
        words = ["--target", f"{target.name}={target.base_url}", "--provider", target.provider]
        words += [
            word
            for one in target.credentials
            if VARIABLE.fullmatch(one.variable)
            for word in (_CREDENTIAL_OPTIONS[one.kind], one.variable)
        ]
        sent = visible(", ".join(sorted(variables)) or "requests")
        shown = visible(target.base_url)
        raise UsageError(
            f"--resume: the run would send {sent} to {shown}, which only its file names",
            hint=f"if you trust {shown}, repeat the run's options: {shell_words(*words)}",
        )
