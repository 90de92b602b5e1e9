"""The targets of a scan: from options, a targets file, the environment or `.env`, with the *names* of their credentials.

Values of secrets leave this module only in `Chosen.secrets`, which goes to the redactor and the runner and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote, urlsplit

from probe.cli.credentials import Credentials, find_credentials, headers_for
from probe.cli.described import NAME, Described, Wish
from probe.cli.env import Settings, place_of
from probe.cli.ids import PLACEHOLDER, joined, parse_ids
from probe.cli.trust import Pair, require_trust
from probe.errors import UsageError
from probe.facts.urls import origin
from probe.frozen import replace
from probe.model import Artefact, Endpoint, Note, Pairs, RawUrl, Target
from probe.plan import ids_in
from probe.providers import PROVIDERS, Provider, normalise, owner_of_variable, provider, provider_of
from probe.redact import is_harmless_header

_FILE = re.compile(r"^(?:file:|[A-Za-z]:[\\/])|^(?!.*://).*\.(?:ya?ml|json)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Targets ready to plan for; `secrets` maps variable names to values, `headers` a target's name to its extra headers, raw.

    `connections` are the fields of `ConnectionOptions` that a target has for itself, by its name.
    """

    targets: tuple[Target[RawUrl], ...]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, Pairs] = field(default_factory=dict, repr=False)
    connections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    warnings: tuple[str, ...] = ()


def choose(wish: Wish, env: Mapping[str, str], artefacts: Sequence[Artefact], endpoints: Sequence[Endpoint] = ()) -> Chosen:
    """Make the targets that the user meant, their ids and credentials; says what was taken from where.

    A host that the catalogue's `endpoints` name as a vendor's own tells the provider as well. A credential that a file would send
    somewhere is refused unless the user agrees (`probe.cli.trust`).
    """
    described: list[Described] = []
    if wish.file:
        from probe.cli.fleet import read_fleet  # loads what reads catalogues

        described = read_fleet(wish.file)
    described += [_from_option(text, at, wish) for at, text in enumerate(wish.targets)]
    warnings: list[str] = list(env.warnings) if isinstance(env, Settings) else []
    if not described:
        described, ignored = _from_environment(env, wish)
        described, ignored = (_pasted(wish.pasted, described, wish), []) if wish.pasted else (described, ignored)
        warnings += ignored
    if not described:
        raise UsageError(
            "no target given",
            hint="set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY (or OPENAI_API_KEY), or use --target NAME=URL; "
            "`probe demo` needs neither",
        )
    ids, notes = parse_ids(wish.ids, artefacts)
    if wish.failing_url:
        _check_url(wish.failing_url)
        ids = joined(ids, ids_in(wish.failing_url, artefacts))
    secrets: dict[str, str] = {}
    pairs: list[Pair] = []
    targets: list[Target[RawUrl]] = []
    for one in described:
        target, found = _target(replace(one, provider=one.provider or _vendor(one.url, endpoints)), wish, env, ids)
        if any(target.name == other.name for other in targets):
            raise UsageError(f"target {target.name!r}: named twice", hint="give each target its own NAME=")
        secrets |= found.secrets
        warnings += [*found.warnings, *_cautions(target)]
        pairs += _pairs(target, one, found, wish, env)
        targets.append(target)
    headers, header_secrets = headers_for(targets, wish.headers, env)
    if wish.headers:
        warnings.append("a header given by -H stays in the shell's history; put a key into a variable and name it with --key-env")
    require_trust(pairs, wish.trusted)
    own = {target.name: one.connection for target, one in zip(targets, described, strict=True)}
    return Chosen(tuple(targets), secrets | header_secrets, headers, own, notes, tuple(dict.fromkeys(warnings)))


def _pairs(target: Target[RawUrl], one: Described, found: Credentials, wish: Wish, env: Mapping[str, str]) -> Iterator[Pair]:
    """Name each credential that the target would get, `-H` included, with the places that named both; and its own way there."""
    for option, value in target.network:
        yield Pair(f"{option} {value}", origin(target.base_url), one.url_place, is_way=True)
    for credential in target.credentials:
        is_chosen = one.is_typed or credential.variable in found.chosen
        place = place_of(env, credential.variable)
        # The vendor's own address, which no file named, is as good as the key's file.
        url_place = one.url_place if one.url != provider(target.provider).default_url else place
        yield Pair(credential.variable, origin(target.base_url), url_place, place, is_chosen)
    for text in wish.headers:
        name = text.partition(":")[0].strip()
        if not is_harmless_header(name):
            yield Pair(f"-H {name}", origin(target.base_url), one.url_place, is_chosen=one.is_typed)


