"""A file in the working folder, a fleet or a paste never sends a key somewhere unasked: a server records what comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from probe.cli.described import Wish
from probe.cli.env import Settings, environment, read_env_file
from probe.cli.targets import choose
from probe.cli.trust import Pair, require_trust
from probe.errors import UsageError
from tests.cli.running import Done, probe
from tests.factories import artefact

KEY = "CANARY-0123456789abcdef0123456789ab"


@contextmanager
def stranger() -> Iterator[tuple[str, list[str]]]:
    """A server that notes every request with its headers, and answers 404."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.path}\n{self.headers}")
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_CONNECT = do_POST = do_GET

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def doctor(folder: Path, *arguments: str, **variables: str) -> Done:
    """The cheapest command that sends a key: one request a target."""
    return probe("doctor", *arguments, folder=folder, **variables)


def test_a_url_of_the_env_file_never_gets_a_key_of_the_environment(tmp_path: Path) -> None:
    with stranger() as (url, seen):
        (tmp_path / ".env").write_text(f"# settings\nAZURE_OPENAI_ENDPOINT={url}\n")
        done = doctor(tmp_path, AZURE_OPENAI_API_KEY=KEY)
    assert (done.code, seen) == (2, [])
    assert f"AZURE_OPENAI_API_KEY -> {url}, named by .env:2" in done.err
    assert "add --trust .env" in done.err
    assert KEY not in done.err + done.out


@pytest.mark.parametrize("option", ["--trust", "--target", "--key-env"])
def test_the_users_own_word_lets_it_pass(tmp_path: Path, option: str) -> None:
    with stranger() as (url, seen):
        (tmp_path / ".env").write_text(f"AZURE_OPENAI_ENDPOINT={url}\n")
        words = {
            "--trust": ("--trust", ".env"),
            "--target": ("--target", url, "--provider", "azure"),
            "--key-env": ("--key-env", "AZURE_OPENAI_API_KEY"),
        }
        doctor(tmp_path, *words[option], AZURE_OPENAI_API_KEY=KEY)
    assert seen
    assert KEY in seen[0]


def test_a_key_of_a_file_never_goes_to_a_url_of_the_environment_unasked(tmp_path: Path) -> None:
    with stranger() as (url, seen):
        (tmp_path / ".env").write_text(f"AZURE_OPENAI_API_KEY={KEY}\n")
        done = doctor(tmp_path, AZURE_OPENAI_ENDPOINT=url)
    assert (done.code, seen) == (2, [])
    assert "named by .env:1" in done.err


def test_a_file_that_names_both_is_used_without_a_question(tmp_path: Path) -> None:
    with stranger() as (url, seen):
        (tmp_path / ".env").write_text(f"AZURE_OPENAI_ENDPOINT={url}\nAZURE_OPENAI_API_KEY={KEY}\n")
        doctor(tmp_path)
    assert KEY in seen[0]


@pytest.mark.parametrize("named", ["AZURE_OPENAI_API_KEY", "GITHUB_TOKEN"])
def test_a_fleet_gets_no_key_that_it_names_itself(tmp_path: Path, named: str) -> None:
    with stranger() as (url, seen):
        (tmp_path / "fleet.yaml").write_text(f"# ours\n- name: east\n  url: {url}\n  provider: azure\n  key_env: {named}\n")
        done = doctor(tmp_path, "--targets", "fleet.yaml", **{named: KEY})
        assert (done.code, seen) == (2, [])
        assert f"{named} -> {url}, named by fleet.yaml:2" in done.err
        assert "add --trust fleet.yaml" in done.err
        doctor(tmp_path, "--targets", "fleet.yaml", "--trust", "fleet.yaml", **{named: KEY})
    assert KEY in seen[0]


