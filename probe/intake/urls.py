"""URLs in any text, and what a URL alone tells: provider, base, api-version, deployment, ids; or that it is not a request's."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from probe.facts.ids import claimed
from probe.facts.urls import query_of, version_of
from probe.frozen import replace
from probe.intake.fragment import Fragment, Knowledge
from probe.model import Pairs
from probe.redact import MARK

_PIECE = r"(?:<[^<>\n]{1,80}>|\{\{?[^{}\n]{0,80}\}\}?|\[[A-Za-z _-]{1,80}\]|[^\s\"'`<>{}\[\]|\\^，。；：！？）】》」、])"
_URL = re.compile(rf"https?://{_PIECE}{{1,8192}}+", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w/.@:%-])(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,6}(?:azure\.com|azure\.us|azure\.cn|azure-api\.net"
    r"|openai\.com)(?::\d{1,5})?"
    rf"(?:/{_PIECE}{{0,8192}}+)?"
)
_BEFORE = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|Get|Post|Put|Patch|Delete|Head)[`\"']?"
    r"(?:[- ](?:request|call|requête|Anfrage|Aufruf|запрос))?"
    r"(?: (?:to|for|on|at|vers|sur|à|auf|an|на|к)|[`*\"', \t]{0,4}\n[-* \t\"']{0,12}(?:request )?(?i:url|uri|endpoint|接口"
    r"|地址)[`*\"']{0,2})?"
    r"[\s\"'`*<(:\[：=]{0,6}$"
)
_ASIDE = re.compile(r"(?i)\b(?:(?:referr?er|origin|upstream)[\"']?[ \t]{0,4}[:=]|proxy)[ \t]{0,4}[\"']?$")
"""What stands before a URL that the caller did not ask for."""
_PARAMETER = re.compile(
    r"(?:[\"']api-version[\"']\s{0,4}(?:[:=,]|=>)|(?m:^)[ \t]{0,20}- api-version:)\s{0,4}[\"']?"
    r"(\d{4}-\d\d-\d\d(?:-preview)?|preview|latest|v1)\b"
)
"""The api-version as a parameter beside the URL: `params={"api-version": "preview"}`."""
_COLUMNS = re.compile(r"[,;].*$")
"""The next columns of a table's row that stand behind a URL: no route of a vendor has a comma."""
HOLE = re.compile(
    r"<[^<>]*>|\{[^{}]*\}|\[[A-Za-z _-]*\]|\*{2,}|\$\w+|\$\(|%\w+%(?![0-9A-Fa-f])|\.\.\.|…"
    r"|(?<![A-Za-z0-9])(?:your|my)[-_]?(?:own[-_])?(?:azure[-_]?)?(?:open-?ai[-_]?)?(?:resource|endpoint|instance|service"
    r"|deployment|account|"
    r"host|domain|project|model|company|org|generation|job|video|file|batch|task|id|foundry|api)(?:[-_][a-z]+)*(?![A-Za-z0-9])"
    r"|(?<![a-z0-9])x{3,}(?![a-z0-9])|YOUR[-_A-Z]+|(?<![A-Za-z])(?:RESOURCE|DEPLOYMENT|GENERATION|JOB|VIDEO|FILE"
    r"|TASK)(?:[-_](?:NAME|ID))?(?![A-Za-z])"
    r"|(?<![a-z])(?:resource|deployment|instance)[-_]name(?![a-z])",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(r"(?:RESOURCE|DEPLOYMENT|GENERATION|JOB|VIDEO|FILE|TASK)(?:[-_](?:NAME|ID))?", re.IGNORECASE)
"""Words that are placeholders only in capitals."""
_PORTALS = frozenset((
    "portal.azure.com", "portal.azure.us", "preview.portal.azure.com", "ai.azure.com", "oai.azure.com", "ml.azure.com",
    "platform.openai.com",
))  # fmt: skip
API = re.compile(
    r"/(?:openai|v1|v1beta|api|deployments|subscriptions|videos?|files|batches|containers|generations|chat|completions"
    r"|embeddings|responses"
    r"|vector_stores|fine_tuning|images|audio|download|status|jobs|operations|skills|threads|assistants|evals)(?:/|$)",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"(?:^|\.)(?:learn\.microsoft\.com|docs\.microsoft\.com|techcommunity\.microsoft\.com|github\.com"
    r"|githubusercontent\.com|stackoverflow\.com"
    r"|aka\.ms|go\.microsoft\.com|developers\.openai\.com|help\.openai\.com|community\.openai\.com|langchain\.com"
    r"|pydantic\.dev|readthedocs\.io"
    r"|medium\.com|youtube\.com|youtu\.be|nuget\.org|npmjs\.com|pypi\.org|litellm\.ai|mozilla\.org|w3\.org"
    r"|json-schema\.org|openai\.github\.io"
    r"|schemas?\..*|login\.microsoftonline\.com|cognitiveservices\.azure\.com$(?<=^cognitiveservices\.azure\.com)"
    r"|twitter\.com|x\.com|python\.org)$",
    re.IGNORECASE,
)
_SERVICE = re.compile(r"localhost|\d{1,3}(?:\.\d{1,3}){3}|/v1|/openai|/api/projects|:\d")
"""What a base URL of nobody we know has, when it stands free in a text and is an API's."""
_SIGNED = re.compile(r"(?i)[?&](?:sig|signature|x-amz-signature)=")
"""A link that carries its own permission: a file's, not an API's."""
_USERINFO = re.compile(r"://[^/@\s?#]{0,1024}@")
_OWN_PORT = re.compile(r"(?<=^https://)([^/?#:]{1,255}):443(?=[/?#]|$)")
"""A port that the scheme has anyway."""
_EXTENSION = re.compile(r"\.(?:mp4|mov|webm|gif|png|jpe?g|jsonl?|csv|zip|txt)$", re.IGNORECASE)
_ENDPOINT_PATH = re.compile(
    r"(?:/openai(?:/v1)?|/v1|/api/projects/[^/]+(?:/openai(?:/v1)?)?|/openai/deployments(?:/[^/]+)?)?/?", re.IGNORECASE
)
_DEPLOYMENT = re.compile(r"/deployments/([^/?#]+)", re.IGNORECASE)
_PROJECT = re.compile(r"/api/projects/([\w.-]{2,64})")
_NAMED = (
    ("subscription", r"/subscriptions/([0-9a-fA-F-]{36})"),
    ("resource group", r"/resource[gG]roups/([\w.()-]{1,90})"),
    ("resource", r"/accounts/([\w-]{2,64})"),
    ("project", r"/projects/([\w-]{2,64})"),
)
"""What an id of Azure's management names."""
_WORDY = re.compile(r"[a-z]{2,12}_[a-z]{3,20}_[a-z]{3,20}_")
"""A name of words, `video_scene_chapter_1`, which only begins like an id."""
_ID_TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.=+-]{0,1023}")


