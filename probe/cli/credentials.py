"""The variables that hold a target's credentials, and its extra headers: named by options, else the SDKs' own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from probe.cli.described import Described, Wish
from probe.entra import ENTRA_VARIABLE, entra_token
from probe.errors import UsageError
from probe.model import Credential, CredentialKind, Pairs, Target
from probe.providers import Provider, looks_like, provider
from probe.redact import is_harmless_header

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was found: names, values, the variables that an option named, and what was deliberately left out."""

    credentials: tuple[Credential, ...]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    chosen: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


def find_credentials(one: Described, who: Provider, wish: Wish, env: Mapping[str, str]) -> Credentials:
    """Find the variables that hold this target's credentials; a variable that was named must exist."""
    found: list[Credential] = []
    variable, warnings = _key(one, who, env)
    if variable is None and wish.is_elsewhere and not (one.token_variable or wish.token_variable or wish.use_entra):
        variable = next(iter(who.key_variables), None)
    if variable:
        _must_hold(variable, env, _where(one, variable, wish), is_elsewhere=wish.is_elsewhere)
        found.append(Credential(variable, CredentialKind.KEY, looks_like(env.get(variable, ""))))
    named = one.token_variable or wish.token_variable
    token = named or next((name for name in who.token_variables if env.get(name)), None)
    if token:
        place = f"{one.source}: token_env" if one.token_variable else "--token-env" if named else token
        _must_hold(token, env, place, is_elsewhere=wish.is_elsewhere)
    made: dict[str, str] = {}
    if wish.use_entra and who.takes_entra:
        made = {} if wish.is_elsewhere else {ENTRA_VARIABLE: entra_token()}
        token = ENTRA_VARIABLE
    if token:
        found.append(Credential(token, CredentialKind.ENTRA_TOKEN))
    if wish.storage_variable:
        _must_hold(wish.storage_variable, env, "--storage-token-env", is_elsewhere=wish.is_elsewhere)
        found.append(Credential(wish.storage_variable, CredentialKind.STORAGE_TOKEN))
    if not found and who.takes_entra and shutil.which("az", path=env.get("PATH", "")):
        warnings += (f"{one.name or 'the target'}: no key was given; after `az login`, --entra uses your sign-in instead",)
    secrets = {one.variable: env[one.variable].strip() for one in found if env.get(one.variable)} | made
    chosen = {*wish.key_variables, wish.token_variable, wish.storage_variable} - {None}
    return Credentials(tuple(found), secrets, frozenset(str(name) for name in chosen), warnings)


def _where(one: Described, variable: str, wish: Wish) -> str:
    """Say in a message where the name of a variable comes from."""
    if variable in wish.key_variables:
        return "--key-env"
    return f"{one.source}: key_env" if variable == one.key_variable and one.url_place == one.source else variable


def _key(one: Described, who: Provider, env: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]]:
    """Pick the key's variable: the one that was named, else the provider's own.

    Where `OPENAI_BASE_URL` names an Azure resource, `OPENAI_API_KEY` is its key, as the SDK has it, unless OpenAI made that key.
    """
    variable = one.key_variable or next((name for name in who.key_variables if env.get(name)), None)
    if variable or one.provider in (None, who.name) or not one.is_guessed:
        return variable, ()
    for name in provider(str(one.provider)).key_variables:
        if maker := looks_like(env.get(name, "")):
            title = provider(maker).title
            return None, (f"{name} holds a key of {title}: it is not sent to {who.title}; --key-env {name} sends it all the same",)
        if env.get(name):
            return name, ()
    return None, ()


def _must_hold(variable: str, env: Mapping[str, str], option: str, *, is_elsewhere: bool = False) -> None:
    """Refuse a variable that does not exist, unless it is looked up elsewhere; a value pasted in its place is not repeated."""
    if not VARIABLE.fullmatch(variable):
        raise UsageError(
            f"{option}: this is not the name of a variable", hint="give the *name* of the variable that holds the key, not the key"
        )
    value = env.get(variable, "").strip()
    if not value and is_elsewhere:
        return
    if not value:
        shown = repr(variable) if variable.isupper() and len(variable) < 60 else "of that name"
        raise UsageError(f"{option}: the variable {shown} is not set or empty", hint="export it, or put NAME=value into .env")
    if any(ord(c) < 33 or ord(c) > 126 for c in value):
        raise UsageError(
            f"{option}: the value of {variable} holds spaces or characters no key has", hint="copy the key again, alone"
        )
    if value[0] in "\"'<{$%" or "://" in value or value.endswith((".com", ".com/")) or not any(c.isalnum() for c in value):
        raise UsageError(
            f"{option}: the value of {variable} is not a key: it looks like a URL, a placeholder or a quoted text",
            hint="set the bare key; an endpoint belongs into another variable or into --target",
        )


def headers_for(
    targets: Iterable[Target[str]], texts: Iterable[str], env: Mapping[str, str]
) -> tuple[dict[str, Pairs], dict[str, str]]:
    """Give each target its extra headers by its name, of `-H` and of the SDK's variables, and the secrets in them."""
    given, secrets = parse_headers(texts)
    return {target.name: (*given, *_own_headers(target, env)) for target in targets}, secrets


def parse_headers(texts: Iterable[str]) -> tuple[Pairs, dict[str, str]]:
    """Read `-H 'Name: value'`; every value is treated as a secret, unless the name is known to carry none."""
    pairs: list[tuple[str, str]] = []
    for text in texts:
        name, separator, value = text.partition(":")
        name, value = name.strip(), value.strip()
        if (
            not separator
            or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
            or any(ord(c) < 32 or ord(c) > 255 for c in value)
        ):
            raise UsageError("-H: not a header", hint="write it as -H 'Name: value'")
        if name.lower() in ("host", "content-length", "transfer-encoding", "connection", "range", "cookie"):
            raise UsageError(f"-H: {name} is set by probe itself", hint="leave it out")
        pairs.append((name, value))
    return tuple(pairs), {f"header {name}": value for name, value in pairs if not is_harmless_header(name)}


def _own_headers(target: Target[str], env: Mapping[str, str]) -> Pairs:
    """Add the headers that the provider's SDK takes from variables (organisation, project)."""
    return tuple((name, env[variable]) for name, variable in provider(target.provider).extra_headers if env.get(variable))
