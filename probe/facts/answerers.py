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


class Answerer(Frozen):
    """Who answered, and the places of the answer that say so."""

    name: str
    rests_on: tuple[str, ...]


def _header(key: str, pattern: str = "") -> Sign:
    return Sign("header", pattern, key)


_AZURE_HOST = Sign(
    "host", r"\.(openai\.azure|cognitiveservices\.azure|services\.ai\.azure|api\.cognitive\.microsoft)\.(com|us|cn)$"
)
_OPENAI_HOST = Sign("host", r"(^|\.)api\.openai\.com$")

FINGERPRINTS: tuple[Fingerprint, ...] = (
    # proxies on the caller's side
    Fingerprint("proxy", (_header("x-squid-error"),), "squid ERR_ pages"),
    Fingerprint(
        "proxy",
        (_header("server", r"^(squid|tinyproxy|mitmproxy|zscaler|bluecoat|mcafee web gateway|fortiproxy)"),),
        "the products' pages",
    ),
    Fingerprint(
        "proxy",
        (
            Sign("html"),
            Sign(
                "title", INTERCEPTORS + r"|fortiguard|websense|tinyproxy|(url|web ?page|web ?site|access) (is )?blocked|web filter"
            ),
        ),
        "block pages of the products",
    ),
    Fingerprint("proxy", (_header("proxy-authenticate"),), "RFC 9110, section 11.7.1"),
    Fingerprint(
        "proxy",
        (_header("www-authenticate", r"mitmproxy"),),
        "mitmproxy addons/proxyauth.py: its realm",
    ),
    # storage
    Fingerprint(
        "storage", (_header("server", r"^windows-azure-(blob|table|queue|file)"),), "learn.microsoft.com/rest/api/storageservices"
    ),
    Fingerprint("storage", (_header("x-ms-error-code"), _header("x-ms-version")), "learn.microsoft.com/rest/api/storageservices"),
    Fingerprint(
        "storage", (_header("server", r"^(amazons3|aliyunoss|tosserver|tencent-cos|obs$|minio)"),), "the stores' Server headers"
    ),
    Fingerprint("storage", (_header("x-oss-request-id"),), "help.aliyun.com/zh/oss"),
    Fingerprint("storage", (_header("x-tos-request-id"),), "volcengine.com/docs/6349"),
    Fingerprint("storage", (_header("x-goog-storage-class"),), "cloud.google.com/storage/docs/xml-api"),
    # gateways that name themselves
    Fingerprint("litellm", (_header("x-litellm-"),), "PyPI litellm proxy/common_request_processing.py"),
    Fingerprint(
        "litellm", (Sign("message", r"^litellm\.|litellm_proxy|\blitellm\b.*error|litellm_\w+table"),), "PyPI litellm exceptions.py"
    ),
    Fingerprint(
        "litellm",
        (Sign("message", r"only proxy admin can|invalid proxy server token|passed model group fallbacks|received model group="),),
        "PyPI litellm proxy/auth/",
    ),
    Fingerprint("litellm", (Sign("message", r"^error code: \d{3} - \{"), Sign("code", r"^\d{3}$")), "BerriAI/litellm#17996"),
    Fingerprint("litellm", (Sign("message", r"files_settings is not set"),), "PyPI litellm proxy/openai_files_endpoints"),
    Fingerprint(
        "litellm",
        (
            Sign(
                "type",
                r"^(auth_error|token_not_found_in_db|budget_exceeded|no_db_connection|expired_key"
                r"|(key|team|user|org)_model_access_denied)$",
            ),
            Sign("code", r"^\d{3}$"),  # the status as a text, too: others use some of these words
        ),
        "PyPI litellm proxy/_types.py, ProxyErrorTypes",
    ),
    Fingerprint(
        "litellm",
        (
            Sign("type", r"^(internal_server_error|bad_request_error|not_found_error|validation_error|none)$"),
            Sign("code", r"^\d{3}$"),
            Sign("shape", r"^azure$"),
        ),
        "PyPI litellm proxy/_types.py, ProxyException: the status as a text, and the word None",
    ),
    Fingerprint("new-api", (_header("x-oneapi-request-id"),), "QuantumNous/new-api middleware/request-id.go"),
    Fingerprint("new-api", (_header("x-new-api-version"),), "QuantumNous/new-api middleware"),
    Fingerprint("new-api", (Sign("type", r"^(new_api|one_api|shell_api|rix_api)\w*error$"),), "QuantumNous/new-api types/error.go"),
    Fingerprint("new-api", (Sign("type", r"^(?!shell|rix)[a-z0-9]+_api_error$"),), "forks rename it: Huanshere/VideoLingo#36"),
    Fingerprint(
        "new-api", (Sign("code", r"^(task_not_exist|model_not_found_in_channel|get_channel_failed)$"),), "QuantumNous/new-api"
    ),
    Fingerprint(
        "new-api",
        (
            Sign(
                "message",
                r"无效的令牌|未提供令牌|无可用渠道|该令牌|令牌状态不可用|令牌额度|令牌已过期|用户额度不足"
                r"|[(（]request id: 20\d{12}",
            ),
        ),
        "QuantumNous/new-api and songquanpeng/one-api middleware/auth.go, middleware/distributor.go",
    ),
    Fingerprint(
        "new-api", (Sign("message", r"no available channel for model|request blocked: domain not in"),), "QuantumNous/new-api"
    ),
    Fingerprint("portkey", (_header("x-portkey-"),), "portkey.ai docs"),
    Fingerprint("portkey", (Sign("message", r"\bx-portkey-(config|provider|api-key)\b"),), "Portkey-AI/gateway requestValidator"),
    Fingerprint("helicone", (_header("helicone-id"),), "docs.helicone.ai"),
    Fingerprint("cloudflare-ai-gateway", (_header("cf-aig-"),), "developers.cloudflare.com/ai-gateway"),
    Fingerprint("cloudflare-ai-gateway", (Sign("message", r"aigatewayerror"),), "cloudflare/cloudflare-docs#31050"),
    Fingerprint("bifrost", (_header("x-bf-"),), "docs.getbifrost.ai"),
    Fingerprint("bifrost", (Sign("path", r"^\$\.is_bifrost_error$"),), "maximhq/bifrost core/schemas: BifrostError"),
    Fingerprint("bedrock", (_header("x-amzn-bedrock-"),), "docs.aws.amazon.com/bedrock"),
    Fingerprint("bedrock", (Sign("host", r"^bedrock[\w-]*\.[\w-]+\.amazonaws\.com$"),), "docs.aws.amazon.com/bedrock"),
    Fingerprint("aws-api-gateway", (_header("x-amz-apigw-id"),), "docs.aws.amazon.com/apigateway"),
    Fingerprint(
        "aws-api-gateway",
        (_header("x-amzn-errortype"), Sign("message", r"^(missing authentication token|forbidden)$")),
        "docs.aws.amazon.com/apigateway",
    ),
    Fingerprint("apisix", (_header("server", r"^apisix"),), "apisix.apache.org"),
    Fingerprint("apisix", (Sign("message", r"^404 route not found$"),), "apisix.apache.org"),
    Fingerprint("tyk", (Sign("message", r"^(authorization field missing|access to this api has been disallowed)"),), "tyk.io/docs"),
    Fingerprint("openrouter", (Sign("host", r"(^|\.)openrouter\.ai$"),), "openrouter.ai/docs"),
    Fingerprint("openrouter", (_header("x-generation-id"), _header("server", r"^cloudflare")), "openrouter.ai/docs/api-reference"),
    Fingerprint(
        "openrouter", (Sign("message", r"^no auth credentials found$|\bopenrouter\b"),), "openrouter.ai/docs/api-reference/errors"
    ),
    Fingerprint("kong", (_header("server", r"^kong/"),), "Kong's default answers"),
    Fingerprint("kong", (_header("x-kong-"),), "docs.konghq.com, headers"),
    Fingerprint(
        "kong", (Sign("message", r"no route matched with those values|^no api key found in request"),), "Kong's default answers"
    ),
    Fingerprint("application-gateway", (_header("server", r"^microsoft-azure-application-gateway"),), "Azure Application Gateway"),
    Fingerprint("front-door", (_header("x-azure-ref"), Sign("html")), "Azure Front Door error pages"),
    Fingerprint("customer-apim", (_header("ocp-apim-"),), "Azure API Management tracing"),
    Fingerprint("customer-apim", (Sign("shape", r"^apim$"),), "Azure API Management's default errors"),
    Fingerprint(
        "customer-apim",
        (Sign("message", r"valid key for an active subscription|missing subscription key"), Sign("shape", r"^(?!azure)")),
        "Azure API Management's default errors",
    ),
    Fingerprint("customer-apim", (Sign("host", r"\.azure-api\.net$"), Sign("shape", r"^(apim|)$")), "Azure API Management's hosts"),
    Fingerprint("application-gateway", (_header("x-azure-application-gateway-"),), "Azure Application Gateway"),
    Fingerprint("application-gateway", (Sign("html"), Sign("title", r"application gateway")), "Azure Application Gateway"),
    Fingerprint("front-door", (Sign("html"), Sign("title", r"azure front door|our services aren't available")), "Azure Front Door"),
    # the vendors: by what only they send, or by their host with their own shape
    Fingerprint(
        "openai",
        (_header("openai-processing-ms"), _header("openai-version"), _OPENAI_HOST),
        "platform.openai.com debugging headers",
    ),
    Fingerprint("azure-openai", (_header("apim-request-id"), _header("x-ms-region")), "headers of recorded answers"),
    Fingerprint("azure-openai", (_header("azureml-model-session"),), "headers of recorded answers"),
    Fingerprint("azure-openai", (_header("apim-request-id"), _AZURE_HOST), "headers of recorded answers"),
    Fingerprint("azure-openai", (_AZURE_HOST, Sign("shape", r"^(azure|flat)$")), "errors of recorded answers"),
    Fingerprint("openai", (_OPENAI_HOST, _header("x-request-id", r"^req_")), "platform.openai.com debugging headers"),
    Fingerprint("openai", (_OPENAI_HOST, Sign("shape", r"^azure$")), "errors of recorded answers"),
    # infrastructure that answers by itself only with pages of its own
    Fingerprint(
        "cloudflare",
        (
            _header("server", r"^cloudflare"),
            Sign("title", r"cloudflare|just a moment|attention required|\| 5\d\d: "),
        ),
        "Cloudflare's error pages",
    ),
    Fingerprint(
        "cloudflare", (_header("server", r"^cloudflare"), Sign("message", r"^error code: 1\d\d\d")), "Cloudflare's error pages"
    ),
    Fingerprint(
        "envoy",
        (Sign("message", r"^(no healthy upstream|upstream connect error|rbac: access denied|upstream request timeout)"),),
        "Envoy's local replies",
    ),
    Fingerprint(
        "envoy",
        (_header("server", r"^envoy$"), Sign("message", r"^(client authentication failed|jwt |no matching route)")),
        "Envoy Gateway",
    ),
    Fingerprint("envoy", (_header("server", r"^envoy$"), Sign("empty")), "Envoy's local replies have no body"),
    Fingerprint(
        "nginx", (_header("server", r"^(nginx|openresty)"), Sign("html"), Sign("title", r"^\d{3} ")), "nginx's default pages"
    ),
    Fingerprint(
        "vllm",
        (Sign("shape", r"^flat$"), Sign("type", r"^(NotFoundError|BadRequestError)$"), _header("server", r"^uvicorn")),
        "PyPI vllm entrypoints/openai",
    ),
    Fingerprint(
        "vllm",
        (_header("server", r"^uvicorn"), Sign("type", r"^(NotFoundError|BadRequestError|InvalidUserInput)$")),
        "PyPI vllm entrypoints/openai",
    ),
    Fingerprint("vllm", (Sign("message", r"^generation is still in-progress"),), "PyPI vllm-omni entrypoints/openai/api_server.py"),
    Fingerprint("sglang", (_header("server", r"^(uvicorn|granian)"), _header("x-sglang-")), "PyPI sglang"),
    Fingerprint("sglang", (Sign("message", r"video has been uploaded to cloud storage|cloud storage.{0,40}\burl"),), "PyPI sglang"),
    Fingerprint(
        "login-page", (Sign("html"), Sign("title", r"sign ?in|log ?in|anmelden|connexion|single sign")), "titles of login pages"
    ),
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


_IN_HEADERS = tuple(dict.fromkeys(sign for one in FINGERPRINTS for sign in one.signs if sign.place == "header"))
_BY_NAME: dict[str, list[tuple[int, re.Pattern[str]]]] = {}
_BY_START: list[tuple[str, int]] = []
for _at, _sign in enumerate(_IN_HEADERS):
    if _sign.key.endswith("-"):
        _BY_START.append((_sign.key, _at))
    else:
        _BY_NAME.setdefault(_sign.key, []).append((_at, re.compile(_sign.pattern, re.IGNORECASE)))
_IN_PATHS = [(sign, re.compile(sign.pattern)) for one in FINGERPRINTS for sign in one.signs if sign.place == "path"]
_STARTS = tuple(start for start, _at in _BY_START)
_TEXTS: dict[Place, str] = {
    "code": "response.error_code",
    "type": "response.error_type",
    "message": "response.error_message",
    "shape": "response.error_shape",
    "title": "response.title",
    "host": "request.url",
}


def answered_by(response: Response | None, url: str) -> Answerer | None:
    """Name who made an answer, None where nothing gives it away. `url` is the one that was asked last.

    One header that others send too is never enough: `apim-request-id` alone is any API Management, not Azure OpenAI.
    """
    if response is None:
        return None
    headers = []
    for name, value in response.headers:
        key = name.lower()
        headers += [(at, key) for at, pattern in _BY_NAME.get(key, ()) if pattern.search(value)]
        if key.startswith(_STARTS):  # a key that ends in `-` stands for every header that begins so
            headers += [(at, key) for start, at in _BY_START if key.startswith(start)]
    is_html, is_empty = response.sniffed_type == "text/html", response.status_code >= 400 and not response.body_size
    code, kind, said = response.error_code, response.error_type, response.error_message
    texts = (code, kind, said, response.error_shape, response.title, vendor_host(host_of(url)))
    paths = frozenset(sign for sign, pattern in _IN_PATHS if any(pattern.search(one.path) for one in response.json_paths))
    return _whose(tuple(headers), paths, texts, is_html, is_empty)


@lru_cache(maxsize=1024)
def _whose(
    headers: tuple[tuple[int, str], ...], paths: frozenset[Sign], texts: tuple[str | None, ...], is_html: bool, is_empty: bool
) -> Answerer | None:
    """Compare what an answer shows with every fingerprint; most answers of a service show the same."""
    shown = {_IN_HEADERS[at]: f"response.headers.{key}" for at, key in reversed(headers)}
    said = dict(zip(_TEXTS, texts, strict=True))
    places: dict[Place, str | None] = {
        "html": "response.sniffed_type" if is_html else None,
        "empty": "response.body_size" if is_empty else None,
    }

    def place(sign: Sign) -> str | None:
        if sign.place == "header":
            return shown.get(sign)
        if sign.place == "path":
            return "response.json_paths" if sign in paths else None
        if sign.place in places:
            return places[sign.place]
        text = said[sign.place]
        return _TEXTS[sign.place] if text and re.search(sign.pattern, text, re.IGNORECASE) else None

    for one in FINGERPRINTS:
        found: list[str] = []
        for sign in one.signs:
            if (at := place(sign)) is None:
                break
            found.append(at)
        else:
            return Answerer(one.name, tuple(found))
    return None
