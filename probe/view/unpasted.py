"""How sentences of the rules read where the host, the path or the version that they speak of was not pasted."""

from __future__ import annotations

_UNPASTED = (
    ("The name the service", "The service's name"),
    ("exactly https://the service", "exactly the one that was called"),
    ("he route (not pasted) is", "he route is"),
    ("the route (not pasted)", "this route"),
    ("api-version none is", "The api-version of the request is"),
    ("(not pasted)", "this request"),
)


def begun(text: str) -> str:
    """Word a sentence for what was not pasted, and begin it with a capital letter."""
    for said, plain in _UNPASTED:
        text = text.replace(said, plain)
    return text[:1].upper() + text[1:] if text.startswith(("the service", "the artefact", "the id ")) else text
