"""The variables that a command sees: the process environment over `.env` in the working folder, each with its place.

A file in a folder that somebody else made must not reroute requests: variables that choose a proxy, whom to trust for
TLS or an option of ours are never taken from it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from probe.errors import UsageError

ENV_FILE = ".env"
MAX_ENV_FILE = 64 * 1024
_SHOWN_LINES = 5
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_NEVER_FROM_FILES = re.compile(
    r"(?:\w*_)?PROXY|SSL_CERT_(?:FILE|DIR)|SSLKEYLOGFILE|OPENSSL_\w+|(?:REQUESTS|CURL)_CA_BUNDLE|NODE_EXTRA_CA_CERTS"
    r"|PROBE_(?:SCAN|DIAGNOSE|DOWNLOAD|WATCH|DIFF|MERGE|REPORT|DISCOVER|TARGETS|CATALOGUE|EXPLAIN|DOCTOR|DEMO|SIMULATE|LANG)(?:_\w+)?",
    re.IGNORECASE,
)


class Settings(dict[str, str]):
    """Variables by name. `places` says for each that came from a file where it stands (`.env:3`), `warnings` what was not taken."""

    def __init__(self, values: Mapping[str, str], places: Mapping[str, str] | None = None, warnings: tuple[str, ...] = ()) -> None:
        super().__init__(values)
        self.places = dict(places or {})
        self.warnings = warnings


def environment(folder: Path | None = None) -> Settings:
    """Join the process environment over the variables of `.env` in the working folder."""
    path = (folder or Path.cwd()) / ENV_FILE
    read = read_env_file(path)
    places = {name: place for name, place in read.places.items() if name not in os.environ}
    return Settings(read | dict(os.environ), places, read.warnings)


def place_of(env: Mapping[str, str], variable: str) -> str:
    """Tell where a variable was set: `.env:3`, or "" for the process environment."""
    return env.places.get(variable, "") if isinstance(env, Settings) else ""


def read_env_file(path: Path) -> Settings:
    """Read a `.env` file; only a regular, small, UTF-8 file is read, anything else is a `UsageError`; a missing one is empty."""
    if not (content := _content(path)):
        return Settings({}, {}, ())
    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    places: dict[str, str] = {}
    unread: list[str] = []
    warnings: list[str] = []
    file = path.name if path.parent == Path.cwd() else str(path)
    for line in parse_stream(StringIO(content)):
        # What was parsed begins with the blank lines before it.
        text = line.original.string
        place = f"{file}:{line.original.line + text[: len(text) - len(text.lstrip())].count(chr(10))}"
        if line.error or (line.key and not _NAME.fullmatch(line.key)):
            unread.append(place)
        elif line.key and line.value and _NEVER_FROM_FILES.fullmatch(line.key):
            warnings.append(f"{place}: {line.key} is ignored; set it in the environment or use the option")
        elif line.key and line.value:
            values[line.key], places[line.key] = line.value, place
    if unread:
        more = f" and {len(unread) - _SHOWN_LINES} more" if len(unread) > _SHOWN_LINES else ""
        warnings.append(f"{', '.join(unread[:_SHOWN_LINES])}{more}: not NAME=value, ignored")
    return Settings(values, places, tuple(warnings))


def _content(path: Path) -> str:
    """Return the text of a `.env` file, "" of a missing one."""
    if not path.is_file():
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path}: not a regular file", hint="remove it or run probe in another folder")
        return ""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ENV_FILE + 1)
        if len(content) > MAX_ENV_FILE:
            raise UsageError(f"{path}: larger than {MAX_ENV_FILE} bytes", hint="a .env file holds a few NAME=value lines")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 (byte {error.start})", hint="save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="make it readable or run probe in another folder") from None
