"""What identifies somebody and what does not: shapes of ids, hosts of vendors, words of the catalogue; and walks over evidence."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from probe.model import Credential, Evidence, Probe, Response

VENDOR_HOSTS = {
    "privatelink.openai.azure.com": "azure",
    "privatelink.cognitiveservices.azure.com": "azure",
    "openai.azure.com": "azure",
    "openai.azure.us": "azure",
    "services.ai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "cognitiveservices.azure.us": "azure",
    "azure-api.net": "apim",
    "azure-api.us": "apim",
    "azurefd.net": "gateway",
    "trafficmanager.net": "gateway",
    "azureedge.net": "gateway",
    "azurewebsites.net": "app",
    "azurecontainerapps.io": "app",
    "cloudapp.azure.com": "app",
    "core.windows.net": "storage",
    "core.usgovcloudapi.net": "storage",
    "storage.azure.net": "storage",
}
STORAGE_PARTS = ("blob", "dfs", "file", "queue", "table", "web")
PUBLIC_HOST = re.compile(r"(?:.*\.)?(?:openai\.com|microsoft\.com|microsoftonline\.com|aka\.ms|azure\.com|github\.com|localhost)")
PUBLIC_NAME = re.compile(
    r"digicert|microsoft|azure|let's encrypt|isrg|google|amazon|cloudflare|globalsign|sectigo|entrust|identrust|godaddy|baltimore"
    r"|openai|zscaler|netskope|forti|palo ?alto|blue ?coat|forcepoint|mcafee|sophos|umbrella|mitmproxy|charles|fiddler|burp"
    r"|portswigger|squid|avast|kaspersky",
    re.IGNORECASE,
)
MODEL = re.compile(
    r"(?:gpt|chatgpt|o\d|sora|dall|whisper|tts|text|davinci|babbage|codex|computer|omni|model|embedding)[-_.\d]*", re.I
)

KEPT_HEADERS = re.compile(
    r".*(?:request-?id|correlation-id|activity-id|azure-ref)|cf-ray|x-ms-region|azureml-model-session|traceparent|date|etag|last-modified"
    r"|expires|server|via|content-type|content-length|content-range|user-agent",
    re.IGNORECASE,
)
NAMING_HEADERS = {"openai-organization": "org", "openai-project": "project", "x-ms-deployment-name": "deployment"}
KEPT_FIELDS = {
    *((Evidence, name) for name in ("artefacts", "surfaces", "api_versions", "limits", "catalogue_sha256")),
    *((Response, name) for name in ("request_ids", "region", "body_sha256")),
    *((Probe, name) for name in ("endpoint", "api_version")),
    (Credential, "variable"),
}

ID_PREFIX = re.compile(
    r"(task|gen|video|file|batch|cntr|cfile|ftjob|ftckpt|ft|org|user|proj|asst|thread|msg|run|resp|vs|vsfs|eval|evalrun|img|job|step|call"
    r"|fc|rs|key|sess|acct|cus)([-_])(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{6,}"
)
GUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
URL_HOST = re.compile(
    r"(?:://|%3a%2f%2f)(?:[^\s/?#\"'<>\\@]{1,200}@)?([^\s/?#\"'<>\\@:%,;]+\.[^\s/?#\"'<>\\@:%,;]+|[a-z][a-z0-9-]+)", re.I
)
PATH_NAME = re.compile(r"/(deployment|project|resourceGroup|account)s/([^/?#\s\"'<>{}%]{3,})", re.IGNORECASE)
TUNED_MODEL = re.compile(r"\bft:[\w.-]+:([\w-]*):([\w-]*):([\w-]+)")
HOME = re.compile(r"(?:/home/|/Users/|\\Users\\)([^/\\\s\"']+)")
REQUEST_ID = re.compile(r"(?:request|correlation|activity|trace)[-_ ]?id\W{1,4}([0-9a-z-]{8,})", re.IGNORECASE)
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
PIECE = re.compile(
    r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[nrt]"  # an escape is no part of the word beside it
    r"|(?P<mail>(?<!/)[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<ip6>(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]))"
    r"|(?P<word>\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*)"
)


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def class_base(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    if isinstance(address, ipaddress.IPv6Address):
        return "fe80::" if address.is_link_local else "fd00::" if address in ipaddress.ip_network("fc00::/7") else "2001:db8::"
    if address.is_link_local:
        return "169.254.0.0"
    return "10.0.0.0" if any(address in ipaddress.ip_network(one) for one in private) else "203.0.113.0"


def host_of(url: str) -> str:
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
    """Walk over every dataclass in `value`, outermost first."""
    if isinstance(value, tuple):
        for item in value:
            yield from values(item)
    elif is_dataclass(value):
        yield value
        for one in fields(value):
            yield from values(getattr(value, one.name))


def texts(value: Any) -> Iterator[tuple[type, str, str]]:
    """Walk over every text in `value` with the class and field that hold it; words of an enumeration are no texts."""
    for record in values(value):
        for one in fields(record):
            stack = [getattr(record, one.name)]
            while stack:
                item = stack.pop()
                if type(item) is str:
                    yield type(record), one.name, item
                elif isinstance(item, tuple):
                    stack += reversed(item)
