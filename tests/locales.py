"""The sentences that the code says, and the message catalogues that translate them; `make locales` brings the second up to the first."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from probe.language import LANGUAGES
from probe.verdict import EXPLANATIONS

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "probe" / "locales"
TEMPLATE = LOCALES / "probe.pot"
TRANSLATED = tuple(name for name in LANGUAGES if name != "en")
PROJECT = "probe"


def po_file(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "probe.po"


def mo_file(language: str) -> Path:
    return po_file(language).with_suffix(".mo")


# ---- what the code says


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


def said() -> Iterator[tuple[str, str]]:
    """(message, file that says it) of the code, the templates and the pages of `probe explain`."""
    for path in sorted((ROOT / "probe").rglob("*.py")):
        for call in calls(ast.parse(path.read_text(encoding="utf-8"))):
            for text in texts(call.args[0]):
                yield text, path.relative_to(ROOT).as_posix()
    for path in sorted((ROOT / "probe").rglob("*.j2")):
        for _line, _function, text in extract_from_ast(Environment().parse(path.read_text(encoding="utf-8")), ("_",)):
            yield str(text), path.relative_to(ROOT).as_posix()
    for page in EXPLANATIONS.values():
        for one in fields(page):
            yield getattr(page, one.name), "probe/verdict/pages"


def template() -> Catalog:
    """All messages, each once, with the files (no lines, which would change with every edit) that say it."""
    made = Catalog(project=PROJECT, copyright_holder=PROJECT, charset="utf-8", header_comment="# Sentences of probe.")
    if TEMPLATE.exists():
        made.creation_date = read(TEMPLATE).creation_date
    found: dict[str, dict[str, None]] = {}
    for text, file in said():
        if text:
            found.setdefault(text, {})[file] = None
    for text, files in sorted(found.items(), key=lambda pair: (min(pair[1]), pair[0])):
        made.add(text, locations=[(file, 0) for file in sorted(files)])
    for message in made:
        message.flags.discard("python-format")  # a percent sign is data here
    return made


# ---- files


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3] if path.suffix == ".po" else None)


def as_po(messages: Catalog) -> bytes:
    made = io.BytesIO()
    write_po(made, messages, width=120, include_lineno=False, ignore_obsolete=True)
    return made.getvalue()


def as_mo(messages: Catalog) -> bytes:
    made = io.BytesIO()
    write_mo(made, messages)
    return made.getvalue()


def main() -> None:
    """Write the template, take new messages into every language and drop those that nobody says any more, then compile."""
    now = template()
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(as_po(now))
    for language in TRANSLATED:
        path = po_file(language)
        messages = read(path) if path.exists() else Catalog(locale=language, project=PROJECT, charset="utf-8")
        messages.update(now, no_fuzzy_matching=True, update_header_comment=True)
        messages.fuzzy = False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(messages))
        mo_file(language).write_bytes(as_mo(messages))
        missing = [message.id for message in messages if message.id and not message.string]
        print(f"{language}: {len(messages)} messages, {len(missing)} without a translation")
        for text in missing:
            print(f"  {text!r}")


if __name__ == "__main__":
    main()
