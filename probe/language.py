"""The language of fixed sentences: `_` translates a message and fills in its values."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

LANGUAGES = ("en", "fr", "ru")
_DOMAIN = "probe"
_active: gettext.NullTranslations = gettext.NullTranslations()


def use_language(name: str) -> None:
    """Make `name` the language of all sentences that are made from now on; English is in the code itself."""
    global _active
    if name == "en":
        _active = gettext.NullTranslations()
    else:
        _active = gettext.translation(_DOMAIN, Path(__file__).parent / "locales", languages=[name], fallback=True)


def active_language() -> str:
    """The language in use, as the head of its message catalogue names it; English has no catalogue."""
    found = re.search(r"^Language: *([A-Za-z-]+)", _active.gettext(""), re.MULTILINE)
    return found[1] if found else "en"


def _(message: str, **values: object) -> str:
    """Translate `message`, then fill in `{names}`; values are data and are never translated."""
    text = _active.gettext(message) if message else ""  # gettext keeps the catalogue's head under ""
    return text.format(**values) if values else text
