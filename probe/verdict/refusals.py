"""The words by which services and gateways refuse a credential."""

from __future__ import annotations

from probe.model import Confidence
from probe.verdict.cause import Cause

DENIED = (401, 403)
NO_SUBSCRIPTION = r"missing (application credentials or )?subscription key"
OPENAI_KEY = r"incorrect api key|invalid_api_key"
NO_TOKEN_OF_OURS = r"not from a valid issuer|could not parse your authentication token"

KEY_CODES = frozenset(
    {
        "apim-key-missing",
        "apim-key-wrong",
        "azure-key-wrong",
        "credential-missing",
        "entra-token-wrong",
        "key-wrong",
        "openai-key-wrong",
    }
)
"""Refusals that say that the credential itself is wrong, or was not seen."""

CAUSES = (
    Cause("azure-checkaccess-unsupported", r"not supported for checkaccess"),
    Cause(
        "key-auth-disabled",
        r"key.?based auth\w* (is |has been )?(disabled|not)|authenticationtypedisabled"
        r"|local ?auth\w* (is |has been )?disabled|disablelocalauth",
        statuses=(400, 401, 403),
    ),
    Cause(
        "account-suspended",
        r"temporarily blocked|account_deactivated"
        r"|(account|resource|subscription|organization) .{0,40}(suspended|deactivated|disabled|blocked)",
        statuses=(400, 401, 403, 422, 429),
    ),
    Cause(
        "entra-token-wrong",
        r"access token is missing|audience is incorrect|invalid ?authentication ?token"
        r"|token (is )?(expired|invalid|malformed)|lifetime validation failed"
        r"|tenant .{0,80}(does not match|not match|mismatch)|jwt|invalid_token|audience .{0,30}(invalid|not match)"
        r"|token has expired",
        statuses=(400, *DENIED),
    ),
    Cause("apim-key-missing", NO_SUBSCRIPTION, statuses=DENIED),
    Cause("apim-key-wrong", r"invalid subscription key", statuses=DENIED, shape="apim"),
    Cause("azure-key-wrong", r"invalid subscription key|wrong api endpoint|invalid api.?key.{0,40}azure", statuses=DENIED),
    Cause("wrong-host", r"custom subdomain for token", statuses=(400, *DENIED)),
    Cause(
        "credential-missing",
        r"did ?n[o']t provide an api key|no api key|api key (is )?(missing|required)"
        r"|missing (api.?key|bearer|authentication|authorization|credential)s?"
        r"|not authenticated|authentication credentials were not provided|authorization header .{0,30}(missing|required)"
        r"|missing bearer|unregistered callers|no (cookie )?auth\w* (credentials?|header|token)s?\b|missing x-[\w-]*key header"
        r"|missing (required )?query parameter:? '?(api.?key|key|token)",
        statuses=(400, *DENIED),
        variant="asked",
    ),
    Cause("openai-key-wrong", OPENAI_KEY + "|" + NO_TOKEN_OF_OURS, statuses=DENIED),
    Cause("wrong-host", r"incorrect_hostname|regional hostname|geography restrictions", statuses=DENIED, variant="region"),
    Cause(
        "openai-organization-wrong",
        r"mismatched_(organization|project)|invalid_(organization|project)|no such organization"
        r"|openai-(organization|project) header|member of an organization|access to (the|this) organization\b",
    ),
    Cause(
        "region-not-supported",
        r"unsupported_country|country, region, or territory|in your (country|region|location|territory)",
        statuses=(400, *DENIED),
    ),
    Cause(
        "model-access-missing",
        r"(not|n't) have access to (the )?model|must be verified|model .{0,60}(access|permission) (is )?(denied|required)"
        r"|access to (the )?model|not allowed to (access|use) (the )?model",
        statuses=DENIED,
    ),
    Cause(
        "access-denied",
        r"(not|n't) (yet )?(been )?(activated|subscribed to|purchased|opened)|\bunpurchased|please activate",
        statuses=(400, *DENIED),
        variant="owner",
        confidence=Confidence.MEDIUM,
    ),
    Cause(
        "openai-permission-missing",
        r"insufficient permissions|missing scopes?|insufficient_scope|restricted api key|disabled for free accounts"
        r"|not allowed to call this route",
        statuses=(400, *DENIED),
    ),
    Cause(
        "key-wrong",
        r"(invalid|incorrect|wrong|unknown|expired|revoked) (api.?(key|token)|virtual key|proxy server token|access token|token"
        r"|credential|authentication credentials)|\b(api.?key|credential)s?\b.{0,24}\b(not valid|invalid|incorrect|expired|revoked)"
        r"|invalid[ _]authentication(?![ _]?(token|header))|\bbad (or missing )?api.?(key|token)|key auth failed|invalid username"
        r"|(n[o']t|not) (pass|provide|supply|send) a valid|could ?n[o']t validate credentials|invalid_?api_?key|\bexpired[ _]key"
        r"|virtual key (expected|not found)|expected to start with '?sk-|^(401 )?user not found\.?$",  # OpenRouter
        statuses=(400, *DENIED),
    ),
)
