"""Read an OpenAPI 3.0, 3.1 or Swagger 2.0 description as far as the importer needs it: operations, media types, where ids stand."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from probe.catalogue import nodes
from probe.catalogue.loader import read_file
from probe.errors import CatalogueError
from probe.facts.links import leads_on
from probe.frozen import Frozen

MAX_BYTES = 16 * 1024 * 1024
_MAX_NODES = 1_000_000
_MAX_REFS = 30
_MAX_FILES = 100
_MAX_DEPTH = 4
_MAX_VISITS = 3000
_JSON = re.compile(r"(application/json|[^;]*\+json)\b", re.IGNORECASE)
_LINK = re.compile(r"(?:^|_)ur[il]s?$|[a-z]Ur[il]s?$")
_EMBEDDED = re.compile(r"(?:^|_)(?:b64(?:_json)?|base_?64)$", re.IGNORECASE)
_NO_ARTEFACT = ("text/event-stream", "text/html")


class Property(Frozen):
    """A property of a JSON answer: its path (`$.data[*].id`), its name, and the words it may hold, if they are listed.

    `is_link`: it names a link to an artefact, or holds the artefact itself as base64.
    """

    path: str
    name: str
    words: tuple[str, ...] = ()
    is_link: bool = False


@dataclass(frozen=True)
class Operation:
    """One GET (or other method) of a description."""

    description: Description
    method: str
    path: str
    raw: dict[str, Any]
    shared: list[Any]
    query: tuple[tuple[str, str], ...] = ()
    prefix: str = ""

    @cached_property
    def key_headers(self) -> tuple[str, ...]:
        """The headers that its security schemes put a key into, lower case; `authorization` for HTTP's own schemes."""
        asked = _list(self.raw.get("security", self.description.document.get("security")))
        names = {name for one in asked for name in _dict(one)}
        schemes = self.description.schemes
        given = [schemes[name] for name in schemes if name in names]
        found = [
            str(one.get("name")) if one.get("in") == "header" else "authorization" for one in given if one.get("in") != "query"
        ]
        return tuple(dict.fromkeys(name.lower() for name in found))

    @cached_property
    def parameters(self) -> list[dict[str, Any]]:
        """Its parameters, those of the path item included; the operation's own win."""
        found = [self.description.resolve(one) for one in [*self.shared, *_list(self.raw.get("parameters"))]]
        return list({(one.get("in"), one.get("name")): one for one in found if isinstance(one.get("name"), str)}.values())

    @cached_property
    def answers(self) -> list[tuple[str, dict[str, Any]]]:
        """Media type and schema of each 2xx answer."""
        found = []
        responses = _dict(self.raw.get("responses"))
        has_good = any(str(code).startswith("2") for code in responses)
        for code, given in responses.items():
            answer = self.description.resolve(given)
            if not str(code).startswith("2") and (has_good or str(code) != "default"):
                continue
            for media_type, content in _dict(answer.get("content")).items():
                found.append((media_type.lower(), self.description.resolve(_dict(content).get("schema"))))
            if "schema" in answer:
                schema = self.description.resolve(answer["schema"])
                produces = _list(self.raw.get("produces")) or _list(self.description.document.get("produces"))
                produces = produces or ["application/json"]
                found += [(one.lower(), schema) for one in produces if isinstance(one, str)]
        return found

    @property
    def media_types(self) -> list[str]:
        """The media types of its 2xx answers that are an artefact's."""
        return [one for one, _ in self.answers if not _JSON.match(one) and not one.startswith(_NO_ARTEFACT)]

    @property
    def is_redirect(self) -> bool:
        """Whether it only sends elsewhere: no 2xx answer is described, and one of 302, 303, 307 is."""
        codes = {str(code) for code in _dict(self.raw.get("responses"))}
        return bool(codes & {"302", "303", "307"}) and not any(code.startswith("2") for code in codes)

    @property
    def is_binary(self) -> bool:
        """Whether an answer is declared as bytes, whatever its media type says."""
        return any(schema.get("format") == "binary" or schema.get("type") == "file" for _, schema in self.answers)

    @cached_property
    def properties(self) -> list[Property]:
        """The properties of its JSON answers, outer ones first."""
        found: list[Property] = []
        for media_type, schema in self.answers:
            if _JSON.match(media_type):
                found += self.description.properties(schema)
                if schema.get("type") == "string" and _LINK.search(self.path.replace("-", "_")):
                    found.append(Property("$", "url", (), True))  # the whole answer is a link
        return sorted({one.path: one for one in found}.values(), key=lambda one: (_depth(one.path), len(one.path)))


