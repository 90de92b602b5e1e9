"""Unknown secrets, recognised by their place and shape: a header, a parameter, a token, a signature.

For single values of the wire only, never for a sentence or a table of ours. What a service says *about* a key is its diagnosis
(`Bearer challenge-response required`, `?code=DeploymentNotFound`), so a value is masked only where its place is one for secrets and
nothing else, or where it looks like a key. Every quantifier is possessive or bounded, and no two starts share a run: all of it is
linear in the text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from itertools import pairwise

MARK = "REDACTED"

SECRET_HEADER = re.compile(
    r"(?:^|[-_])(?:authorization|api[-_]?key|subscription[-_]key|functions[-_]key|access[-_]key|auth[-_]key|encryption[-_]key|auth|cookie2?"
    r"|token|secret|password|signature|credential)$|^x-ms-copy-source$",
    re.IGNORECASE,
)
HARMLESS_HEADER = re.compile(
    r"accept(?:-.+)?|content-.+|user-agent|x-ms-useragent|openai-.+|x-ms-(?:version|date|client-request-id)|.*(?:request|correlation)-id"
    r"|traceparent|.*(?:region|deployment)",
    re.IGNORECASE,
)
URL_HEADERS = frozenset({"location", "content-location", "operation-location", "azure-asyncoperation", "referer"})

_SECRET_PARAMETER = re.compile(  # these hold secrets and nothing else
    r"(?:^|[-_.$])(?:sig|signature|api[-_]?key|subscription[-_]key|functions[-_]key|access[-_]?key|account[-_]?key|pass|passwd|pwd)$"
    r"|(?:secret|password|apikey|credentials?|accesskey|(?:access|refresh|auth|security|session|sas|bearer)[-_]?token)$",
    re.IGNORECASE,
)
_MAYBE_PARAMETER = re.compile(r"^code$|(?:^|[-_.$])(?:key|auth|access|assertion|jwt|session|ticket)$|token$", re.IGNORECASE)
_OTHER_PARAMETER = re.compile(
    r"(?:page|next|continuation|sync|skip|prev|previous|cursor|max|min|partition|sort|row|foreign|public|cache|group|routing|order)"
    r"[-_.]?(?:token|key)",
    re.IGNORECASE,
)

_QUERY_START = r"(?:[?&;#]|%(?:25){0,4}(?:3f|26)|\\u00(?:3f|26))"
_EQUALS = r"(?:=|%(?:25){0,4}3d|\\u003d|&\#61;)"
_VALUE = r"(?:\\/|\\u00(?:2[b5f]|3d)|(?!%(?:25){0,4}26)[^&\s\"'<>\#\\])++"
PARAMETER = re.compile(rf"({_QUERY_START})([a-z][a-z0-9_.$-]{{1,63}})({_EQUALS})({_VALUE})", re.IGNORECASE)
SAS = re.compile(
    rf"((?<![a-z0-9_])sig{_EQUALS}|%(?:25){{0,4}}(?:3f|26)sig{_EQUALS}|\\u00(?:3f|26)sig{_EQUALS})({_VALUE})", re.IGNORECASE
)
USERINFO = re.compile(
    r"((?::|%3a)%2f%2f)((?:(?!%2f)[^\s/?#\"'<>\\]){1,256}(?:@|%40))|(:(?://|\\/\\/))([^\s/?#\"'<>\\]{1,256}@)", re.IGNORECASE
)

_RUN_START = r"(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9A-Fa-f]{2}))"
_JWT = re.compile(rf"{_RUN_START}eyJ[A-Za-z0-9_-]{{8,}}+(?:\.[A-Za-z0-9_-]*+){{1,4}}")
# Not after one of its own characters, so that each run is read once; after an escape, whose last characters are such.
_KEY = re.compile(
    r"(?:(?<![A-Za-z0-9_*.…•-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9A-Fa-f]{2}))"
    r"(?:sk-|gh[pousr]_|github_pat_|xox[abeprs]-|AIza|AKIA|ASIA|hf_|glpat-|gsk_|xai-)([A-Za-z0-9_*.…•-]++)"
)
_AZURE_KEY = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{84}(?![A-Za-z0-9])")
_ECHOED_KEY = re.compile(
    r"((?:api|access|subscription)[ _-]?(?:key|token)\s{0,4}(?:provided|supplied|given|used)?\s{0,4}[:=]\s{0,4}[\"'`]?)"
    r"([^\s\"'`<>,;&\\]++)",
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"(\b(?:bearer|basic|apikey|sharedkey|sharedkeylite|sharedaccesssignature|token|negotiate|digest)(?:\s{1,4}|%20|\+))"
    r"(?![a-z_-]{2,32}=[\"'\w])([a-z0-9._~+/=:*-]++)",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"((?<![a-z0-9])(authorization|api[-_]?key|subscription[-_]?key|functions[-_]key|access[-_]?(?:token|key)|refresh[-_]?token"
    r"|id[-_]token|auth[-_]?token|client[-_]?secret|secret|password|passwd|pwd|account[-_]?key|shared[-_]?access[-_]?(?:key|signature)"
    r"|primary[-_]?key|secondary[-_]?key|signature|token)(?:\\{0,3}[\"'])?\s{0,8}[:=]\s{0,8})(\\{0,3}[\"']|)"
    r"((?:(?:bearer|basic|negotiate|digest|key|apikey|token)\s{1,4})?+(?:\\/|[^\s\"'\\,<>&])++)",
    re.IGNORECASE,
)
_COOKIE = re.compile(
    r"((?<![a-z0-9])cookie2?(?:\\{0,3}[\"'])?\s{0,8}[:=]\s{0,8}\\{0,3}[\"']?)([^\s\"'\\<>=:]{1,64}=[^\r\n\"'\\<>]++)",
    re.IGNORECASE,
)
# Words without which an expression finds nothing: looking for them is many times faster.
_KEY_WORDS = ("key", "token", "secret", "passw", "pwd", "signature", "authorization")
_SCHEME_WORDS = ("bearer", "basic", "apikey", "shared", "token", "negotiate", "digest")
_KEY_SIGNS = (
    "sk-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "xox",
    "AIza",
    "AKIA",
    "ASIA",
    "hf_",
    "glpat-",
    "gsk_",
    "xai-",
)

_NO_KEY = frozenset(
    {"none", "null", "undefined", "nil", "empty", "missing", "required", "invalid", "expired", "''", '""', MARK.lower()}
)
_REFERENCE = re.compile(
    r"[$%{<\[(].*|.*[}>\]]|\*{1,3}|[.…]+|(?i:https?|api|urn|azure):.*|(?i:your|my|the|an?)[-_ ].*"
    r"|(?i:.*[-_](?:here|value|placeholder))"
    r"|(?:[A-Z][A-Z0-9]*_)+[A-Z0-9]+|(?i:sk-)?[.…x*]{3,}"
    r"|(?:/[a-z_]{2,20}){2,8}/?|(?:[a-z][a-z0-9-]{0,40}\.){2,8}[a-z]{2,6}"  # a path and a host
)
_ID = re.compile(r"[a-z]{2,9}[-_](?:[0-9a-z]{12,64}|[0-9a-f-]{36})")
_WORDS = re.compile(
    r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[-_.:/](?:[A-Z]?[a-z]+|[A-Z]+|\d{1,4}))*|(?:[A-Z][a-z]+)+\d{0,4}|[A-Za-z]{2,9}\d{1,8}"
)
_PROSE = re.compile(
    r"auth(?:entication|orization)?|based|challenge|credentials?|error|expired|format|header|invalid|issuer|missing|prefix|realm|required"
    r"|scheme|scopes?|string|tokens?|value|field|empty|wrong|not|must|is|was|denied|malformed|unknown|unsupported|true|false|optional",
    re.IGNORECASE,
)
_FORMAT = re.compile(
    r"[0-9a-fA-F]{32}|[A-Za-z0-9]{52}|[A-Za-z0-9]{84}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==|[A-Za-z0-9_-]{53,54}(?:={1,2}|%3D%3D)?"
    r"|(?:sk-|eyJ|gh[pousr]_|github_pat_|xox[abeprs]-|AIza|AKIA|ASIA|hf_|glpat-|gsk_|xai-).{4,}"
)


def is_secret_parameter(name: str, value: str) -> bool:
    """Whether a parameter holds a secret: by its name alone where the name allows nothing else, by its value too where it does."""
    if is_reference(value) or _OTHER_PARAMETER.search(name):
        return False
    return bool(_SECRET_PARAMETER.search(name) or (_MAYBE_PARAMETER.search(name) and looks_random(value)))


def is_reference(value: str) -> bool:
    """Whether a text stands for a value instead of being one: `$AZURE_OPENAI_API_KEY`, `<your-key>`, `{key}`, a URL."""
    return value.lower() in _NO_KEY or bool(_REFERENCE.fullmatch(value))


def looks_random(value: str) -> bool:
    """Tell a key from a name, a word, a number and an id: a known format, or many changes between kinds of characters."""
    core = value.strip(".,:;()")
    if is_reference(core) or _WORDS.fullmatch(core) or _ID.fullmatch(core):
        return False
    if _FORMAT.fullmatch(core):
        return True
    kinds = ["d" if char.isdigit() else "u" if char.isupper() else "l" if char.isalpha() else "s" for char in core]
    changes = sum(before != after for before, after in pairwise(kinds))
    is_mixed = len({*kinds} - {"s"}) > 1
    return is_mixed and len(core) >= 12 and changes >= len(core) / 5


def looks_secret(value: str) -> bool:
    """Tell a credential from a word where the place says that one may follow: a digit, a star, or many kinds of characters."""
    core = value.strip(".,:;()")
    if is_reference(core) or len(core) < 6 or _PROSE.fullmatch(core) or _WORDS.fullmatch(core):
        return False
    return looks_random(core) or any(char.isdigit() or char == "*" for char in core)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


class Shapes:
    """Masks secrets by their shape. `count` is told the kind of each, and the name and value of a parameter."""

    def __init__(self, count: Callable[[str], None], count_parameter: Callable[[str, str], None]) -> None:
        self._count = count
        self._count_parameter = count_parameter

    def mask(self, text: str) -> str:
        """Mask one value of the wire."""
        if "@" in text or "%40" in text:
            text = USERINFO.sub(self._userinfo, text)
        if "=" in text or "%" in text or "\\u003" in text:
            text = PARAMETER.sub(self._parameter, text)
            text = SAS.sub(self._sas, text)
        lowered = text.lower()
        if _has(lowered, _KEY_WORDS):
            text = _ECHOED_KEY.sub(self._echo, text)
            text = _ASSIGNED.sub(self._assigned, text)
        if "cookie" in lowered:
            text = _COOKIE.sub(lambda match: self._counted("cookie in text", match[1] + MARK), text)
        if _has(lowered, _SCHEME_WORDS):
            text = _SCHEME.sub(self._scheme, text)
        if "eyJ" in text:
            text = _JWT.sub(lambda _: self._counted("token (JWT)", MARK), text)
        if len(text) >= 84:
            text = _AZURE_KEY.sub(self._azure_key, text)
        return _KEY.sub(self._key, text) if _has(text, _KEY_SIGNS) else text

    def _counted(self, kind: str, replacement: str) -> str:
        self._count(kind)
        return replacement

    def _userinfo(self, match: re.Match[str]) -> str:
        begin, found = match[1] or match[3], match[2] or match[4]
        user, at = (found[:-1], "@") if found.endswith("@") else (found[:-3], found[-3:])
        return match[0] if user == MARK else self._counted("user-info of a URL", begin + MARK + at)

    def _parameter(self, match: re.Match[str]) -> str:
        start, name, equals, value = match.groups()
        if value == MARK or not is_secret_parameter(name, value):
            return match[0]
        self._count_parameter(name, value)
        return f"{start}{name}{equals}{MARK}"

    def _sas(self, match: re.Match[str]) -> str:
        if is_reference(match[2].rstrip(".,;)")):
            return match[0]
        self._count_parameter("sig", match[2])
        return match[1] + MARK

    def _echo(self, match: re.Match[str]) -> str:
        value = match[2].rstrip(".)")
        if not looks_secret(value):
            return match[0]
        return self._counted("api key in text", match[1] + MARK + match[2][len(value) :])

    def _assigned(self, match: re.Match[str]) -> str:
        before, name, quote, value = match.groups()
        if _OTHER_PARAMETER.search(match.string, max(0, match.start() - 16), match.end(2)):
            return match[0]
        scheme, _blank, core = value.rpartition(" ")
        core = core.strip(".);")
        if MARK in value or not core or is_reference(core) or _PROSE.fullmatch(core):
            return match[0]
        rest = match.string[match.end() : match.end() + 1]
        is_data = bool(quote) or before.endswith("=") or (name.lower() == "authorization" and bool(scheme) and rest in "\"'\r\n,;")
        is_sure = is_data and name.lower() not in ("signature", "token", "secret", "authorization")
        if not is_sure and not (is_data and scheme and len(core) >= 8) and not self._is_likely(name, core):
            return match[0]
        return self._counted("secret in text", before + quote + (scheme + " " if scheme and not quote else "") + MARK)

    def _is_likely(self, name: str, core: str) -> bool:
        return looks_random(core) if name.lower() in ("signature", "token", "secret") else looks_secret(core)

    def _scheme(self, match: re.Match[str]) -> str:
        value = match[2].rstrip(".,:")
        if MARK in value or _PROSE.fullmatch(value) or not (looks_random(value) or _is_basic(match[1], value)):
            return match[0]
        return self._counted("credential in text", match[1] + MARK + match[2][len(value) :])

    def _key(self, match: re.Match[str]) -> str:
        body = match[1].rstrip(".")
        is_whole = len(body) >= 16 and not _WORDS.fullmatch(body) and any(map(str.isalnum, body))
        is_shortened = bool(re.search(r"\*{2}|[…•]|\.\.", body)) and any(map(str.isalnum, body))
        if not is_whole and not is_shortened:
            return match[0]
        return self._counted("api key in text", MARK + match[1][len(body) :])

    def _azure_key(self, match: re.Match[str]) -> str:
        return self._counted("api key in text", MARK) if looks_random(match[0]) else match[0]


def _is_basic(scheme: str, value: str) -> bool:
    """Whether this is what Basic authentication sends: a user and a password in base64."""
    if not scheme.lower().startswith("basic") or len(value) % 4 or len(value) > 1024:
        return False
    try:
        return b":" in base64.b64decode(value, validate=True)
    except ValueError:
        return False
