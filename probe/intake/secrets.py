"""Secrets of a paste, recognised by the place they stand in and by their shape, and taken out before anything else reads it."""

from __future__ import annotations

import re

from probe.redact import MARK

_LEARNED = 64
_SHORTEST = 8

_NAME = (
    r"(?:[\w.:-]{0,64}?(?:api[-_]?key|subscription[-_]?key|functions[-_]key|access[-_]?key|account[-_]?key|shared[-_]?key"
    r"|secret[-_]?key"
    r"|secret|passw(?:or)?d|pwd|passphrase|(?:ad|access|auth|bearer|refresh|id|api|session|storage|csrf|sas)[-_]?token|authtoken"
    r"|credential|signature|(?<=[_-])(?:key|token)[12]?|openai[-_]?key)|token|key[12]?)"
)
_QUOTED = r'"(?:[^"\\\n]|\\.){1,4096}"|\'(?:[^\'\\\n]|\\.){1,4096}\'|`[^`\n]{1,4096}`'
_PLACED = re.compile(
    rf"(?<![\w.:-])(?P<name>{_NAME})(?:\\?[\"'\]])*\s{{0,12}}(?::\s{{0,3}}(?:str|string)\s{{0,3}})?(?:=>|:=|=|:"
    rf"|\||\t|,(?=\s{{0,3}}[bB]?\\?[\"']))"
    rf"\s{{0,12}}(?:new\s)?(?:[A-Za-z_.]{{0,40}}\(\s{{0,4}})?(?!\w{{1,40}}:\s)[fFrRbB$@]{{0,2}}(?P<value>\\?[\"'`](?:[^\"'`\\\n]"
    rf"|\\(?![\"'])[^\n]){{1,4096}}"
    rf"|[^\s\"'`<>,;(){{}}\[\]\\&|]{{1,4096}})",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?<![\w-])(?P<name>(?:proxy-|x-ms-)?authorization(?:-auxiliary)?|(?:set-)?cookie2?)(?:\\?[\"'\]])*\s{0,8}(?::|=>|=|,)\s{0,8}"
    r"[fFrR$@]{0,2}(?:\\?[\"'`])?(?P<value>[^\"'`\n\\]{1,8192})",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(bearer|basic|apikey|sharedkey(?:lite)?|token|negotiate|digest)\s+", re.IGNORECASE)
_BEARER = re.compile(r"(?<![\w-])(?P<name>bearer|basic)[ \"',]{1,4}(?P<value>[A-Za-z0-9._~+/=-]{12,8192})", re.IGNORECASE)
_PAIR = re.compile(
    r"\"(?:name|key)\"\s{0,8}:\s{0,8}\"(?P<name>[^\"\n]{1,80})\"\s{0,8},\s{0,40}\"value\"\s{0,8}:\s{0,8}\"(?P<value>(?:"
    r"[^\"\\]|\\.){1,8192})\""
    r"|\"value\"\s{0,8}:\s{0,8}\"(?P<value2>(?:[^\"\\]|\\.){1,8192})\"\s{0,8},\s{0,40}\"(?:name"
    r"|key)\"\s{0,8}:\s{0,8}\"(?P<name2>[^\"\n]{1,80})\""
)
_POSITIONAL = re.compile(
    r"(?P<name>AzureKeyCredential|ApiKeyCredential|NewKeyCredential|AzureApiKeyCredential\.create|KeyCredential|\.apiKey"
    r"|setApiKey|\.credential"
    r"|api_key|WithAPIKey|NewClient|DefaultAzureConfig|DefaultConfig|OpenAIClient|OpenAiService|BearerTokenCredential\.create"
    r"|AddAzureOpenAI\w{0,40}\(\s{0,80}\"[^\"\n]{1,256}\",\s{0,80}\"[^\"\n]{1,256}\",\s{0,80}|StaticTokenCredential|ConvertTo-SecureString(?:\s-String)?)\s{0,4}\(?\s{0,4}(?P<value>"
    + _QUOTED
    + r")"
)
_SET = re.compile(
    r"(?:setx|user-secrets\s+set|set-item|Setenv\(|set_key\()\s{0,4}[\"']?(?P<name>[\w:.$]{1,80}(?:key|token|secret"
    r"|password))[\"']?[ ,]{1,4}"
    r"(?P<value>" + _QUOTED + r"|[^\s\"']{8,4096})",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"(?<!\S)(?P<name>-u|--user|--proxy-user|-b|--cookie|--oauth2-bearer|--api-key|--token|-Token|--account-key"
    r"|--sas-token)(?:\s{1,4}|=)"
    r"(?P<value>" + _QUOTED + r"|[^\s\"']{4,4096})"
)
_SPOKEN = re.compile(
    r"(?P<name>(?<![\w-])(?:api[- ]?)?(?:key|token)|密钥|密鑰|キー|schlüssel|clé(?: api)?|clave|chiave|ключ)"
    r"(?: ?\d)?(?: (?:provided|is|ist|est|es|è|=)|は)?[ :：=]{1,4}[\"'`]?(?P<value>[A-Za-z0-9+/_-]{24,200}={0,2})(?![\w/])",
    re.IGNORECASE,
)
"""A key in a sentence."""
_PARAMETER = re.compile(
    r"[?&](?P<name>sig|code|access|auth|jwt|[\w.-]{0,40}?(?:signature|key|token|secret|password|passwd|pwd|credential))="
    r"(?P<value>[^&\s\"'<>#\\)`]{4,4096})",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"://(?P<name>)(?P<value>[^\s/@\"'<>?#\\:]{0,256}:[^\s/@\"'<>?#\\]{1,1024})@")
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9_-])(?:(?P<openai>sk-[A-Za-z0-9_-]{16,512})|(?P<jwt>eyJ[A-Za-z0-9_-]{16,8192}(?:\.[A-Za-z0-9_-]{0,8192}){0,4})"
    r"|(?P<azure>[A-Za-z0-9]{40,70}(?:JQQJ99|AAAB)[A-Za-z0-9]{10,40})|(?P<github>gh[pousr]_[A-Za-z0-9]{30,255})"
    r"|(?P<google>AIza[A-Za-z0-9_-]{30,60}))(?![A-Za-z0-9_-])"
)
_SHAPE_NAMES = {"openai": "api-key", "jwt": "token", "azure": "api-key", "github": "token", "google": "api-key"}

