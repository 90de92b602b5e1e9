"""Words that appear in every report, and keys that equal them: such keys are announced, not searched for."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from probe.frozen import members
from probe.model import Limits
from probe.redact.views import printed, squeeze

MIN_LENGTH = 6
"""Anything shorter is found in every sentence, so it is not searched for."""
PIECE = 16
"""A piece of a secret of this many characters is masked like the whole."""

# Single words, dates, and what people put where no key is needed, would be found in every report: they are masked where a header
# or a parameter gives them away by its name, but they are not searched for.
_PLACEHOLDER = re.compile(
    r"[a-z]{1,11}|[A-Z]{1,11}|[A-Z][a-z]{1,10}|\d{4}-\d\d-\d\d(?i:-preview)?|(?i:(?:your|fake|dummy|test)?[-_]?api[-_]?key"
    r"|(?:your|fake|dummy|test)[-_](?:key|token)|no-key(?:-needed|-required)?|(?:not|none)-(?:needed|used)|lm-studio"
    r"|authorization|authentication|undocumented)"
)
_PACKAGE = Path(__file__).resolve().parent.parent
_OTHERS = ("simulator", "locales", "__pycache__")
_KINDS = (".py", ".json", ".html", ".css", ".js", ".yaml")


def weakness(secret: str) -> str | None:
    """Return the code of the note that says why a secret cannot be told from other text; None for a good one."""
    core = secret.strip()
    if len(core) < MIN_LENGTH:
        return "key-too-short"
    if _PLACEHOLDER.fullmatch(core):
        return "key-is-a-word"
    # A real key stands in no file of ours, so these are read only for one that does not look like it.
    return "key-is-our-text" if not is_rich(core) and is_ours(core.encode("utf-8", "surrogatepass")) else None


def is_rich(secret: str) -> bool:
    """Whether a piece of a secret can be told from other text: it is long, and not made of words."""
    has_inner_capital = secret[1:] not in (secret[1:].lower(), secret[1:].upper())
    is_varied = len(set(secret.lower())) >= 8
    return len(secret) >= PIECE and is_varied and (has_inner_capital or any(char.isdigit() for char in secret))


@lru_cache(maxsize=4096)
def is_ours(found: bytes) -> bool:
    """Whether this stands in the package itself, and so in reports that never saw the secret."""
    plain, letters = printed(found), squeeze(found)
    text, squeezed = _own_text()
    return (len(plain) >= MIN_LENGTH and plain in text) or (
        len(letters) >= (7 if letters.isdigit() else 12) and letters in squeezed
    )


@lru_cache(maxsize=1)
def _own_text() -> tuple[bytes, bytes]:
    """Read the package's files and the shipped catalogue; not the simulator's, whose keys are treated like a customer's."""
    files = [_PACKAGE.parent / "endpoints.yaml"]
    files += [path for path in _PACKAGE.rglob("*") if path.suffix in _KINDS and not set(path.parts) & set(_OTHERS)]
    limits = "\n".join(str(one) for one in members(Limits()).values())  # sizes are written as products in the source
    text = b"\n".join([limits.encode(), *(path.read_bytes() for path in files if path.is_file())])
    return printed(text), squeeze(text)
