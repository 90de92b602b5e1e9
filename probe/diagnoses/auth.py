"""Records of credentials and permissions."""

from __future__ import annotations

from probe.diagnoses.record import OFF, PAGE, SAID, Owner, Records, denied

_TO_AZURE = "Ask the Azure resource that made the artefact: https://NAME.openai.azure.com/openai/v1, with its own key."
_OWN_HOST = "Use the resource's own endpoint https://NAME.openai.azure.com, or the host of its region."
_ENTRA = "Use an Entra token: az account get-access-token --resource {audience}, in AZURE_OPENAI_AD_TOKEN."
_UNSEEN = "{target} did not see the credential that was sent as {sent}"
_AS_DOCUMENTED = 'Send the key in the header that the service documents: -H "NAME: KEY".'
_WANTS_TOKEN = "{target} requires a token (Entra, a JWT) and was sent a key as {sent}"

_BASIC = (
    "{target} requires a user name and a password (Basic authentication) and was sent a key as {sent}",
    'Ask its operator for them: -H "Authorization: Basic BASE64", where BASE64 encodes USER:PASSWORD.',
)

RECORDS: Records = {
    "azure-key-wrong": denied(
        title="Key rejected by Azure",
        summary="{target} rejected the key ({status})",
        remedy=("Copy a key of the resource whose endpoint is exactly {resource} (Keys and Endpoint), then scan again."),
        variants={
            "elsewhere": (
                "{target} refused with Azure's words for a wrong key ({status}), and is not a host of Azure's",
                "If {target} is a gateway, ask its operator with which key it calls Azure; else use a key of the Azure resource.",
            )
        },
        tails=(SAID,),
        how_decided=(
            'Azure\'s words "invalid subscription key or wrong API endpoint". Surer when other auth forms and GET '
            "/models get the same."
        ),
        lookalikes=(
            "A key of another resource or region, or in a header that the host does not read: the words are the same for all."
        ),
        what_to_do="Take a key from the Keys and Endpoint page of the very resource whose endpoint is asked.",
    ),
    "azure-key-of-other-region": denied(
        title="Key of another region",
        summary="{host} only accepts keys of resources in region {region}, and rejected this one",
        remedy=_OWN_HOST,
        how_decided=(
            "The same refusal from a host NAME-OF-REGION.api.cognitive.microsoft.com, which knows only its own region's keys."
        ),
        lookalikes="A key that is simply wrong.",
    ),
    "openai-key-wrong": denied(
        title="Key rejected by OpenAI",
        summary="{target} rejected the API key ({status})",
        remedy=("Create or copy a key at platform.openai.com/api-keys. An Azure key belongs to https://NAME.openai.azure.com."),
        tails=(SAID,),
        how_decided='`invalid_api_key`, "Incorrect API key provided", or a token that it cannot read.',
        lookalikes="An Azure key at OpenAI has its own code where something gives it away.",
    ),
    "key-wrong": denied(
        title="Key rejected",
        summary="{target} rejected the key ({status})",
        remedy=("Ask the operator of the service or gateway for one of its own keys: it often does not accept the vendor's."),
        tails=(SAID,),
        how_decided=(
            "The words say that the key or token is invalid, unknown, expired or revoked, and they are not those "
            "of Azure, OpenAI or API Management: a gateway or a self-hosted service speaks."
        ),
        lookalikes=("A key in a header that the service does not read: the report says whether another auth form was accepted."),
    ),
    "key-of-other-provider": denied(
        title="Key of another provider",
        summary="{target} rejected the credential in {variable}, which is one for {provider}",
        remedy=(
            "Set the key of the resource itself: Keys and Endpoint in the Azure portal, or platform.openai.com/api-keys for OpenAI."
        ),
        how_decided=(
            "The key is refused, and another target of this scan at another provider accepts the same variable; "
            "or the variable's name, or the half masked key in OpenAI's message, shows whose it is."
        ),
        lookalikes="A wrong key of the right provider.",
    ),
    "key-in-wrong-header": denied(
        title="Key in the wrong header",
        summary="{target} rejects the credential as {sent} and accepts it as {right}",
        remedy="Send it as {right}.",
        variants={
            "unseen": (_UNSEEN, _AS_DOCUMENTED),
            "unseen-by-azure": (_UNSEEN, ""),
            "basic": _BASIC,
            "named": (
                "{target} expects the key as {right}, not as {sent}",
                'Send it like this: -H "{right}".',
            ),
        },
        how_decided=(
            "The same credential is accepted in another auth form; or the server says that it saw none although one was sent."
        ),
        lookalikes="A wrong key is refused in every form.",
        what_to_do="Send the key in the header that the report names.",
    ),
    "key-auth-disabled": denied(
        title="Keys are disabled",
        summary="{target} does not accept keys: key authentication is disabled",
        remedy=_ENTRA,
        how_decided="The words say that key authentication is disabled (disableLocalAuth).",
        lookalikes="Nothing: the words are exact.",
    ),
    "azure-role-missing": denied(
        title="Role missing",
        summary="The token is valid, but its principal does not have a role for this operation on {target}",
        remedy=(
            "Give the principal the role Cognitive Services OpenAI User on the resource (this may take minutes to"
            " count), then scan again."
        ),
        tails=(("operation", "; it matched the route {operation}, so the route exists"),),
        how_decided=(
            "401 or 403 that names the principal and the data action it lacks. The message also names the "
            "operation that the route was matched to: the route exists."
        ),
        lookalikes="A role that was given minutes ago and does not count yet.",
    ),
    "azure-checkaccess-unsupported": denied(
        title="Role check not supported here",
        summary="The role check of {target} does not support this operation at api-version {version}",
        remedy="Use the path under /openai/v1, or a key instead of an Entra token.",
        how_decided='The words "not supported for CheckAccess", seen for container files on a dated api-version.',
        lookalikes="A missing role.",
    ),
    "entra-token-wrong": denied(
        title="Entra token rejected",
        summary=("{target} rejected the Entra token: it is expired, for another audience, or from another tenant"),
        remedy=(
            "Get a fresh one for https://cognitiveservices.azure.com (Foundry projects: https://ai.azure.com) in "
            "the resource's tenant."
        ),
        variants={
            "key-sent": (_WANTS_TOKEN, "Send a token that this service's sign-in gives out, not an API key."),
            "key-sent-to-azure": (_WANTS_TOKEN, _ENTRA),
            "storage": ("", "Get a fresh token for https://storage.azure.com."),
        },
        how_decided=("The words (or WWW-Authenticate) speak of a missing, expired or foreign token: audience, tenant, lifetime."),
        lookalikes="A missing role, whose words name the principal.",
    ),
    "apim-key-missing": denied(
        title="API Management key missing",
        summary="The API Management gateway at {target} did not see its subscription key",
        remedy=("Send the gateway's key as Ocp-Apim-Subscription-Key (or in the header that its operator chose)."),
        variants={"accepted": ("", "Send it as {right}: that is accepted.")},
        how_decided='The words "missing subscription key", in the shape of a customer\'s API Management.',
        lookalikes="Azure's own refusal has another shape and other words.",
    ),
    "apim-key-wrong": denied(
        title="API Management key rejected",
        summary="The API Management gateway at {target} rejected the subscription key ({status})",
        remedy="Ask the gateway's operator for a key of an active subscription to this API.",
        tails=(SAID,),
        how_decided='The words "invalid subscription key" in the shape `{"statusCode": 401, ...}`.',
        lookalikes="Azure's own refusal, which is wrapped in `error`.",
    ),
    "credential-missing": denied(
        title="No credential sent",
        summary="{target} requires a credential, and none was sent",
        remedy="Name the variable that holds the key with --key-env.",
        variants={
            "asked": ("{target} did not see a credential in the request", _AS_DOCUMENTED),
            "link": (
                "The link leads to {host}, which requires a credential of its own ({status}): none was sent there",
                "Download the link with a key of {host}, or ask the operator of {target} to deliver the file itself.",
            ),
            "unseen": (_UNSEEN, _AS_DOCUMENTED),
        },
        tails=(("heard", ': "{heard}"'),),
        how_decided="401 to a request without a credential, or words that none was provided.",
        lookalikes="A credential in a header that the service does not read has its own code.",
    ),
    "openai-organization-wrong": denied(
        title="Organization or project mismatch",
        summary="The key does not belong to the organization or project that the request names",
        remedy="Check OPENAI_ORG_ID and OPENAI_PROJECT_ID, or leave them out.",
        how_decided="The words or code speak of a mismatched or unknown organization or project.",
        lookalikes="A wrong key.",
    ),
    "openai-permission-missing": denied(
        title="Key lacks a permission",
        summary="The key is valid, but it may not do this",
        remedy="Give the key (or its role in the project) the scope that the message names.",
        variants={
            "gateway": (
                "The gateway at {target} knows the key, but does not allow it this route",
                "Ask the gateway's operator to allow this key what the message names.",
            )
        },
        tails=(SAID,),
        how_decided="401 or 403 that names missing scopes or insufficient permissions.",
        lookalikes="A model that is not opened for the account.",
    ),
    "model-access-missing": denied(
        title="No access to the model",
        summary="The key is valid, but its account does not have access to the model",
        remedy=("Ask for access to the model, or use a project that has it. The list of models shows what this key may use."),
        variants={
            "gateway": (
                "The gateway at {target} knows the key, but does not allow it this model",
                "Ask the gateway's operator to allow this key the model that the message names.",
            )
        },
        tails=(SAID,),
        how_decided="401 or 403 that names the model and missing access or verification.",
        lookalikes="A model that does not exist answers 404.",
    ),
    "account-suspended": denied(
        title="Account or resource suspended",
        owner=Owner.VENDOR,
        summary="The account or resource behind {target} is suspended",
        remedy="Ask the support of whoever runs {host} why, and give them the request ids.",
        how_decided="The words say blocked, suspended or deactivated.",
        lookalikes="A spending limit.",
        what_to_do="Ask the vendor's support, with the request ids.",
    ),
    "region-not-supported": denied(
        title="Country not supported",
        summary="{host} does not serve the country that this request came from",
        remedy="Run probe where the service is offered.",
        how_decided="The code unsupported_country_region_territory or its words.",
        lookalikes="A firewall's refusal.",
    ),
    "access-denied": denied(
        title="Denied, reason unknown",
        summary="{target} refused this request ({status})",
        remedy="Check the key, its role and the address that the request came from.",
        variants={
            "owner": ("", "Ask the resource's owner whether this credential and this address may do this."),
            "gateway": (
                "The gateway at {target} refused this request ({status})",
                "Ask the gateway's operator why: its own rules decide here.",
            ),
        },
        tails=(
            SAID,
            ("read", "; it reads the credential and rejects it"),
            ("unread", "; it responds the same without a credential"),
        ),
        how_decided="401, 403 or 451 whose words no rule knows.",
        lookalikes="Every other refusal; the message is in the report.",
    ),
    "page-denies": denied(
        title="Denied by a web page",
        owner=Owner.NETWORK,
        summary="{host} refused the request with a web page ({status})",
        remedy="Get past the proxy, bot protection or login in front of the service, or log in to it.",
        variants={
            "basic": _BASIC,
            "off": OFF,
            "network": (
                "The network requires a login before it lets requests out ({status})",
                "Open a web page on this machine, sign in to the network, then scan again.",
            ),
            "gateway": (
                "{host} returned other requests' data, and refused this one with a web page ({status})",
                "Ask the operator of what stands in front of the service (a firewall, a gateway) to let this path through.",
            ),
        },
        tails=(PAGE, ("made_up_path", "; a made-up path gets the same page")),
        how_decided="401, 403, 451 or 511 with an HTML page: a proxy, a bot wall or a login stands in front.",
        lookalikes="The service itself answers JSON.",
    ),
    "redirect-to-login": denied(
        title="Redirects to a login page",
        summary="{target} redirects to a login: {location}",
        remedy="Log in there, or use the API host that accepts keys.",
        how_decided="A redirect whose Location names a login, OAuth or SSO page.",
        lookalikes="A redirect to the artefact, which is followed.",
    ),
    "wrong-host": denied(
        title="Wrong host",
        summary="{host} does not accept Entra tokens: only a resource's own host name does",
        remedy=_OWN_HOST,
        variants={
            "region": (
                "{host} is not the host of this project's region",
                "Use the host that the message names, or the one of the project's region, such as https://eu.api.openai.com.",
            ),
            "openai": ("OpenAI itself responded to a request for {target}; it does not know Azure's keys and ids", _TO_AZURE),
            "azure-version": ("{host} read the api-version as OpenAI's own version header: this is an Azure request", _TO_AZURE),
            "azure-id": ("{id} is an id of Azure's video jobs, and {host} is OpenAI", _TO_AZURE),
            "azure-id-elsewhere": ("{id} is an id of Azure's video jobs, and {target} responds as OpenAI", _TO_AZURE),
            "azure-path": ("{route} is a path of Azure, and {host} is OpenAI", _TO_AZURE),
            "misdirected": (
                "The server does not serve the host name {host} ({status})",
                "Check the host in the URL and where DNS sends it.",
            ),
        },
        tails=(SAID,),
        how_decided=(
            "OpenAI's own words in an answer to an Azure target; or an Azure id, path or api-version at "
            "api.openai.com; or the words say that another region's host, or the resource's own, is the right "
            "one; or status 421."
        ),
        lookalikes="A wrong key: but here the key may be right for its own host.",
    ),
}
