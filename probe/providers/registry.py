"""The list of providers: a new one is one file with a provider and one line here."""

from __future__ import annotations

from probe.providers.base import Provider
from probe.registry import Registry

PROVIDERS = Registry(
    "provider",
    {
        "azure": "probe.providers.azure:AZURE",
        "openai": "probe.providers.openai:OPENAI",
        "generic": "probe.providers.generic:GENERIC",
    },
)


def provider(name: str) -> Provider:
    """Return the provider of that public name; unknown names are a `UsageError`."""
    loaded: Provider = PROVIDERS.load(name)
    return loaded


def provider_of(host: str, path: str = "") -> str | None:
    """Tell the provider by a vendor's own host name, else by a path that only its API has; None when neither tells."""
    known = {name: provider(name) for name in PROVIDERS}
    by_host = (name for name, one in known.items() if one.owns(host))
    by_path = (name for name, one in known.items() if any(mark in path + "/" for mark in one.path_marks))
    return next(by_host, None) or next(by_path, None)


def owner_of_variable(variable: str) -> str | None:
    """Tell whose key a variable holds by its usual name; None where none of the providers uses it."""
    for name in PROVIDERS:
        who = provider(name)
        if variable in who.key_variables or variable in dict(who.own_keys).values():
            return name
    return None


def looks_like(key: str) -> str:
    """Tell the provider by the form of a key (OpenAI's begin with `sk-`); "" where none tells: Azure publishes no format."""
    return next((name for name in PROVIDERS if key.strip().startswith(provider(name).key_marks or ("\n",))), "")
