"""PowerShell: Invoke-RestMethod and Invoke-WebRequest, splatted or not, and what both PowerShells say when they fail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.curl import commands, request
from probe.intake.fragment import Fragment, Knowledge

_COMMAND = re.compile(r"(?<![\w-])(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr)(?=[ \t]+[^\s:|]|[ \t]*`\n)", re.IGNORECASE)
_EXTENT = re.compile(
    r"(?:[^'\"\n`|@;]|`[ \t]{0,20}\n|`.|'[^']{0,4096}'|\"(?:[^\"`]|`.){0,4096}\"|@\{[^{}]{0,8192}\}|@|['\"`])*+", re.DOTALL
)
_URI = re.compile(r"-Uri[ \t:]+(?:\(?[\"']([^\"'\n]{1,8192})[\"']|([^\s)]{1,8192}))", re.IGNORECASE)
_METHOD = re.compile(r"-Method[ \t:]+[\"']?([A-Za-z]{3,7})", re.IGNORECASE)
_POSITIONAL = re.compile(r"(?<![ \t])[ \t]++[\"']?(https?://[^\s\"']{1,8192})")
_SPLAT = re.compile(r"@([A-Za-z_]\w{0,60})(?!\s*\{)")
_TABLE = re.compile(r"\$([A-Za-z_]\w{0,60})\s{0,8}=\s{0,8}@\{((?:[^{}]|\{[^{}]{0,4096}\}){0,8192})\}")
_KEY_URI = re.compile(r"[\"']?\bUri[\"']?\s{0,12}=\s{0,4}[\"']?([^\s\"';]{1,8192})", re.IGNORECASE)
_KEY_METHOD = re.compile(r"[\"']?\bMethod[\"']?\s{0,12}=\s{0,4}[\"']?([A-Za-z]{3,7})", re.IGNORECASE)

_FAILED = re.compile(
    r":\s{1,8}\((?P<status>[1-5]\d\d)\)"
    r"|Response status code does not indicate success:\s{1,4}(?P<status2>[1-5]\d\d)(?:[ \t]*\([^()\n]{0,60}\))?"
)
_FAULT = re.compile(r"(?<![A-Za-z])(?:error|erreur|fehler|ошибку?|errore|erro|fout|エラー)[^\n:(]{0,40}$", re.IGNORECASE)
_TABLE_STATUS = re.compile(r"(?m)^[ \t]*StatusCode[ \t]*:[ \t]*(?P<status>[1-5]\d\d|[A-Z][A-Za-z]{2,40})[ \t]*$")
_WORDS = {"NotFound": 404, "Unauthorized": 401, "Forbidden": 403, "BadRequest": 400, "OK": 200, "TooManyRequests": 429, "Gone": 410}
_BARE = re.compile(r"(?:Invoke-RestMethod|Invoke-WebRequest)[ \t]?:[ \t]{0,8}\n?(?=[ \t]{0,8}\{)")


def read(text: str, knowledge: Knowledge) -> Iterator[Fragment]:
    """Read the commands, then the error texts."""
    tables = {match[1].lower(): match[2] for match in _TABLE.finditer(text)}
    for command, line, end in commands(text, _COMMAND, _EXTENT, 65536):
        method = next((one[1] for one in (_METHOD.search(line),) if one), None)
        uri = _URI.search(line)
        url = (uri[1] or uri[2]) if uri else next((one[1] for one in (_POSITIONAL.search(line),) if one), None)
        splat = _SPLAT.search(line)
        if splat and splat[1].lower() in tables:
            table = tables[splat[1].lower()]
            url = url or next((one[1] for one in (_KEY_URI.search(table),) if one), None)
            method = method or next((one[1] for one in (_KEY_METHOD.search(table),) if one), None)
        if url:
            found = request(url.replace("`", ""), (method or "GET").upper(), knowledge, "powershell", command.start(), end)
            if found is not None:
                yield found
    yield from _answers(text)


def _answers(text: str) -> Iterator[Fragment]:
    for match in _FAILED.finditer(text):
        before = text[max(0, match.start() - 90) : match.start()]
        if before.endswith("Exception: ") or (match["status"] and not _FAULT.search(before)):
            continue
        status = int(match["status"] or match["status2"])
        yield Fragment("powershell", match.start(), match.end(), "powershell", status_code=status, answers=True)
    for match in _TABLE_STATUS.finditer(text):
        word = match["status"]
        known = int(word) if word.isdigit() else _WORDS.get(word)
        if known:
            yield Fragment("powershell", match.start(), match.end(), "powershell", status_code=known, answers=True)
    for match in _BARE.finditer(text):
        yield Fragment("powershell", match.start(), match.start() + 10, "powershell")
