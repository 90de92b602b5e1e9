"""Who made an answer: the services, gateways and proxies that give themselves away, each by a fingerprint with its source."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from probe.facts.hosts import vendor_host
from probe.facts.urls import host_of
from probe.frozen import Frozen
from probe.model import Response

Place = Literal["header", "code", "type", "message", "shape", "title", "host", "html", "empty", "path"]

INTERCEPTORS = (
    r"zscaler|netskope|fortinet|fortigate|palo ?alto|blue ?coat|forcepoint|mcafee|skyhigh|sophos|cisco umbrella|barracuda|mitmproxy"
    r"|charles|fiddler|burp|portswigger|squid|avast|kaspersky"
)
"""Makers of proxies that read TLS, as their certificates' issuers name them."""


class Sign(Frozen):
    """One thing that an answer must show: `pattern` in the value of a header (`key`), or in one of the other places."""

    place: Place
    pattern: str = ""
    key: str = ""


class Fingerprint(Frozen):
    """Signs that all have to be there, and where it is written that this party's answers show them."""

    name: str
    signs: tuple[Sign, ...]
    source: str


def _shows(name: str, source: str, *signs: Sign) -> Fingerprint:
    return Fingerprint(name, signs, source)


def _header(key: str, pattern: str = "") -> Sign:
    return Sign("header", pattern, key)


_AZURE_HOST = Sign(
    "host", r"\.(openai\.azure|cognitiveservices\.azure|services\.ai\.azure|api\.cognitive\.microsoft)\.(com|us|cn)$"
)
_OPENAI_HOST = Sign("host", r"(^|\.)api\.openai\.com$")

