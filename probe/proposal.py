"""The scan that decides a pasted case: what its options are made of."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from probe.facts.urls import host_of, origin
from probe.frozen import Frozen
from probe.intake import Understood
from probe.intake.sdk import CALL
from probe.model import Pairs
from probe.providers import provider_of
from probe.redact import MARK
from probe.shell import line_of

_READING = (None, "GET", "HEAD")


class Proposal(Frozen):
    """What a scan would be told. `target` also holds the api-version where only the text beside the URL names one.

    `provider` is None where the host tells it.
    """

    target: str | None = None
    provider: str | None = None
    failing_url: str | None = None
    ids: Pairs = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the command line; () where the paste names nothing to ask about."""
        words = ["probe", "scan"]
        url = self.failing_url
        tells_all = url is not None and "?" not in (self.target or "") and self.provider in (None, _owner_of(url))
        if self.target and not tells_all:
            words += ["--target", self.target]
        if self.provider and not tells_all:
            words += ["--provider", self.provider]
        if self.failing_url:
            words += ["--failing-url", self.failing_url]
        for name, value in self.ids:
            if value not in (self.failing_url or ""):
                words += ["--id", f"{name}={value}"]
        return tuple(words) if len(words) > 2 else ()

    @property
    def line(self) -> str:
        """The command as the shell of this system takes it."""
        return line_of(self.words)


def propose(understood: Understood) -> Proposal:
    """Choose what a scan of this case is told.

    A masked URL cannot be sent, and a scan sends nothing that creates something: neither is a failing URL then.
    """
    base, url, named = understood.base_url, understood.url or sdk_request(understood) or "", understood.provider
    if home := _named_by(url, understood):
        base, named = origin(home), None
    is_sent = bool(url) and MARK not in url and understood.method in _READING
    version = understood.api_version
    target = base
    if base is not None:
        named = (
            None
            if provider_of(host_of(base))
            else named or ("openai" if re.search(r"/v1(?:/|$)", urlsplit(home or url or base).path) else "generic")
        )
        is_in_url = is_sent and f"api-version={version}" in url
        target = f"{base}?api-version={version}" if version and MARK not in version and not is_in_url else base
    project = dict(understood.told).get("project") if base else None
    given = dict(understood.ids) | {
        name: value for name, value in (("deployment", understood.deployment), ("project", project)) if value
    }
    return Proposal(
        target=target,
        provider=named,
        failing_url=url if is_sent and (base is None or origin(base) == origin(url)) else None,
        ids=tuple((name, value) for name, value in given.items() if MARK not in value),
    )


def _named_by(url: str, understood: Understood) -> str | None:
    """The request whose response named this URL of another origin: that service gives a fresh link, and knows the key."""
    others = (one for one in understood.calls if one.url and url and origin(one.url) != origin(url))
    return next((one.url for one in others if url in (one.body or "")), None)


def sdk_request(understood: Understood) -> str | None:
    """Give the URL that the SDK call of a paste asks, where the paste tells every id in it."""
    _method, _space, url = dict(understood.told).get(CALL, "").partition(" ")
    for name, value in understood.ids:
        url = url.replace(f"{{{name}}}", value)
    return url if url and "{" not in url else None


def _owner_of(url: str) -> str | None:
    """Tell the provider by a whole URL, as a scan does that is given nothing else."""
    parts = urlsplit(url)
    return provider_of(parts.hostname or "", parts.path)
