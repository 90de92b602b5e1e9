"""Errors as Java and Kotlin print them: openai-java, Azure's SDK, Spring, OkHttp."""

from __future__ import annotations

from functools import partial

from probe.intake.sayings import saying

_said = partial(saying, "java-error", "java")

SAYINGS = (
    _said(
        r"(?:com|org|io|dev|okhttp3|retrofit2|java)\.[\w.$]{3,120}(?P<klass>Exception"
        r"|Error): (?:HTTP )?(?P<status>[1-5]\d\d)(?: [A-Z][A-Za-z ]{2,40})?(?:: | - |\s)(?P<message>[^\n]{1,2000})"
    ),
    _said(r"Status code (?P<status>[1-5]\d\d), \"?(?P<message>[^\n]{1,2000})"),
    _said(
        r"(?:com|org|io|dev)\.[\w.$]{3,120}Exception:[^\n]{0,120}?(?:with )?status(?: code)?[ :=]{1,3}(?P<status>"
        r"[1-5]\d\d)\b(?:\s?\|\s?)?"
    ),
    _said(r"Response\{protocol=\S{1,20} code=(?P<status>[1-5]\d\d), message=[^,\n]{0,80}, url=(?P<url>https?://[^\s}]{1,4096})\}"),
)
