"""Who answered: fingerprints name a party only where the answer shows what that party alone sends."""

from __future__ import annotations

from probe.facts.answerers import FINGERPRINTS, answered_by
from tests.each import each
from tests.factories import response

AZURE = "https://contoso.openai.azure.com/openai/v1/files"
OPENAI = "https://api.openai.com/v1/files"
GATEWAY = "https://gateway.example.com/v1/files"


@each(
    [
        (AZURE, {"headers": (("apim-request-id", "x"), ("x-ms-region", "East US 2"))}, "azure-openai"),
        (GATEWAY, {"headers": (("apim-request-id", "x"),)}, None),
        (AZURE, {"headers": (("apim-request-id", "x"),)}, "azure-openai"),
        (GATEWAY, {"error_shape": "apim", "error_message": "Resource not found"}, "customer-apim"),
        (AZURE, {"error_shape": "azure", "error_message": "Resource not found"}, "azure-openai"),
        (OPENAI, {"headers": (("x-request-id", "req_abc"), ("server", "cloudflare"))}, "openai"),
        (OPENAI, {"headers": (("server", "cloudflare"),), "sniffed_type": "text/html", "title": "Just a moment..."}, "cloudflare"),
        (GATEWAY, {"headers": (("x-litellm-version", "1.80"),)}, "litellm"),
        (GATEWAY, {"error_message": "litellm.NotFoundError: OpenAIException"}, "litellm"),
        (GATEWAY, {"headers": (("X-Oneapi-Request-Id", "2026"),)}, "new-api"),
        (GATEWAY, {"error_type": "new_api_error"}, "new-api"),
        (GATEWAY, {"headers": (("X-Squid-Error", "ERR_ACCESS_DENIED 0"),)}, "proxy"),
        (GATEWAY, {"headers": (("server", "Windows-Azure-Blob/1.0"),)}, "storage"),
        (GATEWAY, {"error_message": "no Route matched with those values"}, "kong"),
        (GATEWAY, {"headers": (("server", "nginx/1.24"),)}, None),
        (GATEWAY, {"headers": (("server", "nginx/1.24"),), "sniffed_type": "text/html", "title": "404 Not Found"}, "nginx"),
        (GATEWAY, {"headers": (("server", "uvicorn"),), "error_shape": "fastapi", "error_message": "Not Found"}, None),
        (GATEWAY, {"sniffed_type": "text/html", "title": "Sign in to your account"}, "login-page"),
    ]
)
def test_a_party_is_named_by_what_it_alone_sends(url: str, changes: dict, name: str | None) -> None:
    assert answered_by(response(404, **({"headers": (), "sniffed_type": "application/json"} | changes)), url) == name


def test_every_fingerprint_names_its_source_and_wants_something() -> None:
    assert all(one.source and one.signs for one in FINGERPRINTS)
