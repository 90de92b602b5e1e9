"""What a paste was understood to say: the types that intake returns."""

from __future__ import annotations

from datetime import datetime

from probe.frozen import Frozen, members
from probe.model import Pairs


class Told(Frozen, kw_only=True):
    """What a paste, or a part of it, tells of one request and its response; None or empty for what it does not tell.

    `url` is the URL of a request, `ids` have the catalogue's names, `failure` is an OONI failure code.
    """

    method: str | None = None
    url: str | None = None
    api_version: str | None = None
    ids: Pairs = ()
    status_code: int | None = None
    error_code: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    failure: str | None = None


class Asked(Told, kw_only=True):
    """One request of a paste with the response that it got; redacted. `body` is the text of the response's body."""

    headers: Pairs = ()
    body: str | None = None
    at: datetime | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the paste tells anything of a response."""
        return bool(self.status_code or self.body or self.error_message or self.error_code or self.failure)

    @property
    def is_failing(self) -> bool:
        """Whether the request is known to have failed."""
        return bool(
            self.failure or (self.status_code or 0) >= 400 or (self.status_code is None and (self.error_code or self.error_message))
        )


class Understood(Told, kw_only=True):
    """A paste, understood. What it does not tell is None or empty, never guessed; nothing in it is a secret.

    `kinds` are the kinds of its fragments in their order, `language` that of the paste ("" when none speaks). `url` is that of the
    failing, newest request; `base_url` the endpoint. `ids` have the catalogue's names. `missing` names the values for which a
    placeholder stood. `told` are other facts (`subscription`, `resource`). `calls` are all requests, the chosen one first.
    """

    kinds: tuple[str, ...] = ()
    language: str = ""
    base_url: str | None = None
    deployment: str | None = None
    provider: str | None = None
    request_ids: Pairs = ()
    region: str | None = None
    retry_after: str | None = None
    answered_by: str | None = None
    secrets_dropped: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    told: Pairs = ()
    calls: tuple[Asked, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing of use was found."""
        return not (self.calls or self.base_url or self.ids or self.api_version or self.provider or self.told or self.deployment)


def document_of(one: Understood) -> dict[str, object]:
    """Write what was understood as the contract names it; what the paste does not tell is null."""
    document = {name: list(value) if isinstance(value, tuple) else value for name, value in members(one).items()}
    for name in ("ids", "request_ids", "told"):
        document[name] = dict(document[name])
    asked = [
        {name: getattr(call, name) for name in ("method", "url", "status_code", "error_code")} for call in document.pop("calls")
    ]
    return document | {"language": one.language or None, "requests": asked}
