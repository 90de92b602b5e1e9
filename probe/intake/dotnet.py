"""Errors as .NET prints them: Azure.Core's blocks, System.ClientModel's ClientResultException, HttpRequestException."""

from __future__ import annotations

from functools import partial

from probe.intake.sayings import saying

_said = partial(saying, "dotnet-error", "dotnet")

SAYINGS = (
    _said(
        r"HTTP (?P<status>[1-5]\d\d) ?\((?P<type>[^:()\n]{0,80}): ?(?P<code>[^()\n]{0,80})\)(?:(?:[ \t]{0,20}\n){1,4}"
        r"[ \t]{0,8}(?P<message>(?!\s*(?:at|--) )[^\n]{1,2000}))?",
    ),
    _said(
        r"(?m:^[ \t>]{0,12})(?:[\w. ]{0,120}Exception[^\n:]{0,40}:[ \t]{1,4}"
        r"|An error occurred: |[\"']?[mM]essage[\"']?: [\"'])?(?P<message>[^\n]{8,2000})(?:[ \t]{0,20}\n){1,2}"
        r"[ \t]{0,8}Status: (?P<status>[1-5]\d\d)(?: \((?P<reason>[^\n()]{0,80})\))?(?:[ \t]{0,20}\n[ \t]{0,8}ErrorCode: (?P<code>"
        r"[\w.-]{1,80}))?(?:(?:[ \t]{0,20}\n){1,4}[ \t]{0,8}(?:Content|Response):(?:[ \t]{0,20}\n)?)?",
    ),
    _said(
        r"(?m:^[ \t>-]{0,12}|(?<=[ \t(]))Status: (?P<status>[1-5]\d\d)(?: \((?P<reason>[^\n()]{0,80})\))?(?:[ \t]{0,20}\n"
        r"[ \t]{0,8}ErrorCode: (?P<code>[\w.-]{1,80}))?"
        r"(?:(?:[ \t]{0,20}\n){1,4}[ \t]{0,8}(?:Content|Response):(?:[ \t]{0,20}\n)?)?",
    ),
    _said(
        r"(?:HttpRequestException"
        r"|HttpOperationException)[^\n]{0,120}?:[^\n]{0,120}?(?:status code does not indicate success: "
        r"|\()(?P<status>[1-5]\d\d)\b",
    ),
    _said(r"HTTP status: (?P<status>[1-5]\d\d)\b(?:\. Details: (?P<message>[^\n]{1,1000}))?"),
    _said(r"(?<![\w.])[A-Z][\w.]{3,120}\.[A-Z]\w{2,60}Exception: '(?P<message>[^'\n]{6,300})'"),
)
