"""What a provider is to us: which URLs are its own, how they are written, and which auth forms its credentials allow."""

from __future__ import annotations

from probe.frozen import Frozen
from probe.model import AuthForm, CredentialKind, Note, Pairs, RawUrl


class Pasted(Frozen):
    """A target's URL as a person pasted it, taken apart.

    `base_url` is origin plus gateway prefix. `route` is what stood behind the API's own prefix (it may hold ids); `api_version` and
    `ids` were found in the URL. `notes` say what was done.
    """

    provider: str
    base_url: RawUrl
    ids: Pairs = ()
    api_version: str | None = None
    route: str = ""
    notes: tuple[Note, ...] = ()


class Provider(Frozen):
    """One family of APIs: everything that the rest of the tool knows about it, except the routes of the catalogue.

    `host_suffixes` are the vendor's own API hosts and `path_marks` paths that only this API has. `portal_hosts` are the vendor's
    hosts that people paste although no API answers there; `copy_instead` says what to copy, and `resource_host` makes a host out
    of a bare resource name. `prefixes` begin the API's paths and are cut off a pasted URL, as are `routes` at its end.

    `auth_forms` are tried in this order; the first that a credential allows is the provider's own. Of the variables the first one
    that is set counts. `shared_url_variables` have names that other software uses too: they count only where they hold one of the
    vendor's own hosts. `own_keys` name the key variable that belongs to one URL variable, `key_marks` beginnings of the vendor's
    keys.
    """

    name: str
    title: str
    host_suffixes: tuple[str, ...]
    prefixes: tuple[str, ...]
    auth_forms: tuple[tuple[AuthForm, CredentialKind], ...]
    key_variables: tuple[str, ...] = ()
    url_variables: tuple[str, ...] = ()
    shared_url_variables: tuple[str, ...] = ()
    token_variables: tuple[str, ...] = ()
    version_variables: tuple[str, ...] = ()
    own_keys: Pairs = ()
    key_marks: tuple[str, ...] = ()
    default_url: str | None = None
    path_marks: tuple[str, ...] = ()
    project_prefix: str = ""
    routes: tuple[str, ...] = ()
    portal_hosts: tuple[str, ...] = ()
    copy_instead: str = ""
    resource_host: str = ""
    extra_headers: Pairs = ()

    def owns(self, host: str) -> bool:
        """Whether a host name is one of the vendor's own API hosts."""
        return any(host == suffix or host.endswith("." + suffix) for suffix in self.host_suffixes)

    def is_portal(self, host: str) -> bool:
        """Whether a host is one of the vendor's web sites: a portal, a studio, the documentation."""
        return any(host == one or host.endswith("." + one) for one in self.portal_hosts) and not self.owns(host)

    @property
    def takes_entra(self) -> bool:
        """Whether an Entra token is one of its credentials."""
        return any(kind is CredentialKind.ENTRA_TOKEN for _form, kind in self.auth_forms)
