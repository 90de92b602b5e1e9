"""Error documents in XML, as blob storage and some gateways return them, and the error pages of web servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.fragment import Fragment, Knowledge

_LONGEST = 16 * 1024
_OPEN, _CLOSE = "<Error>", "</Error>"
_PAGE_STATUS = re.compile(r"(?i)(?:<title>|<h1>|HTTP Error |Error )[ \t]{0,4}(?:Error )?(?P<status>[45]\d\d)(?=[ .:<-])")
_SAID = re.compile(r"<pre>([^<\n]{3,300})</pre>")
"""What Express says on its page."""
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
            said = " ".join(message[1].split()) if message else None
            yield Fragment("xml", start, end, body=document, error_code=code[1], error_message=said, answers=True)
        position, close = end, text.find(_CLOSE, end)
    yield from _pages(text)


def _pages(text: str) -> Iterator[Fragment]:
    """Read every page of HTML that names a status or has a title: a mail has neither."""
    lower, position = text.lower(), 0
    while (close := lower.find("</html>", position)) >= 0:
        floor, end = max(position, close - _LONGEST), close + len("</html>")
        starts = [at for mark in ("<!doctype html", "<html") if (at := lower.find(mark, floor, close)) >= 0]
        page = text[min(starts) : end] if starts else ""
        named, said = _PAGE_STATUS.search(page), _SAID.search(page)
        if named or "<title>" in page.lower():
            status = int(named["status"]) if named else None
            body, message = (None, said[1]) if said else (page, None)
            yield Fragment("html", min(starts), end, body=body, status_code=status, error_message=message, answers=True)
        position = end
