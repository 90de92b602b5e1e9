"""Commands that repeat one probe: curl for a POSIX shell, PowerShell, Python; safe to paste into a shell and in public.

They stay safe when the server is not: a link that a live answer names is followed only over http or https, is never read as an
option or a file, and gets the credential only where it stays on the origin that the credential was given for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from probe.facts.urls import host_of
from probe.view import sdk
from probe.view.call import Call, Step, Text, Variable, call_of, step_of
from probe.view.escape import is_visible
from probe.view.page import View
from probe.view.row import Row

_AZURE = (".azure.com", ".azure.us", ".azure.cn")
"""Hosts that take a resource's key as a bearer token too (azure-ai-docs, v1 API: `OpenAI(base_url=..., api_key=...)`)."""
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_UNSAFE_IN_SHELL = re.compile(r"[^A-Za-z0-9 _.:/=@%+,-]")
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_FIND = (
    "functools.reduce(lambda value, key: (json.loads(value) if isinstance(value, str) else value)[key], "
    "json.loads(sys.argv[1]), json.load(sys.stdin))"
)
_TAKE_LINK = f"import functools, json, sys, urllib.parse; print(urllib.parse.urljoin(sys.argv[2], {_FIND}))"
_AS_BYTES = ".rpartition(',')[2].translate({45: '+', 95: '/'}) + '=='"
_TAKE_FILE = f"import base64, functools, json, sys; sys.stdout.buffer.write(base64.b64decode({_FIND}{_AS_BYTES}))"
_TAKE_TEXT = f"import base64, sys; sys.stdout.buffer.write(base64.b64decode(sys.stdin.read().strip().strip(chr(34)){_AS_BYTES}))"
_TAKE_HEADER = (
    "awk -v name={name}: -v origin={origin} 'tolower($1) == name {{ print ($2 ~ /^[/]/ ? origin : \"\") $2 }}' | tr -d '\\r'"
)
_IS_ELSEWHERE = "link leads elsewhere"

_ORDER = {"powershell": ("powershell",), "python": ("sdk", "python"), "javascript": ("sdk",)}
"""Which commands come first for whom: the language of the paste that the scan was told by."""
_SDKS = {"python": "OpenAI SDK (Python)", "javascript": "OpenAI SDK (JavaScript)"}


def commands(view: View, row: Row) -> dict[str, str]:
    """All commands by name (`curl`, `powershell`, `python`, `sdk`), those in the language of the paste first.

    Empty when the probe could not be sent as it stands; `sdk` is there for a paste of code only.
    """
    if (row.probe.needs and not row.is_sent) or not _WEB.match(row.probe.url):
        return {}
    step, call, language = step_of(view, row), call_of(row), view.pasted.get("language", "")
    made = {"curl": _curl(call, step), "powershell": _powershell(call, step), "python": _python(call, step)}
    made |= {"sdk": text} if step is None and (text := _sdk(call, language)) else {}
    names = dict.fromkeys((*_ORDER.get(language, ()), *made))
    return {name: made[name] for name in names if name in made}


def short(made: Mapping[str, str]) -> str:
    """Choose the command for a place with little room: the first that is not a whole program; "" if there is none."""
    return next((text for name, text in made.items() if name != "python"), "")


