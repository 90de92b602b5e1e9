"""A targets file: a YAML list of `{name, url, provider, key_env, deployment, ids}`, for a fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from probe.cli.described import NAME, Described
from probe.cli.ids import check_id
from probe.errors import CatalogueError, UsageError

_EXAMPLE = "- {name: contoso, url: https://contoso.openai.azure.com}"
_KEYS = ("name", "url", "provider", "key_env", "deployment", "ids")


def read_fleet(path: Path) -> list[Described]:
    """Read a targets file; what is wrong with it is a `UsageError` that names the line."""
    from probe.catalogue import read_list

    try:
        entries = read_list(path, "targets")
    except CatalogueError as error:
        raise UsageError(error.message, hint=f"a targets file is a list in YAML: {_EXAMPLE}") from None
    if not entries:
        raise UsageError(f"{path}: a list of targets is expected", hint=_EXAMPLE)
    return [_entry(entry, f"{path}:{line}") for line, entry in entries]


def _entry(entry: Any, where: str) -> Described:
    """Check one entry."""
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
        raise UsageError(f"{where}: needs a url", hint=_EXAMPLE)
    unknown = [key for key in entry if key not in _KEYS]
    if unknown:
        raise UsageError(f"{where}: unknown key {unknown[0]!r}", hint="known: " + ", ".join(_KEYS))
    ids = entry.get("ids") or {}
    texts = [entry.get(key) for key in ("name", "provider", "key_env", "deployment") if entry.get(key) is not None]
    if not isinstance(ids, dict) or not all(isinstance(one, str) for one in (*texts, *ids, *ids.values())):
        raise UsageError(f"{where}: every value is a text, `ids` a mapping of texts", hint="ids: {generation_id: gen_...}")
    if entry.get("name") and not NAME.fullmatch(entry["name"]):
        raise UsageError(f"{where}: the name {entry['name']!r} may hold letters, digits, '.', '_' and '-'", hint="name: contoso")
    for value in ids.values():
        check_id(value)
    return Described(
        name=entry.get("name"),
        url=entry["url"],
        provider=entry.get("provider"),
        key_variable=entry.get("key_env"),
        ids=tuple(ids.items()),
        deployment=entry.get("deployment"),
        source=where,
        url_place=where,
    )
