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


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read every `az rest`: `--method`/`-m`, `--url`/`--uri`/`-u`, `--url-parameters`."""
    for command, line, end in commands(text, _COMMAND, _EXTENT, 65536):
        words = words_of(line)
        options: dict[str, str] = {}
        for at, word in enumerate(words):
            name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            if name in ("--method", "-m", "--url", "--uri", "-u", "--url-parameters", "--uri-parameters"):
                options[name] = value if equals else (words[at + 1] if at + 1 < len(words) else "")
        url = options.get("--url") or options.get("--uri") or options.get("-u")
        if not url:
            continue
        query = options.get("--url-parameters") or options.get("--uri-parameters")
        if query and "=" in query:
            url += ("&" if "?" in url else "?") + query.replace(" ", "&")
        found = request(url, (options.get("--method") or options.get("-m") or "GET").upper(), knowledge, "az", command.start(), end)
        if found is not None:
            yield found
