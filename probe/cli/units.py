"""Values of options as people write them: `5m`, `20/s`, `64k`."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, TypeVar, cast

import click

from probe.errors import UsageError

T = TypeVar("T")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class _Unit(click.ParamType[T]):
    """A value that people write as a text: `pattern` is the whole of it, `example` what to write instead of anything else."""

    pattern = ""
    example = ""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """Read the text; a default is a value already."""
        if not isinstance(value, str):
            return cast("T", value)
        found = re.fullmatch(self.pattern, value.strip())
        read = self.read(found) if found else None
        if read is None:
            self.fail(f"{value!r} is not a {self.name}; write {self.example}", param, ctx)
        return read

    def read(self, found: re.Match[str]) -> T | None:
        """Turn what the pattern matched into a value, or None if the value is out of range."""
        raise NotImplementedError


class Duration(_Unit[float]):
    """A duration in seconds, or with a unit: `90`, `90s`, `5m`, `1h`."""

    name = "duration"
    pattern = r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?"
    example = "30, 30s, 5m or 1h"

    def __init__(self, *, may_be_zero: bool = True) -> None:
        self.may_be_zero = may_be_zero

    def read(self, found: re.Match[str]) -> float | None:
        """Give seconds."""
        seconds = float(found[1]) * _UNITS[found[2] or "s"]
        if not seconds and not self.may_be_zero:
            self.fail("0 would end everything before it begins; write 30, 30s or 5m")
        return seconds

    def text(self, value: float) -> str:
        """Write a duration as one would type it: `90s`, `15m`."""
        unit, length = next((one for one in reversed(_UNITS.items()) if value >= 2 * one[1] and value % one[1] == 0), ("s", 1.0))
        return f"{value / length:g}{unit}"


class Rate(_Unit[float]):
    """Requests a second: `20` or `20/s`."""

    name = "rate"
    pattern = r"(\d{1,6}(?:\.\d{1,3})?)(?:/s)?"
    example = "20 or 20/s"

    def read(self, found: re.Match[str]) -> float | None:
        """Give requests a second."""
        return float(found[1]) or None

    def text(self, value: float) -> str:
        """Write a rate as one would type it: `20/s`."""
        return f"{value:g}/s"


class Size(_Unit[int]):
    """A size in bytes: `4096`, `64k`, `1M`."""

    name = "size"
    pattern = r"(\d{1,12})\s*([kKmM])?(?:i?[bB])?"
    example = "4096, 64k or 1M"

    def read(self, found: re.Match[str]) -> int | None:
        """Give bytes."""
        return int(found[1]) * {"k": 1024, "m": 1024**2}.get((found[2] or "").lower(), 1) or None

    def text(self, value: int) -> str:
        """Write a size as one would type it: `64k`, `1M`."""
        for unit, length in (("M", 1024**2), ("k", 1024)):
            if value and value % length == 0:
                return f"{value // length}{unit}"
        return str(value)


class Shard(_Unit[tuple[int, int]]):
    """One of several equal parts: `3/8` is the third of eight."""

    name = "shard"
    pattern = r"(\d{1,6})/(\d{1,6})"
    example = "1/8 to 8/8"

    def read(self, found: re.Match[str]) -> tuple[int, int] | None:
        """Give number and count."""
        number, count = int(found[1]), int(found[2])
        return (number, count) if 1 <= number <= count else None


def unquoted(text: str) -> str:
    """Take off what comes along when something is copied: spaces, quotes and angle brackets around it."""
    text = text.strip()
    while len(text) > 1 and text[0] + text[-1] in ('""', "''", "``", "<>"):
        text = text[1:-1].strip()
    return text


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
