"""Who we talk to: base URLs, auth forms, where the api-version goes, which headers carry request ids.

A new provider is one file with a `Provider` and one line in `PROVIDERS`.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from probe.errors import UsageError
from probe.language import _
from probe.model import AuthForm, Credential, CredentialKind, Pairs, Target
from probe.providers.base import Pasted, Provider
from probe.registry import Registry

__all__ = [
    "PROVIDERS",
    "REGION_HEADERS",
    "REQUEST_ID_HEADERS",
    "Pasted",
    "Provider",
    "auth_headers",
    "credential_for",
    "forms",
    "normalise",
    "provider",
    "provider_of",
]

PROVIDERS = Registry(
    "provider",
    {
        "azure": "probe.providers.azure:AZURE",
        "openai": "probe.providers.openai:OPENAI",
        "generic": "probe.providers.generic:GENERIC",
    },
)

REQUEST_ID_HEADERS = (
    "apim-request-id",
    "x-request-id",
    "x-ms-request-id",
    "x-ms-client-request-id",
    "request-id",
    "cf-ray",
    "x-amzn-requestid",
    "x-goog-request-id",
)
"""Headers that name a request to the vendor's support (litellm `PROVIDER_REQUEST_ID_HEADERS`, azure-rest-api-specs)."""

REGION_HEADERS = ("x-ms-region",)

STORAGE_VERSION = "2021-08-06"
"""A blob service version that every storage account accepts; needed beside an Entra token (azure-storage-blob `_serialize.py`)."""


def provider(name: str) -> Provider:
    """Return the provider of that public name; unknown names are a `UsageError`."""
    loaded: Provider = PROVIDERS.load(name)
    return loaded


def forms(target: Target) -> tuple[tuple[AuthForm, Credential | None], ...]:
    """Name the auth forms that the target's credentials allow, the provider's own first; without any, one `none`."""
    allowed = [
        (form, credential)
        for form, kind in provider(target.provider).auth_forms
        for credential in target.credentials
        if credential.kind is kind
    ]
    return tuple(allowed) or ((AuthForm.NONE, None),)


def credential_for(form: AuthForm, target: Target) -> Credential | None:
    """Pick the credential that an auth form carries, None where the form needs none or the target has none."""
    kinds = {AuthForm.ENTRA: CredentialKind.ENTRA_TOKEN, AuthForm.STORAGE: CredentialKind.STORAGE_TOKEN}
    wanted = kinds.get(form, CredentialKind.KEY)
    if form is AuthForm.NONE:
        return None
    return next((one for one in target.credentials if one.kind is wanted), None)


def auth_headers(form: AuthForm, secret: str) -> Pairs:
    """Build the headers that carry `secret` in an auth form."""
    if form is AuthForm.NONE or not secret:
        return ()
    if form is AuthForm.API_KEY:
        return (("api-key", secret),)
    if form is AuthForm.APIM:
        return (("Ocp-Apim-Subscription-Key", secret),)
    if form in (AuthForm.X_API_KEY, AuthForm.GOOGLE_KEY):
        return ((form.value, secret),)
    if form is AuthForm.KEY_SCHEME:
        return (("Authorization", f"Key {secret}"),)
    if form is AuthForm.STORAGE:
        return (("Authorization", f"Bearer {secret}"), ("x-ms-version", STORAGE_VERSION))
    return (("Authorization", f"Bearer {secret}"),)


_KEY_LIKE = re.compile(r"sk-[^.]*|[a-z0-9]{32,}")
"""No host has such a name: it has no dot, and is long without a hyphen or begins as OpenAI's keys do."""


def provider_of(host: str, path: str = "") -> str | None:
    """Tell the provider by a vendor's own host name, else by a path that only Azure has; None when neither tells."""
    for name in PROVIDERS:
        if provider(name).owns(host):
            return name
    return "azure" if "/openai/" in path + "/" else None


def normalise(url: str, named: str | None = None) -> Pasted:
    """Take a target's URL apart as people paste it: with or without slash, `/openai/v1`, `/v1`, a project, a route, a query.

    `named` is the provider that the user named; without it the host must tell. User-info, a fragment, another scheme than http(s)
    and a missing host are refused with a hint.
    """
    text = url.strip().strip("\"'")
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        # Python's message would quote a part of a password that holds a slash.
        what = "its port is no number" if "cast to integer" in str(error) else str(error)
        problem = "target: not a URL" if "@" in text else f"target {url!r}: {what}"
        raise UsageError(problem, hint="write it as https://RESOURCE.openai.azure.com") from None
    if _KEY_LIKE.fullmatch(host or ""):
        raise UsageError("a target's URL looks like a key", hint="put the key into a variable, and the resource's URL here")
    if found := re.search(r"<[^<>]*>|\{[^{}]*\}", host or ""):
        raise UsageError(f"target {url!r}: {found[0]} stands where a name belongs", hint="put the resource's name there")
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or ord(c) < 32 for c in text):
        raise UsageError(f"target {url!r}: not an http(s) URL", hint="write it as https://RESOURCE.openai.azure.com")
    if parts.username or parts.password:
        raise UsageError(
            "a target's URL holds a user name or password", hint="take it out and name the key's variable with --key-env"
        )
    name = named or provider_of(host, parts.path)
    if name is None:
        raise UsageError(
            f"target {url!r}: its provider cannot be told from the host", hint="add --provider azure, openai or generic"
        )
    who = provider(name)
    origin = f"{parts.scheme.lower()}://{f'[{host}]' if ':' in host else host}" + (f":{port}" if port else "")
    return _take_apart(who, origin, parts.path, parts.query)


def _take_apart(who: Provider, origin: str, path: str, query: str) -> Pasted:
    """Split a path into gateway prefix, project and route, and say what was cut."""
    notes: list[str] = []
    ids: list[tuple[str, str]] = []
    prefix, route, is_doubled = path.rstrip("/"), "", False
    lowered = prefix.lower() + "/"
    cuts = [at for api in who.prefixes if (at := lowered.find(api + "/")) >= 0]
    if cuts:
        at = min(cuts)
        api = max((one for one in who.prefixes if lowered.startswith(one + "/", at)), key=len)
        prefix, route = prefix[:at], prefix[at + len(api) :]
        if lowered.find(api + "/", at + len(api)) >= 0 or route.lower().startswith(("/openai", "/v1/")):
            is_doubled = True
            notes.append(_("{api} stands there twice", api=api))
        notes.append(_("{path} was cut: the catalogue's paths begin with it", path=api + route))
    if who.project_prefix and who.project_prefix in prefix + "/":
        head, _prefix, tail = prefix.partition(who.project_prefix)
        project = tail.split("/")[0]
        if project:
            ids.append(("project", unquote(project)))
            notes.append(_("project {project!r} was read from the URL", project=project))
        prefix = head
    versions = [value for key, value in parse_qsl(query) if key.lower() == "api-version"]
    if query:
        named = _(" (it named api-version {version!r})", version=versions[0]) if versions else ""
        notes.append(_("the query was cut") + named)
    return Pasted(who.name, origin + prefix, tuple(ids), versions[0] if versions else None, route, tuple(notes), is_doubled)
