"""Who answers before the operation does: keys, api-versions, and the causes that a whole world suffers from."""

from __future__ import annotations

from probe.simulator import errors
from probe.simulator.app import STORAGE_TOKEN, TOKEN, Answer, Call, Gate, VersionRule

DATED = tuple(
    """
    2022-03-01-preview 2022-06-01-preview 2022-12-01 2023-03-15-preview 2023-05-15 2023-06-01-preview 2023-07-01-preview
    2023-08-01-preview 2023-09-01-preview 2023-10-01-preview 2023-12-01-preview 2024-02-01 2024-02-15-preview
    2024-03-01-preview 2024-04-01-preview 2024-05-01-preview 2024-06-01 2024-07-01-preview 2024-08-01-preview
    2024-09-01-preview 2024-10-01-preview 2024-10-21 2024-12-01-preview 2025-01-01-preview 2025-02-01-preview
    2025-03-01-preview 2025-04-01-preview
    """.split()  # noqa: SIM905 - one date a line would be a page
)
"""The dated api-versions with a folder in azure-rest-api-specs; no claim is made which of them a live service still takes."""


def azure_key(call: Call) -> Answer | None:
    """Azure's gateway: the key as `api-key`, the key or an Entra token as Bearer."""
    bearer = call.header("authorization").removeprefix("Bearer ")
    if call.header("api-key") == call.world.key or bearer in {call.world.key, TOKEN} or is_blob(call):
        return None
    return errors.WRONG_KEY


def bearer_only(call: Call) -> Answer | None:
    """A gateway that reads Authorization and overlooks `api-key`."""
    return None if call.header("authorization") == f"Bearer {call.world.key}" else errors.WRONG_KEY


def entra_only(call: Call) -> Answer | None:
    """A resource with `disableLocalAuth`: every key is refused as a kind, a token is taken."""
    if call.header("authorization") == f"Bearer {TOKEN}":
        return None
    return errors.ENTRA_ONLY if call.header("api-key") else errors.WRONG_KEY


def role_missing(call: Call) -> Answer | None:
    """The token is good, the role is not there; routes that do not exist stay unknown."""
    return errors.role_missing(call) if call.operation else None


def apim_key(call: Call) -> Answer | None:
    """The customer's own API Management: wants its subscription key in its own header or query parameter."""
    sent = call.header("ocp-apim-subscription-key") or call.query("subscription-key")
    if sent == call.world.key:
        return None
    return errors.APIM_KEY_WRONG if sent else errors.APIM_KEY_MISSING


def openai_key(call: Call) -> Answer | None:
    """OpenAI: Bearer only; `api-key` is nothing to it."""
    return None if call.header("authorization") == f"Bearer {call.world.key}" or is_blob(call) else errors.openai_key_wrong(call)


def refuse_key(call: Call) -> Answer:
    """No key is right here; each provider says so in its own words."""
    return errors.openai_key_wrong(call) if call.world.provider == "openai" else errors.WRONG_KEY


def api_version(call: Call) -> Answer | None:
    """Ask the operation's own rule; an unknown route has none and stays a 404."""
    return call.operation.versions(call.version) if call.operation and call.operation.versions else None


def v1(_since: str) -> VersionRule:
    """The v1 surface: `preview`, `v1` or none. That Sora 1 takes all three is the simulator's choice: nobody documents it."""
    return lambda version: None if version in {None, "preview", "v1"} else errors.VERSION_UNSUPPORTED


def v1_preview_only(_since: str) -> VersionRule:
    """The v1 surface in its first months: `preview` or nothing is served."""
    return lambda version: None if version == "preview" else errors.ROUTE_UNKNOWN if version is None else errors.VERSION_UNSUPPORTED


def v1_unknown_is_404(_since: str) -> VersionRule:
    """The 404 form of an unknown api-version: as if the route did not exist."""
    return lambda version: None if version in {None, "preview", "v1"} else errors.ROUTE_UNKNOWN


def dated(since: str) -> VersionRule:
    """The classic surface: none is a 404, an unpublished value a 400, a version before the operation's first a 404 again."""

    def rule(version: str | None) -> Answer | None:
        if version is None:
            return errors.ROUTE_UNKNOWN
        if version not in DATED:
            return errors.VERSION_UNSUPPORTED
        return errors.ROUTE_UNKNOWN if version < since else None

    return rule


def project(_since: str) -> VersionRule:
    """A Foundry project's own data plane: an api-version is required, `v1` or 2025-05-01."""
    return lambda version: None if version in {"v1", "2025-05-01"} else errors.VERSION_UNSUPPORTED


def too_old(_since: str) -> VersionRule:
    """A model that wants 2024-12-01-preview or later."""

    def rule(version: str | None) -> Answer | None:
        verdict = dated("2022-12-01")(version)
        return verdict or (errors.VERSION_TOO_OLD if (version or "") < "2024-12-01-preview" else None)

    return rule


def always(answer: Answer) -> Gate:
    """The same for every request, made-up ones included."""
    return lambda _: answer


def on_known(answer: Answer, containing: str = "") -> Gate:
    """The same for every operation that exists (and has that text in its template)."""
    return lambda call: answer if call.operation and containing in call.operation.path else None


def first(count: int, answer: Answer) -> Gate:
    """Refuse the first `count` requests, then let everything pass."""
    return lambda call: answer if call.state.poll("first") <= count else None


def is_blob(call: Call) -> bool:
    """Tell whether the storage account is asked, which shares the origin here and knows nothing of the API's keys."""
    return call.path.startswith("/blob/")


def storage_token(call: Call) -> bool:
    """Tell whether the request carries the Entra token for storage."""
    return call.header("authorization") == f"Bearer {STORAGE_TOKEN}"
