"""Error answers with the exact bytes that were seen on the wire, so that content lengths are fingerprints here too.

The wording of an unpublished response (an unknown Sora id, a retired deployment) is the simulator's own and says so.
A reason phrase cannot be sent through ASGI: Azure's 401 really says `PermissionDenied`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from probe.simulator.app import Answer, Call, Reply, as_json


def _azure(status: int, code: str, message: str, *headers: tuple[str, str], by: str = "gateway") -> Answer:
    return as_json({"error": {"code": code, "message": message}}, status, headers, by)


# langchain-ai/langchainjs#5754: 56 bytes, a space after `"message":`, neither x-request-id nor x-ms-region
ROUTE_UNKNOWN = Answer(404, b'{"error":{"code":"404","message": "Resource not found"}}', by="gateway")
# SciSharp/BotSharp#386: 224 bytes
WRONG_KEY = _azure(
    401,
    "401",
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active"
    " subscription and use a correct regional API endpoint for your resource.",
)
# Azure-Samples/azure-sql-db-chatbot#3: 90 bytes
FIREWALL = Answer(
    403,
    b'{"error":{"code":"403","message": "Access denied due to Virtual Network/Firewall rules."}}',
    headers=(("policy-id", "ThrowExceptionDueToTrafficDenied"),),
    by="gateway",
)
# continuedev/continue#12547: flat, without `error`
VNET = as_json(
    {
        "code": "403",
        "message": "A Virtual Network is configured for this resource. Please use the correct endpoint for making requests."
        " Check https://aka.ms/cogsvc-vnet for more details.",
    },
    403,
    by="gateway",
)
PRIVATE_ENDPOINT = _azure(403, "403", "Traffic is not from an approved private endpoint.")
SUBDOMAIN = _azure(404, "404", "Subdomain does not map to a resource.")
ENTRA_ONLY = _azure(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource.")
SUSPENDED = _azure(
    403, "403", "Access denied: this resource has been temporarily blocked because we detected suspicious behaviour."
)
VERSION_UNSUPPORTED = _azure(400, "BadRequest", "API version not supported")
VERSION_TOO_OLD = _azure(400, "BadRequest", "Model o3-mini is enabled only for api versions 2024-12-01-preview and later")
OPERATION_NOT_SUPPORTED = _azure(
    400,
    "OperationNotSupported",
    "The chatCompletion operation does not work with the specified model, gpt-35-turbo. Please choose different model and try"
    " again. You can learn more about which models can be used with each operation here: https://go.microsoft.com/fwlink/?linkid=2197993.",
)
CHECK_ACCESS = _azure(
    400, "BadRequest", "ApiId openai-api-2025-03-01-preview OperationId get-container not supported for CheckAccess."
)
_NO_DEPLOYMENT = (
    "for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."
)
DEPLOYMENT_UNKNOWN = _azure(404, "DeploymentNotFound", f"The API deployment {_NO_DEPLOYMENT}")
GONE = _azure(
    410, "ModelRetired", "The model of this deployment has been retired and serves no request any more.", by="azure"
)  # own words
SERVER_ERROR = _azure(500, "InternalServerError", "The server had an error while processing your request. Sorry about that!")
UNAVAILABLE = _azure(
    503, "ServiceUnavailable", "The service is temporarily unable to process your request. Please try again later."
)
# alex-wolf-ps/dbchatprov2#2, openai-python#937: no Retry-After beside the policy's own header
TOKEN_RATE = _azure(
    429,
    "429",
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-05-01-preview have exceeded token rate"
    " limit of your current OpenAI S0 pricing tier. Please retry after 86400 seconds. Please go here: https://aka.ms/"
    "oai/quotaincrease if you would like to further increase the default rate limit.",
    ("policy-id", "DeploymentRatelimit-Token"),
    ("x-rate-limit-reset-tokens", "55"),
    ("x-ratelimit-remaining-requests", "99"),
)
REQUEST_RATE = _azure(
    429,
    "429",
    "Requests to the Videos_Get Operation under Azure OpenAI API version preview have exceeded call rate limit of your current"
    " OpenAI S0 pricing tier. Please retry after 1 second.",
    ("retry-after", "1"),
    ("retry-after-ms", "20"),
    ("x-ratelimit-remaining-requests", "0"),
)
CAPACITY = _azure(
    429,
    "429",
    "The provisioned capacity of this deployment is exhausted. Please retry later.",  # own words
    ("azure-openai-deployment-utilization", "103.2%"),
    ("retry-after-ms", "20"),
)
# continuedev/continue#4601: the customer's own API Management, with its spaces and without any id of Azure OpenAI
APIM_KEY_MISSING = Answer(
    401,
    b'{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when'
    b' making requests to an API." }',
    headers=(("www-authenticate", 'AzureApiManagementKey realm="https://sim.azure-api.net",name="Ocp-Apim-Subscription-Key"'),),
    by="plain",
)
APIM_KEY_WRONG = Answer(
    401,
    b'{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an'
    b' active subscription." }',
    by="plain",
)
APIM_ROUTE_UNKNOWN = Answer(404, b'{ "statusCode": 404, "message": "Resource not found" }', by="plain")
LOGIN = Answer(
    200,
    b"<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body><form action='/login'></form></body></html>",
    "text/html; charset=utf-8",
    by="plain",
)
PROXY = Answer(502, b"<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>", "text/html", by="plain")


def _shaped(status: int, message: str, kind: str, code: str | None = None, param: str | None = None) -> Answer:
    return as_json({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


# MicrosoftLearning/mslearn-ai-vision#81: the video form of the same cause, `code` null
DEPLOYMENT_UNKNOWN_VIDEO = _shaped(404, f"The API deployment 'sora-2' {_NO_DEPLOYMENT}", "video_generation_user_error")
TOO_MANY_TASKS = _shaped(429, "Too many running tasks", "video_generation_user_error")
SPEND_LIMIT = _shaped(
    429,
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the"
    " docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
    "insufficient_quota",
    "insufficient_quota",
)
OVERLOADED = _shaped(503, "The engine is currently overloaded, please try again later", "server_error")
OPENAI_GONE = _shaped(410, "The Videos API has been shut down.", "invalid_request_error", "api_shut_down")  # own words
OPENAI_SERVER_ERROR = _shaped(500, "The server had an error while processing your request.", "server_error")


def _masked(key: str) -> str:
    """Shorten a refused key as OpenAI's message does."""
    return f"{key[:4]}{'*' * 8}{key[-4:]}" if len(key) > 12 else key or "None"


