"""Whom to ask: targets from options, a targets file, the environment or `.env`, with the *names* of their credentials.

Values of secrets leave this module only in `Chosen.secrets`, which goes to the redactor and the runner and nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from probe.cli.headers import headers_for
from probe.cli.options import unquoted
from probe.errors import CatalogueError, UsageError
from probe.facts.ids import names_of
from probe.language import _
from probe.model import Artefact, Credential, CredentialKind, Pairs, Target
from probe.plan import VARIABLES, ids_in
from probe.providers import Pasted, normalise, provider

ENV_FILE = ".env"
_TARGET_EXAMPLE = "- {name: contoso, url: https://contoso.openai.azure.com}"
MAX_ENV_FILE = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_FILE = re.compile(r"^(?:file:|[A-Za-z]:[\\/])|^(?!.*://).*\.(?:ya?ml|json)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"[{<][A-Za-z_-]+[}>]")
_ENTRA_SCOPES = "https://cognitiveservices.azure.com/.default"
ENTRA_VARIABLE = "AZURE_OPENAI_AD_TOKEN"


@dataclass(frozen=True)
class Wish:
    """What the user said about targets, as it was typed."""

    targets: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    key_variables: tuple[str, ...] = ()
    token_variable: str | None = None
    storage_variable: str | None = None
    use_entra: bool = False
    ids: tuple[str, ...] = ()
    failing_url: str | None = None
    headers: tuple[str, ...] = ()
    file: Path | None = None


@dataclass(frozen=True)
class Chosen:
    """Targets ready to plan for; `secrets` maps variable names to values, `headers` a target's name to its extra headers, raw."""

    targets: tuple[Target, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Pairs] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def environment(folder: Path | None = None) -> dict[str, str]:
    """Join the process environment over the variables of `.env` in the working folder."""
    return read_env_file((folder or Path.cwd()) / ENV_FILE) | dict(os.environ)


def read_env_file(path: Path) -> dict[str, str]:
    """Read a `.env` file; only a regular, small, UTF-8 file is read, anything else is a `UsageError`; a missing one is empty."""
    from dotenv import dotenv_values

    if not path.is_file():
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path}: not a regular file", hint="remove it or run probe in another folder")
        return {}
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ENV_FILE + 1)
        if len(content) > MAX_ENV_FILE:
            raise UsageError(f"{path}: larger than {MAX_ENV_FILE} bytes", hint="a .env file holds a few NAME=value lines")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 (byte {error.start})", hint="save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="make it readable or run probe in another folder") from None
    import logging

    logging.getLogger("dotenv.main").setLevel(logging.CRITICAL)
    return {name: value for name, value in dotenv_values(stream=StringIO(text), interpolate=False).items() if value}


def choose(wish: Wish, env: Mapping[str, str], artefacts: Sequence[Artefact]) -> Chosen:
    """Make the targets that the user meant, their ids and credentials; says what was taken from where."""
    described = _from_file(wish.file) if wish.file else []
    described += [_from_option(text, at, wish) for at, text in enumerate(wish.targets)]
    if not described:
        described = _from_environment(env, wish)
    if not described:
        raise UsageError(
            "no target: nobody to ask",
            hint="set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY (or OPENAI_API_KEY), or give --target NAME=URL; "
            "`probe demo` needs neither",
        )
    ids = parse_ids(wish.ids, artefacts)
    if wish.failing_url:
        _check_url(wish.failing_url)
        ids = _joined(ids, ids_in(wish.failing_url, artefacts))
    secrets: dict[str, str] = {}
    warnings: list[str] = []
    targets: list[Target] = []
    for one in described:
        target, found = _target(one, wish, env, ids)
        if any(target.name == other.name for other in targets):
            raise UsageError(f"target {target.name!r}: named twice", hint="give each target its own NAME=")
        secrets |= found
        warnings += _cautions(target)
        targets.append(target)
    headers, header_secrets = headers_for(targets, wish.headers, env)
    if wish.headers:
        warnings.append("a header given by -H stands in the shell's history; a key is safer in a variable named by --key-env")
    return Chosen(tuple(targets), secrets | header_secrets, headers, warnings=tuple(dict.fromkeys(warnings)))


