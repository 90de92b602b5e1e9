"""A targets file: one definition for its reader, for `probe targets lint` and for the JSON Schema of editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import click

from probe.catalogue import nodes
from probe.catalogue.kinds import WRONG, Choice, Entry, Field, File, Flag, Integer, Many, Structure, Table, Text
from probe.catalogue.loader import read_as
from probe.cli.credentials import VARIABLE
from probe.cli.described import NAME, Described
from probe.cli.ids import check_id
from probe.cli.options import LIMITS
from probe.cli.units import resolve_of
from probe.errors import CatalogueError, UsageError
from probe.model import OwnLimits
from probe.providers import PROVIDERS, normalise
from probe.transport import TransportOptions, check, proxy_for

_OWN_LIMITS = OwnLimits.__struct_fields__
_FILES = ("cacert", "cert", "key")
_NETWORK = ("proxy", *_FILES, "insecure", "resolve")
_EXAMPLE = "- {name: contoso, url: https://contoso.openai.azure.com, key_env: CONTOSO_KEY}"


def _variable(text: str) -> str:
    """The name of a variable; a key that somebody pasted in its place is not repeated."""
    if not VARIABLE.fullmatch(text):
        raise ValueError("is not the name of a variable: write the variable's name here, never the key")
    return text


def _id(text: str) -> str:
    try:
        check_id(text)
    except UsageError as error:
        raise ValueError(error.message.removeprefix("--id ")) from None
    return text


def _limit(name: str, doc: str, example: Any) -> Field:
    """A limit of the target: what may stand there is what its option takes."""
    kind = LIMITS[name].attributes["type"]
    if isinstance(kind, click.IntRange) and kind.max is not None:
        return Field(name, Integer(kind.min or 0, int(kind.max)), doc, examples=(example,))

    def convert(text: str) -> Any:
        try:
            return kind.convert(text, None, None)
        except click.UsageError as error:
            raise ValueError(error.message) from None

    return Field(name, Text(convert=convert, max_length=40), doc, examples=(example,))


def _proxy(text: str) -> str:
    """A proxy without its credential, "" for none at all; a password that stands in it is not repeated."""
    if "@" in text:
        raise ValueError("holds a user name or password: leave `proxy` out and set HTTPS_PROXY to this URL")
    if not text:
        return ""
    try:
        choice = proxy_for("https://host", TransportOptions(proxy=text, no_proxy="", environment={}))
    except UsageError as error:
        raise ValueError(f"is not a proxy URL: {error.hint}") from None
    return choice.url if choice else ""


def _address(text: str) -> str:
    try:
        resolve_of(text)
    except UsageError as error:
        raise ValueError(f"is not HOST:PORT:ADDRESS, such as {str(error.hint).partition(' ')[2]}") from None
    return text


def _path(text: str) -> str:
    """A path on this machine: to look at another one's file would already sign in there."""
    if text.startswith(("\\\\", "//")):
        raise ValueError("is on another machine: copy the file beside this one")
    return text


def _are_certificates(entry: Entry) -> None:
    """The files, relative to the fleet file, are what TLS can use; a key of an API in their place is not repeated."""
    paths = {name: _beside(entry.file.source, entry.values[name]) for name in _FILES if name in entry.values}
    for name, path in paths.items():
        if not path.is_file():
            hint = (
                "a path relative to this file; an API key goes into a variable: key_env"
                if name == "key"
                else "a path relative to this file"
            )
            entry.wrong((name,), "names no file", hint)
    if "key" in paths and "cert" not in paths:
        entry.wrong(("key",), "needs `cert`, the certificate that it belongs to")
    if not all(path.is_file() for path in paths.values()):
        return
    for names in (("cacert",), ("cert", "key")):
        if names[0] in paths and (problem := _problem(*(paths.get(one) if one in names else None for one in _FILES))):
            entry.wrong(names[:1], problem)


def _beside(source: str, text: str) -> Path:
    return Path(source).absolute().parent / text


@cache
def _problem(cacert: Path | None, cert: Path | None, key: Path | None) -> str:
    """What is wrong with certificate files; many targets may name the same ones."""
    ca_file, client_cert, client_key = (str(one) if one else None for one in (cacert, cert, key))
    try:
        check(
            TransportOptions(proxy="", ca_file=ca_file, client_cert=client_cert, client_key=client_key, environment={}),
            ["https://host"],
        )
    except UsageError as error:
        return f"cannot be used: {error.message.rpartition(': ')[2]}"
    return ""


def _is_askable(entry: Entry) -> None:
    """The URL is one that the provider's API can stand behind."""
    url = entry.values.get("url")
    if url is None:
        return
    try:
        normalise(url, entry.values.get("provider"))
    except UsageError as error:
        entry.wrong(("url",), error.message.removeprefix("target: "), error.hint)