def _from_option(text: str, at: int, wish: Wish) -> Described:
    """Read `NAME=URL`, or a URL alone, with the provider and key variable of the same position (or the only one)."""
    name, separator, url = text.partition("=")
    if not separator or "://" in name or "/" in name:
        name, url = "", text
    if _FILE.search(url):
        raise UsageError(f"--target {text!r}: this names a file, not a URL", hint="a file that lists targets: --targets FILE")
    if name and not NAME.fullmatch(name):
        raise UsageError(
            f"--target {text!r}: the name may hold letters, digits, '.', '_' and '-'", hint="--target contoso=https://..."
        )
    return Described(name or None, url, _at(wish.providers, at), _at(wish.key_variables, at), is_typed=True)


def _at(values: Sequence[str], at: int) -> str | None:
    """Take the value of a position; a single one serves all."""
    if len(values) == 1:
        return values[0]
    return values[at] if at < len(values) else None


def _from_environment(env: Mapping[str, str], wish: Wish) -> tuple[list[Described], list[str]]:
    """Take targets from the SDKs' own variables; the failing URL names one where no variable does. Says what was not used."""
    found: list[Described] = []
    ignored: list[str] = []
    asked = [provider(name) for name in dict.fromkeys(wish.providers)] or [provider(name) for name in PROVIDERS]
    key = _at(wish.key_variables, 0)
    for who in asked:
        variables = _url_variables(who, env)
        if variables:
            first = variables[0]
            own_key = dict(who.own_keys).get(first, "")
            found.append(
                Described(
                    None,
                    env[first],
                    who.name,
                    key or (own_key if env.get(own_key) else None),
                    source=first,
                    url_place=place_of(env, first),
                    is_guessed=who.name not in wish.providers,
                )
            )
            others = [one for one in variables[1:] if _host(env[one]) != _host(env[first])]
            ignored += [f"{one} is set too; {first} is used" for one in others]
        elif who.default_url and (who.name in wish.providers or any(env.get(one) for one in who.key_variables)):
            source = next((one for one in who.key_variables if env.get(one)), "")
            found.append(Described(who.name, who.default_url, who.name, key, source=source))
    if not found and wish.failing_url:
        place, named = wish.url_place, _at(wish.providers, 0)
        found = [
            Described(None, wish.failing_url, named, key, source=place or "--failing-url", url_place=place, is_typed=not place)
        ]
    return found, ignored


def _pasted(one: Described, known: Sequence[Described], wish: Wish) -> list[Described]:
    """Take the environment's own target where it is the pasted host, so that its key goes there; else the paste's own."""
    _url, _mark, query = one.url.partition("?")
    for own in known:
        if own.source != one.source and _origin(own.url) == _origin(one.url):
            return [replace(own, url=f"{own.url}?{query}") if query and "?" not in own.url else own]
    return [replace(one, provider=_at(wish.providers, 0) or one.provider, key_variable=_at(wish.key_variables, 0))]


def _origin(url: str) -> str:
    return origin(url if "://" in url else f"https://{url}").lower()


def _url_variables(who: Provider, env: Mapping[str, str]) -> list[str]:
    """Name the variables that hold a URL for a provider, the best first."""
    own = [one for one in who.url_variables if env.get(one)]
    return own + [one for one in who.shared_url_variables if env.get(one) and who.owns(_host(env[one]))]


def _host(url: str) -> str:
    """Read the host of a URL that nobody has checked yet; "" where there is none."""
    try:
        return urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    except ValueError:
        return ""