@dataclass(frozen=True)
class _Described:
    """A target before its URL is taken apart and its credentials are looked up."""

    name: str | None
    url: str
    provider: str | None = None
    key_variable: str | None = None
    ids: Pairs = ()
    deployment: str | None = None
    source: str = "--target"
    may_use_defaults: bool = True


def _from_option(text: str, at: int, wish: Wish) -> _Described:
    """Read `NAME=URL`, or a URL alone, with the provider and key variable of the same position (or the only one)."""
    name, separator, url = text.partition("=")
    if not separator or "://" in name or "/" in name:
        name, url = "", text
    if _FILE.search(url):
        raise UsageError(f"--target {text!r}: this names a file, not a URL", hint="a file that lists targets: --targets FILE")
    if name and not _NAME.fullmatch(name):
        raise UsageError(
            f"--target {text!r}: the name may hold letters, digits, '.', '_' and '-'", hint="--target contoso=https://..."
        )
    return _Described(name or None, url, _at(wish.providers, at), _at(wish.key_variables, at))


def _at(values: Sequence[str], at: int) -> str | None:
    """Take the value of a position; a single one serves all."""
    if len(values) == 1:
        return values[0]
    return values[at] if at < len(values) else None


def _from_environment(env: Mapping[str, str], wish: Wish) -> list[_Described]:
    """Take targets from the SDKs' own variables; the failing URL names one where no variable does."""
    found = []
    asked = {provider(name).name for name in wish.providers} or {"azure", "openai"}
    key = _at(wish.key_variables, 0)
    for name in ("azure", "openai"):
        who = provider(name)
        url_variable = next((one for one in who.url_variables if env.get(one)), None)
        has_key = any(env.get(one) for one in who.key_variables)
        if name not in asked:
            continue
        if url_variable:
            found.append(_Described(None, env[url_variable], name, key, source=url_variable))
        elif who.default_url and (has_key or name in wish.providers):
            found.append(
                _Described(name, who.default_url, name, key, source=next((o for o in who.key_variables if env.get(o)), ""))
            )
    if not found and wish.failing_url:
        found.append(_Described(None, wish.failing_url, _at(wish.providers, 0), key, source="--failing-url"))
    return found


def _from_file(path: Path) -> list[_Described]:
    """Read a targets file: a YAML list of `{name, url, provider, key_env, deployment, ids}`."""
    from probe.catalogue import read_yaml

    try:
        entries = read_yaml(path)
    except CatalogueError as error:
        raise UsageError(error.message, hint=f"a targets file is a list in YAML: {_TARGET_EXAMPLE}") from None
    if isinstance(entries, dict) and set(entries) == {"targets"}:
        entries = entries["targets"]
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{path}: a list of targets is expected", hint=_TARGET_EXAMPLE)
    return [_entry(entry, f"{path}: target {at}") for at, entry in enumerate(entries, 1)]


_ENTRY_KEYS = ("name", "url", "provider", "key_env", "deployment", "ids")


def _entry(entry: Any, where: str) -> _Described:
    """Check one entry of a targets file."""
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
        raise UsageError(f"{where}: needs a url", hint=_TARGET_EXAMPLE)
    unknown = [key for key in entry if key not in _ENTRY_KEYS]
    if unknown:
        raise UsageError(f"{where}: unknown key {unknown[0]!r}", hint="known: " + ", ".join(_ENTRY_KEYS))
    ids = entry.get("ids") or {}
    texts = [entry.get(key) for key in ("name", "provider", "key_env", "deployment") if entry.get(key) is not None]
    if not isinstance(ids, dict) or not all(isinstance(one, str) for one in (*texts, *ids, *ids.values())):
        raise UsageError(f"{where}: every value is a text, `ids` a mapping of texts", hint="ids: {generation_id: gen_...}")
    if entry.get("name") and not _NAME.fullmatch(entry["name"]):
        raise UsageError(f"{where}: the name {entry['name']!r} may hold letters, digits, '.', '_' and '-'", hint="name: contoso")
    for value in ids.values():
        _check_id(value)
    return _Described(
        entry.get("name"),
        entry["url"],
        entry.get("provider"),
        entry.get("key_env"),
        tuple(ids.items()),
        entry.get("deployment"),
        where,
    )