FINGERPRINTS: tuple[Fingerprint, ...] = (
    # proxies on the caller's side
    _shows("proxy", "squid ERR_ pages", _header("x-squid-error")),
    _shows(
        "proxy",
        "the products' pages",
        _header("server", r"^(squid|tinyproxy|mitmproxy|zscaler|bluecoat|mcafee web gateway|fortiproxy)"),
    ),
    _shows(
        "proxy",
        "block pages of the products",
        Sign("html"),
        Sign("title", INTERCEPTORS + r"|fortiguard|websense|tinyproxy|(url|web ?page|web ?site|access) (is )?blocked|web filter"),
    ),
    _shows("proxy", "RFC 9110, section 11.7.1", _header("proxy-authenticate")),
    _shows("proxy", "mitmproxy addons/proxyauth.py: its realm", _header("www-authenticate", r"mitmproxy")),
    # storage
    _shows("storage", "learn.microsoft.com/rest/api/storageservices", _header("server", r"^windows-azure-(blob|table|queue|file)")),
    _shows("storage", "learn.microsoft.com/rest/api/storageservices", _header("x-ms-error-code"), _header("x-ms-version")),
    _shows("storage", "the stores' Server headers", _header("server", r"^(amazons3|aliyunoss|tosserver|tencent-cos|obs$|minio)")),
    _shows("storage", "help.aliyun.com/zh/oss", _header("x-oss-request-id")),
    _shows("storage", "volcengine.com/docs/6349", _header("x-tos-request-id")),
    _shows("storage", "cloud.google.com/storage/docs/xml-api", _header("x-goog-storage-class")),
    # gateways that name themselves
    _shows("litellm", "PyPI litellm proxy/common_request_processing.py", _header("x-litellm-")),
    _shows(
        "litellm", "PyPI litellm exceptions.py", Sign("message", r"^litellm\.|litellm_proxy|\blitellm\b.*error|litellm_\w+table")
    ),
    _shows(
        "litellm",
        "PyPI litellm proxy/auth/",
        Sign("message", r"only proxy admin can|invalid proxy server token|passed model group fallbacks|received model group="),
    ),
    _shows("litellm", "BerriAI/litellm#17996", Sign("message", r"^error code: \d{3} - \{"), Sign("code", r"^\d{3}$")),
    _shows("litellm", "PyPI litellm proxy/openai_files_endpoints", Sign("message", r"files_settings is not set")),
    _shows(
        "litellm",
        "PyPI litellm proxy/_types.py, ProxyErrorTypes",
        Sign(
            "type",
            r"^(auth_error|token_not_found_in_db|budget_exceeded|no_db_connection|expired_key"
            r"|(key|team|user|org)_model_access_denied)$",
        ),
        Sign("code", r"^\d{3}$"),  # the status as a text, too: others use some of these words
    ),
    _shows(
        "litellm",
        "PyPI litellm proxy/_types.py, ProxyException: the status as a text, and the word None",
        Sign("type", r"^(internal_server_error|bad_request_error|not_found_error|validation_error|none)$"),
        Sign("code", r"^\d{3}$"),
        Sign("shape", r"^azure$"),
        Sign("path", "$.error.param"),  # llama.cpp has the rest alike
    ),
    _shows("new-api", "QuantumNous/new-api middleware/request-id.go", _header("x-oneapi-request-id")),
    _shows("new-api", "QuantumNous/new-api middleware", _header("x-new-api-version")),
    _shows("new-api", "QuantumNous/new-api types/error.go", Sign("type", r"^(new_api|one_api|shell_api|rix_api)\w*error$")),
    _shows(
        "new-api",
        "forks rename it: Huanshere/VideoLingo#36",
        Sign("type", r"^(?!shell|rix|internal|external|upstream|openai|azure|provider|server|rest)[a-z0-9]+_api_error$"),
    ),
    _shows("new-api", "QuantumNous/new-api", Sign("code", r"^(task_not_exist|model_not_found_in_channel|get_channel_failed)$")),
    _shows(
        "new-api",
        "QuantumNous/new-api and songquanpeng/one-api middleware/auth.go, middleware/distributor.go",
        Sign(
            "message",
            r"无效的令牌|未提供令牌|无可用渠道|该令牌|令牌状态不可用|令牌额度|令牌已过期|用户额度不足"
            r"|[(（]request id: 20\d{12}",
        ),
    ),
    _shows("new-api", "QuantumNous/new-api", Sign("message", r"no available channel for model|request blocked: domain not in")),
    _shows("portkey", "portkey.ai docs", _header("x-portkey-")),
    _shows("portkey", "Portkey-AI/gateway requestValidator", Sign("message", r"\bx-portkey-(config|provider|api-key)\b")),
    _shows("helicone", "docs.helicone.ai", _header("helicone-id")),
    _shows("cloudflare-ai-gateway", "developers.cloudflare.com/ai-gateway", _header("cf-aig-")),
    _shows("cloudflare-ai-gateway", "cloudflare/cloudflare-docs#31050", Sign("message", r"aigatewayerror")),
    _shows("bifrost", "docs.getbifrost.ai", _header("x-bf-")),
    _shows("bifrost", "maximhq/bifrost core/schemas: BifrostError", Sign("path", "$.is_bifrost_error")),
    _shows("bedrock", "docs.aws.amazon.com/bedrock", _header("x-amzn-bedrock-")),
    _shows("bedrock", "docs.aws.amazon.com/bedrock", Sign("host", r"^bedrock[\w-]*\.[\w-]+\.amazonaws\.com$")),
    _shows("aws-api-gateway", "docs.aws.amazon.com/apigateway", _header("x-amz-apigw-id")),
    _shows(
        "aws-api-gateway",
        "docs.aws.amazon.com/apigateway",
        _header("x-amzn-errortype"),
        Sign("message", r"^(missing authentication token|forbidden)$"),
    ),
    _shows("apisix", "apisix.apache.org", _header("server", r"^apisix")),
    _shows("apisix", "apisix.apache.org", Sign("message", r"^404 route not found$")),
    _shows("tyk", "tyk.io/docs", Sign("message", r"^(authorization field missing|access to this api has been disallowed)")),
    _shows("openrouter", "openrouter.ai/docs", Sign("host", r"(^|\.)openrouter\.ai$")),
    _shows("openrouter", "openrouter.ai/docs/api-reference", _header("x-generation-id"), _header("server", r"^cloudflare")),
    _shows("openrouter", "openrouter.ai/docs/api-reference/errors", Sign("message", r"^no auth credentials found$|\bopenrouter\b")),
    _shows("kong", "Kong's default answers", _header("server", r"^kong/")),
    _shows("kong", "docs.konghq.com, headers", _header("x-kong-")),
    _shows("kong", "Kong's default answers", Sign("message", r"no route matched with those values|^no api key found in request")),
    _shows("application-gateway", "Azure Application Gateway", _header("server", r"^microsoft-azure-application-gateway")),
    _shows("front-door", "Azure Front Door error pages", _header("x-azure-ref"), Sign("html")),
    _shows("customer-apim", "Azure API Management tracing", _header("ocp-apim-")),
    _shows(
        "customer-apim",
        "Azure API Management's default errors; NestJS answers in the same shape, with HTTP's own words",
        Sign("shape", r"^apim$"),
        Sign(
            "message",
            r"^(?!(unauthorized|forbidden( resource)?|not found|bad request|too many requests)$"
            r"|throttlerexception|cannot (get|head) )",
        ),
    ),
    _shows(
        "customer-apim",
        "Azure API Management's default errors",
        Sign("message", r"valid key for an active subscription|missing subscription key"),
        Sign("shape", r"^(?!azure)"),
    ),
    _shows("customer-apim", "Azure API Management's hosts", Sign("host", r"\.azure-api\.net$"), Sign("shape", r"^(apim|)$")),
    _shows("application-gateway", "Azure Application Gateway", _header("x-azure-application-gateway-")),
    _shows("application-gateway", "Azure Application Gateway", Sign("html"), Sign("title", r"application gateway")),
    _shows("front-door", "Azure Front Door", Sign("html"), Sign("title", r"azure front door|our services aren't available")),
    # the vendors: by what only they send, or by their host with their own shape
    _shows(
        "openai", "platform.openai.com debugging headers", _header("openai-processing-ms"), _header("openai-version"), _OPENAI_HOST
    ),
    _shows("azure-openai", "headers of recorded answers", _header("apim-request-id"), _header("x-ms-region")),
    _shows("azure-openai", "headers of recorded answers", _header("azureml-model-session")),
    _shows("azure-openai", "headers of recorded answers", _header("apim-request-id"), _AZURE_HOST),
    _shows("azure-openai", "errors of recorded answers", _AZURE_HOST, Sign("shape", r"^(azure|flat)$")),
    _shows("openai", "platform.openai.com debugging headers", _OPENAI_HOST, _header("x-request-id", r"^req_")),
    _shows("openai", "errors of recorded answers", _OPENAI_HOST, Sign("shape", r"^azure$")),
    # infrastructure that answers by itself only with pages of its own
    _shows(
        "cloudflare",
        "Cloudflare's error pages",
        _header("server", r"^cloudflare"),
        Sign("title", r"cloudflare|just a moment|attention required|\| 5\d\d: "),
    ),
    _shows("cloudflare", "Cloudflare's error pages", _header("server", r"^cloudflare"), Sign("message", r"^error code: 1\d\d\d")),
    _shows(
        "envoy",
        "Envoy's local replies",
        Sign("message", r"^(no healthy upstream|upstream connect error|rbac: access denied|upstream request timeout)"),
    ),
    _shows(
        "envoy",
        "Envoy Gateway",
        _header("server", r"^envoy$"),
        Sign("message", r"^(client authentication failed|jwt |no matching route)"),
    ),
    _shows("envoy", "Envoy's local replies have no body", _header("server", r"^envoy$"), Sign("empty")),
    _shows("nginx", "nginx's default pages", _header("server", r"^(nginx|openresty)"), Sign("html"), Sign("title", r"^\d{3} ")),
    _shows(
        "vllm",
        "PyPI vllm entrypoints/openai",
        Sign("shape", r"^flat$"),
        Sign("type", r"^(NotFoundError|BadRequestError)$"),
        _header("server", r"^uvicorn"),
    ),
    _shows(
        "vllm",
        "PyPI vllm entrypoints/openai",
        _header("server", r"^uvicorn"),
        Sign("type", r"^(NotFoundError|BadRequestError|InvalidUserInput)$"),
    ),
    _shows("vllm", "PyPI vllm-omni entrypoints/openai/api_server.py", Sign("message", r"^generation is still in-progress")),
    _shows("sglang", "PyPI sglang", _header("server", r"^(uvicorn|granian)"), _header("x-sglang-")),
    _shows("sglang", "PyPI sglang", Sign("message", r"video has been uploaded to cloud storage|cloud storage.{0,40}\burl")),
    _shows("login-page", "titles of login pages", Sign("html"), Sign("title", r"sign ?in|log ?in|anmelden|connexion|single sign")),
)
"""In order of how much a match says: a party that names itself stands before one that is told by its shape."""

