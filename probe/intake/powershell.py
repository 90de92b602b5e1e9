"""PowerShell: Invoke-RestMethod and Invoke-WebRequest, splatted or not, and what both PowerShells say when they fail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.curl import commands, request
from probe.intake.fragment import Fragment, Knowledge
from probe.intake.sayings import saying

_COMMAND = re.compile(r"(?<![\w-])(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr)(?=[ \t]+[^\s:|]|[ \t]*`\n)", re.IGNORECASE)
_EXTENT = re.compile(
    r"(?:[^'\"\n`|@;]|`[ \t]{0,20}\n|`.|'[^']{0,4096}'|\"(?:[^\"`]|`.){0,4096}\"|@\{[^{}]{0,8192}\}|@|['\"`])*+", re.DOTALL
)
_OPTION = r"(?:-{0}[ \t:]+|(?<![\w-]){0}[\"']?\s{{0,12}}=\s{{0,4}})\(?[\"']?"
_URI = re.compile(_OPTION.format("Uri") + r"((?<=[\"'])[^\"'\n]{1,8192}|[^\s\"';)]{1,8192})", re.IGNORECASE)
_METHOD = re.compile(_OPTION.format("Method") + r"([A-Za-z]{3,7})", re.IGNORECASE)
_POSITIONAL = re.compile(r"(?<![ \t])[ \t]++[\"']?(https?://[^\s\"']{1,8192})")
_SPLAT = re.compile(r"@([A-Za-z_]\w{0,60})(?!\s*\{)")
_TABLE = re.compile(r"\$([A-Za-z_]\w{0,60})\s{0,8}=\s{0,8}@\{((?:[^{}]|\{[^{}]{0,4096}\}){0,8192})\}")

SAYINGS = tuple(
    saying("powershell", pattern, "powershell")
    for pattern in (
        r"(?i)(?<![A-Za-z])(?:error|erreur|fehler|ошибку?|errore|erro|fout|エラー)[^\n:(]{0,40}:\s{1,8}\(<status>\)",
        r"(?<!Exception: )Response status code does not indicate success:\s{1,4}<status>(?:[ \t]*\([^()\n]{0,60}\))?",
        r"(?m)^[ \t]*StatusCode[ \t]*:[ \t]*(?:<status>|(?P<klass>[A-Z][A-Za-z]{2,40}))[ \t]*$",
        r"(?:Invoke-RestMethod|Invoke-WebRequest)[ \t]?:[ \t]{0,8}\n?(?=[ \t]{0,8}\{)",
    )
)
"""What both PowerShells say of a failed request."""


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read the commands, each with the table that is splatted into it."""
    tables = {match[1].lower(): match[2] for match in _TABLE.finditer(text)}
    for command, line, end in commands(text, _COMMAND, _EXTENT):
        splat = _SPLAT.search(line)
        given = f"{line}\n{tables.get(splat[1].lower(), '')}" if splat else line
        method, url = _METHOD.search(given), _URI.search(given) or _POSITIONAL.search(given)
        if url:
            found = request(
                url[1].replace("`", ""), (method[1] if method else "GET").upper(), knowledge, "powershell", command.start(), end
            )
            if found is not None:
                yield found