def urls_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield every URL with its place, without what surrounds it; a vendor's host may stand without a scheme."""
    for pattern, scheme in ((_URL, ""), (_BARE, "https://")):
        for match in pattern.finditer(text):
            url = trimmed(_COLUMNS.sub("", match[0]))
            if scheme and "@" in url:
                continue
            yield scheme + url, match.start(), match.start() + len(url)


def parameters(text: str) -> list[tuple[int, str]]:
    """Find the api-versions that calls give as a parameter beside the URL, with their places."""
    return [(one.start(), one[1]) for one in _PARAMETER.finditer(text)]


def with_version(url: str, end: int, given: list[tuple[int, str]]) -> str:
    """Add to a URL the api-version that its call gives as a parameter: the next one, or the only one of the text."""
    if "api-version=" in url or not given:
        return url
    at = bisect_left(given, (end, ""))
    is_near = at < len(given) and given[at][0] < end + 400
    value = given[at][1] if is_near else given[0][1] if len(given) == 1 else None
    return f"{url}{'&' if '?' in url else '?'}api-version={value}" if value else url


def trimmed(url: str) -> str:
    """Cut what belongs to the sentence: full stops, stars, a bracket that the URL did not open."""
    while (
        (url.endswith(tuple(".,;:!?*_\"'$&#")) and not url.endswith("***"))
        or (url.endswith(")") and url.count("(") < url.count(")"))
        or (url.endswith("]") and "[" not in url)
    ):
        url = url[:-1]
    return url


