"""Texts that servers, catalogues and users may send to break a report, and a report that has them everywhere."""

from __future__ import annotations

from functools import cache
from typing import Any

from probe.frozen import replace
from probe.model import Evidence, Exchange, JsonPath, JsonValue, Note, Observation, Pairs, Report, Response
from tests import factories as make
from tests.formats.rich import rich_report

TERMINAL = (
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x9b31mred",
    "\x1bP0;1|17/ab\x9c",
    "back\x08\x08\x08space",
    "bell\x07",
    "over\rwritten",
    "del\x7fete",
    "nul\x00byte",
    "form\x0cfeed\x0bvertical",
    "next\x85line",
)
BIDIRECTIONAL = (
    "\u202egnp.exe",
    "\u202dleft\u202c",
    "\u2066isolated\u2069",
    "\u2067right\u2069",
    "\u200fmark\u200e",
    "\u061carabic",
    "a\u2028b\u2029c",
)
INVISIBLE = (
    "zero\u200bwidth",
    "join\u200der\u2060",
    "\ufeffbom",
    "tag\U000e0041\U000e0042",
    "selector\ufe0f\U000e0100",
    "soft\u00adhyphen",
    "filler\u3164\u115f",
    "no\u00a0break",
    "braille\u2800blank",
)
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example";"click")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "x;=1+1",
    'x",=1+1,"',
)
MARKDOWN = (
    "a | b | c",
    "`code` ``more`` ```fence```",
    "```\n# out\n```",
    "~~~\nout\n~~~",
    "[link](javascript:alert(1))",
    "![image](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example www.evil.example me@evil.example",
    "@octocat #1 GH-1 owner/repo#1 :tada: !12",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "> quote",
    "---",
    "===",
    "***bold*** __bold__ ~~gone~~ *x*",
    "    indented",
    "[ref]: https://evil.example",
    "x[^1] [^1]: note",
    "&lt;b&gt; &#64;octocat &amp;",
    "\\`backslash\\| \\",
    "ends in backslash \\",
    "$x^2$ $$y$$",
    "- [ ] task",
    "</details></summary>\n\n# out",
    "two  \nlines",
)
HTML = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- comment --> <![CDATA[x]]> <?php ?>",
    "]]>",
    "{{7*7}} {% raw %}",
    "<a href='javascript:alert(1)'>x</a>",
    "&#x3c;b&#x3e;",
)
UNICODE = (
    "\ud800 lone high",
    "lone low \udfff",
    "\udc80\ud83d",
    "\ufffe\uffff",
    "日本語のテスト、全角文字",
    "e\u0301\u0301\u0301 combining",
    "Z\u0351\u036b\u0343a\u0329\u0353l\u0358g\u0325o\u0301",
    "👩‍👩‍👧‍👦 🇫🇷 family",
    "\u05d0\u05d1\u05d2 שלום",
)
PATHS = (
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "C:\\evil.exe",
    "/etc/passwd",
    "con.txt",
    "file\x00.mp4",
    "video.mp4\r\nX-Injected: 1",
    "~/.ssh/id_rsa",
    "$(touch pwned) `touch pwned` ; touch pwned",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "\u2019; touch pwned; \u2019",
    "%00%0d%0a%2e%2e%2f",
    "-o/etc/passwd",
)
HUGE = ("A" * 3_000, "| ` < " * 500, "\u202e" * 500)
HOSTILE = (*TERMINAL, *BIDIRECTIONAL, *INVISIBLE, *FORMULAS, *MARKDOWN, *HTML, *UNICODE, *PATHS, *HUGE)


@cache
def hostile_report(text: str) -> Report:
    """The rich report with `text` at every place where a server, a catalogue or a user puts one."""
    rich = rich_report()
    evidence = _hostile_evidence(rich.evidence, text)
    change = rich.smallest_change
    assert change is not None
    return replace(
        rich,
        evidence=evidence,
        verdicts=tuple(
            replace(one, diagnosis=replace(one.diagnosis, values=said(text), cites=(text,), docs_url=text)) for one in rich.verdicts
        ),
        headline=make.text(text),
        next_step=make.text(text),
        asks=(make.text(text), make.text(f"send {text}")),
        findings=tuple(replace(one, values=said(text)) for one in rich.findings),
        smallest_change=replace(
            change, from_url=change.from_url + text, to_url=change.to_url + text, differences=(Note("text", (("text", text),)),)
        ),
        ranking=tuple((probe_id, make.text(text)) for probe_id, _reason in rich.ranking),
    )


def said(text: str) -> Pairs:
    """The values of a diagnosis or finding whose sentences are just this."""
    return (("summary", text), ("remedy", text))


def _hostile_evidence(evidence: Evidence, text: str) -> Evidence:
    return replace(
        evidence,
        vantage=replace(evidence.vantage, platform=text, proxy=text, addresses=((text, text),), notes=(text,)),
        catalogue_source=text,
        targets=tuple(replace(one, notes=(text,), headers=(("X-Team", text),)) for one in evidence.targets),
        artefacts=tuple(replace(one, title=text, notes=text) for one in evidence.artefacts),
        endpoints=tuple(
            replace(one, path=one.path + text, notes=text, sources=tuple(replace(source, at=text) for source in one.sources))
            for one in evidence.endpoints
        ),
        probes=tuple(replace(one, url=one.url + text, reason=text, variant=text) for one in evidence.probes),
        skipped=tuple(replace(one, reason=text) for one in evidence.skipped),
        observations=tuple(_hostile_observation(one, text) for one in evidence.observations),
        failing_url=text,
        masked=((text, text),),
        notes=(text,),
    )


def _hostile_observation(seen: Observation, text: str) -> Observation:
    return replace(seen, exchanges=tuple(_hostile_exchange(one, text) for one in seen.exchanges))


def _hostile_exchange(exchange: Exchange, text: str) -> Exchange:
    changes: dict[str, Any] = {
        "request": replace(exchange.request, url=exchange.request.url + text, headers=((text, text), *exchange.request.headers)),
        "remote_address": text,
    }
    if exchange.tls:
        changes["tls"] = replace(exchange.tls, issuer=text, subject=text)
    if exchange.response:
        changes["response"] = _hostile_response(exchange.response, text)
    else:
        changes["failure_detail"] = text
    return replace(exchange, **changes)


def _hostile_response(response: Response, text: str) -> Response:
    headers: Pairs = (("location", text), ("content-disposition", f'attachment; filename="{text}"'), ("etag", text), (text, text))
    return replace(
        response,
        reason_phrase=text,
        http_version=text,
        headers=headers,
        media_type=text,
        json_paths=(JsonPath(f"$['{text}']", "string"), *response.json_paths),
        values=(JsonValue(f"$['{text}']", text),),
        error_code=text,
        error_type=text,
        error_message=text,
        title=text,
        request_ids=(("x-request-id", text),),
        region=text,
        links=tuple(replace(one, url=text, refused=text) for one in response.links),
        limits_hit=(text,),
    )
