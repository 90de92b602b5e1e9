"""How sentences of the rules read where the host, the path or the version that they speak of was not pasted."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from probe.frozen import replace
from probe.model import Report, Verdict

UNNAMED = "https://resource.invalid"
NAME = "the service"
NO_PATH = "/(not pasted)"
"""What stands in for a base URL, its name and a path while a fragment is judged."""

_UNPASTED = (
    ("The name the service", "The service's name"),
    ("exactly https://the service", "exactly the one that was called"),
    ("he route (not pasted) is", "he route is"),
    ("the route (not pasted)", "this route"),
    ("the resource the service", "the resource"),
    ("api-version none is", "The api-version of the request is"),
    ("(not pasted)", "this request"),
)


def begun(text: str) -> str:
    """Word a sentence for what was not pasted, and begin it with a capital letter."""
    for said, plain in _UNPASTED:
        text = text.replace(said, plain)
    return text[:1].upper() + text[1:] if text.startswith(("the service", "this request", "the artefact", "the id ")) else text


def plainly(report: Report) -> Report:
    """Say what was not pasted as such, instead of the names that stood in for it."""

    def said(text: str) -> str:
        text = re.sub(rf"(?:https?://[^/\s]+)?(?:/[\w.-]+)*{re.escape(NO_PATH)}", NO_PATH[1:], text)
        return text.replace(urlsplit(UNNAMED).netloc, NAME)

    def of(verdict: Verdict) -> Verdict:
        values = tuple((name, said(text)) for name, text in verdict.diagnosis.values)
        return replace(verdict, diagnosis=replace(verdict.diagnosis, values=values))

    return replace(report, verdicts=tuple(map(of, report.verdicts)))
