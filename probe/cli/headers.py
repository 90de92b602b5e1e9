"""Extra headers of a target: those of `-H`, and those that the providers' SDKs take from variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from probe.errors import UsageError
from probe.model import Pairs, Target
from probe.providers import provider
from probe.redact import is_harmless_header


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
