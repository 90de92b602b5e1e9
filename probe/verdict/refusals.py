"""The words by which services and gateways refuse a credential, and how each auth form looks in a request."""

from __future__ import annotations

from probe.language import _
from probe.model import AuthForm, Outcome
from probe.verdict.cause import Cause

DENIED = (401, 403)
NO_SUBSCRIPTION = r"missing (application credentials or )?subscription key"
OPENAI_KEY = r"incorrect api key|invalid_api_key"
NO_TOKEN_OF_OURS = r"not from a valid issuer|could not parse your authentication token"
HEADERS = {
    AuthForm.API_KEY: "api-key: KEY",
    AuthForm.BEARER: "Authorization: Bearer KEY",
    AuthForm.ENTRA: "Authorization: Bearer TOKEN",
    AuthForm.APIM: "Ocp-Apim-Subscription-Key: KEY",
    AuthForm.STORAGE: "Authorization: Bearer STORAGE-TOKEN",
    AuthForm.X_API_KEY: "x-api-key: KEY",
    AuthForm.GOOGLE_KEY: "x-goog-api-key: KEY",
    AuthForm.KEY_SCHEME: "Authorization: Key KEY",
    AuthForm.NONE: "-",
}
"""How each auth form looks in a request."""

CAUSES = (
    Cause(
        "azure-checkaccess-unsupported",
        Outcome.DENIED,
        r"not supported for checkaccess",
        lambda case: (
            _("the role check of {target} does not know this operation at api-version {version}", **case.names),
            _("use the path under /openai/v1, or a key instead of an Entra token"),
        ),
    ),
    Cause(
        "key-auth-disabled",
        Outcome.DENIED,
        r"key.?based auth\w* (is |has been )?(disabled|not)|authenticationtypedisabled"
        r"|local ?auth\w* (is |has been )?disabled|disablelocalauth",
        lambda case: (
            _("{target} takes no keys at all: key authentication is switched off", **case.names),
            _(
                "use an Entra token: az account get-access-token --resource https://cognitiveservices.azure.com, in "
                "AZURE_OPENAI_AD_TOKEN"
            ),
        ),
        statuses=(400, 401, 403),
    ),
    Cause(
        "account-suspended",
        Outcome.DENIED,
        r"temporarily blocked|account_deactivated"
        r"|(account|resource|subscription|organization) .{0,40}(suspended|deactivated|disabled|blocked)",
        lambda case: (
            _("the account or resource behind {target} is suspended", **case.names),
            _("ask the vendor's support why; give them the request ids"),
        ),
        statuses=(400, 401, 403, 422, 429),
    ),
    Cause(
        "entra-token-wrong",
        Outcome.DENIED,
        r"access token is missing|audience is incorrect|invalid ?authentication ?token"
        r"|token (is )?(expired|invalid|malformed)|lifetime validation failed"
        r"|tenant .{0,80}(does not match|not match|mismatch)|jwt|invalid_token|audience .{0,30}(invalid|not match)"
        r"|token has expired",
        lambda case: (
            _("{target} does not accept the Entra token: expired, for another audience, or from another tenant", **case.names),
            _(
                "fetch a fresh one for https://cognitiveservices.azure.com (Foundry projects: https://ai.azure.com) in the "
                "resource's tenant"
            ),
        ),
        statuses=(400, *DENIED),
    ),
    Cause(
        "apim-key-missing",
        Outcome.DENIED,
        NO_SUBSCRIPTION,
        lambda case: (
            _("a customer's own API Management answers in front of {target} and did not see its subscription key", **case.names),
            _("send the gateway's key as Ocp-Apim-Subscription-Key (or the header name that its owner chose)"),
        ),
        statuses=DENIED,
    ),
    Cause(
        "apim-key-wrong",
        Outcome.DENIED,
        r"invalid subscription key",
        lambda case: (
            _("a customer's own API Management answers in front of {target} and refuses the subscription key", **case.names),
            _("ask the gateway's owner for a key of an active subscription to this API"),
        ),
        statuses=DENIED,
        shape="apim",
    ),
    Cause(
        "azure-key-wrong",
        Outcome.DENIED,
        r"invalid subscription key|wrong api endpoint|invalid api.?key.{0,40}azure",
        lambda case: (
            _(
                "{target} refuses the key: it is wrong, of another resource, or in a header that this host does not read",
                **case.names,
            ),
            _(
                "take a key of the resource whose endpoint is exactly https://{host} (Keys and Endpoint page) and scan again",
                **case.names,
            ),
        ),
        statuses=DENIED,
    ),
    Cause(
        "wrong-host",
        Outcome.DENIED,
        r"custom subdomain for token",
        lambda case: (
            _("{host} takes no Entra tokens: only a resource's own host name does", **case.names),
            _("use the resource's own endpoint https://NAME.openai.azure.com, or the host of its region"),
        ),
        statuses=(400, *DENIED),
    ),
    Cause(
        "credential-missing",
        Outcome.DENIED,
        r"did ?n[o']t provide an api key|no api key|api key (is )?(missing|required)"
        r"|missing (api.?key|bearer|authentication|authorization|credential)s?"
        r"|not authenticated|authentication credentials were not provided|authorization header .{0,30}(missing|required)"
        r"|missing bearer|no auth\w* (credentials?|header|token)s?\b",
        lambda case: (
            _("{target} saw no credential in the request", **case.names)
            if case.probe.auth is AuthForm.NONE
            else _("{target} saw no credential, although one was sent as {sent}", sent=HEADERS[case.probe.auth], **case.names),
            _("send the key as Authorization: Bearer KEY, or as the service's own description says"),
        ),
        statuses=(400, *DENIED),
    ),
    Cause(
        "openai-key-wrong",
        Outcome.DENIED,
        OPENAI_KEY + "|" + NO_TOKEN_OF_OURS,
        lambda case: (
            _("{target} refuses the API key: it is wrong, revoked or of another provider", **case.names),
            _("make or copy a key at platform.openai.com/api-keys; an Azure key belongs to https://NAME.openai.azure.com"),
        ),
        statuses=DENIED,
    ),
    Cause(
        "wrong-host",
        Outcome.DENIED,
        r"incorrect_hostname|regional hostname|geography restrictions",
        lambda case: (
            _("{host} is not the host of the region that this project belongs to: {said}", said=case.message, **case.names),
            _("ask the host that the message names, or the one of the project's region, such as https://eu.api.openai.com"),
        ),
        statuses=DENIED,
    ),
    Cause(
        "openai-organization-wrong",
        Outcome.DENIED,
        r"mismatched_(organization|project)|invalid_(organization|project)|no such organization"
        r"|openai-(organization|project) header|member of an organization|access to (the|this) organization\b",
        lambda case: (
            _("the key is not one of the organization or project that the request names", **case.names),
            _("check OPENAI_ORG_ID and OPENAI_PROJECT_ID, or leave them out"),
        ),
    ),
    Cause(
        "region-not-supported",
        Outcome.DENIED,
        r"unsupported_country|country, region, or territory",
        lambda case: (
            _("{host} does not serve the country that this request came from", **case.names),
            _("run probe where the service is offered"),
        ),
        statuses=(400, *DENIED),
    ),
    Cause(
        "model-access-missing",
        Outcome.DENIED,
        r"(not|n't) have access to (the )?model|must be verified|model .{0,60}(access|permission) (is )?(denied|required)"
        r"|access to (the )?model|not allowed to (access|use) (the )?model",
        lambda case: (
            _("the key is good, but its account has no access to the model: {said}", said=case.message, **case.names),
            _("ask for access to the model, or use a project that has it; the list of models shows what this key may use"),
        ),
        statuses=DENIED,
    ),
    Cause(
        "openai-permission-missing",
        Outcome.DENIED,
        r"insufficient permissions|missing scopes?|insufficient_scope|restricted api key|disabled for free accounts"
        r"|not allowed to call this route",
        lambda case: (
            _("the key is good, but it may not do this: {said}", said=case.message, **case.names),
            _("give the key (or its role in the project) the scope that the message names"),
        ),
        statuses=(400, *DENIED),
    ),
    Cause(
        "key-wrong",
        Outcome.DENIED,
        r"(invalid|incorrect|wrong|unknown|expired|revoked) (api.?key|virtual key|proxy server token|access token|token|credential"
        r"|authentication credentials)|\b(api.?key|credential)s? .{0,20}(not valid|invalid|incorrect|expired|revoked)"
        r"|could ?n[o']t validate credentials|invalid_?api_?key|\bexpired[ _]key|无效的令牌",  # new-api, in Chinese
        lambda case: (
            _("{target} refuses the key: it is unknown there, expired or of another service", **case.names),
            _("ask the owner of the service or gateway for a key of its own; the vendor's key is often not the gateway's"),
        ),
        statuses=(400, *DENIED),
    ),
)
