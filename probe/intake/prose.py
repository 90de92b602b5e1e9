"""What stands in plain words: ids by their prefixes, api-versions, methods and statuses that no other reader took."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from probe.intake.fragment import Fragment, Knowledge
from probe.intake.secrets import is_hole
from probe.intake.urls import ids_named, resource

_WORD = re.compile(
    r"(?<![\w/.-])[A-Za-z]{2,12}[_-][A-Za-z0-9_-]{4,256}(?![\w])|(?<=[/=\"'`])[A-Za-z]{2,12}[_-][A-Za-z0-9_-]{4,256}"
)
_VERSION = re.compile(
    r"(?i)(?:api[-_ ]?(?:version|バージョン|版本|버전)(?:snummer)?|(?:versi[oó]ne?|versão|wersj[ai]"
    r"|версия)[a-z' ]{0,7}api)[\"'`]{0,2}"
    r"(?:\s{1,4}(?:is|was|of|=>|est|ist|es|used?|to|as:?)|\s{0,4}[:=：])?"
    r"\s{0,4}[\"'`(]{0,2}(?P<value>\d{4}-\d\d-\d\d(?:-preview)?|preview|latest)(?![\w-])"
)
_PREVIEW = re.compile(r"(?<![\w.-])(?<!versions )20\d\d-\d\d-\d\d-preview(?![\w-]| (?:and|or) )")
"""A text of this form is an api-version wherever it stands, unless it is the bound of a range."""
_DEPLOYMENT = re.compile(
    r"(?i)API deployment '(?P<value>[\w.-]{1,64})'"
    r"|(?:deployment|bereitstellung|déploiement|разв[её]ртывани[ея]|деплой(?:мент)?а?)"
    r" (?:(?:named|called|name(?: is|[:：])|name(?= {0,4}[\"'`«])|name(?= [\w.]{0,40}[\d_-])"
    r"|namens|nommé|с именем)[:：]? {0,4}[\"'`«]?"
    r"|[\"'`«] ?)"
    r"(?P<value2>[\w.-]{2,64}|<[^<>\n]{1,60}>)"
    r"|(?:部署(?:的模型)?(?:名称|名)?为?|deployment(?: name| id)?) {0,4}[:：是] {0,4}[\"'`「]?(?P<value3>[\w.-]{2,64}"
    r"|<[^<>\n]{1,60}>)"
)
_BASE64_ID = re.compile(r"video_(?:[A-Za-z0-9+]|/(?!content|remix|jobs|files)){24,1024}={0,2}")
_PLACED_WITH = re.compile(
    r"[A-Za-z_]{0,24}(?:input|training|validation)_?file(?:_?id)?[\"']?\s{0,4}[:=]\s{0,4}[\"']?$", re.IGNORECASE
)


_METHOD = re.compile(
    r"(?i)(?<![\w-])(?:(?:http[._ ]?)?(?:request[._ ]?)?method|(?:请求)?方[式法]|m[eé]thode|m[eé]todo|метод|メソッド)[\"'*`]{0,2}"
    r"(?:[ \t]{0,4}[:=：][ \t]{0,4}|[ \t])(?:Str\()?[\"'*`]{0,3}(?P<value>GET|POST|PUT|PATCH|DELETE|HEAD)\b"
    r"|(?-i:\b(?P<value2>GET|POST|PUT|PATCH|DELETE|HEAD) /[^\s{}]{0,200}\{)"
)
_REGION = re.compile(
    r"(?i:\bregion|\brégion|\bregi[oó]n|\bрегион|区域|リージョン)[\"']?(?:\s{0,3}[:=：]\s{0,3}| is | ist | est | es )[\"'`]?"
    r"(?P<value>(?:[A-Z][A-Za-z]{1,12} ){1,2}[A-Z][A-Za-z]{1,12}(?: \d)?|[a-z]{6,20}\d?)(?![\w.-])"
)
_RESOURCE = re.compile(
    r"/subscriptions/[0-9a-fA-F-]{36}/resource[gG]roups/[^\s\"'<>]{1,200}?/accounts/[\w-]{2,64}(?:/deployments/[\w.-]{1,64})?",
    re.IGNORECASE,
)


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read the words; each gives a fragment of its own, since nobody knows yet what belongs together."""
    count = 0
    for match in _WORD.finditer(text):
        value = match[0].rstrip("-_")
        ids = ids_named([value], knowledge)
        if not ids or _PLACED_WITH.search(text, max(0, match.start() - 40), match.start()):
            continue
        longer = _BASE64_ID.match(text, match.start())
        value = longer[0] if longer and len(longer[0]) > len(value) else value
        count += 1
        yield Fragment("", match.start(), match.start(), ids=tuple((name, value) for name, _value in ids))
        if count > 500:
            break
    versions = [(one.start(), one["value"]) for one in itertools.islice(_VERSION.finditer(text), 50)]
    alone = {} if versions else {one[0]: one.start() for one in _PREVIEW.finditer(text)}
    for place, version in versions or [(place, version) for version, place in alone.items() if len(alone) == 1]:
        yield Fragment("", place, place, api_version=version)
    for method in itertools.islice(_METHOD.finditer(text), 50):
        yield Fragment("", method.start(), method.start(), method=(method["value"] or method["value2"]).upper())
    region = _REGION.search(text)
    if region:
        yield Fragment("", region.start(), region.start(), told=(("region", region["value"]),))
    account = _RESOURCE.search(text)
    if account:
        yield resource(account[0], knowledge, account.start())
    deployment = _DEPLOYMENT.search(text)
    if deployment:
        value = (deployment["value"] or deployment["value2"] or deployment["value3"]).rstrip(".")
        holes = ("deployment",) if is_hole(value) else ()
        yield Fragment("", deployment.start(), deployment.start(), deployment=None if holes else value, holes=holes)