def openai_key_wrong(call: Call) -> Answer:
    """OpenAI's 401, which quotes the ends of the key that was sent (BerriAI/litellm#17016)."""
    key = call.header("authorization").removeprefix("Bearer ")
    text = f"Incorrect API key provided: {_masked(key)}. You can find your API key at https://platform.openai.com/account/api-keys."
    return _shaped(401, text, "invalid_request_error", "invalid_api_key")


def openai_route_unknown(call: Call) -> Answer:
    """OpenAI's 404 for a path that it does not know, and its 405 for a known path with another method."""
    if any(operation.match(operation.method, call.path) is not None for operation in call.world.operations):
        hint = "(HINT: Perhaps you meant to use a different HTTP method?)"
        return _shaped(405, f"Not allowed to {call.method} on {call.path}. {hint}", "invalid_request_error")
    return _shaped(404, f"Invalid URL ({call.method} {call.path})", "invalid_request_error")


def fastapi_unknown(call: Call) -> Answer:
    """FastAPI's 404, and its 405 with `Allow` for a known path with another method."""
    for operation in call.world.operations:
        if operation.match(operation.method, call.path) is not None:
            return as_json({"detail": "Method Not Allowed"}, 405, (("allow", operation.method),))
    return as_json({"detail": "Not Found"}, 404)


def missing(call: Call, what: str, ident: str) -> Answer:
    """An id that does not exist: the service of the world answers, in its own shape. The wording on Azure is the simulator's."""
    if call.world.provider == "openai":
        return _shaped(404, f"No such {what} object: {ident}", "invalid_request_error", param="id")
    return as_json({"error": {"code": "NotFound", "message": f"{what} '{ident}' was not found.", "type": None, "param": None}}, 404)


def only(known: Mapping[str, tuple[str, str]], reply: Reply) -> Reply:
    """Answer for known ids alone: `known` gives for a parameter its one right value, and what is missing under any other."""

    def answer(call: Call) -> Answer:
        for name, (ident, what) in known.items():
            if call.params.get(name, ident) != ident:
                return missing(call, what, call.params[name])
        return reply(call)

    return answer


def missing_flat(what: str, ident: str) -> Answer:
    """An unknown or expired Sora 1 id: top level, as the specification's error schema says; the wording is the simulator's."""
    return as_json({"code": "NotFound", "message": f"{what} '{ident}' was not found.", "param": None, "type": None}, 404)


def bad_request(message: str) -> Answer:
    """OpenAI's 400."""
    return _shaped(400, message, "invalid_request_error")


def role_missing(call: Call) -> Answer:
    """The 401 of a valid Entra token without the role: it names the matched operation's template, which proves the route."""
    template = re.sub(
        r"\{(\w+)\}", lambda found: "{" + found[1].replace("_", "-") + "}", call.operation.path if call.operation else ""
    )
    action = "Microsoft.CognitiveServices/accounts/OpenAI/video-generations/read"
    return _azure(
        401,
        "PermissionDenied",
        f"The principal `4f1c6d0e-0000-4000-8000-5f5f5f5f5f5f` lacks the required data action `{action}`"
        f" to perform `{call.method} {template}` operation.",
    )


def constant(answer: Answer) -> Reply:
    """Make a reply that is always the same."""
    return lambda _: answer


def echo(call: Call, answer: Answer) -> Answer:
    """Say back every credential that was received: in a header, in Location and in each JSON body. For tests of redaction."""
    sent = {name: call.header(name) for name in ("api-key", "authorization", "ocp-apim-subscription-key") if call.header(name)}
    headers = tuple((f"x-echo-{name}", value) for name, value in sent.items())
    headers += tuple(("location", f"/echoed/{value}?api-key={value}") for value in sent.values())
    body = answer.body
    if answer.media_type == "application/json" and body.startswith(b"{"):
        value: Any = json.loads(body)
        body = json.dumps(value | {"echo": sent, "message": f"you sent {sent}"}).encode()
    return Answer(answer.status, body, answer.media_type, answer.headers + headers, answer.by)