class Description:
    """A whole description. Everything that it says is taken with care: types are checked where they are used.

    With a `folder`, references to files in it are followed; `missing` names those that could not be.
    """

    def __init__(self, content: bytes, source: str, folder: Path | None = None) -> None:
        self.source = source
        self._folder = folder
        self._others: dict[str, dict[str, Any]] = {}
        self.missing: list[str] = []
        self.document = _parse(content, source)
        version = str(self.document.get("openapi") or self.document.get("swagger") or "")
        if not re.match(r"3\.|2\.0", version) or not isinstance(self.document.get("paths"), dict):
            raise _error(source, "is no OpenAPI 3.x or Swagger 2.0 description", "it must have 'openapi' or 'swagger', and 'paths'")

    @property
    def title(self) -> str:
        """Title and version."""
        about = _dict(self.document.get("info"))
        return f"{about.get('title') or 'description'} {about.get('version') or ''}".strip()

    @cached_property
    def server(self) -> str:
        """The first server's URL, variables as they stand."""
        servers = _list(self.document.get("servers"))
        first = str(_dict(servers[0]).get("url") or "") if servers else ""
        host = self.document.get("host")
        return first or (f"https://{host}" if isinstance(host, str) else "") + str(self.document.get("basePath") or "")

    @property
    def version(self) -> str:
        """The version of the API that it says it describes; a number counts, for YAML writers forget quotes."""
        return str(_dict(self.document.get("info")).get("version") or "")

    @cached_property
    def prefix(self) -> str:
        """The path of its server, without a host and without a slash at its end."""
        return _prefix(self.server)

    @cached_property
    def schemes(self) -> dict[str, dict[str, Any]]:
        """Its security schemes by name, as OpenAPI or Swagger writes them."""
        given = _dict(_dict(self.document.get("components")).get("securitySchemes")) or _dict(
            self.document.get("securityDefinitions")
        )
        return {str(name): self.resolve(one) for name, one in given.items()}

    def operations(self) -> Iterator[Operation]:
        """All operations, those under `x-ms-paths` too, whose keys may hold a query."""
        for path, given in [*self.document["paths"].items(), *_dict(self.document.get("x-ms-paths")).items()]:
            item = self.resolve(given)
            if not isinstance(path, str):
                continue
            bare, _question, query = path.partition("#")[0].partition("?")
            pairs = tuple((name, value) for name, _equals, value in (one.partition("=") for one in query.split("&")) if name)
            for method in ("get", "post", "head"):
                raw = item.get(method)
                if isinstance(raw, dict):
                    servers = _list(raw.get("servers")) or _list(item.get("servers"))
                    prefix = _prefix(str(_dict(servers[0]).get("url") or "")) if servers else self.prefix
                    yield Operation(self, method.upper(), bare, raw, _list(item.get("parameters")), pairs, prefix)

    def resolve(self, value: Any) -> dict[str, Any]:
        """Follow `$ref` to a mapping; what lies nowhere, or in a file that is not beside this one, is empty. A loop is an error."""
        ref: Any = None
        for _ in range(_MAX_REFS):
            if not isinstance(value, dict):
                return {}
            ref = value.get("$ref")
            if not isinstance(ref, str):
                return value
            value = self._target(ref)
        raise _error(self.source, f"a '$ref' leads in a circle: {str(ref)[:100]!r}")

    def _target(self, ref: str) -> Any:
        file, _hash, pointer = ref.partition("#")
        at: Any = self._beside(file) if file else self.document
        for segment in pointer.split("/")[1:]:
            at = at.get(unquote(segment).replace("~1", "/").replace("~0", "~")) if isinstance(at, dict) else None
        return at

    def _beside(self, name: str) -> dict[str, Any]:
        """Read another file of the same folder or below; its own references are written anew, from here."""
        if name not in self._others:
            self._others[name] = {}
            folder = self._folder.resolve() if self._folder else None
            path = (folder / name).resolve() if folder and "://" not in name else None
            if folder and path and path.is_relative_to(folder) and path.is_file() and len(self._others) <= _MAX_FILES:
                self._others[name] = _rebased(_parse(read_file(path, MAX_BYTES), str(path)), name)
            else:
                self.missing.append(name)
        return self._others[name]

    def properties(self, schema: dict[str, Any]) -> list[Property]:
        """All properties of a schema to a few levels; a schema that holds itself is entered once on a way."""
        found: list[Property] = []
        todo: list[tuple[Any, str, tuple[int, ...]]] = [(schema, "$", ())]
        for _ in range(_MAX_VISITS):
            if not todo:
                break
            given, path, above = todo.pop()
            one = self.resolve(given)
            if id(one) in above or _depth(path) > _MAX_DEPTH:
                continue
            above = (*above, id(one))
            for key in ("allOf", "anyOf", "oneOf"):
                todo += [(part, path, above) for part in _list(one.get(key))]
            if one.get("items"):
                todo.append((one["items"], f"{path}[*]", above))
            for name, value in _dict(one.get("properties")).items():
                if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,60}", name):
                    inner = self.resolve(value)
                    words = tuple(word for word in _list(inner.get("enum")) if isinstance(word, str))
                    kinds = (inner.get("format"), self.resolve(inner.get("items")).get("format"))
                    is_link = ("uri" in kinds or bool(_LINK.search(name))) and leads_on(f"{path}.{name}")
                    is_link = is_link or bool(_EMBEDDED.search(name))
                    found.append(Property(f"{path}.{name}", name, words, is_link))
                    if self.resolve(inner.get("items")).get("type") == "string":
                        # `result_files: [file-...]` is a list of ids as `file_ids` would be.
                        item = name.removesuffix("s")
                        found.append(Property(f"{path}.{name}[*]", item if item.endswith("_id") else f"{item}_id"))
                    todo.append((value, f"{path}.{name}", above))
        return found