_HOLE = re.compile(
    r"[<{\[$%(].*|.*[>}\]]|.*(?:your|my)[-_ ]?.{0,24}(?:key|token|secret|password).*|.*(?:xxxx|\*{3}|\.\.\.|\u2026"
    r"|placeholder|changeme|replace"
    r"|insert|redacted|example|dummy).*|x{3,}|\*+|-+|(?:os|process|config|configuration|settings|environment|self|this"
    r"|args|env|app|st|secrets"
    r"|builder|options|import)[.\[].*|(?:get)?env\(?.*|none|null|undefined|true|false|str|string|bytes|optional|required|\d{1,3}",
    re.IGNORECASE | re.DOTALL,
)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]{0,63}(?:\.[A-Za-z_$][\w$]{0,63}){0,5}")
_ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9_]{2,63}")
_HARMLESS_NAME = re.compile(
    r".*(?:max|min|total|prompt|completion|input|output|num|(?<!ac)count|next|page|continuation|public|foreign|primary|sort"
    r"|partition|cache|request|"
    r"idempotency)[-_.]?(?:tokens?|key)|(?:error|ms)[-_]?code",
    re.IGNORECASE,
)


def scrub(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Take every secret out of a paste.

    Returns the text with a mark in their place, the names of the places they stood in (a header, a variable, an argument), and the
    values, which the caller needs to search what it shows and must then forget. A placeholder (`<your-key>`) does not count.
    """
    found: list[tuple[str, str]] = []
    for pattern in (_HEADER, _PAIR, _PLACED, _POSITIONAL, _SET, _OPTION, _PARAMETER, _USERINFO, _BEARER, _SPOKEN):
        text = pattern.sub(lambda match: _dropped(match, found), text)
    text = _SHAPES.sub(lambda match: _shape(match, found), text)
    values = sorted({value for _name, value in found if len(value) >= _SHORTEST}, key=len, reverse=True)[:_LEARNED]
    for value in values:
        text = text.replace(value, MARK)
    return text, tuple(dict(found)), tuple(values)


def without_secrets(url: str) -> str:
    """Mask the credentials among the parameters of a URL that was put together from parts."""
    return _PARAMETER.sub(lambda match: _dropped(match, []), url)


def is_hole(value: str) -> bool:
    """Whether a placeholder stands where a value belongs."""
    return bool(_HOLE.fullmatch(value.strip().strip("\"'`")))


def _dropped(match: re.Match[str], found: list[tuple[str, str]]) -> str:
    """Replace the value of a match, unless it is a placeholder or a variable's name."""
    group = "value" if match["value"] is not None else "value2"
    name = match["name" if group == "value" else "name2"] or ""
    if match.re is _PAIR and not re.fullmatch(rf"{_NAME}|(?:proxy-)?authorization|(?:set-)?cookie", name, re.IGNORECASE):
        return match[0]
    if _HARMLESS_NAME.fullmatch(name):
        return match[0]
    raw = match[group]
    start = match.start(group) - match.start(0)
    value = raw.strip("\\\"'` ")
    scheme = _SCHEME.match(value)
    core = value[scheme.end() :].strip() if scheme else value
    is_quoted = raw[:1] in "\\\"'`" or match.re in (_PAIR, _PARAMETER, _USERINFO, _OPTION)
    if not core or MARK in core or is_hole(core) or not _is_secret(name, core, is_quoted=is_quoted, is_header=match.re is _HEADER):
        return match[0]
    found.append((_spoken(name, match), core))
    begin = start + raw.index(core)
    return match[0][:begin] + MARK + match[0][begin + len(core) :]


def _is_secret(name: str, value: str, *, is_quoted: bool, is_header: bool) -> bool:
    """Tell a secret from a variable's name, a word and a number that stand in the same place."""
    if value.startswith(("http://", "https://")):
        return False
    if name.lower() in ("-b", "--cookie", "-u", "--user", "cookie", "set-cookie"):
        return is_header or "=" in value or ":" in value
    if _ENVIRONMENT.fullmatch(value) and "_" in value:
        return False
    if not name.isascii():
        return any(c.isdigit() for c in value)
    if name.lower() in ("key", "token", "code", "access", "auth", "jwt") or name.lower().endswith((".key", ".token")):
        return len(value) >= 16 and any(c.isdigit() for c in value)
    has_digit = any(c.isdigit() for c in value)
    if is_quoted:
        return len(value) >= 4 and (has_digit or " " not in value)
    if _ENVIRONMENT.fullmatch(name) and not _IDENTIFIER.fullmatch(value):
        return True
    return len(value) >= 12 and (has_digit or not _IDENTIFIER.fullmatch(value)) and "(" not in value


def _spoken(name: str, match: re.Match[str]) -> str:
    """Call a secret by the place it stood in, as the user wrote it."""
    if match.re is _USERINFO:
        return "user-info"
    if match.re is _BEARER:
        return "authorization"
    if match.re in (_POSITIONAL, _SPOKEN):
        return "api-key"
    plain = name.strip(".$-\"' ") or "secret"
    plain = {"u": "user", "b": "cookie", "oauth2-bearer": "authorization"}.get(plain, plain)
    return plain.lower() if match.re is _HEADER or "-" in plain or plain.lower() in ("authorization", "cookie") else plain


def _shape(match: re.Match[str], found: list[tuple[str, str]]) -> str:
    found.append((_SHAPE_NAMES[str(match.lastgroup)], match[0]))
    return MARK
