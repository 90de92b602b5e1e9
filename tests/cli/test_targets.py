"""Whom to ask: options, environment, `.env` and targets files, and every mistake in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probe.cli.credentials import parse_headers
from probe.cli.described import Wish
from probe.cli.env import environment, read_env_file
from probe.cli.ids import parse_ids
from probe.cli.targets import choose
from probe.diagnoses import tell
from probe.errors import UsageError
from probe.model import Credential, CredentialKind
from tests.factories import GENERATION, artefact

KINDS = (artefact(),)
KEY = "CANARY-0123456789abcdef"


def chosen(env: dict[str, str] | None = None, **wish):
    return choose(Wish(**wish), env or {}, KINDS)


def test_the_sdks_own_variables_name_a_target_and_its_key() -> None:
    got = chosen({"AZURE_OPENAI_ENDPOINT": "https://contoso.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY": KEY})
    (target,) = got.targets
    assert (target.name, target.provider, target.base_url) == ("contoso", "azure", "https://contoso.openai.azure.com")
    assert target.credentials == (Credential("AZURE_OPENAI_API_KEY", CredentialKind.KEY),)
    assert got.secrets == {"AZURE_OPENAI_API_KEY": KEY}
    assert any("read from AZURE_OPENAI_ENDPOINT" in tell(note) for note in target.notes)


def test_azure_and_openai_are_asked_side_by_side() -> None:
    got = chosen({"AZURE_API_BASE": "https://contoso.openai.azure.com", "AZURE_OPENAI_KEY": KEY, "OPENAI_API_KEY": "sk-" + KEY})
    assert [(one.name, one.credentials[0].variable) for one in got.targets] == [
        ("contoso", "AZURE_OPENAI_KEY"),
        ("openai", "OPENAI_API_KEY"),
    ]


def test_each_target_may_have_its_own_provider_and_key() -> None:
    got = chosen(
        {"A": KEY, "B": "b" * 20},
        targets=("a=https://a.example.com", "b=https://b.example.com/v1"),
        providers=("azure", "openai"),
        key_variables=("A", "B"),
    )
    assert [(one.name, one.provider, one.credentials[0].variable) for one in got.targets] == [
        ("a", "azure", "A"),
        ("b", "openai", "B"),
    ]


def test_a_generic_service_gets_no_key_unless_one_is_named() -> None:
    env = {"OPENAI_API_KEY": KEY, "AZURE_OPENAI_API_KEY": KEY}
    assert chosen(env, targets=("lab=http://127.0.0.1:8000/api",), providers=("generic",)).targets[0].credentials == ()
    named = chosen(env, targets=("lab=http://127.0.0.1:8000/api",), providers=("generic",), key_variables=("OPENAI_API_KEY",))
    assert named.targets[0].credentials == (Credential("OPENAI_API_KEY", CredentialKind.KEY),)


def test_an_id_tells_its_name_by_its_prefix() -> None:
    assert parse_ids((GENERATION, "job_id=task_x"), KINDS) == ((("generation_id", GENERATION), ("job_id", "task_x")), ())


def test_what_a_copied_id_brings_along_is_taken_off() -> None:
    (one,) = chosen(targets=("https://a.openai.azure.com",), ids=(' "task_1" ', "generation_id='gen_1' ")).targets
    assert one.ids == (("job_id", "task_1"), ("generation_id", "gen_1"))


def test_the_failing_url_gives_target_and_ids_when_nothing_else_does() -> None:
    got = chosen(failing_url=f"https://contoso.openai.azure.com/openai/v1/video/generations/{GENERATION}/content")
    assert got.targets[0].base_url == "https://contoso.openai.azure.com"
    assert got.targets[0].ids == (("generation_id", GENERATION),)


def test_a_targets_file_makes_a_fleet(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(
        "- {name: east, url: https://east.openai.azure.com, key_env: EAST, ids: {job_id: task_1}}\n"
        "- {name: lab, url: 'http://127.0.0.1:9/api', provider: generic}\n"
    )
    got = chosen({"EAST": KEY}, file=file, trusted=(file,))
    assert [one.name for one in got.targets] == ["east", "lab"]
    assert got.targets[0].ids == (("job_id", "task_1"),)
    assert got.secrets == {"EAST": KEY}


def test_a_target_of_a_file_may_have_a_token_instead_of_a_key(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("- {name: east, url: https://a.openai.azure.com, token_env: EAST_TOKEN}\n")
    found = chosen({"EAST_TOKEN": "t0ken-of-east-0123456789"}, file=file, trusted=(file,))
    assert found.targets[0].credentials == (Credential("EAST_TOKEN", CredentialKind.ENTRA_TOKEN),)
    with pytest.raises(UsageError, match=r"fleet\.yaml:1: token_env: the variable 'EAST_TOKEN' is not set"):
        chosen(file=file, trusted=(file,))


def test_a_targets_file_of_a_windows_editor_is_read(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_bytes(b"\xef\xbb\xbf- {name: a, url: https://a.openai.azure.com}\r\n")
    assert [one.name for one in chosen(file=file).targets] == ["a"]


def test_a_key_that_travels_in_clear_is_warned_of() -> None:
    got = chosen({"K": KEY}, targets=("x=http://gateway.example.com",), providers=("azure",), key_variables=("K",))
    assert got.warnings == ("x: the key travels unencrypted to gateway.example.com (http)",)
    assert chosen({"K": KEY}, targets=("x=http://127.0.0.1:1",), providers=("azure",), key_variables=("K",)).warnings == ()


def test_extra_headers_are_secrets() -> None:
    pairs, secrets = parse_headers(("X-Team: blue-team-secret",))
    assert pairs == (("X-Team", "blue-team-secret"),)
    assert list(secrets.values()) == ["blue-team-secret"]


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({}, "no target"),
        ({"targets": ("x=https://a.openai.azure.com", "x=https://b.openai.azure.com")}, "named twice"),
        ({"targets": ("a b=https://a.openai.azure.com",)}, "may hold letters"),
        ({"targets": ("https://a.openai.azure.com",), "providers": ("azur",)}, "did you mean 'azure'"),
        ({"targets": ("https://a.openai.azure.com",), "key_variables": ("NOPE",)}, "'NOPE' is not set"),
        ({"targets": ("https://a.openai.azure.com",), "key_variables": (KEY,)}, "not the name of a variable"),
        ({"targets": ("https://a.openai.azure.com",), "key_variables": ("BAD",)}, "characters no key has"),
        ({"targets": ("https://a.openai.azure.com",), "key_variables": ("BLANK",)}, "'BLANK' is not set or empty"),
        ({"targets": ("https://a.openai.azure.com",), "key_variables": ("SWAPPED",)}, "is not a key"),
        ({"targets": ("https://a.openai.azure.com",), "key_variables": ("QUOTED",)}, "is not a key"),
        ({"targets": ("https://a.openai.azure.com",), "failing_url": "not a url"}, "not an absolute http(s) URL"),
        ({"targets": ("https://a.openai.azure.com",), "failing_url": "/openai/v1/x"}, "not an absolute http(s) URL"),
        ({"targets": ("https://a.openai.azure.com",), "failing_url": "curl -v https://a.openai.azure.com/x"}, "more than a URL"),
        ({"targets": ("https://a.openai.azure.com",), "failing_url": "https://a.openai.azure.com/x/{id}"}, "{id} is a placeholder"),
        (
            {"targets": ("https://a.openai.azure.com",), "failing_url": "https://a.openai.azure.com/x/%7Bid%7D"},
            "{id} is a placeholder",
        ),
        ({"targets": ("https://a.openai.azure.com",), "key_variables": ("DOTS",)}, "is not a key"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("job_id=<id>x",)}, "not an id"),
        ({"targets": ("C:\\x\\fleet",)}, "names a file"),
        ({"targets": ("lab=fleet.yaml",)}, "names a file"),
        ({"providers": ("azur",)}, "did you mean 'azure'"),
        ({"targets": ("https://a.openai.azure.com",), "failing_url": "https://a.openai.azure.com/"}, "has no path"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("job_id=task_1/../x",)}, "not an id"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("task_01kb...",)}, "the id was cut off"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("https://a.openai.azure.com/x",)}, "a URL without a known id"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("jobid=task_1",)}, "no such id"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("job_id=a b",)}, "not an id"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("job_id=",)}, "not an id"),
        ({"targets": ("https://a.openai.azure.com",), "ids": ("job_id=" + "x" * 300,)}, "not an id"),
        ({"targets": ("https://a.openai.azure.com",), "headers": ("nonsense",)}, "not a header"),
        ({"targets": ("https://a.openai.azure.com",), "headers": ("X: a\nb",)}, "not a header"),
        ({"targets": ("https://a.openai.azure.com",), "headers": ("Host: evil",)}, "set by probe itself"),
    ],
)
def test_every_mistake_gets_one_error_with_a_hint(wish: dict, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(
            {"BAD": "two words of key", "BLANK": " ", "SWAPPED": "https://a.openai.azure.com", "QUOTED": "'key'", "DOTS": "..."},
            **wish,
        )
    assert problem in str(caught.value)
    assert KEY not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "42",
        "- 1",
        "- {name: x}",
        "- {url: 1}",
        "- {url: https://a.openai.azure.com, ids: [1]}",
        "- {url: https://a.openai.azure.com, colour: red}",
        "{",
        "\x00",
    ],
)
def test_a_bad_targets_file_is_one_error(tmp_path: Path, content: str) -> None:
    from probe.errors import ProbeError

    file = tmp_path / "fleet.yaml"
    file.write_text(content)
    with pytest.raises(ProbeError, match=r"fleet\.yaml"):
        chosen(file=file)


def test_env_file_is_read_without_expansion_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("AZURE_OPENAI_API_KEY='$HOME-key'\nOPENAI_API_KEY=file\n# note\nexport X=1\n")
    monkeypatch.setenv("OPENAI_API_KEY", "process")
    env = environment(tmp_path)
    assert (env["AZURE_OPENAI_API_KEY"], env["OPENAI_API_KEY"], env["X"]) == ("$HOME-key", "process", "1")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"A=" + b"x" * 70_000])
def test_a_bad_env_file_is_one_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(UsageError, match=r"\.env"):
        read_env_file(tmp_path / ".env")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_a_fifo_as_env_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    with pytest.raises(UsageError, match="not a regular file"):
        read_env_file(tmp_path / ".env")


def test_entra_without_its_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(UsageError, match="not installed") as caught:
        chosen(targets=("https://a.openai.azure.com",), use_entra=True)
    assert "[entra]" in caught.value.hint


@pytest.mark.skipif(os.name == "nt", reason="a program of Windows has another name")
def test_a_signed_in_azure_cli_is_offered_where_a_key_is_missing(tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\n")
    (tmp_path / "az").chmod(0o755)
    urls = ("east=https://a.openai.azure.com",)
    said = "east: no key was given; after `az login`, --entra uses your sign-in instead"
    assert chosen({"PATH": str(tmp_path)}, targets=urls).warnings == (said,)
    assert chosen({"PATH": str(tmp_path / "empty")}, targets=urls).warnings == ()
    assert chosen({"PATH": str(tmp_path), "AZURE_OPENAI_API_KEY": KEY}, targets=urls).warnings == ()
    assert chosen({"PATH": str(tmp_path)}, targets=("https://api.openai.com/v1",)).warnings == ()