def holes_in(text: str) -> tuple[str, ...]:
    """Name the placeholders in a URL or a value."""
    return tuple(dict.fromkeys(one[0] for one in HOLE.finditer(text) if not _DOUBTFUL.fullmatch(one[0]) or one[0].isupper()))


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read the URLs that stand free in a text: requests, endpoints and portal links; others tell nothing."""
    given = parameters(text)
    for url, start, end in urls_in(text):
        if _ASIDE.search(text, max(0, start - 24), start):
            continue
        is_cut = text.startswith(("...", "…"), end) and not _is_whole(url, knowledge)
        fragment = about(f"{url}…" if is_cut else url, knowledge, start, end)
        if fragment is not None and fragment.url is not None and (fuller := with_version(url, end, given)) != url:
            fragment = about(fuller, knowledge, start, end)
        if fragment is not None:
            before = _BEFORE.search(text, max(0, start - 60), start)
            if before and fragment.url is not None:
                fragment = replace(fragment, method=before[1].upper(), start=before.start())
            yield fragment


def _is_whole(url: str, knowledge: Knowledge) -> bool:
    """Whether a URL before an ellipsis ends with a word of a route, an id or a value, and not in the middle of one."""
    last = re.split(r"[/?&=]", url)[-1]
    return last in _literals(knowledge.templates) or bool(by_prefix(last, knowledge)) or "=" in url


def about(url: str, knowledge: Knowledge, start: int = 0, end: int = 0, kind: str = "url") -> Fragment | None:
    """Tell what a URL is: a request, an endpoint, a portal link; None when it is part of the talk around a case."""
    parts = _split(url)
    if parts is None:
        return None
    url = _OWN_PORT.sub(r"\1", _USERINFO.sub("://", url, count=1))
    host, path = parts
    if host in _PORTALS:
        return _portal(url, knowledge, start, end)
    provider = knowledge.provider_of(host, path)
    if ".blob.core." in host or _SIGNED.search(url):
        return Fragment(kind, start, end, url=url, ids=_prefixed(path, knowledge))
    is_endpoint = bool(_ENDPOINT_PATH.fullmatch(path))
    is_free = provider is None and kind == "url"
    if _TALK.search(host) or (is_free and not (_SERVICE.search(url) if is_endpoint else API.search(path))):
        return None
    holes = holes_in(url.replace(MARK, ""))
    host_is_hole = bool(holes_in(host))
    version = version_of(url) or None
    is_open = is_endpoint and not query_of(url)
    deployment, project = _DEPLOYMENT.search(path), _PROJECT.search(path)
    named = unquote(deployment[1]) if deployment and not holes_in(unquote(deployment[1])) else None
    if named in _literals(knowledge.templates):  # a client that found no deployment left it out
        named, is_open = None, False
    ids, id_holes = ids_of(path, provider, knowledge)
    missing = id_holes + (("base_url",) if host_is_hole else ()) + (("deployment",) if deployment and named is None else ())
    version_is_hole = bool(version and (holes_in(version) or MARK in version))
    missing += ("api_version",) if version_is_hole else ()
    if holes and not is_open:
        missing = ("url", *missing)
    return Fragment(
        kind,
        start,
        end,
        url=None if holes or is_open else url,
        base_url=None if host_is_hole else knowledge.base_of(url, provider),
        api_version=None if version_is_hole else version,
        deployment=named,
        provider=provider,
        ids=ids,
        holes=tuple(dict.fromkeys(missing)),
        told=(("project", project[1]),) if project and not holes_in(project[1]) else (),
    )


def ids_of(path: str, provider: str | None, knowledge: Knowledge) -> tuple[Pairs, tuple[str, ...]]:
    """Read ids out of a path, by prefix wherever they stand, else by the place that a catalogue's template gives them."""
    found = list(_prefixed(path, knowledge))
    holes: list[str] = []
    known = {value for _name, value in found}
    for name, raw in _by_template(path, provider, knowledge):
        value = _EXTENSION.sub("", unquote(raw))
        if name in ("deployment", "account", "container", "blob_folder"):
            continue
        if holes_in(value):
            holes.append(name)
        elif value in _literals(knowledge.templates):
            continue
        elif value not in known and _ID_TEXT.fullmatch(value) and len(value) > (2 if any(c.isdigit() for c in value) else 20):
            found.append((name, value))
    return tuple(dict.fromkeys(found)), tuple(holes)


