"""A target's URL as people paste it: what is not an API is refused with what to copy instead, the rest is cut to its base."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from probe.errors import UsageError
from probe.facts.urls import version_of
from probe.model import Note, RawUrl
from probe.providers.base import Pasted, Provider
from probe.providers.registry import PROVIDERS, provider, provider_of

_KEY_LIKE = re.compile(r"sk-[^.]*|[a-z0-9]{32,}")
"""Never a host: it has no dot, and is long without a hyphen or begins as OpenAI's keys do."""

_PLACEHOLDER = re.compile(
    r"<[^<>]*>|\{[^{}]*\}|\[[A-Za-z][^\]:]*\]|\$(?:env:)?\w+|%[A-Z_]{2,}%|\.\.\.|…"
    r"|(?<![^./])(?:RESOURCE|NAME|(?i:x{3,}|your[-_][\w-]+|your(?:resource|endpoint|account)[\w-]*|[\w-]+[-_]here"
    r"|(?:resource|endpoint)[-_]?name|change-?me))(?![^./:?])"
)
"""What stands in documentation where a name belongs: `<resource>`, `{name}`, `$NAME`, `https://...`, `xxxx`, `your_endpoint`."""

_BARE = re.compile(r"[a-z0-9][a-z0-9-]{1,63}", re.IGNORECASE)
_PORTAL_NAME = re.compile(r"/accounts/([A-Za-z0-9][A-Za-z0-9-]{1,63})")


def normalise(url: str, named: str | None = None) -> Pasted:
    """Take a target's URL apart as people paste it: with or without slash, `/openai/v1`, `/v1`, a project, a route, a query.

    `named` is the provider that the user named; without it the host must tell. A portal's address, a placeholder, a bare resource
    name, a fragment, user-info, another scheme than http(s) and a missing host are refused with a hint.
    """
    text = _tidied(url)
    if text.startswith("$"):
        _refuse_placeholder(text, url)
    parts = _split(text, url)
    host = parts.hostname or ""
    _refuse_portal(text, host)
    if _KEY_LIKE.fullmatch(host):
        raise UsageError("a target's URL looks like a key", hint="put the key into a variable, and the resource's URL here")
    _refuse_placeholder(text, url)
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or ord(c) < 32 for c in text):
        shown = host if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) else "RESOURCE.openai.azure.com"
        raise UsageError(f"target {url!r}: not an http(s) URL", hint=f"write it as https://{shown}")
    if parts.username or parts.password:
        raise UsageError(
            "a target's URL holds a user name or password", hint="take it out and name the key's variable with --key-env"
        )
    if parts.fragment or text.endswith("#"):
        raise UsageError(f"target {text.partition('#')[0]!r}: the URL has a fragment", hint="leave out everything from the # on")
    _refuse_bare_name(text, host, named)
    name = named or provider_of(host, parts.path)
    if name is None:
        raise UsageError(
            f"target {url!r}: its provider cannot be told from the host",
            hint=f"add --provider with one of {', '.join(PROVIDERS)}: generic is any other service",
        )
    who = provider(name)
    origin = f"{parts.scheme.lower()}://{f'[{host}]' if ':' in host else host}" + (f":{parts.port}" if parts.port else "")
    return _take_apart(who, origin, parts)


def _tidied(url: str) -> str:
    """Take off what comes along when a URL is copied: quotes, a sentence's end; and add the slash that `https:/host` lacks."""
    text = re.sub(r"[\s;,]+$", "", url.strip()).strip("\"'`")
    text = text[:-1] if text.endswith(".") and not text.endswith("..") else text
    return re.sub(r"^(https?):/(?=[^/])", r"\1://", text, flags=re.IGNORECASE)


def _refuse_placeholder(text: str, url: str) -> None:
    """Refuse what stands in documentation or in a script where a name belongs."""
    if found := _PLACEHOLDER.search(text.partition("?")[0]):
        raise UsageError(f"target {url!r}: {found[0]} is a placeholder", hint="put the resource's name in its place")


def _split(text: str, url: str) -> SplitResult:
    """Split a URL, its scheme added where it was left out; what cannot be split is refused."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        _host, _port = parts.hostname, parts.port
    except ValueError as error:
        # Python's message would quote a part of a password that holds a slash.
        what = "its port is not a number" if "cast to integer" in str(error) else str(error)
        problem = "target: not a URL" if "@" in text else f"target {url!r}: {what}"
        raise UsageError(problem, hint="write it as https://RESOURCE.openai.azure.com") from None
    return parts


def _refuse_portal(text: str, host: str) -> None:
    """Refuse a vendor's web site; the account's name in a portal link says which resource is meant."""
    for who in map(provider, PROVIDERS):
        if who.is_portal(host):
            account = _PORTAL_NAME.search(unquote(text))
            is_known = account is not None and bool(who.resource_host)
            hint = (
                f"its endpoint is probably https://{account[1]}.{who.resource_host}" if account and is_known else who.copy_instead
            )
            raise UsageError(f"target: {host} is a web site of {who.title}, not the API", hint=hint)


def _refuse_bare_name(text: str, host: str, named: str | None) -> None:
    """Refuse a bare resource name, and suggest the URL that it stands for."""
    who = provider(named) if named else next((one for one in map(provider, PROVIDERS) if one.resource_host), None)
    if who and who.resource_host and text == host and host != "localhost" and _BARE.fullmatch(text):
        raise UsageError(f"target {text!r}: a name, not a URL", hint=f"its endpoint is probably https://{text}.{who.resource_host}")


def _take_apart(who: Provider, origin: str, parts: SplitResult) -> Pasted:
    """Split a path into gateway prefix, project and route, and say what was cut."""
    notes: list[Note] = []
    ids: list[tuple[str, str]] = []
    prefix, route = parts.path.rstrip("/"), ""
    if api := _api_in(who, prefix):
        at = (prefix.lower() + "/").find(api + "/")
        prefix, route = prefix[:at], prefix[at + len(api) :]
        if (route.lower() + "/").find(api + "/") >= 0 or route.lower().startswith(("/openai", "/v1/")):
            notes.append(Note("url-prefix-doubled", (("prefix", api),)))
        notes.append(Note("url-path-cut", (("path", api + route),)))
    while not api and (found := next((one for one in who.routes if prefix.lower().endswith(one)), None)):
        prefix, route = prefix[: -len(found)], found + route
        notes.append(Note("url-path-cut", (("path", found),)))
    if deployment := re.match(r"/deployments/([^/]+)", route):
        ids.append(("deployment", unquote(deployment[1])))
        notes.append(Note("url-names-deployment", (("deployment", unquote(deployment[1])),)))
    if who.project_prefix and who.project_prefix in prefix + "/":
        prefix, _prefix, tail = prefix.partition(who.project_prefix)
        if project := tail.split("/")[0]:
            ids.append(("project", unquote(project)))
            notes.append(Note("url-names-project", (("project", unquote(project)),)))
    version = version_of(f"?{parts.query}") or None
    if version:
        notes.append(Note("url-names-version", (("version", version),)))
    elif parts.query:
        notes.append(Note("url-query-cut"))
    return Pasted(who.name, RawUrl(origin + prefix.rstrip("/")), tuple(ids), version, route, tuple(notes))


def _api_in(who: Provider, path: str) -> str:
    """Find the API's own prefix in a path: the first place where one stands, the longest that stands there; "" without any."""
    lowered = path.lower() + "/"
    at = min((at for api in who.prefixes if (at := lowered.find(api + "/")) >= 0), default=-1)
    return max((api for api in who.prefixes if at >= 0 and lowered.startswith(api + "/", at)), key=len, default="")
