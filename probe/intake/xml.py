"""Error documents in XML, as blob storage and some gateways return them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.intake.fragment import Fragment, Knowledge

_DOCUMENT = re.compile(r"(?:<\?xml[^<>\n]{0,200}\?>\s{0,20})?<Error>(?:[^<]|<(?!/Error>)){1,16384}</Error>")
_CODE = re.compile(r"<Code>([A-Za-z]{3,60})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,2000})")


def read(text: str, _knowledge: Knowledge) -> Iterator[Fragment]:
    """Read every error document whole, so that it is judged like one that a scan gets."""
    for match in _DOCUMENT.finditer(text):
        code, message = _CODE.search(match[0]), _MESSAGE.search(match[0])
        if code:
            yield Fragment(
                "xml",
                match.start(),
                match.end(),
                body=match[0],
                error_code=code[1],
                error_message=" ".join(message[1].split()) if message else None,
                answers=True,
            )