def _prefixed(path: str, knowledge: Knowledge) -> Pairs:
    """Read the segments of a path that are ids by their prefixes; a file's extension is no part of one."""
    segments = [_EXTENSION.sub("", unquote(part)) for part in path.split("/")]
    return tuple((name, one) for one in segments if not holes_in(one) for name in by_prefix(one, knowledge))


def by_prefix(value: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Name the ids that a value can be by its prefix, unless it is made of words."""
    return () if _WORDY.match(value) else claimed(value, knowledge.ids)


def _by_template(path: str, provider: str | None, knowledge: Knowledge) -> Pairs:
    """Match the end of a path with the templates, the provider's own first, the longest of them."""
    best: tuple[tuple[int, int], Pairs] = ((0, 0), ())
    segments = [part for part in path.split("/") if part]
    for owner, pattern, size in _patterns(knowledge.templates):
        if len(segments) < size:
            continue
        found = pattern.fullmatch("/" + "/".join(segments[-size:]))
        rank = (int(owner == provider), size)
        if found and rank > best[0]:
            best = rank, tuple(found.groupdict().items())
    return best[1]


@lru_cache(maxsize=4)
def _literals(templates: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """The words of the routes themselves, which are no ids: `generations` in `/videos/generations`."""
    return frozenset(part for _owner, template in templates for part in template.split("/") if "{" not in part)


@lru_cache(maxsize=4)
def _patterns(templates: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str], int], ...]:
    """Compile the templates without the API's own prefix, so that `/v1/videos/x` behind any gateway fits."""
    made = []
    for owner, template in templates:
        if "://" in template or "{" not in template:
            continue
        short = re.sub(r"^/api/projects/\{project\}|^/openai(?=/)", "", template)
        short = re.sub(r"^/v1(?=/)", "", re.sub(r"^/openai(?=/)", "", short))
        text = "".join(f"(?P<{part[1:-1]}>[^/]+)" if part[:1] == "{" else re.escape(part) for part in re.split(r"(\{\w+\})", short))
        made.append((owner, re.compile(text), short.count("/")))
    return tuple(made)


def _portal(url: str, knowledge: Knowledge, start: int, end: int) -> Fragment | None:
    """Read what a link into a portal tells: subscription, resource group, resource; it is neither a request nor an endpoint."""
    one = resource(url, knowledge, start)
    provider = "openai" if "platform.openai.com" in url else "azure"
    if provider == "openai" and not one.ids:
        return None
    return replace(one, kind="portal", end=end, provider=provider)


def resource(url: str, knowledge: Knowledge, start: int) -> Fragment:
    """Read what an id of Azure's management, alone or in a link, names: subscription, resource group, resource, project."""
    text = unquote(unquote(url))
    told = [(title, match[1]) for title, pattern in _NAMED if (match := re.search(pattern, text))]
    deployment = re.search(r"/deployments/([\w.-]{1,64})", text)
    return Fragment(
        "",
        start,
        start,
        provider="azure",
        deployment=deployment[1] if deployment and not holes_in(deployment[1]) else None,
        ids=ids_named(re.split(r"[/?&=#]", text), knowledge),
        told=tuple(told),
    )


def ids_named(values: Iterable[str], knowledge: Knowledge) -> Pairs:
    """Tell the words that are ids by their prefixes, each under every name that it can have."""
    found = ((name, one) for one in values if has_id_form(one) for name in by_prefix(one, knowledge))
    return tuple(dict.fromkeys(found))


def has_id_form(value: str) -> bool:
    """Whether a word with an id's prefix can be an id and not a name such as `video_url`: a digit or a long mixed tail."""
    tail = re.split(r"[_-]", value, maxsplit=1)[-1]
    return len(tail) >= 4 and any(c.isdigit() for c in tail) and not holes_in(value)


def _split(url: str) -> tuple[str, str] | None:
    try:
        safe = re.sub(r"\[[A-Za-z _-]*\]", "<x>", url)
        parts = urlsplit(safe)
        host = (parts.netloc.rpartition("@")[2].partition(":")[0]).lower()
    except ValueError:
        return None
    return (host, parts.path) if host else None