def _target(one: _Described, wish: Wish, env: Mapping[str, str], ids: Pairs) -> tuple[Target, dict[str, str]]:
    """Take the URL apart and look the credentials up."""
    try:
        pasted = normalise(one.url, one.provider)
    except UsageError as error:
        raise UsageError(f"{one.source}: {error.message}", hint=error.hint) from None
    credentials, secrets = _credentials(one, pasted, wish, env)
    host = urlsplit(pasted.base_url).hostname or "target"
    given = _joined(_joined(one.ids, ids), pasted.ids)
    deployment = one.deployment or dict(given).get("deployment")
    notes = [f"{one.name or host}: {note}" for note in pasted.notes]
    if one.source in env:
        notes.append(_("{name}: the target was read from {source}", name=one.name or host, source=one.source))
    target = Target(
        name=one.name or _slug(host),
        provider=pasted.provider,
        base_url=pasted.base_url,
        deployment=deployment,
        credentials=credentials,
        ids=tuple((name, value) for name, value in given if name != "deployment"),
        notes=tuple(notes),
    )
    return target, secrets


def _slug(host: str) -> str:
    """Name a target by its host: the resource name of an Azure host, else the host."""
    is_address = host.replace(".", "").isdigit() or ":" in host
    name = "openai" if host == "api.openai.com" else host.partition(".")[0] if host.count(".") > 1 and not is_address else host
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).strip("-.") or "target"


def _credentials(
    one: _Described, pasted: Pasted, wish: Wish, env: Mapping[str, str]
) -> tuple[tuple[Credential, ...], dict[str, str]]:
    """Find the variables that hold this target's credentials; a variable that was named must exist."""
    who = provider(pasted.provider)
    found: list[Credential] = []
    named = one.key_variable
    variable = named or next((name for name in who.key_variables if env.get(name)), None)
    if variable:
        _must_hold(variable, env, "--key-env" if named else variable)
        found.append(Credential(variable, CredentialKind.KEY, _looks_like(env.get(variable, ""))))
    token = wish.token_variable or next((name for name in who.token_variables if env.get(name)), None)
    if token:
        _must_hold(token, env, "--token-env" if wish.token_variable else token)
    secrets = {}
    if wish.use_entra and pasted.provider == "azure":
        secrets[ENTRA_VARIABLE] = entra_token()
        token = ENTRA_VARIABLE
    if token:
        found.append(Credential(token, CredentialKind.ENTRA_TOKEN))
    if wish.storage_variable:
        _must_hold(wish.storage_variable, env, "--storage-token-env")
        found.append(Credential(wish.storage_variable, CredentialKind.STORAGE_TOKEN))
    return tuple(found), {one.variable: env[one.variable].strip() for one in found if env.get(one.variable)} | secrets


def _looks_like(key: str) -> str:
    """Tell the provider by the form of a key: OpenAI's begin with `sk-`; Azure publishes no format for its own."""
    return "openai" if key.strip().startswith("sk-") else ""


def _must_hold(variable: str, env: Mapping[str, str], option: str) -> None:
    """Refuse a variable that does not exist; a value pasted in its place is not repeated."""
    if not _VARIABLE.fullmatch(variable):
        raise UsageError(
            f"{option}: this is no name of a variable", hint="give the *name* of the variable that holds the key, not the key"
        )
    value = env.get(variable, "").strip()
    if not value:
        shown = repr(variable) if variable.isupper() and len(variable) < 60 else "of that name"
        raise UsageError(f"{option}: the variable {shown} is not set or empty", hint="export it, or put NAME=value into .env")
    if any(ord(c) < 33 or ord(c) > 126 for c in value):
        raise UsageError(
            f"{option}: the value of {variable} holds spaces or characters no key has", hint="copy the key again, alone"
        )
    if value[0] in "\"'<{$%" or "://" in value or value.endswith((".com", ".com/")) or not any(c.isalnum() for c in value):
        raise UsageError(
            f"{option}: the value of {variable} is no key: it looks like a URL, a placeholder or a quoted text",
            hint="set the bare key; an endpoint belongs into another variable or into --target",
        )


