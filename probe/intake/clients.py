"""Errors as the SDKs and HTTP clients of each language print them."""

from __future__ import annotations

from probe.intake.sayings import Saying, saying

_CLASS = r"(?<![\w.])(?:[\w.]{0,80}\.)?(?P<klass>[A-Z]\w{2,60}(?:Error|Exception))"
_NAMED = (
    r"NotFoundError|AuthenticationError|PermissionDeniedError|RateLimitError|BadRequestError|APIError|InternalServerError"
    r"|ConflictError|UnprocessableEntityError"
)
"""Error classes that the official SDKs of all languages have."""
_BLOCK = (
    r"Status: <status>(?: \((?P<reason>[^\n()]{0,80})\))?(?:[ \t]{0,20}\n[ \t]{0,8}ErrorCode: (?P<code>[\w.-]{1,80}))?"
    r"(?:(?:[ \t]{0,20}\n){1,4}[ \t]{0,8}(?:Content|Response):(?:[ \t]{0,20}\n)?)?"
)
"""What Azure.Core puts below a message."""
_JVM = r"(?:com|org|io|dev|okhttp3|retrofit2|java)\.[\w.$]{3,120}(?:Exception|Error):"

_PATTERNS = {
    "python": (
        rf"(?:{_CLASS}(?: \(\d{{3}}\))?:\s{{1,4}}(?:[^\n]{{0,200}}?))?Error code:\s?<status>"
        r"(?:\s{0,2}-\s{0,2}|\s{0,2},\s{0,2}|(?=\s|$))",
        r"HTTP Request:\s<method> <url> \"HTTP/\d(?:\.\d)? <status>[^\"\n]{0,80}\"",
        rf"(?:{_CLASS}:\s)?<status> (?:Client|Server) Error:? (?P<message>[^\n]{{0,160}}?) for url: <url>",
        rf"(?:{_CLASS}:\s)?(?:Client|Server) error '<status>(?: (?P<message>[^'\n]{{0,120}}))?' for url '<url>'",
        r"ClientResponseError: <status>, message=['\"](?P<message>[^'\"\n]{0,300})['\"], url=(?:URL\()?['\"]?<url>",
        rf"(?<![\w.])(?:[\w.]{{0,80}}\.)?(?P<klass>{_NAMED}|PermissionError|InvalidRequestError|ServiceUnavailableError"
        r"|APIStatusError|Timeout|APIConnectionError|AzureOpenAIError|OpenAIError|HttpResponseError|ResourceNotFoundError"
        r"|ClientAuthenticationError|ResourceNotFoundException):\s{1,4}(?!Invalid response object|\s*(?:[^\n]{0,200})Error code: \d"
        r"|Status code \d|litellm\.|\(|\d{3}\b)(?P<message>[^\n]{3,2000})",
        r"Invalid response object from API: [\"'](?P<message>[^\n]{2,2000})[\"'] \(HTTP response code was <status>\)",
        r"\berror_code=(?P<code>[\w.]{1,60}) error_message='(?P<message>[^\n]{1,2000}?)' error_param=",
        r"(?<!\w)Response status: <status>\b",
        r"HTTPError: HTTP Error <status>: <message>",
        r"too many <status> error responses",
        r"<Response \[<status>[^\]\n]{0,60}\]>",
        r"(?:(?m:^)\((?=[A-Z45]\w\w)|\w{3,60}(?:Error|Exception): \()(?P<code>[\w.]{1,60})\) (?P<message>[^\n]{3,1000})"
        r"(?:\nCode: [^\n]{1,60})?(?:\nMessage: [^\n]{1,1000})?",
    ),
    "dotnet": (
        r"HTTP <status> ?\((?P<type>[^:()\n]{0,80}): ?(?P<code>[^()\n]{0,80})\)(?:(?:[ \t]{0,20}\n){1,4}"
        r"[ \t]{0,8}(?P<message>(?!\s*(?:at|--) )[^\n]{1,2000}))?",
        r"(?m:^[ \t>]{0,12})(?:[\w. ]{0,120}Exception[^\n:]{0,40}:[ \t]{1,4}|An error occurred: |[\"']?[mM]essage[\"']?: [\"'])?"
        rf"(?P<message>[^\n]{{8,2000}})(?:[ \t]{{0,20}}\n){{1,2}}[ \t]{{0,8}}{_BLOCK}",
        rf"(?m:^[ \t>-]{{0,12}}|(?<=[ \t(])){_BLOCK}",
        r"(?:HttpRequestException|HttpOperationException)[^\n]{0,120}?:[^\n]{0,120}?(?:status code does not indicate success: "
        r"|\()<status>\b",
        r"HTTP status: <status>\b(?:\. Details: (?P<message>[^\n]{1,1000}))?",
        r"(?<![\w.])[A-Z][\w.]{3,120}\.[A-Z]\w{2,60}Exception: '(?P<message>[^'\n]{6,300})'",
    ),
    "javascript": (
        rf"(?P<klass>{_NAMED}|Error): <status>(?: status code \(no body\)| <message>)",
        r"(?:AxiosError: )?Request failed with status code <status>(?: and body\s)?",
        r"AI_APICallError(?:\s?\[[^\]\n]{0,60}\])?: (?P<message>[^\n]{1,1000})",
        r"(?m)^\s{0,8}(?:status|statusCode|responseStatus): <status>,\s{0,4}$",
        r"(?i)(?<![\w>])(?:request failed|API error|AI response error[^\n:]{0,40}|HTTP error!?|fetch failed|response error"
        r"|openai error|chatgpt error)[^\n\d:]{0,40}[:( ]{1,3}(?:status:? ?)?(?P<status>[45]\d\d)\)?[:. ]{0,3}"
        r"(?P<message>[^\n<]{0,1000})",
        r"(?m)^\s{0,8}code: '(?P<code>[45]\d\d)',?\s{0,4}$",
        r"(?i)(?<!\w)error: (?![^\n]{0,200}message: )[^\n{}]{0,80}?(?<![\w.-])(?P<status>[45]\d\d) (?P<message>[A-Z][^\n]{4,300})",
    ),
    "java": (
        rf"{_JVM} (?:HTTP )?<status>(?: [A-Z][A-Za-z ]{{2,40}})?(?:: | - |\s)<message>",
        r"Status code <status>, \"?<message>",
        rf"{_JVM}[^\n]{{0,120}}?(?:with )?status(?: code)?[ :=]{{1,3}}<status>\b(?:\s?\|\s?)?",
        r"Response\{protocol=\S{1,20} code=<status>, message=[^,\n]{0,80}, url=<url>\}",
    ),
    "go": (
        r"<method> \"<url>\": <status> [A-Z][A-Za-z ]{1,40}\s?",
        r"<method> <url>\n-{10,}\nRESPONSE <status>:? [^\n]{0,80}\n(?:ERROR CODE: (?P<code>[^\n]{1,80})\n)?(?:-{10,}\n)?",
        r"error, status code: <status>(?:, status: [^,\n]{0,60})?, (?:message|body): <message>",
    ),
    "ruby": (r"the server responded with status <status>(?: for <method> <url>)?",),
    "php": (
        r"`<method> <url>` resulted in a `<status>[^`\n]{0,80}` response:?\s{0,4}",
        r"Uncaught [\w\\]{3,120}(?:Exception|Error): (?!Client error|Server error)(?P<message>[^\n]{3,1000}?) in /[^\n:]{1,300}:\d",
    ),
    "rust": (
        r"kind: Status\(<status>[^()\n]{0,60}\), url: \"<url>\"",
        r"ApiError\((?:ApiError )?(?=\{)",
        r"\w{3,40}_error: (?P<message>[^\n]{3,1000}?)(?: \(param: [^()\n]{0,80}\))?"
        r" \(code: (?:None|(?:Some\(\"?)?(?P<code>[\w.-]{1,60}))",
        r"(?m)unexpected status <status>(?: [A-Z][A-Za-z ]{1,40})?: (?P<message>[^\n]{1,2000}?)(?:, url: <url>|$)",
    ),
}

SAYINGS: tuple[Saying, ...] = tuple(
    saying(f"{language}-error", pattern, language) for language, patterns in _PATTERNS.items() for pattern in patterns
)
