"""The one definition of endpoints.yaml: the loader's checks and the JSON Schema for editors both come from these tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from probe.catalogue import rules
from probe.catalogue.kinds import Choice, Either, Field, Flag, Integer, Many, Structure, Table, Text
from probe.catalogue.versions import NONE, Range
from probe.model import AuthForm, Expect, Lifecycle, Magic, Post, Role, Source, Stage, Standing, States, VersionRule
from probe.providers import PROVIDERS

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TEST = r"@\.[A-Za-z_]\w*=='[\w-]*'"
_PLAIN_PATH = re.compile(rf"\$(?:\.[A-Za-z_]\w*|\[\*\]|\[[0-9]{{1,6}}\]|\[\?{_TEST}(?: \|\| {_TEST})*\])*", re.ASCII)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a real date") from None


def _duration(text: str) -> float:
    return float(text[:-1]) * _UNITS[text[-1]]


@lru_cache(maxsize=1000)
def _json_path(text: str) -> str:
    """The path itself; the library is only asked about paths that are more than names, indexes and plain comparisons."""
    if not _PLAIN_PATH.fullmatch(text):
        from probe.jsonpath import is_valid_path

        problem = is_valid_path(text)
        if problem:
            raise ValueError(f"{text!r} is no JSONPath: {problem}")
    return text


def _request(text: str) -> tuple[str, str]:
    """Method and path template."""
    method, _, path = text.partition(" ")
    if method not in ("GET", "HEAD", "POST"):
        raise ValueError(f"method {method!r} is not one of GET, HEAD, POST; nothing else is ever sent")
    if path.startswith("http://"):
        raise ValueError("an absolute URL must be https://")
    if not path.startswith(("/", "https://")):
        raise ValueError(f"{path!r} must begin with '/' or 'https://'")
    if path.startswith("https://") and "@" in path.split("/")[2]:
        raise ValueError("a URL has no user name or password; a credential is taken from the environment")
    if "?" in path:
        raise ValueError("a path has no '?': write the parameters under 'query', the version under 'api_versions'")
    bare = rules.PLACEHOLDER.sub("x", path)
    bad = re.search(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@%/]", bare)
    if bad:
        what = "a placeholder is a name such as {file_id}" if bad.group() in "{}" else "percent-encode it"
        raise ValueError(f"{bad.group()!r} cannot stand in a path; {what}")
    path_of = bare.partition("://")[2].partition("/")[2] if path.startswith("https://") else bare
    if {".", ".."} & {unquote(one).partition(";")[0] for one in re.split(r"/|%2[fF]|%5[cC]", path_of)}:
        raise ValueError("a path has no '.' or '..' segment")
    if path.startswith("//"):
        raise ValueError("a path begins with one '/'")
    return method, path


def _version(text: str) -> str | None:
    return None if text == NONE else text


def _range(since: str | None = None, until: str | None = None, **rest: Any) -> Range:
    return Range(since, until, rest.get("try", ()))


def _states(**words: tuple[str, ...]) -> States:
    return States(**{name: tuple(word.lower() for word in of) for name, of in words.items()})


DATE = Text("a date such as 2026-11-20", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", _date)
NOTES = Text(max_length=10_000)
WORD = Text("a word without spaces", r"[^\s]+", max_length=200)
MEDIA_TYPE = Text("a media type such as video/mp4", r"(?:[a-z]+|\*)/(?:[A-Za-z0-9.+-]+|\*)", str.lower)
JSON_PATH = Text("a JSONPath such as $.data[0].id", convert=_json_path)
API_VERSION = Text("an api-version", r"[A-Za-z0-9.-]+", _version, max_length=60)
ID_NAME = r"[a-z][a-z0-9_]*"
TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"

SOURCE = Structure(
    (
        Field(
            "at", Text(), "Where the fact was read: a URL, or `repository path @commit`.", True, ("https://example.com/reference",)
        ),
        Field("read", DATE, "The day it was read.", True, ("2026-11-20",)),
    ),
    build=lambda **of: Source(of["at"], of["read"]),
)
SOURCES = Many(SOURCE, maximum=50)

LIFECYCLE = Structure(
    (
        Field("stage", Choice(Stage), "Where it is in its life, until the day of its end.", True),
        Field("retired_on", DATE, "The day the vendor published for its end; may lie ahead.", examples=("2026-09-24",)),
        Field("sources", SOURCES, "Where the vendor says so."),
    ),
    build=Lifecycle,
)
SURFACE_NAME = r"[a-z][a-z0-9-]*"

SURFACE = Structure(
    (
        Field("provider", Choice(PROVIDERS), "Whose API it is.", True),
        Field(
            "prefix",
            Text("a path such as /openai/v1, without a slash at its end", r"(?:/[A-Za-z0-9._~{}-]+)*", may_be_empty=True),
            "The path that its routes begin with; the longest one that fits wins. Empty fits all.",
            True,
            ("/openai/v1",),
        ),
        Field("api_version", Choice(VersionRule), "Whether its gateway takes an api-version.", True),
    )
)

VERSION = Structure(
    (
        Field("value", WORD, "The value of the query parameter `api-version`.", True, ("2024-10-21", "2025-04-01-preview")),
        Field("stage", Choice(Stage), "Its stage, when it was published."),
        Field("wrong", NOTES, "Why it is wrong, when it never was one; people send it nevertheless."),
        Field("surfaces", Many(Text("a surface name", SURFACE_NAME)), "The only surfaces that have it, when it is not all."),
        Field("notes", NOTES, "What is worth knowing about it."),
    ),
    rules=(rules.version_is_published_or_wrong, rules.version_is_real),
    also={"oneOf": [{"required": ["stage"]}, {"required": ["wrong"]}]},
)

ID = Structure(
    (
        Field("prefixes", Many(WORD, minimum=0), "Beginnings that give this id away.", examples=(["gen_"],)),
        Field("bogus", WORD, "A well-formed id that exists nowhere.", examples=("gen_00000000000000000000000000",)),
    ),
    build=lambda prefixes=(), bogus="": (prefixes, bogus),
    rules=(rules.bogus_id_has_its_prefix,),
)

WORDS = Many(WORD, minimum=0)
STATES = Structure(
    (
        Field("pending", WORDS, "Not finished yet.", examples=(["queued", "running"],)),
        Field("ready", WORDS, "Finished: it can be downloaded.", examples=(["succeeded"],)),
        Field("failed", WORDS, "There will be nothing to download.", examples=(["failed", "cancelled"],)),
        Field("expired", WORDS, "It was there and is gone.", examples=(["expired"],)),
    ),
    build=_states,
    rules=(rules.state_word_has_one_meaning,),
)

MAGIC = Structure(
    (
        Field("offset", Integer(0, 4096), "Where the bytes stand.", True),
        Field(
            "bytes",
            Text("an even number of hexadecimal digits", r"(?:[0-9A-Fa-f]{2})+", str.lower),
            "The bytes.",
            True,
            ("66747970",),
        ),
        Field("is", MEDIA_TYPE, "The media type that they prove.", True, ("video/mp4",)),
    ),
    build=lambda **of: Magic(of["offset"], of["bytes"], of["is"]),
)

ARTEFACT = Structure(
    (
        Field("title", Text(), "Its name in reports.", True, ("Azure Sora 1 video",)),
        Field(
            "media_types",
            Many(MEDIA_TYPE),
            "The types that prove it; `*/*` for files that may be anything.",
            True,
            (["video/mp4"],),
        ),
        Field("magic", Many(MAGIC), "Bytes that prove a type, beyond those that are known anyway."),
        Field(
            "ids",
            Table("id name such as file_id", ID_NAME, ID, maximum=50),
            "The ids that lead to it, as path templates name them.",
        ),
        Field("states", STATES, "The words of its status field; compared without case."),
        Field(
            "status_paths",
            Many(JSON_PATH),
            "Where the status stands; the first path that finds something.",
            examples=(["$.status"],),
        ),
        Field("expiry_paths", Many(JSON_PATH), "Where the expiry time stands.", examples=(["$.expires_at"],)),
        Field(
            "lifetime",
            Text("a duration such as 24h", r"[1-9][0-9]{0,5}[smhd]", _duration),
            "How long it lives after it is made.",
            examples=("24h",),
        ),
        Field("lifecycle", LIFECYCLE, "Where the kind as a whole is in its life; GA when left out."),
        Field(
            "lifecycles",
            Table("provider such as openai", rules.ONE_OF_THE_PROVIDERS, LIFECYCLE),
            "Where the kind is in its life at one provider, when it differs.",
        ),
        Field("sources", SOURCES, "Where this was read."),
        Field("notes", NOTES, "What is worth knowing about it."),
    )
)

EXPECT = Structure(
    (
        Field("status_codes", Many(Integer(100, 599)), "Status codes of a right answer.", examples=([200],)),
        Field("media_types", Many(MEDIA_TYPE), "Media types of a right answer.", examples=(["video/mp4"],)),
    ),
    build=Expect,
)

API_VERSIONS = Many(API_VERSION, maximum=50)
RANGE = Structure(
    (
        Field(
            "since",
            Text("a dated api-version", max_length=60),
            "The first dated version that has it.",
            examples=("2024-05-01-preview",),
        ),
        Field("until", Text("a dated api-version", max_length=60), "The last dated version that has it."),
        Field("try", API_VERSIONS, "The versions that a scan tries first; else the newest GA and the newest preview of the range."),
    ),
    build=_range,
    rules=(rules.range_has_ends,),
    also={"minProperties": 1},
)

ENDPOINT = Structure(
    (
        Field(
            "id",
            Text("words joined by dots such as azure.sora1.content-video", r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", max_length=120),
            "Its stable name; the first segment is the provider.",
            True,
            ("azure.sora1.content-video",),
        ),
        Field("artefact", WORD, "The artefact it delivers or leads to.", True, ("sora1-video",)),
        Field("role", Choice(Role), "What it does for the one who looks for an artefact.", True),
        Field(
            "request",
            Text("a method and a path such as GET /openai/v1/files/{file_id}/content", r"\S+ \S+", _request),
            "Method and path template, or an absolute https URL for a host of its own.",
            True,
            ("GET /openai/v1/video/generations/{generation_id}/content/video",),
        ),
        Field(
            "hosts",
            Many(Text("a host such as api.example.com", r"(?:\*[A-Za-z0-9-]*|[A-Za-z0-9-]+)(?:\.[A-Za-z0-9-]+)+", str.lower)),
            "The vendor's own hosts. There only its routes are asked; elsewhere they wait until no common route knew the id.",
            examples=(["queue.fal.run"],),
        ),
        Field("surface", WORD, "Its surface, when it is not the one with the longest fitting prefix."),
        Field(
            "api_versions", Either(API_VERSIONS, RANGE), "Versions to try, best first; `none` sends none. A range names dated ones."
        ),
        Field(
            "query",
            Table("query parameter", r"[^\s&=?#]+", Text(may_be_empty=True)),
            "Query parameters.",
            examples=({"limit": "10"},),
        ),
        Field(
            "headers",
            Table("header name", TOKEN, Text("one line", r"[^\r\n]*")),
            "Extra headers.",
            examples=({"aoai-evals": "preview"},),
        ),
        Field("body", Text(max_length=10_000), "The body of a POST."),
        Field(
            "captures",
            Table("id name such as file_id", ID_NAME, Many(JSON_PATH), maximum=50),
            "Ids that its answer gives: for each the JSONPaths, the first that finds something counts.",
            examples=({"generation_id": ["$.generations[*].id", "$.data[0].id"]},),
        ),
        Field("expect", EXPECT, "What a right answer looks like, when it differs from the artefact's own."),
        Field("standing", Choice(Standing), "How well the vendor's own texts support it; documented when left out."),
        Field("lifecycle", LIFECYCLE, "Where it is in its life; that of its artefact at this provider when left out."),
        Field(
            "auth",
            Many(Choice(AuthForm)),
            "Auth forms, best first, when they differ from the provider's own.",
            examples=(["storage", "none"],),
        ),
        Field("instead", WORD, "The endpoint that is right, when this one is a wrong guess."),
        Field("billable", Flag(), "Whether a request may cost money; never sent unless allowed."),
        Field("cost", NOTES, "What a billable request is billed for."),
        Field(
            "post",
            Choice(Post),
            "Why a POST that creates nothing is one: it `reads`, or asks for temporary `credentials`. Sent only with --allow-post.",
        ),
        Field("model_until", DATE, "The day on which the model that the body names is shut down."),
        Field("sources", SOURCES, "Where it was read, or who tried it.", True),
        Field("notes", NOTES, "What is worth knowing about it."),
    ),
    rules=(
        rules.id_names_its_provider,
        rules.only_post_has_a_body,
        rules.post_says_why_it_is_one,
        rules.billable_says_its_cost,
        rules.refuted_says_what_is_right,
        rules.headers_hold_no_credential,
        rules.query_holds_no_api_version,
        rules.own_ids_are_not_captured,
    ),
)

DOCUMENT = Structure(
    (
        Field("version", Integer(1, 1), "The version of this format.", True, (1,)),
        Field("updated", DATE, "The day the facts were last checked.", examples=("2026-11-20",)),
        Field(
            "surfaces",
            Table("surface name such as azure-v1", SURFACE_NAME, SURFACE, maximum=200),
            "Parts of an API behind one path prefix.",
        ),
        Field(
            "api_versions",
            Many(VERSION, minimum=0, maximum=300),
            "Every data-plane api-version in date order, and known wrong values.",
        ),
        Field(
            "artefacts",
            Table("artefact name such as sora1-video", r"[a-z][a-z0-9-]*", ARTEFACT),
            "The kinds of thing that people look for.",
        ),
        Field("endpoints", Many(ENDPOINT, minimum=0, maximum=20_000, name_by="id"), "The routes, right and wrong."),
    )
)


def schema() -> Mapping[str, Any]:
    """The JSON Schema (2020-12) of a catalogue file; what it cannot say (references between entries) only `lint` checks."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Catalogue of artefact routes",
        "description": "The routes by which artefacts are delivered. `probe catalogue lint` checks more than a schema can say.",
    }
    return head | DOCUMENT.schema()
