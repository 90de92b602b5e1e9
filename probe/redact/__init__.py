"""What is secret, and the one place that removes it: known secrets in every encoding, other secrets by their shape.

Two defences. `Redactor.text`, `url` and `headers` mask at the recording boundary, before anything is stored. `Redactor.find`
searches the bytes of a finished file once more. Both look at the same views of the content (`encodings.py`: white space taken out,
escapes peeled off layer by layer), so what one would find, the other has masked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from probe.model import Pairs
from probe.redact.encodings import BASE64_CHARACTERS, MIN_LENGTH, STANDARD_BASE64, Needle, mapped_views, needles, views

MARK = "REDACTED"

# Shorter ones, single words, dates, and what people put where no key is needed, would be found in every report: they are masked
# where a header or a parameter gives them away by its name, but they are not searched for.
_PLACEHOLDER = re.compile(
    r"[a-z]{1,11}|[A-Z]{1,11}|[A-Z][a-z]{1,10}|\d{4}-\d\d-\d\d(?i:-preview)?|(?i:(?:your|fake|dummy|test)?[-_]?api[-_]?key"
    r"|(?:your|fake|dummy|test)[-_](?:key|token)|no-key(?:-needed|-required)?|(?:not|none)-(?:needed|used)|lm-studio"
    r"|authorization|authentication|undocumented)"
)
_MAX_LEARNED = 32
_MAX_REMEMBERED = 8192
_MAX_KINDS = 60

# Secrets by shape. Every quantifier is possessive or bounded, and no two starts share a run: all of it is linear in the text.

_SECRET_HEADER = re.compile(
    r"(?:^|[-_])(?:authorization|api[-_]?key|subscription[-_]key|functions[-_]key|access[-_]key|auth[-_]key|encryption[-_]key|auth|cookie2?"
    r"|token|secret|password|signature|credential)$|^x-ms-copy-source$",
    re.IGNORECASE,
)
_HARMLESS_HEADER = re.compile(
    r"accept(?:-.+)?|content-.+|user-agent|x-ms-useragent|openai-.+|x-ms-(?:version|date|client-request-id)|.*(?:request|correlation)-id"
    r"|traceparent|.*(?:region|deployment)",
    re.IGNORECASE,
)
_URL_HEADERS = frozenset({"location", "content-location", "operation-location", "azure-asyncoperation", "referer"})
_SECRET_PARAMETER = re.compile(
    r"^code$|(?:^|[-_.$])(?:sig|signature|key|api[-_]?key|subscription[-_]key|functions[-_]key|auth|pass|passwd|pwd)$"
    r"|(?:token|secret|password|apikey|credentials?|accesskey)$",
    re.IGNORECASE,
)

_QUERY_START = r"(?:[?&;#]|%(?:25){0,4}(?:3f|26)|\\u00(?:3f|26))"
_EQUALS = r"(?:=|%(?:25){0,4}3d|\\u003d|&\#61;)"
_VALUE = r"(?:\\/|\\u00(?:2[b5f]|3d)|(?!%(?:25){0,4}26)[^&\s\"'<>\#\\])++"
_PARAMETER = re.compile(rf"({_QUERY_START})([a-z][a-z0-9_.$-]{{1,63}})({_EQUALS})({_VALUE})", re.IGNORECASE)
_SAS = re.compile(
    rf"((?<![a-z0-9_])sig{_EQUALS}|%(?:25){{0,4}}(?:3f|26)sig{_EQUALS}|\\u00(?:3f|26)sig{_EQUALS})({_VALUE})", re.IGNORECASE
)
_USERINFO = re.compile(
    r"((?::|%3a)%2f%2f)((?:(?!%2f)[^\s/?#\"'<>\\]){1,1024}(?:@|%40))|(:(?://|\\/\\/))([^\s/?#\"'<>\\]{1,1024}@)", re.IGNORECASE
)

_RUN_START = r"(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9A-Fa-f]{2}))"
_JWT = re.compile(rf"{_RUN_START}eyJ[A-Za-z0-9_-]{{8,}}+(?:\.[A-Za-z0-9_-]*+){{0,4}}")
_OPENAI_KEY = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9A-Fa-f]{2}))sk-(?=[^\s]{5})[A-Za-z0-9_*.…•-]++(?<!\.)"
)
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
    r"((?<![a-z0-9])(?:authorization|api[-_]?key|subscription[-_]?key|functions[-_]key|access[-_]?(?:token|key)|refresh[-_]?token"
    r"|id[-_]token|auth[-_]?token|client[-_]?secret|secret|password|passwd|pwd|account[-_]?key|shared[-_]?access[-_]?(?:key|signature)"
    r"|primary[-_]?key|secondary[-_]?key|signature|token)(?:\\{0,3}[\"'])?\s{0,8}[:=]\s{0,8})(\\{0,3}[\"']|)"
    r"((?:(?:bearer|basic|negotiate|digest)\s{1,4})?+(?:\\/|[^\s\"'\\,<>&])++)",
    re.IGNORECASE,
)
_COOKIE = re.compile(
    r"((?<![a-z0-9])cookie2?(?:\\{0,3}[\"'])?\s{0,8}[:=]\s{0,8}\\{0,3}[\"']?)([^\r\n\"'\\<>=]{1,256}=[^\r\n\"'\\<>]++)",
    re.IGNORECASE,
)
_NO_KEY = frozenset({"none", "null", "undefined", "nil", "empty", "''", '""', MARK.lower()})
_PROSE = re.compile(
    r"auth(?:entication|orization)?|based|challenge|credentials?|error|expired|format|header|invalid|issuer|missing|prefix|realm|required"
    r"|scheme|scopes?|string|tokens?|value",
    re.IGNORECASE,
)


def _looks_secret(value: str) -> bool:
    """Tell a credential from a word of a sentence: a digit or a star, a capital inside, or a length that no word has."""
    core = value.strip(".,:;()")
    if core.lower() in _NO_KEY or len(core) < MIN_LENGTH:
        return False
    has_inner_capital = core[1:] not in (core[1:].lower(), core[1:].upper())
    return len(core) >= 20 or has_inner_capital or any(char.isdigit() or char == "*" for char in core)


def is_harmless_header(name: str) -> bool:
    """Whether a header that the user adds by hand is known to carry no secret, so that reports may show it."""
    return bool(_HARMLESS_HEADER.fullmatch(name)) and not _SECRET_HEADER.search(name)


class Redactor:
    """Masks and finds secrets. `secrets` maps the names of variables to secret values; empty ones are ignored.

    A known secret of fewer than 6 characters, or one that is a word or a usual placeholder (`preview`, `not-needed`), is masked
    where a header or a parameter gives it away by its name, but cannot be searched for: it would be found in every sentence.
    `headers` are the names of the user's own headers: unless they are known to be harmless, they are masked whole.
    """

    def __init__(self, secrets: Mapping[str, str], headers: Iterable[str] = ()) -> None:
        self._own_headers = frozenset(name.lower() for name in headers if not is_harmless_header(name))
        self._needles: list[Needle] = []
        self._known: set[str] = set()
        self._learned = 0
        self._masked: Counter[str] = Counter()
        self._clean: set[str] = set()
        self._stored: set[str] = set()
        for name, value in secrets.items():
            self.know(name, value)

    def learn(self, name: str, value: str) -> None:
        """Mask and search from now on a secret that was met on the way, under the name `name`.

        A server chooses these values, and planted ones must neither blank a report nor keep it from being written: only the first
        32 that look like keys are taken, and none that already stands in a text which was let through, such as a request id.
        """
        if self._learned >= _MAX_LEARNED or value in self._known or len(value) < 16 or not _looks_secret(value):
            return
        if not any(value in text for text in self._stored):
            self._learned += 1
            self.know(name, value)

    def study(self, headers: Pairs, text: str) -> None:
        """Learn the secrets that an answer gives away by their place, before any other part of it is let through."""
        for name, value in headers:
            plain = name.strip().lower()
            if plain == "set-cookie":
                self.learn("a cookie of the server", value.partition(";")[0].partition("=")[2].strip().strip('"'))
            elif _SECRET_HEADER.search(plain):
                self.learn("a credential of the server", value.strip().rpartition(" ")[2])
            self._study_signatures(value)
        self._study_signatures(text)

    def _study_signatures(self, text: str) -> None:
        if "sig" in text.lower():
            for match in _SAS.finditer(text):
                self._learn_signature(match[2])

    def _learn_signature(self, value: str) -> None:
        self.learn("a SAS signature of the server", unquote(unquote(value.replace("\\/", "/"))))

    def know_url(self, name: str, url: str) -> None:
        """Know the secrets that the user's own URL `name` carries: its password and its secret parameters."""
        origin, _question, query = url.partition("?")
        userinfo = _USERINFO.search(origin)
        if userinfo:
            self.know(f"user-info of {name}", unquote((userinfo[2] or userinfo[4]).rstrip("@").partition(":")[2]))
        for part in query.partition("#")[0].split("&"):
            parameter, _equals, value = part.partition("=")
            if _SECRET_PARAMETER.search(unquote(parameter)):
                self.know(f"a parameter of {name}", unquote(value))

    def know(self, name: str, value: str) -> None:
        """Mask and search from now on a secret of the user, under the name `name`."""
        core = value.strip()
        if len(core) < MIN_LENGTH or _PLACEHOLDER.fullmatch(core) or core == MARK or value in self._known:
            return
        self._known.add(value)
        self._needles += needles(name, value)
        self._clean.clear()

    @property
    def has_learned(self) -> bool:
        """Whether secrets were met on the way: what was let through before may hold one."""
        return self._learned > 0

    @property
    def masked(self) -> Pairs:
        """What was masked and how often: `(("header authorization", "38"), ("sas signature", "2"))`."""
        return tuple((kind, str(count)) for kind, count in sorted(self._masked.items()))

    def find(self, content: bytes) -> str | None:
        """Name the variable of a secret that stands in `content` in any encoding, else None."""
        if self._needles:
            for view in views(content):
                lowered, standard = view.lower(), view.translate(STANDARD_BASE64)
                for needle in self._needles:
                    if needle.form in (standard if needle.is_base64 else lowered):
                        return needle.name
        return None

    def text(self, text: str) -> str:
        """Mask every secret in free text; prose stays as it is. What UTF-8 cannot hold (half a surrogate pair) is escaped."""
        if text in self._clean:
            return text
        if not text.isascii():
            text = text.encode("utf-8", "backslashreplace").decode()
        masked = self._shapes(self._mask_known(text))
        if masked == text and len(text) <= 256 and len(self._stored) < _MAX_REMEMBERED:
            self._clean.add(text)
            self._stored.add(text)
        return masked

    def url(self, url: str) -> str:
        """Mask user-info and secret parameters, also when their names are percent-encoded, and whatever `text` would mask."""
        base, question, query = url.partition("?")
        query, hash_sign, fragment = query.partition("#")
        parts = [self._parameter(part) for part in query.split("&")]
        return self.text(base + question + "&".join(parts) + hash_sign + fragment)

    def headers(self, pairs: Pairs) -> Pairs:
        """Mask secret headers whole; their names stay. Values that are URLs go through `url`, all others through `text`."""
        return tuple((self.text(name), self._header(name, value)) for name, value in pairs)

    def _header(self, name: str, value: str) -> str:
        plain = name.strip().lower()
        if plain in self._own_headers or _SECRET_HEADER.search(plain):
            if value and value != MARK:
                self._tally("header", plain)
            return MARK if value else value
        return self.url(value) if plain in _URL_HEADERS else self.text(value)

    def _parameter(self, part: str) -> str:
        name, equals, value = part.partition("=")
        plain = unquote(name)
        if not equals or not value or value == MARK or not _SECRET_PARAMETER.search(plain):
            return part
        self._count_parameter(plain, value)
        return f"{name}={MARK}"

    def _count_parameter(self, name: str, value: str) -> None:
        if name.lower() == "sig":
            self._masked["sas signature"] += 1
            self._learn_signature(value)
        else:
            self._tally("parameter", name.lower())

    def _tally(self, kind: str, name: str) -> None:
        """Count what was masked by its name, as long as the name, which a server may have chosen, is harmless and one of few."""
        plain = name if re.fullmatch(r"[a-z0-9_.$-]{1,40}", name) and self.find(name.encode()) is None else "of another name"
        self._masked[f"{kind} {plain if len(self._masked) < _MAX_KINDS else 'of another name'}"] += 1

    def _mask_known(self, text: str) -> str:
        """Mask known secrets where they begin and end in the text itself, whatever they are encoded in."""
        content = text.encode()
        if self.find(content) is None:
            return text
        spans = sorted(self._spans(content))
        parts: list[bytes] = []
        position = 0
        for begin, end, name in spans:
            if begin >= position:
                self._masked[f"value of {name}"] += 1
                parts += (content[position:begin], MARK.encode())
            position = max(position, end)
        parts.append(content[position:])
        masked = b"".join(parts)
        return masked.decode("utf-8", "replace") if self.find(masked) is None else MARK

    def _spans(self, content: bytes) -> Iterator[tuple[int, int, str]]:
        for mapped in mapped_views(content):
            lowered, standard = mapped.view.lower(), mapped.view.translate(STANDARD_BASE64)
            for needle in self._needles:
                view = standard if needle.is_base64 else lowered
                at = view.find(needle.form)
                while at >= 0:
                    last = at + len(needle.form)
                    begin, end = mapped.starts[at], mapped.ends[last - 1]
                    if needle.is_base64:  # the characters beside the middle hold some bits of the secret too
                        before, after = content[max(0, begin - 2) : begin], content[end : end + 4]
                        begin -= len(before) - len(before.rstrip(BASE64_CHARACTERS))
                        end += len(after) - len(after.lstrip(BASE64_CHARACTERS))
                    yield begin, end, needle.name
                    at = view.find(needle.form, last)

    def _shapes(self, text: str) -> str:
        text = _USERINFO.sub(self._mask_userinfo, text)
        if "=" in text or "%" in text or "\\u003" in text:
            text = _PARAMETER.sub(self._mask_parameter, text)
            text = _SAS.sub(self._mask_sas, text)
        text = _ECHOED_KEY.sub(self._mask_echo, text)
        text = _COOKIE.sub(lambda match: self._count("cookie in text", match[1] + MARK), text)
        text = _ASSIGNED.sub(self._mask_assigned, text)
        text = _SCHEME.sub(self._mask_scheme, text)
        if "eyJ" in text:
            text = _JWT.sub(lambda _: self._count("token (JWT)", MARK), text)
        if "sk-" in text:
            text = _OPENAI_KEY.sub(lambda _: self._count("api key in text", MARK), text)
        return text

    def _count(self, kind: str, replacement: str) -> str:
        self._masked[kind] += 1
        return replacement

    def _mask_userinfo(self, match: re.Match[str]) -> str:
        begin, found = match[1] or match[3], match[2] or match[4]
        user, at = (found[:-1], "@") if found.endswith("@") else (found[:-3], found[-3:])
        return match[0] if user == MARK else self._count("user-info of a URL", begin + MARK + at)

    def _mask_parameter(self, match: re.Match[str]) -> str:
        start, name, equals, value = match.groups()
        if value == MARK or not _SECRET_PARAMETER.search(name):
            return match[0]
        self._count_parameter(name, value)
        return f"{start}{name}{equals}{MARK}"

    def _mask_sas(self, match: re.Match[str]) -> str:
        if match[2] == MARK:
            return match[0]
        self._count_parameter("sig", match[2])
        return match[1] + MARK

    def _mask_echo(self, match: re.Match[str]) -> str:
        value = match[2].rstrip(".)")
        is_echo = re.search(r"provided|supplied|given|used", match[1], re.IGNORECASE) and value.lower() not in _NO_KEY
        if not value or not (is_echo or _looks_secret(value)):
            return match[0]
        return self._count("api key in text", match[1] + MARK + match[2][len(value) :])

    def _mask_assigned(self, match: re.Match[str]) -> str:
        before, quote, value = match.groups()
        core = value.rpartition(" ")[2].strip(".);")
        is_quoted = bool(quote) and core.lower() not in _NO_KEY
        if MARK in value or not core or not (is_quoted or _looks_secret(core)):
            return match[0]
        return self._count("secret in text", before + quote + MARK)

    def _mask_scheme(self, match: re.Match[str]) -> str:
        value = match[2].rstrip(".,:")
        is_long = len(value) >= 8 and match[1].lower().startswith(("bearer", "basic"))
        if MARK in value or _PROSE.fullmatch(value) or not (is_long or _looks_secret(value)):
            return match[0]
        return self._count("credential in text", match[1] + MARK + match[2][len(value) :])
