"""What identifies somebody and what does not: shapes of ids, hosts of vendors, words of the catalogue; and walks over evidence."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from probe.facts.families import FAMILIES
from probe.facts.ids import stems
from probe.frozen import Frozen, members
from probe.model import Diagnosis, Evidence, Finding, Note, Probe, Response, Verdict

_HOSTS = {
    "azure": "privatelink.openai.azure.com privatelink.cognitiveservices.azure.com openai.azure.com openai.azure.us "
    "services.ai.azure.com cognitiveservices.azure.com cognitiveservices.azure.us services.ai.azure.us openai.azure.cn "
    "cognitiveservices.azure.cn",
    "apim": "azure-api.net azure-api.us azure-api.cn",
    "gateway": "azurefd.net trafficmanager.net azureedge.net",
    "app": "azurewebsites.net azurecontainerapps.io cloudapp.azure.com",
    "storage": "core.windows.net core.usgovcloudapi.net core.chinacloudapi.cn storage.azure.net",
}
VENDOR_HOSTS = {host: kind for kind, hosts in _HOSTS.items() for host in hosts.split()}
VENDOR_NAME = re.compile(
    r"(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:" + "|".join(map(re.escape, VENDOR_HOSTS)) + r")(?![\w-])", re.IGNORECASE
)
STORAGE_PARTS = ("blob", "dfs", "file", "queue", "table", "web")
PUBLIC_HOST = re.compile(r"(?:.*\.)?(?:openai\.com|microsoft\.com|microsoftonline\.com|aka\.ms|azure\.com|github\.com|localhost)")
PUBLIC_NAME = re.compile(
    r"digicert|microsoft|azure|let's encrypt|isrg|google|amazon|cloudflare|globalsign|sectigo|entrust|identrust|godaddy|baltimore"
    r"|openai|zscaler|netskope|forti|palo ?alto|blue ?coat|forcepoint|mcafee|sophos|umbrella|mitmproxy|charles|fiddler|burp"
    r"|portswigger|squid|avast|kaspersky",
    re.IGNORECASE,
)
COMMON = frozenset(
    re.findall(
        r"\w+",
        """accounts archive artifact artifacts asset assets binary bytes common company customer data default deployments
        development download downloads eastus eastus2 europe export external fetch global internal media mp4 north northeurope
        output outputs preview private prod production projects providers public raw region resourcegroups result results sandbox
        server shared id name type value key field null none missing required invalid string unknown
        south staging stream subscriptions sweden swedencentral test testing upload westeurope westus""",
    )
)
"""Words that a path or a name may hold beside the catalogue's own, and that identify nobody."""
_MODEL_WORDS = frozenset(
    re.findall(
        r"\w+",
        """gpt chatgpt o sora dall e whisper tts hd text embedding ada small large davinci babbage curie codex computer use mini
        nano pro turbo preview latest image audio realtime transcribe diarize search deep research omni moderation instruct vision
        oss b k x chat live model veo generate kling wan t i v s hailuo minimax cogvideox gen seedance seedream doubao flux llama
        phi deepseek r mistral claude gemini grok qwen sonnet haiku opus flash lite imagen max fast ultra standard master video
        hunyuan ltx""",
    )
)
"""What the vendors' own names of models are made of; a name with any other word is a customer's."""

