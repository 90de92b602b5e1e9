"""Errors as Go, Ruby, PHP and Rust clients print them."""

from __future__ import annotations

from functools import partial

from probe.intake.sayings import saying

_go = partial(saying, "go-error", "go")
_php = partial(saying, "php-error", "php")
_ruby = partial(saying, "ruby-error", "ruby")
_rust = partial(saying, "rust-error", "rust")

SAYINGS = (
    _go(
        r"(?P<method>GET|POST|PUT|PATCH|DELETE"
        r"|HEAD) \"(?P<url>https?://[^\"\s]{1,4096})\": (?P<status>[1-5]\d\d) [A-Z][A-Za-z ]{1,40}\s?"
    ),
    _go(
        r"(?P<method>GET|POST|PUT|PATCH|DELETE"
        r"|HEAD) (?P<url>https?://\S{1,4096})\n-{10,}\nRESPONSE (?P<status>[1-5]\d\d):? [^\n]{0,80}\n(?:ERROR CODE: "
        r"(?P<code>[^\n]{1,80})\n)?(?:-{10,}\n)?"
    ),
    _go(r"error, status code: (?P<status>[1-5]\d\d)(?:, status: [^,\n]{0,60})?, (?:message|body): (?P<message>[^\n]{1,2000})"),
    _ruby(r"the server responded with status (?P<status>[1-5]\d\d)(?: for (?P<method>[A-Z]{3,7}) (?P<url>https?://\S{1,2048}))?"),
    _php(
        r"`(?P<method>[A-Z]{3,7}) (?P<url>https?://[^`\s]{1,4096})` resulted in a `(?P<status>[1-5]\d\d)"
        r"[^`\n]{0,80}` response:?\s{0,4}"
    ),
    _rust(r"kind: Status\((?P<status>[1-5]\d\d)[^()\n]{0,60}\), url: \"(?P<url>https?://[^\"\s]{1,4096})\""),
    _rust(r"ApiError\((?:ApiError )?(?=\{)"),
    _php(
        r"Uncaught [\w\\]{3,120}(?:Exception|Error): (?!Client error|Server error)(?P<message>[^\n]{3,1000}?) in /[^\n:]{1,300}:\d"
    ),
    _rust(
        r"\w{3,40}_error: (?P<message>[^\n]{3,1000}?)(?: \(param: [^()\n]{0,80}\))?"
        r" \(code: (?:None|(?:Some\(\"?)?(?P<code>[\w.-]{1,60}))"
    ),
    _rust(
        r"unexpected status (?P<status>[1-5]\d\d)(?: [A-Z][A-Za-z ]{1,40})?: (?P<message>[^\n]{1,2000}?)(?:, url: "
        r"(?P<url>https?://[^\s,]{1,4096})|$)",
        8,
    ),
)