def test_a_fleet_is_not_trusted_with_the_key_of_another_file(tmp_path: Path) -> None:
    with stranger() as (url, seen):
        (tmp_path / ".env").write_text(f"EAST={KEY}\n")
        (tmp_path / "fleet.yaml").write_text(f"- {{name: east, url: '{url}', provider: azure, key_env: EAST}}\n")
        done = doctor(tmp_path, "--targets", "fleet.yaml")
    assert (done.code, seen) == (2, [])
    assert "add --trust fleet.yaml --trust .env" in done.err


def test_a_header_of_the_command_line_does_not_go_where_a_file_says(tmp_path: Path) -> None:
    with stranger() as (url, seen):
        (tmp_path / ".env").write_text(f"AZURE_OPENAI_ENDPOINT={url}\n")
        done = doctor(tmp_path, "-H", f"X-Api-Key: {KEY}")
    assert (done.code, seen) == (2, [])
    assert KEY not in done.err


@pytest.mark.parametrize(
    "variable", ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PROBE_DOCTOR_PROXY"]
)
def test_the_env_file_cannot_reroute_requests(tmp_path: Path, variable: str) -> None:
    (tmp_path / ".env").write_text(f"A=1\n{variable}=http://127.0.0.1:9\n")
    env = read_env_file(tmp_path / ".env")
    assert dict(env) == {"A": "1"}
    assert env.warnings == (f"{tmp_path}/.env:2: {variable} is ignored; set it in the environment or use the option",)


def test_no_request_goes_through_a_proxy_of_the_env_file(tmp_path: Path) -> None:
    with stranger() as (url, _seen), stranger() as (proxy, at_proxy):
        (tmp_path / ".env").write_text(f"HTTP_PROXY={proxy}\nALL_PROXY={proxy}\nPROBE_DOCTOR_TARGET={proxy}\n")
        done = doctor(tmp_path, "--target", url, "--provider", "azure", AZURE_OPENAI_API_KEY=KEY)
    assert at_proxy == []
    assert ".env:1: HTTP_PROXY is ignored" in done.err


def test_a_key_of_ours_named_like_an_option_is_still_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PROBE_KEY=x1\n")
    assert read_env_file(tmp_path / ".env") == {"PROBE_KEY": "x1"}


def test_lines_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("\n# note\nAZURE_OPENAI_KEY: abc\nX=1\n\n$env:Y = 2\n")
    env = environment()
    assert env["X"] == "1"
    assert env.warnings == (".env:3, .env:6: not NAME=value, ignored",)
    assert env.places["X"] == ".env:4"


def test_a_pasted_url_gets_no_key_of_the_environment() -> None:
    wish = Wish(failing_url="https://evil.azure-api.net/openai/v1/videos/x", url_place="the pasted text")
    with pytest.raises(UsageError, match="named by the pasted text") as caught:
        choose(wish, {"AZURE_OPENAI_API_KEY": KEY}, (artefact(),))
    assert "--target https://evil.azure-api.net" in caught.value.hint


def test_the_vendors_own_address_takes_the_key_of_a_file() -> None:
    env = Settings({"OPENAI_API_KEY": "sk-" + KEY}, {"OPENAI_API_KEY": ".env:1"})
    assert choose(Wish(), env, (artefact(),)).targets[0].base_url == "https://api.openai.com"


def test_escape_codes_of_a_file_do_not_reach_the_terminal() -> None:
    with pytest.raises(UsageError) as caught:
        require_trust([Pair("K\x1b[2J", "https://a.example.com", "x.yaml:1")])
    assert "\x1b" not in str(caught.value)


def test_a_host_in_letters_that_look_like_others_is_shown_for_what_it_is() -> None:
    """The first two letters are Cyrillic."""
    with pytest.raises(UsageError) as caught:
        require_trust([Pair("AZURE_OPENAI_API_KEY", "https://\u0441\u043entoso.openai.azure.com", ".env:1")])
    assert "https://\\u0441\\u043entoso.openai.azure.com" in str(caught.value)
