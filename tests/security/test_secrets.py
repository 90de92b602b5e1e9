"""Promise: a known secret is found and masked whole or cut, in whatever it is disguised as, and nothing beside it is lost."""

from __future__ import annotations

import ast
import json
import re
import sys
import threading
from functools import cache
from hashlib import sha512
from itertools import count, product
from pathlib import Path
from traceback import walk_stack

import pytest

from probe.catalogue import load
from probe.cli import main
from probe.cli.credentials import Credentials
from probe.cli.targets import Chosen
from probe.diagnoses import tell
from probe.order import ScanOrder
from probe.plan import Scope
from probe.redact import MARK, Redactor
from tests.each import each
from tests.echoes import run
from tests.leaks import leaks
from tests.security.disguises import CUT, DISGUISES, WRITTEN
from tests.sources import FILES, nodes

AZURE = "4Zq8Xv2Lw6q7ZTn0Rb5Yc9Kd3Hf7Jg1Ms4Pa8Ue2Io6Bx0Nr5Vt9Qw3Ey7LiACYeBjFXJ3w3AAABACOGh7Tk"
HEX = "4f6a8b0c2d4e6f80d1c3b5a79f8e7d6c"
OPENAI = "sk-proj-Ab3De5Gh7Jk9Lm2No4Pq6Rs8Tu0Vw1Xy3Za5Bc7De9Fg"
SYMBOLS = "CANARY9f8e+7d/6c=5b&4a\"'<x>Qz7hK2mW9rT4vB8nL3pX6sD1fG5jC0yA=="
KEYS = {"azure": AZURE, "hex": HEX, "openai": OPENAI, "symbols": SYMBOLS}


@cache
def knowing(key: str) -> Redactor:
    return Redactor({key: KEYS[key]})


def test_what_holds_secrets_does_not_tell_them_when_it_is_printed() -> None:
    held = {"secrets": {"KEY": AZURE}, "headers": {"lab": (("x-own", AZURE),)}}
    order = ScanOrder(catalogue=load(), targets=(), scope=Scope(), **held)  # type: ignore[arg-type]
    for one in (order, Chosen((), **held), Credentials((), held["secrets"])):  # type: ignore[arg-type]
        assert AZURE not in repr(one)


def test_the_corpus_is_large() -> None:
    assert len(DISGUISES) >= 120


@each(product(KEYS, WRITTEN))
def test_a_disguised_secret_is_masked_and_its_neighbours_stay(key: str, disguise: str) -> None:
    redactor = knowing(key)
    text = f"request 7f3 said: {WRITTEN[disguise](KEYS[key])} ; that was all"
    assert redactor.find(text.encode()) == key
    masked = redactor.known(text)
    assert MARK in masked and redactor.find(masked.encode()) is None
    assert masked.startswith("request 7f3 said") and masked.endswith("that was all")
    assert leaks(masked.encode(), KEYS) == []


@each(product(KEYS, DISGUISES))
def test_a_disguised_secret_is_found_in_json_as_files_hold_it(key: str, disguise: str) -> None:
    for text in (json.dumps({"message": DISGUISES[disguise](KEYS[key])}), json.dumps([json.dumps(DISGUISES[disguise](KEYS[key]))])):
        assert knowing(key).find(text.encode()) == key


@each(product(KEYS, CUT))
def test_a_piece_of_sixteen_characters_is_masked_like_the_whole(key: str, cut: str) -> None:
    redactor = knowing(key)
    text = f"request 7f3 said: {CUT[cut](KEYS[key])} ; that was all"
    masked = redactor.text(text)
    assert MARK in masked and redactor.find(masked.encode()) is None
    assert masked.startswith("request 7f3 said: ") and masked.endswith(" ; that was all")


@pytest.mark.parametrize("secret", ["hunter2!", "k3y-12", "pässwörd-9", "s3cr3t_value"])
@pytest.mark.parametrize("disguise", ["as it is", "upper case", "percent, every byte", "base64", "hexadecimal", "between spaces"])
def test_a_short_secret_is_masked_whole(secret: str, disguise: str) -> None:
    redactor = Redactor({"K": secret})
    text = f"it said {WRITTEN[disguise](secret)} here"
    assert redactor.find(text.encode()) == "K"
    assert redactor.text(text).startswith("it said REDACTED")


@pytest.mark.parametrize(
    ("weak", "code"),
    [
        ("abc", "key-too-short"),
        ("ollama", "key-is-a-word"),
        ("not-needed", "key-is-a-word"),
        ("0" * 16, "key-is-our-text"),
        ("azure-v1", "key-is-our-text"),
        ("1048576", "key-is-our-text"),
    ],
)
def test_a_weak_key_is_announced_and_costs_no_report(weak: str, code: str) -> None:
    redactor = Redactor({"OPENAI_API_KEY": weak})
    (note,) = redactor.notes
    assert note.code == code and "OPENAI_API_KEY" in tell(note)
    assert redactor.find(b'{"surface": "azure-v1", "max_body": 1048576, "provider": "ollama", "abc": "not-needed"}') is None
    assert redactor.headers((("api-key", weak),)) == (("api-key", MARK),)


def test_a_good_key_is_not_announced() -> None:
    assert Redactor({**KEYS, "short": "hunter2!", "EMPTY": ""}).notes == ()


@pytest.mark.parametrize("disguise", [lambda secret: secret[::-1], lambda secret: "".join(chr(ord(one) + 1) for one in secret)])
def test_what_cannot_be_won_is_documented(disguise: object) -> None:
    assert callable(disguise)
    assert Redactor({"K": AZURE}).find(disguise(AZURE).encode()) is None
    assert "reversed" in (Path(__file__).parent.parent.parent / "SECURITY.md").read_text()


