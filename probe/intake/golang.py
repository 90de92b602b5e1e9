"""Errors as Go, Ruby, PHP and Rust clients print them."""

from __future__ import annotations

from functools import partial

from probe.intake.sayings import saying

_said = partial(saying, "go-error", "go")

SAYINGS = (
    _said(
        r"(?P<method>GET|POST|PUT|PATCH|DELETE"
        r"|HEAD) \"(?P<url>https?://[^\"\s]{1,4096})\": (?P<status>[1-5]\d\d) [A-Z][A-Za-z ]{1,40}\s?",
    ),
    _said(
        r"(?P<method>GET|POST|PUT|PATCH|DELETE"
        r"|HEAD) (?P<url>https?://\S{1,4096})\n-{10,}\nRESPONSE (?P<status>[1-5]\d\d):? [^\n]{0,80}\n(?:ERROR CODE: "
        r"(?P<code>[^\n]{1,80})\n)?(?:-{10,}\n)?",
    ),
    _said(
        r"error, status code: (?P<status>[1-5]\d\d)(?:, status: [^,\n]{0,60})?, (?:message|body): (?P<message>[^\n]{1,2000})",
    ),
    saying(
        "ruby-error",
        "ruby",
        r"the server responded with status (?P<status>[1-5]\d\d)(?: for (?P<method>[A-Z]{3,7}) (?P<url>https?://\S{1,2048}))?",
    ),
    saying(
        "php-error",
        "php",
        r"`(?P<method>[A-Z]{3,7}) (?P<url>https?://[^`\s]{1,4096})` resulted in a `(?P<status>[1-5]\d\d)"
        r"[^`\n]{0,80}` response:?\s{0,4}",
    ),
    saying(
        "rust-error",
        "rust",
        r"kind: Status\((?P<status>[1-5]\d\d)[^()\n]{0,60}\), url: \"(?P<url>https?://[^\"\s]{1,4096})\"",
    ),
    saying("rust-error", "rust", r"ApiError\((?:ApiError )?(?=\{)"),
    saying(
        "php-error",
        "php",
        r"Uncaught [\w\\]{3,120}(?:Exception|Error): (?!Client error|Server error)(?P<message>[^\n]{3,1000}?) in /[^\n:]{1,300}:\d",
    ),
    saying(
        "rust-error",
        "rust",
        r"\w{3,40}_error: (?P<message>[^\n]{3,1000}?)(?: \(param: [^()\n]{0,80}\))?"
        r" \(code: (?:None|(?:Some\(\"?)?(?P<code>[\w.-]{1,60}))",
    ),
    saying(
        "rust-error",
        "rust",
        r"unexpected status (?P<status>[1-5]\d\d)(?: [A-Z][A-Za-z ]{1,40})?: (?P<message>[^\n]{1,2000}?)(?:, url: "
        r"(?P<url>https?://[^\s,]{1,4096})|$)",
        8,
    ),
)