_PEM = Text(convert=_path, max_length=1000)
_TARGET = Structure(
    (
        Field(
            "name",
            Text("letters, digits, '.', '_' and '-', at most 40", NAME.pattern),
            "What reports call it. Default: the first label of its host.",
            examples=("contoso-east",),
        ),
        Field(
            "url",
            Text(max_length=2000),
            "The endpoint, as the portal or a gateway's operator gives it.",
            True,
            ("https://contoso-east.openai.azure.com",),
        ),
        Field("provider", Choice(PROVIDERS), "Whose API it is. Default: told by the host."),
        Field(
            "key_env",
            Text(convert=_variable, max_length=200),
            "The variable that holds its key: the name, never the key. Default: the SDKs' own.",
            examples=("CONTOSO_EAST_KEY",),
        ),
        Field(
            "token_env",
            Text(convert=_variable, max_length=200),
            "The variable that holds an Entra token for it.",
            examples=("CONTOSO_EAST_TOKEN",),
        ),
        Field("deployment", Text(max_length=200), "The deployment that routes with a deployment in them need.", examples=("sora",)),
        Field(
            "ids",
            Table("id name such as job_id", r"[A-Za-z_][A-Za-z0-9_]{0,127}", Text(convert=_id, max_length=1000), maximum=50),
            "Ids that are known of this target, by the names of the catalogue.",
            examples=({"job_id": "task_01k74fbyghfq9a7wm2e7zxsw5v"},),
        ),
        Field(
            "proxy",
            Text(convert=_proxy, max_length=300, may_be_empty=True),
            "Its proxy, without a password; '' for none. Default: --proxy.",
            examples=("http://proxy.contoso.com:3128",),
        ),
        Field("cacert", _PEM, "CA certificates, relative to this file. Default: --cacert.", examples=("ca.pem",)),
        Field("cert", _PEM, "Client certificate, relative to this file. Default: --cert.", examples=("client.pem",)),
        Field("key", _PEM, "Private key of `cert`, if it is not in the same file.", examples=("client-key.pem",)),
        Field("insecure", Flag(), "Whether TLS certificates go unchecked. Default: --insecure."),
        Field(
            "resolve",
            Many(Text("HOST:PORT:ADDRESS", convert=_address, max_length=400), maximum=50),
            "Addresses to connect to, as HOST:PORT:ADDRESS. Default: --resolve.",
            examples=(["contoso-east.openai.azure.com:443:10.1.2.3"],),
        ),
        _limit("timeout", "Total time of one attempt. Default: --timeout.", "60s"),
        _limit("connect_timeout", "Time to connect. Default: --connect-timeout.", "5s"),
        _limit("retries", "Further attempts after a failure. Default: --retries.", 0),
        _limit("rate_limit", "Requests per second. Default: --rate-limit.", "2/s"),
        _limit("max_requests", "Most requests to this target, apart from --max-requests, which the other targets share.", 100),
    ),
    rules=(_is_askable, _are_certificates),
)
_TARGETS = Many(_TARGET, maximum=10_000, name_by="name")
_DOCUMENT = Structure((Field("targets", _TARGETS, "The targets.", True),), build=lambda targets: targets)


def read_fleet(path: Path) -> list[Described]:
    """Read a targets file; a `UsageError` names everything that is wrong with it, each with line and column."""
    try:
        entries = read_as(path, _read)
    except CatalogueError as error:
        raise UsageError(error.message, hint=f"`probe targets schema` describes the file; an entry: {_EXAMPLE}") from None
    if not entries:
        raise UsageError(f"{path}: a list of targets is expected", hint=_EXAMPLE)
    return [_described(entry.values, f"{path}:{entry.node.line}") for entry in entries]


def _read(root: nodes.Node, file: File) -> tuple[Entry, ...]:
    """Read a list, or a mapping of `targets` alone to one; no two have a name."""
    is_mapping = isinstance(root, nodes.Mapping)
    found = _DOCUMENT.read(root, (), file) if is_mapping else _TARGETS.read(root, ("targets",), file)
    entries: Iterable[Entry] = () if found is WRONG else found
    first: dict[str, int] = {}
    for entry in entries:
        name = entry.values.get("name")
        if name is not None and first.setdefault(name, entry.node.line) != entry.node.line:
            entry.wrong(("name",), f"{name!r} is the name of another target too", f"the first in line {first[name]}")
    return tuple(entries)


def _described(values: Mapping[str, Any], where: str) -> Described:
    return Described(
        name=values.get("name"),
        url=values["url"],
        provider=values.get("provider"),
        key_variable=values.get("key_env"),
        token_variable=values.get("token_env"),
        ids=tuple(cast("dict[str, str]", values.get("ids", {})).items()),
        deployment=values.get("deployment"),
        source=where,
        url_place=where,
        network=tuple((name, text) for name in _NETWORK if name in values for text in _shown(values[name])),
        connection=_connection(values, where),
        limits=OwnLimits(**{one: values[one] for one in _OWN_LIMITS if one in values}),
    )


def _shown(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(value)
    return (str(value).lower() if isinstance(value, bool) else value or "none",)


def _connection(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The network options as fields of `ConnectionOptions`; whoever names a certificate names its key too."""
    given = {name: values[name] for name in ("proxy", "insecure") if name in values}
    if "resolve" in values:
        given["resolve"] = tuple(values["resolve"])
    for name in _FILES:
        if name in values:
            given["client_key" if name == "key" else name] = _beside(source, values[name])
    return {"client_key": None} | given if "cert" in values else given


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a targets file; whether a URL can be an endpoint only `lint` knows."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Targets of probe",
        "description": "Resources to scan, with the names of the variables that hold their keys. `probe targets lint` checks more.",
        "anyOf": [_TARGETS.schema(), _DOCUMENT.schema()],
    }
