"""Code snippets, `.env` files and configuration: client arguments, requests, ids bound to names, in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.frozen import replace
from probe.intake.bindings import Binding, bindings
from probe.intake.curl import relative, request
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.names import NO_PRODUCT, RESULTS, field_of, id_names, words
from probe.intake.secrets import is_hole
from probe.intake.urls import API, about, holes_in, ids_named, parameters, with_version
from probe.redact import MARK

LANGUAGES = (
    (
        "python",
        re.compile(
            r"(?m)^\s{0,20}(?:from [\w.]{1,80} import |import (?:os|openai|requests|httpx|time|json|litellm|asyncio)\b"
            r"|def \w+\()|\b(?:AzureOpenAI|AsyncAzureOpenAI|AzureChatOpenAI|OpenAI|AsyncOpenAI)\(\s{0,40}\w+\s?="
            r"|requests\.(?:get|post|request)\(|print\(f?[\"']|os\.(?:getenv\(|environ[\[.])|litellm\.\w+\("
            r"|openai\.api_(?:base|type|version)"
        ),
    ),
    (
        "javascript",
        re.compile(
            r"(?m)^\s{0,20}(?:const |let |var \w+ = req|import [^\n]{1,80} from |export (?:default|const|function|async|class) )"
            r"|new (?:AzureOpenAI|OpenAI|AzureChatOpenAI|ChatOpenAI|OpenAIClient)\(\{|await fetch\(|axios\.|process\.env\."
            r"|console\.log\(|require\(['\"]"
        ),
    ),
    (
        "csharp",
        re.compile(
            r"(?m:^\s{0,20}(?:string|int|Uri|await using) \w+ = )|await _?\w*[hH]ttp\w*\.\w+Async\(|\$\""
            r"|new (?:AzureOpenAIClient|OpenAIClient|AzureKeyCredential|ApiKeyCredential|Uri|HttpClient"
            r"|DefaultAzureCredential)\(|(?m:^\s{0,20}using [A-Z][\w.]{1,60};)|\bvar \w+ = (?:new|await) "
            r"|Environment\.GetEnvironmentVariable|\.AddAzureOpenAI\w*\("
        ),
    ),
    (
        "java",
        re.compile(
            r"(?m)^\s{0,20}import (?:com|org|java|io)\.|OpenAIOkHttpClient|OpenAIClientBuilder|HttpRequest\.newBuilder"
            r"|System\.getenv\(|new \w{2,40}Builder\(\)|\b[A-Z]\w{2,40}\.builder\(\)"
        ),
    ),
    ("go", re.compile(r"(?m)^\s{0,8}(?:package \w+|func \w+\()|openai\.NewClient\(|azopenai\.|os\.Getenv\(|http\.NewRequest\(")),
)
_FILE_LINES = re.compile(
    r"(?m)^[ \t]{0,8}(?:export[ \t]+|set[ \t]+|\$env:|setx[ \t]+)?[A-Z][A-Z0-9_]{3,60}(?:[ \t]{0,4}=|[ \t]+\")[^\n]{0,2000}$"
)
_YAML_LINES = re.compile(r"(?m)^[ \t-]{0,40}[A-Za-z_][\w.-]{1,60}:(?:[ \t][^\n]{0,2000})?$")
_NO_YAML = re.compile(r"Traceback|(?m:^)(?:Subject|Betreff|Objet|Oggetto|Asunto|Тема): ")
_CALL = re.compile(
    r"\b(?P<who>requests|httpx|session|sess|s|client|conn|connection|http|axios|got|api|aiohttp|superagent|Http|_httpClient|httpClient"
    r"|restClient|webClient|r)\s{0,3}\.\s{0,3}"
    r"(?P<method>get|post|put|patch|delete|head|stream|request)(?:Async|FromJsonAsync|StringAsync|ByteArrayAsync"
    r"|StreamAsync)?(?:<[^<>\n]{1,60}>)?"
    r"\(\s{0,40}(?:[\"'](?P<verb>GET|POST|PUT|PATCH|DELETE"
    r"|HEAD)[\"'],\s{0,40})?(?:url\s{0,3}[=:]\s{0,3})?(?P<argument>[fF$@]{0,2}[\"'`][^\"'`\n]{1,4096}[\"'`]"
    r"|[A-Za-z_$][\w.$]{0,80})",
    re.IGNORECASE,
)
_OTHER_CALL = re.compile(
    r"(?P<kind>\bfetch\(|\baxios\(\s{0,20}\{|NewRequest(?:WithContext)?\((?:ctx, ?)?(?:\"(?P<verb>[A-Z]{3,7})\""
    r"|http\.Method(?P<verb2>\w{3,7})),\s?|new HttpRequestMessage\(HttpMethod\.(?P<verb3>\w{3,7}),\s?"
    r"|requests\.request\([\"'](?P<verb4>[A-Z]{3,7})[\"'],\s{0,20}(?:url=)?|\burl[\"']?:\s{0,4}(?=[\"'`]https?:)"
    r"|\b\w{1,40}(?:\.|->|::)(?P<verb5>get|post|put|patch|delete|head)!?\((?=[\"']https?:)"
    r"|\.uri\(\s{0,8}URI\.create\(|\.url\()"
    r"(?:[^\n]{0,40}?url:\s{0,4})?\s{0,20}(?P<argument>[fF$@]{0,2}[\"'`][^\"'`\n]{1,4096}[\"'`]|[A-Za-z_$][\w.$]{0,80})"
)
_METHOD_NEAR = re.compile(
    r"method\s{0,4}[:=]\s{0,4}[\"'](?P<verb>[A-Za-z]{3,7})[\"']|\.(?P<verb2>GET|POST|PUT|DELETE)\(", re.IGNORECASE
)
_VERSION = re.compile(r"\d{4}-\d\d-\d\d(?:-preview)?|preview|latest|v1")
_HOST = re.compile(r"https?://|[\w-]+(?:\.[\w-]+){2,}(?:[:/]|$)")
_SERVICE_VERSION = re.compile(r"(?:ServiceVersion\.|OpenAIServiceVersion\.)V(\d{4})_(\d\d)_(\d\d)(_(?i:preview))?")
_CLIENT_OF = re.compile(
    r"\.(?:GetChatClient|GetEmbeddingClient|GetImageClient|GetAudioClient|GetVideoClient"
    r"|AsChatClient|AddAzureOpenAI\w{1,40})\(\s{0,80}(?:deploymentName:\s?)?\"([\w.-]{1,64})\""
)
_MODEL_OF = re.compile(
    r"(?:completions|embeddings|responses|images|videos)\.\w{2,20}\(\s{0,40}[^()]{0,400}?\bmodel\s{0,4}=\s{0,4}[\"']([\w.-]{1,64})[\"']"
)
_AZURE_CLIENT = re.compile(r"\bAzureOpenAI\(|\bAsyncAzureOpenAI\(")
_LITELLM = re.compile(
    r"[\"'\s:=]azure/(?:(?:responses|gpt5_series|o_series|eu|us|global)/)?([A-Za-z0-9][\w.-]{0,63})(?=[\"'\s,]|$)"
)
_FROM_ELSEWHERE = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z_]\w{2,40})\s{0,8}[:=]\s{0,8}(?:new Uri\(|str\()?(?:os\.(?:getenv|environ)|process\.env"
    r"|Environment\.Get|GetEnvironmentVariable|System\.getenv"
    r"|config(?:uration)?[\[.(]|settings\.|st\.secrets)[^\n]{0,80}?[)\]]?"
)
_AZURE = re.compile(
    r"\b(?:Async)?AzureOpenAI[.(]|\bazure\.(?:core|ai)\.|\bAzure\.(?:AI\.|RequestFailed)|AzureChatOpenAI|AzureKeyCredential"
    r"|azure_endpoint|azureOpenAI\w*:|api_type\s{0,3}=\s{0,3}[\"']azure|AZURE_OPENAI_\w+|AzureOpenAI[A-Z]\w+|AzureException"
    r"|(?<![\w./])azure/[\w.-]+|AddAzureOpenAI|APIM_|\"AzureOpenAI\"|[\"']azure[\"']:|@ai-sdk/azure|The API deployment"
    r"|cognitiveservices\.azure\.com|Microsoft\.CognitiveServices/|aka\.ms/cogsvc|DeploymentNotFound|invalid subscription key"
    r"|(?i:azure openai|apim-request-id|x-ms-region)"
)
_OF_MODEL = re.compile(r"\bmodel[\"']?\s{0,4}[:=]\s{0,4}\{[^{}]{0,160}$")
"""What stands before the members of a model, as Azure's management shows it: its version is no api-version."""
_OPENAI = re.compile(r"platform\.openai\.com/(?:account/(?:api-keys|rate-limits|billing)|docs/guides/error-codes)")


