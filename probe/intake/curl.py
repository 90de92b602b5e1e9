"""curl and wget command lines in bash, cmd and PowerShell quoting."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from probe.facts.urls import version_of
from probe.frozen import replace
from probe.intake.fragment import Fragment, Knowledge, filled
from probe.intake.secrets import without_secrets
from probe.intake.urls import about, ids_of, trimmed

_COMMAND = re.compile(r"(?<![\w./-])(?:curl|wget)(?:\.exe)?(?=[ \t]+[^\s|]|[ \t]*[\\^`]\n)")
_EXTENT = re.compile(
    r"(?:(?![ \t](?:-{1,2}>|=>|→)[ \t])"
    r"[^'\"\\\n^`|;&]|[\\^`][ \t]{0,20}\n"
    r"|\\.|\^.|'[^']{0,65536}'|\"(?:[^\"\\]|\\.){0,65536}\"|&(?!&)(?=[\w.-]+=)|['\"\\^`])*+",
    re.DOTALL,
)
_BODY = frozenset((
    "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json", "-F", "--form", "--form-string",
))  # fmt: skip
_WITH_VALUE = _BODY | frozenset((
    "-A", "--user-agent", "-b", "--cookie", "-c", "--cookie-jar", "-D", "--dump-header", "-E", "--cert", "-e", "--referer",
    "-H", "--header", "-K", "--config", "-m", "--max-time", "-o", "--output", "-r", "--range", "-T", "--upload-file",
    "-u", "--user", "-w", "--write-out", "-x", "--proxy", "--cacert", "--connect-timeout", "--key", "--limit-rate",
    "--oauth2-bearer", "--resolve", "--retry", "--retry-delay", "--url-query",
))  # fmt: skip
"""Options of curl that take the next word."""
_WGET_FILE = re.compile(r"(?<=\s)(?:-O|-P|-o|-a|-t|-T)[ \t]?(?:\"[^\"\n]{0,1024}\"|'[^'\n]{0,1024}'|[^\s\"']{1,1024})")
_LONGEST = 128 * 1024
_LOCAL = re.compile(r"localhost|(?:\d{1,3}\.){3}\d|[\w.-]{1,255}:(?!443(?:/|$))\d")
"""Hosts that speak no TLS: this machine, an address, a port of one's own."""
_GLUED = re.compile(r"-[XHdFouAbemx]\S")


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read every curl command of a text."""
    for command, rest, end in commands(text, _COMMAND, _EXTENT):
        line = _as_curl(rest) if command[0].startswith("wget") else rest
        fragment = _command(line, knowledge, command.start(), end)
        if fragment is not None:
            yield fragment


def _as_curl(line: str) -> str:
    """Write wget's options as curl's, without those that name a file."""
    return _WGET_FILE.sub(" ", line).replace("--post-data", "--data").replace("--method", "--request")


def commands(text: str, name: re.Pattern[str], extent: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str, int]]:
    """Find every command by its name, with the rest of its line and where that ends; a name inside is part of the command."""
    end = 0
    for command in name.finditer(text):
        if command.start() >= end and (rest := extent.match(text, command.end(), command.end() + _LONGEST)):
            end = rest.end()
            yield command, rest[0], end


def words_of(line: str) -> list[str]:
    """Split a command into words: continuations joined, cmd's `^` taken off, POSIX quotes by shlex, by spaces where that fails."""
    line = re.sub(r"[\\^`][ \t]{0,20}\n", " ", line)
    if re.search(r"\^[&\"%<>|{]", line):
        line = re.sub(r"\^(.)", r"\1", line)
    line = line.replace('`"', '"').replace("$'", "'")
    try:
        return shlex.split(line)
    except ValueError:
        return [word.strip("\"'") for word in re.findall(r"\"[^\"\n]{0,8192}\"|'[^'\n]{0,8192}'|\S+", line)]


def _command(line: str, knowledge: Knowledge, start: int, end: int) -> Fragment | None:
    """Read one command; None where it has no URL."""
    method, url, query, is_get, has_body, is_head = "", "", list[str](), False, False, False
    words = iter(words_of(line))
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if _GLUED.match(word) and not word.startswith("--") and word not in _WITH_VALUE:
            name, equals, value = word[:2], "=", word[2:]
        if name in ("-X", "--request"):
            method = value if equals else next(words, "")
        elif name == "--url":
            url = value if equals else next(words, "")
        elif name in ("-G", "--get"):
            is_get = True
        elif name in ("-I", "--head"):
            is_head = True
        elif name in _WITH_VALUE:
            value = value if equals else next(words, "")
            if name in _BODY:
                has_body = True
                query += [value] if name.startswith(("-d", "--data")) else []
            elif name == "--url-query":
                is_get, query = True, [*query, value]
        elif not word.startswith("-") and not url and _is_target(word):
            url = trimmed(word)
    if not url:
        return None
    if is_get and query:
        url += ("&" if "?" in url else "?") + "&".join(query)
    chosen = method.upper() or ("HEAD" if is_head else "POST" if has_body and not is_get else "GET")
    return request(url, chosen, knowledge, "curl", start, end)


def request(
    url: str, method: str | None, knowledge: Knowledge, kind: str, start: int, end: int, language: str = ""
) -> Fragment | None:
    """Make the fragment of a request from its URL; a scheme that was left out is https's, as the tools take vendors' hosts."""
    if "://" not in url:
        url = ("http://" if _LOCAL.match(url) else "https://") + url
    url = without_secrets(re.split(r"[，。；：！？）】》」、]", url.strip("\"'"), maxsplit=1)[0])
    fragment = about(url, knowledge, start, end, kind)
    if fragment is None:
        return None
    if fragment.url is None and "url" not in fragment.holes and fragment.base_url is not None and fragment.kind != "portal":
        fragment = replace(fragment, url=url)
    return replace(fragment, method=method, language=language or kind)


def relative(path: str, method: str | None, knowledge: Knowledge, kind: str, start: int) -> Fragment:
    """Make the fragment of a request whose host is told elsewhere, or nowhere."""
    ids, _holes = ids_of(path.partition("?")[0], None, knowledge)
    return Fragment(kind, start, start, method=method, ids=ids, api_version=version_of(path) or None, path=path)


def absolute(one: Fragment, base: str, knowledge: Knowledge) -> Fragment:
    """Give a request without a host the only endpoint that its paste names."""
    parts = urlsplit(base)
    root = base.removesuffix(parts.path) if (one.path or "").startswith(parts.path + "/") else base
    found = request(f"{root.rstrip('/')}/{(one.path or '').lstrip('/')}", one.method, knowledge, one.kind, one.start, one.end)
    return one if found is None or found.url is None else filled(replace(one, path=None), found)


def _is_target(word: str) -> bool:
    return "://" in word or bool(
        re.match(r"[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?::\d+)?(?:/|$)|localhost|\d+\.\d+\.\d+\.\d+|[<{$%]", word)
    )
