"""The page of commands: all of them are there, with their options."""

from marey.__main__ import COMMANDS
from marey.reference import commands


def test_all_subcommands_are_found():
    assert sorted(COMMANDS) == commands.command_names()


def test_options_are_shown_with_their_values_and_help():
    _, _, section = commands.page().partition("### `marey why`")
    rows = section.partition("\n### ")[0].splitlines()
    assert "| `--frame FRAME` | only what is behind this frame of it, with the rows of its labels |" in rows
    assert "| `--diff A B` | say what sets two results apart |" in rows
    assert any(row.startswith("| `RESULT` | ") for row in rows)


def test_make_targets_come_with_their_comments():
    targets = commands.make_targets()
    assert {"install", "demo", "test", "docs"} <= targets.keys()
    assert f"| `make demo` | {targets['demo']} |" in commands.page()