def test_known_masks_values_alone() -> None:
    redactor = Redactor({"K": OPENAI})
    row = "GET  bearer  https://api.openai.com/v1/files/file-abc123def456/content  sk-svcacct-A1b2C3d4E5f6G7h8I9j0"
    assert redactor.known(row) == row
    assert redactor.known(f"GET  {OPENAI}") == f"GET  {MARK}"


def test_every_redactor_is_made_in_one_place() -> None:
    """So none lacks the user's own header names or the secrets of the failing URL."""
    for path in FILES:
        if path.parent.name != "redact":
            names = [one.func for one in nodes(path) if isinstance(one, ast.Call)]
            assert not [one for one in names if isinstance(one, ast.Name) and one.id == "Redactor"], path


def test_a_dry_run_shows_whole_addresses_with_a_bearer_key(tmp_path: Path) -> None:
    said = run(tmp_path, "scan", "--dry-run", "--id", "file-abc123def456", OPENAI_API_KEY="sk-abcdefghijklmnopqrstuvwxyz123456")
    assert "https://api.openai.com/v1/files/file-abc123def456/content" in said.text and MARK not in said.text


def test_a_weak_key_is_announced_before_anything_is_sent(tmp_path: Path) -> None:
    said = run(tmp_path, "scan", "--dry-run", "--id", "file-abc123def456", OPENAI_API_KEY="azure-v1")
    assert "warning: OPENAI_API_KEY also occurs in every report" in said.text


@pytest.mark.parametrize("command", ["discover", "doctor"])
def test_every_command_that_sends_announces_a_weak_key(tmp_path: Path, command: str) -> None:
    to = ("--provider", "openai", "--target", "lab=http://127.0.0.1:9", "--key-env", "LAB_KEY")
    said = run(tmp_path, command, *to, LAB_KEY="azure-v1")
    assert "warning: LAB_KEY also occurs in every report" in said.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-goog-api-key", "AIzaSyA1234567890abcdefghijklmnopqrstuv"),
        ("Authorization", "Key 3f0a7d0c-7b52:0c6f2d5d9a11"),
        ("X-Fal-Key", "3f0a7d0c7b52xA1qZ"),
        ("X-RapidAPI-Key", "a8Zq8Xv2Lw6q7ZTn0Rb5Yc9"),
    ],
)
def test_headers_of_other_services_that_hold_a_key_are_masked(name: str, value: str) -> None:
    assert Redactor.of({}).headers(((name, value),)) == ((name, MARK),)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Key 3f0a7d0c-7b52:0c6f2d5d9a11 is wrong", "Authorization: Key REDACTED is wrong"),
        ("{'authorization': 'Key 3f0a7d0c-7b52:0c6f2d5d9a11'}", "{'authorization': 'REDACTED'}"),
        ("x-goog-api-key: AIzaSyA1234567890abcdefghijklmnopqrstuv", "x-goog-api-key: REDACTED"),
    ],
)
def test_keys_of_other_services_in_text_are_masked(text: str, masked: str) -> None:
    assert Redactor.of({}).text(text) == masked


def test_what_stands_before_an_encoded_secret_stays() -> None:
    redactor = Redactor.of({"K": HEX})
    assert redactor.text(f"/op?api-version={WRITTEN['base64'](HEX)}") == "/op?api-version=REDACTED"


@pytest.mark.parametrize("key", ["correct-horse-battery-staple", "QWXZPLMKJHGFDSAZXCVB", "a.b.c.d.e.f.g.h.i.j"])
def test_a_key_without_digits_is_found_cut_too(key: str) -> None:
    redactor = Redactor({"OPENAI_API_KEY": key})
    for piece in (key[:16], key[-16:], key[:18].upper(), key):
        assert piece[:16] not in redactor.text(f"the key {piece}... is wrong")
        assert redactor.find(piece.encode()) == "OPENAI_API_KEY"


def test_a_crash_leaves_no_core_file_with_the_key() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] == 0:
        pytest.skip("core files are off here")
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        with pytest.raises(SystemExit):
            main(["--version"])
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def test_every_test_that_the_page_names_is_there() -> None:
    root = Path(__file__).parents[2]
    named = set(re.findall(r"`(tests/[^`]+)`", (root / "SECURITY.md").read_text(encoding="utf-8")))
    assert len(named) > 10
    assert [one for one in sorted(named) if not (root / one).exists()] == []


def test_what_was_being_searched_when_a_secret_became_known_is_searched_again() -> None:
    """A large answer is read beside the event loop, and gives a secret away while others are journalled."""
    redactor = Redactor({"azure": AZURE})
    run = (sha512(b"%d" % at).hexdigest().encode() for at in count())
    records = [b'{"n": "%b %b", "message": "%b"}' % (next(run), next(run), OPENAI.encode()) for _at in range(400)]
    journalling = threading.Thread(target=lambda: redactor.find(b"\n".join(records), is_kept=True))
    journalling.start()
    while "_runs" not in doing(journalling):  # what the text itself says was looked at before
        assert journalling.is_alive()
    redactor.know("openai", OPENAI)
    journalling.join()
    assert [at for at, record in enumerate(records) if redactor.find(record) is None] == []


def doing(thread: threading.Thread) -> set[str]:
    """The functions that a thread is in."""
    frames = walk_stack(sys._current_frames().get(thread.ident or 0))
    return {frame.f_code.co_name for frame, _line in frames}
