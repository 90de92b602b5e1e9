"""What comes along when something is copied."""

from __future__ import annotations


def unquoted(text: str) -> str:
    """Take off what comes along when something is copied: spaces, quotes and angle brackets around it."""
    text = text.strip()
    while len(text) > 1 and text[0] + text[-1] in ('""', "''", "``", "<>"):
        text = text[1:-1].strip()
    return text
