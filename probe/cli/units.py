"""Values of options as people write them: `5m`, `20/s`, `64k`."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import click

from probe.errors import UsageError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(click.ParamType[float]):
    """A duration in seconds, or with a unit: `90`, `90s`, `5m`, `1h`."""

    name = "duration"

    def __init__(self, *, may_be_zero: bool = True) -> None:
        self.may_be_zero = may_be_zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into seconds."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?", str(value).strip())
        if not found:
            self.fail(f"{value!r} is not a duration; write 30, 30s, 5m or 1h", param, ctx)
        seconds = float(found.group(1)) * _UNITS[found.group(2) or "s"]
        if not seconds and not self.may_be_zero:
            self.fail("0 would end everything before it begins; write 30, 30s or 5m", param, ctx)
        return seconds

    def text(self, value: float) -> str:
        """Write a duration as one would type it: `90s`, `15m`."""
        unit, length = next((one for one in reversed(_UNITS.items()) if value >= 2 * one[1] and value % one[1] == 0), ("s", 1.0))
        return f"{value / length:g}{unit}"


class Rate(click.ParamType[float]):
    """Requests a second: `20` or `20/s`."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into requests a second."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(?:/s)?", str(value).strip())
        if not found or float(found.group(1)) <= 0:
            self.fail(f"{value!r} is not a rate; write 20 or 20/s", param, ctx)
        return float(found.group(1))

    def text(self, value: float) -> str:
        """Write a rate as one would type it: `20/s`."""
        return f"{value:g}/s"


class Size(click.ParamType[int]):
    """A size in bytes: `4096`, `64k`, `1M`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Turn the text into bytes."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,12})\s*([kKmM])?(?:i?[bB])?", str(value).strip())
        if not found or int(found.group(1)) == 0:
            self.fail(f"{value!r} is not a size; write 4096, 64k or 1M", param, ctx)
        return int(found.group(1)) * {"k": 1024, "m": 1024**2}.get((found.group(2) or "").lower(), 1)

    def text(self, value: int) -> str:
        """Write a size as one would type it: `64k`, `1M`."""
        for unit, length in (("M", 1024**2), ("k", 1024)):
            if value and value % length == 0:
                return f"{value // length}{unit}"
        return str(value)


class Shard(click.ParamType[tuple[int, int]]):
    """One of several equal parts: `3/8` is the third of eight."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Turn the text into number and count."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(value).strip())
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"{value!r} is not a shard; write 1/8 to 8/8", param, ctx)
        return int(found[1]), int(found[2])


def resolve_of(text: str) -> tuple[str, int, str]:
    """Read curl's `HOST:PORT:ADDRESS`."""
    host, _, rest = text.partition(":")
    port, _, address = rest.partition(":")
    try:
        return host, int(port), str(ipaddress.ip_address(address.strip("[]")))
    except ValueError:
        raise UsageError(
            f"--resolve {text!r}: not HOST:PORT:ADDRESS", hint="--resolve contoso.openai.azure.com:443:10.1.2.3"
        ) from None