KEPT_HEADERS = re.compile(
    r".*(?:request-?id|correlation-id|activity-id|azure-ref)|cf-ray|x-ms-region|azureml-model-session|traceparent|date|etag|last-modified"
    r"|expires|content-type|content-length|content-range|user-agent",
    re.IGNORECASE,
)
NAMING_HEADERS = {
    "openai-organization": "org",
    "openai-project": "project",
    "x-ms-deployment-name": "deployment",
    "azureml-model-deployment": "deployment",
    "x-ms-client-principal-name": "person",
    "x-forwarded-user": "person",
    "x-auth-request-user": "person",
}
KEPT_FIELDS = {
    *((Evidence, name) for name in ("artefacts", "surfaces", "api_versions", "limits", "catalogue_sha256")),
    *((Response, name) for name in ("request_ids", "region", "body_sha256")),
    *((Probe, name) for name in ("endpoint", "api_version")),
    *((one, name) for one in (Diagnosis, Finding) for name in ("code", "variant", "docs_url")),
    (Note, "code"),
    *((Verdict, name) for name in ("answered_by", "owner")),
}
KNOWN_VARIABLE = re.compile(
    r"AZURE_(?:OPENAI_)?(?:API_)?KEY|AZURE_OPENAI_AD_TOKEN|AZURE_STORAGE_TOKEN|OPENAI_API_KEY|APIM_SUBSCRIPTION_KEY|PROBE_DEMO_KEY"
)
USUAL_HEADER = re.compile(
    r"accept.*|authorization|api-key|content-.+|cookie|if-.+|ocp-apim-.+|openai-.+|range|referer|user-agent|x-(?:ms|api|functions|stainless)-.+",
    re.IGNORECASE,
)
HOST_HEADER = re.compile(
    r"via|server|forwarded|host|x-(?:forwarded|original)-(?:host|server)|(?:x-)?served-by"
    r"|x-backend(?:-.+)?|x-(?:host|server|node|pod|instance|machine|worker|upstream)(?:-?(?:name|id|host))?",
    re.IGNORECASE,
)
PRODUCT = re.compile(
    r"(?:(?:istio-)?envoy|nginx|openresty|apache(?:-coyote)?|jetty|kestrel|uvicorn|hypercorn|gunicorn|daphne|granian|werkzeug|python|aiohttp"
    r"|tornadoserver|waitress|caddy|traefik|haproxy|varnish|awselb|awsalb|cloudfront|akamaighost|ghost|litespeed|gws|esf|vercel|fly"
    r"|kong|tyk|apisix|litellm|vllm|ollama|express|next|tengine|tinyproxy|iis|httpapi|blob|front|door|gateway|application|windows"
    r"|web|server|services|http|https|proxy|openssl|ubuntu|debian|linux|unix|alpine)(?:[-/_].*)?",
    re.IGNORECASE,
)
"""What a `Server` or `Via` header may say and identifies nobody: the names of products."""
SIGNED_PARAMETERS = frozenset(re.findall(r"\S+", "api-version se sig sip sks ske skoid skt sktid skv sp spr sr srt ss st sv"))
"""Parameters of a signed URL (learn.microsoft.com, "Create a user delegation SAS") whose values say nothing about anybody."""

_ACCOUNT_PREFIXES = ("org-", "user-", "proj_", "acct_", "cus_", "sess_", "key_", "asst_", "call_", "rs_", "fc_", "evalrun_")
_TAIL = r"(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{6,}"
_OPAQUE = r"(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{18,}"
GUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
URL_HOST = re.compile(
    r"(?:://|%3a%2f%2f)(?:[^\s/?#\"'<>\\@]{1,200}@)?([^\s/?#\"'<>\\@:%,;]+\.[^\s/?#\"'<>\\@:%,;]+|[a-z][a-z0-9-]+)", re.I
)
URL = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)
PATH_NAME = re.compile(r"/(deployment|project|resourceGroup|account)s/([^/?#\s\"'<>{}%]{3,})", re.IGNORECASE)
TUNED_MODEL = re.compile(r"\bft:[\w.-]+:([\w-]*):([\w-]*):([\w-]+)")
HOME = re.compile(r"(?:/home/|/Users/|\\Users\\)([^/\\\s\"']+)")
NAMED = re.compile(
    r"\b(deployment|resource|account|tenant|subscription|user|project|workspace|organization|model|engine)(?:[ _-]?(?:name|id))?"
    r"\s{0,3}[:=]?\s{0,3}(?:\\?[\"'`])([^\"'`\\\s]{3,64})\\?[\"'`]",
    re.IGNORECASE,
)
"""What prose says the name of, in quotes: `The API deployment 'contoso-sora' does not exist`."""
_KINDS = {"model": "deployment", "engine": "deployment", "user": "person"}
MACHINE = re.compile(
    r"\b(?:host(?:name)?|node|pod|machine|vm|instance|worker|server|upstream|backend)(?:[ _-]?name)?(?:\s{1,3}|\s{0,3}[:=]\s{0,3})"
    r"\\?[\"'`]?((?=[a-z-]{0,60}\d)[a-z][\w-]{3,62}(?:\.[\w-]{1,62}){0,4})",
    re.IGNORECASE,
)
FULL_NAME = re.compile(
    r"(?<![\w.@$/-])((?:[a-z0-9](?:[\w-]{0,61}[a-z0-9])?\.){1,6}(?:com|net|org|edu|gov|mil|io|ai|dev|cloud|local|localdomain|internal|corp|lan"
    r"|intra(?:net)?|home|private|svc|test|example)|(?:[a-z0-9](?:[\w-]{0,61}[a-z0-9])?\.){2,6}[a-z]{2})(?![\w-]|\.\w|\()",
    re.IGNORECASE,
)
"""A host's full name in prose."""
REQUEST_ID = re.compile(r"(?:request|correlation|activity|trace)[-_ ]?id\W{1,4}([0-9a-z-]{8,})", re.IGNORECASE)
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
PIECE = re.compile(
    r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[nrt]"  # an escape does not belong to the word beside it
    r"|(?P<mail>(?<!/)[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<ip6>(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]))"
    r"|(?P<word>\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*)"
)