def titles(view: View, made: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Name, title and language of each command, in its order."""
    language = view.pasted.get("language", "")
    known = {
        "curl": ("curl", "sh"),
        "powershell": ("PowerShell", "powershell"),
        "python": ("Python", "python"),
        "sdk": (_SDKS.get(language, "SDK"), language),
    }
    return tuple((name, *known[name]) for name in made)


def _sdk(call: Call, language: str) -> str:
    """The SDK's call for a GET whose URL is known whole and whose only secret is the key."""
    used = [(name, value) for name, value in call.headers if any(isinstance(part, Variable) for part in value)]
    if call.method != "GET" or len(used) != 1 or len(call.url) != 1 or not isinstance(call.url[0], str) or call.embedded:
        return ""
    name, value = used[0]
    variable = next(part.name for part in value if isinstance(part, Variable))
    is_read = name.lower() == "authorization" or (name.lower() == "api-key" and host_of(call.url[0]).endswith(_AZURE))
    return sdk.call(call.url[0], language, variable, call.output, "" if is_read else name)


def _shell(text: Text) -> str:
    """One word of a POSIX shell: single quotes for data, double quotes for variables."""
    is_plain = not any(isinstance(part, str) and _UNSAFE_IN_SHELL.search(part) for part in text)
    if is_plain and any(isinstance(part, Variable) for part in text):
        quoted = '"' + "".join(part if isinstance(part, str) else f"${{{part.name}}}" for part in text) + '"'
        return re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", quoted)
    return "".join(_shell_literal(part) if isinstance(part, str) else f'"${part.name}"' for part in text) or "''"


def _joined(text: Text) -> Text:
    """The text with each literal part whole: two that follow each other would be quoted apart."""
    parts: list[str | Variable] = []
    for part in text:
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(parts)


def _shell_literal(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _curl(call: Call, step: Step | None) -> str:
    if step is None:
        return _curl_call(call, (_shell(call.url),), call.output)
    url = _shell(step.call.url)
    if step.is_redirect:
        found = _curl_call(step.call, ("-o", "/dev/null", "-w", "'%{redirect_url}'", url))
    elif step.header:
        take = _TAKE_HEADER.format(name=step.header.lower(), origin=_shell_literal(step.call.origin))
        found = f"{_curl_call(step.call, ('-o', '/dev/null', '-D', '-', url))} | {take}"
    else:
        found = f"{_curl_call(step.call, (url,))} | python3 -I -c {_shell_literal(_TAKE_LINK)} "
        found += f"{_shell_literal(json.dumps(list(step.keys)))} {url}"
    lines = [f"link=$({found}) &&"]
    if call.has_secret:
        lines.append(_only(_shell_literal(call.origin + "/") + "*", _IS_ELSEWHERE))
    elif step.header:  # the others were made absolute
        lines.append(_only("http://*|https://*", "not a web link"))
    lines.append(_curl_call(call, ("--proto", "=http,https", "--url", '"$link"'), call.output))
    return "\n".join(lines)


def _only(pattern: str, complaint: str) -> str:
    """A line that goes on with a link of this pattern alone; it does not print any other, which might hold escape codes."""
    return f'case "$link" in {pattern}) ;; *) echo "{complaint}" >&2; false ;; esac &&'


def _curl_call(call: Call, last: tuple[str, ...], output: str | None = None) -> str:
    """A request; `last` are its final words, quoted already. A file inside the JSON answer is decoded into `output`."""
    words = ["curl", "--fail-with-body", "-sS", "-g"]
    if any(isinstance(part, str) and "/." in part for part in call.url):
        words.append("--path-as-is")
    if call.method == "HEAD":
        words.append("-I")
    elif call.method != "GET":
        words += ["-X", call.method]
    for name, value in call.headers:
        words += ["-H", _shell(_joined((f"{name}: ", *value)))]
    if call.body is not None:
        words += ["--data-raw", _shell(call.body)]
    if call.is_encoded:
        words.append("--compressed")
    if output and not call.undo:
        words += ["-o", output]
    words += last
    if output and call.embedded:
        words += ["|", "python3", "-I", "-c", _shell_literal(_TAKE_FILE), _shell_literal(json.dumps(list(call.embedded)))]
    elif output and "base64" in call.undo:
        words += ["|", "python3", "-I", "-c", _shell_literal(_TAKE_TEXT)]
    if output and "gzip" in call.undo:
        words += ["|", "gzip", "-dc"]
    return " ".join(words) + (f" > {output}" if output and call.undo else "")


def _ps(text: Text) -> str:
    """One PowerShell expression; its single-quoted strings take everything but quotes, and typographic quotes count too."""
    parts = [_ps_literal(part) if isinstance(part, str) else f"$env:{part.name}" for part in text] or ["''"]
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"


def _ps_literal(text: str) -> str:
    quoted = "'" + _POWERSHELL_QUOTES.sub(r"\1\1", text) + "'"
    if is_visible(quoted):
        return quoted
    return "(" + "".join(char if is_visible(char) else f"' + {_ps_char(char)} + '" for char in quoted) + ")"


def _ps_char(char: str) -> str:
    return f"[char]{ord(char)}" if ord(char) < 0x10000 else f"[char]::ConvertFromUtf32({ord(char)})"


def _powershell(call: Call, step: Step | None) -> str:
    if step is None:
        return _ps_call(call, _ps(call.url)) if not call.undo else _ps_embedded(call)
    base = f"[Uri]{_ps(step.call.url)}"
    if step.header:
        lines, found = _ps_headers(step), "$link"
    else:
        lines = [f"$answer = {_ps_call(step.call, _ps(step.call.url), is_whole=True)}"]
        found = f"($answer.Content | ConvertFrom-Json){_ps_keys(step.keys)}"
    lines.append(f"$link = [Uri]::new({base}, [string]{found})")
    lines.append("if ($link.Scheme -notin 'http', 'https') { throw \"not a web link\" }")
    if call.has_secret:
        lines.append(f"if ($link.GetLeftPart('Authority') -ne {_ps_literal(call.origin)}) {{ throw \"{_IS_ELSEWHERE}\" }}")
    return "\n".join([*lines, _ps_call(call, "$link")])


def _ps_headers(step: Step) -> list[str]:
    """Ask without following a redirect: Windows PowerShell and PowerShell 7 disagree on how Invoke-WebRequest shows one."""
    call = step.call
    return [
        "Add-Type -AssemblyName System.Net.Http",
        "$handler = [System.Net.Http.HttpClientHandler]::new()",
        "$handler.AllowAutoRedirect = $false",
        f"$request = [System.Net.Http.HttpRequestMessage]::new({_ps_literal(call.method)}, {_ps(call.url)})",
        *(f"[void]$request.Headers.TryAddWithoutValidation({_ps_literal(name)}, {_ps(value)})" for name, value in call.headers),
        "$answer = [System.Net.Http.HttpClient]::new($handler).SendAsync($request).Result",
        f"$link = @($answer.Headers.GetValues({_ps_literal(step.header)}))[0]",
    ]


def _ps_keys(keys: tuple[str | int, ...]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{_ps_literal(key)}" for key in keys)


def _ps_embedded(call: Call) -> str:
    lines = [f"$answer = {_ps_call(call, _ps(call.url), is_whole=True)}"]
    if call.embedded:
        lines.append(f"$text = ($answer.Content | ConvertFrom-Json){_ps_keys(call.embedded)}")
    elif "base64" in call.undo:
        lines.append("$text = [Text.Encoding]::ASCII.GetString($answer.RawContentStream.ToArray())")
    else:
        lines.append("$bytes = $answer.RawContentStream.ToArray()")
    if "base64" in call.undo:
        lines.append("$bytes = [Convert]::FromBase64String(($text.Trim().Trim('\"') -replace '^data:[^,]*,'))")
    if "gzip" in call.undo:
        lines += [
            "$packed = [IO.MemoryStream]::new($bytes)",
            "$packed = [IO.Compression.GZipStream]::new($packed, [IO.Compression.CompressionMode]::Decompress)",
            "$whole = [IO.MemoryStream]::new(); $packed.CopyTo($whole); $bytes = $whole.ToArray()",
        ]
    return "\n".join([*lines, f'[IO.File]::WriteAllBytes("$PWD/{call.output}", $bytes)'])


def _ps_call(call: Call, url: str, *, is_whole: bool = False) -> str:
    words = ["Invoke-WebRequest", "-UseBasicParsing"]
    if call.has_secret:
        words += ["-MaximumRedirection", "0"]
    if call.method != "GET":
        words += ["-Method", call.method]
    words += ["-Uri", url]
    if call.headers:
        pairs = "; ".join(f"{_ps_literal(name)} = {_ps(value)}" for name, value in call.headers)
        words += ["-Headers", f"@{{ {pairs} }}"]
    if call.body is not None:
        words += ["-Body", _ps(call.body)]
    if call.output and not is_whole:
        words += ["-OutFile", _ps_literal(call.output)]
    elif call.method != "HEAD" and not is_whole:
        words += ["|", "Select-Object", "-ExpandProperty", "Content"]
    return " ".join(words)


_PYTHON = """\
import base64, functools, json, os, shutil, sys, urllib.error, urllib.parse, urllib.request, zlib

class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None  # redirects are followed below

def fetch(method, url, headers, body=None, home=None):
    home = home or url
    for hop in range(5):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https"):
            sys.exit("not a web link: " + ascii(url))
        if parts[:2] != urllib.parse.urlsplit(home)[:2]:
            headers = {}  # the key stays with its host
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            return urllib.request.build_opener(NoRedirect).open(request, timeout=60)
        except urllib.error.HTTPError as answer:
            if answer.code not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                raise
            url = urllib.parse.urljoin(url, answer.headers["location"])
    sys.exit("too many redirects")

def find(answer, keys):
    return functools.reduce(step, keys, json.load(answer))

def step(value, key):
    return (json.loads(value) if isinstance(value, str) else value)[key]  # JSON stands inside texts, too
"""


def _py(text: Text) -> str:
    """One Python expression in ASCII."""
    return " + ".join(ascii(part) if isinstance(part, str) else f"os.environ[{part.name!r}]" for part in text) or "''"


def _python(call: Call, step: Step | None) -> str:
    lines, asked = [_PYTHON], call
    url, home = _py(call.url), ""
    if step is not None and step.is_redirect:
        asked, url = step.call, _py(step.call.url)  # `fetch` follows it
    elif step is not None:
        base = _py(step.call.url)
        lines.append(f"with {_py_call(step.call, base)} as answer:")
        found = f"answer.headers[{step.header!a}]" if step.header else f"find(answer, {_py_keys(step.keys)})"
        lines.append(f"    link = urllib.parse.urljoin({base}, {found})")
        url, home = "link", base
    lines.append(f"with {_py_call(asked, url, home)} as answer:")
    if call.output and (call.undo or call.is_encoded):
        lines += _py_decoded(call)
    elif call.output:
        lines.append(f"    with open({call.output!a}, 'wb') as file:\n        shutil.copyfileobj(answer, file)")
    elif call.method == "HEAD":
        lines.append("    print(answer.status, answer.headers)")
    else:
        lines.append("    shutil.copyfileobj(answer, sys.stdout.buffer)")
    return "\n".join(lines)


def _py_decoded(call: Call) -> list[str]:
    """Lines that turn an open answer into the file."""
    if call.embedded:
        lines = [f"    data = find(answer, {_py_keys(call.embedded)})"]
    else:
        lines = ["    data = answer.read()"]
        if call.is_encoded:
            lines.append("    data = zlib.decompress(data, 47)")
        if "base64" in call.undo:
            lines.append("    data = data.decode().strip().strip(chr(34))")
    if "base64" in call.undo:
        lines.append("    data = base64.b64decode(data.rpartition(',')[2].translate({45: '+', 95: '/'}) + '==')")
    if "gzip" in call.undo:
        lines.append("    data = zlib.decompress(data, 47)")
    return [*lines, f"    with open({call.output or ''!a}, 'wb') as file:\n        file.write(data)"]


def _py_keys(keys: tuple[str | int, ...]) -> str:
    return "[" + ", ".join(ascii(key) if isinstance(key, str) else str(key) for key in keys) + "]"


def _py_call(call: Call, url: str, home: str = "") -> str:
    pairs = ", ".join(f"{name!a}: {_py_header(value)}" for name, value in call.headers)
    body = f", ({_py(call.body)}).encode()" if call.body is not None else ""
    return f"fetch({call.method!a}, {url}, {{{pairs}}}{body}{f', home={home}' if home else ''})"


def _py_header(value: Text) -> str:
    """Outside Latin-1 http.client wants bytes."""
    is_ascii = all(isinstance(part, Variable) or part.isascii() for part in value)
    return _py(value) if is_ascii else f"({_py(value)}).encode()"
