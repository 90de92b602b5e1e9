"""Commands that repeat one probe: curl for a POSIX shell, PowerShell, Python; safe to paste into a shell and in public."""

from __future__ import annotations

import json
import re

from probe.view.call import Call, Step, Text, Variable, call_of, step_of
from probe.view.escape import is_visible
from probe.view.page import View
from probe.view.row import Row

_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_UNSAFE_IN_SHELL = re.compile(r"[^A-Za-z0-9 _.:/=@%+,-]")
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_TAKE_LINK = (
    "import functools, json, sys; "
    "print(functools.reduce(lambda value, key: value[key], json.loads(sys.argv[1]), json.load(sys.stdin)))"
)


def commands(view: View, row: Row) -> dict[str, str]:
    """All three commands by name (`curl`, `powershell`, `python`); empty when the probe could not be sent as it stands."""
    if (row.probe.needs and not row.is_sent) or not _WEB.match(row.probe.url):
        return {}
    step = step_of(view, row)
    call = call_of(row)
    return {"curl": _curl(call, step), "powershell": _powershell(call, step), "python": _python(call, step)}


# ---- POSIX shell and curl


def _shell(text: Text) -> str:
    """One word of a POSIX shell: single quotes for data, double quotes for variables."""
    is_plain = not any(isinstance(part, str) and _UNSAFE_IN_SHELL.search(part) for part in text)
    if is_plain and any(isinstance(part, Variable) for part in text):
        quoted = '"' + "".join(part if isinstance(part, str) else f"${{{part.name}}}" for part in text) + '"'
        return re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", quoted)
    return "".join(_shell_literal(part) if isinstance(part, str) else f'"${part.name}"' for part in text) or "''"


def _shell_literal(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _curl(call: Call, step: Step | None) -> str:
    if step is None:
        return _curl_call(call, call.url)
    if step.header:
        found = _curl_call(step.call, step.call.url, extra=("-o", "/dev/null", "-w", f"'%header{{{step.header.lower()}}}'"))
    else:
        found = f"{_curl_call(step.call, step.call.url, is_piped=True)} | python3 -c {_shell_literal(_TAKE_LINK)} "
        found += _shell_literal(json.dumps(list(step.keys)))
    return f"link=$({found}) &&\n{_curl_call(call, (Variable('link'),))}"


def _curl_call(call: Call, url: Text, extra: tuple[str, ...] = (), *, is_piped: bool = False) -> str:
    words = ["curl", "--fail-with-body", "-sS", "-g"]
    if any(isinstance(part, str) and "/." in part for part in url):
        words.append("--path-as-is")
    if call.method == "HEAD":
        words.append("-I")
    elif call.method != "GET":
        words += ["-X", call.method]
    for name, value in call.headers:
        words += ["-H", _shell((f"{name}: ", *value))]
    if call.body is not None:
        words += ["--data-raw", _shell(call.body)]
    words += extra
    if call.output and not extra and not is_piped:
        words += ["-o", call.output]
    return " ".join([*words, _shell(url)])


# ---- PowerShell


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
        return _ps_call(call, _ps(call.url))
    asked = f"$answer = {_ps_call(step.call, _ps(step.call.url), is_whole=True)}"
    if step.header:
        link = f"[string]$answer.Headers[{_ps_literal(step.header)}]"
    else:
        keys = "".join(f"[{key}]" if isinstance(key, int) else f".{_ps_literal(key)}" for key in step.keys)
        link = f"($answer.Content | ConvertFrom-Json){keys}"
    return f"{asked}\n$link = {link}\n{_ps_call(call, '$link')}"


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


# ---- Python

_PYTHON = """\
import json, os, shutil, sys, urllib.request

class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None  # a redirect must not carry the key to another host

def fetch(method, url, headers, body=None):
    request = urllib.request.Request(url, body, headers, method=method)
    return urllib.request.build_opener(NoRedirect).open(request, timeout=60)
"""


def _py(text: Text) -> str:
    """One Python expression in ASCII."""
    return " + ".join(_py_literal(part) if isinstance(part, str) else f"os.environ[{part.name!r}]" for part in text) or "''"


def _py_literal(text: str) -> str:
    return ascii(text)


def _python(call: Call, step: Step | None) -> str:
    lines = [_PYTHON]
    url = _py(call.url)
    if step is not None:
        asked = _py_call(step.call, _py(step.call.url))
        lines.append(f"with {asked} as answer:")
        if step.header:
            lines.append(f"    link = answer.headers[{_py_literal(step.header)}]")
        else:
            lines.append(
                "    link = json.load(answer)"
                + "".join(f"[{_py_literal(key) if isinstance(key, str) else key}]" for key in step.keys)
            )
        url = "link"
    lines.append(f"with {_py_call(call, url)} as answer:")
    if call.output:
        lines.append(f"    with open({_py_literal(call.output)}, 'wb') as file:\n        shutil.copyfileobj(answer, file)")
    elif call.method == "HEAD":
        lines.append("    print(answer.status, answer.headers)")
    else:
        lines.append("    shutil.copyfileobj(answer, sys.stdout.buffer)")
    return "\n".join(lines)


def _py_call(call: Call, url: str) -> str:
    pairs = ", ".join(f"{_py_literal(name)}: {_py_header(value)}" for name, value in call.headers)
    body = f", ({_py(call.body)}).encode()" if call.body is not None else ""
    return f"fetch({_py_literal(call.method)}, {url}, {{{pairs}}}{body})"


def _py_header(value: Text) -> str:
    """Outside Latin-1 http.client wants bytes."""
    is_ascii = all(isinstance(part, Variable) or part.isascii() for part in value)
    return _py(value) if is_ascii else f"({_py(value)}).encode()"
