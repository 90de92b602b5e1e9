"""The sentences that the code says, and the catalogues that translate them: `make locales` brings the second up to the first."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from probe._build import compile_translations
from probe.catalogue import load
from probe.diagnoses import DIAGNOSES
from probe.diagnoses.notes import NOTES
from probe.facts.families import FAMILIES
from probe.language import LANGUAGES
from tests.sources import FILES, tree

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "probe" / "locales"
TRANSLATED = tuple(name for name in LANGUAGES if name != "en")


def po_file(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "probe.po"


def mo_file(language: str) -> Path:
    return po_file(language).with_suffix(".mo")


# ---- what the code says


def code() -> Iterator[tuple[str, ast.Module]]:
    """(file, its code) of the package."""
    for path in FILES:
        yield path.relative_to(ROOT).as_posix(), tree(path)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every `_(...)` in Python code, those inside f-strings too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            yield node


def texts(node: ast.expr) -> tuple[str, ...]:
    """The messages that an argument of `_` can be; empty when it is nothing that can be read off the code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.IfExp):
        one, other = texts(node.body), texts(node.orelse)
        return one + other if one and other else ()
    return ()


@cache
def said() -> tuple[tuple[str, str], ...]:
    """(message, file that says it) of all that is said."""
    return tuple(_said())


def _said() -> Iterator[tuple[str, str]]:
    """Of code, templates, and of tables whose texts go through `_` when they are shown."""
    for file, module in code():
        for call in calls(module):
            for text in texts(call.args[0]):
                yield text, file
    for path in sorted((ROOT / "probe").rglob("*.j2")):
        for _line, _function, text in extract_from_ast(Environment().parse(path.read_text(encoding="utf-8")), ("_",)):
            yield text[0] if isinstance(text, tuple) else text, path.relative_to(ROOT).as_posix()
    for record in DIAGNOSES.values():
        wordings = (text for variant in ("", *record.variants) for text in record.wording(variant))
        page = (record.title, record.how_decided, record.lookalikes, *record.advice)
        yield from ((text, "probe/diagnoses") for text in (*wordings, *(text for _name, text in record.tails), *page))
    yield from ((text, "probe/diagnoses/notes.py") for text in NOTES.values())
    yield from ((one.what, "probe/facts/families.py") for one in FAMILIES)
    shipped = load()
    yield from ((kind.title, "endpoints.yaml") for kind in shipped.artefacts)
    yield from ((version.notes, "endpoints.yaml") for version in shipped.api_versions if version.is_known_wrong)


class Messages(Catalog):
    """Messages whose file says nothing but them and what gettext reads: the same messages always give the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        language = [("Language", str(self.locale))] if self.locale else []
        return [
            *language,
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]

    def take(self, text: str, translation: str, files: list[str]) -> None:
        message = self.add(text, translation, locations=[(file, 0) for file in files])
        message.flags.discard("python-format")  # a percent sign is data here


def template() -> Messages:
    """All messages, each once, with the files that say it (no lines: they would change with every edit)."""
    found: dict[str, set[str]] = {}
    for text, file in said():
        if text:
            found.setdefault(text, set()).add(file)
    made = Messages(header_comment="# Sentences of probe.", fuzzy=False)
    for text, files in sorted(found.items(), key=lambda pair: (min(pair[1]), pair[0])):
        made.take(text, "", sorted(files))
    return made


# ---- files


def read(language: str) -> Catalog:
    """The .po file as it is; empty before the first one was written."""
    path = po_file(language)
    return read_po(io.BytesIO(path.read_bytes() if path.exists() else b""), locale=language)


def updated(language: str) -> Messages:
    """What the code says now with the translations that are there; what nobody says any more is gone."""
    known = {message.id: message.string for message in read(language)}
    made = Messages(locale=language, header_comment="# Sentences of probe.", fuzzy=False)
    for message in template():
        if message.id:
            made.take(message.id, known.get(message.id, ""), [file for file, _line in message.locations])
    return made


def as_po(messages: Catalog) -> bytes:
    made = io.BytesIO()
    write_po(made, messages, width=120, include_lineno=False)
    return made.getvalue()


def main() -> None:
    """Take new messages into every language, drop those that are gone, compile, and name what is said in English for now."""
    for language in TRANSLATED:
        messages = updated(language)
        po_file(language).parent.mkdir(parents=True, exist_ok=True)
        po_file(language).write_bytes(as_po(messages))
        missing = [message.id for message in messages if message.id and not message.string]
        print(f"{language}: {len(messages)} messages, {len(missing)} without a translation", *map(repr, missing), sep="\n  ")
    compile_translations(LOCALES)


if __name__ == "__main__":
    main()