def id_shape(evidence: Evidence) -> re.Pattern[str]:
    """Make the pattern of ids, prefix and rest: of known kinds and accounts, and whatever looks made by a machine."""
    kinds = {stem for artefact in evidence.artefacts for name in artefact.ids for stem in stems(name)}
    public = {one.prefix for one in FAMILIES}
    known = "|".join(re.escape(one) for one in sorted({*kinds, *public, *_ACCOUNT_PREFIXES}, key=lambda one: (-len(one), one)))
    return re.compile(rf"(?P<prefix>{known}){_TAIL}|(?P<other>[a-z]{{2,10}}[-_]){_OPAQUE}")


def is_model(name: str) -> bool:
    """Whether this is a vendor's own name of a model, such as `gpt-4o-mini-2024-07-18`, and not one that a customer chose."""
    words = re.findall(r"[a-z]+", name.lower())
    return bool(words) and all(word in _MODEL_WORDS for word in words)


def is_like(word: str, vocabulary: frozenset[str]) -> bool:
    """Whether a word is one of the vocabulary, or such a word mistyped: what a customer's wrong URL is made of."""
    return word in vocabulary or bool(get_close_matches(word, vocabulary, n=1, cutoff=0.8))


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; None where the text does not hold one."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def class_base(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Give the network that pseudonyms of an address of this class are taken from."""
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    if isinstance(address, ipaddress.IPv6Address):
        return "fe80::" if address.is_link_local else "fd00::" if address in ipaddress.ip_network("fc00::/7") else "2001:db8::"
    if address.is_link_local:
        return "169.254.0.0"
    return "10.0.0.0" if any(address in ipaddress.ip_network(one) for one in private) else "203.0.113.0"


def host_in(url: str) -> str:
    """Read the first host in a text, lower case, without port; empty without one."""
    found = URL_HOST.search(url)
    return found[1].lower().rstrip(".") if found else ""


def vocabulary_of(evidence: Evidence) -> frozenset[str]:
    """All names of the catalogue, but not its prose: they are public, and rewriting them would break every route."""
    public = [text for one in evidence.endpoints for text in (one.id, one.path, one.provider, one.artefact, one.surface)]
    public += [name for one in evidence.endpoints for name, _ in one.query]
    public += [text for one in evidence.surfaces for text in (one.name, one.prefix)] + [one.value for one in evidence.api_versions]
    for kind in evidence.artefacts:
        states = kind.states
        public += (kind.name, *kind.media_types, *states.pending, *states.ready, *states.failed, *states.expired)
    words = {word.lower() for text in public for word in re.findall(r"[\w-]+", text)}
    words |= {part for word in words for part in re.split(r"[-_]", word)}
    common = "api app azure backend com gateway host http https local localhost none null openai proxy redacted server service web"
    return frozenset(words | set(common.split()))


def values(value: Any) -> Iterator[Any]:
    """Walk over every record in `value`, outermost first."""
    if isinstance(value, tuple):
        for item in value:
            yield from values(item)
    elif isinstance(value, Frozen):
        yield value
        for held in members(value).values():
            yield from values(held)


def texts(value: Any) -> Iterator[tuple[type, str, str]]:
    """Walk over every text in `value` with the class and field that hold it; words of an enumeration do not count as texts."""
    for record in values(value):
        for name, held in members(record).items():
            stack = [held]
            while stack:
                item = stack.pop()
                if type(item) is str:
                    yield type(record), name, item
                elif isinstance(item, tuple):
                    stack += reversed(item)


def named_in(text: str, ids: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Read kind and name of what prose names, machines included; neither a vendor's model, a common word nor a mere id."""
    for kind, name in NAMED.findall(text):
        if not is_model(name) and name.lower() not in COMMON and not ids.fullmatch(name) and not GUID.fullmatch(name):
            yield _KINDS.get(kind.lower(), kind.lower()), name
    for name in MACHINE.findall(text):
        if not PRODUCT.fullmatch(name) and not GUID.fullmatch(name):
            yield "host", name


def any_of(originals: Iterable[str], shape: str) -> re.Pattern[str]:
    """Make a pattern that finds any of these texts, the longest first."""
    longest = sorted(originals, key=len, reverse=True)
    return re.compile(shape.format("|".join(map(re.escape, longest)) or r"(?!)"), re.IGNORECASE)


def machines_of(text: str) -> Iterator[str]:
    """Read the hosts in a header that servers and proxies write: `1.1 proxy01 (squid)`, `for=x;host=y`, `nginx/1.25 (vm01)`."""
    bare = re.sub(r"\((?!\S*\d)[^)]*\)|/[^\s;,]*|\b(?:for|by|host|proto)=", " ", text)
    for word in re.findall(r"[A-Za-z][\w-]*(?:\.[\w-]+)*", bare):
        if "." in word or not (PUBLIC_NAME.search(word) or PRODUCT.fullmatch(word)):
            yield word
