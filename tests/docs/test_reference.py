"""The reference pages are what the code says today, and name every command, option and diagnosis."""

from __future__ import annotations

from probe.cli import COMMANDS
from tests.docs.reference import commands, stale


def test_the_reference_is_fresh() -> None:
    # click lays a help out by its version: CI looks at commands.md with the newest one (tests.docs.reference --check)
    assert not set(stale()) - {"commands.md"}, "run `make golden`"


def test_every_option_of_every_command_stands_in_the_reference() -> None:
    page = commands()
    for name in COMMANDS:
        assert f"## `probe {name}`" in page
        for one in COMMANDS.load(name).params:
            assert all(option in page for option in one.opts if option.startswith("-")), (name, one.name)
