"""`az rest` command lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.curl import commands, request, words_of
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.sayings import saying

SAYINGS = (
    saying(
        "az",
        r"(?m)^[ \t]{0,8}(?:ERROR: )?(?P<klass>Bad Request|Unauthorized|Access Denied|Forbidden|(?:Resource )?Not Found|Conflict"
        r"|Too Many Requests|Internal Server Error|Service Unavailable)\((?=\{)",
    ),
)
"""How the command says that a request failed: the reason phrase and the body."""

_COMMAND = re.compile(r"(?<![\w-])az[ \t]+rest(?=[ \t]|[\\^`]\n)")
_EXTENT = re.compile(
    r"(?:[^'\"\\\n^`|;&]|[\\^`][ \t]{0,20}\n|\\.|'[^']{0,16384}'|\"(?:[^\"\\]|\\.){0,16384}\"|[\\^`'\"])*+", re.DOTALL
)
_OPTIONS = {
    "--url": "url", "--uri": "url", "-u": "url", "--method": "method", "-m": "method",
    "--url-parameters": "query", "--uri-parameters": "query",
}  # fmt: skip


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read every `az rest`."""
    for command, line, end in commands(text, _COMMAND, _EXTENT):
        words = words_of(line)
        given: dict[str, str] = {}
        for word, following in zip(words, [*words[1:], ""], strict=True):
            name, equals, value = word.partition("=")
            if name in _OPTIONS:
                given[_OPTIONS[name]] = value if equals else following
        url, query, method = given.get("url"), given.get("query", ""), given.get("method", "GET").upper()
        if url and "=" in query:
            url += ("&" if "?" in url else "?") + query.replace(" ", "&")
        found = request(url, method, knowledge, "az", command.start(), end) if url else None
        if found is not None:
            yield found