def language_of(text: str) -> str:
    """Tell the language of a snippet by its own words; "" when none speaks."""
    scores = [(sum(1 for _hit in zip(pattern.finditer(text), range(20), strict=False)), name) for name, pattern in LANGUAGES]
    best = max(scores)
    return best[1] if best[0] else ""


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read what code or configuration binds, the requests that code makes, and the words that give a vendor away."""
    kind = language_of(text)
    found = bindings(text)
    facts = _facts(text, found, knowledge, kind or _configuration(text))
    if facts is not None:
        yield facts
    elif kind:
        yield Fragment(kind, 0, 0, language=kind)
    yield from _calls(text, found, knowledge, kind or "code")
    vendors = [(name, hit.start()) for name, sign in (("azure", _AZURE), ("openai", _OPENAI)) if (hit := sign.search(text))]
    for name, place in vendors if len(vendors) == 1 else ():
        yield Fragment("", place, place, provider=name)


def _configuration(text: str) -> str:
    """Tell the form of a configuration: lines of an environment, YAML, TOML, JSON."""
    if re.search(r"Invoke-(?:RestMethod|WebRequest)|(?<!\w)\$[A-Za-z]\w{1,40} = ", text):
        return "powershell"
    if _FILE_LINES.search(text):
        return "env"
    if re.match(r"\s{0,400}(?:\{|\"[\w:.-]{1,60}\"\s{0,4}:\s{0,4}\{)", text):
        return "json"
    if re.search(r"(?m)^\[[\w.\"-]{1,80}\]$", text):
        return "toml"
    return "yaml" if not _NO_YAML.search(text) and len(_YAML_LINES.findall(text)) >= 2 else "text"


def _facts(text: str, found: list[Binding], knowledge: Knowledge, kind: str) -> Fragment | None:
    """Join what names are bound to into one fragment; of several values of a field the first counts."""
    fields: dict[str, str] = {}
    ids: dict[str, str] = {}
    holes: list[str] = []
    names = id_names(knowledge.ids)
    first = len(text)
    for one in found:
        field = field_of(one.name)
        named = names.get(words(one.name.rpartition(".")[2].rpartition(":")[2]))
        if field == "instance" and words(one.name) == "resourcename" and not _AZURE.search(text):
            continue
        if words(one.value) in ("none", "null", "undefined", "nil") or _OF_MODEL.search(text, max(0, one.start - 200), one.start):
            continue
        if field and _fits(field, one):
            name = "base_url" if field == "instance" else field
            if is_hole(one.value) or holes_in(one.value) or MARK in one.value:
                holes.append(name)
            elif field not in fields:
                fields[field] = one.value
                first = min(first, one.start)
        elif named and _is_id(one):
            if is_hole(one.value) or holes_in(one.value):
                holes.append(named)
            elif any(c.isdigit() for c in one.value):
                better = ids_named([one.value], knowledge) if named not in RESULTS else ()
                ids.setdefault(better[0][0] if better else named, one.value)
                first = min(first, one.start)
    for match in _FROM_ELSEWHERE.finditer(text):
        field = field_of(match["name"])
        if field in ("base_url", "api_version", "deployment") and words(match["name"]) not in ("url", "uri", "host"):
            holes.append(field)
    version = _SERVICE_VERSION.search(text)
    if version and "api_version" not in fields:
        fields["api_version"] = f"{version[1]}-{version[2]}-{version[3]}" + ("-preview" if version[4] else "")
    for pattern in (_CLIENT_OF, _LITELLM, *((_MODEL_OF,) if _AZURE_CLIENT.search(text) and "deployment" not in holes else ())):
        deployment = pattern.search(text)
        if deployment and "deployment" not in fields:
            fields["deployment"] = deployment[1]
            first = min(first, deployment.start())
    if not fields and not ids and not holes:
        return None
    return _fragment(kind, min(first, len(text)), fields, ids, holes, knowledge)


def _fits(field: str, one: Binding) -> bool:
    """Whether a value has the form of the field: people call many things `version`, `base` and `url`."""
    value, plain, is_open = one.value, words(one.name), is_hole(one.value)
    if field == "api_version":
        is_version = bool(_VERSION.fullmatch(value))
        return is_version and value[0].isdigit() if plain == "version" else is_version or is_open
    if field == "base_url":
        is_clear = any(part in plain for part in ("endpoint", "base", "azure", "openai"))
        return is_clear and (bool(_HOST.match(value)) or (is_open and (one.is_quoted or bool(holes_in(value)))))
    if field == "deployment":
        is_bound = one.is_quoted or one.equals == ":" or one.name.isupper() or "-" in value
        return (is_bound and bool(re.fullmatch(r"[\w.-]{1,64}", value))) or (is_open and one.is_quoted)
    return is_open or bool(re.fullmatch(r"[\w-]{2,64}", value))


def _is_id(one: Binding) -> bool:
    return bool(re.fullmatch(r"(?!\d{1,3}$)[\w.=+<>{}$-]{2,512}", one.value)) and words(one.name) not in NO_PRODUCT


def _fragment(
    kind: str, start: int, fields: dict[str, str], ids: dict[str, str], holes: list[str], knowledge: Knowledge
) -> Fragment:
    url = fields.get("base_url") or (f"{fields['instance']}.openai.azure.com" if "instance" in fields else "")
    base = about(url if "://" in url else f"https://{url}", knowledge, kind="code") or Fragment("")
    return Fragment(
        kind,
        start,
        start,
        language="" if kind in ("env", "yaml", "toml", "json", "text", "powershell") else kind,
        base_url=base.base_url,
        provider=base.provider,
        api_version=fields.get("api_version") or base.api_version,
        deployment=fields.get("deployment") or base.deployment,
        ids=tuple(ids.items()),
        holes=tuple(dict.fromkeys(holes)),
    )


def _calls(text: str, found: list[Binding], knowledge: Knowledge, kind: str) -> Iterator[Fragment]:
    """Read the requests that code makes, where their URL can be told."""
    known = {one.name.rpartition(".")[2]: one.value for one in found}
    given = parameters(text)
    base = known.get("base_url") or known.get("baseURL") or ""
    own = "/" + base.partition("://")[2].partition("/")[2].partition("?")[0].strip("/")
    for match in (*_CALL.finditer(text), *_OTHER_CALL.finditer(text)):
        groups = match.groupdict()
        url = _literal(match["argument"], known)
        verb = next((groups[name] for name in ("verb", "verb2", "verb3", "verb4", "verb5", "method") if groups.get(name)), "")
        if not verb or verb.lower() in ("stream", "request"):
            near = _METHOD_NEAR.search(text, max(0, match.start() - 60), min(len(text), match.end() + 400))
            is_error = (groups.get("kind") or "").startswith("url")  # an object that is printed names a method or none
            verb = (near["verb"] or near["verb2"]) if near else "" if is_error else "GET"
        if url.startswith("/") and own != "/" and not url.startswith(own + "/"):
            url = own + url  # a client puts the path of its own base before it
        is_path = not url.startswith("http")
        if not is_path or API.search("/" + url):
            url = with_version(url, match.end(), given)
        if is_path:
            if API.search("/" + url):
                yield replace(relative(url, verb.upper() or None, knowledge, kind, match.start()), language=kind)
            continue
        asked = request(url, verb.upper() or None, knowledge, kind, match.start(), match.end(), kind)
        if asked is not None and asked.url is not None:
            yield asked
        elif asked is not None and "url" in asked.holes:
            yield Fragment("", match.start(), match.start(), method=asked.method)


def _literal(argument: str, known: dict[str, str]) -> str:
    plain = argument.lstrip("fF$@") if argument[-1:] in "\"'`" else argument
    return plain[1:-1] if plain[:1] in "\"'`" else known.get(plain.rpartition(".")[2], "")