TITLES = {
    "apisix": "APISIX",
    "application-gateway": "Azure Application Gateway",
    "aws-api-gateway": "AWS API Gateway",
    "azure-openai": "Azure OpenAI",
    "bedrock": "Amazon Bedrock",
    "bifrost": "Bifrost",
    "cloudflare": "Cloudflare",
    "cloudflare-ai-gateway": "Cloudflare AI Gateway",
    "customer-apim": "an API Management gateway",
    "envoy": "Envoy",
    "front-door": "Azure Front Door",
    "helicone": "Helicone",
    "kong": "Kong",
    "litellm": "LiteLLM",
    "login-page": "a login page",
    "new-api": "new-api (or a fork of one-api)",
    "nginx": "nginx",
    "openai": "OpenAI",
    "openrouter": "OpenRouter",
    "portkey": "Portkey",
    "proxy": "a proxy",
    "sglang": "SGLang",
    "storage": "the storage service",
    "tyk": "Tyk",
    "vllm": "vLLM",
}
"""How each party is called in a report."""
VENDORS = frozenset({"azure-openai", "openai"})
"""Those who make the models and the artefacts, and answer for them."""
GATEWAYS = frozenset({
    "apisix", "application-gateway", "aws-api-gateway", "bifrost", "cloudflare-ai-gateway", "customer-apim", "envoy",
    "front-door", "helicone", "kong", "litellm", "new-api", "openrouter", "portkey", "tyk",
})  # fmt: skip
"""Those who stand between the caller and such a vendor, with routes, rules and credentials of their own."""


