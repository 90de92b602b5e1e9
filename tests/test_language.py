"""Every fixed sentence in every language: what is missing or left over, what would break, what a report looks like."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from probe.diagnoses import headline
from probe.formats import FORMATS
from probe.formats.terminal import render as terminal
from probe.frozen import Frozen, members
from probe.language import LANGUAGES, _, use_language
from probe.runs.codec import from_json, to_json
from probe.verdict import judge
from probe.view.escape import is_visible
from tests import locales
from tests.formats.rich import rich_report
from tests.scanning import Scanned, scan, world

CYRILLIC = re.compile("[а-яё]{2}", re.IGNORECASE)
FIELD = re.compile(r"\{[^{}]*\}")
KEPT = re.compile(
    r"""--[a-z][a-z-]+|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|https?://[^\s,;)]*\w|(?<![\w}])/[a-z][\w/]+|`[^`]+`|"[^"{}]+"|api-version=[^\s,;]*"""
)
"""Options, variables, addresses, paths and quoted words of servers."""


@pytest.fixture(scope="module", params=locales.TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# ---- the catalogues


def test_every_message_can_be_read_off_the_code() -> None:
    for file, tree in locales.code():
        for call in locales.calls(tree):
            is_name = isinstance(call.args[0], ast.Name | ast.Attribute | ast.Subscript)
            assert locales.texts(call.args[0]) or is_name, f"{file}:{call.lineno}: {ast.unparse(call.args[0])}"


def test_no_message_is_translated_while_a_module_is_imported() -> None:
    for file, tree in locales.code():
        if not any(locales.calls(tree)):
            continue
        inside = {
            id(call)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for one in (node.body if isinstance(node.body, list) else [node.body])
            for call in locales.calls(one)
        }
        early = [call.lineno for call in locales.calls(tree) if id(call) not in inside]
        assert not early, f"{file}:{early}: this stays in the language that was active then"


def test_nothing_else_is_called_like_the_translation() -> None:
    for file, tree in locales.code():
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "_"]
        taken = [node.lineno for node in names if isinstance(node.ctx, ast.Store)]
        assert not taken or not any(locales.calls(tree)), f"{file}:{taken}"


def test_every_offered_language_has_a_catalogue_and_every_catalogue_is_offered() -> None:
    assert {path.name for path in locales.LOCALES.iterdir() if path.is_dir()} == set(LANGUAGES) - {"en"}


def test_no_translation_is_a_guess(language: str) -> None:
    assert [message.id for message in locales.read(language) if message.fuzzy] == []


def pairs(language: str) -> list[tuple[str, str]]:
    return [(message.id, message.string) for message in locales.read(language) if message.id and message.string]


def test_the_words_that_every_report_shows_are_complete(language: str) -> None:
    files = ("view/head.py", "view/words.py", "formats/ticket.py", "formats/terminal.py", "formats/markdown.py", "report.html.j2")
    known = {message.id: message.string for message in locales.read(language)}
    assert [text for text, file in locales.said() if file.endswith(files) and not known.get(text)] == []


def test_translations_keep_every_placeholder(language: str) -> None:
    for text, translated in pairs(language):
        assert sorted(FIELD.findall(translated)) == sorted(FIELD.findall(text)), text
        assert FIELD.sub("", translated).count("{") == FIELD.sub("", text).count("{"), text
        assert FIELD.sub("", translated).count("}") == FIELD.sub("", text).count("}"), text


def test_translations_keep_what_nobody_may_translate(language: str) -> None:
    for text, translated in pairs(language):
        assert sorted(KEPT.findall(translated)) == sorted(KEPT.findall(text)), text


def test_translations_can_be_joined_like_the_sentences_they_stand_for(language: str) -> None:
    for text, translated in pairs(language):
        assert translated[0] == " " or text[0] != " ", text
        assert (text[-1] in " .?:") == (translated[-1] in " .?:"), text


def test_translations_hold_only_characters_that_every_format_shows(language: str) -> None:
    assert [text for text, translated in pairs(language) if not all(map(is_visible, translated))] == []


def test_long_messages_are_really_translated(language: str) -> None:
    same = {text for text, translated in pairs(language) if text == translated}
    assert [text for text in same if len(FIELD.sub("", text).split()) > 2] == []


# ---- what is made of them


