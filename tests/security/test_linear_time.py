"""Promise: no text of a stranger makes an expression of ours run away; work grows with the text, not with its square."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import probe
from probe.catalogue import load
from probe.errors import CatalogueError
from probe.jsonpath import find, is_valid_path
from probe.model import CaptureRule
from probe.redact import Redactor
from probe.transport.direct import _field
from tests.each import each
from tests.echoes import CATALOGUE
from tests.growth import FLOOR, assert_linear, repeated, spent

OURS = ("simulator", "locales", "_build", "__main__")
SEEDS = (
    *(
        "sk-aaaaa.",
        "sk-",
        "eyJ",
        "eyJaaaaaaaa.",
        "%25",
        "%2525",
        "?sig=",
        "?a=",
        "&",
        "a",
        "a ",
        "A1b2",
        "-",
        "_",
        ".",
        ",",
        ":",
        "\\",
    ),
    *("Bearer ", "basic+", "token=", "api-key: ", "apikey=\\", "cookie: ", "cookie:a", "secret: x, ", "signature ", "password"),
    *("://", "://a:b@", "//", "/", "<a", "<!", "<", ">", "&#", "&#0", "&lt", "=41", "=\n", "=?u?q?", "0x41,", "QUJD", "ab12cd"),
    *(
        "\\u0041",
        "\\u{",
        "\\1",
        "[",
        "]",
        "{",
        '"',
        "'",
        "1",
        "1.",
        "a.b.",
        "a-",
        "a@",
        "@",
        "gen_",
        "gen_1",
        "id: ",
        "request-id ",
        "::",
    ),
    *(
        "AccountKey=",
        "\n",
        "\r\n",
        " ",
        "\t",
        "\0",
        "x" * 63 + " ",
        "word and prose. ",
        '{"a":"b"},',
        "ä",
        "\u200b",
        "https://h/x?y=z ",
    ),
    *(
        "f(",
        "f(a, ",
        "a.b(",
        "x = ",
        "x='",
        'a="b" ',
        '""' + '"',
        "''" + "'",
        "# ",
        "//x\n",
        "/*",
        "$env:A=",
        "${a}",
        "{{a}}",
        "%s",
    ),
    *("curl -H ", "-d '", "GET / HTTP/1.1\n", "a: b\n", "HTTP/1.1 404\n", "Error code: 404 - ", "{'a': ", "await ", "new A("),
    *("gpt-4o-", "v1/", "video_1/", "api-version=", "2025-01-01-preview", "%PATH%", "^&", "--target a=b ", "[a](b)", "|a|b|\n"),
)
REDACTOR = Redactor.of({f"KEY_{at}": f"CANARY-9f8e+7d/6c=5b&4a{at}7hK2mW9rT4vB8nL3p" for at in range(5)})


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(probe.__path__, "probe."):
        if found.name.split(".")[1] not in OURS:
            yield importlib.import_module(found.name)


def expressions() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Every expression of those modules, whatever holds it, once each."""
    made: dict[re.Pattern[str] | re.Pattern[bytes], str] = {}
    for module in modules():
        for name, value in vars(module).items():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list | frozenset) else (value,)
            for one in held:
                if isinstance(one, re.Pattern):
                    made.setdefault(one, f"{name}-{len(made)}")
    return {name: pattern for pattern, name in made.items()}


EXPRESSIONS = expressions()


def test_all_expressions_were_found() -> None:
    assert len(EXPRESSIONS) >= 40


