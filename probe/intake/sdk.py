"""Calls of the official SDKs in code, and the request that each sends: nobody who pastes `videos.download_content` sees its URL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.bindings import bindings
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.names import field_of
from probe.intake.urls import holes_in
from probe.redact import MARK

CALL = "sdk call"
"""The name under which a fragment tells the request: `GET URL`, ids as `{video_id}`."""

_PATHS = (
    ("videos", "download_?content|content", "/videos/{video_id}/content"),
    ("videos", "retrieve|poll", "/videos/{video_id}"),
    ("containers.files.content", "retrieve", "/containers/{container_id}/files/{container_file_id}/content"),
    ("files", "content|retrieve_?content", "/files/{file_id}/content"),
    ("files", "retrieve", "/files/{file_id}"),
    ("batches", "retrieve", "/batches/{batch_id}"),
)
"""Resource, methods and path (openai-python and openai-node `resources/`, read 2026-11)."""
_CALL = re.compile(
    r"\.\s{0,20}(?P<resource>videos|containers\(?\)?\.files\(?\)?\.content|files|batches)(?:\(\))?\s{0,20}\."
    r"(?:with_raw_response\.|with_streaming_response\.)?"
    r"(?P<method>download_?[cC]ontent|retrieve_?[cC]ontent|content|retrieve|poll)\((?:\s{0,20}[\"'`](?P<id>[\w-]{6,128})[\"'`])?"
    r"|\bclient\.get\(\s{0,20}[fF]?[\"'`](?P<path>/[\w/.{}-]{3,256})[\"'`]"
    r"|\.(?P<dotnet>DownloadFile|GetFile|DownloadContainerFile|GetBatch)(?:Async)?\((?:\s{0,20}\"(?P<id2>[\w-]{6,128})\")?"
)
_DOTNET = {
    "DownloadFile": ("files", "content"),
    "GetFile": ("files", "retrieve"),
    "DownloadContainerFile": ("containers.files.content", "retrieve"),
    "GetBatch": ("batches", "retrieve"),
}
"""Methods of OpenAI's .NET clients (openai-dotnet `OpenAIFileClient`, `ContainerClient`, `BatchClient`)."""
_TRACE = re.compile(
    r"resources[/\\](?P<resource>videos|files|batches)[\w/\\]{0,40}\.(?:py|ts|js)[^\n]{0,60}?(?:, |\s)in (?P<method>\w{3,40})"
)
_AZURE = re.compile(r"\b(?:Async)?AzureOpenAI\(|\bAzureOpenAIClient\(")
_PLAIN = re.compile(r"\b(?:Async)?OpenAI\(|\bOpenAIOkHttpClient\b")
_URI = re.compile(r"OpenAIClient\(\s{0,20}(?:endpoint: )?new (?:System\.)?Uri\(\s{0,4}\"(https?://[^\"\s]{1,512})\"")
_DEFAULT = "https://api.openai.com/v1"


def read(text: str, _knowledge: Knowledge) -> Iterator[Fragment]:
    """Read the call that failed by the traceback, else the last one of the code."""
    traced = list(_TRACE.finditer(text))
    calls = traced or sorted(_CALL.finditer(text), key=lambda call: bool(call["id"] or call["id2"]))
    root = _root(text) if calls else None
    if root is None:
        return
    for call in reversed(calls):
        groups = call.groupdict()
        named = _DOTNET[groups["dotnet"]] if groups.get("dotnet") else (call["resource"] or "", call["method"] or "")
        path = groups.get("path") or _path(*named)
        if path is None:
            continue
        literal = groups.get("id") or groups.get("id2")
        if literal and path.count("{") == 1:
            path = re.sub(r"\{\w+\}", literal, path)
        url, mark, query = root.partition("?")
        yield Fragment("", call.start(), call.start(), told=((CALL, f"GET {url}{path}{mark}{query}"),))
        return


def _path(resource: str, method: str) -> str | None:
    plain = resource.replace("()", "")
    return next((path for name, methods, path in _PATHS if name == plain and re.fullmatch(methods, method, re.IGNORECASE)), None)


def _root(text: str) -> str | None:
    """Tell where the client sends its paths: below `/openai` with an api-version for Azure's, as it is given for the plain one."""
    values: dict[str, str] = {}
    for one in bindings(text):
        field = field_of(one.name)
        if field in ("base_url", "api_version") and MARK not in one.value and not holes_in(one.value):
            values.setdefault(field, one.value.rstrip("/"))
    positional = _URI.search(text)
    base = values.get("base_url", "") or (positional[1].rstrip("/") if positional else "")
    is_url = base.startswith(("http://", "https://"))
    query = f"?api-version={values['api_version']}" if "api_version" in values else ""
    if _AZURE.search(text):
        own = base if base.endswith("/openai") or "/openai/" in base else f"{base}/openai"
        return own + query if is_url and query else None
    if not _PLAIN.search(text):
        return None
    own_query = query if re.search(r"default_?[qQ]uery", text) else ""
    return base + own_query if is_url else None if base else _DEFAULT
