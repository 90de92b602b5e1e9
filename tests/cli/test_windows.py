"""What a user of Windows meets, as far as it can be tried elsewhere."""

from __future__ import annotations

import signal
from pathlib import Path

from probe.cli.stopping import STOPPING
from probe.cli.trust import file_of
from probe.shell import windows_word
from tests.each import each

ENDING_ON_WINDOWS = {"SIGINT", "SIGTERM", "SIGBREAK"}


def test_every_signal_that_asks_for_an_end_is_heard_on_every_system() -> None:
    assert set(STOPPING) >= ENDING_ON_WINDOWS | {"SIGHUP"}
    assert hasattr(signal, "SIGINT")


@each(
    [
        (r"reports\2026-11-26T11-16-00Z-contoso", r"reports\2026-11-26T11-16-00Z-contoso"),
        (r"C:\My Runs\case 1", r'"C:\My Runs\case 1"'),
        (r"runs\a&b", r'"runs\a&b"'),
        (r"runs\(1)", r'"runs\(1)"'),
        ("C:\\My Runs\\", '"C:\\My Runs\\\\"'),
        (r"runs\$HOME", r'"runs\`$HOME"'),
        ("it's $1", '"it\'s `$1"'),
        ("$x&calc", '"`$x&calc"'),
        ("a\u201d; calc; \u201cb", '"a`\u201d; calc; `\u201cb"'),
        ('a"&calc', '"a""&calc"'),
        ("a\ncalc", '"a calc"'),
        ("v,--trust,.env", '"v,--trust,.env"'),
        ("@x", '"@x"'),
        ("", '""'),
    ]
)
def test_a_command_that_is_shown_can_be_pasted_into_powershell_and_cmd(word: str, shown: str) -> None:
    assert windows_word(word) == shown


def test_the_line_of_a_place_is_not_mistaken_for_a_drive() -> None:
    assert file_of(r"C:\work\.env:3") == r"C:\work\.env"
    assert file_of(r"C:\work\.env") == r"C:\work\.env"


def test_a_name_of_a_run_can_stand_on_any_disk(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from probe.runs.folder import RunFolder

    made = RunFolder.create(tmp_path, 'con:aux?<>|*". ', datetime(2026, 11, 26, tzinfo=UTC))
    assert not set(made.path.name) & set('<>:"/\\|?*')
    assert made.path.name[-1] not in ". "