def without_twins(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Leave out operations that differ from another one by a constant query alone (`/files` and `/files?beta=true`)."""
    given = list(operations)
    bare = {(one.method, one.path) for one in given if not one.query}
    return (one for one in given if not one.query or (one.method, one.path) not in bare or "{" in str(one.query))


def _parse(content: bytes, source: str) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise _error(source, f"is larger than {MAX_BYTES} bytes")
    problems = nodes.Problems()
    text = nodes.decode(content.removeprefix(b"\xef\xbb\xbf"), source, problems)
    document: Any = None
    if text is not None and text.lstrip().startswith("{"):
        try:
            document = None if nodes.too_deep(text) else json.loads(text)
        except RecursionError:
            document = None
        except ValueError as error:
            place = f"{error.lineno}:{error.colno}: " if isinstance(error, json.JSONDecodeError) else ""
            raise _error(source, f"{place}not JSON") from None
        if document is None:
            raise _error(source, nodes.TOO_DEEP)
    elif text is not None:
        root = nodes.compose(text, source, problems, max_nodes=_MAX_NODES)
        document = nodes.plain(root) if root and not problems.count else None
    if problems.count:
        raise CatalogueError(problems.render())
    if not isinstance(document, dict):
        raise _error(source, "is no OpenAPI description", "give an OpenAPI 3.x or Swagger 2.0 document, as JSON or YAML")
    return document


def _rebased(value: Any, name: str) -> Any:
    """Write the references of another file as they are seen from the first one."""
    folder = name.rpartition("/")[0]
    if isinstance(value, list):
        return [_rebased(one, name) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _rebased(one, name) for key, one in value.items()}
    ref = value.get("$ref")
    if isinstance(ref, str):
        file, _hash, pointer = ref.partition("#")
        made["$ref"] = f"{posixpath.normpath(posixpath.join(folder, file)) if file else name}#{pointer}"
    return made


def _prefix(server: str) -> str:
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*|^\{[^{}]*\}", "", server)
    prefix = re.sub(r"[^A-Za-z0-9._~/-]", "", bare).rstrip("/")
    return prefix if re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", prefix) else ""


def _depth(path: str) -> int:
    return path.count(".") + path.count("[")


def _error(source: str, text: str, hint: str = "") -> CatalogueError:
    return CatalogueError(f"{source}:{'' if text[:1].isdigit() else ' '}{text}", hint=hint)


def is_true(value: Any) -> bool:
    """Whether a flag is set, however its writer spelt it."""
    return str(value).lower() == "true"


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