def _target(one: Described, wish: Wish, env: Mapping[str, str], ids: Pairs) -> tuple[Target[RawUrl], Credentials]:
    """Take the URL apart and look the credentials up."""
    where = f"{one.url_place}: {one.source}" if one.url_place not in ("", one.source) else one.source
    named, notes = _provider(one, where)
    try:
        pasted = normalise(one.url, named)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
    who = provider(pasted.provider)
    found = find_credentials(one, who, wish, env)
    host = urlsplit(pasted.base_url).hostname or "target"
    shown = one.name or host
    given = joined(joined(one.ids, ids), pasted.ids)
    notes += [*pasted.notes, *([Note("target-from-variable", (("source", one.source),))] if one.source in env else [])]
    version, variable = pasted.api_version, next((name for name in who.version_variables if env.get(name)), None)
    if version is None and variable:
        version = env[variable].strip()
        notes.append(Note("variable-names-version", (("version", version), ("source", variable))))
    target = Target(
        name=one.name or _slug(host),
        provider=pasted.provider,
        base_url=pasted.base_url,
        deployment=one.deployment or dict(given).get("deployment"),
        credentials=found.credentials,
        ids=tuple((name, value) for name, value in given if name != "deployment"),
        notes=tuple(replace(note, values=(("target", shown), *note.values)) for note in notes),
        api_version=version,
        limits=one.limits,
        network=one.network,
    )
    return target, found


def _provider(one: Described, where: str) -> tuple[str | None, list[Note]]:
    """Take the provider that was named, unless only a variable's name told it and the host is another vendor's own."""
    owner = provider_of(_host(one.url))
    if not one.is_guessed or one.provider is None or owner in (None, one.provider):
        return one.provider, []
    who, other = provider(one.provider), provider(str(owner))
    if who.host_suffixes and not who.default_url:
        key = other.key_variables[0]
        raise UsageError(
            f"{where}: {_host(one.url)} is an address of {other.title}, not of {who.title}",
            hint=f"{who.copy_instead}; to scan {other.title}, unset {one.source} and set {key}",
        )
    return other.name, [Note("target-of-vendor", (("source", one.source), ("title", other.title)))]


def _vendor(url: str, endpoints: Sequence[Endpoint]) -> str | None:
    """Name the provider under which the catalogue keeps the vendor of a host, where the host alone does not tell."""
    host = _host(url)
    known = (one.provider for one in endpoints if any(fnmatchcase(host, pattern) for pattern in one.hosts))
    return None if provider_of(host) else next(known, None)


def _slug(host: str) -> str:
    """Name a target by its host: the resource name of an Azure host, else the host."""
    is_address = host.replace(".", "").isdigit() or ":" in host
    name = "openai" if host == "api.openai.com" else host.partition(".")[0] if host.count(".") > 1 and not is_address else host
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).strip("-.") or "target"


def _check_url(url: str) -> None:
    """Refuse a failing URL that cannot have been requested: it must be absolute, with a path."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if any(c.isspace() for c in url) and "://" in url:
        raise UsageError("--failing-url: more than a URL", hint="give the URL alone: no method, no options, no headers")
    if not is_url or any(c.isspace() or ord(c) < 32 for c in url):
        raise UsageError("--failing-url: not an absolute http(s) URL", hint="copy it whole, from https:// on, in quotes")
    if found := PLACEHOLDER.search(unquote(parts.path)):
        raise UsageError(f"--failing-url: {found[0]} is a placeholder", hint="give the URL as it is really sent")
    if parts.path.strip("/") == "":
        raise UsageError("--failing-url: it has no path", hint="give the URL of the request that fails, not the endpoint alone")


def _cautions(target: Target[RawUrl]) -> Iterator[str]:
    """Warn of a key that would travel in clear, and of one that would reach a vendor that did not make it."""
    host, who = urlsplit(target.base_url).hostname or "", provider(target.provider)
    is_local = host in ("localhost", "127.0.0.1", "::1")
    if target.base_url.startswith("http://") and target.credentials and not is_local:
        yield f"{target.name}: the key travels unencrypted to {host} (http)"
    owner = provider_of(host)
    if owner not in (None, target.provider):
        yield f"{target.name}: {host} belongs to {provider(str(owner)).title}, but is scanned as {who.title}"
    for credential in target.credentials:
        maker = credential.looks_like or owner_of_variable(credential.variable) or owner
        if owner is not None and maker != owner:
            yield f"{target.name}: {credential.variable} looks like a key of {provider(str(maker)).title} and goes to {host}"
