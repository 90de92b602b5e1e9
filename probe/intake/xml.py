"""Error documents in XML, as blob storage and some gateways return them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.fragment import Fragment, Knowledge

_LONGEST = 16 * 1024
_OPEN, _CLOSE = "<Error>", "</Error>"
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
