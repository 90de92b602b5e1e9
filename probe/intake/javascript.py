"""Errors as Node prints them: openai-node's APIError and its kin, axios, fetch, the Vercel AI SDK."""

from __future__ import annotations

from functools import partial

from probe.intake.sayings import saying

_said = partial(saying, "javascript-error", "javascript")

SAYINGS = (
    _said(
        r"(?P<klass>NotFoundError|AuthenticationError|PermissionDeniedError|RateLimitError|BadRequestError|APIError"
        r"|InternalServerError|ConflictError|UnprocessableEntityError"
        r"|Error): (?P<status>[1-5]\d\d)(?: status code \(no body\)| (?P<message>[^\n]{1,2000}))",
    ),
    _said(r"(?:AxiosError: )?Request failed with status code (?P<status>[1-5]\d\d)(?: and body\s)?"),
    _said(r"AI_APICallError(?:\s?\[[^\]\n]{0,60}\])?: (?P<message>[^\n]{1,1000})"),
    _said(r"(?m)^\s{0,8}(?:status|statusCode|responseStatus): (?P<status>[1-5]\d\d),\s{0,4}$"),
    _said(
        r"(?i)(?<![\w>])(?:request failed|API error|AI response error[^\n:]{0,40}|HTTP error!?|fetch failed|response error"
        r"|openai error|chatgpt error)[^\n\d:]{0,40}[:( ]{1,3}(?:status:? ?)?(?P<status>[45]\d\d)\)?[:. ]{0,3}(?P<message>"
        r"[^\n<]{0,1000})",
    ),
    _said(r"(?m)^\s{0,8}code: '(?P<code>[45]\d\d)',?\s{0,4}$"),
    _said(
        r"(?i)(?<!\w)error: (?![^\n]{0,200}message: )[^\n{}]{0,80}?(?<![\w.-])(?P<status>4\d\d"
        r"|5\d\d) (?P<message>[A-Z][^\n]{4,300})",
    ),
)
