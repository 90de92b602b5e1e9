"""Pages of credentials and permissions."""

from __future__ import annotations

from probe.verdict.pages import Explanation

PAGES = {
    "azure-key-wrong": Explanation(
        "The key is not one of this resource",
        'Azure\'s words "invalid subscription key or wrong API endpoint". Surer when other auth forms and GET /models get '
        "the same.",
        "A key of another resource or region, or in a header that the host does not read: the words are the same for all.",
        "Take a key from the Keys and Endpoint page of the very resource whose endpoint is asked.",
    ),
    "azure-key-of-other-region": Explanation(
        "The regional host does not know the key",
        "The same refusal from a host NAME-OF-REGION.api.cognitive.microsoft.com, which knows only its own region's keys.",
        "A key that is simply wrong.",
        "Use the resource's own endpoint or its region's host.",
    ),
    "openai-key-wrong": Explanation(
        "OpenAI refuses the key",
        '`invalid_api_key`, "Incorrect API key provided", or a token that it cannot read.',
        "An Azure key at OpenAI has its own code where something gives it away.",
        "Make or copy a key at platform.openai.com/api-keys.",
    ),
    "key-wrong": Explanation(
        "The service refuses the key",
        "The words say that the key or token is invalid, unknown, expired or revoked, and they are not those of Azure, OpenAI or "
        "API Management: a gateway or a self-hosted service speaks.",
        "A key in a header that the service does not read: the report says whether another auth form was accepted.",
        "Ask the owner of the service for a key of its own.",
    ),
    "key-of-other-provider": Explanation(
        "The key belongs to the other provider",
        "The key is refused, and another target of this scan at another provider accepts the same variable; or the "
        "variable's name, or the half masked key in OpenAI's message, shows whose it is.",
        "A wrong key of the right provider.",
        "Set the key of the resource itself.",
    ),
    "key-in-wrong-header": Explanation(
        "The key is right and its header is wrong",
        "The same credential is accepted in another auth form; or the server says that it saw none although one was sent.",
        "A wrong key is refused in every form.",
        "Send the key in the header that the report names.",
    ),
    "key-auth-disabled": Explanation(
        "The resource takes no keys",
        "The words say that key authentication is disabled (disableLocalAuth).",
        "Nothing: the words are exact.",
        "Use an Entra token in AZURE_OPENAI_AD_TOKEN.",
    ),
    "azure-role-missing": Explanation(
        "The role is missing",
        "401 or 403 that names the principal and the data action it lacks. The message also names the operation that the "
        "route was matched to: the route exists.",
        "A role that was given minutes ago and does not count yet.",
        "Give the principal the role Cognitive Services OpenAI User on the resource.",
    ),
    "azure-checkaccess-unsupported": Explanation(
        "The role check does not know the operation",
        'The words "not supported for CheckAccess", seen for container files on a dated api-version.',
        "A missing role.",
        "Use the path under /openai/v1, or a key.",
    ),
    "entra-token-wrong": Explanation(
        "The Entra token is not accepted",
        "The words (or WWW-Authenticate) speak of a missing, expired or foreign token: audience, tenant, lifetime.",
        "A missing role, whose words name the principal.",
        "Fetch a fresh token for the right audience in the resource's tenant.",
    ),
    "apim-key-missing": Explanation(
        "API Management wants its own key",
        'The words "missing subscription key", in the shape of a customer\'s API Management.',
        "Azure's own refusal has another shape and other words.",
        "Send the gateway's key as Ocp-Apim-Subscription-Key, or in the header that its owner chose.",
    ),
    "apim-key-wrong": Explanation(
        "API Management refuses the subscription key",
        'The words "invalid subscription key" in the shape `{"statusCode": 401, ...}`.',
        "Azure's own refusal, which is wrapped in `error`.",
        "Ask the gateway's owner for a key of an active subscription.",
    ),
    "credential-missing": Explanation(
        "No credential was sent",
        "401 to a request without a credential, or words that none was provided.",
        "A credential in a header that the service does not read has its own code.",
        "Name the key's variable with --key-env.",
    ),
    "openai-organization-wrong": Explanation(
        "Key and organization do not belong together",
        "The words or code speak of a mismatched or unknown organization or project.",
        "A wrong key.",
        "Check OPENAI_ORG_ID and OPENAI_PROJECT_ID, or leave them out.",
    ),
    "openai-permission-missing": Explanation(
        "The key lacks a scope",
        "401 or 403 that names missing scopes or insufficient permissions.",
        "A model that is not opened for the account.",
        "Give the key the scope that the message names.",
    ),
    "model-access-missing": Explanation(
        "The account has no access to the model",
        "401 or 403 that names the model and missing access or verification.",
        "A model that does not exist answers 404.",
        "Ask for access, or use a project that has it.",
    ),
    "account-suspended": Explanation(
        "The account or resource is suspended",
        "The words say blocked, suspended or deactivated.",
        "A spending limit.",
        "Ask the vendor's support, with the request ids.",
    ),
    "region-not-supported": Explanation(
        "The country is not served",
        "The code unsupported_country_region_territory or its words.",
        "A firewall's refusal.",
        "Run probe where the service is offered.",
    ),
    "access-denied": Explanation(
        "Denied without a known reason",
        "401, 403 or 451 whose words no rule knows.",
        "Every other refusal; the message is in the report.",
        "Check key, role and network; ask the owner of the resource.",
    ),
    "page-denies": Explanation(
        "A web page denies",
        "401, 403 or 451 with an HTML page: a proxy, a bot wall or a login stands in front.",
        "The service itself answers JSON.",
        "Go around the wall or log in to it; the title says whose it is.",
    ),
    "redirect-to-login": Explanation(
        "The answer sends to a login",
        "A redirect whose Location names a login, OAuth or SSO page.",
        "A redirect to the artefact, which is followed.",
        "Use the API host that takes keys.",
    ),
}