def test_values_are_filled_in_and_never_translated(language: str) -> None:
    use_language(language)
    said = _("{target} throttled every request", target="link {target}")
    assert "link {target}" in said
    assert said != "link {target} throttled every request"


def test_a_message_without_a_translation_is_said_in_english(language: str) -> None:
    use_language(language)
    assert _("nobody ever says {this}", this=1) == "nobody ever says 1"


def test_english_is_the_language_of_the_code() -> None:
    use_language("fr")
    use_language("en")
    assert _("works") == "works"


def test_fixed_words_of_a_rich_report_are_translated(language: str) -> None:
    use_language("en")
    english = {name: FORMATS.load(name)(rich_report()) for name in ("markdown", "html", "json", "csv", "har")}
    use_language(language)
    own = {name: FORMATS.load(name)(rich_report()) for name in english}
    for heading in ("What was tried", "Why the others fail", "Evidence"):
        assert f"## {heading}" not in own["markdown"]
        assert f"## {_(heading)}" in own["markdown"] or f"## {heading}" not in english["markdown"]
    for heading in re.findall(r"<h[23][^>]*>([^<{]+)</h[23]>", english["html"]):
        if heading not in ("curl", "PowerShell", "Python"):
            assert f">{heading}</h" not in own["html"], heading
    assert f'<html lang="{language}">' in own["html"]
    assert '<html lang="en">' in english["html"]
    assert own["csv"] == english["csv"], "diagnoses of the report itself are data"
    assert own["har"] == english["har"]
    assert json.loads(own["json"]).keys() == json.loads(english["json"]).keys()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    with world("sora1") as server:
        return scan(server, tmp_path_factory.mktemp("run"))


def sentences(value: Any) -> Iterator[str]:
    """Texts where a code belongs: release 0.1.0 wrote such, and they can be told in one language only."""
    if isinstance(value, Frozen):
        kinds = get_type_hints(type(value))
        for name, inner in members(value).items():
            if "Note | str" in str(kinds[name]).replace("probe.model.", ""):
                yield from (text for text in (inner if isinstance(inner, tuple) else (inner,)) if text and isinstance(text, str))
            yield from sentences(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from sentences(inner)


@pytest.mark.parametrize("name", ["sora1", "wrong-key", "redirect-blob", "redirect-metadata", "pending", "firewall"])
def test_a_run_made_in_one_language_is_told_in_any(name: str, tmp_path: Path) -> None:
    use_language("ru")
    with world(name) as server:
        done = scan(server, tmp_path, failing_url=f"{server.url}/openai/v1/video/generations/gen_1/content")
    assert list(sentences(done.evidence)) == []
    told = []
    for language in ("ru", "fr", "en"):
        use_language(language)
        report = judge(from_json(to_json(done.evidence), "evidence.json"), done.report.generated_at)
        assert report == done.report, "a report holds codes"
        told.append(FORMATS.load("ticket")(report))
        text = "".join(FORMATS.load(kind)(report) for kind in ("html", "markdown", "json")) if language != "ru" else told[0]
        assert bool(CYRILLIC.search(text.replace("русский", ""))) == (language == "ru")
    assert len(set(told)) == 3


@pytest.mark.parametrize("width", [40, 100])
def test_the_terminal_keeps_to_its_width_in_every_language(scanned: Scanned, language: str, width: int) -> None:
    use_language(language)
    report = judge(scanned.evidence, scanned.report.generated_at)
    text = terminal(report, width=width)
    assert headline(report).split()[0] in text
    lines = [line for line in text.split("\n") if "curl" not in line and "http" not in line and "'" not in line]
    assert max(map(len, lines)) <= width


def test_a_report_of_a_saved_run_speaks_the_language_that_is_asked_for(
    scanned: Scanned, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from probe.cli import main

    run = tmp_path / "run"
    run.mkdir()
    (run / "evidence.json").write_text(to_json(scanned.evidence), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["report", str(run), "--lang", language, "-q"])
    printed = capsys.readouterr().out
    use_language(language)
    assert _("Works") in printed
    assert "Works" not in printed


def test_pages_of_codes_are_explained_in_every_language(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    from probe.cli import main

    with pytest.raises(SystemExit):
        main(["explain", "download-proved", "--lang", language])
    printed = " ".join(capsys.readouterr().out.split())
    use_language(language)
    for text in ("How it is decided", "What looks the same", "What to do"):
        assert _(text) in printed
        assert text not in printed
