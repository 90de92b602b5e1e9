"""Error documents in XML, as blob storage and some gateways return them, and the error pages of web servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.fragment import Fragment, Knowledge

_LONGEST = 16 * 1024
_OPEN, _CLOSE = "<Error>", "</Error>"
_PAGE = re.compile(r"(?i)<(?:!doctype html|html)\b[^\0]{0,4096}?</html>")
_PAGE_STATUS = re.compile(r"(?i)(?:<title>|<h1>|HTTP Error |Error )[ \t]{0,4}(?:Error )?(?P<status>[45]\d\d)(?=[ .:<-])")
_CODE = re.compile(r"<Code>([A-Za-z]{3,60})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,2000})")


def read(text: str, _knowledge: Knowledge) -> Iterator[Fragment]:
    """Read every error document whole, so that it is judged like one that a scan gets."""
    position, close = 0, text.find(_CLOSE)
    while close >= 0:
        end = close + len(_CLOSE)
        start = text.rfind(_OPEN, max(position, end - _LONGEST), close)
        document = text[start:end] if start >= 0 else ""
        code, message = _CODE.search(document), _MESSAGE.search(document)
        if code:
            yield Fragment(
                "xml",
                start,
                end,
                body=document,
                error_code=code[1],
                error_message=" ".join(message[1].split()) if message else None,
                answers=True,
            )
        position, close = end, text.find(_CLOSE, end)
    for page in list(_PAGE.finditer(text))[:8]:
        status = _PAGE_STATUS.search(page[0])
        if status:
            yield Fragment("html", page.start(), page.end(), body=page[0], status_code=int(status["status"]), answers=True)
