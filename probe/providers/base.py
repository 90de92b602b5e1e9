"""What a provider is to us: which URLs are its own, how they are written, and which auth forms its credentials allow."""

from __future__ import annotations

from dataclasses import dataclass, field

from probe.model import AuthForm, CredentialKind, Pairs


@dataclass(frozen=True, slots=True)
class Pasted:
    """A target's URL as a person pasted it, taken apart.

    `base_url` is origin plus gateway prefix. `route` is what stood behind the API's own prefix (it may hold ids); `api_version` and
    `ids` were found in the URL. `notes` say what was done; `is_doubled` that the API's prefix stood there twice.
    """

    provider: str
    base_url: str
    ids: Pairs = ()
    api_version: str | None = None
    route: str = ""
    notes: tuple[str, ...] = ()
    is_doubled: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    """One family of APIs. `auth_forms` are tried in this order; the first that a credential allows is the provider's own."""

    name: str
    title: str
    host_suffixes: tuple[str, ...]
    prefixes: tuple[str, ...]
    auth_forms: tuple[tuple[AuthForm, CredentialKind], ...]
    key_variables: tuple[str, ...] = ()
    url_variables: tuple[str, ...] = ()
    token_variables: tuple[str, ...] = ()
    default_url: str | None = None
    project_prefix: str = ""
    api_version_parameter: str | None = None
    extra_headers: Pairs = field(default=())

    def owns(self, host: str) -> bool:
        """Whether a host name is one of the vendor's own."""
        return any(host == suffix or host.endswith("." + suffix) for suffix in self.host_suffixes)