def title(name: str) -> str:
    """How a party is called in a report; an unknown name as it is."""
    return TITLES.get(name, name)


@lru_cache(maxsize=1024)
def is_vendors_host(host: str) -> bool:
    """Whether a host name is one of OpenAI's or Azure's own, not a gateway's in front of them."""
    return any(re.search(sign.pattern, vendor_host(host.rstrip(".")), re.IGNORECASE) for sign in (_OPENAI_HOST, _AZURE_HOST))


_SIGNS = tuple(dict.fromkeys(sign for one in FINGERPRINTS for sign in one.signs))
_BY_START = [sign for sign in _SIGNS if sign.key.endswith("-")]
_STARTS = tuple(sign.key for sign in _BY_START)
_BY_NAME: dict[str, list[tuple[Sign, re.Pattern[str]]]] = {}
for _sign in _SIGNS:
    if _sign.key and _sign not in _BY_START:
        _BY_NAME.setdefault(_sign.key, []).append((_sign, re.compile(_sign.pattern, re.IGNORECASE)))
_IN_PATHS = {sign.pattern: sign for sign in _SIGNS if sign.place == "path"}
_TEXTS: tuple[Place, ...] = ("code", "type", "message", "shape", "title", "host")


def answered_by(response: Response | None, url: str) -> str | None:
    """Name who made an answer, None where nothing gives it away. `url` is the one that was asked last.

    One header that others send too is never enough: `apim-request-id` alone is any API Management, not Azure OpenAI.
    """
    if response is None:
        return None
    shown: list[Sign] = []
    for name, value in response.headers:
        key = name.lower()
        for sign, pattern in _BY_NAME.get(key, ()):
            if pattern.search(value):
                shown.append(sign)
        if key.startswith(_STARTS):  # a key that ends in `-` stands for every header that begins so
            shown += [sign for sign in _BY_START if key.startswith(sign.key)]
    shown += [_IN_PATHS[one.path] for one in response.json_paths if one.path in _IN_PATHS]
    shown += [Sign("html")] if response.sniffed_type == "text/html" else []
    shown += [Sign("empty")] if response.status_code >= 400 and not response.body_size else []
    code, kind, said = response.error_code, response.error_type, response.error_message
    texts = (code, kind, said, response.error_shape, response.title, vendor_host(host_of(url)))
    return _whose(frozenset(shown), texts)


@lru_cache(maxsize=1024)
def _whose(shown: frozenset[Sign], texts: tuple[str | None, ...]) -> str | None:
    """Compare what an answer shows with every fingerprint; most answers of a service show the same."""
    said = dict(zip(_TEXTS, texts, strict=True))

    def has(sign: Sign) -> bool:
        text = said.get(sign.place)
        return bool(re.search(sign.pattern, text, re.IGNORECASE)) if text else sign in shown

    return next((one.name for one in FINGERPRINTS if all(map(has, one.signs))), None)