@each(EXPRESSIONS)
def test_an_expression_takes_linear_time(name: str) -> None:
    pattern = EXPRESSIONS[name]
    is_bytes = isinstance(pattern.pattern, bytes)
    holders = [module for module in modules() if any(value is pattern for value in vars(module).values())]
    source = "\n".join(inspect.getsource(module) for module in holders)
    uses = set(re.findall(rf"\b{name.rpartition('-')[0]}\.(\w+)\(", source))
    work = (
        getattr(pattern, min(uses, default=""))
        if uses and uses <= {"fullmatch", "match"}
        else lambda text: pattern.sub(lambda match: match[0], text)
    )

    for seed in SEEDS:

        def make(size: int, seed: str = seed) -> str | bytes:
            text = seed * (size // len(seed)) + "!"
            return text.encode() if is_bytes else text

        # a square of 4,096 steps takes many times this long, so only what is slow is measured twice
        if spent(work, make(4_096)) > 0.02:
            assert_linear(work, make, 2_048)


@each([" ", "\t", " \t", ":", "X: a\r\n", "X:\r\n", "X: a \r\n", "\r", "x", "\xff"])
def test_the_head_of_an_answer_is_read_in_linear_time(seed: str) -> None:
    def make(size: int) -> bytes:
        return ("X: a" + seed * (size // len(seed)) + "\0").encode("latin-1")

    assert_linear(lambda head: [_field(line) for line in head.split(b"\r\n")], make, 8_192)


@each(SEEDS)
def test_masking_and_the_last_search_take_linear_time(seed: str) -> None:
    assert_linear(REDACTOR.text, repeated(seed), 8_192)
    assert_linear(lambda text: REDACTOR.find(text.encode()), repeated(seed), 8_192)


def test_masking_many_secrets_takes_linear_time() -> None:
    secret = "CANARY-9f8e+7d/6c=5b&4a07hK2mW9rT4vB8nL3p"
    assert_linear(REDACTOR.text, repeated(f"bad key {secret} ok "), 16_384)


def test_what_a_server_planted_is_not_compared_with_all_that_it_said_before() -> None:
    def study(stored: int) -> float:
        redactor = Redactor.of({})
        said = [f"a{at:04}B1b2C3d4E5f6G7h8" for at in range(stored)]
        assert all(redactor.text(one) == one for one in said)
        body = "".join(f"sig={said[at % stored]} " for at in range(3_000))
        return spent(lambda text: redactor.study((), text), body)

    assert study(3_000) < 5 * max(study(200), FLOOR)


@pytest.mark.parametrize("path", ["$[?match(@.id, 'a*b')]", "$.data[?search(@.name, '(a+)+$')].id", "$[?@.a && match(@.b, @.c)]"])
def test_a_catalogue_cannot_bring_an_expression(path: str) -> None:
    assert "match() and search()" in (is_valid_path(path) or "")
    assert find(CaptureRule("id", (path,)), [{"id": "aab", "name": "aab"}]) == ()


@pytest.mark.parametrize(
    "path", ["$.data[?@.id == 'match(x)'].id", "$['search(']", "$[?length(@.id) > 3].id", "$[?count(@.*) > 1].id"]
)
def test_other_paths_may_be_used(path: str) -> None:
    assert is_valid_path(path) is None


@pytest.mark.parametrize("path", ["$..a..b..c", "$[?@..a && @..b].c..d", "$.data[?@.id == $.data[0].id]"])
def test_a_path_may_not_walk_the_body_again_and_again(path: str) -> None:
    assert is_valid_path(path) is not None
    assert find(CaptureRule("id", (path,)), {"data": [{"id": "a"}]}) == ()


@pytest.mark.parametrize("path", ["$..id", "$..data..id", "$..*..*", "$[?@..id].id", "$.data[*].id"])
def test_a_path_takes_linear_time(path: str) -> None:
    rule = CaptureRule("id", (path, "$.nothing"))
    assert_linear(lambda value: find(rule, value), lambda size: {"data": [{"x": {"y": at}} for at in range(size)]}, 2_000)


def test_a_catalogue_with_an_expression_is_refused_at_load(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(CATALOGUE.replace('"$..id"', "\"$[?search(@.id, '(a+)+$')].id\""))
    with pytest.raises(CatalogueError, match=r"match\(\) and search\(\)"):
        load([file])
