"""What a list or status answer says about the artefacts in it: ids, states, ages, expiry and sizes, newest finished first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from probe.frozen import Frozen
from probe.model import Artefact, Response

_SECONDS = re.compile(r"\d{9,13}(\.\d+)?")
_TOO_FINE = re.compile(r"(\.\d{6})\d+")
_ITEM = re.compile(r"^(\$(?:\.[A-Za-z_]\w*)?\[\d+\])(?:\.([A-Za-z_]\w*))?")


class Item(Frozen):
    """One artefact in a listing. `at` is its JSON path (`$.data[0]`), `state` the server's own word."""

    at: str
    id: str
    state: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    size: int | None = None
    purpose: str | None = None


def moment(text: str) -> datetime | None:
    """Read a time as these APIs write it: unix seconds (also as text or in milliseconds) or ISO 8601 with up to seven decimals.

    A year that no service means (`9999-12-31` stands for never) does not count as a time.
    """
    if not text[:1].isdigit():
        return None
    try:
        if _SECONDS.fullmatch(text):
            seconds = float(text)
            parsed = datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        else:
            parsed = datetime.fromisoformat(_TOO_FINE.sub(r"\1", text))
    except (ValueError, OverflowError, OSError):
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)) if 1970 <= parsed.year < 3000 else None


def item_path(path: str) -> str:
    """Cut a concrete path to the listing item it lies in: `$.data[2].generations[0].id` -> `$.data[2]`; others to `$`."""
    found = _ITEM.match(path)
    return found.group(1) if found else "$"


def items(response: Response) -> tuple[Item, ...]:
    """Collect the items of a list answer from the allow-listed values, in the order of the answer."""
    fields: dict[str, dict[str, str]] = {}
    for value in response.values:
        found = _ITEM.match(value.path)
        if found and found.group(2) and found.end() == len(value.path):
            fields.setdefault(found.group(1), {}).setdefault(found.group(2), value.value)
    return tuple(_item(at, seen) for at, seen in fields.items() if "id" in seen)


def _item(at: str, seen: dict[str, str]) -> Item:
    """Build one item from its allow-listed fields."""

    def first(*names: str) -> str | None:
        return next((seen[name] for name in names if name in seen), None)

    size = first("bytes", "size")
    return Item(
        at=at,
        id=seen["id"],
        state=first("status", "state"),
        created_at=moment(first("created_at", "created") or ""),
        expires_at=moment(first("expires_at", "expires") or ""),
        size=int(size) if size and size.isdecimal() else None,
        purpose=first("purpose"),
    )


def is_ready(item: Item, artefact: Artefact | None) -> bool:
    """Whether an item's state means ready, or is missing."""
    if item.state is None or artefact is None or not artefact.states.ready:
        return True
    return item.state.lower() in artefact.states.ready


def newest_first(found: tuple[Item, ...], artefact: Artefact | None, now: datetime) -> tuple[Item, ...]:
    """Order items as a scan prefers them: ready before not ready, not expired before expired, then newest first."""

    def rank(item: Item) -> tuple[bool, bool, float]:
        is_expired = item.expires_at is not None and item.expires_at <= now
        age = -item.created_at.timestamp() if item.created_at else 0.0
        return (not is_ready(item, artefact), is_expired, age)

    return tuple(sorted(found, key=rank))


def shutdowns(lists: Iterable[Response]) -> Mapping[str, date | None]:
    """The models of a server's lists with the day of their end, None where it names none; empty where lists have no such field."""
    found: dict[str, date | None] = {}
    for response in lists:
        if not any(path.path.endswith(".shutdown_date") for path in response.json_paths):
            continue
        fields: dict[str, dict[str, str]] = {}
        for value in response.values:
            at = item_path(value.path)
            fields.setdefault(at, {})[value.path[len(at) + 1 :]] = value.value
        for one in fields.values():
            if "id" in one:
                ends = moment(one.get("shutdown_date", ""))
                found[one["id"]] = ends.date() if ends else None
    return found
