"""Errors as Python prints them: the SDKs' lines and tracebacks, requests, httpx, aiohttp, litellm."""

from __future__ import annotations

from functools import partial

from probe.intake.sayings import saying

_said = partial(saying, "python-error", "python")
_CLASS = r"(?<![\w.])(?:[\w.]{0,80}\.)?(?P<klass>[A-Z]\w{2,60}(?:Error|Exception))"
_MESSAGE = r"(?P<message>[^\n]{1,2000})"

SAYINGS = (
    _said(
        r"(?:" + _CLASS + r"(?: \(\d{3}\))?:\s{1,4}(?:[^\n]{0,200}?))?Error code:\s?(?P<status>[1-5]\d\d)(?:\s{0,2}-\s{0,2}"
        r"|\s{0,2},\s{0,2}|(?=\s|$))",
    ),
    _said(
        r"HTTP Request:\s(?P<method>[A-Z]{3,7}) (?P<url>https?://\S{1,4096}) \"HTTP/\d(?:\.\d)? (?P<status>[1-5]\d\d)"
        r"[^\"\n]{0,80}\"",
    ),
    _said(
        r"(?:" + _CLASS + r":\s)?(?P<status>[1-5]\d\d) (?:Client"
        r"|Server) Error:? (?P<message>[^\n]{0,160}?) for url: (?P<url>https?://[^\s'\")>`]{1,4096})",
    ),
    _said(
        r"(?:" + _CLASS + r":\s)?(?:Client|Server) error '(?P<status>[1-5]\d\d)(?: (?P<message>[^'\n]{0,120}))?' for url '"
        r"(?P<url>https?://[^'\n]{1,4096})'",
    ),
    _said(
        r"ClientResponseError: (?P<status>[1-5]\d\d), message=['\"](?P<message>[^'\"\n]{0,300})['\"], url=(?:URL\()?['\"]?"
        r"(?P<url>https?://[^\s'\")]{1,4096})",
    ),
    _said(
        r"(?<![\w.])(?:[\w.]{0,80}\.)?(?P<klass>NotFoundError|AuthenticationError|PermissionDeniedError|PermissionError"
        r"|RateLimitError|BadRequestError"
        r"|InvalidRequestError|UnprocessableEntityError|ConflictError|InternalServerError|ServiceUnavailableError"
        r"|APIStatusError|APIError|Timeout"
        r"|APIConnectionError|AzureOpenAIError|OpenAIError|HttpResponseError|ResourceNotFoundError"
        r"|ClientAuthenticationError|ResourceNotFoundException)"
        r":\s{1,4}(?!Invalid response object|"
        r"\s*(?:[^\n]{0,200})Error code: \d|Status code \d|litellm\.|\(|\d{3}\b)(?P<message>[^\n]{3,2000})",
    ),
    _said(
        r"Invalid response object from API: [\"'](?P<message>[^\n]{2,2000})[\"'] \(HTTP response code was (?P<status>[1-5]\d\d)\)",
    ),
    _said(r"\berror_code=(?P<code>[\w.]{1,60}) error_message='(?P<message>[^\n]{1,2000}?)' error_param="),
    _said(r"(?<!\w)Response status: (?P<status>[1-5]\d\d)\b"),
    _said(r"HTTPError: HTTP Error (?P<status>[45]\d\d): (?P<message>[^\n]{1,200})"),
    _said(r"too many (?P<status>[45]\d\d) error responses"),
    _said(r"<Response \[(?P<status>[1-5]\d\d)[^\]\n]{0,60}\]>"),
    _said(
        r"(?:(?m:^)\((?=[A-Z45]\w\w)|\w{3,60}(?:Error|Exception): \()(?P<code>[\w.]{1,60})\) "
        r"(?P<message>[^\n]{3,1000})(?:\nCode: [^\n]{1,60})?"
        r"(?:\nMessage: [^\n]{1,1000})?",
    ),
)