def entra_token() -> str:
    """Ask azure-identity for a token of the signed-in user or workload; needs the extra `entra`."""
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        raise UsageError("--entra: azure-identity is not installed", hint="pip install 'probe-artefacts[entra]'") from None
    try:
        token: str = DefaultAzureCredential().get_token(_ENTRA_SCOPES).token
    except Exception as error:  # noqa: BLE001 - azure-identity raises many kinds; the name is enough, its text may hold tenant details
        raise UsageError(
            f"--entra: no token ({type(error).__name__})", hint="run `az login`, or set AZURE_OPENAI_AD_TOKEN"
        ) from None
    return token


def parse_ids(texts: Iterable[str], artefacts: Sequence[Artefact]) -> Pairs:
    """Read `--id VALUE` (its prefix tells the name) and `--id NAME=VALUE`."""
    known = {one.name for artefact in artefacts for one in artefact.ids} | set(VARIABLES)
    pairs: list[tuple[str, str]] = []
    for text in map(unquoted, texts):
        name, separator, value = (unquoted(part) for part in text.partition("="))
        if separator and name in known:
            _check_id(value)
            pairs.append((name, value))
            continue
        if separator and _VARIABLE.fullmatch(name):
            raise UsageError(f"--id {name!r}: no such id in the catalogue", hint="known: " + ", ".join(sorted(known)))
        names = names_of(text, artefacts)
        if not names:
            raise UsageError(
                f"--id {text!r}: its prefix tells no family",
                hint="name it: --id NAME=VALUE with NAME one of " + ", ".join(sorted(known)),
            )
        _check_id(text)
        pairs += [(name, text) for name in names]
    return _joined(tuple(pairs), ())


def _check_url(url: str) -> None:
    """Refuse a failing URL that nobody can have asked: it must be absolute, with a path."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if any(c.isspace() for c in url) and "://" in url:
        raise UsageError("--failing-url: more than a URL", hint="give the URL alone: no method, no options, no headers")
    if not is_url or any(c.isspace() or ord(c) < 32 for c in url):
        raise UsageError("--failing-url: not an absolute http(s) URL", hint="copy it whole, from https:// on, in quotes")
    if found := _PLACEHOLDER.search(unquote(parts.path)):
        raise UsageError(f"--failing-url: {found[0]} stands where a value belongs", hint="give the URL as it is really sent")
    if parts.path.strip("/") == "":
        raise UsageError("--failing-url: it has no path", hint="give the URL of the request that fails, not the endpoint alone")


def _check_id(value: str) -> None:
    """Refuse what can be no id."""
    is_odd = any(c.isspace() or ord(c) < 32 or c in "/\\?#\x7f" for c in value)
    if not value or len(value) > 256 or is_odd or _PLACEHOLDER.search(value) or value in (".", ".."):
        raise UsageError(
            f"--id {value[:40]!r}: not an id", hint="an id is one word of at most 256 characters, as an answer or a log shows it"
        )


def _joined(first: Pairs, second: Pairs) -> Pairs:
    """Join two sets of ids; the first wins."""
    return tuple((dict(second) | dict(first)).items())


def _cautions(target: Target) -> list[str]:
    """Warn of a key that would travel in clear."""
    parts = urlsplit(target.base_url)
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "http" and target.credentials and not is_local:
        return [f"{target.name}: the key travels unencrypted to {parts.hostname} (http)"]
    return []


def with_ids(target: Target, pairs: Pairs) -> Target:
    """Give a target further ids; its own stay."""
    return replace(target, ids=_joined(target.ids, pairs))
