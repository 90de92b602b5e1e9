"""The call of the official SDK that sends a request, for those who pasted code: Python and JavaScript."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlencode

from probe.frozen import Frozen

_ROOT = re.compile(r"(?P<root>https?://[^/?#]+(?:/[^?#]*?)?/v1)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?")
_CLASSIC = re.compile(
    r"(?P<root>https?://[^/?#]+)/openai(?P<path>/(?:files|batches)/[^?#]*)\?(?:[^#]*&)?api-version=(?P<version>[^&#]+)"
)
_VERSION = "api-version"


class Method(Frozen):
    """A method of the SDK for a path: `python` and `javascript` are its calls, with `{0}`, `{1}` for the ids."""

    path: re.Pattern[str]
    python: str
    javascript: str
    is_file: bool = True


_ID = r"([A-Za-z0-9][\w.=+-]*)"
METHODS = (
    Method(re.compile(rf"/videos/{_ID}/content"), "videos.download_content({0})", "videos.downloadContent({0})"),
    Method(re.compile(rf"/videos/{_ID}"), "videos.retrieve({0})", "videos.retrieve({0})", is_file=False),
    Method(re.compile(rf"/files/{_ID}/content"), "files.content({0})", "files.content({0})"),
    Method(re.compile(rf"/files/{_ID}"), "files.retrieve({0})", "files.retrieve({0})", is_file=False),
    Method(re.compile(rf"/batches/{_ID}"), "batches.retrieve({0})", "batches.retrieve({0})", is_file=False),
    Method(
        re.compile(rf"/containers/{_ID}/files/{_ID}/content"),
        "containers.files.content.retrieve({1}, container_id={0})",
        "containers.files.content.retrieve({1}, {{ container_id: {0} }})",
    ),
)
"""openai-python and openai-node `resources/`, read 2026-11. Any other path is asked by the client's own `get`."""


def call(url: str, language: str, variable: str, output: str | None, header: str = "") -> str:
    """Write the SDK's code for a GET of `url`, with the key from `variable`; "" where the SDK cannot send it.

    Azure's client puts no `/v1` before its paths, so `OpenAI(base_url=...)` is used wherever the URL has one. `header` is sent with
    the key too, for hosts that do not read it from `Authorization`, where the SDK puts it.
    """
    found, classic = _ROOT.fullmatch(url), _CLASSIC.fullmatch(url)
    if language not in ("python", "javascript") or not re.fullmatch(r"[A-Za-z_]\w*", variable) or not url.isascii():
        return ""
    if classic and not found:
        client = _azure_client(classic["root"], classic["version"], language, variable)
        return _code(client, classic["path"], (), language, output, "AzureOpenAI")
    if not found:
        return ""
    query = tuple(parse_qsl(found["query"] or ""))
    version = dict(query).get(_VERSION)
    client = _client(found["root"], version, language, variable, header)
    return _code(client, found["path"], tuple(pair for pair in query if pair[0] != _VERSION), language, output, "OpenAI")


def _client(root: str, version: str | None, language: str, variable: str, header: str) -> str:
    base, key = json.dumps(f"{root}/"), f'os.environ["{variable}"]' if language == "python" else f"process.env.{variable}"
    query = json.dumps({_VERSION: version}) if version else ""
    headers = f"{{{json.dumps(header)}: {key}}}" if header else ""
    if language == "python":
        more = "".join(f", {name}={text}" for name, text in (("default_query", query), ("default_headers", headers)) if text)
        return f"client = OpenAI(base_url={base}, api_key={key}{more})"
    more = "".join(f", {name}: {text}" for name, text in (("defaultQuery", query), ("defaultHeaders", headers)) if text)
    return f"const client = new OpenAI({{ baseURL: {base}, apiKey: {key}{more} }});"


def _azure_client(root: str, version: str, language: str, variable: str) -> str:
    base, text = json.dumps(root), json.dumps(version)
    if language == "python":
        return f'client = AzureOpenAI(azure_endpoint={base}, api_version={text}, api_key=os.environ["{variable}"])'
    return f"const client = new AzureOpenAI({{ endpoint: {base}, apiVersion: {text}, apiKey: process.env.{variable} }});"


def _code(client: str, path: str, query: tuple[tuple[str, str], ...], language: str, output: str | None, name: str) -> str:
    known = next(((one, match) for one in METHODS if not query and (match := one.path.fullmatch(path))), None)
    is_file = known[0].is_file if known else output is not None
    ids = [json.dumps(value) for value in known[1].groups()] if known else []
    if language == "python":
        own = f"get({json.dumps(_with_query(path, query))}, cast_to={'HttpxBinaryResponseContent' if is_file else 'object'})"
        asked = "client." + (known[0].python.format(*ids) if known else own)
        imported = f"{name}, HttpxBinaryResponseContent" if not known and is_file else name
        last = f'{asked}.write_to_file("{output or "file.bin"}")' if is_file else f"print({asked})"
        return f"import os\nfrom openai import {imported}\n\n{client}\n{last}"
    own = f"get({json.dumps(_with_query(path, query))}{', { __binaryResponse: true }' if is_file else ''})"
    asked = "await client." + (known[0].javascript.format(*ids) if known else own)
    imports = f'import {{ {name} }} from "openai";\n'
    if not is_file:
        return f"{imports}\n{client}\nconsole.log({asked});"
    save = f'await writeFile("{output or "file.bin"}", Buffer.from(await answer.arrayBuffer()));'
    return f'import {{ writeFile }} from "node:fs/promises";\n{imports}\n{client}\nconst answer = {asked};\n{save}'


def _with_query(path: str, query: tuple[tuple[str, str], ...]) -> str:
    return path + (f"?{urlencode(query)}" if query else "")
